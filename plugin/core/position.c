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

/* A number's digits: mantissa / 10^scale. More digits than these are no measurement; in a fraction they are left out.
 */
#define DIGITS_MOST 15
#define SCALE_MOST  12

/* A degree in the units to which coordinates are rounded: a tenth of a millimetre. So they are printed as short by all.
 */
#define DEGREE                   1000000000

#define METRES_PER_NAUTICAL_MILE 1852

#define SECONDS_PER_DAY          INT64_C(86400)

/* Two digits of a year: GPS began in 1980. */
#define FIRST_YEAR 1980

typedef struct {
    uint64_t mantissa;
    unsigned scale;
    size_t integer_digits; /* leading zeros included */
} decimal_t;

static uint64_t power_of_ten(unsigned exponent)
{
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* Digits, and perhaps a point and digits. */
static bool read_decimal(const uint8_t *text, size_t n, decimal_t *decimal)
{
    unsigned significant = 0;
    size_t digits = 0;
    bool fraction = false;

    *decimal = (decimal_t){0};
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '.' && !fraction) {
            fraction = true;
            decimal->integer_digits = digits;
            continue;
        }
        if (!g_ascii_isdigit(text[i]))
            return false;
        digits++;
        if (fraction && (decimal->scale == SCALE_MOST || significant == DIGITS_MOST))
            continue;
        if (significant == DIGITS_MOST)
            return false;
        decimal->mantissa = decimal->mantissa * 10 + (text[i] - '0');
        decimal->scale += fraction;
        significant += decimal->mantissa != 0;
    }
    if (!fraction)
        decimal->integer_digits = digits;
    return digits > 0;
}

static bool read_number(const uint8_t *text, size_t n, double *value)
{
    decimal_t decimal;
    if (!read_decimal(text, n, &decimal))
        return false;
    *value = (double)decimal.mantissa / (double)power_of_ten(decimal.scale);
    return true;
}

/* 1 to most hexadecimal digits; most is at most 8. */
static bool read_hex(const uint8_t *text, size_t n, size_t most, uint32_t *value)
{
    *value = 0;
    if (n == 0 || n > most)
        return false;
    for (size_t i = 0; i < n; i++) {
        const int digit = g_ascii_xdigit_value((char)text[i]);
        if (digit < 0)
            return false;
        *value = *value << 4 | (uint32_t)digit;
    }
    return true;
}

static bool read_hex16(const uint8_t *text, size_t n, uint16_t *value)
{
    uint32_t wide;
    if (!read_hex(text, n, 4, &wide))
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

/* Degrees and minutes in one number, ddmm.mmmm. One with fewer digits before the point than digits_least could be
 * degrees with decimals as well, and is not taken; zero is zero in both. */
static bool read_degrees(const uint8_t *text, size_t n, size_t digits_least, unsigned most, double *degrees)
{
    decimal_t decimal;
    if (!read_decimal(text, n, &decimal) || (decimal.integer_digits < digits_least && decimal.mantissa != 0))
        return false;
    const uint64_t one = power_of_ten(decimal.scale); /* minute */
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
    return read_degrees(text, n, 3, 90, &position->latitude);
}

static bool read_north_south(vt600_position_t *position, const uint8_t *text, size_t n)
{
    bool south;
    if (!read_letter(text, n, 'S', 'N', &south))
        return false;
    if (south)
        position->latitude = -position->latitude;
    return true;
}

static bool read_longitude(vt600_position_t *position, const uint8_t *text, size_t n)
{
    return read_degrees(text, n, 4, 180, &position->longitude);
}

static bool read_east_west(vt600_position_t *position, const uint8_t *text, size_t n)
{
    bool west;
    if (!read_letter(text, n, 'W', 'E', &west))
        return false;
    if (west)
        position->longitude = -position->longitude;
    return true;
}

static bool read_speed(vt600_position_t *position, const uint8_t *text, size_t n)
{
    decimal_t knots;
    if (!read_decimal(text, n, &knots))
        return false;
    position->speed = (double)(knots.mantissa * METRES_PER_NAUTICAL_MILE) / (double)power_of_ten(knots.scale + 3);
    return true;
}

static bool read_heading(vt600_position_t *position, const uint8_t *text, size_t n)
{
    return read_number(text, n, &position->heading) && position->heading <= 360;
}

static bool read_checksum(vt600_position_t *position, const uint8_t *text, size_t n)
{
    uint32_t value;
    if (n != 2 || !read_hex(text, n, 2, &value))
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
    const bool below = text[0] == '-';
    if (!read_number(text + below, n - below, &position->altitude))
        return false;
    if (below)
        position->altitude = -position->altitude;
    return true;
}

static bool read_state(vt600_position_t *position, const uint8_t *text, size_t n)
{
    return read_hex16(text, n, &position->state);
}

static bool read_station(vt600_position_t *position, const uint8_t *text, size_t n)
{
    return n == 16 && read_hex16(text, 4, &position->mcc) && read_hex16(text + 4, 4, &position->mnc) &&
           read_hex16(text + 8, 4, &position->lac) && read_hex16(text + 12, 4, &position->ci);
}

static bool read_signal(vt600_position_t *position, const uint8_t *text, size_t n)
{
    uint32_t value;
    if (!read_hex(text, n, 2, &value))
        return false;
    position->signal = (uint8_t)value;
    return true;
}

static bool read_journey(vt600_position_t *position, const uint8_t *text, size_t n)
{
    return read_hex(text, n, 8, &position->journey);
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
    [VT600_PART_STATE] = {"state", read_state},
    [VT600_PART_INPUTS] = {"analogue inputs", NULL},
    [VT600_PART_STATION] = {"base station", read_station},
    [VT600_PART_SIGNAL] = {"GSM signal", read_signal},
    [VT600_PART_JOURNEY] = {"journey", read_journey},
    [VT600_PART_REST] = {"rest", NULL},
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
    vt600_part_t *part = &position->part[name];
    *part = (vt600_part_t){.at = at, .length = end - at, .kind = VT600_PART_EMPTY};
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
static void require(vt600_part_t *coordinate, const vt600_part_t *hemisphere)
{
    if (coordinate->kind == VT600_PART_GOOD && hemisphere->kind != VT600_PART_GOOD)
        coordinate->kind = VT600_PART_BAD;
}

static void judge_inputs(vt600_part_t *inputs, const uint8_t *text)
{
    vt600_part_t left = *inputs, input;
    uint16_t value;

    while (vt600_position_next_input(text, &left, &input, &value))
        if (input.kind == VT600_PART_BAD)
            inputs->kind = VT600_PART_BAD;
}

vt600_position_t vt600_position_read(const uint8_t *text, size_t n)
{
    vt600_position_t position = {0};
    vt600_part_t *part = position.part;
    if (n == 0)
        return position;

    const size_t prefix = prefix_length(text, n);
    const size_t sentence_end = find(text, prefix, n, '|');
    const size_t star = find(text, prefix, sentence_end, '*');
    set_parts(&position, text, VT600_PART_TIME_OF_DAY, VT600_PART_DATE, ',', prefix, star);
    if (star < sentence_end)
        set_part(&position, text, VT600_PART_CHECKSUM, star + 1, sentence_end);
    if (sentence_end < n) {
        const size_t rest = set_parts(&position, text, VT600_PART_HDOP, VT600_PART_JOURNEY, '|', sentence_end + 1, n);
        if (rest <= n)
            set_part(&position, text, VT600_PART_REST, rest, n);
    }

    if (part[VT600_PART_CHECKSUM].kind == VT600_PART_GOOD)
        verify(&position, text, prefix, star);
    require(&part[VT600_PART_LATITUDE], &part[VT600_PART_NORTH_SOUTH]);
    require(&part[VT600_PART_LONGITUDE], &part[VT600_PART_EAST_WEST]);
    judge_inputs(&part[VT600_PART_INPUTS], text);
    position.has_time =
        part[VT600_PART_TIME_OF_DAY].kind == VT600_PART_GOOD && part[VT600_PART_DATE].kind == VT600_PART_GOOD;
    return position;
}

bool vt600_position_next_input(const uint8_t *text, vt600_part_t *inputs, vt600_part_t *input, uint16_t *value)
{
    if (inputs->kind == VT600_PART_ABSENT || inputs->kind == VT600_PART_EMPTY)
        return false;
    const size_t end = inputs->at + inputs->length;
    const size_t stop = find(text, inputs->at, end, ',');

    *value = 0;
    *input = (vt600_part_t){.at = inputs->at, .length = stop - inputs->at, .kind = VT600_PART_EMPTY};
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
