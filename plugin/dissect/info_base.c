/* info_base.c
 *
 * The base protocol's part of a frame's line of text; see info_base.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "info_base.h"

#include <string.h>

#include "core/base.h"
#include "core/text.h"
#include "meaning.h"

/* So much of a text is told in a line. */
#define TEXT_MOST 64

const char *vt600_info_decimal(char digits[G_ASCII_DTOSTR_BUF_SIZE], double value, unsigned decimals)
{
    char format[] = "%.0f";
    format[2] = (char)('0' + decimals);
    return g_ascii_formatd(digits, G_ASCII_DTOSTR_BUF_SIZE, format, value);
}

const char *vt600_info_coordinates(wmem_allocator_t *scope, const vt600_position_t *position, const char *separator)
{
    char latitude[G_ASCII_DTOSTR_BUF_SIZE], longitude[G_ASCII_DTOSTR_BUF_SIZE];

    if (position->part[VT600_PART_LATITUDE].kind != VT600_PART_GOOD ||
        position->part[VT600_PART_LONGITUDE].kind != VT600_PART_GOOD)
        return NULL;
    vt600_info_decimal(latitude, position->latitude, 6);
    vt600_info_decimal(longitude, position->longitude, 6);
    return wmem_strdup_printf(scope, "%s%s%s", latitude, separator, longitude);
}

static void append_text(wmem_strbuf_t *text, const char *before, const uint8_t *bytes, size_t n)
{
    const char *shown = format_text(text->allocator, (const char *)bytes, MIN(n, TEXT_MOST));
    wmem_strbuf_append_printf(text, "%s%s%s", before, shown, n > TEXT_MOST ? "..." : "");
}

static void append_meaning(wmem_strbuf_t *text, const char *before, uint32_t value, const value_string *meanings,
                           const char *what)
{
    const char *meaning = try_val_to_str(value, meanings);
    if (meaning != NULL)
        wmem_strbuf_append_printf(text, "%s%s", before, meaning);
    else
        wmem_strbuf_append_printf(text, "%sunknown %s 0x%02x", before, what, value);
}

static void append_count(wmem_strbuf_t *text, const char *before, uint32_t count, const char *thing)
{
    wmem_strbuf_append_printf(text, "%s%u %s%s", before, count, thing, plurality(count, "", "s"));
}

static void append_position(wmem_strbuf_t *text, const uint8_t *bytes, size_t n)
{
    const vt600_position_t position = vt600_position_read(bytes, n);
    const char *coordinates = vt600_info_coordinates(text->allocator, &position, " ");

    if (coordinates == NULL) {
        wmem_strbuf_append(text, " without coordinates");
        return;
    }
    wmem_strbuf_append_printf(text, " %s", coordinates);
    if (position.part[VT600_PART_SPEED].kind == VT600_PART_GOOD) {
        char speed[G_ASCII_DTOSTR_BUF_SIZE];
        wmem_strbuf_append_printf(text, " %s km/h", vt600_info_decimal(speed, position.speed, 1));
    }
    if (position.part[VT600_PART_VALIDITY].kind == VT600_PART_GOOD && !position.valid)
        wmem_strbuf_append(text, " (not valid)");
}

static void append_interval(wmem_strbuf_t *text, const char *before, const uint8_t *bytes)
{
    const unsigned interval = vt600_be16(bytes);
    if (interval == 0)
        wmem_strbuf_append_printf(text, "%soff", before);
    else
        wmem_strbuf_append_printf(text, "%s%u s", before, interval * VT600_INTERVAL_UNIT);
}

static void append_button(wmem_strbuf_t *text, uint8_t button)
{
    if (button == VT600_BUTTON_ALL)
        wmem_strbuf_append(text, ": all buttons");
    else
        wmem_strbuf_append_printf(text, ": button %u", button);
}

static void append_alarm(wmem_strbuf_t *text, uint8_t alarm)
{
    const char *name = vt600_alarm_name(alarm);
    if (name != NULL)
        wmem_strbuf_append_printf(text, ": %s", name);
    else
        wmem_strbuf_append_printf(text, ": unknown alarm 0x%02x", alarm);
}

/* The two numbers of 16 bytes each, padded with NUL; an unused one is empty. */
static void append_phones(wmem_strbuf_t *text, const char *before, const uint8_t *bytes)
{
    static const char *const names[] = {"SMS", "call"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++, bytes += VT600_NUMBER_LEN) {
        const size_t n = vt600_text_without_padding(bytes, VT600_NUMBER_LEN);
        if (n == 0)
            continue;
        wmem_strbuf_append_printf(text, "%s%s ", before, names[i]);
        append_text(text, "", bytes, n);
        before = ", ";
    }
}

static void append_each(wmem_strbuf_t *text, const vt600_base_t *base, const value_string *meanings)
{
    const size_t most = MIN(base->understood, TEXT_MOST / 4);
    for (size_t at = 0; at < most; at++)
        append_meaning(text, at == 0 ? ": " : ", ", base->data[at], meanings, "value");
    if (most < base->understood)
        wmem_strbuf_append(text, ", ...");
}

static void append_setting(wmem_strbuf_t *text, const vt600_base_t *base, uint16_t code)
{
    const char *unit = vt600_setting_unit(code);

    append_text(text, ": ", base->data, base->present);
    if (unit != NULL && vt600_text_is_printable(base->data, base->present))
        wmem_strbuf_append_printf(text, " %s", unit);
}

static void append_cards(wmem_strbuf_t *text, const vt600_base_t *base)
{
    const char *before = ": card ";
    for (size_t at = 0; at < VT600_CARDS_AT_TEXT; at += VT600_CARD_LEN) {
        const uint32_t card = vt600_be32(base->data + at);
        if (card != 0 && card != VT600_CARD_BLANK) {
            wmem_strbuf_append_printf(text, "%s%u", before, card);
            before = ", ";
        }
    }
}

static void append_reports(wmem_strbuf_t *text, const vt600_base_t *base)
{
    append_count(text, ": ", base->data[VT600_REPORTS_AT_COUNT], "position");
}

static void append_data(wmem_strbuf_t *text, const vt600_base_t *base, uint16_t code)
{
    const uint8_t *data = base->data;

    switch (base->shape) {
    case VT600_DATA_FLAG:
        append_meaning(text, ": ", data[0], vt600_flags, "flag");
        break;
    case VT600_DATA_INTERVAL:
        append_interval(text, ": ", data);
        break;
    case VT600_DATA_INTERVAL_SET:
        append_meaning(text, ": ", data[VT600_INTERVAL_SET_AT_FLAG], vt600_flags, "flag");
        append_interval(text, ", ", data + VT600_INTERVAL_SET_AT_INTERVAL);
        break;
    case VT600_DATA_BUTTON:
        append_button(text, data[0]);
        break;
    case VT600_DATA_PHONE:
        append_button(text, data[0]);
        append_phones(text, ", ", data + VT600_PHONE_AT_NUMBERS);
        break;
    case VT600_DATA_NUMBERS:
        append_phones(text, ": ", data);
        break;
    case VT600_DATA_SPEED_LIMIT:
        if (data[0] == 0)
            wmem_strbuf_append(text, ": off");
        else
            wmem_strbuf_append_printf(text, ": %u km/h", data[0] * VT600_SPEED_LIMIT_UNIT);
        break;
    case VT600_DATA_RADIUS:
        if (base->text_at < base->present)
            append_text(text, ": ", data, base->present);
        else if (base->understood > 0)
            wmem_strbuf_append_printf(text, ": radius code %u", data[0]);
        break;
    case VT600_DATA_SLEEP_LEVEL:
        wmem_strbuf_append_printf(text, ": level %u", data[0]);
        break;
    case VT600_DATA_SWITCHES:
        append_each(text, base, vt600_switches);
        break;
    case VT600_DATA_OUTPUTS:
        append_each(text, base, vt600_outputs);
        break;
    case VT600_DATA_TRIGGERS:
        append_each(text, base, vt600_triggers);
        break;
    case VT600_DATA_SETTING:
        append_setting(text, base, code);
        break;
    case VT600_DATA_SERVER:
    case VT600_DATA_IDENTITY:
    case VT600_DATA_OBD:
        if (base->present > 0)
            append_text(text, ": ", data, base->present);
        break;
    case VT600_DATA_LOG_REQUEST:
        append_meaning(text, ": ", vt600_be16(data + VT600_LOG_AT_FLAG), vt600_log_flags, "flag");
        break;
    case VT600_DATA_LOG:
        append_count(text, ": ", vt600_be32(data + VT600_LOG_AT_WAYPOINTS), "waypoint");
        break;
    case VT600_DATA_ALARM:
        append_alarm(text, data[VT600_ALARM_AT_CODE]);
        break;
    case VT600_DATA_CARDS:
        append_cards(text, base);
        break;
    case VT600_DATA_REPORTS:
        append_reports(text, base);
        break;
    case VT600_DATA_POSITION:
        append_position(text, data, base->present);
        break;
    case VT600_DATA_IMAGE_POSITION:
        if (base->text_at < base->present)
            append_position(text, data + base->text_at, base->present - base->text_at);
        break;
    case VT600_DATA_PHOTO:
        wmem_strbuf_append_printf(text, ": packet %u (%u in all)", data[VT600_PHOTO_AT_PACKET],
                                  data[VT600_PHOTO_AT_PACKETS]);
        append_count(text, ", ", (uint32_t)(base->present - VT600_PHOTO_AT_DATA), "byte");
        break;
    case VT600_DATA_PHOTO_INDEX:
    case VT600_DATA_PHOTO_STORED:
        wmem_strbuf_append_printf(text, ": image %u", data[VT600_PHOTO_AT_IMAGE]);
        break;
    default:
        break;
    }
}

void vt600_info_base(wmem_strbuf_t *text, const vt600_frame_t *frame, const uint8_t *buf)
{
    const vt600_base_t base = vt600_base_read(frame, buf);
    const bool is_position = base.shape == VT600_DATA_POSITION;

    wmem_strbuf_append_printf(text, " %s", is_position ? "Position" : frame->command->name);
    if (base.complete)
        append_data(text, &base, frame->code);
}
