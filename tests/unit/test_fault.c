/* test_fault.c
 *
 * How far frames can be trusted: built whole, then damaged in each way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>

#include "core/fault.h"
#include "frames.h"

/* A frame that the scanner may find, as most tests want it. */
static vt600_frame_t sound(void)
{
    return (vt600_frame_t){.found = VT600_FOUND_FRAME,
                           .end = VT600_END_BY_LENGTH,
                           .length_good = true,
                           .checksum = VT600_CHECKSUM_GOOD,
                           .terminator = VT600_TERMINATOR_GOOD};
}

static void is_judged(const vt600_frame_t *frame, bool check, vt600_trust_t trust, bool damaged, bool bad_checksum)
{
    const vt600_fault_t fault = vt600_fault_judge(frame, check);
    g_assert_cmpint(fault.trust, ==, trust);
    g_assert_cmpint(fault.damaged, ==, damaged);
    g_assert_cmpint(fault.bad_checksum, ==, bad_checksum);
}

static void a_sound_frame_is_whole(void)
{
    const vt600_frame_t frame = sound();
    is_judged(&frame, true, VT600_TRUST_WHOLE, false, false);
    is_judged(&frame, false, VT600_TRUST_WHOLE, false, false);
}

static void a_bad_checksum_takes_the_trust_away(void)
{
    vt600_frame_t frame = sound();
    frame.checksum = VT600_CHECKSUM_BAD;
    is_judged(&frame, true, VT600_TRUST_NONE, true, true);
}

static void a_checksum_that_the_user_ignores_is_no_fault(void)
{
    vt600_frame_t frame = sound();
    frame.checksum = VT600_CHECKSUM_BAD;
    is_judged(&frame, false, VT600_TRUST_WHOLE, false, false);
}

static void a_missing_checksum_proves_nothing(void)
{
    vt600_frame_t frame = sound();
    frame.checksum = VT600_CHECKSUM_ABSENT;
    g_assert_cmpint(vt600_fault_judge(&frame, true).trust, ==, VT600_TRUST_NONE);
    g_assert_false(vt600_fault_judge(&frame, true).bad_checksum);
}

static void a_wrong_length_with_a_checksum_that_proves_the_content_is_damaged_and_trusted(void)
{
    vt600_frame_t frame = sound();
    frame.end = VT600_END_BY_CHECKSUM;
    frame.length_good = false;
    is_judged(&frame, true, VT600_TRUST_WHOLE, true, false);
    frame.checksum = VT600_CHECKSUM_BAD; /* at the place that the length names */
    is_judged(&frame, true, VT600_TRUST_WHOLE, true, false);
}

static void a_wrong_length_and_a_bad_checksum_are_damage(void)
{
    vt600_frame_t frame = sound();
    frame.end = VT600_END_BY_TERMINATOR;
    frame.length_good = false;
    frame.checksum = VT600_CHECKSUM_BAD;
    is_judged(&frame, true, VT600_TRUST_NONE, true, true);
    is_judged(&frame, false, VT600_TRUST_WHOLE, true, false);
}

static void a_bad_terminator_is_damage_that_leaves_the_content_proven(void)
{
    vt600_frame_t frame = sound();
    frame.terminator = VT600_TERMINATOR_BAD;
    is_judged(&frame, true, VT600_TRUST_WHOLE, true, false);
    frame.terminator = VT600_TERMINATOR_ABSENT;
    is_judged(&frame, true, VT600_TRUST_WHOLE, true, false);
}

static void a_checksum_without_its_leading_zeros_is_trusted(void)
{
    vt600_frame_t frame = sound();
    frame.end = VT600_END_BY_SHORT_CHECKSUM;
    frame.length_good = false;
    g_assert_cmpint(vt600_fault_judge(&frame, true).trust, ==, VT600_TRUST_WHOLE);
    g_assert_true(vt600_fault_judge(&frame, true).damaged);
}

static void a_cut_frame_is_true_as_far_as_it_goes(void)
{
    vt600_frame_t frame = sound();
    frame.found = VT600_FOUND_CUT;
    frame.checksum = VT600_CHECKSUM_ABSENT;
    frame.terminator = VT600_TERMINATOR_ABSENT;
    is_judged(&frame, true, VT600_TRUST_CUT, false, false);
    is_judged(&frame, false, VT600_TRUST_CUT, false, false);
}

static void a_frame_that_does_not_hold_together_is_damaged_whatever_the_user_ignores(void)
{
    vt600_frame_t frame = sound();
    frame.found = VT600_FOUND_DAMAGED;
    is_judged(&frame, true, VT600_TRUST_NONE, true, false);
    is_judged(&frame, false, VT600_TRUST_NONE, true, false);
}

/* The judgement on bytes, as the scanner finds them. */

static vt600_fault_t judged(const uint8_t *bytes, size_t n)
{
    size_t credit = vt600_frame_credit(n);
    const vt600_frame_t frame = vt600_frame_scan(bytes, n, true, &credit);
    return vt600_fault_judge(&frame, true);
}

/* "Block at 0: stored", with the checksum worked out here. */
static bytes_t *stored_frame(void)
{
    bytes_t *bytes = from_hex("24 24 00 16 10 11 30 92 36 33 ff 95 02 00 00 00 00 01");
    const unsigned crc = crc_of(bytes->data, bytes->len);
    const uint8_t tail[] = {(uint8_t)(crc >> 8), (uint8_t)crc, '\r', '\n'};
    return g_byte_array_append(bytes, tail, sizeof tail);
}

static void no_flipped_bit_after_the_header_is_trusted(void)
{
    autobytes bytes = stored_frame();
    g_assert_cmpint(judged(bytes->data, bytes->len).trust, ==, VT600_TRUST_WHOLE);
    for (size_t i = 4; i + 2 < bytes->len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes->data[i] ^= (uint8_t)(1 << bit);
            const vt600_fault_t fault = judged(bytes->data, bytes->len);
            g_assert_cmpint(fault.trust, ==, VT600_TRUST_NONE);
            g_assert_true(fault.damaged);
            bytes->data[i] ^= (uint8_t)(1 << bit);
        }
}

static void every_cut_after_the_command_is_a_cut(void)
{
    autobytes bytes = stored_frame();
    for (size_t n = 13; n < bytes->len; n++) {
        const vt600_fault_t fault = judged(bytes->data, n);
        g_assert_cmpint(fault.trust, !=, VT600_TRUST_NONE);
        g_assert_false(fault.bad_checksum);
    }
}

static void a_length_written_wrongly_leaves_the_content_proven(void)
{
    autobytes bytes = stored_frame();
    put16(bytes, 2, 0x0015);
    put16(bytes, bytes->len - 4, crc_of(bytes->data, bytes->len - 4));
    const vt600_fault_t fault = judged(bytes->data, bytes->len);
    g_assert_cmpint(fault.trust, ==, VT600_TRUST_WHOLE);
    g_assert_true(fault.damaged);
    g_assert_false(fault.bad_checksum);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(fault, a_sound_frame_is_whole);
    ADD(fault, a_bad_checksum_takes_the_trust_away);
    ADD(fault, a_checksum_that_the_user_ignores_is_no_fault);
    ADD(fault, a_missing_checksum_proves_nothing);
    ADD(fault, a_wrong_length_with_a_checksum_that_proves_the_content_is_damaged_and_trusted);
    ADD(fault, a_wrong_length_and_a_bad_checksum_are_damage);
    ADD(fault, a_bad_terminator_is_damage_that_leaves_the_content_proven);
    ADD(fault, a_checksum_without_its_leading_zeros_is_trusted);
    ADD(fault, a_cut_frame_is_true_as_far_as_it_goes);
    ADD(fault, a_frame_that_does_not_hold_together_is_damaged_whatever_the_user_ignores);
    ADD(fault, no_flipped_bit_after_the_header_is_trusted);
    ADD(fault, every_cut_after_the_command_is_a_cut);
    ADD(fault, a_length_written_wrongly_leaves_the_content_proven);
    return g_test_run();
}
