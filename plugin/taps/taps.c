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
    vt600_filter_register();
    vt600_flow_register();
    vt600_report_register();
    vt600_report_window_register();
    vt600_sessions_register();
    vt600_srt_register();
    vt600_stats_tree_register();
    vt600_timeline_register();
}
