/* repair.c
 *
 * Mutations that keep frames whole; see repair.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "repair.h"

#include <stdbool.h>
#include <string.h>
#include <wsutil/crc16.h>

#include "core/command.h"
#include "core/wire.h"

uint32_t fuzz_random(uint32_t *state, uint32_t bound)
{
    *state = *state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)*state * bound >> 32);
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static bool is_header(const uint8_t *at)
{
    return at[0] == at[1] && (at[0] == '@' || at[0] == '$');
}

static size_t next_header(const uint8_t *bytes, size_t n, size_t from)
{
    while (from + 1 < n && !is_header(bytes + from))
        from++;
    return from + 1 < n ? from : n;
}

static void close_frame(uint8_t *frame, size_t length)
{
    put16(frame + length - VT600_LEN_TAIL,
          crc16_x25_ccitt_seed(frame, (unsigned)length - VT600_LEN_TAIL, VT600_CRC_SEED));
    put16(frame + length - VT600_LEN_TERMINATOR, VT600_TERMINATOR);
}

void fuzz_repair(uint8_t *bytes, size_t n)
{
    for (size_t at = next_header(bytes, n, 0); n - at >= VT600_LEN_LEAST; at = next_header(bytes, n, at)) {
        size_t length = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (length < VT600_LEN_LEAST || length > n - at) {
            length = MIN(next_header(bytes, n, at + VT600_LEN_LEAST) - at, UINT16_MAX);
            put16(bytes + at + 2, (unsigned)length);
        }
        close_frame(bytes + at, length);
        at += length;
    }
}

static void add_bytes(GByteArray *bytes, uint32_t value, unsigned width)
{
    while (width-- > 0) {
        const uint8_t byte = (uint8_t)(value >> 8 * width);
        g_byte_array_append(bytes, &byte, 1);
    }
}

static void add_random(GByteArray *bytes, unsigned n, uint32_t *state)
{
    while (n-- > 0)
        add_bytes(bytes, fuzz_random(state, 256), 1);
}

static uint32_t any_offset(uint32_t offset, uint32_t *state)
{
    static const uint32_t edges[] = {0,      1,       0x7f,       0x80,       0xff,       0x100,
                                     0xfff0, 0x10000, 0x7fffffff, 0x80000000, 0xffffff00, 0xffffffff};
    switch (fuzz_random(state, 6)) {
    case 0:
        return edges[fuzz_random(state, G_N_ELEMENTS(edges))];
    case 1:
        return offset - 16;
    case 2:
        return offset + fuzz_random(state, 64);
    default:
        return offset;
    }
}

static void add_flag(GByteArray *bytes, uint32_t *state)
{
    static const uint8_t flags[] = {1, 1, 1, 0, 2, 0xff};
    add_bytes(bytes, flags[fuzz_random(state, sizeof flags)], 1);
}

/* The data of an OTA command. */
static void add_ota(GByteArray *bytes, unsigned code, bool request, uint32_t *offset, uint32_t *state)
{
    static const char *const identities[] = {"V1.38", "V1.36", "V2.00,123456789012345", "V1.38,SN%n%s,123456789012345"};

    if (code == VT600_CMD_TRACKER_INFO && !request) {
        const char *text = identities[fuzz_random(state, G_N_ELEMENTS(identities))];
        add_bytes(bytes, 0x0010, 2);
        add_bytes(bytes, 16, 2);
        g_byte_array_append(bytes, (const uint8_t *)text, (unsigned)strlen(text));
    } else if (code == VT600_CMD_OTA_DATA) {
        const uint32_t at = any_offset(*offset, state), n = fuzz_random(state, 4) == 0 ? fuzz_random(state, 40) : 16;
        add_bytes(bytes, request ? at : fuzz_random(state, 4) ? *offset - 16 : at, 4);
        if (!request) {
            add_flag(bytes, state);
            return;
        }
        add_bytes(bytes, n, 2);
        add_random(bytes, n, state);
        *offset = at + n;
    } else if (code == VT600_CMD_OTA_CHECK) {
        add_bytes(bytes, request ? *offset : fuzz_random(state, 0x10000), 2);
    } else if (!request) {
        add_flag(bytes, state);
    }
}

void fuzz_add_frame(GByteArray *bytes, uint32_t *offset, uint32_t *state)
{
    static const uint8_t devices[][VT600_LEN_DEVICE] = {{0x10, 0x11, 0x30, 0x92, 0x36, 0x33, 0xff},
                                                        {0x20, 0x22, 0x30, 0x92, 0x36, 0x33, 0xff},
                                                        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    size_t count;
    const vt600_command_t *commands = vt600_command_table(&count);
    const bool request = fuzz_random(state, 2) == 0, ota = fuzz_random(state, 4) != 0;
    const unsigned code =
        ota ? VT600_CMD_TRACKER_INFO + fuzz_random(state, 6) : commands[fuzz_random(state, count)].code;
    const unsigned begin = bytes->len, device = fuzz_random(state, 16);

    g_byte_array_append(bytes, (const uint8_t *)(request ? "@@\0\0" : "$$\0\0"), VT600_AT_DEVICE);
    g_byte_array_append(bytes, devices[device < 12 ? 0 : device < 15 ? 1 : 2], VT600_LEN_DEVICE);
    add_bytes(bytes, code, 2);
    if (ota)
        add_ota(bytes, code, request, offset, state);
    else
        add_random(bytes, fuzz_random(state, 40), state);
    add_bytes(bytes, 0, VT600_LEN_TAIL);
    put16(bytes->data + begin + 2, bytes->len - begin);
    close_frame(bytes->data + begin, bytes->len - begin);
}

/* Another value somewhere after a header. */
static void change_field(GByteArray *bytes, uint32_t *state)
{
    const size_t at = next_header(bytes->data, bytes->len, bytes->len > 0 ? fuzz_random(state, bytes->len) : 0);
    const size_t field = at + fuzz_random(state, 24);

    if (field >= bytes->len)
        return;
    static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff, '@', '$', '%', ',', '|', '\r', '\n', '\\'};
    bytes->data[field] = values[fuzz_random(state, sizeof values)];
}

static void mutate_bytes(GByteArray *bytes, size_t most)
{
    const size_t size = bytes->len;
    g_byte_array_set_size(bytes, (unsigned)MAX(most, size));
    g_byte_array_set_size(bytes, (unsigned)LLVMFuzzerMutate(bytes->data, size, MAX(most, 1)));
}

void fuzz_mutate_frames(GByteArray *bytes, size_t most, uint32_t *offset, uint32_t *state)
{
    switch (fuzz_random(state, 4)) {
    case 0:
        fuzz_add_frame(bytes, offset, state);
        break;
    case 1:
        change_field(bytes, state);
        break;
    default:
        mutate_bytes(bytes, most);
        break;
    }
    if (bytes->len > most)
        g_byte_array_set_size(bytes, (unsigned)most);
    if (fuzz_random(state, 8) != 0)
        fuzz_repair(bytes->data, bytes->len);
}
