/* test_diagnosis_turn.c
 *
 * Whose turn it is, whose patience ends when, and who is the cause: the
 * tracker, the server or the network. Evidence: the frames with a "!".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session_story.h"

#define NO_ONE                      VT600_NOBODY
#define TRACKER                     VT600_PARTY_TRACKER
#define SERVER                      VT600_PARTY_SERVER
#define NETWORK                     VT600_PARTY_NETWORK
#define CAPTURE                     VT600_PARTY_CAPTURE

#define assert_turn(verdict, whose) g_assert_cmpint((verdict)->turn, ==, whose)
#define assert_waited(verdict, whose, nanoseconds)                                                                     \
    do {                                                                                                               \
        const verdict_t verdict_ = verdict;                                                                            \
        g_assert_cmpint(verdict_->waited, ==, nanoseconds);                                                            \
        g_assert_cmpint(verdict_->waited_for, ==, whose);                                                              \
    } while (0)

/* Turns, and what each side let the other wait. */

RULE(after_a_request_it_is_the_trackers_turn_and_after_an_answer_the_servers)
{
    assert_turn(tell(s, "query"), TRACKER);
    assert_turn(tell(s, "info V1.38"), SERVER);
    assert_turn(tell(s, "authorize"), TRACKER);
    assert_turn(tell(s, "granted"), SERVER);
    assert_turn(tell(s, "block 0 abcd; block 4 efgh"), TRACKER);
    assert_turn(tell(s, "stored 4"), SERVER);
    assert_turn(tell(s, "check 8; checksum good"), SERVER);
    assert_turn(tell(s, "upgrade"), TRACKER);
    assert_turn(tell(s, "going"), TRACKER);
}

RULE(answer_to_an_earlier_request_leaves_the_turn_where_the_latest_is_open)
{
    const verdict_t second = tell(s, AUTHORIZED "block 0 abcd; wait 1; block 4 efgh");
    const verdict_t answer = tell(s, "wait 2; stored 0");
    assert_turn(answer, TRACKER);
    g_assert_cmpint(answer->turn_since, ==, second->exchange->time);
}

RULE(damaged_frame_does_not_pass_the_turn_on)
{
    assert_turn(tell(s, UNDER_WAY "bad block 8 ijkl"), SERVER);
    assert_turn(tell(s, "block 8 ijkl; bad stored 8"), TRACKER);
}

RULE(wait_ends_with_the_next_frame_of_the_session)
{
    const verdict_t query = tell(s, "query");
    g_assert_cmpint(query->waited, ==, -1);
    assert_waited(tell(s, "wait 2; info V1.38"), TRACKER, 2 * SECOND);
    assert_waited(tell(s, "wait 3; authorize"), SERVER, 3 * SECOND);
    assert_waited(tell(s, "wait 4; authorize"), TRACKER, 4 * SECOND);
    assert_waited(tell(s, "wait 5; granted"), TRACKER, 9 * SECOND); /* since the first sending */
}

RULE(time_after_going_to_upgrade_is_no_wait)
{
    const verdict_t finished = tell(s, GOING "wait 40; finished");
    g_assert_cmpint(finished->waited, ==, -1);
    const vt600_waits_t waits = vt600_session_waits(finished->session);
    g_assert_cmpint(waits.longest, <, SECOND);
    g_assert_cmpint(waits.tracker, <, SECOND);
}

RULE(without_a_connection_it_is_nobodys_turn)
{
    tell(s, AUTHORIZED "block 0 abcd; wait 2; close tracker FIN");
    const verdict_t block = tell(s, "wait 100; place 1; login; wait 3; block 0 abcd");
    assert_waited(block, SERVER, 3 * SECOND);
    const vt600_waits_t waits = vt600_session_waits(block->session);
    g_assert_cmpint(waits.longest, ==, 3 * SECOND);
    g_assert_cmpint(waits.tracker, <, 3 * SECOND);
    g_assert_cmpint(waits.server, <, 4 * SECOND);
}

RULE(waits_are_never_negative_where_the_clock_goes_back)
{
    tell(s, UNDER_WAY);
    set_clock_back(s, 3600 * SECOND);
    g_assert_cmpint(tell(s, "block 8 ijkl")->waited, ==, 0);
    const vt600_waits_t waits = vt600_session_waits(s->verdict->session);
    g_assert_cmpint(waits.longest, >=, 0);
    g_assert_cmpint(waits.tracker, >=, 0);
    g_assert_cmpint(waits.server, >=, 0);
}

/* The patience: just before its end, at it, just after it. */

RULE(request_is_unanswered_once_the_patience_has_ended)
{
    tell(s, UNDER_WAY "block 8 ijkl!; wait 29.999999");
    assert_diagnosis(s, RUNNING, CAPTURE_ENDED, CAPTURE);
    tell(s, "wait 0.000001");
    assert_diagnosis(s, RUNNING, CAPTURE_ENDED, CAPTURE);
    tell(s, "wait 0.000001");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
}

RULE(server_has_stopped_once_the_patience_has_ended)
{
    tell(s, AUTHORIZED "block 0 abcd; stored 0!; wait 30");
    assert_diagnosis(s, RUNNING, CAPTURE_ENDED, CAPTURE);
    tell(s, "wait 0.000001");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(upgrade_is_unconfirmed_once_the_patience_has_ended)
{
    tell(s, WHOLE "upgrade; going!; wait 30");
    assert_diagnosis(s, RUNNING, CAPTURE_ENDED, CAPTURE);
    tell(s, "wait 0.000001");
    assert_diagnosis(s, UNKNOWN, UPGRADE_UNCONFIRMED, NO_ONE);
}

RULE(closing_just_before_the_patience_ends_is_the_cause)
{
    tell(s, UNDER_WAY "block 8 ijkl!; wait 29.999999; close server FIN!; wait 100");
    assert_diagnosis(s, NO, CONNECTION_CLOSED, SERVER);
    g_assert_cmpint(diagnose(s, s->verdict->session).pause, ==, 30 * SECOND - 1000);
}

RULE(closing_when_the_patience_ends_is_not_the_cause)
{
    tell(s, UNDER_WAY "block 8 ijkl!; wait 30; close server FIN; wait 100");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
    g_assert_cmpint(diagnose(s, s->verdict->session).pause, ==, 30 * SECOND);
}

RULE(closing_just_after_the_patience_ended_is_not_the_cause)
{
    tell(s, UNDER_WAY "block 8 ijkl!; wait 30.000001; close server FIN; wait 1");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
}

RULE(patience_runs_from_the_first_unanswered_sending)
{
    tell(s, UNDER_WAY "block 8 ijkl!; wait 15; block 8 ijkl!; wait 14.999999; close server FIN!; wait 100");
    assert_diagnosis(s, NO, CONNECTION_CLOSED, SERVER);
    tell(s, "device 2; place 1");
    g_array_set_size(s->marked, 0);
    tell(s, UNDER_WAY "block 8 ijkl!; wait 15; block 8 ijkl!; wait 15; close server FIN; wait 100");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
}

RULE(patience_starts_again_with_each_answer)
{
    tell(s, UNDER_WAY "block 8 ijkl; wait 29; nak 8; block 8 ijkl!; wait 29; close tracker FIN!; wait 100");
    assert_diagnosis(s, NO, CONNECTION_CLOSED, TRACKER);
}

RULE(server_that_lets_the_patience_end_has_stopped_whoever_closes_later)
{
    tell(s, AUTHORIZED "block 0 abcd; stored 0!; wait 30; close tracker FIN!; wait 100");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
    tell(s, "device 2; place 1");
    g_array_set_size(s->marked, 0);
    tell(s, AUTHORIZED "block 0 abcd; stored 0!; wait 31; close server FIN!; wait 100");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(patience_is_the_users_to_choose)
{
    s->patience = 5 * SECOND;
    tell(s, UNDER_WAY "block 8 ijkl!; wait 5.000001");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
    s->patience = 0;
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
    s->patience = 3600 * SECOND;
    assert_diagnosis(s, RUNNING, CAPTURE_ENDED, CAPTURE);
}

RULE(without_patience_the_end_of_the_capture_is_silence_too)
{
    s->patience = 0;
    tell(s, UNDER_WAY "block 8 ijkl!");
    assert_diagnosis(s, RUNNING, CAPTURE_ENDED, CAPTURE);
}

RULE(silence_is_that_of_the_last_request)
{
    tell(s, AUTHORIZED "query; wait 20; block 0 abcd!; wait 35");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
    g_assert_cmpint(diagnose(s, s->verdict->session).pause, ==, 35 * SECOND);
}

/* Connections. */

RULE(closing_does_not_count_where_the_session_goes_on_elsewhere)
{
    tell(s, UNDER_WAY "block 8 ijkl; close tracker FIN; wait 10; place 1; authorize; granted!; wait 31");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(new_connection_without_an_ota_frame_does_not_continue_the_session)
{
    tell(s, UNDER_WAY "block 8 ijkl!; close tracker FIN!");
    vt600_session_t *session = s->verdict->session;
    tell(s, "wait 10; place 1; login; position; wait 100");
    assert_diagnosis_of(s, session, NO, CONNECTION_CLOSED, TRACKER);
}

RULE(request_lost_with_its_connection_is_not_silence_on_the_next)
{
    tell(s, UNDER_WAY "block 8 ijkl!; wait 5; close tracker FIN; wait 100; place 1; block 8 ijkl!; wait 10;"
                      "close tracker FIN!; wait 100");
    assert_diagnosis(s, NO, CONNECTION_CLOSED, TRACKER);
    g_assert_cmpint(diagnose(s, s->verdict->session).pause, ==, 10 * SECOND);
}

RULE(reset_is_a_closing)
{
    tell(s, UNDER_WAY "block 8 ijkl!; close server RST!; wait 100");
    assert_diagnosis(s, NO, CONNECTION_CLOSED, SERVER);
}

RULE(udp_has_no_closing_and_no_network_to_blame)
{
    s->places[0].transport = VT600_OVER_UDP;
    tell(s, UNDER_WAY "acknowledge; block 8 ijkl!; wait 31");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
}

/* The network. */

RULE(request_that_tcp_never_acknowledged_is_the_networks)
{
    tell(s, UNDER_WAY "acknowledge; block 8 ijkl!; wait 31");
    assert_diagnosis(s, NO, UNANSWERED, NETWORK);
}

RULE(request_that_tcp_acknowledged_is_the_trackers)
{
    tell(s, UNDER_WAY "block 8 ijkl!; acknowledge; wait 31");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
}

RULE(last_sending_of_the_request_counts)
{
    tell(s, UNDER_WAY "block 8 ijkl!; acknowledge; wait 10; block 8 ijkl!; wait 31");
    assert_diagnosis(s, NO, UNANSWERED, NETWORK);
}

RULE(order_that_tcp_never_acknowledged_is_the_networks_and_unknown)
{
    tell(s, WHOLE "acknowledge; upgrade!; wait 31");
    assert_diagnosis(s, UNKNOWN, UNANSWERED, NETWORK);
}

RULE(answer_that_tcp_never_acknowledged_is_the_networks)
{
    tell(s, AUTHORIZED "block 0 abcd; acknowledge; stored 0!; wait 31");
    assert_diagnosis(s, NO, SERVER_STOPPED, NETWORK);
}

RULE(answer_that_tcp_acknowledged_is_the_servers)
{
    tell(s, AUTHORIZED "block 0 abcd; stored 0!; acknowledge; wait 31");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(unanswered_on_a_connection_closed_later_may_be_the_networks)
{
    tell(s, UNDER_WAY "acknowledge; block 8 ijkl!; wait 60; close server RST; wait 100");
    assert_diagnosis(s, NO, UNANSWERED, NETWORK);
}

RULE(cancel_after_silence_of_the_network_is_unanswered)
{
    tell(s, UNDER_WAY "acknowledge; block 8 ijkl!; wait 31; cancel; wait 100");
    assert_diagnosis(s, NO, UNANSWERED, NETWORK);
}

RULE(capture_whose_clock_went_back_says_that_it_cannot_tell)
{
    tell(s, UNDER_WAY "block 8 ijkl!; wait 5; close server FIN");
    vt600_session_t *session = s->verdict->session;
    set_clock_back(s, 3600 * SECOND);
    assert_diagnosis_of(s, session, UNKNOWN, CAPTURE_INCOMPLETE, CAPTURE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(diagnosis, after_a_request_it_is_the_trackers_turn_and_after_an_answer_the_servers);
    ADD(diagnosis, answer_to_an_earlier_request_leaves_the_turn_where_the_latest_is_open);
    ADD(diagnosis, damaged_frame_does_not_pass_the_turn_on);
    ADD(diagnosis, wait_ends_with_the_next_frame_of_the_session);
    ADD(diagnosis, time_after_going_to_upgrade_is_no_wait);
    ADD(diagnosis, without_a_connection_it_is_nobodys_turn);
    ADD(diagnosis, waits_are_never_negative_where_the_clock_goes_back);
    ADD(diagnosis, request_is_unanswered_once_the_patience_has_ended);
    ADD(diagnosis, server_has_stopped_once_the_patience_has_ended);
    ADD(diagnosis, upgrade_is_unconfirmed_once_the_patience_has_ended);
    ADD(diagnosis, closing_just_before_the_patience_ends_is_the_cause);
    ADD(diagnosis, closing_when_the_patience_ends_is_not_the_cause);
    ADD(diagnosis, closing_just_after_the_patience_ended_is_not_the_cause);
    ADD(diagnosis, patience_runs_from_the_first_unanswered_sending);
    ADD(diagnosis, patience_starts_again_with_each_answer);
    ADD(diagnosis, server_that_lets_the_patience_end_has_stopped_whoever_closes_later);
    ADD(diagnosis, patience_is_the_users_to_choose);
    ADD(diagnosis, without_patience_the_end_of_the_capture_is_silence_too);
    ADD(diagnosis, silence_is_that_of_the_last_request);
    ADD(diagnosis, closing_does_not_count_where_the_session_goes_on_elsewhere);
    ADD(diagnosis, new_connection_without_an_ota_frame_does_not_continue_the_session);
    ADD(diagnosis, request_lost_with_its_connection_is_not_silence_on_the_next);
    ADD(diagnosis, reset_is_a_closing);
    ADD(diagnosis, udp_has_no_closing_and_no_network_to_blame);
    ADD(diagnosis, request_that_tcp_never_acknowledged_is_the_networks);
    ADD(diagnosis, request_that_tcp_acknowledged_is_the_trackers);
    ADD(diagnosis, last_sending_of_the_request_counts);
    ADD(diagnosis, order_that_tcp_never_acknowledged_is_the_networks_and_unknown);
    ADD(diagnosis, answer_that_tcp_never_acknowledged_is_the_networks);
    ADD(diagnosis, answer_that_tcp_acknowledged_is_the_servers);
    ADD(diagnosis, unanswered_on_a_connection_closed_later_may_be_the_networks);
    ADD(diagnosis, cancel_after_silence_of_the_network_is_unanswered);
    ADD(diagnosis, capture_whose_clock_went_back_says_that_it_cannot_tell);
    return g_test_run();
}
