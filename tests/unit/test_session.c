/* test_session.c
 *
 * What an OTA is, rule by rule: frames go into vt600_sessions_add as they
 * would come from captures, and the verdicts and sessions are looked at.
 * Random OTAs are played against a model elsewhere, in test_session.py.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include <glib.h>
#include <wsutil/wmem/wmem.h>

#include "session/session.h"

#define SECOND  INT64_C(1000000000)
#define MINUTE  (60 * SECOND)
#define TIMEOUT (20 * MINUTE)

/* A capture that is told frame by frame. */
typedef struct {
    wmem_allocator_t *scope;
    vt600_sessions_t *sessions;
    vt600_place_t places[4]; /* 0 and 1 with their begin, 2 and 3 without */
    const vt600_place_t *place;
    uint32_t device;
    uint32_t number; /* of the last frame */
    int64_t time;
    int64_t timeout;
    vt600_trust_t trust; /* of the next frame */
    bool nobody_looks;   /* at verdicts, as they come */
} story_t;

typedef const vt600_verdict_t *verdict_t;

static void set_up(story_t *s, const void *unused)
{
    (void)unused;
    s->scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    s->sessions = vt600_sessions_new(s->scope);
    for (unsigned i = 0; i < G_N_ELEMENTS(s->places); i++)
        s->places[i] = (vt600_place_t){
            .handshake_seen = i < 2, .stream = i, .tracker = "10.0.0.1:20000", .server = "192.168.1.1:8500"};
    s->place = &s->places[0];
    s->device = 1;
    s->time = 1700000000 * SECOND;
    s->timeout = TIMEOUT;
    s->trust = VT600_TRUST_WHOLE;
}

static void tear_down(story_t *s, const void *unused)
{
    (void)unused;
    wmem_destroy_allocator(s->scope);
}

static verdict_t add(story_t *s, vt600_side_t side, uint16_t code, vt600_ota_t ota)
{
    const vt600_session_frame_t frame = {
        .number = ++s->number,
        .time = s->time += SECOND / 20,
        .device = s->device,
        .device_text = s->device == 1 ? "101130923633" : "101130923634",
        .side = side,
        .code = code,
        .ota = &ota,
        .trust = s->trust,
        .damaged = s->trust == VT600_TRUST_NONE,
        .place = s->place,
        .timeout = s->timeout,
    };
    s->trust = VT600_TRUST_WHOLE;
    const verdict_t verdict = vt600_sessions_add(s->sessions, &frame);
    if (verdict != NULL && !s->nobody_looks)
        vt600_session_settle(vt600_session_of(verdict->session));
    return verdict;
}

static verdict_t ask(story_t *s, uint16_t code)
{
    return add(s, VT600_SERVER, code, (vt600_ota_t){.shape = VT600_DATA_NONE, .complete = true});
}

static verdict_t query(story_t *s)
{
    return ask(s, VT600_CMD_TRACKER_INFO);
}

static verdict_t info(story_t *s, uint16_t longest, const char *text)
{
    const vt600_ota_t ota = {.shape = VT600_DATA_TRACKER_INFO,
                             .complete = true,
                             .device_code = 0x10,
                             .max_length = longest,
                             .text = (const uint8_t *)text,
                             .text_length = strlen(text)};
    return add(s, VT600_TRACKER, VT600_CMD_TRACKER_INFO, ota);
}

static verdict_t authorize(story_t *s)
{
    return ask(s, VT600_CMD_OTA_AUTHORIZE);
}

static verdict_t flagged(story_t *s, uint16_t code, vt600_data_shape_t shape, uint8_t flag)
{
    return add(s, VT600_TRACKER, code, (vt600_ota_t){.shape = shape, .complete = true, .flag = flag});
}

static verdict_t authorized(story_t *s, uint8_t flag)
{
    return flagged(s, VT600_CMD_OTA_AUTHORIZE, VT600_DATA_AUTHORIZED, flag);
}

static verdict_t block_cut(story_t *s, uint32_t offset, const char *text, uint16_t length)
{
    const vt600_ota_t ota = {.shape = VT600_DATA_BLOCK,
                             .complete = strlen(text) >= length,
                             .has_offset = true,
                             .offset = offset,
                             .block_length = length,
                             .block = (const uint8_t *)text,
                             .block_present = strlen(text)};
    return add(s, VT600_SERVER, VT600_CMD_OTA_DATA, ota);
}

static verdict_t block(story_t *s, uint32_t offset, const char *text)
{
    return block_cut(s, offset, text, (uint16_t)strlen(text));
}

static verdict_t reply(story_t *s, uint32_t offset, uint8_t flag)
{
    const vt600_ota_t ota = {
        .shape = VT600_DATA_STORED, .complete = true, .has_offset = true, .offset = offset, .flag = flag};
    return add(s, VT600_TRACKER, VT600_CMD_OTA_DATA, ota);
}

static verdict_t stored(story_t *s, uint32_t offset)
{
    return reply(s, offset, VT600_FLAG_BLOCK_STORED);
}

static verdict_t transfer(story_t *s, uint32_t offset, const char *text)
{
    block(s, offset, text);
    return stored(s, offset);
}

static verdict_t check(story_t *s, uint16_t length)
{
    return add(s, VT600_SERVER, VT600_CMD_OTA_CHECK,
               (vt600_ota_t){.shape = VT600_DATA_IMAGE_LENGTH, .complete = true, .image_length = length});
}

static verdict_t checksum(story_t *s, uint16_t sum)
{
    return add(s, VT600_TRACKER, VT600_CMD_OTA_CHECK,
               (vt600_ota_t){.shape = VT600_DATA_IMAGE_CHECKSUM, .complete = true, .image_checksum = sum});
}

static verdict_t upgrade(story_t *s)
{
    return ask(s, VT600_CMD_OTA_UPGRADE);
}

static verdict_t upgraded(story_t *s, uint8_t flag)
{
    return flagged(s, VT600_CMD_OTA_UPGRADE, VT600_DATA_UPGRADE, flag);
}

static verdict_t cancelled(story_t *s)
{
    ask(s, VT600_CMD_OTA_CANCEL);
    return flagged(s, VT600_CMD_OTA_CANCEL, VT600_DATA_CANCELLED, VT600_FLAG_CANCELLED);
}

/* An OTA up to its first two blocks, eight bytes. */
static vt600_session_t *under_way(story_t *s)
{
    query(s);
    info(s, 128, "V1.38");
    authorize(s);
    authorized(s, VT600_FLAG_AUTHORIZE_GRANTED);
    transfer(s, 0, "abcd");
    return transfer(s, 4, "efgh")->session;
}

static void to_place(story_t *s, unsigned number)
{
    s->place = &s->places[number];
}

static void assert_image(const vt600_session_t *session, const char *expected)
{
    uint8_t bytes[64];
    const size_t length = strlen(expected);
    g_assert_cmpuint(length, <, sizeof bytes);
    vt600_image_read(session->image, 0, length, bytes);
    for (size_t i = 0; i < length; i++)
        g_assert_cmphex(bytes[i], ==, expected[i] == '.' ? 0xff : (uint8_t)expected[i]);
}

#define assert_note(verdict, note)    g_assert_cmphex((VT600_NOTE_##note) & (verdict)->notes, ==, VT600_NOTE_##note)
#define assert_no_note(verdict, note) g_assert_cmphex((VT600_NOTE_##note) & (verdict)->notes, ==, 0)
#define assert_state(verdict, name)   g_assert_cmpint((verdict)->state, ==, VT600_##name)
#define assert_range(verdict, a, b)                                                                                    \
    do {                                                                                                               \
        g_assert_cmpuint((verdict)->range.first, ==, (a));                                                             \
        g_assert_cmpuint((verdict)->range.end, ==, (b));                                                               \
    } while (0)

/* Each test: static void its_name_is_a_sentence(story_t *s, const void *unused) */
#define RULE(name) static void name(story_t *s, const void *unused G_GNUC_UNUSED)

/* Where a session begins. */

RULE(session_begins_with_query_authorization_or_block)
{
    g_assert_cmpuint(query(s)->session->number, ==, 0);
    s->device = 2;
    g_assert_cmpuint(authorize(s)->session->number, ==, 1);
    s->device = 3;
    g_assert_cmpuint(block(s, 0, "abcd")->session->number, ==, 2);
}

RULE(other_commands_begin_none)
{
    g_assert_null(check(s, 8));
    g_assert_null(checksum(s, 8));
    g_assert_null(upgrade(s));
    g_assert_null(upgraded(s, VT600_FLAG_UPGRADE_FINISHED));
    g_assert_null(cancelled(s));
    g_assert_cmpuint(query(s)->session->number, ==, 0);
}

RULE(damaged_frames_begin_none)
{
    s->trust = VT600_TRUST_NONE;
    g_assert_null(query(s));
    s->trust = VT600_TRUST_NONE;
    g_assert_null(block(s, 0, "abcd"));
}

RULE(unknown_flags_begin_none)
{
    g_assert_null(authorized(s, 7));
    g_assert_null(reply(s, 0, 7));
}

RULE(repeated_requests_do_not_begin_another)
{
    const vt600_session_t *session = query(s)->session;
    g_assert_true(query(s)->session == session);
    g_assert_true(authorize(s)->session == session);
    g_assert_true(query(s)->session == session);
    g_assert_true(authorize(s)->session == session);
    authorized(s, VT600_FLAG_AUTHORIZE_GRANTED);
    g_assert_true(authorize(s)->session == session);
    block(s, 0, "abcd");
    g_assert_true(block(s, 0, "abcd")->session == session);
    g_assert_true(stored(s, 0)->session == session);
    g_assert_true(block(s, 0, "abcd")->session == session);
    check(s, 4);
    g_assert_true(check(s, 4)->session == session);
    upgrade(s);
    g_assert_true(upgrade(s)->session == session);
    g_assert_cmpuint(session->number, ==, 0);
}

RULE(query_in_the_middle_begins_none)
{
    const vt600_session_t *session = under_way(s);
    g_assert_true(query(s)->session == session);
    g_assert_true(info(s, 128, "V1.38")->session == session);
    g_assert_cmpint(session->state, ==, VT600_TRANSFERRING);
}

RULE(authorization_after_blocks_begins_the_next_attempt)
{
    const vt600_session_t *first = under_way(s);
    const verdict_t next = authorize(s);
    g_assert_true(next->session != first);
    g_assert_cmpuint(next->session->number, ==, 1);
    g_assert_cmpuint(next->bytes_acked, ==, 0);
    assert_state(next, AUTHORIZING);
    g_assert_cmpint(first->state, ==, VT600_TRANSFERRING);
}

RULE(block_at_offset_0_after_others_begins_the_next_attempt)
{
    const vt600_session_t *first = under_way(s);
    const verdict_t next = block(s, 0, "abcd");
    g_assert_true(next->session != first);
    g_assert_cmpuint(next->bytes_sent, ==, 4);
    g_assert_cmpuint(next->retries, ==, 0);
}

RULE(first_block_in_other_lengths_is_no_progress)
{
    authorize(s);
    const vt600_session_t *session = transfer(s, 0, "abcd")->session;
    g_assert_true(block(s, 0, "ab")->session == session);
    g_assert_true(block(s, 0, "ab")->session == session);
    g_assert_true(block(s, 0, "abcdef")->session == session);
}

RULE(blocks_in_any_order_are_one_attempt)
{
    query(s);
    authorize(s);
    authorized(s, VT600_FLAG_AUTHORIZE_GRANTED);
    const vt600_session_t *session = transfer(s, 4, "efgh")->session;
    const verdict_t last = transfer(s, 0, "abcd");
    g_assert_true(last->session == session);
    g_assert_cmpuint(last->bytes_acked, ==, 8);
    g_assert_true(block(s, 0, "abcd")->session != session);
}

static void end_in(story_t *s, vt600_state_t end)
{
    under_way(s);
    switch (end) {
    case VT600_COMPLETED:
        upgraded(s, VT600_FLAG_UPGRADE_FINISHED);
        break;
    case VT600_CANCELLED:
        cancelled(s);
        break;
    case VT600_REFUSED:
        reply(s, 8, VT600_FLAG_NOT_AUTHORIZED);
        break;
    default:
        s->time += 21 * MINUTE;
        break;
    }
}

RULE(after_each_end_query_authorization_and_block_at_0_begin_the_next_attempt)
{
    static const vt600_state_t ends[] = {VT600_COMPLETED, VT600_CANCELLED, VT600_REFUSED, VT600_EXPIRED};
    for (unsigned i = 0; i < G_N_ELEMENTS(ends); i++)
        for (unsigned how = 0; how < 4; how++) {
            s->device++;
            end_in(s, ends[i]);
            const uint32_t ended = s->number;
            const verdict_t next = how == 0   ? query(s)
                                   : how == 1 ? authorize(s)
                                   : how == 2 ? block(s, 0, "abcd")
                                              : block(s, 8, "ijkl");
            if (how == 3) { /* it goes on where it was */
                g_assert_cmpuint(next->session->first_frame, <, ended);
                g_assert_cmpint(next->state, ==, ends[i]);
            } else {
                g_assert_cmpuint(next->session->first_frame, ==, ended + 1);
            }
        }
}

RULE(next_attempt_remembers_what_the_tracker_said_of_itself)
{
    query(s);
    info(s, 128, "V1.38");
    authorize(s);
    cancelled(s);
    const vt600_session_t *next = authorize(s)->session;
    g_assert_cmpuint(next->number, ==, 1);
    g_assert_true(next->has_info);
    g_assert_cmpuint(next->max_block, ==, 128);
    g_assert_cmpstr(next->firmware_version, ==, "V1.38");
}

RULE(devices_are_apart_on_one_connection)
{
    query(s);
    s->device = 2;
    query(s);
    const verdict_t second = transfer(s, 0, "wxyz");
    s->device = 1;
    const verdict_t first = block(s, 0, "ab");
    g_assert_cmpuint(first->session->number, ==, 0);
    g_assert_cmpuint(second->session->number, ==, 1);
    g_assert_cmpuint(first->bytes_sent, ==, 2);
    g_assert_cmpuint(first->retries, ==, 0);
    g_assert_cmpuint(second->bytes_acked, ==, 4);
    g_assert_cmpstr(first->session->device, ==, "101130923633");
    g_assert_cmpstr(second->session->device, ==, "101130923634");
}

/* Its ends. */

RULE(good_ota_is_completed_once)
{
    under_way(s);
    assert_state(check(s, 8), CHECKING);
    assert_state(checksum(s, 0), CHECKED);
    assert_state(upgrade(s), UPGRADING);
    assert_state(upgraded(s, VT600_FLAG_UPGRADE_BEGINS), UPGRADING);
    const verdict_t end = upgraded(s, VT600_FLAG_UPGRADE_FINISHED);
    assert_state(end, COMPLETED);
    assert_note(end, COMPLETED);
    assert_no_note(upgraded(s, VT600_FLAG_UPGRADE_FINISHED), COMPLETED);
}

RULE(cancelled_when_the_tracker_says_so)
{
    under_way(s);
    assert_state(ask(s, VT600_CMD_OTA_CANCEL), TRANSFERRING);
    const verdict_t end = flagged(s, VT600_CMD_OTA_CANCEL, VT600_DATA_CANCELLED, VT600_FLAG_CANCELLED);
    assert_state(end, CANCELLED);
    assert_note(end, CANCELLED);
}

RULE(refused_authorization_is_an_end)
{
    authorize(s);
    assert_state(authorized(s, VT600_FLAG_AUTHORIZE_FAILED), REFUSED);
    g_assert_cmpuint(authorize(s)->session->number, ==, 1);
}

RULE(unauthorized_block_or_upgrade_is_refused)
{
    under_way(s);
    block(s, 8, "ijkl");
    assert_state(reply(s, 8, VT600_FLAG_NOT_AUTHORIZED), REFUSED);
    s->device = 2;
    under_way(s);
    upgrade(s);
    assert_state(upgraded(s, VT600_FLAG_NOT_AUTHORIZED), REFUSED);
}

RULE(expires_after_twenty_minutes_without_data_and_not_before)
{
    under_way(s);
    s->time += TIMEOUT - SECOND / 20;
    assert_no_note(block(s, 8, "ijkl"), EXPIRED); /* after exactly twenty minutes */
    s->time += TIMEOUT;
    const verdict_t late = block(s, 12, "mnop");
    assert_note(late, EXPIRED);
    assert_state(late, EXPIRED);
    g_assert_cmpuint(late->idle, ==, 20 * 60);
    assert_no_note(block(s, 12, "mnop"), EXPIRED);
    assert_state(stored(s, 12), TRANSFERRING); /* the tracker goes on after all */
}

RULE(check_and_query_are_no_data_that_keeps_an_authorization)
{
    under_way(s);
    s->time += 15 * MINUTE;
    check(s, 8);
    query(s);
    s->time += 6 * MINUTE;
    assert_note(checksum(s, 0), EXPIRED);
}

RULE(granted_and_refused_blocks_keep_an_authorization)
{
    under_way(s);
    for (int i = 0; i < 3; i++) {
        s->time += 15 * MINUTE;
        assert_no_note(reply(s, 8, VT600_FLAG_BLOCK_FAILED), EXPIRED);
    }
    s->device = 2;
    authorize(s);
    s->time += 30 * MINUTE; /* nobody was authorized yet */
    assert_no_note(authorized(s, VT600_FLAG_AUTHORIZE_GRANTED), EXPIRED);
    s->time += 15 * MINUTE;
    assert_no_note(block(s, 0, "abcd"), EXPIRED);
}

RULE(upgrade_may_take_its_time)
{
    under_way(s);
    check(s, 8);
    upgrade(s);
    s->time += 90 * MINUTE;
    const verdict_t end = upgraded(s, VT600_FLAG_UPGRADE_FINISHED);
    assert_no_note(end, EXPIRED);
    assert_state(end, COMPLETED);
}

RULE(timeout_of_0_never_expires)
{
    s->timeout = 0;
    under_way(s);
    s->time += 10000 * MINUTE;
    assert_no_note(block(s, 8, "ijkl"), EXPIRED);
}

RULE(expired_is_said_on_the_frame_that_shows_it_also_if_that_begins_the_next_attempt)
{
    const vt600_session_t *first = under_way(s);
    s->time += 25 * MINUTE;
    const verdict_t next = authorize(s);
    assert_note(next, EXPIRED);
    g_assert_true(next->session != first);
    g_assert_cmpint(first->state, ==, VT600_EXPIRED);
    assert_state(next, AUTHORIZING);
}

/* Over connections. */

RULE(next_block_on_a_new_connection_continues)
{
    const vt600_session_t *session = under_way(s);
    const uint32_t last = s->number;
    to_place(s, 1);
    const verdict_t next = block(s, 8, "ijkl");
    g_assert_true(next->session == session);
    g_assert_cmpuint(next->continued_from, ==, last);
    assert_no_note(next, GAP);
    g_assert_cmpuint(stored(s, 8)->continued_from, ==, 0);
    g_assert_cmpuint(wmem_array_get_count(session->streams), ==, 2);
}

RULE(authorization_on_a_new_connection_joins_once_a_block_continues)
{
    vt600_session_t *session = under_way(s);
    const uint32_t last = s->number;
    to_place(s, 1);
    vt600_session_t *second = authorize(s)->session;
    g_assert_true(second != session && vt600_session_of(second) == second);
    authorized(s, VT600_FLAG_AUTHORIZE_GRANTED);
    const verdict_t next = block(s, 8, "ijkl");
    g_assert_true(next->session == session && vt600_session_of(second) == session);
    g_assert_cmpuint(next->continued_from, ==, last);
    g_assert_cmpuint(next->bytes_sent, ==, 12);
    s->device = 2;
    g_assert_cmpuint(query(s)->session->number, ==, 1); /* its number is free again */
}

RULE(query_before_the_authorization_on_a_new_connection_makes_no_difference)
{
    vt600_session_t *session = under_way(s);
    to_place(s, 1);
    query(s);
    info(s, 128, "V1.38");
    authorize(s);
    authorized(s, VT600_FLAG_AUTHORIZE_GRANTED);
    const verdict_t next = block(s, 8, "ijkl");
    g_assert_true(vt600_session_of(next->session) == session);
    g_assert_cmpuint(next->bytes_sent, ==, 12);
}

RULE(authorization_on_a_new_connection_and_block_at_0_are_the_next_attempt)
{
    const vt600_session_t *session = under_way(s);
    to_place(s, 1);
    const vt600_session_t *second = authorize(s)->session;
    authorized(s, VT600_FLAG_AUTHORIZE_GRANTED);
    const verdict_t next = block(s, 0, "abcd");
    g_assert_true(next->session == second && second != session);
    g_assert_cmpuint(next->bytes_sent, ==, 4);
    g_assert_cmpuint(next->continued_from, ==, 0);
    g_assert_true(block(s, 4, "efgh")->session == second);
}

RULE(answer_about_block_0_on_a_new_connection_is_the_next_attempt)
{
    const vt600_session_t *session = under_way(s);
    to_place(s, 1);
    authorize(s);
    authorized(s, VT600_FLAG_AUTHORIZE_GRANTED);
    const verdict_t next = stored(s, 0); /* the capture lost the block */
    g_assert_true(vt600_session_of(next->session) != session);
    g_assert_cmpuint(next->blocks_acked, ==, 1);
}

RULE(check_upgrade_and_second_answer_on_a_new_connection_continue)
{
    for (unsigned how = 0; how < 6; how++) {
        s->device++;
        to_place(s, 0);
        vt600_session_t *session = under_way(s);
        to_place(s, 1);
        if (how >= 3)
            authorize(s);
        const uint32_t last = s->number;
        const verdict_t next = how % 3 == 0   ? check(s, 8)
                               : how % 3 == 1 ? upgrade(s)
                                              : upgraded(s, VT600_FLAG_UPGRADE_FINISHED);
        g_assert_true(next->session == session);
        g_assert_cmpuint(next->continued_from, ==, how >= 3 ? last - 1 : last);
        g_assert_cmpuint(next->bytes_acked, ==, 8);
    }
}

RULE(continuing_without_a_granted_authorization_is_no_idle_time)
{
    under_way(s);
    to_place(s, 1);
    authorize(s); /* the capture lost its answer */
    check(s, 8);
    assert_no_note(checksum(s, 0), EXPIRED);
}

RULE(ended_session_is_not_continued)
{
    const vt600_session_t *session = under_way(s);
    cancelled(s);
    to_place(s, 1);
    authorize(s);
    authorized(s, VT600_FLAG_AUTHORIZE_GRANTED);
    g_assert_true(block(s, 8, "ijkl")->session != session);
}

RULE(new_authorization_on_the_same_connection_is_not_continued)
{
    const vt600_session_t *session = under_way(s);
    authorize(s);
    authorized(s, VT600_FLAG_AUTHORIZE_GRANTED);
    const verdict_t next = block(s, 8, "ijkl");
    g_assert_true(next->session != session);
    assert_note(next, GAP);
    assert_range(next, 0, 8);
}

RULE(tracker_alone_continues_on_a_new_connection)
{
    authorized(s, VT600_FLAG_AUTHORIZE_GRANTED);
    stored(s, 0);
    const vt600_session_t *session = stored(s, 4)->session;
    to_place(s, 1);
    authorized(s, VT600_FLAG_AUTHORIZE_GRANTED);
    const verdict_t next = stored(s, 8);
    g_assert_true(vt600_session_of(next->session) == session);
    g_assert_cmpuint(next->blocks_acked, ==, 3);
}

/* Progress. */

RULE(bytes_and_blocks_count_once)
{
    under_way(s);
    for (int i = 0; i < 3; i++)
        transfer(s, 4, "efgh");
    const verdict_t now = transfer(s, 6, "gh12");
    g_assert_cmpuint(now->bytes_sent, ==, 10);
    g_assert_cmpuint(now->bytes_acked, ==, 10);
    g_assert_cmpuint(now->blocks_acked, ==, 3);
    g_assert_cmpuint(now->retries, ==, 3);
}

RULE(bytes_sent_are_not_acknowledged_until_the_tracker_says_so)
{
    under_way(s);
    const verdict_t sent = block(s, 8, "ijkl");
    g_assert_cmpuint(sent->bytes_sent, ==, 12);
    g_assert_cmpuint(sent->bytes_acked, ==, 8);
    const verdict_t refused = reply(s, 8, VT600_FLAG_BLOCK_FAILED);
    g_assert_cmpuint(refused->bytes_acked, ==, 8);
    g_assert_cmpuint(refused->session->naks, ==, 1);
    g_assert_cmpuint(stored(s, 8)->bytes_acked, ==, 12);
}

RULE(time_runs_from_the_first_block)
{
    query(s);
    authorize(s);
    g_assert_cmpint(authorized(s, VT600_FLAG_AUTHORIZE_GRANTED)->elapsed, ==, 0);
    g_assert_cmpint(block(s, 0, "abcd")->elapsed, ==, 0);
    s->time += 3 * SECOND;
    g_assert_cmpint(stored(s, 0)->elapsed, ==, 3 * SECOND + SECOND / 20);
}

RULE(gap_is_named_where_bytes_are_left_out)
{
    under_way(s);
    const verdict_t after = block(s, 12, "mnop");
    assert_note(after, GAP);
    assert_range(after, 8, 12);
    assert_no_note(block(s, 8, "ijkl"), GAP);
    assert_no_note(block(s, 16, "qrst"), GAP);
}

RULE(first_block_leaves_a_gap_only_where_the_beginning_was_seen)
{
    assert_no_note(block(s, 100, "abcd"), GAP);
    s->device = 2;
    authorize(s);
    const verdict_t first = block(s, 100, "abcd");
    assert_note(first, GAP);
    assert_range(first, 0, 100);
}

RULE(last_offset_is_an_offset)
{
    under_way(s);
    const verdict_t far_away = transfer(s, UINT32_MAX, "xyz");
    g_assert_cmpuint(far_away->bytes_acked, ==, 11);
    g_assert_cmpuint(vt600_image_acknowledged_end(far_away->session->image), ==, (uint64_t)UINT32_MAX + 3);
}

/* The image. */

RULE(acknowledged_content_stays_until_the_new_is_acknowledged)
{
    const vt600_session_t *session = under_way(s);
    const verdict_t other = block(s, 2, "cDEf");
    assert_note(other, OVERLAP);
    assert_range(other, 3, 5);
    assert_image(session, "abcdefgh");
    stored(s, 2);
    assert_image(session, "abcDEfgh");
    assert_no_note(block(s, 2, "cDEf"), OVERLAP);
}

RULE(refused_content_is_not_taken)
{
    const vt600_session_t *session = under_way(s);
    block(s, 4, "EFGH");
    reply(s, 4, VT600_FLAG_BLOCK_FAILED);
    block(s, 4, "efgh");
    stored(s, 4);
    assert_image(session, "abcdefgh");
}

RULE(content_of_the_last_sending_is_what_was_stored)
{
    const vt600_session_t *session = under_way(s);
    block(s, 8, "ijkl");
    block(s, 8, "IJKL");
    stored(s, 8);
    assert_image(session, "abcdefghIJKL");
}

RULE(block_stored_and_not_seen_is_told_and_leaves_a_hole)
{
    const vt600_session_t *session = under_way(s);
    const verdict_t unseen = stored(s, 8);
    assert_note(unseen, STORED_UNSEEN);
    g_assert_cmpuint(unseen->blocks_acked, ==, 3);
    g_assert_cmpuint(unseen->bytes_acked, ==, 8);
    transfer(s, 12, "mnop");
    assert_image(session, "abcdefgh....mnop");
}

RULE(answer_in_front_of_its_block_counts_once_the_block_is_there)
{
    const vt600_session_t *session = under_way(s);
    stored(s, 8);
    const verdict_t behind = block(s, 8, "ijkl");
    g_assert_cmpuint(behind->bytes_acked, ==, 12);
    g_assert_cmpuint(behind->blocks_acked, ==, 3);
    g_assert_cmpuint(behind->retries, ==, 0);
    assert_image(session, "abcdefghijkl");
}

RULE(answer_in_front_of_a_block_with_other_content_stands_for_that)
{
    const vt600_session_t *session = under_way(s);
    stored(s, 2);
    assert_note(block(s, 2, "CDEF"), OVERLAP);
    assert_image(session, "abCDEFgh");
}

RULE(block_stored_though_damaged_is_told_and_its_content_unknown)
{
    const vt600_session_t *session = under_way(s);
    s->trust = VT600_TRUST_NONE;
    const verdict_t damaged = block(s, 8, "i?kl");
    g_assert_cmpuint(damaged->bytes_sent, ==, 8);
    g_assert_cmpuint(session->damaged_frames, ==, 1);
    const verdict_t answer = stored(s, 8);
    assert_note(answer, STORED_DAMAGED);
    assert_no_note(answer, STORED_UNSEEN);
    g_assert_cmpuint(answer->bytes_acked, ==, 12);
    assert_image(session, "abcdefgh....");
    check(s, 12);
    assert_note(checksum(s, 0), IMAGE_PARTIAL);
}

RULE(damaged_block_that_comes_again_is_a_retry_and_known)
{
    const vt600_session_t *session = under_way(s);
    s->trust = VT600_TRUST_NONE;
    block(s, 8, "i?kl");
    reply(s, 8, VT600_FLAG_BLOCK_FAILED);
    g_assert_cmpuint(block(s, 8, "ijkl")->retries, ==, 1);
    assert_no_note(stored(s, 8), STORED_DAMAGED);
    assert_image(session, "abcdefghijkl");
}

RULE(damaged_frames_change_no_state)
{
    under_way(s);
    s->trust = VT600_TRUST_NONE;
    assert_state(check(s, 8), TRANSFERRING);
    s->trust = VT600_TRUST_NONE;
    assert_state(upgraded(s, VT600_FLAG_UPGRADE_FINISHED), TRANSFERRING);
}

RULE(block_cut_by_the_capture_counts_whole_and_is_not_known)
{
    const vt600_session_t *session = under_way(s);
    s->trust = VT600_TRUST_CUT;
    const verdict_t cut = block_cut(s, 8, "ij", 4);
    g_assert_cmpuint(cut->bytes_sent, ==, 12);
    const verdict_t answer = stored(s, 8);
    g_assert_cmpuint(answer->bytes_acked, ==, 12);
    assert_no_note(answer, STORED_UNSEEN | VT600_NOTE_STORED_DAMAGED);
    assert_image(session, "abcdefgh....");
    GArray *gaps = vt600_image_gaps(session->image, 12, false);
    g_assert_cmpuint(gaps->len, ==, 0);
    g_array_free(gaps, TRUE);
}

RULE(cut_block_with_no_content_changes_none)
{
    const vt600_session_t *session = under_way(s);
    s->trust = VT600_TRUST_CUT;
    assert_no_note(block_cut(s, 4, "XX", 4), OVERLAP);
    stored(s, 4);
    assert_image(session, "abcdefgh");
}

RULE(block_of_no_bytes_is_a_block)
{
    under_way(s);
    const verdict_t empty = transfer(s, 8, "");
    g_assert_cmpuint(empty->blocks_acked, ==, 3);
    g_assert_cmpuint(empty->bytes_acked, ==, 8);
}

RULE(block_longer_than_the_tracker_takes_is_told)
{
    query(s);
    info(s, 4, "V1.38");
    authorize(s);
    assert_no_note(block(s, 0, "abcd"), BLOCK_TOO_LONG);
    const verdict_t long_one = block(s, 4, "efghi");
    assert_note(long_one, BLOCK_TOO_LONG);
    g_assert_cmpuint(long_one->number, ==, 4);
}

RULE(data_before_any_authorization_is_told_where_the_beginning_was_seen)
{
    assert_note(block(s, 0, "abcd"), UNAUTHORIZED); /* the connection's begin was seen */
    s->device = 2;
    to_place(s, 2);
    assert_no_note(block(s, 0, "abcd"), UNAUTHORIZED);
    s->device = 3;
    query(s);
    assert_note(block(s, 0, "abcd"), UNAUTHORIZED);
    authorize(s);
    assert_no_note(block(s, 0, "abcd"), UNAUTHORIZED);
    s->device = 4;
    under_way(s);
    assert_no_note(block(s, 0, "abcd"), UNAUTHORIZED); /* an attempt under the same authorization */
    s->device = 5;
    under_way(s);
    cancelled(s);
    assert_note(block(s, 0, "abcd"), UNAUTHORIZED); /* one after its end */
}

/* The check. */

/* Bytes of the image, in blocks of 4096. */
static vt600_session_t *long_image(story_t *s, uint32_t length)
{
    char *text = g_strnfill(4096, 'q');
    vt600_session_t *session = NULL;
    authorize(s);
    for (uint32_t at = 0; at < length; at += 4096) {
        text[MIN(4096, length - at)] = '\0';
        session = transfer(s, at, text)->session;
    }
    g_free(text);
    return session;
}

RULE(length_is_announced_modulo_65536)
{
    static const struct {
        uint32_t sent;
        uint16_t announced;
        uint32_t total;
    } cases[] = {
        {8, 8, 8},
        {8, 12, 12},
        {65535, 65535, 65535},
        {65536, 0, 65536},
        {65537, 1, 65537},
        {65536, 65535, 65535},
        {65000, 100, 65636},
        {66000, 65000, 65000},
        {131072, 0, 131072},
        {200064, 200064 % 65536, 200064},
        {196608, 65000, 196072},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        s->device++;
        const vt600_session_t *session = long_image(s, cases[i].sent);
        g_assert_cmpuint(vt600_session_total(session, 0), ==, 0);
        g_assert_cmpuint(vt600_session_total(session, 77), ==, 77);
        const verdict_t told = check(s, cases[i].announced);
        g_assert_cmpuint(vt600_session_total(session, 77), ==, cases[i].total);
        if (cases[i].sent == cases[i].total) {
            assert_no_note(told, LENGTH_MISMATCH);
        } else {
            assert_note(told, LENGTH_MISMATCH);
            assert_range(told, cases[i].sent, cases[i].total);
        }
    }
}

RULE(checksum_of_a_whole_image_is_computed_and_compared)
{
    authorize(s);
    transfer(s, 0, "123456789");
    check(s, 9);
    const verdict_t match = checksum(s, 0x29b1);
    assert_note(match, IMAGE_MATCH);
    assert_range(match, 0, 9);
    g_assert_cmphex(match->number, ==, 0x29b1);
    const verdict_t differs = checksum(s, 0x1234);
    assert_note(differs, IMAGE_DIFFERS);
    g_assert_cmphex(differs->number, ==, 0x29b1);
    g_assert_cmphex(differs->session->checksum, ==, 0x1234);
}

RULE(checksum_of_an_image_with_holes_is_not_computed)
{
    under_way(s);
    transfer(s, 12, "mnop");
    check(s, 16);
    assert_note(checksum(s, 0), IMAGE_PARTIAL);
}

RULE(checks_of_the_same_image_are_all_answered)
{
    long_image(s, 8192);
    check(s, 8192);
    const uint16_t sum = checksum(s, 0)->session->computed;
    for (int i = 0; i < 1000; i++)
        assert_note(checksum(s, sum), IMAGE_MATCH);
}

RULE(checks_of_an_image_that_changes_are_not_computed_without_end)
{
    long_image(s, 8192);
    check(s, 8192);
    unsigned computed = 0;
    for (unsigned i = 0; i < 1000; i++) {
        transfer(s, 8192 + i, "x");
        const verdict_t now = checksum(s, 0);
        if (now->notes & VT600_NOTE_IMAGE_DIFFERS)
            computed++;
        else
            assert_note(now, IMAGE_UNSUMMED);
    }
    g_assert_cmpuint(computed, >=, 3);
    g_assert_cmpuint(computed, <, 100);
}

RULE(checksum_without_its_request_can_tell_the_length)
{
    authorize(s);
    const vt600_session_t *session = transfer(s, 0, "123456789")->session;
    assert_note(checksum(s, 0x1234), IMAGE_DIFFERS);
    g_assert_cmpuint(vt600_session_total(session, 0), ==, 0);
    assert_note(checksum(s, 0x29b1), IMAGE_MATCH);
    g_assert_cmpuint(vt600_session_total(session, 0), ==, 9);
}

RULE(check_that_is_looked_at_later_is_answered_as_of_its_time)
{
    s->nobody_looks = true;
    authorize(s);
    transfer(s, 0, "123456789");
    check(s, 9);
    const verdict_t match = checksum(s, 0x29b1);
    assert_note(match, IMAGE_CHECKED);
    transfer(s, 0, "987654321");
    assert_note(match, IMAGE_MATCH);
    assert_range(match, 0, 9);
    const verdict_t differs = checksum(s, 0x29b1);
    upgrade(s);
    assert_note(differs, IMAGE_CHECKED);
    assert_no_note(differs, IMAGE_DIFFERS);
    vt600_session_settle(differs->session);
    assert_note(differs, IMAGE_DIFFERS);
    assert_no_note(differs, IMAGE_CHECKED);
    g_assert_true(differs->session->has_computed);
    g_assert_cmphex(differs->session->computed, !=, 0x29b1);
}

RULE(length_announced_after_a_check_is_the_one_that_stays)
{
    s->nobody_looks = true;
    authorize(s);
    transfer(s, 0, "123456789");
    check(s, 9);
    const verdict_t match = checksum(s, 0x29b1);
    assert_note(check(s, 12), LENGTH_MISMATCH);
    vt600_session_settle(match->session);
    assert_note(match, IMAGE_MATCH);
    g_assert_cmpuint(match->session->total, ==, 12);
}

RULE(image_that_is_checked_without_end_is_not_shown_without_end)
{
    authorize(s);
    transfer(s, 0, "123456789");
    for (unsigned i = 0; i < 16; i++) {
        check(s, 9);
        const verdict_t shown = checksum(s, 0x29b1);
        assert_range(shown, 0, 9);
    }
    check(s, 9);
    const verdict_t match = checksum(s, 0x29b1);
    assert_note(match, IMAGE_MATCH);
    assert_range(match, 0, 0);
    g_assert_true(match->session->has_computed);
}

RULE(second_check_does_not_change_what_the_first_one_said)
{
    s->nobody_looks = true;
    authorize(s);
    transfer(s, 0, "123456789");
    check(s, 9);
    const verdict_t differs = checksum(s, 0x1234);
    checksum(s, 0x29b1);
    assert_note(differs, IMAGE_DIFFERS);
}

RULE(upgrade_without_check_is_told)
{
    under_way(s);
    assert_note(upgrade(s), UNCHECKED);
    s->device = 2;
    under_way(s);
    check(s, 8);
    assert_no_note(upgrade(s), UNCHECKED);
    s->device = 3;
    under_way(s);
    checksum(s, 0); /* the request was not seen, the check was made */
    assert_no_note(upgrade(s), UNCHECKED);
}

/* One direction only. */

RULE(server_alone_shows_what_was_sent)
{
    query(s);
    authorize(s);
    block(s, 0, "abcd");
    const verdict_t sent = block(s, 4, "efgh");
    g_assert_cmpuint(sent->bytes_sent, ==, 8);
    g_assert_cmpuint(sent->bytes_acked, ==, 0);
    assert_state(check(s, 8), CHECKING);
    assert_no_note(upgrade(s), UNCHECKED | VT600_NOTE_LENGTH_MISMATCH);
}

RULE(tracker_alone_counts_blocks_and_complains_of_none)
{
    info(s, 128, "V1.38");
    authorized(s, VT600_FLAG_AUTHORIZE_GRANTED);
    assert_no_note(stored(s, 0), STORED_UNSEEN);
    const vt600_session_t *session = stored(s, 128)->session;
    g_assert_cmpuint(session->blocks_acked, ==, 2);
    const verdict_t again = authorized(s, VT600_FLAG_AUTHORIZE_GRANTED);
    g_assert_true(again->session != session);
    stored(s, 0);
    stored(s, 128);
    g_assert_true(stored(s, 0)->session != again->session);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    wmem_init();
#define TEST(name) g_test_add("/session/" #name, story_t, NULL, set_up, name, tear_down)
    TEST(session_begins_with_query_authorization_or_block);
    TEST(other_commands_begin_none);
    TEST(damaged_frames_begin_none);
    TEST(unknown_flags_begin_none);
    TEST(repeated_requests_do_not_begin_another);
    TEST(query_in_the_middle_begins_none);
    TEST(authorization_after_blocks_begins_the_next_attempt);
    TEST(block_at_offset_0_after_others_begins_the_next_attempt);
    TEST(first_block_in_other_lengths_is_no_progress);
    TEST(blocks_in_any_order_are_one_attempt);
    TEST(after_each_end_query_authorization_and_block_at_0_begin_the_next_attempt);
    TEST(next_attempt_remembers_what_the_tracker_said_of_itself);
    TEST(devices_are_apart_on_one_connection);
    TEST(good_ota_is_completed_once);
    TEST(cancelled_when_the_tracker_says_so);
    TEST(refused_authorization_is_an_end);
    TEST(unauthorized_block_or_upgrade_is_refused);
    TEST(expires_after_twenty_minutes_without_data_and_not_before);
    TEST(check_and_query_are_no_data_that_keeps_an_authorization);
    TEST(granted_and_refused_blocks_keep_an_authorization);
    TEST(upgrade_may_take_its_time);
    TEST(timeout_of_0_never_expires);
    TEST(expired_is_said_on_the_frame_that_shows_it_also_if_that_begins_the_next_attempt);
    TEST(next_block_on_a_new_connection_continues);
    TEST(authorization_on_a_new_connection_joins_once_a_block_continues);
    TEST(query_before_the_authorization_on_a_new_connection_makes_no_difference);
    TEST(authorization_on_a_new_connection_and_block_at_0_are_the_next_attempt);
    TEST(answer_about_block_0_on_a_new_connection_is_the_next_attempt);
    TEST(check_upgrade_and_second_answer_on_a_new_connection_continue);
    TEST(continuing_without_a_granted_authorization_is_no_idle_time);
    TEST(ended_session_is_not_continued);
    TEST(new_authorization_on_the_same_connection_is_not_continued);
    TEST(tracker_alone_continues_on_a_new_connection);
    TEST(bytes_and_blocks_count_once);
    TEST(bytes_sent_are_not_acknowledged_until_the_tracker_says_so);
    TEST(time_runs_from_the_first_block);
    TEST(gap_is_named_where_bytes_are_left_out);
    TEST(first_block_leaves_a_gap_only_where_the_beginning_was_seen);
    TEST(last_offset_is_an_offset);
    TEST(acknowledged_content_stays_until_the_new_is_acknowledged);
    TEST(refused_content_is_not_taken);
    TEST(content_of_the_last_sending_is_what_was_stored);
    TEST(block_stored_and_not_seen_is_told_and_leaves_a_hole);
    TEST(answer_in_front_of_its_block_counts_once_the_block_is_there);
    TEST(answer_in_front_of_a_block_with_other_content_stands_for_that);
    TEST(block_stored_though_damaged_is_told_and_its_content_unknown);
    TEST(damaged_block_that_comes_again_is_a_retry_and_known);
    TEST(damaged_frames_change_no_state);
    TEST(block_cut_by_the_capture_counts_whole_and_is_not_known);
    TEST(cut_block_with_no_content_changes_none);
    TEST(block_of_no_bytes_is_a_block);
    TEST(block_longer_than_the_tracker_takes_is_told);
    TEST(data_before_any_authorization_is_told_where_the_beginning_was_seen);
    TEST(length_is_announced_modulo_65536);
    TEST(checksum_of_a_whole_image_is_computed_and_compared);
    TEST(checksum_of_an_image_with_holes_is_not_computed);
    TEST(checks_of_the_same_image_are_all_answered);
    TEST(checks_of_an_image_that_changes_are_not_computed_without_end);
    TEST(checksum_without_its_request_can_tell_the_length);
    TEST(check_that_is_looked_at_later_is_answered_as_of_its_time);
    TEST(length_announced_after_a_check_is_the_one_that_stays);
    TEST(image_that_is_checked_without_end_is_not_shown_without_end);
    TEST(second_check_does_not_change_what_the_first_one_said);
    TEST(upgrade_without_check_is_told);
    TEST(server_alone_shows_what_was_sent);
    TEST(tracker_alone_counts_blocks_and_complains_of_none);
    const int status = g_test_run();
    wmem_cleanup();
    return status;
}
