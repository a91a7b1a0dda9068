/* test_credit.c
 *
 * The scanner's time stays proportional to the bytes, whatever their length
 * fields claim. Not timed but counted: this program brings its own checksum
 * function, in place of libwsutil's, which counts the bytes that are summed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>
#include <wsutil/crc16.h>

#include "scan.h"

#define RUN 65536

/* What a byte may be summed: once for its frame, at the price of the credit, and by the searches for an end. */
#define SUMS_PER_BYTE_MOST 32

static uint64_t summed;

__attribute__((visibility("default"))) uint16_t crc16_x25_ccitt_seed(const uint8_t *buf, unsigned length, uint16_t seed)
{
    static uint16_t table[256];
    if (table[1] == 0) {
        for (unsigned i = 0; i < 256; i++) {
            uint16_t crc = (uint16_t)(i << 8);
            for (int bit = 0; bit < 8; bit++)
                crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
            table[i] = crc;
        }
    }
    summed += length;
    while (length-- > 0)
        seed = (uint16_t)(seed << 8 ^ table[seed >> 8 ^ *buf++]);
    return seed;
}

/* Scans all of the bytes as one run, and counts. */
static void costs_little(const bytes_t *bytes)
{
    for (int final = 0; final < 2; final++) {
        size_t credit = vt600_frame_credit(bytes->len), at = 0;
        summed = 0;
        while (at < bytes->len) {
            const vt600_frame_t frame = vt600_frame_scan(bytes->data + at, bytes->len - at, final, &credit);
            g_assert_cmpuint(credit, <=, vt600_frame_credit(bytes->len)); /* never below zero */
            if (frame.found == VT600_FOUND_PARTIAL)
                break;
            at += frame.extent;
        }
        g_test_message("%" G_GUINT64_FORMAT " of %u bytes summed, credit left %zu", summed, bytes->len, credit);
        g_assert_cmpuint(summed, <=, (uint64_t)SUMS_PER_BYTE_MOST * bytes->len);
    }
}

/* The pattern over and over, RUN bytes; its length field, at offset 2, as put says. */
static bytes_t *repeated(const char *hex, void (*put)(bytes_t *, guint at))
{
    autobytes pattern = from_hex(hex);
    bytes_t *bytes = g_byte_array_new();
    while (bytes->len + pattern->len <= RUN)
        add(bytes, pattern);
    if (put != NULL)
        for (guint at = 0; at < bytes->len; at += pattern->len)
            put(bytes, at);
    return bytes;
}

static void to_the_end(bytes_t *bytes, guint at)
{
    put16(bytes, at + 2, MIN(bytes->len - at, 0xffff));
}

static void nearly_plausible_to_the_end(bytes_t *bytes, guint at)
{
    put16(bytes, at + 2, MIN(bytes->len - at, 0x1fff));
}

static void headers_that_all_reach_to_the_end_are_not_all_summed(void)
{
    autobytes bytes = repeated("24240000 " DEVICE " 9502", to_the_end);
    costs_little(bytes);
}

static void plausible_headers_that_all_reach_far_are_not_all_summed(void)
{
    autobytes bytes = repeated("40400000 " DEVICE " 9502", nearly_plausible_to_the_end);
    costs_little(bytes);
}

static void bare_headers_that_all_reach_to_the_end_are_not_all_summed(void)
{
    autobytes bytes = repeated("2424fff0", NULL);
    costs_little(bytes);
}

static void headers_with_line_ends_between_are_not_all_summed(void)
{
    autobytes bytes = repeated("24240000 " DEVICE " 9502 0000 0d0a", to_the_end);
    costs_little(bytes);
}

static void line_ends_alone_are_not_all_summed(void)
{
    autobytes bytes = from_hex("40400000 " DEVICE " 9502");
    while (bytes->len < RUN)
        add_hex(bytes, "0d0a");
    costs_little(bytes);
}

static void short_frames_that_are_hardly_ones_are_not_all_summed(void)
{
    autobytes bytes = repeated("24240011 abcdefabcdefab 1234 0000 0000", NULL);
    for (int i = 0; i < 8; i++)
        add_hex(bytes, "0d0a");
    costs_little(bytes);
}

static void short_frames_that_are_hardly_ones_and_have_line_ends_are_not_all_summed(void)
{
    autobytes bytes = repeated("24240011 abcdefabcdefab 1234 0000 0d0a", NULL);
    costs_little(bytes);
}

static void sound_frames_are_summed_once(void)
{
    autobytes frame = make_frame('@', 0x9502, "00000000 0004 01020304");
    autobytes bytes = g_byte_array_new();
    while (bytes->len + frame->len <= RUN)
        add(bytes, frame);
    size_t credit = 0, at = 0; /* they need none */
    summed = 0;
    while (at < bytes->len)
        at += scan_with(bytes, at, true, &credit).extent;
    g_assert_cmpuint(summed, <=, bytes->len);
}

/* Where there is no credit, a checksum that was not summed is neither good nor bad: scan.h looks at that. */
static void checksum_that_was_not_summed_is_not_bad(void)
{
    autobytes data = from_hex("01");
    autobytes bytes = make_frame_of('$', "abcdefabcdefab", 0x1234, data);
    size_t credit = 0;
    const vt600_frame_t frame = scan_with(bytes, 0, true, &credit);
    g_assert_cmpuint(frame.extent, ==, bytes->len);
    g_assert_cmpint(frame.checksum, !=, VT600_CHECKSUM_BAD);
}

/* A frame that lost bytes must not use up what the next one needs. */
static void frame_that_lost_bytes_leaves_credit_for_a_block_that_holds_a_frame(void)
{
    autobytes inner = make_frame('@', 0x9505, "");
    autobytes data = from_hex("00000080 0080");
    add(data, inner);
    g_byte_array_set_size(data, 6 + 128);
    memset(data->data + 6 + inner->len, 0x55, 128 - inner->len);
    autobytes holder = make_frame_of('@', DEVICE, 0x9502, data);
    autobytes whole = from_hex(samples[SAMPLE_BLOCK]);
    autobytes bytes = without(whole, 60, 20);
    add(bytes, holder);

    g_autoptr(GArray) all = scan_all(bytes, true);
    g_assert_true(is_sound(found_at(all, 131)));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(credit, headers_that_all_reach_to_the_end_are_not_all_summed);
    ADD(credit, plausible_headers_that_all_reach_far_are_not_all_summed);
    ADD(credit, bare_headers_that_all_reach_to_the_end_are_not_all_summed);
    ADD(credit, headers_with_line_ends_between_are_not_all_summed);
    ADD(credit, line_ends_alone_are_not_all_summed);
    ADD(credit, short_frames_that_are_hardly_ones_are_not_all_summed);
    ADD(credit, short_frames_that_are_hardly_ones_and_have_line_ends_are_not_all_summed);
    ADD(credit, sound_frames_are_summed_once);
    ADD(credit, checksum_that_was_not_summed_is_not_bad);
    ADD(credit, frame_that_lost_bytes_leaves_credit_for_a_block_that_holds_a_frame);
    return g_test_run();
}
