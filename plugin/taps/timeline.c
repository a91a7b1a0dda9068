/* timeline.c
 *
 * The course of each session for whoever draws it (-z vt600,timeline): a line
 * of JSON for each session, when the capture has ended. Its keys and their
 * meanings are public; doc/timeline.md has them.
 *
 * A line stays small however long the update was: the time and the image are
 * cut into equal parts, and what falls into one part is joined. All that is
 * kept of a frame is a point; nothing is drawn before the capture has ended,
 * since only then is it known how long the session was.
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

#include "dissect/event.h"
#include "dissect/settings.h"
#include "session/diagnosis.h"
#include "session/summary.h"
#include "strip.h"

#define COMMAND_LINE VT600_FILTER_NAME ",timeline"
#define SCHEMA       1

#define SECOND       1e9 /* of nanoseconds */

/* Into how many parts a session's time is cut for steps, for waits and for marks. */
enum {
    STEPS_MOST = 1000,
    WAITS_MOST = 400, /* shorter ones than such a part are left out */
    MARKS_MOST = 200, /* of each kind */
};

/* What a frame shows besides progress. */
typedef enum {
    MARK_AUTHORIZED,
    MARK_DENIED,
    MARK_REFUSED,
    MARK_NOT_AUTHORIZED,
    MARK_REPEATED,
    MARK_DAMAGED,
    MARK_RECONNECTED,
    MARK_EXPIRED,
    MARK_LEFT,
    MARK_CHECK,
    MARK_CHECKSUM,
    MARK_UPGRADE,
    MARK_UPGRADING,
    MARK_FINISHED,
    MARK_CANCEL,
    MARK_CANCELLED,
    MARKS,
} mark_t;

static const char *const mark_names[MARKS] = {
    [MARK_AUTHORIZED] = "authorized",
    [MARK_DENIED] = "denied",
    [MARK_REFUSED] = "refused",
    [MARK_NOT_AUTHORIZED] = "not-authorized",
    [MARK_REPEATED] = "repeated",
    [MARK_DAMAGED] = "damaged",
    [MARK_RECONNECTED] = "reconnected",
    [MARK_EXPIRED] = "expired",
    [MARK_LEFT] = "left",
    [MARK_CHECK] = "check",
    [MARK_CHECKSUM] = "checksum",
    [MARK_UPGRADE] = "upgrade",
    [MARK_UPGRADING] = "upgrading",
    [MARK_FINISHED] = "finished",
    [MARK_CANCEL] = "cancel",
    [MARK_CANCELLED] = "cancelled",
};

/* By what the frame is to its session. */
static const uint32_t marks_of_kind[VT600_EVENTS] = {
    [VT600_EVENT_GRANTED] = 1u << MARK_AUTHORIZED,  [VT600_EVENT_DENIED] = 1u << MARK_DENIED,
    [VT600_EVENT_NOT_STORED] = 1u << MARK_REFUSED,  [VT600_EVENT_NOT_AUTHORIZED] = 1u << MARK_NOT_AUTHORIZED,
    [VT600_EVENT_CHECK] = 1u << MARK_CHECK,         [VT600_EVENT_CHECKSUM] = 1u << MARK_CHECKSUM,
    [VT600_EVENT_UPGRADE] = 1u << MARK_UPGRADE,     [VT600_EVENT_UPGRADING] = 1u << MARK_UPGRADING,
    [VT600_EVENT_FINISHED] = 1u << MARK_FINISHED,   [VT600_EVENT_CANCEL] = 1u << MARK_CANCEL,
    [VT600_EVENT_CANCELLED] = 1u << MARK_CANCELLED,
};

/* A frame. */
typedef struct {
    const vt600_verdict_t *verdict; /* its session may still change */
    uint32_t marks;                 /* bits by mark_t */
    uint16_t length;                /* of a block that was sent; 0: none was */
} point_t;

/* One asked-for run. The verdicts live as long as the capture file. */
typedef struct {
    GArray *points; /* point_t, in the order of the capture */
} timeline_t;

/* The points of one session, and the scale of its picture. */
typedef struct {
    const vt600_session_t *session;
    const point_t *const *points;
    unsigned count; /* at least 1 */
    int64_t start, end;
} course_t;

static int64_t time_of(const point_t *point)
{
    return point->verdict->exchange->time;
}

static uint32_t number_of(const point_t *point)
{
    return point->verdict->exchange->number;
}

static void add_point(timeline_t *timeline, const vt600_event_t *event)
{
    const vt600_verdict_t *verdict = event->verdict;
    point_t point = {
        .verdict = verdict,
        .marks = marks_of_kind[verdict->event],
        .length = verdict->event == VT600_EVENT_BLOCK ? event->ota->block_length : 0,
    };

    if (verdict->exchange->attempt > 1 && !verdict->aside)
        point.marks |= 1u << MARK_REPEATED;
    if (verdict->damaged)
        point.marks |= 1u << MARK_DAMAGED;
    if (verdict->continued_from != 0)
        point.marks |= 1u << MARK_RECONNECTED;
    if (verdict->notes & VT600_NOTE_EXPIRED)
        point.marks |= 1u << MARK_EXPIRED;
    if (verdict->notes & VT600_NOTE_LEFT)
        point.marks |= 1u << MARK_LEFT;
    g_array_append_val(timeline->points, point);
}

/* To milliseconds, with a point in every language. */
static void put_seconds(json_dumper *json, int64_t nanoseconds)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(text, sizeof text, "%.3f", (double)nanoseconds / SECOND);
    json_dumper_value_anyf(json, "%s", text);
}

static void put_number(json_dumper *json, uint64_t value)
{
    json_dumper_value_anyf(json, "%" PRIu64, value);
}

static void begin_list(json_dumper *json, const char *key)
{
    json_dumper_set_member_name(json, key);
    json_dumper_begin_array(json);
}

/* Which of so many equal parts of the session's time this is in. */
static unsigned part_of(const course_t *course, int64_t time, unsigned parts)
{
    if (time <= course->start)
        return 0;
    if (time >= course->end)
        return parts - 1;
    return (unsigned)((double)(time - course->start) / (double)(course->end - course->start) * parts);
}

static void put_step(json_dumper *json, const course_t *course, const point_t *point)
{
    json_dumper_begin_array(json);
    put_seconds(json, time_of(point) - course->start);
    put_number(json, point->verdict->bytes_acked);
    put_number(json, number_of(point));
    json_dumper_end_array(json);
}

/* Of each part of the time the first and the last step, so that a rise stands where it was. */
static void put_steps(json_dumper *json, const course_t *course)
{
    uint32_t acked = 0;
    unsigned part = STEPS_MOST;
    const point_t *pending = NULL;

    begin_list(json, "steps");
    for (unsigned i = 0; i < course->count; i++) {
        const point_t *point = course->points[i];
        if (point->verdict->bytes_acked == acked && i != 0)
            continue;
        acked = point->verdict->bytes_acked;
        const unsigned now = part_of(course, time_of(point), STEPS_MOST);
        if (now == part) {
            pending = point;
            continue;
        }
        if (pending != NULL)
            put_step(json, course, pending);
        pending = NULL;
        part = now;
        put_step(json, course, point);
    }
    if (pending != NULL)
        put_step(json, course, pending);
    json_dumper_end_array(json);
}

/* A wait that was seen to go on until a frame. */
typedef struct {
    const point_t *until; /* NULL: no wait */
    int64_t start, end;   /* since the session's start */
} wait_t;

static void put_wait(json_dumper *json, const course_t *course, const wait_t *wait)
{
    if (wait->until == NULL || wait->end - wait->start <= (course->end - course->start) / WAITS_MOST)
        return;
    json_dumper_begin_array(json);
    put_seconds(json, wait->start);
    put_seconds(json, wait->end);
    json_dumper_value_string(json, vt600_party_name(wait->until->verdict->waited_for));
    put_number(json, number_of(wait->until));
    json_dumper_end_array(json);
}

/* How long a side let the other wait, where it is long enough to be seen. A request that is sent again does not end the
 * wait for its answer. */
static void put_waits(json_dumper *json, const course_t *course)
{
    wait_t wait = {0};

    begin_list(json, "waits");
    for (unsigned i = 0; i < course->count; i++) {
        const point_t *point = course->points[i];
        const int64_t waited = point->verdict->waited, end = time_of(point) - course->start;
        if (waited <= 0 || point->verdict->waited_for == VT600_NOBODY)
            continue;
        const int64_t start = MAX(end - waited, 0);
        if (wait.until != NULL &&
            (wait.until->verdict->waited_for != point->verdict->waited_for || start >= wait.end)) {
            put_wait(json, course, &wait);
            wait.until = NULL;
        }
        if (wait.until == NULL)
            wait.start = start;
        wait.until = point;
        wait.end = end;
    }
    put_wait(json, course, &wait);
    json_dumper_end_array(json);
}

/* Marks of one kind that stand too close to be told apart. */
typedef struct {
    const point_t *first, *last;
    unsigned count;
    unsigned part;
} joined_t;

static void put_mark(json_dumper *json, const course_t *course, mark_t mark, joined_t *joined)
{
    if (joined->count == 0)
        return;
    json_dumper_begin_array(json);
    put_seconds(json, time_of(joined->first) - course->start);
    json_dumper_value_string(json, mark_names[mark]);
    put_number(json, joined->count);
    put_number(json, number_of(joined->first));
    put_number(json, number_of(joined->last));
    json_dumper_end_array(json);
    joined->count = 0;
}

/* Calls visit for each closed connection of the session. */
static void foreach_closing(course_t *course, void (*visit)(const vt600_closing_t *, course_t *, void *), void *data)
{
    GHashTable *told = g_hash_table_new(NULL, NULL);
    const vt600_place_t *last = NULL;

    for (unsigned i = 0; i < course->count; i++) {
        const vt600_place_t *place = course->points[i]->verdict->place;
        if (place != last && place != NULL && place->closing.frame != 0 && g_hash_table_add(told, (void *)place))
            visit(&place->closing, course, data);
        last = place;
    }
    g_hash_table_destroy(told);
}

static void reach(const vt600_closing_t *closing, course_t *course, void *data _U_)
{
    course->end = MAX(course->end, closing->time);
}

static void put_closing(const vt600_closing_t *closing, course_t *course, void *data)
{
    json_dumper *json = data;
    json_dumper_begin_array(json);
    put_seconds(json, closing->time - course->start);
    json_dumper_value_string(json, closing->by == VT600_SERVER ? "closed-by-server" : "closed-by-tracker");
    put_number(json, 1);
    put_number(json, closing->frame);
    put_number(json, closing->frame);
    json_dumper_end_array(json);
}

static void put_marks(json_dumper *json, course_t *course)
{
    joined_t joined[MARKS] = {{0}};

    begin_list(json, "marks");
    for (unsigned i = 0; i < course->count; i++) {
        const point_t *point = course->points[i];
        const unsigned part = part_of(course, time_of(point), MARKS_MOST);
        for (mark_t mark = 0; mark < MARKS && point->marks >> mark != 0; mark++) {
            if (!(point->marks >> mark & 1))
                continue;
            if (joined[mark].part != part)
                put_mark(json, course, mark, &joined[mark]);
            if (joined[mark].count++ == 0)
                joined[mark].first = point;
            joined[mark].last = point;
            joined[mark].part = part;
        }
    }
    for (mark_t mark = 0; mark < MARKS; mark++)
        put_mark(json, course, mark, &joined[mark]);
    foreach_closing(course, put_closing, json);
    json_dumper_end_array(json);
}

/* What is known of the image's bytes, cell by cell. */
static void put_image(json_dumper *json, const course_t *course)
{
    const uint32_t total = vt600_session_total(course->session, vt600_preferences.image_size);
    vt600_strip_t *strip = vt600_strip_new(course->session->image, total);
    GHashTable *lengths = g_hash_table_new(NULL, NULL); /* of the latest block at an offset */

    for (unsigned i = 0; strip != NULL && i < course->count; i++) {
        const point_t *point = course->points[i];
        const uint32_t offset = point->verdict->offset;
        if (point->length != 0) {
            vt600_strip_sent(strip, offset, point->length, point->marks & 1u << MARK_REPEATED);
            g_hash_table_insert(lengths, GUINT_TO_POINTER(offset), GUINT_TO_POINTER(point->length));
        } else if (point->marks & 1u << MARK_REFUSED) {
            vt600_strip_refused(strip, offset,
                                GPOINTER_TO_UINT(g_hash_table_lookup(lengths, GUINT_TO_POINTER(offset))));
        }
    }
    g_hash_table_unref(lengths);
    json_dumper_set_member_name(json, "image");
    if (strip == NULL)
        json_dumper_value_anyf(json, "null");
    else
        vt600_strip_put(strip, json);
    g_free(strip);
}

static void print_course(course_t *course)
{
    json_dumper json = {.output_file = stdout};

    json_dumper_begin_object(&json);
    json_dumper_set_member_name(&json, "timeline");
    put_number(&json, SCHEMA);
    json_dumper_set_member_name(&json, "session");
    put_number(&json, course->session->number);
    json_dumper_set_member_name(&json, "device_id");
    json_dumper_value_string(&json, course->session->device);
    json_dumper_set_member_name(&json, "seconds");
    put_seconds(&json, course->end - course->start);
    put_steps(&json, course);
    put_waits(&json, course);
    put_marks(&json, course);
    put_image(&json, course);
    json_dumper_end_object(&json);
    json_dumper_finish(&json);
}

static int by_session(const void *a, const void *b)
{
    const point_t *x = *(const point_t *const *)a, *y = *(const point_t *const *)b;
    const uint32_t of_x = x->verdict->session->number, of_y = y->verdict->session->number;
    return of_x != of_y ? (of_x > of_y) - (of_x < of_y) : (x > y) - (x < y);
}

static void print_timeline(void *data)
{
    const timeline_t *timeline = data;
    const unsigned count = timeline->points->len;
    const point_t **points = g_new(const point_t *, count + 1);

    for (unsigned i = 0; i < count; i++)
        points[i] = &g_array_index(timeline->points, point_t, i);
    if (count != 0)
        qsort(points, count, sizeof *points, by_session);
    for (unsigned first = 0; first < count;) {
        course_t course = {.session = points[first]->verdict->session, .points = points + first};
        course.start = course.end = course.session->head->exchange->time;
        for (; first < count && points[first]->verdict->session == course.session; first++, course.count++)
            course.end = MAX(course.end, time_of(points[first]));
        foreach_closing(&course, reach, NULL);
        print_course(&course);
    }
    g_free(points);
}

static tap_packet_status add_event(void *data, packet_info *pinfo _U_, epan_dissect_t *edt _U_, const void *tapped,
                                   tap_flags_t flags _U_)
{
    const vt600_event_t *event = tapped;

    if (event->verdict == NULL)
        return TAP_PACKET_DONT_REDRAW;
    add_point(data, event);
    return TAP_PACKET_REDRAW;
}

static void reset_timeline(void *data)
{
    timeline_t *timeline = data;
    g_array_set_size(timeline->points, 0);
}

static void free_timeline(void *data)
{
    timeline_t *timeline = data;
    g_array_free(timeline->points, TRUE);
    g_free(timeline);
}

static ws_tap_started_t begin_timeline(const char *argument, void *data _U_)
{
    timeline_t *timeline = g_new0(timeline_t, 1);
    const char *filter = g_str_has_prefix(argument, COMMAND_LINE ",") ? argument + strlen(COMMAND_LINE ",") : NULL;

    timeline->points = g_array_new(FALSE, FALSE, sizeof(point_t));
    GString *error = register_tap_listener(VT600_TAP, timeline, filter, TL_REQUIRES_NOTHING, reset_timeline, add_event,
                                           print_timeline, free_timeline);
    if (error != NULL) {
        report_failure("%s: %s", COMMAND_LINE, error->str);
        g_string_free(error, TRUE);
        free_timeline(timeline);
        WS_TAP_STARTED(false);
    }
    WS_TAP_STARTED(true);
}

/* In tshark alone: nobody reads this in a window. */
void vt600_timeline_register(void)
{
    static tap_param parameters[] = {{PARAM_FILTER, "filter", "Filter", NULL, true}};
    static stat_tap_ui timeline = {
        .group = REGISTER_STAT_GROUP_GENERIC,
        .title = "VT600 Timeline",
        .cli_string = COMMAND_LINE,
        .tap_init_cb = begin_timeline,
        .nparams = array_length(parameters),
        .params = parameters,
    };
    register_stat_tap_ui(&timeline, NULL);
}
