/* state.c
 *
 * The state table of a session; see session.h. The order of an OTA (section 3):
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
