/* tree_base.h
 *
 * What a person sees of the base protocol's data: login, settings, positions,
 * alarms, photos.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_TREE_BASE_H
#define VT600_TREE_BASE_H

#include "wireshark_compat.h"

#include <epan/expert.h>

#include "core/layout.h"
#include "shown.h"

/* Registers fields and expert information. */
void vt600_tree_base_register(expert_module_t *expert);

/* Shows what is understood of the data of a frame whose command is no OTA command; not what follows. tree may
 * be NULL, as for vt600_tree_frame. */
void vt600_tree_base(proto_tree *tree, const vt600_shown_t *shown, const vt600_content_t *content);

#endif
