/* session_story.h
 *
 * A capture for the unit tests of sessions, told as a dialog. Frames go
 * through exchanges and sessions in the order in which the plugin does it.
 *
 *     tell(s, "query; info V1.38; authorize; granted; block 0 abcd; stored 0; wait 31.5; position");
 *
 * Each part is a frame in a packet of its own, 50 ms after the one before, or
 * a word of direction; tell returns the verdict on the last frame. Frames:
 *
 *     query          info TEXT          authorize    granted          denied      granted? (a flag without a meaning)
 *     block AT TEXT  stored AT          nak AT       refused AT ("not authorized")
 *     check LENGTH   checksum NUMBER|good            upgrade          going       finished    forbidden (ff)
 *     cancel         cancelled          login        position         identity TEXT           server (any other frame)
 *
 * A frame may have "bad" (damaged), "cut" (the capture lacks its data) or "snap"
 * (it has the offset of a block alone) before it, and "!" at its end: the evidence of the diagnosis is exactly the
 * frames with this mark, see assert_diagnosis. Directions:
 *
 *     wait SECONDS       the next frame, or the end of the capture, is exactly so long after the one before
 *     place NUMBER       the conversation of what follows; 0 and 1 with their start in the capture, 2 and 3 without
 *     device NUMBER      the tracker of what follows
 *     close SIDE HOW     the connection is closed in a packet: tracker or server, FIN or RST
 *     lose               the capture loses bytes of the connection, just before the next frame
 *     acknowledge        TCP acknowledges all that was sent so far; from the first time on it is known what it did not
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_TESTS_SESSION_STORY_H
#define VT600_TESTS_SESSION_STORY_H

#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <wsutil/wmem/wmem.h>

#include "session/diagnosis.h"
#include "session/session.h"
#include "session/summary.h"

#define SECOND   INT64_C(1000000000)
#define MINUTE   (60 * SECOND)
#define TIMEOUT  (20 * MINUTE)
#define PATIENCE (30 * SECOND)
#define START    (1700000000 * SECOND)

enum { PLACES = 4, FRAME_LEN = 100 };

typedef struct {
    wmem_allocator_t *scope;
    vt600_exchanges_t *exchanges;
    vt600_sessions_t *sessions;
    vt600_place_t places[PLACES];
    uint32_t sequences[PLACES][2]; /* by direction: after the last byte */
    unsigned place;
    unsigned device;
    uint32_t number;     /* of the last packet */
    int64_t time;        /* of the last packet */
    int64_t wait;        /* until the next one; negative: as usual */
    int64_t timeout;     /* of sessions */
    int64_t patience;    /* of diagnoses */
    vt600_trust_t trust; /* of the next frame */
    bool keeps_offset;   /* the next frame, where it is cut */
    bool lost;           /* bytes before the next frame */
    bool unlooked_at;    /* verdicts as they come */
    GArray *marked;      /* uint32_t: packets that are evidence */
    const vt600_verdict_t *verdict;
} story_t;

typedef const vt600_verdict_t *verdict_t;

G_GNUC_UNUSED static void set_up(story_t *s, const void *unused G_GNUC_UNUSED)
{
    s->scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    s->exchanges = vt600_exchanges_new(s->scope);
    s->sessions = vt600_sessions_new(s->scope);
    s->marked = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (unsigned i = 0; i < PLACES; i++) {
        s->places[i] = (vt600_place_t){.transport = VT600_OVER_TCP,
                                       .handshake_seen = i < 2,
                                       .is_named = true,
                                       .stream = i,
                                       .tracker = "10.0.0.1:20000",
                                       .server = "192.168.1.1:8500"};
        s->sequences[i][0] = s->sequences[i][1] = 0xfffffe00; /* they go round soon */
    }
    s->device = 1;
    s->time = START;
    s->wait = -1;
    s->timeout = TIMEOUT;
    s->patience = PATIENCE;
}

G_GNUC_UNUSED static void tear_down(story_t *s, const void *unused G_GNUC_UNUSED)
{
    g_array_free(s->marked, TRUE);
    wmem_destroy_allocator(s->scope);
}

static void next_packet(story_t *s)
{
    s->number++;
    s->time += s->wait >= 0 ? s->wait : SECOND / 20;
    s->wait = -1;
}

/* The place that a packet comes in. */
static vt600_place_t *enter(story_t *s)
{
    vt600_place_t *place = &s->places[s->place];
    if (place->opened == 0)
        place->opened = s->time;
    if (s->lost) {
        const vt600_loss_t loss = {.time = s->time, .seq = 1, .end = 2};
        if (place->losses == NULL)
            place->losses = wmem_array_new(s->scope, sizeof loss);
        wmem_array_append_one(place->losses, loss);
        s->lost = false;
    }
    return place;
}

/* What a frame says. */
typedef struct {
    vt600_role_t role;
    vt600_side_t side;
    uint16_t code;
    vt600_ota_t ota;
    const char *text;
} saying_t;

static vt600_exchange_frame_t as_exchange(const story_t *s, const saying_t *said)
{
    return (vt600_exchange_frame_t){
        .command = vt600_command_find(said->code),
        .side = said->side,
        .device = s->device,
        .broadcast = 1000,
        .has_key = said->code != VT600_CMD_OTA_DATA || said->ota.has_offset,
        .offset = said->ota.offset,
        .has_fingerprint = s->trust == VT600_TRUST_WHOLE,
        .fingerprint = (uint16_t)(said->code ^ said->ota.image_length),
        .finished = said->ota.shape == VT600_DATA_UPGRADE && said->ota.complete &&
                    said->ota.flag == VT600_FLAG_UPGRADE_FINISHED,
        .beginning_seen = true,
        .conversation = &s->places[s->place],
    };
}

static void cut(vt600_ota_t *ota, bool keeps_offset)
{
    *ota = keeps_offset ? (vt600_ota_t){.shape = ota->shape,
                                        .has_offset = true,
                                        .offset = ota->offset,
                                        .block_length = ota->block_length,
                                        .block = ota->block}
                        : (vt600_ota_t){.shape = ota->shape};
}

static void say(story_t *s, saying_t said)
{
    static const char *const devices[] = {"", "101130923633", "101130923634", "101130923635", "101130923636"};
    next_packet(s);
    vt600_place_t *place = enter(s);
    if (s->trust == VT600_TRUST_CUT)
        cut(&said.ota, s->keeps_offset);
    vt600_exchange_t *exchange = wmem_new0(s->scope, vt600_exchange_t);
    exchange->number = s->number;
    exchange->time = s->time;
    const vt600_exchange_frame_t asking = as_exchange(s, &said);
    const vt600_session_frame_t frame = {
        .exchange = exchange,
        .device = s->device,
        .device_text = devices[s->device],
        .role = said.role,
        .side = said.side,
        .code = said.code,
        .ota = &said.ota,
        .text = (const uint8_t *)said.text,
        .text_length = said.text != NULL ? strlen(said.text) : 0,
        .fault = {.trust = s->trust, .damaged = s->trust == VT600_TRUST_NONE},
        .has_seq = place->transport == VT600_OVER_TCP,
        .seq_end = s->sequences[s->place][vt600_place_direction(place, said.side)] += FRAME_LEN,
        .place = place,
        .timeout = s->timeout,
    };
    const bool linked = s->trust != VT600_TRUST_NONE && asking.command != NULL;
    s->trust = VT600_TRUST_WHOLE;
    if (linked) {
        place->seen[said.side] = true;
        vt600_exchanges_answer(s->exchanges, &asking, exchange);
    }
    s->verdict = vt600_sessions_add(s->sessions, &frame);
    if (linked)
        vt600_exchanges_ask(s->exchanges, &asking,
                            s->verdict != NULL && !s->verdict->aside ? s->verdict->session : NULL, exchange);
    if (s->verdict != NULL && !s->unlooked_at)
        vt600_session_settle(s->verdict->session);
}

static vt600_ota_t flag_of(vt600_data_shape_t shape, uint8_t flag)
{
    return (vt600_ota_t){.shape = shape, .complete = true, .flag = flag};
}

static vt600_ota_t stored_of(uint32_t offset, uint8_t flag)
{
    return (vt600_ota_t){
        .shape = VT600_DATA_STORED, .complete = true, .has_offset = true, .offset = offset, .flag = flag};
}

static vt600_ota_t block_of(uint32_t offset, const char *text)
{
    return (vt600_ota_t){.shape = VT600_DATA_BLOCK,
                         .complete = true,
                         .has_offset = true,
                         .offset = offset,
                         .block_length = (uint16_t)strlen(text),
                         .block = (const uint8_t *)text,
                         .block_present = strlen(text)};
}

static vt600_ota_t info_of(const char *text)
{
    return (vt600_ota_t){.shape = VT600_DATA_TRACKER_INFO,
                         .complete = true,
                         .device_code = 0x10,
                         .max_length = 128,
                         .text = (const uint8_t *)text,
                         .text_length = strlen(text)};
}

static uint16_t checksum_of(const story_t *s, const char *word)
{
    if (strcmp(word, "good") != 0)
        return (uint16_t)strtoul(word, NULL, 0);
    const vt600_image_t *image = s->verdict->session->image;
    return vt600_image_checksum(image, vt600_image_sent_end(image));
}

#define OTA(by, command, ...)                                                                                          \
    say(s, (saying_t){.role = VT600_ROLE_OTA, .side = VT600_##by, .code = VT600_CMD_##command, .ota = __VA_ARGS__})
#define NO_DATA                                                                                                        \
    (vt600_ota_t)                                                                                                      \
    {                                                                                                                  \
        .shape = VT600_DATA_NONE, .complete = true                                                                     \
    }

/* The frame that the words name; false: none. */
static bool say_frame(story_t *s, char **words)
{
    const char *word = words[0], *first = words[1] != NULL ? words[1] : "";
    const uint32_t number = (uint32_t)strtoul(first, NULL, 0);

    if (strcmp(word, "query") == 0)
        OTA(SERVER, TRACKER_INFO, NO_DATA);
    else if (strcmp(word, "info") == 0)
        OTA(TRACKER, TRACKER_INFO, info_of(first));
    else if (strcmp(word, "authorize") == 0)
        OTA(SERVER, OTA_AUTHORIZE, NO_DATA);
    else if (strcmp(word, "granted") == 0)
        OTA(TRACKER, OTA_AUTHORIZE, flag_of(VT600_DATA_AUTHORIZED, VT600_FLAG_AUTHORIZE_GRANTED));
    else if (strcmp(word, "granted?") == 0)
        OTA(TRACKER, OTA_AUTHORIZE, flag_of(VT600_DATA_AUTHORIZED, 7));
    else if (strcmp(word, "denied") == 0)
        OTA(TRACKER, OTA_AUTHORIZE, flag_of(VT600_DATA_AUTHORIZED, VT600_FLAG_AUTHORIZE_FAILED));
    else if (strcmp(word, "block") == 0)
        OTA(SERVER, OTA_DATA, block_of(number, words[2]));
    else if (strcmp(word, "stored") == 0)
        OTA(TRACKER, OTA_DATA, stored_of(number, VT600_FLAG_BLOCK_STORED));
    else if (strcmp(word, "nak") == 0)
        OTA(TRACKER, OTA_DATA, stored_of(number, VT600_FLAG_BLOCK_FAILED));
    else if (strcmp(word, "refused") == 0)
        OTA(TRACKER, OTA_DATA, stored_of(number, VT600_FLAG_NOT_AUTHORIZED));
    else if (strcmp(word, "check") == 0)
        OTA(SERVER, OTA_CHECK,
            (vt600_ota_t){.shape = VT600_DATA_IMAGE_LENGTH, .complete = true, .image_length = (uint16_t)number});
    else if (strcmp(word, "checksum") == 0)
        OTA(TRACKER, OTA_CHECK,
            (vt600_ota_t){
                .shape = VT600_DATA_IMAGE_CHECKSUM, .complete = true, .image_checksum = checksum_of(s, first)});
    else if (strcmp(word, "upgrade") == 0)
        OTA(SERVER, OTA_UPGRADE, NO_DATA);
    else if (strcmp(word, "going") == 0)
        OTA(TRACKER, OTA_UPGRADE, flag_of(VT600_DATA_UPGRADE, VT600_FLAG_UPGRADE_BEGINS));
    else if (strcmp(word, "finished") == 0)
        OTA(TRACKER, OTA_UPGRADE, flag_of(VT600_DATA_UPGRADE, VT600_FLAG_UPGRADE_FINISHED));
    else if (strcmp(word, "forbidden") == 0)
        OTA(TRACKER, OTA_UPGRADE, flag_of(VT600_DATA_UPGRADE, VT600_FLAG_NOT_AUTHORIZED));
    else if (strcmp(word, "cancel") == 0)
        OTA(SERVER, OTA_CANCEL, NO_DATA);
    else if (strcmp(word, "cancelled") == 0)
        OTA(TRACKER, OTA_CANCEL, flag_of(VT600_DATA_CANCELLED, VT600_FLAG_CANCELLED));
    else if (strcmp(word, "login") == 0)
        say(s, (saying_t){.role = VT600_ROLE_LOGIN, .side = VT600_TRACKER, .code = VT600_CMD_LOGIN});
    else if (strcmp(word, "position") == 0)
        say(s, (saying_t){.role = VT600_ROLE_POSITION, .side = VT600_TRACKER, .code = VT600_CMD_POSITION});
    else if (strcmp(word, "identity") == 0)
        say(s,
            (saying_t){.role = VT600_ROLE_IDENTITY, .side = VT600_TRACKER, .code = VT600_CMD_IDENTITY, .text = first});
    else if (strcmp(word, "server") == 0)
        say(s, (saying_t){.role = VT600_ROLE_OTHER, .side = VT600_SERVER, .code = VT600_CMD_LOGIN_CONFIRM});
    else
        return false;
    return true;
}

static void close_place(story_t *s, char **words)
{
    next_packet(s);
    enter(s)->closing = (vt600_closing_t){.frame = s->number,
                                          .time = s->time,
                                          .by = strcmp(words[1], "server") == 0 ? VT600_SERVER : VT600_TRACKER,
                                          .reset = strcmp(words[2], "RST") == 0};
}

static void acknowledge(story_t *s)
{
    for (unsigned i = 0; i < 2; i++) {
        s->places[s->place].flows[i].acked_known = true;
        s->places[s->place].flows[i].acked = s->sequences[s->place][i];
    }
}

/* A part of a dialog: what stands between two semicolons. */
static void tell_part(story_t *s, char **words)
{
    const bool is_cut = words[0] != NULL && strcmp(words[0], "cut") == 0;
    s->keeps_offset = words[0] != NULL && strcmp(words[0], "snap") == 0;

    if (is_cut || s->keeps_offset)
        s->trust = VT600_TRUST_CUT;
    else if (words[0] != NULL && strcmp(words[0], "bad") == 0)
        s->trust = VT600_TRUST_NONE;
    if (s->trust != VT600_TRUST_WHOLE)
        words++;
    if (words[0] == NULL)
        return;
    if (strcmp(words[0], "wait") == 0)
        s->wait = MAX(s->wait, 0) + (int64_t)(g_ascii_strtod(words[1], NULL) * 1000000 + 0.5) * 1000;
    else if (strcmp(words[0], "place") == 0)
        s->place = (unsigned)strtoul(words[1], NULL, 0);
    else if (strcmp(words[0], "device") == 0)
        s->device = (unsigned)strtoul(words[1], NULL, 0);
    else if (strcmp(words[0], "close") == 0)
        close_place(s, words);
    else if (strcmp(words[0], "lose") == 0)
        s->lost = true;
    else if (strcmp(words[0], "acknowledge") == 0)
        acknowledge(s);
    else if (!say_frame(s, words))
        g_error("nothing is called %s in a dialog", words[0]);
}

G_GNUC_UNUSED static verdict_t tell(story_t *s, const char *dialog)
{
    g_auto(GStrv) parts = g_strsplit(dialog, ";", -1);

    for (char **part = parts; *part != NULL; part++) {
        const size_t length = strlen(g_strstrip(*part));
        const bool is_evidence = length > 0 && (*part)[length - 1] == '!';
        if (is_evidence)
            (*part)[length - 1] = '\0';
        g_auto(GStrv) words = g_strsplit(*part, " ", -1);
        tell_part(s, words);
        if (is_evidence)
            g_array_append_val(s->marked, s->number);
    }
    return s->verdict;
}

/* A clock that is set. */
G_GNUC_UNUSED static void set_clock_back(story_t *s, int64_t by)
{
    s->time -= by;
}

/* The diagnosis of the session when the capture ends now, or after the wait at the dialog's end. */
G_GNUC_UNUSED static vt600_diagnosis_t diagnose(const story_t *s, vt600_session_t *session)
{
    const vt600_observation_t observation = {.capture_end = s->time + MAX(s->wait, 0), .patience = s->patience};
    return vt600_diagnose(session, &observation);
}

/* The diagnosis of the last frame's session, and that its evidence is exactly what the dialog marked. */
#define assert_diagnosis_of(s, the_session, is_updated, the_cause, the_party)                                          \
    do {                                                                                                               \
        const vt600_diagnosis_t found_ = diagnose(s, the_session);                                                     \
        g_assert_cmpstr(vt600_cause_name(found_.cause), ==, vt600_cause_name(VT600_CAUSE_##the_cause));                \
        g_assert_cmpstr(vt600_updated_name(found_.updated), ==, vt600_updated_name(VT600_UPDATED_##is_updated));       \
        g_assert_cmpstr(vt600_party_name(found_.party), ==, vt600_party_name(the_party));                              \
        g_assert_cmpuint(found_.evidence_count, ==, (s)->marked->len);                                                 \
        for (unsigned i_ = 0; i_ < found_.evidence_count; i_++)                                                        \
            g_assert_cmpuint(found_.evidence[i_], ==, g_array_index((s)->marked, uint32_t, i_));                       \
    } while (0)
#define assert_diagnosis(s, is_updated, the_cause, the_party)                                                          \
    assert_diagnosis_of(s, (s)->verdict->session, is_updated, the_cause, the_party)

#define assert_note(verdict, note)    g_assert_cmphex((VT600_NOTE_##note) & (verdict)->notes, ==, VT600_NOTE_##note)
#define assert_no_note(verdict, note) g_assert_cmphex((VT600_NOTE_##note) & (verdict)->notes, ==, 0)
#define assert_state(verdict, name)   g_assert_cmpint((verdict)->state, ==, VT600_##name)
#define assert_range(verdict, a, b)                                                                                    \
    do {                                                                                                               \
        g_assert_cmpuint((verdict)->range.first, ==, (a));                                                             \
        g_assert_cmpuint((verdict)->range.end, ==, (b));                                                               \
    } while (0)

G_GNUC_UNUSED static void assert_image(const vt600_session_t *session, const char *expected)
{
    uint8_t bytes[64];
    const size_t length = strlen(expected);
    g_assert_cmpuint(length, <=, sizeof bytes);
    vt600_image_read(session->image, 0, length, bytes);
    for (size_t i = 0; i < length; i++)
        g_assert_cmphex(bytes[i], ==, expected[i] == '.' ? 0xff : (uint8_t)expected[i]);
}

/* Dialogs that many tests start with. */
#define AUTHORIZED "query; info V1.38; authorize; granted; "
#define UNDER_WAY  AUTHORIZED "block 0 abcd; stored 0; block 4 efgh; stored 4; "
#define WHOLE      UNDER_WAY "check 8; checksum good; "
#define GOING      WHOLE "upgrade; going; "

/* Each test: RULE(its_name_is_a_sentence) { ... } and ADD(noun, its_name_is_a_sentence); in main. */
#define RULE(name)      static void name(story_t *s, const void *unused G_GNUC_UNUSED)
#define ADD(noun, name) g_test_add("/" #noun "/" #name, story_t, NULL, set_up, name, tear_down)

#endif
