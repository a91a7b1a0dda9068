/* session.c
 *
 * Which session a frame belongs to, and what it does there; see session.h.
 *
 * A device has at most one session that goes on. The next attempt begins with
 * a query, an authorization or a block at offset 0 after an end, and without
 * an end with an authorization or another block at offset 0 after blocks.
 * An authorization on a new connection may be either: the next attempt, or
 * the unfinished one going on after GPRS dropped. It begins a session of its
 * own, which joins the unfinished one if its first block continues that.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "core/identity.h"

/* A block of the image, known by its offset. */
typedef struct {
    uint32_t length; /* when last sent */
    bool sent;       /* in a frame that can be trusted */
    bool damaged;    /* only in ones that cannot */
    bool acknowledged;
    uint8_t *pending; /* sent with other content than acknowledged before, and not acknowledged yet; or NULL */
} block_t;

struct vt600_sessions {
    wmem_allocator_t *scope;
    wmem_array_t *latest; /* by device number: vt600_session_t *, its latest session, or NULL */
    vt600_series_t verdicts;
    uint32_t count;
};

vt600_sessions_t *vt600_sessions_new(wmem_allocator_t *scope)
{
    vt600_sessions_t *sessions = wmem_new0(scope, vt600_sessions_t);
    sessions->scope = scope;
    sessions->latest = wmem_array_new(scope, sizeof(vt600_session_t *));
    vt600_series_init(&sessions->verdicts, scope, sizeof(vt600_verdict_t));
    return sessions;
}

static vt600_session_t **latest_of(vt600_sessions_t *sessions, uint32_t device)
{
    vt600_session_t *const none = NULL;
    while (wmem_array_get_count(sessions->latest) <= device)
        wmem_array_append_one(sessions->latest, none);
    return wmem_array_index(sessions->latest, device);
}

vt600_session_t *vt600_session_of(vt600_session_t *session)
{
    return session->joined != NULL ? session->joined : session;
}

uint32_t vt600_session_total(const vt600_session_t *session, uint32_t size)
{
    return session->total != 0 ? session->total : size;
}

static int by_stream(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void enter_place(vt600_session_t *session, const vt600_place_t *place)
{
    uint32_t *streams = wmem_array_get_raw(session->streams);
    const unsigned count = wmem_array_get_count(session->streams);

    session->place = place;
    if (count > 0 && bsearch(&place->stream, streams, count, sizeof *streams, by_stream) != NULL)
        return;
    const bool is_latest = count == 0 || place->stream > streams[count - 1];
    wmem_array_append_one(session->streams, place->stream);
    if (!is_latest)
        wmem_array_sort(session->streams, by_stream);
}

static vt600_session_t *begin(vt600_sessions_t *sessions, const vt600_session_frame_t *frame,
                              const vt600_session_t *earlier)
{
    vt600_session_t *session = wmem_new0(sessions->scope, vt600_session_t);

    session->number = sessions->count++;
    g_strlcpy(session->device, frame->device_text, sizeof session->device);
    session->first_frame = frame->number;
    session->start = frame->time;
    session->streams = wmem_array_new(sessions->scope, sizeof(uint32_t));
    session->image = vt600_image_new(sessions->scope);
    vt600_series_init(&session->blocks, sessions->scope, sizeof(block_t));
    enter_place(session, frame->place);
    session->earlier = earlier;
    if (earlier != NULL) { /* the tracker is the same, and remembers an authorization that did not end */
        session->beginning_seen = vt600_state_is_end(earlier->state);
        session->authorization_seen = earlier->authorization_seen && !session->beginning_seen;
        session->has_info = earlier->has_info;
        session->device_code = earlier->device_code;
        session->max_block = earlier->max_block;
        session->firmware_version = earlier->firmware_version;
        session->serial_number = earlier->serial_number;
        session->imei = earlier->imei;
    }
    *latest_of(sessions, frame->device) = session;
    return session;
}

static block_t *find_block(const vt600_session_t *session, uint32_t offset)
{
    return vt600_series_find(&session->blocks, offset);
}

/* Were other blocks than the first sent, or stored? */
static bool has_progress(const vt600_session_t *session)
{
    return vt600_series_count(&session->blocks) > (find_block(session, 0) != NULL ? 1u : 0u);
}

/* Does the block go on where the session, in an earlier conversation, stopped? */
static bool continues(const vt600_session_t *session, uint32_t offset)
{
    return offset != 0 || !has_progress(session);
}

/* Does the first block begin the next attempt? It may come behind others; but not in an attempt that the capture has
 * from its begin only now. */
static bool begins_anew(const vt600_session_t *session, uint32_t offset)
{
    if (offset != 0)
        return false;
    if (vt600_state_is_end(session->state))
        return true;
    return has_progress(session) && (find_block(session, 0) != NULL || !session->authorization_seen);
}

static bool begins_next(const vt600_session_t *session, const vt600_session_frame_t *frame, vt600_event_kind_t event)
{
    const bool at_end = vt600_state_is_end(session->state);

    switch (event) {
    case VT600_EVENT_QUERY:
        return at_end;
    case VT600_EVENT_AUTHORIZE:
        return at_end || session->has_block;
    case VT600_EVENT_BLOCK:
        return begins_anew(session, frame->ota->offset);
    /* Where only the tracker is seen, its answers stand for the requests. */
    case VT600_EVENT_GRANTED:
        return !session->requests_seen && session->has_block;
    case VT600_EVENT_STORED:
        return !session->requests_seen && begins_anew(session, frame->ota->offset);
    default:
        return false;
    }
}

/* The session, begun on a new connection, is the unfinished one going on. */
static vt600_session_t *join(vt600_sessions_t *sessions, vt600_session_t *session, const vt600_session_frame_t *frame)
{
    vt600_session_t *unfinished = session->unfinished;

    session->joined = unfinished;
    if (session->number + 1 == sessions->count)
        sessions->count--;
    unfinished->authorization_seen = true;
    if (session->is_timed) {
        unfinished->is_timed = true;
        unfinished->last_data = session->last_data;
    }
    *latest_of(sessions, frame->device) = unfinished;
    return unfinished;
}

/* The session that the frame belongs to, or NULL. */
static vt600_session_t *choose(vt600_sessions_t *sessions, vt600_session_t *latest, const vt600_session_frame_t *frame,
                               vt600_event_kind_t event)
{
    if (latest == NULL) {
        const bool can_begin = frame->code == VT600_CMD_TRACKER_INFO || frame->code == VT600_CMD_OTA_AUTHORIZE ||
                               frame->code == VT600_CMD_OTA_DATA;
        return can_begin && event != VT600_EVENT_NONE ? begin(sessions, frame, NULL) : NULL;
    }
    if (latest->unfinished != NULL && event >= VT600_EVENT_BLOCK) {
        if (!frame->ota->has_offset || continues(latest->unfinished, frame->ota->offset))
            return join(sessions, latest, frame);
        latest->unfinished = NULL;
    }
    if (!begins_next(latest, frame, event))
        return latest;

    vt600_session_t *next = begin(sessions, frame, latest);
    const bool authorizes = event == VT600_EVENT_AUTHORIZE || event == VT600_EVENT_GRANTED;
    if (authorizes && !vt600_state_is_end(latest->state) && latest->data_place != frame->place)
        next->unfinished = latest;
    return next;
}

static void count_block(vt600_session_t *session, const block_t *block, int64_t when)
{
    if (block->sent || block->damaged)
        session->retries++;
    if (!session->has_block) {
        session->has_block = true;
        session->first_block = when;
    }
}

static void on_block(vt600_sessions_t *sessions, vt600_session_t *session, const vt600_session_frame_t *frame,
                     vt600_verdict_t *verdict)
{
    const vt600_ota_t *ota = frame->ota;
    const uint64_t sent_end = vt600_image_sent_end(session->image);
    block_t *block = vt600_series_get(&session->blocks, ota->offset);

    if (!session->has_block && !session->authorization_seen)
        session->beginning_seen = session->beginning_seen || (frame->place->handshake_seen && ota->offset == 0);
    if (session->beginning_seen && !session->authorization_seen)
        verdict->notes |= VT600_NOTE_UNAUTHORIZED;
    if (session->max_block != 0 && ota->block_length > session->max_block) {
        verdict->notes |= VT600_NOTE_BLOCK_TOO_LONG;
        verdict->number = session->max_block;
    }
    if (ota->offset > sent_end && (sent_end > 0 || session->authorization_seen)) {
        verdict->notes |= VT600_NOTE_GAP;
        verdict->range = (vt600_range_t){sent_end, ota->offset};
    }

    count_block(session, block, frame->time);
    const bool whole = frame->trust == VT600_TRUST_WHOLE;
    const bool stored_before = block->acknowledged && !block->sent; /* packets may come in another order */
    block->sent = true;
    block->length = whole ? (uint32_t)ota->block_present : ota->block_length;
    const vt600_range_t changed =
        vt600_image_send(session->image, ota->offset, block->length, whole ? ota->block : NULL);
    block->pending = NULL;
    if (changed.first != changed.end) {
        verdict->notes |= VT600_NOTE_OVERLAP;
        verdict->range = changed;
        block->pending = wmem_memdup(sessions->scope, ota->block, block->length);
    }
    if (stored_before) {
        vt600_image_acknowledge(session->image, ota->offset, block->length, block->pending);
        block->pending = NULL;
    }
}

static void on_damaged_block(vt600_session_t *session, const vt600_session_frame_t *frame)
{
    block_t *block = vt600_series_get(&session->blocks, frame->ota->offset);
    count_block(session, block, frame->time);
    if (!block->sent) {
        block->damaged = true;
        block->length = (uint32_t)frame->ota->block_present;
    }
}

static void on_stored(vt600_session_t *session, const vt600_session_frame_t *frame, vt600_verdict_t *verdict)
{
    const uint32_t offset = frame->ota->offset;
    block_t *block = vt600_series_get(&session->blocks, offset);

    if (!block->sent && block->damaged)
        verdict->notes |= VT600_NOTE_STORED_DAMAGED;
    else if (!block->sent && session->requests_seen)
        verdict->notes |= VT600_NOTE_STORED_UNSEEN;
    if (!session->has_block) {
        session->has_block = true;
        session->first_block = frame->time;
    }
    if (!block->acknowledged)
        session->blocks_acked++;
    block->acknowledged = true;
    vt600_image_acknowledge(session->image, offset, block->length, block->pending);
    block->pending = NULL;
}

/* Text from the wire as it may be shown and stored: NULL for none. */
static const char *text_of(wmem_allocator_t *scope, const uint8_t *text, vt600_span_t span)
{
    if (span.length == 0)
        return NULL;
    char *copy = wmem_strndup(scope, (const char *)text + span.at, span.length);
    for (char *c = copy; *c != '\0'; c++)
        if (!g_ascii_isprint(*c))
            *c = '?';
    return copy;
}

static void on_info(vt600_sessions_t *sessions, vt600_session_t *session, const vt600_session_frame_t *frame)
{
    const vt600_ota_t *ota = frame->ota;
    const vt600_identity_t identity = vt600_identity_read(ota->text, ota->text_length, frame->device_text);

    session->has_info = true;
    session->device_code = ota->device_code;
    session->max_block = ota->max_length;
    session->firmware_version = text_of(sessions->scope, ota->text, identity.version);
    session->serial_number = text_of(sessions->scope, ota->text, identity.serial);
    session->imei = text_of(sessions->scope, ota->text, identity.imei);
}

/* The check announces the length modulo 65536: the true one is that nearest to what was sent. */
static uint32_t length_near(uint16_t announced, uint64_t sent_end)
{
    const uint64_t wrap = UINT16_MAX + UINT64_C(1);
    uint64_t length = sent_end / wrap * wrap + announced;
    if (length > sent_end + wrap / 2 && length >= wrap)
        length -= wrap;
    else if (length + wrap / 2 <= sent_end)
        length += wrap;
    return (uint32_t)MIN(length, UINT32_MAX);
}

static void on_check(vt600_session_t *session, const vt600_session_frame_t *frame, vt600_verdict_t *verdict)
{
    const uint64_t sent_end = vt600_image_sent_end(session->image);

    session->check_seen = true;
    session->total = length_near(frame->ota->image_length, sent_end);
    if (sent_end != 0 && session->total != sent_end) {
        verdict->notes |= VT600_NOTE_LENGTH_MISMATCH;
        verdict->range = (vt600_range_t){sent_end, session->total};
    }
}

static void on_checksum(vt600_session_t *session, const vt600_session_frame_t *frame, vt600_verdict_t *verdict)
{
    /* Without the request nobody announced a length: what was sent may be all. */
    const uint64_t total = session->total != 0 ? session->total : vt600_image_sent_end(session->image);

    session->check_seen = true;
    session->has_checksum = true;
    session->checksum = frame->ota->image_checksum;
    verdict->notes |= VT600_NOTE_IMAGE_CHECKED;
    verdict->range = (vt600_range_t){0, total};
}

void vt600_session_settle(vt600_session_t *session)
{
    vt600_verdict_t *verdict = session->unsettled;

    if (verdict == NULL)
        return;
    session->unsettled = NULL;
    verdict->notes &= ~VT600_NOTE_IMAGE_CHECKED;
    const vt600_image_sum_t sum = vt600_image_sum(session->image, verdict->range.end, &session->computed);
    session->has_computed = sum == VT600_IMAGE_WHOLE;
    if (!session->has_computed) {
        verdict->notes |= sum == VT600_IMAGE_PARTIAL ? VT600_NOTE_IMAGE_PARTIAL : VT600_NOTE_IMAGE_UNSUMMED;
        verdict->range = (vt600_range_t){0, 0};
        return;
    }
    verdict->notes |= session->computed == session->checksum ? VT600_NOTE_IMAGE_MATCH : VT600_NOTE_IMAGE_DIFFERS;
    verdict->number = session->computed;
    if (session->computed == session->checksum)
        session->total = (uint32_t)MIN(verdict->range.end, UINT32_MAX);
    if (!vt600_image_may_copy(session->image, verdict->range.end))
        verdict->range = (vt600_range_t){0, 0};
}

/* What an event does besides the state. */
static void act(vt600_sessions_t *sessions, vt600_session_t *session, const vt600_session_frame_t *frame,
                vt600_event_kind_t event, vt600_verdict_t *verdict)
{
    switch (event) {
    case VT600_EVENT_QUERY:
        session->beginning_seen = session->beginning_seen || !session->has_block;
        break;
    case VT600_EVENT_INFO:
        on_info(sessions, session, frame);
        break;
    case VT600_EVENT_AUTHORIZE:
    case VT600_EVENT_GRANTED:
        session->authorization_seen = true;
        break;
    case VT600_EVENT_BLOCK:
        on_block(sessions, session, frame, verdict);
        break;
    case VT600_EVENT_STORED:
        on_stored(session, frame, verdict);
        break;
    case VT600_EVENT_NOT_STORED:
        session->naks++;
        break;
    case VT600_EVENT_CHECK:
        on_check(session, frame, verdict);
        break;
    case VT600_EVENT_CHECKSUM:
        on_checksum(session, frame, verdict);
        break;
    case VT600_EVENT_UPGRADE:
        if (!session->check_seen)
            verdict->notes |= VT600_NOTE_UNCHECKED;
        break;
    case VT600_EVENT_FINISHED:
        if (session->state != VT600_COMPLETED)
            verdict->notes |= VT600_NOTE_COMPLETED;
        break;
    case VT600_EVENT_CANCELLED:
        verdict->notes |= VT600_NOTE_CANCELLED;
        break;
    default:
        break;
    }
    if (event == VT600_EVENT_GRANTED || event == VT600_EVENT_BLOCK || event == VT600_EVENT_STORED ||
        event == VT600_EVENT_NOT_STORED) {
        session->last_data = frame->time;
        session->is_timed = true;
        session->data_place = frame->place;
    }
}

static void expire(vt600_session_t *session, const vt600_session_frame_t *frame, vt600_verdict_t *verdict)
{
    if (!session->is_timed || frame->timeout == 0 || frame->time - session->last_data <= frame->timeout)
        return;
    const vt600_state_t next = vt600_state_next(session->state, VT600_EVENT_TIMEOUT);
    if (next == session->state)
        return;
    session->state = next;
    verdict->notes |= VT600_NOTE_EXPIRED;
    verdict->idle = (uint32_t)MIN((frame->time - session->last_data) / 1000000000, UINT32_MAX);
}

const vt600_verdict_t *vt600_sessions_add(vt600_sessions_t *sessions, const vt600_session_frame_t *frame)
{
    vt600_session_t *latest = *latest_of(sessions, frame->device);
    const vt600_event_kind_t event = vt600_event_of(frame);
    vt600_verdict_t verdict = {0};

    if (latest != NULL && event != VT600_EVENT_NONE)
        expire(latest, frame, &verdict);
    vt600_session_t *session = choose(sessions, latest, frame, event);
    if (session == NULL)
        return NULL;

    if (event == VT600_EVENT_BLOCK || event == VT600_EVENT_STORED || event == VT600_EVENT_CHECK ||
        event == VT600_EVENT_CHECKSUM)
        vt600_session_settle(session); /* before the image, its length, or what the tracker says of it, changes */
    if (session->place != frame->place) {
        verdict.continued_from = session->last_frame;
        enter_place(session, frame->place);
    }
    session->last_frame = frame->number;
    session->last = frame->time;
    session->damaged_frames += frame->damaged;
    session->requests_seen = session->requests_seen || frame->side == VT600_SERVER;
    act(sessions, session, frame, event, &verdict);
    if (frame->trust == VT600_TRUST_NONE && frame->ota->shape == VT600_DATA_BLOCK && frame->ota->has_offset)
        on_damaged_block(session, frame);
    session->state = vt600_state_next(session->state, event);

    verdict.session = session;
    verdict.state = (uint8_t)session->state;
    verdict.bytes_sent = (uint32_t)MIN(vt600_image_sent(session->image), UINT32_MAX);
    verdict.bytes_acked = (uint32_t)MIN(vt600_image_acknowledged(session->image), UINT32_MAX);
    verdict.blocks_acked = session->blocks_acked;
    verdict.retries = session->retries;
    verdict.elapsed = session->has_block ? frame->time - session->first_block : 0;
    vt600_verdict_t *kept = vt600_series_get(&sessions->verdicts, vt600_series_count(&sessions->verdicts));
    *kept = verdict;
    if (verdict.notes & VT600_NOTE_IMAGE_CHECKED) {
        session->unsettled = kept;
        if (session->total == 0) /* it tells the length, for all that follows */
            vt600_session_settle(session);
    }
    return kept;
}
