/* test_claim.c
 *
 * The predicate behind the heuristic: which bytes start a
 * conversation of this protocol, which do not, and where it asks for more.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "scan.h"

/* Asks on memory that ends where the bytes end. */
static vt600_claim_t claim_of(const bytes_t *bytes, size_t n, bool final)
{
    g_autofree uint8_t *exact = g_memdup2(bytes->data, n);
    const vt600_claim_t claim = vt600_frame_claim(exact, n, final);
    g_assert_false(claim == VT600_CLAIM_MORE && final);
    return claim;
}

static vt600_claim_t claim_all(const bytes_t *bytes, bool final)
{
    return claim_of(bytes, bytes->len, final);
}

/* Not claimed with any number of its bytes, and not asked to wait once `told` of them are there. */
static void never_claimed(const bytes_t *bytes, size_t told)
{
    for (size_t n = 1; n <= bytes->len; n++) {
        g_assert_cmpint(claim_of(bytes, n, true), ==, VT600_CLAIM_NO);
        g_assert_cmpint(claim_of(bytes, n, false), ==, n < told ? VT600_CLAIM_MORE : VT600_CLAIM_NO);
    }
}

static void document_samples_are_claimed(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
        autobytes bytes = from_hex(samples[i]);
        for (int final = 0; final < 2; final++)
            if (i != SAMPLE_BYTE_MISSING)
                g_assert_cmpint(claim_all(bytes, final), ==, VT600_CLAIM_YES);
    }
}

static void every_start_of_a_frame_asks_for_more(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
        autobytes bytes = from_hex(samples[i]);
        for (size_t n = 1; n < bytes->len; n++)
            g_assert_cmpint(claim_of(bytes, n, false), ==, VT600_CLAIM_MORE);
    }
}

/* A capture with a snap length: an OTA command is enough, if as much of its data is there as tells that it fits. */
static void ota_frame_that_the_capture_cuts_is_claimed_from_its_command_on(void)
{
    autobytes block = from_hex(samples[SAMPLE_BLOCK]);
    for (size_t n = 1; n < block->len; n++)
        g_assert_cmpint(claim_of(block, n, true), ==, n >= 13 ? VT600_CLAIM_YES : VT600_CLAIM_NO);

    put16(block, 2, 152); /* not what the block's length says */
    for (size_t n = 1; n < block->len; n++)
        g_assert_cmpint(claim_of(block, n, true), ==, n >= 13 && n < 19 ? VT600_CLAIM_YES : VT600_CLAIM_NO);
}

static void base_frame_is_claimed_with_a_good_checksum_alone(void)
{
    autobytes bytes = make_frame('$', 0x9955, "41424344");
    g_assert_cmpint(claim_all(bytes, false), ==, VT600_CLAIM_YES);
    for (size_t n = 1; n < bytes->len; n++)
        g_assert_cmpint(claim_of(bytes, n, true), ==, VT600_CLAIM_NO);
    bytes->data[14] ^= 1;
    for (int final = 0; final < 2; final++)
        g_assert_cmpint(claim_all(bytes, final), ==, VT600_CLAIM_NO);
}

static void unknown_command_is_claimed_with_a_good_checksum_alone(void)
{
    autobytes bytes = make_frame('@', 0x1234, "41424344");
    g_assert_cmpint(claim_all(bytes, false), ==, VT600_CLAIM_YES);
    bytes->data[14] ^= 1;
    g_assert_cmpint(claim_all(bytes, false), ==, VT600_CLAIM_NO);
}

static void ota_frame_with_a_bad_checksum_is_claimed_if_it_is_built_well(void)
{
    autobytes bytes = from_hex(samples[SAMPLE_BLOCK]);
    bytes->data[60] ^= 1;
    g_assert_cmpint(claim_all(bytes, false), ==, VT600_CLAIM_YES);
    put16(bytes, 17, 0x0081); /* a block length that contradicts the frame's */
    g_assert_cmpint(claim_all(bytes, true), ==, VT600_CLAIM_NO);
}

/* The rest of the frame proves it: the ID alone keeps it from being waited for. */
static void frame_right_in_every_other_way_is_claimed_whatever_its_id(void)
{
    static const char *const ids[] = {"101130a23633ff", "1011fff92363ff", "abcdefabcdefab", "f0113092363fff"};
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        autobytes data = from_hex("");
        autobytes bytes = make_frame_of('@', ids[i], 0x9500, data);
        g_assert_cmpint(claim_all(bytes, true), ==, VT600_CLAIM_YES);
        g_assert_cmpint(claim_all(bytes, false), ==, VT600_CLAIM_YES);
        for (size_t n = 11; n < bytes->len; n++)
            g_assert_cmpint(claim_of(bytes, n, false), ==, VT600_CLAIM_NO);
        for (size_t at = 0; at < bytes->len; at++) { /* but not where anything else is wrong */
            if (at >= 4 && at < 11)
                continue;
            bytes->data[at] ^= 1;
            g_assert_cmpint(claim_all(bytes, true), ==, VT600_CLAIM_NO);
            bytes->data[at] ^= 1;
        }
        put16(bytes, 11, 0x1234); /* and not with an unknown command */
        put_checksum(bytes, 0);
        g_assert_cmpint(claim_all(bytes, true), ==, VT600_CLAIM_NO);
    }
}

static void whole_frame_longer_than_any_that_is_waited_for_is_claimed(void)
{
    autobytes data = g_byte_array_set_size(g_byte_array_new(), 0x2000);
    memset(data->data, '1', data->len);
    autobytes bytes = make_frame_of('$', "101130923633ff", 0x9955, data);
    g_assert_cmpint(claim_all(bytes, false), ==, VT600_CLAIM_YES);
    g_assert_cmpint(claim_of(bytes, bytes->len - 1, false), ==, VT600_CLAIM_NO);
}

/* "@@", a length with its low byte first, a version, twenty digits in ASCII: read the other way round, the length is
 * 0x1f00, and the digits are BCD. */
static void frames_with_the_low_byte_of_the_length_first_are_not_waited_for(void)
{
    for (unsigned low = 0x11; low <= 0x1f; low++) {
        autobytes bytes = from_hex("4040 0000 04 3231334744323031343030303132333435363738 9001 c6f0 0d0a");
        bytes->data[2] = (uint8_t)low;
        never_claimed(bytes, 12); /* capital letters up to I are BCD as well */
        for (size_t at = 5; at < 25; at++)
            bytes->data[at] = (uint8_t)('0' + at % 10);
        never_claimed(bytes, 12);
    }
}

static void frame_with_an_unknown_command_is_not_waited_for(void)
{
    autobytes bytes = make_frame('@', 0x3132, "41424344");
    for (size_t n = 12; n < bytes->len; n++)
        g_assert_cmpint(claim_of(bytes, n, false), ==, VT600_CLAIM_NO);
    autobytes other = make_frame('@', 0x95ff, "41424344"); /* the first byte of known ones */
    g_assert_cmpint(claim_of(other, 12, false), ==, VT600_CLAIM_MORE);
    for (size_t n = 13; n < other->len; n++)
        g_assert_cmpint(claim_of(other, n, false), ==, VT600_CLAIM_NO);
}

static void bytes_that_end_in_cr_lf_before_the_length_are_not_waited_for(void)
{
    autobytes bytes = make_frame('$', 0x9955, "41420d0a41424344");
    for (size_t n = 1; n < bytes->len; n++)
        g_assert_cmpint(claim_of(bytes, n, false), ==, n == 17 ? VT600_CLAIM_NO : VT600_CLAIM_MORE);
    g_assert_cmpint(claim_all(bytes, false), ==, VT600_CLAIM_YES);
}

static void length_that_no_frame_has_is_not_claimed(void)
{
    static const unsigned lengths[] = {0, 1, 16, 0x2000, 0x4131, 0xffff};
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        autobytes bytes = make_frame('@', 0x9500, "");
        put16(bytes, 2, lengths[i]);
        put_checksum(bytes, 0);
        g_assert_cmpint(claim_all(bytes, true), ==, VT600_CLAIM_NO);
        g_assert_cmpint(claim_all(bytes, false), ==, VT600_CLAIM_NO);
    }
}

static void checksum_without_leading_zero_is_claimed(void)
{
    autobytes bytes = make_frame_with_checksum(0x0abc);
    g_byte_array_set_size(bytes, bytes->len - 4);
    add_hex(bytes, "abc0d0");
    g_assert_cmpint(claim_all(bytes, false), ==, VT600_CLAIM_YES);
}

static void heartbeats_before_the_first_frame_are_passed(void)
{
    autobytes frame = from_hex(samples[1]);
    for (guint count = 1; count <= 16; count++) {
        autobytes bytes = g_byte_array_set_size(g_byte_array_new(), count);
        memset(bytes->data, 0, count);
        for (int final = 0; final < 2; final++)
            g_assert_cmpint(claim_all(bytes, final), ==, VT600_CLAIM_NO); /* zeros alone are anybody's */
        add(bytes, frame);
        g_assert_cmpint(claim_all(bytes, false), ==, VT600_CLAIM_YES);
    }
    autobytes many = g_byte_array_set_size(g_byte_array_new(), 17);
    memset(many->data, 0, 17);
    add(many, frame);
    g_assert_cmpint(claim_all(many, false), ==, VT600_CLAIM_NO);
}

/* Two equal characters are too little to say; the first byte of a length tells. */
static void text_protocols_are_told_by_their_third_byte(void)
{
    static const char *const texts[] = {
        "$$A138,862170301018175,AAA,35,22.540113,114.076141,231114221320,A,9,22,5,63*A5\r\n",
        "@@B25,862170301018175,A10*4F\r\n",
        "$$ 5 a month, and $$ 10 a year\r\n",
        "@@ -1,4 +1,4 @@\r\n",
        "$$$$$$$$$$$$$$$$$$$$$$$$\r\n",
        "@@@@@@@@@@@@@@@@@@@@@@@@\r\n",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        autobytes bytes = from_text(texts[i]);
        never_claimed(bytes, 3);
    }
}

/* CR LF is no length, though it could be one: see is_plausible_length. */
static void empty_lines_of_text_are_told_by_their_fourth_byte(void)
{
    autobytes bytes = from_text("$$\r\n$$\r\n$$\r\n");
    never_claimed(bytes, 4);
}

static void text_protocols_with_one_character_are_told_by_their_second_byte(void)
{
    static const char *const texts[] = {"$GPRMC,221320.000,A,2234.4669,N,11354.3287,E*07\r\n", "@A,1\r\n", "$@", "@$"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        autobytes bytes = from_text(texts[i]);
        never_claimed(bytes, 2);
    }
}

static void other_first_bytes_are_told_at_once(void)
{
    for (unsigned first = 0; first <= 0xff; first++) {
        if (first == '@' || first == '$' || first == 0) /* a heartbeat */
            continue;
        autobytes bytes = from_hex(samples[1]);
        bytes->data[0] = (uint8_t)first;
        never_claimed(bytes, 0);
    }
}

static void binary_protocols_are_told_by_their_id(void)
{
    autobytes dollars = from_hex("2424 0020 de ad be ef 01 02 03 9502 00112233445566778899aabbccddeeff");
    never_claimed(dollars, 5);
    autobytes late = from_hex("4040 0020 10 11 30 92 36 33 af 9502 00112233445566778899aabbccddeeff");
    never_claimed(late, 11);
}

/* With a length, an ID and a known command all that is missing is the checksum; and a frame of the base protocol needs
 * it. */
static void random_bytes_are_never_claimed(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(600);
    for (int round = 0; round < 200000; round++) {
        uint8_t bytes[64];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)g_rand_int(rand);
        bytes[0] = bytes[1] = round % 2 ? '@' : '$';
        const bytes_t all = {.data = bytes, .len = sizeof bytes};
        g_assert_cmpint(claim_of(&all, sizeof bytes, true), ==, VT600_CLAIM_NO);
        g_assert_cmpint(claim_of(&all, sizeof bytes, false), !=, VT600_CLAIM_YES);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(claim, document_samples_are_claimed);
    ADD(claim, every_start_of_a_frame_asks_for_more);
    ADD(claim, ota_frame_that_the_capture_cuts_is_claimed_from_its_command_on);
    ADD(claim, base_frame_is_claimed_with_a_good_checksum_alone);
    ADD(claim, unknown_command_is_claimed_with_a_good_checksum_alone);
    ADD(claim, ota_frame_with_a_bad_checksum_is_claimed_if_it_is_built_well);
    ADD(claim, frame_right_in_every_other_way_is_claimed_whatever_its_id);
    ADD(claim, whole_frame_longer_than_any_that_is_waited_for_is_claimed);
    ADD(claim, frames_with_the_low_byte_of_the_length_first_are_not_waited_for);
    ADD(claim, frame_with_an_unknown_command_is_not_waited_for);
    ADD(claim, bytes_that_end_in_cr_lf_before_the_length_are_not_waited_for);
    ADD(claim, length_that_no_frame_has_is_not_claimed);
    ADD(claim, checksum_without_leading_zero_is_claimed);
    ADD(claim, heartbeats_before_the_first_frame_are_passed);
    ADD(claim, text_protocols_are_told_by_their_third_byte);
    ADD(claim, empty_lines_of_text_are_told_by_their_fourth_byte);
    ADD(claim, text_protocols_with_one_character_are_told_by_their_second_byte);
    ADD(claim, other_first_bytes_are_told_at_once);
    ADD(claim, binary_protocols_are_told_by_their_id);
    ADD(claim, random_bytes_are_never_claimed);
    return g_test_run();
}
