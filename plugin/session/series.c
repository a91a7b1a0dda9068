/* series.c
 *
 * Items by a number that mostly rises; see series.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "series.h"

#include <string.h>

/* A chunk has twice as many items as the one before, up to so many: a series of one item is small. */
#define CHUNK_MOST 64

/* Items side by side: of each its number, and then itself. */
typedef struct vt600_chunk {
    uint32_t capacity;
    _Alignas(8) uint64_t words[]; /* which i386 would put at a multiple of 4 */
} chunk_t;

void vt600_series_init(vt600_series_t *series, wmem_allocator_t *scope, size_t item_size)
{
    const size_t word = sizeof(uint64_t);
    *series = (vt600_series_t){.scope = scope, .stride = (uint32_t)(1 + (item_size + word - 1) / word)};
}

uint32_t vt600_series_count(const vt600_series_t *series)
{
    return series->count;
}

/* The last chunk that begins with this number or a lower one, or NULL. */
static chunk_t *chunk_of(const vt600_series_t *series, uint64_t number)
{
    if (series->last->words[0] <= number)
        return series->last;
    if (series->chunks == NULL)
        return NULL;

    chunk_t *const *chunks = wmem_array_get_raw(series->chunks);
    size_t from = 0, to = wmem_array_get_count(series->chunks);
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (chunks[middle]->words[0] <= number)
            from = middle + 1;
        else
            to = middle;
    }
    return from > 0 ? chunks[from - 1] : NULL;
}

static void *find_in(const vt600_series_t *series, chunk_t *chunk, uint64_t number)
{
    size_t from = 0, to = chunk->capacity - (chunk == series->last ? series->room : 0);
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        uint64_t *word = chunk->words + middle * series->stride;
        if (*word == number)
            return word + 1;
        if (*word < number)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

void *vt600_series_find(const vt600_series_t *series, uint64_t number)
{
    if (series->last == NULL || number > series->highest_number)
        return NULL;
    if (number == series->highest_number) /* mostly it is the last one */
        return series->highest;

    chunk_t *chunk = chunk_of(series, number);
    void *item = chunk != NULL ? find_in(series, chunk, number) : NULL;
    if (item != NULL || series->strays == NULL)
        return item;
    uint64_t *stray = wmem_map_lookup(series->strays, &number);
    return stray != NULL ? stray + 1 : NULL;
}

static void add_chunk(vt600_series_t *series)
{
    const uint32_t capacity = series->last == NULL ? 1 : MIN(2 * series->last->capacity, CHUNK_MOST);
    chunk_t *chunk = wmem_alloc(series->scope, sizeof *chunk + sizeof(uint64_t) * capacity * series->stride);

    chunk->capacity = capacity;
    if (series->last != NULL && series->chunks == NULL) {
        series->chunks = wmem_array_sized_new(series->scope, sizeof(chunk_t *), 4);
        wmem_array_append_one(series->chunks, series->last);
    }
    if (series->chunks != NULL)
        wmem_array_append_one(series->chunks, chunk);
    series->last = chunk;
    series->room = capacity;
}

/* Zeroed when it is made, and not with its chunk: to write memory twice costs more than all else here. */
static void *new_item(const vt600_series_t *series, uint64_t *word, uint64_t number)
{
    *word = number;
    return memset(word + 1, 0, sizeof *word * (series->stride - 1));
}

static void *add_rising(vt600_series_t *series, uint64_t number)
{
    uint64_t *word;
    if (series->room > 0) {
        word = series->highest + series->stride - 1;
    } else {
        add_chunk(series);
        word = series->last->words;
    }
    series->room--;
    series->highest_number = number;
    series->highest = new_item(series, word, number);
    return series->highest;
}

static void *add_stray(vt600_series_t *series, uint64_t number)
{
    uint64_t *word = wmem_alloc(series->scope, sizeof *word * series->stride);
    void *item = new_item(series, word, number);

    if (series->strays == NULL)
        series->strays = wmem_map_new(series->scope, wmem_int64_hash, g_int64_equal);
    wmem_map_insert(series->strays, word, word);
    return item;
}

void *vt600_series_get(vt600_series_t *series, uint64_t number)
{
    void *item = vt600_series_find(series, number);
    if (item != NULL)
        return item;
    series->count++;
    return series->last == NULL || number > series->highest_number ? add_rising(series, number)
                                                                   : add_stray(series, number);
}

static void collect_number(void *key, void *value _U_, void *data)
{
    g_array_append_vals(data, key, 1);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void collect_chunk(const vt600_series_t *series, const chunk_t *chunk, GArray *numbers)
{
    const size_t count = chunk->capacity - (chunk == series->last ? series->room : 0);
    for (size_t i = 0; i < count; i++)
        g_array_append_vals(numbers, chunk->words + i * series->stride, 1);
}

GArray *vt600_series_numbers(const vt600_series_t *series)
{
    GArray *numbers = g_array_sized_new(FALSE, FALSE, sizeof(uint64_t), series->count);

    if (series->chunks != NULL)
        for (unsigned i = 0; i < wmem_array_get_count(series->chunks); i++)
            collect_chunk(series, *(chunk_t **)wmem_array_index(series->chunks, i), numbers);
    else if (series->last != NULL)
        collect_chunk(series, series->last, numbers);
    if (series->strays != NULL) {
        wmem_map_foreach(series->strays, collect_number, numbers);
        g_array_sort(numbers, by_number);
    }
    return numbers;
}
