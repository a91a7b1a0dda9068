/* taps.c
 *
 * The list of all taps; see taps.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "taps.h"

void vt600_taps_register(void)
{
    vt600_export_object_register();
}
