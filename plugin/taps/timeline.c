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
#include "dissect/packet-vt600.h"

#define COMMAND_LINE VT600_FILTER_NAME ",timeline"
#define SCHEMA       1

#define SECOND       1e9 /* of nanoseconds */

/* Into how many parts a session's time is cut for steps, for waits and for marks; and its image. */
enum {
    STEPS_MOST = 1000,
    WAITS_MOST = 400,
    MARKS_MOST = 200, /* of each kind */
    CELLS_MOST = 400,
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
    const vt600_verdict_t *verdict; /* its session may still change; see session_of */
    int64_t time;
    uint32_t number;
    uint32_t offset; /* of a block, or of the answer to one */
    uint32_t marks;  /* bits by mark_t */
    uint16_t length; /* of a block that was sent; 0: none was */
    uint8_t side;
    bool stored; /* it says that a block was stored */
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

static const vt600_session_t *session_of(const point_t *point)
{
    return vt600_session_of(point->verdict->session);
}

/* Is it sound enough to be believed? */
static bool is_damaged(const vt600_frame_t *frame)
{
    return frame->found == VT600_FOUND_DAMAGED || frame->checksum == VT600_CHECKSUM_BAD;
}

static vt600_event_kind_t kind_of(const vt600_event_t *event)
{
    const vt600_session_frame_t frame = {
        .side = event->frame->side,
        .code = event->frame->code,
        .ota = event->ota,
        .trust = is_damaged(event->frame) ? VT600_TRUST_NONE : VT600_TRUST_WHOLE,
    };
    return vt600_event_of(&frame);
}

static void add_point(timeline_t *timeline, const vt600_event_t *event)
{
    const vt600_event_kind_t kind = kind_of(event);
    point_t point = {
        .verdict = event->verdict,
        .time = event->exchange->time,
        .number = event->exchange->number,
        .offset = event->ota->offset,
        .marks = marks_of_kind[kind],
        .length = kind == VT600_EVENT_BLOCK ? event->ota->block_length : 0,
        .side = (uint8_t)event->frame->side,
        .stored = kind == VT600_EVENT_STORED,
    };

    if (event->exchange->attempt > 1)
        point.marks |= 1u << MARK_REPEATED;
    if (is_damaged(event->frame))
        point.marks |= 1u << MARK_DAMAGED;
    if (event->verdict->continued_from != 0)
        point.marks |= 1u << MARK_RECONNECTED;
    if (event->verdict->notes & VT600_NOTE_EXPIRED)
        point.marks |= 1u << MARK_EXPIRED;
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
    put_seconds(json, point->time - course->start);
    put_number(json, point->verdict->bytes_acked);
    put_number(json, point->number);
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
        const unsigned now = part_of(course, point->time, STEPS_MOST);
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

/* How long a side was waited for before each frame, where it is long enough to be seen. */
static void put_waits(json_dumper *json, const course_t *course)
{
    const int64_t least = (course->end - course->start) / WAITS_MOST;

    begin_list(json, "waits");
    for (unsigned i = 1; i < course->count; i++) {
        const point_t *before = course->points[i - 1], *point = course->points[i];
        const int64_t waited = point->time - before->time;
        if (waited <= least || waited <= 0 || before->marks & 1u << MARK_UPGRADING)
            continue;
        json_dumper_begin_array(json);
        put_seconds(json, point->time - waited - course->start);
        put_seconds(json, point->time - course->start);
        json_dumper_value_string(json, before->side == VT600_SERVER ? "tracker" : "server");
        put_number(json, point->number);
        json_dumper_end_array(json);
    }
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
    put_seconds(json, joined->first->time - course->start);
    json_dumper_value_string(json, mark_names[mark]);
    put_number(json, joined->count);
    put_number(json, joined->first->number);
    put_number(json, joined->last->number);
    json_dumper_end_array(json);
    joined->count = 0;
}

static void put_marks(json_dumper *json, const course_t *course)
{
    joined_t joined[MARKS] = {{0}};

    begin_list(json, "marks");
    for (unsigned i = 0; i < course->count; i++) {
        const point_t *point = course->points[i];
        const unsigned part = part_of(course, point->time, MARKS_MOST);
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
    json_dumper_end_array(json);
}

/* What is shown of a cell, an equal part of the image. */
enum {
    CELL_SENT = 1 << 0,
    CELL_REFUSED = 1 << 1,
    CELL_REPEATED = 1 << 2,
    CELL_STORED = 1 << 3, /* all of it */
};

typedef struct {
    uint64_t length; /* of the image, at least 1 */
    uint64_t size;   /* of a cell */
    unsigned count;
    uint8_t cells[CELLS_MOST];
} strip_t;

static void mark_cells(strip_t *strip, uint64_t first, uint64_t end, uint8_t what)
{
    for (uint64_t i = first / strip->size; i < strip->count && i * strip->size < end; i++)
        strip->cells[i] |= what;
}

static void mark_blocks(strip_t *strip, const course_t *course)
{
    GHashTable *lengths = g_hash_table_new(NULL, NULL); /* of the latest block at an offset */

    for (unsigned i = 0; i < course->count; i++) {
        const point_t *point = course->points[i];
        const uint64_t first = point->offset;
        if (point->length != 0) {
            mark_cells(strip, first, first + point->length,
                       CELL_SENT | (point->marks & 1u << MARK_REPEATED ? CELL_REPEATED : 0));
            g_hash_table_insert(lengths, GUINT_TO_POINTER(point->offset), GUINT_TO_POINTER(point->length));
        } else if (point->marks & 1u << MARK_REFUSED) {
            const unsigned length = GPOINTER_TO_UINT(g_hash_table_lookup(lengths, GUINT_TO_POINTER(point->offset)));
            mark_cells(strip, first, first + MAX(length, 1), CELL_REFUSED);
        }
    }
    g_hash_table_unref(lengths);
}

/* A cell is stored if all of it is; a single missing byte shows. */
static void mark_stored(strip_t *strip, const vt600_image_t *image)
{
    GArray *gaps = vt600_image_gaps(image, strip->length, false);

    for (unsigned i = 0; i < strip->count; i++)
        strip->cells[i] |= CELL_STORED;
    for (unsigned i = 0; i < gaps->len; i++) {
        const vt600_range_t *gap = &g_array_index(gaps, vt600_range_t, i);
        for (uint64_t cell = gap->first / strip->size; cell < strip->count && cell * strip->size < gap->end; cell++)
            strip->cells[cell] &= (uint8_t)~CELL_STORED;
    }
    g_array_free(gaps, TRUE);
}

/* The runs of cells that are as wanted. */
static void put_runs(json_dumper *json, const char *key, const strip_t *strip, uint8_t mask, uint8_t wanted)
{
    begin_list(json, key);
    for (unsigned i = 0; i < strip->count;) {
        const unsigned first = i;
        while (i < strip->count && (strip->cells[i] & mask) == wanted)
            i++;
        if (i == first) {
            i++;
            continue;
        }
        json_dumper_begin_array(json);
        put_number(json, first * strip->size);
        put_number(json, MIN(i * strip->size, strip->length));
        json_dumper_end_array(json);
    }
    json_dumper_end_array(json);
}

static void put_image(json_dumper *json, const course_t *course)
{
    const vt600_image_t *image = course->session->image;
    const uint32_t total = vt600_session_total(course->session, vt600_preferences.image_size);
    strip_t strip = {.length = MAX(MAX(vt600_image_sent_end(image), vt600_image_acknowledged_end(image)), total)};

    json_dumper_set_member_name(json, "image");
    if (strip.length == 0) {
        json_dumper_value_anyf(json, "null");
        return;
    }
    strip.size = (strip.length + CELLS_MOST - 1) / CELLS_MOST;
    strip.count = (unsigned)((strip.length + strip.size - 1) / strip.size);
    mark_blocks(&strip, course);
    mark_stored(&strip, image);

    json_dumper_begin_object(json);
    json_dumper_set_member_name(json, "length");
    put_number(json, strip.length);
    put_runs(json, "stored", &strip, CELL_STORED, CELL_STORED);
    put_runs(json, "unconfirmed", &strip, CELL_STORED | CELL_SENT, CELL_SENT);
    put_runs(json, "missing", &strip, CELL_STORED | CELL_SENT, 0);
    put_runs(json, "refused", &strip, CELL_REFUSED, CELL_REFUSED);
    put_runs(json, "repeated", &strip, CELL_REPEATED, CELL_REPEATED);
    json_dumper_end_object(json);
}

static void print_course(const course_t *course)
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
    const uint32_t of_x = session_of(x)->number, of_y = session_of(y)->number;
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
        course_t course = {.session = session_of(points[first]), .points = points + first};
        course.start = course.end = course.session->start;
        for (; first < count && session_of(points[first]) == course.session; first++, course.count++)
            course.end = MAX(course.end, points[first]->time);
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
