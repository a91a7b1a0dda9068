/* position_part.h
 *
 * The parts of a position text, one by one: what each is called, and its value.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_POSITION_PART_H
#define VT600_POSITION_PART_H

#include "position.h"

/* Reads a part of n bytes, at least one, into its member of position. A hemisphere gives the sign to the coordinate
 * that was read before it; a time of day and a date are added to the seconds. False: it is invalid. A part without a
 * member is never invalid. */
bool vt600_position_part_read(vt600_position_t *position, vt600_part_name_t name, const uint8_t *text, size_t n);

#endif
