/* remark.c
 *
 * What is worth a remark on a frame; see remark.h. The words of each are in
 * remark_words.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "remark.h"

#include "core/identity.h"
#include "remark_words.h"
#include "settings.h"

#define BIT(remark) (UINT64_C(1) << (remark))

typedef struct {
    const char *filter;
    int group, severity;
    const char *summary;
    const char *word; /* in the Info column; NULL: its text says it already */
    uint32_t note;    /* of the session, with which the remark comes; 0: with none */
} row_t;

/* Several rows may have one filter: the first of them is registered. */
static const row_t rows[VT600_REMARKS] = {
    /* On the frame */
    [VT600_REMARK_LENGTH] = {"vt600.length.bad", PI_MALFORMED, PI_ERROR, "The length does not lead to the frame's end",
                             "bad length", 0},
    [VT600_REMARK_DEVICE_ID] = {"vt600.device_id.bad", PI_PROTOCOL, PI_WARN, "Device ID is not BCD", "bad ID", 0},
    [VT600_REMARK_COMMAND] = {"vt600.command.unknown", PI_UNDECODED, PI_NOTE, "Unknown command", NULL, 0},
    [VT600_REMARK_DATA_SHORT] = {"vt600.data.bad", PI_MALFORMED, PI_ERROR, "Fewer bytes of data than the command takes",
                                 "short data", 0},
    [VT600_REMARK_DATA_EXTRA] = {"vt600.data.extra", PI_UNDECODED, PI_NOTE, "More bytes of data than the command takes",
                                 "extra data", 0},
    [VT600_REMARK_CHECKSUM] = {"vt600.checksum.bad", PI_CHECKSUM, PI_ERROR, "The checksum does not match",
                               "bad checksum", 0},
    [VT600_REMARK_TERMINATOR] = {"vt600.terminator.bad", PI_MALFORMED, PI_ERROR, "No CR LF at the end",
                                 "bad terminator", 0},
    [VT600_REMARK_CUT] = {"vt600.cut", PI_REASSEMBLE, PI_NOTE, "Only a part of the frame was captured", NULL, 0},
    [VT600_REMARK_JUNK] = {"vt600.junk.found", PI_PROTOCOL, PI_WARN, "Stray bytes between frames", NULL, 0},
    [VT600_REMARK_UNSOLICITED] = {"vt600.unsolicited", PI_SEQUENCE, PI_NOTE, "An answer without its request",
                                  "unsolicited", 0},
    [VT600_REMARK_RETRY] = {"vt600.ota.retry", PI_SEQUENCE, PI_NOTE, "A block is sent again", NULL, 0},
    [VT600_REMARK_DENIED] = {"vt600.ota.refused", PI_RESPONSE_CODE, PI_WARN, "The tracker refused", NULL, 0},
    [VT600_REMARK_BLOCK_REFUSED] = {"vt600.ota.refused", PI_RESPONSE_CODE, PI_WARN, "The tracker refused", NULL, 0},
    [VT600_REMARK_UPGRADE_REFUSED] = {"vt600.ota.refused", PI_RESPONSE_CODE, PI_WARN, "The tracker refused", NULL, 0},
    [VT600_REMARK_NAK] = {"vt600.ota.nak", PI_RESPONSE_CODE, PI_WARN, "The tracker did not store a block", NULL, 0},
    [VT600_REMARK_OLD_FIRMWARE] = {"vt600.ota.old_firmware", PI_PROTOCOL, PI_NOTE, "Firmware too old for OTA",
                                   "old firmware", 0},

    /* On its session */
    [VT600_REMARK_GAP] = {"vt600.ota.gap", PI_SEQUENCE, PI_WARN, "Gap between blocks", "gap", VT600_NOTE_GAP},
    [VT600_REMARK_OVERLAP] = {"vt600.ota.overlap", PI_SEQUENCE, PI_WARN, "Bytes sent again with other content",
                              "overlap", VT600_NOTE_OVERLAP},
    [VT600_REMARK_BLOCK_TOO_LONG] = {"vt600.ota.block_too_long", PI_PROTOCOL, PI_WARN,
                                     "A block longer than the tracker accepts", "too long", VT600_NOTE_BLOCK_TOO_LONG},
    [VT600_REMARK_UNAUTHORIZED_DATA] = {"vt600.ota.unauthorized_data", PI_SEQUENCE, PI_WARN,
                                        "OTA data sent before any authorization", "unauthorized",
                                        VT600_NOTE_UNAUTHORIZED},
    [VT600_REMARK_EXPIRED] = {"vt600.ota.expired", PI_SEQUENCE, PI_WARN,
                              "No OTA data for too long: the authorization expired", "expired", VT600_NOTE_EXPIRED},
    [VT600_REMARK_LENGTH_MISMATCH] = {"vt600.ota.length_mismatch", PI_SEQUENCE, PI_WARN,
                                      "The check announces a different length than was sent", "length mismatch",
                                      VT600_NOTE_LENGTH_MISMATCH},
    [VT600_REMARK_UPGRADE_UNCHECKED] = {"vt600.ota.upgrade_unchecked", PI_SEQUENCE, PI_WARN,
                                        "An upgrade without a check", "unchecked", VT600_NOTE_UNCHECKED},
    [VT600_REMARK_UPGRADE_MISMATCH] = {"vt600.ota.upgrade_mismatch", PI_SEQUENCE, PI_NOTE,
                                       "An upgrade although the checksum differs", "checksum differs",
                                       VT600_NOTE_MISMATCH},
    [VT600_REMARK_LEFT] = {"vt600.ota.left", PI_SEQUENCE, PI_NOTE, "A login or a position during the OTA state",
                           "left OTA state", VT600_NOTE_LEFT},
    [VT600_REMARK_SAME_VERSION] = {"vt600.ota.same_version", PI_RESPONSE_CODE, PI_NOTE,
                                   "The tracker came back with the version that it had", "same version",
                                   VT600_NOTE_SAME_VERSION},
    [VT600_REMARK_STORED_UNSEEN] = {"vt600.ota.stored_unseen", PI_SEQUENCE, PI_NOTE,
                                    "A block stored that the capture does not have", "block not captured",
                                    VT600_NOTE_STORED_UNSEEN},
    [VT600_REMARK_STORED_DAMAGED] = {"vt600.ota.stored_damaged", PI_SEQUENCE, PI_NOTE,
                                     "A block stored whose frame is damaged", "block damaged",
                                     VT600_NOTE_STORED_DAMAGED},
    [VT600_REMARK_COMPLETED] = {"vt600.ota.completed", PI_RESPONSE_CODE, PI_CHAT, "OTA completed", NULL,
                                VT600_NOTE_COMPLETED},
    [VT600_REMARK_CANCELLED] = {"vt600.ota.cancelled", PI_RESPONSE_CODE, PI_NOTE, "OTA cancelled", NULL,
                                VT600_NOTE_CANCELLED},
};

/* Written at registration. */
static expert_field fields[VT600_REMARKS];

void vt600_remarks_register(expert_module_t *expert)
{
    static ei_register_info ei[VT600_REMARKS];
    static expert_field *field_of[VT600_REMARKS];
    unsigned count = 0;

    for (unsigned i = 0; i < VT600_REMARKS; i++) {
        unsigned first = 0;
        while (strcmp(rows[first].filter, rows[i].filter) != 0)
            first++;
        field_of[i] = &fields[first];
        if (first != i)
            continue;
        fields[i] = (expert_field)EI_INIT;
        ei[count++] =
            (ei_register_info){&fields[i], {rows[i].filter, rows[i].group, rows[i].severity, rows[i].summary, EXPFILL}};
    }
    expert_register_field_array(expert, ei, (int)count);
    for (unsigned i = 0; i < VT600_REMARKS; i++)
        fields[i] = *field_of[i];
}

static uint64_t bit_if(bool condition, vt600_remark_t remark)
{
    return condition ? BIT(remark) : 0;
}

static uint64_t find_on_frame(const vt600_shown_t *shown)
{
    const vt600_frame_t *frame = shown->frame;
    const bool cut = frame->found == VT600_FOUND_CUT;

    return bit_if(frame->bytes >= VT600_AT_DEVICE && !frame->length_good, VT600_REMARK_LENGTH) |
           bit_if(frame->bytes >= VT600_AT_COMMAND && shown->device_kind == VT600_DEVICE_ID_BAD,
                  VT600_REMARK_DEVICE_ID) |
           bit_if(frame->bytes >= VT600_AT_DATA && frame->command == NULL, VT600_REMARK_COMMAND) |
           bit_if(shown->fault.bad_checksum, VT600_REMARK_CHECKSUM) |
           bit_if(!cut && frame->terminator != VT600_TERMINATOR_GOOD, VT600_REMARK_TERMINATOR) |
           bit_if(cut, VT600_REMARK_CUT);
}

static uint64_t find_on_data(const vt600_shown_t *shown)
{
    const vt600_frame_t *frame = shown->frame;
    const vt600_ota_t *ota = shown->ota;
    const vt600_content_t *content = shown->content;

    if (frame->found != VT600_FOUND_FRAME || frame->command == NULL)
        return 0;
    if (frame->command->ota) {
        if (ota->shape == VT600_DATA_BYTES)
            return 0;
        return bit_if(frame->data_length < ota->needed, VT600_REMARK_DATA_SHORT) |
               bit_if(frame->data_length >= ota->needed && frame->data_length > vt600_ota_understood(ota),
                      VT600_REMARK_DATA_EXTRA);
    }
    if (content->layout == NULL)
        return 0;
    const bool is_short = content->present < content->needed;
    return bit_if(is_short, VT600_REMARK_DATA_SHORT) |
           bit_if(!is_short && content->present > content->understood && !content->open, VT600_REMARK_DATA_EXTRA);
}

static uint64_t find_on_answer(const vt600_ota_t *ota)
{
    switch (vt600_ota_result(ota)) {
    case VT600_RESULT_DENIED:
        return BIT(VT600_REMARK_DENIED);
    case VT600_RESULT_FAILED:
        return BIT(VT600_REMARK_NAK);
    case VT600_RESULT_NOT_AUTHORIZED:
        return BIT(ota->shape == VT600_DATA_STORED ? VT600_REMARK_BLOCK_REFUSED : VT600_REMARK_UPGRADE_REFUSED);
    default:
        return 0;
    }
}

static uint64_t find_on_version(const vt600_shown_t *shown)
{
    const vt600_ota_t *ota = shown->ota;

    if (ota->shape != VT600_DATA_TRACKER_INFO || !ota->complete)
        return 0;
    const vt600_span_t version = vt600_identity_read(ota->text, ota->text_length, shown->device).version;
    return bit_if(vt600_identity_is_old(ota->text + version.at, version.length), VT600_REMARK_OLD_FIRMWARE);
}

static uint64_t find_on_record(const vt600_shown_t *shown)
{
    const vt600_record_t *record = shown->record;
    uint64_t remarks = 0;

    if (record == NULL)
        return 0;
    if (record->exchange.unsolicited)
        remarks |= BIT(VT600_REMARK_UNSOLICITED);
    if (record->exchange.previous != NULL && shown->ota->shape == VT600_DATA_BLOCK)
        remarks |= BIT(VT600_REMARK_RETRY);
    if (record->verdict == NULL || record->verdict->notes == 0 || record->duplicate != 0)
        return remarks;
    for (unsigned i = 0; i < VT600_REMARKS; i++)
        remarks |= bit_if((record->verdict->notes & rows[i].note) != 0, i);
    return remarks;
}

uint64_t vt600_remarks_find(const vt600_shown_t *shown)
{
    return find_on_frame(shown) | find_on_data(shown) | find_on_answer(shown->ota) | find_on_version(shown) |
           find_on_record(shown);
}

void vt600_remark_make(proto_item *item, const vt600_shown_t *shown, vt600_remark_t remark)
{
    if (shown->remarks & BIT(remark))
        expert_add_info_format(shown->pinfo, item, &fields[remark], "%s", vt600_remark_words(shown, remark));
}

void vt600_remarks_make_on_session(proto_item *item, const vt600_shown_t *shown)
{
    for (unsigned i = 0; i < VT600_REMARKS; i++)
        if (rows[i].note != 0)
            vt600_remark_make(item, shown, i);
}

void vt600_remark_make_on_junk(proto_item *item, packet_info *pinfo, unsigned length)
{
    expert_add_info_format(pinfo, item, &fields[VT600_REMARK_JUNK], "%u stray byte%s between frames", length,
                           plurality(length, "", "s"));
}

/* The words for how a damaged or a cut frame looks say that already. What an earlier packet has, it is marked with. */
static uint64_t without_word(const vt600_shown_t *shown)
{
    uint64_t remarks = 0;

    if (shown->frame->found != VT600_FOUND_FRAME)
        remarks |= BIT(VT600_REMARK_LENGTH) | BIT(VT600_REMARK_CHECKSUM) | BIT(VT600_REMARK_TERMINATOR);
    if (shown->retransmission)
        for (unsigned i = 0; i < VT600_REMARKS; i++)
            remarks |= bit_if(rows[i].note != 0 || i == VT600_REMARK_UNSOLICITED, i);
    return remarks;
}

void vt600_remarks_append(wmem_strbuf_t *text, const vt600_shown_t *shown)
{
    if (shown->remarks == 0)
        return;
    const uint64_t remarks = shown->remarks & ~without_word(shown);
    for (unsigned i = 0; i < VT600_REMARKS; i++)
        if ((remarks & BIT(i)) != 0 && rows[i].word != NULL)
            wmem_strbuf_append_printf(text, " [%s]", rows[i].word);
}
