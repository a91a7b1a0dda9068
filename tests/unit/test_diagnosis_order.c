/* test_diagnosis_order.c
 *
 * Which rule of a diagnosis decides where several apply, and what a cancel
 * changes. Evidence: the frames with a "!".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session_story.h"

#define NO_ONE  VT600_NOBODY
#define TRACKER VT600_PARTY_TRACKER
#define SERVER  VT600_PARTY_SERVER
#define NETWORK VT600_PARTY_NETWORK
#define CAPTURE VT600_PARTY_CAPTURE

/* Rule 1 comes before all others. */

RULE(finished_comes_before_a_cancel)
{
    tell(s, GOING "finished!; cancel; wait 100");
    assert_diagnosis(s, REPORTED, NONE, NO_ONE);
}

RULE(finished_comes_before_lost_bytes_and_damaged_frames)
{
    tell(s, GOING "bad going; bad going; finished!");
    vt600_session_t *session = s->verdict->session;
    tell(s, "lose; position; wait 100");
    assert_diagnosis_of(s, session, REPORTED, NONE, NO_ONE);
}

RULE(another_version_comes_before_a_cancel)
{
    tell(s, GOING "cancel; cancelled");
    vt600_session_t *session = s->verdict->session;
    tell(s, "place 1; login; identity V1.40!; wait 100");
    assert_diagnosis_of(s, session, CONFIRMED, NONE, NO_ONE);
}

RULE(another_version_counts_also_with_one_direction)
{
    tell(s, "info V1.38; granted; stored 0; checksum 1; going");
    vt600_session_t *session = s->verdict->session;
    tell(s, "login; identity V1.40!; wait 100");
    assert_diagnosis_of(s, session, CONFIRMED, NONE, NO_ONE);
}

RULE(versions_after_the_next_order_say_nothing_of_the_one_before)
{
    tell(s, GOING);
    g_array_append_val(s->marked, s->number);
    vt600_session_t *session = s->verdict->session;
    tell(s, "place 1; authorize; granted; block 0 mnop; stored 0; check 4; checksum good; upgrade; going; login;"
            "identity V1.40; wait 100");
    assert_diagnosis_of(s, session, UNKNOWN, UPGRADE_UNCONFIRMED, NO_ONE);
}

/* Rule 2: the tracker's last answer. */

RULE(refusal_comes_before_silence_after_it)
{
    tell(s, UNDER_WAY "block 8 ijkl; refused 8!; authorize; wait 10; authorize; wait 100");
    assert_diagnosis(s, NO, AUTHORIZATION_LOST, TRACKER);
}

RULE(refusal_comes_before_a_closing)
{
    tell(s, UNDER_WAY "block 8 ijkl; refused 8!; close server FIN; wait 100");
    assert_diagnosis(s, NO, AUTHORIZATION_LOST, TRACKER);
}

RULE(refusal_comes_before_the_end_of_the_capture)
{
    tell(s, "authorize; denied!; wait 1");
    assert_diagnosis(s, NO, AUTHORIZATION_DENIED, TRACKER);
}

RULE(refusal_comes_before_lost_bytes)
{
    tell(s, UNDER_WAY "block 8 ijkl; refused 8!");
    vt600_session_t *session = s->verdict->session;
    tell(s, "lose; position; wait 100");
    assert_diagnosis_of(s, session, NO, AUTHORIZATION_LOST, TRACKER);
}

RULE(answers_to_queries_and_cancels_do_not_hide_a_refusal)
{
    tell(s, "authorize; denied!; query; info V1.38; wait 100");
    assert_diagnosis(s, NO, AUTHORIZATION_DENIED, TRACKER);
    tell(s, "cancel; cancelled; wait 100");
    assert_diagnosis(s, NO, AUTHORIZATION_DENIED, TRACKER);
}

RULE(grant_after_a_denial_hides_it)
{
    tell(s, "authorize; denied; authorize; granted!; wait 100");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(stored_block_after_a_refusal_hides_it)
{
    tell(s, UNDER_WAY "block 8 ijkl; refused 8; block 8 ijkl; stored 8!; wait 100");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(damaged_answer_after_a_refusal_does_not_hide_it)
{
    tell(s, UNDER_WAY "block 8 ijkl; refused 8!; block 8 ijkl; bad stored 8; wait 100");
    assert_diagnosis(s, NO, AUTHORIZATION_LOST, TRACKER);
}

RULE(cancel_after_a_refusal_changes_nothing)
{
    tell(s, UNDER_WAY "block 8 ijkl; refused 8!; cancel; cancelled; wait 100");
    assert_diagnosis(s, NO, AUTHORIZATION_LOST, TRACKER);
}

RULE(cancel_after_going_to_upgrade_changes_nothing)
{
    tell(s, WHOLE "upgrade; going!; wait 5; cancel; wait 100");
    assert_diagnosis(s, UNKNOWN, UPGRADE_UNCONFIRMED, NO_ONE);
}

/* Rule 3: a cancel, and what came before it. */

RULE(cancel_while_the_transfer_went_well_is_the_cause_itself)
{
    tell(s, UNDER_WAY "cancel!; wait 100");
    assert_diagnosis(s, NO, CANCELLED, SERVER);
}

RULE(cancel_without_an_answer_and_its_answer_without_a_request_are_cancels)
{
    tell(s, "device 1; authorize; granted; block 0 abcd; stored 0; cancel!; wait 100");
    assert_diagnosis(s, NO, CANCELLED, SERVER);
    g_array_set_size(s->marked, 0);
    tell(s, "device 2; authorize; granted; block 0 abcd; stored 0; cancelled!; wait 100");
    assert_diagnosis(s, NO, CANCELLED, SERVER);
}

RULE(cancel_comes_before_the_end_of_the_capture)
{
    tell(s, UNDER_WAY "cancel!; wait 1");
    assert_diagnosis(s, NO, CANCELLED, SERVER);
}

RULE(cancel_after_a_block_failed_three_times_is_block_refused)
{
    tell(s, UNDER_WAY "block 8 ijkl; nak 8!; block 8 ijkl; nak 8!; block 8 ijkl; nak 8!; cancel; cancelled; wait 100");
    assert_diagnosis(s, NO, BLOCK_REFUSED, TRACKER);
}

RULE(cancel_after_damaged_frames_is_frames_damaged)
{
    tell(s, UNDER_WAY "block 8 ijkl; bad stored 8!; block 8 ijkl; bad stored 8!; cancel; cancelled; wait 100");
    assert_diagnosis(s, NO, FRAMES_DAMAGED, TRACKER);
}

RULE(cancel_after_a_check_of_an_incomplete_image_is_image_incomplete)
{
    tell(s, UNDER_WAY "check 12; checksum 1!; cancel; cancelled; wait 100");
    assert_diagnosis(s, NO, IMAGE_INCOMPLETE, SERVER);
}

RULE(cancel_after_a_checksum_that_differs_is_checksum_differs)
{
    tell(s, UNDER_WAY "check 8; checksum 1!; cancel; cancelled; wait 100");
    assert_diagnosis(s, NO, CHECKSUM_DIFFERS, NO_ONE);
}

RULE(cancel_after_a_checksum_that_fits_is_the_cause_itself)
{
    tell(s, WHOLE "cancel!; cancelled; wait 100");
    assert_diagnosis(s, NO, CANCELLED, SERVER);
}

RULE(cancel_after_silence_longer_than_the_patience_is_unanswered)
{
    tell(s, UNDER_WAY "block 8 ijkl!; wait 20; block 8 ijkl!; wait 20; cancel; cancelled; wait 100");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
}

RULE(cancel_before_the_patience_ends_is_the_cause_itself)
{
    tell(s, UNDER_WAY "block 8 ijkl; wait 29.999999; cancel!; cancelled; wait 100");
    assert_diagnosis(s, NO, CANCELLED, SERVER);
}

RULE(cancel_after_the_server_paused_is_the_cause_itself)
{
    tell(s, UNDER_WAY "wait 60; cancel!; cancelled; wait 100");
    assert_diagnosis(s, NO, CANCELLED, SERVER);
}

RULE(cancel_on_a_new_connection_is_the_cause_itself)
{
    tell(s, UNDER_WAY "block 8 ijkl; close tracker FIN; wait 10; place 1; cancel!; cancelled; wait 100");
    assert_diagnosis(s, NO, CANCELLED, SERVER);
}

RULE(cancel_after_lost_bytes_is_the_cause_itself)
{
    tell(s, UNDER_WAY "block 8 ijkl; wait 40; lose; position; cancel!; cancelled; wait 100");
    assert_diagnosis(s, NO, CANCELLED, SERVER);
}

RULE(cancel_after_an_unanswered_order_is_unanswered_and_not_updated)
{
    tell(s, WHOLE "upgrade!; wait 40; cancel; cancelled; wait 100");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
}

RULE(cancel_with_one_direction_is_the_cause_itself)
{
    tell(s, "authorize; block 0 abcd; wait 60; cancel!; wait 100");
    assert_diagnosis(s, NO, CANCELLED, SERVER);
}

RULE(cancel_as_the_first_frame_is_the_cause_itself)
{
    tell(s, "place 2; cancel!; cancelled; wait 100");
    assert_diagnosis(s, NO, CANCELLED, SERVER);
}

RULE(cancel_that_is_repeated_is_judged_by_its_first_sending)
{
    tell(s, UNDER_WAY "block 8 ijkl; wait 5; cancel!; wait 60; cancel; wait 60; cancel; wait 100");
    assert_diagnosis(s, NO, CANCELLED, SERVER);
}

/* Rule 4 and 5. */

RULE(one_direction_is_decided_by_frames_of_any_command)
{
    tell(s, "authorize; block 0 abcd; block 4 efgh!; wait 1");
    assert_diagnosis(s, UNKNOWN, CAPTURE_INCOMPLETE, CAPTURE);
    vt600_session_t *session = s->verdict->session;
    g_array_set_size(s->marked, 0);
    tell(s, "position; wait 100");
    g_array_append_vals(s->marked, (uint32_t[]){3}, 1);
    assert_diagnosis_of(s, session, NO, UNANSWERED, TRACKER);
}

RULE(one_direction_on_each_of_two_connections_is_both)
{
    tell(s, "place 2; block 128 abcd; place 3; stored 128!; wait 100");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(answer_that_was_cut_before_its_flag_decides_nothing)
{
    tell(s, UNDER_WAY "block 8 ijkl; cut stored 8!; wait 100");
    assert_diagnosis(s, UNKNOWN, CAPTURE_INCOMPLETE, CAPTURE);
}

RULE(end_of_the_capture_comes_before_what_failed_so_far)
{
    tell(s, UNDER_WAY "block 8 ijkl; nak 8; block 8 ijkl; nak 8; block 8 ijkl; nak 8!; wait 1");
    assert_diagnosis(s, RUNNING, CAPTURE_ENDED, CAPTURE);
    tell(s, "device 2");
    g_array_set_size(s->marked, 0);
    tell(s, UNDER_WAY "check 8; checksum 1!; wait 1");
    assert_diagnosis(s, RUNNING, CAPTURE_ENDED, CAPTURE);
}

RULE(going_to_upgrade_at_the_end_of_the_capture_is_running)
{
    tell(s, WHOLE "upgrade; going!; wait 30");
    assert_diagnosis(s, RUNNING, CAPTURE_ENDED, CAPTURE);
}

RULE(closing_within_the_patience_is_told_although_the_capture_ends_soon)
{
    tell(s, UNDER_WAY "block 8 ijkl!; close tracker RST!; wait 1");
    assert_diagnosis(s, NO, CONNECTION_CLOSED, TRACKER);
}

/* Rule 6 to 9. */

RULE(block_that_was_stored_since_is_not_refused)
{
    tell(s,
         UNDER_WAY "block 8 ijkl; nak 8; block 8 ijkl; nak 8; block 8 ijkl; nak 8; block 8 ijkl; stored 8!; wait 100");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(failures_count_since_the_block_was_last_stored)
{
    tell(s,
         UNDER_WAY "block 8 ijkl; nak 8; block 8 ijkl; nak 8; block 8 ijkl; stored 8; block 8 ijkl; nak 8!; wait 100");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(failures_of_several_blocks_do_not_add_up)
{
    tell(s, UNDER_WAY "block 8 ijkl; nak 8; block 12 mnop; nak 12; block 16 qrst; nak 16!; wait 100");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(transfer_that_went_on_after_three_failures_was_not_stopped_by_them)
{
    tell(s, UNDER_WAY
         "block 8 ijkl; nak 8; block 8 ijkl; nak 8; block 8 ijkl; nak 8; block 12 mnop; stored 12!; wait 100");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(refused_block_comes_before_damaged_frames)
{
    tell(s, UNDER_WAY "block 8 ijkl; nak 8!; block 8 ijkl; nak 8!; block 8 ijkl; nak 8!; bad block 8 ijkl;"
                      "bad block 8 ijkl; wait 100");
    assert_diagnosis(s, NO, BLOCK_REFUSED, TRACKER);
}

RULE(good_frame_of_the_side_ends_its_damage)
{
    tell(s, UNDER_WAY "bad block 8 ijkl; bad block 8 ijkl; block 8 ijkl!; wait 100");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
}

RULE(good_frames_of_the_other_side_do_not_end_the_damage)
{
    tell(s, UNDER_WAY "block 8 ijkl; bad stored 8!; block 8 ijkl; bad stored 8; block 8 ijkl; bad stored 8!; wait 100");
    assert_diagnosis(s, NO, FRAMES_DAMAGED, TRACKER);
}

RULE(damaged_frames_come_before_a_checksum_that_differs)
{
    tell(s, UNDER_WAY "check 8; checksum 1; bad upgrade!; bad upgrade!; wait 100");
    assert_diagnosis(s, NO, FRAMES_DAMAGED, SERVER);
}

RULE(missing_blocks_come_before_a_checksum_that_differs_and_silence)
{
    tell(s, UNDER_WAY "check 12; checksum 1!; close server FIN; wait 100");
    assert_diagnosis(s, NO, IMAGE_INCOMPLETE, SERVER);
}

RULE(order_takes_the_blame_from_the_check)
{
    tell(s, UNDER_WAY "check 12; checksum 1; upgrade!; wait 100");
    assert_diagnosis(s, UNKNOWN, UNANSWERED, TRACKER);
}

RULE(image_is_not_called_incomplete_where_the_capture_lost_bytes)
{
    tell(s, AUTHORIZED "block 0 abcd; stored 0; lose; block 8 ijkl; stored 8; check 12; checksum 1!; wait 100");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(image_is_not_called_incomplete_where_the_capture_starts_later)
{
    tell(s, "place 2; block 128 abcd; stored 128; check 132; checksum 1!; wait 100");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(image_is_not_called_incomplete_where_the_tracker_stored_what_was_not_seen)
{
    tell(s, AUTHORIZED "block 0 abcd; stored 0; stored 4; block 12 mnop; stored 12; check 16; checksum 1!; wait 100");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(image_is_not_called_incomplete_where_blocks_were_cut)
{
    tell(s, AUTHORIZED
         "block 0 abcd; stored 0; cut block 4 efgh; block 8 ijkl; stored 8; check 12; checksum 1!; wait 100");
    assert_diagnosis(s, NO, SERVER_STOPPED, SERVER);
}

RULE(lost_bytes_come_before_silence_and_closing)
{
    tell(s, UNDER_WAY "block 8 ijkl!");
    vt600_session_t *session = s->verdict->session;
    tell(s, "lose; position; close tracker FIN; wait 100");
    assert_diagnosis_of(s, session, UNKNOWN, CAPTURE_INCOMPLETE, CAPTURE);
}

RULE(bytes_lost_before_the_last_frame_change_nothing)
{
    tell(s, UNDER_WAY "lose; block 8 ijkl!; wait 100");
    assert_diagnosis(s, NO, UNANSWERED, TRACKER);
}

RULE(bytes_lost_on_an_earlier_connection_change_nothing)
{
    tell(s, UNDER_WAY "close tracker FIN; place 1; block 8 ijkl!");
    vt600_session_t *session = s->verdict->session;
    tell(s, "place 0; lose; position; wait 100");
    assert_diagnosis_of(s, session, NO, UNANSWERED, TRACKER);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(diagnosis, finished_comes_before_a_cancel);
    ADD(diagnosis, finished_comes_before_lost_bytes_and_damaged_frames);
    ADD(diagnosis, another_version_comes_before_a_cancel);
    ADD(diagnosis, another_version_counts_also_with_one_direction);
    ADD(diagnosis, versions_after_the_next_order_say_nothing_of_the_one_before);
    ADD(diagnosis, refusal_comes_before_silence_after_it);
    ADD(diagnosis, refusal_comes_before_a_closing);
    ADD(diagnosis, refusal_comes_before_the_end_of_the_capture);
    ADD(diagnosis, refusal_comes_before_lost_bytes);
    ADD(diagnosis, answers_to_queries_and_cancels_do_not_hide_a_refusal);
    ADD(diagnosis, grant_after_a_denial_hides_it);
    ADD(diagnosis, stored_block_after_a_refusal_hides_it);
    ADD(diagnosis, damaged_answer_after_a_refusal_does_not_hide_it);
    ADD(diagnosis, cancel_after_a_refusal_changes_nothing);
    ADD(diagnosis, cancel_after_going_to_upgrade_changes_nothing);
    ADD(diagnosis, cancel_while_the_transfer_went_well_is_the_cause_itself);
    ADD(diagnosis, cancel_without_an_answer_and_its_answer_without_a_request_are_cancels);
    ADD(diagnosis, cancel_comes_before_the_end_of_the_capture);
    ADD(diagnosis, cancel_after_a_block_failed_three_times_is_block_refused);
    ADD(diagnosis, cancel_after_damaged_frames_is_frames_damaged);
    ADD(diagnosis, cancel_after_a_check_of_an_incomplete_image_is_image_incomplete);
    ADD(diagnosis, cancel_after_a_checksum_that_differs_is_checksum_differs);
    ADD(diagnosis, cancel_after_a_checksum_that_fits_is_the_cause_itself);
    ADD(diagnosis, cancel_after_silence_longer_than_the_patience_is_unanswered);
    ADD(diagnosis, cancel_before_the_patience_ends_is_the_cause_itself);
    ADD(diagnosis, cancel_after_the_server_paused_is_the_cause_itself);
    ADD(diagnosis, cancel_on_a_new_connection_is_the_cause_itself);
    ADD(diagnosis, cancel_after_lost_bytes_is_the_cause_itself);
    ADD(diagnosis, cancel_after_an_unanswered_order_is_unanswered_and_not_updated);
    ADD(diagnosis, cancel_with_one_direction_is_the_cause_itself);
    ADD(diagnosis, cancel_as_the_first_frame_is_the_cause_itself);
    ADD(diagnosis, cancel_that_is_repeated_is_judged_by_its_first_sending);
    ADD(diagnosis, one_direction_is_decided_by_frames_of_any_command);
    ADD(diagnosis, one_direction_on_each_of_two_connections_is_both);
    ADD(diagnosis, answer_that_was_cut_before_its_flag_decides_nothing);
    ADD(diagnosis, end_of_the_capture_comes_before_what_failed_so_far);
    ADD(diagnosis, going_to_upgrade_at_the_end_of_the_capture_is_running);
    ADD(diagnosis, closing_within_the_patience_is_told_although_the_capture_ends_soon);
    ADD(diagnosis, block_that_was_stored_since_is_not_refused);
    ADD(diagnosis, failures_count_since_the_block_was_last_stored);
    ADD(diagnosis, failures_of_several_blocks_do_not_add_up);
    ADD(diagnosis, transfer_that_went_on_after_three_failures_was_not_stopped_by_them);
    ADD(diagnosis, refused_block_comes_before_damaged_frames);
    ADD(diagnosis, good_frame_of_the_side_ends_its_damage);
    ADD(diagnosis, good_frames_of_the_other_side_do_not_end_the_damage);
    ADD(diagnosis, damaged_frames_come_before_a_checksum_that_differs);
    ADD(diagnosis, missing_blocks_come_before_a_checksum_that_differs_and_silence);
    ADD(diagnosis, order_takes_the_blame_from_the_check);
    ADD(diagnosis, image_is_not_called_incomplete_where_the_capture_lost_bytes);
    ADD(diagnosis, image_is_not_called_incomplete_where_the_capture_starts_later);
    ADD(diagnosis, image_is_not_called_incomplete_where_the_tracker_stored_what_was_not_seen);
    ADD(diagnosis, image_is_not_called_incomplete_where_blocks_were_cut);
    ADD(diagnosis, lost_bytes_come_before_silence_and_closing);
    ADD(diagnosis, bytes_lost_before_the_last_frame_change_nothing);
    ADD(diagnosis, bytes_lost_on_an_earlier_connection_change_nothing);
    return g_test_run();
}
