/* packet-vt600.h
 *
 * What Wireshark calls at its start: the dissector's registration.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_PACKET_VT600_H
#define VT600_PACKET_VT600_H

void proto_register_vt600(void);
void proto_reg_handoff_vt600(void);

#endif
