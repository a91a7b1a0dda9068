/* diagnosis.c
 *
 * The rules of a diagnosis; see diagnosis.h. Each is a function that says
 * whether it applies, and then what it finds; the table at the end has their
 * order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "diagnosis.h"

#include <string.h>

#include "apply.h"
#include "checksum.h"
#include "summary.h"

#define FAILURES_MOST       3 /* so often a block may fail */
#define DAMAGED_FRAMES_MOST 2

/* Damaged frames of one side since its last good one. */
typedef struct {
    uint32_t count;
    uint32_t first, last;
} damage_t;

/* A session as far as it is looked at: whole, or what came before a cancel. */
typedef struct {
    vt600_session_t *session;
    int64_t end; /* of what is looked at */
    int64_t patience;
    bool whole;                          /* the session as a whole */
    const vt600_verdict_t *until;        /* the frame before which it ends; NULL: all of it is looked at */
    const vt600_verdict_t *last;         /* NULL: no frame */
    const vt600_verdict_t *request;      /* the last one; NULL: none, as below */
    const vt600_verdict_t *answer;       /* the tracker's last answer, not counting those to queries and cancels */
    const vt600_verdict_t *any_answer;   /* the tracker's last sound frame */
    const vt600_verdict_t *check_answer; /* the last one */
    const vt600_verdict_t *order;        /* the last upgrade request */
    const vt600_verdict_t *finished;     /* the first one */
    const vt600_verdict_t *cancel;       /* the first one */
    bool lacks_blocks;                   /* frames show that the capture lacks others, or parts of them */
    damage_t damage[2];                  /* by vt600_side_t */
} case_t;

typedef bool rule_t(const case_t *it, vt600_diagnosis_t *diagnosis);

static bool decide(vt600_diagnosis_t *diagnosis, vt600_updated_t updated, vt600_cause_t cause, vt600_party_t party)
{
    diagnosis->updated = updated;
    diagnosis->cause = cause;
    diagnosis->party = party;
    return true;
}

/* Frames come in rising order, but for those that are given twice or out of order: they are put in their place. */
static void add_evidence(vt600_diagnosis_t *diagnosis, uint32_t frame)
{
    unsigned at = diagnosis->evidence_count;

    if (frame == 0)
        return;
    while (at > 0 && diagnosis->evidence[at - 1] > frame)
        at--;
    if (at > 0 && diagnosis->evidence[at - 1] == frame)
        return;
    if (diagnosis->evidence_count == VT600_EVIDENCE_MOST) {
        if (at == VT600_EVIDENCE_MOST)
            diagnosis->evidence[VT600_EVIDENCE_MOST - 1] = frame;
        return;
    }
    memmove(&diagnosis->evidence[at + 1], &diagnosis->evidence[at],
            (diagnosis->evidence_count - at) * sizeof diagnosis->evidence[0]);
    diagnosis->evidence[at] = frame;
    diagnosis->evidence_count++;
}

static void add_frame(vt600_diagnosis_t *diagnosis, const vt600_verdict_t *frame)
{
    if (frame != NULL)
        add_evidence(diagnosis, frame->exchange->number);
}

static vt600_party_t party_of(vt600_side_t side)
{
    return side == VT600_SERVER ? VT600_PARTY_SERVER : VT600_PARTY_TRACKER;
}

static void count_damage(case_t *it, const vt600_verdict_t *frame)
{
    damage_t *damage = &it->damage[frame->side];
    const bool accepted = frame->exchange->answered_in != 0;

    if (!frame->damaged || accepted) {
        damage->count = 0;
        return;
    }
    if (damage->count++ == 0)
        damage->first = frame->exchange->number;
    damage->last = frame->exchange->number;
}

static void look_at_event(case_t *it, const vt600_verdict_t *frame)
{
    switch (frame->event) {
    case VT600_EVENT_CHECKSUM:
        it->check_answer = frame;
        break;
    case VT600_EVENT_UPGRADE:
        it->order = frame;
        break;
    case VT600_EVENT_FINISHED:
        if (it->finished == NULL)
            it->finished = frame;
        break;
    case VT600_EVENT_CANCEL:
        if (it->cancel == NULL)
            it->cancel = frame;
        break;
    case VT600_EVENT_CANCELLED:
        if (it->cancel == NULL && frame->exchange->request == NULL) /* the answer stands for the request */
            it->cancel = frame;
        break;
    default:
        break;
    }
}

static void look_at(case_t *it, const vt600_verdict_t *frame)
{
    it->last = frame;
    count_damage(it, frame);
    it->lacks_blocks = it->lacks_blocks || frame->incomplete || (frame->notes & VT600_NOTE_STORED_UNSEEN) != 0;
    if (frame->trust == VT600_TRUST_NONE)
        return;
    look_at_event(it, frame);
    if (frame->side == VT600_SERVER) {
        it->request = frame;
        return;
    }
    it->any_answer = frame;
    if (frame->code != VT600_CMD_TRACKER_INFO && frame->code != VT600_CMD_OTA_CANCEL &&
        frame->event != VT600_EVENT_NONE)
        it->answer = frame;
}

static case_t case_of(vt600_session_t *session, const vt600_verdict_t *until, int64_t end, int64_t patience)
{
    case_t it = {.session = session, .until = until, .end = end, .patience = patience, .whole = until == NULL};
    for (const vt600_verdict_t *frame = session->head; frame != until && frame != NULL; frame = frame->next)
        look_at(&it, frame);
    return it;
}

/* Rule 1: what the tracker said after the upgrade was ordered. */

static bool order_may_have_worked(const case_t *it)
{
    return it->session->going || (it->order != NULL && it->order->exchange->answered_in == 0);
}

static bool came_back(const case_t *it, vt600_diagnosis_t *diagnosis)
{
    const vt600_session_t *session = it->session;

    if (session->after.other_frame != 0 && order_may_have_worked(it)) {
        add_frame(diagnosis, it->finished);
        add_evidence(diagnosis, session->after.other_frame);
        return decide(diagnosis, VT600_UPDATED_CONFIRMED, VT600_CAUSE_NONE, VT600_NOBODY);
    }
    if (it->finished != NULL) {
        add_frame(diagnosis, it->finished);
        return decide(diagnosis, VT600_UPDATED_REPORTED, VT600_CAUSE_NONE, VT600_NOBODY);
    }
    if (session->after.same_frame != 0 && session->going) {
        add_evidence(diagnosis, session->course.version_frame);
        add_evidence(diagnosis, session->after.same_frame);
        return decide(diagnosis, VT600_UPDATED_NO, VT600_CAUSE_UPGRADE_FAILED, VT600_PARTY_TRACKER);
    }
    return false;
}

/* Rule 2: the tracker's last answer. */

/* The answers with this event since the last one with another. */
static void add_run(vt600_diagnosis_t *diagnosis, const case_t *it, vt600_event_kind_t event)
{
    const vt600_verdict_t *start = NULL;
    for (const vt600_verdict_t *frame = it->session->head; frame != it->until && frame != NULL; frame = frame->next) {
        const bool decides = frame->side == VT600_TRACKER && frame->code != VT600_CMD_TRACKER_INFO &&
                             frame->code != VT600_CMD_OTA_CANCEL && frame->event != VT600_EVENT_NONE;
        if (decides && frame->event != event)
            start = NULL;
        else if (decides && start == NULL)
            start = frame;
    }
    for (; start != it->until && start != NULL; start = start->next)
        if (start->event == event)
            add_frame(diagnosis, start);
}

static bool last_answer(const case_t *it, vt600_diagnosis_t *diagnosis)
{
    const vt600_verdict_t *answer = it->answer;

    if (answer == NULL)
        return false;
    switch (answer->event) {
    case VT600_EVENT_DENIED:
        add_run(diagnosis, it, VT600_EVENT_DENIED);
        return decide(diagnosis, VT600_UPDATED_NO, VT600_CAUSE_AUTHORIZATION_DENIED, VT600_PARTY_TRACKER);
    case VT600_EVENT_NOT_AUTHORIZED:
        add_run(diagnosis, it, VT600_EVENT_NOT_AUTHORIZED);
        if (answer->state == VT600_EXPIRED)
            return decide(diagnosis, VT600_UPDATED_NO, VT600_CAUSE_AUTHORIZATION_EXPIRED, VT600_PARTY_SERVER);
        return decide(diagnosis, VT600_UPDATED_NO,
                      answer->code == VT600_CMD_OTA_UPGRADE ? VT600_CAUSE_UPGRADE_REFUSED
                                                            : VT600_CAUSE_AUTHORIZATION_LOST,
                      VT600_PARTY_TRACKER);
    case VT600_EVENT_UPGRADING:
        if (it->end - answer->exchange->time <= it->patience)
            return false;
        add_frame(diagnosis, answer);
        return decide(diagnosis, VT600_UPDATED_UNKNOWN, VT600_CAUSE_UPGRADE_UNCONFIRMED, VT600_NOBODY);
    default:
        return false;
    }
}

/* Rule 4: one direction, or what the tracker's last answer says, is not in the capture. */

static bool is_one_sided(const case_t *it)
{
    bool seen[2] = {false, false};
    for (const vt600_verdict_t *frame = it->session->head; frame != NULL; frame = frame->next) {
        seen[VT600_SERVER] = seen[VT600_SERVER] || frame->place->seen[VT600_SERVER];
        seen[VT600_TRACKER] = seen[VT600_TRACKER] || frame->place->seen[VT600_TRACKER];
        if (seen[VT600_SERVER] && seen[VT600_TRACKER])
            return false;
    }
    return true;
}

static bool says_capture_incomplete(const case_t *it, vt600_diagnosis_t *diagnosis)
{
    add_frame(diagnosis, it->last);
    return decide(diagnosis, VT600_UPDATED_UNKNOWN, VT600_CAUSE_CAPTURE_INCOMPLETE, VT600_PARTY_CAPTURE);
}

static bool one_direction(const case_t *it, vt600_diagnosis_t *diagnosis)
{
    const bool answer_cut = it->any_answer != NULL && it->any_answer->incomplete;
    return (is_one_sided(it) || answer_cut) && says_capture_incomplete(it, diagnosis);
}

/* Rule 5: the update was going on. */
static bool capture_ended(const case_t *it, vt600_diagnosis_t *diagnosis)
{
    if (it->end - it->last->exchange->time > it->patience || it->last->place->closing.frame != 0)
        return false;
    add_frame(diagnosis, it->last);
    return decide(diagnosis, VT600_UPDATED_RUNNING, VT600_CAUSE_CAPTURE_ENDED, VT600_PARTY_CAPTURE);
}

/* Rule 6: what failed again and again. */

/* The offset of a block that failed too often since it was last stored, and no block was stored since. */
static bool find_failing_block(const case_t *it, uint32_t *offset)
{
    bool found = false;

    if (it->session->naks < FAILURES_MOST)
        return false;
    GHashTable *failures = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (const vt600_verdict_t *frame = it->session->head; frame != it->until && frame != NULL; frame = frame->next) {
        gpointer key = GUINT_TO_POINTER(frame->offset);
        if (frame->event == VT600_EVENT_STORED) {
            g_hash_table_remove(failures, key);
            found = false;
        } else if (frame->event == VT600_EVENT_NOT_STORED) {
            const unsigned count = GPOINTER_TO_UINT(g_hash_table_lookup(failures, key)) + 1;
            g_hash_table_insert(failures, key, GUINT_TO_POINTER(count));
            if (count >= FAILURES_MOST) {
                found = true;
                *offset = frame->offset;
            }
        }
    }
    g_hash_table_destroy(failures);
    return found;
}

static void add_failures(vt600_diagnosis_t *diagnosis, const case_t *it, uint32_t offset)
{
    const vt600_verdict_t *start = it->session->head;
    for (const vt600_verdict_t *frame = start; frame != it->until && frame != NULL; frame = frame->next)
        if (frame->event == VT600_EVENT_STORED && frame->offset == offset)
            start = frame->next;
    for (; start != it->until && start != NULL; start = start->next)
        if (start->event == VT600_EVENT_NOT_STORED && start->offset == offset)
            add_frame(diagnosis, start);
}

static bool failed_repeatedly(const case_t *it, vt600_diagnosis_t *diagnosis)
{
    const damage_t *server = &it->damage[VT600_SERVER], *tracker = &it->damage[VT600_TRACKER];
    uint32_t offset;

    if (find_failing_block(it, &offset)) {
        add_failures(diagnosis, it, offset);
        return decide(diagnosis, VT600_UPDATED_NO, VT600_CAUSE_BLOCK_REFUSED, VT600_PARTY_TRACKER);
    }
    if (server->count < DAMAGED_FRAMES_MOST && tracker->count < DAMAGED_FRAMES_MOST)
        return false;
    const bool by_server =
        server->count >= DAMAGED_FRAMES_MOST && (tracker->count < DAMAGED_FRAMES_MOST || server->last > tracker->last);
    const damage_t *damage = by_server ? server : tracker;
    add_evidence(diagnosis, damage->first);
    add_evidence(diagnosis, damage->last);
    return decide(diagnosis, VT600_UPDATED_NO, VT600_CAUSE_FRAMES_DAMAGED,
                  by_server ? VT600_PARTY_SERVER : VT600_PARTY_TRACKER);
}

/* Rule 7: the check was answered, and no upgrade ordered. */

static bool has_whole_transfer(const case_t *it)
{
    const vt600_session_t *session = it->session;
    const int64_t first = session->head->exchange->time, last = it->check_answer->exchange->time;

    if (it->lacks_blocks || !(vt600_session_has_start(session) || session->beginning_seen))
        return false;
    const vt600_place_t *place = NULL;
    for (const vt600_verdict_t *frame = session->head; frame != it->until && frame != NULL; frame = frame->next) {
        if (frame->place != place && vt600_place_lost_between(frame->place, first, last))
            return false;
        place = frame->place;
    }
    return true;
}

static bool check_failed(const case_t *it, vt600_diagnosis_t *diagnosis)
{
    vt600_session_t *session = it->session;

    if (it->check_answer == NULL || it->order != NULL || session->going)
        return false;
    vt600_session_settle(session);
    const uint32_t total = vt600_session_total(session, 0);
    const uint64_t needed = total != 0 ? total : vt600_image_sent_end(session->image);
    if (vt600_image_acknowledged(session->image) < needed && has_whole_transfer(it)) {
        add_frame(diagnosis, it->check_answer);
        return decide(diagnosis, VT600_UPDATED_NO, VT600_CAUSE_IMAGE_INCOMPLETE, VT600_PARTY_SERVER);
    }
    if (session->has_checksum && session->has_computed && session->algorithm == VT600_CHECKSUM_NONE) {
        add_frame(diagnosis, it->check_answer);
        return decide(diagnosis, VT600_UPDATED_NO, VT600_CAUSE_CHECKSUM_DIFFERS, VT600_NOBODY);
    }
    return false;
}

/* Rule 8: the capture lost bytes after the last frame. */
static bool capture_lost(const case_t *it, vt600_diagnosis_t *diagnosis)
{
    const vt600_place_t *place = it->last->place;
    const int64_t last = it->last->exchange->time;
    const bool lost =
        it->whole ? vt600_place_lost_after(place, last) : vt600_place_lost_between(place, last + 1, it->end);
    return lost && says_capture_incomplete(it, diagnosis);
}

/* Rule 9: by whose turn it was. */

/* The first sending of the last request that has no answer. */
static const vt600_exchange_t *first_unanswered(const vt600_verdict_t *request)
{
    const vt600_exchange_t *sent = request->exchange;
    while (sent->previous != NULL && sent->previous->answered_in == 0)
        sent = sent->previous;
    return sent;
}

static void add_silence(vt600_diagnosis_t *diagnosis, const case_t *it, bool tracker_is_silent)
{
    if (tracker_is_silent && it->request != NULL) {
        add_evidence(diagnosis, first_unanswered(it->request)->number);
        add_frame(diagnosis, it->request);
    } else {
        add_frame(diagnosis, it->any_answer != NULL ? it->any_answer : it->last);
    }
}

/* Since when the side was silent that the cause names: the tracker, as to the last request. */
static int64_t silent_since(const case_t *it, bool tracker_is_silent)
{
    const int64_t turn_since = it->last->turn_since;
    return tracker_is_silent && it->request != NULL ? MAX(first_unanswered(it->request)->time, turn_since) : turn_since;
}

static bool reached_other_end(const vt600_verdict_t *frame)
{
    return frame == NULL || !frame->has_seq ||
           vt600_place_is_acknowledged(frame->place, (vt600_side_t)frame->side, frame->seq_end);
}

static bool silence(const case_t *it, vt600_diagnosis_t *diagnosis)
{
    const vt600_verdict_t *last = it->last;
    const bool tracker_is_silent = last->turn == VT600_PARTY_TRACKER;
    const int64_t out_of_patience = last->turn_since + it->patience;
    const vt600_closing_t *closing = &last->place->closing;
    const bool order_open = tracker_is_silent && it->request != NULL && it->request->event == VT600_EVENT_UPGRADE;
    const bool closed = closing->frame != 0 && closing->time <= it->end;

    if (it->answer != NULL && it->answer->event == VT600_EVENT_UPGRADING) { /* a restart closes the connection */
        add_frame(diagnosis, it->answer);
        return decide(diagnosis, VT600_UPDATED_UNKNOWN, VT600_CAUSE_UPGRADE_UNCONFIRMED, VT600_NOBODY);
    }
    if (closed && closing->time < out_of_patience) {
        add_silence(diagnosis, it, tracker_is_silent);
        add_evidence(diagnosis, closing->frame);
        diagnosis->pause = MAX(closing->time - silent_since(it, tracker_is_silent), 0);
        return decide(diagnosis, order_open ? VT600_UPDATED_UNKNOWN : VT600_UPDATED_NO, VT600_CAUSE_CONNECTION_CLOSED,
                      party_of(closing->by));
    }
    if (it->end < out_of_patience)
        return false;
    diagnosis->pause = MAX((closed ? closing->time : it->end) - silent_since(it, tracker_is_silent), 0);
    add_silence(diagnosis, it, tracker_is_silent);
    if (tracker_is_silent)
        return decide(diagnosis, order_open ? VT600_UPDATED_UNKNOWN : VT600_UPDATED_NO, VT600_CAUSE_UNANSWERED,
                      reached_other_end(it->request) ? VT600_PARTY_TRACKER : VT600_PARTY_NETWORK);
    if (closed)
        add_evidence(diagnosis, closing->frame);
    return decide(diagnosis, VT600_UPDATED_NO, VT600_CAUSE_SERVER_STOPPED,
                  reached_other_end(it->any_answer) ? VT600_PARTY_SERVER : VT600_PARTY_NETWORK);
}

/* Rule 3: a cancel was ordered; what came before it may show the reason. */
static bool cancelled(const case_t *it, vt600_diagnosis_t *diagnosis)
{
    static rule_t *const reasons[] = {failed_repeatedly, check_failed, capture_lost, silence};

    if (it->cancel == NULL)
        return false;
    const case_t before = case_of(it->session, it->cancel, it->cancel->exchange->time, it->patience);
    vt600_diagnosis_t reason = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(reasons) && before.last != NULL && !is_one_sided(it); i++)
        if (reasons[i](&before, &reason))
            break;
    switch (reason.cause) {
    case VT600_CAUSE_NONE:
    case VT600_CAUSE_SERVER_STOPPED:
    case VT600_CAUSE_CONNECTION_CLOSED:
    case VT600_CAUSE_CAPTURE_INCOMPLETE:
    case VT600_CAUSE_UPGRADE_UNCONFIRMED:
        add_frame(diagnosis, it->cancel);
        return decide(diagnosis, VT600_UPDATED_NO, VT600_CAUSE_CANCELLED, VT600_PARTY_SERVER);
    default:
        *diagnosis = reason;
        diagnosis->last = before.last;
        diagnosis->request = before.request;
        diagnosis->updated = VT600_UPDATED_NO;
        return true;
    }
}

/* Nothing else applies: the clock of the capture went back. */
static bool cannot_tell(const case_t *it, vt600_diagnosis_t *diagnosis)
{
    return says_capture_incomplete(it, diagnosis);
}

/* The first that applies decides. */
static rule_t *const rules[] = {
    came_back,         /* 1 */
    last_answer,       /* 2 */
    cancelled,         /* 3 */
    one_direction,     /* 4 */
    capture_ended,     /* 5 */
    failed_repeatedly, /* 6 */
    check_failed,      /* 7 */
    capture_lost,      /* 8 */
    silence,           /* 9 */
    cannot_tell,
};

vt600_diagnosis_t vt600_diagnose(vt600_session_t *session, const vt600_observation_t *observation)
{
    const case_t it = case_of(session, NULL, observation->capture_end, observation->patience);
    vt600_diagnosis_t diagnosis = {.last = it.last, .request = it.request};

    if (session->course.state == VT600_QUERIED) {
        add_frame(&diagnosis, it.last);
        return diagnosis;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
        if (rules[i](&it, &diagnosis))
            break;
    return diagnosis;
}

const char *vt600_updated_name(vt600_updated_t updated)
{
    static const char *const names[] = {
        [VT600_UPDATED_CONFIRMED] = "confirmed", [VT600_UPDATED_REPORTED] = "reported", [VT600_UPDATED_NO] = "no",
        [VT600_UPDATED_UNKNOWN] = "unknown",     [VT600_UPDATED_RUNNING] = "running",
    };
    return names[updated];
}

const char *vt600_cause_name(vt600_cause_t cause)
{
    static const char *const names[VT600_CAUSES] = {
        [VT600_CAUSE_AUTHORIZATION_DENIED] = "authorization-denied",
        [VT600_CAUSE_AUTHORIZATION_EXPIRED] = "authorization-expired",
        [VT600_CAUSE_AUTHORIZATION_LOST] = "authorization-lost",
        [VT600_CAUSE_UNANSWERED] = "unanswered",
        [VT600_CAUSE_SERVER_STOPPED] = "server-stopped",
        [VT600_CAUSE_CONNECTION_CLOSED] = "connection-closed",
        [VT600_CAUSE_BLOCK_REFUSED] = "block-refused",
        [VT600_CAUSE_FRAMES_DAMAGED] = "frames-damaged",
        [VT600_CAUSE_IMAGE_INCOMPLETE] = "image-incomplete",
        [VT600_CAUSE_CHECKSUM_DIFFERS] = "checksum-differs",
        [VT600_CAUSE_CANCELLED] = "cancelled",
        [VT600_CAUSE_UPGRADE_REFUSED] = "upgrade-refused",
        [VT600_CAUSE_UPGRADE_FAILED] = "upgrade-failed",
        [VT600_CAUSE_UPGRADE_UNCONFIRMED] = "upgrade-unconfirmed",
        [VT600_CAUSE_CAPTURE_INCOMPLETE] = "capture-incomplete",
        [VT600_CAUSE_CAPTURE_ENDED] = "capture-ended",
    };
    return names[cause];
}

const char *vt600_party_name(vt600_party_t party)
{
    static const char *const names[] = {
        [VT600_PARTY_TRACKER] = "tracker", [VT600_PARTY_SERVER] = "server", [VT600_PARTY_NETWORK] = "network",
        [VT600_PARTY_CAPTURE] = "capture", [VT600_NOBODY] = NULL,
    };
    return names[party];
}
