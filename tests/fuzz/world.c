/* world.c
 *
 * A capture without epan, and what must hold of it; see world.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/frame.h"
#include "session/diagnosis.h"
#include "session/summary.h"

#define IMAGE_MOST 0x20000 /* bytes that are read whole */
#define TIME_MOST  (INT64_C(1) << 60)

static void fail(const char *what)
{
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

#define must(holds) ((holds) ? (void)0 : fail(#holds))

static uint32_t device_number(world_t *world, uint64_t id)
{
    unsigned i = 0;
    while (i < world->device_count && world->devices[i] != id)
        i++;
    if (i == WORLD_DEVICES)
        return i;
    if (i == world->device_count)
        world->devices[world->device_count++] = id;
    return i + 1;
}

void world_begin(world_t *world)
{
    world->scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    world->sessions = vt600_sessions_new(world->scope);
    world->exchanges = vt600_exchanges_new(world->scope);
    world->verdicts = g_ptr_array_new();
    for (unsigned i = 0; i < WORLD_CONNECTIONS; i++)
        world_connect(world, i, false);
}

void world_wait(world_t *world, int64_t time)
{
    world->number++;
    world->time = CLAMP(world->time + CLAMP(time, -TIME_MOST, TIME_MOST), -TIME_MOST, TIME_MOST);
}

void world_connect(world_t *world, unsigned connection, bool handshake)
{
    vt600_place_t *place = wmem_new0(world->scope, vt600_place_t);
    place->transport = connection == 2 ? VT600_OVER_UDP : connection == 3 ? VT600_OVER_TLS : VT600_OVER_TCP;
    place->handshake_seen = handshake && place->transport != VT600_OVER_UDP;
    place->is_named = true;
    place->stream = world->place_count++;
    place->tracker = "tracker";
    place->server = "server";
    place->opened = world->time;
    world->places[connection] = place;
    world->beginning_seen[connection] = place->handshake_seen;
}

void world_close(world_t *world, unsigned connection, vt600_side_t by, bool reset)
{
    vt600_place_t *place = world->places[connection];
    if (place->transport == VT600_OVER_UDP || place->closing.frame != 0)
        return;
    place->closing = (vt600_closing_t){.frame = world->number, .time = world->time, .by = by, .reset = reset};
    place->reset_seen = reset;
}

void world_lose(world_t *world, unsigned connection, vt600_side_t side)
{
    vt600_place_t *place = world->places[connection];
    vt600_flow_t *flow = &place->flows[vt600_place_direction(place, side)];
    const vt600_loss_t loss = {.time = world->time,
                               .seq = flow->delivered,
                               .end = flow->delivered + 100,
                               .direction = (uint8_t)vt600_place_direction(place, side)};
    if (place->transport != VT600_OVER_TCP)
        return;
    if (place->losses == NULL)
        place->losses = wmem_array_new(world->scope, sizeof loss);
    wmem_array_append_one(place->losses, loss);
    flow->delivered += 100;
}

void world_leave_unacknowledged(world_t *world, unsigned connection, vt600_side_t side)
{
    vt600_place_t *place = world->places[connection];
    vt600_flow_t *flow = &place->flows[vt600_place_direction(place, side)];
    flow->acked_known = true;
    flow->acked = flow->delivered - 1;
}

static vt600_role_t role_of(const world_frame_t *frame)
{
    if (frame->command != NULL && frame->command->ota)
        return VT600_ROLE_OTA;
    if (frame->side == VT600_SERVER)
        return VT600_ROLE_OTHER;
    if (frame->code == VT600_CMD_LOGIN)
        return VT600_ROLE_LOGIN;
    if (frame->code == VT600_CMD_IDENTITY)
        return VT600_ROLE_IDENTITY;
    return frame->code == VT600_CMD_POSITION ? VT600_ROLE_POSITION : VT600_ROLE_OTHER;
}

static void check_exchange(const vt600_exchange_t *exchange)
{
    must(exchange->request == NULL || exchange->request->answered_in != 0);
    must(exchange->request == NULL || exchange->request->number <= exchange->number);
    must(exchange->previous == NULL || exchange->attempt == exchange->previous->attempt + 1);
    must(!exchange->unsolicited || exchange->request == NULL || exchange->repeated);
}

static void check_verdict(const vt600_verdict_t *verdict)
{
    const vt600_session_t *session = verdict->session;

    must(verdict->state < VT600_STATES && verdict->turn <= VT600_PARTY_SERVER && verdict->waited >= -1);
    must(verdict->range.first <= verdict->range.end || (verdict->notes & VT600_NOTE_LENGTH_MISMATCH));
    must(verdict->bytes_acked <= vt600_image_acknowledged(session->image));
    must(verdict->bytes_sent <= vt600_image_sent(session->image));
    must(verdict->data_time >= 0);
}

void world_say(world_t *world, unsigned connection, const world_frame_t *frame)
{
    vt600_place_t *place = world->places[connection];
    vt600_flow_t *flow = &place->flows[vt600_place_direction(place, frame->side)];
    vt600_exchange_t *exchange = wmem_new0(world->scope, vt600_exchange_t);
    const uint32_t broadcast = device_number(world, VT600_DEVICE_ID_KEY_BROADCAST);
    const uint32_t device = device_number(world, frame->device);
    const bool linked = frame->command != NULL && frame->fault.trust != VT600_TRUST_NONE;
    vt600_verdict_t *verdict = NULL;

    *exchange = (vt600_exchange_t){.number = world->number, .time = world->time};
    flow->delivered += frame->size;
    flow->delivered_known = true;
    if (frame->fault.trust != VT600_TRUST_NONE)
        place->seen[frame->side] = true;
    const vt600_session_frame_t seen = {
        .exchange = exchange,
        .device = device,
        .device_text = frame->device_text,
        .role = role_of(frame),
        .side = frame->side,
        .code = frame->code,
        .ota = frame->ota,
        .text = frame->text,
        .text_length = frame->text_length,
        .fault = frame->fault,
        .has_seq = place->transport == VT600_OVER_TCP,
        .seq_end = flow->delivered,
        .place = place,
        .timeout = world->timeout,
    };
    const vt600_exchange_frame_t asking = {
        .command = frame->command,
        .side = frame->side,
        .device = device,
        .broadcast = broadcast,
        .has_key = frame->code != VT600_CMD_OTA_DATA || frame->ota->has_offset,
        .offset = frame->ota->offset,
        .has_fingerprint = frame->has_fingerprint,
        .fingerprint = frame->fingerprint,
        .finished = frame->ota->shape == VT600_DATA_UPGRADE && frame->ota->complete &&
                    frame->ota->flag == VT600_FLAG_UPGRADE_FINISHED,
        .beginning_seen = world->beginning_seen[connection],
        .conversation = place,
    };
    if (linked)
        vt600_exchanges_answer(world->exchanges, &asking, exchange);
    if (device != broadcast)
        verdict = vt600_sessions_add(world->sessions, &seen);
    if (linked)
        vt600_exchanges_ask(world->exchanges, &asking, verdict != NULL && !verdict->aside ? verdict->session : NULL,
                            exchange);
    if (exchange->attempt != 0 && frame->side == VT600_SERVER)
        world->beginning_seen[connection] = true;
    check_exchange(exchange);
    if (verdict == NULL)
        return;
    check_verdict(verdict);
    g_ptr_array_add(world->verdicts, verdict);
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

/* The frames of a session, from its first one to its last one: what was counted does not become less. */
static void check_frames(const vt600_session_t *session)
{
    const vt600_verdict_t *before = NULL;

    for (const vt600_verdict_t *now = session->head; now != NULL; before = now, now = now->next) {
        must(now->session == session && !now->aside);
        if (before == NULL)
            continue;
        must(before->exchange->number <= now->exchange->number);
        must(before->bytes_sent <= now->bytes_sent && before->bytes_acked <= now->bytes_acked);
        must(before->blocks_acked <= now->blocks_acked && before->retries <= now->retries);
    }
    must(before != NULL && before == session->course.tail);
}

static void check_summary(const vt600_session_t *session)
{
    const uint64_t acked = vt600_image_acknowledged(session->image);
    const uint32_t total = vt600_session_total(session, 0);
    const vt600_waits_t waits = vt600_session_waits(session);
    const double rate = vt600_rate(acked, vt600_session_data_time(session));

    must(total == 0 || (vt600_progress(acked, total) >= 0 && vt600_progress(acked, total) <= 100));
    must(isfinite(rate) && rate >= 0 && vt600_session_duration(session) >= 0);
    must(waits.tracker >= 0 && waits.server >= 0);
    must(waits.longest >= 0 && waits.longest_of <= VT600_PARTY_SERVER);
    must(vt600_session_damaged_frames(session) <= vt600_session_last_frame(session) * 4096u);
}

static void check_diagnosis(const world_t *world, vt600_session_t *session)
{
    const vt600_observation_t observation = {.capture_end = world->time, .patience = world->patience};
    const vt600_diagnosis_t diagnosis = vt600_diagnose(session, &observation);
    const vt600_diagnosis_t again = vt600_diagnose(session, &observation);
    const bool good = diagnosis.updated == VT600_UPDATED_CONFIRMED || diagnosis.updated == VT600_UPDATED_REPORTED;
    char *text = vt600_diagnosis_explain(world->scope, session, &diagnosis);

    must(diagnosis.cause == again.cause && diagnosis.updated == again.updated && diagnosis.party == again.party);
    must(diagnosis.cause < VT600_CAUSES && diagnosis.party <= VT600_PARTY_CAPTURE);
    must(!good || (diagnosis.cause == VT600_CAUSE_NONE && diagnosis.party == VT600_NOBODY));
    must(good || diagnosis.updated == VT600_UPDATED_NOT_JUDGED || diagnosis.cause != VT600_CAUSE_NONE);
    must(diagnosis.updated != VT600_UPDATED_RUNNING || diagnosis.cause == VT600_CAUSE_CAPTURE_ENDED);
    must(diagnosis.evidence_count >= 1 && diagnosis.evidence_count <= VT600_EVIDENCE_MOST);
    for (unsigned i = 0; i < diagnosis.evidence_count; i++) {
        must(diagnosis.evidence[i] >= 1 && diagnosis.evidence[i] <= world->number);
        must(i == 0 || diagnosis.evidence[i - 1] < diagnosis.evidence[i]);
    }
    must(diagnosis.pause >= 0 && (text == NULL || g_utf8_validate(text, -1, NULL)));
}

void world_end(world_t *world)
{
    GHashTable *numbers = g_hash_table_new(NULL, NULL); /* of sessions: the number + 1 -> the session */

    for (unsigned i = 0; i < world->verdicts->len; i++) {
        vt600_session_t *session = ((vt600_verdict_t *)world->verdicts->pdata[i])->session;
        void *known = g_hash_table_lookup(numbers, GUINT_TO_POINTER(session->number + 1));
        must(known == NULL || known == session);
        if (known != NULL)
            continue;
        g_hash_table_insert(numbers, GUINT_TO_POINTER(session->number + 1), session);
        vt600_session_settle(session);
        must(session->course.state < VT600_STATES);
        check_frames(session);
        check_image(session->image);
        check_summary(session);
        check_diagnosis(world, session);
    }
    g_hash_table_destroy(numbers);
    g_ptr_array_free(world->verdicts, TRUE);
    wmem_destroy_allocator(world->scope);
}
