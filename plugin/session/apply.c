/* apply.c
 *
 * What a frame changes in its session; see apply.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "apply.h"

#include "checksum.h"
#include "summary.h"

/* A block of the image, known by its offset. */
typedef struct {
    uint32_t length; /* when last sent */
    bool sent;       /* in a frame that can be trusted */
    bool damaged;    /* only in ones that cannot */
    bool acknowledged;
    uint8_t *pending; /* sent again or with other content than before, and not acknowledged yet; or NULL */
} block_t;

void vt600_session_init_blocks(vt600_session_t *session, wmem_allocator_t *scope)
{
    session->image = vt600_image_new(scope);
    vt600_series_init(&session->blocks, scope, sizeof(block_t));
}

static block_t *find_block(const vt600_session_t *session, uint32_t offset)
{
    return vt600_series_find(&session->blocks, offset);
}

bool vt600_session_starts_other_image(const vt600_session_t *session, const vt600_ota_t *ota)
{
    const block_t *first = find_block(session, 0);
    return first != NULL && first->sent && ota->offset == 0 && ota->block != NULL &&
           !vt600_image_agrees(session->image, 0, (uint32_t)ota->block_present, ota->block);
}

bool vt600_session_has_start(const vt600_session_t *session)
{
    const block_t *first = find_block(session, 0);
    return first != NULL && first->sent;
}

bool vt600_session_lacks_start(const vt600_session_t *session)
{
    return vt600_series_count(&session->blocks) > 0 && find_block(session, 0) == NULL;
}

static void start_clock(vt600_session_t *session, int64_t when)
{
    if (session->has_block)
        return;
    session->has_block = true;
    session->first_block = when;
}

static void judge_block(const vt600_session_t *session, const vt600_session_frame_t *frame, vt600_verdict_t *verdict)
{
    const vt600_ota_t *ota = frame->ota;
    const uint64_t sent_end = vt600_image_sent_end(session->image);

    if (session->beginning_seen && !session->course.authorization_seen && !session->lossy)
        verdict->notes |= VT600_NOTE_UNAUTHORIZED;
    if (session->max_block != 0 && ota->block_length > session->max_block) {
        verdict->notes |= VT600_NOTE_BLOCK_TOO_LONG;
        verdict->number = session->max_block;
    }
    if (ota->offset > sent_end && (sent_end > 0 || session->course.authorization_seen)) {
        verdict->notes |= VT600_NOTE_GAP;
        verdict->range = (vt600_range_t){sent_end, ota->offset};
    }
}

static void on_block(wmem_allocator_t *scope, vt600_session_t *session, const vt600_session_frame_t *frame,
                     vt600_verdict_t *verdict)
{
    const vt600_ota_t *ota = frame->ota;

    if (!ota->has_offset) { /* cut before it: which block it is, nobody knows */
        start_clock(session, frame->exchange->time);
        return;
    }
    if (!session->has_block && !session->course.authorization_seen && frame->place->handshake_seen && ota->offset == 0)
        session->beginning_seen = true;
    judge_block(session, frame, verdict);
    start_clock(session, frame->exchange->time);

    block_t *block = vt600_series_get(&session->blocks, ota->offset);
    const bool whole = frame->fault.trust == VT600_TRUST_WHOLE;
    const bool stored_before = block->acknowledged && !block->sent; /* packets may come in another order */
    const bool again = block->sent;
    session->retries += block->sent;
    block->sent = true;
    block->length = whole ? (uint32_t)ota->block_present : ota->block_length;
    const vt600_range_t changed =
        vt600_image_send(session->image, ota->offset, block->length, whole ? ota->block : NULL);
    wmem_free(scope, block->pending);
    block->pending = NULL;
    if (changed.first != changed.end) {
        verdict->notes |= VT600_NOTE_OVERLAP;
        verdict->range = changed;
    }
    /* Before the answer comes, another block may take the place of these bytes. */
    if (changed.first != changed.end || (again && whole && block->length > 0))
        block->pending = wmem_memdup(scope, ota->block, block->length);
    if (stored_before) {
        vt600_image_acknowledge(session->image, ota->offset, block->length, block->pending);
        block->pending = NULL;
    }
}

void vt600_session_apply_damaged(vt600_session_t *session, const vt600_session_frame_t *frame)
{
    const vt600_ota_t *ota = frame->ota;

    if (ota->shape != VT600_DATA_BLOCK || !ota->has_offset)
        return;
    block_t *block = vt600_series_get(&session->blocks, ota->offset);
    if (!block->sent) {
        block->damaged = true;
        block->length = (uint32_t)ota->block_present;
    }
}

static void on_stored(vt600_session_t *session, const vt600_session_frame_t *frame, vt600_verdict_t *verdict)
{
    const uint32_t offset = frame->ota->offset;
    block_t *block = vt600_series_get(&session->blocks, offset);

    if (!block->sent && block->damaged)
        verdict->notes |= VT600_NOTE_STORED_DAMAGED;
    else if (!block->sent && session->seen[VT600_SERVER])
        verdict->notes |= VT600_NOTE_STORED_UNSEEN;
    start_clock(session, frame->exchange->time);
    session->has_ack = session->confirmed = true;
    session->last_ack = frame->exchange->time;
    if (!block->acknowledged)
        session->blocks_acked++;
    block->acknowledged = true;
    vt600_image_acknowledge(session->image, offset, block->length, block->pending);
    block->pending = NULL;
}

static void on_check(vt600_session_t *session, const vt600_session_frame_t *frame, vt600_verdict_t *verdict)
{
    const uint64_t sent_end = vt600_image_sent_end(session->image);

    session->check_seen = true;
    session->refused_since_check = false;
    if (!frame->ota->complete)
        return;
    session->has_announced = true;
    session->announced = frame->ota->image_length;
    const uint32_t total = vt600_session_total(session, 0);
    if (sent_end != 0 && total != sent_end) {
        verdict->notes |= VT600_NOTE_LENGTH_MISMATCH;
        verdict->range = (vt600_range_t){sent_end, total};
    }
}

static void on_checksum(vt600_session_t *session, const vt600_session_frame_t *frame, vt600_verdict_t *verdict)
{
    if (!session->check_seen)
        session->refused_since_check = false;
    session->check_seen = true;
    session->checksum_seen = true;
    if (!frame->ota->complete)
        return;
    /* Without the request nobody announced a length: what was sent may be all. */
    const uint64_t total =
        session->has_announced ? vt600_session_total(session, 0) : vt600_image_sent_end(session->image);
    session->has_checksum = true;
    session->checksum = frame->ota->image_checksum;
    verdict->notes |= VT600_NOTE_IMAGE_CHECKED;
    verdict->range = (vt600_range_t){0, total};
}

void vt600_session_settle(vt600_session_t *session)
{
    vt600_verdict_t *verdict = session->checked;

    if (verdict == NULL)
        return;
    session->checked = NULL;
    verdict->notes &= ~(uint32_t)VT600_NOTE_IMAGE_CHECKED;
    const uint64_t length = verdict->range.end;
    const vt600_image_sum_t sum = vt600_image_sum(session->image, length, &session->computed);
    session->has_computed = sum == VT600_IMAGE_WHOLE;
    session->algorithm = VT600_CHECKSUM_NONE;
    if (!session->has_computed) {
        verdict->notes |= sum == VT600_IMAGE_PARTIAL ? VT600_NOTE_IMAGE_PARTIAL : VT600_NOTE_IMAGE_UNSUMMED;
        verdict->range = (vt600_range_t){0, 0};
        return;
    }
    const bool may_copy = vt600_image_may_copy(session->image, length);
    if (session->computed == session->checksum) {
        session->algorithm = 0;
        verdict->notes |= VT600_NOTE_IMAGE_MATCH;
    } else if (may_copy) {
        session->algorithm = vt600_checksum_find(session->image, length, session->checksum);
        verdict->notes |= VT600_NOTE_IMAGE_DIFFERS;
    } else {
        session->has_computed = false;
        verdict->notes |= VT600_NOTE_IMAGE_UNSUMMED;
    }
    verdict->number = session->computed;
    if (session->computed == session->checksum && !session->has_announced)
        session->proven_total = (uint32_t)MIN(length, UINT32_MAX);
    if (!may_copy)
        verdict->range = (vt600_range_t){0, 0};
}

/* Is the capture sure to hold what came before the order? */
static bool order_is_judged(const vt600_session_t *session)
{
    return session->head != NULL && session->seen[VT600_TRACKER] && session->seen[VT600_SERVER] && !session->lossy;
}

static void on_upgrade(vt600_session_t *session, vt600_verdict_t *verdict)
{
    if ((!session->check_seen || !session->checksum_seen) && order_is_judged(session))
        verdict->notes |= VT600_NOTE_UNCHECKED;
    vt600_session_settle(session);
    if (session->has_checksum && session->has_computed && session->algorithm == VT600_CHECKSUM_NONE) {
        verdict->notes |= VT600_NOTE_MISMATCH;
        verdict->number = session->computed;
    }
}

void vt600_session_apply(wmem_allocator_t *scope, vt600_session_t *session, const vt600_session_frame_t *frame,
                         vt600_event_kind_t event, vt600_verdict_t *verdict)
{
    /* Before the image, its length, or what the tracker says of it, changes. */
    if (event == VT600_EVENT_BLOCK || event == VT600_EVENT_STORED || event == VT600_EVENT_CHECK ||
        event == VT600_EVENT_CHECKSUM)
        vt600_session_settle(session);

    switch (event) {
    case VT600_EVENT_QUERY:
        session->beginning_seen = session->beginning_seen || !session->has_block;
        break;
    case VT600_EVENT_AUTHORIZE:
    case VT600_EVENT_GRANTED:
        session->course.authorization_seen = true;
        break;
    case VT600_EVENT_BLOCK:
        on_block(scope, session, frame, verdict);
        break;
    case VT600_EVENT_STORED:
        on_stored(session, frame, verdict);
        break;
    case VT600_EVENT_NOT_STORED:
        session->naks++;
        break;
    case VT600_EVENT_NOT_AUTHORIZED:
        session->refused_since_check = session->check_seen;
        session->going = false;
        break;
    case VT600_EVENT_CHECK:
        on_check(session, frame, verdict);
        break;
    case VT600_EVENT_CHECKSUM:
        on_checksum(session, frame, verdict);
        break;
    case VT600_EVENT_UPGRADE:
        on_upgrade(session, verdict);
        break;
    case VT600_EVENT_UPGRADING:
        session->going = true;
        break;
    case VT600_EVENT_FINISHED:
        if (!session->finished)
            verdict->notes |= VT600_NOTE_COMPLETED;
        session->finished = true;
        break;
    case VT600_EVENT_CANCEL:
        session->cancel_seen = true;
        break;
    case VT600_EVENT_CANCELLED:
        if (session->course.state != VT600_CANCELLED)
            verdict->notes |= VT600_NOTE_CANCELLED;
        session->cancel_seen = true;
        break;
    default:
        break;
    }
    if (event == VT600_EVENT_GRANTED || event == VT600_EVENT_BLOCK || event == VT600_EVENT_STORED ||
        event == VT600_EVENT_NOT_STORED) {
        session->course.last_data = frame->exchange->time;
        session->course.is_timed = true;
    }
}
