/* event.h
 *
 * What a tap may see: one event for each frame, heartbeat or run of junk, in
 * the order of the capture, in the first pass and again whenever a tap asks.
 * Everything is constant; pointers hold until the tap returns, those into a
 * session as long as the capture file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_EVENT_H
#define VT600_EVENT_H

#include "wireshark_compat.h"

#include <epan/packet_info.h>

#include "core/frame.h"
#include "core/ota.h"
#include "session/exchange.h"
#include "session/photo.h"
#include "session/session.h"

/* The tap's name, for register_tap_listener and others. */
#define VT600_TAP "vt600"

/* The same events for Export Objects, whose taps Wireshark names so. */
#define VT600_TAP_OBJECTS "vt600_eo"

typedef struct {
    const vt600_frame_t *frame; /* found says what it is; HEARTBEAT and JUNK have nothing else */
    const vt600_ota_t *ota;     /* NULL for HEARTBEAT and JUNK, as are all below; its pointers are not to be used */
    const char *device;         /* text of its ID; empty where the frame ends before it */
    const vt600_exchange_t *exchange; /* NULL where the frame ends before its command */
    const vt600_verdict_t *verdict;   /* NULL: it belongs to no session */
    const vt600_photo_frame_t *photo; /* NULL: it brings no photo's bytes */
    bool retransmission;              /* the frame came before; it does not count again */
    const char *info;                 /* its text in the Info column; NULL where nobody asked for columns or details */
    const vt600_place_t *closed; /* the connection that this packet closed during updates; if so, all else is NULL */
} vt600_event_t;

/* Of a packet dissected with its details: the event of its first frame, or of its first one that belongs
 * to a session; NULL: it has none. Valid until the packet is dissected anew. */
const vt600_event_t *vt600_event_of_frame(packet_info *pinfo);
const vt600_event_t *vt600_event_of_session(packet_info *pinfo);

#endif
