/* test_image.c
 *
 * The image's ranges against a naive model: a few windows of the address
 * space, a struct a byte. Random sendings and acknowledgements go to both, and
 * every answer that the image can give is compared after each.
 *
 * The first random run's number can be set, and how many there are:
 * VT600_IMAGE_SEED, VT600_IMAGE_RUNS.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <wsutil/wmem/wmem.h>

#include "session/image.h"

#define TOP (UINT64_C(1) << 32) /* offsets end here; a block reaches up to 65,535 bytes beyond */

typedef struct {
    bool sent, acknowledged, known;
    uint8_t content;
} naive_byte_t;

/* Bytes [base, base + length) of the image; nothing is ever sent outside of the windows. */
typedef struct {
    uint64_t base;
    size_t length;
    naive_byte_t *bytes;
} window_t;

typedef struct {
    window_t windows[2]; /* in order, apart */
    unsigned count;
} naive_t;

static naive_byte_t *naive_at(naive_t *naive, uint64_t offset)
{
    static const naive_byte_t nothing;
    for (unsigned i = 0; i < naive->count; i++) {
        window_t *window = &naive->windows[i];
        if (offset >= window->base && offset - window->base < window->length)
            return &window->bytes[offset - window->base];
    }
    return (naive_byte_t *)&nothing;
}

static vt600_range_t naive_send(naive_t *naive, uint64_t offset, unsigned length, const uint8_t *data)
{
    vt600_range_t changed = {0, 0};
    for (unsigned i = 0; i < length; i++) {
        naive_byte_t *byte = naive_at(naive, offset + i);
        byte->sent = true;
        if (data == NULL)
            continue;
        if (byte->known && byte->content != data[i]) {
            if (changed.first == changed.end)
                changed.first = offset + i;
            changed.end = offset + i + 1;
        }
        if (!byte->known)
            byte->content = data[i];
        byte->known = true;
    }
    return changed;
}

static void naive_acknowledge(naive_t *naive, uint64_t offset, unsigned length, const uint8_t *data)
{
    for (unsigned i = 0; i < length; i++) {
        naive_byte_t *byte = naive_at(naive, offset + i);
        byte->acknowledged = true;
        if (data != NULL) {
            byte->content = data[i];
            byte->known = true;
        }
    }
}

static uint8_t naive_read(const naive_byte_t *byte)
{
    return byte->acknowledged && byte->known ? byte->content : 0xff;
}

static bool naive_is_there(const naive_byte_t *byte, bool unknown)
{
    return byte->acknowledged && (byte->known || !unknown);
}

static void naive_add_gap(GArray *gaps, uint64_t first, uint64_t end)
{
    if (first >= end)
        return;
    if (gaps->len > 0 && g_array_index(gaps, vt600_range_t, gaps->len - 1).end == first) {
        g_array_index(gaps, vt600_range_t, gaps->len - 1).end = end;
        return;
    }
    const vt600_range_t gap = {first, end};
    g_array_append_val(gaps, gap);
}

static GArray *naive_gaps(const naive_t *naive, uint64_t end, bool unknown)
{
    GArray *gaps = g_array_new(FALSE, FALSE, sizeof(vt600_range_t));
    uint64_t at = 0;
    for (unsigned i = 0; i < naive->count; i++) {
        const window_t *window = &naive->windows[i];
        naive_add_gap(gaps, at, MIN(window->base, end));
        for (size_t j = 0; j < window->length && window->base + j < end; j++)
            if (!naive_is_there(&window->bytes[j], unknown))
                naive_add_gap(gaps, window->base + j, window->base + j + 1);
        at = window->base + window->length;
    }
    naive_add_gap(gaps, at, end);
    return gaps;
}

/* CRC-CCITT bit by bit: 0x1021, initial 0xffff. */
static uint16_t naive_checksum(naive_t *naive, uint64_t length)
{
    uint16_t crc = 0xffff;
    for (uint64_t at = 0; at < length; at++) {
        crc ^= (uint16_t)(naive_read(naive_at(naive, at)) << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

static void compare_gaps(const vt600_image_t *image, const naive_t *naive, uint64_t end, bool unknown)
{
    GArray *gaps = vt600_image_gaps(image, end, unknown), *expected = naive_gaps(naive, end, unknown);
    g_assert_cmpuint(gaps->len, ==, expected->len);
    for (unsigned i = 0; i < gaps->len; i++) {
        g_assert_cmphex(g_array_index(gaps, vt600_range_t, i).first, ==,
                        g_array_index(expected, vt600_range_t, i).first);
        g_assert_cmphex(g_array_index(gaps, vt600_range_t, i).end, ==, g_array_index(expected, vt600_range_t, i).end);
    }
    g_array_free(gaps, TRUE);
    g_array_free(expected, TRUE);
}

static void compare_counts(const vt600_image_t *image, const naive_t *naive)
{
    uint64_t sent = 0, acknowledged = 0, sent_end = 0, acknowledged_end = 0;
    for (unsigned i = 0; i < naive->count; i++)
        for (size_t j = 0; j < naive->windows[i].length; j++) {
            const naive_byte_t *byte = &naive->windows[i].bytes[j];
            const uint64_t end = naive->windows[i].base + j + 1;
            sent += byte->sent;
            acknowledged += byte->acknowledged;
            sent_end = byte->sent ? end : sent_end;
            acknowledged_end = byte->acknowledged ? end : acknowledged_end;
        }
    g_assert_cmpuint(vt600_image_sent(image), ==, sent);
    g_assert_cmpuint(vt600_image_acknowledged(image), ==, acknowledged);
    g_assert_cmpuint(vt600_image_sent_end(image), ==, sent_end);
    g_assert_cmpuint(vt600_image_acknowledged_end(image), ==, acknowledged_end);
}

static void compare_bytes(const vt600_image_t *image, naive_t *naive, uint64_t offset, size_t length)
{
    uint8_t *bytes = g_malloc(length + 1);
    bytes[length] = 0x5a;
    vt600_image_read(image, offset, length, bytes);
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != naive_read(naive_at(naive, offset + i)))
            g_error("byte 0x%09" G_GINT64_MODIFIER "x is %02x, not %02x", offset + i, bytes[i],
                    naive_read(naive_at(naive, offset + i)));
    g_assert_cmphex(bytes[length], ==, 0x5a);
    g_free(bytes);
}

static void compare_whole(const vt600_image_t *image, naive_t *naive, uint64_t length)
{
    GArray *gaps = naive_gaps(naive, length, true);
    g_assert_cmpint(vt600_image_is_whole(image, length), ==, length > 0 && gaps->len == 0);
    g_array_free(gaps, TRUE);
}

static uint64_t random_between(GRand *rand, uint64_t first, uint64_t end)
{
    const uint64_t number = (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand);
    return end > first ? first + number % (end - first) : first;
}

static void compare(const vt600_image_t *image, naive_t *naive, GRand *rand)
{
    const window_t *low = &naive->windows[0], *high = &naive->windows[naive->count - 1];
    const uint64_t end = high->base + high->length;

    compare_counts(image, naive);
    for (int unknown = 0; unknown < 2; unknown++) {
        compare_gaps(image, naive, vt600_image_sent_end(image), unknown);
        compare_gaps(image, naive, vt600_image_acknowledged_end(image), unknown);
        compare_gaps(image, naive, random_between(rand, 0, end + 1000), unknown);
    }
    for (unsigned i = 0; i < naive->count; i++)
        compare_bytes(image, naive, naive->windows[i].base, naive->windows[i].length);
    compare_bytes(image, naive, random_between(rand, low->base, end), g_rand_int_range(rand, 0, 600));

    const uint64_t below = MIN(vt600_image_sent_end(image), low->length);
    compare_whole(image, naive, below);
    compare_whole(image, naive, below + 1);
    compare_whole(image, naive, random_between(rand, 0, below + 1));
    g_assert_cmphex(vt600_image_checksum(image, below), ==, naive_checksum(naive, below));
}

/* A block in one of the windows, mostly where others were. */
static void choose_block(const naive_t *naive, GRand *rand, unsigned longest, uint64_t *offset, unsigned *length)
{
    const window_t *window = &naive->windows[g_rand_int_range(rand, 0, (gint32)naive->count)];
    const uint64_t end = window->base + window->length;
    *length = g_rand_int_range(rand, 0, 8) == 0 ? (unsigned)g_rand_int_range(rand, 0, 3)
                                                : (unsigned)g_rand_int_range(rand, 0, (gint32)longest + 1);
    if (g_rand_int_range(rand, 0, 8) == 0)
        *length = longest;
    *offset = random_between(rand, window->base, MIN(end, TOP));
    if (g_rand_int_range(rand, 0, 3) == 0)
        *offset = *offset / 64 * 64;
    if (*offset < window->base)
        *offset = window->base;
    if (g_rand_int_range(rand, 0, 12) == 0)
        *offset = MIN(end, TOP) - 1;
    *length = (unsigned)MIN(*length, end - *offset);
}

static void fill(GRand *rand, uint8_t *data, unsigned length, unsigned letters)
{
    for (unsigned i = 0; i < length; i++)
        data[i] = (uint8_t)g_rand_int_range(rand, 0, (gint32)letters);
}

static void play(GRand *rand, unsigned steps, unsigned longest, size_t window, naive_t *naive)
{
    vt600_image_t *image;
    wmem_allocator_t *scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    uint8_t *data = g_malloc(longest + 1);

    for (unsigned i = 0; i < naive->count; i++) {
        naive->windows[i].length = window;
        naive->windows[i].bytes = g_new0(naive_byte_t, window);
    }
    image = vt600_image_new(scope);
    compare(image, naive, rand);
    for (unsigned step = 0; step < steps; step++) {
        uint64_t offset;
        unsigned length;
        choose_block(naive, rand, longest, &offset, &length);
        /* With few letters much of another content is the same. */
        fill(rand, data, length, g_rand_boolean(rand) ? 1 : 3);
        const uint8_t *content = g_rand_int_range(rand, 0, 4) == 0 ? NULL : data;
        if (g_rand_boolean(rand)) {
            const vt600_range_t changed = vt600_image_send(image, (uint32_t)offset, length, content);
            const vt600_range_t expected = naive_send(naive, offset, length, content);
            g_assert_cmphex(changed.end - changed.first, ==, expected.end - expected.first);
            if (expected.first != expected.end)
                g_assert_cmphex(changed.first, ==, expected.first);
        } else {
            content = g_rand_boolean(rand) ? NULL : content;
            vt600_image_acknowledge(image, (uint32_t)offset, length, content);
            naive_acknowledge(naive, offset, length, content);
        }
        compare(image, naive, rand);
    }
    for (unsigned i = 0; i < naive->count; i++)
        g_free(naive->windows[i].bytes);
    g_free(data);
    wmem_destroy_allocator(scope);
}

static unsigned setting(const char *name, unsigned otherwise)
{
    const char *value = g_getenv(name);
    return value != NULL ? (unsigned)strtoul(value, NULL, 0) : otherwise;
}

/* runs times: one window at the start, at the end or anywhere; or one at the start and another one. */
static void play_many(unsigned runs, unsigned steps, unsigned longest, size_t window, uint64_t beyond)
{
    const unsigned seed = setting("VT600_IMAGE_SEED", 1);
    runs = g_test_thorough() ? runs : (runs + 19) / 20;
    for (unsigned run = 0; run < runs; run++) {
        GRand *rand = g_rand_new_with_seed(seed + run);
        const uint64_t highest = TOP - window + beyond;
        const uint64_t places[] = {0, highest, highest, random_between(rand, 2 * window, highest - window)};
        naive_t naive = {.count = 1};
        const unsigned place = (unsigned)g_rand_int_range(rand, 0, G_N_ELEMENTS(places));
        naive.windows[0].base = places[place];
        if (place != 0 && g_rand_boolean(rand)) {
            naive.windows[0].base = 0;
            naive.windows[1].base = places[place];
            naive.count = 2;
        }
        play(rand, steps, longest, window, &naive);
        g_rand_free(rand);
    }
}

static void short_blocks_give_what_a_naive_bitmap_gives(void)
{
    play_many(setting("VT600_IMAGE_RUNS", 3000), 12, 300, 1100, 0);
}

static void blocks_that_reach_beyond_the_last_offset_give_what_a_naive_bitmap_gives(void)
{
    play_many(setting("VT600_IMAGE_RUNS", 3000) / 3, 12, 300, 1100, 299);
}

static void long_blocks_give_what_a_naive_bitmap_gives(void)
{
    play_many(setting("VT600_IMAGE_RUNS", 3000) / 100, 10, 65535, 140000, 65534);
}

/* The rules of image.h, one by one. */

typedef struct {
    wmem_allocator_t *scope;
    vt600_image_t *image;
} fixture_t;

static void set_up(fixture_t *f, const void *unused)
{
    (void)unused;
    f->scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    f->image = vt600_image_new(f->scope);
}

static void tear_down(fixture_t *f, const void *unused)
{
    (void)unused;
    wmem_destroy_allocator(f->scope);
}

static void assert_reads(fixture_t *f, uint64_t offset, const char *expected)
{
    uint8_t bytes[64];
    const size_t length = strlen(expected);
    g_assert_cmpuint(length, <=, sizeof bytes);
    vt600_image_read(f->image, offset, length, bytes);
    for (size_t i = 0; i < length; i++)
        g_assert_cmphex(bytes[i], ==, expected[i] == '.' ? 0xff : (uint8_t)expected[i]);
}

static vt600_range_t send(fixture_t *f, uint32_t offset, const char *text)
{
    return vt600_image_send(f->image, offset, (uint32_t)strlen(text), (const uint8_t *)text);
}

static void nothing_sent_is_nothing_there(fixture_t *f, const void *unused)
{
    (void)unused;
    GArray *gaps = vt600_image_gaps(f->image, 0, true);
    g_assert_cmpuint(gaps->len, ==, 0);
    g_array_free(gaps, TRUE);
    g_assert_cmpuint(vt600_image_sent_end(f->image), ==, 0);
    g_assert_false(vt600_image_is_whole(f->image, 0));
    g_assert_false(vt600_image_is_whole(f->image, 1));
    g_assert_cmphex(vt600_image_checksum(f->image, 0), ==, 0xffff);
    assert_reads(f, 0, "....");
}

static void checksum_is_the_catalogues(fixture_t *f, const void *unused)
{
    (void)unused;
    send(f, 0, "123456789");
    vt600_image_acknowledge(f->image, 0, 9, NULL);
    g_assert_cmphex(vt600_image_checksum(f->image, 9), ==, 0x29b1);
}

static void sent_bytes_are_read_once_they_are_acknowledged(fixture_t *f, const void *unused)
{
    (void)unused;
    send(f, 2, "abcd");
    assert_reads(f, 0, "........");
    vt600_image_acknowledge(f->image, 3, 2, NULL);
    assert_reads(f, 0, "...bc...");
}

static void acknowledged_content_stays_until_the_new_is_acknowledged(fixture_t *f, const void *unused)
{
    (void)unused;
    send(f, 0, "abcd");
    vt600_image_acknowledge(f->image, 0, 4, NULL);
    const vt600_range_t changed = send(f, 0, "aXYd");
    g_assert_cmpuint(changed.first, ==, 1);
    g_assert_cmpuint(changed.end, ==, 3);
    assert_reads(f, 0, "abcd");
    vt600_image_acknowledge(f->image, 0, 4, (const uint8_t *)"aXYd");
    assert_reads(f, 0, "aXYd");
}

static void of_overlapping_blocks_the_stored_one_is_read(fixture_t *f, const void *unused)
{
    (void)unused;
    send(f, 0, "abcd");
    send(f, 2, "CDEF");
    vt600_image_acknowledge(f->image, 0, 4, NULL);
    assert_reads(f, 0, "abcd..");
    vt600_image_acknowledge(f->image, 2, 4, (const uint8_t *)"CDEF");
    assert_reads(f, 0, "abCDEF");
}

static void bytes_agree_as_far_as_they_are_known(fixture_t *f, const void *unused)
{
    (void)unused;
    send(f, 2, "abcd");
    g_assert_true(vt600_image_agrees(f->image, 0, 6, (const uint8_t *)"??abcd"));
    g_assert_true(vt600_image_agrees(f->image, 4, 4, (const uint8_t *)"cd??"));
    g_assert_false(vt600_image_agrees(f->image, 4, 4, (const uint8_t *)"cX??"));
}

static void content_unknown_is_a_gap_only_to_those_who_ask(fixture_t *f, const void *unused)
{
    (void)unused;
    vt600_image_acknowledge(f->image, 0, 4, NULL);
    GArray *gaps = vt600_image_gaps(f->image, 4, false), *unknown = vt600_image_gaps(f->image, 4, true);
    g_assert_cmpuint(gaps->len, ==, 0);
    g_assert_cmpuint(unknown->len, ==, 1);
    g_array_free(gaps, TRUE);
    g_array_free(unknown, TRUE);
    g_assert_cmpuint(vt600_image_acknowledged(f->image), ==, 4);
    g_assert_cmpuint(vt600_image_sent(f->image), ==, 0);
    g_assert_false(vt600_image_is_whole(f->image, 4));
}

static void the_last_offset_holds_a_byte_and_a_whole_block(fixture_t *f, const void *unused)
{
    (void)unused;
    send(f, UINT32_MAX, "xyz");
    vt600_image_acknowledge(f->image, UINT32_MAX, 3, NULL);
    g_assert_cmphex(vt600_image_sent_end(f->image), ==, TOP + 2);
    g_assert_cmphex(vt600_image_acknowledged_end(f->image), ==, TOP + 2);
    assert_reads(f, UINT32_MAX - UINT64_C(1), ".xyz.");
    assert_reads(f, 0, "...."); /* and does not come round */
    GArray *gaps = vt600_image_gaps(f->image, TOP + 2, true);
    g_assert_cmpuint(gaps->len, ==, 1);
    g_assert_cmphex(g_array_index(gaps, vt600_range_t, 0).end, ==, UINT32_MAX);
    g_array_free(gaps, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    wmem_init();
#define TEST(name) g_test_add_func("/image/" #name, name)
#define RULE(name) g_test_add("/image/" #name, fixture_t, NULL, set_up, name, tear_down)
    RULE(nothing_sent_is_nothing_there);
    RULE(checksum_is_the_catalogues);
    RULE(sent_bytes_are_read_once_they_are_acknowledged);
    RULE(acknowledged_content_stays_until_the_new_is_acknowledged);
    RULE(of_overlapping_blocks_the_stored_one_is_read);
    RULE(bytes_agree_as_far_as_they_are_known);
    RULE(content_unknown_is_a_gap_only_to_those_who_ask);
    RULE(the_last_offset_holds_a_byte_and_a_whole_block);
    TEST(short_blocks_give_what_a_naive_bitmap_gives);
    TEST(blocks_that_reach_beyond_the_last_offset_give_what_a_naive_bitmap_gives);
    TEST(long_blocks_give_what_a_naive_bitmap_gives);
    const int status = g_test_run();
    wmem_cleanup();
    return status;
}
