/* sequence_analysis.h
 *
 * The part of Wireshark's flow graphs that flow.c needs. Wireshark exports
 * these functions and does not install their header, so they are declared
 * here: the structs only as far as we use them, since Wireshark makes them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_SEQUENCE_ANALYSIS_H
#define VT600_SEQUENCE_ANALYSIS_H

#include "wireshark_compat.h"

#include <epan/address.h>
#include <epan/packet_info.h>
#include <epan/tap.h>

/* One arrow. What it points to is its own: strings by g_malloc, addresses by copy_address. */
typedef struct {
    uint32_t frame_number;
    address from;
    uint16_t from_port;
    address to;
    uint16_t to_port;
    char *label; /* on the arrow */
    char *time;
    char *comment; /* beside it */
    uint16_t conversation;
    unsigned foreground;
    unsigned background;
    ws_bool_t has_color;
    ws_bool_t shown;
} vt600_arrow_t;

/* A flow graph: one for each who asks. */
typedef struct {
    const char *name;
    ws_bool_t any_address;
    int conversations;
    GQueue *arrows;
} vt600_flow_graph_t;

void register_seq_analysis(const char *name, const char *ui_name, const int protocol, const char *tap,
                           unsigned tap_flags, tap_packet_cb add_packet);

/* A new arrow with the packet's addresses and time; NULL: it has no addresses. */
vt600_arrow_t *sequence_analysis_create_sai_with_addresses(packet_info *pinfo, vt600_flow_graph_t *graph);

/* Gives it the colors of the packet in the packet list. */
void sequence_analysis_use_color_filter(packet_info *pinfo, vt600_arrow_t *arrow);

#endif
