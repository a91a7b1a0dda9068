/* host.h
 *
 * libwireshark with the plugin in it, for harnesses: a capture file whose
 * packets are dissected as tshark and the GUI do, without a file. One is open
 * at a time.
 *
 * All other protocols are off but those below ours, so that what is found is
 * ours.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_FUZZ_HOST_H
#define VT600_FUZZ_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "network.h"

/* Once. Dissector bugs and too many items abort from here on. */
void host_init(char *program);

/* Bits of a script's first byte; this one is tcp.analyze_sequence_numbers:FALSE. No file may be open. */
enum { HOST_ANALYSIS_OFF = 2 };
void host_set_preferences(uint8_t options);

void host_open(void);
void host_close(void);

/* The first look at the next packet, with the taps. text: NULL for a look without a tree, else set as below. The packet
 * must stay as long as it is looked at. */
void host_load(const network_packet_t *packet, char **text);

/* Another look at packet number, from 1. Returns its fields of ours as text, or NULL where there is no tree. */
char *host_look(unsigned number, bool tree, bool taps, bool with_columns);

#endif
