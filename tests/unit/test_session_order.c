/* test_session_order.c
 *
 * Which frames make up a session: what opens it, what continues it, what
 * opens the next one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session_story.h"

static uint32_t number_of(verdict_t verdict)
{
    return verdict->session->number;
}

/* What opens a session. */

RULE(query_authorization_and_block_open_a_session)
{
    g_assert_cmpuint(number_of(tell(s, "device 1; query")), ==, 0);
    g_assert_cmpuint(number_of(tell(s, "device 2; authorize")), ==, 1);
    g_assert_cmpuint(number_of(tell(s, "device 3; block 0 abcd")), ==, 2);
}

RULE(capture_may_start_at_the_check_the_upgrade_or_finished)
{
    assert_state(tell(s, "device 1; check 8"), CHECKING);
    assert_state(tell(s, "device 2; upgrade"), UPGRADING);
    const verdict_t finished = tell(s, "device 3; finished");
    assert_state(finished, COMPLETED);
    assert_note(finished, COMPLETED);
    g_assert_cmpuint(number_of(finished), ==, 2);
    g_assert_false(finished->exchange->unsolicited);
}

RULE(answers_whose_request_the_capture_lacks_open_a_session)
{
    assert_state(tell(s, "device 1; granted"), AUTHORIZED);
    assert_state(tell(s, "device 2; stored 128"), TRANSFERRING);
    assert_state(tell(s, "device 3; checksum 1"), CHECKED);
    assert_state(tell(s, "device 4; going"), UPGRADING);
}

RULE(damaged_frames_and_other_commands_open_none)
{
    g_assert_null(tell(s, "bad query"));
    g_assert_null(tell(s, "bad block 0 abcd"));
    g_assert_null(tell(s, "login"));
    g_assert_null(tell(s, "position"));
    g_assert_null(tell(s, "identity V1.38"));
    g_assert_null(tell(s, "server"));
}

RULE(devices_are_apart_on_one_connection)
{
    const verdict_t second = tell(s, "device 1; query; device 2; query; block 0 wxyz; stored 0");
    const verdict_t first = tell(s, "device 1; block 0 ab");
    g_assert_cmpuint(number_of(first), ==, 0);
    g_assert_cmpuint(number_of(second), ==, 1);
    g_assert_cmpuint(first->bytes_sent, ==, 2);
    g_assert_cmpuint(first->retries, ==, 0);
    g_assert_cmpuint(second->bytes_acked, ==, 4);
    g_assert_cmpstr(first->session->device, ==, "101130923633");
    g_assert_cmpstr(second->session->device, ==, "101130923634");
}

/* What continues it. */

RULE(query_alone_stays_queried)
{
    assert_state(tell(s, "query; info V1.38; query; info V1.38"), QUERIED);
    assert_state(tell(s, "authorize"), AUTHORIZING);
    g_assert_cmpuint(number_of(s->verdict), ==, 0);
}

RULE(repeated_requests_belong_to_one_session)
{
    tell(s, "query; query; authorize; query; authorize; granted; authorize; block 0 abcd; block 0 abcd; stored 0;"
            "block 0 abcd; stored 0; check 4; check 4; checksum good; upgrade; upgrade");
    g_assert_cmpuint(number_of(s->verdict), ==, 0);
    g_assert_cmpuint(s->verdict->session->retries, ==, 2);
}

RULE(block_0_that_is_refused_and_sent_again_after_block_1_is_one_whole_session)
{
    const verdict_t last = tell(s, AUTHORIZED "block 0 abcd; nak 0; block 4 efgh; stored 4; block 0 abcd; stored 0");
    g_assert_cmpuint(number_of(last), ==, 0);
    g_assert_cmpuint(last->bytes_acked, ==, 8);
    g_assert_cmpuint(last->retries, ==, 1);
    assert_state(tell(s, "check 8; checksum good; upgrade; going; finished"), COMPLETED);
    g_assert_cmpuint(number_of(s->verdict), ==, 0);
    assert_image(s->verdict->session, "abcdefgh");
}

RULE(block_0_that_is_unanswered_and_sent_again_after_block_1_is_one_whole_session)
{
    const verdict_t last = tell(s, AUTHORIZED "block 0 abcd; block 4 efgh; stored 4; block 0 abcd; stored 0");
    g_assert_cmpuint(number_of(last), ==, 0);
    g_assert_cmpuint(last->bytes_acked, ==, 8);
}

RULE(confirmed_block_0_with_the_same_bytes_is_a_repetition)
{
    const verdict_t last = tell(s, UNDER_WAY "block 0 abcd");
    g_assert_cmpuint(number_of(last), ==, 0);
    g_assert_cmpuint(last->exchange->attempt, ==, 2);
}

RULE(first_block_may_come_after_others)
{
    const verdict_t last = tell(s, AUTHORIZED "block 4 efgh; stored 4; block 0 abcd; stored 0");
    g_assert_cmpuint(number_of(last), ==, 0);
    g_assert_cmpuint(last->bytes_acked, ==, 8);
}

RULE(transfer_goes_on_after_a_refusal_and_a_new_authorization)
{
    const verdict_t last = tell(s, UNDER_WAY "block 8 ijkl; refused 8; authorize; granted; block 8 ijkl; stored 8");
    g_assert_cmpuint(number_of(last), ==, 0);
    g_assert_cmpuint(last->bytes_acked, ==, 12);
    assert_state(last, TRANSFERRING);
    assert_image(last->session, "abcdefghijkl");
}

RULE(transfer_goes_on_after_an_expiry_and_a_new_authorization)
{
    const verdict_t again = tell(s, UNDER_WAY "wait 1500; authorize");
    assert_note(again, EXPIRED);
    assert_state(again, EXPIRED);
    const verdict_t last = tell(s, "granted; block 8 ijkl; stored 8");
    g_assert_cmpuint(number_of(last), ==, 0);
    g_assert_cmpuint(last->bytes_acked, ==, 12);
}

RULE(transfer_goes_on_over_connections_with_or_without_an_authorization)
{
    const uint32_t before = tell(s, UNDER_WAY)->exchange->number;
    const verdict_t here = tell(s, "place 1; block 8 ijkl");
    g_assert_cmpuint(number_of(here), ==, 0);
    g_assert_cmpuint(here->continued_from, ==, before);
    g_assert_cmpuint(tell(s, "stored 8")->continued_from, ==, 0);
    const verdict_t there = tell(s, "place 2; authorize; granted; block 12 mnop; stored 12");
    g_assert_cmpuint(number_of(there), ==, 0);
    g_assert_cmpuint(there->bytes_acked, ==, 16);
    g_assert_cmpuint(vt600_series_count(&there->session->streams), ==, 3);
}

RULE(transfer_goes_on_after_one_denial)
{
    const verdict_t last =
        tell(s, UNDER_WAY "refused 8; authorize; denied; authorize; granted; block 8 ijkl; stored 8");
    g_assert_cmpuint(number_of(last), ==, 0);
    g_assert_cmpuint(last->bytes_acked, ==, 12);
}

RULE(denied_twice_then_granted_and_completed_is_one_session)
{
    assert_state(tell(s, "authorize; denied; authorize; denied"), REFUSED);
    assert_state(
        tell(s, "authorize; granted; block 0 abcd; stored 0; check 4; checksum good; upgrade; going; finished"),
        COMPLETED);
    g_assert_cmpuint(number_of(s->verdict), ==, 0);
    g_assert_cmpuint(s->verdict->bytes_acked, ==, 4);
}

RULE(check_that_was_refused_is_not_the_end)
{
    const verdict_t last = tell(s, UNDER_WAY "check 12; refused 8; authorize; granted; block 8 ijkl; stored 8");
    g_assert_cmpuint(number_of(last), ==, 0);
    g_assert_cmpuint(number_of(tell(s, "check 12; checksum good; authorize")), ==, 1);
}

RULE(upgrade_that_was_refused_is_not_the_end)
{
    const verdict_t last = tell(s, WHOLE "upgrade; forbidden; authorize; granted; upgrade; going");
    g_assert_cmpuint(number_of(last), ==, 0);
    assert_state(last, UPGRADING);
    g_assert_cmpuint(number_of(tell(s, "authorize")), ==, 1);
}

/* What opens the next one. */

RULE(authorization_and_block_0_after_a_confirmed_block_open_another_session)
{
    tell(s, UNDER_WAY "wait 5");
    vt600_session_t *const first = s->verdict->session;
    const uint32_t last = s->number;
    tell(s, "query; info V1.38; authorize; bad block 0 abcd; granted");
    g_assert_true(s->verdict->session == first); /* so far */
    const verdict_t block = tell(s, "block 0 abcd");
    g_assert_cmpuint(number_of(block), ==, 1);
    g_assert_cmpuint(block->bytes_sent, ==, 4);
    g_assert_cmpuint(block->retries, ==, 0);
    g_assert_cmpuint(block->exchange->attempt, ==, 1);
    /* The authorization and what came after it are the next session's; the query before it stays. */
    g_assert_cmpuint(vt600_session_first_frame(block->session), ==, last + 3);
    g_assert_cmpuint(vt600_session_last_frame(first), ==, last + 2);
    g_assert_cmpuint(vt600_session_damaged_frames(block->session), ==, 1);
    g_assert_cmpuint(vt600_session_damaged_frames(first), ==, 0);
    g_assert_cmpuint(vt600_session_authorizations(block->session), ==, 1);
    g_assert_cmpuint(vt600_session_authorizations(first), ==, 1);
    g_assert_cmpuint(vt600_image_acknowledged(first->image), ==, 8);
    g_assert_cmpint(first->course.state, ==, VT600_TRANSFERRING);
    assert_state(block, TRANSFERRING);
}

RULE(query_between_an_authorization_and_block_0_does_not_hold_up_the_next_session)
{
    g_assert_cmpuint(number_of(tell(s, UNDER_WAY "authorize; granted; query; info V1.38; block 0 abcd")), ==, 1);
}

RULE(frames_of_the_leg_change_their_session_and_show_nothing_of_the_old_one)
{
    tell(s, UNDER_WAY);
    verdict_t frames[2];
    frames[0] = tell(s, "place 1; authorize");
    frames[1] = tell(s, "granted");
    vt600_session_t *const old = frames[0]->session;
    g_assert_cmpuint(frames[0]->bytes_acked, ==, 8);
    const verdict_t block = tell(s, "block 0 zzzz");
    for (unsigned i = 0; i < 2; i++) {
        g_assert_true(frames[i]->session == block->session);
        g_assert_true(frames[i]->exchange->session == block->session || frames[i]->exchange->session == NULL);
        g_assert_cmpuint(frames[i]->bytes_acked, ==, 0);
        g_assert_cmpuint(frames[i]->bytes_sent, ==, 0);
        g_assert_cmpuint(frames[i]->blocks_acked, ==, 0);
        g_assert_cmpuint(frames[i]->continued_from, ==, 0);
    }
    assert_state(frames[0], AUTHORIZING);
    assert_state(frames[1], AUTHORIZED);
    g_assert_cmpuint(vt600_series_count(&block->session->streams), ==, 1);
    g_assert_cmpuint(vt600_series_count(&old->streams), ==, 1);
    g_assert_true(old->course.place == &s->places[0]);
}

RULE(late_answer_stays_with_the_session_of_its_request)
{
    tell(s, UNDER_WAY "block 8 ijkl; authorize");
    vt600_session_t *const first = s->verdict->session;
    const verdict_t late = tell(s, "stored 8");
    tell(s, "granted; block 0 abcd; stored 0");
    g_assert_cmpuint(number_of(s->verdict), ==, 1);
    g_assert_true(late->session == first);
    g_assert_cmpuint(vt600_image_acknowledged(first->image), ==, 12);
    g_assert_cmpuint(vt600_session_last_frame(first), ==, late->exchange->number);
    g_assert_cmpuint(s->verdict->bytes_acked, ==, 4);
}

RULE(answer_comes_to_the_session_of_its_request_however_late)
{
    tell(s, UNDER_WAY "block 8 ijkl; cancel; cancelled; authorize; granted; block 0 mnop; stored 0");
    g_assert_cmpuint(number_of(s->verdict), ==, 1);
    const verdict_t late = tell(s, "wait 86400; stored 8");
    g_assert_cmpuint(number_of(late), ==, 0);
    g_assert_cmpuint(late->bytes_acked, ==, 12);
}

RULE(block_0_with_other_bytes_opens_another_session_without_an_authorization)
{
    const verdict_t block = tell(s, UNDER_WAY "block 0 mnop");
    g_assert_cmpuint(number_of(block), ==, 1);
    g_assert_cmpuint(block->bytes_sent, ==, 4);
    assert_state(block, TRANSFERRING);
    assert_no_note(block, UNAUTHORIZED);
    assert_no_note(block, OVERLAP);
}

RULE(block_0_opens_another_session_where_the_capture_started_in_the_middle)
{
    tell(s, "place 2; block 128 abcd; stored 128; block 132 efgh; stored 132");
    g_assert_cmpuint(number_of(tell(s, "block 0 mnop")), ==, 1);
}

RULE(after_its_end_query_authorization_and_block_0_open_the_next_session)
{
    static const char *const ends[] = {"check 8; checksum good; ",
                                       "check 8; ",
                                       "cancel; ",
                                       "cancel; cancelled; ",
                                       "check 8; checksum good; upgrade; going; ",
                                       "check 8; checksum good; upgrade; going; finished; "};
    static const char *const openers[] = {"query", "authorize", "block 0 abcd"};
    uint32_t count = 0;
    for (unsigned end = 0; end < G_N_ELEMENTS(ends); end++)
        for (unsigned opener = 0; opener < G_N_ELEMENTS(openers); opener++) {
            g_autofree char *dialog = g_strconcat(UNDER_WAY, ends[end], openers[opener], NULL);
            const verdict_t next = tell(s, dialog);
            g_assert_cmpuint(number_of(next), ==, ++count);
            g_assert_cmpuint(vt600_session_first_frame(next->session), ==, s->number);
            tell(s, "cancel; cancelled");
            count++;
        }
}

RULE(before_its_end_a_query_opens_none)
{
    g_assert_cmpuint(number_of(tell(s, UNDER_WAY "query; info V1.38; block 8 ijkl; stored 8")), ==, 0);
    g_assert_cmpuint(s->verdict->bytes_acked, ==, 12);
}

RULE(next_session_after_the_end_gets_no_image_of_the_one_before)
{
    tell(s, GOING "place 1; authorize; granted; block 128 wxyz; stored 128");
    g_assert_cmpuint(number_of(s->verdict), ==, 1);
    g_assert_cmpuint(s->verdict->bytes_acked, ==, 4);
    tell(s, "cancel; cancelled");
    g_assert_cmpuint(number_of(s->verdict), ==, 1);
    assert_state(s->verdict, CANCELLED);
}

RULE(cancel_that_the_tracker_does_not_answer_is_an_end)
{
    assert_state(tell(s, UNDER_WAY "cancel"), CANCELLING);
    g_assert_cmpuint(number_of(tell(s, "authorize")), ==, 1);
    const verdict_t late = tell(s, "cancelled");
    g_assert_cmpuint(number_of(late), ==, 0);
    assert_state(late, CANCELLED);
    assert_note(late, CANCELLED);
}

RULE(finished_after_the_next_authorization_is_the_second_answer_to_the_upgrade)
{
    tell(s, GOING);
    verdict_t upgrade = s->verdict;
    tell(s, "place 1; query; info V1.40; authorize; granted");
    g_assert_cmpuint(number_of(s->verdict), ==, 1);
    const verdict_t finished = tell(s, "finished");
    g_assert_cmpuint(number_of(finished), ==, 0);
    assert_state(finished, COMPLETED);
    g_assert_true(finished->exchange->request == upgrade->exchange->request);
    g_assert_true(finished->exchange->finished);
    assert_state(tell(s, "block 0 abcd"), TRANSFERRING);
    g_assert_cmpuint(number_of(s->verdict), ==, 1);
}

RULE(further_answer_belongs_to_the_latest_session_and_has_no_request)
{
    tell(s, UNDER_WAY "check 8; checksum good; checksum good");
    g_assert_cmpuint(number_of(s->verdict), ==, 0);
    g_assert_true(s->verdict->exchange->unsolicited);
    g_assert_null(s->verdict->exchange->request);
}

RULE(numbers_are_given_in_order_and_never_twice)
{
    for (uint32_t i = 0; i < 20; i++) {
        const verdict_t block = tell(s, "authorize; granted; block 0 abcd; stored 0; authorize; granted; block 0 abcd");
        g_assert_cmpuint(number_of(block), ==, 2 * i + 1);
        tell(s, "cancel; cancelled");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(session, query_authorization_and_block_open_a_session);
    ADD(session, capture_may_start_at_the_check_the_upgrade_or_finished);
    ADD(session, answers_whose_request_the_capture_lacks_open_a_session);
    ADD(session, damaged_frames_and_other_commands_open_none);
    ADD(session, devices_are_apart_on_one_connection);
    ADD(session, query_alone_stays_queried);
    ADD(session, repeated_requests_belong_to_one_session);
    ADD(session, block_0_that_is_refused_and_sent_again_after_block_1_is_one_whole_session);
    ADD(session, block_0_that_is_unanswered_and_sent_again_after_block_1_is_one_whole_session);
    ADD(session, confirmed_block_0_with_the_same_bytes_is_a_repetition);
    ADD(session, first_block_may_come_after_others);
    ADD(session, transfer_goes_on_after_a_refusal_and_a_new_authorization);
    ADD(session, transfer_goes_on_after_an_expiry_and_a_new_authorization);
    ADD(session, transfer_goes_on_over_connections_with_or_without_an_authorization);
    ADD(session, transfer_goes_on_after_one_denial);
    ADD(session, denied_twice_then_granted_and_completed_is_one_session);
    ADD(session, check_that_was_refused_is_not_the_end);
    ADD(session, upgrade_that_was_refused_is_not_the_end);
    ADD(session, authorization_and_block_0_after_a_confirmed_block_open_another_session);
    ADD(session, query_between_an_authorization_and_block_0_does_not_hold_up_the_next_session);
    ADD(session, frames_of_the_leg_change_their_session_and_show_nothing_of_the_old_one);
    ADD(session, late_answer_stays_with_the_session_of_its_request);
    ADD(session, answer_comes_to_the_session_of_its_request_however_late);
    ADD(session, block_0_with_other_bytes_opens_another_session_without_an_authorization);
    ADD(session, block_0_opens_another_session_where_the_capture_started_in_the_middle);
    ADD(session, after_its_end_query_authorization_and_block_0_open_the_next_session);
    ADD(session, before_its_end_a_query_opens_none);
    ADD(session, next_session_after_the_end_gets_no_image_of_the_one_before);
    ADD(session, cancel_that_the_tracker_does_not_answer_is_an_end);
    ADD(session, finished_after_the_next_authorization_is_the_second_answer_to_the_upgrade);
    ADD(session, further_answer_belongs_to_the_latest_session_and_has_no_request);
    ADD(session, numbers_are_given_in_order_and_never_twice);
    return g_test_run();
}
