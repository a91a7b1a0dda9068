/* crc.h
 *
 * The CRC of the protocol's checksum: polynomial 0x1021, most significant bit
 * first (section 1). It is computed over every frame of a capture, so eight
 * bytes are processed at a time; libwsutil's takes one, and three times as
 * many instructions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_CRC_H
#define VT600_CRC_H

#include <stddef.h>
#include <stdint.h>

/* The CRC of n more bytes, where that of the bytes before them is crc (VT600_CRC_SEED: none came before). The same on
 * every machine, for any n and any alignment. */
uint16_t vt600_crc_add(uint16_t crc, const uint8_t *bytes, size_t n);

#endif
