/* session.c
 *
 * Sessions, images and exchanges under the fuzzer: whatever trackers and a
 * server say on some connections, at whatever times, what is counted fits
 * together. Frames come from the scanner, as in the plugin; nothing of epan.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "core/frame.h"
#include "session/exchange.h"
#include "session/session.h"
#include "script.h"

#define MINUTE     INT64_C(60000000000)
#define IMAGE_MOST 0x20000 /* bytes that are read whole */

static void must(int holds)
{
    if (!holds)
        abort();
}

/* One capture. */
typedef struct {
    wmem_allocator_t *scope;
    vt600_sessions_t *sessions;
    vt600_exchanges_t *exchanges;
    vt600_place_t places[SCRIPT_CONNECTIONS];
    uint64_t devices[64]; /* by number - 1 */
    unsigned device_count;
    GPtrArray *verdicts; /* vt600_verdict_t */
    uint32_t number;
    int64_t time;
    uint8_t options;
} capture_t;

static uint32_t device_number(capture_t *capture, uint64_t id)
{
    unsigned i = 0;
    while (i < capture->device_count && capture->devices[i] != id)
        i++;
    if (i == G_N_ELEMENTS(capture->devices))
        return i;
    if (i == capture->device_count)
        capture->devices[capture->device_count++] = id;
    return i + 1;
}

static vt600_trust_t trust_in(const vt600_frame_t *frame)
{
    if (frame->found == VT600_FOUND_CUT)
        return VT600_TRUST_CUT;
    return frame->found == VT600_FOUND_FRAME && frame->checksum == VT600_CHECKSUM_GOOD ? VT600_TRUST_WHOLE
                                                                                       : VT600_TRUST_NONE;
}

static void check_exchange(const vt600_exchange_t *exchange)
{
    must(exchange->request == NULL || exchange->request->answered_in != 0);
    must(exchange->request == NULL || exchange->request->number <= exchange->number);
    must(exchange->previous == NULL || exchange->attempt == exchange->previous->attempt + 1);
    must(!exchange->unsolicited || exchange->request == NULL);
}

static void check_verdict(const vt600_verdict_t *verdict)
{
    const vt600_session_t *session = vt600_session_of(verdict->session);

    must(session->joined == NULL && verdict->state < VT600_STATES);
    must(verdict->range.first <= verdict->range.end || (verdict->notes & VT600_NOTE_LENGTH_MISMATCH));
    must(verdict->bytes_acked <= vt600_image_acknowledged(verdict->session->image));
    must(verdict->bytes_sent <= vt600_image_sent(verdict->session->image));
}

/* What was said of it before does not become less. */
static void check_progress(const vt600_verdict_t *before, const vt600_verdict_t *now)
{
    if (before->session != now->session)
        return;
    must(before->bytes_sent <= now->bytes_sent && before->bytes_acked <= now->bytes_acked);
    must(before->blocks_acked <= now->blocks_acked && before->retries <= now->retries);
}

static void see_frame(capture_t *capture, const script_message_t *message, const vt600_frame_t *frame,
                      const uint8_t *buf)
{
    const vt600_ota_t ota = vt600_ota_read(frame, buf);
    vt600_exchange_t *exchange = wmem_new0(capture->scope, vt600_exchange_t);
    char text[VT600_DEVICE_ID_TEXT_LEN] = "";
    const vt600_verdict_t *verdict = NULL;

    vt600_device_id_text(buf + VT600_AT_DEVICE, text);
    if (frame->command == NULL)
        return;
    const uint32_t broadcast = device_number(capture, VT600_DEVICE_ID_KEY_BROADCAST);
    const uint32_t device = device_number(capture, vt600_device_id_key(buf + VT600_AT_DEVICE));
    if (frame->command->ota && device != broadcast) {
        const vt600_session_frame_t seen = {
            .number = capture->number,
            .time = capture->time,
            .device = device,
            .device_text = text,
            .side = frame->side,
            .code = frame->code,
            .ota = &ota,
            .trust = trust_in(frame),
            .damaged = frame->found != VT600_FOUND_FRAME,
            .place = &capture->places[message->connection],
            .timeout = capture->options & 1 ? 0 : 20 * MINUTE,
        };
        verdict = vt600_sessions_add(capture->sessions, &seen);
    }
    *exchange = (vt600_exchange_t){.number = capture->number, .time = capture->time};
    const vt600_exchange_frame_t seen = {
        .command = frame->command,
        .side = frame->side,
        .device = device,
        .broadcast = broadcast,
        .offset = ota.offset,
        .fingerprint = frame->checksum == VT600_CHECKSUM_GOOD ? vt600_be16(buf + frame->checksum_at) : 0,
        .finished = ota.shape == VT600_DATA_UPGRADE && ota.flag == VT600_FLAG_UPGRADE_FINISHED,
        .beginning_seen = capture->options & 2,
        .conversation = &capture->places[message->connection],
        .attempt_on = verdict != NULL ? verdict->session : NULL,
    };
    vt600_exchanges_add(capture->exchanges, &seen, exchange);
    check_exchange(exchange);
    if (verdict == NULL)
        return;
    check_verdict(verdict);
    if (capture->verdicts->len > 0)
        check_progress(g_ptr_array_index(capture->verdicts, capture->verdicts->len - 1), verdict);
    g_ptr_array_add(capture->verdicts, (void *)verdict);
}

static void see_message(capture_t *capture, const script_message_t *message)
{
    const size_t n = message->fate == SCRIPT_SNAPPED ? message->length / 2 : message->length;
    size_t credit = vt600_frame_credit(n), at = 0;

    capture->number++;
    capture->time = CLAMP(capture->time + message->wait, -(INT64_C(1) << 60), INT64_C(1) << 60);
    if (message->fate == SCRIPT_CONNECTING)
        capture->places[message->connection].handshake_seen = true;
    while (at < n) {
        const vt600_frame_t frame = vt600_frame_scan(message->bytes + at, n - at, true, &credit);
        if (frame.found <= VT600_FOUND_CUT && frame.bytes >= VT600_AT_DATA)
            see_frame(capture, message, &frame, message->bytes + at);
        at += frame.extent;
    }
}

/* Ranges in order that do not touch; returns how many bytes they have. */
static uint64_t size_of(const GArray *gaps, uint64_t end)
{
    uint64_t bytes = 0, last = 0;
    for (unsigned i = 0; i < gaps->len; i++) {
        const vt600_range_t *gap = &g_array_index(gaps, vt600_range_t, i);
        must(gap->first < gap->end && gap->end <= end && (i == 0 || gap->first > last));
        bytes += gap->end - gap->first;
        last = gap->end;
    }
    return bytes;
}

static void check_image(vt600_image_t *image)
{
    const uint64_t end = vt600_image_acknowledged_end(image);
    GArray *gaps = vt600_image_gaps(image, end, false), *unknown = vt600_image_gaps(image, end, true);
    uint16_t sum;

    must(end - size_of(gaps, end) == vt600_image_acknowledged(image));
    must(size_of(unknown, end) >= size_of(gaps, end));
    must(vt600_image_is_whole(image, end) == (end > 0 && unknown->len == 0));
    must(vt600_image_sent(image) <= vt600_image_sent_end(image));
    if (end > 0 && end <= IMAGE_MOST) {
        uint8_t *bytes = g_malloc((size_t)end); /* exactly */
        vt600_image_read(image, 0, (size_t)end, bytes);
        for (unsigned i = 0; i < unknown->len; i++)
            must(bytes[g_array_index(unknown, vt600_range_t, i).first] == 0xff);
        must(vt600_image_checksum(image, end) == vt600_frame_checksum(bytes, (size_t)end));
        if (vt600_image_sum(image, end, &sum) == VT600_IMAGE_WHOLE)
            must(sum == vt600_frame_checksum(bytes, (size_t)end));
        g_free(bytes);
    }
    g_array_free(gaps, TRUE);
    g_array_free(unknown, TRUE);
}

static void check_session(const vt600_session_t *session)
{
    const unsigned streams = wmem_array_get_count(session->streams);

    must(session->first_frame <= session->last_frame && streams > 0);
    for (unsigned i = 1; i < streams; i++)
        must(*(uint32_t *)wmem_array_index(session->streams, i - 1) <
             *(uint32_t *)wmem_array_index(session->streams, i));
    must(session->state < VT600_STATES && session->retries <= session->last_frame * 4096);
    check_image(session->image);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    capture_t capture = {.scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE)};
    script_t script = script_begin(bytes, n, &capture.options);
    script_message_t message;
    GHashTable *checked = g_hash_table_new(NULL, NULL);

    capture.sessions = vt600_sessions_new(capture.scope);
    capture.exchanges = vt600_exchanges_new(capture.scope);
    capture.verdicts = g_ptr_array_new();
    for (unsigned i = 0; i < SCRIPT_CONNECTIONS; i++)
        capture.places[i] = (vt600_place_t){.stream = i, .tracker = "tracker", .server = "server"};
    while (script_next(&script, &message))
        see_message(&capture, &message);
    for (unsigned i = 0; i < capture.verdicts->len; i++) {
        vt600_session_t *session = vt600_session_of(((vt600_verdict_t *)capture.verdicts->pdata[i])->session);
        if (g_hash_table_add(checked, session))
            check_session(session);
    }
    g_hash_table_destroy(checked);
    g_ptr_array_free(capture.verdicts, TRUE);
    wmem_destroy_allocator(capture.scope);
    return 0;
}
