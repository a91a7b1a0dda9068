/* test_crc.c
 *
 * The checksum's CRC, against libwsutil's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "core/crc.h"

#include <glib.h>
#include <wsutil/crc16.h>

#include "core/wire.h"

#define LENGTH_MOST 4096
#define ALIGNMENTS  8

static void every_length_at_every_alignment_is_as_libwsutil_computes_it(void)
{
    static uint8_t bytes[LENGTH_MOST + ALIGNMENTS];
    GRand *random = g_rand_new_with_seed(600);

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)g_rand_int(random);
    const unsigned step = g_test_thorough() ? 1 : 113;
    for (unsigned at = 0; at < ALIGNMENTS; at++)
        for (unsigned n = 0; n <= LENGTH_MOST; n += step)
            g_assert_cmphex(vt600_crc_add(VT600_CRC_SEED, bytes + at, n), ==,
                            crc16_x25_ccitt_seed(bytes + at, n, VT600_CRC_SEED));
    g_rand_free(random);
}

static void any_seed_and_any_byte_count(void)
{
    for (unsigned seed = 0; seed <= UINT16_MAX; seed += g_test_thorough() ? 1 : 257) {
        uint8_t bytes[9];
        for (unsigned i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(seed * 31 + i * 97);
        g_assert_cmphex(vt600_crc_add((uint16_t)seed, bytes, sizeof bytes), ==,
                        crc16_x25_ccitt_seed(bytes, sizeof bytes, (uint16_t)seed));
    }
}

static void the_published_check_value(void)
{
    g_assert_cmphex(vt600_crc_add(VT600_CRC_SEED, (const uint8_t *)"123456789", 9), ==, 0x29b1);
    g_assert_cmphex(vt600_crc_add(VT600_CRC_SEED, NULL, 0), ==, VT600_CRC_SEED);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crc/every_length_at_every_alignment_is_as_libwsutil_computes_it",
                    every_length_at_every_alignment_is_as_libwsutil_computes_it);
    g_test_add_func("/crc/any_seed_and_any_byte_count", any_seed_and_any_byte_count);
    g_test_add_func("/crc/the_published_check_value", the_published_check_value);
    return g_test_run();
}
