/* explanation.c
 *
 * A diagnosis in words: one sentence that says what happened, what else in the
 * capture speaks for it, and what the server can do next (section 3). See
 * diagnosis.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "diagnosis.h"

#include <inttypes.h>

#include "checksum.h"
#include "summary.h"

#define SECOND INT64_C(1000000000)
#define MINUTE 60 /* seconds */
#define HOUR   3600

/* What is spoken of. */
typedef struct {
    const vt600_session_t *session;
    const vt600_diagnosis_t *diagnosis;
    wmem_strbuf_t *text;
} speech_t;

static void say(const speech_t *speech, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void say(const speech_t *speech, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    wmem_strbuf_append_vprintf(speech->text, format, arguments);
    va_end(arguments);
}

static const char *command_of(const vt600_verdict_t *request)
{
    switch (request != NULL ? request->code : 0) {
    case VT600_CMD_TRACKER_INFO:
        return "the query";
    case VT600_CMD_OTA_AUTHORIZE:
        return "the authorization request";
    case VT600_CMD_OTA_DATA:
        return "the block";
    case VT600_CMD_OTA_CHECK:
        return "the check";
    case VT600_CMD_OTA_UPGRADE:
        return "the upgrade order";
    case VT600_CMD_OTA_CANCEL:
        return "the cancel order";
    default:
        return "the last request";
    }
}

/* "the block at 0x00000080" */
static void say_request(const speech_t *speech, const vt600_verdict_t *request)
{
    say(speech, "%s", command_of(request));
    if (request != NULL && request->code == VT600_CMD_OTA_DATA && request->event != VT600_EVENT_NONE)
        say(speech, " at 0x%08x", request->offset);
}

static void say_progress(const speech_t *speech)
{
    const vt600_session_t *session = speech->session;
    const uint64_t acked = vt600_image_acknowledged(session->image);
    const uint32_t total = vt600_session_total(session, 0);

    if (total != 0)
        say(speech, "%" PRIu64 " of %u bytes were stored", acked, total);
    else
        say(speech, "%" PRIu64 " byte%s stored", acked, acked == 1 ? " was" : "s were");
}

/* A pause, as exactly as a reader needs it. */
static void say_pause(const speech_t *speech)
{
    const int64_t time = speech->diagnosis->pause, seconds = time / SECOND;

    if (seconds < 2 * MINUTE)
        say(speech, "%" PRId64 ".%" PRId64 " seconds", seconds, time % SECOND * 10 / SECOND);
    else if (seconds < 2 * HOUR)
        say(speech, "%" PRId64 " minutes", seconds / MINUTE);
    else
        say(speech, "%" PRId64 " hours", seconds / HOUR);
}

static const char *party(const speech_t *speech)
{
    const char *name = vt600_party_name(speech->diagnosis->party);
    return name != NULL ? name : "other side";
}

static uint32_t count_notes(const speech_t *speech, uint32_t notes)
{
    uint32_t count = 0;
    for (const vt600_verdict_t *frame = speech->session->head; frame != NULL; frame = frame->next)
        count += (frame->notes & notes) != 0;
    return count;
}

/* What else in the session points to a cause. */
static void say_circumstances(const speech_t *speech)
{
    const vt600_session_t *session = speech->session;

    if (session->left_frame != 0)
        say(speech,
            "; the tracker left the OTA state in frame %u (a login or a position), so it had probably restarted",
            session->left_frame);
    if (count_notes(speech, VT600_NOTE_BLOCK_TOO_LONG) > 0)
        say(speech, "; the server sent blocks longer than the %u bytes that the tracker accepts", session->max_block);
    if (count_notes(speech, VT600_NOTE_GAP) > 0)
        say(speech, "; the capture has gaps between the offsets of blocks");
}

static void say_denied(const speech_t *speech)
{
    say(speech, "The tracker denied the authorization, and no later one was granted; ");
    say_progress(speech);
    say(speech, "; the server can ask for authorization again");
}

static void say_expired(const speech_t *speech)
{
    say(speech, "The tracker answered \"not authorized\" to ");
    say_request(speech, speech->diagnosis->request);
    say(speech, ", because the server had sent no OTA data for longer than the session time-out; ");
    say_progress(speech);
    say(speech, "; the server must authorize again and continue");
}

static void say_lost(const speech_t *speech)
{
    say(speech, "The tracker answered \"not authorized\" to ");
    say_request(speech, speech->diagnosis->request);
    if (speech->session->course.authorization_seen)
        say(speech, " although its authorization had not expired; ");
    else
        say(speech, "; the capture shows no authorization before it; ");
    say_progress(speech);
    say(speech, "; the server must authorize again and continue");
}

static void say_unanswered(const speech_t *speech)
{
    const vt600_exchange_t *sent = speech->diagnosis->request != NULL ? speech->diagnosis->request->exchange : NULL;
    uint32_t sendings = 1;

    while (sent != NULL && sent->previous != NULL && sent->previous->answered_in == 0) {
        sendings++;
        sent = sent->previous;
    }
    say(speech, "The tracker did not answer ");
    say_request(speech, speech->diagnosis->request);
    say(speech, ", sent %s", sendings == 1 ? "once" : "");
    if (sendings > 1)
        say(speech, "%u times", sendings);
    say(speech, ", for ");
    say_pause(speech);
    if (speech->diagnosis->party == VT600_PARTY_NETWORK)
        say(speech, "; TCP never acknowledged it, so it probably did not arrive");
    if (speech->diagnosis->updated == VT600_UPDATED_UNKNOWN)
        say(speech, "; the tracker may have upgraded all the same: query its version");
    else {
        say(speech, "; ");
        say_progress(speech);
        say(speech, "; the server can send it again, or cancel and start again");
    }
}

static void say_stopped(const speech_t *speech)
{
    say(speech, "The tracker had answered, and the server sent no further request for ");
    say_pause(speech);
    if (speech->diagnosis->party == VT600_PARTY_NETWORK)
        say(speech, "; TCP never acknowledged the answer, so it probably did not arrive");
    say(speech, "; ");
    say_progress(speech);
    say(speech, "; the server must continue within the session time-out, or authorize again");
}

static void say_closed(const speech_t *speech)
{
    const vt600_closing_t *closing = &speech->diagnosis->last->place->closing;

    say(speech, "The %s closed the connection (%s in frame %u) ", party(speech), closing->reset ? "RST" : "FIN",
        closing->frame);
    if (speech->diagnosis->last->turn == VT600_PARTY_TRACKER) {
        say(speech, "before ");
        say_request(speech, speech->diagnosis->request);
        say(speech, " was answered");
    } else {
        say(speech, "before the next request");
    }
    say(speech, ", and the update did not continue on another one; ");
    say_progress(speech);
    if (speech->diagnosis->updated == VT600_UPDATED_UNKNOWN)
        say(speech, "; the tracker may have upgraded all the same: query its version");
    else
        say(speech, "; on the next connection the server can authorize again and continue");
}

static void say_block_refused(const speech_t *speech)
{
    say(speech, "The tracker failed to store the same block %u times or more", speech->diagnosis->evidence_count);
    say(speech, ", and the transfer did not continue; ");
    say_progress(speech);
    say(speech, "; the server must send the block again, or cancel and start again");
}

static void say_damaged(const speech_t *speech)
{
    say(speech, "The last frames of the %s have bad checksums or lengths, so the other side did not accept them; ",
        party(speech));
    say_progress(speech);
    say(speech, "; the server must send the block again");
}

static void say_incomplete(const speech_t *speech)
{
    say(speech, "The server ordered the check although blocks were missing: ");
    say_progress(speech);
    say(speech, "; it must send the missing blocks and check again, or cancel and start again");
}

static void say_differs(const speech_t *speech)
{
    const vt600_session_t *session = speech->session;
    say(speech,
        "The tracker's checksum of the image is 0x%04x, which is not that of the image in the capture by any algorithm "
        "tried (CRC-CCITT: 0x%04x), and no upgrade was ordered; who is wrong cannot be told; the server can cancel and "
        "start again",
        session->checksum, session->computed);
}

static void say_cancelled(const speech_t *speech)
{
    say(speech, "The server cancelled the update, and the capture shows no reason; ");
    say_progress(speech);
    say(speech, "; the server can start again");
}

static void say_upgrade_refused(const speech_t *speech)
{
    say(speech, "The tracker answered \"not authorized\" to the upgrade order; ");
    say_progress(speech);
    say(speech, "; the server must authorize again and order the upgrade again");
}

static void say_failed(const speech_t *speech)
{
    say(speech,
        "The tracker was going to upgrade, but came back with the version that it had before (%s); the server can "
        "start "
        "again",
        speech->session->course.firmware_version);
}

static void say_unconfirmed(const speech_t *speech)
{
    say(speech, "The tracker was going to upgrade, and nothing after that in the capture shows the outcome; query its "
                "version");
}

static void say_capture_incomplete(const speech_t *speech)
{
    say(speech, "The capture does not hold the packets that decide, or one direction of them, so the outcome cannot be "
                "told; ");
    say_progress(speech);
}

static void say_capture_ended(const speech_t *speech)
{
    say(speech, "The capture ends during the update; ");
    say_progress(speech);
    say(speech, " so far");
}

static void say_nothing(const speech_t *speech)
{
    const vt600_session_t *session = speech->session;

    switch (speech->diagnosis->updated) {
    case VT600_UPDATED_CONFIRMED:
        say(speech, "The update succeeded: the tracker had %s before and reports %s afterwards",
            session->course.firmware_version, session->after.other);
        break;
    case VT600_UPDATED_REPORTED:
        say(speech, "The tracker reported that the upgrade is finished; its new version is not in the capture");
        if (session->after.version != NULL)
            say(speech, ", but for %s, seen afterwards", session->after.version);
        break;
    default:
        say(speech, "The server queried the tracker, but started no update");
        return;
    }
    if (count_notes(speech, VT600_NOTE_STORED_UNSEEN) > 0)
        say(speech, "; the capture lacks blocks that the tracker stored");
}

char *vt600_diagnosis_explain(wmem_allocator_t *scope, const vt600_session_t *session,
                              const vt600_diagnosis_t *diagnosis)
{
    static void (*const speakers[VT600_CAUSES])(const speech_t *) = {
        [VT600_CAUSE_NONE] = say_nothing,
        [VT600_CAUSE_AUTHORIZATION_DENIED] = say_denied,
        [VT600_CAUSE_AUTHORIZATION_EXPIRED] = say_expired,
        [VT600_CAUSE_AUTHORIZATION_LOST] = say_lost,
        [VT600_CAUSE_UNANSWERED] = say_unanswered,
        [VT600_CAUSE_SERVER_STOPPED] = say_stopped,
        [VT600_CAUSE_CONNECTION_CLOSED] = say_closed,
        [VT600_CAUSE_BLOCK_REFUSED] = say_block_refused,
        [VT600_CAUSE_FRAMES_DAMAGED] = say_damaged,
        [VT600_CAUSE_IMAGE_INCOMPLETE] = say_incomplete,
        [VT600_CAUSE_CHECKSUM_DIFFERS] = say_differs,
        [VT600_CAUSE_CANCELLED] = say_cancelled,
        [VT600_CAUSE_UPGRADE_REFUSED] = say_upgrade_refused,
        [VT600_CAUSE_UPGRADE_FAILED] = say_failed,
        [VT600_CAUSE_UPGRADE_UNCONFIRMED] = say_unconfirmed,
        [VT600_CAUSE_CAPTURE_INCOMPLETE] = say_capture_incomplete,
        [VT600_CAUSE_CAPTURE_ENDED] = say_capture_ended,
    };
    const speech_t speech = {.session = session, .diagnosis = diagnosis, .text = wmem_strbuf_new(scope, "")};

    speakers[diagnosis->cause](&speech);
    if (diagnosis->updated == VT600_UPDATED_NO || diagnosis->updated == VT600_UPDATED_UNKNOWN) {
        if (session->cancel_seen && diagnosis->cause != VT600_CAUSE_CANCELLED)
            say(&speech, "; the server cancelled the update");
        say_circumstances(&speech);
    }
    wmem_strbuf_append_c(speech.text, '.');
    return wmem_strbuf_finalize(speech.text);
}
