/* recent.h
 *
 * The TCP conversation of a packet, as find_conversation_pinfo() finds it, but
 * remembered from the packets before: Wireshark hashes addresses and ports
 * several times for each look-up, which takes as many instructions as all
 * else that is done with a short frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_RECENT_H
#define VT600_RECENT_H

#include <epan/conversation.h>
#include <epan/packet.h>

/* Starts anew with each capture file. */
void vt600_recent_init(void);

/* The packet's conversation, or NULL: there is none. Not TCP: the same, each time looked up. */
conversation_t *vt600_recent_find(packet_info *pinfo);

#endif
