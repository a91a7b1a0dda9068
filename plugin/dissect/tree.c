/* tree.c
 *
 * Fields and expert information; see tree.h. hf[] stands in the order of the
 * wire, generated fields last. What a frame is was decided before: here it is
 * only shown. The data of commands is shown by tree_ota.c and tree_base.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tree.h"

#include "meaning.h"
#include "remark.h"
#include "settings.h"
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

static proto_item *add(proto_tree *tree, int field, const vt600_shown_t *shown, unsigned at, unsigned length)
{
    return proto_tree_add_item(tree, field, shown->tvb, (int)at, (int)length, ENC_BIG_ENDIAN);
}

static void show_data(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_frame_t *frame = shown->frame;
    const size_t present = frame->data_length;
    size_t understood;
    proto_item *rest = NULL;

    if (frame->command != NULL && !frame->command->ota) {
        vt600_tree_base(tree, shown, shown->content);
        understood = shown->content->understood;
    } else {
        vt600_tree_ota(tree, shown);
        understood = vt600_ota_understood(shown->ota);
    }
    if (present > understood)
        rest = vt600_tree_add_data(tree, hf_data, shown, understood, present - understood);
    vt600_remark_make(rest != NULL ? rest : proto_tree_get_parent(tree), shown, VT600_REMARK_DATA_SHORT);
    vt600_remark_make(rest, shown, VT600_REMARK_DATA_EXTRA);
}

static void show_head(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_frame_t *frame = shown->frame;
    const unsigned at = shown->at;

    add(tree, hf_header, shown, at + VT600_AT_HEADER, VT600_LEN_HEADER);
    if (frame->bytes < VT600_AT_DEVICE)
        return;
    vt600_remark_make(add(tree, hf_length, shown, at + VT600_AT_LENGTH, VT600_LEN_LENGTH), shown, VT600_REMARK_LENGTH);
    if (frame->bytes < VT600_AT_COMMAND)
        return;
    proto_item *device = proto_tree_add_string(tree, hf_device_id, shown->tvb, (int)(at + VT600_AT_DEVICE),
                                               VT600_LEN_DEVICE, shown->device);
    vt600_remark_make(device, shown, VT600_REMARK_DEVICE_ID);
    char imei[VT600_IMEI_TEXT_LEN];
    if (tree != NULL && vt600_device_id_imei(shown->device, imei))
        proto_item_set_generated(proto_tree_add_string(tree, hf_device_imei, shown->tvb, (int)(at + VT600_AT_DEVICE),
                                                       VT600_LEN_DEVICE, imei));
    if (frame->bytes < VT600_AT_DATA)
        return;
    vt600_remark_make(add(tree, hf_command, shown, at + VT600_AT_COMMAND, VT600_LEN_COMMAND), shown,
                      VT600_REMARK_COMMAND);
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
    vt600_remark_make(item, shown, VT600_REMARK_CHECKSUM);
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
    vt600_remark_make(item, shown, VT600_REMARK_TERMINATOR);
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
    vt600_remark_make(frame, shown, VT600_REMARK_UNSOLICITED);
    if (exchange->next != 0)
        vt600_tree_add_number(tree, hf_retried_in, shown, exchange->next);

    if (exchange->previous == NULL)
        return;
    vt600_tree_add_number(tree, hf_retry_of, shown, exchange->previous->number);
    vt600_tree_add_number(tree, hf_attempt, shown, exchange->attempt);
    vt600_remark_make(frame, shown, VT600_REMARK_RETRY);
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

    vt600_remark_make(item, shown, VT600_REMARK_CUT);
    if (shown->retransmission)
        proto_item_set_generated(proto_tree_add_item(tree, hf_retransmission, shown->tvb, (int)shown->at, 0, ENC_NA));
    if (shown->record != NULL && shown->record->duplicate != 0)
        vt600_tree_add_number(tree, hf_duplicate, shown, shown->record->duplicate);
    if (shown->record != NULL)
        show_exchange(tree, shown);
    if (shown->record != NULL && shown->record->verdict != NULL)
        vt600_remarks_make_on_session(tree != NULL ? vt600_tree_session(tree, shown) : NULL, shown);
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
    vt600_remark_make_on_junk(junk, pinfo, length);
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

    /* The names come from the table of commands. */
    for (size_t i = 0; i < array_length(hf); i++)
        if (hf[i].p_id == &hf_command)
            hf[i].hfinfo.strings = VALS_EXT_PTR(vt600_command_names());
    proto_register_field_array(vt600_proto, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    expert_module_t *expert = expert_register_protocol(vt600_proto);
    vt600_remarks_register(expert);
    vt600_tree_ota_register();
    vt600_tree_base_register(expert);
    vt600_tree_session_register(expert);
}
