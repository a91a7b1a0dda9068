/* remark.h
 *
 * What is worth a remark on a frame. A remark is Wireshark's expert
 * information, and a word in the Info column. Which ones a frame has is decided
 * here alone, before anything is shown; so they are the same with and without
 * a tree. A value that its place in a text does not allow is the exception: it
 * is found where the text is read (tree_base.c, tree_position.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_REMARK_H
#define VT600_REMARK_H

#include "shown.h"

#include <epan/expert.h>

/* Their order carries no meaning. */
typedef enum {
    VT600_REMARK_LENGTH,
    VT600_REMARK_DEVICE_ID,
    VT600_REMARK_COMMAND,
    VT600_REMARK_DATA_SHORT,
    VT600_REMARK_DATA_EXTRA,
    VT600_REMARK_CHECKSUM,
    VT600_REMARK_TERMINATOR,
    VT600_REMARK_CUT,
    VT600_REMARK_JUNK,
    VT600_REMARK_UNSOLICITED,
    VT600_REMARK_RETRY,
    VT600_REMARK_DENIED,
    VT600_REMARK_BLOCK_REFUSED,
    VT600_REMARK_UPGRADE_REFUSED,
    VT600_REMARK_NAK,
    VT600_REMARK_OLD_FIRMWARE,
    VT600_REMARK_GAP,
    VT600_REMARK_OVERLAP,
    VT600_REMARK_BLOCK_TOO_LONG,
    VT600_REMARK_UNAUTHORIZED_DATA,
    VT600_REMARK_EXPIRED,
    VT600_REMARK_LENGTH_MISMATCH,
    VT600_REMARK_UPGRADE_UNCHECKED,
    VT600_REMARK_UPGRADE_MISMATCH,
    VT600_REMARK_LEFT,
    VT600_REMARK_SAME_VERSION,
    VT600_REMARK_STORED_UNSEEN,
    VT600_REMARK_STORED_DAMAGED,
    VT600_REMARK_COMPLETED,
    VT600_REMARK_CANCELLED,
    VT600_REMARKS
} vt600_remark_t;

void vt600_remarks_register(expert_module_t *expert);

/* The bits of all remarks on a frame of which everything but remarks and info is set. */
uint64_t vt600_remarks_find(const vt600_shown_t *shown);

/* Makes the remark, if the frame has it. item: to which it belongs; NULL: there is no tree. */
void vt600_remark_make(proto_item *item, const vt600_shown_t *shown, vt600_remark_t remark);

/* Makes all remarks on the session that the frame has. */
void vt600_remarks_make_on_session(proto_item *item, const vt600_shown_t *shown);

/* Makes the remark that length bytes belong to no frame. */
void vt600_remark_make_on_junk(proto_item *item, packet_info *pinfo, unsigned length);

/* Appends a word in brackets for each remark of which the text says nothing yet. */
void vt600_remarks_append(wmem_strbuf_t *text, const vt600_shown_t *shown);

#endif
