/* image.h
 *
 * Which bytes of a firmware image are there: sent, acknowledged by the
 * tracker, and known by their content. Blocks come in any size and order, and
 * overlap. It knows nothing of commands or time.
 *
 * The bytes lie in small pages that are made when something falls into them,
 * so memory and time follow what was sent, and not the offsets it claims.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_IMAGE_H
#define VT600_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>
#include <wsutil/wmem/wmem.h>

typedef struct vt600_image vt600_image_t;

/* Bytes [first, end) of the image. An offset has 32 bits, an end one more. */
typedef struct {
    uint64_t first;
    uint64_t end;
} vt600_range_t;

vt600_image_t *vt600_image_new(wmem_allocator_t *scope);

/* length bytes at offset were sent. data: their content, or NULL where the capture does not have it.
 * Content that was known before stays, until vt600_image_acknowledge says otherwise. Returns the range
 * of bytes that were known before and are now sent with other content; empty if none. */
vt600_range_t vt600_image_send(vt600_image_t *image, uint32_t offset, uint32_t length, const uint8_t *data);

/* Are these the bytes that are known there, as far as any are? */
bool vt600_image_agrees(const vt600_image_t *image, uint32_t offset, uint32_t length, const uint8_t *data);

/* The tracker stored length bytes at offset. data: other content than that sent first, which now
 * takes its place, or NULL. */
void vt600_image_acknowledge(vt600_image_t *image, uint32_t offset, uint32_t length, const uint8_t *data);

/* Distinct bytes, however often they came. */
uint64_t vt600_image_sent(const vt600_image_t *image);
uint64_t vt600_image_acknowledged(const vt600_image_t *image);

/* One past the highest byte; 0: none. */
uint64_t vt600_image_sent_end(const vt600_image_t *image);
uint64_t vt600_image_acknowledged_end(const vt600_image_t *image);

/* The ranges below end that the tracker did not acknowledge, in order, as a new array of
 * vt600_range_t; unknown: those whose content the capture does not have besides. */
GArray *vt600_image_gaps(const vt600_image_t *image, uint64_t end, bool unknown);

/* Are the first length bytes all acknowledged, and their content known? */
bool vt600_image_is_whole(const vt600_image_t *image, uint64_t length);

/* Copies [offset, offset + length) to buf; what is not acknowledged or not known is 0xff. */
void vt600_image_read(const vt600_image_t *image, uint64_t offset, size_t length, uint8_t *buf);

/* CRC-CCITT of the first length bytes, as image_read gives them. */
uint16_t vt600_image_checksum(const vt600_image_t *image, uint64_t length);

typedef enum {
    VT600_IMAGE_PARTIAL, /* not whole: no checksum */
    VT600_IMAGE_WHOLE,
    VT600_IMAGE_UNSUMMED, /* asked too often for what came since */
} vt600_image_sum_t;

/* Is the image whole, and what is its checksum? Meant for checks, which may come as often as they like:
 * the time for all of them stays in proportion to the bytes that were sent. */
vt600_image_sum_t vt600_image_sum(vt600_image_t *image, uint64_t length, uint16_t *checksum);

/* May one more check show the first length bytes? A sum may be remembered where nothing came since; what is shown is
 * copied each time. */
bool vt600_image_may_copy(vt600_image_t *image, uint64_t length);

#endif
