/* stream.c
 *
 * The frame scanner, and all that reads a frame's data, under the fuzzer: a
 * run of any bytes is cut into pieces that leave none out, the same ones
 * however often it is looked at, and nothing outside of them is read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "core/layout.h"
#include "core/frame.h"
#include "core/identity.h"
#include "core/ota.h"
#include "repair.h"

static void must(int holds)
{
    if (!holds)
        abort();
}

static void read_data(const vt600_frame_t *frame, const uint8_t *buf)
{
    char device[VT600_DEVICE_ID_TEXT_LEN] = "";
    const vt600_ota_t ota = vt600_ota_read(frame, buf);

    must(frame->bytes <= frame->extent);
    must(frame->data_length == 0 || VT600_AT_DATA + frame->data_length <= frame->bytes);
    if (frame->bytes >= VT600_AT_COMMAND)
        vt600_device_id_text(buf + VT600_AT_DEVICE, device);
    if (ota.text != NULL) {
        const vt600_identity_t identity = vt600_identity_read(ota.text, ota.text_length, device);
        must(identity.version.at + identity.version.length <= ota.text_length);
        must(identity.serial.at + identity.serial.length <= ota.text_length);
        must(identity.imei.at + identity.imei.length <= ota.text_length);
        vt600_identity_is_old(ota.text + identity.version.at, identity.version.length);
    }
    const vt600_content_t content = vt600_content_read(frame, buf, device);
    vt600_walk_t walk = {0};
    vt600_placed_t placed;
    while (vt600_content_next(&content, &walk, &placed))
        must(placed.length > 0 && placed.at + placed.length <= content.present);
}

static void scan(const uint8_t *bytes, size_t n, bool final)
{
    size_t credit = vt600_frame_credit(n), at = 0;
    while (at < n) {
        const vt600_frame_t frame = vt600_frame_scan(bytes + at, n - at, final, &credit);
        if (frame.found == VT600_FOUND_PARTIAL) {
            must(!final);
            return;
        }
        must(frame.extent > 0 && frame.extent <= n - at);
        if (frame.found != VT600_FOUND_HEARTBEAT && frame.found != VT600_FOUND_JUNK)
            read_data(&frame, bytes + at);
        at += frame.extent;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n == 0)
        return 0;
    scan(bytes, n, false);
    scan(bytes, n, true);
    must(vt600_frame_claim(bytes, n, true) != VT600_CLAIM_MORE);
    vt600_frame_claim(bytes, n, false);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t most, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t most, unsigned seed)
{
    uint32_t state = seed, offset = 0;
    GByteArray *stream = g_byte_array_append(g_byte_array_sized_new(1), bytes, (unsigned)n);

    fuzz_mutate_frames(stream, most, &offset, &state);
    const size_t size = stream->len;
    if (size > 0)
        memcpy(bytes, stream->data, size);
    g_byte_array_free(stream, TRUE);
    return size;
}
