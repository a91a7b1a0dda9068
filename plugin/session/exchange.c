/* exchange.c
 *
 * Which frame answers which; see exchange.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "exchange.h"

#include "series.h"

/* The latest sending of a request. */
typedef struct {
    vt600_exchange_t *sent;
    const void *conversation;
    bool has_fingerprint;
    uint16_t fingerprint;
} request_t;

struct vt600_exchanges {
    wmem_allocator_t *scope;
    wmem_array_t *devices; /* by device number: vt600_series_t *, its requests by key_of, or NULL */
};

vt600_exchanges_t *vt600_exchanges_new(wmem_allocator_t *scope)
{
    vt600_exchanges_t *exchanges = wmem_new(scope, vt600_exchanges_t);
    exchanges->scope = scope;
    exchanges->devices = wmem_array_new(scope, sizeof(vt600_series_t *));
    return exchanges;
}

/* Rises through an OTA. */
static uint64_t key_of(uint16_t code, uint32_t offset)
{
    return (uint64_t)code << 32 | offset;
}

static vt600_series_t **requests_of(const vt600_exchanges_t *exchanges, uint32_t device)
{
    vt600_series_t *const none = NULL;
    while (wmem_array_get_count(exchanges->devices) <= device)
        wmem_array_append_one(exchanges->devices, none);
    return wmem_array_index(exchanges->devices, device);
}

static request_t *find(const vt600_exchanges_t *exchanges, uint32_t device, uint16_t code, uint32_t offset)
{
    const vt600_series_t *requests = *requests_of(exchanges, device);
    return requests != NULL ? vt600_series_find(requests, key_of(code, offset)) : NULL;
}

/* Found, or made now. */
static request_t *get(vt600_exchanges_t *exchanges, uint32_t device, uint16_t code, uint32_t offset)
{
    vt600_series_t **requests = requests_of(exchanges, device);
    if (*requests == NULL) {
        *requests = wmem_new(exchanges->scope, vt600_series_t);
        vt600_series_init(*requests, exchanges->scope, sizeof(request_t));
    }
    return vt600_series_get(*requests, key_of(code, offset));
}

static bool is_retry(const request_t *earlier, const vt600_exchange_frame_t *frame, const void *session)
{
    if (earlier->sent == NULL)
        return false;
    if (frame->command->code == VT600_CMD_OTA_DATA)
        return earlier->sent->session == session;
    return earlier->sent->answered_in == 0 && earlier->has_fingerprint && frame->has_fingerprint &&
           earlier->fingerprint == frame->fingerprint &&
           (frame->command->ota || earlier->conversation == frame->conversation);
}

void vt600_exchanges_ask(vt600_exchanges_t *exchanges, const vt600_exchange_frame_t *frame, const void *session,
                         vt600_exchange_t *exchange)
{
    if (!frame->has_key || !vt600_command_is_request(frame->command, frame->side))
        return;
    request_t *request = get(exchanges, frame->device, frame->command->code, frame->offset);

    exchange->attempt = 1;
    exchange->session = session;
    if (is_retry(request, frame, session)) {
        exchange->previous = request->sent;
        exchange->attempt = request->sent->attempt + 1;
        request->sent->next = exchange->number;
    }
    *request = (request_t){
        .sent = exchange,
        .conversation = frame->conversation,
        .has_fingerprint = frame->has_fingerprint,
        .fingerprint = frame->fingerprint,
    };
}

/* The sending that an answer belongs to, or NULL. */
static vt600_exchange_t *find_request(const vt600_exchanges_t *exchanges, const vt600_exchange_frame_t *frame,
                                      uint16_t code, bool *repeated)
{
    const uint32_t askers[] = {frame->device, frame->broadcast};

    *repeated = false;
    for (size_t i = 0; i < G_N_ELEMENTS(askers); i++) {
        const request_t *request = find(exchanges, askers[i], code, frame->offset);
        if (request == NULL || (!frame->command->ota && request->conversation != frame->conversation))
            continue;
        /* Each tracker answers a broadcast for itself. */
        if (request->sent->answered_in == 0 || askers[i] == frame->broadcast || frame->finished)
            return request->sent;
        *repeated = true;
    }
    return NULL;
}

void vt600_exchanges_answer(vt600_exchanges_t *exchanges, const vt600_exchange_frame_t *frame,
                            vt600_exchange_t *exchange)
{
    const uint16_t code = vt600_command_answers(frame->command, frame->side);
    if (code == 0)
        return;
    exchange->finished = frame->finished;
    if (!frame->has_key)
        return;
    exchange->request = find_request(exchanges, frame, code, &exchange->repeated);
    if (exchange->request == NULL)
        exchange->unsolicited = (frame->beginning_seen || exchange->repeated) && !frame->finished &&
                                !frame->may_be_finished && !frame->command->pushed;
    else if (exchange->request->answered_in == 0)
        exchange->request->answered_in = exchange->number;
    exchange->repeated = exchange->repeated && exchange->request == NULL && !frame->command->pushed;
}
