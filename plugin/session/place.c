/* place.c
 *
 * What the facts of a connection say; see place.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "place.h"

/* Is a before b, in TCP's circle of sequence numbers? */
static bool is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

bool vt600_place_lost_between(const vt600_place_t *place, int64_t first, int64_t last)
{
    const unsigned count = place->losses != NULL ? wmem_array_get_count(place->losses) : 0;

    for (unsigned i = count; i > 0; i--) { /* mostly the latest; the clock of the capture may go back */
        const vt600_loss_t *loss = wmem_array_index(place->losses, i - 1);
        if (loss->time >= first && loss->time <= last && !loss->filled)
            return true;
    }
    return false;
}

/* A FIN takes a sequence number of its own. */
static bool lacks_end(const vt600_flow_t *flow)
{
    const bool not_delivered = flow->next_known && flow->delivered_known && is_before(flow->delivered + 1, flow->next);
    const bool not_captured = flow->acked_known && flow->next_known && is_before(flow->next + 1, flow->acked);
    return not_delivered || not_captured;
}

bool vt600_place_lost_after(const vt600_place_t *place, int64_t time)
{
    return vt600_place_lost_between(place, time + 1, INT64_MAX) || lacks_end(&place->flows[0]) ||
           lacks_end(&place->flows[1]);
}

bool vt600_place_is_acknowledged(const vt600_place_t *place, vt600_side_t side, uint32_t seq)
{
    const vt600_flow_t *flow = &place->flows[vt600_place_direction(place, side)];
    return !flow->acked_known || !is_before(flow->acked, seq);
}
