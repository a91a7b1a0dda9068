/* frame.h
 *
 * Finds, delimits and checks one frame at the start of a run of bytes
 * (section 1). It knows nothing of what commands do, and keeps no state: the
 * same bytes always give the same answer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_FRAME_H
#define VT600_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"
#include "device_id.h"
#include "wire.h"

typedef enum {
    VT600_FOUND_FRAME,     /* a frame; its checksum may be bad, its length proven wrong */
    VT600_FOUND_DAMAGED,   /* begins like a frame and does not hold together */
    VT600_FOUND_CUT,       /* the start of a frame, and no more bytes will come */
    VT600_FOUND_HEARTBEAT, /* one 0x00 */
    VT600_FOUND_JUNK,      /* no frame: the bytes up to the next one */
    VT600_FOUND_PARTIAL,   /* cannot be told yet: more bytes are needed */
} vt600_found_t;

/* What told where a frame ends. */
typedef enum {
    VT600_END_BY_LENGTH,         /* its length field */
    VT600_END_BY_CHECKSUM,       /* a checksum and CR LF that fit elsewhere */
    VT600_END_BY_TERMINATOR,     /* CR LF, and then the next frame or nothing */
    VT600_END_BY_HEADER,         /* the next frame's header */
    VT600_END_BY_DATA,           /* the end of the bytes */
    VT600_END_BY_SHORT_CHECKSUM, /* the checksum lost its leading zero digits: bytes are missing */
} vt600_end_t;

typedef enum {
    VT600_CHECKSUM_BAD,
    VT600_CHECKSUM_GOOD,
    VT600_CHECKSUM_UNVERIFIED, /* not all bytes are there to compute it */
    VT600_CHECKSUM_ABSENT,     /* no checksum is there */
} vt600_checksum_t;

typedef enum {
    VT600_TERMINATOR_GOOD,
    VT600_TERMINATOR_BAD,    /* other bytes, or half of it */
    VT600_TERMINATOR_ABSENT, /* the next frame follows at once, or the bytes end */
} vt600_terminator_t;

/* The members from side on are meant for FRAME, DAMAGED and CUT; bytes says how much of the frame
 * can be read, so that a short one shows what it has. */
typedef struct {
    vt600_found_t found;
    size_t extent; /* bytes that it takes; 0 for PARTIAL */

    size_t bytes;
    vt600_end_t end;
    vt600_side_t side;
    uint16_t length;                /* as the field says; 0 when not there */
    bool length_good;               /* the field leads to the frame's end */
    const vt600_command_t *command; /* NULL: unknown, or not there */
    uint16_t code;
    size_t data_length; /* bytes of data, from VT600_AT_DATA on, that are there */
    vt600_checksum_t checksum;
    size_t checksum_at;         /* its place; valid unless ABSENT */
    uint16_t checksum_computed; /* valid for GOOD and BAD */
    vt600_terminator_t terminator;
    size_t terminator_at; /* valid unless ABSENT; it reaches to the extent */
} vt600_frame_t;

/* The credit for a run of n bytes. */
static inline size_t vt600_frame_credit(size_t n)
{
    return 4 * n;
}

/* Looks at the n bytes (at least one) at buf, where a frame is expected. final: no bytes follow, so
 * nothing is PARTIAL. Otherwise extent is at least 1, and the next frame is expected after it.
 *
 * credit: what may be spent, in bytes looked at, on frames that are not what they claim: an end is
 * looked for, and checksums are tried. The caller sets it to vt600_frame_credit for a run of bytes and
 * hands it to every call on that run; so the time for the whole run stays proportional to its length,
 * whatever the length fields in it say. A PARTIAL costs n; it is looked at again with each piece that
 * comes, since each may show that its length is wrong. */
vt600_frame_t vt600_frame_scan(const uint8_t *buf, size_t n, bool final, size_t *credit);

typedef enum {
    VT600_CLAIM_NO,
    VT600_CLAIM_YES,
    VT600_CLAIM_MORE, /* too little to say */
} vt600_claim_t;

/* Does a stream of this protocol begin at buf (n bytes; final as above)? Foreign traffic is told by
 * its first bytes, and no others are read. */
vt600_claim_t vt600_frame_claim(const uint8_t *buf, size_t n, bool final);

/* The protocol's checksum of n bytes. */
uint16_t vt600_frame_checksum(const uint8_t *buf, size_t n);

#endif
