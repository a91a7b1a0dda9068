/* tree_ota.c
 *
 * What a person sees of the data of OTA commands (sections 2.1 to 2.6); see
 * tree_ota.h. Knows nothing of sessions: a refusal is the tracker's word in
 * this very frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tree_ota.h"

#include "core/identity.h"
#include "meaning.h"
#include "remark.h"
#include "settings.h"
#include "tree_position.h"

static int hf_ota_device_code = -1;
static int hf_ota_max_length = -1;
static int hf_firmware_version = -1;
static int hf_serial_number = -1;
static int hf_imei = -1;
static int hf_ota_flag = -1;
static int hf_ota_offset = -1;
static int hf_ota_block_length = -1;
static int hf_ota_block = -1;
static int hf_ota_image_length = -1;
static int hf_ota_image_checksum = -1;
static int hf_ota_result = -1;

/* A flag, and the same answer as one word out of one table for all commands. */
static proto_item *add_flag(proto_tree *tree, const vt600_shown_t *shown, unsigned offset)
{
    const vt600_result_t result = vt600_ota_result(shown->ota);
    proto_item *flag = vt600_tree_add_data(tree, hf_ota_flag, shown, offset, VT600_FLAG_LEN);

    proto_item_append_text(flag, " (%s)", val_to_str_const(result, vt600_results, "unknown"));
    vt600_tree_add_number(tree, hf_ota_result, shown, result);
    return flag;
}

/* A part of the text of a tracker info; NULL: it is missing. */
static proto_item *add_text(proto_tree *tree, int field, const vt600_shown_t *shown, vt600_span_t span)
{
    const size_t at = shown->at + VT600_AT_DATA + VT600_INFO_AT_TEXT + span.at;
    return span.length > 0 ? vt600_tree_add_text(tree, field, shown, (unsigned)at, (unsigned)span.length) : NULL;
}

static void show_tracker_info(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_ota_t *ota = shown->ota;
    const vt600_identity_t identity = vt600_identity_read(ota->text, ota->text_length, shown->device);
    const char *type = vt600_device_code_name(ota->device_code);

    proto_item *code = vt600_tree_add_data(tree, hf_ota_device_code, shown, VT600_INFO_AT_DEVICE_CODE, 2);
    if (type != NULL)
        proto_item_append_text(code, " (%s)", type);
    vt600_tree_add_data(tree, hf_ota_max_length, shown, VT600_INFO_AT_MAX_LENGTH, 2);

    proto_item *version = add_text(tree, hf_firmware_version, shown, identity.version);
    add_text(tree, hf_serial_number, shown, identity.serial);
    add_text(tree, hf_imei, shown, identity.imei);

    vt600_remark_make(version, shown, VT600_REMARK_OLD_FIRMWARE);
}

static void show_block(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_ota_t *ota = shown->ota;

    if (ota->has_offset)
        vt600_tree_add_data(tree, hf_ota_offset, shown, VT600_BLOCK_AT_OFFSET, 4);
    if (ota->block != NULL) {
        vt600_tree_add_data(tree, hf_ota_block_length, shown, VT600_BLOCK_AT_LENGTH, 2);
        if (ota->block_present > 0)
            vt600_tree_add_data(tree, hf_ota_block, shown, VT600_BLOCK_AT_BLOCK, (unsigned)ota->block_present);
    }
}

static void show_stored(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_ota_t *ota = shown->ota;

    if (ota->has_offset)
        vt600_tree_add_data(tree, hf_ota_offset, shown, VT600_STORED_AT_OFFSET, 4);
    if (!ota->complete)
        return;
    proto_item *flag = add_flag(tree, shown, VT600_STORED_AT_FLAG);
    vt600_remark_make(flag, shown, VT600_REMARK_NAK);
    vt600_remark_make(flag, shown, VT600_REMARK_BLOCK_REFUSED);
}

/* The answers that are a flag alone. */
static void show_flag(proto_tree *tree, const vt600_shown_t *shown)
{
    proto_item *flag = add_flag(tree, shown, 0);
    vt600_remark_make(flag, shown, VT600_REMARK_DENIED);
    vt600_remark_make(flag, shown, VT600_REMARK_UPGRADE_REFUSED);
}

void vt600_tree_ota(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_ota_t *ota = shown->ota;

    if (ota->shape == VT600_DATA_BLOCK)
        show_block(tree, shown);
    else if (ota->shape == VT600_DATA_STORED)
        show_stored(tree, shown);
    if (!ota->complete)
        return;
    switch (ota->shape) {
    case VT600_DATA_TRACKER_INFO:
        show_tracker_info(tree, shown);
        break;
    case VT600_DATA_IMAGE_LENGTH:
        vt600_tree_add_data(tree, hf_ota_image_length, shown, 0, VT600_IMAGE_LENGTH_LEN);
        break;
    case VT600_DATA_IMAGE_CHECKSUM:
        vt600_tree_add_data(tree, hf_ota_image_checksum, shown, 0, VT600_IMAGE_CHECKSUM_LEN);
        break;
    case VT600_DATA_AUTHORIZED:
    case VT600_DATA_UPGRADE:
    case VT600_DATA_CANCELLED:
        show_flag(tree, shown);
        break;
    default:
        break;
    }
}

void vt600_tree_ota_register(void)
{
    static hf_register_info hf[] = {
        /* 0x9500 Get tracker info */
        {&hf_ota_device_code,
         {"Device code", "vt600.ota.device_code", FT_UINT16, BASE_HEX, NULL, 0, "Type of the tracker", HFILL}},
        {&hf_ota_max_length,
         {"Longest block", "vt600.ota.max_length", FT_UINT16, BASE_DEC | BASE_UNIT_STRING, UNS(&vt600_bytes), 0,
          "Most bytes of OTA data that the tracker accepts in a frame", HFILL}},
        {&hf_firmware_version,
         {"Firmware version", "vt600.firmware_version", FT_STRING, BASE_NONE, NULL, 0, "As reported by the tracker",
          HFILL}},
        {&hf_serial_number,
         {"S/N", "vt600.serial_number", FT_STRING, BASE_NONE, NULL, 0, "As reported by the tracker", HFILL}},
        {&hf_imei, {"IMEI", "vt600.imei", FT_STRING, BASE_NONE, NULL, 0, "As reported by the tracker", HFILL}},

        /* 0x9502 OTA data */
        {&hf_ota_offset,
         {"Offset", "vt600.ota.offset", FT_UINT32, BASE_HEX, NULL, 0, "Position of the block in the image", HFILL}},
        {&hf_ota_block_length,
         {"Block length", "vt600.ota.block_length", FT_UINT16, BASE_DEC | BASE_UNIT_STRING, UNS(&vt600_bytes), 0,
          "Bytes of OTA data in this frame", HFILL}},
        {&hf_ota_block,
         {"Block", "vt600.ota.block", FT_BYTES, BASE_NONE, NULL, 0, "This frame's part of the image", HFILL}},

        /* 0x9503 OTA data check */
        {&hf_ota_image_length,
         {"Image length", "vt600.ota.image_length", FT_UINT16, BASE_DEC | BASE_UNIT_STRING, UNS(&vt600_bytes), 0,
          "Length of the image without its own checksum, modulo 65536", HFILL}},
        {&hf_ota_image_checksum,
         {"Image checksum", "vt600.ota.image_checksum", FT_UINT16, BASE_HEX, NULL, 0,
          "Checksum of the image that the tracker stored", HFILL}},

        /* The answers to 0x9501, 0x9502, 0x9504 and 0x9505 */
        {&hf_ota_flag,
         {"Flag", "vt600.ota.flag", FT_UINT8, BASE_HEX, NULL, 0,
          "The tracker's reply; its meaning depends on the command", HFILL}},
        {&hf_ota_result,
         {"Result", "vt600.ota.result", FT_UINT16, BASE_DEC, VALS(vt600_results), 0,
          "The tracker's reply, the same words for all commands", HFILL}},
    };

    proto_register_field_array(vt600_proto, hf, array_length(hf));
}
