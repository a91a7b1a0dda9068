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

#include "carrier.h"
#include "info.h"
#include "meaning.h"
#include "settings.h"
#include "session/summary.h"

static int hf_ota = -1;
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
static int hf_ota_turn = -1;
static int hf_ota_waited = -1;
static int hf_ota_updated = -1;
static int hf_ota_cause = -1;
static int hf_ota_explanation = -1;
static int hf_ota_party = -1;
static int hf_ota_evidence = -1;

static int ett_session = -1;
static int ett_closing = -1;
static int ett_explanation = -1;

static expert_field ei_ota_closed = EI_INIT;

/* Filled at registration, with the words that reports use. */
static value_string updated_values[VT600_UPDATED_RUNNING + 1];
static value_string cause_values[VT600_CAUSES];
static value_string party_values[VT600_PARTY_CAPTURE + 2];

static void name_values(void)
{
    for (unsigned i = 0; i < VT600_UPDATED_RUNNING; i++)
        updated_values[i] = (value_string){i + 1, vt600_updated_name((vt600_updated_t)(i + 1))};
    for (unsigned i = 0; i + 1 < VT600_CAUSES; i++)
        cause_values[i] = (value_string){i + 1, vt600_cause_name((vt600_cause_t)(i + 1))};
    party_values[0] = (value_string){VT600_NOBODY, "nobody"};
    for (unsigned i = VT600_PARTY_TRACKER; i <= VT600_PARTY_CAPTURE; i++)
        party_values[i] = (value_string){i, vt600_party_name((vt600_party_t)i)};
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
        proto_item_append_text(status, ": not computed, because the image was checked too many times");
        return;
    }
    proto_item_append_text(status,
                           told == VT600_NOTE_IMAGE_MATCH
                               ? ": the CRC-CCITT of the image"
                               : ": the CRC-CCITT of the image is 0x%04x; the tracker may use another algorithm",
                           verdict->number);

    const size_t length = (size_t)(verdict->range.end - verdict->range.first);
    if (length == 0) {
        proto_item_append_text(status, "; the image is not shown, because it was checked too many times");
        return;
    }
    uint8_t *bytes = wmem_alloc(shown->pinfo->pool, length);
    vt600_image_read(session->image, 0, length, bytes);
    if (vt600_frame_checksum(bytes, length) != verdict->number) {
        proto_item_append_text(status, "; the image has since been overwritten");
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
        proto_item_append_text(item, ", %u retr%s", verdict->retries, plurality(verdict->retries, "y", "ies"));
}

static void add_generated_uint(proto_tree *tree, int field, tvbuff_t *tvb, unsigned at, uint32_t value)
{
    proto_item_set_generated(proto_tree_add_uint(tree, field, tvb, (int)at, 0, value));
}

static void show_progress(proto_tree *tree, const vt600_shown_t *shown, const vt600_session_t *session)
{
    const vt600_verdict_t *verdict = shown->record->verdict;
    const uint32_t total = vt600_session_total(session, vt600_preferences.image_size);
    const double rate = vt600_rate(verdict->bytes_acked, verdict->data_time);

    if (total != 0) {
        const double progress = vt600_progress(verdict->bytes_acked, total);
        vt600_tree_add_number(tree, hf_ota_bytes_total, shown, total);
        proto_item_set_generated(proto_tree_add_double_format_value(tree, hf_ota_progress, shown->tvb, (int)shown->at,
                                                                    0, progress, "%.1f%%", progress));
        if (proto_field_is_referenced(tree, hf_ota_progress_text))
            proto_item_set_hidden(proto_tree_add_string(tree, hf_ota_progress_text, shown->tvb, (int)shown->at, 0,
                                                        wmem_strdup_printf(shown->pinfo->pool, "%.1f%%", progress)));
    }
    vt600_tree_add_number(tree, hf_ota_retries, shown, verdict->retries);
    if (verdict->data_time > 0)
        proto_item_set_generated(proto_tree_add_double_format_value(tree, hf_ota_rate, shown->tvb, (int)shown->at, 0,
                                                                    rate, "%.1f bytes/s", rate));
}

/* Whose turn it is, and how long the other side had waited for this frame. */
static void show_turn(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_verdict_t *verdict = shown->record->verdict;
    const int64_t second = 1000000000;

    vt600_tree_add_number(tree, hf_ota_turn, shown, verdict->turn);
    if (verdict->waited < 0)
        return;
    nstime_t waited = {.secs = (time_t)(verdict->waited / second), .nsecs = (int)(verdict->waited % second)};
    /* In seconds in every version: from 4.6 on Wireshark writes minutes as well. */
    proto_item_set_generated(proto_tree_add_time_format(
        tree, hf_ota_waited, shown->tvb, (int)shown->at, 0, &waited, "Waited: %" PRId64 ".%09d seconds for the %s",
        (int64_t)waited.secs, waited.nsecs, val_to_str_const(verdict->waited_for, party_values, "other side")));
}

/* Wireshark cuts lines that are long: each clause after the first has one of its own. */
static void show_explanation(proto_tree *tree, const vt600_shown_t *shown, vt600_session_t *session)
{
    if (!PTREE_DATA(tree)->visible && !proto_field_is_referenced(tree, hf_ota_explanation))
        return;
    const char *text = vt600_carrier_explanation(session);
    proto_item *item = proto_tree_add_string(tree, hf_ota_explanation, shown->tvb, (int)shown->at, 0, text);
    proto_item_set_generated(item);
    if (!PTREE_DATA(tree)->visible)
        return;
    char **clauses = wmem_strsplit(shown->pinfo->pool, text, "; ", -1);
    proto_item_set_text(item, "Explanation: %s", clauses[0]);
    proto_tree *below = proto_item_add_subtree(item, ett_explanation);
    for (unsigned i = 1; clauses[i] != NULL; i++) {
        proto_tree_add_subtree(below, shown->tvb, (int)shown->at, 0, ett_explanation, &item, clauses[i]);
        proto_item_set_generated(item);
    }
}

/* Did the tracker get its firmware, why not, whose fault. Known once all packets were read. */
static void show_diagnosis(proto_tree *tree, const vt600_shown_t *shown, vt600_session_t *session)
{
    if (!PINFO_FD_VISITED(shown->pinfo))
        return;
    const vt600_diagnosis_t *diagnosis = vt600_carrier_diagnosis(session);
    if (diagnosis->updated == VT600_UPDATED_NOT_JUDGED)
        return;
    vt600_tree_add_number(tree, hf_ota_updated, shown, diagnosis->updated);
    if (diagnosis->cause != VT600_CAUSE_NONE)
        vt600_tree_add_number(tree, hf_ota_cause, shown, diagnosis->cause);
    if (diagnosis->party != VT600_NOBODY)
        vt600_tree_add_number(tree, hf_ota_party, shown, diagnosis->party);
    show_explanation(tree, shown, session);
    for (unsigned i = 0; i < diagnosis->evidence_count; i++)
        vt600_tree_add_number(tree, hf_ota_evidence, shown, diagnosis->evidence[i]);
}

proto_item *vt600_tree_session(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_verdict_t *verdict = shown->record->verdict;
    vt600_session_t *session = verdict->session;
    proto_item *item = proto_tree_add_item(tree, hf_ota, shown->tvb, (int)shown->at, 0, ENC_NA);
    proto_tree *session_tree = proto_item_add_subtree(item, ett_session);

    proto_item_set_generated(item);
    if (PTREE_DATA(tree)->visible)
        set_title(item, shown, session);
    vt600_tree_add_number(session_tree, hf_ota_session, shown, session->number);
    vt600_tree_add_number(session_tree, hf_ota_state, shown, verdict->state);
    vt600_tree_add_number(session_tree, hf_ota_bytes_sent, shown, verdict->bytes_sent);
    vt600_tree_add_number(session_tree, hf_ota_bytes_acked, shown, verdict->bytes_acked);
    vt600_tree_add_number(session_tree, hf_ota_blocks_acked, shown, verdict->blocks_acked);
    show_progress(session_tree, shown, session);
    if (verdict->continued_from != 0)
        vt600_tree_add_number(session_tree, hf_ota_continued_from, shown, verdict->continued_from);
    show_image(session_tree, shown, session);
    show_turn(session_tree, shown);
    show_diagnosis(session_tree, shown, session);
    return item;
}

static void show_interrupted(proto_tree *tree, packet_info *pinfo, tvbuff_t *tvb, const vt600_place_t *place,
                             const vt600_verdict_t *verdict)
{
    const vt600_session_t *session = verdict->session;
    const char *by = place->closing.by == VT600_SERVER ? "server" : "tracker";
    proto_item *item = NULL;

    if (tree != NULL) {
        item = proto_tree_add_item(tree, hf_ota, tvb, 0, 0, ENC_NA);
        proto_tree *session_tree = proto_item_add_subtree(item, ett_session);
        proto_item_set_generated(item);
        proto_item_set_text(item, "OTA session %u: connection closed", session->number);
        add_generated_uint(session_tree, hf_ota_session, tvb, 0, session->number);
        add_generated_uint(session_tree, hf_ota_state, tvb, 0, verdict->state);
        add_generated_uint(session_tree, hf_ota_turn, tvb, 0, VT600_NOBODY);
    }
    expert_add_info_format(pinfo, item, &ei_ota_closed,
                           "The %s closed the connection (%s) during the update of %s, after %u bytes were stored", by,
                           place->closing.reset ? "RST" : "FIN", session->device, verdict->bytes_acked);
}

void vt600_tree_interruption(proto_tree *tree, packet_info *pinfo, tvbuff_t *tvb,
                             const vt600_interruption_t *interruption)
{
    const unsigned count = wmem_array_get_count(interruption->verdicts);
    proto_tree *subtree = NULL;

    if (tree != NULL)
        subtree = proto_item_add_subtree(
            proto_tree_add_protocol_format(tree, vt600_proto, tvb, 0, 0, "VT600 GPRS OTA Protocol, connection closed"),
            ett_closing);
    for (unsigned i = 0; i < count; i++)
        show_interrupted(subtree, pinfo, tvb, interruption->place,
                         *(vt600_verdict_t **)wmem_array_index(interruption->verdicts, i));
}

void vt600_tree_session_register(expert_module_t *expert)
{
    static hf_register_info hf[] = {
        {&hf_ota, {"OTA session", "vt600.ota", FT_NONE, BASE_NONE, NULL, 0, "The session as of this frame", HFILL}},
        {&hf_ota_session,
         {"Session", "vt600.ota.session", FT_UINT32, BASE_DEC, NULL, 0, "Number of the OTA session in this capture",
          HFILL}},
        {&hf_ota_state,
         {"State", "vt600.ota.state", FT_UINT8, BASE_DEC, VALS(vt600_states), 0,
          "State of the session after this frame", HFILL}},
        {&hf_ota_bytes_sent,
         {"Bytes sent", "vt600.ota.bytes_sent", FT_UINT32, BASE_DEC, NULL, 0,
          "Distinct bytes of the image that were sent", HFILL}},
        {&hf_ota_bytes_acked,
         {"Bytes acknowledged", "vt600.ota.bytes_acked", FT_UINT32, BASE_DEC, NULL, 0,
          "Distinct bytes of the image that the tracker has stored", HFILL}},
        {&hf_ota_blocks_acked,
         {"Blocks acknowledged", "vt600.ota.blocks_acked", FT_UINT32, BASE_DEC, NULL, 0,
          "Distinct blocks that the tracker has stored", HFILL}},
        {&hf_ota_bytes_total,
         {"Image size", "vt600.ota.bytes_total", FT_UINT32, BASE_DEC, NULL, 0, "Length of the image, where it is known",
          HFILL}},
        {&hf_ota_progress,
         {"Progress", "vt600.ota.progress", FT_DOUBLE, BASE_NONE, NULL, 0,
          "Share of the image that the tracker has stored, in percent", HFILL}},
        {&hf_ota_progress_text,
         {"Progress as text", "vt600.ota.progress.text", FT_STRING, BASE_NONE, NULL, 0,
          "The progress to one place, for a column", HFILL}},
        {&hf_ota_retries,
         {"Retries", "vt600.ota.retries", FT_UINT32, BASE_DEC, NULL, 0, "Blocks sent again so far", HFILL}},
        {&hf_ota_rate,
         {"Rate", "vt600.ota.rate", FT_DOUBLE, BASE_NONE, NULL, 0,
          "Acknowledged bytes per second, from the first block to the last acknowledgement", HFILL}},
        {&hf_ota_continued_from,
         {"Continued from", "vt600.ota.continued_from", FT_FRAMENUM, BASE_NONE, NULL, 0,
          "The session's last frame in an earlier conversation", HFILL}},
        {&hf_ota_image_checksum_status,
         {"Image checksum status", "vt600.ota.image_checksum.status", FT_UINT8, BASE_NONE,
          VALS(vt600_checksum_statuses), 0,
          "Whether the tracker's checksum is the CRC-CCITT of the image in this capture", HFILL}},
        {&hf_ota_turn,
         {"Turn", "vt600.ota.turn", FT_UINT8, BASE_DEC, VALS(party_values), 0, "The side that must send the next frame",
          HFILL}},
        {&hf_ota_waited,
         {"Waited", "vt600.ota.waited", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
          "Time for which the side whose turn it was let the other side wait before this frame", HFILL}},
        {&hf_ota_updated,
         {"Updated", "vt600.ota.updated", FT_UINT8, BASE_DEC, VALS(updated_values), 0,
          "Whether the tracker got its firmware", HFILL}},
        {&hf_ota_cause,
         {"Cause", "vt600.ota.cause", FT_UINT8, BASE_DEC, VALS(cause_values), 0,
          "Reason why the update did not succeed", HFILL}},
        {&hf_ota_explanation,
         {"Explanation", "vt600.ota.explanation", FT_STRING, BASE_NONE, NULL, 0,
          "What became of the update, in a sentence", HFILL}},
        {&hf_ota_party,
         {"Party", "vt600.ota.party", FT_UINT8, BASE_DEC, VALS(party_values), 0, "The side that caused it", HFILL}},
        {&hf_ota_evidence,
         {"Evidence", "vt600.ota.evidence", FT_FRAMENUM, BASE_NONE, NULL, 0, "A frame that the diagnosis rests on",
          HFILL}},
        {&hf_ota_image, {"Image", "vt600.ota.image", FT_BYTES, BASE_NONE, NULL, 0, "The whole firmware image", HFILL}},
    };
    static int *ett[] = {&ett_session, &ett_closing, &ett_explanation};
    static ei_register_info ei[] = {
        {&ei_ota_closed,
         {"vt600.ota.closed", PI_SEQUENCE, PI_WARN, "The connection was closed during the update", EXPFILL}},
    };

    name_values();
    proto_register_field_array(vt600_proto, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert, ei, array_length(ei));
}
