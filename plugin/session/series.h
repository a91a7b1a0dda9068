/* series.h
 *
 * Items by a number that mostly rises: blocks by their offset, frames by
 * their place in a stream. It knows nothing of what the items are.
 *
 * What rises lies side by side, in the order of the numbers; what comes with
 * a lower number than one before is kept beside it. A capture has several
 * items for each of its packets, so a hash table for them would be most of the
 * plugin's memory, and of the time to read a capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_SERIES_H
#define VT600_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include <glib.h>
#include <wsutil/wmem/wmem.h>

/* All members are series.c's own. What is asked of every packet stands here, and not behind pointers. */
typedef struct {
    wmem_allocator_t *scope;
    uint64_t *highest;        /* the highest number, and the item stored after it */
    uint64_t highest_number;  /* both are valid unless last is NULL */
    uint32_t stride;          /* of an item with its number, in words of 64 bits */
    uint32_t count;           /* of items */
    uint32_t room;            /* for further items in the last chunk */
    struct vt600_chunk *last; /* NULL: no item yet */
    wmem_array_t *chunks;     /* all of them; NULL: only the last */
    wmem_map_t *strays;       /* number -> item; NULL: none */
} vt600_series_t;

/* An empty series of items of item_size bytes, aligned for 64 bits at most. */
void vt600_series_init(vt600_series_t *series, wmem_allocator_t *scope, size_t item_size);

/* The item with the number, or NULL. Items stay where they are as long as the scope. */
void *vt600_series_find(const vt600_series_t *series, uint64_t number);

/* The item with the number; made now, all zero, if there is none. */
void *vt600_series_get(vt600_series_t *series, uint64_t number);

uint32_t vt600_series_count(const vt600_series_t *series);

/* The numbers of all items, in rising order, as a new array of uint64_t. */
GArray *vt600_series_numbers(const vt600_series_t *series);

#endif
