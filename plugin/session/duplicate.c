/* duplicate.c
 *
 * Frames that were captured twice; see duplicate.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "duplicate.h"

#include <stdbool.h>
#include <string.h>

#include <glib.h>

#define MOMENT    INT64_C(10000000) /* 10 ms */
#define PLACES    512               /* a power of two */
#define HASH_HEAD 24                /* header, length, ID, command, and an offset with its length and more */
#define HASH_TAIL 4                 /* checksum and terminator */

/* A frame that was seen. */
typedef struct {
    vt600_capturing_t capturing;
    size_t length;
    size_t room;
    uint8_t *bytes;
    void *record;
} seen_t;

struct vt600_duplicates {
    wmem_allocator_t *scope;
    seen_t seen[PLACES];
};

vt600_duplicates_t *vt600_duplicates_new(wmem_allocator_t *scope)
{
    vt600_duplicates_t *duplicates = wmem_new0(scope, vt600_duplicates_t);
    duplicates->scope = scope;
    return duplicates;
}

static uint32_t hash_of(const uint8_t *buf, size_t n)
{
    uint32_t hash = (uint32_t)n;
    const size_t head = MIN(n, HASH_HEAD);

    for (size_t i = 0; i < head; i++)
        hash = (hash ^ buf[i]) * 16777619u;
    for (size_t i = n - MIN(n - head, HASH_TAIL); i < n; i++)
        hash = (hash ^ buf[i]) * 16777619u;
    return (hash ^ hash >> 15) % PLACES;
}

static bool is_second(const seen_t *seen, const vt600_capturing_t *now)
{
    const int64_t elapsed = now->time - seen->capturing.time;

    if (elapsed > MOMENT || elapsed < -MOMENT || seen->capturing.number == now->number)
        return false;
    return seen->capturing.conversation != now->conversation ||
           (now->datagram != 0 && seen->capturing.datagram + 1 == now->datagram);
}

uint32_t vt600_duplicates_find(vt600_duplicates_t *duplicates, const uint8_t *buf, size_t n,
                               const vt600_capturing_t *capturing, void *record, void **first)
{
    seen_t *seen = &duplicates->seen[hash_of(buf, n)];

    if (seen->length == n && memcmp(seen->bytes, buf, n) == 0) {
        if (is_second(seen, capturing)) {
            if (seen->capturing.conversation == capturing->conversation)
                seen->capturing.datagram = capturing->datagram;
            *first = seen->record;
            return seen->capturing.number;
        }
        seen->capturing = *capturing;
        seen->record = record;
        return 0;
    }
    if (seen->room < n) {
        seen->bytes = wmem_realloc(duplicates->scope, seen->bytes, n);
        seen->room = n;
    }
    memcpy(seen->bytes, buf, n);
    seen->length = n;
    seen->capturing = *capturing;
    seen->record = record;
    return 0;
}
