/* tree_base.c
 *
 * What a person sees of the base protocol's data; see tree_base.h. Offsets
 * here are those of the frame's data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tree_base.h"

#include "core/identity.h"
#include "core/text.h"
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
static int hf_server = -1;
static int hf_obd = -1;
static int hf_obd_battery = -1;
static int hf_obd_rpm = -1;
static int hf_obd_speed = -1;
static int hf_obd_throttle = -1;
static int hf_obd_load = -1;
static int hf_obd_coolant = -1;
static int hf_obd_fuel_rate = -1;
static int hf_obd_fuel_average = -1;
static int hf_obd_range = -1;
static int hf_obd_odometer = -1;
static int hf_obd_fuel_trip = -1;
static int hf_obd_fuel_total = -1;
static int hf_obd_code_count = -1;
static int hf_obd_hard_accelerations = -1;
static int hf_obd_hard_brakes = -1;
static int hf_obd_total_ignitions = -1;
static int hf_obd_total_driving_time = -1;
static int hf_obd_total_idling_time = -1;
static int hf_obd_total_hot_start_time = -1;
static int hf_obd_total_speed_average = -1;
static int hf_obd_total_speed_highest = -1;
static int hf_obd_total_rpm_highest = -1;
static int hf_obd_total_hard_accelerations = -1;
static int hf_obd_total_hard_brakes = -1;
static int hf_obd_trouble_code = -1;
static int hf_obd_rest = -1;
static int hf_unread = -1;
static int hf_rfid = -1;
static int hf_photo_head = -1;
static int hf_photo_image = -1;
static int hf_photo_footage = -1;
static int hf_photo_packets = -1;
static int hf_photo_packet = -1;
static int hf_photo_data = -1;
static int hf_photo_status = -1;
static int hf_photo = -1;
static int hf_photo_missing = -1;
static int hf_photo_repeated = -1;

static int ett_setting = -1;

static expert_field ei_value_bad = EI_INIT;

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
    {VT600_DATA_PHOTO_INDEX, &hf_photo_image, VT600_PHOTO_AT_IMAGE, VT600_PHOTO_INDEX_LEN},
    {VT600_DATA_PHOTO_STORED, &hf_photo_image, VT600_PHOTO_AT_IMAGE, VT600_PHOTO_INDEX_LEN},
    {VT600_DATA_PHOTO_STORED, &hf_photo_status, VT600_PHOTO_STORED_AT_STATUS, 2},
};

/* At most this many bytes of a value are quoted in an expert info. */
#define QUOTED_MOST 32

/* How a value in a text is read. */
typedef enum {
    VALUE_TEXT,
    VALUE_NUMBER, /* FT_DOUBLE */
    VALUE_COUNT,  /* FT_UINT32, FT_UINT16 */
} value_kind_t;

typedef struct {
    int *field;
    value_kind_t kind;
    double most; /* its greatest value, and but for COUNT the least with the other sign; 0: any */
} value_t;

/* Texts with values between commas, in their order. The last one stands for all others where again says so. */
#define VALUES_MOST 15
static const struct {
    uint16_t code;
    bool again;
    int *rest; /* field of the values after those known; NULL: the whole text has them */
    unsigned count;
    value_t values[VALUES_MOST];
} lists[] = {
    {VT600_CMD_GPRS_PARAMETERS,
     false,
     NULL,
     6,
     {{&hf_gprs_mode, VALUE_TEXT, 0},
      {&hf_gprs_ip, VALUE_TEXT, 0},
      {&hf_gprs_port, VALUE_COUNT, UINT16_MAX},
      {&hf_gprs_apn, VALUE_TEXT, 0},
      {&hf_gprs_user, VALUE_TEXT, 0},
      {&hf_gprs_password, VALUE_TEXT, 0}}},
    {VT600_CMD_GEO_FENCE,
     false,
     NULL,
     5,
     {{&hf_fence_latitude, VALUE_NUMBER, 90},
      {&hf_fence_longitude, VALUE_NUMBER, 180},
      {&hf_fence_radius, VALUE_NUMBER, 0},
      {&hf_fence_in, VALUE_TEXT, 0},
      {&hf_fence_out, VALUE_TEXT, 0}}},
    {VT600_CMD_OBD_REAL_TIME,
     false,
     &hf_obd_rest,
     15,
     {{&hf_obd_battery, VALUE_NUMBER, 0},
      {&hf_obd_rpm, VALUE_NUMBER, 0},
      {&hf_obd_speed, VALUE_NUMBER, 0},
      {&hf_obd_throttle, VALUE_NUMBER, 0},
      {&hf_obd_load, VALUE_NUMBER, 0},
      {&hf_obd_coolant, VALUE_NUMBER, 0},
      {&hf_obd_fuel_rate, VALUE_NUMBER, 0},
      {&hf_obd_fuel_average, VALUE_NUMBER, 0},
      {&hf_obd_range, VALUE_NUMBER, 0},
      {&hf_obd_odometer, VALUE_NUMBER, 0},
      {&hf_obd_fuel_trip, VALUE_NUMBER, 0},
      {&hf_obd_fuel_total, VALUE_NUMBER, 0},
      {&hf_obd_code_count, VALUE_COUNT, UINT32_MAX},
      {&hf_obd_hard_accelerations, VALUE_COUNT, UINT32_MAX},
      {&hf_obd_hard_brakes, VALUE_COUNT, UINT32_MAX}}},
    {VT600_CMD_OBD_ACCUMULATED,
     false,
     &hf_obd_rest,
     9,
     {{&hf_obd_total_ignitions, VALUE_COUNT, UINT32_MAX},
      {&hf_obd_total_driving_time, VALUE_NUMBER, 0},
      {&hf_obd_total_idling_time, VALUE_NUMBER, 0},
      {&hf_obd_total_hot_start_time, VALUE_NUMBER, 0},
      {&hf_obd_total_speed_average, VALUE_NUMBER, 0},
      {&hf_obd_total_speed_highest, VALUE_NUMBER, 0},
      {&hf_obd_total_rpm_highest, VALUE_NUMBER, 0},
      {&hf_obd_total_hard_accelerations, VALUE_COUNT, UINT32_MAX},
      {&hf_obd_total_hard_brakes, VALUE_COUNT, UINT32_MAX}}},
    {VT600_CMD_TROUBLE_CODES, true, NULL, 1, {{&hf_obd_trouble_code, VALUE_TEXT, 0}}},
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

/* A value that is not what its place in the text asks for is shown as text, and named. */
static void show_unread(proto_tree *tree, const vt600_shown_t *shown, size_t at, size_t length, int field)
{
    const char *name = proto_registrar_get_nth((unsigned)field)->name;
    const uint8_t *text = shown->buf + VT600_AT_DATA + at;
    proto_item *item = add_text(tree, hf_unread, shown, at, length);

    proto_item_append_text(item, " (%s)", name);
    if (shown->frame->found == VT600_FOUND_FRAME)
        expert_add_info_format(shown->pinfo, item, &ei_value_bad, "%s is invalid: %s%s", name,
                               format_text(shown->pinfo->pool, (const char *)text, MIN(length, (size_t)QUOTED_MOST)),
                               length > QUOTED_MOST ? "..." : "");
}

/* An empty value says nothing. */
static void show_value(proto_tree *tree, const vt600_shown_t *shown, size_t at, size_t length, const value_t *value)
{
    const uint8_t *text = shown->buf + VT600_AT_DATA + at;
    const int field = *value->field, where = (int)(shown->at + VT600_AT_DATA + at);
    double number;
    uint32_t count;

    if (value->kind == VALUE_TEXT)
        add_text(tree, field, shown, at, length);
    else if (length == 0)
        return;
    else if (value->kind == VALUE_COUNT && vt600_text_count(text, length, (uint32_t)value->most, &count))
        proto_tree_add_uint(tree, field, shown->tvb, where, (int)length, count);
    else if (value->kind == VALUE_NUMBER && vt600_text_number(text, length, &number) &&
             (value->most == 0 || ABS(number) <= value->most))
        proto_tree_add_double(tree, field, shown->tvb, where, (int)length, number);
    else
        show_unread(tree, shown, at, length, field);
}

/* The values of a text that begins at at, below its item. */
static void show_values(proto_item *item, const vt600_shown_t *shown, size_t at, size_t n)
{
    const uint8_t *text = shown->buf + VT600_AT_DATA + at;

    for (size_t i = 0; i < array_length(lists); i++) {
        if (lists[i].code != shown->frame->code)
            continue;
        proto_tree *tree = proto_item_add_subtree(item, ett_setting);
        size_t next = 0, part, length;
        for (unsigned k = 0;
             (k < lists[i].count || lists[i].again) && vt600_text_next_part(text, n, &next, &part, &length); k++)
            show_value(tree, shown, at + part, length, &lists[i].values[MIN(k, lists[i].count - 1)]);
        if (next < n && !lists[i].again && lists[i].rest != NULL)
            add_text(tree, *lists[i].rest, shown, at + next, n - next);
    }
}

static void show_setting(proto_tree *tree, const vt600_shown_t *shown, const vt600_base_t *base)
{
    const uint8_t *text = base->data + base->text_at;
    const size_t n = base->present - base->text_at;
    const char *unit = vt600_setting_unit(shown->frame->code);
    proto_item *item = add_text(tree, hf_setting, shown, base->text_at, n);

    if (unit != NULL && vt600_text_is_printable(text, n))
        proto_item_append_text(item, " (%s)", unit);
    show_values(item, shown, base->text_at, n);
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

/* With the user's name for it, if there is one. */
static void show_alarm(proto_tree *tree, const vt600_shown_t *shown, const vt600_report_t *report)
{
    const char *name = vt600_alarm_name(report->alarm);
    proto_tree_add_uint_format_value(tree, hf_alarm, shown->tvb, (int)(shown->at + VT600_AT_DATA + report->alarm_at), 1,
                                     report->alarm, "%s (0x%02x)", name != NULL ? name : "Unknown", report->alarm);
}

static void show_reports(proto_tree *tree, const vt600_shown_t *shown, const vt600_base_t *base)
{
    vt600_report_t report;
    size_t next = 0;

    while (vt600_base_next_report(base, &next, &report)) {
        if (report.has_alarm)
            show_alarm(tree, shown, &report);
        if (report.text_length > 0)
            vt600_tree_position(tree, shown, (unsigned)(VT600_AT_DATA + report.text_at), (unsigned)report.text_length);
    }
}

/* The photo so far, where this packet makes it whole or is its last one. */
static void show_photo(proto_tree *tree, const vt600_shown_t *shown, const vt600_photo_frame_t *frame)
{
    const vt600_photo_t *photo = frame->photo;
    wmem_allocator_t *scope = shown->pinfo->pool;

    if (frame->again)
        proto_item_set_generated(proto_tree_add_item(tree, hf_photo_repeated, shown->tvb, (int)shown->at, 0, ENC_NA));
    const size_t length = vt600_photo_length(photo, frame->pieces);
    if (!frame->shown || length == 0)
        return;
    const bool complete = vt600_photo_is_complete(photo, frame->pieces);
    if (!complete)
        proto_item_set_generated(proto_tree_add_string(tree, hf_photo_missing, shown->tvb, (int)shown->at, 0,
                                                       vt600_photo_missing(scope, photo, frame->pieces)));
    uint8_t *bytes = wmem_alloc(scope, length);
    vt600_photo_read(photo, frame->pieces, bytes);
    tvbuff_t *tvb = tvb_new_child_real_data(shown->tvb, bytes, (unsigned)length, (int)length);
    add_new_data_source(shown->pinfo, tvb, complete ? "Photo" : "Incomplete photo");
    proto_item_set_generated(proto_tree_add_item(tree, hf_photo, tvb, 0, (int)length, ENC_NA));
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
            show_values(add_text(tree, hf_obd, shown, 0, base->present), shown, 0, base->present);
        break;
    case VT600_DATA_SERVER:
        add_text(tree, hf_server, shown, 0, base->present);
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
        if (tree != NULL && shown->record != NULL && shown->record->photo != NULL && !shown->retransmission)
            show_photo(tree, shown, shown->record->photo);
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
        {&hf_flag,
         {"Flag", "vt600.flag", FT_UINT8, BASE_HEX, VALS(vt600_flags), 0, "The tracker's or the server's reply",
          HFILL}},

        /* 0x4102, 0x5100, 0x9002 */
        {&hf_interval,
         {"Interval", "vt600.interval", FT_UINT16, BASE_DEC, NULL, 0, "Time between two positions, in units of 10 s",
          HFILL}},

        /* 0x4103, 0x9003 */
        {&hf_button,
         {"Button", "vt600.button", FT_UINT8, BASE_DEC | BASE_SPECIAL_VALS, VALS(vt600_buttons), 0, NULL, HFILL}},
        {&hf_phone_sms,
         {"SMS number", "vt600.phone.sms", FT_STRINGZPAD, BASE_NONE, NULL, 0, "Number that receives text messages",
          HFILL}},
        {&hf_phone_call,
         {"Call number", "vt600.phone.call", FT_STRINGZPAD, BASE_NONE, NULL, 0, "Number that receives calls", HFILL}},

        /* Other settings */
        {&hf_speed_limit,
         {"Speed limit", "vt600.speed_limit", FT_UINT8, BASE_DEC, NULL, 0, "In units of 10 km/h", HFILL}},
        {&hf_radius,
         {"Radius code", "vt600.radius", FT_UINT8, BASE_DEC, NULL, 0, "Movement alarm radius, as a code", HFILL}},
        {&hf_switch, {"Switch", "vt600.switch", FT_UINT8, BASE_HEX, VALS(vt600_switches), 0, NULL, HFILL}},
        {&hf_sleep_level, {"Sleep level", "vt600.sleep_level", FT_UINT8, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_output, {"Output", "vt600.output", FT_UINT8, BASE_HEX, VALS(vt600_outputs), 0, NULL, HFILL}},
        {&hf_trigger,
         {"Input alarm", "vt600.trigger", FT_UINT8, BASE_HEX, VALS(vt600_triggers), 0,
          "Input transition that raises an alarm", HFILL}},
        {&hf_setting,
         {"Setting", "vt600.setting", FT_STRING, BASE_NONE, NULL, 0, "The parameter of a setting, as text", HFILL}},
        {&hf_gprs_mode, {"Mode", "vt600.gprs.mode", FT_STRING, BASE_NONE, NULL, 0, "0 on, 1 TCP, 2 UDP", HFILL}},
        {&hf_gprs_ip, {"Server", "vt600.gprs.ip", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_gprs_port, {"Port", "vt600.gprs.port", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_gprs_apn, {"APN", "vt600.gprs.apn", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_gprs_user, {"User", "vt600.gprs.user", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_gprs_password, {"Password", "vt600.gprs.password", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_fence_latitude,
         {"Latitude", "vt600.fence.latitude", FT_DOUBLE, BASE_NONE, NULL, 0, "Degrees, south negative", HFILL}},
        {&hf_fence_longitude,
         {"Longitude", "vt600.fence.longitude", FT_DOUBLE, BASE_NONE, NULL, 0, "Degrees, west negative", HFILL}},
        {&hf_fence_radius, {"Radius", "vt600.fence.radius", FT_DOUBLE, BASE_NONE, NULL, 0, "Metres", HFILL}},
        {&hf_fence_in, {"Entering", "vt600.fence.in", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_fence_out, {"Leaving", "vt600.fence.out", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},

        {&hf_unread,
         {"Not read", "vt600.value.unread", FT_STRING, BASE_NONE, NULL, 0,
          "A value that is not a number or is out of range", HFILL}},

        /* 0x0002 Get server */
        {&hf_server, {"Server", "vt600.server", FT_STRING, BASE_NONE, NULL, 0, "The server's host:port", HFILL}},

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
         {"Positions", "vt600.position.count", FT_UINT8, BASE_DEC, NULL, 0, "Number of positions in this frame",
          HFILL}},
        {&hf_alarm, {"Alarm", "vt600.alarm", FT_UINT8, BASE_HEX, VALS(vt600_alarms), 0, "Alarm code", HFILL}},

        /* 0x9901 OBD real time, 0x9902 OBD accumulated, 0x9903 Trouble codes */
        {&hf_obd, {"OBD", "vt600.obd", FT_STRING, BASE_NONE, NULL, 0, "On-board diagnostics text", HFILL}},
        {&hf_obd_battery, {"Battery", "vt600.obd.battery", FT_DOUBLE, BASE_NONE, NULL, 0, "Volts", HFILL}},
        {&hf_obd_rpm,
         {"Engine speed", "vt600.obd.rpm", FT_DOUBLE, BASE_NONE, NULL, 0, "Revolutions per minute", HFILL}},
        {&hf_obd_speed, {"Speed", "vt600.obd.speed", FT_DOUBLE, BASE_NONE, NULL, 0, "In km/h", HFILL}},
        {&hf_obd_throttle, {"Throttle", "vt600.obd.throttle", FT_DOUBLE, BASE_NONE, NULL, 0, "Percent", HFILL}},
        {&hf_obd_load, {"Engine load", "vt600.obd.load", FT_DOUBLE, BASE_NONE, NULL, 0, "Percent", HFILL}},
        {&hf_obd_coolant,
         {"Coolant temperature", "vt600.obd.coolant", FT_DOUBLE, BASE_NONE, NULL, 0, "Degrees Celsius", HFILL}},
        {&hf_obd_fuel_rate,
         {"Instantaneous fuel consumption", "vt600.obd.fuel_rate", FT_DOUBLE, BASE_NONE, NULL, 0,
          "In a unit that is not known", HFILL}},
        {&hf_obd_fuel_average,
         {"Average fuel consumption", "vt600.obd.fuel_average", FT_DOUBLE, BASE_NONE, NULL, 0,
          "In a unit that is not known", HFILL}},
        {&hf_obd_range,
         {"Driving range", "vt600.obd.range", FT_DOUBLE, BASE_NONE, NULL, 0, "In a unit that is not known", HFILL}},
        {&hf_obd_odometer,
         {"Odometer", "vt600.obd.odometer", FT_DOUBLE, BASE_NONE, NULL, 0, "In a unit that is not known", HFILL}},
        {&hf_obd_fuel_trip,
         {"Fuel used on this trip", "vt600.obd.fuel_trip", FT_DOUBLE, BASE_NONE, NULL, 0, "In a unit that is not known",
          HFILL}},
        {&hf_obd_fuel_total,
         {"Total fuel used", "vt600.obd.fuel_total", FT_DOUBLE, BASE_NONE, NULL, 0, "In a unit that is not known",
          HFILL}},
        {&hf_obd_code_count,
         {"Trouble codes", "vt600.obd.code_count", FT_UINT32, BASE_DEC, NULL, 0, "Number of trouble codes", HFILL}},
        {&hf_obd_hard_accelerations,
         {"Hard accelerations", "vt600.obd.hard_accelerations", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_obd_hard_brakes, {"Hard brakes", "vt600.obd.hard_brakes", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_obd_total_ignitions,
         {"Ignitions", "vt600.obd.total.ignitions", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_obd_total_driving_time,
         {"Driving time", "vt600.obd.total.driving_time", FT_DOUBLE, BASE_NONE, NULL, 0, "In a unit that is not known",
          HFILL}},
        {&hf_obd_total_idling_time,
         {"Idling time", "vt600.obd.total.idling_time", FT_DOUBLE, BASE_NONE, NULL, 0, "In a unit that is not known",
          HFILL}},
        {&hf_obd_total_hot_start_time,
         {"Average hot start time", "vt600.obd.total.hot_start_time", FT_DOUBLE, BASE_NONE, NULL, 0,
          "In a unit that is not known", HFILL}},
        {&hf_obd_total_speed_average,
         {"Average speed", "vt600.obd.total.speed_average", FT_DOUBLE, BASE_NONE, NULL, 0,
          "In a unit that is not known", HFILL}},
        {&hf_obd_total_speed_highest,
         {"Highest speed", "vt600.obd.total.speed_highest", FT_DOUBLE, BASE_NONE, NULL, 0,
          "In a unit that is not known", HFILL}},
        {&hf_obd_total_rpm_highest,
         {"Highest engine speed", "vt600.obd.total.rpm_highest", FT_DOUBLE, BASE_NONE, NULL, 0,
          "In a unit that is not known", HFILL}},
        {&hf_obd_total_hard_accelerations,
         {"Hard accelerations", "vt600.obd.total.hard_accelerations", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_obd_total_hard_brakes,
         {"Hard brakes", "vt600.obd.total.hard_brakes", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_obd_trouble_code, {"Trouble code", "vt600.obd.trouble_code", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_obd_rest,
         {"Other values", "vt600.obd.rest", FT_STRING, BASE_NONE, NULL, 0, "Values after those that are known", HFILL}},

        /* 0x9966 RFID */
        {&hf_rfid, {"Card", "vt600.rfid", FT_UINT32, BASE_DEC, NULL, 0, "Number of an RFID card", HFILL}},

        /* 0x9977 Position with image, 0x9988 Photo data */
        {&hf_photo_head,
         {"Image", "vt600.photo.head", FT_BYTES, BASE_NONE, NULL, 0, "Bytes before the position", HFILL}},
        {&hf_photo_image, {"Image", "vt600.photo.image", FT_UINT8, BASE_DEC, NULL, 0, "Number of the image", HFILL}},
        {&hf_photo_footage, {"Footage", "vt600.photo.footage", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_photo_packets,
         {"Total packets", "vt600.photo.packets", FT_UINT8, BASE_DEC, NULL, 0, "Packets of the photo", HFILL}},
        {&hf_photo_packet,
         {"Packet", "vt600.photo.packet", FT_UINT8, BASE_DEC, NULL, 0, "Number of this packet", HFILL}},
        {&hf_photo_data,
         {"Photo data", "vt600.photo.data", FT_BYTES, BASE_NONE, NULL, 0, "This packet's part of the JPEG file",
          HFILL}},
        {&hf_photo_status,
         {"Status", "vt600.photo.status", FT_UINT16, BASE_HEX, NULL, 0,
          "In the confirmation of a photo; always 0 so far", HFILL}},

        /* Generated */
        {&hf_photo, {"Photo", "vt600.photo", FT_BYTES, BASE_NONE, NULL, 0, "The photo, put together", HFILL}},
        {&hf_photo_missing,
         {"Missing packets", "vt600.photo.missing", FT_STRING, BASE_NONE, NULL, 0,
          "Packets of the photo that have not been seen so far", HFILL}},
        {&hf_photo_repeated,
         {"Sent before", "vt600.photo.repeated", FT_NONE, BASE_NONE, NULL, 0,
          "This packet of the photo was sent before; it is not counted again", HFILL}},
    };
    static int *ett[] = {&ett_setting};
    static ei_register_info ei[] = {
        {&ei_value_bad,
         {"vt600.value.bad", PI_UNDECODED, PI_NOTE, "A value is not a number or is out of range", EXPFILL}},
    };

    proto_register_field_array(vt600_proto, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert, ei, array_length(ei));
    vt600_tree_position_register(expert);
}
