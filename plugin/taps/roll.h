/* roll.h
 *
 * The sessions whose frames a tap has seen, each once. It knows that a
 * session may prove to be another one going on, and nothing of what a tap
 * does with them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_ROLL_H
#define VT600_ROLL_H

#include "dissect/event.h"

/* A session on the roll. Lives as long as the capture file. */
typedef struct vt600_listed {
    const vt600_session_t *session;
    struct vt600_listed *later; /* one that may prove to be this session going on, or NULL */
    bool seen;                  /* a frame of it was seen; else it is only known from another one's */
    unsigned place;             /* the tap's own: 0 when new */
} vt600_listed_t;

/* Lives as long as the capture file, and so do the sessions on it: whoever keeps it for longer must
 * forget it when the file is closed. */
typedef struct vt600_roll vt600_roll_t;

vt600_roll_t *vt600_roll_new(void);

/* The session of the event, which has a verdict. joined: one that was on the roll, has proved to be
 * this session going on, and is now taken off it; or NULL. */
vt600_listed_t *vt600_roll_call(vt600_roll_t *roll, const vt600_event_t *event, const vt600_listed_t **joined);

/* What the roll has of a session, which may be NULL; or NULL. */
const vt600_listed_t *vt600_roll_find(const vt600_roll_t *roll, const vt600_session_t *session);

/* Calls visit with each vt600_listed_t as its value. */
void vt600_roll_foreach(const vt600_roll_t *roll, GHFunc visit, void *data);

/* The sessions seen, by their number, as a new array of vt600_session_t pointers. Ones that have
 * proved to be others going on stand there as those. */
GPtrArray *vt600_roll_sessions(const vt600_roll_t *roll);

#endif
