/* exchange.h
 *
 * Which frame answers which: requests, their answers, and their repetitions.
 * It sees frames in the order of the capture and knows nothing of epan, nor
 * of what an OTA is. Damaged frames are not shown to it: their receiver did
 * not accept them.
 *
 * An answer belongs to the latest sending of the request that its device got:
 * same command, for OTA data also the same offset. OTA requests outlive their
 * connection, since the tracker may come back on another; others do not. A
 * further answer to an answered request is unsolicited, with one exception:
 * "upgrade finished" is the second answer to the last upgrade. A request sent
 * again while the earlier one is unanswered is a retry; so is an OTA block
 * sent again in the same session, answered or not.
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
 * never again, but for those that say otherwise. They live as long as the capture file. */
typedef struct vt600_exchange {
    uint32_t number;                /* the packet that holds the frame */
    uint32_t answered_in;           /* on a request: packet of its first answer, or 0; written when that is seen */
    uint32_t next;                  /* on a request: packet of its next sending, or 0; written when that is seen */
    uint32_t attempt;               /* on a request: 1, on its first retry 2, ... ; else 0 */
    int64_t time;                   /* of the packet, in nanoseconds since the epoch */
    struct vt600_exchange *request; /* on an answer: what it answers, or NULL */
    const struct vt600_exchange *previous; /* on a retry: the sending before, or NULL */
    const void *session;                   /* on a request: as vt600_exchanges_ask was told */
    bool finished;    /* an upgrade's second answer: the time since the request is no response time */
    bool unsolicited; /* an answer whose request the capture should hold, and does not; or a further one */
    bool repeated;    /* an answer to a request that was answered before; unsolicited as well */
} vt600_exchange_t;

/* All requests of a capture. */
typedef struct vt600_exchanges vt600_exchanges_t;

/* What must be known of a frame. */
typedef struct {
    const vt600_command_t *command; /* not NULL */
    vt600_side_t side;
    uint32_t device;          /* number of the device */
    uint32_t broadcast;       /* number of the broadcast "device" of its server */
    bool has_key;             /* false: the capture lacks the offset, so nothing can be matched */
    uint32_t offset;          /* OTA data: its offset; else 0 */
    bool has_fingerprint;     /* all of its data is present */
    uint16_t fingerprint;     /* the checksum of its bytes up to the checksum */
    bool finished;            /* an upgrade's second answer */
    bool may_be_finished;     /* an upgrade's answer without its flag */
    bool beginning_seen;      /* the capture should hold the request: it lost nothing of the conversation */
    const void *conversation; /* in which it was sent */
} vt600_exchange_frame_t;

vt600_exchanges_t *vt600_exchanges_new(wmem_allocator_t *scope);

/* Links an answer to its request. exchange: its number and time are set, and all else is 0. Does nothing for other
 * frames. */
void vt600_exchanges_answer(vt600_exchanges_t *exchanges, const vt600_exchange_frame_t *frame,
                            vt600_exchange_t *exchange);

/* Remembers a request, and links it to its earlier sending. Does nothing for other frames. session: to which it
 * belongs, or NULL. exchange must live as long as exchanges does. */
void vt600_exchanges_ask(vt600_exchanges_t *exchanges, const vt600_exchange_frame_t *frame, const void *session,
                         vt600_exchange_t *exchange);

#endif
