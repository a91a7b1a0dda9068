/* duplicate.h
 *
 * Frames that were captured twice: by a SPAN port, or on both sides of a NAT.
 * A frame with the same bytes within a moment, in another conversation or in
 * the next datagram, is not a second frame. It knows nothing of what frames
 * are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_DUPLICATE_H
#define VT600_DUPLICATE_H

#include <stddef.h>
#include <stdint.h>

#include <wsutil/wmem/wmem.h>

typedef struct vt600_duplicates vt600_duplicates_t;

vt600_duplicates_t *vt600_duplicates_new(wmem_allocator_t *scope);

/* Where and when a frame was captured. */
typedef struct {
    uint32_t number;          /* the packet */
    int64_t time;             /* nanoseconds */
    const void *conversation; /* and direction */
    uint64_t datagram;        /* its number in this conversation and direction, from 1; 0: not a datagram */
} vt600_capturing_t;

/* The packet of which this one, with the frame of n bytes at buf, is a second capture; 0: none. Remembers the frame,
 * with what the caller knows it by: where the answer is not 0, first is that of the first capture. The memory for it
 * does not grow: where very many frames come within a moment, a second capture may stay unnoticed. */
uint32_t vt600_duplicates_find(vt600_duplicates_t *duplicates, const uint8_t *buf, size_t n,
                               const vt600_capturing_t *capturing, void *record, void **first);

#endif
