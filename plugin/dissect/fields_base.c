/* fields_base.c
 *
 * The fields of the base protocol; see fields_base.h. In the order of the
 * commands. Those of positions are in tree_position.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fields_base.h"

#include <epan/packet.h>

#include "meaning.h"
#include "settings.h"

static int hf[VT600_FIELDS];

int vt600_field_base(vt600_field_t field)
{
    return hf[field];
}

const char *vt600_field_base_name(vt600_field_t field)
{
    return proto_registrar_get_nth((unsigned)hf[field])->name;
}

const char *vt600_field_base_meaning(vt600_field_t field, uint32_t value)
{
    if (field == VT600_FIELD_ALARM)
        return vt600_alarm_name((uint8_t)value);
    const value_string *meanings = proto_registrar_get_nth((unsigned)hf[field])->strings;
    return meanings != NULL ? try_val_to_str(value, meanings) : NULL;
}

void vt600_fields_base_register(void)
{
    static hf_register_info fields[] = {
        /* Answers to settings, 0x4000, 0x5100 */
        {&hf[VT600_FIELD_FLAG],
         {"Flag", "vt600.flag", FT_UINT8, BASE_HEX, VALS(vt600_flags), 0, "The tracker's or the server's reply",
          HFILL}},

        /* 0x4102, 0x5100, 0x9002 */
        {&hf[VT600_FIELD_INTERVAL],
         {"Interval", "vt600.interval", FT_UINT16, BASE_DEC, NULL, 0, "Time between two positions, in units of 10 s",
          HFILL}},

        /* 0x4103, 0x9003 */
        {&hf[VT600_FIELD_BUTTON],
         {"Button", "vt600.button", FT_UINT8, BASE_DEC | BASE_SPECIAL_VALS, VALS(vt600_buttons), 0, NULL, HFILL}},
        {&hf[VT600_FIELD_PHONE_SMS],
         {"SMS number", "vt600.phone.sms", FT_STRINGZPAD, BASE_NONE, NULL, 0, "Number that receives text messages",
          HFILL}},
        {&hf[VT600_FIELD_PHONE_CALL],
         {"Call number", "vt600.phone.call", FT_STRINGZPAD, BASE_NONE, NULL, 0, "Number that receives calls", HFILL}},

        /* Other settings */
        {&hf[VT600_FIELD_SPEED_LIMIT],
         {"Speed limit", "vt600.speed_limit", FT_UINT8, BASE_DEC, NULL, 0, "In units of 10 km/h", HFILL}},
        {&hf[VT600_FIELD_RADIUS],
         {"Radius code", "vt600.radius", FT_UINT8, BASE_DEC, NULL, 0, "Movement alarm radius, as a code", HFILL}},
        {&hf[VT600_FIELD_SWITCH], {"Switch", "vt600.switch", FT_UINT8, BASE_HEX, VALS(vt600_switches), 0, NULL, HFILL}},
        {&hf[VT600_FIELD_SLEEP_LEVEL], {"Sleep level", "vt600.sleep_level", FT_UINT8, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_OUTPUT], {"Output", "vt600.output", FT_UINT8, BASE_HEX, VALS(vt600_outputs), 0, NULL, HFILL}},
        {&hf[VT600_FIELD_TRIGGER],
         {"Input alarm", "vt600.trigger", FT_UINT8, BASE_HEX, VALS(vt600_triggers), 0,
          "Input transition that raises an alarm", HFILL}},
        {&hf[VT600_FIELD_SETTING],
         {"Setting", "vt600.setting", FT_STRING, BASE_NONE, NULL, 0, "The parameter of a setting, as text", HFILL}},
        {&hf[VT600_FIELD_GPRS_MODE],
         {"Mode", "vt600.gprs.mode", FT_STRING, BASE_NONE, NULL, 0, "0 on, 1 TCP, 2 UDP", HFILL}},
        {&hf[VT600_FIELD_GPRS_IP], {"Server", "vt600.gprs.ip", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_GPRS_PORT], {"Port", "vt600.gprs.port", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_GPRS_APN], {"APN", "vt600.gprs.apn", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_GPRS_USER], {"User", "vt600.gprs.user", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_GPRS_PASSWORD],
         {"Password", "vt600.gprs.password", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_FENCE_LATITUDE],
         {"Latitude", "vt600.fence.latitude", FT_DOUBLE, BASE_NONE, NULL, 0, "Degrees, south negative", HFILL}},
        {&hf[VT600_FIELD_FENCE_LONGITUDE],
         {"Longitude", "vt600.fence.longitude", FT_DOUBLE, BASE_NONE, NULL, 0, "Degrees, west negative", HFILL}},
        {&hf[VT600_FIELD_FENCE_RADIUS],
         {"Radius", "vt600.fence.radius", FT_DOUBLE, BASE_NONE, NULL, 0, "Metres", HFILL}},
        {&hf[VT600_FIELD_FENCE_IN], {"Entering", "vt600.fence.in", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_FENCE_OUT], {"Leaving", "vt600.fence.out", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},

        {&hf[VT600_FIELD_UNREAD],
         {"Not read", "vt600.value.unread", FT_STRING, BASE_NONE, NULL, 0,
          "A value that is not a number or is out of range", HFILL}},

        /* 0x0002 Get server */
        {&hf[VT600_FIELD_SERVER],
         {"Server", "vt600.server", FT_STRING, BASE_NONE, NULL, 0, "The server's host:port", HFILL}},

        /* 0x9001 Get S/N and IMEI */
        {&hf[VT600_FIELD_SERIAL_NUMBER], {"S/N", "vt600.serial_number", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_IMEI], {"IMEI", "vt600.imei", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_FIRMWARE_VERSION],
         {"Firmware version", "vt600.firmware_version", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},

        /* 0x9016 Read logged data */
        {&hf[VT600_FIELD_LOG_DEVICE_RANDOM],
         {"Device's random number", "vt600.log.device_random", FT_UINT8, BASE_HEX, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_LOG_PC_RANDOM],
         {"PC's random number", "vt600.log.pc_random", FT_UINT8, BASE_HEX, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_LOG_FLAG],
         {"Flag", "vt600.log.flag", FT_UINT16, BASE_HEX, VALS(vt600_log_flags), 0, NULL, HFILL}},
        {&hf[VT600_FIELD_LOG_WAYPOINTS],
         {"Waypoints", "vt600.log.waypoints", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},

        /* 0x6688 Retransmission, 0x9999 Alarm */
        {&hf[VT600_FIELD_POSITION_COUNT],
         {"Positions", "vt600.position.count", FT_UINT8, BASE_DEC, NULL, 0, "Number of positions in this frame",
          HFILL}},
        {&hf[VT600_FIELD_ALARM],
         {"Alarm", "vt600.alarm", FT_UINT8, BASE_HEX, VALS(vt600_alarms), 0, "Alarm code", HFILL}},

        /* 0x9901 OBD real time, 0x9902 OBD accumulated, 0x9903 Trouble codes */
        {&hf[VT600_FIELD_OBD], {"OBD", "vt600.obd", FT_STRING, BASE_NONE, NULL, 0, "On-board diagnostics text", HFILL}},
        {&hf[VT600_FIELD_OBD_BATTERY], {"Battery", "vt600.obd.battery", FT_DOUBLE, BASE_NONE, NULL, 0, "Volts", HFILL}},
        {&hf[VT600_FIELD_OBD_RPM],
         {"Engine speed", "vt600.obd.rpm", FT_DOUBLE, BASE_NONE, NULL, 0, "Revolutions per minute", HFILL}},
        {&hf[VT600_FIELD_OBD_SPEED], {"Speed", "vt600.obd.speed", FT_DOUBLE, BASE_NONE, NULL, 0, "In km/h", HFILL}},
        {&hf[VT600_FIELD_OBD_THROTTLE],
         {"Throttle", "vt600.obd.throttle", FT_DOUBLE, BASE_NONE, NULL, 0, "Percent", HFILL}},
        {&hf[VT600_FIELD_OBD_LOAD], {"Engine load", "vt600.obd.load", FT_DOUBLE, BASE_NONE, NULL, 0, "Percent", HFILL}},
        {&hf[VT600_FIELD_OBD_COOLANT],
         {"Coolant temperature", "vt600.obd.coolant", FT_DOUBLE, BASE_NONE, NULL, 0, "Degrees Celsius", HFILL}},
        {&hf[VT600_FIELD_OBD_FUEL_RATE],
         {"Instantaneous fuel consumption", "vt600.obd.fuel_rate", FT_DOUBLE, BASE_NONE, NULL, 0,
          "In a unit that is not known", HFILL}},
        {&hf[VT600_FIELD_OBD_FUEL_AVERAGE],
         {"Average fuel consumption", "vt600.obd.fuel_average", FT_DOUBLE, BASE_NONE, NULL, 0,
          "In a unit that is not known", HFILL}},
        {&hf[VT600_FIELD_OBD_RANGE],
         {"Driving range", "vt600.obd.range", FT_DOUBLE, BASE_NONE, NULL, 0, "In a unit that is not known", HFILL}},
        {&hf[VT600_FIELD_OBD_ODOMETER],
         {"Odometer", "vt600.obd.odometer", FT_DOUBLE, BASE_NONE, NULL, 0, "In a unit that is not known", HFILL}},
        {&hf[VT600_FIELD_OBD_FUEL_TRIP],
         {"Fuel used on this trip", "vt600.obd.fuel_trip", FT_DOUBLE, BASE_NONE, NULL, 0, "In a unit that is not known",
          HFILL}},
        {&hf[VT600_FIELD_OBD_FUEL_TOTAL],
         {"Total fuel used", "vt600.obd.fuel_total", FT_DOUBLE, BASE_NONE, NULL, 0, "In a unit that is not known",
          HFILL}},
        {&hf[VT600_FIELD_OBD_CODE_COUNT],
         {"Trouble codes", "vt600.obd.code_count", FT_UINT32, BASE_DEC, NULL, 0, "Number of trouble codes", HFILL}},
        {&hf[VT600_FIELD_OBD_HARD_ACCELERATIONS],
         {"Hard accelerations", "vt600.obd.hard_accelerations", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_OBD_HARD_BRAKES],
         {"Hard brakes", "vt600.obd.hard_brakes", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_OBD_TOTAL_IGNITIONS],
         {"Ignitions", "vt600.obd.total.ignitions", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_OBD_TOTAL_DRIVING_TIME],
         {"Driving time", "vt600.obd.total.driving_time", FT_DOUBLE, BASE_NONE, NULL, 0, "In a unit that is not known",
          HFILL}},
        {&hf[VT600_FIELD_OBD_TOTAL_IDLING_TIME],
         {"Idling time", "vt600.obd.total.idling_time", FT_DOUBLE, BASE_NONE, NULL, 0, "In a unit that is not known",
          HFILL}},
        {&hf[VT600_FIELD_OBD_TOTAL_HOT_START_TIME],
         {"Average hot start time", "vt600.obd.total.hot_start_time", FT_DOUBLE, BASE_NONE, NULL, 0,
          "In a unit that is not known", HFILL}},
        {&hf[VT600_FIELD_OBD_TOTAL_SPEED_AVERAGE],
         {"Average speed", "vt600.obd.total.speed_average", FT_DOUBLE, BASE_NONE, NULL, 0,
          "In a unit that is not known", HFILL}},
        {&hf[VT600_FIELD_OBD_TOTAL_SPEED_HIGHEST],
         {"Highest speed", "vt600.obd.total.speed_highest", FT_DOUBLE, BASE_NONE, NULL, 0,
          "In a unit that is not known", HFILL}},
        {&hf[VT600_FIELD_OBD_TOTAL_RPM_HIGHEST],
         {"Highest engine speed", "vt600.obd.total.rpm_highest", FT_DOUBLE, BASE_NONE, NULL, 0,
          "In a unit that is not known", HFILL}},
        {&hf[VT600_FIELD_OBD_TOTAL_HARD_ACCELERATIONS],
         {"Hard accelerations", "vt600.obd.total.hard_accelerations", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_OBD_TOTAL_HARD_BRAKES],
         {"Hard brakes", "vt600.obd.total.hard_brakes", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_OBD_TROUBLE_CODE],
         {"Trouble code", "vt600.obd.trouble_code", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_OBD_REST],
         {"Other values", "vt600.obd.rest", FT_STRING, BASE_NONE, NULL, 0, "Values after those that are known", HFILL}},

        /* 0x9966 RFID */
        {&hf[VT600_FIELD_RFID], {"Card", "vt600.rfid", FT_UINT32, BASE_DEC, NULL, 0, "Number of an RFID card", HFILL}},

        /* 0x9977 Position with image, 0x9988 Photo data */
        {&hf[VT600_FIELD_PHOTO_HEAD],
         {"Image", "vt600.photo.head", FT_BYTES, BASE_NONE, NULL, 0, "Bytes before the position", HFILL}},
        {&hf[VT600_FIELD_PHOTO_IMAGE],
         {"Image", "vt600.photo.image", FT_UINT8, BASE_DEC, NULL, 0, "Number of the image", HFILL}},
        {&hf[VT600_FIELD_PHOTO_FOOTAGE], {"Footage", "vt600.photo.footage", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf[VT600_FIELD_PHOTO_PACKETS],
         {"Total packets", "vt600.photo.packets", FT_UINT8, BASE_DEC, NULL, 0, "Packets of the photo", HFILL}},
        {&hf[VT600_FIELD_PHOTO_PACKET],
         {"Packet", "vt600.photo.packet", FT_UINT8, BASE_DEC, NULL, 0, "Number of this packet", HFILL}},
        {&hf[VT600_FIELD_PHOTO_DATA],
         {"Photo data", "vt600.photo.data", FT_BYTES, BASE_NONE, NULL, 0, "This packet's part of the JPEG file",
          HFILL}},
        {&hf[VT600_FIELD_PHOTO_STATUS],
         {"Status", "vt600.photo.status", FT_UINT16, BASE_HEX, NULL, 0,
          "In the confirmation of a photo; always 0 so far", HFILL}},
    };

    for (size_t i = 0; i < array_length(hf); i++)
        hf[i] = -1;
    proto_register_field_array(vt600_proto, fields, array_length(fields));
}
