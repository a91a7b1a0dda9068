/* summary.c
 *
 * Figures of a session; see summary.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "summary.h"

#define PERCENT     100.0
#define NANOSECONDS 1e9

uint32_t vt600_session_total(const vt600_session_t *session, uint32_t size)
{
    if (session->has_announced) {
        const uint64_t wrap = UINT16_MAX + UINT64_C(1), sent_end = vt600_image_sent_end(session->image);
        uint64_t total = sent_end / wrap * wrap + session->announced;
        if (total < sent_end)
            total += wrap;
        if (total != 0)
            return (uint32_t)MIN(total, UINT32_MAX);
    }
    return session->proven_total != 0 ? session->proven_total : size;
}

double vt600_progress(uint64_t acked, uint32_t total)
{
    return acked >= total ? PERCENT : PERCENT * (double)acked / total;
}

double vt600_rate(uint64_t acked, int64_t data_time)
{
    return data_time > 0 ? (double)acked / ((double)data_time / NANOSECONDS) : 0;
}

int64_t vt600_session_data_time(const vt600_session_t *session)
{
    return session->has_block && session->has_ack ? MAX(session->last_ack - session->first_block, 0) : 0;
}

int64_t vt600_session_duration(const vt600_session_t *session)
{
    return MAX(session->course.tail->exchange->time - session->head->exchange->time, 0);
}

uint32_t vt600_session_authorizations(const vt600_session_t *session)
{
    uint32_t count = 0;
    for (const vt600_verdict_t *frame = session->head; frame != NULL; frame = frame->next) {
        const bool is_answer = frame->event == VT600_EVENT_GRANTED || frame->event == VT600_EVENT_DENIED;
        count += (frame->event == VT600_EVENT_AUTHORIZE && frame->exchange->previous == NULL) ||
                 (is_answer && frame->exchange->request == NULL && !frame->exchange->repeated);
    }
    return count;
}

uint32_t vt600_session_damaged_frames(const vt600_session_t *session)
{
    uint32_t count = 0;
    for (const vt600_verdict_t *frame = session->head; frame != NULL; frame = frame->next)
        count += frame->damaged;
    return count;
}

static void add_wait(vt600_waits_t *waits, vt600_party_t of, int64_t from, int64_t to)
{
    if (to <= from)
        return;
    if (of == VT600_PARTY_TRACKER)
        waits->tracker += to - from;
    else if (of == VT600_PARTY_SERVER)
        waits->server += to - from;
}

/* The time between two frames. While the tracker has no connection it is nobody's turn; on a new one the server must
 * speak first, since what it asked before was lost with the old one. */
static void add_interval(vt600_waits_t *waits, const vt600_verdict_t *frame, const vt600_verdict_t *next)
{
    const int64_t from = frame->exchange->time, to = next->exchange->time;
    const vt600_closing_t *closing = &frame->place->closing;

    if (next->place == frame->place || closing->frame == 0 || closing->time > to) {
        add_wait(waits, frame->turn, from, to);
        return;
    }
    add_wait(waits, frame->turn, from, closing->time);
    add_wait(waits, VT600_PARTY_SERVER, MAX(closing->time, next->place->opened), to);
}

vt600_waits_t vt600_session_waits(const vt600_session_t *session)
{
    vt600_waits_t waits = {0};
    bool going = false;

    for (const vt600_verdict_t *frame = session->head; frame != NULL; frame = frame->next) {
        if (frame->waited > waits.longest) {
            waits.longest = frame->waited;
            waits.longest_of = frame->waited_for;
            waits.longest_before = frame->exchange->number;
        }
        going = going || frame->event == VT600_EVENT_UPGRADING;
        if (frame->next != NULL && !going)
            add_interval(&waits, frame, frame->next);
    }
    return waits;
}
