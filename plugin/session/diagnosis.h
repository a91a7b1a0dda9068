/* diagnosis.h
 *
 * Did the tracker get its firmware, why not, and who was the cause? It reads
 * what a session has recorded, and the facts of its connections. Where the
 * capture cannot tell, it says so.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_DIAGNOSIS_H
#define VT600_DIAGNOSIS_H

#include "session.h"

/* The numbers are public (vt600.ota.updated). */
typedef enum {
    VT600_UPDATED_NOT_JUDGED, /* not an update yet: only queries */
    VT600_UPDATED_CONFIRMED,  /* a different version was seen afterwards */
    VT600_UPDATED_REPORTED,   /* the tracker answered "finished" */
    VT600_UPDATED_NO,
    VT600_UPDATED_UNKNOWN,
    VT600_UPDATED_RUNNING, /* the capture ends during the update */
} vt600_updated_t;

/* The numbers are public (vt600.ota.cause). */
typedef enum {
    VT600_CAUSE_NONE,
    VT600_CAUSE_AUTHORIZATION_DENIED,
    VT600_CAUSE_AUTHORIZATION_EXPIRED,
    VT600_CAUSE_AUTHORIZATION_LOST,
    VT600_CAUSE_UNANSWERED,
    VT600_CAUSE_SERVER_STOPPED,
    VT600_CAUSE_CONNECTION_CLOSED,
    VT600_CAUSE_BLOCK_REFUSED,
    VT600_CAUSE_FRAMES_DAMAGED,
    VT600_CAUSE_IMAGE_INCOMPLETE,
    VT600_CAUSE_CHECKSUM_DIFFERS,
    VT600_CAUSE_CANCELLED,
    VT600_CAUSE_UPGRADE_REFUSED,
    VT600_CAUSE_UPGRADE_FAILED,
    VT600_CAUSE_UPGRADE_UNCONFIRMED,
    VT600_CAUSE_CAPTURE_INCOMPLETE,
    VT600_CAUSE_CAPTURE_ENDED,
    VT600_CAUSES,
} vt600_cause_t;

/* Where more frames are evidence, these are the first ones and the last. */
#define VT600_EVIDENCE_MOST 32

typedef struct vt600_diagnosis {
    vt600_updated_t updated;
    vt600_cause_t cause;
    vt600_party_t party;
    unsigned evidence_count;                /* at least 1 */
    uint32_t evidence[VT600_EVIDENCE_MOST]; /* frame numbers, rising */
    /* What the explanation speaks of besides. */
    const vt600_verdict_t *last;    /* the session's last frame that the rule looked at */
    const vt600_verdict_t *request; /* the last request; NULL: none */
    int64_t pause;                  /* how long the party had let the other side wait, nanoseconds */
    const char *explanation;        /* set by whoever keeps the diagnosis; else NULL */
} vt600_diagnosis_t;

/* What is known when the capture has been read. Times in nanoseconds. */
typedef struct {
    int64_t capture_end; /* its last packet */
    int64_t patience;    /* how long a side may let the other wait */
} vt600_observation_t;

/* The contract's rules, in their order. */
vt600_diagnosis_t vt600_diagnose(vt600_session_t *session, const vt600_observation_t *observation);

/* The words for these in reports: NULL for NOT_JUDGED, NONE and NOBODY. */
const char *vt600_updated_name(vt600_updated_t updated);
const char *vt600_cause_name(vt600_cause_t cause);
const char *vt600_party_name(vt600_party_t party);

/* One English sentence for a customer's ticket. Lives in scope. */
char *vt600_diagnosis_explain(wmem_allocator_t *scope, const vt600_session_t *session,
                              const vt600_diagnosis_t *diagnosis);

#endif
