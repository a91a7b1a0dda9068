/* device_id.h
 *
 * The seven bytes that name a tracker (section 1, "ID"): up to 14 decimal
 * digits, two to a byte, high nibble first; unused nibbles are f and come
 * last. All f: a broadcast.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_DEVICE_ID_H
#define VT600_DEVICE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the text of any ID: 14 characters and the final NUL. */
#define VT600_DEVICE_ID_TEXT_LEN 15

typedef enum {
    VT600_DEVICE_ID_DIGITS,
    VT600_DEVICE_ID_BROADCAST,
    VT600_DEVICE_ID_BAD, /* a nibble a-e, or a digit after the filler */
} vt600_device_id_kind_t;

/* What n bytes (at most seven) of an ID are, or can still become. n = 0 is DIGITS. */
vt600_device_id_kind_t vt600_device_id_kind(const uint8_t *id, size_t n);

/* The text that a person knows the tracker by: its digits without filler, "broadcast", or the
 * raw hex of what is not BCD. id has seven bytes. Returns the kind. */
vt600_device_id_kind_t vt600_device_id_text(const uint8_t *id, char text[VT600_DEVICE_ID_TEXT_LEN]);

/* Room for an IMEI and the final NUL. */
#define VT600_IMEI_TEXT_LEN 16

/* The IMEI of an ID of 14 digits, which some models send without its check digit: the text with its Luhn digit. False:
 * text is not 14 digits. */
bool vt600_device_id_imei(const char *text, char imei[VT600_IMEI_TEXT_LEN]);

/* The seven bytes as a number: equal IDs and no others have equal keys. */
uint64_t vt600_device_id_key(const uint8_t *id);

#define VT600_DEVICE_ID_KEY_BROADCAST UINT64_C(0xffffffffffffff)

#endif
