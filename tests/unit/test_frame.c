/* test_frame.c
 *
 * Where a frame begins and ends, what told so, and what waits for more bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "scan.h"

static bytes_t *block_frame(void)
{
    return from_hex(samples[SAMPLE_BLOCK]);
}

/* What follows in most of these tests: a sound frame of 19 bytes. */
static bytes_t *next_frame(void)
{
    return make_frame('@', 0x9503, "e100");
}

/* The frame, and the next one after it. */
static bytes_t *and_next(const bytes_t *frame)
{
    autobytes next = next_frame();
    return add(copy(frame), next);
}

/* A macro, so that a failure tells the line of the test. */
#define IS_FOUND(frame_, found_, end_, extent_)                                                                        \
    do {                                                                                                               \
        g_assert_cmpint((frame_).found, ==, found_);                                                                   \
        g_assert_cmpint((frame_).end, ==, end_);                                                                       \
        g_assert_cmpuint((frame_).extent, ==, extent_);                                                                \
    } while (0)

/* The first thing in the bytes, which is the same whether more follow or not; after it stands the next frame. */
static vt600_frame_t first_before_next(const bytes_t *bytes)
{
    g_autoptr(GArray) open = scan_all(bytes, false), final = scan_all(bytes, true);
    const found_t *a = &g_array_index(open, found_t, 0), *b = &g_array_index(final, found_t, 0);

    g_assert_cmpint(a->frame.found, ==, b->frame.found);
    g_assert_cmpuint(a->frame.extent, ==, b->frame.extent);
    g_assert_true(is_sound(found_at(open, bytes->len - 19)));
    g_assert_true(is_sound(found_at(final, bytes->len - 19)));
    return b->frame;
}

/* Sound frames */

static void sound_frame_is_found_by_its_length(void)
{
    autobytes bytes = block_frame();
    for (int final = 0; final < 2; final++) {
        const vt600_frame_t frame = scan(bytes, final);
        IS_FOUND(frame, VT600_FOUND_FRAME, VT600_END_BY_LENGTH, 151);
        g_assert_true(is_sound(&frame));
        g_assert_cmpint(frame.side, ==, VT600_SERVER);
        g_assert_cmphex(frame.code, ==, 0x9502);
        g_assert_cmpstr(frame.command->name, ==, "OTA data");
        g_assert_cmpuint(frame.data_length, ==, 134);
        g_assert_cmpuint(frame.checksum_at, ==, 147);
        g_assert_cmphex(frame.checksum_computed, ==, 0xa93e);
        g_assert_cmpuint(frame.terminator_at, ==, 149);
    }
}

static void sound_frame_without_data_has_17_bytes(void)
{
    autobytes bytes = make_frame('$', 0x5000, "");
    const vt600_frame_t frame = scan(bytes, false);
    g_assert_true(is_sound(&frame));
    g_assert_cmpuint(frame.extent, ==, 17);
    g_assert_cmpuint(frame.data_length, ==, 0);
}

static void sound_frame_may_have_an_unknown_command_and_an_id_that_is_no_bcd(void)
{
    autobytes data = from_hex("01020304");
    autobytes bytes = make_frame_of('$', "abcdefabcdef12", 0x1234, data);
    const vt600_frame_t frame = scan(bytes, false);
    g_assert_true(is_sound(&frame));
    g_assert_null(frame.command);
    g_assert_cmphex(frame.code, ==, 0x1234);
}

static void sound_frame_may_be_as_long_as_its_length_field_can_say(void)
{
    autobytes data = g_byte_array_set_size(g_byte_array_new(), 65535 - 17);
    memset(data->data, 0x40, data->len); /* full of what looks like headers */
    autobytes bytes = make_frame_of('@', DEVICE, 0x9502, data);
    const vt600_frame_t frame = scan(bytes, false);
    g_assert_true(is_sound(&frame));
    g_assert_cmpuint(frame.extent, ==, 65535);
}

static void document_samples_stand_as_they_are(void)
{
    static const unsigned lengths[] = {17, 17, 26, 17,  18, 151, 22, 19,  19, 17, 18, 18, 17, 18, 17,
                                       26, 17, 18, 151, 22, 151, 22, 151, 22, 19, 19, 17, 18, 18};
    static const unsigned codes[] = {0x5000, 0x9500, 0x9500, 0x9501, 0x9501, 0x9502, 0x9502, 0x9503, 0x9503, 0x9504,
                                     0x9504, 0x9504, 0x9505, 0x9505, 0x9500, 0x9500, 0x9501, 0x9501, 0x9502, 0x9502,
                                     0x9502, 0x9502, 0x9502, 0x9502, 0x9503, 0x9503, 0x9504, 0x9504, 0x9504};
    G_STATIC_ASSERT(G_N_ELEMENTS(lengths) == G_N_ELEMENTS(samples));
    G_STATIC_ASSERT(G_N_ELEMENTS(codes) == G_N_ELEMENTS(samples));
    autobytes stream = g_byte_array_new();
    unsigned sound = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++)
        add_hex(stream, samples[i]);
    g_autoptr(GArray) all = scan_all(stream, false);
    g_assert_cmpuint(all->len, ==, G_N_ELEMENTS(samples));
    for (guint i = 0; i < all->len; i++) {
        const vt600_frame_t *frame = &g_array_index(all, found_t, i).frame;
        autobytes sample = from_hex(samples[i]);
        g_assert_cmpuint(frame->extent, ==, sample->len);
        g_assert_cmpuint(frame->length, ==, lengths[i]);
        g_assert_cmphex(frame->code, ==, codes[i]);
        g_assert_cmpint(frame->side, ==, sample->data[0] == '@' ? VT600_SERVER : VT600_TRACKER);
        g_assert_cmpuint(frame->data_length, ==, sample->len - 17);
        if (is_sound(frame))
            sound++;
    }
    g_assert_cmpuint(sound, ==, 26);

    const vt600_frame_t *missing = &g_array_index(all, found_t, SAMPLE_BYTE_MISSING).frame;
    IS_FOUND(*missing, VT600_FOUND_DAMAGED, VT600_END_BY_TERMINATOR, 150);
    g_assert_false(missing->length_good);
    g_assert_cmpint(missing->checksum, ==, VT600_CHECKSUM_UNVERIFIED);

    const vt600_frame_t *cancel = &g_array_index(all, found_t, SAMPLE_CANCEL).frame;
    IS_FOUND(*cancel, VT600_FOUND_FRAME, VT600_END_BY_LENGTH, 17);
    g_assert_cmpint(cancel->checksum, ==, VT600_CHECKSUM_BAD);
    g_assert_cmphex(cancel->checksum_computed, ==, 0x6f39);

    const vt600_frame_t *cancelled = &g_array_index(all, found_t, SAMPLE_CANCELLED).frame;
    IS_FOUND(*cancelled, VT600_FOUND_FRAME, VT600_END_BY_LENGTH, 18);
    g_assert_cmpint(cancelled->checksum, ==, VT600_CHECKSUM_BAD);
    g_assert_cmphex(cancelled->checksum_computed, ==, 0xf552);
}

static void checksum_has_the_documents_check_value(void)
{
    autobytes bytes = from_hex("24 24 00 11 12 34 56 78 90 1f ff 50 00");
    g_assert_cmphex(vt600_frame_checksum(bytes->data, bytes->len), ==, 0x6f35);
    g_assert_cmphex(vt600_frame_checksum((const uint8_t *)"123456789", 9), ==, 0x29b1);
}

/* Bad checksums and line ends */

static void bad_checksum_is_still_a_frame(void)
{
    autobytes frame = block_frame();
    frame->data[60] ^= 1;
    const vt600_frame_t alone = scan(frame, false);
    IS_FOUND(alone, VT600_FOUND_FRAME, VT600_END_BY_LENGTH, 151);
    g_assert_cmpint(alone.checksum, ==, VT600_CHECKSUM_BAD);
    g_assert_cmpint(alone.terminator, ==, VT600_TERMINATOR_GOOD);
    g_assert_true(alone.length_good);

    autobytes bytes = and_next(frame);
    const vt600_frame_t found = first_before_next(bytes);
    IS_FOUND(found, VT600_FOUND_FRAME, VT600_END_BY_LENGTH, 151);
}

static void other_bytes_for_the_terminator_are_shown(void)
{
    autobytes frame = block_frame();
    put16(frame, 149, 0x2020);
    autobytes bytes = and_next(frame);
    const vt600_frame_t found = first_before_next(bytes);
    IS_FOUND(found, VT600_FOUND_FRAME, VT600_END_BY_LENGTH, 151);
    g_assert_cmpint(found.checksum, ==, VT600_CHECKSUM_GOOD);
    g_assert_cmpint(found.terminator, ==, VT600_TERMINATOR_BAD);
    g_assert_true(found.length_good);
}

static void half_a_terminator_is_as_long_as_it_is(void)
{
    autobytes frame = block_frame();
    g_byte_array_set_size(frame, 150);
    autobytes bytes = and_next(frame);
    const vt600_frame_t found = first_before_next(bytes);
    IS_FOUND(found, VT600_FOUND_FRAME, VT600_END_BY_LENGTH, 150);
    g_assert_cmpint(found.checksum, ==, VT600_CHECKSUM_GOOD);
    g_assert_cmpint(found.terminator, ==, VT600_TERMINATOR_BAD);
    g_assert_cmpuint(found.terminator_at, ==, 149);
    g_assert_false(found.length_good);
}

static void no_terminator_before_the_next_frame_is_absent(void)
{
    autobytes frame = block_frame();
    g_byte_array_set_size(frame, 149);
    autobytes bytes = and_next(frame);
    const vt600_frame_t found = first_before_next(bytes);
    IS_FOUND(found, VT600_FOUND_FRAME, VT600_END_BY_LENGTH, 149);
    g_assert_cmpint(found.checksum, ==, VT600_CHECKSUM_GOOD);
    g_assert_cmpint(found.terminator, ==, VT600_TERMINATOR_ABSENT);
    g_assert_false(found.length_good);
}

/* Wrong lengths */

static bytes_t *block_frame_with_length(unsigned length, bool checksum_over_it)
{
    bytes_t *frame = block_frame();
    put16(frame, 2, length);
    if (checksum_over_it)
        put_checksum(frame, 0);
    return frame;
}

static void length_one_too_long_is_proven_by_checksum(void)
{
    for (int over_it = 0; over_it < 2; over_it++) {
        autobytes frame = block_frame_with_length(152, over_it);
        autobytes bytes = and_next(frame);
        const vt600_frame_t found = first_before_next(bytes);
        IS_FOUND(found, VT600_FOUND_FRAME, VT600_END_BY_CHECKSUM, 151);
        g_assert_cmpint(found.checksum, ==, over_it ? VT600_CHECKSUM_GOOD : VT600_CHECKSUM_BAD);
        g_assert_cmpint(found.terminator, ==, VT600_TERMINATOR_GOOD);
        g_assert_false(found.length_good);
        g_assert_cmpuint(found.data_length, ==, 134);
    }
}

static void wrong_length_is_proven_by_checksum_before_more_bytes_come(void)
{
    static const unsigned wrong[] = {0, 16, 17, 150, 152, 0x1fff, 0x2000, 0xffff};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        autobytes frame = block_frame_with_length(wrong[i], false);
        const vt600_frame_t found = scan(frame, false);
        IS_FOUND(found, VT600_FOUND_FRAME, VT600_END_BY_CHECKSUM, 151);
    }
}

/* All of them where it is thorough; else those up to what is usual, and some. */
static unsigned next_length(unsigned length)
{
    return length + (g_test_thorough() || length < 1000 ? 1 : 61);
}

/* With its checksum as it was, or computed over the wrong length, before the next frame or alone: the frame is as
 * long as it is, whatever its length field says. */
static void every_length_leaves_the_next_frame_in_its_place(void)
{
    for (unsigned length = 0; length <= 0xffff; length = next_length(length)) {
        for (int over_it = 0; over_it < 2; over_it++) {
            autobytes frame = block_frame_with_length(length, over_it);
            autobytes bytes = and_next(frame);
            const vt600_frame_t found = first_before_next(bytes);
            const bool right = length == 151;
            IS_FOUND(found, VT600_FOUND_FRAME, right ? VT600_END_BY_LENGTH : VT600_END_BY_CHECKSUM, 151);
            g_assert_cmpuint(found.length, ==, length);
            g_assert_cmpint(found.length_good, ==, right);
            g_assert_cmpint(found.checksum, ==, over_it || right ? VT600_CHECKSUM_GOOD : VT600_CHECKSUM_BAD);
        }
    }
}

/* Nothing but the line end and the next header tells the end, unless the checksum fits by chance: it does so for one of
 * the lengths. */
static void every_length_with_a_bad_checksum_leaves_the_next_frame_in_its_place(void)
{
    unsigned fitting = 0;
    for (unsigned length = 0; length <= 0xffff; length = next_length(length)) {
        autobytes frame = block_frame_with_length(length, false);
        frame->data[60] ^= 1;
        const bool fits = crc_of(frame->data, 147) == get16(frame->data + 147);
        autobytes bytes = and_next(frame);
        const vt600_frame_t found = first_before_next(bytes);
        if (length == 151) {
            IS_FOUND(found, VT600_FOUND_FRAME, VT600_END_BY_LENGTH, 151);
        } else if (fits) {
            IS_FOUND(found, VT600_FOUND_FRAME, VT600_END_BY_CHECKSUM, 151);
            fitting++;
        } else {
            IS_FOUND(found, VT600_FOUND_DAMAGED, VT600_END_BY_TERMINATOR, 151);
            g_assert_cmpint(found.checksum, ==, VT600_CHECKSUM_UNVERIFIED);
        }
    }
    if (g_test_thorough())
        g_assert_cmpuint(fitting, ==, 1);
}

/* The checksum itself may look like a header, and CR LF after it like that one's length. */
static void checksum_that_looks_like_a_header_still_proves_the_length(void)
{
    static const uint16_t checksums[] = {0x4040, 0x2424};
    for (size_t i = 0; i < G_N_ELEMENTS(checksums); i++) {
        autobytes frame = make_frame_with_checksum(checksums[i]);
        put16(frame, 2, frame->len + 1); /* wrong; the checksum is over the right one */
        autobytes bytes = and_next(frame);
        const vt600_frame_t found = first_before_next(bytes);
        IS_FOUND(found, VT600_FOUND_FRAME, VT600_END_BY_CHECKSUM, frame->len);
    }
}

static void line_end_and_header_end_a_frame_that_lost_bytes(void)
{
    autobytes whole = block_frame();
    autobytes frame = without(whole, 60, 3);
    autobytes bytes = and_next(frame);
    const vt600_frame_t found = first_before_next(bytes);
    IS_FOUND(found, VT600_FOUND_DAMAGED, VT600_END_BY_TERMINATOR, 148);
    g_assert_cmpint(found.checksum, ==, VT600_CHECKSUM_UNVERIFIED);
    g_assert_cmpint(found.terminator, ==, VT600_TERMINATOR_GOOD);
    g_assert_cmpuint(found.data_length, ==, 131);
}

static void header_ends_a_frame_that_lost_its_end(void)
{
    autobytes frame = block_frame();
    g_byte_array_set_size(frame, 100);
    autobytes bytes = and_next(frame);
    const vt600_frame_t found = first_before_next(bytes);
    IS_FOUND(found, VT600_FOUND_DAMAGED, VT600_END_BY_HEADER, 100);
    g_assert_cmpint(found.checksum, ==, VT600_CHECKSUM_ABSENT);
    g_assert_cmpint(found.terminator, ==, VT600_TERMINATOR_ABSENT);
    g_assert_cmpuint(found.data_length, ==, 87);
    g_assert_false(found.length_good);
}

static void header_ends_a_frame_wherever_it_was_cut(void)
{
    autobytes whole = block_frame();
    for (guint cut = 0; cut < whole->len - 2; cut++) {
        autobytes frame = without(whole, cut, whole->len - cut);
        autobytes bytes = and_next(frame);
        g_autoptr(GArray) all = scan_all(bytes, false);
        const vt600_frame_t *first = &g_array_index(all, found_t, 0).frame;
        g_assert_true(is_sound(found_at(all, cut)));
        g_assert_cmpuint(all->len, ==, cut == 0 ? 1 : 2);
        if (cut >= 13)
            IS_FOUND(*first, VT600_FOUND_DAMAGED, VT600_END_BY_HEADER, cut);
        else if (cut > 0)
            g_assert_cmpint(first->found, ==, VT600_FOUND_JUNK);
    }
}

static void every_frame_that_lost_a_byte_leaves_the_next_one_in_its_place(void)
{
    autobytes whole = block_frame();
    for (guint lost = 0; lost < whole->len; lost++) {
        autobytes frame = without(whole, lost, 1);
        autobytes bytes = and_next(frame);
        for (int final = 0; final < 2; final++) {
            g_autoptr(GArray) all = scan_all(bytes, final);
            g_assert_true(is_sound(found_at(all, 150)));
            if (lost >= 4)
                g_assert_cmpuint(all->len, ==, 2);
        }
    }
}

static void every_frame_with_a_byte_too_many_leaves_the_next_one_in_its_place(void)
{
    autobytes whole = block_frame();
    for (guint at = 0; at <= whole->len; at++) {
        autobytes frame = without(whole, at, whole->len - at);
        add_hex(frame, "55");
        g_byte_array_append(frame, whole->data + at, whole->len - at);
        autobytes bytes = and_next(frame);
        for (int final = 0; final < 2; final++) {
            g_autoptr(GArray) all = scan_all(bytes, final);
            g_assert_true(is_sound(found_at(all, 152)));
        }
    }
}

static void frame_inside_a_sound_frame_is_its_data(void)
{
    autobytes inner = make_frame('@', 0x9505, "");
    autobytes data = from_hex("00000000 0011");
    add(data, inner);
    autobytes frame = make_frame_of('@', DEVICE, 0x9502, data);
    autobytes bytes = and_next(frame);
    const vt600_frame_t found = first_before_next(bytes);
    g_assert_true(is_sound(&found));
    g_assert_cmpuint(found.extent, ==, frame->len);
}

static void length_is_believed_when_nothing_tells_another_end(void)
{
    autobytes frame = block_frame();
    put16(frame, 147, 0);
    put16(frame, 149, 0);
    const vt600_frame_t found = scan(frame, false);
    IS_FOUND(found, VT600_FOUND_DAMAGED, VT600_END_BY_LENGTH, 151);
    g_assert_cmpint(found.checksum, ==, VT600_CHECKSUM_BAD);
    g_assert_cmpint(found.terminator, ==, VT600_TERMINATOR_BAD);
}

/* Checksums that lost their leading zeros */

static void short_checksum_is_told_however_many_zeros_it_lost(void)
{
    static const struct {
        uint16_t checksum;
        const char *tail; /* as the server writes it: whole bytes of "abc0d0a" */
    } cases[] = {{0x0abc, "abc0d0"}, {0x00bc, "bc0d0a"}, {0x000c, "c0d0"}, {0x0000, "00d0"}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        autobytes frame = make_frame_with_checksum(cases[i].checksum);
        const guint whole = frame->len;
        g_byte_array_set_size(frame, whole - 4);
        add_hex(frame, cases[i].tail);

        autobytes bytes = and_next(frame);
        const vt600_frame_t found = first_before_next(bytes);
        IS_FOUND(found, VT600_FOUND_DAMAGED, VT600_END_BY_SHORT_CHECKSUM, frame->len);
        g_assert_cmphex(found.checksum_computed, ==, cases[i].checksum);
        g_assert_cmpuint(found.data_length, ==, whole - 17);
        g_assert_cmpuint(found.length, ==, whole);
        g_assert_false(found.length_good);
        g_assert_cmpint(found.checksum, ==, VT600_CHECKSUM_ABSENT);
        g_assert_cmpint(found.terminator, ==, VT600_TERMINATOR_ABSENT);

        const vt600_frame_t alone = scan(frame, false); /* and needs no next one to be told */
        IS_FOUND(alone, VT600_FOUND_DAMAGED, VT600_END_BY_SHORT_CHECKSUM, frame->len);
    }
}

static void sound_checksum_with_leading_zeros_is_no_short_one(void)
{
    static const uint16_t checksums[] = {0x0abc, 0x00bc, 0x000c, 0x0000, 0x0d0a};
    for (size_t i = 0; i < G_N_ELEMENTS(checksums); i++) {
        autobytes frame = make_frame_with_checksum(checksums[i]);
        for (guint n = 13; n < frame->len; n++) {
            autobytes begin = without(frame, n, frame->len - n);
            g_assert_cmpint(scan(begin, false).found, ==, VT600_FOUND_PARTIAL);
        }
        const vt600_frame_t found = scan(frame, false);
        g_assert_true(is_sound(&found));
    }
}

static void short_checksum_of_a_wrong_one_is_none(void)
{
    autobytes frame = make_frame_with_checksum(0x0abc);
    g_byte_array_set_size(frame, frame->len - 4);
    add_hex(frame, "abd0d0");
    autobytes bytes = and_next(frame);
    const vt600_frame_t found = first_before_next(bytes);
    IS_FOUND(found, VT600_FOUND_DAMAGED, VT600_END_BY_HEADER, frame->len);
}

/* What waits for more */

static void every_start_of_a_frame_waits_for_more(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
        autobytes whole = from_hex(samples[i]);
        for (guint n = 1; n < whole->len; n++) {
            autobytes begin = without(whole, n, whole->len - n);
            g_assert_cmpint(scan(begin, false).found, ==, VT600_FOUND_PARTIAL);
        }
    }
}

/* Found by the fuzzer: a length that leads past the bytes, and yet is none. */
static void begin_of_a_frame_with_a_length_below_17_has_no_data_beyond_its_bytes(void)
{
    for (unsigned length = 0; length < 17; length++) {
        autobytes whole = block_frame_with_length(length, false);
        for (guint n = 1; n < 20; n++) {
            autobytes begin = g_byte_array_new();
            g_byte_array_append(begin, whole->data, n);
            const vt600_frame_t found = scan(begin, true);
            g_assert_cmpuint(found.data_length, <=, n > 13 ? n - 13 : 0);
        }
    }
}

static void every_start_of_a_frame_is_cut_when_no_more_come(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
        autobytes whole = from_hex(samples[i]);
        if (i == SAMPLE_BYTE_MISSING)
            continue;
        for (guint n = 1; n < whole->len; n++) {
            autobytes begin = without(whole, n, whole->len - n);
            const vt600_frame_t found = scan(begin, true);
            g_assert_cmpuint(found.extent, ==, n);
            if (n < 4) { /* two characters and less than a length are no frame */
                g_assert_cmpint(found.found, ==, VT600_FOUND_JUNK);
                continue;
            }
            IS_FOUND(found, VT600_FOUND_CUT, VT600_END_BY_DATA, n);
            g_assert_true(found.length_good);
            g_assert_cmpint(found.checksum, ==, VT600_CHECKSUM_UNVERIFIED);
            g_assert_cmpint(found.terminator, ==, VT600_TERMINATOR_ABSENT);
            const guint end_of_data = whole->len - 4;
            g_assert_cmpuint(found.data_length, ==, n < 13 ? 0 : MIN(n, end_of_data) - 13);
        }
    }
}

static void frame_longer_than_usual_is_awaited_to_its_end(void)
{
    autobytes data = g_byte_array_set_size(g_byte_array_new(), 5000 - 17);
    memset(data->data, 0x55, data->len);
    autobytes whole = make_frame_of('$', DEVICE, 0x9988, data);
    for (guint n = 2000; n < whole->len; n += g_test_thorough() ? 1 : 61) {
        autobytes begin = without(whole, n, whole->len - n);
        g_assert_cmpint(scan(begin, false).found, ==, VT600_FOUND_PARTIAL);
    }
    const vt600_frame_t found = scan(whole, false);
    g_assert_true(is_sound(&found));
}

static void frame_without_a_usable_length_is_given_up(void)
{
    autobytes bytes = g_byte_array_set_size(g_byte_array_new(), 3000);
    autobytes begin = from_hex("40400000 " DEVICE " 9502");
    memset(bytes->data, 0x55, bytes->len);
    memcpy(bytes->data, begin->data, begin->len);

    autobytes few = without(bytes, 2047, 953);
    g_assert_cmpint(scan(few, false).found, ==, VT600_FOUND_PARTIAL);
    const vt600_frame_t found = scan(bytes, false);
    IS_FOUND(found, VT600_FOUND_DAMAGED, VT600_END_BY_DATA, 3000);
    g_assert_cmpuint(found.data_length, ==, 3000 - 13);
    const vt600_frame_t last = scan(few, true);
    IS_FOUND(last, VT600_FOUND_DAMAGED, VT600_END_BY_DATA, 2047);
    g_assert_false(last.length_good);
}

static void line_end_ends_a_frame_without_a_usable_length(void)
{
    autobytes bytes = make_frame('@', 0x9503, "e100");
    put16(bytes, 2, 3);
    put16(bytes, bytes->len - 4, 0x1111);
    const vt600_frame_t found = scan(bytes, false);
    IS_FOUND(found, VT600_FOUND_DAMAGED, VT600_END_BY_TERMINATOR, 19);
    g_assert_cmpint(found.terminator, ==, VT600_TERMINATOR_GOOD);
    g_assert_cmpuint(found.data_length, ==, 2);
}

static void line_end_ends_a_frame_whose_command_contradicts_its_length(void)
{
    autobytes bytes = make_frame('$', 0x9501, "01"); /* a flag, and 25 bytes claimed */
    put16(bytes, 2, 25);
    put16(bytes, bytes->len - 4, 0x1111);
    const vt600_frame_t found = scan(bytes, false);
    IS_FOUND(found, VT600_FOUND_DAMAGED, VT600_END_BY_TERMINATOR, 18);
    g_assert_false(found.length_good);
}

static void line_end_in_the_data_of_an_unfinished_frame_ends_nothing(void)
{
    autobytes bytes = make_frame('$', 0x9955, "41420d0a 43440d0a");
    for (guint n = 1; n < bytes->len; n++) {
        autobytes begin = without(bytes, n, bytes->len - n);
        g_assert_cmpint(scan(begin, false).found, ==, VT600_FOUND_PARTIAL);
    }
}

static void length_a_byte_short_waits_for_the_line_feed(void)
{
    autobytes whole = make_frame('$', 0x9955, "414243");
    put16(whole, 2, 19);
    put16(whole, 16, 0x1111);
    autobytes begin = without(whole, 19, 1);
    g_assert_cmpint(scan(begin, false).found, ==, VT600_FOUND_PARTIAL);
    const vt600_frame_t found = scan(begin, true);
    IS_FOUND(found, VT600_FOUND_DAMAGED, VT600_END_BY_LENGTH, 19);
}

static void wrong_length_that_a_block_contradicts_waits_for_the_end(void)
{
    autobytes whole = block_frame();
    put16(whole, 2, 100);
    for (guint n = 100; n < whole->len; n++) {
        autobytes begin = without(whole, n, whole->len - n);
        g_assert_cmpint(scan(begin, false).found, ==, VT600_FOUND_PARTIAL);
    }
    const vt600_frame_t found = scan(whole, false);
    IS_FOUND(found, VT600_FOUND_FRAME, VT600_END_BY_CHECKSUM, 151);
}

/* Between frames */

static void heartbeats_stand_before_a_frame_or_alone(void)
{
    for (guint count = 1; count <= 16; count++) {
        autobytes bytes = g_byte_array_set_size(g_byte_array_new(), count);
        memset(bytes->data, 0, count);
        for (int final = 0; final < 2; final++) {
            g_autoptr(GArray) alone = scan_all(bytes, final);
            g_assert_cmpuint(alone->len, ==, count);
        }
        autobytes both = and_next(bytes);
        g_autoptr(GArray) all = scan_all(both, false);
        g_assert_cmpuint(all->len, ==, count + 1);
        g_assert_cmpint(g_array_index(all, found_t, 0).frame.found, ==, VT600_FOUND_HEARTBEAT);
        g_assert_true(is_sound(found_at(all, count)));
    }
}

static void zeros_that_are_too_many_are_junk(void)
{
    autobytes bytes = g_byte_array_set_size(g_byte_array_new(), 17);
    memset(bytes->data, 0, bytes->len);
    autobytes both = and_next(bytes);
    const vt600_frame_t found = first_before_next(both);
    g_assert_cmpint(found.found, ==, VT600_FOUND_JUNK);
    g_assert_cmpuint(found.extent, ==, 17);
}

static void zero_before_other_bytes_is_junk(void)
{
    autobytes bytes = from_hex("00 41");
    autobytes both = and_next(bytes);
    const vt600_frame_t found = first_before_next(both);
    g_assert_cmpint(found.found, ==, VT600_FOUND_JUNK);
    g_assert_cmpuint(found.extent, ==, 2);
}

static void junk_ends_where_a_frame_begins(void)
{
    static const char *const junk[] = {"A", "\r\n", "+CMTI: \"SM\",1\r\n", "@", "$", "@$@$", "OK\r\n$", "a @@ b $$ c"};
    for (size_t i = 0; i < G_N_ELEMENTS(junk); i++) {
        autobytes bytes = from_text(junk[i]);
        autobytes both = and_next(bytes);
        g_autoptr(GArray) all = scan_all(both, false);
        g_assert_true(is_sound(found_at(all, bytes->len)));
        for (guint k = 0; k + 1 < all->len; k++)
            g_assert_cmpint(g_array_index(all, found_t, k).frame.found, ==, VT600_FOUND_JUNK);
    }
}

static void junk_leaves_a_header_at_its_end_to_the_next_bytes(void)
{
    autobytes next = next_frame();
    for (guint n = 1; n < 13; n++) {
        autobytes bytes = from_text("NO CARRIER");
        g_byte_array_append(bytes, next->data, n);
        const vt600_frame_t open = scan(bytes, false), final = scan(bytes, true);
        g_assert_cmpint(open.found, ==, VT600_FOUND_JUNK);
        g_assert_cmpuint(open.extent, ==, 10);
        g_assert_cmpint(final.found, ==, VT600_FOUND_JUNK);
        g_assert_cmpuint(final.extent, ==, 10 + n);
    }
}

static void two_characters_of_a_header_and_text_are_junk(void)
{
    autobytes bytes = from_text("$$A138,862170301018175,AAA,35*A5\r\n");
    autobytes both = and_next(bytes);
    const vt600_frame_t found = first_before_next(both);
    g_assert_cmpint(found.found, ==, VT600_FOUND_JUNK);
    g_assert_cmpuint(found.extent, ==, bytes->len);
}

/* Single wrong bits */

/* The frame that is not hit is found where it is, sound. */
static void every_wrong_bit_leaves_the_other_frame_whole(void)
{
    autobytes first = block_frame();
    autobytes bytes = and_next(first);
    for (guint bit = 0; bit < 8 * bytes->len; bit++) {
        const guint at = bit / 8;
        bytes->data[at] ^= (uint8_t)(1 << bit % 8);
        for (int final = 0; final < 2; final++) {
            g_autoptr(GArray) all = scan_all(bytes, final);
            if (at >= first->len) {
                g_assert_true(is_sound(found_at(all, 0)));
                g_assert_nonnull(found_at(all, first->len));
                continue;
            }
            g_assert_true(is_sound(found_at(all, first->len)));
            const vt600_frame_t *hit = &g_array_index(all, found_t, 0).frame;
            if (at < 2) {
                g_assert_cmpint(hit->found, ==, VT600_FOUND_JUNK);
                continue;
            }
            g_assert_cmpuint(all->len, ==, 2);
            g_assert_cmpint(hit->found, ==, VT600_FOUND_FRAME);
            g_assert_cmpuint(hit->extent, ==, first->len);
            g_assert_cmpint(hit->length_good, ==, at != 2 && at != 3);
            g_assert_cmpint(hit->checksum, ==, at < 149 ? VT600_CHECKSUM_BAD : VT600_CHECKSUM_GOOD);
            g_assert_cmpint(hit->terminator, ==, at < 149 ? VT600_TERMINATOR_GOOD : VT600_TERMINATOR_BAD);
        }
        bytes->data[at] ^= (uint8_t)(1 << bit % 8);
    }
}

/* Any bytes at all keep what frame.h promises; scan.h looks. */
static void random_bytes_and_frames_keep_every_promise(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(600);
    for (int round = 0; round < (g_test_thorough() ? 20000 : 1000); round++) {
        autobytes bytes = g_byte_array_new();
        while (bytes->len < 400 && g_rand_int_range(rand, 0, 8) != 0) {
            autobytes sample = from_hex(samples[g_rand_int_range(rand, 0, G_N_ELEMENTS(samples))]);
            const guint from = g_rand_boolean(rand) ? 0 : (guint)g_rand_int_range(rand, 0, (gint32)sample->len);
            const guint to = g_rand_boolean(rand)
                                 ? sample->len
                                 : (guint)g_rand_int_range(rand, (gint32)from, (gint32)sample->len + 1);
            g_byte_array_append(bytes, sample->data + from, to - from);
        }
        for (int hits = g_rand_int_range(rand, 0, 6); hits > 0 && bytes->len > 0; hits--) {
            static const uint8_t marks[] = {'@', '$', '\r', '\n', 0x00, 0x11, 0xff};
            bytes->data[g_rand_int_range(rand, 0, (gint32)bytes->len)] =
                g_rand_boolean(rand) ? marks[g_rand_int_range(rand, 0, sizeof marks)] : (uint8_t)g_rand_int(rand);
        }
        for (int final = 0; final < 2; final++) {
            g_autoptr(GArray) all = scan_all(bytes, final);
            size_t covered = 0;
            for (guint i = 0; i < all->len; i++) {
                g_assert_cmpuint(g_array_index(all, found_t, i).at, ==, covered);
                covered += g_array_index(all, found_t, i).frame.extent;
            }
            if (final)
                g_assert_cmpuint(covered, ==, bytes->len);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(frame, sound_frame_is_found_by_its_length);
    ADD(frame, sound_frame_without_data_has_17_bytes);
    ADD(frame, sound_frame_may_have_an_unknown_command_and_an_id_that_is_no_bcd);
    ADD(frame, sound_frame_may_be_as_long_as_its_length_field_can_say);
    ADD(frame, document_samples_stand_as_they_are);
    ADD(frame, checksum_has_the_documents_check_value);
    ADD(frame, bad_checksum_is_still_a_frame);
    ADD(frame, other_bytes_for_the_terminator_are_shown);
    ADD(frame, half_a_terminator_is_as_long_as_it_is);
    ADD(frame, no_terminator_before_the_next_frame_is_absent);
    ADD(frame, length_one_too_long_is_proven_by_checksum);
    ADD(frame, wrong_length_is_proven_by_checksum_before_more_bytes_come);
    ADD(frame, every_length_leaves_the_next_frame_in_its_place);
    ADD(frame, every_length_with_a_bad_checksum_leaves_the_next_frame_in_its_place);
    ADD(frame, checksum_that_looks_like_a_header_still_proves_the_length);
    ADD(frame, line_end_and_header_end_a_frame_that_lost_bytes);
    ADD(frame, header_ends_a_frame_that_lost_its_end);
    ADD(frame, header_ends_a_frame_wherever_it_was_cut);
    ADD(frame, every_frame_that_lost_a_byte_leaves_the_next_one_in_its_place);
    ADD(frame, every_frame_with_a_byte_too_many_leaves_the_next_one_in_its_place);
    ADD(frame, frame_inside_a_sound_frame_is_its_data);
    ADD(frame, length_is_believed_when_nothing_tells_another_end);
    ADD(frame, short_checksum_is_told_however_many_zeros_it_lost);
    ADD(frame, sound_checksum_with_leading_zeros_is_no_short_one);
    ADD(frame, short_checksum_of_a_wrong_one_is_none);
    ADD(frame, every_start_of_a_frame_waits_for_more);
    ADD(frame, begin_of_a_frame_with_a_length_below_17_has_no_data_beyond_its_bytes);
    ADD(frame, every_start_of_a_frame_is_cut_when_no_more_come);
    ADD(frame, frame_longer_than_usual_is_awaited_to_its_end);
    ADD(frame, frame_without_a_usable_length_is_given_up);
    ADD(frame, line_end_ends_a_frame_without_a_usable_length);
    ADD(frame, line_end_ends_a_frame_whose_command_contradicts_its_length);
    ADD(frame, line_end_in_the_data_of_an_unfinished_frame_ends_nothing);
    ADD(frame, length_a_byte_short_waits_for_the_line_feed);
    ADD(frame, wrong_length_that_a_block_contradicts_waits_for_the_end);
    ADD(frame, heartbeats_stand_before_a_frame_or_alone);
    ADD(frame, zeros_that_are_too_many_are_junk);
    ADD(frame, zero_before_other_bytes_is_junk);
    ADD(frame, junk_ends_where_a_frame_begins);
    ADD(frame, junk_leaves_a_header_at_its_end_to_the_next_bytes);
    ADD(frame, two_characters_of_a_header_and_text_are_junk);
    ADD(frame, every_wrong_bit_leaves_the_other_frame_whole);
    ADD(frame, random_bytes_and_frames_keep_every_promise);
    return g_test_run();
}
