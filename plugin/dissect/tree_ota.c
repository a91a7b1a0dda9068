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
#include "info.h"
#include "meaning.h"
#include "packet-vt600.h"

static int hf_ota_device_code = -1;
static int hf_ota_max_length = -1;
static int hf_firmware_version = -1;
static int hf_serial_number = -1;
static int hf_imei = -1;
static int hf_ota_flag_authorized = -1;
static int hf_ota_offset = -1;
static int hf_ota_block_length = -1;
static int hf_ota_block = -1;
static int hf_ota_flag_stored = -1;
static int hf_ota_image_length = -1;
static int hf_ota_image_checksum = -1;
static int hf_ota_flag_upgrade = -1;
static int hf_ota_flag_cancelled = -1;

static expert_field ei_ota_refused = EI_INIT;
static expert_field ei_ota_nak = EI_INIT;
static expert_field ei_ota_old_firmware = EI_INIT;

/* A flag, with the meaning that it has in this answer. */
static proto_item *add_flag(proto_tree *tree, int field, const vt600_shown_t *shown, unsigned offset)
{
    return vt600_tree_add_data(tree, field, shown, offset, VT600_FLAG_LEN);
}

/* A part of the text of a tracker info; NULL: it is not there. */
static proto_item *add_text(proto_tree *tree, int field, const vt600_shown_t *shown, vt600_span_t span)
{
    const size_t at = shown->at + VT600_AT_DATA + VT600_INFO_AT_TEXT + span.at;
    return span.length > 0 ? proto_tree_add_item(tree, field, shown->tvb, (int)at, (int)span.length, ENC_ASCII) : NULL;
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

    if (vt600_identity_is_old(ota->text + identity.version.at, identity.version.length))
        expert_add_info_format(shown->pinfo, version, &ei_ota_old_firmware,
                               "Firmware %s is older than V%d.%d, the first with OTA",
                               vt600_info_version(shown->pinfo->pool, ota, shown->device), VT600_OTA_FIRMWARE_MAJOR,
                               VT600_OTA_FIRMWARE_MINOR);
}

static void show_authorized(proto_tree *tree, const vt600_shown_t *shown)
{
    proto_item *flag = add_flag(tree, hf_ota_flag_authorized, shown, 0);
    if (shown->ota->flag == VT600_FLAG_AUTHORIZE_FAILED)
        expert_add_info_format(shown->pinfo, flag, &ei_ota_refused, "The tracker did not grant the authorization");
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
    proto_item *flag = add_flag(tree, hf_ota_flag_stored, shown, VT600_STORED_AT_FLAG);
    if (ota->flag == VT600_FLAG_BLOCK_FAILED)
        expert_add_info_format(shown->pinfo, flag, &ei_ota_nak, "The tracker did not store the block at 0x%08x",
                               ota->offset);
    else if (ota->flag == VT600_FLAG_NOT_AUTHORIZED)
        expert_add_info_format(shown->pinfo, flag, &ei_ota_refused,
                               "The tracker is not authorized for OTA data and refused the block at 0x%08x",
                               ota->offset);
}

static void show_upgrade(proto_tree *tree, const vt600_shown_t *shown)
{
    proto_item *flag = add_flag(tree, hf_ota_flag_upgrade, shown, 0);
    if (shown->ota->flag == VT600_FLAG_NOT_AUTHORIZED)
        expert_add_info_format(shown->pinfo, flag, &ei_ota_refused,
                               "The tracker is not authorized for an upgrade and refused it");
}

size_t vt600_tree_ota(proto_tree *tree, const vt600_shown_t *shown)
{
    const vt600_ota_t *ota = shown->ota;

    switch (ota->shape) {
    case VT600_DATA_BLOCK:
        show_block(tree, shown);
        if (ota->block != NULL)
            return VT600_BLOCK_AT_BLOCK + ota->block_present;
        return ota->has_offset ? sizeof ota->offset : 0;
    case VT600_DATA_STORED:
        show_stored(tree, shown);
        return ota->complete ? ota->needed : ota->has_offset ? sizeof ota->offset : 0;
    default:
        break;
    }
    if (!ota->complete)
        return 0;
    switch (ota->shape) {
    case VT600_DATA_TRACKER_INFO:
        show_tracker_info(tree, shown);
        return VT600_INFO_AT_TEXT + ota->text_length;
    case VT600_DATA_AUTHORIZED:
        show_authorized(tree, shown);
        break;
    case VT600_DATA_IMAGE_LENGTH:
        vt600_tree_add_data(tree, hf_ota_image_length, shown, 0, VT600_IMAGE_LENGTH_LEN);
        break;
    case VT600_DATA_IMAGE_CHECKSUM:
        vt600_tree_add_data(tree, hf_ota_image_checksum, shown, 0, VT600_IMAGE_CHECKSUM_LEN);
        break;
    case VT600_DATA_UPGRADE:
        show_upgrade(tree, shown);
        break;
    case VT600_DATA_CANCELLED:
        add_flag(tree, hf_ota_flag_cancelled, shown, 0);
        break;
    default:
        break;
    }
    return ota->needed;
}

void vt600_tree_ota_register(expert_module_t *expert)
{
    static hf_register_info hf[] = {
        /* 0x9500 Get tracker info */
        {&hf_ota_device_code,
         {"Device code", "vt600.ota.device_code", FT_UINT16, BASE_HEX, NULL, 0, "Type of the tracker", HFILL}},
        {&hf_ota_max_length,
         {"Longest block", "vt600.ota.max_length", FT_UINT16, BASE_DEC | BASE_UNIT_STRING, UNS(&vt600_bytes), 0,
          "Most bytes of OTA data that the tracker takes in a frame", HFILL}},
        {&hf_firmware_version,
         {"Firmware version", "vt600.firmware_version", FT_STRING, BASE_NONE, NULL, 0, "As the tracker tells it",
          HFILL}},
        {&hf_serial_number,
         {"S/N", "vt600.serial_number", FT_STRING, BASE_NONE, NULL, 0, "As the tracker tells it", HFILL}},
        {&hf_imei, {"IMEI", "vt600.imei", FT_STRING, BASE_NONE, NULL, 0, "As the tracker tells it", HFILL}},

        /* 0x9501 OTA authorization */
        {&hf_ota_flag_authorized,
         {"Flag", "vt600.ota.flag", FT_UINT8, BASE_HEX, VALS(vt600_flags_authorized), 0,
          "What the tracker answers; the meaning depends on the command", HFILL}},

        /* 0x9502 OTA data */
        {&hf_ota_offset,
         {"Offset", "vt600.ota.offset", FT_UINT32, BASE_HEX, NULL, 0, "Place of the block in the image", HFILL}},
        {&hf_ota_block_length,
         {"Block length", "vt600.ota.block_length", FT_UINT16, BASE_DEC | BASE_UNIT_STRING, UNS(&vt600_bytes), 0,
          "Bytes of OTA data in this frame", HFILL}},
        {&hf_ota_block,
         {"Block", "vt600.ota.block", FT_BYTES, BASE_NONE, NULL, 0, "This frame's part of the image", HFILL}},
        {&hf_ota_flag_stored,
         {"Flag", "vt600.ota.flag", FT_UINT8, BASE_HEX, VALS(vt600_flags_stored), 0,
          "What the tracker answers; the meaning depends on the command", HFILL}},

        /* 0x9503 OTA data check */
        {&hf_ota_image_length,
         {"Image length", "vt600.ota.image_length", FT_UINT16, BASE_DEC | BASE_UNIT_STRING, UNS(&vt600_bytes), 0,
          "Length of the image without its own checksum, modulo 65536", HFILL}},
        {&hf_ota_image_checksum,
         {"Image checksum", "vt600.ota.image_checksum", FT_UINT16, BASE_HEX, NULL, 0,
          "Checksum of the image that the tracker stored", HFILL}},

        /* 0x9504 Start upgrade */
        {&hf_ota_flag_upgrade,
         {"Flag", "vt600.ota.flag", FT_UINT8, BASE_HEX, VALS(vt600_flags_upgrade), 0,
          "What the tracker answers; the meaning depends on the command", HFILL}},

        /* 0x9505 Cancel OTA */
        {&hf_ota_flag_cancelled,
         {"Flag", "vt600.ota.flag", FT_UINT8, BASE_HEX, VALS(vt600_flags_cancelled), 0,
          "What the tracker answers; the meaning depends on the command", HFILL}},
    };
    static ei_register_info ei[] = {
        {&ei_ota_refused, {"vt600.ota.refused", PI_RESPONSE_CODE, PI_WARN, "The tracker refused", EXPFILL}},
        {&ei_ota_nak, {"vt600.ota.nak", PI_RESPONSE_CODE, PI_WARN, "The tracker did not store a block", EXPFILL}},
        {&ei_ota_old_firmware, {"vt600.ota.old_firmware", PI_PROTOCOL, PI_NOTE, "Firmware too old for OTA", EXPFILL}},
    };

    proto_register_field_array(vt600_proto, hf, array_length(hf));
    expert_register_field_array(expert, ei, array_length(ei));
}
