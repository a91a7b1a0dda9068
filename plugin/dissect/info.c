/* info.c
 *
 * One line of text for a frame; see info.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "info.h"

#include "core/identity.h"
#include "info_base.h"
#include "meaning.h"
#include "packet-vt600.h"

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
        wmem_strbuf_append_printf(text, ": %s", type);
    else
        wmem_strbuf_append_printf(text, ": device code 0x%04x", ota->device_code);
    if (version[0] != '\0')
        wmem_strbuf_append_printf(text, ", %s", version);
    wmem_strbuf_append_printf(text, ", %u bytes a block", ota->max_length);
}

static void append_flag(wmem_strbuf_t *text, const vt600_ota_t *ota)
{
    const char *meaning = try_val_to_str(ota->flag, vt600_flag_meanings(ota->shape));
    if (meaning != NULL)
        wmem_strbuf_append_printf(text, ": %s", meaning);
    else
        wmem_strbuf_append_printf(text, ": unknown flag 0x%02x", ota->flag);
}

static void append_data(wmem_strbuf_t *text, const vt600_ota_t *ota, const char *device)
{
    if (ota->has_offset)
        wmem_strbuf_append_printf(text, " 0x%08x", ota->offset);
    if (!ota->complete && ota->shape != VT600_DATA_BLOCK)
        return;

    switch (ota->shape) {
    case VT600_DATA_TRACKER_INFO:
        append_tracker_info(text, ota, device);
        break;
    case VT600_DATA_BLOCK:
        if (ota->block != NULL)
            wmem_strbuf_append_printf(text, " +%u", ota->block_length);
        break;
    case VT600_DATA_IMAGE_LENGTH:
        wmem_strbuf_append_printf(text, ": %u bytes", ota->image_length);
        break;
    case VT600_DATA_IMAGE_CHECKSUM:
        wmem_strbuf_append_printf(text, ": checksum 0x%04x", ota->image_checksum);
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

static void append_faults(wmem_strbuf_t *text, const vt600_frame_t *frame, const vt600_record_t *record,
                          bool retransmission)
{
    if (frame->found == VT600_FOUND_DAMAGED)
        wmem_strbuf_append(text, " [damaged]");
    else if (frame->found == VT600_FOUND_CUT)
        wmem_strbuf_append(text, " [cut]");
    else if (frame->checksum == VT600_CHECKSUM_BAD)
        wmem_strbuf_append(text, " [bad checksum]");
    else if (!frame->length_good)
        wmem_strbuf_append(text, " [bad length]");
    if (retransmission)
        wmem_strbuf_append(text, " [retransmission]");
    else if (record != NULL && record->exchange.attempt > 1)
        wmem_strbuf_append_printf(text, " [attempt %u]", record->exchange.attempt);
}

const char *vt600_info_progress(wmem_allocator_t *scope, const vt600_verdict_t *verdict)
{
    const uint32_t total = vt600_session_total(vt600_session_of(verdict->session), vt600_preferences.image_size);
    if (total == 0)
        return wmem_strdup_printf(scope, "%u bytes", verdict->bytes_acked);
    return wmem_strdup_printf(scope, "%u of %u bytes, %.1f%%", verdict->bytes_acked, total,
                              100.0 * verdict->bytes_acked / total);
}

/* How far the session is, on the answers that bring it further. */
static void append_progress(wmem_strbuf_t *text, const vt600_ota_t *ota, const vt600_record_t *record)
{
    if (ota->shape != VT600_DATA_STORED || record == NULL || record->verdict == NULL ||
        vt600_session_total(vt600_session_of(record->verdict->session), vt600_preferences.image_size) == 0)
        return;
    wmem_strbuf_append_printf(text, " (%s)", vt600_info_progress(text->allocator, record->verdict));
}

const char *vt600_info(wmem_allocator_t *scope, const vt600_frame_t *frame, const vt600_ota_t *ota, const uint8_t *buf,
                       const char *device, const vt600_record_t *record, bool retransmission)
{
    wmem_strbuf_t *text = wmem_strbuf_new(scope, device);

    if (frame->command != NULL && !frame->command->ota)
        vt600_info_base(text, frame, buf);
    else if (frame->command != NULL)
        wmem_strbuf_append_printf(text, " %s", frame->command->name);
    else if (frame->bytes >= VT600_AT_DATA)
        wmem_strbuf_append_printf(text, " Unknown command 0x%04x", frame->code);
    append_data(text, ota, device);
    append_progress(text, ota, record);
    append_faults(text, frame, record, retransmission);
    return wmem_strbuf_get_str(text);
}
