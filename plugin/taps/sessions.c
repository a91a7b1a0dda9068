/* sessions.c
 *
 * The table of sessions (-z vt600,sessions): a row each, by the order in
 * which their first frames come. It shows what a session is now, each time one
 * of its frames comes.
 *
 * Wireshark has one such table for all who ask at the same time, whatever
 * their filters; so there is one here, and it has the sessions of them all.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "taps.h"

#include <inttypes.h>
#include <stdio.h>

#include <epan/packet.h>
#include <epan/stat_tap_ui.h>

#include "dissect/event.h"
#include "dissect/meaning.h"
#include "dissect/packet-vt600.h"
#include "roll.h"

#define TITLE       "VT600 OTA Sessions"
#define UNKNOWN     "-"
#define PERCENT     100.0
#define NANOSECONDS 1e9

/* The columns, in order. What may be unknown is text, padded so that it sorts like numbers. Fractions are numbers, for
 * those who ask sharkd, although Wireshark's window shows them with six decimals whatever the format is. */
enum {
    COLUMN_SESSION,
    COLUMN_DEVICE,
    COLUMN_STREAMS,
    COLUMN_FIRMWARE,
    COLUMN_STATE,
    COLUMN_ACKED,
    COLUMN_TOTAL,
    COLUMN_PROGRESS,
    COLUMN_BLOCKS,
    COLUMN_RETRIES,
    COLUMN_NAKS,
    COLUMN_SECONDS,
    COLUMN_RATE,
    COLUMNS,
};

static stat_tap_table_item columns[COLUMNS] = {
    [COLUMN_SESSION] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Session", "%7u"},
    [COLUMN_DEVICE] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Device        ", "%-14s"},
    [COLUMN_STREAMS] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Streams ", "%-8s"},
    [COLUMN_FIRMWARE] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Firmware", "%-8s"},
    [COLUMN_STATE] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "State       ", "%-12s"},
    [COLUMN_ACKED] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Bytes acked", "%11u"},
    [COLUMN_TOTAL] = {TABLE_ITEM_STRING, TAP_ALIGN_RIGHT, "Bytes total", "%11s"},
    [COLUMN_PROGRESS] = {TABLE_ITEM_STRING, TAP_ALIGN_RIGHT, "Progress", "%8s"},
    [COLUMN_BLOCKS] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Blocks", "%6u"},
    [COLUMN_RETRIES] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Retries", "%7u"},
    [COLUMN_NAKS] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, " NAKs", "%5u"},
    [COLUMN_SECONDS] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "   Seconds", "%10.3f"},
    [COLUMN_RATE] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Bytes/s", "%7.1f"},
};

/* The roll of the table: place is the row, plus one. NULL where the capture has no frame yet; gone with the file. */
static vt600_roll_t *roll;

/* Rows that are in no table now. */
static GPtrArray *spare_rows;

static void set_number(stat_tap_table *table, unsigned row, unsigned column, unsigned value)
{
    stat_tap_table_item_type *item = stat_tap_get_field_data(table, row, column);
    item->type = TABLE_ITEM_UINT;
    item->value.uint_value = value;
}

static void set_fraction(stat_tap_table *table, unsigned row, unsigned column, double value)
{
    stat_tap_table_item_type *item = stat_tap_get_field_data(table, row, column);
    item->type = TABLE_ITEM_FLOAT;
    item->value.float_value = value;
}

/* The text is copied, where it is another one than before. */
static void set_text(stat_tap_table *table, unsigned row, unsigned column, const char *value)
{
    stat_tap_table_item_type *item = stat_tap_get_field_data(table, row, column);
    if (item->type == TABLE_ITEM_STRING && strcmp(item->value.string_value, value) == 0)
        return;
    if (item->type == TABLE_ITEM_STRING)
        g_free((char *)item->value.string_value);
    item->type = TABLE_ITEM_STRING;
    item->value.string_value = g_strdup(value);
}

/* Streams only ever come to those that are there. */
static void set_streams(stat_tap_table *table, unsigned row, const vt600_session_t *session)
{
    stat_tap_table_item_type *item = stat_tap_get_field_data(table, row, COLUMN_STREAMS);
    const unsigned count = wmem_array_get_count(session->streams);
    const uint32_t *streams = wmem_array_get_raw(session->streams);

    if (item->user_data.uint_value == count)
        return;
    item->user_data.uint_value = count;
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < count; i++)
        g_string_append_printf(text, "%s%" PRIu32, i == 0 ? "" : ",", streams[i]);
    set_text(table, row, COLUMN_STREAMS, text->str);
    g_string_free(text, TRUE);
}

static void set_progress(stat_tap_table *table, unsigned row, const vt600_session_t *session, uint64_t acked)
{
    const uint32_t total = vt600_session_total(session, vt600_preferences.image_size);
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    if (total == 0) {
        set_text(table, row, COLUMN_TOTAL, UNKNOWN);
        set_text(table, row, COLUMN_PROGRESS, UNKNOWN);
        return;
    }
    snprintf(text, sizeof text, "%11" PRIu32, total);
    set_text(table, row, COLUMN_TOTAL, text);
    snprintf(text, sizeof text, "%7.1f%%", PERCENT * (double)acked / total);
    set_text(table, row, COLUMN_PROGRESS, text);
}

/* Acknowledged bytes over the time in which data was sent: what an upgrade takes after that is not the network's. */
static double rate_of(const vt600_session_t *session, uint64_t acked)
{
    const int64_t duration = session->last_data - session->first_block;
    return session->has_block && session->is_timed && duration > 0 ? (double)acked / ((double)duration / NANOSECONDS)
                                                                   : 0;
}

static void show_row(stat_tap_table *table, unsigned row, const vt600_session_t *session)
{
    const uint64_t acked = vt600_image_acknowledged(session->image);

    set_number(table, row, COLUMN_SESSION, session->number);
    set_text(table, row, COLUMN_DEVICE, session->device);
    set_streams(table, row, session);
    set_text(table, row, COLUMN_FIRMWARE, session->firmware_version != NULL ? session->firmware_version : UNKNOWN);
    set_text(table, row, COLUMN_STATE, val_to_str_const(session->state, vt600_states, UNKNOWN));
    set_number(table, row, COLUMN_ACKED, (unsigned)MIN(acked, UINT32_MAX));
    set_progress(table, row, session, acked);
    set_number(table, row, COLUMN_BLOCKS, session->blocks_acked);
    set_number(table, row, COLUMN_RETRIES, session->retries);
    set_number(table, row, COLUMN_NAKS, session->naks);
    set_fraction(table, row, COLUMN_SECONDS, (double)(session->last - session->start) / NANOSECONDS);
    set_fraction(table, row, COLUMN_RATE, rate_of(session, acked));
}

static void free_item(stat_tap_table *table _U_, unsigned row _U_, unsigned column _U_, stat_tap_table_item_type *item)
{
    if (item->type == TABLE_ITEM_STRING)
        g_free((char *)item->value.string_value);
    *item = (stat_tap_table_item_type){.type = TABLE_ITEM_NONE};
}

/* Takes the row out of the table. Windows that show the table keep pointers to its rows, and one of them may be open
 * while the table is filled again for another: so a row is not freed before the table is, but kept for the next
 * session. */
static void put_aside(stat_tap_table *table, unsigned row)
{
    for (unsigned column = 0; column < COLUMNS; column++)
        free_item(table, row, column, stat_tap_get_field_data(table, row, column));
    g_ptr_array_add(spare_rows, table->elements[row]);
}

static void move_up(void *key _U_, void *value, void *removed)
{
    vt600_listed_t *listed = value;
    if (listed->place > *(const unsigned *)removed)
        listed->place--;
}

/* The session of this row proved to be another one going on. */
static void remove_row(stat_tap_table *table, unsigned row)
{
    const unsigned place = row + 1;
    put_aside(table, row);
    table->num_elements--;
    memmove(&table->elements[row], &table->elements[row + 1], (table->num_elements - row) * sizeof table->elements[0]);
    vt600_roll_foreach(roll, move_up, (void *)&place);
}

static unsigned add_row(stat_tap_table *table)
{
    const unsigned row = table->num_elements++;
    table->elements = g_renew(stat_tap_table_item_type *, table->elements, table->num_elements);
    table->elements[row] = spare_rows->len > 0 ? g_ptr_array_steal_index_fast(spare_rows, spare_rows->len - 1)
                                               : g_new0(stat_tap_table_item_type, COLUMNS);
    return row;
}

static void reset_table(stat_tap_table *table)
{
    for (unsigned row = 0; row < table->num_elements; row++)
        put_aside(table, row);
    table->num_elements = 0;
    roll = NULL;
}

static tap_packet_status add_event(void *data, packet_info *pinfo _U_, epan_dissect_t *edt _U_, const void *tapped,
                                   tap_flags_t flags _U_)
{
    const stat_data_t *asked = data;
    const vt600_event_t *event = tapped;
    stat_tap_table *table = g_array_index(asked->stat_tap_data->tables, stat_tap_table *, 0);
    const vt600_listed_t *joined;

    if (event->verdict == NULL || event->retransmission)
        return TAP_PACKET_DONT_REDRAW;
    if (roll == NULL) {
        reset_table(table); /* of another file */
        roll = vt600_roll_new();
    }
    vt600_listed_t *listed = vt600_roll_call(roll, event, &joined);
    if (joined != NULL && joined->place != 0)
        remove_row(table, joined->place - 1);
    if (listed->place == 0) {
        listed->place = add_row(table) + 1;
        const vt600_listed_t *earlier = vt600_roll_find(roll, listed->session->earlier);
        if (earlier != NULL && earlier->place != 0)
            show_row(table, earlier->place - 1, earlier->session);
    }
    show_row(table, listed->place - 1, listed->session);
    return TAP_PACKET_REDRAW;
}

/* The table is still there where somebody else asked for it, and is not done with it. */
static void make_table(stat_tap_table_ui *ui)
{
    if (stat_tap_find_table(ui, TITLE) != NULL)
        return;
    roll = NULL;
    stat_tap_add_table(ui, stat_tap_init_table(TITLE, COLUMNS, 0, NULL));
}

static void forget_roll(void)
{
    roll = NULL;
}

void vt600_sessions_register(void)
{
    static tap_param parameters[] = {{PARAM_FILTER, "filter", "Filter", NULL, true}};
    static stat_tap_table_ui table = {
        .group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
        .title = TITLE,
        .tap_name = VT600_TAP,
        .cli_string = VT600_FILTER_NAME ",sessions",
        .stat_tap_init_cb = make_table,
        .packet_func = add_event,
        .stat_tap_reset_table_cb = reset_table,
        .stat_tap_free_table_item_cb = free_item,
        .nfields = COLUMNS,
        .fields = columns,
        .nparams = array_length(parameters),
        .params = parameters,
    };
    spare_rows = g_ptr_array_new();
    register_stat_tap_table_ui(&table);
    register_cleanup_routine(forget_roll);
}
