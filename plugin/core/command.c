/* command.c
 *
 * The table of commands; see command.h. A new command is a new row, and, if
 * its data is to be taken apart, a shape in command.h and a function in
 * dissect/tree.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "command.h"

#include <stdlib.h>

#define BYTES                                                                                                          \
    {                                                                                                                  \
        VT600_DATA_BYTES, 0, VT600_DATA_ANY                                                                            \
    }
#define NONE                                                                                                           \
    {                                                                                                                  \
        VT600_DATA_NONE, 0, 0                                                                                          \
    }
#define OF(shape, len)                                                                                                 \
    {                                                                                                                  \
        VT600_DATA_##shape, len, len                                                                                   \
    }
#define FROM(shape, least)                                                                                             \
    {                                                                                                                  \
        VT600_DATA_##shape, least, VT600_DATA_ANY                                                                      \
    }

/* Rows that recur. */
#define SERVER_ASKS(code_, name_, from_server, from_tracker)                                                           \
    {                                                                                                                  \
        .code = (code_), .answer = (code_), .answers = (code_), .asks = VT600_SERVER, .name = (name_), .data = {       \
            [VT600_SERVER] = from_server,                                                                              \
            [VT600_TRACKER] = from_tracker                                                                             \
        }                                                                                                              \
    }
#define OTA(code_, name_, from_server, from_tracker)                                                                   \
    {                                                                                                                  \
        .code = (code_), .ota = true, .answer = (code_), .answers = (code_), .asks = VT600_SERVER, .name = (name_),    \
        .data = {                                                                                                      \
            [VT600_SERVER] = from_server,                                                                              \
            [VT600_TRACKER] = from_tracker                                                                             \
        }                                                                                                              \
    }
#define TRACKER_TELLS(code_, name_)                                                                                    \
    {                                                                                                                  \
        .code = (code_), .asks = VT600_TRACKER, .name = (name_), .data = {                                             \
            [VT600_SERVER] = BYTES,                                                                                    \
            [VT600_TRACKER] = BYTES                                                                                    \
        }                                                                                                              \
    }

/* In order of code: it is searched by halves. */
static const vt600_command_t commands[] = {
    TRACKER_TELLS(0x0001, "Heartbeat"),
    TRACKER_TELLS(0x0002, "Get server"),
    TRACKER_TELLS(0x0800, "Photo upload request"),
    TRACKER_TELLS(0x0f80, "Photo upload complete"),

    {.code = VT600_CMD_LOGIN_CONFIRM,
     .answers = VT600_CMD_LOGIN,
     .asks = VT600_TRACKER,
     .name = "Login confirmation",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = BYTES}},
    {.code = VT600_CMD_TRACK_ON_DEMAND,
     .answer = VT600_CMD_POSITION,
     .asks = VT600_SERVER,
     .name = "Track on demand",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = BYTES}},
    {.code = VT600_CMD_TRACK_BY_INTERVAL,
     .answer = VT600_CMD_INTERVAL_SET,
     .asks = VT600_SERVER,
     .name = "Track by interval",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = BYTES}},
    SERVER_ASKS(0x4103, "Set authorized phone", BYTES, BYTES),
    SERVER_ASKS(0x4105, "Speeding alarm", BYTES, BYTES),
    SERVER_ASKS(0x4106, "Movement alarm", BYTES, BYTES),
    SERVER_ASKS(0x4108, "Extended settings", BYTES, BYTES),
    SERVER_ASKS(0x4110, "Initialization", BYTES, BYTES),
    SERVER_ASKS(0x4113, "Sleep mode", BYTES, BYTES),
    SERVER_ASKS(0x4114, "Output control (below 10 km/h)", BYTES, BYTES),
    SERVER_ASKS(0x4115, "Output control (immediate)", BYTES, BYTES),
    SERVER_ASKS(0x4116, "Triggered alarms", BYTES, BYTES),
    SERVER_ASKS(0x4126, "Power down", BYTES, BYTES),
    SERVER_ASKS(0x4130, "Listen-in", BYTES, BYTES),
    SERVER_ASKS(0x4131, "Log by interval", BYTES, BYTES),
    SERVER_ASKS(0x4132, "Time zone", BYTES, BYTES),
    SERVER_ASKS(0x4135, "Tremble sensor sensitivity", BYTES, BYTES),
    SERVER_ASKS(0x4136, "Heading change report", BYTES, BYTES),
    SERVER_ASKS(0x4150, "GPS antenna cut alarm", BYTES, BYTES),
    SERVER_ASKS(0x4151, "Take photo", BYTES, BYTES),
    SERVER_ASKS(0x4155, "Set GPRS parameters", BYTES, BYTES),
    SERVER_ASKS(0x4302, "Geo-fence alarm", BYTES, BYTES),
    SERVER_ASKS(0x4303, "Track by distance", BYTES, BYTES),
    SERVER_ASKS(0x4351, "Delete mileage", BYTES, BYTES),
    SERVER_ASKS(0x4902, "Reboot GPS", BYTES, BYTES),

    {.code = VT600_CMD_LOGIN,
     .answer = VT600_CMD_LOGIN_CONFIRM,
     .asks = VT600_TRACKER,
     .name = "Login",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = BYTES}},
    {.code = VT600_CMD_INTERVAL_SET,
     .answers = VT600_CMD_TRACK_BY_INTERVAL,
     .asks = VT600_SERVER,
     .name = "Set interval result",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = BYTES}},
    SERVER_ASKS(0x5114, "Output control (below 20 km/h)", BYTES, BYTES),
    SERVER_ASKS(0x5199, "Heartbeat interval", BYTES, BYTES),
    SERVER_ASKS(0x5503, "Clear message queue", BYTES, BYTES),

    TRACKER_TELLS(0x6688, "Retransmission"),
    TRACKER_TELLS(0x8801, "Photo upload response"),

    SERVER_ASKS(0x9001, "Get S/N and IMEI", BYTES, BYTES),
    SERVER_ASKS(0x9002, "Read interval", BYTES, BYTES),
    SERVER_ASKS(0x9003, "Read authorized phone", BYTES, BYTES),
    SERVER_ASKS(0x9016, "Read logged data", BYTES, BYTES),

    OTA(VT600_CMD_TRACKER_INFO, "Get tracker info", NONE, FROM(TRACKER_INFO, VT600_INFO_AT_TEXT)),
    OTA(VT600_CMD_OTA_AUTHORIZE, "OTA authorization", NONE, OF(AUTHORIZED, VT600_FLAG_LEN)),
    OTA(VT600_CMD_OTA_DATA, "OTA data", FROM(BLOCK, VT600_BLOCK_AT_BLOCK), OF(STORED, VT600_STORED_LEN)),
    OTA(VT600_CMD_OTA_CHECK, "OTA data check", OF(IMAGE_LENGTH, VT600_IMAGE_LENGTH_LEN),
        OF(IMAGE_CHECKSUM, VT600_IMAGE_CHECKSUM_LEN)),
    OTA(VT600_CMD_OTA_UPGRADE, "Start upgrade", NONE, OF(UPGRADE, VT600_FLAG_LEN)),
    OTA(VT600_CMD_OTA_CANCEL, "Cancel OTA", NONE, OF(CANCELLED, VT600_FLAG_LEN)),

    TRACKER_TELLS(0x9901, "OBD real time"),
    TRACKER_TELLS(0x9902, "OBD accumulated"),
    TRACKER_TELLS(0x9903, "Trouble codes"),
    {.code = VT600_CMD_POSITION,
     .pushed = true,
     .answers = VT600_CMD_TRACK_ON_DEMAND,
     .asks = VT600_SERVER,
     .name = "Position report",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = BYTES}},
    TRACKER_TELLS(0x9966, "RFID"),
    TRACKER_TELLS(0x9977, "Position with image"),
    TRACKER_TELLS(0x9988, "Photo data"),
    TRACKER_TELLS(0x9999, "Alarm"),
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static int by_code(const void *key, const void *row)
{
    return (int)*(const uint16_t *)key - (int)((const vt600_command_t *)row)->code;
}

const vt600_command_t *vt600_command_find(uint16_t code)
{
    return bsearch(&code, commands, COMMANDS, sizeof commands[0], by_code);
}

const vt600_command_t *vt600_command_table(size_t *count)
{
    *count = COMMANDS;
    return commands;
}

bool vt600_command_is_request(const vt600_command_t *command, vt600_side_t from)
{
    return command->answer != 0 && command->asks == from;
}

uint16_t vt600_command_answers(const vt600_command_t *command, vt600_side_t from)
{
    return command->asks != from ? command->answers : 0;
}

bool vt600_command_data_length(const vt600_command_t *command, vt600_side_t from, const uint8_t *data, size_t present,
                               size_t *length)
{
    const vt600_data_t *expected = &command->data[from];

    if (expected->shape == VT600_DATA_BLOCK) {
        if (present < VT600_BLOCK_AT_BLOCK)
            return false;
        *length = (size_t)VT600_BLOCK_AT_BLOCK + vt600_be16(data + VT600_BLOCK_AT_LENGTH);
        return true;
    }
    if (expected->most == VT600_DATA_ANY)
        return false;
    *length = expected->most;
    return true;
}
