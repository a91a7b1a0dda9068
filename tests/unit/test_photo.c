/* test_photo.c
 *
 * Photos from their packets: in order and not, sent again, lost, and the next
 * photo with the same number.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>
#include <string.h>

#include "frames.h"
#include "session/photo.h"

static wmem_allocator_t *file;
static vt600_photos_t *photos;
static uint32_t number;

static const vt600_photo_frame_t *take(uint8_t packet, uint8_t packets, const char *data)
{
    const vt600_photo_packet_t seen = {
        .conversation = &photos,
        .device = 1,
        .device_text = "101130923633",
        .number = ++number,
        .image = 2,
        .footage = 17,
        .packets = packets,
        .packet = packet,
        .data = (const uint8_t *)data,
        .length = (uint32_t)strlen(data),
    };
    return vt600_photos_add(photos, &seen);
}

static void start(void)
{
    if (file != NULL)
        wmem_destroy_allocator(file);
    file = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    photos = vt600_photos_new(file);
    number = 0;
}

/* Of a photo as of this frame. */
static void assert_photo(const vt600_photo_frame_t *frame, const char *bytes, const char *missing)
{
    wmem_allocator_t *scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    char read[64] = "";

    g_assert_nonnull(frame);
    g_assert_cmpuint(vt600_photo_length(frame->photo, frame->pieces), ==, strlen(bytes));
    vt600_photo_read(frame->photo, frame->pieces, (uint8_t *)read);
    g_assert_cmpstr(read, ==, bytes);
    g_assert_cmpstr(vt600_photo_missing(scope, frame->photo, frame->pieces), ==, missing);
    g_assert_cmpint(vt600_photo_is_complete(frame->photo, frame->pieces), ==, missing[0] == '\0');
    wmem_destroy_allocator(scope);
}

static void packets_from_0_make_a_photo(void)
{
    start();
    g_assert_false(take(0, 3, "aa")->shown);
    g_assert_false(take(1, 3, "bb")->shown);
    const vt600_photo_frame_t *last = take(2, 3, "c");
    g_assert_true(last->shown);
    g_assert_true(last->photo->complete);
    g_assert_cmpuint(last->photo->last_frame, ==, 3);
    assert_photo(last, "aabbc", "");
}

static void packets_from_1_make_a_photo(void)
{
    start();
    take(1, 3, "aa");
    const vt600_photo_frame_t *second = take(2, 3, "bb");
    const vt600_photo_frame_t *last = take(3, 3, "c");
    g_assert_true(last->shown);
    assert_photo(last, "aabbc", "");
    assert_photo(second, "aabb", "0");
}

static void packets_in_another_order_make_a_photo(void)
{
    start();
    take(2, 3, "c");
    take(0, 3, "aa");
    const vt600_photo_frame_t *last = take(1, 3, "bb");
    g_assert_true(last->shown);
    assert_photo(last, "aabbc", "");
}

static void packet_sent_again_counts_once(void)
{
    start();
    take(0, 2, "aa");
    const vt600_photo_frame_t *again = take(0, 2, "aa");
    g_assert_true(again->again);
    g_assert_false(again->shown);
    const vt600_photo_frame_t *last = take(1, 2, "bb");
    assert_photo(last, "aabb", "");
    g_assert_true(take(0, 2, "aa")->again);
    again = take(1, 2, "bb");
    g_assert_true(again->again);
    g_assert_false(again->shown);
    g_assert_true(again->photo == last->photo);
}

static void missing_packets_are_named(void)
{
    start();
    take(0, 9, "a");
    take(2, 9, "c");
    const vt600_photo_frame_t *last = take(8, 9, "i");
    g_assert_true(last->shown);
    assert_photo(last, "aci", "1, 3-7");
    g_assert_false(last->photo->complete);
}

static void missing_packet_that_comes_later_completes_the_photo(void)
{
    start();
    take(0, 3, "a");
    const vt600_photo_frame_t *partial = take(2, 3, "c");
    g_assert_true(partial->shown);
    const vt600_photo_frame_t *whole = take(1, 3, "b");
    g_assert_true(whole->shown);
    assert_photo(whole, "abc", "");
    assert_photo(partial, "ac", "1"); /* as of then */
}

static void next_photo_with_the_same_number_is_another(void)
{
    start();
    take(0, 2, "aa");
    const vt600_photo_frame_t *first = take(1, 2, "bb");
    const vt600_photo_frame_t *other = take(0, 2, "AA");
    g_assert_false(other->again);
    g_assert_true(other->photo != first->photo);
    const vt600_photo_frame_t *second = take(1, 2, "bb");
    g_assert_true(second->shown);
    assert_photo(second, "AAbb", "");
    assert_photo(first, "aabb", "");
}

static void next_photo_may_begin_with_the_same_bytes(void)
{
    start();
    take(0, 3, "head");
    take(1, 3, "bb");
    const vt600_photo_frame_t *first = take(2, 3, "cc");
    take(0, 3, "head");
    take(1, 3, "BB");
    const vt600_photo_frame_t *second = take(2, 3, "CC");
    g_assert_true(second->photo != first->photo);
    assert_photo(first, "headbbcc", "");
    assert_photo(second, "headBBCC", "");
    g_assert_true(second->shown);
}

static void photo_sent_again_whole_is_not_part_of_the_next(void)
{
    for (unsigned rounds = 1; rounds <= 2; rounds++) {
        start();
        for (unsigned i = 0; i <= rounds; i++) {
            take(0, 3, "head");
            take(1, 3, "bb");
            g_assert_cmpint(take(2, 3, "cc")->again, ==, i > 0);
        }
        take(0, 3, "head");
        const vt600_photo_frame_t *second = take(1, 3, "BB");
        g_assert_false(second->shown);
        assert_photo(second, "headBB", "2");
        assert_photo(take(2, 3, "cc"), "headBBcc", "");
    }
}

static void bytes_of_an_earlier_photo_give_way(void)
{
    start();
    take(0, 2, "aa");
    take(0, 2, "aa"); /* sent again for its own sake */
    take(1, 2, "bb");
    take(1, 2, "BB");
    const vt600_photo_frame_t *second = take(0, 2, "AA");
    assert_photo(second, "AABB", "");
}

static void another_size_or_count_is_another_photo(void)
{
    start();
    const vt600_photo_frame_t *first = take(0, 2, "aa");
    const vt600_photo_frame_t *second = take(1, 3, "bb");
    g_assert_true(first->photo != second->photo);
    assert_photo(second, "bb", "0, 2");
}

static void photo_of_255_packets_is_put_together(void)
{
    for (unsigned first = 0; first <= 1; first++) {
        const vt600_photo_frame_t *last = NULL;
        start();
        for (unsigned i = 0; i < 255; i++)
            last = take((uint8_t)(first + i), 255, "");
        g_assert_true(last->shown);
        assert_photo(last, "", "");
    }
}

static void numbers_without_sense_are_no_photo(void)
{
    start();
    g_assert_null(take(0, 0, "a"));
    g_assert_null(take(4, 3, "a"));
}

static void packet_without_bytes_is_sent_again_like_any_other(void)
{
    start();
    take(0, 2, "");
    take(0, 2, "");
    assert_photo(take(1, 2, "b"), "b", "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(photo, packets_from_0_make_a_photo);
    ADD(photo, packets_from_1_make_a_photo);
    ADD(photo, packets_in_another_order_make_a_photo);
    ADD(photo, packet_sent_again_counts_once);
    ADD(photo, missing_packets_are_named);
    ADD(photo, missing_packet_that_comes_later_completes_the_photo);
    ADD(photo, next_photo_with_the_same_number_is_another);
    ADD(photo, next_photo_may_begin_with_the_same_bytes);
    ADD(photo, photo_sent_again_whole_is_not_part_of_the_next);
    ADD(photo, bytes_of_an_earlier_photo_give_way);
    ADD(photo, another_size_or_count_is_another_photo);
    ADD(photo, photo_of_255_packets_is_put_together);
    ADD(photo, numbers_without_sense_are_no_photo);
    ADD(photo, packet_without_bytes_is_sent_again_like_any_other);
    const int status = g_test_run();
    wmem_destroy_allocator(file);
    return status;
}
