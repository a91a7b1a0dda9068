/* shown.h
 *
 * One frame while it is shown: what the files of the tree, the Info column and
 * the remarks share. Knows none of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_SHOWN_H
#define VT600_SHOWN_H

#include "wireshark_compat.h"

#include <epan/packet.h>

#include "conversation.h"
#include "core/fault.h"
#include "core/frame.h"
#include "core/layout.h"
#include "core/ota.h"

/* Lives while the frame is shown. */
typedef struct {
    tvbuff_t *tvb; /* the stream's bytes */
    packet_info *pinfo;
    unsigned at;        /* where the frame starts in tvb */
    const uint8_t *buf; /* its bytes */
    const vt600_frame_t *frame;
    const vt600_ota_t *ota;
    const vt600_content_t *content; /* the data of a base command; else nothing is read in it */
    vt600_fault_t fault;
    const char *device;                 /* text of its ID; empty where the frame ends before it */
    vt600_device_id_kind_t device_kind; /* valid unless device is empty */
    const vt600_record_t *record;       /* NULL: none */
    bool retransmission;
    uint64_t remarks; /* the bit of each vt600_remark_t that there is */
    const char *info; /* its text; NULL where it is not needed */
} vt600_shown_t;

/* The functions below return NULL, and do nothing, where tree is NULL. */

/* A field of the frame's data, length bytes from at on. */
proto_item *vt600_tree_add_data(proto_tree *tree, int field, const vt600_shown_t *shown, size_t at, size_t length);

/* A generated number that stands for the whole frame. */
proto_item *vt600_tree_add_number(proto_tree *tree, int field, const vt600_shown_t *shown, uint32_t number);

#endif
