/* test_state.c
 *
 * The state table: every state with every event. What is expected is written
 * out here once more, from the protocol's order (section 3) and from what a
 * capture can lack; it shares no line with the table that it checks. And what
 * a frame is to its session.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>

#include "session/session.h"

#define QU VT600_QUERIED
#define AI VT600_AUTHORIZING
#define AU VT600_AUTHORIZED
#define TR VT600_TRANSFERRING
#define CI VT600_CHECKING
#define CD VT600_CHECKED
#define UP VT600_UPGRADING
#define CO VT600_COMPLETED
#define CG VT600_CANCELLING
#define CA VT600_CANCELLED
#define RE VT600_REFUSED
#define EX VT600_EXPIRED

static const char *const state_names[VT600_STATES] = {
    "Queried",   "Authorizing", "Authorized", "Transferring", "Checking", "Checked",
    "Upgrading", "Completed",   "Cancelling", "Cancelled",    "Refused",  "Expired",
};

/* The state to which an event leads from each state. */
typedef struct {
    const char *name;
    vt600_event_kind_t event;
    vt600_state_t from[VT600_STATES];
} row_t;

/* clang-format off */
static const row_t rows[] = {
    /* event                                   from  QU  AI  AU  TR  CI  CD  UP  CO  CG  CA  RE  EX */
    {"nothing",        VT600_EVENT_NONE,           {QU, AI, AU, TR, CI, CD, UP, CO, CG, CA, RE, EX}},
    {"query",          VT600_EVENT_QUERY,          {QU, AI, AU, TR, CI, CD, UP, CO, CG, CA, RE, EX}},
    {"info",           VT600_EVENT_INFO,           {QU, AI, AU, TR, CI, CD, UP, CO, CG, CA, RE, EX}},
    {"authorize",      VT600_EVENT_AUTHORIZE,      {AI, AI, AU, TR, CI, CD, UP, CO, CG, CA, RE, EX}},
    {"granted",        VT600_EVENT_GRANTED,        {AU, AU, AU, TR, CI, CD, UP, CO, CG, CA, AU, AU}},
    {"denied",         VT600_EVENT_DENIED,         {RE, RE, RE, RE, CI, CD, UP, CO, CG, CA, RE, EX}},
    {"block",          VT600_EVENT_BLOCK,          {TR, TR, TR, TR, TR, TR, UP, CO, CG, CA, RE, EX}},
    {"stored",         VT600_EVENT_STORED,         {TR, TR, TR, TR, CI, CD, UP, CO, CG, CA, TR, TR}},
    {"not stored",     VT600_EVENT_NOT_STORED,     {TR, TR, TR, TR, CI, CD, UP, CO, CG, CA, TR, TR}},
    {"not authorized", VT600_EVENT_NOT_AUTHORIZED, {RE, RE, RE, RE, RE, RE, RE, CO, CG, CA, RE, EX}},
    {"check",          VT600_EVENT_CHECK,          {CI, CI, CI, CI, CI, CI, UP, CO, CG, CA, RE, EX}},
    {"checksum",       VT600_EVENT_CHECKSUM,       {CD, CD, CD, CD, CD, CD, UP, CO, CG, CA, CD, CD}},
    {"upgrade",        VT600_EVENT_UPGRADE,        {UP, UP, UP, UP, UP, UP, UP, CO, CG, CA, RE, EX}},
    {"upgrading",      VT600_EVENT_UPGRADING,      {UP, UP, UP, UP, UP, UP, UP, CO, CG, CA, UP, UP}},
    {"finished",       VT600_EVENT_FINISHED,       {CO, CO, CO, CO, CO, CO, CO, CO, CO, CO, CO, CO}},
    {"cancel",         VT600_EVENT_CANCEL,         {CG, CG, CG, CG, CG, CG, CG, CO, CG, CA, CG, CG}},
    {"cancelled",      VT600_EVENT_CANCELLED,      {CA, CA, CA, CA, CA, CA, CA, CO, CA, CA, CA, CA}},
    {"unknown answer", VT600_EVENT_UNKNOWN_ANSWER, {QU, AI, AU, TR, CI, CD, UP, CO, CG, CA, RE, EX}},
    {"timeout",        VT600_EVENT_TIMEOUT,        {QU, AI, EX, EX, EX, EX, UP, CO, CG, CA, RE, EX}},
};
/* clang-format on */

static void every_event_leads_from_every_state_where_the_protocol_says(void)
{
    g_assert_cmpuint(G_N_ELEMENTS(rows), ==, VT600_EVENTS);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmpint(rows[i].event, ==, (int)i);
        for (unsigned state = 0; state < VT600_STATES; state++) {
            const vt600_state_t next = vt600_state_next(state, rows[i].event);
            g_assert_cmpint(next, <, VT600_STATES);
            if (next != rows[i].from[state])
                g_error("%s in state %s leads to %s, not to %s", rows[i].name, state_names[state], state_names[next],
                        state_names[rows[i].from[state]]);
        }
    }
}

static void states_have_the_numbers_that_users_filter_by(void)
{
    static const vt600_state_t in_order[] = {QU, AI, AU, TR, CI, CD, UP, CO, CG, CA, RE, EX};
    g_assert_cmpuint(G_N_ELEMENTS(in_order), ==, VT600_STATES);
    for (unsigned i = 0; i < G_N_ELEMENTS(in_order); i++)
        g_assert_cmpuint(in_order[i], ==, i);
}

static void an_authorization_lapses_in_four_states(void)
{
    static const bool can_expire[VT600_STATES] = {[AU] = true, [TR] = true, [CI] = true, [CD] = true};
    for (unsigned state = 0; state < VT600_STATES; state++)
        g_assert_cmpint(vt600_state_can_expire(state), ==, can_expire[state]);
}

static void a_good_ota_goes_through_all_states_in_order(void)
{
    static const vt600_event_kind_t events[] = {VT600_EVENT_QUERY,     VT600_EVENT_INFO,     VT600_EVENT_AUTHORIZE,
                                                VT600_EVENT_GRANTED,   VT600_EVENT_BLOCK,    VT600_EVENT_STORED,
                                                VT600_EVENT_CHECK,     VT600_EVENT_CHECKSUM, VT600_EVENT_UPGRADE,
                                                VT600_EVENT_UPGRADING, VT600_EVENT_FINISHED};
    static const vt600_state_t states[] = {QU, QU, AI, AU, TR, TR, CI, CD, UP, UP, CO};
    vt600_state_t state = QU;
    for (unsigned i = 0; i < G_N_ELEMENTS(events); i++) {
        state = vt600_state_next(state, events[i]);
        g_assert_cmpint(state, ==, states[i]);
    }
}

static void refused_and_expired_are_left_by_what_the_tracker_does_and_by_a_cancel(void)
{
    static const vt600_event_kind_t server[] = {VT600_EVENT_QUERY, VT600_EVENT_AUTHORIZE, VT600_EVENT_BLOCK,
                                                VT600_EVENT_CHECK, VT600_EVENT_UPGRADE};
    static const vt600_event_kind_t tracker[] = {VT600_EVENT_GRANTED, VT600_EVENT_STORED, VT600_EVENT_CHECKSUM,
                                                 VT600_EVENT_UPGRADING};
    static const vt600_state_t left[] = {RE, EX};
    for (unsigned i = 0; i < G_N_ELEMENTS(left); i++) {
        for (unsigned j = 0; j < G_N_ELEMENTS(server); j++)
            g_assert_cmpint(vt600_state_next(left[i], server[j]), ==, left[i]);
        for (unsigned j = 0; j < G_N_ELEMENTS(tracker); j++)
            g_assert_cmpint(vt600_state_next(left[i], tracker[j]), !=, left[i]);
        g_assert_cmpint(vt600_state_next(left[i], VT600_EVENT_CANCEL), ==, CG);
    }
}

/* What a frame is to its session. */

static vt600_event_kind_t event_of(vt600_side_t side, uint16_t code, vt600_trust_t trust, vt600_ota_t ota)
{
    const vt600_session_frame_t frame = {
        .role = VT600_ROLE_OTA, .side = side, .code = code, .ota = &ota, .fault = {.trust = trust}};
    return vt600_event_of(&frame);
}

#define WHOLE VT600_TRUST_WHOLE
#define CUT   VT600_TRUST_CUT
#define NONE  VT600_TRUST_NONE

static vt600_event_kind_t flagged(uint16_t code, vt600_data_shape_t shape, uint8_t flag)
{
    return event_of(VT600_TRACKER, code, WHOLE, (vt600_ota_t){.shape = shape, .complete = true, .flag = flag});
}

static void a_flag_means_what_its_command_says(void)
{
    g_assert_cmpint(flagged(0x9501, VT600_DATA_AUTHORIZED, 1), ==, VT600_EVENT_GRANTED);
    g_assert_cmpint(flagged(0x9501, VT600_DATA_AUTHORIZED, 0), ==, VT600_EVENT_DENIED);
    g_assert_cmpint(flagged(0x9502, VT600_DATA_STORED, 1), ==, VT600_EVENT_STORED);
    g_assert_cmpint(flagged(0x9502, VT600_DATA_STORED, 0), ==, VT600_EVENT_NOT_STORED);
    g_assert_cmpint(flagged(0x9502, VT600_DATA_STORED, 0xff), ==, VT600_EVENT_NOT_AUTHORIZED);
    g_assert_cmpint(flagged(0x9504, VT600_DATA_UPGRADE, 1), ==, VT600_EVENT_UPGRADING);
    g_assert_cmpint(flagged(0x9504, VT600_DATA_UPGRADE, 2), ==, VT600_EVENT_FINISHED);
    g_assert_cmpint(flagged(0x9504, VT600_DATA_UPGRADE, 0xff), ==, VT600_EVENT_NOT_AUTHORIZED);
    g_assert_cmpint(flagged(0x9505, VT600_DATA_CANCELLED, 1), ==, VT600_EVENT_CANCELLED);
}

static void a_flag_without_a_meaning_is_an_unknown_answer(void)
{
    g_assert_cmpint(flagged(0x9501, VT600_DATA_AUTHORIZED, 0xff), ==, VT600_EVENT_UNKNOWN_ANSWER);
    g_assert_cmpint(flagged(0x9502, VT600_DATA_STORED, 7), ==, VT600_EVENT_UNKNOWN_ANSWER);
    g_assert_cmpint(flagged(0x9504, VT600_DATA_UPGRADE, 0), ==, VT600_EVENT_UNKNOWN_ANSWER);
    g_assert_cmpint(flagged(0x9505, VT600_DATA_CANCELLED, 0), ==, VT600_EVENT_UNKNOWN_ANSWER);
}

static void a_damaged_frame_is_no_event(void)
{
    for (uint16_t code = 0x9500; code <= 0x9505; code++)
        g_assert_cmpint(event_of(VT600_SERVER, code, NONE, (vt600_ota_t){.complete = true}), ==, VT600_EVENT_NONE);
    const vt600_ota_t denied = {.shape = VT600_DATA_AUTHORIZED, .complete = true};
    g_assert_cmpint(event_of(VT600_TRACKER, 0x9501, NONE, denied), ==, VT600_EVENT_NONE);
}

static void a_cut_request_is_what_its_command_says(void)
{
    static const vt600_event_kind_t events[] = {VT600_EVENT_QUERY, VT600_EVENT_AUTHORIZE, VT600_EVENT_BLOCK,
                                                VT600_EVENT_CHECK, VT600_EVENT_UPGRADE,   VT600_EVENT_CANCEL};
    for (unsigned i = 0; i < G_N_ELEMENTS(events); i++)
        g_assert_cmpint(event_of(VT600_SERVER, (uint16_t)(0x9500 + i), CUT, (vt600_ota_t){0}), ==, events[i]);
}

static void a_cut_answer_says_only_that_it_came(void)
{
    static const vt600_event_kind_t events[] = {VT600_EVENT_INFO,           VT600_EVENT_UNKNOWN_ANSWER,
                                                VT600_EVENT_UNKNOWN_ANSWER, VT600_EVENT_CHECKSUM,
                                                VT600_EVENT_UNKNOWN_ANSWER, VT600_EVENT_UNKNOWN_ANSWER};
    for (unsigned i = 0; i < G_N_ELEMENTS(events); i++)
        g_assert_cmpint(event_of(VT600_TRACKER, (uint16_t)(0x9500 + i), CUT, (vt600_ota_t){0}), ==, events[i]);
}

static void a_whole_frame_with_too_little_data_is_no_event_unless_its_block_starts(void)
{
    static const uint8_t byte;
    const vt600_ota_t shorter = {.shape = VT600_DATA_BLOCK, .has_offset = true, .block_length = 4, .block = &byte};
    g_assert_cmpint(event_of(VT600_SERVER, 0x9502, WHOLE, shorter), ==, VT600_EVENT_BLOCK);
    g_assert_cmpint(event_of(VT600_SERVER, 0x9502, WHOLE, (vt600_ota_t){.shape = VT600_DATA_BLOCK}), ==,
                    VT600_EVENT_NONE);
    g_assert_cmpint(event_of(VT600_TRACKER, 0x9501, WHOLE, (vt600_ota_t){.shape = VT600_DATA_AUTHORIZED}), ==,
                    VT600_EVENT_NONE);
}

static void a_frame_of_the_base_protocol_is_no_event(void)
{
    const vt600_ota_t ota = {.complete = true};
    const vt600_session_frame_t login = {.role = VT600_ROLE_LOGIN, .side = VT600_TRACKER, .code = 0x5000, .ota = &ota};
    g_assert_cmpint(vt600_event_of(&login), ==, VT600_EVENT_NONE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/state/" #name, name)
    TEST(every_event_leads_from_every_state_where_the_protocol_says);
    TEST(states_have_the_numbers_that_users_filter_by);
    TEST(an_authorization_lapses_in_four_states);
    TEST(a_good_ota_goes_through_all_states_in_order);
    TEST(refused_and_expired_are_left_by_what_the_tracker_does_and_by_a_cancel);
    TEST(a_flag_means_what_its_command_says);
    TEST(a_flag_without_a_meaning_is_an_unknown_answer);
    TEST(a_damaged_frame_is_no_event);
    TEST(a_cut_request_is_what_its_command_says);
    TEST(a_cut_answer_says_only_that_it_came);
    TEST(a_whole_frame_with_too_little_data_is_no_event_unless_its_block_starts);
    TEST(a_frame_of_the_base_protocol_is_no_event);
    return g_test_run();
}
