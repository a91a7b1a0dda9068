/* place.h
 *
 * A conversation in which sessions run, and the facts of its connection that
 * a diagnosis rests on. Whoever reads frames and TCP fills it in; it knows
 * nothing of epan.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_PLACE_H
#define VT600_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include <wsutil/wmem/wmem.h>

#include "core/command.h"

/* What carries the frames of a conversation. */
typedef enum {
    VT600_OVER_UDP,
    VT600_OVER_TCP,
    VT600_OVER_TLS,
} vt600_transport_t;

/* The closing of a TCP connection: its first FIN or RST. */
typedef struct {
    uint32_t frame; /* 0: none was captured */
    int64_t time;
    vt600_side_t by;
    bool reset; /* by RST, not by FIN */
} vt600_closing_t;

/* Bytes that TCP did not deliver: the capture, or the reassembly, lacks them. */
typedef struct {
    int64_t time; /* of the packet after them */
    uint32_t seq, end;
    uint8_t direction;
    bool filled; /* they came later */
} vt600_loss_t;

/* One direction of a TCP connection. All numbers are TCP's own. */
typedef struct {
    bool acked_known;
    bool next_known;
    bool delivered_known;
    uint32_t acked;     /* the other end acknowledged all before it; valid if acked_known */
    uint32_t next;      /* after the last byte that TCP saw; valid if next_known */
    uint32_t delivered; /* after the last byte that the dissector got; valid if delivered_known */
} vt600_flow_t;

/* Written in the first pass alone. Lives as long as the capture file. */
typedef struct {
    vt600_transport_t transport;
    bool handshake_seen; /* the capture holds the start of the connection */
    bool is_named;       /* of stream, tracker, server and server_direction: an OTA frame was seen */
    uint8_t server_direction;
    bool seen[2];        /* by vt600_side_t: the capture holds a frame of this side, of any command */
    uint32_t stream;     /* tcp.stream or udp.stream */
    const char *tracker; /* address:port */
    const char *server;
    int64_t opened;  /* its first packet; nanoseconds since the epoch, as all times */
    bool reset_seen; /* a RST of either side */
    vt600_closing_t closing;
    vt600_flow_t flows[2];  /* by direction */
    wmem_array_t *losses;   /* vt600_loss_t, in the order of the packets; NULL: none */
    wmem_array_t *sessions; /* struct vt600_session *: those that entered it; NULL: none */
} vt600_place_t;

static inline unsigned vt600_place_direction(const vt600_place_t *place, vt600_side_t side)
{
    return side == VT600_SERVER ? place->server_direction : !place->server_direction;
}

/* Did the capture lose bytes of the connection between these times, both included? */
bool vt600_place_lost_between(const vt600_place_t *place, int64_t first, int64_t last);

/* Likewise after this time, including the bytes that the connection's end shows to be missing. */
bool vt600_place_lost_after(const vt600_place_t *place, int64_t time);

/* Did TCP acknowledge the byte before seq, sent by side? True also where nothing is known of acknowledgements. */
bool vt600_place_is_acknowledged(const vt600_place_t *place, vt600_side_t side, uint32_t seq);

#endif
