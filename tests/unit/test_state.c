/* test_state.c
 *
 * The state table: every state with every event. What is expected is written
 * out here once more, from the protocol's order (section 3) and from what a
 * capture can lack; it shares no line with the table that it checks.
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
#define CA VT600_CANCELLED
#define RE VT600_REFUSED
#define EX VT600_EXPIRED

static const char *const state_names[VT600_STATES] = {
    "Queried",   "Authorizing", "Authorized", "Transferring", "Checking", "Checked",
    "Upgrading", "Completed",   "Cancelled",  "Refused",      "Expired",
};

/* Where each event leads from each state. */
typedef struct {
    const char *name;
    vt600_event_kind_t event;
    vt600_state_t from[VT600_STATES];
} row_t;

/* clang-format off */
static const row_t rows[] = {
    /* event                                   from  QU  AI  AU  TR  CI  CD  UP  CO  CA  RE  EX */
    {"nothing",        VT600_EVENT_NONE,           {QU, AI, AU, TR, CI, CD, UP, CO, CA, RE, EX}},
    {"query",          VT600_EVENT_QUERY,          {QU, AI, AU, TR, CI, CD, UP, CO, CA, RE, EX}},
    {"info",           VT600_EVENT_INFO,           {QU, AI, AU, TR, CI, CD, UP, CO, CA, RE, EX}},
    {"authorize",      VT600_EVENT_AUTHORIZE,      {AI, AI, AU, TR, CI, CD, UP, CO, CA, RE, EX}},
    {"granted",        VT600_EVENT_GRANTED,        {AU, AU, AU, TR, CI, CD, UP, CO, CA, AU, AU}},
    {"denied",         VT600_EVENT_DENIED,         {RE, RE, RE, RE, CI, CD, UP, CO, CA, RE, EX}},
    {"block",          VT600_EVENT_BLOCK,          {TR, TR, TR, TR, TR, TR, UP, CO, CA, RE, EX}},
    {"stored",         VT600_EVENT_STORED,         {TR, TR, TR, TR, CI, CD, UP, CO, CA, TR, TR}},
    {"not stored",     VT600_EVENT_NOT_STORED,     {TR, TR, TR, TR, CI, CD, UP, CO, CA, TR, TR}},
    {"not authorized", VT600_EVENT_NOT_AUTHORIZED, {RE, RE, RE, RE, RE, RE, RE, CO, CA, RE, EX}},
    {"check",          VT600_EVENT_CHECK,          {CI, CI, CI, CI, CI, CI, UP, CO, CA, RE, EX}},
    {"checksum",       VT600_EVENT_CHECKSUM,       {CD, CD, CD, CD, CD, CD, UP, CO, CA, CD, CD}},
    {"upgrade",        VT600_EVENT_UPGRADE,        {UP, UP, UP, UP, UP, UP, UP, CO, CA, RE, EX}},
    {"upgrading",      VT600_EVENT_UPGRADING,      {UP, UP, UP, UP, UP, UP, UP, CO, CA, UP, UP}},
    {"finished",       VT600_EVENT_FINISHED,       {CO, CO, CO, CO, CO, CO, CO, CO, CO, CO, CO}},
    {"cancel",         VT600_EVENT_CANCEL,         {QU, AI, AU, TR, CI, CD, UP, CO, CA, RE, EX}},
    {"cancelled",      VT600_EVENT_CANCELLED,      {CA, CA, CA, CA, CA, CA, CA, CO, CA, CA, CA}},
    {"timeout",        VT600_EVENT_TIMEOUT,        {QU, AI, EX, EX, EX, EX, UP, CO, CA, RE, EX}},
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
    static const vt600_state_t in_order[] = {QU, AI, AU, TR, CI, CD, UP, CO, CA, RE, EX};
    g_assert_cmpuint(G_N_ELEMENTS(in_order), ==, VT600_STATES);
    for (unsigned i = 0; i < G_N_ELEMENTS(in_order); i++)
        g_assert_cmpuint(in_order[i], ==, i);
}

static void four_states_are_ends(void)
{
    static const bool is_end[VT600_STATES] = {[CO] = true, [CA] = true, [RE] = true, [EX] = true};
    for (unsigned state = 0; state < VT600_STATES; state++)
        g_assert_cmpint(vt600_state_is_end(state), ==, is_end[state]);
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

static void an_end_is_left_only_by_what_the_tracker_does(void)
{
    static const vt600_event_kind_t server[] = {VT600_EVENT_QUERY, VT600_EVENT_AUTHORIZE, VT600_EVENT_BLOCK,
                                                VT600_EVENT_CHECK, VT600_EVENT_UPGRADE,   VT600_EVENT_CANCEL};
    static const vt600_state_t ends[] = {CO, CA, RE, EX};
    for (unsigned i = 0; i < G_N_ELEMENTS(ends); i++)
        for (unsigned j = 0; j < G_N_ELEMENTS(server); j++)
            g_assert_cmpint(vt600_state_next(ends[i], server[j]), ==, ends[i]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/state/" #name, name)
    TEST(every_event_leads_from_every_state_where_the_protocol_says);
    TEST(states_have_the_numbers_that_users_filter_by);
    TEST(four_states_are_ends);
    TEST(a_good_ota_goes_through_all_states_in_order);
    TEST(an_end_is_left_only_by_what_the_tracker_does);
    return g_test_run();
}
