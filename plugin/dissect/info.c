/* info.c
 *
 * One line of text for a frame; see info.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "info.h"

#include <string.h>

#include <wsutil/to_str.h>

#include "core/identity.h"
#include "info_base.h"
#include "meaning.h"
#include "remark.h"
#include "settings.h"
#include "session/summary.h"

/* Most texts fit, so that the buffer need not grow. */
#define USUAL_LEN 128

/* A line is made for every frame of a capture. What an OTA's data frames need takes a fraction of printf's time so. */
static void append(wmem_strbuf_t *text, const char *words)
{
    wmem_strbuf_append_len(text, words, strlen(words));
}

static void append_words(wmem_strbuf_t *text, const char *before, const char *words)
{
    append(text, before);
    append(text, words);
}

static void append_number(wmem_strbuf_t *text, const char *before, uint32_t value)
{
    char digits[sizeof "4294967295"];
    char *end = &digits[sizeof digits - 1];
    *end = '\0';
    append_words(text, before, uint_to_str_back(end, value));
}

static void append_hex(wmem_strbuf_t *text, const char *before, uint32_t value, int digits)
{
    char hex[sizeof "0x00000000"];
    char *end = &hex[sizeof hex - 1];
    *end = '\0';
    append_words(text, before, hex_to_str_back_len(end, value, digits));
}

const char *vt600_info_version(wmem_allocator_t *scope, const vt600_ota_t *ota, const char *device)
{
    const vt600_span_t version = vt600_identity_read(ota->text, ota->text_length, device).version;
    return format_text(scope, (const char *)ota->text + version.at, version.length);
}

static void append_tracker_info(wmem_strbuf_t *text, const vt600_ota_t *ota, const char *device)
{
    const char *type = vt600_device_code_name(ota->device_code);
    const char *version = vt600_info_version(text->allocator, ota, device);

    if (type != NULL)
        append_words(text, ": ", type);
    else
        append_hex(text, ": device code ", ota->device_code, 4);
    if (version[0] != '\0')
        append_words(text, ", ", version);
    append_number(text, ", ", ota->max_length);
    append(text, plurality(ota->max_length, " byte a block", " bytes a block"));
}

static void append_flag(wmem_strbuf_t *text, const vt600_ota_t *ota)
{
    const vt600_result_t result = vt600_ota_result(ota);
    if (result != VT600_RESULT_UNKNOWN)
        append_words(text, ": ", val_to_str_const(result, vt600_results, ""));
    else
        append_hex(text, ": unknown flag ", ota->flag, 2);
}

static void append_data(wmem_strbuf_t *text, const vt600_ota_t *ota, const char *device)
{
    if (ota->has_offset)
        append_hex(text, " ", ota->offset, 8);
    if (!ota->complete && ota->shape != VT600_DATA_BLOCK)
        return;

    switch (ota->shape) {
    case VT600_DATA_TRACKER_INFO:
        append_tracker_info(text, ota, device);
        break;
    case VT600_DATA_BLOCK:
        if (ota->block != NULL)
            append_number(text, " +", ota->block_length);
        break;
    case VT600_DATA_IMAGE_LENGTH:
        append_number(text, ": ", ota->image_length);
        append(text, plurality(ota->image_length, " byte", " bytes"));
        break;
    case VT600_DATA_IMAGE_CHECKSUM:
        append_hex(text, ": checksum ", ota->image_checksum, 4);
        break;
    case VT600_DATA_STORED:
    case VT600_DATA_AUTHORIZED:
    case VT600_DATA_UPGRADE:
    case VT600_DATA_CANCELLED:
        append_flag(text, ota);
        break;
    default:
        break;
    }
}

/* What is wrong with the frame, and with what it says. */
static void append_faults(wmem_strbuf_t *text, const vt600_shown_t *shown)
{
    const vt600_record_t *record = shown->record;

    if (shown->frame->found == VT600_FOUND_DAMAGED)
        append(text, " [damaged]");
    else if (shown->frame->found == VT600_FOUND_CUT)
        append(text, " [cut]");
    vt600_remarks_append(text, shown);
    if (shown->retransmission)
        append(text, " [retransmission]");
    else if (record != NULL && record->exchange.attempt > 1) {
        append_number(text, " [attempt ", record->exchange.attempt);
        wmem_strbuf_append_c(text, ']');
    }
}

const char *vt600_info_progress(wmem_allocator_t *scope, const vt600_verdict_t *verdict)
{
    const uint32_t total = vt600_session_total(verdict->session, vt600_preferences.image_size);
    if (total == 0)
        return wmem_strdup_printf(scope, "%u byte%s", verdict->bytes_acked, plurality(verdict->bytes_acked, "", "s"));
    return wmem_strdup_printf(scope, "%u of %u byte%s, %.1f%%", verdict->bytes_acked, total, plurality(total, "", "s"),
                              vt600_progress(verdict->bytes_acked, total));
}

/* How far the session is, on the answers that bring it further. */
static void append_progress(wmem_strbuf_t *text, const vt600_ota_t *ota, const vt600_record_t *record)
{
    if (ota->shape != VT600_DATA_STORED || record == NULL || record->verdict == NULL ||
        vt600_session_total(record->verdict->session, vt600_preferences.image_size) == 0)
        return;
    wmem_strbuf_append_printf(text, " (%s)", vt600_info_progress(text->allocator, record->verdict));
}

const char *vt600_info(const vt600_shown_t *shown)
{
    const vt600_frame_t *frame = shown->frame;
    wmem_strbuf_t *text = wmem_strbuf_new_sized(shown->pinfo->pool, USUAL_LEN);

    append(text, shown->device);
    if (frame->command != NULL && !frame->command->ota)
        vt600_info_base(text, frame, shown->buf, shown->device);
    else if (frame->command != NULL)
        append_words(text, " ", frame->command->name);
    else if (frame->bytes >= VT600_AT_DATA)
        append_hex(text, " Unknown command ", frame->code, 4);
    append_data(text, shown->ota, shown->device);
    append_progress(text, shown->ota, shown->record);
    append_faults(text, shown);
    return wmem_strbuf_get_str(text);
}
