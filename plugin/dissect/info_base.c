/* info_base.c
 *
 * The base protocol's part of a frame's line of text; see info_base.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "info_base.h"

#include "core/text.h"
#include "fields_base.h"

/* So much of a text is told in a line. */
#define TEXT_MOST 64

/* And so many of several numbers. */
#define NUMBERS_MOST 16

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

static void append_text(wmem_strbuf_t *text, const uint8_t *bytes, size_t n)
{
    const char *shown = format_text(text->allocator, (const char *)bytes, MIN(n, TEXT_MOST));
    wmem_strbuf_append_printf(text, "%s%s", shown, n > TEXT_MOST ? "..." : "");
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

static void append_count(wmem_strbuf_t *text, uint32_t count, const char *thing)
{
    wmem_strbuf_append_printf(text, "%u %s%s", count, thing, plurality(count, "", "s"));
}

/* A number, or one of several. */
static void append_number(wmem_strbuf_t *text, const vt600_part_t *part, uint32_t value)
{
    const char *meaning = vt600_field_base_meaning(part->field, value);

    if (part->say == VT600_SAY_COUNT)
        append_count(text, value, part->words);
    else if (part->say == VT600_SAY_MEASURE && value == 0)
        wmem_strbuf_append(text, "off");
    else if (part->say == VT600_SAY_MEASURE)
        wmem_strbuf_append_printf(text, "%u %s", value * part->scale, part->words);
    else if (meaning != NULL)
        wmem_strbuf_append(text, meaning);
    else if (part->say == VT600_SAY_MEANING)
        wmem_strbuf_append_printf(text, "unknown %s 0x%02x", part->words, value);
    else
        wmem_strbuf_append_printf(text, "%s %u", part->words, value);
}

/* Padding and an unused text say nothing. */
static bool is_silent(const vt600_content_t *content, const vt600_placed_t *placed)
{
    return placed->part->say == VT600_SAY_NOTHING ||
           (placed->part->kind == VT600_KIND_PADDED &&
            vt600_text_without_padding(content->data + placed->at, placed->length) == 0);
}

static void append_part(wmem_strbuf_t *text, const vt600_content_t *content, const vt600_placed_t *placed)
{
    const vt600_part_t *part = placed->part;
    const uint8_t *bytes = content->data + placed->at;

    switch (part->say) {
    case VT600_SAY_TEXT:
        if (part->words != NULL && part->words[0] != '\0')
            wmem_strbuf_append_printf(text, "%s ", part->words);
        append_text(text, bytes,
                    part->kind == VT600_KIND_PADDED ? vt600_text_without_padding(bytes, placed->length)
                                                    : placed->length);
        break;
    case VT600_SAY_UNIT:
        append_text(text, bytes, placed->length);
        if (vt600_text_is_printable(bytes, placed->length))
            wmem_strbuf_append_printf(text, " %s", part->words);
        break;
    case VT600_SAY_LENGTH:
        append_count(text, (uint32_t)placed->length, "byte");
        break;
    case VT600_SAY_POSITION:
        append_position(text, bytes, placed->length);
        break;
    default:
        append_number(text, part, vt600_placed_number(content, placed));
        break;
    }
}

void vt600_info_base(wmem_strbuf_t *text, const vt600_frame_t *frame, const uint8_t *buf, const char *device)
{
    const vt600_content_t content = vt600_content_read(frame, buf, device);
    const char *before = ": ";
    vt600_walk_t walk = {0};
    vt600_placed_t placed;

    wmem_strbuf_append_printf(text, " %s", frame->code == VT600_CMD_POSITION ? "Position" : frame->command->name);
    while (vt600_content_next(&content, &walk, &placed)) {
        if (is_silent(&content, &placed))
            continue;
        if (placed.number > NUMBERS_MOST) {
            wmem_strbuf_append(text, ", ...");
            break;
        }
        if (placed.part->say != VT600_SAY_POSITION) /* whose text begins with a space */
            wmem_strbuf_append(text, before);
        append_part(text, &content, &placed);
        before = ", ";
    }
}
