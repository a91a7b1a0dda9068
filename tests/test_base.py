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

# Of every frame, or of its exchange; test_exchanges_are_paired looks at the latter.
COMMON = {"header", "length", "device_id", "command", "checksum", "checksum.status", "terminator",
          "response_in", "response_to", "response_time", "retry_of", "attempt", "unsolicited"}

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
     {"setting": "22.5,113.9,500,1,0", "fence.latitude": "22.5", "fence.longitude": "113.9", "fence.radius": "500",
      "fence.in": "1", "fence.out": "0"}),
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
    ("<", 0x9901, "13.9,1845", {"obd": "13.9,1845"}),
    ("<", 0x9902, "1204,35", {"obd": "1204,35"}),
    ("<", 0x9903, "P0301", {"obd": "P0301"}),
    ("<", 0x9903, b"", {}),
    ("<", 0x9966, (123456789).to_bytes(4, "big") + bytes(56) + BODY.encode(),
     {"rfid": ["123456789"] + 14 * ["0"]} | BODY_ONLY),
    ("<", 0x9977, b"\1\0" + BODY.encode(), {"photo.head": "01:00"} | BODY_ONLY),
    ("<", 0x9977, b"\1\0\2", {"data": "01:00:02"}),
    ("<", 0x9988, b"\1\x02\x03\4\5\xff\xd8\xff",
     {"photo.image": "1", "photo.footage": "515", "photo.packets": "4", "photo.packet": "5", "photo.data": "ff:d8:ff"}),
    *[(side, command, b"\1\2", {"data": "01:02"}) for side in "<>" for command in (0x0001, 0x0002, 0x0800, 0x0f80, 0x8801)],
    # A direction for which the lists have nothing.
    *[(">", command, b"\1\2", {"data": "01:02"}) for command in (
        0x5000, 0x5100, 0x6688, 0x9901, 0x9902, 0x9903, 0x9955, 0x9966, 0x9977, 0x9988, 0x9999)],
    *[("<", command, b"\1\2", {"data": "01:02"}) for command in (0x4000, 0x4101, 0x4102)],
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
    ("<", 0x9955, BODY.replace("*32", "*33"), []), ("<", 0x9955, BODY + TAIL + "|and|more", []),
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


FIRST = 6       # behind three packets of TCP and two of the login


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
    names = "data.bad", "data.extra", "position.bad"
    lines = tshark("-T", "fields", *[word for name in names for word in ("-e", f"vt600.{name}")], *passes,
                   capture=conversation(EXPERTS, tmp_path)).splitlines()[FIRST - 1:]
    assert len(lines) == len(EXPERTS)
    for (side, command, data, experts), line in zip(EXPERTS, lines):
        counts = [len(value.split(",")) if value else 0 for value in line.split("\t")]
        assert counts == [experts.count(name) for name in names], f"{side} {command:04x} {data}"


def test_info_tells_what_matters(tshark, tmp_path):
    lines = tshark("-T", "fields", "-e", "_ws.col.Info", capture=conversation(INFOS, tmp_path)).splitlines()[FIRST - 1:]
    assert [line.replace("\\\\", "\\") for line in lines] == [f"{DEVICE} {info}" for *_, info in INFOS]


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


def test_strings_hide_nothing_behind_a_nul(tshark, tmp_path):
    frames = [(">", 0x4132, b"48\x000"), ("<", 0x9955, b"035644\0,A"), ("<", 0x9901, b"a\0b"), ("<", 0x9001, b"S\0N,V1.38")]
    fields = [word for name in ("setting", "position", "obd", "serial_number") for word in ("-e", f"vt600.{name}")]
    lines = tshark("-T", "fields", *fields, capture=conversation(frames, tmp_path)).splitlines()[FIRST - 1:]
    assert [line.strip("\t").replace("\\\\", "\\") for line in lines] == ["48\\0000", "035644\\000,A", "a\\000b", "S\\000N"]


@pytest.mark.parametrize("length", [0, 1, 1000, 8000, 65000])
def test_positions_of_every_length_are_shown(tshark, tmp_path, length):
    frames = [("<", 0x9955, (BODY + "|" + "0," * length)[:length]), ("<", 0x9955, ("||||" + "7," * length)[:length])]
    assert tshark("-V", capture=conversation(frames, tmp_path)).count("Position report (0x9955)") == len(frames)


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
