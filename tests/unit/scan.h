/* scan.h
 *
 * Calls the scanner on memory that ends where the bytes end, so that valgrind
 * and AddressSanitizer see whoever reads on, and holds each answer against
 * what core/frame.h promises of all of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_TESTS_SCAN_H
#define VT600_TESTS_SCAN_H

#include "core/frame.h"
#include "frames.h"

static void check_checksum(const vt600_frame_t *frame, const uint8_t *buf)
{
    if (frame->checksum != VT600_CHECKSUM_GOOD && frame->checksum != VT600_CHECKSUM_BAD)
        return;
    g_assert_cmpuint(frame->checksum_at + 2, <=, frame->bytes);
    g_assert_cmphex(frame->checksum_computed, ==, crc_of(buf, frame->checksum_at));
    g_assert_cmpint(frame->checksum_computed == get16(buf + frame->checksum_at), ==,
                    frame->checksum == VT600_CHECKSUM_GOOD);
}

static void check_terminator(const vt600_frame_t *frame, const uint8_t *buf)
{
    if (frame->terminator == VT600_TERMINATOR_ABSENT)
        return;
    g_assert_cmpuint(frame->terminator_at, <, frame->extent);
    const bool good = frame->extent - frame->terminator_at == 2 && get16(buf + frame->terminator_at) == 0x0d0a;
    g_assert_cmpint(good, ==, frame->terminator == VT600_TERMINATOR_GOOD);
}

/* What holds of FRAME, DAMAGED and CUT. */
static void check_frame(const vt600_frame_t *frame, const uint8_t *buf, size_t n)
{
    g_assert_cmpuint(frame->bytes, ==, frame->extent);
    g_assert_cmpuint(buf[0], ==, frame->side == VT600_SERVER ? '@' : '$');
    g_assert_cmpuint(frame->length, ==, frame->bytes >= 4 ? get16(buf + 2) : 0);
    if (frame->bytes >= 13) {
        g_assert_cmpuint(13 + frame->data_length, <=, frame->bytes);
        g_assert_cmphex(frame->code, ==, get16(buf + 11));
        g_assert_true(frame->command == vt600_command_find(frame->code));
    } else {
        g_assert_cmpuint(frame->data_length, ==, 0);
    }
    if (frame->length_good && frame->found == VT600_FOUND_CUT)
        g_assert_cmpuint(frame->length, >, n);
    else
        g_assert_cmpint(frame->length_good, ==, frame->length >= 17 && frame->length == frame->extent);
    check_checksum(frame, buf);
    check_terminator(frame, buf);
}

static void check_promises(const vt600_frame_t *frame, const uint8_t *buf, size_t n, bool final)
{
    if (frame->found == VT600_FOUND_PARTIAL) {
        g_assert_false(final);
        g_assert_cmpuint(frame->extent, ==, 0);
        return;
    }
    g_assert_cmpuint(frame->extent, >=, 1);
    g_assert_cmpuint(frame->extent, <=, n);
    if (frame->found == VT600_FOUND_HEARTBEAT) {
        g_assert_cmpuint(frame->extent, ==, 1);
        g_assert_cmpuint(buf[0], ==, 0);
    } else if (frame->found != VT600_FOUND_JUNK) {
        check_frame(frame, buf, n);
    }
    g_assert_true(frame->found != VT600_FOUND_CUT || final);
}

static vt600_frame_t scan_with(const bytes_t *bytes, size_t at, bool final, size_t *credit)
{
    const size_t n = bytes->len - at, before = *credit;
    g_autofree uint8_t *exact = g_memdup2(bytes->data + at, n);
    const vt600_frame_t frame = vt600_frame_scan(exact, n, final, credit);
    check_promises(&frame, exact, n, final);
    g_assert_cmpuint(*credit, <=, before);
    return frame;
}

G_GNUC_UNUSED static vt600_frame_t scan(const bytes_t *bytes, bool final)
{
    size_t credit = vt600_frame_credit(bytes->len);
    return scan_with(bytes, 0, final, &credit);
}

typedef struct {
    size_t at;
    vt600_frame_t frame;
} found_t;

/* All that is found in the bytes, up to their end or to what waits for more. */
G_GNUC_UNUSED static GArray *scan_all(const bytes_t *bytes, bool final)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(found_t));
    size_t credit = vt600_frame_credit(bytes->len), at = 0;

    while (at < bytes->len) {
        const found_t found = {at, scan_with(bytes, at, final, &credit)};
        g_array_append_val(all, found);
        if (found.frame.found == VT600_FOUND_PARTIAL)
            break;
        at += found.frame.extent;
    }
    g_assert_cmpuint(at, <=, bytes->len);
    return all;
}

/* What was found to begin at this place, or NULL. */
G_GNUC_UNUSED static const vt600_frame_t *found_at(const GArray *all, size_t at)
{
    for (guint i = 0; i < all->len; i++)
        if (g_array_index(all, found_t, i).at == at)
            return &g_array_index(all, found_t, i).frame;
    return NULL;
}

G_GNUC_UNUSED static bool is_sound(const vt600_frame_t *frame)
{
    return frame != NULL && frame->found == VT600_FOUND_FRAME && frame->end == VT600_END_BY_LENGTH &&
           frame->length_good && frame->checksum == VT600_CHECKSUM_GOOD && frame->terminator == VT600_TERMINATOR_GOOD;
}

#endif
