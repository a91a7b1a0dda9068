/* command.c
 *
 * The table of commands; see command.h. A new command is a new row, and, if
 * its data is to be taken apart, a shape in command.h and a function in
 * dissect/tree.c or tree_base.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "command.h"

#include <stdlib.h>

#include "base.h"

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

#define FLAG OF(FLAG, VT600_FLAG_LEN)
#define TEXT FROM(SETTING, VT600_TEXT_LEAST)

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
#define SERVER_SETS(code_, name_, from_server)                                                                         \
    {                                                                                                                  \
        .code = (code_), .answer = (code_), .answers = (code_), .asks = VT600_SERVER, .name = (name_), .data = {       \
            [VT600_SERVER] = from_server,                                                                              \
            [VT600_TRACKER] = FLAG                                                                                     \
        }                                                                                                              \
    }
#define TRACKER_TELLS(code_, name_, from_tracker)                                                                      \
    {                                                                                                                  \
        .code = (code_), .asks = VT600_TRACKER, .name = (name_), .data = {                                             \
            [VT600_SERVER] = BYTES,                                                                                    \
            [VT600_TRACKER] = from_tracker                                                                             \
        }                                                                                                              \
    }

/* Reports of the tracker, of which some carry the server's header. */
#define EITHER_TELLS(code_, name_, data_)                                                                              \
    {                                                                                                                  \
        .code = (code_), .asks = VT600_TRACKER, .name = (name_), .data = {                                             \
            [VT600_SERVER] = data_,                                                                                    \
            [VT600_TRACKER] = data_                                                                                    \
        }                                                                                                              \
    }

/* In order of code: it is searched by halves. */
static const vt600_command_t commands[] = {
    {.code = 0x0001,
     .asks = VT600_TRACKER,
     .name = "Heartbeat",
     .data = {[VT600_SERVER] = FLAG, [VT600_TRACKER] = BYTES}},
    {.code = 0x0002,
     .answer = 0x0002,
     .answers = 0x0002,
     .asks = VT600_TRACKER,
     .name = "Get server",
     .data = {[VT600_SERVER] = FROM(SERVER, VT600_TEXT_LEAST), [VT600_TRACKER] = BYTES}},
    {.code = VT600_CMD_PHOTO_UPLOAD,
     .answer = VT600_CMD_PHOTO_RESPONSE,
     .asks = VT600_TRACKER,
     .name = "Photo upload request",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = FROM(PHOTO_INDEX, VT600_PHOTO_INDEX_LEN)}},
    {.code = VT600_CMD_PHOTO_COMPLETE,
     .answer = VT600_CMD_RETRANSMISSION,
     .asks = VT600_TRACKER,
     .name = "Photo upload complete",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = FROM(PHOTO_INDEX, VT600_PHOTO_INDEX_LEN)}},

    {.code = VT600_CMD_LOGIN_CONFIRM,
     .answers = VT600_CMD_LOGIN,
     .asks = VT600_TRACKER,
     .name = "Login confirmation",
     .data = {[VT600_SERVER] = FLAG, [VT600_TRACKER] = BYTES}},
    {.code = VT600_CMD_TRACK_ON_DEMAND,
     .answer = VT600_CMD_POSITION,
     .asks = VT600_SERVER,
     .name = "Track on demand",
     .data = {[VT600_SERVER] = NONE, [VT600_TRACKER] = BYTES}},
    {.code = VT600_CMD_TRACK_BY_INTERVAL,
     .answer = VT600_CMD_INTERVAL_SET,
     .asks = VT600_SERVER,
     .name = "Track by interval",
     .data = {[VT600_SERVER] = OF(INTERVAL, VT600_INTERVAL_LEN), [VT600_TRACKER] = BYTES}},
    SERVER_SETS(0x4103, "Set authorized phone", OF(PHONE, VT600_PHONE_LEN)),
    SERVER_SETS(0x4105, "Speeding alarm", OF(SPEED_LIMIT, VT600_SPEED_LIMIT_LEN)),
    SERVER_SETS(0x4106, "Movement alarm", FROM(RADIUS, VT600_RADIUS_LEN)),
    SERVER_SETS(0x4108, "Extended settings", OF(SWITCHES, VT600_EXTENDED_LEN)),
    SERVER_SETS(0x4110, "Initialization", NONE),
    SERVER_SETS(0x4113, "Sleep mode", OF(SLEEP_LEVEL, VT600_SLEEP_LEVEL_LEN)),
    SERVER_SETS(0x4114, "Output control (below 10 km/h)", FROM(OUTPUTS, VT600_OUTPUTS_LEAST)),
    SERVER_SETS(0x4115, "Output control (immediate)", FROM(OUTPUTS, VT600_OUTPUTS_LEAST)),
    SERVER_SETS(0x4116, "Triggered alarms", FROM(TRIGGERS, VT600_TRIGGERS_LEAST)),
    SERVER_SETS(VT600_CMD_POWER_DOWN, "Power down", TEXT),
    SERVER_SETS(0x4130, "Listen-in", TEXT),
    SERVER_SETS(VT600_CMD_LOG_BY_INTERVAL, "Log by interval", TEXT),
    SERVER_SETS(VT600_CMD_TIME_ZONE, "Time zone", TEXT),
    SERVER_SETS(0x4135, "Tremble sensor sensitivity", TEXT),
    SERVER_SETS(VT600_CMD_HEADING_CHANGE, "Heading change report", TEXT),
    SERVER_SETS(0x4150, "GPS antenna cut alarm", OF(SWITCHES, VT600_SWITCH_LEN)),
    SERVER_ASKS(0x4151, "Take photo", BYTES, BYTES),
    SERVER_SETS(VT600_CMD_GPRS_PARAMETERS, "Set GPRS parameters", TEXT),
    SERVER_SETS(VT600_CMD_GEO_FENCE, "Geo-fence alarm", TEXT),
    SERVER_SETS(VT600_CMD_TRACK_BY_DISTANCE, "Track by distance", TEXT),
    SERVER_SETS(0x4351, "Delete mileage", NONE),
    SERVER_SETS(0x4902, "Reboot GPS", NONE),

    {.code = VT600_CMD_LOGIN,
     .answer = VT600_CMD_LOGIN_CONFIRM,
     .asks = VT600_TRACKER,
     .name = "Login",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = NONE}},
    {.code = VT600_CMD_INTERVAL_SET,
     .answers = VT600_CMD_TRACK_BY_INTERVAL,
     .asks = VT600_SERVER,
     .name = "Set interval result",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = OF(INTERVAL_SET, VT600_INTERVAL_SET_LEN)}},
    SERVER_SETS(0x5114, "Output control (below 20 km/h)", FROM(OUTPUTS, VT600_OUTPUTS_LEAST)),
    SERVER_SETS(VT600_CMD_HEARTBEAT_INTERVAL, "Heartbeat interval", TEXT),
    SERVER_SETS(0x5503, "Clear message queue", NONE),

    {.code = VT600_CMD_RETRANSMISSION, /* from the server it confirms a photo */
     .pushed = true,
     .answers = VT600_CMD_PHOTO_COMPLETE,
     .asks = VT600_TRACKER,
     .name = "Retransmission",
     .data = {[VT600_SERVER] = OF(PHOTO_STORED, VT600_PHOTO_STORED_LEN),
              [VT600_TRACKER] = FROM(REPORTS, VT600_REPORTS_AT_FIRST)}},
    {.code = VT600_CMD_PHOTO_RESPONSE,
     .pushed = true,
     .answers = VT600_CMD_PHOTO_UPLOAD,
     .asks = VT600_TRACKER,
     .name = "Photo upload response",
     .data = {[VT600_SERVER] = FROM(PHOTO_INDEX, VT600_PHOTO_INDEX_LEN), [VT600_TRACKER] = BYTES}},

    SERVER_ASKS(0x9001, "Get S/N and IMEI", NONE, FROM(IDENTITY, VT600_TEXT_LEAST)),
    SERVER_ASKS(0x9002, "Read interval", NONE, OF(INTERVAL, VT600_INTERVAL_LEN)),
    SERVER_ASKS(0x9003, "Read authorized phone", OF(BUTTON, VT600_BUTTON_LEN), FROM(NUMBERS, VT600_NUMBERS_LEN)),
    SERVER_ASKS(0x9016, "Read logged data", OF(LOG_REQUEST, VT600_LOG_REQUEST_LEN), FROM(LOG, VT600_LOG_AT_TEXT)),

    OTA(VT600_CMD_TRACKER_INFO, "Get tracker info", NONE, FROM(TRACKER_INFO, VT600_INFO_AT_TEXT)),
    OTA(VT600_CMD_OTA_AUTHORIZE, "OTA authorization", NONE, OF(AUTHORIZED, VT600_FLAG_LEN)),
    OTA(VT600_CMD_OTA_DATA, "OTA data", FROM(BLOCK, VT600_BLOCK_AT_BLOCK), OF(STORED, VT600_STORED_LEN)),
    OTA(VT600_CMD_OTA_CHECK, "OTA data check", OF(IMAGE_LENGTH, VT600_IMAGE_LENGTH_LEN),
        OF(IMAGE_CHECKSUM, VT600_IMAGE_CHECKSUM_LEN)),
    OTA(VT600_CMD_OTA_UPGRADE, "Start upgrade", NONE, OF(UPGRADE, VT600_FLAG_LEN)),
    OTA(VT600_CMD_OTA_CANCEL, "Cancel OTA", NONE, OF(CANCELLED, VT600_FLAG_LEN)),

    EITHER_TELLS(VT600_CMD_OBD_REAL_TIME, "OBD real time", FROM(OBD, VT600_TEXT_LEAST)),
    EITHER_TELLS(VT600_CMD_OBD_ACCUMULATED, "OBD accumulated", FROM(OBD, VT600_TEXT_LEAST)),
    EITHER_TELLS(VT600_CMD_TROUBLE_CODES, "Trouble codes", FROM(OBD, 0)), /* a car without any trouble has none */
    {.code = VT600_CMD_POSITION,
     .pushed = true,
     .answers = VT600_CMD_TRACK_ON_DEMAND,
     .asks = VT600_SERVER,
     .name = "Position report",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = FROM(POSITION, VT600_TEXT_LEAST)}},
    TRACKER_TELLS(0x9966, "RFID", FROM(CARDS, VT600_CARDS_AT_TEXT)),
    TRACKER_TELLS(0x9977, "Position with image", FROM(IMAGE_POSITION, VT600_TEXT_LEAST)),
    TRACKER_TELLS(0x9988, "Photo data", FROM(PHOTO, VT600_PHOTO_AT_DATA)),
    TRACKER_TELLS(VT600_CMD_ALARM, "Alarm", FROM(ALARM, VT600_ALARM_AT_TEXT)),
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
