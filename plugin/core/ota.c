/* ota.c
 *
 * The data of the OTA commands; see ota.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ota.h"

static void read_block(vt600_ota_t *ota, const uint8_t *data, size_t present)
{
    ota->block_length = vt600_be16(data + VT600_BLOCK_AT_LENGTH);
    ota->block = data + VT600_BLOCK_AT_BLOCK;
    ota->block_present = present - VT600_BLOCK_AT_BLOCK;
    ota->needed += ota->block_length;
    ota->complete = present >= ota->needed;
    if (ota->block_present > ota->block_length)
        ota->block_present = ota->block_length;
}

/* The length of a block whose own length field was not captured: all of the frame's data after that field. */
static uint16_t length_by_frame(const vt600_frame_t *frame)
{
    const unsigned before = VT600_AT_DATA + VT600_BLOCK_AT_BLOCK, length = before + VT600_LEN_TAIL;
    return frame->found == VT600_FOUND_CUT && frame->length >= length ? (uint16_t)(frame->length - length) : 0;
}

vt600_ota_t vt600_ota_read(const vt600_frame_t *frame, const uint8_t *buf)
{
    vt600_ota_t ota = {.shape = VT600_DATA_BYTES};
    if (frame->command == NULL || !frame->command->ota)
        return ota;

    const vt600_data_t *expected = &frame->command->data[frame->side];
    const uint8_t *data = buf + VT600_AT_DATA;
    const size_t present = frame->data_length;

    ota.shape = expected->shape;
    ota.needed = expected->least;
    ota.complete = present >= ota.needed;
    ota.has_offset = (ota.shape == VT600_DATA_BLOCK || ota.shape == VT600_DATA_STORED) && present >= sizeof ota.offset;
    if (ota.has_offset)
        ota.offset = vt600_be32(data + VT600_BLOCK_AT_OFFSET);
    if (!ota.complete) {
        if (ota.has_offset && ota.shape == VT600_DATA_BLOCK)
            ota.block_length = length_by_frame(frame);
        return ota;
    }

    switch (ota.shape) {
    case VT600_DATA_TRACKER_INFO:
        ota.device_code = vt600_be16(data + VT600_INFO_AT_DEVICE_CODE);
        ota.max_length = vt600_be16(data + VT600_INFO_AT_MAX_LENGTH);
        ota.text = data + VT600_INFO_AT_TEXT;
        ota.text_length = present - VT600_INFO_AT_TEXT;
        break;
    case VT600_DATA_BLOCK:
        read_block(&ota, data, present);
        break;
    case VT600_DATA_STORED:
        ota.flag = data[VT600_STORED_AT_FLAG];
        break;
    case VT600_DATA_AUTHORIZED:
    case VT600_DATA_UPGRADE:
    case VT600_DATA_CANCELLED:
        ota.flag = data[0];
        break;
    case VT600_DATA_IMAGE_LENGTH:
        ota.image_length = vt600_be16(data);
        break;
    case VT600_DATA_IMAGE_CHECKSUM:
        ota.image_checksum = vt600_be16(data);
        break;
    default:
        break;
    }
    return ota;
}

size_t vt600_ota_understood(const vt600_ota_t *ota)
{
    switch (ota->shape) {
    case VT600_DATA_BLOCK:
        if (ota->block != NULL)
            return VT600_BLOCK_AT_BLOCK + ota->block_present;
        return ota->has_offset ? sizeof ota->offset : 0;
    case VT600_DATA_STORED:
        return ota->complete ? ota->needed : ota->has_offset ? sizeof ota->offset : 0;
    case VT600_DATA_TRACKER_INFO:
        return ota->complete ? VT600_INFO_AT_TEXT + ota->text_length : 0;
    default:
        return ota->complete ? ota->needed : 0;
    }
}

bool vt600_ota_has_flag(const vt600_ota_t *ota)
{
    return ota->complete && (ota->shape == VT600_DATA_AUTHORIZED || ota->shape == VT600_DATA_STORED ||
                             ota->shape == VT600_DATA_UPGRADE || ota->shape == VT600_DATA_CANCELLED);
}

vt600_result_t vt600_ota_result(const vt600_ota_t *ota)
{
    static const struct {
        vt600_data_shape_t shape;
        uint8_t flag;
        vt600_result_t result;
    } meanings[] = {
        {VT600_DATA_AUTHORIZED, VT600_FLAG_AUTHORIZE_FAILED, VT600_RESULT_DENIED},
        {VT600_DATA_AUTHORIZED, VT600_FLAG_AUTHORIZE_GRANTED, VT600_RESULT_GRANTED},
        {VT600_DATA_STORED, VT600_FLAG_BLOCK_FAILED, VT600_RESULT_FAILED},
        {VT600_DATA_STORED, VT600_FLAG_BLOCK_STORED, VT600_RESULT_STORED},
        {VT600_DATA_STORED, VT600_FLAG_NOT_AUTHORIZED, VT600_RESULT_NOT_AUTHORIZED},
        {VT600_DATA_UPGRADE, VT600_FLAG_UPGRADE_BEGINS, VT600_RESULT_UPGRADING},
        {VT600_DATA_UPGRADE, VT600_FLAG_UPGRADE_FINISHED, VT600_RESULT_FINISHED},
        {VT600_DATA_UPGRADE, VT600_FLAG_NOT_AUTHORIZED, VT600_RESULT_NOT_AUTHORIZED},
        {VT600_DATA_CANCELLED, VT600_FLAG_CANCELLED, VT600_RESULT_CANCELLED},
    };

    if (!vt600_ota_has_flag(ota))
        return VT600_RESULT_UNKNOWN;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].shape == ota->shape && meanings[i].flag == ota->flag)
            return meanings[i].result;
    return VT600_RESULT_UNKNOWN;
}
