/* carrier.h
 *
 * Facts of the TCP connection that a dissector is not called for: closings,
 * acknowledgements, and the end of the capture. A postdissector reads them in
 * the first pass, from the first packet on that is this protocol's; foreign
 * captures do not pay for it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_CARRIER_H
#define VT600_CARRIER_H

#include "wireshark_compat.h"

#include <epan/packet.h>
#include <epan/dissectors/packet-tcp.h>

#include "session/diagnosis.h"

/* At the protocol's registration, after it. */
void vt600_carrier_register(void);

/* Starts anew with each capture file. */
void vt600_carrier_init(void);

/* The sequence number of a flow's first byte of data, as TCP gives it to dissectors. Its SYN was captured. */
uint32_t vt600_carrier_first_seq(const tcp_flow_t *flow);

/* The capture has a conversation of this protocol. */
void vt600_carrier_start(void);

/* The diagnosis of a session, as of the packets that were read. Valid until more are. */
const vt600_diagnosis_t *vt600_carrier_diagnosis(vt600_session_t *session);

/* The diagnosis in words, with clauses that "; " separates. Valid as long as the diagnosis. */
const char *vt600_carrier_explanation(vt600_session_t *session);

/* A connection that was closed during updates. */
typedef struct {
    const vt600_place_t *place;
    wmem_array_t *verdicts; /* vt600_verdict_t *: the last frame of each session that was going on */
} vt600_interruption_t;

/* What the packet's closing interrupted, or NULL. */
const vt600_interruption_t *vt600_carrier_interruption(packet_info *pinfo);

#endif
