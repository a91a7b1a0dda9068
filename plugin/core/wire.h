/* wire.h
 *
 * The protocol's specification as C: what stands where in a frame, and what
 * the codes mean. It knows the wire and nothing of Wireshark. Sections are
 * those of the vendor's "GPRS OTA Protocol" V1.0.
 *
 * A frame (section 1). All numbers are big-endian.
 *
 *     offset 0      2        4              11        13          L-4     L-2     L
 *            +------+--------+--------------+---------+-----------+-------+-------+
 *            | @@   | length | device ID    | command | data      | CRC   | CR LF |
 *            | $$   | L      | BCD          |         |           |       |       |
 *            +------+--------+--------------+---------+-----------+-------+-------+
 *              2      2        7              2         L - 17      2       2
 *
 * The data of the OTA commands (section 2), from offset 13 on:
 *
 *     0x9500 >  (none)
 *            <  | device code 2 | longest block 2 | text: firmware version, S/N, IMEI ... |
 *     0x9501 >  (none)
 *            <  | flag 1 |
 *     0x9502 >  | offset 4 | block length 2 | block ... |
 *            <  | offset 4 | flag 1 |
 *     0x9503 >  | image length 2 |
 *            <  | image checksum 2 |
 *     0x9504 >  (none)
 *            <  | flag 1 |
 *     0x9505 >  (none)
 *            <  | flag 1 |
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_WIRE_H
#define VT600_WIRE_H

#include <stdint.h>

/* Where the parts of a frame begin. */
enum {
    VT600_AT_HEADER = 0,
    VT600_AT_LENGTH = 2,
    VT600_AT_DEVICE = 4,
    VT600_AT_COMMAND = 11,
    VT600_AT_DATA = 13,
};

/* How many bytes they take. */
enum {
    VT600_LEN_HEADER = 2,
    VT600_LEN_LENGTH = 2,
    VT600_LEN_DEVICE = 7,
    VT600_LEN_COMMAND = 2,
    VT600_LEN_CHECKSUM = 2,
    VT600_LEN_TERMINATOR = 2,
    VT600_LEN_TAIL = VT600_LEN_CHECKSUM + VT600_LEN_TERMINATOR,
    VT600_LEN_LEAST = VT600_AT_DATA + VT600_LEN_TAIL, /* a frame without data */
    VT600_LEN_LARGEST = UINT16_MAX,
};

#define VT600_HEADER_SERVER  0x4040 /* "@@", server to tracker */
#define VT600_HEADER_TRACKER 0x2424 /* "$$", tracker to server */
#define VT600_TERMINATOR     0x0d0a
#define VT600_CRC_SEED       0xffff /* CRC-CCITT: 0x1021, not reflected, no final xor */
#define VT600_HEARTBEAT      0x00   /* a byte of its own between frames */

/* Who sends: the index of a direction wherever one is needed. */
typedef enum {
    VT600_SERVER,
    VT600_TRACKER,
} vt600_side_t;

/* Codes that mean something to the code; command.c names all. */
enum {
    VT600_CMD_LOGIN_CONFIRM = 0x4000,
    VT600_CMD_TRACK_ON_DEMAND = 0x4101,
    VT600_CMD_TRACK_BY_INTERVAL = 0x4102,
    VT600_CMD_LOGIN = 0x5000,
    VT600_CMD_INTERVAL_SET = 0x5100,
    VT600_CMD_TRACKER_INFO = 0x9500,
    VT600_CMD_OTA_AUTHORIZE = 0x9501,
    VT600_CMD_OTA_DATA = 0x9502,
    VT600_CMD_OTA_CHECK = 0x9503,
    VT600_CMD_OTA_UPGRADE = 0x9504,
    VT600_CMD_OTA_CANCEL = 0x9505,
    VT600_CMD_IDENTITY = 0x9001,
    VT600_CMD_POSITION = 0x9955,
    VT600_CMD_RFID = 0x9966,
    VT600_CMD_IMAGE_POSITION = 0x9977,
    VT600_CMD_ALARM = 0x9999,
    VT600_CMD_PHOTO_UPLOAD = 0x0800,
    VT600_CMD_PHOTO_COMPLETE = 0x0f80,
    VT600_CMD_RETRANSMISSION = 0x6688,
    VT600_CMD_PHOTO_RESPONSE = 0x8801,
    VT600_CMD_PHOTO_DATA = 0x9988,
};

/* A packet of a photo (0x9988). */
enum {
    VT600_PHOTO_AT_IMAGE = 0,
    VT600_PHOTO_AT_FOOTAGE = 1,
    VT600_PHOTO_AT_PACKETS = 3,
    VT600_PHOTO_AT_PACKET = 4,
    VT600_PHOTO_AT_DATA = 5,
};

/* Data of the OTA commands: offsets from the data's begin, and lengths. */
enum {
    VT600_INFO_AT_DEVICE_CODE = 0,
    VT600_INFO_AT_MAX_LENGTH = 2,
    VT600_INFO_AT_TEXT = 4,

    VT600_BLOCK_AT_OFFSET = 0,
    VT600_BLOCK_AT_LENGTH = 4,
    VT600_BLOCK_AT_BLOCK = 6,

    VT600_STORED_AT_OFFSET = 0,
    VT600_STORED_AT_FLAG = 4,
    VT600_STORED_LEN = 5,

    VT600_FLAG_LEN = 1,
    VT600_IMAGE_LENGTH_LEN = 2,
    VT600_IMAGE_CHECKSUM_LEN = 2,
};

/* Flags: 0x9501, 0x9502, 0x9504, 0x9505 (sections 2.2, 2.3, 2.5, 2.6). */
enum {
    VT600_FLAG_AUTHORIZE_FAILED = 0x00,
    VT600_FLAG_AUTHORIZE_GRANTED = 0x01,
    VT600_FLAG_BLOCK_FAILED = 0x00,
    VT600_FLAG_BLOCK_STORED = 0x01,
    VT600_FLAG_UPGRADE_BEGINS = 0x01,
    VT600_FLAG_UPGRADE_FINISHED = 0x02,
    VT600_FLAG_CANCELLED = 0x01,
    VT600_FLAG_NOT_AUTHORIZED = 0xff, /* 0x9502 and 0x9504 */
};

/* The oldest firmware with OTA (section 2.1): V1.38. */
enum {
    VT600_OTA_FIRMWARE_MAJOR = 1,
    VT600_OTA_FIRMWARE_MINOR = 38,
};

/* Reading is checked by the caller: every use stands after a test of the length. */
static inline uint16_t vt600_be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t vt600_be32(const uint8_t *p)
{
    return (uint32_t)vt600_be16(p) << 16 | vt600_be16(p + 2);
}

#endif
