/* session.c
 *
 * Sessions, images, exchanges and the diagnosis under the fuzzer: whatever
 * trackers and a server say on some connections, at whatever times, what is
 * counted and judged fits together. Frames come from the scanner, as in the
 * plugin; nothing of epan.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "script.h"
#include "world.h"

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)

static void see_frame(world_t *world, const script_message_t *message, const vt600_frame_t *frame, const uint8_t *buf)
{
    const vt600_ota_t ota = vt600_ota_read(frame, buf);
    char text[VT600_DEVICE_ID_TEXT_LEN] = "";

    vt600_device_id_text(buf + VT600_AT_DEVICE, text);
    const bool whole = frame->found == VT600_FOUND_FRAME && frame->checksum != VT600_CHECKSUM_ABSENT;
    const world_frame_t said = {
        .command = frame->command,
        .side = frame->side,
        .code = frame->code,
        .device = vt600_device_id_key(buf + VT600_AT_DEVICE),
        .device_text = text,
        .ota = &ota,
        .text = buf + VT600_AT_DATA,
        .text_length = frame->data_length,
        .fault = vt600_fault_judge(frame, true),
        .has_fingerprint = whole,
        .fingerprint = whole ? vt600_be16(buf + frame->checksum_at) : 0,
        .size = (uint32_t)frame->extent,
    };
    world_say(world, message->connection, &said);
}

static void see_message(world_t *world, const script_message_t *message)
{
    const vt600_side_t side = message->tracker ? VT600_TRACKER : VT600_SERVER;
    const size_t n = message->fate == SCRIPT_SNAPPED ? message->length / 2 : message->length;
    size_t credit = vt600_frame_credit(n), at = 0;

    world_wait(world, message->wait);
    if (message->fate == SCRIPT_CONNECTING) {
        if (message->cut != 0) /* the old connection's end is in the capture */
            world_close(world, message->connection, side, message->cut & 1);
        world_connect(world, message->connection, true);
    }
    if (message->fate == SCRIPT_LOST) {
        world_lose(world, message->connection, side);
        return;
    }
    while (at < n) {
        const vt600_frame_t frame = vt600_frame_scan(message->bytes + at, n - at, true, &credit);
        if (frame.found <= VT600_FOUND_CUT && frame.bytes >= VT600_AT_DATA)
            see_frame(world, message, &frame, message->bytes + at);
        at += frame.extent;
    }
    if (message->fate == SCRIPT_OVERLAPPING)
        world_leave_unacknowledged(world, message->connection, side);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    uint8_t options;
    script_t script = script_begin(bytes, n, &options);
    script_message_t message;
    world_t world = {.timeout = options & 1 ? 0 : 20 * MINUTE, .patience = options & 2 ? 1 : 30 * SECOND};

    world_begin(&world);
    while (script_next(&script, &message))
        see_message(&world, &message);
    world_end(&world);
    return 0;
}
