/* carrier.c
 *
 * Facts of the TCP connection; see carrier.h. What TCP knows after a packet is
 * compared with what it knew before: that shows what the packet was.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "carrier.h"

#include <epan/conversation.h>
#include <epan/prefs-int.h>
#include <epan/prefs.h>
#include <epan/proto_data.h>
#include <epan/tap.h>

#include "conversation.h"
#include "event.h"
#include "recent.h"
#include "settings.h"
#include "tree_session.h"

/* The key of a vt600_interruption_t, among what belongs to a packet as long as the capture file. */
#define PACKET_INTERRUPTION 100

/* Of the capture file. Written in the first pass. */
static struct {
    bool started;
    uint32_t packets; /* read since the start */
    int64_t end;      /* the time of the last one */
    bool relative;    /* TCP gives dissectors relative sequence numbers; its own analysis has the absolute ones */
} capture;

static dissector_handle_t handle;

/* A preference of TCP's. */
static bool is_on(const char *name)
{
    module_t *module = prefs_find_module("tcp");
    pref_t *preference = module != NULL ? prefs_find_preference(module, name) : NULL;
    return preference != NULL && prefs_get_bool_value(preference, pref_current);
}

void vt600_carrier_init(void)
{
    memset(&capture, 0, sizeof capture);
    capture.relative = is_on("analyze_sequence_numbers") && is_on("relative_sequence_numbers");
}

uint32_t vt600_carrier_first_seq(const tcp_flow_t *flow)
{
    return (capture.relative ? 0 : flow->base_seq) + 1;
}

const vt600_interruption_t *vt600_carrier_interruption(packet_info *pinfo)
{
    return p_get_proto_data(wmem_file_scope(), pinfo, vt600_proto, PACKET_INTERRUPTION);
}

static void note_interruption(packet_info *pinfo, const vt600_place_t *place)
{
    const unsigned count = place->sessions != NULL ? wmem_array_get_count(place->sessions) : 0;
    wmem_array_t *verdicts = NULL;

    for (unsigned i = 0; i < count; i++) {
        const vt600_session_t *session = *(vt600_session_t **)wmem_array_index(place->sessions, i);
        if (session->course.place != place || !vt600_session_is_running(session))
            continue;
        if (verdicts == NULL)
            verdicts = wmem_array_new(wmem_file_scope(), sizeof(vt600_verdict_t *));
        wmem_array_append_one(verdicts, session->course.tail);
    }
    if (verdicts == NULL)
        return;
    vt600_interruption_t *interruption = wmem_new(wmem_file_scope(), vt600_interruption_t);
    *interruption = (vt600_interruption_t){.place = place, .verdicts = verdicts};
    p_add_proto_data(wmem_file_scope(), pinfo, vt600_proto, PACKET_INTERRUPTION, interruption);
}

static void note_closing(packet_info *pinfo, vt600_place_t *place, bool reset)
{
    if (place->closing.frame != 0)
        return;
    place->closing.frame = pinfo->num;
    place->closing.time = capture.end;
    place->closing.by = vt600_conversation_direction(pinfo) == place->server_direction ? VT600_SERVER : VT600_TRACKER;
    place->closing.reset = reset;
    note_interruption(pinfo, place);
}

/* The flow from the packet's sender, and what its end says of the other flow. */
static void read_flow(vt600_place_t *place, unsigned direction, const tcp_flow_t *from, const tcp_flow_t *to)
{
    const tcp_analyze_seq_flow_info_t *analysis = from->tcp_analyze_seq_info;
    vt600_flow_t *flow = &place->flows[direction], *other = &place->flows[!direction];

    if (analysis == NULL || analysis->nextseq == 0)
        return;
    flow->next = analysis->nextseq - (capture.relative ? from->base_seq : 0);
    flow->next_known = true;
    if (analysis->lastack == 0)
        return;
    other->acked = analysis->lastack - (capture.relative ? to->base_seq : 0);
    other->acked_known = true;
}

static void read_facts(packet_info *pinfo)
{
    conversation_t *conversation = vt600_recent_find(pinfo);
    vt600_place_t *place = vt600_conversation_place(conversation);

    if (place == NULL || !place->is_named)
        return;
    const struct tcp_analysis *tcp = get_tcp_conversation_data(conversation, pinfo);
    if (tcp == NULL || tcp->fwd == NULL)
        return;
    const bool reset = (tcp->conversation_completeness & VT600_TCP_RST) != 0 && !place->reset_seen;
    read_flow(place, vt600_conversation_direction(pinfo), tcp->fwd, tcp->rev);
    place->reset_seen = place->reset_seen || reset;
    if (reset || tcp->fwd->closing_initiator)
        note_closing(pinfo, place, reset);
}

static void tell_taps(packet_info *pinfo, const vt600_place_t *place)
{
    const int tap = find_tap_id(VT600_TAP);

    if (!have_tap_listener(tap))
        return;
    vt600_event_t *event = wmem_new(pinfo->pool, vt600_event_t);
    *event = (vt600_event_t){.closed = place};
    tap_queue_packet(tap, pinfo, event);
}

static int dissect_carrier(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    if (!capture.started)
        return 0;
    if (!PINFO_FD_VISITED(pinfo)) {
        capture.packets++;
        capture.end = vt600_nanoseconds(&pinfo->abs_ts);
        if (pinfo->ptype == PT_TCP)
            read_facts(pinfo);
    }
    const vt600_interruption_t *interruption = vt600_carrier_interruption(pinfo);
    if (interruption != NULL) {
        vt600_tree_interruption(tree, pinfo, tvb, interruption);
        tell_taps(pinfo, interruption->place);
    }
    return 0;
}

void vt600_carrier_register(void)
{
    handle = create_dissector_handle(dissect_carrier, vt600_proto);
}

/* Wireshark has no way back: once a capture had the protocol, later ones are looked at too, and cost a look at started.
 */
void vt600_carrier_start(void)
{
    static bool registered;

    capture.started = true;
    if (registered)
        return;
    registered = true;
    register_postdissector(handle);
}

const vt600_diagnosis_t *vt600_carrier_diagnosis(vt600_session_t *session)
{
    const vt600_observation_t observation = {
        .capture_end = capture.end,
        .patience = (int64_t)vt600_preferences.patience * INT64_C(1000000000),
    };

    if (session->diagnosis == NULL)
        session->diagnosis = wmem_new(wmem_file_scope(), vt600_diagnosis_t);
    else if (session->diagnosed_after == capture.packets)
        return session->diagnosis;
    *session->diagnosis = vt600_diagnose(session, &observation);
    session->diagnosed_after = capture.packets;
    return session->diagnosis;
}

/* Every frame of the session shows it, and to find the words takes a walk over them all: so they are kept. */
const char *vt600_carrier_explanation(vt600_session_t *session)
{
    const vt600_diagnosis_t *diagnosis = vt600_carrier_diagnosis(session);

    if (diagnosis->explanation == NULL)
        session->diagnosis->explanation = vt600_diagnosis_explain(wmem_file_scope(), session, diagnosis);
    return diagnosis->explanation;
}
