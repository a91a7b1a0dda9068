/* roll.c
 *
 * The sessions that a tap has seen; see roll.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "roll.h"

#include <epan/wmem_scopes.h>

struct vt600_roll {
    wmem_map_t *listed;   /* vt600_session_t -> vt600_listed_t */
    vt600_listed_t *last; /* the one called last: most frames follow one of their own session. Or NULL */
};

vt600_roll_t *vt600_roll_new(void)
{
    vt600_roll_t *roll = wmem_new0(wmem_file_scope(), vt600_roll_t);
    roll->listed = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
    return roll;
}

static vt600_listed_t *get(vt600_roll_t *roll, const vt600_session_t *session)
{
    vt600_listed_t *listed = wmem_map_lookup(roll->listed, session);
    if (listed == NULL) {
        listed = wmem_new0(wmem_file_scope(), vt600_listed_t);
        listed->session = session;
        wmem_map_insert(roll->listed, session, listed);
    }
    return listed;
}

vt600_listed_t *vt600_roll_call(vt600_roll_t *roll, const vt600_event_t *event, const vt600_listed_t **joined)
{
    const vt600_session_t *session = vt600_session_of(event->verdict->session);

    if (roll->last == NULL || roll->last->session != session)
        roll->last = get(roll, session);
    vt600_listed_t *listed = roll->last;
    listed->seen = true;
    if (session->unfinished != NULL)
        get(roll, session->unfinished)->later = listed;

    *joined = NULL;
    if (listed->later != NULL && listed->later->session->joined != NULL) {
        *joined = listed->later;
        wmem_map_remove(roll->listed, listed->later->session);
        listed->later = NULL;
    }
    return listed;
}

const vt600_listed_t *vt600_roll_find(const vt600_roll_t *roll, const vt600_session_t *session)
{
    return session != NULL ? wmem_map_lookup(roll->listed, session) : NULL;
}

void vt600_roll_foreach(const vt600_roll_t *roll, GHFunc visit, void *data)
{
    wmem_map_foreach(roll->listed, visit, data);
}

static void collect(void *key _U_, void *value, void *data)
{
    const vt600_listed_t *listed = value;
    if (listed->seen)
        g_ptr_array_add(data, vt600_session_of((vt600_session_t *)listed->session));
}

static int by_number(const void *a, const void *b)
{
    const vt600_session_t *x = *(vt600_session_t *const *)a, *y = *(vt600_session_t *const *)b;
    return (x->number > y->number) - (x->number < y->number);
}

GPtrArray *vt600_roll_sessions(const vt600_roll_t *roll)
{
    GPtrArray *sessions = g_ptr_array_new();

    wmem_map_foreach(roll->listed, collect, sessions);
    g_ptr_array_sort(sessions, by_number);
    for (unsigned i = 1; i < sessions->len;) {
        if (sessions->pdata[i] == sessions->pdata[i - 1])
            g_ptr_array_remove_index(sessions, i);
        else
            i++;
    }
    return sessions;
}
