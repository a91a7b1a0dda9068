/* tree_base.c
 *
 * What a person sees of the base protocol's data: one walk over its parts; see
 * tree_base.h. Offsets here are those of the frame's data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tree_base.h"

#include "core/text.h"
#include "fields_base.h"
#include "settings.h"
#include "tree_photo.h"
#include "tree_position.h"

static int ett_values = -1;

static expert_field ei_value_bad = EI_INIT;

/* At most this many bytes of a value are quoted in an expert info. */
#define QUOTED_MOST 32

static proto_item *add_text(proto_tree *tree, vt600_field_t field, const vt600_shown_t *shown, size_t at, size_t length)
{
    return vt600_tree_add_text(tree, vt600_field_base(field), shown, shown->at + VT600_AT_DATA + (unsigned)at,
                               (unsigned)length);
}

/* With the user's name for an alarm, if there is one. */
static void show_number(proto_tree *tree, const vt600_shown_t *shown, const vt600_content_t *content,
                        const vt600_placed_t *placed)
{
    const vt600_part_t *part = placed->part;
    const uint32_t value = vt600_placed_number(content, placed);
    const int field = vt600_field_base(part->field);

    if (part->field == VT600_FIELD_ALARM) {
        const char *name = vt600_field_base_meaning(part->field, value);
        proto_tree_add_uint_format_value(tree, field, shown->tvb, (int)(shown->at + VT600_AT_DATA + placed->at),
                                         (int)placed->length, value, "%s (0x%02x)", name != NULL ? name : "Unknown",
                                         value);
        return;
    }
    proto_item *item = vt600_tree_add_data(tree, field, shown, placed->at, placed->length);
    if (part->say == VT600_SAY_MEASURE && value == 0)
        proto_item_append_text(item, " (off)");
    else if (part->say == VT600_SAY_MEASURE)
        proto_item_append_text(item, " (%u %s)", value * part->scale, part->words);
    if (placed->number > 0 && part->say == VT600_SAY_MEANING)
        proto_item_append_text(item, " [%u]", placed->number);
}

/* A value that is not what its place in the text asks for is shown as text, and named. */
static void show_unread(proto_tree *tree, const vt600_shown_t *shown, size_t at, size_t length, vt600_field_t field)
{
    const char *name = vt600_field_base_name(field);
    const uint8_t *text = shown->buf + VT600_AT_DATA + at;
    proto_item *item = add_text(tree, VT600_FIELD_UNREAD, shown, at, length);

    proto_item_append_text(item, " (%s)", name);
    if (shown->frame->found == VT600_FOUND_FRAME)
        expert_add_info_format(shown->pinfo, item, &ei_value_bad, "%s is invalid: %s%s", name,
                               format_text(shown->pinfo->pool, (const char *)text, MIN(length, (size_t)QUOTED_MOST)),
                               length > QUOTED_MOST ? "..." : "");
}

/* An empty value says nothing. */
static void show_value(proto_tree *tree, const vt600_shown_t *shown, size_t at, size_t length,
                       const vt600_value_t *value)
{
    const uint8_t *text = shown->buf + VT600_AT_DATA + at;
    const int field = vt600_field_base(value->field), where = (int)(shown->at + VT600_AT_DATA + at);
    double number;
    uint32_t count;

    if (value->kind == VT600_VALUE_TEXT)
        add_text(tree, value->field, shown, at, length);
    else if (length == 0)
        return;
    else if (value->kind == VT600_VALUE_COUNT && vt600_text_count(text, length, (uint32_t)value->most, &count))
        proto_tree_add_uint(tree, field, shown->tvb, where, (int)length, count);
    else if (value->kind == VT600_VALUE_NUMBER && vt600_text_number(text, length, &number) &&
             (value->most == 0 || ABS(number) <= value->most))
        proto_tree_add_double(tree, field, shown->tvb, where, (int)length, number);
    else
        show_unread(tree, shown, at, length, value->field);
}

/* The values of a text, below its item. */
static void show_values(proto_item *item, const vt600_shown_t *shown, const vt600_placed_t *placed)
{
    const vt600_values_t *values = placed->part->values;
    const uint8_t *text = shown->buf + VT600_AT_DATA + placed->at;
    const size_t n = placed->length;
    proto_tree *tree = proto_item_add_subtree(item, ett_values);
    size_t next = 0, part, length;

    for (unsigned i = 0; (i < values->count || values->again) && vt600_text_next_part(text, n, &next, &part, &length);
         i++)
        show_value(tree, shown, placed->at + part, length, &values->values[MIN(i, values->count - 1)]);
    if (next < n && values->rest != VT600_FIELD_NONE)
        add_text(tree, values->rest, shown, placed->at + next, n - next);
}

static void show_text(proto_tree *tree, const vt600_shown_t *shown, const vt600_placed_t *placed)
{
    const vt600_part_t *part = placed->part;
    proto_item *item = add_text(tree, part->field, shown, placed->at, placed->length);

    if (part->say == VT600_SAY_UNIT && vt600_text_is_printable(shown->buf + VT600_AT_DATA + placed->at, placed->length))
        proto_item_append_text(item, " (%s)", part->words);
    if (part->values != NULL)
        show_values(item, shown, placed);
}

static void show_part(proto_tree *tree, const vt600_shown_t *shown, const vt600_content_t *content,
                      const vt600_placed_t *placed)
{
    switch (placed->part->kind) {
    case VT600_KIND_NUMBER:
    case VT600_KIND_NUMBERS:
        show_number(tree, shown, content, placed);
        break;
    case VT600_KIND_PADDED:
    case VT600_KIND_TEXT:
        show_text(tree, shown, placed);
        break;
    case VT600_KIND_POSITION:
        vt600_tree_position(tree, shown, (unsigned)(VT600_AT_DATA + placed->at), (unsigned)placed->length);
        break;
    case VT600_KIND_BYTES:
        vt600_tree_add_data(tree, vt600_field_base(placed->part->field), shown, placed->at, placed->length);
        break;
    }
}

void vt600_tree_base(proto_tree *tree, const vt600_shown_t *shown, const vt600_content_t *content)
{
    vt600_walk_t walk = {0};
    vt600_placed_t placed;

    while (vt600_content_next(content, &walk, &placed))
        if (placed.part->field != VT600_FIELD_NONE)
            show_part(tree, shown, content, &placed);
    if (tree != NULL && shown->record != NULL && shown->record->photo != NULL && !shown->retransmission)
        vt600_tree_photo(tree, shown, shown->record->photo);
}

void vt600_tree_base_register(expert_module_t *expert)
{
    static int *ett[] = {&ett_values};
    static ei_register_info ei[] = {
        {&ei_value_bad,
         {"vt600.value.bad", PI_UNDECODED, PI_NOTE, "A value is not a number or is out of range", EXPFILL}},
    };

    vt600_fields_base_register();
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert, ei, array_length(ei));
    vt600_tree_position_register(expert);
    vt600_tree_photo_register();
}
