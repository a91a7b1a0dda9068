/* diagnosis.c
 *
 * Sessions and their diagnosis under the fuzzer, without bytes of frames: an
 * input is a row of events of two bytes, so that whole updates are short, and
 * a hundred thousand of them a second can be tried.
 *
 *     first byte   bits 0-4: what happens (see below); bits 5-6: the connection; bit 7: the other device
 *     second byte  bits 0-3: how long nothing happened before; bits 4-7: a block's number, or a value
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "world.h"

#define SECOND INT64_C(1000000000)
#define BLOCK  16

/* A number above the last frame is an event of the connection. */
static const struct {
    vt600_side_t side;
    uint16_t code;
    int flag; /* -1: the command has none, or the second byte says it */
} frames[] = {
    {VT600_SERVER, VT600_CMD_TRACKER_INFO, -1},   {VT600_TRACKER, VT600_CMD_TRACKER_INFO, -1},
    {VT600_SERVER, VT600_CMD_OTA_AUTHORIZE, -1},  {VT600_TRACKER, VT600_CMD_OTA_AUTHORIZE, 1},
    {VT600_TRACKER, VT600_CMD_OTA_AUTHORIZE, 0},  {VT600_SERVER, VT600_CMD_OTA_DATA, -1},
    {VT600_TRACKER, VT600_CMD_OTA_DATA, 1},       {VT600_TRACKER, VT600_CMD_OTA_DATA, 0},
    {VT600_TRACKER, VT600_CMD_OTA_DATA, 0xff},    {VT600_SERVER, VT600_CMD_OTA_CHECK, -1},
    {VT600_TRACKER, VT600_CMD_OTA_CHECK, -1},     {VT600_SERVER, VT600_CMD_OTA_UPGRADE, -1},
    {VT600_TRACKER, VT600_CMD_OTA_UPGRADE, 1},    {VT600_TRACKER, VT600_CMD_OTA_UPGRADE, 2},
    {VT600_TRACKER, VT600_CMD_OTA_UPGRADE, 0xff}, {VT600_SERVER, VT600_CMD_OTA_CANCEL, -1},
    {VT600_TRACKER, VT600_CMD_OTA_CANCEL, 1},     {VT600_TRACKER, VT600_CMD_LOGIN, -1},
    {VT600_TRACKER, VT600_CMD_POSITION, -1},      {VT600_TRACKER, VT600_CMD_IDENTITY, -1},
};

enum { CLOSE_TRACKER = G_N_ELEMENTS(frames), CLOSE_SERVER, RESET, CONNECT, LOSE, UNACKNOWLEDGED, DAMAGED, CUT };

/* From a millisecond to a day; the last one is the clock set back. */
static int64_t pause_of(uint8_t value)
{
    static const int64_t seconds[] = {0, 1, 5, 10, 29, 30, 31, 60, 300, 1199, 1200, 1260, 3600, 86400, -60};
    return (value & 15) == 0 ? SECOND / 1000 : seconds[(value & 15) - 1] * SECOND;
}

/* The image says of each byte where it is, and so the check can be right. */
static const uint8_t *block_at(unsigned number)
{
    static uint8_t image[16 * BLOCK];
    for (unsigned i = 0; i < sizeof image; i++)
        image[i] = (uint8_t)(i * 7);
    return image + number * BLOCK;
}

static vt600_ota_t ota_of(unsigned what, unsigned value)
{
    const vt600_command_t *command = vt600_command_find(frames[what].code);
    vt600_ota_t ota = {.complete = true};

    if (!command->ota)
        return ota;
    ota.shape = command->data[frames[what].side].shape;
    if (frames[what].flag >= 0)
        ota.flag = (uint8_t)frames[what].flag;
    switch (ota.shape) {
    case VT600_DATA_TRACKER_INFO:
        ota.device_code = 16;
        ota.max_length = BLOCK;
        ota.text = (const uint8_t *)(value & 1 ? "V1.40" : "V1.38");
        ota.text_length = 5;
        break;
    case VT600_DATA_BLOCK:
        ota.block_length = BLOCK;
        ota.block_present = BLOCK;
        ota.block = block_at(value);
        ota.has_offset = true;
        ota.offset = value * BLOCK;
        break;
    case VT600_DATA_STORED:
        ota.has_offset = true;
        ota.offset = value * BLOCK;
        break;
    case VT600_DATA_IMAGE_LENGTH:
        ota.image_length = (uint16_t)(value * BLOCK);
        break;
    case VT600_DATA_IMAGE_CHECKSUM:
        ota.image_checksum = vt600_frame_checksum(block_at(0), value * BLOCK);
        break;
    default:
        break;
    }
    return ota;
}

static void say(world_t *world, unsigned what, uint8_t first, uint8_t second, vt600_trust_t trust)
{
    static const char identity[] = "123,862170301018175,V1.38";
    const bool other = first & 0x80;
    const vt600_ota_t ota = ota_of(what, second >> 4);
    const world_frame_t frame = {
        .command = vt600_command_find(frames[what].code),
        .side = frames[what].side,
        .code = frames[what].code,
        .device = other ? 2 : 1,
        .device_text = other ? "2" : "1",
        .ota = &ota,
        .text = (const uint8_t *)identity,
        .text_length = sizeof identity - 1,
        .fault = {.trust = trust, .damaged = trust == VT600_TRUST_NONE, .bad_checksum = trust == VT600_TRUST_NONE},
        .has_fingerprint = trust == VT600_TRUST_WHOLE,
        .fingerprint = (uint16_t)(what << 8 | second >> 4),
        .size = 20,
    };
    world_say(world, first >> 5 & 3, &frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    world_t world = {.timeout = 1200 * SECOND, .patience = 30 * SECOND};
    vt600_trust_t trust = VT600_TRUST_WHOLE;

    world_begin(&world);
    for (size_t i = 0; i + 2 <= n; i += 2) {
        const unsigned what = bytes[i] & 31, connection = bytes[i] >> 5 & 3;
        const vt600_side_t side = bytes[i + 1] & 0x10 ? VT600_TRACKER : VT600_SERVER;

        world_wait(&world, pause_of(bytes[i + 1]));
        if (what < G_N_ELEMENTS(frames)) {
            say(&world, what, bytes[i], bytes[i + 1], trust);
            trust = VT600_TRUST_WHOLE;
        } else if (what == DAMAGED || what == CUT) {
            trust = what == CUT ? VT600_TRUST_CUT : VT600_TRUST_NONE; /* of the next frame */
        } else if (what == CONNECT) {
            world_connect(&world, connection, bytes[i + 1] & 0x10);
        } else if (what == LOSE) {
            world_lose(&world, connection, side);
        } else if (what == UNACKNOWLEDGED) {
            world_leave_unacknowledged(&world, connection, side);
        } else {
            world_close(&world, connection, what == CLOSE_TRACKER ? VT600_TRACKER : VT600_SERVER, what == RESET);
        }
    }
    world_end(&world);
    return 0;
}
