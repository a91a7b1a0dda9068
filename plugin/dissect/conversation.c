/* conversation.c
 *
 * Lifetimes and passes; see conversation.h. The only file that asks whether a
 * packet was visited before.
 *
 * A frame is known again by its place: in TCP its sequence number, in UDP its
 * packet and offset. Sequence numbers return after 4 GiB; a frame beyond the
 * highest one seen is new even if its number is not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "conversation.h"

#include <epan/address.h>
#include <epan/dissectors/packet-tcp.h>
#include <epan/dissectors/packet-udp.h>
#include <epan/to_str.h>

#include "packet-vt600.h"

/* The frames that the first pass took from reassembled bytes of which it left some waiting. */
typedef struct {
    uint32_t number; /* the packet */
    const wmem_array_t *frames;
} frozen_t;

/* One direction of a conversation's stream. All members are written in the first pass alone. */
typedef struct {
    vt600_record_t *first; /* the only one, until there are more; NULL: none yet */
    wmem_map_t *records;   /* key -> vt600_record_t; NULL: at most one */
    bool any;              /* a frame was seen */
    uint32_t highest;      /* TCP: the highest sequence number of a frame */
    uint32_t waiting;      /* TCP: bytes at the last call's end that wait for more; 0: none */
    uint32_t waiting_at;   /* TCP: their sequence number */
    uint32_t waits;        /* TCP: how many calls in a row they waited */
    wmem_map_t *frozen;    /* TCP: sequence number of reassembled bytes -> frozen_t; NULL: none */
    wmem_map_t *final_at;  /* TCP: sequence numbers from which nothing more was waited for; NULL: none */
} direction_t;

/* A server of this capture: its address and port, and a number for them, from 1. */
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
    uint64_t last_device_id; /* first pass: key and number of the device seen last */
    uint32_t last_server;
    uint32_t last_device; /* 0: none yet */
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
    wmem_map_t *servers; /* by text: server_name_t */
    wmem_map_t *devices; /* device_t -> itself, numbered from 1 */
    wmem_array_t *none;  /* no frames: what was taken from bytes that all wait */
} capture_t;

static capture_t capture;

/* g_int64_hash may be the low half of the key: the same for the first frame of every datagram. */
static guint place_hash(const void *data)
{
    const uint64_t key = *(const uint64_t *)data;
    return (guint)(key >> 32) * 0x9e3779b1u ^ (guint)key;
}

static guint device_hash(const void *data)
{
    const device_t *device = data;
    return place_hash(&device->id) * 31 + device->server;
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
    capture.sessions = vt600_sessions_new(scope);
    capture.servers = wmem_map_new(scope, wmem_str_hash, g_str_equal);
    capture.devices = wmem_map_new(scope, device_hash, device_equal);
    capture.none = wmem_array_sized_new(scope, sizeof(vt600_frame_t), 1);
}

static vt600_conversation_t *conversation_get(packet_info *pinfo)
{
    conversation_t *conversation = find_or_create_conversation(pinfo);
    vt600_conversation_t *known = conversation_get_proto_data(conversation, vt600_proto);
    if (known == NULL) {
        known = wmem_new0(wmem_file_scope(), vt600_conversation_t);
        conversation_add_proto_data(conversation, vt600_proto, known);
    }
    return known;
}

vt600_stream_t vt600_stream_begin(packet_info *pinfo, const struct tcpinfo *tcpinfo)
{
    vt600_stream_t stream = {.conversation = conversation_get(pinfo), .pinfo = pinfo};

    if (tcpinfo == NULL) {
        stream.direction = cmp_address(&pinfo->src, &pinfo->dst) > 0 ||
                           (addresses_equal(&pinfo->src, &pinfo->dst) && pinfo->srcport > pinfo->destport);
        return stream;
    }

    const struct tcp_analysis *tcp = get_tcp_conversation_data(NULL, pinfo);
    stream.tcp = true;
    stream.seq = tcpinfo->seq;
    stream.direction = tcp != NULL && tcp->fwd == &tcp->flow2;
    const direction_t *direction = &stream.conversation->directions[stream.direction];
    if (PINFO_FD_VISITED(pinfo)) {
        const frozen_t *frozen =
            direction->frozen != NULL ? wmem_map_lookup(direction->frozen, GUINT_TO_POINTER(stream.seq)) : NULL;
        if (tcpinfo->is_reassembled && frozen != NULL && frozen->number == pinfo->num)
            stream.frozen = frozen->frames;
    } else {
        if (tcpinfo->is_reassembled)
            stream.taken = wmem_array_new(wmem_file_scope(), sizeof(vt600_frame_t));
        if (tcpinfo->is_reassembled && stream.seq == direction->waiting_at) {
            stream.older = direction->waiting;
            stream.waits = direction->waits;
        }
        if (tcp != NULL && (tcp->conversation_completeness & VT600_TCP_HANDSHAKE) == VT600_TCP_HANDSHAKE)
            stream.conversation->beginning_seen = stream.conversation->place.handshake_seen = true;
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
    if (PINFO_FD_VISITED(stream->pinfo) || !stream->tcp)
        return;
    direction_t *direction = &stream->conversation->directions[stream->direction];
    direction->waiting_at = stream->seq + consumed;
    direction->waits = consumed == 0 ? stream->waits + 1 : 1;
    direction->waiting = waiting;

    if (stream->taken == NULL)
        return;
    if (consumed == 0 || waiting == 0)
        wmem_destroy_array(stream->taken);
    if (waiting == 0)
        return;
    if (direction->frozen == NULL)
        direction->frozen = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
    frozen_t *frozen = wmem_map_lookup(direction->frozen, GUINT_TO_POINTER(stream->seq));
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

static const server_name_t *name_server(const packet_info *pinfo, const address *addr, uint32_t port)
{
    const char *text = end_name(pinfo, addr, port);
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
        server->name = side == VT600_SERVER ? name_server(pinfo, &pinfo->src, pinfo->srcport)
                                            : name_server(pinfo, &pinfo->dst, pinfo->destport);
        server->broadcast = device_number(server->name->number, VT600_DEVICE_ID_KEY_BROADCAST);
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

/* Nanoseconds since the epoch. A capture may claim any time; these are kept far enough apart from the
 * ends of the range that differences do not leave it. */
static int64_t time_of(const packet_info *pinfo)
{
    const int64_t second = 1000000000, most = INT64_MAX / 2 / second;
    return CLAMP((int64_t)pinfo->abs_ts.secs, -most, most) * second + CLAMP(pinfo->abs_ts.nsecs, 0, second - 1);
}

/* tcp.stream or udp.stream of the packet. */
static uint32_t stream_number(packet_info *pinfo, bool tcp)
{
    if (tcp) {
        const struct tcp_analysis *analysis = get_tcp_conversation_data(NULL, pinfo);
        return analysis != NULL ? analysis->stream : 0;
    }
    const struct udp_analysis *analysis = get_udp_conversation_data(NULL, pinfo);
    return analysis != NULL ? analysis->stream : 0;
}

/* The conversation as sessions know it, with its ends named once an OTA frame asks. */
static const vt600_place_t *place_of(const vt600_stream_t *stream, const server_t *server, vt600_side_t side)
{
    vt600_place_t *place = &stream->conversation->place;
    if (place->server == NULL) {
        packet_info *pinfo = stream->pinfo;
        const bool from = side == VT600_TRACKER;
        place->udp = !stream->tcp;
        place->stream = stream_number(pinfo, stream->tcp);
        place->server = server->name->text;
        place->tracker = wmem_strdup(wmem_file_scope(), end_name(pinfo, from ? &pinfo->src : &pinfo->dst,
                                                                 from ? pinfo->srcport : pinfo->destport));
    }
    return place;
}

/* A frame whose checksum the preference ignores is taken as it is. So is one whose content is proven, although its
 * length or its checksum was written wrong. */
static vt600_trust_t trust_in(const vt600_frame_t *frame)
{
    if (frame->found == VT600_FOUND_CUT)
        return VT600_TRUST_CUT;
    if (frame->end == VT600_END_BY_SHORT_CHECKSUM)
        return VT600_TRUST_WHOLE;
    if (frame->found != VT600_FOUND_FRAME)
        return VT600_TRUST_NONE;
    if (frame->checksum == VT600_CHECKSUM_GOOD || frame->end == VT600_END_BY_CHECKSUM ||
        !vt600_preferences.check_checksum)
        return VT600_TRUST_WHOLE;
    return VT600_TRUST_NONE;
}

static bool is_damaged(const vt600_frame_t *frame)
{
    if (frame->found != VT600_FOUND_FRAME)
        return frame->found == VT600_FOUND_DAMAGED;
    return !frame->length_good || frame->terminator != VT600_TERMINATOR_GOOD ||
           (frame->checksum == VT600_CHECKSUM_BAD && vt600_preferences.check_checksum);
}

static int64_t session_timeout(void)
{
    const int64_t minute = INT64_C(60000000000);
    return MIN((int64_t)vt600_preferences.session_timeout, INT64_MAX / 4 / minute) * minute;
}

static void judge(const vt600_stream_t *stream, const vt600_frame_t *frame, const vt600_ota_t *ota, const uint8_t *buf,
                  const char *device_text, vt600_record_t *record)
{
    record->exchange.number = stream->pinfo->num;
    record->exchange.time = time_of(stream->pinfo);
    if (frame->command == NULL)
        return;

    vt600_conversation_t *conversation = stream->conversation;
    const server_t *server = server_of(stream, frame->side);
    const uint32_t device = device_of(stream, server, vt600_device_id_key(buf + VT600_AT_DEVICE));

    if (frame->command->ota && device != server->broadcast) {
        const vt600_session_frame_t seen = {
            .number = record->exchange.number,
            .time = record->exchange.time,
            .device = device,
            .device_text = device_text,
            .side = frame->side,
            .code = frame->code,
            .ota = ota,
            .trust = trust_in(frame),
            .damaged = is_damaged(frame),
            .place = place_of(stream, server, frame->side),
            .timeout = session_timeout(),
        };
        record->verdict = vt600_sessions_add(capture.sessions, &seen);
    }

    const bool checksum_there = frame->checksum == VT600_CHECKSUM_GOOD || frame->checksum == VT600_CHECKSUM_BAD;
    const vt600_exchange_frame_t seen = {
        .command = frame->command,
        .side = frame->side,
        .device = device,
        .broadcast = server->broadcast,
        .offset = ota->offset,
        .fingerprint = checksum_there ? vt600_be16(buf + frame->checksum_at) : 0,
        .finished = ota->shape == VT600_DATA_UPGRADE && ota->flag == VT600_FLAG_UPGRADE_FINISHED,
        .beginning_seen = conversation->beginning_seen,
        .conversation = conversation,
        .attempt_on = record->verdict != NULL ? record->verdict->session : NULL,
    };
    vt600_exchanges_add(capture.exchanges, &seen, &record->exchange);
    if (frame->side == VT600_SERVER && record->exchange.attempt != 0)
        conversation->beginning_seen = true;
}

static bool is_beyond(uint32_t seq, uint32_t highest)
{
    return (int32_t)(seq - highest) > 0;
}

static vt600_record_t *find_record(const direction_t *direction, uint64_t key)
{
    if (direction->records != NULL)
        return wmem_map_lookup(direction->records, &key);
    return direction->first != NULL && direction->first->key == key ? direction->first : NULL;
}

/* Returns the record that had the key before, or NULL. Connections with one frame are spared a map. */
static vt600_record_t *put_record(direction_t *direction, vt600_record_t *record)
{
    if (direction->first == NULL) {
        direction->first = record;
        return NULL;
    }
    if (direction->records == NULL) {
        direction->records = wmem_map_new(wmem_file_scope(), place_hash, g_int64_equal);
        wmem_map_insert(direction->records, &direction->first->key, direction->first);
    }
    return wmem_map_insert(direction->records, &record->key, record);
}

const vt600_record_t *vt600_stream_record(vt600_stream_t *stream, const vt600_frame_t *frame, const vt600_ota_t *ota,
                                          const uint8_t *buf, uint32_t offset, const char *device, bool *retransmission)
{
    direction_t *direction = &stream->conversation->directions[stream->direction];
    const uint32_t number = stream->pinfo->num;
    const uint32_t seq = stream->seq + offset;
    const uint64_t key =
        stream->tcp ? seq : (uint64_t)number << 32 | (uint32_t)stream->pinfo->curr_layer_num << 24 | offset;
    const bool visited = PINFO_FD_VISITED(stream->pinfo);
    const bool beyond = stream->tcp && (!direction->any || is_beyond(seq, direction->highest));

    vt600_record_t *newest = beyond && !visited ? NULL : find_record(direction, key);
    vt600_record_t *record = newest;
    while (record != NULL && record->exchange.number != number)
        record = record->older;
    *retransmission = record == NULL && newest != NULL;
    if (record != NULL || newest != NULL)
        return record != NULL ? record : newest;
    if (visited) /* not reached while passes see the same bytes */
        return NULL;

    record = wmem_new0(wmem_file_scope(), vt600_record_t);
    record->key = key;
    record->older = put_record(direction, record);
    if (beyond) {
        direction->highest = seq;
        direction->any = true;
    }
    judge(stream, frame, ota, buf, device, record);
    return record;
}

void vt600_conversation_claim(packet_info *pinfo, dissector_handle_t handle)
{
    if (!PINFO_FD_VISITED(pinfo))
        conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num, handle);
}
