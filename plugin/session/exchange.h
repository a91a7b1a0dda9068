/* exchange.h
 *
 * Which frame answers which: requests, their answers, and their repetitions.
 * It sees frames in the order of the capture and knows nothing of epan, nor
 * of what an OTA is.
 *
 * An answer belongs to the latest sending of the request that its device got:
 * same command, for OTA data also the same offset. OTA requests outlive their
 * connection, since the tracker may come back on another; others do not. A
 * request sent again while the earlier one is unanswered is a retry; so is an
 * OTA block sent again in the same attempt to update, answered or not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_EXCHANGE_H
#define VT600_EXCHANGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include <wsutil/wmem/wmem.h>

#include "core/command.h"

/* A frame's part in an exchange. Members are written in the first pass when the frame is seen, and
 * never again, but for the one that says otherwise. They live as long as the capture file. */
typedef struct vt600_exchange {
    uint32_t number;      /* the packet that holds the frame */
    uint32_t answered_in; /* on a request: packet of its first answer, or 0; written when that is seen */
    int64_t time;         /* of the packet, in nanoseconds since the epoch */
    const struct vt600_exchange *request;  /* on an answer: what it answers, or NULL */
    const struct vt600_exchange *previous; /* on a retry: the sending before, or NULL */
    uint32_t attempt;                      /* on a request: 1, on its first retry 2, ... ; else 0 */
    bool unsolicited;                      /* an answer whose request the capture should hold, and does not */
} vt600_exchange_t;

/* All requests of a capture. */
typedef struct vt600_exchanges vt600_exchanges_t;

/* What is to be known of a frame. */
typedef struct {
    const vt600_command_t *command; /* not NULL */
    vt600_side_t side;
    uint32_t device;          /* number of the device at its server */
    uint32_t broadcast;       /* number of the broadcast "device" at its server */
    uint32_t offset;          /* OTA data: its offset; else 0 */
    uint16_t fingerprint;     /* the sender's: its checksum */
    bool finished;            /* an upgrade's second answer, which comes unasked for */
    bool beginning_seen;      /* the capture holds the conversation's begin, or a request of it */
    const void *conversation; /* in which it was sent */
    const void *attempt_on;   /* the session to which it belongs, or NULL */
} vt600_exchange_frame_t;

vt600_exchanges_t *vt600_exchanges_new(wmem_allocator_t *scope);

/* Sets the members of exchange, whose number and time are set, and remembers requests: exchange must
 * live as long as exchanges does. */
void vt600_exchanges_add(vt600_exchanges_t *exchanges, const vt600_exchange_frame_t *frame, vt600_exchange_t *exchange);

#endif
