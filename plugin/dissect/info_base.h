/* info_base.h
 *
 * The base protocol's part of a frame's line of text, and the words for
 * places in it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_INFO_BASE_H
#define VT600_INFO_BASE_H

#include "wireshark_compat.h"

#include <wsutil/wmem/wmem.h>

#include "core/frame.h"
#include "core/position.h"

/* Appends the command's name and what matters of its data. The frame begins at buf; its command is known, and no OTA
 * command. */
void vt600_info_base(wmem_strbuf_t *text, const vt600_frame_t *frame, const uint8_t *buf, const char *device);

/* "22.543472, 114.080228", with this separator; NULL: the position has no coordinates. */
const char *vt600_info_coordinates(wmem_allocator_t *scope, const vt600_position_t *position, const char *separator);

/* A number with so many decimals and a point, whatever the user's language has; returns digits. */
const char *vt600_info_decimal(char digits[G_ASCII_DTOSTR_BUF_SIZE], double value, unsigned decimals);

#endif
