/* ota.h
 *
 * The data of the OTA commands (section 2), read from a frame: what is there,
 * and whether it is all.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_OTA_H
#define VT600_OTA_H

#include "frame.h"

/* Members that a shape does not name are 0. Pointers lead into the frame's bytes. */
typedef struct {
    vt600_data_shape_t shape; /* VT600_DATA_BYTES: no OTA command, or no data to read */
    bool complete; /* all that the command asks for is there; if not, only the offset and block_length may be used */
    size_t needed; /* bytes of data that it asks for */

    uint16_t device_code; /* TRACKER_INFO */
    uint16_t max_length;
    const uint8_t *text;
    size_t text_length;

    bool has_offset; /* BLOCK, STORED: true also where the data ends after the offset */
    uint32_t offset;
    uint16_t block_length; /* BLOCK: as its field says or, where that was not captured, the frame's length */
    const uint8_t *block;
    size_t block_present; /* BLOCK: bytes that are there, at most block_length */

    uint8_t flag;            /* AUTHORIZED, STORED, UPGRADE, CANCELLED */
    uint16_t image_length;   /* IMAGE_LENGTH: modulo 65536 */
    uint16_t image_checksum; /* IMAGE_CHECKSUM */
} vt600_ota_t;

/* An answer's flag as one word, the same for all commands. The numbers are public (vt600.ota.result). */
typedef enum {
    VT600_RESULT_UNKNOWN, /* a flag without a meaning, or no flag */
    VT600_RESULT_GRANTED,
    VT600_RESULT_DENIED,
    VT600_RESULT_STORED,
    VT600_RESULT_FAILED,
    VT600_RESULT_UPGRADING,
    VT600_RESULT_FINISHED,
    VT600_RESULT_CANCELLED,
    VT600_RESULT_NOT_AUTHORIZED,
} vt600_result_t;

/* Reads the data of a FRAME, DAMAGED or CUT frame that begins at buf. */
vt600_ota_t vt600_ota_read(const vt600_frame_t *frame, const uint8_t *buf);

/* How many bytes of data, from their start on, the shape explains. */
size_t vt600_ota_understood(const vt600_ota_t *ota);

/* Does the answer have a flag, and is it present? */
bool vt600_ota_has_flag(const vt600_ota_t *ota);

/* What the flag of an answer says. */
vt600_result_t vt600_ota_result(const vt600_ota_t *ota);

#endif
