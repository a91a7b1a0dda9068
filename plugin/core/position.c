/* position.c
 *
 * Reads a position text; see position.h. Each part is read on its own, on the
 * bytes as they are: one that does not parse takes nothing else with it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "position.h"

#include <glib.h>
#include <string.h>

#include "text.h"

/* A degree in the units to which coordinates are rounded: a tenth of a millimetre. So they are printed as short by all.
 */
#define DEGREE                   1000000000

#define METRES_PER_NAUTICAL_MILE 1852

/* Before the point of a coordinate. */
#define MINUTES_DIGITS  2

#define SECONDS_PER_DAY INT64_C(86400)

/* Digits of a base station with a cell of 16 bits and of 32, digits of an odometer before its point, and of a card. */
#define STATION_LEN      16
#define STATION_LONG_LEN 20
#define ODOMETER_MOST    10
#define CARD_LEAST       5

/* Bytes of a raw part. */
#define RAW_LEN 4

/* Two digits of a year: GPS began in 1980. */
#define FIRST_YEAR 1980

static bool read_number(const uint8_t *text, size_t n, double *value)
{
    vt600_decimal_t decimal;
    if (!vt600_decimal_read(text, n, &decimal))
        return false;
    *value = vt600_decimal_value(&decimal);
    return true;
}

static bool read_hex16(const uint8_t *text, size_t n, uint16_t *value)
{
    uint32_t wide;
    if (!vt600_text_hex(text, n, 4, &wide))
        return false;
    *value = (uint16_t)wide;
    return true;
}

/* Exactly two digits. */
static bool read_pair(const uint8_t *text, unsigned *value)
{
    if (!g_ascii_isdigit(text[0]) || !g_ascii_isdigit(text[1]))
        return false;
    *value = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
    return true;
}

/* Degrees and minutes in one number, ddmm.mmmm: the minutes have two digits before the point, and the degrees those
 * before them, with or without leading zeros. A number without digits for degrees could be degrees with decimals as
 * well, and is not taken; zero is zero in both. */
static bool read_degrees(const uint8_t *text, size_t n, unsigned most, double *degrees)
{
    vt600_decimal_t decimal;
    if (!vt600_decimal_read(text, n, &decimal) || (decimal.integer_digits <= MINUTES_DIGITS && decimal.mantissa != 0))
        return false;
    const uint64_t one = vt600_power_of_ten(decimal.scale); /* minute */
    const uint64_t whole = decimal.mantissa / one / 100;
    const uint64_t minutes = decimal.mantissa - whole * 100 * one;
    if (whole > most || minutes >= 60 * one || (whole == most && minutes != 0))
        return false;
    const double fraction = (double)minutes / (double)(60 * one);
    *degrees = (double)(whole * DEGREE + (uint64_t)(fraction * DEGREE + 0.5)) / DEGREE;
    return true;
}

static bool read_time_of_day(vt600_position_t *position, const uint8_t *text, size_t n)
{
    unsigned hour, minute, second;
    if (n < 6 || !read_pair(text, &hour) || !read_pair(text + 2, &minute) || !read_pair(text + 4, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 60) /* 60: a leap second */
        return false;
    int32_t nanoseconds = 0, unit = 1000000000;
    for (size_t i = 6; i < n; i++) {
        if (i == 6 ? text[i] != '.' : !g_ascii_isdigit(text[i]))
            return false;
        if (i > 6) {
            unit /= 10;
            nanoseconds += (text[i] - '0') * unit;
        }
    }
    position->seconds += hour * 3600 + minute * 60 + second;
    position->nanoseconds = nanoseconds;
    return true;
}

static bool is_leap_year(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool read_date(vt600_position_t *position, const uint8_t *text, size_t n)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned day, month, year;
    if (n != 6 || !read_pair(text, &day) || !read_pair(text + 2, &month) || !read_pair(text + 4, &year))
        return false;
    year += year < FIRST_YEAR % 100 ? 2000 : 1900;
    if (month < 1 || month > 12)
        return false;
    if (day < 1 || day > lengths[month - 1] + (unsigned)(month == 2 && is_leap_year(year)))
        return false;

    unsigned days = day - 1;
    for (unsigned y = 1970; y < year; y++)
        days += 365 + is_leap_year(y);
    for (unsigned m = 1; m < month; m++)
        days += lengths[m - 1] + (unsigned)(m == 2 && is_leap_year(year));
    position->seconds += days * SECONDS_PER_DAY;
    return true;
}

/* One letter: true for yes, false for no. */
static bool read_letter(const uint8_t *text, size_t n, uint8_t yes, uint8_t no, bool *value)
{
    if (n != 1 || (text[0] != yes && text[0] != no))
        return false;
    *value = text[0] == yes;
    return true;
}

static bool read_validity(vt600_position_t *position, const uint8_t *text, size_t n)
{
    return read_letter(text, n, 'A', 'V', &position->valid);
}

static bool read_latitude(vt600_position_t *position, const uint8_t *text, size_t n)
{
    return read_degrees(text, n, 90, &position->latitude);
}

static bool read_north_south(vt600_position_t *position, const uint8_t *text, size_t n)
{
    bool south;
    if (!read_letter(text, n, 'S', 'N', &south))
        return false;
    if (south)
        position->latitude = 0 - position->latitude; /* zero stays without a sign */
    return true;
}

static bool read_longitude(vt600_position_t *position, const uint8_t *text, size_t n)
{
    return read_degrees(text, n, 180, &position->longitude);
}

static bool read_east_west(vt600_position_t *position, const uint8_t *text, size_t n)
{
    bool west;
    if (!read_letter(text, n, 'W', 'E', &west))
        return false;
    if (west)
        position->longitude = 0 - position->longitude;
    return true;
}

static bool read_speed(vt600_position_t *position, const uint8_t *text, size_t n)
{
    vt600_decimal_t knots;
    if (!vt600_decimal_read(text, n, &knots))
        return false;
    position->speed = (double)(knots.mantissa * METRES_PER_NAUTICAL_MILE) / (double)vt600_power_of_ten(knots.scale + 3);
    return true;
}

static bool read_heading(vt600_position_t *position, const uint8_t *text, size_t n)
{
    return read_number(text, n, &position->heading) && position->heading <= 360;
}

static bool read_checksum(vt600_position_t *position, const uint8_t *text, size_t n)
{
    uint32_t value;
    if (n != 2 || !vt600_text_hex(text, n, 2, &value))
        return false;
    position->checksum = (uint8_t)value;
    return true;
}

static bool read_hdop(vt600_position_t *position, const uint8_t *text, size_t n)
{
    return read_number(text, n, &position->hdop);
}

static bool read_altitude(vt600_position_t *position, const uint8_t *text, size_t n)
{
    return vt600_text_number(text, n, &position->altitude);
}

static bool read_state(vt600_position_t *position, const uint8_t *text, size_t n)
{
    return read_hex16(text, n, &position->state);
}

static bool read_station(vt600_position_t *position, const uint8_t *text, size_t n)
{
    return (n == STATION_LEN || n == STATION_LONG_LEN) && read_hex16(text, 4, &position->mcc) &&
           read_hex16(text + 4, 4, &position->mnc) && read_hex16(text + 8, 4, &position->lac) &&
           vt600_text_hex(text + 12, n - 12, 8, &position->ci);
}

static bool read_signal(vt600_position_t *position, const uint8_t *text, size_t n)
{
    uint32_t value;
    if (!vt600_text_hex(text, n, 2, &value))
        return false;
    position->signal = (uint8_t)value;
    return true;
}

static bool read_journey(vt600_position_t *position, const uint8_t *text, size_t n)
{
    return vt600_text_hex(text, n, 8, &position->journey);
}

static bool read_satellites(vt600_position_t *position, const uint8_t *text, size_t n)
{
    uint32_t value;
    if (!vt600_text_hex(text, n, 2, &value))
        return false;
    position->satellites = (uint8_t)value;
    return true;
}

static bool read_odometer(vt600_position_t *position, const uint8_t *text, size_t n)
{
    vt600_decimal_t decimal;
    if (!vt600_decimal_read(text, n, &decimal) || decimal.integer_digits > ODOMETER_MOST)
        return false;
    position->odometer = vt600_decimal_value(&decimal);
    return true;
}

static bool read_card(vt600_position_t *position, const uint8_t *text, size_t n)
{
    (void)position;
    for (size_t i = 0; i < n; i++)
        if (!g_ascii_isxdigit(text[i]))
            return false;
    return n >= CARD_LEAST;
}

/* Parts that are not read here have no function. */
static const struct {
    const char *name;
    bool (*read)(vt600_position_t *position, const uint8_t *text, size_t n);
} parts[VT600_PARTS] = {
    [VT600_PART_TIME_OF_DAY] = {"time", read_time_of_day},
    [VT600_PART_VALIDITY] = {"validity", read_validity},
    [VT600_PART_LATITUDE] = {"latitude", read_latitude},
    [VT600_PART_NORTH_SOUTH] = {"north or south", read_north_south},
    [VT600_PART_LONGITUDE] = {"longitude", read_longitude},
    [VT600_PART_EAST_WEST] = {"east or west", read_east_west},
    [VT600_PART_SPEED] = {"speed", read_speed},
    [VT600_PART_HEADING] = {"heading", read_heading},
    [VT600_PART_DATE] = {"date", read_date},
    [VT600_PART_CHECKSUM] = {"checksum", read_checksum},
    [VT600_PART_HDOP] = {"HDOP", read_hdop},
    [VT600_PART_ALTITUDE] = {"altitude", read_altitude},
    [VT600_PART_RAW_STATE] = {"raw state", NULL},
    [VT600_PART_RAW_SECOND] = {"second raw part", NULL},
    [VT600_PART_STATE] = {"state", read_state},
    [VT600_PART_INPUTS] = {"analogue inputs", NULL},
    [VT600_PART_STATION] = {"base station", read_station},
    [VT600_PART_SIGNAL] = {"GSM signal", read_signal},
    [VT600_PART_JOURNEY] = {"journey", read_journey},
    [VT600_PART_SATELLITES] = {"satellites", read_satellites},
    [VT600_PART_DRIVER] = {"driver", NULL},
    [VT600_PART_ODOMETER] = {"odometer", read_odometer},
    [VT600_PART_CARD] = {"card", read_card},
    [VT600_PART_REST] = {"rest", NULL},
};

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

const char *vt600_position_part_name(vt600_part_name_t part)
{
    return parts[part].name;
}

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

/* The receiver summed its whole sentence, of which trackers send the body. A sum that fits with the usual begin proves
 * itself; one that does not proves nothing, unless the begin is there. */
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
    if (parts[name].read != NULL && !parts[name].read(position, text + at, part->length))
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
    return n == 0 || parts[name].read == NULL || parts[name].read(&scratch, text, n);
}

/* Where the part that begins at at ends. A driver's text may have separators in it. */
static size_t end_in_form(const uint8_t *text, size_t at, size_t n, vt600_part_name_t name)
{
    return name == VT600_PART_DRIVER ? n : find(text, at, n, '|');
}

/* Up to where the text from at on fits this form; at its least beyond a part is the begin of the next. */
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

    *value = 0;
    *input = (vt600_position_part_t){.at = inputs->at, .length = stop - inputs->at, .kind = VT600_PART_EMPTY};
    if (input->length > 0)
        input->kind = read_hex16(text + input->at, input->length, value) ? VT600_PART_GOOD : VT600_PART_BAD;
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
           read_time_of_day(&position, text + prefix, time_end - prefix) &&
           read_validity(&position, text + time_end + 1, 1);
}
