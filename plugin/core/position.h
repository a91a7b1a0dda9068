/* position.h
 *
 * A position text: what a tracker's GPS receiver, its inputs and its modem
 * say, in the data of many of the base protocol's commands. It knows the text
 * and nothing of frames.
 *
 *     hhmmss.dd,A,ddmm.mmmm,N,dddmm.mmmm,E,knots,heading,ddmmyy,...*hh
 *               V           S            W
 *     |HDOP|altitude|state|input,input,...
 *                                         |MCC MNC LAC CI|signal|journey|satellites|driver
 *                                         |odometer|card
 *
 * The first line is the body of a GPRMC sentence, with or without "$GPRMC,"
 * before it. Anything between its date and the checksum differs between
 * models and is not read. The second line follows at once; its state and
 * inputs are hexadecimal. The parts after the inputs differ between models;
 * the two lines of them above are told apart by their form: a base station has
 * 16 or 20 hexadecimal digits (four for each number, and four or eight for the
 * cell), an odometer is decimal. Signal, journey, satellites and card are
 * hexadecimal. Any part may be empty, and a text may end after any part. Text
 * that fits no form is the rest.
 *
 * One model sends four raw bytes for the state and four more for the part after
 * it; then come its inputs.
 *
 * The text of a report of RFID cards has another order:
 *
 *     |hhmmss,ddmmyy,ddmm.mmmm,N,dddmm.mmmm,E
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_POSITION_H
#define VT600_POSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of the text, except that a text has raw bytes or a state, a base station or an odometer. */
typedef enum {
    VT600_PART_TIME_OF_DAY,
    VT600_PART_VALIDITY,
    VT600_PART_LATITUDE,
    VT600_PART_NORTH_SOUTH,
    VT600_PART_LONGITUDE,
    VT600_PART_EAST_WEST,
    VT600_PART_SPEED,
    VT600_PART_HEADING,
    VT600_PART_DATE,
    VT600_PART_CHECKSUM,
    VT600_PART_HDOP,
    VT600_PART_ALTITUDE,
    VT600_PART_RAW_STATE,  /* raw bytes in place of the state */
    VT600_PART_RAW_SECOND, /* raw bytes after these */
    VT600_PART_STATE,
    VT600_PART_INPUTS,
    VT600_PART_STATION,
    VT600_PART_SIGNAL,
    VT600_PART_JOURNEY,
    VT600_PART_SATELLITES,
    VT600_PART_DRIVER, /* any text, to the end */
    VT600_PART_ODOMETER,
    VT600_PART_CARD,
    VT600_PART_REST, /* text that fits no form, to the end; GOOD, since there is nothing to read */
    VT600_PARTS,
} vt600_part_name_t;

typedef enum {
    VT600_PART_ABSENT, /* the text ends before it */
    VT600_PART_EMPTY,
    VT600_PART_GOOD,
    VT600_PART_BAD, /* it does not parse, or is out of range */
} vt600_part_kind_t;

typedef struct {
    size_t at; /* in the text */
    size_t length;
    vt600_part_kind_t kind;
} vt600_position_part_t;

typedef enum {
    VT600_SENTENCE_UNVERIFIED, /* nobody knows what stood before the body */
    VT600_SENTENCE_GOOD,
    VT600_SENTENCE_BAD,
} vt600_sentence_t;

/* Each value is meant where its part is GOOD. */
typedef struct {
    vt600_position_part_t part[VT600_PARTS];

    bool has_time;   /* time of day and date are GOOD */
    int64_t seconds; /* UTC, since 1970 */
    int32_t nanoseconds;
    bool valid;
    double latitude;  /* degrees, south negative; GOOD needs its N or S */
    double longitude; /* degrees, west negative; likewise */
    double speed;     /* km/h */
    double heading;   /* degrees */
    double hdop;
    double altitude;  /* metres */
    uint8_t checksum; /* as the text has it */
    vt600_sentence_t sentence;
    uint8_t checksum_computed; /* meant where sentence is BAD */
    uint16_t state;            /* bits 0-4 outputs, bits 8-12 inputs */
    uint16_t mcc, mnc, lac;
    uint32_t ci; /* 16 or 32 bits, as long as the part has 16 or 20 digits */
    uint8_t signal;
    uint32_t journey; /* metres */
    uint8_t satellites;
    double odometer; /* in a unit that is not known */
} vt600_position_t;

/* The bits of the state. */
enum {
    VT600_STATE_OUTPUT_1 = 0x0001,
    VT600_STATE_INPUT_1 = 0x0100,
    VT600_STATE_LINES = 5, /* of each */
};

/* Reads a text of n bytes, any bytes. Time is proportional to n; nothing is allocated. */
vt600_position_t vt600_position_read(const uint8_t *text, size_t n);

/* The analogue inputs in a text, one a call. inputs is the part that vt600_position_read found, and the function's own
 * from then on. An input is EMPTY, GOOD, or BAD. False: there are no more. */
bool vt600_position_next_input(const uint8_t *text, vt600_position_part_t *inputs, vt600_position_part_t *input,
                               uint16_t *value);

/* Does a position text with a time and a validity begin here? */
bool vt600_position_begins(const uint8_t *text, size_t n);

/* What a person calls the part. */
const char *vt600_position_part_name(vt600_part_name_t part);

#endif
