/* state.c
 *
 * What a frame is to a session, and the state that it leads to; see session.h.
 * The order of an OTA (section 3):
 *
 *                        Queried
 *                           | 9501
 *                       Authorizing ----- failed ----> Refused
 *                           | granted
 *                       Authorized
 *                           | 9502                 not authorized, from anywhere ---> Refused
 *                       Transferring               9505 answered, from anywhere ----> Cancelled
 *                           | 9503                 no OTA data for 20 minutes ------> Expired
 *                        Checking
 *                           | answer
 *                        Checked
 *                           | 9504
 *                       Upgrading
 *                           | flag 2
 *                       Completed
 *
 * A capture may begin anywhere and lack anything, so each event leads on from
 * each state that it can follow; what the tracker does shows
 * that a session that seemed refused or expired goes on. A session that is at
 * its end, and begins again, is another session: session.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session.h"

#define IN(state) (1u << VT600_##state)

/* An event leads to state next, from all states in from; from others it leads nowhere. */
typedef struct {
    unsigned from;
    vt600_state_t next;
} transition_t;

#define BEFORE_DATA    (IN(QUERIED) | IN(AUTHORIZING) | IN(AUTHORIZED))
#define BEFORE_CHECK   (BEFORE_DATA | IN(TRANSFERRING))
#define BEFORE_UPGRADE (BEFORE_CHECK | IN(CHECKING) | IN(CHECKED))
#define UNFINISHED     (BEFORE_UPGRADE | IN(UPGRADING))
#define RECOVERABLE    (IN(REFUSED) | IN(EXPIRED))
#define ANY            (UNFINISHED | RECOVERABLE | IN(COMPLETED) | IN(CANCELLED))

static const transition_t transitions[VT600_EVENTS] = {
    [VT600_EVENT_AUTHORIZE] = {IN(QUERIED), VT600_AUTHORIZING},
    [VT600_EVENT_GRANTED] = {IN(QUERIED) | IN(AUTHORIZING) | RECOVERABLE, VT600_AUTHORIZED},
    [VT600_EVENT_DENIED] = {BEFORE_CHECK, VT600_REFUSED},
    [VT600_EVENT_BLOCK] = {BEFORE_UPGRADE, VT600_TRANSFERRING},
    [VT600_EVENT_STORED] = {BEFORE_CHECK | RECOVERABLE, VT600_TRANSFERRING},
    [VT600_EVENT_NOT_STORED] = {BEFORE_CHECK | RECOVERABLE, VT600_TRANSFERRING},
    [VT600_EVENT_NOT_AUTHORIZED] = {UNFINISHED, VT600_REFUSED},
    [VT600_EVENT_CHECK] = {BEFORE_UPGRADE, VT600_CHECKING},
    [VT600_EVENT_CHECKSUM] = {BEFORE_UPGRADE | RECOVERABLE, VT600_CHECKED},
    [VT600_EVENT_UPGRADE] = {BEFORE_UPGRADE, VT600_UPGRADING},
    [VT600_EVENT_UPGRADING] = {BEFORE_UPGRADE | RECOVERABLE, VT600_UPGRADING},
    [VT600_EVENT_FINISHED] = {ANY, VT600_COMPLETED},
    [VT600_EVENT_CANCELLED] = {UNFINISHED | RECOVERABLE, VT600_CANCELLED},
    [VT600_EVENT_TIMEOUT] = {IN(AUTHORIZED) | IN(TRANSFERRING) | IN(CHECKING) | IN(CHECKED), VT600_EXPIRED},
};

vt600_state_t vt600_state_next(vt600_state_t state, vt600_event_kind_t event)
{
    const transition_t *transition = &transitions[event];
    return transition->from >> state & 1 ? transition->next : state;
}

bool vt600_state_is_end(vt600_state_t state)
{
    return state >= VT600_COMPLETED;
}

static vt600_event_kind_t answer_event(const vt600_ota_t *ota)
{
    switch (ota->shape) {
    case VT600_DATA_TRACKER_INFO:
        return VT600_EVENT_INFO;
    case VT600_DATA_AUTHORIZED:
        return ota->flag == VT600_FLAG_AUTHORIZE_GRANTED  ? VT600_EVENT_GRANTED
               : ota->flag == VT600_FLAG_AUTHORIZE_FAILED ? VT600_EVENT_DENIED
                                                          : VT600_EVENT_NONE;
    case VT600_DATA_STORED:
        return ota->flag == VT600_FLAG_BLOCK_STORED     ? VT600_EVENT_STORED
               : ota->flag == VT600_FLAG_BLOCK_FAILED   ? VT600_EVENT_NOT_STORED
               : ota->flag == VT600_FLAG_NOT_AUTHORIZED ? VT600_EVENT_NOT_AUTHORIZED
                                                        : VT600_EVENT_NONE;
    case VT600_DATA_IMAGE_CHECKSUM:
        return VT600_EVENT_CHECKSUM;
    case VT600_DATA_UPGRADE:
        return ota->flag == VT600_FLAG_UPGRADE_BEGINS     ? VT600_EVENT_UPGRADING
               : ota->flag == VT600_FLAG_UPGRADE_FINISHED ? VT600_EVENT_FINISHED
               : ota->flag == VT600_FLAG_NOT_AUTHORIZED   ? VT600_EVENT_NOT_AUTHORIZED
                                                          : VT600_EVENT_NONE;
    case VT600_DATA_CANCELLED:
        return ota->flag == VT600_FLAG_CANCELLED ? VT600_EVENT_CANCELLED : VT600_EVENT_NONE;
    default:
        return VT600_EVENT_NONE;
    }
}

static vt600_event_kind_t request_event(uint16_t code)
{
    switch (code) {
    case VT600_CMD_TRACKER_INFO:
        return VT600_EVENT_QUERY;
    case VT600_CMD_OTA_AUTHORIZE:
        return VT600_EVENT_AUTHORIZE;
    case VT600_CMD_OTA_DATA:
        return VT600_EVENT_BLOCK;
    case VT600_CMD_OTA_CHECK:
        return VT600_EVENT_CHECK;
    case VT600_CMD_OTA_UPGRADE:
        return VT600_EVENT_UPGRADE;
    case VT600_CMD_OTA_CANCEL:
        return VT600_EVENT_CANCEL;
    default:
        return VT600_EVENT_NONE;
    }
}

vt600_event_kind_t vt600_event_of(const vt600_session_frame_t *frame)
{
    const vt600_ota_t *ota = frame->ota;
    const bool block_begins = ota->shape == VT600_DATA_BLOCK && ota->block != NULL;

    if (frame->trust == VT600_TRUST_NONE || (!ota->complete && !block_begins))
        return VT600_EVENT_NONE;
    return frame->side == VT600_SERVER ? request_event(frame->code) : answer_event(ota);
}
