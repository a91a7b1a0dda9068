/* crc.c
 *
 * The CRC of the protocol's checksum; see crc.h. The CRC of eight bytes is the
 * sum of what each of them adds, and a table for each place says what a byte
 * adds there. Bytes are read one by one, so that the order of a machine's bytes
 * does not matter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "crc.h"

#include <stdbool.h>

#define POLYNOMIAL 0x1021
#define SLICE      8

/* table[k][b]: the CRC of the byte b and k zero bytes after it. Made at first use. */
static uint16_t table[SLICE][256];
static bool is_made;

static void make_table(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint16_t crc = (uint16_t)(byte << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc << 1 ^ (crc & 0x8000 ? POLYNOMIAL : 0));
        table[0][byte] = crc;
    }
    for (unsigned k = 1; k < SLICE; k++)
        for (unsigned byte = 0; byte < 256; byte++) {
            const uint16_t before = table[k - 1][byte];
            table[k][byte] = (uint16_t)(before << 8 ^ table[0][before >> 8]);
        }
    is_made = true;
}

uint16_t vt600_crc_add(uint16_t crc, const uint8_t *bytes, size_t n)
{
    if (!is_made)
        make_table();
    for (; n >= SLICE; n -= SLICE, bytes += SLICE)
        crc = table[7][bytes[0] ^ crc >> 8] ^ table[6][bytes[1] ^ (crc & 0xff)] ^ table[5][bytes[2]] ^
              table[4][bytes[3]] ^ table[3][bytes[4]] ^ table[2][bytes[5]] ^ table[1][bytes[6]] ^ table[0][bytes[7]];
    for (; n > 0; n--, bytes++)
        crc = (uint16_t)(crc << 8 ^ table[0][crc >> 8 ^ *bytes]);
    return crc;
}
