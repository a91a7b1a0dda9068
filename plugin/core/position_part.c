/* position_part.c
 *
 * Reads the parts of a position text; see position_part.h. Each part is read on
 * its own: one that is invalid takes nothing else with it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "position_part.h"

#include <glib.h>

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
} readers[VT600_PARTS] = {
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

bool vt600_position_part_read(vt600_position_t *position, vt600_part_name_t name, const uint8_t *text, size_t n)
{
    return readers[name].read == NULL || readers[name].read(position, text, n);
}

const char *vt600_position_part_name(vt600_part_name_t part)
{
    return readers[part].name;
}
