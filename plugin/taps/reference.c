/* reference.c
 *
 * The firmware file to compare images with; see reference.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "reference.h"

#include <string.h>

#include <wsutil/report_message.h>

#define CHECK_LEN 2 /* the file's own checksum, which is not sent */

static vt600_reference_t reference;

const vt600_reference_t *vt600_reference_get(const char *file)
{
    gchar *bytes = NULL;
    gsize length = 0;
    GError *error = NULL;

    if (file == NULL || file[0] == '\0')
        return NULL;
    if (reference.file != NULL && strcmp(reference.file, file) == 0)
        return reference.bytes != NULL ? &reference : NULL;
    g_free(reference.file);
    g_free(reference.bytes);
    if (!g_file_get_contents(file, &bytes, &length, &error)) {
        report_failure("vt600.reference: %s", error->message);
        g_error_free(error);
    }
    reference = (vt600_reference_t){.file = g_strdup(file), .bytes = (uint8_t *)bytes, .length = length};
    return bytes != NULL ? &reference : NULL;
}

/* The first byte below end that was stored and differs; UINT64_MAX: none. */
static uint64_t first_difference(const vt600_image_t *image, const uint8_t *bytes, uint64_t end)
{
    uint8_t stored[4096];
    GArray *gaps = vt600_image_gaps(image, end, true);
    uint64_t difference = UINT64_MAX, at = 0;

    for (unsigned i = 0; i <= gaps->len && difference == UINT64_MAX; i++) {
        const vt600_range_t gap = i < gaps->len ? g_array_index(gaps, vt600_range_t, i) : (vt600_range_t){end, end};
        while (at < gap.first && difference == UINT64_MAX) {
            const size_t n = (size_t)MIN(gap.first - at, sizeof stored);
            vt600_image_read(image, at, n, stored);
            for (size_t j = 0; j < n && difference == UINT64_MAX; j++)
                if (stored[j] != bytes[at + j])
                    difference = at + j;
            at += n;
        }
        at = gap.end;
    }
    g_array_free(gaps, TRUE);
    return difference;
}

bool vt600_reference_matches(const vt600_reference_t *file, const vt600_image_t *image, uint64_t total,
                             uint64_t *difference)
{
    const uint64_t stored_end = vt600_image_acknowledged_end(image);
    const uint64_t length = total != 0 ? total : stored_end;
    const bool same_length = length == file->length || length + CHECK_LEN == file->length;

    *difference = first_difference(image, file->bytes, MIN(stored_end, file->length));
    if (*difference == UINT64_MAX && !same_length)
        *difference = MIN(length, file->length);
    return *difference == UINT64_MAX && same_length && vt600_image_is_whole(image, length);
}
