/* tree_session.h
 *
 * What a person sees of a frame's OTA session, as of this frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_TREE_SESSION_H
#define VT600_TREE_SESSION_H

#include "tree.h"

#include <epan/expert.h>

/* Registers fields and expert information. */
void vt600_tree_session_register(expert_module_t *expert);

/* Shows the verdict of a frame that has one. */
void vt600_tree_session(proto_tree *tree, const vt600_shown_t *shown);

#endif
