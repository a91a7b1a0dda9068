/* test_position.c
 *
 * Position texts, as trackers write them and as none should. Calendars and
 * numbers are checked against GLib's, which the parser does not use. Each text
 * is read from memory of exactly its length, for the sanitizers to see.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>
#include <string.h>

#include "core/position.h"

#define BODY "035644.000,A,2232.6083,N,11404.8137,E,10.00,271.50,010809,,"
#define TAIL "|11.5|194|1F1F|0000,03FF|01CC00002795ED4A|1B|0000C3F0"
#define READ                                                                                                           \
    "time=03:56:44.000 valid=A latitude=22.543472 longitude=114.080228 speed=18.520 heading=271.50 date=2009-08-01"
#define MORE "hdop=11.5 altitude=194.0 state=1f1f inputs=0000,03ff station=460-0-10133-60746 signal=27 journey=50160"

typedef struct {
    const char *name;
    const char *text;
    size_t length;
    const char *expected;
} variant_t;

#define V(name, text, expected)                                                                                        \
    {                                                                                                                  \
        name, text, sizeof(text) - 1, expected                                                                         \
    }

static const variant_t variants[] = {
    /* What models write */
    V("everything", BODY "*32" TAIL, READ " sum=32:good " MORE),
    V("body_alone", BODY, READ),
    V("body_and_checksum", BODY "*32", READ " sum=32:good"),
    V("no_checksum_before_the_tail", BODY TAIL, READ " " MORE),
    V("nothing_after_the_date", "035644.000,A,2232.6083,N,11404.8137,E,10.00,271.50,010809", READ),
    V("mode_a", BODY ",A*5F", READ " sum=5f:good"),
    V("mode_n", BODY ",N*50", READ " sum=50:good"),
    V("mode_e_in_the_place_of_east", BODY "E*77", READ " sum=77:good"),
    V("variation", "035644.000,A,2232.6083,N,11404.8137,E,10.00,271.50,010809,3.05,W*66", READ " sum=66:unverified"),
    V("whole_sentence", "$GPRMC," BODY "*32", READ " sum=32:good"),
    V("whole_sentence_of_several_systems", "$GNRMC," BODY "*2C", READ " sum=2c:good"),
    V("body_of_several_systems", BODY "*2C", READ " sum=2c:good"),
    V("sentence_without_dollar", "GPRMC," BODY "*32", READ " sum=32:good"),
    V("wrong_checksum_of_a_whole_sentence", "$GPRMC," BODY "*33" TAIL, READ " sum=33:bad " MORE),
    V("wrong_checksum_of_a_body_is_not_judged", BODY "*33" TAIL, READ " sum=33:unverified " MORE),
    V("small_hexadecimal_digits", "|||1f1f|0a00,03ff|01cc00002795ed4a|1b|0000c3f0",
      "state=1f1f inputs=0a00,03ff station=460-0-10133-60746 signal=27 journey=50160"),
    V("no_decimals", "035644,A,2232,N,11404,E,10,271,010809,,|1|194|0",
      "time=03:56:44.000 valid=A latitude=22.533333 longitude=114.066667 speed=18.520 heading=271.00 date=2009-08-01 "
      "hdop=1.0 altitude=194.0 state=0000"),
    V("point_without_decimals", "035644.,A,2232.,N,11404.,E,10.,271.,010809",
      "time=03:56:44.000 valid=A latitude=22.533333 longitude=114.066667 speed=18.520 heading=271.00 date=2009-08-01"),
    V("decimals_without_integer", ",,,,,,.5,.5", "speed=0.926 heading=0.50"),
    V("two_decimals_of_the_time", "035644.25,V", "time=03:56:44.250 valid=V"),
    V("without_a_fix", "035644.000,V,,,,,,,010809,,*2A|||0000|0000,0000",
      "time=03:56:44.000 valid=V date=2009-08-01 sum=2a:unverified state=0000 inputs=0000,0000"),
    V("zeros_without_a_fix", "000000,V,0.0,N,0.0,E,0,0,010180",
      "time=00:00:00.000 valid=V latitude=0.000000 longitude=0.000000 speed=0.000 heading=0.00 date=1980-01-01"),
    V("empty_fields", ",,,,,,,,,,*|||||||", ""),
    V("south_and_west", "223612.000,A,3351.4120,S,07033.9921,W",
      "time=22:36:12.000 valid=A latitude=-33.856867 longitude=-70.566535"),
    V("no_leading_zeros", ",A,351.4120,S,7033.9921,W", "valid=A latitude=-3.856867 longitude=-70.566535"),
    V("one_digit_of_degrees", ",A,4109.60212,N,838.59119,W", "valid=A latitude=41.160035 longitude=-8.643187"),
    V("no_digit_of_degrees", ",A,038.6,N,0038.6,W", "valid=A latitude=0.643333 longitude=-0.643333"),
    V("zero_has_no_sign", ",A,0000.0000,S,00000.0000,W", "valid=A latitude=0.000000 longitude=0.000000"),
    V("poles_and_date_line", ",A,9000.0000,S,18000.0000,W", "valid=A latitude=-90.000000 longitude=-180.000000"),
    V("leap_second", "235960.5,A,,,,,,,311216", "time=23:59:60.500 valid=A date=2016-12-31"),
    V("leap_day", ",,,,,,,,290224", "date=2024-02-29"),
    V("below_the_sea", "|1.0|-28", "hdop=1.0 altitude=-28.0"),
    V("three_inputs", "||||0001,0002,0003", "inputs=0001,0002,0003"),
    V("input_left_out", "||||0001,,0003,", "inputs=0001,-,0003,-"),
    V("one_input", "||||3FF", "inputs=03ff"),
    V("unknown_base_station", "|||||FFFFFFFFFFFFFFFF|63", "station=65535-65535-65535-65535 signal=99"),
    V("satellites_and_driver", BODY TAIL "|0B|%  ^SOMEBODY$M^^?;6007=15?+   24 | x",
      READ " " MORE " satellites=11 driver=%  ^SOMEBODY$M^^?;6007=15?+   24 | x"),
    V("satellites_and_nothing", BODY TAIL "|0B|", READ " " MORE " satellites=11"),
    V("cell_of_32_bits", "||||0000,0000,020E,02AA|02080005089E00E1CF84|1C|172C582C|0B",
      "inputs=0000,0000,020e,02aa station=520-5-2206-14798724 signal=28 journey=388782124 satellites=11"),
    V("eight_inputs", "||||03F7,0000,0000,001B,0000,0000,0000,0001|01940002 01CC627C",
      "inputs=03f7,0000,0000,001b,0000,0000,0000,0001 rest=01940002 01CC627C"),
    V("odometer", "|0.9|2083.2|0000|0000,0000|100477632",
      "hdop=0.9 altitude=2083.2 state=0000 inputs=0000,0000 odometer=100477632.0"),
    V("odometer_of_ten_digits", "||||0000,0000|0000002042", "inputs=0000,0000 odometer=2042.0"),
    V("odometer_of_eleven_digits", "||||0000,0000|00000002042", "inputs=0000,0000 rest=00000002042"),
    V("odometer_with_a_point", "||||0000,0000|0.0", "inputs=0000,0000 odometer=0.0"),
    V("odometer_and_card", "||||0000,000c|000930116|007ae105", "inputs=0000,000c odometer=930116.0 card=007ae105"),
    V("odometer_and_a_short_card", "||||0000,000c|000930116|007a", "inputs=0000,000c odometer=930116.0 rest=007a"),
    V("odometer_and_card_of_zeros", "||||0000,0001,0000|000003723|00000",
      "inputs=0000,0001,0000 odometer=3723.0 card=00000"),
    V("card_without_odometer", "||||0000||003148", "inputs=0000 card=003148"),
    V("more_after_the_card", "||||0000|3723|003148|and|more", "inputs=0000 odometer=3723.0 card=003148 rest=and|more"),
    V("one_empty_part_of_each_form", "||||0|||", "inputs=0000"),
    V("raw_bytes", "|2.5|110|\0\6\0\0|\0\0\1\x0f|02B0,0B36",
      "hdop=2.5 altitude=110.0 raw=00060000 second=0000010f inputs=02b0,0b36"),
    V("raw_bytes_that_are_separators", "|2.5|110||,|\0||||||02B0,0B36",
      "hdop=2.5 altitude=110.0 raw=7c2c7c00 second=7c7c7c7c inputs=02b0,0b36"),
    V("raw_bytes_alone", "|2.5|110|\0\6\0\0", "hdop=2.5 altitude=110.0 raw=00060000"),
    V("raw_bytes_once", "|2.5|110|\0\6\0\0|02B0,0B36", "hdop=2.5 altitude=110.0 raw=00060000 inputs=02b0,0b36"),
    V("raw_bytes_cut_off", "|2.5|110|\0\6\0", "hdop=2.5 altitude=110.0 state!"),
    V("cards", "|120340,280606,2400.5000,N,12100.2500,E",
      "time=12:03:40.000 latitude=24.008333 longitude=121.004167 date=2006-06-28"),
    V("cards_without_a_fix", "|,,,,,", ""),
    V("cards_and_more", "|120340,280606,2400.5000,N,12100.2500,W,1,2",
      "time=12:03:40.000 latitude=24.008333 longitude=-121.004167 date=2006-06-28 rest=1,2"),
    V("cards_out_of_range", "|120340,280606,9000.5000,N,12160.2500,E",
      "time=12:03:40.000 latitude! longitude! date=2006-06-28"),
    V("separator_after_the_journey", BODY TAIL "|", READ " " MORE),
    V("tail_ends_after_the_altitude", BODY "*32|11.5|194", READ " sum=32:good hdop=11.5 altitude=194.0"),
    V("tail_ends_with_a_separator", BODY "*32|11.5|", READ " sum=32:good hdop=11.5"),
    V("more_decimals_than_a_number_has", ",,2232.60833333333333333333333333333,N,,,10.0000000000000000000000001",
      "latitude=22.543472 speed=18.520"),
    V("leading_zeros", ",,,,,,000000000000000000000010", "speed=18.520"),

    /* What does not parse takes nothing with it */
    V("hour", "245644,A", "time! valid=A"),
    V("minute", "036044", "time!"),
    V("second", "035661", "time!"),
    V("short_time", "35644,A", "time! valid=A"),
    V("comma_in_the_time", "035644;5,A", "time! valid=A"),
    V("sign_in_the_time", "-35644", "time!"),
    V("validity", "035644,X,2232.6083,N", "time=03:56:44.000 valid! latitude=22.543472"),
    V("minutes_of_a_latitude", ",,2260.0000,N,11404.8137,E", "latitude! longitude=114.080228"),
    V("beyond_the_pole", ",,9000.0001,N", "latitude!"),
    V("beyond_the_date_line", ",,,,18100.0000,E", "longitude!"),
    V("degrees_with_decimals", ",,22.543472,N,14.080228,E", "latitude! longitude!"),
    V("latitude_without_hemisphere", ",,2232.6083,,11404.8137,E", "latitude! longitude=114.080228"),
    V("latitude_with_another_hemisphere", ",,2232.6083,E,11404.8137,E", "latitude! ns! longitude=114.080228"),
    V("longitude_cut_off", ",,2232.6083,N,11404.8137", "latitude=22.543472 longitude!"),
    V("negative_latitude", ",,-2232.6083,N", "latitude!"),
    V("negative_speed", ",,,,,,-1,10", "speed! heading=10.00"),
    V("speed_with_exponent", ",,,,,,1e3,10", "speed! heading=10.00"),
    V("speed_in_hexadecimal", ",,,,,,0x10", "speed!"),
    V("infinite_speed", ",,,,,,inf,nan", "speed! heading!"),
    V("speed_with_a_space", ",,,,,, 10", "speed!"),
    V("two_points", ",,,,,,1.2.3", "speed!"),
    V("point_alone", ",,,,,,.", "speed!"),
    V("more_digits_than_a_number_has", ",,,,,,1234567890123456", "speed!"),
    V("heading_beyond_the_circle", ",,,,,,,360.1,010809", "heading! date=2009-08-01"),
    V("thirty_first_of_april", ",,,,,,,,310409", "date!"),
    V("twenty_ninth_of_february", ",,,,,,,,290223", "date!"),
    V("day_zero", ",,,,,,,,000809", "date!"),
    V("month_zero", ",,,,,,,,010009", "date!"),
    V("month_thirteen", ",,,,,,,,011309", "date!"),
    V("long_year", ",,,,,,,,01082009", "date!"),
    V("date_of_letters", ",,,,,,,,ddmmyy*00|1.0", "date! sum=00:unverified hdop=1.0"),
    V("time_good_and_date_bad", "035644,A,,,,,,,320809", "time=03:56:44.000 valid=A date!"),
    V("checksum_of_letters", BODY "*GG|11.5", READ " sum! hdop=11.5"),
    V("checksum_too_long", BODY "*32\r\n|11.5", READ " sum! hdop=11.5"),
    V("hdop_and_altitude", "|high|low|1F1F", "hdop! altitude! state=1f1f"),
    V("minus_alone", "||-|1F1F", "altitude! state=1f1f"),
    V("two_signs", "||--1|1F1F", "altitude! state=1f1f"),
    V("state_too_long", "|||00001|0000", "state! inputs=0000"),
    V("one_of_the_inputs", "||||0000,x,0002|01CC00002795ED4A", "inputs!0000,!,0002 station=460-0-10133-60746"),
    V("input_too_long", "||||00000", "inputs!!"),
    V("station_too_short", "|||||01CC00002795ED4|1B", "rest=01CC00002795ED4|1B"),
    V("station_too_long", "|||||01CC0000279500ED4A|1B", "rest=01CC0000279500ED4A|1B"),
    V("station_with_a_sign", "|||||01CC-0002795ED4A|1B", "rest=01CC-0002795ED4A|1B"),
    V("signal_and_journey", "||||||100|123456789|x", "rest=100|123456789|x"),
    V("other_text", "no position", "time!"),
    V("stars_alone", "***", "sum!"),
    V("lines_alone", "||||||||||||", "driver=|||"),
    V("format_characters", "%n%s%n,%s,%x", "time! valid! latitude!"),
    V("nul_inside", "035644\0,A\0,2232.6083,N", "time! valid! latitude=22.543472"),
    V("nul_behind", "035644,A|1.0\0\0", "time=03:56:44.000 valid=A hdop!"),
    V("nul_alone", "\0", "time!"),
    V("bytes_beyond_ascii", "\xff\xfe,\xc3\x84,2232.6083,N", "time! valid! latitude=22.543472"),
};

/* A copy without a byte to spare. */
static uint8_t *exactly(const void *text, size_t n)
{
    return n > 0 ? memcpy(g_malloc(n), text, n) : g_malloc(1);
}

static bool tell(GString *told, const vt600_position_t *position, vt600_part_name_t name, const char *word)
{
    const vt600_part_kind_t kind = position->part[name].kind;
    if (kind != VT600_PART_GOOD && kind != VT600_PART_BAD)
        return false;
    g_string_append_printf(told, "%s%s%s", told->len > 0 ? " " : "", word, kind == VT600_PART_GOOD ? "=" : "!");
    return kind == VT600_PART_GOOD;
}

static void tell_number(GString *told, double value, const char *format)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append(told, g_ascii_formatd(digits, sizeof digits, format, value));
}

static void tell_inputs(GString *told, const uint8_t *text, const vt600_position_t *position)
{
    vt600_position_part_t left = position->part[VT600_PART_INPUTS], input;
    uint16_t value;
    const char *before = "";

    while (vt600_position_next_input(text, &left, &input, &value)) {
        g_string_append(told, before);
        if (input.kind == VT600_PART_GOOD)
            g_string_append_printf(told, "%04x", value);
        else
            g_string_append(told, input.kind == VT600_PART_BAD ? "!" : "-");
        before = ",";
    }
}

static void tell_text(GString *told, const uint8_t *text, const vt600_position_t *position, vt600_part_name_t name,
                      const char *word)
{
    if (tell(told, position, name, word))
        g_string_append_len(told, (const char *)text + position->part[name].at, (gssize)position->part[name].length);
}

static void tell_bytes(GString *told, const uint8_t *text, const vt600_position_t *position, vt600_part_name_t name,
                       const char *word)
{
    if (!tell(told, position, name, word))
        return;
    for (size_t i = 0; i < position->part[name].length; i++)
        g_string_append_printf(told, "%02x", text[position->part[name].at + i]);
}

/* All that was read, as one line. */
static char *describe(const uint8_t *text, const vt600_position_t *position)
{
    static const char *const sums[] = {"unverified", "good", "bad"};
    GString *told = g_string_new(NULL);

    if (tell(told, position, VT600_PART_TIME_OF_DAY, "time")) {
        const int64_t seconds = position->has_time ? position->seconds : position->seconds % 86400;
        const bool leap = position->part[VT600_PART_TIME_OF_DAY].length >= 6 &&
                          memcmp(text + position->part[VT600_PART_TIME_OF_DAY].at + 4, "60", 2) == 0;
        GDateTime *time = g_date_time_new_from_unix_utc(seconds - leap);
        g_string_append_printf(told, "%02d:%02d:%02d.%03d", g_date_time_get_hour(time), g_date_time_get_minute(time),
                               g_date_time_get_second(time) + leap, position->nanoseconds / 1000000);
        g_date_time_unref(time);
    }
    if (tell(told, position, VT600_PART_VALIDITY, "valid"))
        g_string_append_c(told, position->valid ? 'A' : 'V');
    if (tell(told, position, VT600_PART_LATITUDE, "latitude"))
        tell_number(told, position->latitude, "%.6f");
    if (position->part[VT600_PART_NORTH_SOUTH].kind == VT600_PART_BAD)
        tell(told, position, VT600_PART_NORTH_SOUTH, "ns");
    if (tell(told, position, VT600_PART_LONGITUDE, "longitude"))
        tell_number(told, position->longitude, "%.6f");
    if (position->part[VT600_PART_EAST_WEST].kind == VT600_PART_BAD)
        tell(told, position, VT600_PART_EAST_WEST, "ew");
    if (tell(told, position, VT600_PART_SPEED, "speed"))
        tell_number(told, position->speed, "%.3f");
    if (tell(told, position, VT600_PART_HEADING, "heading"))
        tell_number(told, position->heading, "%.2f");
    if (tell(told, position, VT600_PART_DATE, "date")) {
        const bool leap = position->has_time && memcmp(text + 4, "60", 2) == 0;
        GDateTime *time = g_date_time_new_from_unix_utc(position->seconds - leap);
        g_string_append_printf(told, "%04d-%02d-%02d", g_date_time_get_year(time), g_date_time_get_month(time),
                               g_date_time_get_day_of_month(time));
        g_date_time_unref(time);
    }
    if (tell(told, position, VT600_PART_CHECKSUM, "sum"))
        g_string_append_printf(told, "%02x:%s", position->checksum, sums[position->sentence]);
    if (tell(told, position, VT600_PART_HDOP, "hdop"))
        tell_number(told, position->hdop, "%.1f");
    if (tell(told, position, VT600_PART_ALTITUDE, "altitude"))
        tell_number(told, position->altitude, "%.1f");
    tell_bytes(told, text, position, VT600_PART_RAW_STATE, "raw");
    tell_bytes(told, text, position, VT600_PART_RAW_SECOND, "second");
    if (tell(told, position, VT600_PART_STATE, "state"))
        g_string_append_printf(told, "%04x", position->state);
    tell(told, position, VT600_PART_INPUTS, "inputs");
    tell_inputs(told, text, position);
    if (tell(told, position, VT600_PART_STATION, "station"))
        g_string_append_printf(told, "%u-%u-%u-%u", position->mcc, position->mnc, position->lac, position->ci);
    if (tell(told, position, VT600_PART_SIGNAL, "signal"))
        g_string_append_printf(told, "%u", position->signal);
    if (tell(told, position, VT600_PART_JOURNEY, "journey"))
        g_string_append_printf(told, "%u", position->journey);
    if (tell(told, position, VT600_PART_SATELLITES, "satellites"))
        g_string_append_printf(told, "%u", position->satellites);
    tell_text(told, text, position, VT600_PART_DRIVER, "driver");
    if (tell(told, position, VT600_PART_ODOMETER, "odometer"))
        tell_number(told, position->odometer, "%.1f");
    tell_text(told, text, position, VT600_PART_CARD, "card");
    tell_text(told, text, position, VT600_PART_REST, "rest");
    return g_string_free(told, FALSE);
}

static void reads_what_is_there(gconstpointer data)
{
    const variant_t *variant = data;
    const size_t n = variant->length;
    uint8_t *text = exactly(variant->text, n);
    const vt600_position_t position = vt600_position_read(text, n);
    char *told = describe(text, &position);

    g_assert_cmpstr(told, ==, variant->expected);
    g_free(told);
    g_free(text);
}

static void every_part_lies_in_the_text(const vt600_position_t *position, size_t n)
{
    for (unsigned name = 0; name < VT600_PARTS; name++) {
        const vt600_position_part_t *part = &position->part[name];
        g_assert_cmpuint(part->at, <=, n);
        g_assert_cmpuint(part->length, <=, n - part->at);
        g_assert_true(part->length > 0 || part->kind == VT600_PART_ABSENT || part->kind == VT600_PART_EMPTY);
    }
}

/* A text that ends anywhere has each part whose end is there, as the whole one has it. A coordinate's end is its
 * letter. */
static void a_text_cut_anywhere_keeps_what_is_before(void)
{
    static const char whole_text[] = BODY "*32" TAIL "|06";
    const size_t whole_length = sizeof whole_text - 1;
    const vt600_position_t whole = vt600_position_read((const uint8_t *)whole_text, whole_length);

    for (size_t n = 0; n <= whole_length; n++) {
        uint8_t *text = exactly(whole_text, n);
        const vt600_position_t position = vt600_position_read(text, n);
        every_part_lies_in_the_text(&position, n);
        for (unsigned name = 0; name < VT600_PARTS; name++) {
            const bool coordinate = name == VT600_PART_LATITUDE || name == VT600_PART_LONGITUDE;
            const vt600_position_part_t *ends_it = &whole.part[coordinate ? name + 1 : name];
            if (whole.part[name].kind == VT600_PART_ABSENT || ends_it->at + ends_it->length >= n)
                continue;
            g_assert_cmpint(position.part[name].kind, ==, whole.part[name].kind);
            g_assert_cmpuint(position.part[name].at, ==, whole.part[name].at);
            g_assert_cmpuint(position.part[name].length, ==, whole.part[name].length);
        }
        g_free(text);
    }
}

/* Each byte of a good text replaced by each other: at most the part in which it stands changes, unless it separates. */
static void damage_stays_in_its_part(void)
{
    static const char good[] = BODY "*32" TAIL;
    const size_t n = sizeof good - 1;
    uint8_t *text = exactly(good, n);

    for (size_t at = 0; at < n; at++) {
        if (strchr(",*|", good[at]) != NULL)
            continue;
        for (unsigned byte = 0; byte < 256; byte++) {
            if (byte != 0 && strchr(",*|", (int)byte) != NULL)
                continue;
            text[at] = (uint8_t)byte;
            const vt600_position_t position = vt600_position_read(text, n);
            unsigned bad = 0;
            for (unsigned name = 0; name < VT600_PARTS; name++)
                bad += position.part[name].kind == VT600_PART_BAD;
            g_assert_cmpuint(
                bad, <=,
                at == strlen("035644.000,A,2232.6083,") || at == strlen("035644.000,A,2232.6083,N,11404.8137,") ? 2
                                                                                                                : 1);
        }
        text[at] = (uint8_t)good[at];
    }
    g_free(text);
}

static void every_day_of_a_century_is_the_calendars(void)
{
    for (unsigned year = 1980; year < 2080; year++) {
        for (unsigned month = 0; month <= 13; month++) {
            for (unsigned day = 0; day <= 32; day++) {
                char text[40];
                g_snprintf(text, sizeof text, "235959,,,,,,,,%02u%02u%02u", day, month, year % 100);
                const vt600_position_t position = vt600_position_read((const uint8_t *)text, strlen(text));
                GDateTime *time = g_date_time_new_utc((gint)year, (gint)month, (gint)day, 23, 59, 59);
                g_assert_cmpint(position.has_time, ==, time != NULL);
                if (time == NULL) {
                    g_assert_cmpint(position.part[VT600_PART_DATE].kind, ==, VT600_PART_BAD);
                    continue;
                }
                g_assert_cmpint(position.seconds, ==, g_date_time_to_unix(time));
                g_date_time_unref(time);
            }
        }
    }
}

/* What the parser computes from digits is what GLib reads from them. */
static void numbers_are_read_exactly(void)
{
    for (unsigned i = 0; i < (g_test_thorough() ? 20000 : 1000); i++) {
        char text[64], number[32];
        const unsigned decimals = (unsigned)g_test_rand_int_range(0, 8);
        g_snprintf(number, sizeof number, "%d.%0*d", g_test_rand_int_range(0, 100000), (int)decimals,
                   g_test_rand_int_range(0, 10));
        g_snprintf(text, sizeof text, "|%s|-%s", number, number);
        const vt600_position_t position = vt600_position_read((const uint8_t *)text, strlen(text));
        g_assert_true(position.hdop == g_ascii_strtod(number, NULL));
        g_assert_true(position.altitude == -g_ascii_strtod(number, NULL));
    }
}

static void no_text_has_no_part(void)
{
    const vt600_position_t position = vt600_position_read(NULL, 0);
    for (unsigned name = 0; name < VT600_PARTS; name++)
        g_assert_cmpint(position.part[name].kind, ==, VT600_PART_ABSENT);
    g_assert_false(position.has_time);
    g_assert_false(vt600_position_begins(NULL, 0));
}

static void the_longest_texts_are_read(void)
{
    static const char fill[] = "0,|*.-A\0";
    const size_t n = 65535;
    uint8_t *text = g_malloc(n);

    for (size_t i = 0; i < sizeof fill - 1; i++) {
        memset(text, fill[i], n);
        const vt600_position_t position = vt600_position_read(text, n);
        every_part_lies_in_the_text(&position, n);
    }
    memcpy(text, "||||", 4);
    for (size_t i = 4; i < n; i++)
        text[i] = i % 2 == 0 ? '7' : ',';
    const vt600_position_t position = vt600_position_read(text, n);
    vt600_position_part_t left = position.part[VT600_PART_INPUTS], input;
    uint16_t value;
    size_t inputs = 0;
    while (vt600_position_next_input(text, &left, &input, &value))
        inputs += input.kind == VT600_PART_GOOD && value == 7;
    g_assert_cmpuint(inputs, ==, (n - 4) / 2 + (n - 4) % 2);
    g_free(text);
}

static void any_bytes_are_read(void)
{
    static const char usual[] = "0123456789.,|*-AVNSEWF";

    for (unsigned i = 0; i < (g_test_thorough() ? 100000 : 2000); i++) {
        const size_t n = (size_t)g_test_rand_int_range(0, 120);
        uint8_t *text = exactly(NULL, 0);
        text = g_realloc(text, n + (n == 0));
        for (size_t at = 0; at < n; at++)
            text[at] = g_test_rand_int_range(0, 20) == 0 ? (uint8_t)g_test_rand_int_range(0, 256)
                                                         : (uint8_t)usual[g_test_rand_int_range(0, sizeof usual - 1)];
        const vt600_position_t position = vt600_position_read(text, n);
        every_part_lies_in_the_text(&position, n);
        char *told = describe(text, &position);
        g_free(told);
        vt600_position_begins(text, n);
        g_free(text);
    }
}

static void a_position_begins_with_time_and_validity(void)
{
    static const struct {
        const char *text;
        bool begins;
    } texts[] = {
        {"035644.000,A,2232.6083", true},
        {"035644,V,", true},
        {"$GPRMC,035644,A,", true},
        {"035644,A", false},
        {"035644,AV,", false},
        {"35644,A,", false},
        {",A,", false},
        {"1035644,A,", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        const size_t n = strlen(texts[i].text);
        uint8_t *text = exactly(texts[i].text, n);
        g_assert_cmpint(vt600_position_begins(text, n), ==, texts[i].begins);
        g_free(text);
    }
}

static void every_part_has_a_name(void)
{
    for (unsigned name = 0; name < VT600_PARTS; name++)
        g_assert_cmpstr(vt600_position_part_name(name), !=, NULL);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(variants); i++) {
        char *path = g_strdup_printf("/position/%s", variants[i].name);
        g_test_add_data_func(path, &variants[i], reads_what_is_there);
        g_free(path);
    }
#define TEST(name) g_test_add_func("/position/" #name, name)
    TEST(a_text_cut_anywhere_keeps_what_is_before);
    TEST(damage_stays_in_its_part);
    TEST(every_day_of_a_century_is_the_calendars);
    TEST(numbers_are_read_exactly);
    TEST(no_text_has_no_part);
    TEST(the_longest_texts_are_read);
    TEST(any_bytes_are_read);
    TEST(a_position_begins_with_time_and_validity);
    TEST(every_part_has_a_name);
    return g_test_run();
}
