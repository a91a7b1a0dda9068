/* strip.h
 *
 * An image as a strip of a few hundred cells, for a picture of what became of
 * its bytes. It knows nothing of frames and time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_STRIP_H
#define VT600_STRIP_H

#include <wsutil/json_dumper.h>

#include "session/image.h"

typedef struct vt600_strip vt600_strip_t;

/* The strip of an image whose length is total (0: unknown), or as long as what was sent of it. NULL: there is nothing
 * to show. To be freed with g_free. */
vt600_strip_t *vt600_strip_new(const vt600_image_t *image, uint32_t total);

/* A block was sent; repeated: not for the first time. */
void vt600_strip_sent(vt600_strip_t *strip, uint32_t offset, uint32_t length, bool repeated);

/* The tracker refused the block there; length 0: unknown. */
void vt600_strip_refused(vt600_strip_t *strip, uint32_t offset, uint32_t length);

/* Writes the strip as an object: the image's length, and lists of ranges. */
void vt600_strip_put(const vt600_strip_t *strip, json_dumper *json);

#endif
