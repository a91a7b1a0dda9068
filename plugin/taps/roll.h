/* roll.h
 *
 * The sessions whose frames a tap has seen, each once. It knows nothing of
 * what a tap does with them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_ROLL_H
#define VT600_ROLL_H

#include <epan/packet.h>
#include <epan/tap.h>

#include "dissect/event.h"

/* A session on the roll. Lives as long as the capture file. */
typedef struct vt600_listed {
    vt600_session_t *session;
    unsigned place; /* the tap's own: 0 when new */
} vt600_listed_t;

/* Lives as long as the capture file, and so do the sessions on it: whoever keeps it for longer must
 * forget it when the file is closed. */
typedef struct vt600_roll vt600_roll_t;

vt600_roll_t *vt600_roll_new(void);

/* The session of the event, which has a verdict. */
vt600_listed_t *vt600_roll_call(vt600_roll_t *roll, const vt600_event_t *event);

/* What the roll has of a session that is on it. */
vt600_listed_t *vt600_roll_find(const vt600_roll_t *roll, const vt600_session_t *session);

/* For register_tap_listener, where a listener does nothing with an event but to call its session. The listener's first
 * member is its roll (vt600_roll_t *), NULL before the first session. */
tap_packet_status vt600_roll_add_event(void *listener, packet_info *pinfo, epan_dissect_t *edt, const void *event,
                                       tap_flags_t flags);
void vt600_roll_reset(void *listener);

/* The sessions seen, by their number, as a new array of vt600_session_t pointers. roll: may be NULL. */
GPtrArray *vt600_roll_sessions(const vt600_roll_t *roll);

/* "0-5, 9, ... (30000)": the session's streams, as many as fit into a cell of a table, as new text. */
char *vt600_streams_text(const vt600_session_t *session);

#endif
