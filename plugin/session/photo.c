/* photo.c
 *
 * Photos, put together from their packets; see photo.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "photo.h"

#include <glib.h>
#include <string.h>

/* Bytes of all photos together that are kept. */
#define BYTES_MOST (UINT64_C(256) * 1024 * 1024)

/* Numbers of packets: from 0 to 254, or from 1 to 255. */
#define NUMBERS (UINT8_MAX + 1)

/* What one packet brought. Its place in the photo's array never changes. */
typedef struct {
    uint8_t *data;
    uint32_t length;
    uint8_t packet;
    bool again;     /* it was sent again after the latest new piece */
    bool inherited; /* it came from the photo before, and a packet with other bytes replaces it */
} piece_t;

typedef struct {
    const void *conversation;
    uint32_t device;
    uint8_t image;
} slot_t;

struct vt600_photos {
    wmem_allocator_t *scope;
    wmem_map_t *latest; /* slot_t -> vt600_photo_t */
    uint64_t bytes;
    uint32_t count;
};

static guint key_hash(const void *data)
{
    const slot_t *key = data;
    return g_direct_hash(key->conversation) ^ (key->device * 257u + key->image);
}

static gboolean key_equal(const void *a, const void *b)
{
    const slot_t *x = a, *y = b;
    return x->conversation == y->conversation && x->device == y->device && x->image == y->image;
}

vt600_photos_t *vt600_photos_new(wmem_allocator_t *scope)
{
    vt600_photos_t *photos = wmem_new0(scope, vt600_photos_t);
    photos->scope = scope;
    photos->latest = wmem_map_new(scope, key_hash, key_equal);
    return photos;
}

static piece_t *piece_at(const vt600_photo_t *photo, uint32_t i)
{
    return wmem_array_index(photo->pieces, i);
}

/* The latest piece of this packet among the first count, or NULL. */
static piece_t *find(const vt600_photo_t *photo, uint32_t count, uint8_t packet)
{
    while (count-- > 0)
        if (piece_at(photo, count)->packet == packet)
            return piece_at(photo, count);
    return NULL;
}

static bool is_same(const piece_t *piece, const vt600_photo_packet_t *packet)
{
    return piece->length == packet->length &&
           (packet->length == 0 || memcmp(piece->data, packet->data, packet->length) == 0);
}

/* By packet, the pieces that count. Returns the number of the first packet: 1 where the packets are counted from there.
 */
static unsigned order(const vt600_photo_t *photo, uint32_t count, const piece_t *by_packet[NUMBERS])
{
    memset(by_packet, 0, NUMBERS * sizeof by_packet[0]);
    for (uint32_t i = 0; i < count; i++)
        by_packet[piece_at(photo, i)->packet] = piece_at(photo, i);
    return by_packet[0] == NULL && by_packet[photo->packets] != NULL ? 1 : 0;
}

bool vt600_photo_is_complete(const vt600_photo_t *photo, uint32_t count)
{
    const piece_t *by_packet[NUMBERS];
    const unsigned first = order(photo, count, by_packet);
    for (unsigned i = first; i < first + photo->packets; i++)
        if (by_packet[i] == NULL)
            return false;
    return true;
}

size_t vt600_photo_length(const vt600_photo_t *photo, uint32_t count)
{
    const piece_t *by_packet[NUMBERS];
    size_t length = 0;
    order(photo, count, by_packet);
    for (unsigned i = 0; i < NUMBERS; i++)
        length += by_packet[i] != NULL ? by_packet[i]->length : 0;
    return length;
}

void vt600_photo_read(const vt600_photo_t *photo, uint32_t count, uint8_t *bytes)
{
    const piece_t *by_packet[NUMBERS];
    order(photo, count, by_packet);
    for (unsigned i = 0; i < NUMBERS; i++) {
        if (by_packet[i] == NULL || by_packet[i]->length == 0)
            continue;
        memcpy(bytes, by_packet[i]->data, by_packet[i]->length);
        bytes += by_packet[i]->length;
    }
}

const char *vt600_photo_missing(wmem_allocator_t *scope, const vt600_photo_t *photo, uint32_t count)
{
    const piece_t *by_packet[NUMBERS];
    const unsigned first = order(photo, count, by_packet), end = first + photo->packets;
    wmem_strbuf_t *text = wmem_strbuf_new(scope, NULL);

    for (unsigned i = first; i < end; i++) {
        if (by_packet[i] != NULL)
            continue;
        unsigned last = i;
        while (last + 1 < end && by_packet[last + 1] == NULL)
            last++;
        wmem_strbuf_append_printf(text, "%s%u", wmem_strbuf_get_len(text) > 0 ? ", " : "", i);
        if (last > i)
            wmem_strbuf_append_printf(text, "-%u", last);
        i = last;
    }
    return wmem_strbuf_get_str(text);
}

static vt600_photo_t *begin(vt600_photos_t *photos, const vt600_photo_packet_t *packet, const slot_t *key)
{
    vt600_photo_t *photo = wmem_new(photos->scope, vt600_photo_t);
    *photo = (vt600_photo_t){
        .device = wmem_strdup(photos->scope, packet->device_text),
        .image = packet->image,
        .packets = packet->packets,
        .footage = packet->footage,
        .number = photos->count++,
        .pieces = wmem_array_sized_new(photos->scope, sizeof(piece_t), MIN(packet->packets, 4)),
    };
    slot_t *known = wmem_new(photos->scope, slot_t);
    *known = *key;
    wmem_map_insert(photos->latest, known, photo);
    return photo;
}

/* Packets that were sent again before this one may be the first ones of the next photo. */
static void inherit(vt600_photo_t *photo, const vt600_photo_t *earlier, uint8_t packet)
{
    for (uint32_t i = 0; i < wmem_array_get_count(earlier->pieces); i++) {
        piece_t piece = *piece_at(earlier, i);
        if (!piece.again || piece.packet >= packet ||
            find(photo, wmem_array_get_count(photo->pieces), piece.packet) != NULL)
            continue;
        piece.again = false;
        piece.inherited = true;
        wmem_array_append_one(photo->pieces, piece);
    }
}

static void forget_repetitions(const vt600_photo_t *photo)
{
    for (uint32_t i = 0; i < wmem_array_get_count(photo->pieces); i++)
        piece_at(photo, i)->again = false;
}

/* Has the last packet come? Counted from 0, as long as nothing shows otherwise. */
static bool is_last(const vt600_photo_t *photo, uint8_t packet)
{
    const piece_t *by_packet[NUMBERS];
    const unsigned first = order(photo, wmem_array_get_count(photo->pieces), by_packet);
    return packet + 1u == first + photo->packets;
}

const vt600_photo_frame_t *vt600_photos_add(vt600_photos_t *photos, const vt600_photo_packet_t *packet)
{
    const slot_t key = {packet->conversation, packet->device, packet->image};

    if (packet->packets == 0 || packet->packet > packet->packets || photos->bytes + packet->length > BYTES_MOST)
        return NULL;
    vt600_photo_frame_t *frame = wmem_new0(photos->scope, vt600_photo_frame_t);
    vt600_photo_t *photo = wmem_map_lookup(photos->latest, &key);
    const bool fits = photo != NULL && photo->packets == packet->packets && photo->footage == packet->footage;
    piece_t *known = fits ? find(photo, wmem_array_get_count(photo->pieces), packet->packet) : NULL;

    if (known != NULL && is_same(known, packet)) {
        /* A piece from the photo before is new to this one. */
        frame->again = !known->inherited;
        if (known->again) /* the second round of repetitions begins */
            forget_repetitions(photo);
        known->again = frame->again;
        known->inherited = false;
    } else {
        if (!fits || (known != NULL && !known->inherited) || (known == NULL && photo->complete)) {
            const vt600_photo_t *earlier = fits ? photo : NULL;
            photo = begin(photos, packet, &key);
            if (earlier != NULL)
                inherit(photo, earlier, packet->packet);
        }
        forget_repetitions(photo);
        const piece_t piece = {.data = wmem_memdup(photos->scope, packet->data, packet->length),
                               .length = packet->length,
                               .packet = packet->packet};
        wmem_array_append_one(photo->pieces, piece);
        photos->bytes += packet->length;
        photo->last_frame = packet->number;
    }
    frame->photo = photo;
    frame->pieces = wmem_array_get_count(photo->pieces);
    if (!frame->again) {
        const bool complete = vt600_photo_is_complete(photo, frame->pieces);
        frame->shown = (complete && !photo->complete) || (!complete && is_last(photo, packet->packet));
        photo->complete = complete;
    }
    return frame;
}
