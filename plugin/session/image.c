/* image.c
 *
 * Which bytes of a firmware image are there; see image.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "image.h"

#include <string.h>
#include <wsutil/bits_count_ones.h>

#include "core/crc.h"
#include "core/wire.h"
#include "series.h"

#define PAGE_LEN 256u
#define MISSING  0xff /* as erased flash memory reads */

/* One bit a byte of the page. */
typedef struct {
    uint64_t bits[PAGE_LEN / 64];
} page_map_t;

typedef struct {
    page_map_t sent;
    page_map_t acknowledged;
    page_map_t known; /* content has these bytes, and nothing in particular elsewhere */
    uint8_t content[PAGE_LEN];
} page_t;

struct vt600_image {
    vt600_series_t pages; /* page_t by its number */
    uint64_t sent;
    uint64_t acknowledged;
    uint64_t sent_end;
    uint64_t acknowledged_end;

    /* The sum asked for last, and what further ones may cost. */
    bool is_summed; /* and nothing came since */
    uint64_t summed_length;
    vt600_image_sum_t sum;
    uint16_t checksum;
    uint64_t credit;      /* bytes */
    uint64_t copy_credit; /* likewise, of those who show the image */
};

/* A real image is checked once; this often it may be. */
#define SUMS_PER_BYTE 16

static bool has(const page_map_t *map, unsigned at)
{
    return map->bits[at / 64] >> (at % 64) & 1;
}

/* Sets n bits from at on. Returns how many were not set before. */
static unsigned set(page_map_t *map, unsigned at, unsigned n)
{
    unsigned added = 0;
    while (n > 0) {
        const unsigned shift = at % 64;
        const unsigned count = MIN(n, 64 - shift);
        const uint64_t mask = (count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1) << shift;
        uint64_t *bits = &map->bits[at / 64];
        added += (unsigned)ws_count_ones(mask & ~*bits);
        *bits |= mask;
        at += count;
        n -= count;
    }
    return added;
}

vt600_image_t *vt600_image_new(wmem_allocator_t *scope)
{
    vt600_image_t *image = wmem_new0(scope, vt600_image_t);
    vt600_series_init(&image->pages, scope, sizeof(page_t));
    return image;
}

static const page_t *find_page(const vt600_image_t *image, uint64_t number)
{
    return vt600_series_find(&image->pages, number);
}

/* The part of [offset, offset + length) that lies in one page. */
typedef struct {
    page_t *page;
    unsigned at;
    unsigned n;
} piece_t;

static piece_t piece_of(vt600_image_t *image, uint64_t offset, uint64_t length)
{
    const unsigned at = (unsigned)(offset % PAGE_LEN);
    return (piece_t){.page = vt600_series_get(&image->pages, offset / PAGE_LEN),
                     .at = at,
                     .n = (unsigned)MIN(length, PAGE_LEN - at)};
}

static void add_changed(vt600_range_t *changed, uint64_t offset)
{
    if (changed->first == changed->end)
        changed->first = offset;
    changed->end = offset + 1;
}

/* Writes a piece's content where none is known yet: which of several sendings the tracker took, its answers say. */
static void write_piece(const piece_t *piece, const uint8_t *data, uint64_t offset, vt600_range_t *changed)
{
    page_t *page = piece->page;
    const page_map_t known = page->known;

    if (set(&page->known, piece->at, piece->n) == piece->n) {
        memcpy(page->content + piece->at, data, piece->n);
        return;
    }
    for (unsigned i = 0; i < piece->n; i++) {
        const unsigned at = piece->at + i;
        if (!has(&known, at))
            page->content[at] = data[i];
        else if (page->content[at] != data[i])
            add_changed(changed, offset + i);
    }
}

vt600_range_t vt600_image_send(vt600_image_t *image, uint32_t offset, uint32_t length, const uint8_t *data)
{
    vt600_range_t changed = {0, 0};
    const uint64_t end = (uint64_t)offset + length;

    for (uint64_t at = offset; at < end;) {
        const piece_t piece = piece_of(image, at, end - at);
        if (data != NULL)
            write_piece(&piece, data + (at - offset), at, &changed);
        image->sent += set(&piece.page->sent, piece.at, piece.n);
        at += piece.n;
    }
    if (length > 0)
        image->sent_end = MAX(image->sent_end, end);
    image->is_summed = false;
    image->credit += (uint64_t)length * SUMS_PER_BYTE;
    image->copy_credit += (uint64_t)length * SUMS_PER_BYTE;
    return changed;
}

bool vt600_image_agrees(const vt600_image_t *image, uint32_t offset, uint32_t length, const uint8_t *data)
{
    for (uint32_t i = 0; i < length; i++) {
        const uint64_t at = (uint64_t)offset + i;
        const page_t *page = find_page(image, at / PAGE_LEN);
        if (page != NULL && has(&page->known, at % PAGE_LEN) && page->content[at % PAGE_LEN] != data[i])
            return false;
    }
    return true;
}

void vt600_image_acknowledge(vt600_image_t *image, uint32_t offset, uint32_t length, const uint8_t *data)
{
    const uint64_t end = (uint64_t)offset + length;

    for (uint64_t at = offset; at < end;) {
        const piece_t piece = piece_of(image, at, end - at);
        if (data != NULL) {
            memcpy(piece.page->content + piece.at, data + (at - offset), piece.n);
            set(&piece.page->known, piece.at, piece.n);
        }
        image->acknowledged += set(&piece.page->acknowledged, piece.at, piece.n);
        at += piece.n;
    }
    if (length > 0)
        image->acknowledged_end = MAX(image->acknowledged_end, end);
    image->is_summed = false;
}

uint64_t vt600_image_sent(const vt600_image_t *image)
{
    return image->sent;
}

uint64_t vt600_image_acknowledged(const vt600_image_t *image)
{
    return image->acknowledged;
}

uint64_t vt600_image_sent_end(const vt600_image_t *image)
{
    return image->sent_end;
}

uint64_t vt600_image_acknowledged_end(const vt600_image_t *image)
{
    return image->acknowledged_end;
}

static void add_gap(GArray *gaps, uint64_t first, uint64_t end)
{
    vt600_range_t *last = gaps->len > 0 ? &g_array_index(gaps, vt600_range_t, gaps->len - 1) : NULL;
    if (first >= end)
        return;
    if (last != NULL && last->end == first) {
        last->end = end;
    } else {
        const vt600_range_t gap = {first, end};
        g_array_append_val(gaps, gap);
    }
}

/* The bits of bytes that are there, 64 of them. */
static uint64_t present_bits(const page_t *page, unsigned i, bool unknown)
{
    return page->acknowledged.bits[i] & (unknown ? page->known.bits[i] : UINT64_MAX);
}

static void add_gaps_of_page(GArray *gaps, const page_t *page, uint64_t begin, uint64_t end, bool unknown)
{
    for (unsigned at = 0; at < PAGE_LEN && begin + at < end;) {
        const uint64_t bits = present_bits(page, at / 64, unknown);
        if (at % 64 == 0 && bits == UINT64_MAX) {
            at += 64;
            continue;
        }
        if ((bits >> (at % 64) & 1) == 0)
            add_gap(gaps, begin + at, begin + at + 1);
        at++;
    }
}

GArray *vt600_image_gaps(const vt600_image_t *image, uint64_t end, bool unknown)
{
    GArray *gaps = g_array_new(FALSE, FALSE, sizeof(vt600_range_t));
    GArray *numbers = vt600_series_numbers(&image->pages);
    uint64_t at = 0;

    for (unsigned i = 0; i < numbers->len; i++) {
        const uint64_t number = g_array_index(numbers, uint64_t, i), begin = number * PAGE_LEN;
        if (begin >= end)
            break;
        add_gap(gaps, at, begin);
        add_gaps_of_page(gaps, find_page(image, number), begin, end, unknown);
        at = begin + PAGE_LEN;
    }
    add_gap(gaps, at, end);
    g_array_free(numbers, TRUE);
    return gaps;
}

bool vt600_image_is_whole(const vt600_image_t *image, uint64_t length)
{
    /* The counts tell most incomplete images from the rest without a look at them. */
    if (length == 0 || image->acknowledged < length)
        return false;
    for (uint64_t at = 0; at < length; at += PAGE_LEN) {
        const page_t *page = find_page(image, at / PAGE_LEN);
        if (page == NULL)
            return false;
        for (unsigned i = 0; i < PAGE_LEN && at + i < length;) {
            const uint64_t bits = present_bits(page, i / 64, true);
            if (i % 64 == 0 && bits == UINT64_MAX)
                i += 64;
            else if (bits >> (i % 64) & 1)
                i++;
            else
                return false;
        }
    }
    return true;
}

static bool is_full(const page_t *page)
{
    for (unsigned i = 0; i < PAGE_LEN / 64; i++)
        if (present_bits(page, i, true) != UINT64_MAX)
            return false;
    return true;
}

void vt600_image_read(const vt600_image_t *image, uint64_t offset, size_t length, uint8_t *buf)
{
    for (size_t done = 0; done < length;) {
        const uint64_t at = offset + done;
        const unsigned from = (unsigned)(at % PAGE_LEN);
        const unsigned n = (unsigned)MIN(length - done, PAGE_LEN - from);
        const page_t *page = find_page(image, at / PAGE_LEN);
        if (page != NULL && is_full(page)) {
            memcpy(buf + done, page->content + from, n);
            done += n;
            continue;
        }
        for (unsigned i = 0; i < n; i++)
            buf[done + i] = page != NULL && has(&page->acknowledged, from + i) && has(&page->known, from + i)
                                ? page->content[from + i]
                                : MISSING;
        done += n;
    }
}

uint16_t vt600_image_checksum(const vt600_image_t *image, uint64_t length)
{
    uint16_t checksum = VT600_CRC_SEED;
    uint8_t bytes[PAGE_LEN];
    for (uint64_t at = 0; at < length; at += PAGE_LEN) {
        const unsigned n = (unsigned)MIN(length - at, PAGE_LEN);
        vt600_image_read(image, at, n, bytes);
        checksum = vt600_crc_add(checksum, bytes, n);
    }
    return checksum;
}

vt600_image_sum_t vt600_image_sum(vt600_image_t *image, uint64_t length, uint16_t *checksum)
{
    if (!image->is_summed || image->summed_length != length) {
        if (image->acknowledged < length || length == 0)
            return VT600_IMAGE_PARTIAL;
        if (image->credit < length)
            return VT600_IMAGE_UNSUMMED;
        image->credit -= length;
        image->is_summed = true;
        image->summed_length = length;
        image->sum = vt600_image_is_whole(image, length) ? VT600_IMAGE_WHOLE : VT600_IMAGE_PARTIAL;
        image->checksum = image->sum == VT600_IMAGE_WHOLE ? vt600_image_checksum(image, length) : 0;
    }
    *checksum = image->checksum;
    return image->sum;
}

bool vt600_image_may_copy(vt600_image_t *image, uint64_t length)
{
    if (image->copy_credit < length)
        return false;
    image->copy_credit -= length;
    return true;
}
