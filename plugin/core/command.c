/* command.c
 *
 * The table of commands; see command.h. A command of the base protocol is a
 * row: its code and name, who asks and what answers, and the layout of its
 * data in each direction. A part that no other command has gets a field, too:
 * layout.h, and dissect/fields_base.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "command.h"

#include <stdlib.h>

#include "layout.h"
#include "special.h"

#define BYTES                                                                                                          \
    {                                                                                                                  \
        .shape = VT600_DATA_BYTES, .most = VT600_DATA_ANY                                                              \
    }
#define NONE                                                                                                           \
    {                                                                                                                  \
        .shape = VT600_DATA_NONE                                                                                       \
    }
#define OF(shape_, len)                                                                                                \
    {                                                                                                                  \
        .shape = VT600_DATA_##shape_, .least = (len), .most = (len)                                                    \
    }
#define FROM(shape_, least_)                                                                                           \
    {                                                                                                                  \
        .shape = VT600_DATA_##shape_, .least = (least_), .most = VT600_DATA_ANY                                        \
    }

/* A layout of these parts; one of which any bytes may follow; and data with conditions, which has layout's parts or its
 * own. */
#define PARTS(...) .parts = {__VA_ARGS__}, .count = sizeof((vt600_part_t[]){__VA_ARGS__}) / sizeof(vt600_part_t)
#define LAYOUT(...)                                                                                                    \
    {                                                                                                                  \
        .shape = VT600_DATA_LAYOUT, .layout = &(const vt600_layout_t)                                                  \
        {                                                                                                              \
            PARTS(__VA_ARGS__)                                                                                         \
        }                                                                                                              \
    }
#define OPEN(...)                                                                                                      \
    {                                                                                                                  \
        .shape = VT600_DATA_LAYOUT, .layout = &(const vt600_layout_t)                                                  \
        {                                                                                                              \
            PARTS(__VA_ARGS__), .open = true                                                                           \
        }                                                                                                              \
    }
#define SPECIAL(name, least_)                                                                                          \
    {                                                                                                                  \
        .shape = VT600_DATA_LAYOUT, .layout = &(const vt600_layout_t)                                                  \
        {                                                                                                              \
            .least = (least_), .special = &vt600_special_##name                                                        \
        }                                                                                                              \
    }
#define EMPTY                                                                                                          \
    {                                                                                                                  \
        .shape = VT600_DATA_LAYOUT, .layout = &(const vt600_layout_t)                                                  \
        {                                                                                                              \
            .count = 0                                                                                                 \
        }                                                                                                              \
    }

/* Parts: what it is, its bytes (of text and bytes to the end: the least), and how the Info column says it. */
#define SAY(how, ...) .say = VT600_SAY_##how, .words = "" __VA_ARGS__
#define NUMBER(name, length_, ...)                                                                                     \
    {                                                                                                                  \
        .field = VT600_FIELD_##name, .kind = VT600_KIND_NUMBER, .length = (length_), __VA_ARGS__                       \
    }
#define NUMBERS(name, length_, count_, ...)                                                                            \
    {                                                                                                                  \
        .field = VT600_FIELD_##name, .kind = VT600_KIND_NUMBERS, .length = (length_), .count = (count_), __VA_ARGS__   \
    }
#define PADDED(name, length_, ...)                                                                                     \
    {                                                                                                                  \
        .field = VT600_FIELD_##name, .kind = VT600_KIND_PADDED, .length = (length_), __VA_ARGS__                       \
    }
#define TEXT(name, least_, ...)                                                                                        \
    {                                                                                                                  \
        .field = VT600_FIELD_##name, .kind = VT600_KIND_TEXT, .length = (least_), __VA_ARGS__                          \
    }
#define POSITION(least_, ...)                                                                                          \
    {                                                                                                                  \
        .field = VT600_FIELD_POSITION, .kind = VT600_KIND_POSITION, .length = (least_), __VA_ARGS__                    \
    }
#define REST(name, ...)                                                                                                \
    {                                                                                                                  \
        .field = VT600_FIELD_##name, .kind = VT600_KIND_BYTES, .length = 0, __VA_ARGS__                                \
    }

/* Parts and layouts that recur. */
#define IMAGE                NUMBER(PHOTO_IMAGE, 1, SAY(NUMBER, "image"))
#define FLAG_PART            NUMBER(FLAG, 1, SAY(MEANING, "flag"))
#define INTERVAL             NUMBER(INTERVAL, 2, SAY(MEASURE, "s"), .scale = 10)
#define PHONES               PADDED(PHONE_SMS, 16, SAY(TEXT, "SMS")), PADDED(PHONE_CALL, 16, SAY(TEXT, "call"))
#define FLAG                 LAYOUT(FLAG_PART)
#define OUTPUTS              LAYOUT(NUMBERS(OUTPUT, 1, 0, SAY(MEANING, "value")))
#define SETTING              LAYOUT(TEXT(SETTING, 1, SAY(TEXT)))
#define SETTING_IN(unit)     LAYOUT(TEXT(SETTING, 1, SAY(UNIT, unit)))
#define SETTING_OF(values_)  LAYOUT(TEXT(SETTING, 1, SAY(TEXT), .values = &(values_)))
#define OBD(values_, least_) LAYOUT(TEXT(OBD, least_, SAY(TEXT), .values = &(values_)))

/* Parts that special.c changes. */
#define CARDS                                                                                                          \
    {                                                                                                                  \
        .shape = VT600_DATA_LAYOUT, .layout = &(const vt600_layout_t)                                                  \
        {                                                                                                              \
            PARTS(NUMBERS(RFID, 4, 15, SAY(NUMBER, "card")), POSITION(0)), .special = &vt600_special_cards             \
        }                                                                                                              \
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

/* Values between commas. */
#define VALUE(name, kind_, most_)                                                                                      \
    {                                                                                                                  \
        VT600_FIELD_##name, VT600_VALUE_##kind_, most_                                                                 \
    }

static const vt600_values_t gprs_values = {.count = 6,
                                           .values = {VALUE(GPRS_MODE, TEXT, 0), VALUE(GPRS_IP, TEXT, 0),
                                                      VALUE(GPRS_PORT, COUNT, UINT16_MAX), VALUE(GPRS_APN, TEXT, 0),
                                                      VALUE(GPRS_USER, TEXT, 0), VALUE(GPRS_PASSWORD, TEXT, 0)}};

static const vt600_values_t fence_values = {
    .count = 5,
    .values = {VALUE(FENCE_LATITUDE, NUMBER, 90), VALUE(FENCE_LONGITUDE, NUMBER, 180), VALUE(FENCE_RADIUS, NUMBER, 0),
               VALUE(FENCE_IN, TEXT, 0), VALUE(FENCE_OUT, TEXT, 0)}};

static const vt600_values_t obd_values = {
    .rest = VT600_FIELD_OBD_REST,
    .count = 15,
    .values = {VALUE(OBD_BATTERY, NUMBER, 0), VALUE(OBD_RPM, NUMBER, 0), VALUE(OBD_SPEED, NUMBER, 0),
               VALUE(OBD_THROTTLE, NUMBER, 0), VALUE(OBD_LOAD, NUMBER, 0), VALUE(OBD_COOLANT, NUMBER, 0),
               VALUE(OBD_FUEL_RATE, NUMBER, 0), VALUE(OBD_FUEL_AVERAGE, NUMBER, 0), VALUE(OBD_RANGE, NUMBER, 0),
               VALUE(OBD_ODOMETER, NUMBER, 0), VALUE(OBD_FUEL_TRIP, NUMBER, 0), VALUE(OBD_FUEL_TOTAL, NUMBER, 0),
               VALUE(OBD_CODE_COUNT, COUNT, UINT32_MAX), VALUE(OBD_HARD_ACCELERATIONS, COUNT, UINT32_MAX),
               VALUE(OBD_HARD_BRAKES, COUNT, UINT32_MAX)}};

static const vt600_values_t obd_total_values = {
    .rest = VT600_FIELD_OBD_REST,
    .count = 9,
    .values = {VALUE(OBD_TOTAL_IGNITIONS, COUNT, UINT32_MAX), VALUE(OBD_TOTAL_DRIVING_TIME, NUMBER, 0),
               VALUE(OBD_TOTAL_IDLING_TIME, NUMBER, 0), VALUE(OBD_TOTAL_HOT_START_TIME, NUMBER, 0),
               VALUE(OBD_TOTAL_SPEED_AVERAGE, NUMBER, 0), VALUE(OBD_TOTAL_SPEED_HIGHEST, NUMBER, 0),
               VALUE(OBD_TOTAL_RPM_HIGHEST, NUMBER, 0), VALUE(OBD_TOTAL_HARD_ACCELERATIONS, COUNT, UINT32_MAX),
               VALUE(OBD_TOTAL_HARD_BRAKES, COUNT, UINT32_MAX)}};

static const vt600_values_t trouble_values = {.again = true, .count = 1, .values = {VALUE(OBD_TROUBLE_CODE, TEXT, 0)}};

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
     .data = {[VT600_SERVER] = LAYOUT(TEXT(SERVER, 1, SAY(TEXT))), [VT600_TRACKER] = BYTES}},
    {.code = VT600_CMD_PHOTO_UPLOAD,
     .answer = VT600_CMD_PHOTO_RESPONSE,
     .asks = VT600_TRACKER,
     .name = "Photo upload request",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = OPEN(IMAGE)}},
    {.code = VT600_CMD_PHOTO_COMPLETE,
     .answer = VT600_CMD_RETRANSMISSION,
     .asks = VT600_TRACKER,
     .name = "Photo upload complete",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = OPEN(IMAGE)}},

    {.code = VT600_CMD_LOGIN_CONFIRM,
     .answers = VT600_CMD_LOGIN,
     .asks = VT600_TRACKER,
     .name = "Login confirmation",
     .data = {[VT600_SERVER] = FLAG, [VT600_TRACKER] = BYTES}},
    {.code = VT600_CMD_TRACK_ON_DEMAND,
     .answer = VT600_CMD_POSITION,
     .asks = VT600_SERVER,
     .name = "Track on demand",
     .data = {[VT600_SERVER] = EMPTY, [VT600_TRACKER] = BYTES}},
    {.code = VT600_CMD_TRACK_BY_INTERVAL,
     .answer = VT600_CMD_INTERVAL_SET,
     .asks = VT600_SERVER,
     .name = "Track by interval",
     .data = {[VT600_SERVER] = LAYOUT(INTERVAL), [VT600_TRACKER] = BYTES}},
    SERVER_SETS(0x4103, "Set authorized phone", LAYOUT(NUMBER(BUTTON, 1, SAY(NUMBER, "button")), PHONES)),
    SERVER_SETS(0x4105, "Speeding alarm", LAYOUT(NUMBER(SPEED_LIMIT, 1, SAY(MEASURE, "km/h"), .scale = 10))),
    SERVER_SETS(0x4106, "Movement alarm", SPECIAL(radius, 1)),
    SERVER_SETS(0x4108, "Extended settings", LAYOUT(NUMBERS(SWITCH, 1, 10, SAY(MEANING, "value")))),
    SERVER_SETS(0x4110, "Initialization", EMPTY),
    SERVER_SETS(0x4113, "Sleep mode", LAYOUT(NUMBER(SLEEP_LEVEL, 1, SAY(NUMBER, "level")))),
    SERVER_SETS(0x4114, "Output control (below 10 km/h)", OUTPUTS),
    SERVER_SETS(0x4115, "Output control (immediate)", OUTPUTS),
    SERVER_SETS(0x4116, "Triggered alarms", LAYOUT(NUMBERS(TRIGGER, 1, 0, SAY(MEANING, "value")))),
    SERVER_SETS(0x4126, "Power down", SETTING_IN("minutes")),
    SERVER_SETS(0x4130, "Listen-in", SETTING),
    SERVER_SETS(0x4131, "Log by interval", SETTING_IN("s")),
    SERVER_SETS(0x4132, "Time zone", SETTING_IN("minutes")),
    SERVER_SETS(0x4135, "Tremble sensor sensitivity", SETTING),
    SERVER_SETS(0x4136, "Heading change report", SETTING_IN("degrees")),
    SERVER_SETS(0x4150, "GPS antenna cut alarm", LAYOUT(NUMBER(SWITCH, 1, SAY(MEANING, "value")))),
    SERVER_ASKS(0x4151, "Take photo", BYTES, BYTES),
    SERVER_SETS(0x4155, "Set GPRS parameters", SETTING_OF(gprs_values)),
    SERVER_SETS(0x4302, "Geo-fence alarm", SETTING_OF(fence_values)),
    SERVER_SETS(0x4303, "Track by distance", SETTING_IN("m")),
    SERVER_SETS(0x4351, "Delete mileage", EMPTY),
    SERVER_SETS(0x4902, "Reboot GPS", EMPTY),

    {.code = VT600_CMD_LOGIN,
     .answer = VT600_CMD_LOGIN_CONFIRM,
     .asks = VT600_TRACKER,
     .name = "Login",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = EMPTY}},
    {.code = VT600_CMD_INTERVAL_SET,
     .answers = VT600_CMD_TRACK_BY_INTERVAL,
     .asks = VT600_SERVER,
     .name = "Set interval result",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = LAYOUT(FLAG_PART, INTERVAL)}},
    SERVER_SETS(0x5114, "Output control (below 20 km/h)", OUTPUTS),
    SERVER_SETS(0x5199, "Heartbeat interval", SETTING_IN("minutes")),
    SERVER_SETS(0x5503, "Clear message queue", EMPTY),

    {.code = VT600_CMD_RETRANSMISSION, /* from the server it confirms a photo */
     .pushed = true,
     .answers = VT600_CMD_PHOTO_COMPLETE,
     .asks = VT600_TRACKER,
     .name = "Retransmission",
     .data = {[VT600_SERVER] = LAYOUT(IMAGE, NUMBER(PHOTO_STATUS, 2)), [VT600_TRACKER] = SPECIAL(reports, 1)}},
    {.code = VT600_CMD_PHOTO_RESPONSE,
     .pushed = true,
     .answers = VT600_CMD_PHOTO_UPLOAD,
     .asks = VT600_TRACKER,
     .name = "Photo upload response",
     .data = {[VT600_SERVER] = OPEN(IMAGE), [VT600_TRACKER] = BYTES}},

    SERVER_ASKS(0x9001, "Get S/N and IMEI", EMPTY, SPECIAL(identity, 1)),
    SERVER_ASKS(0x9002, "Read interval", EMPTY, LAYOUT(INTERVAL)),
    SERVER_ASKS(0x9003, "Read authorized phone", LAYOUT(NUMBER(BUTTON, 1, SAY(NUMBER, "button"))),
                OPEN(PHONES) /* of all buttons, perhaps */),
    SERVER_ASKS(0x9016, "Read logged data",
                LAYOUT(NUMBER(LOG_DEVICE_RANDOM, 1), NUMBER(LOG_PC_RANDOM, 1),
                       NUMBER(LOG_FLAG, 2, SAY(MEANING, "flag"))),
                LAYOUT(NUMBER(LOG_DEVICE_RANDOM, 1), NUMBER(LOG_PC_RANDOM, 1),
                       NUMBER(LOG_WAYPOINTS, 4, SAY(COUNT, "waypoint")), POSITION(0))),

    OTA(VT600_CMD_TRACKER_INFO, "Get tracker info", NONE, FROM(TRACKER_INFO, VT600_INFO_AT_TEXT)),
    OTA(VT600_CMD_OTA_AUTHORIZE, "OTA authorization", NONE, OF(AUTHORIZED, VT600_FLAG_LEN)),
    OTA(VT600_CMD_OTA_DATA, "OTA data", FROM(BLOCK, VT600_BLOCK_AT_BLOCK), OF(STORED, VT600_STORED_LEN)),
    OTA(VT600_CMD_OTA_CHECK, "OTA data check", OF(IMAGE_LENGTH, VT600_IMAGE_LENGTH_LEN),
        OF(IMAGE_CHECKSUM, VT600_IMAGE_CHECKSUM_LEN)),
    OTA(VT600_CMD_OTA_UPGRADE, "Start upgrade", NONE, OF(UPGRADE, VT600_FLAG_LEN)),
    OTA(VT600_CMD_OTA_CANCEL, "Cancel OTA", NONE, OF(CANCELLED, VT600_FLAG_LEN)),

    EITHER_TELLS(0x9901, "OBD real time", OBD(obd_values, 1)),
    EITHER_TELLS(0x9902, "OBD accumulated", OBD(obd_total_values, 1)),
    EITHER_TELLS(0x9903, "Trouble codes", OBD(trouble_values, 0)), /* a car without any trouble has none */
    {.code = VT600_CMD_POSITION,
     .pushed = true,
     .answers = VT600_CMD_TRACK_ON_DEMAND,
     .asks = VT600_SERVER,
     .name = "Position report",
     .data = {[VT600_SERVER] = BYTES, [VT600_TRACKER] = LAYOUT(POSITION(1, SAY(POSITION)))}},
    TRACKER_TELLS(VT600_CMD_RFID, "RFID", CARDS),
    TRACKER_TELLS(VT600_CMD_IMAGE_POSITION, "Position with image", SPECIAL(image_position, 1)),
    TRACKER_TELLS(0x9988, "Photo data",
                  LAYOUT(IMAGE, NUMBER(PHOTO_FOOTAGE, 2), NUMBER(PHOTO_PACKETS, 1, SAY(COUNT, "packet")),
                         NUMBER(PHOTO_PACKET, 1, SAY(NUMBER, "packet")), REST(PHOTO_DATA, SAY(LENGTH)))),
    TRACKER_TELLS(VT600_CMD_ALARM, "Alarm", LAYOUT(NUMBER(ALARM, 1, SAY(MEANING, "alarm")), POSITION(0))),
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

size_t vt600_command_data_least(const vt600_command_t *command, vt600_side_t from)
{
    const vt600_data_t *expected = &command->data[from];
    return expected->layout != NULL ? vt600_layout_least(expected->layout) : expected->least;
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
    const size_t most = expected->layout != NULL ? vt600_layout_most(expected->layout) : expected->most;
    if (most == VT600_DATA_ANY)
        return false;
    *length = most;
    return true;
}
