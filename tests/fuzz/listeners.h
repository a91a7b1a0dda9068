/* listeners.h
 *
 * All taps of the plugin, as tshark and the GUI listen to them: statistics,
 * tables, report, flow graph, objects to export.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_FUZZ_LISTENERS_H
#define VT600_FUZZ_LISTENERS_H

#include <glib.h>

/* Once, when libwireshark is there: the report listens for good, as in tshark. */
void listeners_init(void);

/* All others listen from here on, until the end. */
void listeners_begin(void);
void listeners_end(void);

/* What they would show now. */
char *listeners_draw(void);

#endif
