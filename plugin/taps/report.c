/* report.c
 *
 * The report for scripts (-z vt600,report): a line of JSON for each session,
 * when the capture has ended. Its keys, their order and their meanings are
 * public; SCHEMA counts the changes that a script must know of.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "taps.h"

#include <inttypes.h>
#include <stdio.h>

#include <epan/packet.h>
#include <epan/stat_tap_ui.h>
#include <epan/tap.h>
#include <wsutil/json_dumper.h>
#include <wsutil/report_message.h>

#include "dissect/carrier.h"
#include "dissect/event.h"
#include "dissect/meaning.h"
#include "dissect/settings.h"
#include "reference.h"
#include "roll.h"
#include "session/checksum.h"
#include "session/summary.h"

#define COMMAND_LINE VT600_FILTER_NAME ",report"
#define TITLE        "VT600 Report"
#define SCHEMA       2

#define SECOND       INT64_C(1000000000)
#define MICROSECOND  INT64_C(1000)

/* One asked-for report. The roll lives as long as the capture file: Wireshark resets the report when it closes that. */
typedef struct {
    vt600_roll_t *roll; /* the first member: see roll.h */
} report_t;

static void put_number(json_dumper *json, const char *key, uint64_t value)
{
    json_dumper_set_member_name(json, key);
    json_dumper_value_anyf(json, "%" PRIu64, value);
}

static void put_null(json_dumper *json, const char *key)
{
    json_dumper_set_member_name(json, key);
    json_dumper_value_anyf(json, "null");
}

static void put_number_if(json_dumper *json, const char *key, bool known, uint64_t value)
{
    if (known)
        put_number(json, key, value);
    else
        put_null(json, key);
}

/* NULL: unknown. */
static void put_text(json_dumper *json, const char *key, const char *value)
{
    json_dumper_set_member_name(json, key);
    json_dumper_value_string(json, value);
}

/* To six places at most, with a point in every language. */
static void put_fraction(json_dumper *json, const char *key, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(text, sizeof text, "%.6f", value);
    for (size_t last = strlen(text) - 1; text[last] == '0' && text[last - 1] != '.'; last--)
        text[last] = '\0';
    json_dumper_set_member_name(json, key);
    json_dumper_value_anyf(json, "%s", text);
}

static void put_time(json_dumper *json, const char *key, int64_t when)
{
    const int64_t fraction = (when % SECOND + SECOND) % SECOND;
    GDateTime *date = g_date_time_new_from_unix_utc((when - fraction) / SECOND);
    char *whole = date != NULL ? g_date_time_format(date, "%Y-%m-%dT%H:%M:%S") : NULL;
    char *text = whole != NULL ? g_strdup_printf("%s.%06" PRId64 "Z", whole, fraction / MICROSECOND) : NULL;

    put_text(json, key, text);
    g_free(text);
    g_free(whole);
    g_clear_pointer(&date, g_date_time_unref);
}

static void put_checksum(json_dumper *json, const char *key, bool known, uint16_t checksum)
{
    char text[sizeof "ffff"];
    snprintf(text, sizeof text, "%04x", checksum);
    put_text(json, key, known ? text : NULL);
}

static void put_place(json_dumper *json, const vt600_session_t *session)
{
    static const char *const transports[] = {
        [VT600_OVER_UDP] = "udp", [VT600_OVER_TCP] = "tcp", [VT600_OVER_TLS] = "tls"};
    GArray *streams = vt600_series_numbers(&session->streams);

    put_text(json, "transport", transports[session->course.place->transport]);
    json_dumper_set_member_name(json, "streams");
    json_dumper_begin_array(json);
    for (unsigned i = 0; i < streams->len; i++)
        json_dumper_value_anyf(json, "%" PRIu64, g_array_index(streams, uint64_t, i));
    json_dumper_end_array(json);
    g_array_free(streams, TRUE);
    put_text(json, "tracker", session->course.place->tracker);
    put_text(json, "server", session->course.place->server);
}

static void put_time_span(json_dumper *json, const vt600_session_t *session)
{
    put_number(json, "first_frame", vt600_session_first_frame(session));
    put_number(json, "last_frame", vt600_session_last_frame(session));
    put_time(json, "start", session->head->exchange->time);
    put_fraction(json, "seconds", (double)vt600_session_duration(session) / (double)SECOND);
}

static void put_tracker(json_dumper *json, const vt600_session_t *session)
{
    put_number_if(json, "device_code", session->has_info, session->device_code);
    put_text(json, "firmware_version", session->course.firmware_version);
    put_text(json, "firmware_after", session->after.version);
    put_text(json, "serial_number", session->serial_number);
    put_text(json, "imei", session->imei);
    put_number_if(json, "max_block", session->has_info && session->max_block != 0, session->max_block);
}

static void put_gaps(json_dumper *json, const vt600_image_t *image)
{
    const uint64_t end = MAX(vt600_image_sent_end(image), vt600_image_acknowledged_end(image));
    GArray *gaps = vt600_image_gaps(image, end, false);

    json_dumper_set_member_name(json, "gaps");
    json_dumper_begin_array(json);
    for (unsigned i = 0; i < gaps->len; i++) {
        const vt600_range_t *gap = &g_array_index(gaps, vt600_range_t, i);
        json_dumper_begin_array(json);
        json_dumper_value_anyf(json, "%" PRIu64, gap->first);
        json_dumper_value_anyf(json, "%" PRIu64, gap->end);
        json_dumper_end_array(json);
    }
    json_dumper_end_array(json);
    g_array_free(gaps, TRUE);
}

static void put_diagnosis(json_dumper *json, vt600_session_t *session)
{
    const vt600_diagnosis_t *diagnosis = vt600_carrier_diagnosis(session);

    put_text(json, "state", val_to_str_const(session->course.state, vt600_states, "?"));
    put_text(json, "updated", vt600_updated_name(diagnosis->updated));
    put_text(json, "cause", vt600_cause_name(diagnosis->cause));
    put_text(json, "party", vt600_party_name(diagnosis->party));
    json_dumper_set_member_name(json, "evidence");
    json_dumper_begin_array(json);
    for (unsigned i = 0; i < diagnosis->evidence_count; i++)
        json_dumper_value_anyf(json, "%" PRIu32, diagnosis->evidence[i]);
    json_dumper_end_array(json);
    put_text(json, "explanation", vt600_carrier_explanation(session));
}

static void put_progress(json_dumper *json, const vt600_session_t *session, uint32_t total)
{
    const uint64_t acked = vt600_image_acknowledged(session->image);

    put_number(json, "authorizations", vt600_session_authorizations(session));
    put_number(json, "bytes_sent", vt600_image_sent(session->image));
    put_number(json, "bytes_acked", acked);
    put_number_if(json, "bytes_total", total != 0, total);
    if (total != 0)
        put_fraction(json, "progress", vt600_progress(acked, total));
    else
        put_null(json, "progress");
    put_number(json, "blocks_acked", session->blocks_acked);
    put_number(json, "retries", session->retries);
    put_number(json, "naks", session->naks);
    put_number(json, "damaged_frames", vt600_session_damaged_frames(session));
    put_gaps(json, session->image);
}

static void put_waits(json_dumper *json, const vt600_session_t *session)
{
    const vt600_waits_t waits = vt600_session_waits(session);
    const bool any = waits.longest_of != VT600_NOBODY;

    json_dumper_set_member_name(json, "waited");
    json_dumper_begin_object(json);
    put_fraction(json, "tracker", (double)waits.tracker / (double)SECOND);
    put_fraction(json, "server", (double)waits.server / (double)SECOND);
    json_dumper_set_member_name(json, "longest");
    json_dumper_begin_object(json);
    if (any)
        put_fraction(json, "seconds", (double)waits.longest / (double)SECOND);
    else
        put_null(json, "seconds");
    put_text(json, "party", vt600_party_name(waits.longest_of));
    put_number_if(json, "frame", any, waits.longest_before);
    json_dumper_end_object(json);
    json_dumper_end_object(json);
}

/* The closings of its connections, in the order in which it used them. */
static void put_closings(json_dumper *json, const vt600_session_t *session)
{
    GHashTable *told = g_hash_table_new(NULL, NULL);

    json_dumper_set_member_name(json, "closed");
    json_dumper_begin_array(json);
    for (const vt600_verdict_t *frame = session->head; frame != NULL; frame = frame->next) {
        const vt600_closing_t *closing = &frame->place->closing;
        if (closing->frame == 0 || !g_hash_table_add(told, (void *)frame->place))
            continue;
        json_dumper_begin_object(json);
        put_number(json, "stream", frame->place->stream);
        put_text(json, "by", closing->by == VT600_SERVER ? "server" : "tracker");
        put_text(json, "how", closing->reset ? "RST" : "FIN");
        put_number(json, "frame", closing->frame);
        json_dumper_end_object(json);
    }
    json_dumper_end_array(json);
    g_hash_table_destroy(told);
}

static void put_image_checksum(json_dumper *json, const vt600_session_t *session)
{
    json_dumper_set_member_name(json, "image_checksum");
    json_dumper_begin_object(json);
    put_checksum(json, "tracker", session->has_checksum, session->checksum);
    put_checksum(json, "computed", session->has_computed, session->computed);
    json_dumper_set_member_name(json, "match");
    if (session->has_checksum && session->has_computed)
        json_dumper_value_anyf(json, session->checksum == session->computed ? "true" : "false");
    else
        json_dumper_value_anyf(json, "null");
    put_text(json, "algorithm",
             session->has_checksum && session->has_computed ? vt600_checksum_name(session->algorithm) : NULL);
    json_dumper_end_object(json);
}

/* The user's firmware file against the bytes that the tracker stored. */
static void put_reference(json_dumper *json, const vt600_session_t *session)
{
    const vt600_reference_t *reference = vt600_reference_get(vt600_preferences.reference);
    uint64_t difference;

    if (reference == NULL) {
        put_null(json, "reference");
        return;
    }
    const bool match = vt600_reference_matches(reference, session->image, vt600_session_total(session, 0), &difference);
    json_dumper_set_member_name(json, "reference");
    json_dumper_begin_object(json);
    put_text(json, "file", vt600_preferences.reference);
    json_dumper_set_member_name(json, "match");
    json_dumper_value_anyf(json, match ? "true" : "false");
    put_number_if(json, "first_difference", !match && difference != UINT64_MAX, difference);
    put_number(json, "length", reference->length);
    json_dumper_end_object(json);
}

/* Of the image, where all of it is there and no more than was announced. */
static void put_digest(json_dumper *json, const vt600_session_t *session, uint32_t total)
{
    uint8_t bytes[4096];

    if (total == 0 || vt600_image_acknowledged_end(session->image) != total ||
        !vt600_image_is_whole(session->image, total)) {
        put_null(json, "image_sha256");
        return;
    }
    GChecksum *digest = g_checksum_new(G_CHECKSUM_SHA256);
    for (uint32_t at = 0; at < total;) {
        const uint32_t n = MIN((uint32_t)sizeof bytes, total - at);
        vt600_image_read(session->image, at, n, bytes);
        g_checksum_update(digest, bytes, n);
        at += n;
    }
    put_text(json, "image_sha256", g_checksum_get_string(digest));
    g_checksum_free(digest);
}

static void print_session(vt600_session_t *session)
{
    vt600_session_settle(session);
    const uint32_t total = vt600_session_total(session, vt600_preferences.image_size);
    json_dumper json = {.output_file = stdout};

    json_dumper_begin_object(&json);
    put_number(&json, "schema", SCHEMA);
    put_number(&json, "session", session->number);
    put_text(&json, "device_id", session->device);
    put_place(&json, session);
    put_time_span(&json, session);
    put_tracker(&json, session);
    put_diagnosis(&json, session);
    put_progress(&json, session, total);
    put_waits(&json, session);
    put_closings(&json, session);
    put_image_checksum(&json, session);
    put_reference(&json, session);
    put_digest(&json, session, total);
    json_dumper_end_object(&json);
    json_dumper_finish(&json);
}

static void print_report(void *data)
{
    const report_t *report = data;

    GPtrArray *sessions = vt600_roll_sessions(report->roll);
    for (unsigned i = 0; i < sessions->len; i++)
        print_session(g_ptr_array_index(sessions, i));
    g_ptr_array_free(sessions, TRUE);
}

static ws_tap_started_t begin_report(const char *argument, void *data _U_)
{
    report_t *report = g_new0(report_t, 1);
    const char *filter = g_str_has_prefix(argument, COMMAND_LINE ",") ? argument + strlen(COMMAND_LINE ",") : NULL;
    GString *error = register_tap_listener(VT600_TAP, report, filter, TL_REQUIRES_NOTHING, vt600_roll_reset,
                                           vt600_roll_add_event, print_report, g_free);
    if (error != NULL) {
        report_failure("%s: %s", COMMAND_LINE, error->str);
        g_string_free(error, TRUE);
        g_free(report);
        WS_TAP_STARTED(false);
    }
    WS_TAP_STARTED(true);
}

void vt600_report_register(void)
{
    static tap_param parameters[] = {{PARAM_FILTER, "filter", "Filter", NULL, true}};
    static stat_tap_ui report = {
        .group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
        .title = TITLE,
        .cli_string = COMMAND_LINE,
        .tap_init_cb = begin_report,
        .nparams = array_length(parameters),
        .params = parameters,
    };
    register_stat_tap_ui(&report, NULL);
}
