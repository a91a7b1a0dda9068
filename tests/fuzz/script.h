/* script.h
 *
 * What some trackers and a server say, as bytes that a fuzzer can change: the
 * input of the harnesses for sessions and for the whole dissector.
 *
 * A script is a byte of options and then messages:
 *
 *     who     bit 0: the tracker speaks; bits 1-2: the connection;
 *             bits 3-5: what the network does to it (script_fate_t)
 *     cut     how long its segments are; 0: it is not cut
 *     wait    2 to the power of (wait mod 32) milliseconds pass before it; bit 7: backwards
 *     length  2 bytes, the highest first; then so many bytes, or as many as are left
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_FUZZ_SCRIPT_H
#define VT600_FUZZ_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIPT_CONNECTIONS 4

/* Where the members of a message are. */
enum { SCRIPT_WHO, SCRIPT_CUT, SCRIPT_WAIT, SCRIPT_LENGTH, SCRIPT_HEAD_LEN = SCRIPT_LENGTH + 2 };

typedef enum {
    SCRIPT_AS_IT_IS,
    SCRIPT_AS_IT_IS_TOO,
    SCRIPT_SWAPPED,     /* with the packet before */
    SCRIPT_AGAIN,       /* sent twice */
    SCRIPT_LOST,        /* missing in the capture */
    SCRIPT_OVERLAPPING, /* together with the end of what this side said before */
    SCRIPT_SNAPPED,     /* cut to a snap length */
    SCRIPT_CONNECTING,  /* after a new handshake */
} script_fate_t;

typedef struct {
    bool tracker;
    unsigned connection;
    script_fate_t fate;
    unsigned cut;
    int64_t wait; /* nanoseconds */
    const uint8_t *bytes;
    size_t length;
} script_message_t;

typedef struct {
    const uint8_t *next;
    size_t left;
} script_t;

/* Sets the options. */
script_t script_begin(const uint8_t *bytes, size_t n, uint8_t *options);

/* false: the script is at its end. */
bool script_next(script_t *script, script_message_t *message);

#endif
