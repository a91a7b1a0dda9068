/* device_id.c
 *
 * The seven bytes that name a tracker; see device_id.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "device_id.h"

#include <string.h>

#include <glib.h>
#include <wsutil/to_str.h>

#include "wire.h"

#define FILLER 0xf

static uint64_t number_of(const uint8_t *id, size_t n)
{
    uint64_t number = 0;
    memcpy((uint8_t *)&number + sizeof number - n, id, n);
    return GUINT64_FROM_BE(number);
}

/* All digits at once: this is asked of every frame more than once, and wherever one might begin. */
vt600_device_id_kind_t vt600_device_id_kind(const uint8_t *id, size_t n)
{
    uint64_t digits = number_of(id, n);
    size_t fillers = 0;

    while (fillers < 2 * n && (digits & FILLER) == FILLER) {
        digits >>= 4;
        fillers++;
    }
    /* More than nine: the highest bit of four, and one of the two next. */
    if ((digits & (digits << 1 | digits << 2) & UINT64_C(0x8888888888888888)) != 0)
        return VT600_DEVICE_ID_BAD;
    return n > 0 && fillers == 2 * n ? VT600_DEVICE_ID_BROADCAST : VT600_DEVICE_ID_DIGITS;
}

vt600_device_id_kind_t vt600_device_id_text(const uint8_t *id, char text[VT600_DEVICE_ID_TEXT_LEN])
{
    const vt600_device_id_kind_t kind = vt600_device_id_kind(id, VT600_LEN_DEVICE);

    if (kind == VT600_DEVICE_ID_BROADCAST) {
        memcpy(text, "broadcast", sizeof "broadcast");
        return kind;
    }
    *bytes_to_hexstr(text, id, VT600_LEN_DEVICE) = '\0';
    if (kind == VT600_DEVICE_ID_DIGITS)
        text[strcspn(text, "f")] = '\0';
    return kind;
}

uint64_t vt600_device_id_key(const uint8_t *id)
{
    return number_of(id, VT600_LEN_DEVICE);
}

/* From the right, beginning with the digit before the check digit, every second digit counts twice; of a product its
 * digits are summed. */
bool vt600_device_id_imei(const char *text, char imei[VT600_IMEI_TEXT_LEN])
{
    enum { DIGITS = VT600_IMEI_TEXT_LEN - 2 };
    unsigned sum = 0;

    for (size_t i = 0; i < DIGITS; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        const unsigned digit = (unsigned)(text[i] - '0'), product = digit * (1 + i % 2);
        sum += product / 10 + product % 10;
        imei[i] = text[i];
    }
    if (text[DIGITS] != '\0')
        return false;
    imei[DIGITS] = (char)('0' + (10 - sum % 10) % 10);
    imei[DIGITS + 1] = '\0';
    return true;
}
