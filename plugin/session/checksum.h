/* checksum.h
 *
 * Which algorithm gives the tracker's checksum of the image. The document
 * does not name one (section 2.4), so the usual ones are tried.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_CHECKSUM_H
#define VT600_CHECKSUM_H

#include "image.h"

#define VT600_CHECKSUM_NONE (-1)

/* The number of the first algorithm that gives the checksum of the image's first length bytes, which are all known, or
 * of those without the last two; VT600_CHECKSUM_NONE: none does. Number 0 is the frames' own over all of them. */
int8_t vt600_checksum_find(const vt600_image_t *image, uint64_t length, uint16_t checksum);

/* "CRC-16/XMODEM, without the last two bytes, bytes swapped"; NULL: none. It lives as long as the program. */
const char *vt600_checksum_name(int8_t algorithm);

#endif
