/* device_id.c
 *
 * The seven bytes that name a tracker; see device_id.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "device_id.h"

#include <string.h>

#include "wire.h"

#define FILLER 0xf

static unsigned nibble_at(const uint8_t *id, size_t i)
{
    return i % 2 == 0 ? id[i / 2] >> 4 : id[i / 2] & 0xf;
}

vt600_device_id_kind_t vt600_device_id_kind(const uint8_t *id, size_t n)
{
    size_t digits = 0;
    while (digits < 2 * n && nibble_at(id, digits) <= 9)
        digits++;
    for (size_t i = digits; i < 2 * n; i++)
        if (nibble_at(id, i) != FILLER)
            return VT600_DEVICE_ID_BAD;
    return n > 0 && digits == 0 ? VT600_DEVICE_ID_BROADCAST : VT600_DEVICE_ID_DIGITS;
}

vt600_device_id_kind_t vt600_device_id_text(const uint8_t *id, char text[VT600_DEVICE_ID_TEXT_LEN])
{
    static const char hex[] = "0123456789abcdef";
    const vt600_device_id_kind_t kind = vt600_device_id_kind(id, VT600_LEN_DEVICE);

    if (kind == VT600_DEVICE_ID_BROADCAST) {
        memcpy(text, "broadcast", sizeof "broadcast");
        return kind;
    }
    size_t i = 0;
    for (; i < 2 * VT600_LEN_DEVICE; i++) {
        const unsigned nibble = nibble_at(id, i);
        if (kind == VT600_DEVICE_ID_DIGITS && nibble == FILLER)
            break;
        text[i] = hex[nibble];
    }
    text[i] = '\0';
    return kind;
}

uint64_t vt600_device_id_key(const uint8_t *id)
{
    uint64_t key = 0;
    for (size_t i = 0; i < VT600_LEN_DEVICE; i++)
        key = key << 8 | id[i];
    return key;
}
