/* tree_session.h
 *
 * What a person sees of a frame's OTA session, as of this frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_TREE_SESSION_H
#define VT600_TREE_SESSION_H

#include "wireshark_compat.h"

#include <epan/expert.h>

#include "carrier.h"
#include "shown.h"

/* Registers fields and expert information. */
void vt600_tree_session_register(expert_module_t *expert);

/* Shows the verdict of a frame that has one. Returns the session's line. */
proto_item *vt600_tree_session(proto_tree *tree, const vt600_shown_t *shown);

/* Updates that the closing of a connection interrupted. tree: NULL where nobody sees it. */
void vt600_tree_interruption(proto_tree *tree, packet_info *pinfo, tvbuff_t *tvb,
                             const vt600_interruption_t *interruption);

#endif
