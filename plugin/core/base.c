/* base.c
 *
 * The data of the base protocol's commands; see base.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "base.h"

#include <string.h>

#include <glib.h>

#include "position.h"
#include "text.h"

/* What may stand before the position in 0x9977; where no position begins within it, there is none. */
#define IMAGE_HEAD_MOST 8

/* Where the report that begins at at ends: at a separator, or with the data. An alarm code may have the
 * separator's value. */
static size_t report_end(const vt600_base_t *base, size_t at)
{
    const size_t from = at + VT600_REPORT_LEAST;
    if (from >= base->present)
        return base->present;
    const uint8_t *separator = memchr(base->data + from, VT600_REPORT_SEPARATOR, base->present - from);
    return separator != NULL ? (size_t)(separator - base->data) : base->present;
}

/* As many reports as the count says; bytes behind them are not explained. */
static void measure_reports(vt600_base_t *base)
{
    const unsigned count = base->data[VT600_REPORTS_AT_COUNT];
    size_t at = VT600_REPORTS_AT_FIRST;

    for (unsigned i = 0; i < count; i++) {
        if (at >= base->present) { /* each of those missing takes its least and a separator before it */
            const bool separated = i == 0 || at == base->present;
            base->needed = base->present + (count - i) * (VT600_REPORT_LEAST + 1) - separated;
            base->understood = base->present;
            return;
        }
        base->understood = report_end(base, at);
        at = base->understood + 1;
    }
    /* A separator may end the last one, too. */
    if (at == base->present && count > 0)
        base->understood = base->present;
}

static void find_image_position(vt600_base_t *base)
{
    for (size_t at = 0; at < base->present && at <= IMAGE_HEAD_MOST; at++) {
        if (vt600_position_begins(base->data + at, base->present - at)) {
            base->text_at = at;
            base->understood = base->present;
            return;
        }
    }
    base->understood = 0;
    base->open = true;
}

static void measure(vt600_base_t *base)
{
    base->understood = base->needed;
    switch (base->shape) {
    case VT600_DATA_OUTPUTS:
    case VT600_DATA_TRIGGERS:
    case VT600_DATA_PHOTO:
        base->understood = base->present;
        break;
    case VT600_DATA_SERVER:
    case VT600_DATA_SETTING:
    case VT600_DATA_IDENTITY:
    case VT600_DATA_OBD:
    case VT600_DATA_POSITION:
        base->text_at = 0;
        base->understood = base->present;
        break;
    case VT600_DATA_LOG:
    case VT600_DATA_ALARM:
    case VT600_DATA_CARDS:
        base->text_at = base->needed;
        base->understood = base->present;
        break;
    case VT600_DATA_PHOTO_INDEX: /* known from servers, which read no more than that */
    case VT600_DATA_NUMBERS:     /* all buttons may have been asked for */
        base->open = true;
        break;
    case VT600_DATA_RADIUS:
        if (base->present == VT600_RADIUS_LEN && base->data[0] <= VT600_RADIUS_CODE_MOST)
            break;
        base->open = true;
        base->understood = 0;
        if (vt600_text_is_printable(base->data, base->present)) {
            base->text_at = 0;
            base->understood = base->present;
        }
        break;
    case VT600_DATA_REPORTS:
        measure_reports(base);
        break;
    case VT600_DATA_IMAGE_POSITION:
        find_image_position(base);
        break;
    default:
        break;
    }
}

vt600_base_t vt600_base_read(const vt600_frame_t *frame, const uint8_t *buf)
{
    vt600_base_t base = {.shape = VT600_DATA_BYTES};
    if (frame->command == NULL || frame->command->ota)
        return base;

    const vt600_data_t *expected = &frame->command->data[frame->side];
    base.shape = expected->shape;
    base.needed = expected->least;
    base.data = buf + VT600_AT_DATA;
    base.present = base.text_at = frame->data_length;
    base.complete = base.present >= base.needed;
    if (base.complete)
        measure(&base);
    return base;
}

bool vt600_base_next_report(const vt600_base_t *base, size_t *next, vt600_report_t *report)
{
    if (!base->complete)
        return false;
    if (base->shape == VT600_DATA_REPORTS) {
        const size_t at = *next == 0 ? VT600_REPORTS_AT_FIRST : *next;
        if (at >= base->understood)
            return false;
        const size_t end = report_end(base, at);
        *report = (vt600_report_t){.has_alarm = true, .alarm_at = at, .alarm = base->data[at]};
        report->text_at = at + VT600_REPORT_LEAST;
        report->text_length = end > report->text_at ? end - report->text_at : 0;
        *next = end + 1;
        return true;
    }
    const bool is_alarm = base->shape == VT600_DATA_ALARM;
    const bool has_position = is_alarm || base->shape == VT600_DATA_POSITION || base->shape == VT600_DATA_LOG ||
                              base->shape == VT600_DATA_CARDS || base->shape == VT600_DATA_IMAGE_POSITION;
    if (*next != 0 || !has_position || (base->text_at == base->present && !is_alarm))
        return false;
    *report = (vt600_report_t){.text_at = base->text_at, .text_length = base->present - base->text_at};
    if (is_alarm) {
        report->has_alarm = true;
        report->alarm_at = VT600_ALARM_AT_CODE;
        report->alarm = base->data[VT600_ALARM_AT_CODE];
    }
    *next = 1;
    return true;
}
