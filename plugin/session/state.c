/* state.c
 *
 * The state that a frame leads to, and what the frame is to its session; see
 * state.h. The order of an OTA (section 3):
 *
 *                        Queried
 *                           | 9501
 *                       Authorizing ----- failed ----> Refused
 *                           | granted
 *                       Authorized
 *                           | 9502                 not authorized, from anywhere ---> Refused
 *                       Transferring               9505, from anywhere -------------> Cancelling
 *                           | 9503                 9505 answered, from anywhere ----> Cancelled
 *                        Checking                  no OTA data for 20 minutes ------> Expired
 *                           | answer
 *                        Checked
 *                           | 9504
 *                       Upgrading
 *                           | flag 2
 *                       Completed
 *
 * A capture may start anywhere and lack anything, so each event leads on from
 * each state that it can follow. What the tracker does shows that a session
 * that seemed refused or expired goes on; what the server asks does not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "state.h"

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
#define CANCEL         (IN(CANCELLING) | IN(CANCELLED))
#define ANY            (UNFINISHED | RECOVERABLE | CANCEL | IN(COMPLETED))

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
    [VT600_EVENT_CANCEL] = {UNFINISHED | RECOVERABLE, VT600_CANCELLING},
    [VT600_EVENT_CANCELLED] = {UNFINISHED | RECOVERABLE | IN(CANCELLING), VT600_CANCELLED},
    [VT600_EVENT_TIMEOUT] = {IN(AUTHORIZED) | IN(TRANSFERRING) | IN(CHECKING) | IN(CHECKED), VT600_EXPIRED},
};

vt600_state_t vt600_state_next(vt600_state_t state, vt600_event_kind_t event)
{
    const transition_t *transition = &transitions[event];
    return transition->from >> state & 1 ? transition->next : state;
}

bool vt600_state_can_expire(vt600_state_t state)
{
    return vt600_state_next(state, VT600_EVENT_TIMEOUT) == VT600_EXPIRED && state != VT600_EXPIRED;
}

static vt600_event_kind_t answer_event(const vt600_ota_t *ota)
{
    switch (ota->shape) {
    case VT600_DATA_TRACKER_INFO:
        return VT600_EVENT_INFO;
    case VT600_DATA_AUTHORIZED:
        return ota->flag == VT600_FLAG_AUTHORIZE_GRANTED  ? VT600_EVENT_GRANTED
               : ota->flag == VT600_FLAG_AUTHORIZE_FAILED ? VT600_EVENT_DENIED
                                                          : VT600_EVENT_UNKNOWN_ANSWER;
    case VT600_DATA_STORED:
        return ota->flag == VT600_FLAG_BLOCK_STORED     ? VT600_EVENT_STORED
               : ota->flag == VT600_FLAG_BLOCK_FAILED   ? VT600_EVENT_NOT_STORED
               : ota->flag == VT600_FLAG_NOT_AUTHORIZED ? VT600_EVENT_NOT_AUTHORIZED
                                                        : VT600_EVENT_UNKNOWN_ANSWER;
    case VT600_DATA_IMAGE_CHECKSUM:
        return VT600_EVENT_CHECKSUM;
    case VT600_DATA_UPGRADE:
        return ota->flag == VT600_FLAG_UPGRADE_BEGINS     ? VT600_EVENT_UPGRADING
               : ota->flag == VT600_FLAG_UPGRADE_FINISHED ? VT600_EVENT_FINISHED
               : ota->flag == VT600_FLAG_NOT_AUTHORIZED   ? VT600_EVENT_NOT_AUTHORIZED
                                                          : VT600_EVENT_UNKNOWN_ANSWER;
    case VT600_DATA_CANCELLED:
        return ota->flag == VT600_FLAG_CANCELLED ? VT600_EVENT_CANCELLED : VT600_EVENT_UNKNOWN_ANSWER;
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

/* Of a frame that was cut before what its command needs, the command itself may say enough. */
static vt600_event_kind_t cut_answer_event(uint16_t code)
{
    switch (code) {
    case VT600_CMD_TRACKER_INFO:
        return VT600_EVENT_INFO;
    case VT600_CMD_OTA_CHECK:
        return VT600_EVENT_CHECKSUM;
    default:
        return VT600_EVENT_UNKNOWN_ANSWER;
    }
}

vt600_event_kind_t vt600_event_of(const vt600_session_frame_t *frame)
{
    const vt600_ota_t *ota = frame->ota;
    const bool cut = frame->fault.trust == VT600_TRUST_CUT;
    const bool block_starts = ota->shape == VT600_DATA_BLOCK && ota->block != NULL;

    if (frame->role != VT600_ROLE_OTA || frame->fault.trust == VT600_TRUST_NONE)
        return VT600_EVENT_NONE;
    if (!ota->complete && !block_starts && !cut)
        return VT600_EVENT_NONE;
    if (frame->side == VT600_SERVER)
        return request_event(frame->code);
    return ota->complete ? answer_event(ota) : cut_answer_event(frame->code);
}
