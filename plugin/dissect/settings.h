/* settings.h
 *
 * The protocol's id and its preferences, for all files of the dissector and of
 * the taps. Knows none of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_SETTINGS_H
#define VT600_SETTINGS_H

#include "wireshark_compat.h"

#include <epan/prefs.h>

#define VT600_FILTER_NAME "vt600"

/* Keys of what belongs to a packet. */
enum {
    VT600_PACKET_INFO,     /* the Info column has a frame of this packet */
    VT600_PACKET_FRAME,    /* vt600_event_t: see event.h */
    VT600_PACKET_SESSION,  /* likewise */
    VT600_PACKET_CALLS,    /* how many calls with bytes that are counted came for this packet */
    VT600_PACKET_DECLINED, /* how many runs of bytes inside TLS in this packet came before the conversation was claimed
                            */
    VT600_PACKET_KEEP_ALIVE, /* the packet's one byte was delivered before */
};

/* Written at registration. */
extern int vt600_proto;

/* Set by the user; a change dissects the capture anew. */
typedef struct {
    ws_bool_t check_checksum;
    ws_bool_t desegment;
    unsigned session_timeout; /* minutes */
    unsigned patience;        /* seconds */
    const char *reference;    /* a firmware file; empty: none */
    unsigned image_size;      /* bytes; 0: unknown */
} vt600_preferences_t;

extern vt600_preferences_t vt600_preferences;

/* Registers the protocol, and nothing else of it. */
void vt600_protocol_register(void);

/* Registers the preferences. Returns their module, for tables that belong to others. */
module_t *vt600_preferences_register(void);

#endif
