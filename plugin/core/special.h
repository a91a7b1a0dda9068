/* special.h
 *
 * Data of the base protocol whose parts depend on what is in it:
 *
 *     0x4106 >     | radius code 1 |, or a text of metres, or a form that is not known
 *     0x6688 <     | count 1 | alarm 1 | position text ... | '\' | alarm 1 | position text ... | '\' ...
 *     0x9001 <     | text: S/N, IMEI, firmware version ... |
 *     0x9966 <     | card 4 | x 15 | position text ... |, of which the unused cards are not said
 *     0x9977 <     | bytes ... | position text ... |
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_SPECIAL_H
#define VT600_SPECIAL_H

#include "layout.h"

extern const vt600_special_t vt600_special_radius;
extern const vt600_special_t vt600_special_reports;
extern const vt600_special_t vt600_special_identity;
extern const vt600_special_t vt600_special_cards;
extern const vt600_special_t vt600_special_image_position;

#endif
