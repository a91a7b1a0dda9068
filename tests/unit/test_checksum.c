/* test_checksum.c
 *
 * The checksums of an image that are tried, in the order in which they are
 * tried, by their published check values: those of "123456789".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include <glib.h>
#include <wsutil/wmem/wmem.h>

#include "session/checksum.h"

/* In the order in which they are tried. */
static const struct {
    const char *name;
    uint16_t check;
} algorithms[] = {
    {"CRC-16/IBM-3740", 0x29b1},         {"CRC-16/XMODEM", 0x31c3}, {"CRC-16/KERMIT", 0x2189},
    {"CRC-16/MODBUS", 0x4b37},           {"CRC-16/ARC", 0xbb3d},    {"sum of bytes", 0x01dd},
    {"sum of big-endian words", 0x09d4}, {"Fletcher-16", 0x1ede},
};

enum { COUNT = G_N_ELEMENTS(algorithms) };

/* The image with this text; all of it is stored. */
static vt600_image_t *image_of(wmem_allocator_t *scope, const char *text, size_t length)
{
    vt600_image_t *image = vt600_image_new(scope);
    vt600_image_send(image, 0, (uint32_t)length, (const uint8_t *)text);
    vt600_image_acknowledge(image, 0, (uint32_t)length, NULL);
    return image;
}

static const char *found_in(const char *text, size_t length, uint16_t checksum)
{
    wmem_allocator_t *scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    const int8_t algorithm = vt600_checksum_find(image_of(scope, text, length), length, checksum);
    wmem_destroy_allocator(scope);
    return vt600_checksum_name(algorithm);
}

static uint16_t swapped(uint16_t value)
{
    return (uint16_t)(value << 8 | value >> 8);
}

static void each_algorithm_gives_its_published_check_value(void)
{
    for (unsigned i = 0; i < COUNT; i++)
        g_assert_cmpstr(found_in("123456789", 9, algorithms[i].check), ==, algorithms[i].name);
}

static void the_last_two_bytes_may_be_left_out(void)
{
    for (unsigned i = 0; i < COUNT; i++) {
        g_autofree char *name = g_strconcat(algorithms[i].name, ", without the last two bytes", NULL);
        g_assert_cmpstr(found_in("123456789\xa5\x5a", 11, algorithms[i].check), ==, name);
    }
}

static void the_bytes_of_the_answer_may_be_swapped(void)
{
    for (unsigned i = 0; i < COUNT; i++) {
        g_autofree char *name = g_strconcat(algorithms[i].name, ", bytes swapped", NULL);
        g_assert_cmpstr(found_in("123456789", 9, swapped(algorithms[i].check)), ==, name);
    }
}

static void both_may_be_so_at_once(void)
{
    for (unsigned i = 0; i < COUNT; i++) {
        g_autofree char *name = g_strconcat(algorithms[i].name, ", without the last two bytes, bytes swapped", NULL);
        g_assert_cmpstr(found_in("123456789\xa5\x5a", 11, swapped(algorithms[i].check)), ==, name);
    }
}

static void another_checksum_is_of_no_algorithm(void)
{
    g_assert_null(found_in("123456789", 9, 0x4321));
    g_assert_null(vt600_checksum_name(VT600_CHECKSUM_NONE));
}

/* Zero bytes give 0 by all but the CRCs that start at 0xffff. */
static void the_first_algorithm_that_gives_the_checksum_is_named(void)
{
    g_assert_cmpstr(found_in("\0\0\0\0\0\0\0\0", 8, 0), ==, "CRC-16/XMODEM");
    g_assert_cmpstr(found_in("\0\0\0\1", 4, 1), ==, "sum of bytes"); /* and the sum of words */
}

static void the_whole_image_comes_before_the_shorter_one(void)
{
    /* The sum of its bytes is 0x0102 with or without the last two. */
    g_assert_cmpstr(found_in("\xff\x03\x00\x00", 4, 0x0102), ==, "sum of bytes");
    /* 0x0201 as the bytes of 0x0102 swapped, or as the sum of words of the shorter image. */
    g_assert_cmpstr(found_in("\x02\x01\xff\x00", 4, 0x0201), ==, "sum of big-endian words, without the last two bytes");
}

static void an_odd_image_has_zero_as_the_low_byte_of_its_last_word(void)
{
    g_assert_cmpstr(found_in("\x12\x34\x56", 3, 0x6834), ==, "sum of big-endian words");
}

static void an_image_longer_than_a_piece_is_summed_whole(void)
{
    enum { LENGTH = 3 * 4096 + 77 };
    g_autofree char *bytes = g_malloc(LENGTH);
    unsigned sum = 0;
    for (unsigned i = 0; i < LENGTH; i++)
        sum += (uint8_t)(bytes[i] = (char)(i * 7 + 3));
    g_assert_cmpstr(found_in(bytes, LENGTH, (uint16_t)sum), ==, "sum of bytes");
    sum -= (uint8_t)bytes[LENGTH - 1] + (unsigned)(uint8_t)bytes[LENGTH - 2];
    g_assert_cmpstr(found_in(bytes, LENGTH, (uint16_t)sum), ==, "sum of bytes, without the last two bytes");
}

static void an_image_of_one_byte_is_summed_and_nothing_is_before_it(void)
{
    g_assert_cmpstr(found_in("\x42", 1, 0x42), ==, "sum of bytes");
    g_assert_cmpstr(found_in("\x42", 1, 0xffff), ==, "CRC-16/IBM-3740, without the last two bytes");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/checksum/" #name, name)
    TEST(each_algorithm_gives_its_published_check_value);
    TEST(the_last_two_bytes_may_be_left_out);
    TEST(the_bytes_of_the_answer_may_be_swapped);
    TEST(both_may_be_so_at_once);
    TEST(another_checksum_is_of_no_algorithm);
    TEST(the_first_algorithm_that_gives_the_checksum_is_named);
    TEST(the_whole_image_comes_before_the_shorter_one);
    TEST(an_odd_image_has_zero_as_the_low_byte_of_its_last_word);
    TEST(an_image_longer_than_a_piece_is_summed_whole);
    TEST(an_image_of_one_byte_is_summed_and_nothing_is_before_it);
    return g_test_run();
}
