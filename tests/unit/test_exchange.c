/* test_exchange.c
 *
 * Which frame answers which, and which one repeats another.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>

#include "session/exchange.h"

/* Exchanges of a capture that a test tells, frame by frame. */
typedef struct {
    wmem_allocator_t *scope;
    vt600_exchanges_t *exchanges;
    const void *session; /* of the requests that follow */
    uint32_t number;
} capture_t;

enum { DEVICE = 7, OTHER_DEVICE = 8, BROADCAST = 99 };

static int conversations[2], sessions[2]; /* only their addresses count */

#define HERE  (&conversations[0])
#define THERE (&conversations[1])

static void set_up(capture_t *c, gconstpointer unused G_GNUC_UNUSED)
{
    c->scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    c->exchanges = vt600_exchanges_new(c->scope);
    c->session = &sessions[0];
}

static void tear_down(capture_t *c, gconstpointer unused G_GNUC_UNUSED)
{
    wmem_destroy_allocator(c->scope);
}

/* A frame as most tests want it; they say what is different by designators, which come last and count. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define FRAME(code, from, ...)                                                                                         \
    (vt600_exchange_frame_t)                                                                                           \
    {                                                                                                                  \
        .command = vt600_command_find(code), .side = from, .device = DEVICE, .broadcast = BROADCAST, .has_key = true,  \
        .has_fingerprint = true, .fingerprint = code, .beginning_seen = true, .conversation = HERE, __VA_ARGS__        \
    }
#define ASK(code, ...)    FRAME(code, VT600_SERVER, __VA_ARGS__)
#define ANSWER(code, ...) FRAME(code, VT600_TRACKER, __VA_ARGS__)

static vt600_exchange_t *seen(capture_t *c, vt600_exchange_frame_t frame)
{
    vt600_exchange_t *exchange = wmem_new0(c->scope, vt600_exchange_t);
    exchange->number = ++c->number;
    exchange->time = c->number * INT64_C(50000000);
    vt600_exchanges_answer(c->exchanges, &frame, exchange);
    vt600_exchanges_ask(c->exchanges, &frame, c->session, exchange);
    return exchange;
}

static void is_answer(const vt600_exchange_t *answer, const vt600_exchange_t *request)
{
    g_assert_true(answer->request == request);
    g_assert_cmpuint(answer->attempt, ==, 0);
    g_assert_null(answer->previous);
    g_assert_false(answer->unsolicited);
    g_assert_false(answer->repeated);
}

static void is_further(const vt600_exchange_t *answer)
{
    g_assert_null(answer->request);
    g_assert_true(answer->unsolicited);
    g_assert_true(answer->repeated);
}

static void is_first(const vt600_exchange_t *request)
{
    g_assert_cmpuint(request->attempt, ==, 1);
    g_assert_null(request->previous);
    g_assert_null(request->request);
    g_assert_false(request->unsolicited);
}

static void is_retry(const vt600_exchange_t *request, const vt600_exchange_t *earlier, uint32_t attempt)
{
    g_assert_true(request->previous == earlier);
    g_assert_cmpuint(request->attempt, ==, attempt);
    g_assert_cmpuint(earlier->next, ==, request->number);
}

#define RULE(name) static void name(capture_t *c, gconstpointer unused G_GNUC_UNUSED)

RULE(request_and_answer_know_each_other)
{
    for (unsigned code = 0x9500; code <= 0x9505; code++) {
        vt600_exchange_t *ask = seen(c, ASK((uint16_t)code));
        is_first(ask);
        g_assert_cmpuint(ask->answered_in, ==, 0);
        g_assert_true(ask->session == &sessions[0]);
        vt600_exchange_t *answer = seen(c, ANSWER((uint16_t)code, .fingerprint = 1));
        is_answer(answer, ask);
        g_assert_cmpuint(ask->answered_in, ==, answer->number);
        g_assert_cmpuint(answer->answered_in, ==, 0);
    }
}

RULE(pairs_of_other_codes_know_each_other)
{
    vt600_exchange_t *login = seen(c, FRAME(0x5000, VT600_TRACKER));
    is_first(login);
    is_answer(seen(c, FRAME(0x4000, VT600_SERVER)), login);
    vt600_exchange_t *demand = seen(c, ASK(0x4101));
    is_answer(seen(c, ANSWER(0x9955)), demand);
    vt600_exchange_t *interval = seen(c, ASK(0x4102));
    is_answer(seen(c, ANSWER(0x5100)), interval);
}

RULE(block_is_answered_by_its_own_offset)
{
    vt600_exchange_t *first = seen(c, ASK(0x9502, .offset = 0));
    vt600_exchange_t *second = seen(c, ASK(0x9502, .offset = 128));
    is_first(second);
    is_answer(seen(c, ANSWER(0x9502, .offset = 128)), second);
    is_answer(seen(c, ANSWER(0x9502, .offset = 0)), first);
}

RULE(device_answers_for_itself)
{
    vt600_exchange_t *first = seen(c, ASK(0x9501));
    vt600_exchange_t *second = seen(c, ASK(0x9501, .device = OTHER_DEVICE));
    is_first(second);
    is_answer(seen(c, ANSWER(0x9501, .device = OTHER_DEVICE)), second);
    is_answer(seen(c, ANSWER(0x9501)), first);
}

RULE(broadcast_is_answered_by_each_device)
{
    vt600_exchange_t *ask = seen(c, ASK(0x9500, .device = BROADCAST));
    vt600_exchange_t *first = seen(c, ANSWER(0x9500));
    is_answer(first, ask);
    is_answer(seen(c, ANSWER(0x9500, .device = OTHER_DEVICE)), ask);
    g_assert_cmpuint(ask->answered_in, ==, first->number);
}

RULE(own_request_comes_before_a_broadcast)
{
    vt600_exchange_t *own = seen(c, ASK(0x9500));
    seen(c, ASK(0x9500, .device = BROADCAST));
    is_answer(seen(c, ANSWER(0x9500)), own);
}

RULE(upgrade_finished_is_the_second_answer_on_any_connection)
{
    vt600_exchange_t *ask = seen(c, ASK(0x9504));
    vt600_exchange_t *first = seen(c, ANSWER(0x9504));
    is_answer(first, ask);
    g_assert_false(first->finished);
    const vt600_exchange_t *second = seen(c, ANSWER(0x9504, .finished = true, .conversation = THERE));
    is_answer(second, ask);
    g_assert_true(second->finished);
    g_assert_cmpuint(ask->answered_in, ==, first->number);
}

RULE(further_answer_to_an_answered_request_is_unsolicited)
{
    static const uint16_t codes[] = {0x9500, 0x9501, 0x9503, 0x9504, 0x9505};
    for (unsigned i = 0; i < G_N_ELEMENTS(codes); i++) {
        vt600_exchange_t *ask = seen(c, ASK(codes[i]));
        const uint32_t first = seen(c, ANSWER(codes[i]))->number;
        is_further(seen(c, ANSWER(codes[i])));
        is_further(seen(c, ANSWER(codes[i], .beginning_seen = false)));
        g_assert_cmpuint(ask->answered_in, ==, first);
    }
    seen(c, ASK(0x9502, .offset = 128));
    seen(c, ANSWER(0x9502, .offset = 128));
    is_further(seen(c, ANSWER(0x9502, .offset = 128)));
}

RULE(unanswered_request_sent_again_is_a_retry)
{
    vt600_exchange_t *first = seen(c, ASK(0x9500));
    vt600_exchange_t *second = seen(c, ASK(0x9500));
    vt600_exchange_t *third = seen(c, ASK(0x9500));
    is_first(first);
    is_retry(second, first, 2);
    is_retry(third, second, 3);
    is_answer(seen(c, ANSWER(0x9500)), third);
    g_assert_cmpuint(first->answered_in, ==, 0);
    g_assert_cmpuint(third->next, ==, 0);
}

RULE(answered_request_sent_again_is_a_new_one)
{
    seen(c, ASK(0x9500));
    seen(c, ANSWER(0x9500));
    is_first(seen(c, ASK(0x9500)));
}

RULE(request_with_other_bytes_is_a_new_one)
{
    seen(c, ASK(0x9503, .fingerprint = 1));
    is_first(seen(c, ASK(0x9503, .fingerprint = 2)));
}

RULE(request_that_was_cut_repeats_nothing)
{
    seen(c, ASK(0x9503));
    is_first(seen(c, ASK(0x9503, .has_fingerprint = false)));
    is_first(seen(c, ASK(0x9503)));
}

RULE(block_whose_offset_was_cut_is_linked_to_nothing)
{
    seen(c, ASK(0x9502, .offset = 0));
    const vt600_exchange_t *cut = seen(c, ASK(0x9502, .has_key = false));
    g_assert_cmpuint(cut->attempt, ==, 0);
    g_assert_null(cut->previous);
    const vt600_exchange_t *answer = seen(c, ANSWER(0x9502, .has_key = false));
    g_assert_null(answer->request);
    g_assert_false(answer->unsolicited);
}

RULE(block_sent_again_is_a_retry_answered_or_not)
{
    vt600_exchange_t *first = seen(c, ASK(0x9502, .offset = 128));
    seen(c, ANSWER(0x9502, .offset = 128));
    vt600_exchange_t *second = seen(c, ASK(0x9502, .offset = 128, .fingerprint = 5));
    is_retry(second, first, 2);
    is_answer(seen(c, ANSWER(0x9502, .offset = 128)), second);
    g_assert_cmpuint(first->answered_in, ==, 2);
}

RULE(block_of_another_session_is_not_a_retry)
{
    vt600_exchange_t *first = seen(c, ASK(0x9502, .offset = 128));
    c->session = &sessions[1];
    vt600_exchange_t *second = seen(c, ASK(0x9502, .offset = 128));
    is_first(second);
    g_assert_true(second->session == &sessions[1]);
    g_assert_cmpuint(first->next, ==, 0);
}

RULE(late_answer_belongs_to_the_latest_sending)
{
    vt600_exchange_t *first = seen(c, ASK(0x9502, .offset = 0));
    vt600_exchange_t *second = seen(c, ASK(0x9502, .offset = 0));
    is_answer(seen(c, ANSWER(0x9502, .offset = 0)), second);
    is_further(seen(c, ANSWER(0x9502, .offset = 0)));
    g_assert_cmpuint(first->answered_in, ==, 0);
    g_assert_cmpuint(second->answered_in, ==, 3);
}

RULE(ota_request_outlives_its_connection)
{
    vt600_exchange_t *ask = seen(c, ASK(0x9502, .offset = 0));
    vt600_exchange_t *again = seen(c, ASK(0x9502, .offset = 0, .conversation = THERE));
    is_retry(again, ask, 2);
    is_answer(seen(c, ANSWER(0x9502, .offset = 0, .conversation = THERE)), again);
    vt600_exchange_t *upgrade = seen(c, ASK(0x9504));
    is_answer(seen(c, ANSWER(0x9504, .conversation = THERE)), upgrade);
}

RULE(base_request_ends_with_its_connection)
{
    vt600_exchange_t *ask = seen(c, ASK(0x9001));
    vt600_exchange_t *answer = seen(c, ANSWER(0x9001, .conversation = THERE));
    g_assert_null(answer->request);
    g_assert_true(answer->unsolicited);
    g_assert_false(answer->repeated);
    g_assert_cmpuint(ask->answered_in, ==, 0);
    is_first(seen(c, ASK(0x9001, .conversation = THERE)));
}

RULE(position_answers_once_and_is_a_report_from_then_on)
{
    vt600_exchange_t *report = seen(c, ANSWER(0x9955));
    g_assert_null(report->request);
    g_assert_false(report->unsolicited);
    vt600_exchange_t *demand = seen(c, ASK(0x4101));
    is_answer(seen(c, ANSWER(0x9955)), demand);
    vt600_exchange_t *next = seen(c, ANSWER(0x9955));
    g_assert_null(next->request);
    g_assert_false(next->unsolicited);
    g_assert_false(next->repeated);
}

RULE(answer_without_request_is_unsolicited)
{
    g_assert_true(seen(c, ANSWER(0x9501))->unsolicited);
    seen(c, ASK(0x9502, .offset = 0));
    const vt600_exchange_t *answer = seen(c, ANSWER(0x9502, .offset = 128));
    g_assert_true(answer->unsolicited);
    g_assert_false(answer->repeated);
}

RULE(answer_is_not_unsolicited_where_the_capture_starts_later)
{
    const vt600_exchange_t *answer = seen(c, ANSWER(0x9501, .beginning_seen = false));
    g_assert_false(answer->unsolicited);
    g_assert_null(answer->request);
}

RULE(upgrade_finished_is_never_unsolicited)
{
    g_assert_false(seen(c, ANSWER(0x9504, .finished = true))->unsolicited);
    seen(c, ASK(0x9504));
    seen(c, ANSWER(0x9504));
    seen(c, ANSWER(0x9504, .finished = true));
    g_assert_false(seen(c, ANSWER(0x9504, .finished = true))->unsolicited);
}

RULE(what_is_never_asked_for_is_not_an_exchange)
{
    static const uint16_t codes[] = {0x9999, 0x0001, 0x6688, 0x9988};
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        const vt600_exchange_t *exchange = seen(c, ANSWER(codes[i]));
        g_assert_cmpuint(exchange->attempt, ==, 0);
        g_assert_null(exchange->request);
        g_assert_null(exchange->previous);
        g_assert_false(exchange->unsolicited);
    }
}

RULE(servers_echo_of_an_answer_answers_nothing)
{
    seen(c, ASK(0x4102));
    const vt600_exchange_t *echo = seen(c, FRAME(0x5100, VT600_SERVER));
    g_assert_null(echo->request);
    g_assert_cmpuint(echo->attempt, ==, 0);
}

RULE(many_requests_stay_apart)
{
    enum { DEVICES = 40, OFFSETS = 100 };
    static vt600_exchange_t *asked[DEVICES][OFFSETS];
    for (uint32_t device = 0; device < DEVICES; device++)
        for (uint32_t block = 0; block < OFFSETS; block++)
            asked[device][block] = seen(c, ASK(0x9502, .device = device, .offset = block * 128));
    for (uint32_t device = 0; device < DEVICES; device++)
        for (uint32_t block = 0; block < OFFSETS; block++)
            is_answer(seen(c, ANSWER(0x9502, .device = device, .offset = block * 128)), asked[device][block]);
}

#define ADD(name) g_test_add("/exchange/" #name, capture_t, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(request_and_answer_know_each_other);
    ADD(pairs_of_other_codes_know_each_other);
    ADD(block_is_answered_by_its_own_offset);
    ADD(device_answers_for_itself);
    ADD(broadcast_is_answered_by_each_device);
    ADD(own_request_comes_before_a_broadcast);
    ADD(upgrade_finished_is_the_second_answer_on_any_connection);
    ADD(further_answer_to_an_answered_request_is_unsolicited);
    ADD(unanswered_request_sent_again_is_a_retry);
    ADD(answered_request_sent_again_is_a_new_one);
    ADD(request_with_other_bytes_is_a_new_one);
    ADD(request_that_was_cut_repeats_nothing);
    ADD(block_whose_offset_was_cut_is_linked_to_nothing);
    ADD(block_sent_again_is_a_retry_answered_or_not);
    ADD(block_of_another_session_is_not_a_retry);
    ADD(late_answer_belongs_to_the_latest_sending);
    ADD(ota_request_outlives_its_connection);
    ADD(base_request_ends_with_its_connection);
    ADD(position_answers_once_and_is_a_report_from_then_on);
    ADD(answer_without_request_is_unsolicited);
    ADD(answer_is_not_unsolicited_where_the_capture_starts_later);
    ADD(upgrade_finished_is_never_unsolicited);
    ADD(what_is_never_asked_for_is_not_an_exchange);
    ADD(servers_echo_of_an_answer_answers_nothing);
    ADD(many_requests_stay_apart);
    return g_test_run();
}
