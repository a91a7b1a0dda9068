# SPDX-License-Identifier: GPL-2.0-or-later
"""Every OTA is followed to its end: random ones against a model, in every order of reading, and hostile captures.

player.py makes the captures, model.py says what they should show. More of them, and others:

    VT600_OTAS=5000 VT600_SEED=7 tests/run -k random_otas
"""

import base64
import os
import random
import re

import pytest

import hostile
import player
import wireshark
from model import EXPERTS, MINUTE, Model

SEED = int(os.environ.get("VT600_SEED", "1"))
OTAS = int(os.environ.get("VT600_OTAS", "150"))
PER_CAPTURE = 25

NUMBERS = "session state bytes_sent bytes_acked blocks_acked retries bytes_total progress continued_from".split()
FIELDS = [f"vt600.ota.{name}" for name in NUMBERS + EXPERTS]
# What a frame can only show once the rest of the capture is known.
FUTURE = {"session", "bytes_total", "progress"}


def fields(tshark, capture, *args):
    """For each packet: {field's last name: its values as text}."""
    wanted = [arg for name in FIELDS for arg in ("-e", name)]
    lines = tshark(*args, "-T", "fields", "-E", "occurrence=a", "-E", "separator=/t", "-E", "aggregator= ", *wanted,
                   capture=capture).splitlines()
    return [{name: value.split() for name, value in zip(NUMBERS + list(EXPERTS), line.split("\t")) if value} for line in lines]


class Played:
    """A capture, and what the model shows of it."""

    def __init__(self, seed, count, only=None, **options):
        self.world = player.World(seed, only=only).play(count)
        self.bytes = self.world.capture.pcapng()
        self.judge(**options)

    def judge(self, size=0, **options):
        self.size = size
        self.model = Model(**options)
        self.shown = []
        for packet, ((time, _), said) in enumerate(zip(self.world.capture.packets, self.world.said), 1):
            shown = [self.model.add(frame, place, packet, time) for frame, place in said]
            self.shown.append([one for one in shown if one])

    def expected(self, passes):
        """As fields() gives it."""
        for shown in self.shown:
            row = {}
            for one in shown:
                session = one.session
                total = (one.total if passes == 1 else session.total) or self.size
                values = {"session": one.number if passes == 1 else session.number, "state": one.state,
                          "bytes_sent": one.bytes_sent, "bytes_acked": one.bytes_acked, "blocks_acked": one.blocks_acked,
                          "retries": one.retries, "continued_from": one.continued_from}
                if passes == 2 and one.later_state is not None:
                    values |= {"state": one.later_state, **one.later}
                if total:
                    values |= {"bytes_total": total, "progress": min(100, 100 * values["bytes_acked"] / total)}
                if not values["continued_from"]:
                    del values["continued_from"]
                for name, value in values.items():
                    row.setdefault(name, []).append(value)
                for name in one.experts:
                    row.setdefault(name, []).append(1)
            yield row

    def images(self):
        """{name: bytes} of the sessions' images."""
        exported = (session.exported() for session in self.model.sessions)
        return dict(image for image in exported if image)


def value_of(name, text):
    return float(text) if name == "progress" else int(text)


def differences(expected, shown):
    """What differs in a packet, as text."""
    for name in sorted(expected.keys() | shown.keys()):
        here = [value_of(name, text) for text in shown.get(name, [])] if name in NUMBERS else [1 for _ in shown.get(name, [])]
        there = expected.get(name, [])
        if len(here) != len(there) or any(abs(a - b) > 1e-6 * max(1, abs(b)) for a, b in zip(here, there)):
            yield f"{name} {here}, not {there}"


def compare(played, shown, passes):
    assert len(shown) == len(played.shown)
    wrong = []
    for packet, (expected, row) in enumerate(zip(played.expected(passes), shown), 1):
        if not played.world.said[packet - 1]:       # at most a closing, with the lines of the sessions that it interrupts
            continue
        wrong += [f"packet {packet} {[frame.kind for frame, _ in played.world.said[packet - 1]]}: {difference}"
                  for difference in differences(expected, row)]
    if wrong:
        raise AssertionError("\n".join([f"{len(wrong)} values differ, in {passes} passes", *wrong[:12]]))


def exported(tshark, capture, folder):
    folder.mkdir()
    folder.chmod(0o777)
    tshark("-q", "--export-objects", f"vt600,{folder}", capture=capture)
    return {path.name: path.read_bytes() for path in folder.glob("*.bin")}


def compare_images(played, images):
    expected = played.images()
    assert sorted(images) == sorted(expected)
    for name, content in expected.items():
        if images[name] != content:
            first = next((i for i, (a, b) in enumerate(zip(images[name], content)) if a != b), min(len(images[name]), len(content)))
            raise AssertionError(f"{name}: {len(images[name])} bytes for {len(content)}, the first to differ at 0x{first:x}")


def rounds():
    """(seed, direction) for each capture: one in six sees one direction only."""
    return [(SEED * 1000 + number, {4: ">", 5: "<"}.get(number % 6)) for number in range(-(-OTAS // PER_CAPTURE))]


@pytest.mark.parametrize("seed,only", rounds())
def test_random_otas_show_what_the_model_shows(seed, only, tshark, tmp_path):
    tmp_path.chmod(0o755)
    played = Played(seed, PER_CAPTURE, only)
    compare(played, fields(tshark, played.bytes), 1)
    compare(played, fields(tshark, played.bytes, "-2"), 2)
    compare_images(played, exported(tshark, played.bytes, tmp_path / "images"))


def test_player_plays_all_that_can_happen():
    """Or else the test above proves less than it seems to."""
    seen, states, names = set(), set(), []
    for seed, only in rounds()[:6]:
        played = Played(seed, PER_CAPTURE, only)
        seen |= {expert for shown in played.shown for one in shown for expert in one.experts}
        seen |= {"continued"} if any(one.continued_from for shown in played.shown for one in shown) else set()
        seen |= {"parted"} if any(one.later_state is not None for shown in played.shown for one in shown) else set()
        states |= {session.state for session in played.model.sessions}
        names += played.images()
    assert seen == {*EXPERTS, "continued", "parted"}
    assert len(states) >= 9
    assert any("partial" in name for name in names) and any("partial" not in name for name in names)


# Passes

ALL = ["vt600." + name for name in (
    "device_id command retransmission response_to response_time retry_of attempt unsolicited checksum.status ota.offset "
    "ota.flag ota.rate ota.image_checksum.status ota.block_too_long").split()] + FIELDS


def tree_fields(node, found):
    """{filter name: values} of a frame's tree as sharkd gives it, from the filters that it offers."""
    for item in node:
        text = item.get("f", "")
        if text.startswith("vt600."):
            name, _, value = text.partition(" == ")
            found.setdefault(name, []).append(value)
        tree_fields(item.get("n", []), found)
    return found


def frames(sharkd, capture, order, *before):
    calls = [("frame", {"frame": number, "proto": True}) for number in order]
    answers = sharkd(*before, *calls, capture=capture)[len(before):]
    return {number: tree_fields(answer["tree"], {}) for number, answer in zip(order, answers)}


@pytest.mark.sanitized
def test_passes_and_any_order_of_reading_agree(tshark, sharkd):
    played = Played(SEED * 1000 + 500, 10)
    wanted = [arg for name in ALL for arg in ("-e", name)]

    def values(*args):
        text = tshark(*args, "-T", "fields", "-E", "occurrence=a", "-E", "separator=/t", *wanted, capture=played.bytes)
        return [dict(zip(ALL, line.split("\t"))) for line in text.splitlines()]

    one, two = values(), values("-2")
    later = {f"vt600.ota.{name}" for name in FUTURE}
    tentative = {packet for packet, shown in enumerate(played.shown) if any(entry.later_state is not None for entry in shown)}
    for packet, (first, second) in enumerate(zip(one, two, strict=True)):
        for name in ALL:
            if name not in later or (name.endswith(".session") and packet not in tentative):
                assert first[name] == second[name], f"packet {packet + 1}: {name}"
            elif first[name] and name.endswith(".bytes_total"):
                assert second[name], f"packet {packet + 1}: {name} is lost"

    numbers = [packet for packet, said in enumerate(played.world.said, 1) if said]
    shuffled = numbers[:]
    random.Random(SEED).shuffle(shuffled)
    forward, anyhow = frames(sharkd, played.bytes, numbers), frames(sharkd, played.bytes, shuffled)
    assert forward == anyhow
    twice = frames(sharkd, played.bytes, shuffled, *(("frame", {"frame": number}) for number in numbers[::-1]))
    assert forward == twice
    for number in numbers:
        for name in NUMBERS:
            shown = forward[number].get(f"vt600.ota.{name}", [])
            again = [text for text in two[number - 1][f"vt600.ota.{name}"].split(",") if text]
            assert [value_of(name, text) for text in shown] == pytest.approx([value_of(name, text) for text in again]), (
                f"packet {number}: {name}")
        for name in EXPERTS:
            assert bool(forward[number].get(f"vt600.ota.{name}")) == bool(two[number - 1][f"vt600.ota.{name}"])


@pytest.mark.parametrize("preference,value,options", [
    ("session_timeout", "1", {"timeout": MINUTE}),
    ("session_timeout", "0", {"timeout": 0}),
    ("image_size", "100000", {"size": 100000}),
    ("check_checksum", "FALSE", {"trust_all": True}),
])
def test_a_preference_changes_what_is_shown_and_nothing_is_left_of_before(preference, value, options, tshark, sharkd):
    played = Played(SEED * 1000 + 600, 20)
    before = [row for row in played.expected(2)]
    played.judge(**options)
    after = [row for row in played.expected(2)]
    changed = [number for number, (a, b) in enumerate(zip(before, after), 1) if a != b]
    assert changed, "the capture does not show the preference"
    compare(played, fields(tshark, played.bytes, "-o", f"vt600.{preference}:{value}"), 1)

    # The GUI changes it while the capture is loaded, and reads the capture again.
    numbers = [number for number, said in enumerate(played.world.said, 1) if said]
    path = str(write(sharkd, played.bytes))
    setting = ("setconf", {"name": f"vt600.{preference}", "value": value})
    shown = frames(sharkd, path, numbers, ("frame", {"frame": numbers[-1]}), setting, ("load", {"file": path}))
    for number in numbers:
        row = {name: shown[number].get(f"vt600.ota.{name}", []) for name in NUMBERS}
        expected = {name: values for name, values in after[number - 1].items() if name in NUMBERS}
        assert not list(differences(expected, row)), f"packet {number}: {list(differences(expected, row))}"


def write(sharkd, content):
    path = sharkd.__self__.folder / "played.pcapng"
    path.write_bytes(content)
    return path


# Export

def downloads(tap):
    """The requests for all objects that a tap listed."""
    objects = tap["taps"][0]["objects"]
    return [("download", {"token": f"{tap['taps'][0]['tap']}_{number}"}) for number, _ in enumerate(objects)]


@pytest.mark.sanitized
def test_images_are_the_same_when_asked_twice_and_after_a_reload(sharkd, monkeypatch):
    # What sharkd says of each tap besides.
    monkeypatch.setattr("wireshark.SHARKD_TALK", re.compile(
        rf"{wireshark.SHARKD_TALK.pattern}|^sharkd_session_process_tap.*\n", re.MULTILINE))
    played = Played(SEED * 1000 + 700, 15)
    path = str(write(sharkd, played.bytes))
    tap = ("tap", {"tap0": "eo:vt600"})
    listed, = sharkd(tap, capture=path)
    get = downloads(listed)
    assert len(get) == len(played.images())
    answers = sharkd(tap, *get, tap, *get, ("load", {"file": path}), tap, *get, ("frame", {"frame": 1}), tap, *get, capture=path)
    answers = [answer for answer in answers if answer and ("file" in answer or "taps" in answer)]
    size = len(get) + 1
    assert len(answers) == 4 * size
    for group in range(4):
        names = [entry["filename"] for entry in answers[group * size]["taps"][0]["objects"]]
        contents = [base64.b64decode(answer["data"]) for answer in answers[group * size + 1:(group + 1) * size]]
        compare_images(played, dict(zip(names, contents, strict=True)))


def test_image_overwritten_after_its_check_is_not_shown_as_the_checked_one(tshark, tmp_path):
    first, other = bytes(range(64)), bytes(64)
    check = [(">", hostile.wire.frame(">", "1011309236", hostile.wire.DATA_CHECK, b"\0\x40")),
             ("<", hostile.wire.frame("<", "1011309236", hostile.wire.DATA_CHECK,
                                      hostile.wire.crc(first).to_bytes(2, "big")))]
    frames = [*hostile.blocks([0], first), *check]
    again = [hostile.block(16, other[16:]), hostile.stored(16)]
    for overwritten in False, True:
        path = tmp_path / f"{overwritten}.pcap"
        hostile.write(path, hostile.on_one([*frames, *again] if overwritten else frames))
        for passes in (), ("-2",):
            images = tshark("-T", "fields", "-e", "vt600.ota.image", *passes, capture=path.read_bytes()).split()
            assert images == ([] if overwritten and passes else [first.hex()])
        assert ("the image has since been overwritten" in tshark("-2", "-V", capture=path.read_bytes())) == overwritten


# Bounds

@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(hostile.CAPTURES))
def test_hostile_captures_cost_in_proportion(name, request, tmp_path):
    tmp_path.chmod(0o755)
    program = request.getfixturevalue("wireshark")
    path = tmp_path / "hostile.pcap"
    packets = hostile.write(path, hostile.CAPTURES[name]())
    assert packets >= 50000
    runs = 2
    ours = [hostile.cost(program, path) for _ in range(runs)]
    theirs = [hostile.cost(program, path, plugin=False) for _ in range(runs)]
    cpu, base = min(run.cpu for run in ours), min(run.cpu for run in theirs)
    memory, without = min(run.memory for run in ours), min(run.memory for run in theirs)
    print(f"{name}: {packets} packets, CPU {cpu:.2f} s for {base:.2f} s, memory {memory >> 20} MiB for {without >> 20} MiB")
    assert all(run.ours for run in ours) and not any(run.ours for run in theirs), "not dissected, or by the wrong one"
    assert cpu <= 2.5 * base, f"{cpu:.2f} s of CPU for {base:.2f} s without the plugin"
    assert memory - without <= 120 << 20, f"{(memory - without) >> 20} MiB more than without the plugin"
