/* strip.c
 *
 * An image in cells; see strip.h. A cell is stored only if all of its bytes
 * are, so a single missing one shows; anything else is true of a cell if it
 * is true of any byte in it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "strip.h"

#include <inttypes.h>

#define CELLS_MOST 400

enum {
    CELL_SENT = 1 << 0,
    CELL_REFUSED = 1 << 1,
    CELL_REPEATED = 1 << 2,
    CELL_STORED = 1 << 3,
};

struct vt600_strip {
    uint64_t length; /* of the image, at least 1 */
    uint64_t size;   /* of a cell */
    unsigned count;
    uint8_t cells[CELLS_MOST];
};

static void mark_cells(vt600_strip_t *strip, uint64_t first, uint64_t end, uint8_t what)
{
    for (uint64_t i = first / strip->size; i < strip->count && i * strip->size < end; i++)
        strip->cells[i] |= what;
}

vt600_strip_t *vt600_strip_new(const vt600_image_t *image, uint32_t total)
{
    const uint64_t end = MAX(vt600_image_sent_end(image), vt600_image_acknowledged_end(image));
    const uint64_t length = MAX(end, total);

    if (length == 0)
        return NULL;
    vt600_strip_t *strip = g_new0(vt600_strip_t, 1);
    strip->length = length;
    strip->size = (length + CELLS_MOST - 1) / CELLS_MOST;
    strip->count = (unsigned)((length + strip->size - 1) / strip->size);
    mark_cells(strip, 0, length, CELL_STORED);
    GArray *gaps = vt600_image_gaps(image, length, false);
    for (unsigned i = 0; i < gaps->len; i++) {
        const vt600_range_t *gap = &g_array_index(gaps, vt600_range_t, i);
        for (uint64_t cell = gap->first / strip->size; cell < strip->count && cell * strip->size < gap->end; cell++)
            strip->cells[cell] &= (uint8_t)~CELL_STORED;
    }
    g_array_free(gaps, TRUE);
    return strip;
}

void vt600_strip_sent(vt600_strip_t *strip, uint32_t offset, uint32_t length, bool repeated)
{
    mark_cells(strip, offset, (uint64_t)offset + length, CELL_SENT | (repeated ? CELL_REPEATED : 0));
}

void vt600_strip_refused(vt600_strip_t *strip, uint32_t offset, uint32_t length)
{
    mark_cells(strip, offset, (uint64_t)offset + MAX(length, 1), CELL_REFUSED);
}

static void put_end(json_dumper *json, uint64_t value)
{
    json_dumper_value_anyf(json, "%" PRIu64, value);
}

/* The runs of cells that are as wanted. */
static void put_runs(json_dumper *json, const char *key, const vt600_strip_t *strip, uint8_t mask, uint8_t wanted)
{
    json_dumper_set_member_name(json, key);
    json_dumper_begin_array(json);
    for (unsigned i = 0; i < strip->count;) {
        const unsigned first = i;
        while (i < strip->count && (strip->cells[i] & mask) == wanted)
            i++;
        if (i == first) {
            i++;
            continue;
        }
        json_dumper_begin_array(json);
        put_end(json, first * strip->size);
        put_end(json, MIN(i * strip->size, strip->length));
        json_dumper_end_array(json);
    }
    json_dumper_end_array(json);
}

void vt600_strip_put(const vt600_strip_t *strip, json_dumper *json)
{
    json_dumper_begin_object(json);
    json_dumper_set_member_name(json, "length");
    put_end(json, strip->length);
    put_runs(json, "stored", strip, CELL_STORED, CELL_STORED);
    put_runs(json, "unconfirmed", strip, CELL_STORED | CELL_SENT, CELL_SENT);
    put_runs(json, "missing", strip, CELL_STORED | CELL_SENT, 0);
    put_runs(json, "refused", strip, CELL_REFUSED, CELL_REFUSED);
    put_runs(json, "repeated", strip, CELL_REPEATED, CELL_REPEATED);
    json_dumper_end_object(json);
}
