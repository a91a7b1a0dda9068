/* tree_session.c
 *
 * What a person sees of a frame's OTA session; see tree_session.h. All of it
 * is the verdict of the first pass, but for the image's length, which a later
 * pass knows from the start.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tree_session.h"

#include <inttypes.h>

#include "info.h"
#include "meaning.h"
#include "packet-vt600.h"

static int hf_ota_session = -1;
static int hf_ota_state = -1;
static int hf_ota_bytes_sent = -1;
static int hf_ota_bytes_acked = -1;
static int hf_ota_blocks_acked = -1;
static int hf_ota_bytes_total = -1;
static int hf_ota_progress = -1;
static int hf_ota_progress_text = -1;
static int hf_ota_retries = -1;
static int hf_ota_rate = -1;
static int hf_ota_continued_from = -1;
static int hf_ota_image = -1;
static int hf_ota_image_checksum_status = -1;

static int ett_session = -1;

static expert_field ei_ota_gap = EI_INIT;
static expert_field ei_ota_overlap = EI_INIT;
static expert_field ei_ota_block_too_long = EI_INIT;
static expert_field ei_ota_unauthorized_data = EI_INIT;
static expert_field ei_ota_expired = EI_INIT;
static expert_field ei_ota_length_mismatch = EI_INIT;
static expert_field ei_ota_upgrade_unchecked = EI_INIT;
static expert_field ei_ota_completed = EI_INIT;
static expert_field ei_ota_cancelled = EI_INIT;
static expert_field ei_ota_stored_unseen = EI_INIT;
static expert_field ei_ota_stored_damaged = EI_INIT;

/* What the frame showed about its session. */
static void show_notes(proto_item *item, const vt600_shown_t *shown)
{
    const vt600_verdict_t *verdict = shown->record->verdict;
    const vt600_ota_t *ota = shown->ota;
    packet_info *pinfo = shown->pinfo;
    const unsigned notes = verdict->notes;
    const vt600_range_t range = verdict->range;

    if (notes & VT600_NOTE_GAP)
        expert_add_info_format(pinfo, item, &ei_ota_gap,
                               "The block at 0x%08x leaves out bytes 0x%08" PRIx64 " to 0x%08" PRIx64 " (%" PRIu64
                               "): no block before it in this capture has them",
                               ota->offset, range.first, range.end - 1, range.end - range.first);
    if (notes & VT600_NOTE_OVERLAP)
        expert_add_info_format(pinfo, item, &ei_ota_overlap,
                               "Between bytes 0x%08" PRIx64 " and 0x%08" PRIx64
                               " the block at 0x%08x differs from what "
                               "was sent there before",
                               range.first, range.end - 1, ota->offset);
    if (notes & VT600_NOTE_BLOCK_TOO_LONG)
        expert_add_info_format(pinfo, item, &ei_ota_block_too_long,
                               "The block has %u bytes, the tracker said that it takes %u", ota->block_length,
                               verdict->number);
    if (notes & VT600_NOTE_UNAUTHORIZED)
        expert_add_info_format(pinfo, item, &ei_ota_unauthorized_data,
                               "OTA data before any authorization of the session");
    if (notes & VT600_NOTE_EXPIRED)
        expert_add_info_format(pinfo, item, &ei_ota_expired,
                               "No OTA data for %u minutes and %u seconds: the authorization lapsed after %u minutes",
                               verdict->idle / 60, verdict->idle % 60, vt600_preferences.session_timeout);
    if (notes & VT600_NOTE_LENGTH_MISMATCH)
        expert_add_info_format(pinfo, item, &ei_ota_length_mismatch,
                               "The check announces %" PRIu64 " bytes (%u modulo 65536), %" PRIu64 " were sent",
                               range.end, ota->image_length, range.first);
    if (notes & VT600_NOTE_UNCHECKED)
        expert_add_info_format(pinfo, item, &ei_ota_upgrade_unchecked,
                               "The upgrade is ordered without a check of the image");
    if (notes & VT600_NOTE_STORED_UNSEEN)
        expert_add_info_format(pinfo, item, &ei_ota_stored_unseen,
                               "The tracker stored a block at 0x%08x that this capture does not have", ota->offset);
    if (notes & VT600_NOTE_STORED_DAMAGED)
        expert_add_info_format(pinfo, item, &ei_ota_stored_damaged,
                               "The tracker stored the block at 0x%08x, whose frame is damaged here: its bytes are "
                               "not known",
                               ota->offset);
    if (notes & VT600_NOTE_COMPLETED)
        expert_add_info_format(pinfo, item, &ei_ota_completed, "OTA completed: the tracker runs its new firmware");
    if (notes & VT600_NOTE_CANCELLED)
        expert_add_info_format(pinfo, item, &ei_ota_cancelled, "OTA cancelled after %u bytes", verdict->bytes_acked);
}

/* The whole image, in a data source of its own, and what its checksum says. A checksum of another
 * kind than CRC-CCITT is no error: nobody knows which one trackers compute. */
static void show_image(proto_tree *tree, const vt600_shown_t *shown, const vt600_session_t *session)
{
    const vt600_verdict_t *verdict = shown->record->verdict;
    const unsigned told = verdict->notes & (VT600_NOTE_IMAGE_MATCH | VT600_NOTE_IMAGE_DIFFERS |
                                            VT600_NOTE_IMAGE_PARTIAL | VT600_NOTE_IMAGE_UNSUMMED);

    if (told == 0)
        return;
    proto_item *status =
        vt600_tree_add_number(tree, hf_ota_image_checksum_status, shown,
                              told == VT600_NOTE_IMAGE_MATCH ? PROTO_CHECKSUM_E_GOOD : PROTO_CHECKSUM_E_UNVERIFIED);
    if (told == VT600_NOTE_IMAGE_PARTIAL) {
        proto_item_append_text(status, ": the capture does not have all of the image");
        return;
    }
    if (told == VT600_NOTE_IMAGE_UNSUMMED) {
        proto_item_append_text(status, ": the image is checked too often to be summed each time");
        return;
    }
    proto_item_append_text(status,
                           told == VT600_NOTE_IMAGE_MATCH
                               ? ": it is the CRC-CCITT of the image"
                               : ": the CRC-CCITT of the image is 0x%04x; the tracker may compute another kind",
                           verdict->number);

    const size_t length = (size_t)(verdict->range.end - verdict->range.first);
    if (length == 0) {
        proto_item_append_text(status, "; the image is checked too often to be shown each time");
        return;
    }
    uint8_t *bytes = wmem_alloc(shown->pinfo->pool, length);
    vt600_image_read(session->image, 0, length, bytes);
    if (vt600_frame_checksum(bytes, length) != verdict->number) { /* what was checked is not there any more */
        proto_item_append_text(status, "; other content was stored later");
        return;
    }
    tvbuff_t *image = tvb_new_child_real_data(shown->tvb, bytes, (unsigned)length, (int)length);
    add_new_data_source(shown->pinfo, image, "Firmware image");
    proto_item_set_generated(proto_tree_add_item(tree, hf_ota_image, image, 0, (int)length, ENC_NA));
}

static void set_title(proto_item *item, const vt600_shown_t *shown, const vt600_session_t *session)
{
    const vt600_verdict_t *verdict = shown->record->verdict;

    proto_item_set_text(item, "OTA session %u: %s, %s stored", session->number,
                        val_to_str_const(verdict->state, vt600_states, "?"),
                        vt600_info_progress(shown->pinfo->pool, verdict));
    if (verdict->retries > 0)
        proto_item_append_text(item, ", %u retr%s", verdict->retries, verdict->retries == 1 ? "y" : "ies");
}

void vt600_tree_session(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_verdict_t *verdict = shown->record->verdict;
    const vt600_session_t *session = vt600_session_of(verdict->session);
    const uint32_t total = vt600_session_total(session, vt600_preferences.image_size);
    proto_item *item;
    proto_tree *session_tree =
        proto_tree_add_subtree(tree, shown->tvb, (int)shown->at, 0, ett_session, &item, "OTA session");
    proto_item_set_generated(item);
    if (PTREE_DATA(tree)->visible)
        set_title(item, shown, session);
    vt600_tree_add_number(session_tree, hf_ota_session, shown, session->number);
    vt600_tree_add_number(session_tree, hf_ota_state, shown, verdict->state);
    vt600_tree_add_number(session_tree, hf_ota_bytes_sent, shown, verdict->bytes_sent);
    vt600_tree_add_number(session_tree, hf_ota_bytes_acked, shown, verdict->bytes_acked);
    vt600_tree_add_number(session_tree, hf_ota_blocks_acked, shown, verdict->blocks_acked);
    if (total != 0) {
        const double progress = 100.0 * verdict->bytes_acked / total;
        vt600_tree_add_number(session_tree, hf_ota_bytes_total, shown, total);
        proto_item_set_generated(proto_tree_add_double_format_value(session_tree, hf_ota_progress, shown->tvb,
                                                                    (int)shown->at, 0, progress, "%.1f%%", progress));
        if (proto_field_is_referenced(session_tree, hf_ota_progress_text))
            proto_item_set_hidden(proto_tree_add_string(session_tree, hf_ota_progress_text, shown->tvb, (int)shown->at,
                                                        0, wmem_strdup_printf(shown->pinfo->pool, "%.1f%%", progress)));
    }
    vt600_tree_add_number(session_tree, hf_ota_retries, shown, verdict->retries);
    if (verdict->elapsed > 0) {
        const double rate = verdict->bytes_acked / (verdict->elapsed / 1e9);
        proto_item_set_generated(proto_tree_add_double_format_value(session_tree, hf_ota_rate, shown->tvb,
                                                                    (int)shown->at, 0, rate, "%.1f bytes/s", rate));
    }
    if (verdict->continued_from != 0)
        vt600_tree_add_number(session_tree, hf_ota_continued_from, shown, verdict->continued_from);
    show_image(session_tree, shown, session);
    show_notes(item, shown);
}

void vt600_tree_session_register(expert_module_t *expert)
{
    static hf_register_info hf[] = {
        {&hf_ota_session,
         {"Session", "vt600.ota.session", FT_UINT32, BASE_DEC, NULL, 0, "Number of the OTA session in this capture",
          HFILL}},
        {&hf_ota_state,
         {"State", "vt600.ota.state", FT_UINT8, BASE_DEC, VALS(vt600_states), 0, "Of the session, as of this frame",
          HFILL}},
        {&hf_ota_bytes_sent,
         {"Bytes sent", "vt600.ota.bytes_sent", FT_UINT32, BASE_DEC, NULL, 0, "Distinct bytes of the image", HFILL}},
        {&hf_ota_bytes_acked,
         {"Bytes acknowledged", "vt600.ota.bytes_acked", FT_UINT32, BASE_DEC, NULL, 0,
          "Distinct bytes of the image that the tracker stored", HFILL}},
        {&hf_ota_blocks_acked,
         {"Blocks acknowledged", "vt600.ota.blocks_acked", FT_UINT32, BASE_DEC, NULL, 0,
          "Distinct blocks that the tracker stored", HFILL}},
        {&hf_ota_bytes_total,
         {"Bytes in all", "vt600.ota.bytes_total", FT_UINT32, BASE_DEC, NULL, 0,
          "Length of the image, where it is known", HFILL}},
        {&hf_ota_progress,
         {"Progress", "vt600.ota.progress", FT_DOUBLE, BASE_NONE, NULL, 0,
          "Percent of the image that the tracker stored", HFILL}},
        {&hf_ota_progress_text,
         {"Progress as text", "vt600.ota.progress.text", FT_STRING, BASE_NONE, NULL, 0,
          "The progress to one place, for a column", HFILL}},
        {&hf_ota_retries,
         {"Retries", "vt600.ota.retries", FT_UINT32, BASE_DEC, NULL, 0, "Blocks sent again so far", HFILL}},
        {&hf_ota_rate,
         {"Rate", "vt600.ota.rate", FT_DOUBLE, BASE_NONE, NULL, 0, "Acknowledged bytes a second since the first block",
          HFILL}},
        {&hf_ota_continued_from,
         {"Continued from", "vt600.ota.continued_from", FT_FRAMENUM, BASE_NONE, NULL, 0,
          "The session's last frame in an earlier conversation", HFILL}},
        {&hf_ota_image_checksum_status,
         {"Image checksum status", "vt600.ota.image_checksum.status", FT_UINT8, BASE_NONE,
          VALS(vt600_checksum_statuses), 0,
          "Whether the tracker's checksum is the CRC-CCITT of the image in this capture", HFILL}},
        {&hf_ota_image, {"Image", "vt600.ota.image", FT_BYTES, BASE_NONE, NULL, 0, "The whole firmware image", HFILL}},
    };
    static int *ett[] = {&ett_session};
    static ei_register_info ei[] = {
        {&ei_ota_gap, {"vt600.ota.gap", PI_SEQUENCE, PI_WARN, "A block leaves bytes out", EXPFILL}},
        {&ei_ota_overlap, {"vt600.ota.overlap", PI_SEQUENCE, PI_WARN, "Bytes sent again with other content", EXPFILL}},
        {&ei_ota_block_too_long,
         {"vt600.ota.block_too_long", PI_PROTOCOL, PI_WARN, "A block longer than the tracker takes", EXPFILL}},
        {&ei_ota_unauthorized_data,
         {"vt600.ota.unauthorized_data", PI_SEQUENCE, PI_WARN, "OTA data before any authorization", EXPFILL}},
        {&ei_ota_expired,
         {"vt600.ota.expired", PI_SEQUENCE, PI_WARN, "No OTA data for too long: the authorization lapsed", EXPFILL}},
        {&ei_ota_length_mismatch,
         {"vt600.ota.length_mismatch", PI_SEQUENCE, PI_WARN, "The check announces another length than was sent",
          EXPFILL}},
        {&ei_ota_upgrade_unchecked,
         {"vt600.ota.upgrade_unchecked", PI_SEQUENCE, PI_WARN, "An upgrade without a check", EXPFILL}},
        {&ei_ota_stored_unseen,
         {"vt600.ota.stored_unseen", PI_SEQUENCE, PI_NOTE, "A block stored that the capture does not have", EXPFILL}},
        {&ei_ota_stored_damaged,
         {"vt600.ota.stored_damaged", PI_SEQUENCE, PI_NOTE, "A block stored whose frame is damaged", EXPFILL}},
        {&ei_ota_completed, {"vt600.ota.completed", PI_RESPONSE_CODE, PI_CHAT, "OTA completed", EXPFILL}},
        {&ei_ota_cancelled, {"vt600.ota.cancelled", PI_RESPONSE_CODE, PI_NOTE, "OTA cancelled", EXPFILL}},
    };

    proto_register_field_array(vt600_proto, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert, ei, array_length(ei));
}
