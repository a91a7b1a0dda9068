/* report_window.c
 *
 * The report for people (Statistics > VT600 Update Report): what became of
 * each session in a sentence, and then its numbers. report.c has that for
 * scripts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "taps.h"

#include <inttypes.h>

#include <epan/funnel.h>
#include <epan/packet.h>
#include <epan/tap.h>

#include "dissect/carrier.h"
#include "dissect/event.h"
#include "dissect/meaning.h"
#include "dissect/settings.h"
#include "roll.h"
#include "session/checksum.h"
#include "session/summary.h"

#define TITLE  "VT600 Update Report"
#define SECOND 1e9

/* An open window. The roll lives as long as the capture file: Wireshark resets the listener when it closes that. */
typedef struct {
    vt600_roll_t *roll; /* the first member: see roll.h */
    funnel_text_window_t *window;
} report_t;

static void say_time(GString *text, const vt600_session_t *session)
{
    GDateTime *start = g_date_time_new_from_unix_utc(session->head->exchange->time / INT64_C(1000000000));
    char *when = start != NULL ? g_date_time_format(start, "%Y-%m-%d %H:%M:%S UTC") : NULL;
    char *streams = vt600_streams_text(session);

    g_string_append_printf(text, "    Frames: %" PRIu32 " to %" PRIu32 ", from %s on, %.1f seconds; stream %s\n",
                           vt600_session_first_frame(session), vt600_session_last_frame(session),
                           when != NULL ? when : "an unknown time", (double)vt600_session_duration(session) / SECOND,
                           streams);
    g_string_append_printf(text, "    Tracker: %s, server: %s\n", session->course.place->tracker,
                           session->course.place->server);
    g_free(streams);
    g_free(when);
    if (start != NULL)
        g_date_time_unref(start);
}

static void say_versions(GString *text, const vt600_session_t *session)
{
    if (session->course.firmware_version != NULL || session->after.version != NULL)
        g_string_append_printf(text, "    Firmware: %s before, %s afterwards\n",
                               session->course.firmware_version != NULL ? session->course.firmware_version : "unknown",
                               session->after.version != NULL ? session->after.version : "unknown");
}

static void say_progress(GString *text, const vt600_session_t *session)
{
    const uint64_t acked = vt600_image_acknowledged(session->image);
    const uint32_t total = vt600_session_total(session, vt600_preferences.image_size);

    g_string_append_printf(text, "    Stored: %" PRIu64, acked);
    if (total != 0)
        g_string_append_printf(text, " of %" PRIu32 " bytes (%.1f%%)", total, vt600_progress(acked, total));
    else
        g_string_append(text, acked == 1 ? " byte" : " bytes");
    g_string_append_printf(text,
                           " in %" PRIu32 " block%s; sent again: %" PRIu32 ", refused: %" PRIu32 ", damaged: %u\n",
                           session->blocks_acked, plurality(session->blocks_acked, "", "s"), session->retries,
                           session->naks, (unsigned)vt600_session_damaged_frames(session));
}

static void say_waits(GString *text, const vt600_session_t *session)
{
    const vt600_waits_t waits = vt600_session_waits(session);

    if (waits.longest_of == VT600_NOBODY)
        return;
    g_string_append_printf(text,
                           "    Waiting: %.1f seconds for the tracker, %.1f for the server; longest %.1f seconds for "
                           "the %s, until frame %" PRIu32 "\n",
                           (double)waits.tracker / SECOND, (double)waits.server / SECOND,
                           (double)waits.longest / SECOND, vt600_party_name(waits.longest_of), waits.longest_before);
}

static void say_checksum(GString *text, const vt600_session_t *session)
{
    if (!session->has_checksum)
        return;
    const char *algorithm = session->has_computed ? vt600_checksum_name(session->algorithm) : NULL;
    g_string_append_printf(text, "    Checksum: 0x%04x from the tracker", session->checksum);
    if (!session->has_computed)
        g_string_append(text, "; the capture does not have the whole image\n");
    else if (algorithm != NULL)
        g_string_append_printf(text, ", which is the image's %s\n", algorithm);
    else
        g_string_append_printf(text, "; the image's CRC-CCITT is 0x%04x\n", session->computed);
}

static void say_evidence(GString *text, const vt600_diagnosis_t *diagnosis)
{
    g_string_append(text, "    Evidence: frame.number in {");
    for (unsigned i = 0; i < diagnosis->evidence_count; i++)
        g_string_append_printf(text, "%s%" PRIu32, i == 0 ? "" : ", ", diagnosis->evidence[i]);
    g_string_append(text, "}\n");
}

static void say_session(GString *text, vt600_session_t *session)
{
    vt600_session_settle(session);
    const vt600_diagnosis_t *diagnosis = vt600_carrier_diagnosis(session);

    g_string_append_printf(text, "Session %" PRIu32 ", tracker %s\n    %s\n\n    State: %s\n", session->number,
                           session->device, vt600_carrier_explanation(session),
                           val_to_str_const(session->course.state, vt600_states, "unknown"));
    say_versions(text, session);
    say_progress(text, session);
    say_waits(text, session);
    say_checksum(text, session);
    say_time(text, session);
    say_evidence(text, diagnosis);
    g_string_append_c(text, '\n');
}

static void show_report(void *data)
{
    const report_t *report = data;
    GPtrArray *sessions = vt600_roll_sessions(report->roll);
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < sessions->len; i++)
        say_session(text, g_ptr_array_index(sessions, i));
    if (sessions->len == 0)
        g_string_append(text, "There is no firmware update in this capture.\n");
    funnel_get_funnel_ops()->set_text(report->window, text->str);
    g_string_free(text, TRUE);
    g_ptr_array_free(sessions, TRUE);
}

static void close_window(void *data)
{
    remove_tap_listener(data); /* frees it */
}

/* Wireshark goes over the packets once this is done. */
static void open_window(void *data _U_)
{
    const funnel_ops_t *gui = funnel_get_funnel_ops();
    report_t *report = g_new0(report_t, 1);
    GString *error = register_tap_listener(VT600_TAP, report, NULL, TL_REQUIRES_NOTHING, vt600_roll_reset,
                                           vt600_roll_add_event, show_report, g_free);

    if (error != NULL) { /* not without a filter */
        g_string_free(error, TRUE);
        g_free(report);
        return;
    }
    report->window = gui->new_text_window(gui->ops_id, TITLE);
    gui->set_close_cb(report->window, close_window, report);
    gui->retap_packets(gui->ops_id);
}

void vt600_report_window_register(void)
{
    funnel_register_menu(TITLE, REGISTER_PACKET_STAT_GROUP_UNSORTED, open_window, NULL, NULL, false);
}
