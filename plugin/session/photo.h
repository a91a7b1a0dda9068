/* photo.h
 *
 * Photos, put together from the packets in which a tracker sends them (0x9988
 * of the base protocol). It knows nothing of epan.
 *
 * A packet belongs to a photo by the conversation, the device, the number of
 * the image, its size and its count of packets. Models count packets from 0 or
 * from 1. A packet that is sent again with the same bytes counts once; one with
 * other bytes starts a new photo with the same number, to which the packets
 * sent again just before it belong as well: the first packets of two photos can
 * have the same bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_PHOTO_H
#define VT600_PHOTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wsutil/wmem/wmem.h>

/* A photo. Written in the first pass; lives as long as the capture file. */
typedef struct {
    const char *device;   /* text of its ID */
    uint8_t image;        /* number of the image */
    uint8_t packets;      /* how many it has; not 0 */
    uint16_t footage;     /* as in its packets */
    uint32_t number;      /* of this photo in the capture, from 0 */
    uint32_t last_frame;  /* packet of the capture with the latest of its bytes */
    wmem_array_t *pieces; /* of what its packets brought, in the order of the capture */
    bool complete;
} vt600_photo_t;

/* What a photo is as of one frame; constant once it was written in the first pass. */
typedef struct {
    const vt600_photo_t *photo;
    uint32_t pieces; /* how many of the photo's pieces had been seen */
    bool again;      /* this packet was sent before */
    bool shown;      /* with this packet the photo is complete, or its last packet has come */
} vt600_photo_frame_t;

/* A packet of a photo. */
typedef struct {
    const void *conversation;
    uint32_t device;         /* number of the device at its server */
    const char *device_text; /* its ID; copied */
    uint32_t number;         /* packet of the capture */
    uint8_t image;
    uint16_t footage;
    uint8_t packets;
    uint8_t packet;
    const uint8_t *data; /* copied */
    uint32_t length;
} vt600_photo_packet_t;

typedef struct vt600_photos vt600_photos_t;

/* All photos of a capture. */
vt600_photos_t *vt600_photos_new(wmem_allocator_t *scope);

/* Takes a packet, in the order of the capture. NULL: its numbers make no sense, or all photos of the capture are too
 * large to be kept. */
const vt600_photo_frame_t *vt600_photos_add(vt600_photos_t *photos, const vt600_photo_packet_t *packet);

/* Is it all there, with the first count pieces that were seen? */
bool vt600_photo_is_complete(const vt600_photo_t *photo, uint32_t count);

/* Length of the bytes of the first count pieces, and these bytes in order, without room for what is missing. */
size_t vt600_photo_length(const vt600_photo_t *photo, uint32_t count);
void vt600_photo_read(const vt600_photo_t *photo, uint32_t count, uint8_t *bytes);

/* The missing packets, "3, 5-7", as the model counts them; empty: none. Belongs to the caller's scope. */
const char *vt600_photo_missing(wmem_allocator_t *scope, const vt600_photo_t *photo, uint32_t count);

#endif
