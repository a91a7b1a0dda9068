/* tree.h
 *
 * What a person sees of a frame in the details: its fields, each with the
 * remarks that belong to it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_TREE_H
#define VT600_TREE_H

#include "shown.h"

/* Registers all fields and remarks. */
void vt600_tree_register(void);

/* The functions below make the remarks whether or not there is a tree to attach them to: tree may be NULL. */

/* Shows a FRAME, DAMAGED or CUT frame. */
void vt600_tree_frame(proto_tree *tree, const vt600_shown_t *shown);

void vt600_tree_heartbeat(proto_tree *tree, tvbuff_t *tvb, unsigned at);

void vt600_tree_junk(proto_tree *tree, packet_info *pinfo, tvbuff_t *tvb, unsigned at, unsigned length);

#endif
