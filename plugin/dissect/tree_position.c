/* tree_position.c
 *
 * What a person sees of a position text; see tree_position.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tree_position.h"

#include "info_base.h"
#include "meaning.h"
#include "settings.h"

static int hf_position = -1;
static int hf_position_time = -1;
static int hf_position_valid = -1;
static int hf_position_latitude = -1;
static int hf_position_longitude = -1;
static int hf_position_speed = -1;
static int hf_position_heading = -1;
static int hf_position_checksum = -1;
static int hf_position_hdop = -1;
static int hf_position_altitude = -1;
static int hf_position_state = -1;
static int hf_position_outputs[VT600_STATE_LINES] = {-1, -1, -1, -1, -1};
static int hf_position_inputs[VT600_STATE_LINES] = {-1, -1, -1, -1, -1};
static int hf_position_analog = -1;
static int hf_position_mcc = -1;
static int hf_position_mnc = -1;
static int hf_position_lac = -1;
static int hf_position_ci = -1;
static int hf_position_signal = -1;
static int hf_position_journey = -1;
static int hf_position_satellites = -1;
static int hf_position_driver = -1;
static int hf_position_odometer = -1;
static int hf_position_rfid = -1;
static int hf_position_raw = -1;
static int hf_position_rest = -1;
static int hf_position_unread = -1;
static int hf_position_checksum_status = -1;
static int hf_position_coordinates = -1;

static int ett_position = -1;
static int ett_state = -1;

static expert_field ei_position_bad = EI_INIT;
static expert_field ei_position_unknown = EI_INIT;

/* At most this many bytes of a part are quoted in an expert info. */
#define QUOTED_MOST 32

/* Digits of each number of a base station, except that a cell has those that are left. */
#define STATION_DIGITS 4

/* One position while it is shown. */
typedef struct {
    const vt600_shown_t *shown;
    proto_tree *tree;
    unsigned at; /* where its text begins in the stream's bytes */
    const uint8_t *text;
    vt600_position_t position;
} view_t;

static bool is_plain(const uint8_t *text, unsigned length)
{
    for (unsigned i = 0; i < length; i++)
        if (g_ascii_iscntrl(text[i]))
            return false;
    return true;
}

/* The end of a number that is padded with NUL. */
static unsigned without_padding(const uint8_t *text, unsigned length)
{
    while (length > 0 && text[length - 1] == '\0')
        length--;
    return length;
}

proto_item *vt600_tree_add_text(proto_tree *tree, int field, const vt600_shown_t *shown, unsigned at, unsigned length)
{
    if (tree == NULL)
        return NULL;
    const uint8_t *text = shown->buf + (at - shown->at);
    const unsigned used = proto_registrar_get_ftype(field) == FT_STRINGZPAD ? without_padding(text, length) : length;
    if (is_plain(text, used))
        return proto_tree_add_item(tree, field, shown->tvb, (int)at, (int)length, ENC_ASCII);
    return proto_tree_add_string(tree, field, shown->tvb, (int)at, (int)length,
                                 format_text(shown->pinfo->pool, (const char *)text, used));
}

static bool is_good(const view_t *view, vt600_part_name_t name)
{
    return view->position.part[name].kind == VT600_PART_GOOD;
}

static unsigned begin_of(const view_t *view, vt600_part_name_t name)
{
    return view->at + (unsigned)view->position.part[name].at;
}

static unsigned length_of(const view_t *view, vt600_part_name_t name)
{
    return (unsigned)view->position.part[name].length;
}

/* The text of a part, for a message. */
static const char *quote(const view_t *view, const vt600_position_part_t *part)
{
    wmem_allocator_t *scope = view->shown->pinfo->pool;
    const char *text = format_text(scope, (const char *)view->text + part->at, MIN(part->length, (size_t)QUOTED_MOST));
    return part->length > QUOTED_MOST ? wmem_strconcat(scope, text, "...", NULL) : text;
}

/* Names and shows a part that was not read. */
static void show_unread(const view_t *view, const vt600_position_part_t *part, const char *name)
{
    const vt600_shown_t *shown = view->shown;
    proto_item *item = vt600_tree_add_text(view->tree, hf_position_unread, shown, view->at + (unsigned)part->at,
                                           (unsigned)part->length);
    proto_item_append_text(item, " (%s)", name);
    if (shown->frame->found == VT600_FOUND_FRAME)
        expert_add_info_format(shown->pinfo, item, &ei_position_bad, "The position's %s is invalid: %s", name,
                               quote(view, part));
}

/* Text that fits no known form, whole. */
static void show_rest(const view_t *view, const vt600_position_part_t *part)
{
    const vt600_shown_t *shown = view->shown;
    proto_item *item =
        vt600_tree_add_text(view->tree, hf_position_rest, shown, view->at + (unsigned)part->at, (unsigned)part->length);
    if (shown->frame->found == VT600_FOUND_FRAME)
        expert_add_info_format(shown->pinfo, item, &ei_position_unknown,
                               "The rest of the position fits no known form: %s", quote(view, part));
}

/* The part, where it is good, as a number with so many decimals and a unit. */
static void show_number(const view_t *view, vt600_part_name_t name, int field, double value, unsigned decimals,
                        const char *unit)
{
    if (!is_good(view, name) || view->tree == NULL)
        return;
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    proto_tree_add_double_format_value(view->tree, field, view->shown->tvb, (int)begin_of(view, name),
                                       (int)length_of(view, name), value, "%s%s",
                                       vt600_info_decimal(digits, value, decimals), unit);
}

static void show_time(const view_t *view)
{
    const vt600_position_t *position = &view->position;
    const nstime_t when = {.secs = (time_t)position->seconds, .nsecs = position->nanoseconds};

    if (position->has_time)
        proto_tree_add_time(view->tree, hf_position_time, view->shown->tvb, (int)begin_of(view, VT600_PART_TIME_OF_DAY),
                            (int)length_of(view, VT600_PART_TIME_OF_DAY), &when);
}

static void show_place(const view_t *view)
{
    const vt600_position_t *position = &view->position;
    const char *coordinates = vt600_info_coordinates(view->shown->pinfo->pool, position, ", ");

    show_number(view, VT600_PART_LATITUDE, hf_position_latitude, position->latitude, 6, "\u00b0");
    show_number(view, VT600_PART_LONGITUDE, hf_position_longitude, position->longitude, 6, "\u00b0");
    if (coordinates != NULL) {
        const unsigned at = begin_of(view, VT600_PART_LATITUDE);
        const unsigned end = begin_of(view, VT600_PART_EAST_WEST) + length_of(view, VT600_PART_EAST_WEST);
        proto_item_set_generated(proto_tree_add_string(view->tree, hf_position_coordinates, view->shown->tvb, (int)at,
                                                       (int)(end - at), coordinates));
    }
}

static void show_checksum(const view_t *view)
{
    static const uint8_t status[] = {
        [VT600_SENTENCE_UNVERIFIED] = PROTO_CHECKSUM_E_UNVERIFIED,
        [VT600_SENTENCE_GOOD] = PROTO_CHECKSUM_E_GOOD,
        [VT600_SENTENCE_BAD] = PROTO_CHECKSUM_E_BAD,
    };
    const vt600_position_t *position = &view->position;
    tvbuff_t *tvb = view->shown->tvb;

    const int at = (int)begin_of(view, VT600_PART_CHECKSUM), length = (int)length_of(view, VT600_PART_CHECKSUM);
    proto_item *item = proto_tree_add_uint(view->tree, hf_position_checksum, tvb, at, length, position->checksum);
    if (position->sentence == VT600_SENTENCE_BAD) {
        proto_item_append_text(item, " [should be 0x%02x]", position->checksum_computed);
        if (view->shown->frame->found == VT600_FOUND_FRAME)
            expert_add_info_format(view->shown->pinfo, item, &ei_position_bad,
                                   "The position's checksum is 0x%02x, should be 0x%02x", position->checksum,
                                   position->checksum_computed);
    }
    proto_item_set_generated(
        proto_tree_add_uint(view->tree, hf_position_checksum_status, tvb, at, 0, status[position->sentence]));
}

static void show_state(const view_t *view)
{
    const uint16_t state = view->position.state;
    tvbuff_t *tvb = view->shown->tvb;

    const int at = (int)begin_of(view, VT600_PART_STATE), length = (int)length_of(view, VT600_PART_STATE);
    proto_item *item = proto_tree_add_uint(view->tree, hf_position_state, tvb, at, length, state);
    proto_tree *lines = proto_item_add_subtree(item, ett_state);
    for (unsigned i = 0; i < VT600_STATE_LINES; i++)
        proto_tree_add_boolean(lines, hf_position_outputs[i], tvb, at, length, state);
    for (unsigned i = 0; i < VT600_STATE_LINES; i++)
        proto_tree_add_boolean(lines, hf_position_inputs[i], tvb, at, length, state);
}

static void show_inputs(const view_t *view)
{
    vt600_position_part_t left = view->position.part[VT600_PART_INPUTS], input;
    uint16_t value;

    for (unsigned i = 1; vt600_position_next_input(view->text, &left, &input, &value); i++) {
        if (input.kind == VT600_PART_GOOD)
            proto_item_append_text(proto_tree_add_uint(view->tree, hf_position_analog, view->shown->tvb,
                                                       (int)(view->at + input.at), (int)input.length, value),
                                   " (input %u)", i);
        else if (input.kind == VT600_PART_BAD)
            show_unread(view, &input, wmem_strdup_printf(view->shown->pinfo->pool, "analogue input %u", i));
    }
}

/* One of a base station's numbers, with its name where there is one. Returns the offset of the next. */
static int show_station_number(const view_t *view, int field, int at, int digits, uint32_t value, const char *name)
{
    proto_item *item = proto_tree_add_uint(view->tree, field, view->shown->tvb, at, digits, value);
    if (name != NULL)
        proto_item_append_text(item, " (%s)", name);
    return at + digits;
}

static void show_station(const view_t *view)
{
    const vt600_position_t *position = &view->position;
    const uint16_t mcc = position->mcc, mnc = position->mnc;

    if (view->tree == NULL)
        return;
    int at = (int)begin_of(view, VT600_PART_STATION);
    const int end = at + (int)length_of(view, VT600_PART_STATION);
    at = show_station_number(view, hf_position_mcc, at, STATION_DIGITS, mcc, vt600_country_name(mcc));
    at = show_station_number(view, hf_position_mnc, at, STATION_DIGITS, mnc, vt600_network_name(mcc, mnc));
    at = show_station_number(view, hf_position_lac, at, STATION_DIGITS, position->lac, NULL);
    show_station_number(view, hf_position_ci, at, end - at, position->ci, NULL);
}

static void show_good(const view_t *view, vt600_part_name_t name)
{
    const vt600_position_t *position = &view->position;
    tvbuff_t *tvb = view->shown->tvb;
    const int at = (int)begin_of(view, name), length = (int)length_of(view, name);

    switch (name) {
    case VT600_PART_TIME_OF_DAY:
        show_time(view);
        break;
    case VT600_PART_VALIDITY:
        proto_tree_add_boolean(view->tree, hf_position_valid, tvb, at, length, position->valid);
        break;
    case VT600_PART_EAST_WEST:
        show_place(view);
        break;
    case VT600_PART_SPEED:
        show_number(view, name, hf_position_speed, position->speed, 1, " km/h");
        break;
    case VT600_PART_HEADING:
        show_number(view, name, hf_position_heading, position->heading, 2, "\u00b0");
        break;
    case VT600_PART_CHECKSUM:
        show_checksum(view);
        break;
    case VT600_PART_HDOP:
        show_number(view, name, hf_position_hdop, position->hdop, 2, "");
        break;
    case VT600_PART_ALTITUDE:
        show_number(view, name, hf_position_altitude, position->altitude, 1, " m");
        break;
    case VT600_PART_STATE:
        show_state(view);
        break;
    case VT600_PART_STATION:
        show_station(view);
        break;
    case VT600_PART_SIGNAL:
        proto_tree_add_uint(view->tree, hf_position_signal, tvb, at, length, position->signal);
        break;
    case VT600_PART_JOURNEY:
        proto_item_append_text(proto_tree_add_uint(view->tree, hf_position_journey, tvb, at, length, position->journey),
                               " m");
        break;
    case VT600_PART_RAW_STATE:
    case VT600_PART_RAW_SECOND:
        proto_tree_add_item(view->tree, hf_position_raw, tvb, at, length, ENC_NA);
        break;
    case VT600_PART_SATELLITES:
        proto_tree_add_uint(view->tree, hf_position_satellites, tvb, at, length, position->satellites);
        break;
    case VT600_PART_DRIVER:
        vt600_tree_add_text(view->tree, hf_position_driver, view->shown, (unsigned)at, (unsigned)length);
        break;
    case VT600_PART_ODOMETER:
        proto_tree_add_double(view->tree, hf_position_odometer, tvb, at, length, position->odometer);
        break;
    case VT600_PART_CARD:
        vt600_tree_add_text(view->tree, hf_position_rfid, view->shown, (unsigned)at, (unsigned)length);
        break;
    case VT600_PART_REST:
        show_rest(view, &view->position.part[name]);
        break;
    default: /* part of another's field */
        break;
    }
}

void vt600_tree_position(proto_tree *tree, const vt600_shown_t *shown, unsigned offset, unsigned length)
{
    view_t view = {.shown = shown, .at = shown->at + offset, .text = shown->buf + offset};

    view.position = vt600_position_read(view.text, length);
    proto_item *item = vt600_tree_add_text(tree, hf_position, shown, view.at, length);
    view.tree = tree != NULL ? proto_item_add_subtree(item, ett_position) : NULL;

    for (unsigned name = 0; name < VT600_PARTS; name++) {
        const vt600_position_part_t *part = &view.position.part[name];
        if (name == VT600_PART_INPUTS)
            show_inputs(&view);
        else if (part->kind == VT600_PART_GOOD)
            show_good(&view, name);
        else if (part->kind == VT600_PART_BAD)
            show_unread(&view, part, vt600_position_part_name(name));
    }
}

#define LINE(array, i, text, filter, first)                                                                            \
    {                                                                                                                  \
        &array[i - 1],                                                                                                 \
        {                                                                                                              \
            text " " #i, "vt600.position." filter #i, FT_BOOLEAN, 16, TFS(&vt600_active_inactive), first << (i - 1),   \
                NULL, HFILL                                                                                            \
        }                                                                                                              \
    }
#define OUTPUT(i) LINE(hf_position_outputs, i, "Output", "output", VT600_STATE_OUTPUT_1)
#define INPUT(i)  LINE(hf_position_inputs, i, "Input", "input", VT600_STATE_INPUT_1)

void vt600_tree_position_register(expert_module_t *expert)
{
    static hf_register_info hf[] = {
        {&hf_position,
         {"Position", "vt600.position", FT_STRING, BASE_NONE, NULL, 0, "The whole text, dissected below", HFILL}},
        {&hf_position_time,
         {"Time", "vt600.position.time", FT_ABSOLUTE_TIME, ABSOLUTE_TIME_UTC, NULL, 0, "Time of the fix", HFILL}},
        {&hf_position_valid,
         {"Valid", "vt600.position.valid", FT_BOOLEAN, BASE_NONE, NULL, 0, "Whether the receiver had a fix", HFILL}},
        {&hf_position_latitude,
         {"Latitude", "vt600.position.latitude", FT_DOUBLE, BASE_NONE, NULL, 0, "Degrees, south negative", HFILL}},
        {&hf_position_longitude,
         {"Longitude", "vt600.position.longitude", FT_DOUBLE, BASE_NONE, NULL, 0, "Degrees, west negative", HFILL}},
        {&hf_position_speed,
         {"Speed", "vt600.position.speed", FT_DOUBLE, BASE_NONE, NULL, 0, "In km/h; in knots on the wire", HFILL}},
        {&hf_position_heading, {"Heading", "vt600.position.heading", FT_DOUBLE, BASE_NONE, NULL, 0, "Degrees", HFILL}},
        {&hf_position_checksum,
         {"Checksum", "vt600.position.checksum", FT_UINT8, BASE_HEX, NULL, 0, "Checksum of the receiver's sentence",
          HFILL}},
        {&hf_position_hdop, {"HDOP", "vt600.position.hdop", FT_DOUBLE, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_position_altitude,
         {"Altitude", "vt600.position.altitude", FT_DOUBLE, BASE_NONE, NULL, 0, "Metres", HFILL}},
        {&hf_position_state,
         {"State", "vt600.position.state", FT_UINT16, BASE_HEX, NULL, 0, "State of the outputs and inputs", HFILL}},
        OUTPUT(1),
        OUTPUT(2),
        OUTPUT(3),
        OUTPUT(4),
        OUTPUT(5),
        INPUT(1),
        INPUT(2),
        INPUT(3),
        INPUT(4),
        INPUT(5),
        {&hf_position_analog,
         {"Analogue", "vt600.position.analog", FT_UINT16, BASE_HEX, NULL, 0, "Value of one analogue input", HFILL}},
        {&hf_position_mcc,
         {"MCC", "vt600.position.mcc", FT_UINT16, BASE_DEC, NULL, 0, "Country of the base station", HFILL}},
        {&hf_position_mnc,
         {"MNC", "vt600.position.mnc", FT_UINT16, BASE_DEC, NULL, 0, "Network of the base station", HFILL}},
        {&hf_position_lac,
         {"LAC", "vt600.position.lac", FT_UINT16, BASE_DEC_HEX, NULL, 0, "Location area of the base station", HFILL}},
        {&hf_position_ci,
         {"CI", "vt600.position.ci", FT_UINT32, BASE_DEC_HEX, NULL, 0, "Cell of the base station", HFILL}},
        {&hf_position_signal,
         {"Signal", "vt600.position.signal", FT_UINT8, BASE_DEC, NULL, 0, "GSM signal strength, up to 31", HFILL}},
        {&hf_position_journey, {"Journey", "vt600.position.journey", FT_UINT32, BASE_DEC, NULL, 0, "Metres", HFILL}},
        {&hf_position_satellites,
         {"Satellites", "vt600.position.satellites", FT_UINT8, BASE_DEC, NULL, 0, "Number of satellites in use",
          HFILL}},
        {&hf_position_driver,
         {"Driver", "vt600.position.driver", FT_STRING, BASE_NONE, NULL, 0, "Text of the driver's magnetic card",
          HFILL}},
        {&hf_position_odometer,
         {"Odometer", "vt600.position.odometer", FT_DOUBLE, BASE_NONE, NULL, 0, "Decimal, in a unit that is not known",
          HFILL}},
        {&hf_position_rfid,
         {"Card", "vt600.position.rfid", FT_STRING, BASE_NONE, NULL, 0, "Number of an RFID card, hexadecimal", HFILL}},
        {&hf_position_raw,
         {"Raw", "vt600.position.raw", FT_BYTES, BASE_NONE, NULL, 0, "A part that one model sends as raw bytes",
          HFILL}},
        {&hf_position_rest,
         {"Rest", "vt600.position.rest", FT_STRING, BASE_NONE, NULL, 0, "Text that fits no known form", HFILL}},
        {&hf_position_unread,
         {"Not read", "vt600.position.unread", FT_STRING, BASE_NONE, NULL, 0,
          "A part that does not parse or is out of range", HFILL}},

        /* Generated */
        {&hf_position_checksum_status,
         {"Checksum status", "vt600.position.checksum.status", FT_UINT8, BASE_NONE, VALS(vt600_checksum_statuses), 0,
          "Also good where it matches with the usual start of a sentence, which trackers do not send", HFILL}},
        {&hf_position_coordinates,
         {"Coordinates", "vt600.position.coordinates", FT_STRING, BASE_NONE, NULL, 0,
          "Latitude and longitude, to be pasted into a map", HFILL}},
    };
    static int *ett[] = {&ett_position, &ett_state};
    static ei_register_info ei[] = {
        {&ei_position_bad, {"vt600.position.bad", PI_UNDECODED, PI_NOTE, "A part of a position was not read", EXPFILL}},
        {&ei_position_unknown,
         {"vt600.position.unknown", PI_UNDECODED, PI_NOTE, "The rest of a position fits no known form", EXPFILL}},
    };

    proto_register_field_array(vt600_proto, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert, ei, array_length(ei));
}
