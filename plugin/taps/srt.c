/* srt.c
 *
 * Response times by command (-z vt600,srt). Which request a frame answers is
 * known already; the first answer to each sending counts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "taps.h"

#include <epan/srt_table.h>

#include "core/command.h"
#include "dissect/event.h"
#include "dissect/settings.h"

/* The command that was asked, or NULL: the event is no first answer. */
static const vt600_command_t *asked(const vt600_event_t *event)
{
    const vt600_exchange_t *exchange = event->exchange;

    if (exchange == NULL || event->retransmission || exchange->request == NULL || exchange->finished ||
        exchange->time < exchange->request->time || exchange->request->answered_in != exchange->number)
        return NULL;
    return vt600_command_find(vt600_command_answers(event->frame->command, event->frame->side));
}

static nstime_t time_of(const vt600_exchange_t *exchange)
{
    const int64_t second = INT64_C(1000000000);
    nstime_t stamp = {.secs = (time_t)(exchange->time / second), .nsecs = (int)(exchange->time % second)};
    if (stamp.nsecs < 0) {
        stamp.secs--;
        stamp.nsecs += (int)second;
    }
    return stamp;
}

static tap_packet_status add_event(void *data, packet_info *pinfo, epan_dissect_t *edt _U_, const void *tapped,
                                   tap_flags_t flags _U_)
{
    const srt_data_t *srt = data;
    const vt600_event_t *event = tapped;
    const vt600_command_t *command = asked(event);
    size_t count;

    if (command == NULL)
        return TAP_PACKET_DONT_REDRAW;
    const nstime_t request_time = time_of(event->exchange->request);
    add_srt_table_data(g_array_index(srt->srt_array, srt_stat_table *, 0), (int)(command - vt600_command_table(&count)),
                       &request_time, pinfo);
    return TAP_PACKET_REDRAW;
}

/* A row for each command; Wireshark shows those that have calls. A row's number is the command's code, which makes a
 * display filter with the text before it. (tshark prints the row's place instead. A row for each possible code would be
 * at that place, but Wireshark's window, which makes a line for each row, would hang.) */
static void make_table(struct register_srt *srt _U_, GArray *tables)
{
    size_t count;
    const vt600_command_t *commands = vt600_command_table(&count);
    srt_stat_table *table = init_srt_table("VT600", NULL, tables, (int)count, "Command", "vt600.command", NULL);

    for (size_t i = 0; i < count; i++) {
        init_srt_table_row(table, (int)i, commands[i].name);
        table->procedures[i].proc_index = commands[i].code;
    }
}

void vt600_srt_register(void)
{
    register_srt_table(vt600_proto, VT600_TAP, 1, add_event, make_table, NULL);
}
