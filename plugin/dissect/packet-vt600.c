/* packet-vt600.c
 *
 * Registration, preferences, the heuristic, and the loop over a stream: what
 * happens to bytes from Wireshark's TCP or UDP until each frame in them is
 * shown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "packet-vt600.h"

#include "wireshark_compat.h"

#include <epan/packet.h>
#include <epan/exceptions.h>
#include <epan/proto_data.h>
#include <epan/show_exception.h>
#include <epan/tap.h>
#include <epan/dissectors/packet-tcp.h>

#include "carrier.h"
#include "conversation.h"
#include "event.h"
#include "info.h"
#include "meaning.h"
#include "remark.h"
#include "settings.h"
#include "tree.h"
#include "tree_base.h"

static dissector_handle_t tcp_handle;
static dissector_handle_t udp_handle;
static dissector_handle_t tls_handle;
static int tap = -1;
static int objects_tap = -1;

/* The bytes of one call of the dissector. */
typedef struct {
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *tree;
    const uint8_t *bytes;
    size_t present;
    vt600_stream_t stream;
    const char *first_info; /* of the frames so far; NULL: none that anybody sees */
    wmem_strbuf_t *info;    /* likewise, of more than one; NULL: only one */
} run_t;

/* Does anybody see the text of a further frame? */
static bool info_wanted(const run_t *run)
{
    const packet_info *pinfo = run->pinfo;
    return pinfo->cinfo != NULL && col_get_writable(pinfo->cinfo, COL_INFO) &&
           (run->info == NULL || wmem_strbuf_get_len(run->info) < COL_MAX_INFO_LEN);
}

/* Frames of one packet are joined by "; ". */
static void add_info(run_t *run, const char *text)
{
    if (run->first_info == NULL) {
        run->first_info = text;
        return;
    }
    if (run->info == NULL)
        run->info = wmem_strbuf_new(run->pinfo->pool, run->first_info);
    wmem_strbuf_append(run->info, "; ");
    wmem_strbuf_append(run->info, text);
}

/* The columns are taken over when there is something to show: a packet that only waits for more stays TCP's. What TCP
 * wrote before stays too, and so does what an earlier call for this packet wrote. */
static void show_info(const run_t *run)
{
    packet_info *pinfo = run->pinfo;
    const char *info = run->info != NULL ? wmem_strbuf_get_str(run->info) : run->first_info;

    if (info == NULL)
        return;
    col_set_str(pinfo->cinfo, COL_PROTOCOL, "VT600");
    if (p_get_proto_data(pinfo->pool, pinfo, vt600_proto, VT600_PACKET_INFO) == NULL) {
        p_add_proto_data(pinfo->pool, pinfo, vt600_proto, VT600_PACKET_INFO, pinfo);
        col_add_str(pinfo->cinfo, COL_INFO, info);
    } else {
        col_append_sep_str(pinfo->cinfo, COL_INFO, "; ", info);
    }
    col_set_fence(pinfo->cinfo, COL_INFO);
}

const vt600_event_t *vt600_event_of_frame(packet_info *pinfo)
{
    return p_get_proto_data(pinfo->pool, pinfo, vt600_proto, VT600_PACKET_FRAME);
}

const vt600_event_t *vt600_event_of_session(packet_info *pinfo)
{
    return p_get_proto_data(pinfo->pool, pinfo, vt600_proto, VT600_PACKET_SESSION);
}

static void keep_event(packet_info *pinfo, vt600_event_t *event)
{
    if (event->ota != NULL && vt600_event_of_frame(pinfo) == NULL)
        p_add_proto_data(pinfo->pool, pinfo, vt600_proto, VT600_PACKET_FRAME, event);
    if (event->verdict != NULL && vt600_event_of_session(pinfo) == NULL)
        p_add_proto_data(pinfo->pool, pinfo, vt600_proto, VT600_PACKET_SESSION, event);
}

/* Is any field of ours, or the whole tree, asked for? */
static bool is_tree_wanted(const run_t *run)
{
    return run->tree != NULL && proto_field_is_referenced(run->tree, vt600_proto);
}

/* Is the packet shown with its details? */
static bool is_visible(const run_t *run)
{
    return run->tree != NULL && PTREE_DATA(run->tree)->visible;
}

static bool is_tapped(void)
{
    return have_tap_listener(tap) || have_tap_listener(objects_tap);
}

/* An event with what it points to: the frame and its data are read anew for each. */
typedef struct {
    vt600_event_t event;
    vt600_frame_t frame;
    vt600_ota_t ota;
    char device[VT600_DEVICE_ID_TEXT_LEN];
} told_t;

/* Hands an event to the taps, if there are any, and keeps it for who asks for a packet that is shown. It must hold
 * until the packet is done. */
static void tell_taps(run_t *run, const vt600_frame_t *frame, const vt600_shown_t *shown)
{
    if (!is_visible(run) && !is_tapped())
        return;
    told_t *told = wmem_new(run->pinfo->pool, told_t);
    vt600_event_t *event = &told->event;
    told->frame = *frame;
    *event = (vt600_event_t){.frame = &told->frame};
    if (shown != NULL) {
        told->ota = *shown->ota;
        memcpy(told->device, shown->device, sizeof told->device);
        event->ota = &told->ota;
        event->device = told->device;
        event->retransmission = shown->retransmission || (shown->record != NULL && shown->record->duplicate != 0);
        event->info = shown->info;
        if (shown->record != NULL) {
            event->exchange = &shown->record->exchange;
            event->verdict = shown->record->verdict;
            event->photo = shown->record->photo;
        }
    }
    if (is_visible(run))
        keep_event(run->pinfo, event);
    /* Wireshark has room for 5000 events a packet: none is for nobody. */
    if (have_tap_listener(tap))
        tap_queue_packet(tap, run->pinfo, event);
    if (have_tap_listener(objects_tap))
        tap_queue_packet(objects_tap, run->pinfo, event);
}

/* Shows the frame's fields where they are wanted. Its remarks are made in any case, and stand in the tree if there is
 * one: a filter may ask for Wireshark's own fields of them. */
static void show_fields(run_t *run, const vt600_shown_t *shown)
{
    const vt600_command_t *command = shown->frame->command;

    if (is_tree_wanted(run) || shown->remarks != 0)
        vt600_tree_frame(run->tree, shown);
    else if (command != NULL && !command->ota) /* only its walk finds values that are not what they should be */
        vt600_tree_base(NULL, shown, shown->content);
}

static void dissect_frame(run_t *run, size_t at, const vt600_frame_t *frame)
{
    packet_info *pinfo = run->pinfo;
    const uint8_t *buf = run->bytes + at;
    const vt600_ota_t ota = vt600_ota_read(frame, buf);
    char device[VT600_DEVICE_ID_TEXT_LEN] = "";
    vt600_shown_t shown = {
        .tvb = run->tvb, .pinfo = pinfo, .at = (unsigned)at, .buf = buf, .frame = frame, .ota = &ota, .device = device};

    const vt600_content_t content = vt600_content_read(frame, buf, device);
    shown.content = &content;
    shown.fault = vt600_fault_judge(frame, vt600_preferences.check_checksum);
    if (frame->bytes >= VT600_AT_COMMAND)
        shown.device_kind = vt600_device_id_text(buf + VT600_AT_DEVICE, device);
    if (frame->bytes >= VT600_AT_DATA)
        shown.record = vt600_stream_record(&run->stream, frame, &ota, buf, (uint32_t)at, device, &shown.retransmission);
    if (shown.record != NULL && shown.record->verdict != NULL && (is_tree_wanted(run) || is_tapped()))
        vt600_session_settle(shown.record->verdict->session);
    shown.remarks = vt600_remarks_find(&shown);
    const bool in_column = info_wanted(run);
    if (in_column || is_visible(run))
        shown.info = vt600_info(&shown);
    if (in_column)
        add_info(run, shown.info);
    show_fields(run, &shown);
    tell_taps(run, frame, &shown);
}

static void show_found(run_t *run, size_t at, const vt600_frame_t *frame)
{
    switch (frame->found) {
    case VT600_FOUND_HEARTBEAT:
        if (info_wanted(run))
            add_info(run, "Heartbeat");
        if (is_tree_wanted(run))
            vt600_tree_heartbeat(run->tree, run->tvb, (unsigned)at);
        tell_taps(run, frame, NULL);
        break;
    case VT600_FOUND_JUNK:
        if (info_wanted(run))
            add_info(run, wmem_strdup_printf(run->pinfo->pool, "Junk, %zu byte%s", frame->extent,
                                             plurality(frame->extent, "", "s")));
        vt600_tree_junk(run->tree, run->pinfo, run->tvb, (unsigned)at, (unsigned)frame->extent);
        tell_taps(run, frame, NULL);
        break;
    default:
        dissect_frame(run, at, frame);
        break;
    }
}

/* One frame's exception is not the next one's. Only what fills a tree can throw one, as where Wireshark finds the tree
 * too large: without a tree the cost of setting up a handler is skipped. */
static void dissect_found(run_t *run, size_t at, const vt600_frame_t *frame)
{
    if (run->tree == NULL) {
        show_found(run, at, frame);
        return;
    }
    TRY
    {
        show_found(run, at, frame);
    }
    CATCH_NONFATAL_ERRORS
    {
        show_exception(run->tvb, run->pinfo, run->tree, EXCEPT_CODE, GET_MESSAGE);
    }
    ENDTRY;
}

/* TCP can hand over the rest of a segment later only where that rest began in this segment. Where it began before, TCP
 * hands over all bytes again, and frames already shown would be shown twice. So the frames of such a run are held back
 * until more bytes are there, or, when that becomes too many, nothing more is waited for. Only damage makes such a run:
 * its first frame could have been told without this segment. */
#define HELD_MOST 4096

/* For how many segments a frame may wait. TCP puts its pieces together anew with each. */
#define WAITS_MOST 1100

static bool ends_before_this_segment(const run_t *run, size_t at)
{
    return at > 0 && at <= run->stream.older;
}

static bool must_hold(const run_t *run, size_t at, bool final)
{
    size_t credit = vt600_frame_credit(run->present);

    if (final || run->present > HELD_MOST)
        return false;
    while (at < run->present && ends_before_this_segment(run, at)) {
        const vt600_frame_t frame = vt600_frame_scan(run->bytes + at, run->present - at, false, &credit);
        if (frame.found == VT600_FOUND_PARTIAL)
            return true;
        at += frame.extent;
    }
    return false;
}

static void ask_for_more(packet_info *pinfo, size_t at)
{
    pinfo->desegment_offset = (int)at;
    pinfo->desegment_len = DESEGMENT_ONE_MORE_SEGMENT;
}

/* All frames in tvb. final: no bytes will be delivered after them. */
static int dissect_stream(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const vt600_carrier_t *carrier,
                          bool final)
{
    const size_t present = tvb_captured_length(tvb);
    run_t run = {.tvb = tvb,
                 .pinfo = pinfo,
                 .tree = tree,
                 .bytes = tvb_get_ptr(tvb, 0, (int)present),
                 .present = present,
                 .stream = vt600_stream_begin(pinfo, carrier)};
    size_t credit = vt600_frame_credit(present);
    size_t at = 0;

    while (at < present) {
        final = final || vt600_stream_is_final(&run.stream, (uint32_t)at);
        const vt600_frame_t frame = vt600_stream_next(&run.stream, run.bytes + at, present - at, final, &credit);
        if (frame.found == VT600_FOUND_PARTIAL &&
            (ends_before_this_segment(&run, at) || (at == 0 && run.stream.waits >= WAITS_MOST))) {
            vt600_stream_set_final(&run.stream, (uint32_t)at);
            continue;
        }
        if (frame.found == VT600_FOUND_PARTIAL || (at == 0 && must_hold(&run, frame.extent, final))) {
            ask_for_more(pinfo, at);
            break;
        }
        dissect_found(&run, at, &frame);
        vt600_stream_take(&run.stream, &frame);
        at += frame.extent;
    }
    show_info(&run);
    vt600_stream_end(&run.stream, (uint32_t)at, (uint32_t)(present - at));
    return (int)present;
}

/* A capture cut to a snap length has no more bytes, and TCP cannot deliver any. */
static bool is_final(tvbuff_t *tvb, const packet_info *pinfo)
{
    return !vt600_preferences.desegment || !pinfo->can_desegment || tvb_captured_length(tvb) < tvb_reported_length(tvb);
}

static int dissect_tcp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    const struct tcpinfo *tcpinfo = data;
    if (tcpinfo != NULL && tvb_reported_length(tvb) == 1 && tvb_captured_length(tvb) == 1 &&
        *tvb_get_ptr(tvb, 0, 1) == 0 && vt600_conversation_is_keep_alive(pinfo, tcpinfo->seq))
        return 0;
    const vt600_carrier_t carrier = {
        .transport = VT600_OVER_TCP,
        .numbered = tcpinfo != NULL,
        .reassembled = tcpinfo != NULL && tcpinfo->is_reassembled,
        .seq = tcpinfo != NULL ? tcpinfo->seq : 0,
    };
    return dissect_stream(tvb, pinfo, tree, &carrier, is_final(tvb, pinfo));
}

static int dissect_tls(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (vt600_conversation_is_declined(pinfo))
        return 0;
    vt600_carrier_t carrier = {.transport = VT600_OVER_TLS};
    carrier.numbered = ws_tls_position(data, &carrier.seq, &carrier.reassembled);
    return dissect_stream(tvb, pinfo, tree, &carrier, is_final(tvb, pinfo));
}

static int dissect_udp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    return dissect_stream(tvb, pinfo, tree, &(vt600_carrier_t){.transport = VT600_OVER_UDP}, true);
}

/* Asks the one predicate, with no byte touched that it need not see. */
static vt600_claim_t claim(tvbuff_t *tvb, bool final)
{
    const size_t present = tvb_captured_length(tvb);
    return present == 0 ? VT600_CLAIM_NO : vt600_frame_claim(tvb_get_ptr(tvb, 0, (int)present), present, final);
}

static ws_heuristic_bool_t heuristic_tcp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    switch (claim(tvb, is_final(tvb, pinfo))) {
    case VT600_CLAIM_NO:
        return false;
    case VT600_CLAIM_MORE:
        ask_for_more(pinfo, 0);
        return true;
    case VT600_CLAIM_YES:
        vt600_conversation_claim(pinfo, tcp_handle);
        dissect_tcp(tvb, pinfo, tree, data);
        return true;
    }
    return false;
}

/* The conversation stays TLS's: TLS alone keeps our handle. */
static ws_heuristic_bool_t heuristic_tls(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    switch (claim(tvb, is_final(tvb, pinfo))) {
    case VT600_CLAIM_NO:
        vt600_conversation_decline_tls(pinfo);
        return false;
    case VT600_CLAIM_MORE:
        ask_for_more(pinfo, 0);
        return true;
    case VT600_CLAIM_YES:
        ws_tls_claim(data, tls_handle);
        vt600_conversation_claim_tls(pinfo);
        dissect_tls(tvb, pinfo, tree, data);
        return true;
    }
    return false;
}

static ws_heuristic_bool_t heuristic_udp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (claim(tvb, true) != VT600_CLAIM_YES)
        return false;
    vt600_conversation_claim(pinfo, udp_handle);
    dissect_udp(tvb, pinfo, tree, data);
    return true;
}

void proto_register_vt600(void)
{
    vt600_protocol_register();
    vt600_tree_register();
    vt600_code_names_register(vt600_preferences_register());
    tap = register_tap(VT600_TAP);
    objects_tap = register_tap(VT600_TAP_OBJECTS);
    register_init_routine(vt600_conversation_init);
    vt600_carrier_register();
    /* Without descriptions of their own: the port preferences find their dissectors by the protocol's name. */
    tcp_handle = register_dissector(VT600_FILTER_NAME, dissect_tcp, vt600_proto);
    udp_handle = register_dissector("vt600.udp", dissect_udp, vt600_proto);
    tls_handle = register_dissector("vt600.tls", dissect_tls, vt600_proto);
}

void proto_reg_handoff_vt600(void)
{
    heur_dissector_add("tcp", heuristic_tcp, "VT600 GPRS OTA Protocol over TCP", "vt600_tcp", vt600_proto,
                       HEURISTIC_ENABLE);
    heur_dissector_add("udp", heuristic_udp, "VT600 GPRS OTA Protocol over UDP", "vt600_udp", vt600_proto,
                       HEURISTIC_ENABLE);
    heur_dissector_add("tls", heuristic_tls, "VT600 GPRS OTA Protocol over TLS", "vt600_tls", vt600_proto,
                       HEURISTIC_ENABLE);
    dissector_add_for_decode_as("tls.port", tls_handle);
    dissector_add_uint_range_with_preference("tcp.port", "", tcp_handle);
    dissector_add_uint_range_with_preference("udp.port", "", udp_handle);
}
