/* base.h
 *
 * The data of the base protocol's commands, read from a frame: what is there,
 * and whether it is all. The base protocol is what trackers say all day in the
 * same frames: login, settings, positions, alarms, photos.
 *
 *     every setting's answer, and 0x0001 >, 0x4000 >:
 *                  | flag 1 |
 *     0x0002 >     | text: server's host:port ... |
 *     0x0800 <, 0x0f80 <, 0x8801 >
 *                  | image 1 |
 *     0x4102 >, 0x9002 <
 *                  | interval 2 |
 *     0x5100 <     | flag 1 | interval 2 |
 *     0x4103 >     | button 1 | SMS number 16 | call number 16 |
 *     0x9003 >     | button 1 |
 *            <     | SMS number 16 | call number 16 |
 *     0x4105 >     | limit 1 |
 *     0x4106 >     | radius code 1 |, or metres, in a form that is not known
 *     0x4108 >     | switch 1 | x 10
 *     0x4113 >     | level 1 |
 *     0x4114, 0x4115, 0x5114 >
 *                  | output 1 | ...
 *     0x4116 >     | trigger 1 | ...
 *     0x4150 >     | switch 1 |
 *     other settings >
 *                  | text ... |
 *     0x9001 <     | text: S/N, IMEI, firmware version ... |
 *     0x9016 >     | device's random 1 | PC's random 1 | flag 2 |
 *            <     | device's random 1 | PC's random 1 | waypoints 4 | position text ... |
 *     0x9955 <     | position text ... |
 *     0x9999 <     | alarm 1 | position text ... |
 *     0x6688 >     | image 1 | status 2 |
 *            <     | count 1 | alarm 1 | position text ... | '\' | alarm 1 | position text ... | '\' ...
 *     0x9901, 0x9902, 0x9903
 *                  | text: value, value ... |
 *     0x9966 <     | card 4 | x 15 | position text ... |
 *     0x9977 <     | not known ... | position text ... |
 *     0x9988 <     | image 1 | footage 2 | packets 1 | packet 1 | JPEG ... |
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_BASE_H
#define VT600_BASE_H

#include "frame.h"

/* Codes whose text has a unit or parts of its own, or that stand in two rows of the table. */
enum {
    VT600_CMD_PHOTO_UPLOAD = 0x0800,
    VT600_CMD_PHOTO_COMPLETE = 0x0f80,
    VT600_CMD_POWER_DOWN = 0x4126,
    VT600_CMD_LOG_BY_INTERVAL = 0x4131,
    VT600_CMD_TIME_ZONE = 0x4132,
    VT600_CMD_HEADING_CHANGE = 0x4136,
    VT600_CMD_GPRS_PARAMETERS = 0x4155,
    VT600_CMD_GEO_FENCE = 0x4302,
    VT600_CMD_TRACK_BY_DISTANCE = 0x4303,
    VT600_CMD_HEARTBEAT_INTERVAL = 0x5199,
    VT600_CMD_RETRANSMISSION = 0x6688,
    VT600_CMD_PHOTO_RESPONSE = 0x8801,
    VT600_CMD_OBD_REAL_TIME = 0x9901,
    VT600_CMD_OBD_ACCUMULATED = 0x9902,
    VT600_CMD_TROUBLE_CODES = 0x9903,
    VT600_CMD_PHOTO_DATA = 0x9988,
    VT600_CMD_ALARM = 0x9999,
};

/* Offsets from the data's begin, and lengths. */
enum {
    VT600_INTERVAL_LEN = 2,

    VT600_INTERVAL_SET_AT_FLAG = 0,
    VT600_INTERVAL_SET_AT_INTERVAL = 1,
    VT600_INTERVAL_SET_LEN = 3,

    VT600_BUTTON_LEN = 1,
    VT600_NUMBER_LEN = 16,
    VT600_NUMBERS_LEN = 2 * VT600_NUMBER_LEN,
    VT600_PHONE_AT_NUMBERS = 1,
    VT600_PHONE_LEN = VT600_PHONE_AT_NUMBERS + VT600_NUMBERS_LEN,

    VT600_SPEED_LIMIT_LEN = 1,
    VT600_RADIUS_LEN = 1,
    VT600_SWITCH_LEN = 1,
    VT600_EXTENDED_LEN = 10,
    VT600_SLEEP_LEVEL_LEN = 1,
    VT600_OUTPUTS_LEAST = 1,
    VT600_TRIGGERS_LEAST = 1,
    VT600_TEXT_LEAST = 1,

    VT600_LOG_AT_DEVICE_RANDOM = 0,
    VT600_LOG_AT_PC_RANDOM = 1,
    VT600_LOG_AT_FLAG = 2,
    VT600_LOG_REQUEST_LEN = 4,
    VT600_LOG_AT_WAYPOINTS = 2,
    VT600_LOG_AT_TEXT = 6,

    VT600_ALARM_AT_CODE = 0,
    VT600_ALARM_AT_TEXT = 1,

    VT600_REPORTS_AT_COUNT = 0,
    VT600_REPORTS_AT_FIRST = 1,
    VT600_REPORT_LEAST = 1, /* its alarm code */

    VT600_CARD_LEN = 4,
    VT600_CARDS_AT_TEXT = 15 * VT600_CARD_LEN,

    VT600_PHOTO_INDEX_LEN = 1,
    VT600_PHOTO_STORED_AT_STATUS = 1,
    VT600_PHOTO_STORED_LEN = 3,

    VT600_PHOTO_AT_IMAGE = 0,
    VT600_PHOTO_AT_FOOTAGE = 1,
    VT600_PHOTO_AT_PACKETS = 3,
    VT600_PHOTO_AT_PACKET = 4,
    VT600_PHOTO_AT_DATA = 5,
};

/* An unused place of a card is zero or four blanks. */
#define VT600_CARD_BLANK       0x20202020u

#define VT600_REPORT_SEPARATOR '\\'

/* Units: of an interval seconds, of a speed limit km/h. */
enum {
    VT600_INTERVAL_UNIT = 10,
    VT600_SPEED_LIMIT_UNIT = 10,
};

/* The codes of 0x4106; what is greater is no code. */
#define VT600_RADIUS_CODE_MOST 8

#define VT600_BUTTON_ALL       0xff

typedef struct {
    vt600_data_shape_t shape; /* VT600_DATA_BYTES: an OTA command, or nothing that can be taken apart */
    bool complete;            /* all that the command asks for is there; if not, no more is to be read */
    bool open;                /* what stands behind the bytes understood may be right: nobody knows */
    size_t needed;            /* bytes of data that the command asks for */
    size_t understood;        /* bytes, from the data's begin, that the shape explains */
    const uint8_t *data;      /* the frame's data */
    size_t present;           /* how much of it is there */
    size_t text_at;           /* where its text begins; present where it has none */
} vt600_base_t;

/* Reads the data of a FRAME, DAMAGED or CUT frame that begins at buf. */
vt600_base_t vt600_base_read(const vt600_frame_t *frame, const uint8_t *buf);

/* A position, and in an alarm or a retransmission what it came with. Offsets are the data's. */
typedef struct {
    bool has_alarm;
    size_t alarm_at;
    uint8_t alarm;
    size_t text_at; /* position text */
    size_t text_length;
} vt600_report_t;

/* The positions in the data, one a call. next is 0 at first, and the function's own from then on.
 * False: there is none, or no more. */
bool vt600_base_next_report(const vt600_base_t *base, size_t *next, vt600_report_t *report);

#endif
