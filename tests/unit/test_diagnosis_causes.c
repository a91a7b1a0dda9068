/* test_diagnosis_causes.c
 *
 * Each outcome and each cause that a diagnosis knows, and its evidence: the
 * frames with a "!".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session_story.h"

#define NO_ONE  VT600_NOBODY
#define TRACKER VT600_PARTY_TRACKER
#define SERVER  VT600_PARTY_SERVER
#define NETWORK VT600_PARTY_NETWORK
#define CAPTURE VT600_PARTY_CAPTURE

/* It has its firmware. */

RULE(update_is_confirmed_by_another_version_from_a_query_or_from_the_identity)
{
    tell(s, GOING);
    vt600_session_t *session = s->verdict->session;
    tell(s, "place 1; login; identity V1.40!; wait 100");
    assert_diagnosis_of(s, session, CONFIRMED, NONE, NO_ONE);
    tell(s, "query; info V1.41"); /* the first one is the evidence */
    assert_diagnosis_of(s, session, CONFIRMED, NONE, NO_ONE);
    g_assert_cmpstr(session->after.version, ==, "V1.41");
}

RULE(finished_and_then_another_version_are_both_evidence)
{
    tell(s, GOING "finished!");
    vt600_session_t *session = s->verdict->session;
    tell(s, "query; info V1.40!");
    assert_diagnosis_of(s, session, CONFIRMED, NONE, NO_ONE);
}

RULE(other_version_after_an_unanswered_order_confirms)
{
    tell(s, WHOLE "upgrade");
    vt600_session_t *session = s->verdict->session;
    tell(s, "wait 60; place 1; login; query; info V1.40!");
    assert_diagnosis_of(s, session, CONFIRMED, NONE, NO_ONE);
}

RULE(other_version_after_a_refused_order_confirms_nothing)
{
    tell(s, WHOLE "upgrade; forbidden!");
    vt600_session_t *session = s->verdict->session;
    tell(s, "identity V1.40; wait 60");
    assert_diagnosis_of(s, session, NO, UPGRADE_REFUSED, TRACKER);
}

RULE(finished_is_reported)
{
    tell(s, GOING "finished!; wait 100");
    assert_diagnosis(s, REPORTED, NONE, NO_ONE);
}

RULE(finished_alone_is_reported)
{
    tell(s, "place 2; finished!; wait 100");
    assert_diagnosis(s, REPORTED, NONE, NO_ONE);
}

RULE(finished_and_then_the_old_version_is_reported)
{
    tell(s, GOING "finished!");
    vt600_session_t *session = s->verdict->session;
    tell(s, "place 1; login; query; info V1.38");
    assert_diagnosis_of(s, session, REPORTED, NONE, NO_ONE);
}

RULE(without_a_version_before_no_version_after_confirms)
{
    tell(s, "authorize; granted; block 0 abcd; stored 0; check 4; checksum good; upgrade; going!");
    vt600_session_t *session = s->verdict->session;
    tell(s, "place 1; login; query; info V1.40; wait 100");
    assert_diagnosis_of(s, session, UNKNOWN, UPGRADE_UNCONFIRMED, NO_ONE);
}

RULE(query_alone_is_not_judged)
{
    tell(s, "query; info V1.38!; wait 100");
    assert_diagnosis(s, NOT_JUDGED, NONE, NO_ONE);
    g_assert_null(vt600_updated_name(diagnose(s, s->verdict->session).updated));
}

/* A row of the table each. */

RULE(authorization_denied)
{
    tell(s, "query; info V1.38; authorize; denied!; wait 100");
    assert_diagnosis(s, NO, AUTHORIZATION_DENIED, TRACKER);
}

RULE(each_denial_is_evidence)
{
    tell(s, "authorize; denied!; authorize; denied!; authorize; denied!");
    assert_diagnosis(s, NO, AUTHORIZATION_DENIED, TRACKER);
}

RULE(denial_before_a_grant_is_no_evidence_of_a_later_one)
{
    tell(s, "authorize; denied; authorize; granted; block 0 abcd; refused 0; authorize; denied!; authorize; denied!");
    assert_diagnosis(s, NO, AUTHORIZATION_DENIED, TRACKER);
}

RULE(authorization_expired)
{
    tell(s, UNDER_WAY "wait 1300; block 8 ijkl; refused 8!; wait 100");
    assert_diagnosis(s, NO, AUTHORIZATION_EXPIRED, SERVER);
}

RULE(authorization_lost)
{
    tell(s, UNDER_WAY "block 8 ijkl; refused 8!; wait 100");
    assert_diagnosis(s, NO, AUTHORIZATION_LOST, TRACKER);
}

RULE(each_refusal_is_evidence)
{
    tell(s, UNDER_WAY "block 8 ijkl; refused 8!; block 8 ijkl; refused 8!; wait 100");
    assert_diagnosis(s, NO, AUTHORIZATION_LOST, TRACKER);
}

RULE(authorization_expires_just_after_the_time_out)
{
    tell(s, UNDER_WAY "wait 1200; block 8 ijkl; refused 8!");
    assert_diagnosis(s, NO, AUTHORIZATION_LOST, TRACKER);
    tell(s, "device 2");
    g_array_set_size(s->marked, 0);
    tell(s, UNDER_WAY "wait 1200.000001; block 8 ijkl; refused 8!");
    assert_diagnosis(s, NO, AUTHORIZATION_EXPIRED, SERVER);
}

RULE(without_a_time_out_an_authorization_is_lost_however_late)
{
    s->timeout = 0;
    tell(s, UNDER_WAY "wait 1000000; block 8 ijkl; refused 8!");
    assert_diagnosis(s, NO, AUTHORIZATION_LOST, TRACKER);
}

RULE(unanswered_authorization)
{
    tell(s, "query; info V1.38; authorize!; wait 31");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
}

RULE(unanswered_block_names_its_first_and_last_sending)
{
    tell(s, UNDER_WAY "block 8 ijkl!; wait 10; block 8 ijkl; wait 10; block 8 ijkl!; wait 31");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
    g_assert_cmpint(diagnose(s, s->verdict->session).pause, ==, 51 * SECOND);
}

RULE(sending_that_was_answered_is_no_evidence)
{
    tell(s, UNDER_WAY "block 8 ijkl; nak 8; block 8 ijkl!; wait 31");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
}

RULE(unanswered_upgrade_leaves_the_outcome_unknown)
{
    tell(s, WHOLE "upgrade!; wait 31");
    assert_diagnosis(s, UNKNOWN, UNANSWERED, TRACKER);
}

RULE(unanswered_check)
{
    tell(s, UNDER_WAY "check 8!; wait 31");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
}

RULE(unanswered_query_in_the_middle)
{
    tell(s, AUTHORIZED "query!; wait 31");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
}

RULE(server_stopped)
{
    tell(s, UNDER_WAY);
    g_array_append_val(s->marked, s->number);
    tell(s, "wait 31");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
    g_assert_cmpint(diagnose(s, s->verdict->session).pause, ==, 31 * SECOND);
}

RULE(server_stopped_after_a_check_that_fits)
{
    tell(s, UNDER_WAY "check 8; checksum good!; wait 31");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(server_stopped_after_an_answer_to_a_query)
{
    tell(s, UNDER_WAY "query; info V1.38!; wait 31");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(connection_closed_by_the_tracker)
{
    tell(s, UNDER_WAY "block 8 ijkl!; wait 3; close tracker FIN!; wait 100");
    assert_diagnosis(s, NO, CONNECTION_CLOSED, TRACKER);
}

RULE(connection_closed_by_the_server)
{
    tell(s, AUTHORIZED "block 0 abcd; stored 0!; wait 3; close server RST!; wait 100");
    assert_diagnosis(s, NO, CONNECTION_CLOSED, SERVER);
}

RULE(connection_closed_after_the_order_leaves_the_outcome_unknown)
{
    tell(s, WHOLE "upgrade!; close tracker FIN!; wait 100");
    assert_diagnosis(s, UNKNOWN, CONNECTION_CLOSED, TRACKER);
}

RULE(block_refused)
{
    tell(s, UNDER_WAY "block 8 ijkl; nak 8!; block 8 ijkl; nak 8!; block 8 ijkl; nak 8!; wait 100");
    assert_diagnosis(s, NO, BLOCK_REFUSED, TRACKER);
}

RULE(block_that_failed_twice_is_not_refused)
{
    tell(s, UNDER_WAY "block 8 ijkl; nak 8; block 8 ijkl; nak 8!; wait 100");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(frames_damaged_by_the_server)
{
    tell(s, UNDER_WAY "bad block 8 ijkl!; bad block 8 ijkl; bad block 8 ijkl!; wait 100");
    assert_diagnosis(s, NO, FRAMES_DAMAGED, SERVER);
}

RULE(frames_damaged_by_the_tracker)
{
    tell(s, UNDER_WAY "block 8 ijkl; bad stored 8!; block 8 ijkl; bad stored 8!; wait 100");
    assert_diagnosis(s, NO, FRAMES_DAMAGED, TRACKER);
}

RULE(one_damaged_frame_is_not_the_cause)
{
    tell(s, UNDER_WAY "block 8 ijkl!; bad stored 8; wait 100");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
}

RULE(image_incomplete_where_a_block_was_never_sent)
{
    tell(s, AUTHORIZED "block 0 abcd; stored 0; block 8 ijkl; stored 8; check 12; checksum 0x1234!; wait 100");
    assert_diagnosis(s, NO, IMAGE_INCOMPLETE, SERVER);
}

RULE(image_incomplete_where_a_block_was_never_confirmed)
{
    tell(s, UNDER_WAY "block 8 ijkl; block 12 mnop; stored 12; check 16; checksum 0x1234!; wait 100");
    assert_diagnosis(s, NO, IMAGE_INCOMPLETE, SERVER);
}

RULE(image_incomplete_where_the_check_names_a_longer_image)
{
    tell(s, UNDER_WAY "check 12; checksum 0x1234!; wait 100");
    assert_diagnosis(s, NO, IMAGE_INCOMPLETE, SERVER);
}

RULE(checksum_differs)
{
    tell(s, UNDER_WAY "check 8; checksum 0x1234!; wait 100");
    assert_diagnosis(s, NO, CHECKSUM_DIFFERS, NO_ONE);
}

RULE(checksum_by_another_algorithm_does_not_differ)
{
    tell(s, UNDER_WAY "check 8; checksum 804!; wait 100"); /* the sum of its bytes */
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
    g_assert_cmpint(s->verdict->session->algorithm, ==, 5);
}

RULE(cancelled)
{
    tell(s, UNDER_WAY "cancel!; cancelled; wait 100");
    assert_diagnosis(s, NO, CANCELLED, SERVER);
}

RULE(upgrade_refused)
{
    tell(s, WHOLE "upgrade; forbidden!; wait 100");
    assert_diagnosis(s, NO, UPGRADE_REFUSED, TRACKER);
}

RULE(upgrade_failed_on_a_new_connection)
{
    tell(s, "query; info V1.38!; authorize; granted; block 0 abcd; stored 0; check 4; checksum good; upgrade; going");
    vt600_session_t *session = s->verdict->session;
    tell(s, "wait 40; place 1; query; info V1.38!; wait 100");
    assert_diagnosis_of(s, session, NO, UPGRADE_FAILED, TRACKER);
}

RULE(upgrade_failed_after_a_login)
{
    tell(s, "query; info V1.38!; authorize; granted; block 0 abcd; stored 0; check 4; checksum good; upgrade; going");
    vt600_session_t *session = s->verdict->session;
    tell(s, "wait 40; login; identity V1.38!; wait 100");
    assert_diagnosis_of(s, session, NO, UPGRADE_FAILED, TRACKER);
}

RULE(same_version_before_the_restart_does_not_fail_the_upgrade)
{
    tell(s, GOING);
    g_array_append_val(s->marked, s->number);
    vt600_session_t *session = s->verdict->session;
    tell(s, "query; info V1.38; wait 100");
    assert_diagnosis_of(s, session, UNKNOWN, UPGRADE_UNCONFIRMED, NO_ONE);
}

RULE(upgrade_unconfirmed)
{
    tell(s, WHOLE "upgrade; going!; wait 31");
    assert_diagnosis(s, UNKNOWN, UPGRADE_UNCONFIRMED, NO_ONE);
}

RULE(upgrade_unconfirmed_where_the_restart_closes_the_connection)
{
    tell(s, WHOLE "upgrade; going!; close tracker FIN; wait 10");
    assert_diagnosis(s, UNKNOWN, UPGRADE_UNCONFIRMED, NO_ONE);
}

RULE(capture_incomplete_with_one_direction)
{
    tell(s, "query; authorize; block 0 abcd; block 4 efgh; check 8!; wait 100");
    assert_diagnosis(s, UNKNOWN, CAPTURE_INCOMPLETE, CAPTURE);
    tell(s, "device 2; place 3");
    g_array_set_size(s->marked, 0);
    tell(s, "granted; stored 0; stored 4; checksum 1!; wait 100");
    assert_diagnosis(s, UNKNOWN, CAPTURE_INCOMPLETE, CAPTURE);
}

RULE(capture_incomplete_where_it_lost_bytes_after_the_last_frame)
{
    tell(s, UNDER_WAY "block 8 ijkl!");
    vt600_session_t *session = s->verdict->session;
    tell(s, "lose; position; wait 100");
    assert_diagnosis_of(s, session, UNKNOWN, CAPTURE_INCOMPLETE, CAPTURE);
}

RULE(capture_ended)
{
    tell(s, UNDER_WAY "block 8 ijkl!; wait 10");
    assert_diagnosis(s, RUNNING, CAPTURE_ENDED, CAPTURE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(diagnosis, update_is_confirmed_by_another_version_from_a_query_or_from_the_identity);
    ADD(diagnosis, finished_and_then_another_version_are_both_evidence);
    ADD(diagnosis, other_version_after_an_unanswered_order_confirms);
    ADD(diagnosis, other_version_after_a_refused_order_confirms_nothing);
    ADD(diagnosis, finished_is_reported);
    ADD(diagnosis, finished_alone_is_reported);
    ADD(diagnosis, finished_and_then_the_old_version_is_reported);
    ADD(diagnosis, without_a_version_before_no_version_after_confirms);
    ADD(diagnosis, query_alone_is_not_judged);
    ADD(diagnosis, authorization_denied);
    ADD(diagnosis, each_denial_is_evidence);
    ADD(diagnosis, denial_before_a_grant_is_no_evidence_of_a_later_one);
    ADD(diagnosis, authorization_expired);
    ADD(diagnosis, authorization_lost);
    ADD(diagnosis, each_refusal_is_evidence);
    ADD(diagnosis, authorization_expires_just_after_the_time_out);
    ADD(diagnosis, without_a_time_out_an_authorization_is_lost_however_late);
    ADD(diagnosis, unanswered_authorization);
    ADD(diagnosis, unanswered_block_names_its_first_and_last_sending);
    ADD(diagnosis, sending_that_was_answered_is_no_evidence);
    ADD(diagnosis, unanswered_upgrade_leaves_the_outcome_unknown);
    ADD(diagnosis, unanswered_check);
    ADD(diagnosis, unanswered_query_in_the_middle);
    ADD(diagnosis, server_stopped);
    ADD(diagnosis, server_stopped_after_a_check_that_fits);
    ADD(diagnosis, server_stopped_after_an_answer_to_a_query);
    ADD(diagnosis, connection_closed_by_the_tracker);
    ADD(diagnosis, connection_closed_by_the_server);
    ADD(diagnosis, connection_closed_after_the_order_leaves_the_outcome_unknown);
    ADD(diagnosis, block_refused);
    ADD(diagnosis, block_that_failed_twice_is_not_refused);
    ADD(diagnosis, frames_damaged_by_the_server);
    ADD(diagnosis, frames_damaged_by_the_tracker);
    ADD(diagnosis, one_damaged_frame_is_not_the_cause);
    ADD(diagnosis, image_incomplete_where_a_block_was_never_sent);
    ADD(diagnosis, image_incomplete_where_a_block_was_never_confirmed);
    ADD(diagnosis, image_incomplete_where_the_check_names_a_longer_image);
    ADD(diagnosis, checksum_differs);
    ADD(diagnosis, checksum_by_another_algorithm_does_not_differ);
    ADD(diagnosis, cancelled);
    ADD(diagnosis, upgrade_refused);
    ADD(diagnosis, upgrade_failed_on_a_new_connection);
    ADD(diagnosis, upgrade_failed_after_a_login);
    ADD(diagnosis, same_version_before_the_restart_does_not_fail_the_upgrade);
    ADD(diagnosis, upgrade_unconfirmed);
    ADD(diagnosis, upgrade_unconfirmed_where_the_restart_closes_the_connection);
    ADD(diagnosis, capture_incomplete_with_one_direction);
    ADD(diagnosis, capture_incomplete_where_it_lost_bytes_after_the_last_frame);
    ADD(diagnosis, capture_ended);
    return g_test_run();
}
