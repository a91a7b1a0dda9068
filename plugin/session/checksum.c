/* checksum.c
 *
 * The usual checksums of 16 bits; see checksum.h. CRCs are named as in the
 * catalogue of parametrised CRC algorithms.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "checksum.h"

#include <stdbool.h>
#include <string.h>

#include "core/crc.h"

#define CHECK_LEN   2 /* the image's own checksum, where it was sent with the image */
#define PIECE_LEN   4096
#define NAMES_COUNT 4

/* What a sum over bytes so far needs to go on. */
typedef struct {
    uint16_t value;
    bool odd; /* words: the high byte of a word was added, its low byte is next */
} sum_t;

typedef struct {
    const char *names[NAMES_COUNT]; /* whole; without the last two bytes; both with the bytes swapped */
    void (*add)(sum_t *sum, const uint8_t *bytes, size_t n);
    uint16_t seed;
} algorithm_t;

#define NAMES(name)                                                                                                    \
    {                                                                                                                  \
        name, name ", without the last two bytes", name ", bytes swapped",                                             \
            name ", without the last two bytes, bytes swapped"                                                         \
    }

/* For reflected CRCs with the polynomials 0x8408 and 0xa001. Made when the first image is summed. */
static uint16_t kermit_table[256], ibm_table[256];

static void make_reflected(uint16_t *table, uint16_t polynomial)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint16_t value = (uint16_t)byte;
        for (unsigned bit = 0; bit < 8; bit++)
            value = (uint16_t)(value & 1 ? value >> 1 ^ polynomial : value >> 1);
        table[byte] = value;
    }
}

static void make_tables(void)
{
    if (ibm_table[1] != 0)
        return;
    make_reflected(kermit_table, 0x8408);
    make_reflected(ibm_table, 0xa001);
}

static void add_crc(sum_t *sum, const uint8_t *bytes, size_t n)
{
    sum->value = vt600_crc_add(sum->value, bytes, n);
}

static void add_reflected(sum_t *sum, const uint8_t *bytes, size_t n, const uint16_t *table)
{
    for (size_t i = 0; i < n; i++)
        sum->value = (uint16_t)(sum->value >> 8 ^ table[(sum->value ^ bytes[i]) & 0xff]);
}

static void add_kermit(sum_t *sum, const uint8_t *bytes, size_t n)
{
    add_reflected(sum, bytes, n, kermit_table);
}

static void add_ibm(sum_t *sum, const uint8_t *bytes, size_t n)
{
    add_reflected(sum, bytes, n, ibm_table);
}

static void add_bytes(sum_t *sum, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum->value = (uint16_t)(sum->value + bytes[i]);
}

static void add_words(sum_t *sum, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++, sum->odd = !sum->odd)
        sum->value = (uint16_t)(sum->value + (sum->odd ? bytes[i] : bytes[i] << 8));
}

static void add_fletcher(sum_t *sum, const uint8_t *bytes, size_t n)
{
    const uint16_t modulus = 255;
    uint16_t first = sum->value & 0xff, second = sum->value >> 8;
    for (size_t i = 0; i < n; i++) {
        first = (uint16_t)((first + bytes[i]) % modulus);
        second = (uint16_t)((second + first) % modulus);
    }
    sum->value = (uint16_t)(second << 8 | first);
}

/* In the order in which they are tried. */
static const algorithm_t algorithms[] = {
    {NAMES("CRC-16/IBM-3740"), add_crc, 0xffff},
    {NAMES("CRC-16/XMODEM"), add_crc, 0x0000},
    {NAMES("CRC-16/KERMIT"), add_kermit, 0x0000},
    {NAMES("CRC-16/MODBUS"), add_ibm, 0xffff},
    {NAMES("CRC-16/ARC"), add_ibm, 0x0000},
    {NAMES("sum of bytes"), add_bytes, 0x0000},
    {NAMES("sum of big-endian words"), add_words, 0x0000},
    {NAMES("Fletcher-16"), add_fletcher, 0x0000},
};

#define COUNT ((int)G_N_ELEMENTS(algorithms))

static void add_all(const vt600_image_t *image, uint64_t first, uint64_t end, sum_t *sums)
{
    uint8_t bytes[PIECE_LEN];

    for (uint64_t at = first; at < end; at += PIECE_LEN) {
        const size_t n = (size_t)MIN(end - at, PIECE_LEN);
        vt600_image_read(image, at, n, bytes);
        for (int i = 0; i < COUNT; i++)
            algorithms[i].add(&sums[i], bytes, n);
    }
}

int8_t vt600_checksum_find(const vt600_image_t *image, uint64_t length, uint16_t checksum)
{
    const uint16_t swapped = GUINT16_SWAP_LE_BE(checksum);
    const uint64_t shorter = length - MIN(length, CHECK_LEN);
    sum_t whole[COUNT], without[COUNT];

    make_tables();
    for (int i = 0; i < COUNT; i++)
        whole[i] = (sum_t){.value = algorithms[i].seed};
    add_all(image, 0, shorter, whole);
    memcpy(without, whole, sizeof whole);
    add_all(image, shorter, length, whole);
    for (int name = 0; name < NAMES_COUNT; name++)
        for (int i = 0; i < COUNT; i++)
            if ((name % 2 == 0 ? whole : without)[i].value == (name < 2 ? checksum : swapped))
                return (int8_t)(name * COUNT + i);
    return VT600_CHECKSUM_NONE;
}

const char *vt600_checksum_name(int8_t algorithm)
{
    return algorithm < 0 ? NULL : algorithms[algorithm % COUNT].names[algorithm / COUNT];
}
