/* conversation.c
 *
 * Lifetimes and passes; see conversation.h. The only file that asks whether a
 * packet was visited before.
 *
 * A frame is known again by its place: in TCP and TLS its sequence number, in
 * UDP its packet and offset. Sequence numbers return after 4 GiB: they are the
 * lower half of a place, and how often they returned is the upper half.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "conversation.h"

#include <epan/address.h>
#include <epan/dissectors/packet-tcp.h>
#include <epan/dissectors/packet-udp.h>
#include <epan/proto_data.h>
#include <epan/to_str.h>

#include "carrier.h"
#include "core/fault.h"
#include "recent.h"
#include "settings.h"
#include "session/duplicate.h"

/* The frames that the first pass took from reassembled bytes of which it left some waiting. */
typedef struct {
    uint32_t number; /* the packet */
    const wmem_array_t *frames;
} frozen_t;

/* A call whose sequence number was counted. */
typedef struct {
    uint32_t number; /* the packet */
    uint32_t seq;
    bool reassembled;
} call_t;

/* One direction of a conversation's stream. All members are written in the first pass alone; TCP stands for TLS, too.
 */
typedef struct {
    vt600_series_t records; /* vt600_record_t by place */
    uint64_t highest;       /* TCP: the highest place of a frame; 0: none yet */
    wmem_array_t *wraps;    /* TCP: uint32_t, the packets with which its upper half grew; NULL: it did not */
    uint32_t waiting;       /* TCP: bytes at the last call's end that wait for more; 0: none */
    uint32_t waiting_at;    /* TCP: their sequence number */
    uint32_t waits;         /* TCP: how many calls in a row they waited */
    wmem_map_t *frozen;     /* TCP: sequence number of reassembled bytes -> frozen_t; NULL: none */
    wmem_map_t *final_at;   /* TCP: sequence numbers from which nothing more was waited for; NULL: none */
    wmem_array_t *calls;    /* counted: call_t of those that showed something, in order; NULL: none */
    uint64_t datagrams;     /* UDP: how many were seen */
} direction_t;

/* A server of this capture: its address, and a number for it, from 1. Trackers may come back to another port. */
typedef struct {
    const char *text;
    uint32_t number;
} server_name_t;

/* An end of a conversation that acts as the server. Written when its first frame is seen. */
typedef struct {
    const server_name_t *name; /* NULL: not known yet */
    uint32_t broadcast;        /* number of the device that is a broadcast from it */
} server_t;

struct vt600_conversation {
    direction_t directions[2];
    server_t servers[2];     /* by direction from the server */
    vt600_place_t place;     /* first pass: its ends are known once server is */
    bool beginning_seen;     /* first pass: the capture holds the handshake, or a request */
    bool requests_cut;       /* first pass: requests were cut such that answers cannot be matched */
    uint64_t last_device_id; /* first pass: key and number of the device seen last */
    uint32_t last_server;
    uint32_t last_device; /* 0: none yet */
    uint32_t claimed;     /* inside TLS: the packet with the claim, or 0 */
    unsigned declined;    /* inside TLS: how many runs of bytes in that packet came before the claim */
};

typedef struct {
    uint64_t id;
    uint32_t server;
    uint32_t number;
} device_t;

/* All that is known of a capture file; made anew for each, in its scope. */
typedef struct {
    vt600_exchanges_t *exchanges;
    vt600_sessions_t *sessions;
    vt600_photos_t *photos;
    vt600_duplicates_t *duplicates;
    wmem_map_t *servers; /* by text: server_name_t */
    wmem_map_t *devices; /* device_t -> itself, numbered from 1 */
    wmem_array_t *none;  /* no frames: what was taken from bytes that all wait */
} capture_t;

static capture_t capture;

/* IDs are the sender's to choose. */
static guint device_hash(const void *data)
{
    const device_t *device = data;
    return wmem_int64_hash(&device->id) + device->server;
}

static gboolean device_equal(const void *a, const void *b)
{
    const device_t *x = a, *y = b;
    return x->id == y->id && x->server == y->server;
}

void vt600_conversation_init(void)
{
    wmem_allocator_t *scope = wmem_file_scope();
    capture.exchanges = vt600_exchanges_new(scope);
    capture.photos = vt600_photos_new(scope);
    capture.sessions = vt600_sessions_new(scope);
    capture.duplicates = vt600_duplicates_new(scope);
    vt600_carrier_init();
    vt600_recent_init();
    capture.servers = wmem_map_new(scope, wmem_str_hash, g_str_equal);
    capture.devices = wmem_map_new(scope, device_hash, device_equal);
    capture.none = wmem_array_sized_new(scope, sizeof(vt600_frame_t), 1);
}

/* Does the capture hold the start of the connection? */
static bool handshake_seen(conversation_t *conversation, packet_info *pinfo)
{
    const struct tcp_analysis *tcp = get_tcp_conversation_data(conversation, pinfo);
    return tcp != NULL && (tcp->conversation_completeness & VT600_TCP_HANDSHAKE) == VT600_TCP_HANDSHAKE;
}

/* A capture may claim any time. These are kept so far from the ends of the range that differences do not leave it. */
int64_t vt600_nanoseconds(const nstime_t *time)
{
    const int64_t second = 1000000000, most = INT64_MAX / 4 / second;
    return CLAMP((int64_t)time->secs, -most, most) * second + CLAMP(time->nsecs, 0, second - 1);
}

static void open_place(vt600_place_t *place, conversation_t *conversation, packet_info *pinfo,
                       vt600_transport_t transport)
{
    const struct tcp_analysis *analysis =
        transport != VT600_OVER_UDP ? get_tcp_conversation_data(conversation, pinfo) : NULL;
    place->transport = transport;
    place->opened = vt600_nanoseconds(analysis != NULL ? &analysis->ts_first : &pinfo->abs_ts);
    vt600_carrier_start();
}

static vt600_conversation_t *conversation_get(packet_info *pinfo, vt600_transport_t transport)
{
    conversation_t *conversation = vt600_recent_find(pinfo);
    if (conversation == NULL)
        conversation = find_or_create_conversation(pinfo);
    vt600_conversation_t *known = conversation_get_proto_data(conversation, vt600_proto);
    if (known == NULL) {
        known = wmem_new0(wmem_file_scope(), vt600_conversation_t);
        for (size_t i = 0; i < G_N_ELEMENTS(known->directions); i++)
            vt600_series_init(&known->directions[i].records, wmem_file_scope(), sizeof(vt600_record_t));
        conversation_add_proto_data(conversation, vt600_proto, known);
        open_place(&known->place, conversation, pinfo, transport);
    }
    /* Mostly it is seen by now; but packets may come in another order. */
    if (transport != VT600_OVER_UDP && !known->place.handshake_seen && !PINFO_FD_VISITED(pinfo) &&
        handshake_seen(conversation, pinfo))
        known->beginning_seen = known->place.handshake_seen = true;
    return known;
}

unsigned vt600_conversation_direction(const packet_info *pinfo)
{
    const int order = cmp_address(&pinfo->src, &pinfo->dst);
    return order > 0 || (order == 0 && pinfo->srcport > pinfo->destport);
}

vt600_place_t *vt600_conversation_place(const conversation_t *conversation)
{
    vt600_conversation_t *known = conversation != NULL ? conversation_get_proto_data(conversation, vt600_proto) : NULL;
    return known != NULL ? &known->place : NULL;
}

/* In TCP's circle of sequence numbers. */
static bool is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

bool vt600_conversation_is_keep_alive(packet_info *pinfo, uint32_t seq)
{
    if (PINFO_FD_VISITED(pinfo))
        return p_get_proto_data(wmem_file_scope(), pinfo, vt600_proto, VT600_PACKET_KEEP_ALIVE) != NULL;
    const vt600_place_t *place = vt600_conversation_place(vt600_recent_find(pinfo));
    const vt600_flow_t *flow = place != NULL ? &place->flows[vt600_conversation_direction(pinfo)] : NULL;
    if (flow == NULL || !flow->delivered_known || !is_before(seq, flow->delivered))
        return false;
    p_add_proto_data(wmem_file_scope(), pinfo, vt600_proto, VT600_PACKET_KEEP_ALIVE, GUINT_TO_POINTER(1));
    return true;
}

/* Where the capture holds the handshake, delivery starts after it: the first bytes may be missing too. */
static void expect_start(packet_info *pinfo, vt600_place_t *place, unsigned direction)
{
    vt600_flow_t *flow = &place->flows[direction];
    const struct tcp_analysis *tcp = NULL;

    if (flow->delivered_known || !place->handshake_seen)
        return;
    tcp = get_tcp_conversation_data(NULL, pinfo);
    if (tcp == NULL || tcp->fwd == NULL)
        return;
    flow->delivered = vt600_carrier_first_seq(tcp->fwd);
    flow->delivered_known = true;
}

/* TCP delivers from seq on. What lies between the end of what it delivered and seq is missing. */
static void find_loss(vt600_place_t *place, unsigned direction, uint32_t seq, int64_t now)
{
    const vt600_flow_t *flow = &place->flows[direction];

    if (!flow->delivered_known || !is_before(flow->delivered, seq))
        return;
    if (place->closing.frame != 0 && seq == flow->delivered + 1) /* the FIN takes a number of its own */
        return;
    const vt600_loss_t loss = {.time = now, .seq = flow->delivered, .end = seq, .direction = (uint8_t)direction};
    if (place->losses == NULL)
        place->losses = wmem_array_new(wmem_file_scope(), sizeof loss);
    wmem_array_append_one(place->losses, loss);
}

/* How many of the latest losses may still be filled: TCP's windows are no larger. */
#define FILLED_MOST 64

/* TCP delivered from seq to end. */
static void note_delivery(vt600_place_t *place, unsigned direction, uint32_t seq, uint32_t end)
{
    vt600_flow_t *flow = &place->flows[direction];
    const unsigned count = place->losses != NULL ? wmem_array_get_count(place->losses) : 0;

    if (flow->delivered_known && is_before(seq, flow->delivered)) {
        for (unsigned i = count; i > 0 && i + FILLED_MOST > count; i--) {
            vt600_loss_t *loss = wmem_array_index(place->losses, i - 1);
            if (loss->direction != direction || is_before(loss->seq, seq) || !is_before(loss->seq, end))
                continue;
            loss->seq = end;
            loss->filled = !is_before(end, loss->end);
        }
    }
    if (!flow->delivered_known || is_before(flow->delivered, end))
        flow->delivered = end;
    flow->delivered_known = true;
}

/* How many were counted under this key while the packet is dissected. */
static unsigned counted(packet_info *pinfo, uint32_t key)
{
    return GPOINTER_TO_UINT(p_get_proto_data(pinfo->pool, pinfo, vt600_proto, key));
}

/* Counts one more; returns how many there were before. */
static unsigned count_one(packet_info *pinfo, uint32_t key)
{
    const unsigned before = counted(pinfo, key);
    p_remove_proto_data(pinfo->pool, pinfo, vt600_proto, key);
    p_add_proto_data(pinfo->pool, pinfo, vt600_proto, key, GUINT_TO_POINTER(before + 1));
    return before;
}

/* Of a packet in a later pass: the call of the first one that this call repeats. A call whose bytes all waited is not
 * repeated; of the others, each is, in the same order. NULL: none. */
static const call_t *find_call(const direction_t *direction, packet_info *pinfo)
{
    const unsigned before = count_one(pinfo, VT600_PACKET_CALLS);
    const call_t *calls = direction->calls != NULL ? wmem_array_get_raw(direction->calls) : NULL;
    const unsigned count = calls != NULL ? wmem_array_get_count(direction->calls) : 0;
    unsigned from = 0, to = count;

    while (from < to) {
        const unsigned middle = from + (to - from) / 2;
        if (calls[middle].number < pinfo->num)
            from = middle + 1;
        else
            to = middle;
    }
    return count - from > before && calls[from + before].number == pinfo->num ? &calls[from + before] : NULL;
}

/* Numbers the bytes of a carrier that does not: TLS hands over each byte once, in order, and again those that waited.
 */
static vt600_carrier_t count_bytes(const direction_t *direction, packet_info *pinfo, vt600_carrier_t carrier)
{
    if (!PINFO_FD_VISITED(pinfo)) {
        carrier.numbered = true;
        carrier.seq = direction->waiting_at;
        carrier.reassembled = direction->waiting != 0;
        return carrier;
    }
    const call_t *call = find_call(direction, pinfo);
    if (call != NULL) {
        carrier.numbered = true;
        carrier.seq = call->seq;
        carrier.reassembled = call->reassembled;
    }
    return carrier;
}

vt600_stream_t vt600_stream_begin(packet_info *pinfo, const vt600_carrier_t *told)
{
    vt600_stream_t stream = {
        .conversation = conversation_get(pinfo, told->transport),
        .pinfo = pinfo,
        .direction = vt600_conversation_direction(pinfo),
        .transport = told->transport,
        .counted = told->transport == VT600_OVER_TLS && !told->numbered,
    };
    direction_t *direction = &stream.conversation->directions[stream.direction];
    const vt600_carrier_t carrier = stream.counted ? count_bytes(direction, pinfo, *told) : *told;

    stream.numbered = carrier.numbered;
    if (!stream.numbered && !PINFO_FD_VISITED(pinfo))
        direction->datagrams++;
    if (!stream.numbered)
        return stream;

    stream.seq = carrier.seq;
    if (PINFO_FD_VISITED(pinfo)) {
        const frozen_t *frozen =
            direction->frozen != NULL ? wmem_map_lookup(direction->frozen, GUINT_TO_POINTER(stream.seq)) : NULL;
        if (carrier.reassembled && frozen != NULL && frozen->number == pinfo->num)
            stream.frozen = frozen->frames;
    } else {
        if (stream.transport == VT600_OVER_TCP) {
            expect_start(pinfo, &stream.conversation->place, stream.direction);
            find_loss(&stream.conversation->place, stream.direction, stream.seq, vt600_nanoseconds(&pinfo->abs_ts));
        }
        if (carrier.reassembled)
            stream.taken = wmem_array_new(wmem_file_scope(), sizeof(vt600_frame_t));
        if (carrier.reassembled && stream.seq == direction->waiting_at) {
            stream.older = direction->waiting;
            stream.waits = direction->waits;
        }
    }
    return stream;
}

vt600_frame_t vt600_stream_next(vt600_stream_t *stream, const uint8_t *buf, size_t n, bool final, size_t *credit)
{
    if (stream->frozen == NULL)
        return vt600_frame_scan(buf, n, final, credit);
    if (stream->next_frozen < wmem_array_get_count((wmem_array_t *)stream->frozen)) {
        const vt600_frame_t *frame = wmem_array_index((wmem_array_t *)stream->frozen, stream->next_frozen++);
        if (frame->extent <= n)
            return *frame;
    }
    return (vt600_frame_t){.found = VT600_FOUND_PARTIAL};
}

void vt600_stream_take(vt600_stream_t *stream, const vt600_frame_t *frame)
{
    if (stream->taken != NULL)
        wmem_array_append(stream->taken, frame, 1);
}

void vt600_stream_set_final(const vt600_stream_t *stream, uint32_t offset)
{
    direction_t *direction = &stream->conversation->directions[stream->direction];
    if (direction->final_at == NULL)
        direction->final_at = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
    wmem_map_insert(direction->final_at, GUINT_TO_POINTER(stream->seq + offset), direction);
}

bool vt600_stream_is_final(const vt600_stream_t *stream, uint32_t offset)
{
    const direction_t *direction = &stream->conversation->directions[stream->direction];
    return direction->final_at != NULL &&
           wmem_map_lookup(direction->final_at, GUINT_TO_POINTER(stream->seq + offset)) != NULL;
}

void vt600_stream_end(const vt600_stream_t *stream, uint32_t consumed, uint32_t waiting)
{
    if (PINFO_FD_VISITED(stream->pinfo) || !stream->numbered)
        return;
    direction_t *direction = &stream->conversation->directions[stream->direction];
    if (stream->transport == VT600_OVER_TCP)
        note_delivery(&stream->conversation->place, stream->direction, stream->seq, stream->seq + consumed + waiting);
    if (stream->counted && consumed != 0) {
        const call_t call = {.number = stream->pinfo->num, .seq = stream->seq, .reassembled = direction->waiting != 0};
        if (direction->calls == NULL)
            direction->calls = wmem_array_new(wmem_file_scope(), sizeof call);
        wmem_array_append_one(direction->calls, call);
    }
    direction->waiting_at = stream->seq + consumed;
    direction->waits = consumed == 0 ? stream->waits + 1 : 1;
    direction->waiting = waiting;

    if (stream->taken == NULL)
        return;
    if (consumed == 0 || waiting == 0)
        wmem_destroy_array(stream->taken);
    if (direction->frozen == NULL)
        direction->frozen = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
    frozen_t *frozen = wmem_map_lookup(direction->frozen, GUINT_TO_POINTER(stream->seq));
    if (waiting == 0) { /* what the bytes waited for came in the same packet: TLS puts several records into one */
        if (frozen != NULL && frozen->number == stream->pinfo->num)
            wmem_map_remove(direction->frozen, GUINT_TO_POINTER(stream->seq));
        return;
    }
    if (frozen == NULL) {
        frozen = wmem_new(wmem_file_scope(), frozen_t);
        wmem_map_insert(direction->frozen, GUINT_TO_POINTER(stream->seq), frozen);
    }
    *frozen = (frozen_t){.number = stream->pinfo->num, .frames = consumed == 0 ? capture.none : stream->taken};
}

/* An end as text, "10.0.0.1:20000", for as long as the packet. */
static char *end_name(const packet_info *pinfo, const address *addr, uint32_t port)
{
    const char *host = address_to_str(pinfo->pool, addr);
    return wmem_strdup_printf(pinfo->pool, addr->type == AT_IPv6 ? "[%s]:%u" : "%s:%u", host, port);
}

static const server_name_t *name_server(const packet_info *pinfo, const address *addr)
{
    const char *text = address_to_str(pinfo->pool, addr);
    server_name_t *name = wmem_map_lookup(capture.servers, text);
    if (name == NULL) {
        name = wmem_new(wmem_file_scope(), server_name_t);
        name->text = wmem_strdup(wmem_file_scope(), text);
        name->number = wmem_map_size(capture.servers) + 1;
        wmem_map_insert(capture.servers, name->text, name);
    }
    return name;
}

static uint32_t device_number(uint32_t server, uint64_t id)
{
    const device_t key = {.id = id, .server = server};
    device_t *device = wmem_map_lookup(capture.devices, &key);
    if (device == NULL) {
        device = wmem_new(wmem_file_scope(), device_t);
        *device = (device_t){.id = id, .server = server, .number = wmem_map_size(capture.devices) + 1};
        wmem_map_insert(capture.devices, device, device);
    }
    return device->number;
}

/* The server's end of the conversation, as a frame from this side tells it. */
static const server_t *server_of(const vt600_stream_t *stream, vt600_side_t side)
{
    const unsigned direction = side == VT600_SERVER ? stream->direction : !stream->direction;
    server_t *server = &stream->conversation->servers[direction];
    if (server->name == NULL) {
        const packet_info *pinfo = stream->pinfo;
        server->name = side == VT600_SERVER ? name_server(pinfo, &pinfo->src) : name_server(pinfo, &pinfo->dst);
        server->broadcast = device_number(server->name->number, VT600_DEVICE_ID_KEY_BROADCAST);
        stream->conversation->place.server_direction = (uint8_t)direction;
    }
    return server;
}

static uint32_t device_of(const vt600_stream_t *stream, const server_t *server, uint64_t id)
{
    vt600_conversation_t *conversation = stream->conversation;
    if (conversation->last_device == 0 || conversation->last_device_id != id ||
        conversation->last_server != server->name->number) {
        conversation->last_device = device_number(server->name->number, id);
        conversation->last_device_id = id;
        conversation->last_server = server->name->number;
    }
    return conversation->last_device;
}

/* udp.stream of the packet, else tcp.stream. */
static uint32_t stream_number(packet_info *pinfo, vt600_transport_t transport)
{
    if (transport != VT600_OVER_UDP) {
        const struct tcp_analysis *analysis = get_tcp_conversation_data(NULL, pinfo);
        return analysis != NULL ? analysis->stream : 0;
    }
    const struct udp_analysis *analysis = get_udp_conversation_data(NULL, pinfo);
    return analysis != NULL ? analysis->stream : 0;
}

/* The conversation as sessions know it, with its ends named. */
static vt600_place_t *place_of(const vt600_stream_t *stream, vt600_side_t side)
{
    vt600_place_t *place = &stream->conversation->place;
    if (!place->is_named) {
        packet_info *pinfo = stream->pinfo;
        const char *from = wmem_strdup(wmem_file_scope(), end_name(pinfo, &pinfo->src, pinfo->srcport));
        const char *to = wmem_strdup(wmem_file_scope(), end_name(pinfo, &pinfo->dst, pinfo->destport));
        place->is_named = true;
        place->stream = stream_number(pinfo, stream->transport);
        place->server = side == VT600_SERVER ? from : to;
        place->tracker = side == VT600_SERVER ? to : from;
    }
    return place;
}

static int64_t session_timeout(void)
{
    const int64_t minute = INT64_C(60000000000);
    return MIN((int64_t)vt600_preferences.session_timeout, INT64_MAX / 4 / minute) * minute;
}

static vt600_role_t role_of(const vt600_frame_t *frame)
{
    if (frame->command != NULL && frame->command->ota)
        return VT600_ROLE_OTA;
    if (frame->side == VT600_SERVER)
        return VT600_ROLE_OTHER;
    switch (frame->code) {
    case VT600_CMD_LOGIN:
        return VT600_ROLE_LOGIN;
    case VT600_CMD_IDENTITY:
        return VT600_ROLE_IDENTITY;
    case VT600_CMD_POSITION:
    case VT600_CMD_RFID:
    case VT600_CMD_IMAGE_POSITION:
    case VT600_CMD_ALARM:
        return VT600_ROLE_POSITION;
    default:
        return VT600_ROLE_OTHER;
    }
}

/* The frame as exchanges see it. */
static vt600_exchange_frame_t exchange_frame(const vt600_stream_t *stream, const vt600_frame_t *frame,
                                             const vt600_ota_t *ota, const uint8_t *buf)
{
    const vt600_conversation_t *conversation = stream->conversation;
    const size_t data_end = VT600_AT_DATA + frame->data_length;
    const bool whole = frame->found == VT600_FOUND_FRAME && frame->checksum != VT600_CHECKSUM_ABSENT;
    vt600_exchange_frame_t seen = {
        .command = frame->command,
        .side = frame->side,
        .has_key = frame->code != VT600_CMD_OTA_DATA || ota->has_offset,
        .offset = ota->offset,
        .finished = ota->shape == VT600_DATA_UPGRADE && ota->complete && ota->flag == VT600_FLAG_UPGRADE_FINISHED,
        .may_be_finished = ota->shape == VT600_DATA_UPGRADE && !ota->complete,
        .beginning_seen = conversation->beginning_seen && !conversation->requests_cut &&
                          !vt600_place_lost_between(&conversation->place, INT64_MIN, INT64_MAX),
        .conversation = conversation,
    };

    /* A frame that was cut is compared where all of its data is present. */
    seen.has_fingerprint = whole || (frame->length >= VT600_LEN_LEAST &&
                                     data_end == (size_t)frame->length - VT600_LEN_CHECKSUM - VT600_LEN_TERMINATOR);
    if (seen.has_fingerprint)
        seen.fingerprint = whole ? vt600_be16(buf + frame->checksum_at) : vt600_frame_checksum(buf, data_end);
    return seen;
}

/* One model writes ffff into the checksum of its photo frames. */
#define CHECKSUM_NOT_COMPUTED 0xffff

/* The frame's part in a photo, or NULL. */
static const vt600_photo_frame_t *photo_of(const vt600_stream_t *stream, const vt600_session_frame_t *seen,
                                           const vt600_frame_t *frame, const uint8_t *buf)
{
    const bool computed = frame->checksum != VT600_CHECKSUM_BAD || !frame->length_good ||
                          vt600_be16(buf + frame->checksum_at) != CHECKSUM_NOT_COMPUTED;

    if (frame->code != VT600_CMD_PHOTO_DATA || frame->side != VT600_TRACKER ||
        frame->data_length < VT600_PHOTO_AT_DATA || (seen->fault.trust != VT600_TRUST_WHOLE && computed))
        return NULL;
    const vt600_photo_packet_t packet = {
        .conversation = stream->conversation,
        .device = seen->device,
        .device_text = seen->device_text,
        .number = stream->pinfo->num,
        .image = seen->text[VT600_PHOTO_AT_IMAGE],
        .footage = vt600_be16(seen->text + VT600_PHOTO_AT_FOOTAGE),
        .packets = seen->text[VT600_PHOTO_AT_PACKETS],
        .packet = seen->text[VT600_PHOTO_AT_PACKET],
        .data = seen->text + VT600_PHOTO_AT_DATA,
        .length = (uint32_t)(frame->data_length - VT600_PHOTO_AT_DATA),
    };
    return vt600_photos_add(capture.photos, &packet);
}

/* The links of a frame, and the verdict of its session. */
static void judge_sound(const vt600_stream_t *stream, const vt600_frame_t *frame, vt600_exchange_frame_t *asking,
                        const vt600_session_frame_t *seen, bool is_broadcast, vt600_record_t *record)
{
    vt600_conversation_t *conversation = stream->conversation;
    const bool linked = frame->command != NULL && seen->fault.trust != VT600_TRUST_NONE;

    if (linked)
        vt600_exchanges_answer(capture.exchanges, asking, &record->exchange);
    if (!is_broadcast)
        record->verdict = vt600_sessions_add(capture.sessions, seen);
    if (!linked)
        return;
    vt600_exchanges_ask(capture.exchanges, asking,
                        record->verdict != NULL && !record->verdict->aside ? record->verdict->session : NULL,
                        &record->exchange);
    if (frame->side == VT600_SERVER && record->exchange.attempt != 0)
        conversation->beginning_seen = true;
    if (frame->side == VT600_SERVER && !asking->has_key)
        conversation->requests_cut = true;
}

static void judge(const vt600_stream_t *stream, const vt600_frame_t *frame, const vt600_ota_t *ota, const uint8_t *buf,
                  uint32_t seq, const char *device_text, vt600_record_t *record)
{
    const vt600_fault_t fault = vt600_fault_judge(frame, vt600_preferences.check_checksum);
    vt600_conversation_t *conversation = stream->conversation;

    record->exchange.number = stream->pinfo->num;
    record->exchange.time = vt600_nanoseconds(&stream->pinfo->abs_ts);
    if (frame->command == NULL && fault.trust == VT600_TRUST_NONE)
        return;

    const server_t *server = server_of(stream, frame->side);
    const uint32_t device = device_of(stream, server, vt600_device_id_key(buf + VT600_AT_DEVICE));
    if (fault.trust != VT600_TRUST_NONE)
        conversation->place.seen[frame->side] = true;
    const vt600_session_frame_t seen = {
        .exchange = &record->exchange,
        .device = device,
        .device_text = device_text,
        .role = role_of(frame),
        .side = frame->side,
        .code = frame->code,
        .ota = ota,
        .text = buf + VT600_AT_DATA,
        .text_length = frame->data_length,
        .fault = fault,
        .has_seq = stream->numbered && stream->transport == VT600_OVER_TCP,
        .seq_end = seq + (uint32_t)frame->extent,
        .place = place_of(stream, frame->side),
        .timeout = session_timeout(),
    };
    vt600_exchange_frame_t asking = exchange_frame(stream, frame, ota, buf);
    asking.device = device;
    asking.broadcast = server->broadcast;
    judge_sound(stream, frame, &asking, &seen, device == server->broadcast, record);
    record->photo = photo_of(stream, &seen, frame, buf);
}

#define WRAP (UINT64_C(1) << 32)

/* The place with this sequence number that is nearest to the highest one. */
static uint64_t place_near(uint64_t highest, uint32_t seq)
{
    return highest == 0 ? WRAP + seq : highest + (uint64_t)(int64_t)(int32_t)(seq - (uint32_t)highest);
}

static void reach(direction_t *direction, uint64_t place, uint32_t number)
{
    if (place <= direction->highest)
        return;
    if (direction->highest != 0 && place / WRAP > direction->highest / WRAP) {
        if (direction->wraps == NULL)
            direction->wraps = wmem_array_new(wmem_file_scope(), sizeof number);
        wmem_array_append_one(direction->wraps, number);
    }
    direction->highest = place;
}

/* The upper half of the highest place once this packet was seen. */
static uint64_t wraps_until(const direction_t *direction, uint32_t number)
{
    const uint32_t *packets = direction->wraps != NULL ? wmem_array_get_raw(direction->wraps) : NULL;
    size_t from = 0, to = packets != NULL ? wmem_array_get_count(direction->wraps) : 0;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (packets[middle] <= number)
            from = middle + 1;
        else
            to = middle;
    }
    return 1 + from;
}

/* In a later pass: the record of a frame at this sequence number, or else of the earlier packet that has its place.
 * Where a later packet has the place, the numbers returned in between. */
static const vt600_record_t *find_again(const direction_t *direction, uint32_t seq, uint32_t number)
{
    const uint64_t near = wraps_until(direction, number) * WRAP + seq;
    const uint64_t places[] = {near, near - WRAP};
    const vt600_record_t *later = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        const vt600_record_t *record = vt600_series_find(&direction->records, places[i]);
        if (record != NULL && record->exchange.number <= number)
            return record;
        if (record != NULL)
            later = record;
    }
    return later;
}

const vt600_record_t *vt600_stream_record(vt600_stream_t *stream, const vt600_frame_t *frame, const vt600_ota_t *ota,
                                          const uint8_t *buf, uint32_t offset, const char *device, bool *retransmission)
{
    direction_t *direction = &stream->conversation->directions[stream->direction];
    const uint32_t number = stream->pinfo->num;
    const uint32_t seq = stream->seq + offset;
    const uint64_t datagram = (uint64_t)number << 32 | (uint32_t)stream->pinfo->curr_layer_num << 24 | offset;

    if (PINFO_FD_VISITED(stream->pinfo)) {
        const vt600_record_t *known =
            stream->numbered ? find_again(direction, seq, number) : vt600_series_find(&direction->records, datagram);
        *retransmission = known != NULL && known->exchange.number != number;
        return known; /* NULL is not reached while passes see the same bytes */
    }

    const uint64_t place = stream->numbered ? place_near(direction->highest, seq) : datagram;
    vt600_record_t *record = vt600_series_get(&direction->records, place);
    *retransmission = record->exchange.number != 0 && record->exchange.number != number;
    if (record->exchange.number != 0)
        return record;
    if (stream->numbered)
        reach(direction, place, number);
    const vt600_capturing_t capturing = {.number = number,
                                         .time = vt600_nanoseconds(&stream->pinfo->abs_ts),
                                         .conversation = direction,
                                         .datagram = direction->datagrams};
    vt600_record_t *first = NULL;
    record->duplicate =
        vt600_duplicates_find(capture.duplicates, buf, frame->extent, &capturing, record, (void **)&first);
    if (record->duplicate == 0) {
        judge(stream, frame, ota, buf, seq, device, record);
        return record;
    }
    record->exchange.number = number;
    record->exchange.time = capturing.time;
    record->verdict = first->verdict;
    return record;
}

void vt600_conversation_claim(packet_info *pinfo, dissector_handle_t handle)
{
    if (!PINFO_FD_VISITED(pinfo))
        conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num, handle);
}

void vt600_conversation_decline_tls(packet_info *pinfo)
{
    count_one(pinfo, VT600_PACKET_DECLINED);
}

void vt600_conversation_claim_tls(packet_info *pinfo)
{
    vt600_conversation_t *conversation = conversation_get(pinfo, VT600_OVER_TLS);
    if (!PINFO_FD_VISITED(pinfo) && conversation->claimed == 0) {
        conversation->claimed = pinfo->num;
        conversation->declined = counted(pinfo, VT600_PACKET_DECLINED);
    }
}

bool vt600_conversation_is_declined(packet_info *pinfo)
{
    const vt600_conversation_t *conversation = conversation_get(pinfo, VT600_OVER_TLS);
    if (!PINFO_FD_VISITED(pinfo) || pinfo->num > conversation->claimed)
        return false;
    return pinfo->num < conversation->claimed || count_one(pinfo, VT600_PACKET_DECLINED) < conversation->declined;
}
