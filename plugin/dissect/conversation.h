/* conversation.h
 *
 * Lifetimes and passes: what the plugin remembers of conversations and of
 * each frame in them. The first pass writes a record for each frame, once,
 * however often its bytes come; later passes only read it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_CONVERSATION_H
#define VT600_CONVERSATION_H

#include "wireshark_compat.h"

#include <epan/packet.h>
#include <epan/conversation.h>

#include "core/frame.h"
#include "core/ota.h"
#include "session/exchange.h"
#include "session/photo.h"
#include "session/session.h"

/* The verdict on one frame. Written in the first pass, when the frame is first seen, and constant
 * from then on but for what exchange.h says of answers. Lives as long as the capture file. */
typedef struct {
    vt600_exchange_t exchange;        /* number is the packet where the frame is shown */
    vt600_verdict_t *verdict;         /* NULL: the frame belongs to no session */
    const vt600_photo_frame_t *photo; /* NULL: the frame brings no photo's bytes */
    uint32_t duplicate; /* the packet of which this is a second capture, with that one's verdict; 0: none */
} vt600_record_t;

typedef struct vt600_conversation vt600_conversation_t;

/* What carries the bytes of one call, as far as it tells the dissector. */
typedef struct {
    vt600_transport_t transport;
    bool numbered;    /* the next two are known */
    bool reassembled; /* the first byte was seen by an earlier call */
    uint32_t seq;     /* of the first byte, in its direction */
} vt600_carrier_t;

/* One direction of a conversation, as the call of the dissector sees it. Lives for this call. */
typedef struct {
    vt600_conversation_t *conversation;
    packet_info *pinfo;
    unsigned direction;
    vt600_transport_t transport;
    bool numbered;              /* its bytes have sequence numbers; else it is a datagram */
    bool counted;               /* the numbers are counted here */
    uint32_t older;             /* how many bytes an earlier call had seen, and waited for more */
    uint32_t waits;             /* how many calls did so in a row */
    wmem_array_t *taken;        /* first pass: vt600_frame_t of reassembled bytes so far, or NULL */
    const wmem_array_t *frozen; /* later passes: what the first one took, where it left bytes waiting, or NULL */
    unsigned next_frozen;
    uint32_t seq;
} vt600_stream_t;

/* Nanoseconds since the epoch. */
int64_t vt600_nanoseconds(const nstime_t *time);

/* Starts anew with each capture file. */
void vt600_conversation_init(void);

/* Bytes inside TLS are numbered here where TLS does not number them. */
vt600_stream_t vt600_stream_begin(packet_info *pinfo, const vt600_carrier_t *told);

/* The next frame, scanned as vt600_frame_scan does from the n bytes at buf. In later passes TCP has no more of the
 * bytes after it than the first pass took, and these may have told where it ends; so it is as the first pass found it.
 */
vt600_frame_t vt600_stream_next(vt600_stream_t *stream, const uint8_t *buf, size_t n, bool final, size_t *credit);

/* The frame was shown. */
void vt600_stream_take(vt600_stream_t *stream, const vt600_frame_t *frame);

/* The record of the frame that begins offset bytes into the stream's bytes, at buf; made now if this
 * is the first pass. device: the text of its ID. retransmission: an earlier packet has the frame. */
const vt600_record_t *vt600_stream_record(vt600_stream_t *stream, const vt600_frame_t *frame, const vt600_ota_t *ota,
                                          const uint8_t *buf, uint32_t offset, const char *device,
                                          bool *retransmission);

/* The first pass decided that nothing more is waited for, offset bytes into the stream's bytes. */
void vt600_stream_set_final(const vt600_stream_t *stream, uint32_t offset);
bool vt600_stream_is_final(const vt600_stream_t *stream, uint32_t offset);

/* consumed bytes were dissected; waiting more are there and wait for others. */
void vt600_stream_end(const vt600_stream_t *stream, uint32_t consumed, uint32_t waiting);

/* Of a TCP segment that is one byte 0x00: was a byte with this sequence number delivered before? TCP itself drops such
 * a segment, unless its preference tcp.analyze_sequence_numbers is off. */
bool vt600_conversation_is_keep_alive(packet_info *pinfo, uint32_t seq);

/* The facts of the connection, if this protocol was seen on it; else NULL. conversation: NULL if there is none. */
vt600_place_t *vt600_conversation_place(const conversation_t *conversation);

/* The packet's direction in its conversation: 0 or 1. */
unsigned vt600_conversation_direction(const packet_info *pinfo);

/* Makes handle the dissector of this conversation from this packet on. */
void vt600_conversation_claim(packet_info *pinfo, dissector_handle_t handle);

/* The same inside TLS, which keeps the handle by itself, and in later passes calls it for all bytes. Those before the
 * claim stay declined. */
void vt600_conversation_decline_tls(packet_info *pinfo);
void vt600_conversation_claim_tls(packet_info *pinfo);
bool vt600_conversation_is_declined(packet_info *pinfo);

#endif
