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
    uint32_t number;
} capture_t;

enum { DEVICE = 7, OTHER_DEVICE = 8, BROADCAST = 99 };

static int conversations[2], attempts[2]; /* only their addresses count */

#define HERE  (&conversations[0])
#define THERE (&conversations[1])

static void capture_begin(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    capture->scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    capture->exchanges = vt600_exchanges_new(capture->scope);
}

static void capture_end(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    wmem_destroy_allocator(capture->scope);
}

/* A frame as most tests want it; they say what is different by designators, which come last and count. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define FRAME(code, from, ...)                                                                                         \
    (vt600_exchange_frame_t)                                                                                           \
    {                                                                                                                  \
        .command = vt600_command_find(code), .side = from, .device = DEVICE, .broadcast = BROADCAST,                   \
        .fingerprint = code, .beginning_seen = true, .conversation = HERE, .attempt_on = &attempts[0], __VA_ARGS__     \
    }
#define ASK(code, ...)    FRAME(code, VT600_SERVER, __VA_ARGS__)
#define ANSWER(code, ...) FRAME(code, VT600_TRACKER, __VA_ARGS__)

static vt600_exchange_t *seen(capture_t *capture, vt600_exchange_frame_t frame)
{
    vt600_exchange_t *exchange = wmem_new0(capture->scope, vt600_exchange_t);
    exchange->number = ++capture->number;
    exchange->time = capture->number * INT64_C(50000000);
    vt600_exchanges_add(capture->exchanges, &frame, exchange);
    return exchange;
}

static void is_answer(const vt600_exchange_t *answer, const vt600_exchange_t *request)
{
    g_assert_true(answer->request == request);
    g_assert_cmpuint(answer->attempt, ==, 0);
    g_assert_null(answer->previous);
    g_assert_false(answer->unsolicited);
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
}

static void request_and_answer_know_each_other(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    for (unsigned code = 0x9500; code <= 0x9505; code++) {
        vt600_exchange_t *ask = seen(capture, ASK((uint16_t)code));
        is_first(ask);
        g_assert_cmpuint(ask->answered_in, ==, 0);
        vt600_exchange_t *answer = seen(capture, ANSWER((uint16_t)code, .fingerprint = 1));
        is_answer(answer, ask);
        g_assert_cmpuint(ask->answered_in, ==, answer->number);
        g_assert_cmpuint(answer->answered_in, ==, 0);
    }
}

static void pairs_of_other_codes_know_each_other(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    vt600_exchange_t *login = seen(capture, FRAME(0x5000, VT600_TRACKER));
    is_first(login);
    is_answer(seen(capture, FRAME(0x4000, VT600_SERVER)), login);
    vt600_exchange_t *demand = seen(capture, ASK(0x4101));
    is_answer(seen(capture, ANSWER(0x9955)), demand);
    vt600_exchange_t *interval = seen(capture, ASK(0x4102));
    is_answer(seen(capture, ANSWER(0x5100)), interval);
}

static void block_is_answered_by_its_own_offset(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    vt600_exchange_t *first = seen(capture, ASK(0x9502, .offset = 0));
    vt600_exchange_t *second = seen(capture, ASK(0x9502, .offset = 128));
    is_first(second);
    is_answer(seen(capture, ANSWER(0x9502, .offset = 128)), second);
    is_answer(seen(capture, ANSWER(0x9502, .offset = 0)), first);
}

static void device_answers_for_itself(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    vt600_exchange_t *first = seen(capture, ASK(0x9501));
    vt600_exchange_t *second = seen(capture, ASK(0x9501, .device = OTHER_DEVICE));
    is_first(second);
    is_answer(seen(capture, ANSWER(0x9501, .device = OTHER_DEVICE)), second);
    is_answer(seen(capture, ANSWER(0x9501)), first);
}

static void broadcast_is_answered_by_each_device(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    vt600_exchange_t *ask = seen(capture, ASK(0x9500, .device = BROADCAST));
    vt600_exchange_t *first = seen(capture, ANSWER(0x9500));
    is_answer(first, ask);
    is_answer(seen(capture, ANSWER(0x9500, .device = OTHER_DEVICE)), ask);
    g_assert_cmpuint(ask->answered_in, ==, first->number);
}

static void own_request_comes_before_a_broadcast(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    vt600_exchange_t *own = seen(capture, ASK(0x9500));
    seen(capture, ASK(0x9500, .device = BROADCAST));
    is_answer(seen(capture, ANSWER(0x9500)), own);
}

static void second_answer_belongs_to_the_same_request(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    vt600_exchange_t *ask = seen(capture, ASK(0x9504));
    vt600_exchange_t *first = seen(capture, ANSWER(0x9504));
    is_answer(first, ask);
    is_answer(seen(capture, ANSWER(0x9504, .finished = true, .conversation = THERE)), ask);
    g_assert_cmpuint(ask->answered_in, ==, first->number);
}

static void unanswered_request_sent_again_is_a_retry(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    vt600_exchange_t *first = seen(capture, ASK(0x9500));
    vt600_exchange_t *second = seen(capture, ASK(0x9500));
    vt600_exchange_t *third = seen(capture, ASK(0x9500));
    is_first(first);
    is_retry(second, first, 2);
    is_retry(third, second, 3);
    is_answer(seen(capture, ANSWER(0x9500)), third);
    g_assert_cmpuint(first->answered_in, ==, 0);
}

static void answered_request_sent_again_is_a_new_one(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    seen(capture, ASK(0x9500));
    seen(capture, ANSWER(0x9500));
    is_first(seen(capture, ASK(0x9500)));
}

static void request_with_other_bytes_is_a_new_one(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    seen(capture, ASK(0x9503, .fingerprint = 1));
    is_first(seen(capture, ASK(0x9503, .fingerprint = 2)));
}

static void block_sent_again_is_a_retry_answered_or_not(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    vt600_exchange_t *first = seen(capture, ASK(0x9502, .offset = 128));
    seen(capture, ANSWER(0x9502, .offset = 128));
    vt600_exchange_t *second = seen(capture, ASK(0x9502, .offset = 128, .fingerprint = 5));
    is_retry(second, first, 2);
    is_answer(seen(capture, ANSWER(0x9502, .offset = 128)), second);
    g_assert_cmpuint(first->answered_in, ==, 2);
}

static void block_of_another_attempt_to_update_is_no_retry(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    seen(capture, ASK(0x9502, .offset = 128));
    is_first(seen(capture, ASK(0x9502, .offset = 128, .attempt_on = &attempts[1])));
}

static void late_answer_belongs_to_the_latest_sending(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    vt600_exchange_t *first = seen(capture, ASK(0x9502, .offset = 0));
    vt600_exchange_t *second = seen(capture, ASK(0x9502, .offset = 0));
    is_answer(seen(capture, ANSWER(0x9502, .offset = 0)), second);
    is_answer(seen(capture, ANSWER(0x9502, .offset = 0)), second);
    g_assert_cmpuint(first->answered_in, ==, 0);
    g_assert_cmpuint(second->answered_in, ==, 3);
}

static void ota_request_outlives_its_connection(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    vt600_exchange_t *ask = seen(capture, ASK(0x9502, .offset = 0));
    vt600_exchange_t *again = seen(capture, ASK(0x9502, .offset = 0, .conversation = THERE));
    is_retry(again, ask, 2);
    is_answer(seen(capture, ANSWER(0x9502, .offset = 0, .conversation = THERE)), again);
    vt600_exchange_t *upgrade = seen(capture, ASK(0x9504));
    is_answer(seen(capture, ANSWER(0x9504, .conversation = THERE)), upgrade);
}

static void base_request_ends_with_its_connection(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    vt600_exchange_t *ask = seen(capture, ASK(0x9001));
    vt600_exchange_t *answer = seen(capture, ANSWER(0x9001, .conversation = THERE));
    g_assert_null(answer->request);
    g_assert_true(answer->unsolicited);
    g_assert_cmpuint(ask->answered_in, ==, 0);
    is_first(seen(capture, ASK(0x9001, .conversation = THERE)));
}

static void position_answers_once_and_is_a_report_from_then_on(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    vt600_exchange_t *report = seen(capture, ANSWER(0x9955));
    g_assert_null(report->request);
    g_assert_false(report->unsolicited);
    vt600_exchange_t *demand = seen(capture, ASK(0x4101));
    is_answer(seen(capture, ANSWER(0x9955)), demand);
    vt600_exchange_t *next = seen(capture, ANSWER(0x9955));
    g_assert_null(next->request);
    g_assert_false(next->unsolicited);
}

static void answer_without_request_is_unsolicited(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_true(seen(capture, ANSWER(0x9501))->unsolicited);
    seen(capture, ASK(0x9502, .offset = 0));
    g_assert_true(seen(capture, ANSWER(0x9502, .offset = 128))->unsolicited);
}

static void answer_is_not_unsolicited_where_the_capture_begins_later(capture_t *capture,
                                                                     gconstpointer data G_GNUC_UNUSED)
{
    const vt600_exchange_t *answer = seen(capture, ANSWER(0x9501, .beginning_seen = false));
    g_assert_false(answer->unsolicited);
    g_assert_null(answer->request);
}

static void upgrade_finished_is_never_unsolicited(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_false(seen(capture, ANSWER(0x9504, .finished = true))->unsolicited);
}

static void what_nobody_asks_is_no_exchange(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    static const uint16_t codes[] = {0x9999, 0x0001, 0x6688, 0x9988};
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        const vt600_exchange_t *exchange = seen(capture, ANSWER(codes[i]));
        g_assert_cmpuint(exchange->attempt, ==, 0);
        g_assert_null(exchange->request);
        g_assert_null(exchange->previous);
        g_assert_false(exchange->unsolicited);
    }
}

static void servers_echo_of_an_answer_answers_nothing(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    seen(capture, ASK(0x4102));
    const vt600_exchange_t *echo = seen(capture, FRAME(0x5100, VT600_SERVER));
    g_assert_null(echo->request);
    g_assert_cmpuint(echo->attempt, ==, 0);
}

static void many_requests_stay_apart(capture_t *capture, gconstpointer data G_GNUC_UNUSED)
{
    enum { DEVICES = 40, OFFSETS = 100 };
    static vt600_exchange_t *asked[DEVICES][OFFSETS];
    for (uint32_t device = 0; device < DEVICES; device++)
        for (uint32_t block = 0; block < OFFSETS; block++)
            asked[device][block] = seen(capture, ASK(0x9502, .device = device, .offset = block * 128));
    for (uint32_t device = 0; device < DEVICES; device++)
        for (uint32_t block = 0; block < OFFSETS; block++)
            is_answer(seen(capture, ANSWER(0x9502, .device = device, .offset = block * 128)), asked[device][block]);
}

#define ADD(name) g_test_add("/exchange/" #name, capture_t, NULL, capture_begin, name, capture_end)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(request_and_answer_know_each_other);
    ADD(pairs_of_other_codes_know_each_other);
    ADD(block_is_answered_by_its_own_offset);
    ADD(device_answers_for_itself);
    ADD(broadcast_is_answered_by_each_device);
    ADD(own_request_comes_before_a_broadcast);
    ADD(second_answer_belongs_to_the_same_request);
    ADD(unanswered_request_sent_again_is_a_retry);
    ADD(answered_request_sent_again_is_a_new_one);
    ADD(request_with_other_bytes_is_a_new_one);
    ADD(block_sent_again_is_a_retry_answered_or_not);
    ADD(block_of_another_attempt_to_update_is_no_retry);
    ADD(late_answer_belongs_to_the_latest_sending);
    ADD(ota_request_outlives_its_connection);
    ADD(base_request_ends_with_its_connection);
    ADD(position_answers_once_and_is_a_report_from_then_on);
    ADD(answer_without_request_is_unsolicited);
    ADD(answer_is_not_unsolicited_where_the_capture_begins_later);
    ADD(upgrade_finished_is_never_unsolicited);
    ADD(what_nobody_asks_is_no_exchange);
    ADD(servers_echo_of_an_answer_answers_nothing);
    ADD(many_requests_stay_apart);
    return g_test_run();
}
