/* network.h
 *
 * The packets of a script: Ethernet, IP, and TCP or UDP, with what the network
 * does to them. Knows nothing of what is said in them.
 *
 * Scripts with different numbers have different addresses, on both sides.
 *
 * Connection 0 begins with a handshake, 1 is another tracker's and was there
 * before the capture, 2 is UDP, 3 is TCP over IPv6 whose sequence numbers are
 * about to wrap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_FUZZ_NETWORK_H
#define VT600_FUZZ_NETWORK_H

#include <glib.h>
#include <stdint.h>

#define NETWORK_PORT "8500" /* the server's */

typedef struct {
    int64_t time;     /* nanoseconds since the epoch */
    uint32_t length;  /* on the wire */
    uint32_t present; /* in the capture */
    uint8_t *bytes;   /* so many, in memory of exactly this length */
} network_packet_t;

#define NETWORK_START INT64_C(1700000000000000000) /* when a capture begins, in nanoseconds since the epoch */

/* All packets of the script, network_packet_t, in the order of the capture, most at the most. They are freed with the
 * array. number: below 65,536. The clock may go back, but not before start. */
GPtrArray *network_play(const uint8_t *script, size_t n, unsigned most, unsigned number, int64_t start,
                        uint8_t *options);

#endif
