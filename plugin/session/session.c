/* session.c
 *
 * Which session a frame belongs to; see session.h.
 *
 * A device has at most one session that goes on, its latest. After its end
 * the next query, authorization or block at offset 0 opens another one. Before
 * its end, a new authorization is part of it, until the first block after that
 * authorization decides: at offset 0, where any block was confirmed before,
 * the frames since the authorization (the leg) are the start of another
 * session. An answer belongs to the session of its request, however late it
 * comes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session.h"

#include <string.h>

#include "apply.h"
#include "core/identity.h"

/* What is known of a tracker beyond its sessions. Written in the first pass. */
typedef struct {
    vt600_session_t *latest;  /* NULL: none yet */
    vt600_session_t *orderer; /* the last one that ordered an upgrade; NULL: none yet */
    const char *version;      /* seen since the last order; NULL: not seen */
    uint32_t version_frame;
    bool login_since_going; /* a login since "going to upgrade" */
    bool has_info;          /* as in its sessions */
    uint16_t device_code;
    uint16_t max_block;
    const char *serial_number, *imei;
} tracker_t;

struct vt600_sessions {
    wmem_allocator_t *scope;
    wmem_array_t *trackers; /* by device number: tracker_t *, or NULL */
    vt600_series_t verdicts;
    uint32_t count;
    uint32_t generation;
};

vt600_sessions_t *vt600_sessions_new(wmem_allocator_t *scope)
{
    vt600_sessions_t *sessions = wmem_new0(scope, vt600_sessions_t);
    sessions->scope = scope;
    sessions->trackers = wmem_array_new(scope, sizeof(tracker_t *));
    vt600_series_init(&sessions->verdicts, scope, sizeof(vt600_verdict_t));
    return sessions;
}

uint32_t vt600_sessions_generation(const vt600_sessions_t *sessions)
{
    return sessions->generation;
}

static tracker_t *tracker_of(vt600_sessions_t *sessions, uint32_t device)
{
    tracker_t *const none = NULL;
    while (wmem_array_get_count(sessions->trackers) <= device)
        wmem_array_append_one(sessions->trackers, none);
    tracker_t **tracker = wmem_array_index(sessions->trackers, device);
    if (*tracker == NULL)
        *tracker = wmem_new0(sessions->scope, tracker_t);
    return *tracker;
}

bool vt600_session_is_at_end(const vt600_session_t *session)
{
    return session->cancel_seen || session->finished || session->going ||
           (session->check_seen && !session->refused_since_check);
}

bool vt600_session_is_running(const vt600_session_t *session)
{
    switch (session->course.state) {
    case VT600_AUTHORIZING:
    case VT600_AUTHORIZED:
    case VT600_TRANSFERRING:
    case VT600_CHECKING:
    case VT600_CHECKED:
        return true;
    case VT600_UPGRADING:
        return !session->going;
    default:
        return false;
    }
}

static void enter_place(wmem_allocator_t *scope, vt600_session_t *session, vt600_place_t *place)
{
    session->course.place = place;
    vt600_series_get(&session->streams, place->stream);
    if (place->sessions == NULL)
        place->sessions = wmem_array_new(scope, sizeof session);
    const unsigned count = wmem_array_get_count(place->sessions);
    if (count == 0 || *(vt600_session_t **)wmem_array_index(place->sessions, count - 1) != session)
        wmem_array_append_one(place->sessions, session);
}

/* The tracker is the same, and remembers an authorization that did not end. */
static vt600_session_t *begin(vt600_sessions_t *sessions, tracker_t *tracker, const vt600_session_frame_t *frame)
{
    vt600_session_t *session = wmem_new0(sessions->scope, vt600_session_t);
    const vt600_session_t *earlier = tracker->latest;

    session->number = sessions->count++;
    g_strlcpy(session->device, frame->device_text, sizeof session->device);
    vt600_session_init_blocks(session, sessions->scope);
    vt600_series_init(&session->streams, sessions->scope, 0);
    session->course.firmware_version = tracker->version;
    session->course.version_frame = tracker->version_frame;
    session->has_info = tracker->has_info;
    session->device_code = tracker->device_code;
    session->max_block = tracker->max_block;
    session->serial_number = tracker->serial_number;
    session->imei = tracker->imei;
    if (earlier != NULL) {
        session->beginning_seen = vt600_session_is_at_end(earlier);
        session->course.authorization_seen = earlier->course.authorization_seen && !session->beginning_seen;
    }
    tracker->latest = session;
    return session;
}

static void open_leg(vt600_session_t *session)
{
    if (session->has_leg || !session->confirmed)
        return;
    session->has_leg = true;
    session->before = session->course;
}

/* The leg's frames become the session's own. */
static void close_leg(vt600_session_t *session)
{
    session->has_leg = false;
}

/* Takes a frame of the leg over, as the next one of a session that has no blocks. */
static void adopt(vt600_sessions_t *sessions, vt600_session_t *session, vt600_verdict_t *frame)
{
    vt600_state_t state = session->course.state;

    if (session->head == NULL) {
        session->head = frame;
        frame->continued_from = 0;
        state = VT600_QUERIED;
    } else {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what has a head has a tail */
        session->course.tail->next = frame;
    }
    session->course.state = vt600_state_next(state, frame->event);
    session->course.tail = frame;
    session->seen[frame->side] = true;
    enter_place(sessions->scope, session, (vt600_place_t *)frame->place);
    frame->session = session;
    frame->exchange->session = session;
    frame->state = (uint8_t)session->course.state;
    frame->bytes_sent = frame->bytes_acked = frame->blocks_acked = frame->retries = 0;
    frame->data_time = 0;
    frame->next = NULL;
}

/* Parts the frames after the course before the leg: the leg's go to next, the others (late answers) stay. */
static void part_frames(vt600_sessions_t *sessions, vt600_session_t *session, vt600_session_t *next)
{
    vt600_verdict_t *tail = session->before.tail, *frame = tail->next;

    tail->next = NULL;
    while (frame != NULL) {
        vt600_verdict_t *following = frame->next;
        if (frame->in_leg) {
            adopt(sessions, next, frame);
        } else {
            tail->next = frame;
            tail = frame;
            tail->next = NULL;
        }
        frame = following;
    }
    session->before.tail = tail;
}

static void find_streams(vt600_sessions_t *sessions, vt600_session_t *session)
{
    vt600_series_init(&session->streams, sessions->scope, 0);
    for (const vt600_verdict_t *frame = session->head; frame != NULL; frame = frame->next)
        vt600_series_get(&session->streams, frame->place->stream);
}

/* The leg proves to be the start of another session. */
static vt600_session_t *split(vt600_sessions_t *sessions, tracker_t *tracker, const vt600_session_frame_t *frame)
{
    vt600_session_t *session = tracker->latest;
    vt600_session_t *next = begin(sessions, tracker, frame);

    next->course = session->course;
    next->course.place = NULL;
    next->course.tail = NULL;
    next->beginning_seen = true;
    next->split_from = session;
    part_frames(sessions, session, next);
    session->course = session->before;
    session->has_leg = false;
    find_streams(sessions, session);
    return next;
}

static bool is_authorization(vt600_event_kind_t event)
{
    return event == VT600_EVENT_AUTHORIZE || event == VT600_EVENT_GRANTED || event == VT600_EVENT_DENIED;
}

/* Does the frame show that a block was sent at its offset? An answer does so as well. */
static bool shows_block(const vt600_session_frame_t *frame, vt600_event_kind_t event)
{
    return frame->ota->has_offset && (event == VT600_EVENT_BLOCK || event == VT600_EVENT_STORED ||
                                      event == VT600_EVENT_NOT_STORED || event == VT600_EVENT_NOT_AUTHORIZED);
}

/* After the end: does the frame open the next session? An answer whose request the capture lacks stands for it. */
static bool opens_after_end(const vt600_session_t *session, const vt600_session_frame_t *frame,
                            vt600_event_kind_t event)
{
    if (event == VT600_EVENT_QUERY || event == VT600_EVENT_INFO || is_authorization(event))
        return true;
    if (event == VT600_EVENT_BLOCK)
        return frame->ota->has_offset && frame->ota->offset == 0;
    return event == VT600_EVENT_STORED && frame->ota->offset == 0 && !session->seen[VT600_SERVER];
}

/* Before the end and without a new authorization: does the block open another session? */
static bool opens_before_end(const vt600_session_t *session, const vt600_session_frame_t *frame,
                             vt600_event_kind_t event)
{
    if (event != VT600_EVENT_BLOCK || !frame->ota->has_offset || frame->ota->offset != 0)
        return false;
    /* Where the capture starts in the middle of a transfer, its own first block cannot come again. */
    return vt600_session_starts_other_image(session, frame->ota) ||
           (!session->course.authorization_seen && session->confirmed && vt600_session_lacks_start(session));
}

/* Where a frame belongs that is no answer to a known request. NULL: to no session. */
static vt600_session_t *choose(vt600_sessions_t *sessions, tracker_t *tracker, const vt600_session_frame_t *frame,
                               vt600_event_kind_t event)
{
    vt600_session_t *session = tracker->latest;

    if (session == NULL)
        return event != VT600_EVENT_NONE ? begin(sessions, tracker, frame) : NULL;
    if (event == VT600_EVENT_NONE || frame->exchange->repeated)
        return session;
    if (event == VT600_EVENT_FINISHED && tracker->orderer != NULL)
        return tracker->orderer;
    if (vt600_session_is_at_end(session))
        return opens_after_end(session, frame, event) ? begin(sessions, tracker, frame) : session;
    if (is_authorization(event)) {
        open_leg(session);
        return session;
    }
    if (event == VT600_EVENT_QUERY || event == VT600_EVENT_INFO)
        return session;
    if (session->has_leg) {
        if (shows_block(frame, event) && frame->ota->offset == 0)
            return split(sessions, tracker, frame);
        close_leg(session);
        return session;
    }
    return opens_before_end(session, frame, event) ? begin(sessions, tracker, frame) : session;
}

static vt600_session_t *session_of(vt600_sessions_t *sessions, tracker_t *tracker, const vt600_session_frame_t *frame,
                                   vt600_event_kind_t event)
{
    const vt600_exchange_t *request = frame->exchange->request;
    if (request != NULL && request->session != NULL)
        return (vt600_session_t *)request->session;
    return choose(sessions, tracker, frame, event);
}

/* Did the frame come after the authorization that the leg starts with? An answer came when its request did. */
static bool is_in_leg(const vt600_session_t *session, const vt600_session_frame_t *frame)
{
    const vt600_exchange_t *request = frame->exchange->request;
    if (!session->has_leg)
        return false;
    return request == NULL || request->number > session->before.tail->exchange->number;
}

/* Whose turn it is after the frame, and how long the other side waited for it. */
static void take_turn(vt600_session_t *session, const vt600_session_frame_t *frame, vt600_verdict_t *verdict)
{
    vt600_course_t *course = &session->course;
    const int64_t now = frame->exchange->time;
    const vt600_closing_t *closing = course->place != NULL ? &course->place->closing : NULL;
    const bool reconnected = closing != NULL && closing->frame != 0 && course->place != frame->place;

    verdict->waited = -1;
    if (session->head != NULL && course->turn != VT600_NOBODY && !session->going) {
        /* What was asked on a closed connection was lost with it. */
        const int64_t since = reconnected ? MAX(closing->time, frame->place->opened) : course->turn_since;
        verdict->waited = MAX(now - since, 0);
        verdict->waited_for = (uint8_t)(reconnected ? VT600_PARTY_SERVER : course->turn);
    }
    if (frame->fault.trust != VT600_TRUST_NONE) {
        const vt600_exchange_t *open = course->latest_request;
        if (frame->side == VT600_SERVER) {
            if (course->turn != VT600_PARTY_TRACKER || reconnected)
                course->turn_since = now;
            course->turn = VT600_PARTY_TRACKER;
            course->latest_request = frame->exchange;
        } else if (verdict->event == VT600_EVENT_UPGRADING) {
            course->turn = VT600_PARTY_TRACKER;
            course->turn_since = now;
        } else if (open != NULL && open->answered_in == 0 && !verdict->incomplete && frame->exchange->request != NULL) {
            while (open->previous != NULL && open->previous->answered_in == 0)
                open = open->previous;
            course->turn = VT600_PARTY_TRACKER;
            course->turn_since = open->time;
        } else {
            course->turn = VT600_PARTY_SERVER;
            course->turn_since = now;
        }
    }
    verdict->turn = (uint8_t)course->turn;
    verdict->turn_since = course->turn_since;
}

static char *escape(wmem_allocator_t *scope, const uint8_t *text, vt600_span_t span)
{
    wmem_strbuf_t *escaped = wmem_strbuf_new(scope, "");
    for (size_t i = 0; i < span.length; i++) {
        const uint8_t c = text[span.at + i];
        if (g_ascii_isprint(c) && c != '\\')
            wmem_strbuf_append_c(escaped, (char)c);
        else
            wmem_strbuf_append_printf(escaped, c == '\\' ? "\\\\" : "\\x%02x", c);
    }
    return wmem_strbuf_finalize(escaped);
}

static const char *text_of(wmem_allocator_t *scope, const uint8_t *text, vt600_span_t span)
{
    return span.length > 0 ? escape(scope, text, span) : NULL;
}

/* The version after an order: another one proves the upgrade, the same one after a restart that it failed. */
static void note_return(tracker_t *tracker, const vt600_session_frame_t *frame, const char *version,
                        vt600_verdict_t *verdict)
{
    vt600_session_t *session = tracker->orderer;
    const char *before = session->course.firmware_version;
    const uint32_t number = frame->exchange->number;

    session->after.version = version;
    session->after.frame = number;
    if (before == NULL)
        return;
    if (strcmp(before, version) != 0) {
        if (session->after.other_frame == 0) {
            session->after.other_frame = number;
            session->after.other = version;
        }
        return;
    }
    const bool on_new_connection =
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): each frame is told with its place */
        session->course.place != frame->place && frame->place->opened >= session->course.tail->exchange->time;
    if (!session->going || (!tracker->login_since_going && !on_new_connection))
        return;
    verdict->notes |= VT600_NOTE_SAME_VERSION;
    if (session->after.same_frame == 0)
        session->after.same_frame = number;
}

static void on_identity(vt600_sessions_t *sessions, tracker_t *tracker, const vt600_session_frame_t *frame,
                        const uint8_t *text, size_t length, vt600_verdict_t *verdict)
{
    const vt600_identity_t identity = vt600_identity_read(text, length, frame->device_text);
    const char *version = text_of(sessions->scope, text, identity.version);
    const char *serial_number = text_of(sessions->scope, text, identity.serial);
    const char *imei = text_of(sessions->scope, text, identity.imei);

    if (version != NULL) {
        tracker->version = version;
        tracker->version_frame = frame->exchange->number;
        if (tracker->orderer != NULL)
            note_return(tracker, frame, version, verdict);
    }
    if (serial_number != NULL)
        tracker->serial_number = serial_number;
    if (imei != NULL)
        tracker->imei = imei;
}

/* What the tracker says of itself is its latest session's, too. */
static void tell_session(const tracker_t *tracker)
{
    vt600_session_t *session = tracker->latest;
    if (session == NULL)
        return;
    session->has_info = tracker->has_info;
    session->device_code = tracker->device_code;
    session->max_block = tracker->max_block;
    session->serial_number = tracker->serial_number;
    session->imei = tracker->imei;
    if (!session->ordered) {
        session->course.firmware_version = tracker->version;
        session->course.version_frame = tracker->version_frame;
    }
}

/* The answer to a query, or to 0x9001. A text that was cut says nothing sure. */
static void read_identity(vt600_sessions_t *sessions, tracker_t *tracker, const vt600_session_frame_t *frame,
                          vt600_event_kind_t event, vt600_verdict_t *verdict)
{
    const bool whole = frame->fault.trust == VT600_TRUST_WHOLE;

    if (event == VT600_EVENT_INFO && frame->ota->complete) {
        tracker->has_info = true;
        tracker->device_code = frame->ota->device_code;
        tracker->max_block = frame->ota->max_length;
        if (whole)
            on_identity(sessions, tracker, frame, frame->ota->text, frame->ota->text_length, verdict);
    } else if (frame->role == VT600_ROLE_IDENTITY && whole) {
        on_identity(sessions, tracker, frame, frame->text, frame->text_length, verdict);
    } else {
        return;
    }
    tell_session(tracker);
}

static void note_order(tracker_t *tracker, vt600_session_t *session)
{
    if (session->ordered)
        return;
    session->ordered = true;
    tracker->orderer = session;
    tracker->version = NULL;
    tracker->version_frame = 0;
    tracker->login_since_going = false;
}

static void expire(vt600_session_t *session, const vt600_session_frame_t *frame, vt600_verdict_t *verdict)
{
    const vt600_course_t *course = &session->course;
    const int64_t idle = frame->exchange->time - course->last_data;

    if (!course->is_timed || frame->timeout == 0 || idle <= frame->timeout || !vt600_state_can_expire(course->state))
        return;
    session->course.state = vt600_state_next(course->state, VT600_EVENT_TIMEOUT);
    verdict->notes |= VT600_NOTE_EXPIRED;
    verdict->idle = (uint32_t)MIN(idle / 1000000000, UINT32_MAX);
}

/* The session as of this frame. */
static void fill_in(const vt600_session_t *session, vt600_verdict_t *verdict)
{
    verdict->session = (vt600_session_t *)session;
    verdict->state = (uint8_t)session->course.state;
    verdict->bytes_sent = (uint32_t)MIN(vt600_image_sent(session->image), UINT32_MAX);
    verdict->bytes_acked = (uint32_t)MIN(vt600_image_acknowledged(session->image), UINT32_MAX);
    verdict->blocks_acked = session->blocks_acked;
    verdict->retries = session->retries;
    verdict->data_time = session->has_ack ? MAX(session->last_ack - session->first_block, 0) : 0;
}

static vt600_verdict_t *keep(vt600_sessions_t *sessions, const vt600_verdict_t *verdict)
{
    vt600_verdict_t *kept = vt600_series_get(&sessions->verdicts, vt600_series_count(&sessions->verdicts));
    *kept = *verdict;
    return kept;
}

static void note_left(vt600_session_t *session, const vt600_session_frame_t *frame, vt600_verdict_t *verdict)
{
    verdict->notes |= VT600_NOTE_LEFT;
    if (session->left_frame == 0)
        session->left_frame = frame->exchange->number;
}

/* A frame of another kind. What it shows of a session stands in a verdict of its own; it is none of its frames. */
static vt600_verdict_t *add_aside(vt600_sessions_t *sessions, tracker_t *tracker, const vt600_session_frame_t *frame,
                                  vt600_verdict_t *verdict)
{
    vt600_session_t *session = tracker->latest;
    const bool from_tracker = frame->side == VT600_TRACKER && frame->fault.trust != VT600_TRUST_NONE;

    if (from_tracker && frame->role == VT600_ROLE_LOGIN)
        tracker->login_since_going = true;
    if (from_tracker)
        read_identity(sessions, tracker, frame, VT600_EVENT_NONE, verdict);
    if (session == NULL)
        return NULL;
    if (from_tracker && (frame->role == VT600_ROLE_LOGIN || frame->role == VT600_ROLE_POSITION) &&
        vt600_state_can_expire(session->course.state) && session->course.is_timed)
        note_left(session, frame, verdict);
    if (verdict->notes == 0)
        return NULL;
    if (verdict->notes & VT600_NOTE_SAME_VERSION)
        session = tracker->orderer;
    fill_in(session, verdict);
    verdict->aside = true;
    verdict->waited = -1;
    verdict->turn = (uint8_t)session->course.turn;
    verdict->turn_since = session->course.turn_since;
    return keep(sessions, verdict);
}

static bool is_lossy(const vt600_place_t *place)
{
    return vt600_place_lost_between(place, INT64_MIN, INT64_MAX);
}

static void append(vt600_session_t *session, vt600_verdict_t *verdict)
{
    if (session->head == NULL)
        session->head = verdict;
    else
        session->course.tail->next = verdict;
    session->course.tail = verdict;
}

vt600_verdict_t *vt600_sessions_add(vt600_sessions_t *sessions, const vt600_session_frame_t *frame)
{
    tracker_t *tracker = tracker_of(sessions, frame->device);
    const vt600_event_kind_t event = vt600_event_of(frame);
    vt600_verdict_t verdict = {.exchange = frame->exchange,
                               .place = frame->place,
                               .event = (uint8_t)event,
                               .side = (uint8_t)frame->side,
                               .trust = (uint8_t)frame->fault.trust,
                               .damaged = frame->fault.damaged,
                               .incomplete = frame->fault.trust == VT600_TRUST_CUT && !frame->ota->complete,
                               .offset = frame->ota->offset,
                               .code = frame->code,
                               .has_seq = frame->has_seq,
                               .seq_end = frame->seq_end};

    sessions->generation++;
    if (tracker->latest != NULL && frame->fault.trust != VT600_TRUST_NONE)
        expire(tracker->latest, frame, &verdict);
    if (frame->role != VT600_ROLE_OTA)
        return add_aside(sessions, tracker, frame, &verdict);
    vt600_session_t *session = session_of(sessions, tracker, frame, event);
    if (session == NULL)
        return NULL;

    session->lossy =
        session->lossy || is_lossy(frame->place) || (session->course.place != NULL && is_lossy(session->course.place));
    if (session->course.place != frame->place) {
        verdict.continued_from = session->head != NULL ? session->course.tail->exchange->number : 0;
        take_turn(session, frame, &verdict);
        enter_place(sessions->scope, session, frame->place);
    } else {
        take_turn(session, frame, &verdict);
    }
    verdict.in_leg = is_in_leg(session, frame);
    session->seen[frame->side] = true;
    if (frame->fault.trust == VT600_TRUST_NONE)
        vt600_session_apply_damaged(session, frame);
    if (event == VT600_EVENT_INFO)
        read_identity(sessions, tracker, frame, event, &verdict);
    vt600_session_apply(sessions->scope, session, frame, event, &verdict);
    if (event == VT600_EVENT_UPGRADE || event == VT600_EVENT_UPGRADING || event == VT600_EVENT_FINISHED)
        note_order(tracker, session);
    if (event == VT600_EVENT_UPGRADING)
        tracker->login_since_going = false;
    session->course.state = vt600_state_next(session->course.state, event);

    fill_in(session, &verdict);
    vt600_verdict_t *kept = keep(sessions, &verdict);
    append(session, kept);
    if (kept->notes & VT600_NOTE_IMAGE_CHECKED) {
        session->checked = kept;
        if (!session->has_announced) /* it tells the length, for all that follows */
            vt600_session_settle(session);
    }
    return kept;
}
