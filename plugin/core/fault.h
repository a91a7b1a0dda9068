/* fault.h
 *
 * The only judge of how far a frame can be trusted. Links, sessions, expert
 * information, the Info column and the statistics follow it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_FAULT_H
#define VT600_FAULT_H

#include <stdbool.h>

#include "frame.h"

typedef enum {
    VT600_TRUST_WHOLE, /* its content is proven, or the user does not want checksums checked */
    VT600_TRUST_CUT,   /* the capture lacks its end: true as far as it goes, the rest unknown */
    VT600_TRUST_NONE,  /* damaged: the receiver will not have accepted it */
} vt600_trust_t;

typedef struct {
    vt600_trust_t trust;
    bool damaged;      /* in any way, including where its content is proven */
    bool bad_checksum; /* to be reported as such */
} vt600_fault_t;

/* check_checksum: the user's preference. A frame whose checksum the user ignores is taken as it is. So is one whose
 * content is proven although its length or its checksum was written wrongly. */
vt600_fault_t vt600_fault_judge(const vt600_frame_t *frame, bool check_checksum);

#endif
