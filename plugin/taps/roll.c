/* roll.c
 *
 * The sessions that a tap has seen; see roll.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "roll.h"

#include <inttypes.h>

/* A list of streams that is longer is cut. */
#define STREAMS_LEN_MOST 40

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

vt600_listed_t *vt600_roll_call(vt600_roll_t *roll, const vt600_event_t *event)
{
    vt600_session_t *session = event->verdict->session;

    if (roll->last != NULL && roll->last->session == session)
        return roll->last;
    roll->last = wmem_map_lookup(roll->listed, session);
    if (roll->last == NULL) {
        roll->last = wmem_new0(wmem_file_scope(), vt600_listed_t);
        roll->last->session = session;
        wmem_map_insert(roll->listed, session, roll->last);
    }
    return roll->last;
}

tap_packet_status vt600_roll_add_event(void *listener, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                                       const void *tapped, tap_flags_t flags _U_)
{
    vt600_roll_t **roll = listener;
    const vt600_event_t *event = tapped;

    if (event->verdict == NULL)
        return TAP_PACKET_DONT_REDRAW;
    if (*roll == NULL)
        *roll = vt600_roll_new();
    vt600_roll_call(*roll, event);
    return TAP_PACKET_REDRAW;
}

void vt600_roll_reset(void *listener)
{
    vt600_roll_t **roll = listener;
    *roll = NULL;
}

vt600_listed_t *vt600_roll_find(const vt600_roll_t *roll, const vt600_session_t *session)
{
    return wmem_map_lookup(roll->listed, session);
}

static void collect(void *key, void *value _U_, void *data)
{
    g_ptr_array_add(data, key);
}

static int by_number(const void *a, const void *b)
{
    const vt600_session_t *x = *(vt600_session_t *const *)a, *y = *(vt600_session_t *const *)b;
    return (x->number > y->number) - (x->number < y->number);
}

GPtrArray *vt600_roll_sessions(const vt600_roll_t *roll)
{
    GPtrArray *sessions = g_ptr_array_new();

    if (roll != NULL)
        wmem_map_foreach(roll->listed, collect, sessions);
    g_ptr_array_sort(sessions, by_number);
    return sessions;
}

char *vt600_streams_text(const vt600_session_t *session)
{
    GArray *streams = vt600_series_numbers(&session->streams);
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < streams->len;) {
        const uint64_t first = g_array_index(streams, uint64_t, i);
        unsigned run = 1;
        while (i + run < streams->len && g_array_index(streams, uint64_t, i + run) == first + run)
            run++;
        if (text->len > STREAMS_LEN_MOST) {
            g_string_append_printf(text, ", ... (%u)", streams->len);
            break;
        }
        g_string_append_printf(text, "%s%" PRIu64, i == 0 ? "" : ", ", first);
        if (run > 1)
            g_string_append_printf(text, "-%" PRIu64, first + run - 1);
        i += run;
    }
    g_array_free(streams, TRUE);
    return g_string_free(text, FALSE);
}
