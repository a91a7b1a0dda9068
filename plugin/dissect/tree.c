/* tree.c
 *
 * Fields and expert information; see tree.h. hf[] stands in the order of the
 * wire, generated fields last. What a frame is was decided before: here it is
 * only shown. The data of commands is shown by tree_ota.c and tree_base.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tree.h"

#include <epan/expert.h>
#include <epan/to_str.h>

#include "info.h"
#include "meaning.h"
#include "packet-vt600.h"
#include "tree_base.h"
#include "tree_ota.h"
#include "tree_session.h"

static int hf_header = -1;
static int hf_length = -1;
static int hf_device_id = -1;
static int hf_device_imei = -1;
static int hf_command = -1;
static int hf_data = -1;
static int hf_checksum = -1;
static int hf_checksum_status = -1;
static int hf_terminator = -1;
static int hf_damaged = -1;
static int hf_junk = -1;
static int hf_heartbeat = -1;
static int hf_retransmission = -1;
static int hf_response_in = -1;
static int hf_response_to = -1;
static int hf_response_time = -1;
static int hf_retry_of = -1;
static int hf_retried_in = -1;
static int hf_duplicate = -1;
static int hf_attempt = -1;

static int ett_frame = -1;
static int ett_damaged = -1;

static expert_field ei_checksum_bad = EI_INIT;
static expert_field ei_length_bad = EI_INIT;
static expert_field ei_terminator_bad = EI_INIT;
static expert_field ei_device_id_bad = EI_INIT;
static expert_field ei_command_unknown = EI_INIT;
static expert_field ei_data_bad = EI_INIT;
static expert_field ei_data_extra = EI_INIT;
static expert_field ei_cut = EI_INIT;
static expert_field ei_junk_found = EI_INIT;
static expert_field ei_unsolicited = EI_INIT;
static expert_field ei_ota_retry = EI_INIT;

static proto_item *add(proto_tree *tree, int field, const vt600_shown_t *shown, unsigned at, unsigned length)
{
    return proto_tree_add_item(tree, field, shown->tvb, (int)at, (int)length, ENC_BIG_ENDIAN);
}

proto_item *vt600_tree_add_data(proto_tree *tree, int field, const vt600_shown_t *shown, size_t at, size_t length)
{
    return add(tree, field, shown, shown->at + VT600_AT_DATA + (unsigned)at, (unsigned)length);
}

static void show_data(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_frame_t *frame = shown->frame;
    const size_t present = frame->data_length;
    size_t understood, needed = shown->ota->needed;
    bool known = shown->ota->shape != VT600_DATA_BYTES, open = false;
    proto_item *rest = NULL;

    if (frame->command != NULL && !frame->command->ota) {
        const vt600_content_t content = vt600_content_read(frame, shown->buf, shown->device);
        vt600_tree_base(tree, shown, &content);
        understood = content.understood;
        needed = content.needed;
        known = content.layout != NULL;
        open = content.open;
    } else {
        understood = vt600_tree_ota(tree, shown);
    }

    if (present > understood)
        rest = vt600_tree_add_data(tree, hf_data, shown, understood, present - understood);
    if (frame->found != VT600_FOUND_FRAME || frame->command == NULL || !known)
        return;
    if (present < needed)
        expert_add_info_format(shown->pinfo, rest != NULL ? rest : proto_tree_get_parent(tree), &ei_data_bad,
                               "%s takes %zu byte%s of data, but only %zu %s present", frame->command->name, needed,
                               plurality(needed, "", "s"), present, plurality(present, "is", "are"));
    else if (rest != NULL && !open)
        expert_add_info_format(shown->pinfo, rest, &ei_data_extra,
                               "%s takes %zu byte%s of data, but %zu more %s present", frame->command->name, understood,
                               plurality(understood, "", "s"), present - understood,
                               plurality(present - understood, "is", "are"));
}

static void show_length(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_frame_t *frame = shown->frame;
    packet_info *pinfo = shown->pinfo;
    proto_item *item = add(tree, hf_length, shown, shown->at + VT600_AT_LENGTH, VT600_LEN_LENGTH);

    if (frame->length_good)
        return;
    switch (frame->end) {
    case VT600_END_BY_CHECKSUM:
        expert_add_info_format(pinfo, item, &ei_length_bad, "Length is %u; the checksum proves %zu", frame->length,
                               frame->extent);
        break;
    case VT600_END_BY_SHORT_CHECKSUM:
        expert_add_info_format(pinfo, item, &ei_length_bad,
                               "Length is %u, %zu bytes are there: the checksum 0x%04x was written without its "
                               "leading zeros",
                               frame->length, frame->extent, frame->checksum_computed);
        break;
    case VT600_END_BY_LENGTH:
        expert_add_info_format(pinfo, item, &ei_length_bad, "Length is %u; the next frame begins after %zu bytes",
                               frame->length, frame->extent);
        break;
    case VT600_END_BY_HEADER:
        expert_add_info_format(pinfo, item, &ei_length_bad,
                               "Length is %u; the next frame's header comes after %zu bytes", frame->length,
                               frame->extent);
        break;
    case VT600_END_BY_TERMINATOR:
        expert_add_info_format(pinfo, item, &ei_length_bad, "Length is %u; CR LF ends the frame after %zu bytes",
                               frame->length, frame->extent);
        break;
    case VT600_END_BY_DATA:
        expert_add_info_format(pinfo, item, &ei_length_bad, "Length is %u; no end was found in %zu bytes",
                               frame->length, frame->extent);
        break;
    }
}

static void show_head(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_frame_t *frame = shown->frame;
    const unsigned at = shown->at;

    add(tree, hf_header, shown, at + VT600_AT_HEADER, VT600_LEN_HEADER);
    if (frame->bytes < VT600_AT_DEVICE)
        return;
    show_length(tree, shown);
    if (frame->bytes < VT600_AT_COMMAND)
        return;
    proto_item *device = proto_tree_add_string(tree, hf_device_id, shown->tvb, (int)(at + VT600_AT_DEVICE),
                                               VT600_LEN_DEVICE, shown->device);
    if (vt600_device_id_kind(shown->buf + VT600_AT_DEVICE, VT600_LEN_DEVICE) == VT600_DEVICE_ID_BAD)
        expert_add_info_format(shown->pinfo, device, &ei_device_id_bad,
                               "Device ID %s is no BCD: decimal digits, and f behind them", shown->device);
    char imei[VT600_IMEI_TEXT_LEN];
    if (vt600_device_id_imei(shown->device, imei))
        proto_item_set_generated(proto_tree_add_string(tree, hf_device_imei, shown->tvb, (int)(at + VT600_AT_DEVICE),
                                                       VT600_LEN_DEVICE, imei));
    if (frame->bytes < VT600_AT_DATA)
        return;
    proto_item *command = add(tree, hf_command, shown, at + VT600_AT_COMMAND, VT600_LEN_COMMAND);
    if (frame->command == NULL)
        expert_add_info_format(shown->pinfo, command, &ei_command_unknown, "Command 0x%04x is unknown", frame->code);
}

/* The checksum's field as the frame has it, and its status. */
static void show_checksum(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_frame_t *frame = shown->frame;
    const bool ours = vt600_preferences.check_checksum;
    const bool readable = frame->checksum_at + VT600_LEN_CHECKSUM <= frame->bytes;

    if (frame->checksum == VT600_CHECKSUM_ABSENT || !readable) {
        /* Nothing to point at but the place where the frame ends. */
        const uint8_t status =
            frame->checksum == VT600_CHECKSUM_ABSENT ? PROTO_CHECKSUM_E_NOT_PRESENT : PROTO_CHECKSUM_E_UNVERIFIED;
        proto_item_set_generated(proto_tree_add_uint(tree, hf_checksum_status, shown->tvb, (int)shown->at, 0, status));
        return;
    }
    const bool verify = ours && frame->checksum != VT600_CHECKSUM_UNVERIFIED;
    const unsigned at = shown->at + (unsigned)frame->checksum_at;
    proto_item *item = proto_tree_add_checksum(tree, shown->tvb, at, hf_checksum, hf_checksum_status, NULL,
                                               shown->pinfo, frame->checksum_computed, ENC_BIG_ENDIAN,
                                               verify ? PROTO_CHECKSUM_VERIFY : PROTO_CHECKSUM_NO_FLAGS);
    if (verify && frame->checksum == VT600_CHECKSUM_BAD)
        expert_add_info_format(shown->pinfo, item, &ei_checksum_bad, "Checksum is 0x%04x, should be 0x%04x",
                               vt600_be16(shown->buf + frame->checksum_at), frame->checksum_computed);
}

static void show_terminator(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_frame_t *frame = shown->frame;
    proto_item *item = proto_tree_get_parent(tree);

    if (frame->found == VT600_FOUND_CUT)
        return;
    if (frame->terminator != VT600_TERMINATOR_ABSENT)
        item = add(tree, hf_terminator, shown, shown->at + (unsigned)frame->terminator_at,
                   (unsigned)(frame->extent - frame->terminator_at));
    if (frame->terminator == VT600_TERMINATOR_BAD)
        expert_add_info_format(
            shown->pinfo, item, &ei_terminator_bad, "The frame ends with %s, should be CR LF (0d0a)",
            bytes_to_str(shown->pinfo->pool, shown->buf + frame->terminator_at, frame->extent - frame->terminator_at));
    else if (frame->terminator == VT600_TERMINATOR_ABSENT)
        expert_add_info_format(shown->pinfo, item, &ei_terminator_bad, "The frame ends without CR LF");
}

/* Requests and answers, as the first pass found them. */
static void show_exchange(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_exchange_t *exchange = &shown->record->exchange;
    proto_item *frame = proto_tree_get_parent(tree);

    if (exchange->request != NULL) {
        const int64_t second = 1000000000, elapsed = MAX(exchange->time - exchange->request->time, 0);
        const nstime_t response_time = {.secs = (time_t)(elapsed / second), .nsecs = (int)(elapsed % second)};
        vt600_tree_add_number(tree, hf_response_to, shown, exchange->request->number);
        if (!exchange->finished)
            proto_item_set_generated(
                proto_tree_add_time(tree, hf_response_time, shown->tvb, (int)shown->at, 0, &response_time));
    }
    if (exchange->answered_in != 0)
        vt600_tree_add_number(tree, hf_response_in, shown, exchange->answered_in);
    if (exchange->unsolicited)
        expert_add_info_format(shown->pinfo, frame, &ei_unsolicited,
                               exchange->repeated ? "A further answer to a request that was answered before"
                                                  : "No matching request in this capture");
    if (exchange->next != 0)
        vt600_tree_add_number(tree, hf_retried_in, shown, exchange->next);

    if (exchange->previous == NULL)
        return;
    vt600_tree_add_number(tree, hf_retry_of, shown, exchange->previous->number);
    vt600_tree_add_number(tree, hf_attempt, shown, exchange->attempt);
    if (shown->ota->shape == VT600_DATA_BLOCK)
        expert_add_info_format(shown->pinfo, frame, &ei_ota_retry,
                               "The block at 0x%08x is sent again: attempt %u, the one before is in frame %u",
                               shown->ota->offset, exchange->attempt, exchange->previous->number);
}

proto_item *vt600_tree_add_number(proto_tree *tree, int field, const vt600_shown_t *shown, uint32_t number)
{
    proto_item *item = proto_tree_add_uint(tree, field, shown->tvb, (int)shown->at, 0, number);
    proto_item_set_generated(item);
    return item;
}

void vt600_tree_frame(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_frame_t *frame = shown->frame;
    const int extent = (int)frame->extent;
    proto_item *item =
        proto_tree_add_protocol_format(tree, vt600_proto, shown->tvb, (int)shown->at, extent,
                                       "VT600 GPRS OTA Protocol, %s", shown->info != NULL ? shown->info : "");

    tree = proto_item_add_subtree(item, ett_frame);
    if (frame->found == VT600_FOUND_DAMAGED) {
        proto_item *damaged = proto_tree_add_item(tree, hf_damaged, shown->tvb, (int)shown->at, extent, ENC_NA);
        tree = proto_item_add_subtree(damaged, ett_damaged);
    }
    show_head(tree, shown);
    show_data(tree, shown);
    show_checksum(tree, shown);
    show_terminator(tree, shown);

    if (frame->found == VT600_FOUND_CUT)
        expert_add_info_format(shown->pinfo, item, &ei_cut, "The frame has %u bytes, the capture %zu of them here",
                               frame->length, frame->extent);
    if (shown->retransmission)
        proto_item_set_generated(proto_tree_add_item(tree, hf_retransmission, shown->tvb, (int)shown->at, 0, ENC_NA));
    if (shown->record != NULL && shown->record->duplicate != 0)
        vt600_tree_add_number(tree, hf_duplicate, shown, shown->record->duplicate);
    if (shown->record != NULL)
        show_exchange(tree, shown);
    if (shown->record != NULL && shown->record->verdict != NULL)
        vt600_tree_session_remarks(vt600_tree_session(tree, shown), shown);
}

void vt600_tree_heartbeat(proto_tree *tree, tvbuff_t *tvb, unsigned at)
{
    proto_item *item =
        proto_tree_add_protocol_format(tree, vt600_proto, tvb, (int)at, 1, "VT600 GPRS OTA Protocol, Heartbeat");
    proto_tree_add_item(proto_item_add_subtree(item, ett_frame), hf_heartbeat, tvb, (int)at, 1, ENC_NA);
}

void vt600_tree_junk(proto_tree *tree, packet_info *pinfo, tvbuff_t *tvb, unsigned at, unsigned length)
{
    proto_item *item =
        proto_tree_add_protocol_format(tree, vt600_proto, tvb, (int)at, (int)length, "VT600 GPRS OTA Protocol, Junk");
    proto_tree *junk_tree = proto_item_add_subtree(item, ett_frame);
    proto_item *junk = proto_tree_add_item(junk_tree, hf_junk, tvb, (int)at, (int)length, ENC_NA);
    expert_add_info_format(pinfo, junk, &ei_junk_found, "%u byte%s between frames belong to none", length,
                           length == 1 ? "" : "s");
}

void vt600_tree_register(void)
{
    static hf_register_info hf[] = {
        /* Every frame */
        {&hf_header, {"Header", "vt600.header", FT_UINT16, BASE_HEX, VALS(vt600_headers), 0, "Who sends", HFILL}},
        {&hf_length,
         {"Length", "vt600.length", FT_UINT16, BASE_DEC, NULL, 0,
          "Length of the whole frame, header and CR LF included", HFILL}},
        {&hf_device_id,
         {"Device ID", "vt600.device_id", FT_STRING, BASE_NONE, NULL, 0, "Digits of the tracker's ID, without filler",
          HFILL}},
        {&hf_command,
         {"Command", "vt600.command", FT_UINT16, BASE_HEX | BASE_EXT_STRING, NULL, 0, "What is asked, or answered",
          HFILL}},

        /* Every frame's end */
        {&hf_data, {"Data", "vt600.data", FT_BYTES, BASE_NONE, NULL, 0, "Data that is not taken apart further", HFILL}},
        {&hf_checksum, {"Checksum", "vt600.checksum", FT_UINT16, BASE_HEX, NULL, 0, "CRC-CCITT", HFILL}},
        {&hf_checksum_status,
         {"Checksum status", "vt600.checksum.status", FT_UINT8, BASE_NONE, VALS(vt600_checksum_statuses), 0,
          "Whether it is the checksum of the frame", HFILL}},
        {&hf_terminator, {"Terminator", "vt600.terminator", FT_BYTES, BASE_NONE, NULL, 0, "CR LF", HFILL}},

        /* Between frames, and what is none */
        {&hf_damaged,
         {"Damaged frame", "vt600.damaged", FT_BYTES, BASE_NONE, NULL, 0,
          "Begins like a frame and does not hold together", HFILL}},
        {&hf_junk,
         {"Junk", "vt600.junk", FT_BYTES, BASE_NONE, NULL, 0, "Bytes between frames that belong to none", HFILL}},
        {&hf_heartbeat,
         {"Heartbeat", "vt600.heartbeat", FT_NONE, BASE_NONE, NULL, 0, "A byte 0x00 between frames", HFILL}},

        /* Generated */
        {&hf_device_imei,
         {"Device IMEI", "vt600.device_imei", FT_STRING, BASE_NONE, NULL, 0,
          "IMEI of a device ID of 14 digits, with its check digit; some models send it so", HFILL}},
        {&hf_retransmission,
         {"Retransmission", "vt600.retransmission", FT_NONE, BASE_NONE, NULL, 0,
          "The frame was seen before in this direction; it does not count again", HFILL}},
        {&hf_response_in,
         {"Response in", "vt600.response_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0,
          "The frame with the answer", HFILL}},
        {&hf_response_to,
         {"Response to", "vt600.response_to", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0,
          "The frame with the request", HFILL}},
        {&hf_response_time,
         {"Response time", "vt600.response_time", FT_RELATIVE_TIME, BASE_NONE, NULL, 0, "Time since the request",
          HFILL}},
        {&hf_retry_of,
         {"Retry of", "vt600.retry_of", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RETRANS_PREV), 0,
          "The sending of this request before", HFILL}},
        {&hf_retried_in,
         {"Retried in", "vt600.retried_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RETRANS_NEXT), 0,
          "Next transmission of this request", HFILL}},
        {&hf_duplicate,
         {"Duplicate of", "vt600.duplicate", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_DUP_ACK), 0,
          "The frame of which this is a second capture; it is not counted again", HFILL}},
        {&hf_attempt, {"Attempt", "vt600.attempt", FT_UINT32, BASE_DEC, NULL, 0, "2 for the first repetition", HFILL}},
    };
    static int *ett[] = {&ett_frame, &ett_damaged};
    static ei_register_info ei[] = {
        {&ei_checksum_bad, {"vt600.checksum.bad", PI_CHECKSUM, PI_ERROR, "The checksum does not match", EXPFILL}},
        {&ei_length_bad,
         {"vt600.length.bad", PI_MALFORMED, PI_ERROR, "The length does not lead to the frame's end", EXPFILL}},
        {&ei_terminator_bad, {"vt600.terminator.bad", PI_MALFORMED, PI_ERROR, "No CR LF at the end", EXPFILL}},
        {&ei_device_id_bad, {"vt600.device_id.bad", PI_PROTOCOL, PI_WARN, "Device ID is no BCD", EXPFILL}},
        {&ei_command_unknown, {"vt600.command.unknown", PI_UNDECODED, PI_NOTE, "Unknown command", EXPFILL}},
        {&ei_data_bad,
         {"vt600.data.bad", PI_MALFORMED, PI_ERROR, "Fewer bytes of data than the command needs", EXPFILL}},
        {&ei_data_extra,
         {"vt600.data.extra", PI_UNDECODED, PI_NOTE, "More bytes of data than the command needs", EXPFILL}},
        {&ei_cut, {"vt600.cut", PI_REASSEMBLE, PI_NOTE, "Not all of the frame is here", EXPFILL}},
        {&ei_junk_found, {"vt600.junk.found", PI_PROTOCOL, PI_WARN, "Bytes that belong to no frame", EXPFILL}},
        {&ei_unsolicited, {"vt600.unsolicited", PI_SEQUENCE, PI_NOTE, "An answer without its request", EXPFILL}},
        {&ei_ota_retry, {"vt600.ota.retry", PI_SEQUENCE, PI_NOTE, "A block is sent again", EXPFILL}},
    };

    /* The names come from the table of commands. */
    for (size_t i = 0; i < array_length(hf); i++)
        if (hf[i].p_id == &hf_command)
            hf[i].hfinfo.strings = VALS_EXT_PTR(vt600_command_names());
    proto_register_field_array(vt600_proto, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    expert_module_t *expert = expert_register_protocol(vt600_proto);
    expert_register_field_array(expert, ei, array_length(ei));
    vt600_tree_ota_register(expert);
    vt600_tree_base_register(expert);
    vt600_tree_session_register(expert);
}
