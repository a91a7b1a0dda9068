/* layout.h
 *
 * The data of the base protocol's commands as data: a command's row in
 * command.c names a layout for each direction, the parts of the data in the
 * order of the wire. One walk over the parts is what the details, the Info
 * column and the judgement of the data's length are made from. The base
 * protocol is everything that trackers send in the same frames apart from
 * updates: login, settings, positions, alarms, photos.
 *
 * A layout has no conditions. Data that needs them is read by special.c, which
 * yields parts in the same walk.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_LAYOUT_H
#define VT600_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

/* What a part is. dissect/fields_base.c has a row for each: its filter, its type, the words for its values. */
typedef enum {
    VT600_FIELD_NONE,
    VT600_FIELD_FLAG,
    VT600_FIELD_SERVER,
    VT600_FIELD_INTERVAL,
    VT600_FIELD_BUTTON,
    VT600_FIELD_PHONE_SMS,
    VT600_FIELD_PHONE_CALL,
    VT600_FIELD_SPEED_LIMIT,
    VT600_FIELD_RADIUS,
    VT600_FIELD_SWITCH,
    VT600_FIELD_SLEEP_LEVEL,
    VT600_FIELD_OUTPUT,
    VT600_FIELD_TRIGGER,
    VT600_FIELD_SETTING,
    VT600_FIELD_GPRS_MODE,
    VT600_FIELD_GPRS_IP,
    VT600_FIELD_GPRS_PORT,
    VT600_FIELD_GPRS_APN,
    VT600_FIELD_GPRS_USER,
    VT600_FIELD_GPRS_PASSWORD,
    VT600_FIELD_FENCE_LATITUDE,
    VT600_FIELD_FENCE_LONGITUDE,
    VT600_FIELD_FENCE_RADIUS,
    VT600_FIELD_FENCE_IN,
    VT600_FIELD_FENCE_OUT,
    VT600_FIELD_SERIAL_NUMBER,
    VT600_FIELD_IMEI,
    VT600_FIELD_FIRMWARE_VERSION,
    VT600_FIELD_LOG_DEVICE_RANDOM,
    VT600_FIELD_LOG_PC_RANDOM,
    VT600_FIELD_LOG_FLAG,
    VT600_FIELD_LOG_WAYPOINTS,
    VT600_FIELD_POSITION_COUNT,
    VT600_FIELD_ALARM,
    VT600_FIELD_POSITION, /* dissect/tree_position.c has its fields */
    VT600_FIELD_OBD,
    VT600_FIELD_OBD_BATTERY,
    VT600_FIELD_OBD_RPM,
    VT600_FIELD_OBD_SPEED,
    VT600_FIELD_OBD_THROTTLE,
    VT600_FIELD_OBD_LOAD,
    VT600_FIELD_OBD_COOLANT,
    VT600_FIELD_OBD_FUEL_RATE,
    VT600_FIELD_OBD_FUEL_AVERAGE,
    VT600_FIELD_OBD_RANGE,
    VT600_FIELD_OBD_ODOMETER,
    VT600_FIELD_OBD_FUEL_TRIP,
    VT600_FIELD_OBD_FUEL_TOTAL,
    VT600_FIELD_OBD_CODE_COUNT,
    VT600_FIELD_OBD_HARD_ACCELERATIONS,
    VT600_FIELD_OBD_HARD_BRAKES,
    VT600_FIELD_OBD_TOTAL_IGNITIONS,
    VT600_FIELD_OBD_TOTAL_DRIVING_TIME,
    VT600_FIELD_OBD_TOTAL_IDLING_TIME,
    VT600_FIELD_OBD_TOTAL_HOT_START_TIME,
    VT600_FIELD_OBD_TOTAL_SPEED_AVERAGE,
    VT600_FIELD_OBD_TOTAL_SPEED_HIGHEST,
    VT600_FIELD_OBD_TOTAL_RPM_HIGHEST,
    VT600_FIELD_OBD_TOTAL_HARD_ACCELERATIONS,
    VT600_FIELD_OBD_TOTAL_HARD_BRAKES,
    VT600_FIELD_OBD_TROUBLE_CODE,
    VT600_FIELD_OBD_REST,
    VT600_FIELD_RFID,
    VT600_FIELD_PHOTO_HEAD,
    VT600_FIELD_PHOTO_IMAGE,
    VT600_FIELD_PHOTO_FOOTAGE,
    VT600_FIELD_PHOTO_PACKETS,
    VT600_FIELD_PHOTO_PACKET,
    VT600_FIELD_PHOTO_DATA,
    VT600_FIELD_PHOTO_STATUS,
    VT600_FIELD_UNREAD,
    VT600_FIELDS,
} vt600_field_t;

/* How a part is laid out. */
typedef enum {
    VT600_KIND_NUMBER,   /* big-endian, length bytes */
    VT600_KIND_NUMBERS,  /* count numbers of length bytes each; count 0: to the data's end, at least one */
    VT600_KIND_PADDED,   /* text of length bytes, padded with NUL */
    VT600_KIND_TEXT,     /* text to the data's end, at least length bytes */
    VT600_KIND_POSITION, /* position text, likewise */
    VT600_KIND_BYTES,    /* bytes, likewise */
} vt600_kind_t;

/* How the Info column says a part. */
typedef enum {
    VT600_SAY_NOTHING,
    VT600_SAY_MEANING,  /* the word for its value, or "unknown WORDS 0x.." */
    VT600_SAY_NUMBER,   /* "WORDS 2", or the word for its value where it has one */
    VT600_SAY_COUNT,    /* "2 WORDSs" */
    VT600_SAY_MEASURE,  /* times scale, "30 WORDS"; 0: "off". The details have it as well */
    VT600_SAY_TEXT,     /* "WORDS text", or without words; nothing where it is empty */
    VT600_SAY_UNIT,     /* "text WORDS"; the details have the unit as well */
    VT600_SAY_LENGTH,   /* "14 bytes" */
    VT600_SAY_POSITION, /* coordinates, speed, validity */
} vt600_say_t;

/* How a value in a text is read. */
typedef enum {
    VT600_VALUE_TEXT,
    VT600_VALUE_NUMBER, /* decimal, perhaps with a sign */
    VT600_VALUE_COUNT,  /* digits */
} vt600_value_kind_t;

typedef struct {
    vt600_field_t field;
    vt600_value_kind_t kind;
    double most; /* its greatest value, and of a NUMBER with the other sign the least; 0 of a NUMBER: any */
} vt600_value_t;

/* A text's values between commas, in their order. */
#define VT600_VALUES_MOST 15
typedef struct {
    bool again;         /* the last one stands for all that follow, too */
    vt600_field_t rest; /* field of the values after those known; NONE: the whole text shows them */
    unsigned count;
    vt600_value_t values[VT600_VALUES_MOST];
} vt600_values_t;

typedef struct {
    vt600_field_t field;
    vt600_kind_t kind;
    uint8_t length;
    uint8_t count;
    vt600_say_t say;
    uint8_t scale;
    const char *words;
    const vt600_values_t *values; /* of a TEXT; NULL: none */
} vt600_part_t;

typedef struct vt600_content vt600_content_t;
typedef struct vt600_walk vt600_walk_t;
typedef struct vt600_placed vt600_placed_t;

/* Data with conditions: see special.h. */
typedef struct {
    void (*measure)(
        vt600_content_t *content); /* of complete data: sets understood and open, and needed where it is more */
    bool (*next)(const vt600_content_t *content, vt600_walk_t *walk, vt600_placed_t *placed);
} vt600_special_t;

#define VT600_PARTS_OF_A_LAYOUT 6
typedef struct vt600_layout {
    vt600_part_t parts[VT600_PARTS_OF_A_LAYOUT];
    unsigned count;
    bool open;      /* what follows the parts may be right: nobody knows */
    uint16_t least; /* of special data */
    const vt600_special_t *special;
} vt600_layout_t;

/* Bytes that a layout's data needs, and that it can use: VT600_DATA_ANY where it has no end. */
size_t vt600_layout_least(const vt600_layout_t *layout);
size_t vt600_layout_most(const vt600_layout_t *layout);

/* The data of one frame. Points into it. */
struct vt600_content {
    const vt600_layout_t *layout; /* NULL: an OTA command, or nothing is known of this data */
    const uint8_t *data;
    size_t present;
    const char *device; /* text of the frame's ID */
    bool complete;      /* everything that the command needs is present; if not, there are no parts */
    bool open;          /* the layout's, or of special data */
    size_t needed;      /* bytes of data that the command needs */
    size_t understood;  /* bytes, from the start of the data, that the parts explain */
};

/* A part's place in the data. */
struct vt600_placed {
    const vt600_part_t *part;
    size_t at;
    size_t length;
    unsigned number; /* of NUMBERS, from 1 */
};

/* Where a walk is. {0} at first, and the walk's own from then on. */
struct vt600_walk {
    unsigned part;
    unsigned number;
    size_t at;
};

/* Reads the data of a FRAME, DAMAGED or CUT frame that starts at buf. */
vt600_content_t vt600_content_read(const vt600_frame_t *frame, const uint8_t *buf, const char *device);

/* The parts of the data, one a call. False: there are no more. */
bool vt600_content_next(const vt600_content_t *content, vt600_walk_t *walk, vt600_placed_t *placed);

/* The same for a layout without conditions, for special.c. */
bool vt600_layout_next(const vt600_content_t *content, vt600_walk_t *walk, vt600_placed_t *placed);

/* The value of a NUMBER or of one of NUMBERS. */
uint32_t vt600_placed_number(const vt600_content_t *content, const vt600_placed_t *placed);

#endif
