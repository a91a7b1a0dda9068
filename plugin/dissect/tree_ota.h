/* tree_ota.h
 *
 * What a person sees of the data of OTA commands: 0x9500 to 0x9505.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_TREE_OTA_H
#define VT600_TREE_OTA_H

#include "tree.h"

#include <epan/expert.h>

/* Registers fields and expert information. */
void vt600_tree_ota_register(expert_module_t *expert);

/* Shows the data as the shape of shown->ota takes it apart. Returns how many bytes of it were shown. */
size_t vt600_tree_ota(proto_tree *tree, const vt600_shown_t *shown);

#endif
