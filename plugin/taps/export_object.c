/* export_object.c
 *
 * File > Export Objects: the firmware images and the photos. A complete image
 * is one that was checked, with the length that was acknowledged and without
 * gaps; of any other, the bytes that are present. A photo is complete with all
 * of its packets.
 *
 * An image is known when the capture ends, but Wireshark lets an exporter see
 * one packet after the other and saves the objects when its own listener is
 * told to draw. So a listener of ours goes before it, which makes the objects
 * from the sessions that were seen when it is told to draw: listeners are told
 * in the order in which they were registered, the latest first.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "taps.h"

#include <inttypes.h>

#include <epan/export_object.h>
#include <epan/packet.h>
#include <epan/tap.h>

#include "dissect/event.h"
#include "dissect/meaning.h"
#include "dissect/settings.h"
#include "session/summary.h"

/* Beyond so many bytes of missing image in all objects together, holes are left out and not written. */
#define HOLES_MOST (64u * 1024 * 1024)

/* Gaps that are named one by one. */
#define GAPS_NAMED_MOST 8

/* One walk over the capture, for one list of objects. */
static struct {
    export_object_list_t *list;
    bool is_due;          /* something came since the objects were made */
    uint32_t last_number; /* packet of the latest event: an earlier one begins another walk */
    GPtrArray *sessions;  /* vt600_session_t, in the order of their first event; its index is that in list */
    GPtrArray *photos;    /* const vt600_photo_t, in the order of their first event */
    GHashTable *seen;     /* both */
    uint64_t holes;       /* bytes written for what is missing */
    bool is_registered;   /* as a listener; for good, since a listener cannot remove itself while it draws */
} walk;

static void forget(void)
{
    g_clear_pointer(&walk.sessions, g_ptr_array_unref);
    g_clear_pointer(&walk.photos, g_ptr_array_unref);
    g_clear_pointer(&walk.seen, g_hash_table_unref);
    walk.list = NULL;
    walk.is_due = false;
}

static bool is_complete(const vt600_session_t *session)
{
    const uint32_t total = vt600_session_total(session, 0);
    return session->check_seen && total != 0 && total == vt600_image_acknowledged_end(session->image) &&
           vt600_image_is_whole(session->image, total);
}

static void append_range(GString *text, const char *before, uint64_t first, uint64_t end)
{
    g_string_append_printf(text, "%s0x%08" PRIx64 "-0x%08" PRIx64, before, first, end - 1);
}

/* How much there is, what is missing of the image as far as its length is known, and what became of the update. */
static char *describe_partial(const vt600_session_t *session, const GArray *gaps, uint64_t present, bool without_holes)
{
    const uint64_t end = vt600_image_acknowledged_end(session->image);
    const uint64_t total = vt600_session_total(session, vt600_preferences.image_size);
    const char *before = ", missing ";
    GString *text = g_string_new("application/octet-stream; partial: ");

    if (total == 0)
        g_string_append_printf(text, "%" PRIu64 " bytes, whole length unknown", present);
    else if (total < end)
        g_string_append_printf(text, "%" PRIu64 " bytes, beyond the image's length of %" PRIu64, present, total);
    else
        g_string_append_printf(text, "%" PRIu64 " of %" PRIu64 " bytes", present, total);
    for (unsigned i = 0; i < gaps->len && i < GAPS_NAMED_MOST; i++) {
        const vt600_range_t *gap = &g_array_index(gaps, vt600_range_t, i);
        append_range(text, before, gap->first, gap->end);
        before = ", ";
    }
    if (gaps->len > GAPS_NAMED_MOST)
        g_string_append_printf(text, " and %u more", gaps->len - GAPS_NAMED_MOST);
    if (total > end)
        append_range(text, before, end, total);
    g_string_append_printf(text, "; %s", val_to_str_const(session->course.state, vt600_states, "in no state"));
    if (!session->check_seen)
        g_string_append(text, ", not checked");
    if (without_holes)
        g_string_append(text, "; the holes are left out");
    return g_string_free(text, FALSE);
}

/* Copies [first, end) of the image after what the object has. */
static void append_bytes(export_object_entry_t *object, const vt600_image_t *image, uint64_t first, uint64_t end)
{
    vt600_image_read(image, first, (size_t)(end - first), object->payload_data + object->payload_len);
    object->payload_len += (size_t)(end - first);
}

static void fill_partial(export_object_entry_t *object, const vt600_session_t *session)
{
    const uint64_t end = vt600_image_acknowledged_end(session->image);
    GArray *gaps = vt600_image_gaps(session->image, end, true);
    uint64_t missing = 0, at = 0;

    for (unsigned i = 0; i < gaps->len; i++)
        missing += g_array_index(gaps, vt600_range_t, i).end - g_array_index(gaps, vt600_range_t, i).first;
    const bool without_holes = end > HOLES_MOST || walk.holes + missing > HOLES_MOST;

    object->content_type = describe_partial(session, gaps, end - missing, without_holes);
    object->payload_data = g_malloc((size_t)(without_holes ? end - missing : end) + 1);
    if (without_holes) {
        for (unsigned i = 0; i < gaps->len; i++) {
            const vt600_range_t *gap = &g_array_index(gaps, vt600_range_t, i);
            append_bytes(object, session->image, at, gap->first);
            at = gap->end;
        }
    } else {
        walk.holes += missing;
    }
    append_bytes(object, session->image, at, end);
    g_array_free(gaps, TRUE);
}

/* Sets what depends on the session's state now; all of it is new, or was freed. */
static void fill(export_object_entry_t *object, const vt600_session_t *session)
{
    object->pkt_num = vt600_session_last_frame(session);
    object->hostname = g_strdup(session->device);
    object->payload_len = 0;
    if (is_complete(session)) {
        object->filename = g_strdup_printf("%s-%u.bin", session->device, session->number);
        object->content_type = g_strdup("application/octet-stream; complete");
        const uint32_t total = vt600_session_total(session, 0);
        object->payload_data = g_malloc(total);
        append_bytes(object, session->image, 0, total);
    } else {
        object->filename = g_strdup_printf("%s-%u.partial.bin", session->device, session->number);
        fill_partial(object, session);
    }
}

static void clear(export_object_entry_t *object)
{
    g_free(object->hostname);
    g_free(object->content_type);
    g_free(object->filename);
    g_free(object->payload_data);
}

static void fill_photo(export_object_entry_t *object, const vt600_photo_t *photo)
{
    const uint32_t pieces = wmem_array_get_count(photo->pieces);

    object->pkt_num = photo->last_frame;
    object->hostname = g_strdup(photo->device);
    object->payload_len = vt600_photo_length(photo, pieces);
    object->payload_data = g_malloc(object->payload_len + 1);
    vt600_photo_read(photo, pieces, object->payload_data);
    object->filename =
        g_strdup_printf("%s-photo-%u%s.jpg", photo->device, photo->image, photo->complete ? "" : ".partial");
    if (photo->complete) {
        object->content_type = g_strdup("image/jpeg; complete");
        return;
    }
    wmem_allocator_t *scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    object->content_type = g_strdup_printf("image/jpeg; partial: missing packets %s of %u",
                                           vt600_photo_missing(scope, photo, pieces), photo->packets);
    wmem_destroy_allocator(scope);
}

/* The object in this row of the list, empty; made now where it is new. */
static export_object_entry_t *object_in(int row)
{
    export_object_entry_t *object = walk.list->get_entry(walk.list->gui_data, row);
    if (object != NULL) /* made when less was known */
        clear(object);
    return object != NULL ? object : g_new0(export_object_entry_t, 1);
}

static void put(int row, export_object_entry_t *object)
{
    if (walk.list->get_entry(walk.list->gui_data, row) == NULL)
        walk.list->add_entry(walk.list->gui_data, object);
}

static void make_objects(void *data _U_)
{
    int row = 0;

    if (!walk.is_due)
        return;
    walk.is_due = false;
    walk.holes = 0;
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): an object that is not yet in the list is put there */
    for (unsigned i = 0; i < walk.sessions->len; i++) {
        const vt600_session_t *session = g_ptr_array_index(walk.sessions, i);
        if (vt600_image_acknowledged_end(session->image) == 0)
            continue;
        export_object_entry_t *object = object_in(row);
        fill(object, session);
        put(row++, object);
    }
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): an object that is not yet in the list is put there */
    for (unsigned i = 0; i < walk.photos->len; i++) {
        const vt600_photo_t *photo = g_ptr_array_index(walk.photos, i);
        if (vt600_photo_length(photo, wmem_array_get_count(photo->pieces)) == 0)
            continue;
        export_object_entry_t *object = object_in(row);
        fill_photo(object, photo);
        put(row++, object);
    }
}

static void begin_walk(export_object_list_t *list)
{
    forget();
    walk.list = list;
    walk.sessions = g_ptr_array_new();
    walk.photos = g_ptr_array_new();
    walk.seen = g_hash_table_new(NULL, NULL);

    if (walk.is_registered)
        remove_tap_listener(&walk);
    walk.is_registered = true;
    GString *error = register_tap_listener(VT600_TAP, &walk, NULL, TL_REQUIRES_NOTHING, NULL, NULL, make_objects, NULL);
    if (error != NULL)
        g_string_free(error, TRUE);
}

static tap_packet_status see(void *data, packet_info *pinfo, epan_dissect_t *edt _U_, const void *tapped,
                             tap_flags_t flags _U_)
{
    const vt600_event_t *event = tapped;

    if (walk.list != data || pinfo->num < walk.last_number)
        begin_walk(data);
    walk.last_number = pinfo->num;
    if (event->photo != NULL && g_hash_table_add(walk.seen, (void *)event->photo->photo))
        g_ptr_array_add(walk.photos, (void *)event->photo->photo);
    walk.is_due = walk.is_due || event->photo != NULL;
    if (event->verdict == NULL)
        return walk.is_due ? TAP_PACKET_REDRAW : TAP_PACKET_DONT_REDRAW;
    vt600_session_t *session = event->verdict->session;
    if (g_hash_table_add(walk.seen, session))
        g_ptr_array_add(walk.sessions, session);
    walk.is_due = true;
    return TAP_PACKET_REDRAW;
}

void vt600_export_object_register(void)
{
    register_export_object(proto_get_id_by_filter_name(VT600_TAP), see, forget);
    register_cleanup_routine(forget);
}
