/* test_layout.c
 *
 * The data of the base protocol's commands, in frames that are whole: what a
 * command needs, what is understood, where its parts are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>
#include <string.h>

#include "core/command.h"
#include "core/layout.h"
#include "core/text.h"

#define SERVER  VT600_SERVER
#define TRACKER VT600_TRACKER

typedef struct {
    uint8_t *bytes; /* exactly the frame's */
    vt600_frame_t frame;
    vt600_content_t base;
} said_t;

static said_t say(vt600_side_t side, uint16_t code, const void *data, size_t n)
{
    static const uint8_t device[] = {0x10, 0x11, 0x30, 0x92, 0x36, 0x33, 0xff};
    const size_t length = VT600_LEN_LEAST + n;
    said_t said = {.bytes = g_malloc(length)};
    uint8_t *bytes = said.bytes;

    memset(bytes, side == SERVER ? '@' : '$', VT600_LEN_HEADER);
    bytes[VT600_AT_LENGTH] = (uint8_t)(length >> 8);
    bytes[VT600_AT_LENGTH + 1] = (uint8_t)length;
    memcpy(bytes + VT600_AT_DEVICE, device, sizeof device);
    bytes[VT600_AT_COMMAND] = (uint8_t)(code >> 8);
    bytes[VT600_AT_COMMAND + 1] = (uint8_t)code;
    if (n > 0)
        memcpy(bytes + VT600_AT_DATA, data, n);
    const uint16_t checksum = vt600_frame_checksum(bytes, length - VT600_LEN_TAIL);
    bytes[length - 4] = (uint8_t)(checksum >> 8);
    bytes[length - 3] = (uint8_t)checksum;
    bytes[length - 2] = '\r';
    bytes[length - 1] = '\n';

    size_t credit = vt600_frame_credit(length);
    said.frame = vt600_frame_scan(bytes, length, true, &credit);
    g_assert_cmpint(said.frame.found, ==, VT600_FOUND_FRAME);
    g_assert_cmpuint(said.frame.data_length, ==, n);
    said.base = vt600_content_read(&said.frame, bytes, "101130923633");
    return said;
}

static void forget(said_t *said)
{
    g_free(said->bytes);
}

/* What each command needs from each side, as the protocol's lists have it; ANY where nothing is taken apart. */
enum { ANY = -1 };

static const struct {
    uint16_t code;
    int server;
    int tracker;
    bool exact_server; /* more than that is too much */
    bool exact_tracker;
} lists[] = {
    {0x0001, 1, ANY, true, false},  {0x0002, 1, ANY, false, false}, {0x0800, ANY, 1, false, false},
    {0x0f80, ANY, 1, false, false}, {0x4000, 1, ANY, true, false},  {0x4101, 0, ANY, true, false},
    {0x4102, 2, ANY, true, false},  {0x4103, 33, 1, true, true},    {0x4105, 1, 1, true, true},
    {0x4106, 1, 1, false, true},    {0x4108, 10, 1, true, true},    {0x4110, 0, 1, true, true},
    {0x4113, 1, 1, true, true},     {0x4114, 1, 1, false, true},    {0x4115, 1, 1, false, true},
    {0x4116, 1, 1, false, true},    {0x4126, 1, 1, false, true},    {0x4130, 1, 1, false, true},
    {0x4131, 1, 1, false, true},    {0x4132, 1, 1, false, true},    {0x4135, 1, 1, false, true},
    {0x4136, 1, 1, false, true},    {0x4150, 1, 1, true, true},     {0x4151, ANY, ANY, false, false},
    {0x4155, 1, 1, false, true},    {0x4302, 1, 1, false, true},    {0x4303, 1, 1, false, true},
    {0x4351, 0, 1, true, true},     {0x4902, 0, 1, true, true},     {0x5000, ANY, 0, false, true},
    {0x5100, ANY, 3, false, true},  {0x5114, 1, 1, false, true},    {0x5199, 1, 1, false, true},
    {0x5503, 0, 1, true, true},     {0x6688, 3, 1, true, true},     {0x8801, 1, ANY, false, false},
    {0x9001, 0, 1, true, false},    {0x9002, 0, 2, true, true},     {0x9003, 1, 32, true, false},
    {0x9016, 4, 6, true, false},    {0x9901, 1, 1, false, false},   {0x9902, 1, 1, false, false},
    {0x9903, 0, 0, false, false},   {0x9955, ANY, 1, false, false}, {0x9966, ANY, 60, false, false},
    {0x9977, ANY, 1, false, false}, {0x9988, ANY, 5, false, false}, {0x9999, ANY, 1, false, false},
};

static void check_need(uint16_t code, vt600_side_t side, int need, bool exact)
{
    static const uint8_t zeros[80];

    for (size_t n = 0; n <= 64; n++) {
        said_t said = say(side, code, zeros, n);
        const vt600_content_t *base = &said.base;
        if (need == ANY) {
            g_assert_null(base->layout);
            g_assert_cmpuint(base->understood, ==, 0);
        } else {
            g_assert_nonnull(base->layout);
            g_assert_cmpuint(base->needed, ==, (size_t)need);
            g_assert_cmpint(base->complete, ==, n >= (size_t)need);
            if (base->complete) {
                g_assert_cmpuint(base->understood, <=, n);
                g_assert_cmpint(base->open || base->understood == n, ==, !exact || n == (size_t)need);
            }
        }
        forget(&said);
    }
}

static void every_command_needs_what_the_lists_say(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        check_need(lists[i].code, SERVER, lists[i].server, lists[i].exact_server);
        check_need(lists[i].code, TRACKER, lists[i].tracker, lists[i].exact_tracker);
    }
}

static void every_base_command_is_in_the_lists(void)
{
    size_t count, base = 0;
    const vt600_command_t *commands = vt600_command_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (commands[i].ota)
            continue;
        g_assert_cmpuint(base, <, G_N_ELEMENTS(lists));
        g_assert_cmphex(commands[i].code, ==, lists[base].code);
        base++;
    }
    g_assert_cmpuint(base, ==, G_N_ELEMENTS(lists));
}

static void ota_commands_are_not_read_here(void)
{
    said_t said = say(TRACKER, VT600_CMD_OTA_AUTHORIZE, "\1", 1);
    g_assert_null(said.base.layout);
    forget(&said);
}

/* Each report as "alarm:text", or ":text" without an alarm, joined by spaces. */
static void assert_reports(const said_t *said, const char *expected)
{
    GString *told = g_string_new(NULL);
    vt600_walk_t walk = {0};
    vt600_placed_t placed;
    bool has_alarm = false;

    while (vt600_content_next(&said->base, &walk, &placed)) {
        const bool is_alarm = placed.part->field == VT600_FIELD_ALARM;
        const bool is_position = placed.part->field == VT600_FIELD_POSITION;
        g_assert_cmpuint(placed.at + placed.length, <=, said->base.present);
        if (told->len > 0 && (is_alarm || (is_position && !has_alarm)))
            g_string_append_c(told, ' ');
        if (is_alarm)
            g_string_append_printf(told, "%02x:", vt600_placed_number(&said->base, &placed));
        if (is_position && !has_alarm)
            g_string_append_c(told, ':');
        if (is_position)
            g_string_append_len(told, (const char *)said->base.data + placed.at, (gssize)placed.length);
        has_alarm = is_alarm;
    }
    g_assert_cmpstr(told->str, ==, expected);
    g_string_free(told, TRUE);
}

/* Every part as "field at+length", joined by spaces. */
static void assert_walk(vt600_side_t side, uint16_t code, const void *data, size_t n, const char *expected)
{
    said_t said = say(side, code, data, n);
    GString *told = g_string_new(NULL);
    vt600_walk_t walk = {0};
    vt600_placed_t placed;

    while (vt600_content_next(&said.base, &walk, &placed))
        g_string_append_printf(told, "%s%d %zu+%zu", told->len > 0 ? ", " : "", placed.part->field, placed.at,
                               placed.length);
    g_assert_cmpstr(told->str, ==, expected);
    g_string_free(told, TRUE);
    forget(&said);
}

static void parts_follow_each_other(void)
{
    char expected[200];
    assert_walk(SERVER, 0x4101, "", 0, "");
    assert_walk(TRACKER, 0x5100, "\1\0", 2, ""); /* too short: no parts */
    g_snprintf(expected, sizeof expected, "%d 0+1, %d 1+2", VT600_FIELD_FLAG, VT600_FIELD_INTERVAL);
    assert_walk(TRACKER, 0x5100, "\1\0\3", 3, expected);
    assert_walk(TRACKER, 0x5100, "\1\0\3\4", 4, expected);
    g_snprintf(expected, sizeof expected, "%d 0+1, %d 1+1, %d 2+1", VT600_FIELD_OUTPUT, VT600_FIELD_OUTPUT,
               VT600_FIELD_OUTPUT);
    assert_walk(SERVER, 0x4115, "\0\1\2", 3, expected);
    g_snprintf(expected, sizeof expected, "%d 0+1, %d 1+2, %d 3+1, %d 4+1", VT600_FIELD_PHOTO_IMAGE,
               VT600_FIELD_PHOTO_FOOTAGE, VT600_FIELD_PHOTO_PACKETS, VT600_FIELD_PHOTO_PACKET);
    assert_walk(TRACKER, 0x9988, "\1\2\3\4\5", 5, expected); /* an empty rest is no part */
    g_snprintf(expected, sizeof expected, "%d 0+9, %d 0+1, %d 2+7", VT600_FIELD_NONE, VT600_FIELD_SERIAL_NUMBER,
               VT600_FIELD_FIRMWARE_VERSION);
    assert_walk(TRACKER, 0x9001, "S,V1.3800", 9, expected);
}

static void numbers_are_big_endian(void)
{
    said_t said = say(TRACKER, 0x9016, "\1\2\3\4\5\6", 6);
    vt600_walk_t walk = {0};
    vt600_placed_t placed;
    uint32_t numbers[3];
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_assert_true(vt600_content_next(&said.base, &walk, &placed));
        numbers[i] = vt600_placed_number(&said.base, &placed);
    }
    g_assert_false(vt600_content_next(&said.base, &walk, &placed));
    g_assert_cmphex(numbers[0], ==, 1);
    g_assert_cmphex(numbers[1], ==, 2);
    g_assert_cmphex(numbers[2], ==, 0x03040506);
    forget(&said);
}

/* As many values as the tables say, and each layout ends where it should. */
static void every_layout_is_well_formed(void)
{
    size_t count;
    const vt600_command_t *commands = vt600_command_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (int side = SERVER; side <= TRACKER; side++) {
            const vt600_layout_t *layout = commands[i].data[side].layout;
            g_assert_cmpint(layout != NULL, ==, commands[i].data[side].shape == VT600_DATA_LAYOUT);
            if (layout == NULL)
                continue;
            g_assert_cmpuint(layout->count, <=, VT600_PARTS_OF_A_LAYOUT);
            for (unsigned k = 0; k < layout->count; k++) {
                const vt600_part_t *part = &layout->parts[k];
                const bool to_the_end = part->kind == VT600_KIND_TEXT || part->kind == VT600_KIND_POSITION ||
                                        part->kind == VT600_KIND_BYTES ||
                                        (part->kind == VT600_KIND_NUMBERS && part->count == 0);
                g_assert_true(!to_the_end || k + 1 == layout->count);
                g_assert_true(part->kind != VT600_KIND_NUMBER || (part->length > 0 && part->length <= 4));
                if (part->say == VT600_SAY_MEANING || part->say == VT600_SAY_NUMBER || part->say == VT600_SAY_UNIT)
                    g_assert_cmpstr(part->words, !=, "");
                g_assert_true(part->say != VT600_SAY_MEASURE || part->scale > 0);
                for (unsigned v = 0; part->values != NULL && v < part->values->count; v++)
                    g_assert_cmpint(part->values->values[v].field, !=, VT600_FIELD_NONE);
            }
        }
    }
}

/* Fifteen cards. */
#define CARDS_LEN 60

static void positions_are_where_each_command_has_them(void)
{
    uint8_t cards[CARDS_LEN + 3] = {0};
    memcpy(cards + CARDS_LEN, "abc", 3);
    const struct {
        uint16_t code;
        const void *data;
        size_t length;
        const char *reports;
    } frames[] = {
        {0x9955, "abc", 3, ":abc"},
        {0x9999,
         "\x50"
         "abc",
         4, "50:abc"},
        {0x9999, "\x50", 1, "50:"},
        {0x9999, "", 0, ""},
        {0x9016, "\1\2\0\0\0\1abc", 9, ":abc"},
        {0x9016, "\1\2\0\0\0\0", 6, ""},
        {0x9966, cards, sizeof cards, ":abc"},
        {0x9966, cards, CARDS_LEN, ""},
        {0x9977, "035644,A,2232.6083", 18, ":035644,A,2232.6083"},
        {0x9977,
         "\1\0"
         "035644,A,2232.6083",
         20, ":035644,A,2232.6083"},
        {0x9977, "\1\2\3", 3, ""},
        {0x4132, "480", 3, ""},
        {0x6688,
         "\1\x11"
         "abc",
         5, "11:abc"},
        {0x6688,
         "\1\x11"
         "abc\\",
         6, "11:abc"},
        {0x6688,
         "\2\x11"
         "abc\\\x01"
         "def",
         10, "11:abc 01:def"},
        {0x6688, "\2\\abc\\\\def", 10, "5c:abc 5c:def"}, /* an alarm code like the separator */
        {0x6688,
         "\1\x11"
         "abc\\\x01"
         "def",
         10, "11:abc"},
        {0x6688,
         "\3\x11"
         "abc\\\x01",
         7, "11:abc 01:"},
        {0x6688, "\0", 1, ""},
        {0x6688,
         "\0\x11"
         "abc",
         5, ""},
        {0x6688, "\xff\x11", 2, "11:"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(frames); i++) {
        said_t said = say(TRACKER, frames[i].code, frames[i].data, frames[i].length);
        assert_reports(&said, frames[i].reports);
        forget(&said);
    }
}

static void a_retransmission_needs_as_many_positions_as_it_counts(void)
{
    static const struct {
        const char *data;
        size_t length;
        size_t needed;
        size_t understood;
    } frames[] = {
        {"\1\x11"
         "abc",
         5, 1, 5},
        {"\1\x11"
         "abc\\",
         6, 1, 6},
        {"\2\x11"
         "abc",
         5, 7, 5},
        {"\2\x11"
         "abc\\",
         6, 7, 6},
        {"\2", 1, 4, 1},
        {"\0", 1, 1, 1},
        {"\1\x11"
         "abc\\\x01",
         7, 1, 5},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(frames); i++) {
        said_t said = say(TRACKER, 0x6688, frames[i].data, frames[i].length);
        g_assert_cmpuint(said.base.needed, ==, frames[i].needed);
        g_assert_cmpuint(said.base.understood, ==, frames[i].understood);
        forget(&said);
    }
}

static void a_movement_alarm_has_a_code_or_a_text(void)
{
    static const struct {
        const char *data;
        size_t length;
        size_t understood;
        bool is_text;
    } frames[] = {
        {"\0", 1, 1, false}, {"\10", 1, 1, false}, {"\11", 1, 0, false},
        {"3", 1, 1, true},   {"300", 3, 3, true},  {"\1\x2c", 2, 0, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(frames); i++) {
        said_t said = say(SERVER, 0x4106, frames[i].data, frames[i].length);
        g_assert_cmpuint(said.base.understood, ==, frames[i].understood);
        vt600_walk_t walk = {0};
        vt600_placed_t placed;
        g_assert_cmpint(vt600_content_next(&said.base, &walk, &placed), ==, frames[i].understood > 0);
        if (frames[i].understood > 0)
            g_assert_cmpint(placed.part->field, ==, frames[i].is_text ? VT600_FIELD_SETTING : VT600_FIELD_RADIUS);
        forget(&said);
    }
}

static void assert_parts(const char *text, const char *expected)
{
    const size_t n = strlen(text);
    GString *told = g_string_new(NULL);
    size_t next = 0, at, length;

    while (vt600_text_next_part((const uint8_t *)text, n, &next, &at, &length))
        g_string_append_printf(told, "[%.*s]", (int)length, text + at);
    g_assert_cmpstr(told->str, ==, expected);
    g_string_free(told, TRUE);
}

static void texts_are_cut_at_commas(void)
{
    assert_parts("", "");
    assert_parts("a", "[a]");
    assert_parts(",", "[][]");
    assert_parts("1,10.0.0.1,8500,cmnet,,", "[1][10.0.0.1][8500][cmnet][][]");
}

static void only_what_can_be_printed_is_text(void)
{
    g_assert_true(vt600_text_is_printable((const uint8_t *)"-210", 4));
    g_assert_false(vt600_text_is_printable((const uint8_t *)"", 0));
    g_assert_false(vt600_text_is_printable((const uint8_t *)"2\0", 2));
    g_assert_false(vt600_text_is_printable((const uint8_t *)"\xc3\x84", 2));
    g_assert_false(vt600_text_is_printable((const uint8_t *)"\x1b[m", 3));
}

static void any_data_of_any_command_are_read(void)
{
    size_t count;
    const vt600_command_t *commands = vt600_command_table(&count);

    for (unsigned i = 0; i < (g_test_thorough() ? 50000 : 2000); i++) {
        uint8_t data[200];
        const size_t n = (size_t)g_test_rand_int_range(0, sizeof data);
        for (size_t k = 0; k < n; k++)
            data[k] = g_test_rand_int_range(0, 3) == 0 ? (uint8_t)g_test_rand_int_range(0, 256) : '\\';
        const vt600_command_t *command = &commands[g_test_rand_int_range(0, (gint32)count)];
        said_t said = say(g_test_rand_bit() ? SERVER : TRACKER, command->code, data, n);
        vt600_walk_t walk = {0};
        vt600_placed_t placed;
        size_t parts = 0;
        while (vt600_content_next(&said.base, &walk, &placed)) {
            g_assert_cmpuint(placed.length, >, 0);
            g_assert_cmpuint(placed.at + placed.length, <=, n);
            parts++;
        }
        g_assert_cmpuint(parts, <=, 1 + 2 * 255);
        g_assert_cmpuint(said.base.understood, <=, n);
        forget(&said);
    }
}

static void the_longest_retransmission_is_read(void)
{
    const size_t n = VT600_LEN_LARGEST - VT600_LEN_LEAST;
    uint8_t *data = g_malloc(n);
    memset(data, '\\', n);
    data[0] = 0xff;
    said_t said = say(TRACKER, 0x6688, data, n);
    vt600_walk_t walk = {0};
    vt600_placed_t placed;
    size_t reports = 0;
    while (vt600_content_next(&said.base, &walk, &placed))
        reports += placed.part->field == VT600_FIELD_ALARM;
    g_assert_cmpuint(reports, ==, 255);
    forget(&said);
    g_free(data);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/layout/" #name, name)
    TEST(every_command_needs_what_the_lists_say);
    TEST(every_base_command_is_in_the_lists);
    TEST(ota_commands_are_not_read_here);
    TEST(parts_follow_each_other);
    TEST(numbers_are_big_endian);
    TEST(every_layout_is_well_formed);
    TEST(positions_are_where_each_command_has_them);
    TEST(a_retransmission_needs_as_many_positions_as_it_counts);
    TEST(a_movement_alarm_has_a_code_or_a_text);
    TEST(texts_are_cut_at_commas);
    TEST(only_what_can_be_printed_is_text);
    TEST(any_data_of_any_command_are_read);
    TEST(the_longest_retransmission_is_read);
    return g_test_run();
}
