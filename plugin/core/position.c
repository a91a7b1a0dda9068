/* position.c
 *
 * Cuts a position text into its parts; see position.h. position_part.c reads
 * them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "position.h"

#include <glib.h>
#include <string.h>

#include "position_part.h"
#include "text.h"

/* Bytes of a raw part. */
#define RAW_LEN 4

/* The forms of the text after the inputs. One form's parts stand in its row, in the order of the text; another model's
 * form is another row. The form that fits furthest is taken, the first of several. */
#define FORM_MOST 5
static const struct {
    size_t count;
    vt600_part_name_t parts[FORM_MOST];
} forms[] = {
    {5, {VT600_PART_STATION, VT600_PART_SIGNAL, VT600_PART_JOURNEY, VT600_PART_SATELLITES, VT600_PART_DRIVER}},
    {2, {VT600_PART_ODOMETER, VT600_PART_CARD}},
};

/* Length of "$GPRMC," or "GPRMC,", from any kind of receiver, at the text's begin. */
static size_t prefix_length(const uint8_t *text, size_t n)
{
    const size_t at = n > 0 && text[0] == '$';
    return n >= at + 6 && memcmp(text + at + 2, "RMC,", 4) == 0 ? at + 6 : 0;
}

static uint8_t sum(const uint8_t *text, size_t n)
{
    uint8_t all = 0;
    for (size_t i = 0; i < n; i++)
        all ^= text[i];
    return all;
}

/* The receiver summed its whole sentence, of which trackers send the body. A sum that fits with the usual start proves
 * itself; one that does not proves nothing, unless the start is there. */
static void verify(vt600_position_t *position, const uint8_t *text, size_t prefix, size_t star)
{
    static const char *const usual[] = {"GPRMC,", "GNRMC,"};

    if (prefix > 0) {
        const size_t from = text[0] == '$';
        position->checksum_computed = sum(text + from, star - from);
        position->sentence =
            position->checksum_computed == position->checksum ? VT600_SENTENCE_GOOD : VT600_SENTENCE_BAD;
        return;
    }
    const uint8_t body = sum(text, star);
    for (size_t i = 0; i < G_N_ELEMENTS(usual); i++)
        if ((body ^ sum((const uint8_t *)usual[i], strlen(usual[i]))) == position->checksum)
            position->sentence = VT600_SENTENCE_GOOD;
}

static size_t find(const uint8_t *text, size_t from, size_t to, uint8_t byte)
{
    const uint8_t *found = from < to ? memchr(text + from, byte, to - from) : NULL;
    return found != NULL ? (size_t)(found - text) : to;
}

static void set_part(vt600_position_t *position, const uint8_t *text, vt600_part_name_t name, size_t at, size_t end)
{
    vt600_position_part_t *part = &position->part[name];
    *part = (vt600_position_part_t){.at = at, .length = end - at, .kind = VT600_PART_EMPTY};
    if (part->length == 0)
        return;
    part->kind = VT600_PART_GOOD;
    if (!vt600_position_part_read(position, name, text + at, part->length))
        part->kind = VT600_PART_BAD;
}

/* The parts from first to last, separated by separator, in the bytes from at to end. Returns where the next part would
 * begin, or beyond end. */
static size_t set_parts(vt600_position_t *position, const uint8_t *text, vt600_part_name_t first,
                        vt600_part_name_t last, uint8_t separator, size_t at, size_t end)
{
    for (unsigned name = first; name <= last && at <= end; name++) {
        const size_t stop = find(text, at, end, separator);
        set_part(position, text, name, at, stop);
        at = stop + 1;
    }
    return at;
}

/* A coordinate without its hemisphere is none. */
static void require(vt600_position_part_t *coordinate, const vt600_position_part_t *hemisphere)
{
    if (coordinate->kind == VT600_PART_GOOD && hemisphere->kind != VT600_PART_GOOD)
        coordinate->kind = VT600_PART_BAD;
}

static void judge_inputs(vt600_position_part_t *inputs, const uint8_t *text)
{
    vt600_position_part_t left = *inputs, input;
    uint16_t value;

    while (vt600_position_next_input(text, &left, &input, &value))
        if (input.kind == VT600_PART_BAD)
            inputs->kind = VT600_PART_BAD;
}

/* Is there a raw part at at? Its bytes may be separators, too; four that can all be printed are a state's digits. */
static bool is_raw(const uint8_t *text, size_t n, size_t at)
{
    if (at > n || n - at < RAW_LEN || (n - at > RAW_LEN && text[at + RAW_LEN] != '|'))
        return false;
    for (size_t i = 0; i < RAW_LEN; i++)
        if (!g_ascii_isprint(text[at + i]))
            return true;
    return false;
}

/* Where the state would begin, at, or after the raw parts the inputs. */
static size_t set_state(vt600_position_t *position, const uint8_t *text, size_t at, size_t n)
{
    if (!is_raw(text, n, at))
        return set_parts(position, text, VT600_PART_STATE, VT600_PART_STATE, '|', at, n);
    set_part(position, text, VT600_PART_RAW_STATE, at, at + RAW_LEN);
    at += RAW_LEN + 1;
    if (n < at + RAW_LEN || (n > at + RAW_LEN && text[at + RAW_LEN] != '|'))
        return at;
    set_part(position, text, VT600_PART_RAW_SECOND, at, at + RAW_LEN);
    return at + RAW_LEN + 1;
}

static bool fits(const uint8_t *text, size_t n, vt600_part_name_t name)
{
    vt600_position_t scratch;
    return n == 0 || vt600_position_part_read(&scratch, name, text, n);
}

/* Where the part that begins at at ends. A driver's text may have separators in it. */
static size_t end_in_form(const uint8_t *text, size_t at, size_t n, vt600_part_name_t name)
{
    return name == VT600_PART_DRIVER ? n : find(text, at, n, '|');
}

/* Up to where the text from at on fits this form; at its least beyond a part is the start of the next. */
static size_t fit_form(const uint8_t *text, size_t at, size_t n, size_t form)
{
    for (size_t i = 0; i < forms[form].count && at <= n; i++) {
        const size_t end = end_in_form(text, at, n, forms[form].parts[i]);
        if (!fits(text + at, end - at, forms[form].parts[i]))
            break;
        at = end + 1;
    }
    return at;
}

static void set_form(vt600_position_t *position, const uint8_t *text, size_t at, size_t n)
{
    size_t best = 0, reached = 0;

    for (size_t form = 0; form < G_N_ELEMENTS(forms); form++) {
        const size_t fit = fit_form(text, at, n, form);
        if (fit > reached) {
            best = form;
            reached = fit;
        }
    }
    for (size_t i = 0; at < reached; i++) {
        const size_t end = end_in_form(text, at, n, forms[best].parts[i]);
        set_part(position, text, forms[best].parts[i], at, end);
        at = end + 1;
    }
    if (at <= n)
        set_part(position, text, VT600_PART_REST, at, n);
}

static void set_tail(vt600_position_t *position, const uint8_t *text, size_t at, size_t n)
{
    at = set_parts(position, text, VT600_PART_HDOP, VT600_PART_ALTITUDE, '|', at, n);
    if (at <= n)
        at = set_state(position, text, at, n);
    at = set_parts(position, text, VT600_PART_INPUTS, VT600_PART_INPUTS, '|', at, n);
    judge_inputs(&position->part[VT600_PART_INPUTS], text);
    if (at <= n)
        set_form(position, text, at, n);
}

/* The order of a report of RFID cards. */
static void set_short(vt600_position_t *position, const uint8_t *text, size_t n)
{
    static const vt600_part_name_t order[] = {VT600_PART_TIME_OF_DAY, VT600_PART_DATE,      VT600_PART_LATITUDE,
                                              VT600_PART_NORTH_SOUTH, VT600_PART_LONGITUDE, VT600_PART_EAST_WEST};
    size_t at = 1;
    for (size_t i = 0; i < G_N_ELEMENTS(order) && at <= n; i++)
        at = set_parts(position, text, order[i], order[i], ',', at, n);
    if (at <= n)
        set_part(position, text, VT600_PART_REST, at, n);
}

/* An HDOP has no comma. */
static bool is_short(const uint8_t *text, size_t n)
{
    return n > 0 && text[0] == '|' && find(text, 1, n, ',') < find(text, 1, n, '|');
}

/* The order of all other texts. */
static void set_long(vt600_position_t *position, const uint8_t *text, size_t n)
{
    const size_t prefix = prefix_length(text, n);
    const size_t sentence_end = find(text, prefix, n, '|');
    const size_t star = find(text, prefix, sentence_end, '*');

    set_parts(position, text, VT600_PART_TIME_OF_DAY, VT600_PART_DATE, ',', prefix, star);
    if (star < sentence_end)
        set_part(position, text, VT600_PART_CHECKSUM, star + 1, sentence_end);
    if (sentence_end < n)
        set_tail(position, text, sentence_end + 1, n);
    if (position->part[VT600_PART_CHECKSUM].kind == VT600_PART_GOOD)
        verify(position, text, prefix, star);
}

vt600_position_t vt600_position_read(const uint8_t *text, size_t n)
{
    vt600_position_t position = {0};
    vt600_position_part_t *part = position.part;
    if (n == 0)
        return position;

    if (is_short(text, n))
        set_short(&position, text, n);
    else
        set_long(&position, text, n);
    require(&part[VT600_PART_LATITUDE], &part[VT600_PART_NORTH_SOUTH]);
    require(&part[VT600_PART_LONGITUDE], &part[VT600_PART_EAST_WEST]);
    position.has_time =
        part[VT600_PART_TIME_OF_DAY].kind == VT600_PART_GOOD && part[VT600_PART_DATE].kind == VT600_PART_GOOD;
    return position;
}

bool vt600_position_next_input(const uint8_t *text, vt600_position_part_t *inputs, vt600_position_part_t *input,
                               uint16_t *value)
{
    if (inputs->kind == VT600_PART_ABSENT || inputs->kind == VT600_PART_EMPTY)
        return false;
    const size_t end = inputs->at + inputs->length;
    const size_t stop = find(text, inputs->at, end, ',');
    uint32_t wide = 0;

    *value = 0;
    *input = (vt600_position_part_t){.at = inputs->at, .length = stop - inputs->at, .kind = VT600_PART_EMPTY};
    if (input->length > 0)
        input->kind = vt600_text_hex(text + input->at, input->length, 4, &wide) ? VT600_PART_GOOD : VT600_PART_BAD;
    if (input->kind == VT600_PART_GOOD)
        *value = (uint16_t)wide;
    if (stop < end) {
        inputs->at = stop + 1;
        inputs->length = end - inputs->at;
    } else {
        inputs->kind = VT600_PART_ABSENT;
    }
    return true;
}

bool vt600_position_begins(const uint8_t *text, size_t n)
{
    const size_t prefix = prefix_length(text, n);
    vt600_position_t position = {0};
    const size_t time_end = find(text, prefix, n, ',');

    return time_end > prefix && time_end + 2 < n && text[time_end + 2] == ',' &&
           vt600_position_part_read(&position, VT600_PART_TIME_OF_DAY, text + prefix, time_end - prefix) &&
           vt600_position_part_read(&position, VT600_PART_VALIDITY, text + time_end + 1, 1);
}
