/* world.h
 *
 * What the harnesses without epan share: a capture in which frames of some
 * trackers come over some connections, as sessions, exchanges and the
 * diagnosis see it, and what must hold of the result whatever was said.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_FUZZ_WORLD_H
#define VT600_FUZZ_WORLD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/fault.h"
#include "core/ota.h"
#include "session/session.h"

#define WORLD_CONNECTIONS 4
#define WORLD_DEVICES     64

typedef struct {
    wmem_allocator_t *scope;
    vt600_sessions_t *sessions;
    vt600_exchanges_t *exchanges;
    vt600_place_t *places[WORLD_CONNECTIONS];
    bool beginning_seen[WORLD_CONNECTIONS];
    uint64_t devices[WORLD_DEVICES]; /* by number - 1 */
    unsigned device_count;
    unsigned place_count;
    GPtrArray *verdicts; /* vt600_verdict_t, in the order of the frames */
    uint32_t number;     /* of the latest packet */
    int64_t time;
    int64_t timeout;
    int64_t patience;
} world_t;

/* A frame as whoever reads it knows it. */
typedef struct {
    const vt600_command_t *command; /* NULL: unknown */
    vt600_side_t side;
    uint16_t code;
    uint64_t device; /* key of its ID */
    const char *device_text;
    const vt600_ota_t *ota;
    const uint8_t *text; /* its data */
    size_t text_length;
    vt600_fault_t fault;
    bool has_fingerprint;
    uint16_t fingerprint;
    uint32_t size; /* bytes on the connection */
} world_frame_t;

void world_begin(world_t *world);

/* The next packet, so much later; negative where the clock goes back. */
void world_wait(world_t *world, int64_t time);

void world_say(world_t *world, unsigned connection, const world_frame_t *frame);

/* The tracker comes back on a new connection, whose start is in the capture or not. */
void world_connect(world_t *world, unsigned connection, bool handshake);
void world_close(world_t *world, unsigned connection, vt600_side_t by, bool reset);

/* The capture lacks bytes of this side; TCP has not acknowledged what it sent last. */
void world_lose(world_t *world, unsigned connection, vt600_side_t side);
void world_leave_unacknowledged(world_t *world, unsigned connection, vt600_side_t side);

/* Checks all that must hold, aborts where it does not, and frees everything. */
void world_end(world_t *world);

#endif
