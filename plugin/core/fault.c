/* fault.c
 *
 * How far a frame can be trusted; see fault.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fault.h"

static vt600_trust_t trust_in(const vt600_frame_t *frame, bool check_checksum)
{
    if (frame->found == VT600_FOUND_CUT)
        return VT600_TRUST_CUT;
    if (frame->end == VT600_END_BY_SHORT_CHECKSUM)
        return VT600_TRUST_WHOLE;
    if (frame->found != VT600_FOUND_FRAME)
        return VT600_TRUST_NONE;
    return frame->checksum == VT600_CHECKSUM_GOOD || frame->end == VT600_END_BY_CHECKSUM || !check_checksum
               ? VT600_TRUST_WHOLE
               : VT600_TRUST_NONE;
}

vt600_fault_t vt600_fault_judge(const vt600_frame_t *frame, bool check_checksum)
{
    const vt600_trust_t trust = trust_in(frame, check_checksum);
    vt600_fault_t fault = {.trust = trust};

    if (frame->found != VT600_FOUND_FRAME) {
        fault.damaged = frame->found == VT600_FOUND_DAMAGED;
        return fault;
    }
    /* Where a checksum elsewhere proves the content, the one at the place that the length names says nothing. */
    fault.bad_checksum = frame->checksum == VT600_CHECKSUM_BAD && check_checksum && trust == VT600_TRUST_NONE;
    fault.damaged = !frame->length_good || frame->terminator != VT600_TERMINATOR_GOOD || fault.bad_checksum;
    return fault;
}
