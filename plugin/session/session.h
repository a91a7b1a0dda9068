/* session.h
 *
 * What an OTA is: one attempt to update one device, from its first command to
 * its outcome, over as many conversations as it takes. Frames in the order of
 * the capture go in, a verdict on each comes out. No epan here.
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
#include "core/ota.h"
#include "session/image.h"
#include "session/series.h"

/* The order is that of a good OTA, and then of its other ends; the numbers are public (vt600.ota.state). */
typedef enum {
    VT600_QUERIED,
    VT600_AUTHORIZING,
    VT600_AUTHORIZED,
    VT600_TRANSFERRING,
    VT600_CHECKING,
    VT600_CHECKED,
    VT600_UPGRADING,
    VT600_COMPLETED,
    VT600_CANCELLED,
    VT600_REFUSED,
    VT600_EXPIRED,
    VT600_STATES,
} vt600_state_t;

/* What a frame, or the lack of one, is to a session. */
typedef enum {
    VT600_EVENT_NONE,
    VT600_EVENT_QUERY,          /* 0x9500 request */
    VT600_EVENT_INFO,           /* 0x9500 answer */
    VT600_EVENT_AUTHORIZE,      /* 0x9501 request */
    VT600_EVENT_GRANTED,        /* 0x9501 answer, 1 */
    VT600_EVENT_DENIED,         /* 0x9501 answer, 0 */
    VT600_EVENT_BLOCK,          /* 0x9502 request */
    VT600_EVENT_STORED,         /* 0x9502 answer, 1 */
    VT600_EVENT_NOT_STORED,     /* 0x9502 answer, 0 */
    VT600_EVENT_NOT_AUTHORIZED, /* 0x9502 or 0x9504 answer, 0xff */
    VT600_EVENT_CHECK,          /* 0x9503 request */
    VT600_EVENT_CHECKSUM,       /* 0x9503 answer */
    VT600_EVENT_UPGRADE,        /* 0x9504 request */
    VT600_EVENT_UPGRADING,      /* 0x9504 answer, 1 */
    VT600_EVENT_FINISHED,       /* 0x9504 answer, 2 */
    VT600_EVENT_CANCEL,         /* 0x9505 request */
    VT600_EVENT_CANCELLED,      /* 0x9505 answer, 1 */
    VT600_EVENT_TIMEOUT,        /* no OTA data for too long */
    VT600_EVENTS,
} vt600_event_kind_t;

/* The state table. */
vt600_state_t vt600_state_next(vt600_state_t state, vt600_event_kind_t event);

/* Completed, Cancelled, Refused, Expired. */
bool vt600_state_is_end(vt600_state_t state);

/* What a frame showed about its session: any number of these at once. */
enum {
    VT600_NOTE_GAP = 1 << 0,             /* range: bytes that no block had before this one */
    VT600_NOTE_OVERLAP = 1 << 1,         /* range: bytes sent again with other content */
    VT600_NOTE_BLOCK_TOO_LONG = 1 << 2,  /* number: the longest block that the tracker takes */
    VT600_NOTE_UNAUTHORIZED = 1 << 3,    /* data before any authorization */
    VT600_NOTE_EXPIRED = 1 << 4,         /* idle: seconds without OTA data */
    VT600_NOTE_LENGTH_MISMATCH = 1 << 5, /* range: end of what was sent, length announced */
    VT600_NOTE_UNCHECKED = 1 << 6,       /* an upgrade without a check */
    VT600_NOTE_COMPLETED = 1 << 7,
    VT600_NOTE_CANCELLED = 1 << 8,
    VT600_NOTE_STORED_UNSEEN = 1 << 9,   /* a block stored that the capture does not have */
    VT600_NOTE_STORED_DAMAGED = 1 << 10, /* a block stored whose frame was damaged */
    VT600_NOTE_IMAGE_MATCH = 1 << 11,    /* number: CRC-CCITT of the whole image, as the tracker said */
    VT600_NOTE_IMAGE_DIFFERS = 1 << 12,  /* number: likewise, and the tracker said another */
    VT600_NOTE_IMAGE_PARTIAL = 1 << 13,  /* checked, and the capture does not have all of the image */
    VT600_NOTE_IMAGE_UNSUMMED = 1 << 14, /* checked too often to be summed each time */
    VT600_NOTE_IMAGE_CHECKED = 1 << 15,  /* one of these four, once the verdict is settled */
};

/* What carries the frames of a conversation. */
typedef enum {
    VT600_OVER_UDP,
    VT600_OVER_TCP,
    VT600_OVER_TLS,
} vt600_transport_t;

/* A conversation in which sessions run. Lives as long as the capture file. */
typedef struct {
    vt600_transport_t transport;
    bool handshake_seen; /* the capture holds the connection's begin */
    uint32_t stream;     /* udp.stream, else tcp.stream */
    const char *tracker; /* address:port */
    const char *server;
} vt600_place_t;

/* One attempt to update one device. Written in the first pass, frame by frame; after it constant.
 * Lives as long as the capture file. */
typedef struct vt600_session {
    /* What each frame asks for, or changes, stands together: hundreds of sessions run at once, and memory is slow. */
    vt600_state_t state;
    bool has_block;
    bool is_timed;
    bool beginning_seen; /* the capture holds all that came before its first block */
    bool requests_seen;  /* the capture holds what the server says */
    bool authorization_seen;
    bool check_seen;
    uint16_t max_block; /* 0: unknown; valid if has_info */
    uint32_t last_frame;
    uint32_t blocks_acked;
    uint32_t retries;
    uint32_t naks;
    uint32_t damaged_frames;
    uint32_t total;                   /* the image's length, from the check; 0: unknown */
    int64_t last;                     /* nanoseconds since the epoch, as all times */
    int64_t first_block;              /* when the first block was sent or stored; valid if has_block */
    int64_t last_data;                /* when OTA data last kept the authorization; valid if is_timed */
    const vt600_place_t *place;       /* the latest conversation */
    const vt600_place_t *data_place;  /* that in which OTA data ran last; NULL: none did */
    struct vt600_session *unfinished; /* the one that this may continue; until its first block. Else NULL */
    struct vt600_session *joined;     /* it proved to be the other's continuation; else NULL. See vt600_session_of */
    struct vt600_verdict *unsettled;  /* on the last check's answer, until vt600_session_settle; then NULL */
    vt600_image_t *image;
    vt600_series_t blocks; /* by offset: see session.c */

    uint32_t number; /* in this capture, from 0 */
    char device[VT600_DEVICE_ID_TEXT_LEN];
    const struct vt600_session *earlier; /* the device's session before, which may have expired then; or NULL */
    uint32_t first_frame;
    int64_t start;
    wmem_array_t *streams; /* uint32_t: all of them, in rising order */

    bool has_info; /* of device_code and max_block */
    uint16_t device_code;
    const char *firmware_version, *serial_number, *imei; /* NULL: unknown; only ASCII that can be printed */

    bool has_checksum;
    uint16_t checksum; /* the tracker's */
    bool has_computed; /* written when the check is settled, as is the next */
    uint16_t computed; /* CRC-CCITT of the whole image at the check */
} vt600_session_t;

/* The verdict on a frame: the session as of this frame. Written in the first pass, and settled once; then constant. */
typedef struct vt600_verdict {
    vt600_session_t *session;
    int64_t elapsed;     /* since the first block, nanoseconds; 0: none yet */
    vt600_range_t range; /* of the notes */
    uint32_t bytes_sent;
    uint32_t bytes_acked;
    uint32_t blocks_acked;
    uint32_t retries;
    uint32_t continued_from; /* the session's last frame in another conversation, or 0 */
    uint32_t number;         /* of the notes */
    uint32_t idle;           /* of the notes */
    uint16_t notes;
    uint8_t state;
} vt600_verdict_t;

/* How far a frame can be trusted. */
typedef enum {
    VT600_TRUST_WHOLE, /* its checksum fits, or nobody asked */
    VT600_TRUST_CUT,   /* the capture lacks its end: true as far as it goes, its block's content unknown */
    VT600_TRUST_NONE,  /* damaged: who got it will not have taken it */
} vt600_trust_t;

typedef struct {
    uint32_t number; /* the packet */
    int64_t time;
    uint32_t device; /* number of the device at its server, from 1, with none left out */
    const char *device_text;
    vt600_side_t side;
    uint16_t code;
    const vt600_ota_t *ota;
    vt600_trust_t trust;
    bool damaged; /* in any way; also where its content is proven */
    const vt600_place_t *place;
    int64_t timeout; /* without OTA data a session expires; 0: never */
} vt600_session_frame_t;

/* What the frame is to its session: NONE where it cannot be trusted, or read. */
vt600_event_kind_t vt600_event_of(const vt600_session_frame_t *frame);

/* All sessions of a capture. */
typedef struct vt600_sessions vt600_sessions_t;

vt600_sessions_t *vt600_sessions_new(wmem_allocator_t *scope);

/* The verdict on an OTA frame, or NULL: it belongs to no session. */
const vt600_verdict_t *vt600_sessions_add(vt600_sessions_t *sessions, const vt600_session_frame_t *frame);

/* Works out what the session's last check says of the image, in its verdict: to sum an image takes as long as to read
 * its frames, and most who read a capture do not ask. To be called before a verdict is looked at, or passed on. The
 * answer is that of the time of the check. */
void vt600_session_settle(vt600_session_t *session);

/* The session that a verdict's session is in the end. */
vt600_session_t *vt600_session_of(vt600_session_t *session);

/* The image's length as far as it is known: from the check, else from size (a preference; 0: none). */
uint32_t vt600_session_total(const vt600_session_t *session, uint32_t size);

#endif
