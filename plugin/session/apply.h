/* apply.h
 *
 * What a frame changes in its session, apart from the states. session.c has
 * chosen the session.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_APPLY_H
#define VT600_APPLY_H

#include "session.h"

/* No blocks, and an empty image. */
void vt600_session_init_blocks(vt600_session_t *session, wmem_allocator_t *scope);

/* Applies the event to the session, and notes in the verdict what it shows. scope: for what lives as long as the
 * session. */
void vt600_session_apply(wmem_allocator_t *scope, vt600_session_t *session, const vt600_session_frame_t *frame,
                         vt600_event_kind_t event, vt600_verdict_t *verdict);

/* A frame that cannot be trusted: a block in it was not accepted, but the tracker may say that it stored it. */
void vt600_session_apply_damaged(vt600_session_t *session, const vt600_session_frame_t *frame);

/* Was a block at offset 0 sent before, with other bytes than this one has? */
bool vt600_session_starts_other_image(const vt600_session_t *session, const vt600_ota_t *ota);

/* Does the capture hold the block at offset 0? */
bool vt600_session_has_start(const vt600_session_t *session);

/* Was more than the first block sent, or stored, and never the first one? */
bool vt600_session_lacks_start(const vt600_session_t *session);

#endif
