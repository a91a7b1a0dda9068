/* taps.h
 *
 * What is made of the frames of a whole capture: one file each in this
 * folder, which sees them through dissect/event.h alone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_TAPS_H
#define VT600_TAPS_H

/* Registers all of them; after the protocol. */
void vt600_taps_register(void);

void vt600_export_object_register(void);
void vt600_filter_register(void);
void vt600_flow_register(void);
void vt600_report_register(void);
void vt600_report_window_register(void);
void vt600_sessions_register(void);
void vt600_srt_register(void);
void vt600_stats_tree_register(void);
void vt600_timeline_register(void);

#endif
