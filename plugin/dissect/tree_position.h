/* tree_position.h
 *
 * What a person sees of a position text: each part as a field of its type, and
 * what does not parse by its name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_TREE_POSITION_H
#define VT600_TREE_POSITION_H

#include "wireshark_compat.h"

#include <epan/expert.h>

#include "shown.h"

#include "core/position.h"

/* Registers fields and expert information. */
void vt600_tree_position_register(expert_module_t *expert);

/* Shows the position text of length bytes, at least one, at this offset of the frame. tree may be NULL, as for
 * vt600_tree_frame. */
void vt600_tree_position(proto_tree *tree, const vt600_shown_t *shown, unsigned offset, unsigned length);

/* Text from the wire, at in the stream's bytes: whatever stands in it, all of it is shown and nothing is done. */
proto_item *vt600_tree_add_text(proto_tree *tree, int field, const vt600_shown_t *shown, unsigned at, unsigned length);

#endif
