/* sessions.c
 *
 * The table of sessions (-z vt600,sessions): a row each, by their number. It
 * shows what a session is now.
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

#include "dissect/carrier.h"
#include "dissect/event.h"
#include "dissect/meaning.h"
#include "dissect/settings.h"
#include "drawing.h"
#include "roll.h"
#include "session/summary.h"

#define TITLE       "VT600 OTA Sessions"
#define UNKNOWN     "-"
#define NANOSECONDS 1e9

/* The columns, in order. What may be unknown is text, padded so that it sorts like numbers. Fractions are numbers, for
 * those who ask sharkd, although Wireshark's window shows them with six decimals whatever the format is. */
enum {
    COLUMN_SESSION,
    COLUMN_DEVICE,
    COLUMN_STREAMS,
    COLUMN_FIRMWARE,
    COLUMN_FIRMWARE_AFTER,
    COLUMN_STATE,
    COLUMN_UPDATED,
    COLUMN_CAUSE,
    COLUMN_PARTY,
    COLUMN_ACKED,
    COLUMN_TOTAL,
    COLUMN_PROGRESS,
    COLUMN_BLOCKS,
    COLUMN_RETRIES,
    COLUMN_NAKS,
    COLUMN_SECONDS,
    COLUMN_RATE,
    COLUMN_LONGEST_WAIT,
    COLUMN_WAIT_OF,
    COLUMN_FIRST_FRAME,
    COLUMN_LAST_FRAME,
    COLUMNS,
};

static stat_tap_table_item columns[COLUMNS] = {
    [COLUMN_SESSION] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Session", "%7u"},
    [COLUMN_DEVICE] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Device        ", "%-14s"},
    [COLUMN_STREAMS] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Streams ", "%-8s"},
    [COLUMN_FIRMWARE] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Firmware", "%-8s"},
    [COLUMN_FIRMWARE_AFTER] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "After   ", "%-8s"},
    [COLUMN_STATE] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "State       ", "%-12s"},
    [COLUMN_UPDATED] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Updated  ", "%-9s"},
    [COLUMN_CAUSE] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Cause                ", "%-21s"},
    [COLUMN_PARTY] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Party  ", "%-7s"},
    [COLUMN_ACKED] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Bytes acked", "%11u"},
    [COLUMN_TOTAL] = {TABLE_ITEM_STRING, TAP_ALIGN_RIGHT, "Bytes total", "%11s"},
    [COLUMN_PROGRESS] = {TABLE_ITEM_STRING, TAP_ALIGN_RIGHT, "Progress", "%8s"},
    [COLUMN_BLOCKS] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Blocks", "%6u"},
    [COLUMN_RETRIES] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Retries", "%7u"},
    [COLUMN_NAKS] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, " NAKs", "%5u"},
    [COLUMN_SECONDS] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "   Seconds", "%10.3f"},
    [COLUMN_RATE] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Bytes/s", "%7.1f"},
    [COLUMN_LONGEST_WAIT] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Longest wait", "%12.3f"},
    [COLUMN_WAIT_OF] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Wait of", "%-7s"},
    [COLUMN_FIRST_FRAME] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "First", "%6u"},
    [COLUMN_LAST_FRAME] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "  Last", "%6u"},
};

/* The roll of the table: place is the row, plus one. NULL where the capture has no frame yet; gone with the file. */
static vt600_roll_t *roll;

/* The table that has these rows, and what asked for it; valid unless roll is NULL. */
static stat_tap_table *shown;
static stat_tap_table_ui *shown_in;

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

static void set_streams(stat_tap_table *table, unsigned row, const vt600_session_t *session)
{
    char *text = vt600_streams_text(session);
    set_text(table, row, COLUMN_STREAMS, text);
    g_free(text);
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
    snprintf(text, sizeof text, "%7.1f%%", vt600_progress(acked, total));
    set_text(table, row, COLUMN_PROGRESS, text);
}

static void set_text_if(stat_tap_table *table, unsigned row, unsigned column, const char *value)
{
    set_text(table, row, column, value != NULL ? value : UNKNOWN);
}

static void set_outcome(stat_tap_table *table, unsigned row, vt600_session_t *session)
{
    const vt600_diagnosis_t *diagnosis = vt600_carrier_diagnosis(session);
    const vt600_waits_t waits = vt600_session_waits(session);

    set_text_if(table, row, COLUMN_UPDATED, vt600_updated_name(diagnosis->updated));
    set_text_if(table, row, COLUMN_CAUSE, vt600_cause_name(diagnosis->cause));
    set_text_if(table, row, COLUMN_PARTY, vt600_party_name(diagnosis->party));
    set_fraction(table, row, COLUMN_LONGEST_WAIT, (double)waits.longest / NANOSECONDS);
    set_text_if(table, row, COLUMN_WAIT_OF, vt600_party_name(waits.longest_of));
}

static void show_row(stat_tap_table *table, unsigned row, vt600_session_t *session)
{
    const uint64_t acked = vt600_image_acknowledged(session->image);

    set_number(table, row, COLUMN_SESSION, session->number);
    set_text(table, row, COLUMN_DEVICE, session->device);
    set_streams(table, row, session);
    set_text_if(table, row, COLUMN_FIRMWARE, session->course.firmware_version);
    set_text_if(table, row, COLUMN_FIRMWARE_AFTER, session->after.version);
    set_text(table, row, COLUMN_STATE, val_to_str_const(session->course.state, vt600_states, UNKNOWN));
    set_outcome(table, row, session);
    set_number(table, row, COLUMN_ACKED, (unsigned)MIN(acked, UINT32_MAX));
    set_progress(table, row, session, acked);
    set_number(table, row, COLUMN_BLOCKS, session->blocks_acked);
    set_number(table, row, COLUMN_RETRIES, session->retries);
    set_number(table, row, COLUMN_NAKS, session->naks);
    set_fraction(table, row, COLUMN_SECONDS, (double)vt600_session_duration(session) / NANOSECONDS);
    set_fraction(table, row, COLUMN_RATE, vt600_rate(acked, vt600_session_data_time(session)));
    set_number(table, row, COLUMN_FIRST_FRAME, vt600_session_first_frame(session));
    set_number(table, row, COLUMN_LAST_FRAME, vt600_session_last_frame(session));
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

/* Called before Wireshark shows the table: what a row says takes a walk over the session's frames, so it is worked out
 * now, and not with each of them. Others draw their tables, too, and sharkd frees ours once it has answered. */
static void fill_rows(void *data _U_)
{
    if (roll == NULL || stat_tap_find_table(shown_in, TITLE) != shown)
        return;
    GPtrArray *sessions = vt600_roll_sessions(roll);
    for (unsigned i = 0; i < sessions->len; i++) {
        vt600_listed_t *listed = vt600_roll_find(roll, g_ptr_array_index(sessions, i));
        if (listed->place == 0)
            listed->place = add_row(shown) + 1;
        show_row(shown, listed->place - 1, listed->session);
    }
    g_ptr_array_free(sessions, TRUE);
}

static vt600_drawing_t drawing = {.fill = fill_rows};

static tap_packet_status add_event(void *data, packet_info *pinfo _U_, epan_dissect_t *edt _U_, const void *tapped,
                                   tap_flags_t flags _U_)
{
    const stat_data_t *asked = data;
    const vt600_event_t *event = tapped;

    if (event->verdict == NULL || event->retransmission)
        return TAP_PACKET_DONT_REDRAW;
    if (roll == NULL) {
        shown_in = asked->stat_tap_data;
        shown = g_array_index(shown_in->tables, stat_tap_table *, 0);
        reset_table(shown); /* of another file */
        roll = vt600_roll_new();
        vt600_drawing_listen(&drawing);
    }
    vt600_roll_call(roll, event);
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
