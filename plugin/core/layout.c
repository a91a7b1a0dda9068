/* layout.c
 *
 * One walk over the parts of a command's data; see layout.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "layout.h"

#include <glib.h>

#include "command.h"

static bool is_fixed(const vt600_part_t *part)
{
    return part->kind == VT600_KIND_NUMBER || part->kind == VT600_KIND_PADDED ||
           (part->kind == VT600_KIND_NUMBERS && part->count > 0);
}

static size_t least_of(const vt600_part_t *part)
{
    return (size_t)part->length * MAX(part->count, 1);
}

size_t vt600_layout_least(const vt600_layout_t *layout)
{
    size_t least = layout->least;
    for (unsigned i = 0; i < layout->count; i++)
        least += least_of(&layout->parts[i]);
    return least;
}

static bool has_end(const vt600_layout_t *layout)
{
    return layout->special == NULL && (layout->count == 0 || is_fixed(&layout->parts[layout->count - 1]));
}

size_t vt600_layout_most(const vt600_layout_t *layout)
{
    return has_end(layout) && !layout->open ? vt600_layout_least(layout) : VT600_DATA_ANY;
}

vt600_content_t vt600_content_read(const vt600_frame_t *frame, const uint8_t *buf, const char *device)
{
    vt600_content_t content = {.data = buf + VT600_AT_DATA, .present = frame->data_length, .device = device};
    if (frame->command == NULL)
        return content;

    const vt600_layout_t *layout = frame->command->data[frame->side].layout;
    if (layout == NULL)
        return content;
    content.layout = layout;
    content.open = layout->open;
    content.needed = vt600_layout_least(layout);
    content.complete = content.present >= content.needed;
    if (!content.complete)
        return content;
    content.understood = has_end(layout) ? content.needed : content.present;
    if (layout->special != NULL)
        layout->special->measure(&content);
    return content;
}

bool vt600_layout_next(const vt600_content_t *content, vt600_walk_t *walk, vt600_placed_t *placed)
{
    const vt600_layout_t *layout = content->layout;

    if (walk->part >= layout->count)
        return false;
    const vt600_part_t *part = &layout->parts[walk->part];
    const size_t left = content->present - walk->at;
    *placed = (vt600_placed_t){.part = part, .at = walk->at, .length = left};
    if (part->kind == VT600_KIND_NUMBERS) {
        placed->length = part->length;
        placed->number = ++walk->number;
        if (part->count > 0 ? walk->number == part->count : left < 2 * (size_t)part->length) {
            walk->part++;
            walk->number = 0;
        }
    } else {
        if (is_fixed(part))
            placed->length = part->length;
        walk->part++;
    }
    walk->at += placed->length;
    return placed->length > 0;
}

bool vt600_content_next(const vt600_content_t *content, vt600_walk_t *walk, vt600_placed_t *placed)
{
    if (content->layout == NULL || !content->complete)
        return false;
    return content->layout->special != NULL ? content->layout->special->next(content, walk, placed)
                                            : vt600_layout_next(content, walk, placed);
}

uint32_t vt600_placed_number(const vt600_content_t *content, const vt600_placed_t *placed)
{
    uint32_t number = 0;
    for (size_t i = 0; i < placed->length; i++)
        number = number << 8 | content->data[placed->at + i];
    return number;
}
