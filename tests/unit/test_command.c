/* test_command.c
 *
 * The table of commands against a list of its own: codes, names, who asks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>
#include <string.h>

#include "core/command.h"

#define ADD(noun, name) g_test_add_func("/" #noun "/" #name, name)

/* '>' the server asks and the tracker answers with the same code; '<' the tracker tells it, and nobody answers; '='
 * part of a pair of different codes, tested apart. */
static const struct {
    uint16_t code;
    char from;
    const char *name;
} known[] = {
    {0x0001, '<', "Heartbeat"},
    {0x0002, '=', "Get server"},
    {0x0800, '=', "Photo upload request"},
    {0x0f80, '=', "Photo upload complete"},
    {0x4000, '=', "Login confirmation"},
    {0x4101, '=', "Track on demand"},
    {0x4102, '=', "Track by interval"},
    {0x4103, '>', "Set authorized phone"},
    {0x4105, '>', "Speeding alarm"},
    {0x4106, '>', "Movement alarm"},
    {0x4108, '>', "Extended settings"},
    {0x4110, '>', "Initialization"},
    {0x4113, '>', "Sleep mode"},
    {0x4114, '>', "Output control (below 10 km/h)"},
    {0x4115, '>', "Output control (immediate)"},
    {0x4116, '>', "Triggered alarms"},
    {0x4126, '>', "Power down"},
    {0x4130, '>', "Listen-in"},
    {0x4131, '>', "Log by interval"},
    {0x4132, '>', "Time zone"},
    {0x4135, '>', "Tremble sensor sensitivity"},
    {0x4136, '>', "Heading change report"},
    {0x4150, '>', "GPS antenna cut alarm"},
    {0x4151, '>', "Take photo"},
    {0x4155, '>', "Set GPRS parameters"},
    {0x4302, '>', "Geo-fence alarm"},
    {0x4303, '>', "Track by distance"},
    {0x4351, '>', "Delete mileage"},
    {0x4902, '>', "Reboot GPS"},
    {0x5000, '=', "Login"},
    {0x5100, '=', "Set interval result"},
    {0x5114, '>', "Output control (below 20 km/h)"},
    {0x5199, '>', "Heartbeat interval"},
    {0x5503, '>', "Clear message queue"},
    {0x6688, '=', "Retransmission"},
    {0x8801, '=', "Photo upload response"},
    {0x9001, '>', "Get S/N and IMEI"},
    {0x9002, '>', "Read interval"},
    {0x9003, '>', "Read authorized phone"},
    {0x9016, '>', "Read logged data"},
    {0x9500, '>', "Get tracker info"},
    {0x9501, '>', "OTA authorization"},
    {0x9502, '>', "OTA data"},
    {0x9503, '>', "OTA data check"},
    {0x9504, '>', "Start upgrade"},
    {0x9505, '>', "Cancel OTA"},
    {0x9901, '<', "OBD real time"},
    {0x9902, '<', "OBD accumulated"},
    {0x9903, '<', "Trouble codes"},
    {0x9955, '=', "Position report"},
    {0x9966, '<', "RFID"},
    {0x9977, '<', "Position with image"},
    {0x9988, '<', "Photo data"},
    {0x9999, '<', "Alarm"},
};

static const vt600_command_t *command(uint16_t code)
{
    const vt600_command_t *found = vt600_command_find(code);
    g_assert_nonnull(found);
    g_assert_cmphex(found->code, ==, code);
    return found;
}

static void every_known_code_has_its_name(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        g_assert_cmpstr(command(known[i].code)->name, ==, known[i].name);
}

static void no_other_code_is_known(void)
{
    size_t found = 0;
    for (unsigned code = 0; code <= 0xffff; code++)
        found += vt600_command_find((uint16_t)code) != NULL;
    g_assert_cmpuint(found, ==, G_N_ELEMENTS(known));
}

static void table_lists_all_in_order_of_code(void)
{
    size_t count;
    const vt600_command_t *table = vt600_command_table(&count);
    g_assert_cmpuint(count, ==, G_N_ELEMENTS(known));
    for (size_t i = 0; i < count; i++)
        g_assert_cmphex(table[i].code, ==, known[i].code);
}

static void only_the_six_ota_commands_are_ota(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        g_assert_cmpint(command(known[i].code)->ota, ==, known[i].code >= 0x9500 && known[i].code <= 0x9505);
}

static void server_asks_and_tracker_answers_with_the_same_code(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (known[i].from != '>')
            continue;
        const vt600_command_t *row = command(known[i].code);
        g_assert_true(vt600_command_is_request(row, VT600_SERVER));
        g_assert_false(vt600_command_is_request(row, VT600_TRACKER));
        g_assert_cmphex(vt600_command_answers(row, VT600_TRACKER), ==, row->code);
        g_assert_cmphex(vt600_command_answers(row, VT600_SERVER), ==, 0);
    }
}

static void what_a_tracker_tells_is_neither_asked_nor_answered(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (known[i].from != '<')
            continue;
        const vt600_command_t *row = command(known[i].code);
        for (int side = VT600_SERVER; side <= VT600_TRACKER; side++) {
            g_assert_false(vt600_command_is_request(row, side));
            g_assert_cmphex(vt600_command_answers(row, side), ==, 0);
        }
    }
}

static void is_pair(uint16_t request, vt600_side_t asks, uint16_t answer)
{
    const vt600_side_t answers = asks == VT600_SERVER ? VT600_TRACKER : VT600_SERVER;
    g_assert_true(vt600_command_is_request(command(request), asks));
    g_assert_false(vt600_command_is_request(command(request), answers));
    g_assert_cmphex(vt600_command_answers(command(answer), answers), ==, request);
    g_assert_cmphex(vt600_command_answers(command(answer), asks), ==, 0);
    g_assert_false(vt600_command_is_request(command(answer), asks));
    g_assert_false(vt600_command_is_request(command(answer), answers));
    g_assert_cmphex(vt600_command_answers(command(request), answers), ==, 0);
}

static void login_is_answered_by_its_confirmation(void)
{
    is_pair(0x5000, VT600_TRACKER, 0x4000);
}

static void track_on_demand_is_answered_by_a_position(void)
{
    is_pair(0x4101, VT600_SERVER, 0x9955);
    g_assert_true(command(0x9955)->pushed);
}

static void track_by_interval_is_answered_by_its_result(void)
{
    is_pair(0x4102, VT600_SERVER, 0x5100);
}

static void the_question_for_the_server_is_answered_with_the_same_code(void)
{
    const vt600_command_t *row = command(0x0002);
    g_assert_true(vt600_command_is_request(row, VT600_TRACKER));
    g_assert_false(vt600_command_is_request(row, VT600_SERVER));
    g_assert_cmphex(vt600_command_answers(row, VT600_SERVER), ==, 0x0002);
    g_assert_cmphex(vt600_command_answers(row, VT600_TRACKER), ==, 0);
}

static void the_end_of_a_photo_is_confirmed_by_the_servers_retransmission(void)
{
    is_pair(0x0f80, VT600_TRACKER, 0x6688);
    g_assert_true(command(0x6688)->pushed);
}

static void position_comes_unasked_as_well_and_no_ota_command_does(void)
{
    g_assert_true(command(0x9955)->pushed);
    for (uint16_t code = 0x9500; code <= 0x9505; code++)
        g_assert_false(command(code)->pushed);
}

/* How much data an OTA command asks for, -1: any */
static void asks_for(uint16_t code, vt600_side_t from, int expected)
{
    const uint8_t data[8] = {0};
    size_t length = 4711;
    const bool told = vt600_command_data_length(command(code), from, data, 4, &length);
    g_assert_cmpint(told, ==, expected >= 0);
    if (told)
        g_assert_cmpuint(length, ==, (size_t)expected);
}

static void ota_commands_ask_for_the_data_that_the_document_gives(void)
{
    asks_for(0x9500, VT600_SERVER, 0);
    asks_for(0x9500, VT600_TRACKER, -1);
    asks_for(0x9501, VT600_SERVER, 0);
    asks_for(0x9501, VT600_TRACKER, 1);
    asks_for(0x9502, VT600_TRACKER, 5);
    asks_for(0x9503, VT600_SERVER, 2);
    asks_for(0x9503, VT600_TRACKER, 2);
    asks_for(0x9504, VT600_SERVER, 0);
    asks_for(0x9504, VT600_TRACKER, 1);
    asks_for(0x9505, VT600_SERVER, 0);
    asks_for(0x9505, VT600_TRACKER, 1);
    g_assert_cmpuint(command(0x9500)->data[VT600_TRACKER].least, ==, 4);
    g_assert_cmpuint(command(0x9502)->data[VT600_SERVER].least, ==, 6);
}

static void block_asks_for_what_its_own_length_says(void)
{
    static const uint8_t data[] = {0, 0, 0, 0x80, 0xff, 0xfe};
    for (size_t present = 0; present <= sizeof data; present++) {
        g_autofree uint8_t *exact = g_memdup2(data, present);
        size_t length = 0;
        const bool told = vt600_command_data_length(command(0x9502), VT600_SERVER, exact, present, &length);
        g_assert_cmpint(told, ==, present == 6);
        g_assert_cmpuint(length, ==, told ? 6 + 0xfffe : 0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(command, every_known_code_has_its_name);
    ADD(command, no_other_code_is_known);
    ADD(command, table_lists_all_in_order_of_code);
    ADD(command, only_the_six_ota_commands_are_ota);
    ADD(command, server_asks_and_tracker_answers_with_the_same_code);
    ADD(command, what_a_tracker_tells_is_neither_asked_nor_answered);
    ADD(command, login_is_answered_by_its_confirmation);
    ADD(command, track_on_demand_is_answered_by_a_position);
    ADD(command, track_by_interval_is_answered_by_its_result);
    ADD(command, the_question_for_the_server_is_answered_with_the_same_code);
    ADD(command, the_end_of_a_photo_is_confirmed_by_the_servers_retransmission);
    ADD(command, position_comes_unasked_as_well_and_no_ota_command_does);
    ADD(command, ota_commands_ask_for_the_data_that_the_document_gives);
    ADD(command, block_asks_for_what_its_own_length_says);
    return g_test_run();
}
