/* summary.h
 *
 * Figures of a session that several views show. Each is computed here and
 * nowhere else.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_SUMMARY_H
#define VT600_SUMMARY_H

#include "session.h"

/* The image's length as far as it is known: the smallest one with the remainder that the check announced that is not
 * below the end of the highest block sent; else size (a preference; 0: none). 0: unknown. */
uint32_t vt600_session_total(const vt600_session_t *session, uint32_t size);

/* Percent of total, which is not 0; at most 100. */
double vt600_progress(uint64_t acked, uint32_t total);

/* Acknowledged bytes a second, from the first block to the last acknowledgement (nanoseconds). 0: no time passed. */
double vt600_rate(uint64_t acked, int64_t data_time);

/* From the first block to the last acknowledgement, nanoseconds; 0: one of them is missing. */
int64_t vt600_session_data_time(const vt600_session_t *session);

/* From its first frame to its last one, nanoseconds; not negative, whatever the clock did. */
int64_t vt600_session_duration(const vt600_session_t *session);

/* How often the session was authorized, or asked to be: requests that are not repetitions, and answers whose request
 * the capture lacks. */
uint32_t vt600_session_authorizations(const vt600_session_t *session);

/* Frames of it that are damaged in any way. */
uint32_t vt600_session_damaged_frames(const vt600_session_t *session);

/* Its time by whose turn it was, nanoseconds. */
typedef struct {
    int64_t tracker;
    int64_t server;
    int64_t longest;          /* valid if longest_of is not NOBODY */
    vt600_party_t longest_of; /* NOBODY: no side waited for the other */
    uint32_t longest_before;  /* the frame that ended it */
} vt600_waits_t;

vt600_waits_t vt600_session_waits(const vt600_session_t *session);

#endif
