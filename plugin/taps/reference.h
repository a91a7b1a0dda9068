/* reference.h
 *
 * The firmware file that the user knows to be right (preference
 * vt600.reference), and how an image compares with it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_REFERENCE_H
#define VT600_REFERENCE_H

#include "session/image.h"

typedef struct {
    char *file;
    uint8_t *bytes;
    size_t length; /* of the file */
} vt600_reference_t;

/* The file's content, read once for as long as its name stays; NULL: no name. A file that cannot be read is reported to
 * the user, and is NULL too. */
const vt600_reference_t *vt600_reference_get(const char *file);

/* Are the bytes that the tracker stored those of the file, with or without its last two (its checksum)? total: the
 * image's length; 0: unknown. difference: the first offset where they differ, or where one ends before the other;
 * UINT64_MAX: there is none. */
bool vt600_reference_matches(const vt600_reference_t *reference, const vt600_image_t *image, uint64_t total,
                             uint64_t *difference);

#endif
