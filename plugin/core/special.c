/* special.c
 *
 * Data whose parts depend on what is in it; see special.h. Of each kind: how
 * much of it is explained, and its parts, one a call.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "special.h"

#include <string.h>

#include <glib.h>

#include "identity.h"
#include "position.h"
#include "text.h"

/* The codes of a movement alarm's radius. */
#define RADIUS_CODE_MOST 8

/* Of 0x6688. */
#define REPORT_SEPARATOR '\\'
#define REPORTS_AT_FIRST 1
#define REPORT_LEAST     1 /* its alarm code */

/* An unused place of a card is zero or four blanks. */
#define CARD_BLANK 0x20202020u

/* At most so many bytes stand before the position in 0x9977; where no position starts within them, there is none. */
#define IMAGE_HEAD_MOST 8

static const vt600_part_t radius_code = {.field = VT600_FIELD_RADIUS,
                                         .kind = VT600_KIND_NUMBER,
                                         .length = 1,
                                         .say = VT600_SAY_NUMBER,
                                         .words = "radius code"};
static const vt600_part_t radius_text = {.field = VT600_FIELD_SETTING, .kind = VT600_KIND_TEXT, .say = VT600_SAY_TEXT};
static const vt600_part_t report_count = {.field = VT600_FIELD_POSITION_COUNT,
                                          .kind = VT600_KIND_NUMBER,
                                          .length = 1,
                                          .say = VT600_SAY_COUNT,
                                          .words = "position"};
static const vt600_part_t report_alarm = {.field = VT600_FIELD_ALARM, .kind = VT600_KIND_NUMBER, .length = 1};
static const vt600_part_t report_position = {.field = VT600_FIELD_POSITION, .kind = VT600_KIND_POSITION};
static const vt600_part_t card_unused = {.field = VT600_FIELD_RFID, .kind = VT600_KIND_NUMBERS, .length = 4};
static const vt600_part_t image_head = {.field = VT600_FIELD_PHOTO_HEAD, .kind = VT600_KIND_BYTES};
static const vt600_part_t image_position = {
    .field = VT600_FIELD_POSITION, .kind = VT600_KIND_POSITION, .say = VT600_SAY_POSITION};

static bool place(vt600_placed_t *placed, const vt600_part_t *part, size_t at, size_t end)
{
    *placed = (vt600_placed_t){.part = part, .at = at, .length = end - at};
    return end > at;
}

/* 0x4106 */

static bool is_radius_code(const vt600_content_t *content)
{
    return content->present == radius_code.length && content->data[0] <= RADIUS_CODE_MOST;
}

static void measure_radius(vt600_content_t *content)
{
    content->open = !is_radius_code(content);
    if (content->open && !vt600_text_is_printable(content->data, content->present))
        content->understood = 0;
}

static bool next_radius(const vt600_content_t *content, vt600_walk_t *walk, vt600_placed_t *placed)
{
    if (walk->part++ > 0 || content->understood == 0)
        return false;
    return place(placed, is_radius_code(content) ? &radius_code : &radius_text, 0, content->present);
}

const vt600_special_t vt600_special_radius = {measure_radius, next_radius};

/* 0x6688 */

/* Where the report that starts at at ends: at a separator, or with the data. An alarm code may have the
 * separator's value. */
static size_t report_end(const vt600_content_t *content, size_t at)
{
    const size_t from = at + REPORT_LEAST;
    if (from >= content->present)
        return content->present;
    const uint8_t *separator = memchr(content->data + from, REPORT_SEPARATOR, content->present - from);
    return separator != NULL ? (size_t)(separator - content->data) : content->present;
}

/* As many reports as the count says; bytes after them are not explained. */
static void measure_reports(vt600_content_t *content)
{
    const unsigned count = content->data[0];
    size_t at = REPORTS_AT_FIRST;

    content->understood = REPORTS_AT_FIRST;
    for (unsigned i = 0; i < count; i++) {
        if (at >= content->present) { /* each of those missing takes its least and a separator before it */
            const bool separated = i == 0 || at == content->present;
            content->needed = content->present + (count - i) * (REPORT_LEAST + 1) - separated;
            content->understood = content->present;
            return;
        }
        content->understood = report_end(content, at);
        at = content->understood + 1;
    }
    /* A separator may end the last one, too. */
    if (at == content->present && count > 0)
        content->understood = content->present;
}

/* walk->at is the start of the next part: 0 the count's, then alarms' and positions' by turns, as walk->number says. */
static bool next_report(const vt600_content_t *content, vt600_walk_t *walk, vt600_placed_t *placed)
{
    if (walk->at == 0) {
        walk->at = REPORTS_AT_FIRST;
        return place(placed, &report_count, 0, REPORTS_AT_FIRST);
    }
    if (walk->number == 1) {
        const size_t at = walk->at, end = report_end(content, at - REPORT_LEAST);
        walk->number = 0;
        walk->at = end + 1;
        if (place(placed, &report_position, at, MAX(end, at)))
            return true;
    }
    if (walk->at >= content->understood)
        return false;
    walk->number = 1;
    walk->at += REPORT_LEAST;
    return place(placed, &report_alarm, walk->at - REPORT_LEAST, walk->at);
}

const vt600_special_t vt600_special_reports = {measure_reports, next_report};

/* 0x9001. The layout's part is the whole text, for the Info column; the walk yields it without a field of its own. */

static void measure_identity(vt600_content_t *content)
{
    content->understood = content->present;
}

static bool next_identity(const vt600_content_t *content, vt600_walk_t *walk, vt600_placed_t *placed)
{
    static const vt600_part_t whole = {.field = VT600_FIELD_NONE, .kind = VT600_KIND_TEXT, .say = VT600_SAY_TEXT};
    static const vt600_part_t parts[] = {{.field = VT600_FIELD_SERIAL_NUMBER, .kind = VT600_KIND_TEXT},
                                         {.field = VT600_FIELD_IMEI, .kind = VT600_KIND_TEXT},
                                         {.field = VT600_FIELD_FIRMWARE_VERSION, .kind = VT600_KIND_TEXT}};
    const vt600_identity_t identity = vt600_identity_read(content->data, content->present, content->device);
    const vt600_span_t spans[] = {identity.serial, identity.imei, identity.version};

    if (walk->part == 0) {
        walk->part++;
        return place(placed, &whole, 0, content->present);
    }
    while (walk->part <= G_N_ELEMENTS(parts)) {
        const unsigned i = walk->part++ - 1;
        if (place(placed, &parts[i], spans[i].at, spans[i].at + spans[i].length))
            return true;
    }
    return false;
}

const vt600_special_t vt600_special_identity = {measure_identity, next_identity};

/* 0x9966 */

static void measure_cards(vt600_content_t *content)
{
    content->understood = content->present;
}

static bool next_card(const vt600_content_t *content, vt600_walk_t *walk, vt600_placed_t *placed)
{
    if (!vt600_layout_next(content, walk, placed))
        return false;
    if (placed->part->kind == VT600_KIND_NUMBERS) {
        const uint32_t card = vt600_placed_number(content, placed);
        if (card == 0 || card == CARD_BLANK)
            placed->part = &card_unused;
    }
    return true;
}

const vt600_special_t vt600_special_cards = {measure_cards, next_card};

/* 0x9977 */

static size_t image_position_at(const vt600_content_t *content)
{
    for (size_t at = 0; at < content->present && at <= IMAGE_HEAD_MOST; at++)
        if (vt600_position_begins(content->data + at, content->present - at))
            return at;
    return content->present;
}

static void measure_image_position(vt600_content_t *content)
{
    if (image_position_at(content) < content->present)
        return;
    content->understood = 0;
    content->open = true;
}

static bool next_image_position(const vt600_content_t *content, vt600_walk_t *walk, vt600_placed_t *placed)
{
    const size_t at = image_position_at(content);

    if (content->understood == 0)
        return false;
    if (walk->part == 0) {
        walk->part++;
        if (place(placed, &image_head, 0, at))
            return true;
    }
    return walk->part++ == 1 && place(placed, &image_position, at, content->present);
}

const vt600_special_t vt600_special_image_position = {measure_image_position, next_image_position};
