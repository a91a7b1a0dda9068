/* command.h
 *
 * The table of commands: what a code is called, who asks and what answers,
 * and the shape of the data in each direction. OTA commands are those of
 * section 2; the others belong to the base protocol that runs in the same
 * frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_COMMAND_H
#define VT600_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

struct vt600_layout;

/* How data is laid out. OTA commands are read by ota.h and shown by dissect/tree_ota.c; those of the base protocol have
 * layouts. */
typedef enum {
    VT600_DATA_BYTES, /* not dissected further, or not defined for this direction */
    VT600_DATA_NONE,
    VT600_DATA_TRACKER_INFO,
    VT600_DATA_AUTHORIZED,
    VT600_DATA_BLOCK,
    VT600_DATA_STORED,
    VT600_DATA_IMAGE_LENGTH,
    VT600_DATA_IMAGE_CHECKSUM,
    VT600_DATA_UPGRADE,
    VT600_DATA_CANCELLED,
    VT600_DATA_LAYOUT, /* the base protocol: see layout.h */
} vt600_data_shape_t;

#define VT600_DATA_ANY UINT16_MAX /* as many bytes as there are */

typedef struct {
    vt600_data_shape_t shape;
    uint16_t least;                    /* bytes that it needs */
    uint16_t most;                     /* bytes that it can use, or VT600_DATA_ANY */
    const struct vt600_layout *layout; /* of the base protocol, in place of least and most; NULL: none */
} vt600_data_t;

typedef struct {
    uint16_t code;
    bool ota;
    bool pushed; /* it comes unasked as well */
    vt600_side_t asks;
    uint16_t answer;  /* the code that answers it; 0: none does */
    uint16_t answers; /* the code that it answers, sent by the other side; 0: none */
    const char *name;
    vt600_data_t data[2]; /* by vt600_side_t of the sender */
} vt600_command_t;

/* The row of a code, or NULL: unknown. */
const vt600_command_t *vt600_command_find(uint16_t code);

/* All rows, in order of code, for those who list them. */
const vt600_command_t *vt600_command_table(size_t *count);

/* Does a frame with this code from this side ask, and expect an answer? */
bool vt600_command_is_request(const vt600_command_t *command, vt600_side_t from);

/* The request that a frame with this code from this side answers; 0: it is no answer. */
uint16_t vt600_command_answers(const vt600_command_t *command, vt600_side_t from);

/* Bytes of data that the command needs from this side. */
size_t vt600_command_data_least(const vt600_command_t *command, vt600_side_t from);

/* The data length that the command, and for a block its own length, ask for. present bytes of
 * data can be read. False where any length is right, or too little is there to tell. */
bool vt600_command_data_length(const vt600_command_t *command, vt600_side_t from, const uint8_t *data, size_t present,
                               size_t *length);

#endif
