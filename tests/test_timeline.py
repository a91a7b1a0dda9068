# SPDX-License-Identifier: GPL-2.0-or-later
"""-z vt600,timeline: what it draws is what the report counts, and it stays small.

Knows the keys of both; the captures are read from captures/, or made here where they are long.
"""

import json
import sys
from pathlib import Path

import jsonschema
import pytest

from quick import each
from wireshark import CAPTURES, ROOT

sys.path.insert(0, str(ROOT / "captures"))

import ota  # noqa: E402
import packets  # noqa: E402
import wire  # noqa: E402

SCHEMA = json.loads(Path(__file__).with_name("timeline.schema.json").read_text(encoding="utf-8"))
NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcapng"))


def timelines(tshark, capture, *args):
    """{session: (its line of the timeline, its line of the report)}"""
    lines = tshark("-q", "-z", "vt600,timeline", "-z", "vt600,report", *args, capture=capture).splitlines()
    found = {True: {}, False: {}}
    for line in map(json.loads, lines):
        found["timeline" in line][line["session"]] = line
    assert found[True].keys() == found[False].keys()
    return {session: (line, found[False][session]) for session, line in found[True].items()}


@pytest.mark.parametrize("name", each(NAMES))
def test_every_line_passes_the_schema_and_agrees_with_the_report(name, tshark):
    once = timelines(tshark, name)
    assert once == timelines(tshark, name, "-2")
    for line, report in once.values():
        jsonschema.validate(line, SCHEMA)
        assert line["device_id"] == report["device_id"]
        assert line["steps"] == sorted(line["steps"], key=lambda step: step[0]) and line["steps"][-1][1] == report["bytes_acked"]
        assert all(0 <= begin < end <= line["seconds"] + 0.001 for begin, end, _, _ in line["waits"])
        assert sum(mark[2] for mark in line["marks"] if mark[1] == "refused") == report["naks"]
        if image := line["image"]:
            parts = sorted(image["stored"] + image["unconfirmed"] + image["missing"])
            assert [part[0] for part in parts] == [0, *(part[1] for part in parts[:-1])]
            assert parts[-1][1] == image["length"]
            gaps = report["gaps"] + ([[report["bytes_acked"], image["length"]]] if not report["gaps"] else [])
            for first, end in gaps:
                assert not any(a <= first < b for a, b in image["stored"]) or first == end


def long_update(blocks, step=64):
    """Everything happens often: each 50th block is sent twice, each 70th refused, and once there is a long silence."""
    content, device = ota.image(blocks * step, 7), "101130923633"
    capture = packets.Capture()
    flow = capture.tcp("10.0.0.1:20000", "192.168.1.1:8500")
    for side, data in ota.run(content[:0], device, step):
        if wire.DATA_CHECK.to_bytes(2, "big") in data:
            break
        flow.send(side, data)
    for number, (offset, block) in enumerate(ota.blocks(content, step)):
        request = wire.data_request(device, offset, block)
        if number == blocks // 2:
            capture.wait(600)
        if number % 50 == 49:
            flow.send(">", request)
        if number % 70 == 69:
            flow.send(">", request)
            flow.send("<", wire.data_answer(device, offset, ota.REFUSED))
        flow.send(">", request)
        flow.send("<", wire.data_answer(device, offset, ota.STORED))
    return capture


@pytest.fixture(scope="module", name="long_capture")
def fixture_long_capture(tmp_path_factory):
    path = tmp_path_factory.mktemp("long") / "long.pcapng"
    long_update(60000).write(path)
    return path


@pytest.mark.slow
def test_60000_blocks_make_a_line_below_300_kilobytes_that_leaves_nothing_out(tshark, long_capture):
    (line, report), = timelines(tshark, long_capture.read_bytes()).values()
    jsonschema.validate(line, SCHEMA)
    assert report["blocks_acked"] == 60000 and len(json.dumps(line)) < 300000
    counted = {kind: sum(mark[2] for mark in line["marks"] if mark[1] == kind) for kind in ("refused", "repeated")}
    assert counted == {"refused": report["naks"], "repeated": report["retries"]}
    assert line["steps"][-1][1] == report["bytes_acked"] == line["image"]["length"] == 60000 * 64
    (begin, end, party, _), = line["waits"]
    assert party == "server" and end - begin > 600
