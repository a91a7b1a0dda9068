/* session.h
 *
 * What an OTA is: one image sent to one device, from the query or the
 * authorization that opens it to its outcome, over as many conversations and
 * authorizations as it takes. Frames in the order of the capture go in, a
 * verdict on each comes out. No epan here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_SESSION_H
#define VT600_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <wsutil/wmem/wmem.h>

#include "core/device_id.h"
#include "core/fault.h"
#include "core/ota.h"
#include "session/exchange.h"
#include "session/image.h"
#include "session/place.h"
#include "session/series.h"
#include "session/state.h"

/* Whose turn it is, and who is the cause of a failure. The numbers are public (vt600.ota.turn, vt600.ota.party). */
typedef enum {
    VT600_NOBODY,
    VT600_PARTY_TRACKER,
    VT600_PARTY_SERVER,
    VT600_PARTY_NETWORK,
    VT600_PARTY_CAPTURE,
} vt600_party_t;

/* What a frame showed about its session: any number of these at once. */
enum {
    VT600_NOTE_GAP = 1 << 0,             /* range: bytes that no earlier block had */
    VT600_NOTE_OVERLAP = 1 << 1,         /* range: bytes sent again with other content */
    VT600_NOTE_BLOCK_TOO_LONG = 1 << 2,  /* number: the longest block that the tracker takes */
    VT600_NOTE_UNAUTHORIZED = 1 << 3,    /* data before any authorization */
    VT600_NOTE_EXPIRED = 1 << 4,         /* idle: seconds without OTA data */
    VT600_NOTE_LENGTH_MISMATCH = 1 << 5, /* range: end of what was sent, length announced */
    VT600_NOTE_UNCHECKED = 1 << 6,       /* an upgrade without a check, or before its answer */
    VT600_NOTE_COMPLETED = 1 << 7,
    VT600_NOTE_CANCELLED = 1 << 8,
    VT600_NOTE_STORED_UNSEEN = 1 << 9,   /* a block stored that the capture does not have */
    VT600_NOTE_STORED_DAMAGED = 1 << 10, /* a block stored whose frame was damaged */
    VT600_NOTE_IMAGE_MATCH = 1 << 11,    /* number: CRC-CCITT of the whole image, as the tracker answered */
    VT600_NOTE_IMAGE_DIFFERS = 1 << 12,  /* number: likewise, and the tracker answered another */
    VT600_NOTE_IMAGE_PARTIAL = 1 << 13,  /* checked, and the capture does not have all of the image */
    VT600_NOTE_IMAGE_UNSUMMED = 1 << 14, /* checked too often to be summed each time */
    VT600_NOTE_IMAGE_CHECKED = 1 << 15,  /* one of these four, once the verdict is settled */
    VT600_NOTE_MISMATCH = 1 << 16,       /* an upgrade although no checksum of the image is the tracker's */
    VT600_NOTE_LEFT = 1 << 17,           /* a login or a position from a tracker in the OTA state */
    VT600_NOTE_SAME_VERSION = 1 << 18,   /* the tracker came back with the version that it had */
};

struct vt600_session;

/* The verdict on a frame: the session as of this frame. Written in the first pass; then constant, but for what says
 * otherwise. A frame of another kind than OTA has one only where it showed something about a session (aside). */
typedef struct vt600_verdict {
    struct vt600_session *session; /* may change once, until the first block after an authorization */
    struct vt600_verdict *next;    /* the session's next OTA frame; written when that is seen */
    vt600_exchange_t *exchange;    /* the frame's links, number and time */
    const vt600_place_t *place;
    int64_t data_time;   /* from the first block to the last acknowledgement; 0: no time yet */
    int64_t waited;      /* how long the side whose turn it was let the other wait; -1: nobody waited */
    int64_t turn_since;  /* when it became the turn of the side whose turn it is after this frame */
    vt600_range_t range; /* of the notes */
    uint32_t offset;     /* of a block, or of the answer to one */
    uint32_t bytes_sent;
    uint32_t bytes_acked;
    uint32_t blocks_acked;
    uint32_t retries;
    uint32_t continued_from; /* the session's last frame in another conversation, or 0 */
    uint32_t number;         /* of the notes */
    uint32_t idle;           /* of the notes */
    uint32_t notes;          /* settled once: see vt600_session_settle */
    uint32_t seq_end;        /* TCP: after the frame's last byte; valid if has_seq */
    uint16_t code;           /* of the command */
    uint8_t state;           /* vt600_state_t, after this frame */
    uint8_t event;           /* vt600_event_kind_t */
    uint8_t side;            /* vt600_side_t */
    uint8_t trust;           /* vt600_trust_t */
    uint8_t turn;            /* vt600_party_t, after this frame */
    uint8_t waited_for;      /* vt600_party_t, of waited */
    bool has_seq;
    bool damaged;
    bool incomplete; /* cut before what its command needs */
    bool aside;      /* not an OTA frame: it is none of the session's frames */
    bool in_leg;     /* it came after an authorization that may open the next session, and before a block */
} vt600_verdict_t;

/* What the frames after a new authorization change, before its first block decides to which session they belong. */
typedef struct {
    vt600_state_t state;
    vt600_party_t turn;
    int64_t turn_since;
    bool authorization_seen;
    bool is_timed;
    int64_t last_data;                      /* when OTA data last kept the authorization; valid if is_timed */
    const vt600_exchange_t *latest_request; /* NULL: none yet */
    const vt600_place_t *place;             /* the latest conversation */
    vt600_verdict_t *tail;                  /* of the last frame; NULL: none yet */
    const char *firmware_version;           /* before the upgrade was ordered; NULL: unknown */
    uint32_t version_frame;                 /* where it was seen; 0: in no frame */
} vt600_course_t;

/* The version that a tracker tells after an upgrade was ordered. */
typedef struct {
    const char *version; /* the last one; NULL: none yet */
    uint32_t frame;
    uint32_t other_frame; /* the first that has another version than before the order; 0: none */
    const char *other;    /* that version; valid if other_frame is not 0 */
    uint32_t same_frame;  /* the first with the same version, after a login or on a new connection; 0: none */
} vt600_return_t;

/* One image sent to one device. Written in the first pass, frame by frame; after it constant. Lives as long as the
 * capture file. Text from the wire is escaped, so that it can be shown and stored. */
typedef struct vt600_session {
    struct vt600_session *split_from; /* held its first frames until they proved to be those of another; NULL: none */
    vt600_course_t course;
    vt600_course_t before; /* the course before the leg; valid if has_leg */
    bool has_leg;          /* a new authorization was seen, and no block since */
    bool has_block;
    bool has_ack;
    bool lossy;          /* the capture lost bytes of its conversations: what seems to be missing may be in them */
    bool beginning_seen; /* the capture holds all that came before its first block */
    bool seen[2];        /* by vt600_side_t: it has OTA frames of this side */
    bool confirmed;      /* any block was stored */
    bool check_seen;     /* request or answer */
    bool checksum_seen;  /* the answer, whether or not it can be read */
    bool cancel_seen;
    bool refused_since_check; /* "not authorized" after the check */
    bool ordered;             /* the upgrade, as a request or its answer shows */
    bool going;               /* "going to upgrade" was answered */
    bool finished;
    uint16_t max_block; /* 0: unknown; valid if has_info */
    uint32_t blocks_acked;
    uint32_t retries;
    uint32_t naks;
    int64_t first_block; /* when the first block was sent or stored; valid if has_block */
    int64_t last_ack;    /* when one was last stored; valid if has_ack */
    vt600_image_t *image;
    vt600_series_t blocks;    /* by offset: see apply.c */
    vt600_verdict_t *checked; /* on the last check's answer, until vt600_session_settle; then NULL */

    uint32_t number; /* in this capture, from 0 */
    char device[VT600_DEVICE_ID_TEXT_LEN];
    uint32_t left_frame;    /* the first VT600_NOTE_LEFT; 0: none */
    vt600_verdict_t *head;  /* its first frame */
    vt600_series_t streams; /* by number; the items say nothing */

    bool has_info; /* of device_code and max_block */
    uint16_t device_code;
    const char *serial_number, *imei; /* NULL: unknown */
    vt600_return_t after;

    bool has_announced;
    uint16_t announced;    /* the check's length modulo 65536 */
    uint32_t proven_total; /* the image's length where no check says it, but its checksum proves it; 0: unknown */
    bool has_checksum;
    uint16_t checksum; /* the tracker's */
    bool has_computed; /* the image was whole at the check; written when the check is settled, as is the next */
    uint16_t computed; /* its CRC-CCITT */
    int8_t algorithm;  /* the first that gives the tracker's checksum: see checksum.h; negative: none */
    struct vt600_diagnosis *diagnosis; /* the latest one; written on request. NULL: not asked for yet */
    uint32_t diagnosed_after;          /* how many packets had been read then; valid unless diagnosis is NULL */
} vt600_session_t;

/* What a frame is besides OTA. */
typedef enum {
    VT600_ROLE_OTHER,
    VT600_ROLE_OTA,
    VT600_ROLE_LOGIN,
    VT600_ROLE_POSITION,
    VT600_ROLE_IDENTITY, /* the answer that names version, S/N and IMEI (0x9001) */
} vt600_role_t;

/* A frame of a device, neither a retransmission nor a second capture of another. */
typedef struct {
    vt600_exchange_t *exchange; /* number and time are set, and what it answers */
    uint32_t device;            /* number of the device, from 1, with none left out */
    const char *device_text;
    vt600_role_t role;
    vt600_side_t side;
    uint16_t code;
    const vt600_ota_t *ota;
    const uint8_t *text; /* IDENTITY */
    size_t text_length;
    vt600_fault_t fault;
    bool has_seq;
    uint32_t seq_end;
    vt600_place_t *place;
    int64_t timeout; /* without OTA data a session expires; 0: never */
} vt600_session_frame_t;

/* What the frame is to its session: NONE where it cannot be trusted, or read. */
vt600_event_kind_t vt600_event_of(const vt600_session_frame_t *frame);

/* All sessions of a capture. */
typedef struct vt600_sessions vt600_sessions_t;

vt600_sessions_t *vt600_sessions_new(wmem_allocator_t *scope);

/* The verdict on a frame, or NULL: it belongs to no session, and shows nothing about one. */
vt600_verdict_t *vt600_sessions_add(vt600_sessions_t *sessions, const vt600_session_frame_t *frame);

/* How many frames were added: what was worked out from a session holds until it changes. */
uint32_t vt600_sessions_generation(const vt600_sessions_t *sessions);

/* Has it reached its end? The next authorization, or the next block at offset 0, opens another session. */
bool vt600_session_is_at_end(const vt600_session_t *session);

/* Is an update going on, as far as the session's last frame shows? */
bool vt600_session_is_running(const vt600_session_t *session);

/* Works out what the session's last check says of the image, in its verdict: to sum an image takes as long as to read
 * its frames, and most who read a capture do not ask. To be called before a verdict is looked at, or passed on. The
 * answer is that of the time of the check. */
void vt600_session_settle(vt600_session_t *session);

/* The session's first and last frame. It has at least one. */
static inline uint32_t vt600_session_first_frame(const vt600_session_t *session)
{
    return session->head->exchange->number;
}

static inline uint32_t vt600_session_last_frame(const vt600_session_t *session)
{
    return session->course.tail->exchange->number;
}

#endif
