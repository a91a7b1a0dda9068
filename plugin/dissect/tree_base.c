/* tree_base.c
 *
 * What a person sees of the base protocol's data; see tree_base.h. Offsets
 * here are those of the frame's data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tree_base.h"

#include "core/identity.h"
#include "meaning.h"
#include "packet-vt600.h"
#include "tree_position.h"

static int hf_flag = -1;
static int hf_interval = -1;
static int hf_button = -1;
static int hf_phone_sms = -1;
static int hf_phone_call = -1;
static int hf_speed_limit = -1;
static int hf_radius = -1;
static int hf_switch = -1;
static int hf_sleep_level = -1;
static int hf_output = -1;
static int hf_trigger = -1;
static int hf_setting = -1;
static int hf_gprs_mode = -1;
static int hf_gprs_ip = -1;
static int hf_gprs_port = -1;
static int hf_gprs_apn = -1;
static int hf_gprs_user = -1;
static int hf_gprs_password = -1;
static int hf_fence_latitude = -1;
static int hf_fence_longitude = -1;
static int hf_fence_radius = -1;
static int hf_fence_in = -1;
static int hf_fence_out = -1;
static int hf_firmware_version = -1;
static int hf_serial_number = -1;
static int hf_imei = -1;
static int hf_log_device_random = -1;
static int hf_log_pc_random = -1;
static int hf_log_flag = -1;
static int hf_log_waypoints = -1;
static int hf_position_count = -1;
static int hf_alarm = -1;
static int hf_obd = -1;
static int hf_rfid = -1;
static int hf_photo_head = -1;
static int hf_photo_image = -1;
static int hf_photo_footage = -1;
static int hf_photo_packets = -1;
static int hf_photo_packet = -1;
static int hf_photo_data = -1;

static int ett_setting = -1;

/* Numbers that always stand at the same place. */
static const struct {
    vt600_data_shape_t shape;
    int *field;
    unsigned at;
    unsigned length;
} numbers[] = {
    {VT600_DATA_FLAG, &hf_flag, 0, VT600_FLAG_LEN},
    {VT600_DATA_INTERVAL_SET, &hf_flag, VT600_INTERVAL_SET_AT_FLAG, VT600_FLAG_LEN},
    {VT600_DATA_PHONE, &hf_button, 0, VT600_BUTTON_LEN},
    {VT600_DATA_BUTTON, &hf_button, 0, VT600_BUTTON_LEN},
    {VT600_DATA_SLEEP_LEVEL, &hf_sleep_level, 0, VT600_SLEEP_LEVEL_LEN},
    {VT600_DATA_LOG_REQUEST, &hf_log_device_random, VT600_LOG_AT_DEVICE_RANDOM, 1},
    {VT600_DATA_LOG_REQUEST, &hf_log_pc_random, VT600_LOG_AT_PC_RANDOM, 1},
    {VT600_DATA_LOG_REQUEST, &hf_log_flag, VT600_LOG_AT_FLAG, 2},
    {VT600_DATA_LOG, &hf_log_device_random, VT600_LOG_AT_DEVICE_RANDOM, 1},
    {VT600_DATA_LOG, &hf_log_pc_random, VT600_LOG_AT_PC_RANDOM, 1},
    {VT600_DATA_LOG, &hf_log_waypoints, VT600_LOG_AT_WAYPOINTS, 4},
    {VT600_DATA_REPORTS, &hf_position_count, VT600_REPORTS_AT_COUNT, 1},
    {VT600_DATA_PHOTO, &hf_photo_image, VT600_PHOTO_AT_IMAGE, 1},
    {VT600_DATA_PHOTO, &hf_photo_footage, VT600_PHOTO_AT_FOOTAGE, 2},
    {VT600_DATA_PHOTO, &hf_photo_packets, VT600_PHOTO_AT_PACKETS, 1},
    {VT600_DATA_PHOTO, &hf_photo_packet, VT600_PHOTO_AT_PACKET, 1},
};

/* Settings whose text has parts, in their order. */
static const struct {
    uint16_t code;
    int *fields[6];
} lists[] = {
    {VT600_CMD_GPRS_PARAMETERS,
     {&hf_gprs_mode, &hf_gprs_ip, &hf_gprs_port, &hf_gprs_apn, &hf_gprs_user, &hf_gprs_password}},
    {VT600_CMD_GEO_FENCE, {&hf_fence_latitude, &hf_fence_longitude, &hf_fence_radius, &hf_fence_in, &hf_fence_out}},
};

static proto_item *add_text(proto_tree *tree, int field, const vt600_shown_t *shown, size_t at, size_t length)
{
    return vt600_tree_add_text(tree, field, shown, shown->at + VT600_AT_DATA + (unsigned)at, (unsigned)length);
}

static void show_numbers(proto_tree *tree, const vt600_shown_t *shown, const vt600_base_t *base)
{
    for (size_t i = 0; i < array_length(numbers); i++)
        if (numbers[i].shape == base->shape)
            vt600_tree_add_data(tree, *numbers[i].field, shown, numbers[i].at, numbers[i].length);
}

/* One byte for each line, switch or button, from 1 on. */
static void show_each(proto_tree *tree, int field, const vt600_shown_t *shown, const vt600_base_t *base)
{
    for (size_t at = 0; at < base->understood; at++)
        proto_item_append_text(vt600_tree_add_data(tree, field, shown, at, 1), " [%zu]", at + 1);
}

static void show_interval(proto_tree *tree, const vt600_shown_t *shown, const vt600_base_t *base, unsigned at)
{
    const unsigned interval = vt600_be16(base->data + at);
    proto_item *item = vt600_tree_add_data(tree, hf_interval, shown, at, VT600_INTERVAL_LEN);
    if (interval == 0)
        proto_item_append_text(item, " (off)");
    else
        proto_item_append_text(item, " (%u s)", interval * VT600_INTERVAL_UNIT);
}

static void show_phone_numbers(proto_tree *tree, const vt600_shown_t *shown, unsigned at)
{
    add_text(tree, hf_phone_sms, shown, at, VT600_NUMBER_LEN);
    add_text(tree, hf_phone_call, shown, at + VT600_NUMBER_LEN, VT600_NUMBER_LEN);
}

static void show_speed_limit(proto_tree *tree, const vt600_shown_t *shown, const vt600_base_t *base)
{
    proto_item *item = vt600_tree_add_data(tree, hf_speed_limit, shown, 0, VT600_SPEED_LIMIT_LEN);
    if (base->data[0] == 0)
        proto_item_append_text(item, " (off)");
    else
        proto_item_append_text(item, " (%u km/h)", base->data[0] * VT600_SPEED_LIMIT_UNIT);
}

static void show_setting(proto_tree *tree, const vt600_shown_t *shown, const vt600_base_t *base)
{
    const uint8_t *text = base->data + base->text_at;
    const size_t n = base->present - base->text_at;
    const char *unit = vt600_setting_unit(shown->frame->code);
    proto_item *item = add_text(tree, hf_setting, shown, base->text_at, n);

    if (unit != NULL && vt600_base_is_text(text, n))
        proto_item_append_text(item, " (%s)", unit);
    for (size_t i = 0; i < array_length(lists); i++) {
        if (lists[i].code != shown->frame->code)
            continue;
        proto_tree *parts = proto_item_add_subtree(item, ett_setting);
        size_t next = 0, at, length;
        for (size_t k = 0; k < array_length(lists[i].fields) && lists[i].fields[k] != NULL; k++)
            if (vt600_base_next_part(text, n, &next, &at, &length))
                add_text(parts, *lists[i].fields[k], shown, base->text_at + at, length);
    }
}

static void show_identity(proto_tree *tree, const vt600_shown_t *shown, const vt600_base_t *base)
{
    const vt600_identity_t identity = vt600_identity_read(base->data, base->present, shown->device);

    if (identity.serial.length > 0)
        add_text(tree, hf_serial_number, shown, identity.serial.at, identity.serial.length);
    if (identity.imei.length > 0)
        add_text(tree, hf_imei, shown, identity.imei.at, identity.imei.length);
    if (identity.version.length > 0)
        add_text(tree, hf_firmware_version, shown, identity.version.at, identity.version.length);
}

static void show_reports(proto_tree *tree, const vt600_shown_t *shown, const vt600_base_t *base)
{
    vt600_report_t report;
    size_t next = 0;

    while (vt600_base_next_report(base, &next, &report)) {
        if (report.has_alarm)
            vt600_tree_add_data(tree, hf_alarm, shown, report.alarm_at, 1);
        if (report.text_length > 0)
            vt600_tree_position(tree, shown, (unsigned)(VT600_AT_DATA + report.text_at), (unsigned)report.text_length);
    }
}

void vt600_tree_base(proto_tree *tree, const vt600_shown_t *shown, const vt600_base_t *base)
{
    if (!base->complete)
        return;
    show_numbers(tree, shown, base);
    switch (base->shape) {
    case VT600_DATA_INTERVAL:
        show_interval(tree, shown, base, 0);
        break;
    case VT600_DATA_INTERVAL_SET:
        show_interval(tree, shown, base, VT600_INTERVAL_SET_AT_INTERVAL);
        break;
    case VT600_DATA_PHONE:
        show_phone_numbers(tree, shown, VT600_PHONE_AT_NUMBERS);
        break;
    case VT600_DATA_NUMBERS:
        show_phone_numbers(tree, shown, 0);
        break;
    case VT600_DATA_SPEED_LIMIT:
        show_speed_limit(tree, shown, base);
        break;
    case VT600_DATA_SWITCHES:
        show_each(tree, hf_switch, shown, base);
        break;
    case VT600_DATA_OUTPUTS:
        show_each(tree, hf_output, shown, base);
        break;
    case VT600_DATA_TRIGGERS:
        show_each(tree, hf_trigger, shown, base);
        break;
    case VT600_DATA_RADIUS:
        if (base->text_at < base->present)
            show_setting(tree, shown, base);
        else if (base->understood > 0)
            vt600_tree_add_data(tree, hf_radius, shown, 0, VT600_RADIUS_LEN);
        break;
    case VT600_DATA_SETTING:
        show_setting(tree, shown, base);
        break;
    case VT600_DATA_IDENTITY:
        show_identity(tree, shown, base);
        break;
    case VT600_DATA_OBD:
        if (base->present > 0)
            add_text(tree, hf_obd, shown, 0, base->present);
        break;
    case VT600_DATA_CARDS:
        for (size_t at = 0; at < VT600_CARDS_AT_TEXT; at += VT600_CARD_LEN)
            vt600_tree_add_data(tree, hf_rfid, shown, at, VT600_CARD_LEN);
        show_reports(tree, shown, base);
        break;
    case VT600_DATA_IMAGE_POSITION:
        if (base->understood > 0 && base->text_at > 0)
            vt600_tree_add_data(tree, hf_photo_head, shown, 0, base->text_at);
        show_reports(tree, shown, base);
        break;
    case VT600_DATA_PHOTO:
        if (base->present > VT600_PHOTO_AT_DATA)
            vt600_tree_add_data(tree, hf_photo_data, shown, VT600_PHOTO_AT_DATA, base->present - VT600_PHOTO_AT_DATA);
        break;
    default:
        show_reports(tree, shown, base);
        break;
    }
}

void vt600_tree_base_register(expert_module_t *expert)
{
    static hf_register_info hf[] = {
        /* Answers to settings, 0x4000, 0x5100 */
        {&hf_flag, {"Flag", "vt600.flag", FT_UINT8, BASE_HEX, VALS(vt600_flags), 0, "What the tracker answers", HFILL}},

        /* 0x4102, 0x5100, 0x9002 */
        {&hf_interval,
         {"Interval", "vt600.interval", FT_UINT16, BASE_DEC, NULL, 0, "Time between two positions, in units of 10 s",
          HFILL}},

        /* 0x4103, 0x9003 */
        {&hf_button,
         {"Button", "vt600.button", FT_UINT8, BASE_DEC | BASE_SPECIAL_VALS, VALS(vt600_buttons), 0, NULL, HFILL}},
        {&hf_phone_sms,
         {"SMS number", "vt600.phone.sms", FT_STRINGZPAD, BASE_NONE, NULL, 0, "Who gets messages", HFILL}},
        {&hf_phone_call,
         {"Call number", "vt600.phone.call", FT_STRINGZPAD, BASE_NONE, NULL, 0, "Who gets calls", HFILL}},

        /* Other settings */
        {&hf_speed_limit,
         {"Speed limit", "vt600.speed_limit", FT_UINT8, BASE_DEC, NULL, 0, "In units of 10 km/h", HFILL}},
        {&hf_radius,
         {"Radius code", "vt600.radius", FT_UINT8, BASE_DEC, NULL, 0, "How far a movement must go, as a code", HFILL}},
        {&hf_switch, {"Switch", "vt600.switch", FT_UINT8, BASE_HEX, VALS(vt600_switches), 0, NULL, HFILL}},
        {&hf_sleep_level, {"Sleep level", "vt600.sleep_level", FT_UINT8, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_output, {"Output", "vt600.output", FT_UINT8, BASE_HEX, VALS(vt600_outputs), 0, NULL, HFILL}},
        {&hf_trigger,
         {"Input alarm", "vt600.trigger", FT_UINT8, BASE_HEX, VALS(vt600_triggers), 0, "What of an input is an alarm",
          HFILL}},
        {&hf_setting,
         {"Setting", "vt600.setting", FT_STRING, BASE_NONE, NULL, 0, "The parameter of a setting, as text", HFILL}},
        {&hf_gprs_mode, {"Mode", "vt600.gprs.mode", FT_STRING, BASE_NONE, NULL, 0, "0 on, 1 TCP, 2 UDP", HFILL}},
        {&hf_gprs_ip, {"Server", "vt600.gprs.ip", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_gprs_port, {"Port", "vt600.gprs.port", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_gprs_apn, {"APN", "vt600.gprs.apn", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_gprs_user, {"User", "vt600.gprs.user", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_gprs_password, {"Password", "vt600.gprs.password", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_fence_latitude, {"Latitude", "vt600.fence.latitude", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_fence_longitude, {"Longitude", "vt600.fence.longitude", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_fence_radius, {"Radius", "vt600.fence.radius", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_fence_in, {"Entering", "vt600.fence.in", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_fence_out, {"Leaving", "vt600.fence.out", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},

        /* 0x9001 Get S/N and IMEI */
        {&hf_serial_number, {"S/N", "vt600.serial_number", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_imei, {"IMEI", "vt600.imei", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_firmware_version,
         {"Firmware version", "vt600.firmware_version", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},

        /* 0x9016 Read logged data */
        {&hf_log_device_random,
         {"Device's random number", "vt600.log.device_random", FT_UINT8, BASE_HEX, NULL, 0, NULL, HFILL}},
        {&hf_log_pc_random, {"PC's random number", "vt600.log.pc_random", FT_UINT8, BASE_HEX, NULL, 0, NULL, HFILL}},
        {&hf_log_flag, {"Flag", "vt600.log.flag", FT_UINT16, BASE_HEX, VALS(vt600_log_flags), 0, NULL, HFILL}},
        {&hf_log_waypoints, {"Waypoints", "vt600.log.waypoints", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},

        /* 0x6688 Retransmission, 0x9999 Alarm */
        {&hf_position_count,
         {"Positions", "vt600.position.count", FT_UINT8, BASE_DEC, NULL, 0, "How many are in this frame", HFILL}},
        {&hf_alarm, {"Alarm", "vt600.alarm", FT_UINT8, BASE_HEX, VALS(vt600_alarms), 0, "What happened", HFILL}},

        /* 0x9901 OBD real time, 0x9902 OBD accumulated, 0x9903 Trouble codes */
        {&hf_obd, {"OBD", "vt600.obd", FT_STRING, BASE_NONE, NULL, 0, "What the car's diagnosis says", HFILL}},

        /* 0x9966 RFID */
        {&hf_rfid, {"Card", "vt600.rfid", FT_UINT32, BASE_DEC, NULL, 0, "Number of an RFID card", HFILL}},

        /* 0x9977 Position with image, 0x9988 Photo data */
        {&hf_photo_head,
         {"Image", "vt600.photo.head", FT_BYTES, BASE_NONE, NULL, 0, "What stands before the position", HFILL}},
        {&hf_photo_image, {"Image", "vt600.photo.image", FT_UINT8, BASE_DEC, NULL, 0, "Number of the image", HFILL}},
        {&hf_photo_footage, {"Footage", "vt600.photo.footage", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_photo_packets,
         {"Packets in all", "vt600.photo.packets", FT_UINT8, BASE_DEC, NULL, 0, "Packets of the photo", HFILL}},
        {&hf_photo_packet,
         {"Packet", "vt600.photo.packet", FT_UINT8, BASE_DEC, NULL, 0, "Number of this packet", HFILL}},
        {&hf_photo_data,
         {"Photo data", "vt600.photo.data", FT_BYTES, BASE_NONE, NULL, 0, "This packet's part of the JPEG file",
          HFILL}},
    };
    static int *ett[] = {&ett_setting};

    proto_register_field_array(vt600_proto, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    vt600_tree_position_register(expert);
}
