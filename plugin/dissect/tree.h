/* tree.h
 *
 * Fields and expert information: what a person sees of a frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_TREE_H
#define VT600_TREE_H

#include "wireshark_compat.h"

#include <epan/packet.h>

#include "conversation.h"
#include "core/frame.h"
#include "core/ota.h"

/* One frame, and what is to be shown of it. Lives while it is shown. */
typedef struct {
    tvbuff_t *tvb; /* the stream's bytes */
    packet_info *pinfo;
    unsigned at;        /* where the frame begins in tvb */
    const uint8_t *buf; /* its bytes */
    const vt600_frame_t *frame;
    const vt600_ota_t *ota;
    const char *device;           /* text of its ID; empty where the frame ends before it */
    const vt600_record_t *record; /* NULL: none */
    bool retransmission;
    const char *info; /* its text; NULL where nobody sees it */
} vt600_shown_t;

/* Registers fields and expert information. */
void vt600_tree_register(void);

/* Shows a FRAME, DAMAGED or CUT frame. As all here, it is called only where there is a tree: without one nobody asks
 * for expert information either. */
void vt600_tree_frame(proto_tree *tree, const vt600_shown_t *shown);

/* A field of the frame's data, length bytes from at on. */
proto_item *vt600_tree_add_data(proto_tree *tree, int field, const vt600_shown_t *shown, size_t at, size_t length);

/* A generated number that stands for the whole frame. */
proto_item *vt600_tree_add_number(proto_tree *tree, int field, const vt600_shown_t *shown, uint32_t number);

void vt600_tree_heartbeat(proto_tree *tree, tvbuff_t *tvb, unsigned at);

void vt600_tree_junk(proto_tree *tree, packet_info *pinfo, tvbuff_t *tvb, unsigned at, unsigned length);

#endif
