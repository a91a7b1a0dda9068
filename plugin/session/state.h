/* state.h
 *
 * The states of a session, what leads from one to the next, and what a frame
 * is to a session.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_STATE_H
#define VT600_STATE_H

#include <stdbool.h>

/* The numbers are public (vt600.ota.state). */
typedef enum {
    VT600_QUERIED,
    VT600_AUTHORIZING,
    VT600_AUTHORIZED,
    VT600_TRANSFERRING,
    VT600_CHECKING,
    VT600_CHECKED,
    VT600_UPGRADING,
    VT600_COMPLETED,
    VT600_CANCELLING,
    VT600_CANCELLED,
    VT600_REFUSED,
    VT600_EXPIRED,
    VT600_STATES,
} vt600_state_t;

/* What a frame, or the lack of one, is to a session. */
typedef enum {
    VT600_EVENT_NONE,           /* damaged, or not to be read */
    VT600_EVENT_QUERY,          /* 0x9500 request */
    VT600_EVENT_INFO,           /* 0x9500 answer */
    VT600_EVENT_AUTHORIZE,      /* 0x9501 request */
    VT600_EVENT_GRANTED,        /* 0x9501 answer, 1 */
    VT600_EVENT_DENIED,         /* 0x9501 answer, 0 */
    VT600_EVENT_BLOCK,          /* 0x9502 request */
    VT600_EVENT_STORED,         /* 0x9502 answer, 1 */
    VT600_EVENT_NOT_STORED,     /* 0x9502 answer, 0 */
    VT600_EVENT_NOT_AUTHORIZED, /* 0x9502 or 0x9504 answer, 0xff */
    VT600_EVENT_CHECK,          /* 0x9503 request */
    VT600_EVENT_CHECKSUM,       /* 0x9503 answer */
    VT600_EVENT_UPGRADE,        /* 0x9504 request */
    VT600_EVENT_UPGRADING,      /* 0x9504 answer, 1 */
    VT600_EVENT_FINISHED,       /* 0x9504 answer, 2 */
    VT600_EVENT_CANCEL,         /* 0x9505 request */
    VT600_EVENT_CANCELLED,      /* 0x9505 answer, 1 */
    VT600_EVENT_UNKNOWN_ANSWER, /* an answer whose flag the capture lacks, or has no meaning */
    VT600_EVENT_TIMEOUT,        /* no OTA data for too long */
    VT600_EVENTS,
} vt600_event_kind_t;

/* The state table. */
vt600_state_t vt600_state_next(vt600_state_t state, vt600_event_kind_t event);

/* Can an authorization lapse in this state? */
bool vt600_state_can_expire(vt600_state_t state);

#endif
