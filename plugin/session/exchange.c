/* exchange.c
 *
 * Which frame answers which; see exchange.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "exchange.h"

typedef struct {
    uint32_t device;
    uint32_t offset;
    uint16_t code;
} request_key_t;

/* The latest sending of a request. */
typedef struct {
    request_key_t key;
    vt600_exchange_t *sent;
} request_t;

struct vt600_exchanges {
    wmem_allocator_t *scope;
    wmem_map_t *requests; /* request_key_t -> request_t */
};

static guint key_hash(const void *data)
{
    const request_key_t *key = data;
    return (key->device * 31 + key->code) * 0x9e3779b1u ^ key->offset * 0x85ebca6bu;
}

static gboolean key_equal(const void *a, const void *b)
{
    const request_key_t *x = a, *y = b;
    return x->device == y->device && x->offset == y->offset && x->code == y->code;
}

vt600_exchanges_t *vt600_exchanges_new(wmem_allocator_t *scope)
{
    vt600_exchanges_t *exchanges = wmem_new(scope, vt600_exchanges_t);
    exchanges->scope = scope;
    exchanges->requests = wmem_map_new(scope, key_hash, key_equal);
    return exchanges;
}

static request_t *find(const vt600_exchanges_t *exchanges, uint32_t device, uint16_t code, uint32_t offset)
{
    const request_key_t key = {.device = device, .code = code, .offset = offset};
    return wmem_map_lookup(exchanges->requests, &key);
}

static bool is_retry(const vt600_exchange_t *earlier, const vt600_exchange_frame_t *frame)
{
    if (frame->command->code == VT600_CMD_OTA_DATA)
        return earlier->attempt_on == frame->attempt_on;
    return earlier->answered_in == 0 && earlier->fingerprint == frame->fingerprint &&
           (frame->command->ota || earlier->conversation == frame->conversation);
}

static void add_request(vt600_exchanges_t *exchanges, const vt600_exchange_frame_t *frame, vt600_exchange_t *exchange)
{
    request_t *request = find(exchanges, frame->device, frame->command->code, frame->offset);

    exchange->attempt = 1;
    if (request == NULL) {
        request = wmem_new(exchanges->scope, request_t);
        request->key = (request_key_t){frame->device, frame->offset, frame->command->code};
        wmem_map_insert(exchanges->requests, &request->key, request);
    } else if (is_retry(request->sent, frame)) {
        exchange->previous = request->sent;
        exchange->attempt = request->sent->attempt + 1;
    }
    request->sent = exchange;
}

/* The sending that an answer belongs to, or NULL. */
static vt600_exchange_t *find_request(const vt600_exchanges_t *exchanges, const vt600_exchange_frame_t *frame,
                                      uint16_t code)
{
    const uint32_t askers[] = {frame->device, frame->broadcast};

    for (size_t i = 0; i < G_N_ELEMENTS(askers); i++) {
        const request_t *request = find(exchanges, askers[i], code, frame->offset);
        if (request == NULL)
            continue;
        if (!frame->command->ota && request->sent->conversation != frame->conversation)
            continue;
        if (frame->command->pushed && request->sent->answered_in != 0)
            continue;
        return request->sent;
    }
    return NULL;
}

void vt600_exchanges_add(vt600_exchanges_t *exchanges, const vt600_exchange_frame_t *frame, vt600_exchange_t *exchange)
{
    exchange->fingerprint = frame->fingerprint;
    exchange->conversation = frame->conversation;
    exchange->attempt_on = frame->attempt_on;

    if (vt600_command_is_request(frame->command, frame->side))
        add_request(exchanges, frame, exchange);

    const uint16_t code = vt600_command_answers(frame->command, frame->side);
    if (code == 0)
        return;
    vt600_exchange_t *request = find_request(exchanges, frame, code);
    if (request == NULL) {
        exchange->unsolicited = frame->beginning_seen && !frame->finished && !frame->command->pushed;
        return;
    }
    exchange->request = request;
    if (request->answered_in == 0)
        request->answered_in = exchange->number;
}
