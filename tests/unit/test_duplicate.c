/* test_duplicate.c
 *
 * Which frame is a second capture of an earlier one, and which is another
 * frame with the same bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "session/duplicate.h"

#define MILLISECOND INT64_C(1000000)
#define START       (INT64_C(1700000000000) * MILLISECOND)

static int here, there; /* conversations with their directions: only their addresses count */

typedef struct {
    wmem_allocator_t *scope;
    vt600_duplicates_t *duplicates;
    uint32_t number;
    int64_t time;
    int records[1024];
} capture_t;

static void set_up(capture_t *c, gconstpointer unused G_GNUC_UNUSED)
{
    c->scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    c->duplicates = vt600_duplicates_new(c->scope);
    c->time = START;
}

static void tear_down(capture_t *c, gconstpointer unused G_GNUC_UNUSED)
{
    wmem_destroy_allocator(c->scope);
}

/* A frame in the next packet, so long after the one before: the packet of which it is a second capture, or 0. */
static uint32_t see(capture_t *c, int64_t after, const void *conversation, uint64_t datagram, const char *bytes)
{
    const vt600_capturing_t capturing = {
        .number = ++c->number, .time = c->time += after, .conversation = conversation, .datagram = datagram};
    void *first = NULL;
    const uint32_t of = vt600_duplicates_find(c->duplicates, (const uint8_t *)bytes, strlen(bytes), &capturing,
                                              &c->records[c->number], &first);
    if (of != 0)
        g_assert_true(first == &c->records[of]);
    else
        g_assert_null(first);
    return of;
}

#define BLOCK      "@@ a frame with a block of some bytes in it, and an end"
#define RULE(name) static void name(capture_t *c, gconstpointer unused G_GNUC_UNUSED)

RULE(the_same_bytes_in_another_conversation_within_10_ms_are_one_frame)
{
    g_assert_cmpuint(see(c, 0, &here, 0, BLOCK), ==, 0);
    g_assert_cmpuint(see(c, 2 * MILLISECOND, &there, 0, BLOCK), ==, 1);
}

RULE(ten_milliseconds_are_within_and_a_nanosecond_more_is_not)
{
    see(c, 0, &here, 0, BLOCK);
    g_assert_cmpuint(see(c, 10 * MILLISECOND, &there, 0, BLOCK), ==, 1);
    see(c, 1000 * MILLISECOND, &here, 0, BLOCK "?");
    g_assert_cmpuint(see(c, 10 * MILLISECOND + 1, &there, 0, BLOCK "?"), ==, 0);
}

RULE(a_clock_that_went_back_a_little_does_not_hide_a_second_capture)
{
    see(c, 0, &here, 0, BLOCK);
    g_assert_cmpuint(see(c, -10 * MILLISECOND, &there, 0, BLOCK), ==, 1);
    see(c, 1000 * MILLISECOND, &here, 0, BLOCK "?");
    g_assert_cmpuint(see(c, -10 * MILLISECOND - 1, &there, 0, BLOCK "?"), ==, 0);
}

RULE(the_same_bytes_again_in_the_same_tcp_direction_are_another_frame)
{
    see(c, 0, &here, 0, BLOCK);
    g_assert_cmpuint(see(c, MILLISECOND, &here, 0, BLOCK), ==, 0);
}

RULE(the_same_bytes_in_the_next_datagram_are_one_frame)
{
    see(c, 0, &here, 5, BLOCK);
    g_assert_cmpuint(see(c, MILLISECOND, &here, 6, BLOCK), ==, 1);
}

RULE(the_same_bytes_after_a_datagram_between_are_another_frame)
{
    see(c, 0, &here, 5, BLOCK);
    see(c, MILLISECOND, &here, 6, "another one");
    g_assert_cmpuint(see(c, MILLISECOND, &here, 7, BLOCK), ==, 0);
}

RULE(two_frames_in_one_packet_are_two)
{
    see(c, 0, &here, 5, BLOCK);
    c->number--;
    const vt600_capturing_t same = {.number = 1, .time = c->time, .conversation = &there, .datagram = 6};
    void *first = NULL;
    g_assert_cmpuint(vt600_duplicates_find(c->duplicates, (const uint8_t *)BLOCK, strlen(BLOCK), &same, c, &first), ==,
                     0);
    g_assert_null(first);
}

RULE(a_third_capture_is_of_the_first)
{
    see(c, 0, &here, 5, BLOCK);
    g_assert_cmpuint(see(c, MILLISECOND, &here, 6, BLOCK), ==, 1);
    g_assert_cmpuint(see(c, MILLISECOND, &here, 7, BLOCK), ==, 1);
}

RULE(every_datagram_of_a_span_port_comes_twice_and_counts_once)
{
    char bytes[64];
    uint64_t datagram = 0;
    for (unsigned block = 0; block < 300; block++) {
        g_snprintf(bytes, sizeof bytes, "@@ block %u at offset %u", block, block * 128);
        g_assert_cmpuint(see(c, 50 * MILLISECOND, &here, ++datagram, bytes), ==, 0);
        const uint32_t first = c->number;
        g_assert_cmpuint(see(c, 10000, &here, ++datagram, bytes), ==, first);
    }
}

RULE(a_retry_that_was_captured_twice_is_a_second_capture_of_the_retry)
{
    see(c, 0, &here, 0, BLOCK);
    g_assert_cmpuint(see(c, MILLISECOND, &there, 0, BLOCK), ==, 1);
    g_assert_cmpuint(see(c, 5000 * MILLISECOND, &here, 0, BLOCK), ==, 0);
    g_assert_cmpuint(see(c, MILLISECOND, &there, 0, BLOCK), ==, 3);
}

RULE(a_byte_that_differs_makes_another_frame)
{
    g_autofree char *bytes = g_strdup(BLOCK);
    see(c, 0, &here, 0, bytes);
    for (size_t i = 0; bytes[i] != '\0'; i++) {
        const char before = bytes[i];
        bytes[i] ^= 1;
        g_assert_cmpuint(see(c, 0, &there, 0, bytes), ==, 0);
        bytes[i] = before;
        see(c, 1000 * MILLISECOND, &here, 0, bytes);
    }
    g_assert_cmpuint(see(c, 1000 * MILLISECOND, &here, 0, BLOCK), ==, 0);
    g_assert_cmpuint(see(c, 0, &there, 0, "@@"), ==, 0);
}

RULE(a_longer_frame_takes_the_place_of_a_shorter_one)
{
    g_autofree char *bytes = g_strnfill(5000, 'x');
    for (size_t length = 1; length < 5000; length += 700) {
        bytes[length] = '\0';
        g_assert_cmpuint(see(c, MILLISECOND, &here, 0, bytes), ==, 0);
        g_assert_cmpuint(see(c, MILLISECOND, &there, 0, bytes), ==, c->number - 1);
        bytes[length] = 'x';
    }
}

#define ADD(name) g_test_add("/duplicate/" #name, capture_t, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(the_same_bytes_in_another_conversation_within_10_ms_are_one_frame);
    ADD(ten_milliseconds_are_within_and_a_nanosecond_more_is_not);
    ADD(a_clock_that_went_back_a_little_does_not_hide_a_second_capture);
    ADD(the_same_bytes_again_in_the_same_tcp_direction_are_another_frame);
    ADD(the_same_bytes_in_the_next_datagram_are_one_frame);
    ADD(the_same_bytes_after_a_datagram_between_are_another_frame);
    ADD(two_frames_in_one_packet_are_two);
    ADD(a_third_capture_is_of_the_first);
    ADD(every_datagram_of_a_span_port_comes_twice_and_counts_once);
    ADD(a_retry_that_was_captured_twice_is_a_second_capture_of_the_retry);
    ADD(a_byte_that_differs_makes_another_frame);
    ADD(a_longer_frame_takes_the_place_of_a_shorter_one);
    return g_test_run();
}
