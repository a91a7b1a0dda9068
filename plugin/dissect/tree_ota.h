/* tree_ota.h
 *
 * What a person sees of the data of OTA commands: 0x9500 to 0x9505.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_TREE_OTA_H
#define VT600_TREE_OTA_H

#include "shown.h"

/* Registers fields. */
void vt600_tree_ota_register(void);

/* Shows the data as the shape of shown->ota takes it apart: vt600_ota_understood bytes. tree may be NULL. */
void vt600_tree_ota(proto_tree *tree, const vt600_shown_t *shown);

#endif
