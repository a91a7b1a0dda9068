/* identity.h
 *
 * The text in which a tracker names itself: firmware version, S/N and IMEI
 * (section 2.1; 0x9001 of the base protocol has the same three with commas).
 * The document gives no lengths and no separators, so each part is known by
 * its shape, and what cannot be told apart stays together.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_IDENTITY_H
#define VT600_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A part of the text; length 0: not there. */
typedef struct {
    size_t at;
    size_t length;
} vt600_span_t;

typedef struct {
    vt600_span_t version;
    vt600_span_t serial;
    vt600_span_t imei;
} vt600_identity_t;

/* Cuts n bytes of text. device is the tracker's ID in digits: trackers use it as their S/N, which
 * tells a version's digits from those of an S/N after it. Where there is no version, no S/N is
 * told from it either: the text is the version. */
vt600_identity_t vt600_identity_read(const uint8_t *text, size_t n, const char *device);

/* Is the version one that is too old for an OTA? False also where it has no such number. */
bool vt600_identity_is_old(const uint8_t *version, size_t n);

#endif
