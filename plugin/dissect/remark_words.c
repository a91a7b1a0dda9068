/* remark_words.c
 *
 * The sentence of each remark; see remark_words.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "remark_words.h"

#include <inttypes.h>

#include <epan/to_str.h>

#include "info.h"
#include "settings.h"

static const char *say_length(const vt600_shown_t *shown)
{
    const vt600_frame_t *frame = shown->frame;
    wmem_allocator_t *scope = shown->pinfo->pool;

    switch (frame->end) {
    case VT600_END_BY_CHECKSUM:
        return wmem_strdup_printf(scope, "Length is %u; the checksum proves %zu", frame->length, frame->extent);
    case VT600_END_BY_SHORT_CHECKSUM:
        return wmem_strdup_printf(scope,
                                  "Length is %u, but %zu bytes are present: the checksum 0x%04x was written without "
                                  "its leading zeros",
                                  frame->length, frame->extent, frame->checksum_computed);
    case VT600_END_BY_LENGTH:
        return wmem_strdup_printf(scope, "Length is %u; the next frame starts after %zu bytes", frame->length,
                                  frame->extent);
    case VT600_END_BY_HEADER:
        return wmem_strdup_printf(scope, "Length is %u; the next frame's header comes after %zu bytes", frame->length,
                                  frame->extent);
    case VT600_END_BY_TERMINATOR:
        return wmem_strdup_printf(scope, "Length is %u; CR LF ends the frame after %zu bytes", frame->length,
                                  frame->extent);
    case VT600_END_BY_DATA:
        return wmem_strdup_printf(scope, "Length is %u; no end was found in %zu bytes", frame->length, frame->extent);
    }
    return "The length does not lead to the frame's end";
}

static const char *say_data(const vt600_shown_t *shown, bool is_short)
{
    const vt600_command_t *command = shown->frame->command;
    const size_t present = shown->frame->data_length;
    const size_t needed = command->ota ? shown->ota->needed : shown->content->needed;
    const size_t understood = command->ota ? vt600_ota_understood(shown->ota) : shown->content->understood;

    if (is_short)
        return wmem_strdup_printf(shown->pinfo->pool, "%s takes %zu byte%s of data, but only %zu %s present",
                                  command->name, needed, plurality(needed, "", "s"), present,
                                  plurality(present, "is", "are"));
    return wmem_strdup_printf(shown->pinfo->pool, "%s takes %zu byte%s of data, but %zu more %s present", command->name,
                              understood, plurality(understood, "", "s"), present - understood,
                              plurality(present - understood, "is", "are"));
}

static const char *say_terminator(const vt600_shown_t *shown)
{
    const vt600_frame_t *frame = shown->frame;
    wmem_allocator_t *scope = shown->pinfo->pool;

    if (frame->terminator == VT600_TERMINATOR_ABSENT)
        return "The frame ends without CR LF";
    return wmem_strdup_printf(
        scope, "The frame ends with %s, should be CR LF (0d0a)",
        bytes_to_str(scope, shown->buf + frame->terminator_at, frame->extent - frame->terminator_at));
}

static const char *say_of_frame(const vt600_shown_t *shown, vt600_remark_t remark)
{
    const vt600_frame_t *frame = shown->frame;
    wmem_allocator_t *scope = shown->pinfo->pool;

    switch (remark) {
    case VT600_REMARK_LENGTH:
        return say_length(shown);
    case VT600_REMARK_DEVICE_ID:
        return wmem_strdup_printf(scope, "Device ID %s is not BCD (decimal digits padded with f)", shown->device);
    case VT600_REMARK_COMMAND:
        return wmem_strdup_printf(scope, "Command 0x%04x is unknown", frame->code);
    case VT600_REMARK_DATA_SHORT:
    case VT600_REMARK_DATA_EXTRA:
        return say_data(shown, remark == VT600_REMARK_DATA_SHORT);
    case VT600_REMARK_CHECKSUM:
        return wmem_strdup_printf(scope, "Checksum is 0x%04x, should be 0x%04x",
                                  vt600_be16(shown->buf + frame->checksum_at), frame->checksum_computed);
    case VT600_REMARK_TERMINATOR:
        return say_terminator(shown);
    default:
        return wmem_strdup_printf(scope, "Only %zu of the frame's %u bytes were captured", frame->extent,
                                  frame->length);
    }
}

static const char *say_of_answer(const vt600_shown_t *shown, vt600_remark_t remark)
{
    const vt600_ota_t *ota = shown->ota;
    wmem_allocator_t *scope = shown->pinfo->pool;

    switch (remark) {
    case VT600_REMARK_DENIED:
        return "The tracker did not grant the authorization";
    case VT600_REMARK_BLOCK_REFUSED:
        return wmem_strdup_printf(scope, "The tracker is not authorized for OTA data and refused the block at 0x%08x",
                                  ota->offset);
    case VT600_REMARK_UPGRADE_REFUSED:
        return "The tracker is not authorized for an upgrade and refused it";
    case VT600_REMARK_NAK:
        return wmem_strdup_printf(scope, "The tracker did not store the block at 0x%08x", ota->offset);
    default:
        return wmem_strdup_printf(scope, "Firmware %s is older than V%d.%d, the first with OTA",
                                  vt600_info_version(scope, ota, shown->device), VT600_OTA_FIRMWARE_MAJOR,
                                  VT600_OTA_FIRMWARE_MINOR);
    }
}

static const char *say_of_links(const vt600_shown_t *shown, vt600_remark_t remark)
{
    const vt600_exchange_t *exchange = &shown->record->exchange;

    if (remark == VT600_REMARK_UNSOLICITED)
        return exchange->repeated ? "Another answer to a request that was already answered"
                                  : "No matching request in this capture";
    return wmem_strdup_printf(shown->pinfo->pool,
                              "The block at 0x%08x is sent again: attempt %u, the previous one is in frame %u",
                              shown->ota->offset, exchange->attempt, exchange->previous->number);
}

static const char *say_of_block(const vt600_shown_t *shown, vt600_remark_t remark)
{
    const vt600_verdict_t *verdict = shown->record->verdict;
    const vt600_range_t range = verdict->range;
    const vt600_ota_t *ota = shown->ota;
    wmem_allocator_t *scope = shown->pinfo->pool;

    switch (remark) {
    case VT600_REMARK_GAP:
        return wmem_strdup_printf(scope,
                                  "Gap before the block at 0x%08x: bytes 0x%08" PRIx64 " to 0x%08" PRIx64 " (%" PRIu64
                                  ") have not appeared in this capture",
                                  ota->offset, range.first, range.end - 1, range.end - range.first);
    case VT600_REMARK_OVERLAP:
        return wmem_strdup_printf(scope,
                                  "Between bytes 0x%08" PRIx64 " and 0x%08" PRIx64
                                  " the block at 0x%08x differs from what was sent there before",
                                  range.first, range.end - 1, ota->offset);
    case VT600_REMARK_BLOCK_TOO_LONG:
        return wmem_strdup_printf(scope, "The block is %u bytes long; the tracker accepts at most %u",
                                  ota->block_length, verdict->number);
    case VT600_REMARK_UNAUTHORIZED_DATA:
        return "OTA data sent before the session was authorized";
    case VT600_REMARK_STORED_UNSEEN:
        return wmem_strdup_printf(scope, "The tracker stored a block at 0x%08x that this capture does not have",
                                  ota->offset);
    default:
        return wmem_strdup_printf(scope,
                                  "The tracker stored the block at 0x%08x, whose frame is damaged in this capture: its "
                                  "bytes are not known",
                                  ota->offset);
    }
}

static const char *say_of_session(const vt600_shown_t *shown, vt600_remark_t remark)
{
    const vt600_verdict_t *verdict = shown->record->verdict;
    wmem_allocator_t *scope = shown->pinfo->pool;

    switch (remark) {
    case VT600_REMARK_EXPIRED:
        return wmem_strdup_printf(scope,
                                  "No OTA data for %u minute%s and %u second%s: the authorization expired after %u "
                                  "minute%s",
                                  verdict->idle / 60, plurality(verdict->idle / 60, "", "s"), verdict->idle % 60,
                                  plurality(verdict->idle % 60, "", "s"), vt600_preferences.session_timeout,
                                  plurality(vt600_preferences.session_timeout, "", "s"));
    case VT600_REMARK_LENGTH_MISMATCH:
        return wmem_strdup_printf(scope,
                                  "The check announces %" PRIu64 " bytes (%u modulo 65536), but %" PRIu64 " were sent",
                                  verdict->range.end, shown->ota->image_length, verdict->range.first);
    case VT600_REMARK_UPGRADE_UNCHECKED:
        return verdict->session->check_seen ? "The upgrade was ordered before the check of the image was answered"
                                            : "The upgrade was ordered without a check of the image";
    case VT600_REMARK_UPGRADE_MISMATCH:
        return wmem_strdup_printf(scope,
                                  "The upgrade was ordered although the tracker's checksum 0x%04x is not the image's "
                                  "by any algorithm tried (CRC-CCITT: 0x%04x)",
                                  verdict->session->checksum, verdict->number);
    case VT600_REMARK_LEFT:
        return "A tracker in the OTA state sends neither logins nor positions: it has probably left that state";
    case VT600_REMARK_SAME_VERSION:
        return "The tracker came back with the firmware version that it had before the upgrade";
    case VT600_REMARK_COMPLETED:
        return "OTA completed: the tracker runs its new firmware";
    default:
        return wmem_strdup_printf(scope, "OTA cancelled after %u byte%s", verdict->bytes_acked,
                                  plurality(verdict->bytes_acked, "", "s"));
    }
}

const char *vt600_remark_words(const vt600_shown_t *shown, vt600_remark_t remark)
{
    switch (remark) {
    case VT600_REMARK_LENGTH:
    case VT600_REMARK_DEVICE_ID:
    case VT600_REMARK_COMMAND:
    case VT600_REMARK_DATA_SHORT:
    case VT600_REMARK_DATA_EXTRA:
    case VT600_REMARK_CHECKSUM:
    case VT600_REMARK_TERMINATOR:
    case VT600_REMARK_CUT:
        return say_of_frame(shown, remark);
    case VT600_REMARK_DENIED:
    case VT600_REMARK_BLOCK_REFUSED:
    case VT600_REMARK_UPGRADE_REFUSED:
    case VT600_REMARK_NAK:
    case VT600_REMARK_OLD_FIRMWARE:
        return say_of_answer(shown, remark);
    case VT600_REMARK_UNSOLICITED:
    case VT600_REMARK_RETRY:
        return say_of_links(shown, remark);
    case VT600_REMARK_GAP:
    case VT600_REMARK_OVERLAP:
    case VT600_REMARK_BLOCK_TOO_LONG:
    case VT600_REMARK_UNAUTHORIZED_DATA:
    case VT600_REMARK_STORED_UNSEEN:
    case VT600_REMARK_STORED_DAMAGED:
        return say_of_block(shown, remark);
    default:
        return say_of_session(shown, remark);
    }
}
