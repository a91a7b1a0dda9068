/* frames.h
 *
 * Bytes for the unit tests: frames built as the protocol says, and the
 * samples of its document. Shares no code with what is tested.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_TESTS_FRAMES_H
#define VT600_TESTS_FRAMES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A test's name is its function's name. */
#define ADD(noun, name) g_test_add_func("/" #noun "/" #name, name)

typedef GByteArray bytes_t;
#define autobytes g_autoptr(GByteArray)

G_GNUC_UNUSED static uint16_t crc_of(const uint8_t *p, size_t n)
{
    unsigned crc = 0xffff;
    for (size_t i = 0; i < n; i++) {
        crc ^= (unsigned)p[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
    }
    return (uint16_t)crc;
}

G_GNUC_UNUSED static void put16(bytes_t *bytes, size_t at, unsigned value)
{
    bytes->data[at] = (uint8_t)(value >> 8);
    bytes->data[at + 1] = (uint8_t)value;
}

G_GNUC_UNUSED static unsigned get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

/* Hexadecimal digits, spaces between them where one likes, after the bytes. */
G_GNUC_UNUSED static bytes_t *add_hex(bytes_t *bytes, const char *hex)
{
    for (; *hex != '\0'; hex++) {
        if (*hex == ' ')
            continue;
        const uint8_t byte = (uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
        g_byte_array_append(bytes, &byte, 1);
        hex++;
    }
    return bytes;
}

G_GNUC_UNUSED static bytes_t *from_hex(const char *hex)
{
    return add_hex(g_byte_array_new(), hex);
}

G_GNUC_UNUSED static bytes_t *from_text(const char *text)
{
    return g_byte_array_append(g_byte_array_new(), (const uint8_t *)text, (guint)strlen(text));
}

G_GNUC_UNUSED static bytes_t *add(bytes_t *bytes, const bytes_t *more)
{
    return g_byte_array_append(bytes, more->data, more->len);
}

G_GNUC_UNUSED static bytes_t *copy(const bytes_t *bytes)
{
    return add(g_byte_array_new(), bytes);
}

G_GNUC_UNUSED static bytes_t *without(const bytes_t *bytes, guint at, guint count)
{
    return g_byte_array_remove_range(copy(bytes), at, count);
}

/* Makes the last frame's checksum good: the one before the last two bytes, over all from begin on. */
G_GNUC_UNUSED static void put_checksum(bytes_t *bytes, size_t begin)
{
    put16(bytes, bytes->len - 4, crc_of(bytes->data + begin, bytes->len - 4 - begin));
}

/* A sound frame: side is '@' or '$', id has 14 digits. */
G_GNUC_UNUSED static bytes_t *make_frame_of(char side, const char *id, unsigned code, const bytes_t *data)
{
    const uint8_t begin[4] = {(uint8_t)side, (uint8_t)side};
    bytes_t *bytes = g_byte_array_append(g_byte_array_new(), begin, sizeof begin);
    add_hex(bytes, id);
    const uint8_t command[2] = {(uint8_t)(code >> 8), (uint8_t)code};
    g_byte_array_append(bytes, command, sizeof command);
    add(bytes, data);
    add_hex(bytes, "0000 0d0a");
    put16(bytes, 2, bytes->len);
    put_checksum(bytes, 0);
    return bytes;
}

#define DEVICE "101130923633ff"

G_GNUC_UNUSED static bytes_t *make_frame(char side, unsigned code, const char *data_hex)
{
    autobytes data = from_hex(data_hex);
    return make_frame_of(side, DEVICE, code, data);
}

/* A tracker's frame with this checksum: two bytes at the data's end are chosen so. */
G_GNUC_UNUSED static bytes_t *make_frame_with_checksum(uint16_t checksum)
{
    bytes_t *bytes = make_frame('$', 0x9955, "0000 0000");
    for (unsigned choice = 0; choice <= 0xffff; choice++) {
        put16(bytes, bytes->len - 6, choice);
        put_checksum(bytes, 0);
        if (get16(bytes->data + bytes->len - 4) == checksum)
            break;
    }
    g_assert_cmphex(get16(bytes->data + bytes->len - 4), ==, checksum);
    return bytes;
}

/* The document's frames as they stand, in its order: section 1, section 2, section 3. */
static const char *const samples[] = {
    "24240011 1234567890 1fff 5000 6f35 0d0a",
    "40400011 101130923633ff 9500 3f9c 0d0a",
    "2424001a 101130923633ff 9500 0010 0080 56312e3338 270e 0d0a",
    "40400011 101130923633ff 9501 2fbd 0d0a",
    "24240012 101130923633ff 9501 01 3996 0d0a",
    "40400097 101130923633ff 9502 00000000 80 1cfca0d494347c7cc4c4bc6c34d463da022a257434d406d888201366cefe33a8"
    "d810a6c45c3c9bd29c72bdcc5c3c9bd2ca529dac3c1cfb322ab2498260d887a6b6062a3fe880ffdebe4e4a1bc860dfbe9e2e59c0"
    "68007f5e3ecef96008a09f7e5eee9900a8403f1efe8e39a048e05f3e1eaed940e8805e049c7cb05a08a09f7e a93e 0d0a",
    "24240016 101130923633ff 9502 00000000 01 fa25 0d0a",
    "40400013 101130923633ff 9503 e100 2ba7 0d0a",
    "24240013 101130923633ff 9503 b979 2475 0d0a",
    "40400011 101130923633ff 9504 7f18 0d0a",
    "24240012 101130923633ff 9504 01 c663 0d0a",
    "24240012 101130923633ff 9504 02 f600 0d0a",
    "40400011 101130923633ff 9505 3619 0d0a",
    "24240012 101130923633ff 9505 01 3619 0d0a",
    "40400011 101130923633ff 9500 3f9c 0d0a",
    "2424001a 101130923633ff 9500 0010 0080 56312e3338 270e 0d0a",
    "40400011 101130923633ff 9501 2fbd 0d0a",
    "24240012 101130923633ff 9501 01 3996 0d0a",
    "40400097 101130923633ff 9502 00000000 0080 1cfca0d494347c7cc4c4bc6c34d463da022a257434d406d888201366cefe33a8"
    "d810a6c45c3c9bd29c72bdcc5c3c9bd2ca529dac3c1cfb322ab2498260d887a6b6062a3fe880ffdebe4e4a1bc860dfbe9e2e59c0"
    "68007f5e3ecef96008a09f7e5eee9900a8403f1efe8e39a048e05f3e1eaed940e8805e049c7cb05a08a09f7e a93e 0d0a",
    "24240016 101130923633ff 9502 00000000 01 fa25 0d0a",
    "40400097 101130923633ff 9502 00000080 0080 5eee9900a8403f1efe8e39a04c266f0917fc0fd36bf27becf5751d422a87b67b"
    "c9aff2637f9a1e22077c8a9a2a456404a444eeeaef466acafd7ec847d2d7d5b892b2bd7b27486c27a795b3caf4582b5dd456395e"
    "2f96a0eef312c3d1c24eab72dc72af6e6def00f30a3413b9a1be4b6286d7c42bf25cb1e4ce21676b22949b9c cfeb 0d0a",
    "24240016 101130923633ff 9502 00000080 01 e1bd 0d0a",
    "40400097 101130923633ff 9502 0000e080 0080 3947d6b157105ac18f65cdea3a044e1e0cab534fe869f441e38fa6b83befe206"
    "516f86981c298328c07b94f79cbf9eb30cea0fc5903b95cb0d9118a250c2acfa8a9a2a3acada6a7a0a1aaaba4a5aeafa8a9a2a3a"
    "cada6a7a0a1aaaba4a5aeafa8a9a2a3acada6a7a0a1aaaba4a5aeafadc8252a272c292e2b202d222f2421262 edbd 0d0a",
    "24240016 101130923633ff 9502 0000e080 01 418c 0d0a",
    "40400013 101130923633ff 9503 e100 2ba7 0d0a",
    "24240013 101130923633ff 9503 b979 2475 0d0a",
    "40400011 101130923633ff 9504 7f18 0d0a",
    "24240012 101130923633ff 9504 01 c663 0d0a",
    "24240012 101130923633ff 9504 02 f600 0d0a",
};

/* By place in the list. */
enum {
    SAMPLE_BYTE_MISSING = 5, /* 150 bytes: one of its block length's is missing */
    SAMPLE_CANCEL = 12,
    SAMPLE_CANCELLED = 13,
    SAMPLE_BLOCK = 18,
};

#endif
