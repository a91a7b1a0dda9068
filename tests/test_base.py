# SPDX-License-Identifier: GPL-2.0-or-later
"""The base protocol through tshark: every field of every command, in both directions and in one pass and in two.

Each frame below is built here, shown by tshark as PDML, and compared with what is expected of it: the filter names with their
values. What a frame has besides these and the fields that every frame has is an error, too.
"""

import re
import sys
from xml.etree import ElementTree

import pytest

from wireshark import CAPTURES, ROOT

sys.path.insert(0, str(ROOT / "captures"))

import packets  # noqa: E402
import wire  # noqa: E402

DEVICE = "101130923633"

# Of every frame, or of its exchange, or expert information; tests of their own look at the last two.
COMMON = {"header", "length", "device_id", "command", "checksum", "checksum.status", "terminator",
          "response_in", "response_to", "response_time", "retry_of", "attempt", "unsolicited",
          "position.bad", "position.unknown", "value.bad"}

BODY = "035644.000,A,2232.6083,N,11404.8137,E,10.00,271.50,010809,,*32"
TAIL = "|11.5|194|0302|0000,03FF|01CC00002795ED4A|1B|0000C3F0"
TIMES = "Aug  1, 2009 03:56:44.000000000 UTC", "2009-08-01T03:56:44.000000000Z"     # until Wireshark 4.4, and since 4.6
BODY_FIELDS = {
    "position.time": TIMES, "position.valid": "1",
    "position.latitude": 22.5434717, "position.longitude": 114.0802283, "position.coordinates": "22.543472, 114.080228",
    "position.speed": 18.52, "position.heading": 271.5, "position.checksum": "0x32", "position.checksum.status": "1",
}
TAIL_FIELDS = {
    "position.hdop": 11.5, "position.altitude": 194.0, "position.state": "0x0302",
    **{f"position.output{i}": str(int(i == 2)) for i in range(1, 6)},
    **{f"position.input{i}": str(int(i <= 2)) for i in range(1, 6)},
    "position.analog": ["0x0000", "0x03ff"],
    "position.mcc": "460", "position.mnc": "0", "position.lac": "10133", "position.ci": "60746",
    "position.signal": "27", "position.journey": "50160",
}
BODY_ONLY = {"position": BODY} | BODY_FIELDS
POSITION = {"position": BODY + TAIL} | BODY_FIELDS | TAIL_FIELDS


TIMES_OF_CARDS = "Jun 28, 2006 12:03:40.000000000 UTC", "2006-06-28T12:03:40.000000000Z"

# Texts with nothing, and with what models write after the inputs.
HEAD = "|11.5|-194|0302|0000,03FF"
HEAD_FIELDS = {name: value for name, value in TAIL_FIELDS.items()
               if name not in ("position.mcc", "position.mnc", "position.lac", "position.ci", "position.signal", "position.journey")}
HEAD_FIELDS |= {"position.altitude": -194.0}
STATION_FIELDS = {"position.mcc": "520", "position.mnc": "5", "position.lac": "2206", "position.ci": "14798724"}
TAIL_OF_A_CARD = "|0.9|20|0000|0000|000930116|007ae105"
FIELDS_OF_A_CARD = {
    "position.hdop": 0.9, "position.altitude": 20.0, "position.state": "0x0000",
    **{f"position.{line}{i}": "0" for line in ("output", "input") for i in range(1, 6)},
    "position.analog": "0x0000", "position.odometer": 930116.0, "position.rfid": "007ae105",
}
TAILS = [
    ("", {}),
    ("|", {}),
    ("|||||", {}),
    ("|02080005089E00E1CF84|1C|172C582C|0B", STATION_FIELDS | {
        "position.signal": "28", "position.journey": "388782124", "position.satellites": "11"}),
    ("|02080005089E00E1CF84|1C|172C582C|0B|%  ^DOE$JO^^?;60=15?+  24 |1", STATION_FIELDS | {
        "position.signal": "28", "position.journey": "388782124", "position.satellites": "11",
        "position.driver": "%  ^DOE$JO^^?;60=15?+  24 |1"}),
    ("|02080005089EFFFFFFFF", STATION_FIELDS | {"position.ci": "4294967295"}),
    ("|0", {"position.odometer": 0.0}),
    ("|0.0", {"position.odometer": 0.0}),
    ("|12345.6", {"position.odometer": 12345.6}),
    ("|100477632", {"position.odometer": 100477632.0}),
    ("|000003723|00000", {"position.odometer": 3723.0, "position.rfid": "00000"}),
    ("|000930116|007ae105", {"position.odometer": 930116.0, "position.rfid": "007ae105"}),
    ("|000930116|007z", {"position.odometer": 930116.0, "position.rest": "007z"}),
    ("|02080005089E00E1CF8|1C", {"position.rest": "02080005089E00E1CF8|1C"}),
    ("|who|knows|this", {"position.rest": "who|knows|this"}),
]
OBD = "14.1,2687,90,21.57,4.71,-34,7.10,8.16,4.27,104,0.34,9.34,3,1,2"
OBD_FIELDS = {
    "obd.battery": 14.1, "obd.rpm": 2687.0, "obd.speed": 90.0, "obd.throttle": 21.57, "obd.load": 4.71, "obd.coolant": -34.0,
    "obd.fuel_rate": 7.1, "obd.fuel_average": 8.16, "obd.range": 4.27, "obd.odometer": 104.0, "obd.fuel_trip": 0.34,
    "obd.fuel_total": 9.34, "obd.code_count": "3", "obd.hard_accelerations": "1", "obd.hard_brakes": "2",
}
OBD_TOTAL = "25,2.40,0.79,22,43,119,3756,75,12"
OBD_TOTAL_FIELDS = {
    "obd.total.ignitions": "25", "obd.total.driving_time": 2.4, "obd.total.idling_time": 0.79, "obd.total.hot_start_time": 22.0,
    "obd.total.speed_average": 43.0, "obd.total.speed_highest": 119.0, "obd.total.rpm_highest": 3756.0,
    "obd.total.hard_accelerations": "75", "obd.total.hard_brakes": "12",
}


def padded(number, length=16):
    return number.encode().ljust(length, b"\0")


NUMBERS = padded("13800138000") + padded("13900139000")
NUMBER_FIELDS = {"phone.sms": "13800138000", "phone.call": "13900139000"}

# Side, command, data, the fields of that.
FRAMES = [
    ("<", 0x5000, b"", {}),
    (">", 0x4000, b"\1", {"flag": "0x01"}),
    (">", 0x4101, b"", {}),
    ("<", 0x9955, BODY + TAIL, POSITION),
    (">", 0x4102, b"\0\3", {"interval": "3"}),
    ("<", 0x5100, b"\1\0\3", {"flag": "0x01", "interval": "3"}),
    (">", 0x4103, b"\1" + NUMBERS, {"button": "1"} | NUMBER_FIELDS),
    (">", 0x4105, b"\x0c", {"speed_limit": "12"}),
    (">", 0x4106, b"\3", {"radius": "3"}),
    (">", 0x4106, "300", {"setting": "300"}),
    (">", 0x4106, b"\x01\x2c", {"data": "01:2c"}),
    (">", 0x4108, bytes([1, 0] * 5), {"switch": ["0x01", "0x00"] * 5}),
    (">", 0x4110, b"", {}),
    (">", 0x4113, b"\2", {"sleep_level": "2"}),
    (">", 0x4114, b"\0\1\2", {"output": ["0x00", "0x01", "0x02"]}),
    (">", 0x4115, b"\0\1\2", {"output": ["0x00", "0x01", "0x02"]}),
    (">", 0x5114, b"\0\1\2", {"output": ["0x00", "0x01", "0x02"]}),
    (">", 0x4116, "123", {"trigger": ["0x31", "0x32", "0x33"]}),
    (">", 0x4126, "00", {"setting": "00"}),
    (">", 0x4130, "13800138000", {"setting": "13800138000"}),
    (">", 0x4131, "120", {"setting": "120"}),
    (">", 0x4132, "-210", {"setting": "-210"}),
    (">", 0x4135, "255", {"setting": "255"}),
    (">", 0x4136, "45", {"setting": "45"}),
    (">", 0x4150, b"\1", {"switch": "0x01"}),
    (">", 0x4151, b"\1\2", {"data": "01:02"}),
    ("<", 0x4151, b"\1", {"data": "01"}),
    (">", 0x4155, "1,10.0.0.2,8500,cmnet,me,secret",
     {"setting": "1,10.0.0.2,8500,cmnet,me,secret", "gprs.mode": "1", "gprs.ip": "10.0.0.2", "gprs.port": "8500",
      "gprs.apn": "cmnet", "gprs.user": "me", "gprs.password": "secret"}),
    (">", 0x4155, "0", {"setting": "0", "gprs.mode": "0"}),
    (">", 0x4302, "22.5,113.9,500,1,0",
     {"setting": "22.5,113.9,500,1,0", "fence.latitude": 22.5, "fence.longitude": 113.9, "fence.radius": 500.0,
      "fence.in": "1", "fence.out": "0"}),
    (">", 0x4302, "-33.856867,-70.566535,0.5,0,1",
     {"setting": "-33.856867,-70.566535,0.5,0,1", "fence.latitude": -33.856867, "fence.longitude": -70.566535,
      "fence.radius": 0.5, "fence.in": "0", "fence.out": "1"}),
    (">", 0x4302, "90.1,,here",
     {"setting": "90.1,,here", "value.unread": ["90.1", "here"]}),
    (">", 0x4155, "1,h,65536,a", {"setting": "1,h,65536,a", "gprs.mode": "1", "gprs.ip": "h", "value.unread": "65536", "gprs.apn": "a"}),
    (">", 0x4303, "500", {"setting": "500"}),
    (">", 0x4351, b"", {}),
    (">", 0x4902, b"", {}),
    (">", 0x5199, "10", {"setting": "10"}),
    (">", 0x5503, b"", {}),
    *[("<", command, b"\1", {"flag": "0x01"}) for command in (
        0x4103, 0x4105, 0x4106, 0x4108, 0x4110, 0x4113, 0x4114, 0x4115, 0x5114, 0x4116, 0x4126, 0x4130, 0x4131, 0x4132,
        0x4135, 0x4136, 0x4150, 0x4155, 0x4302, 0x4303, 0x4351, 0x4902, 0x5199, 0x5503)],
    ("<", 0x4302, b"\0", {"flag": "0x00"}),
    (">", 0x9001, b"", {}),
    ("<", 0x9001, "101130923633,359585015205450,V1.38",
     {"serial_number": "101130923633", "imei": "359585015205450", "firmware_version": "V1.38"}),
    (">", 0x9002, b"", {}),
    ("<", 0x9002, b"\0\6", {"interval": "6"}),
    (">", 0x9003, b"\xff", {"button": "255"}),
    ("<", 0x9003, NUMBERS, NUMBER_FIELDS),
    ("<", 0x9003, NUMBERS + b"more", NUMBER_FIELDS | {"data": "6d:6f:72:65"}),
    (">", 0x9016, b"\x11\x22\0\1", {"log.device_random": "0x11", "log.pc_random": "0x22", "log.flag": "0x0001"}),
    ("<", 0x9016, b"\x11\x22\0\0\0\7" + BODY.encode(),
     {"log.device_random": "0x11", "log.pc_random": "0x22", "log.waypoints": "7"} | BODY_ONLY),
    ("<", 0x9999, b"\x50" + (BODY + TAIL).encode(), {"alarm": "0x50"} | POSITION),
    ("<", 0x9999, b"\x50", {"alarm": "0x50"}),
    ("<", 0x6688, b"\2\x01" + BODY.encode() + b"\\\x11,V",
     {"position.count": "2", "alarm": ["0x01", "0x11"]} | BODY_ONLY | {"position": [BODY, ",V"], "position.valid": ["1", "0"]}),
    (">", 0x6688, b"\2\0\0", {"photo.image": "2", "photo.status": "0x0000"}),
    ("<", 0x6688, b"\1\0" + BODY.encode() + TAIL_OF_A_CARD.encode(),
     {"position.count": "1", "alarm": "0x00", "position": BODY + TAIL_OF_A_CARD} | BODY_FIELDS | FIELDS_OF_A_CARD),
    ("<", 0x9901, "13.9,1845", {"obd": "13.9,1845", "obd.battery": 13.9, "obd.rpm": 1845.0}),
    *[(side, 0x9901, OBD, {"obd": OBD} | OBD_FIELDS) for side in "<>"],
    ("<", 0x9901, OBD + ",7,8", {"obd": OBD + ",7,8", "obd.rest": "7,8"} | OBD_FIELDS),
    ("<", 0x9901, "13.9,,x,-1.5,,,,,,,,,1.5,-1,4294967296",
     {"obd": "13.9,,x,-1.5,,,,,,,,,1.5,-1,4294967296", "obd.battery": 13.9, "obd.throttle": -1.5,
      "value.unread": ["x", "1.5", "-1", "4294967296"]}),
    ("<", 0x9902, "1204,35", {"obd": "1204,35", "obd.total.ignitions": "1204", "obd.total.driving_time": 35.0}),
    ("<", 0x9902, OBD_TOTAL, {"obd": OBD_TOTAL} | OBD_TOTAL_FIELDS),
    ("<", 0x9902, OBD_TOTAL + ",", {"obd": OBD_TOTAL + ","} | OBD_TOTAL_FIELDS),
    ("<", 0x9903, "P0301", {"obd": "P0301", "obd.trouble_code": "P0301"}),
    ("<", 0x9903, "P0301,P0420,U0100", {"obd": "P0301,P0420,U0100", "obd.trouble_code": ["P0301", "P0420", "U0100"]}),
    ("<", 0x9903, b"", {}),
    ("<", 0x9966, (123456789).to_bytes(4, "big") + bytes(56) + BODY.encode(),
     {"rfid": ["123456789"] + 14 * ["0"]} | BODY_ONLY),
    ("<", 0x9966, bytes.fromhex("0012b3ab") + b"    " * 14 + b"|120340,280606,2400.3000,N,12100.6000,E",
     {"rfid": ["1225643"] + 14 * ["538976288"], "position": "|120340,280606,2400.3000,N,12100.6000,E",
      "position.time": TIMES_OF_CARDS, "position.latitude": 24.005, "position.longitude": 121.01,
      "position.coordinates": "24.005000, 121.010000"}),
    ("<", 0x9966, bytes(60) + b"|120340,280606,2460.0000,N,18100.6000,E",
     {"rfid": 15 * ["0"], "position": "|120340,280606,2460.0000,N,18100.6000,E", "position.time": TIMES_OF_CARDS,
      "position.unread": ["2460.0000", "18100.6000"]}),
    # Forms of the text after the inputs.
    *[("<", 0x9955, BODY + HEAD + tail, {"position": BODY + HEAD + tail} | BODY_FIELDS | HEAD_FIELDS | fields)
      for tail, fields in TAILS],
    # Raw bytes in place of the state; degrees without leading zeros.
    ("<", 0x9955, b"165853,A,4109.60212,N,838.59119,W,,,|2.5|110|\x00\x06\x00\x00|\x00\x00\x01\x0f|02B0,0B36",
     {"position": "165853,A,4109.60212,N,838.59119,W,,,|2.5|110|\\000\\006\\000\\000|\\000\\000\\001\\017|02B0,0B36",
      "position.valid": "1", "position.latitude": 41.1600353, "position.longitude": -8.6431865,
      "position.coordinates": "41.160035, -8.643187", "position.hdop": 2.5, "position.altitude": 110.0,
      "position.raw": ["00:06:00:00", "00:00:01:0f"], "position.analog": ["0x02b0", "0x0b36"]}),
    # Numbers with one digit of degrees, and with none.
    ("<", 0x9955, ",A,230.0000,S,930.0000,W",
     {"position": ",A,230.0000,S,930.0000,W", "position.valid": "1", "position.latitude": -2.5,
      "position.longitude": -9.5, "position.coordinates": "-2.500000, -9.500000"}),
    ("<", 0x9955, ",A,30.0000,S,19930.0000,W",
     {"position": ",A,30.0000,S,19930.0000,W", "position.valid": "1", "position.unread": ["30.0000", "19930.0000"]}),
    (">", 0x0001, b"\1", {"flag": "0x01"}),
    (">", 0x0002, "example.org:5002", {"server": "example.org:5002"}),
    ("<", 0x0800, b"\2", {"photo.image": "2"}),
    (">", 0x8801, b"\2", {"photo.image": "2"}),
    ("<", 0x0f80, b"\2\7", {"photo.image": "2", "data": "07"}),
    ("<", 0x9977, b"\1\0" + BODY.encode(), {"photo.head": "01:00"} | BODY_ONLY),
    ("<", 0x9977, b"\1\0\2", {"data": "01:00:02"}),
    ("<", 0x9988, b"\1\x02\x03\4\5\xff\xd8\xff",
     {"photo.image": "1", "photo.footage": "515", "photo.packets": "4", "photo.packet": "5", "photo.data": "ff:d8:ff"}),
    # A direction for which nothing is known.
    *[(">", command, b"\1\2", {"data": "01:02"}) for command in (
        0x0800, 0x0f80, 0x5000, 0x5100, 0x9955, 0x9966, 0x9977, 0x9988, 0x9999)],
    *[("<", command, b"\1\2", {"data": "01:02"}) for command in (0x0001, 0x0002, 0x4000, 0x4101, 0x4102, 0x8801)],
]

# Side, command, data, the expert information of that. Lengths that are not certain are not judged.
EXPERTS = [
    ("<", 0x5000, b"\1", ["data.extra"]), (">", 0x4000, b"", ["data.bad"]), (">", 0x4000, b"\1\1", ["data.extra"]),
    (">", 0x4102, b"\0", ["data.bad"]), ("<", 0x5100, b"\1\0\3\0", ["data.extra"]), (">", 0x4103, b"\1", ["data.bad"]),
    (">", 0x4103, b"\1" + NUMBERS + b"\0", ["data.extra"]), (">", 0x4106, b"", ["data.bad"]), (">", 0x4106, b"\1\2\3", []),
    (">", 0x4108, bytes(9), ["data.bad"]), (">", 0x4108, bytes(11), ["data.extra"]), (">", 0x4115, b"", ["data.bad"]),
    (">", 0x4115, bytes(9), []), (">", 0x4132, b"", ["data.bad"]), ("<", 0x4132, b"\1\1", ["data.extra"]),
    ("<", 0x9003, NUMBERS[:-1], ["data.bad"]), ("<", 0x9003, NUMBERS + b"\0", []), ("<", 0x9016, bytes(5), ["data.bad"]),
    ("<", 0x9966, bytes(59), ["data.bad"]), ("<", 0x9988, bytes(4), ["data.bad"]), ("<", 0x9955, b"", ["data.bad"]),
    ("<", 0x9999, b"", ["data.bad"]), ("<", 0x6688, b"\2\1,A", ["data.bad"]), ("<", 0x6688, b"\1\1,A\\\1,A", ["data.extra"]),
    ("<", 0x9977, b"\1\2\3", []), ("<", 0x9955, ",X,2260.0,N", 2 * ["position.bad"]), ("<", 0x9955, "||||0,x", ["position.bad"]),
    ("<", 0x9955, "$GPRMC,,V*00", ["position.bad"]), ("<", 0x9955, "035644,V,,,,,,,300209", ["position.bad"]),
    ("<", 0x9955, BODY.replace("*32", "*33"), []), ("<", 0x9955, BODY + TAIL + "|and|more", ["position.unknown"]),
    ("<", 0x9955, BODY + TAIL + "|0B|and|more", []), ("<", 0x9955, "||||0,0|x|y", ["position.unknown"]),
    ("<", 0x9966, bytes(60) + b"|120340,280606,9100.0000,N,1.0,E", 2 * ["position.bad"]),
    (">", 0x6688, b"\2\0", ["data.bad"]), (">", 0x6688, b"\2\0\0\0", ["data.extra"]), (">", 0x0001, b"\1\1", ["data.extra"]),
    ("<", 0x0f80, b"\1\2\3", []), ("<", 0x0800, b"", ["data.bad"]), (">", 0x0002, b"", ["data.bad"]),
    ("<", 0x9901, OBD + ",7", []), ("<", 0x9901, "a,b", 2 * ["value.bad"]), ("<", 0x9902, "-1", ["value.bad"]),
    (">", 0x4155, "1,h,65536", ["value.bad"]), (">", 0x4302, "91,-181,1", 2 * ["value.bad"]),
]

INFOS = [
    ("<", 0x9955, BODY.replace("10.00", "10.0"), "Position 22.543472 114.080228 18.5 km/h"),
    ("<", 0x9955, BODY.replace(",A,", ",V,").replace("10.00,271.50", ","), "Position 22.543472 114.080228 (not valid)"),
    ("<", 0x9955, BODY.replace("N", "S").replace("E", "W"), "Position -22.543472 -114.080228 18.5 km/h"),
    ("<", 0x9955, ",V", "Position without coordinates"),
    ("<", 0x9999, b"\x50" + BODY.encode(), "Alarm: external power cut"),
    ("<", 0x9999, b"\x01" + BODY.encode(), "Alarm: SOS (input 1 active)"),
    ("<", 0x9999, b"\x7f" + BODY.encode(), "Alarm: unknown alarm 0x7f"),
    (">", 0x4102, b"\0\3", "Track by interval: 30 s"),
    (">", 0x4102, b"\0\0", "Track by interval: off"),
    ("<", 0x4105, b"\0", "Speeding alarm: failure"),
    (">", 0x4105, b"\x0c", "Speeding alarm: 120 km/h"),
    (">", 0x5199, "10", "Heartbeat interval: 10 minutes"),
    (">", 0x4103, b"\1" + NUMBERS, "Set authorized phone: button 1, SMS 13800138000, call 13900139000"),
    (">", 0x4132, "\x1b[31m%n%s", "Time zone: \\033[31m%n%s"),
    ("<", 0x9901, 100 * "x", "OBD real time: " + 64 * "x" + "..."),
    ("<", 0x6688, b"\1\1,A", "Retransmission: 1 position"),
    ("<", 0x6688, b"\2\1,A\\\1,A", "Retransmission: 2 positions"),
    (">", 0x6688, b"\2\0\0", "Retransmission: image 2"),
    ("<", 0x9999, b"\x14" + BODY.encode(), "Alarm: power on or accident"),
    ("<", 0x9999, b"\x72" + BODY.encode(), "Alarm: harsh acceleration or harsh braking"),
    ("<", 0x9999, b"\x60" + BODY.encode(), "Alarm: fatigue driving"),
    (">", 0x0001, b"\1", "Heartbeat: success"),
    (">", 0x0002, "example.org:5002", "Get server: example.org:5002"),
    ("<", 0x0800, b"\2", "Photo upload request: image 2"),
    ("<", 0x9966, bytes(56) + b"\0\0\0\7" + b"|120340,280606,2400.0000,N,12100.0000,E", "RFID: card 7"),
    ("<", 0x9016, bytes(5) + b"\1,A", "Read logged data: 1 waypoint"),
    ("<", 0x9016, bytes(5) + b"\2,A", "Read logged data: 2 waypoints"),
    ("<", 0x9988, b"\1\0\0\2\0\xff", "Photo data: image 1, 2 packets, packet 0, 1 byte"),
    ("<", 0x9955, BODY.replace("2232.6083", "0000.0000").replace("N", "S"), "Position 0.000000 114.080228 18.5 km/h"),
]


def as_bytes(data):
    return data.encode("latin-1") if isinstance(data, str) else data


def conversation(frames, folder):
    """A capture file's bytes: a login, and then a packet for each frame. The first frame is packet FIRST."""
    capture = packets.Capture()
    connection = capture.tcp("10.0.0.1:20000", "192.168.1.1:8500")
    connection.send("<", wire.frame("<", DEVICE, 0x5000))
    connection.send(">", wire.frame(">", DEVICE, 0x4000, b"\1"))
    for side, command, data, *_ in frames:
        connection.send(side, wire.frame(side, DEVICE, command, as_bytes(data)))
    path = folder / "base.pcapng"
    capture.write(path)
    return path.read_bytes()


FIRST = 6       # after three packets of TCP and two of the login


def shown(pdml):
    """Of each packet from FIRST on, the fields below vt600: (name without vt600., value)."""
    frames = []
    for packet in ElementTree.fromstring(pdml).iter("packet"):
        frames.append([(field.get("name").removeprefix("vt600."), field.get("show"))
                       for field in packet.iterfind("proto[@name='vt600']//field")
                       if field.get("name").startswith("vt600.")])
    return frames[FIRST - 1:]


def expectations(fields):
    pairs = [(name, value) for name, values in fields.items() for value in (values if isinstance(values, list) else [values])]
    return sorted(pairs, key=lambda pair: (pair[0], str(pair[1])))


def same(found, expected):
    found = {"True": "1", "False": "0"}.get(found, found)       # since Wireshark 4.4
    if isinstance(expected, float):
        return float(found) == pytest.approx(expected, abs=1e-7)
    return found in expected if isinstance(expected, tuple) else found == expected


@pytest.mark.parametrize("passes", [[], ["-2"]], ids=["one_pass", "two_passes"])
def test_every_command_has_its_fields(tshark, tmp_path, passes):
    capture = conversation(FRAMES, tmp_path)
    all_shown = shown(tshark("-T", "pdml", *passes, capture=capture))
    assert len(all_shown) == len(FRAMES)
    for (side, command, data, fields), fields_shown in zip(FRAMES, all_shown):
        found = sorted((name, value) for name, value in fields_shown if name not in COMMON)
        expected = expectations(fields)
        assert [name for name, _ in found] == [name for name, _ in expected], f"{side} {command:04x} {data}"
        for (name, value), (_, right) in zip(found, expected):
            assert same(value, right), f"{side} {command:04x} {data}: {name} is {value}, not {right}"


@pytest.mark.parametrize("passes", [[], ["-2"]], ids=["one_pass", "two_passes"])
def test_lengths_and_positions_are_judged_where_that_is_certain(tshark, tmp_path, passes):
    names = "data.bad", "data.extra", "position.bad", "position.unknown", "value.bad"
    lines = tshark("-T", "fields", *[word for name in names for word in ("-e", f"vt600.{name}")], *passes,
                   capture=conversation(EXPERTS, tmp_path)).splitlines()[FIRST - 1:]
    assert len(lines) == len(EXPERTS)
    for (side, command, data, experts), line in zip(EXPERTS, lines):
        counts = [len(value.split(",")) if value else 0 for value in line.split("\t")]
        assert counts == [experts.count(name) for name in names], f"{side} {command:04x} {data}"


def test_info_tells_what_matters(tshark, tmp_path):
    lines = tshark("-T", "fields", "-e", "_ws.col.Info", capture=conversation(INFOS, tmp_path)).splitlines()[FIRST - 1:]
    said = [line.replace("\\\\", "\\").removesuffix(" [unsolicited]") for line in lines]
    assert said == [f"{DEVICE} {info}" for *_, info in INFOS]


def test_command_has_its_whole_name_where_info_is_short(tshark, tmp_path):
    tree = tshark("-O", "vt600", "-Y", f"frame.number == {FIRST}", capture=conversation(INFOS, tmp_path))
    assert "Command: Position report (0x9955)" in tree


def test_coordinates_can_be_pasted_in_a_map(tshark, tmp_path):
    lines = tshark("-T", "fields", "-e", "vt600.position.coordinates",
                   capture=conversation(FRAMES[3:4], tmp_path)).splitlines()
    assert lines[FIRST - 1] == "22.543472, 114.080228"


def test_base_station_has_wiresharks_names(tshark, tmp_path):
    tree = tshark("-O", "vt600", capture=conversation(FRAMES[3:4], tmp_path))
    assert "MCC: 460 (China)" in tree and "MNC: 0 (China Mobile" in tree


def test_time_does_not_depend_on_the_time_zone(wireshark, tmp_path, monkeypatch):
    for zone in ("UTC", "Asia/Shanghai", "America/Santiago"):
        monkeypatch.setitem(wireshark.environment, "TZ", zone)
        lines = wireshark.tshark("-T", "fields", "-e", "vt600.position.time",
                                 capture=conversation(FRAMES[3:4], tmp_path)).splitlines()
        assert lines[FIRST - 1] in TIMES


HOSTILE = [b"\x1b[31m%n%s%n\r\n\x00\x07\x7f\xff\xfe", b"%s" * 20, b"\0" * 20, b"\x9b31m\x85\xc2\x9b", b"\r\n" * 10]


@pytest.mark.parametrize("output", [["-T", "fields", "-e", "_ws.col.Info"], ["-V"], ["-T", "json"], ["-T", "pdml"], ["-T", "ek"]],
                         ids=lambda output: output[1] if len(output) > 1 else "text")
def test_control_and_format_characters_are_harmless(tshark, tmp_path, output):
    frames = []
    for hostile in HOSTILE:
        frames += [(side, command, hostile, {}) for command in sorted({frame[1] for frame in FRAMES}) for side in "<>"]
        frames += [("<", 0x9955, BODY.encode().replace(b",", b"," + hostile, at) + hostile, {}) for at in range(12)]
        frames += [("<", 0x9955, b"|".join([BODY.encode(), hostile] * 6), {}), ("<", 0x9999, b"\1" + hostile, {}),
                   ("<", 0x6688, b"\2\1" + hostile + b"\\\2" + hostile, {}), (">", 0x4103, b"\1" + hostile.ljust(32, b"x")[:32], {}),
                   ("<", 0x9003, hostile.ljust(32, b"x")[:32], {}), ("<", 0x9966, bytes(60) + hostile, {}),
                   ("<", 0x9016, bytes(6) + hostile, {}), (">", 0x4155, b",".join([hostile] * 6), {}),
                   (">", 0x4302, b",".join([hostile] * 6), {}), ("<", 0x9977, b"\1" + BODY.encode() + hostile, {})]
    text = tshark(*output, capture=conversation(frames, tmp_path))
    if output[-1] == "_ws.col.Info":
        assert len(text.splitlines()) == FIRST - 1 + len(frames)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)


def test_strings_hide_nothing_after_a_nul(tshark, tmp_path):
    frames = [(">", 0x4132, b"48\x000"), ("<", 0x9955, b"035644\0,A"), ("<", 0x9901, b"a\0b"), ("<", 0x9001, b"S\0N,V1.38")]
    fields = [word for name in ("setting", "position", "obd", "serial_number") for word in ("-e", f"vt600.{name}")]
    lines = tshark("-T", "fields", *fields, capture=conversation(frames, tmp_path)).splitlines()[FIRST - 1:]
    assert [line.strip("\t").replace("\\\\", "\\") for line in lines] == ["48\\0000", "035644\\000,A", "a\\000b", "S\\000N"]


@pytest.mark.parametrize("length", [0, 1, 1000, 8000, 65000])
def test_positions_of_every_length_are_shown(tshark, tmp_path, length):
    frames = [("<", 0x9955, (BODY + "|" + "0," * length)[:length]), ("<", 0x9955, ("||||" + "7," * length)[:length])]
    assert tshark("-V", capture=conversation(frames, tmp_path)).count("Position report (0x9955)") == len(frames)


ALARMS = {
    0x00: "no alarm", 0x01: "SOS (input 1 active)", 0x05: "input 5 active", 0x10: "low battery", 0x11: "speeding",
    0x13: "entering the geo-fence", 0x14: "power on or accident", 0x35: "input 5 inactive", 0x50: "external power cut",
    0x60: "fatigue driving", 0x63: "distance report", 0x71: "harsh braking", 0x72: "harsh acceleration or harsh braking",
    0x73: "accident or harsh acceleration", 0x74: "idling",
}


def test_alarms_have_the_names_of_all_models(tshark, tmp_path):
    frames = [("<", 0x9999, bytes([code]) + BODY.encode()) for code in ALARMS]
    tree = tshark("-O", "vt600", capture=conversation(frames, tmp_path))
    assert re.findall(r"Alarm: (.+) \((0x..)\)", tree) == [(name, f"0x{code:02x}") for code, name in ALARMS.items()]


def test_table_of_alarm_codes_names_alarms(tshark, tmp_path):
    frames = [("<", 0x9999, bytes([code]) + BODY.encode()) for code in (0x72, 0x7f, 0x71)]
    table = ["-o", 'uat:vt600_alarm_codes:"72","harsh braking"', "-o", 'uat:vt600_alarm_codes:"7f","door"']
    capture = conversation(frames, tmp_path)
    names = ["harsh braking", "door", "harsh braking"]
    lines = tshark(*table, "-T", "fields", "-e", "_ws.col.Info", capture=capture).splitlines()[FIRST - 1:]
    assert lines == [f"{DEVICE} Alarm: {name}" for name in names]
    tree = tshark(*table, "-O", "vt600", capture=capture)
    assert re.findall(r"Alarm: (.+) \((0x..)\)", tree) == list(zip(names, ["0x72", "0x7f", "0x71"]))


@pytest.mark.parametrize("device,imei", [("49015420323751", "490154203237518"), ("35958501520545", "359585015205450"),
                                         ("4901542032375", ""), ("101130923633", "")])
def test_id_of_14_digits_shows_the_imei(tshark, tmp_path, device, imei):
    capture = packets.Capture()
    connection = capture.tcp("10.0.0.1:20000", "192.168.1.1:8500")
    connection.send("<", wire.frame("<", device, 0x5000))
    capture.write(tmp_path / "imei.pcapng")
    line = tshark("-Y", "vt600", "-T", "fields", "-e", "vt600.device_id", "-e", "vt600.device_imei",
                  capture=(tmp_path / "imei.pcapng").read_bytes()).removesuffix("\n")
    assert line == f"{device}\t{imei}"


def test_numbers_of_settings_are_found_by_a_range(tshark, tmp_path):
    capture = conversation([(">", 0x4302, "22.5,113.9,500,1,0"), (">", 0x4155, "1,10.0.0.2,8500,cmnet")], tmp_path)
    found = tshark("-Y", "(vt600.fence.latitude > 22 && vt600.fence.radius < 1000) || vt600.gprs.port in {8000..9000}",
                   "-T", "fields", "-e", "frame.number", capture=capture)
    assert found.split() == [str(FIRST), str(FIRST + 1)]


def test_server_answers_the_question_for_it_and_the_end_of_a_photo(tshark, tmp_path):
    frames = [("<", 0x0002, b""), (">", 0x0002, "example.org:5002"), ("<", 0x0f80, b"\2"), (">", 0x6688, b"\2\0\0")]
    lines = tshark("-2", "-T", "fields", "-e", "vt600.response_in", "-e", "vt600.response_to",
                   capture=conversation(frames, tmp_path)).splitlines()[FIRST - 1:]
    assert lines == [f"{FIRST + 1}\t", f"\t{FIRST}", f"{FIRST + 3}\t", f"\t{FIRST + 2}"]


def test_exchanges_are_paired(tshark):
    """In this capture each answer follows its request."""
    lines = tshark("-2", "-Y", "vt600.response_to || vt600.response_in", "-T", "fields", "-e", "frame.number",
                   "-e", "vt600.response_in", "-e", "vt600.response_to", "-e", "vt600.command",
                   capture="base-protocol-commands").splitlines()
    rows = [line.split("\t") for line in lines]
    answered = {row[0]: row[1] for row in rows if row[1]}
    assert {row[2]: row[0] for row in rows if row[2]} == answered
    asked = [int(row[3], 16) for row in rows if row[1]]
    alone = {0x4351, 0x4902, 0x5503, 0x9001, 0x9002, 0x9003, 0x9016, 0x4101, 0x4102, 0x5000, 0x0800, 0x4151}
    settings = {0x4103, 0x4105, 0x4106, 0x4108, 0x4110, 0x4113, 0x4114, 0x4115, 0x4116, 0x4126, 0x4130, 0x4131, 0x4132, 0x4135,
                0x4136, 0x4150, 0x4155, 0x4302, 0x4303, 0x5114, 0x5199}
    assert set(asked) == alone | settings


@pytest.mark.parametrize("name", ["base-protocol-commands", "day-of-a-tracker"])
@pytest.mark.parametrize("passes", [[], ["-2"]], ids=["one_pass", "two_passes"])
def test_good_captures_have_no_warnings(tshark, name, passes):
    found = tshark(*passes, "-Y", "vt600.data.bad || vt600.data.extra || vt600.position.bad || vt600.unsolicited", capture=name)
    assert found == ""
    assert (CAPTURES / f"{name}.dialog").exists()


def test_a_track_is_one_line(tshark):
    track = tshark("-Y", "vt600.position.valid == 1", "-T", "fields", "-E", "occurrence=f", "-e", "vt600.device_id", "-e",
                   "vt600.position.time", "-e", "vt600.position.latitude", "-e", "vt600.position.longitude", "-e",
                   "vt600.position.speed", capture="day-of-a-tracker").splitlines()
    assert len(track) == 10
    device, time, latitude, longitude, speed = track[1].split("\t")
    assert device == DEVICE and time in ("Nov 14, 2023 22:14:21.000000000 UTC", "2023-11-14T22:14:21.000000000Z")
    assert (latitude, longitude) == ("22.56862", "113.900051667")
    assert speed == "57.54164"
