# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames on a stream: however TCP cuts, joins, swaps and repeats them, whatever a capture leaves out, whatever is damaged.

Each test puts many cases into one capture, each case in a conversation of its own, and looks at the fields that tshark shows.
The traffic comes from captures/*.py. Knows nothing of what an update's session shows.
"""

import itertools
import json
import os
import random
import re
import struct
import sys
from collections import Counter, defaultdict

import pytest
from dpkt import pcapng, tcp

from wireshark import CAPTURES, ROOT

sys.path.insert(0, str(CAPTURES))

import ota  # noqa: E402
import packets  # noqa: E402
import wire  # noqa: E402

PASSES = pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one-pass", "two-passes"])
SERVER = "192.168.1.1:8500"
DEVICE = "101130923633"
IMAGE = ota.image(2048, "stream")

# One value a frame that has the field, and per packet as many as it has frames with it.
OF_FRAMES = ["vt600.header", "vt600.device_id", "vt600.command", "vt600.length", "vt600.ota.offset",
             "vt600.ota.block_length", "vt600.ota.block", "vt600.ota.flag", "vt600.checksum", "vt600.checksum.status"]
FAULTS = ["vt600.damaged", "vt600.junk", "vt600.retransmission", "vt600.attempt", "vt600.cut"]
GOOD, BAD, UNVERIFIED = "1", "0", "2"

# Of a packet that a dissector gave up on. _ws.malformed would also be there for our own findings.
EXCEPTION = "_ws.malformed.expert"


def fields(tshark, capture, names, *args, only="vt600", **how):
    """A list a packet: of each field the list of its values."""
    if isinstance(capture, packets.Capture):
        capture = capture.pcapng()
    wanted = [argument for name in [*names, EXCEPTION] for argument in ("-e", name)]
    text = tshark("-Y", only, "-T", "fields", "-E", "separator=|", *wanted, *args, capture=capture, **how)
    rows = [[cell.split(",") if cell else [] for cell in line.split("|")] for line in text.splitlines()]
    assert not any(row.pop() for row in rows), "something is malformed"
    return rows


def columns(rows):
    """The same as one list of values a field."""
    return [list(itertools.chain.from_iterable(column)) for column in zip(*rows)]


def by_conversation(rows):
    """The columns of each conversation side: the first two fields are its number and the header."""
    sides = defaultdict(list)
    for number, header, *rest in rows:
        sides[number[0], header[0] if header else None].append([header, *rest])
    return {side: columns(rows) for side, rows in sides.items()}


def frames_of(data):
    """Sound frames, one after the other, from the start of the data: (where it ends, side, command)."""
    at = 0
    while len(data) - at >= wire.FRAME_LEN_MIN and data[at:at + 2] in wire.HEADERS.values():
        length = int.from_bytes(data[at + 2:at + 4], "big")
        frame = data[at:at + length]
        if len(frame) < max(length, wire.FRAME_LEN_MIN) or frame[-4:] != wire.crc(frame[:-4]).to_bytes(2, "big") + wire.END:
            break
        at += length
        yield at, frame[:2], frame[11:13]


def tracker(number):
    """An end of its own for each case."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}:20000"


def device_of(number):
    return f"1011{number:08}"


def run_of_mixed_blocks(device):
    """A whole OTA whose blocks have every kind of size."""
    frames = list(ota.run(b"", device))
    yield from frames[:4]
    offset = 0
    for size in itertools.cycle([1, 7, 128, 500, 64, 33]):
        block = IMAGE[offset:offset + size]
        yield ">", wire.data_request(device, offset, block)
        yield "<", wire.data_answer(device, offset, ota.STORED)
        offset += len(block)
        if offset == len(IMAGE):
            break
    yield from frames[4:]


KINDS_OF_BLOCKS = {"blocks-of-128": lambda device: ota.run(IMAGE, device), "mixed-blocks": run_of_mixed_blocks}


def expected(frames, side):
    """What OF_FRAMES has of one side of a sound stream, one list a field."""
    rows = []
    for who, data in frames:
        if who != side:
            continue
        command, content = data[11:13], data[13:-4]
        block = who == ">" and command == b"\x95\x02"
        flag = who == "<" and command in (b"\x95\x01", b"\x95\x02", b"\x95\x04", b"\x95\x05")
        rows.append([
            ["0x" + data[:2].hex()], [data[4:11].hex().rstrip("f")], ["0x" + command.hex()], [str(len(data))],
            ["0x" + content[:4].hex()] if command == b"\x95\x02" else [],
            [str(int.from_bytes(content[4:6], "big"))] if block else [],
            [content[6:].hex()] if block and content[6:] else [],
            [f"0x{content[-1]:02x}"] if flag else [], ["0x" + data[-4:-2].hex()], [GOOD]])
    return columns(rows)


def same_frames(tshark, capture, conversations, *args):
    """Each conversation shows exactly its frames, and nothing is wrong in any."""
    rows = fields(tshark, capture, ["tcp.stream", *OF_FRAMES, *FAULTS], *args)
    shown = by_conversation(rows)
    assert len(shown) == 2 * len(conversations)
    for number, frames in enumerate(conversations):
        for side, header in ((">", "0x4040"), ("<", "0x2424")):
            values = shown[str(number), header]
            assert values[:-len(FAULTS)] == expected(frames, side), f"conversation {number}, side {side}"
            assert not any(values[-len(FAULTS):]), f"conversation {number}, side {side}"


# Cut and joined

@pytest.mark.slow
@PASSES
@pytest.mark.parametrize("pieces", [1, 100], ids=["each-frame-cut", "stream-cut"])
@pytest.mark.parametrize("kind", KINDS_OF_BLOCKS)
def test_segments_of_every_size_show_the_same_frames(tshark, kind, pieces, passes):
    capture, conversations = packets.Capture(), []
    for size in range(1, 201):
        frames = list(KINDS_OF_BLOCKS[kind](device_of(size)))
        # A piece of a side is cut as a whole: of one frame, or of all that the side says.
        capture.tcp(tracker(size), SERVER).play(ota.grouped(frames, pieces), segment=size)
        conversations.append(frames)
    same_frames(tshark, capture, conversations, *passes)


@PASSES
@pytest.mark.parametrize("kind", KINDS_OF_BLOCKS)
def test_any_number_of_frames_in_a_segment_shows_the_same_frames(tshark, kind, passes):
    capture, conversations = packets.Capture(), []
    for count in (1, 2, 3, 7, 20):
        frames = list(KINDS_OF_BLOCKS[kind](device_of(count)))
        capture.tcp(tracker(count), SERVER).play(ota.grouped(frames, count), segment=60000)
        conversations.append(frames)
    same_frames(tshark, capture, conversations, *passes)


@PASSES
def test_datagrams_show_the_same_frames(tshark, passes):
    capture, conversations = packets.Capture(), []
    for count in (1, 2, 3, 7, 20):
        frames = list(ota.run(IMAGE, device_of(count)))
        capture.udp(tracker(count), SERVER).play(ota.grouped(frames, count))
        conversations.append(frames)
    shown = by_conversation(fields(tshark, capture, ["udp.stream", *OF_FRAMES, *FAULTS], *passes))
    for number, frames in enumerate(conversations):
        for side, header in ((">", "0x4040"), ("<", "0x2424")):
            values = shown[str(number), header]
            assert values[:-len(FAULTS)] == expected(frames, side)
            assert not any(values[-len(FAULTS):])


# TCP's options

@PASSES
def test_swapped_segments_in_order_again_show_the_same_frames(tshark, passes):
    capture, conversations = packets.Capture(), []
    for size in (40, 100, 151, 200):
        frames = list(ota.run(IMAGE, device_of(size)))
        connection = capture.tcp(tracker(size), SERVER)
        for number, (side, data) in enumerate(ota.grouped(frames, 100)):
            for at in range(0, len(data), size):
                connection.send(side, data[at:at + size])
                # Every other pair, the first segments of the connection not among them: TCP has to know where it begins.
                if at // size % 4 == 2:
                    capture.swap()
        conversations.append(frames)
    same_frames(tshark, capture, conversations, "-o", "tcp.reassemble_out_of_order:TRUE", *passes)


@PASSES
@pytest.mark.parametrize("preference", ["tcp.desegment_tcp_streams:FALSE", "vt600.desegment:FALSE"])
def test_without_reassembly_whole_frames_in_a_segment_are_shown(tshark, preference, passes):
    capture, sent, per_packet = packets.Capture(), Counter(), {}
    for size in (17, 60, 151, 200, 400, 1400):
        frames = list(ota.run(IMAGE, device_of(size)))
        connection = capture.tcp(tracker(size), SERVER)
        for side, data in ota.grouped(frames, 100):
            ends = set(itertools.accumulate(len(frame) for who, frame in frames if who == side))
            for at in range(0, len(data), size):
                connection.send(side, data[at:at + size])
                # Frames that begin and end in this segment.
                inside = sorted(end for end in ends | {0} if at <= end <= at + size)
                whole = max(len(inside) - 1, 0)
                per_packet[len(capture.packets)] = whole
                sent[size] += whole
    shown = {int(number[0]): status for number, status in
             fields(tshark, capture, ["frame.number", "vt600.checksum.status"], "-o", preference, *passes)}
    assert sum(sent.values()) > 100
    for number, whole in per_packet.items():
        # The heuristic accepts a conversation at its first whole frame at a segment's begin.
        if number in shown:
            assert shown[number].count(GOOD) == whole, f"packet {number}"
        else:
            assert not whole or number < min(shown), f"packet {number}"


def repeated():
    """Every segment three times, some together with the next frame."""
    capture = packets.Capture()
    frames = list(ota.run(IMAGE, DEVICE))
    connection = capture.tcp(tracker(1), SERVER)
    for side, data in frames:
        connection.send(side, data)
        connection.again(side)
        connection.again(side)
    return capture, frames


@PASSES
def test_without_sequence_analysis_a_repeated_frame_is_marked_and_counts_once(tshark, passes):
    capture, frames = repeated()
    names = ["vt600.header", "vt600.command", "vt600.ota.offset", "vt600.checksum.status", "vt600.retransmission",
             "vt600.attempt", "vt600.damaged", "vt600.junk", "vt600.unsolicited"]
    rows = fields(tshark, capture, names, "-o", "tcp.analyze_sequence_numbers:FALSE", *passes)
    assert len(rows) == 3 * len(frames)
    for number, row in enumerate(rows):
        side, data = frames[number // 3]
        assert row[0] == ["0x" + data[:2].hex()] and row[1] == ["0x" + data[11:13].hex()] and row[3] == [GOOD]
        assert bool(row[4]) == (number % 3 > 0), f"repetition {number % 3} of frame {number // 3}"
        assert not any(row[5:]), f"repetition {number % 3} of frame {number // 3}"


@PASSES
def test_with_sequence_analysis_a_repeated_frame_is_shown_once(tshark, passes):
    capture, frames = repeated()
    rows = fields(tshark, capture, ["vt600.header", "vt600.command", "vt600.retransmission"], *passes)
    assert [row[:2] for row in rows] == [[["0x" + data[:2].hex()], ["0x" + data[11:13].hex()]] for _, data in frames]
    assert not any(row[2] for row in rows)


@PASSES
def test_without_sequence_analysis_a_keep_alive_is_no_heartbeat(tshark, passes):
    capture = packets.Capture()
    connection = capture.tcp(tracker(1), SERVER)
    connection.send("<", wire.frame("<", DEVICE, wire.AUTHORIZATION, b"\1"))
    connection.send("<", b"\0")
    for side in "<>":
        connection.send(side, wire.frame(side, DEVICE, wire.AUTHORIZATION, b"\1" if side == "<" else b""))
        after = connection.next[side]
        connection.segment(side, tcp.TH_ACK, b"\0", after - 1)
        assert connection.next[side] == after
        connection.acknowledge("<" if side == ">" else ">")
    rows = fields(tshark, capture, ["vt600.heartbeat", "vt600.command"], "-o", "tcp.analyze_sequence_numbers:FALSE", *passes)
    assert [(bool(row[0]), row[1]) for row in rows] == [
        (False, ["0x9501"]), (True, []), (False, ["0x9501"]), (False, ["0x9501"])]


@PASSES
def test_sequence_numbers_that_return_are_other_frames(tshark, passes):
    """Of a stream of which most is missing, so that its numbers go round ten times. Each third frame comes twice."""
    capture = packets.Capture()
    connection = capture.tcp(tracker(1), SERVER, sequence=1000)
    expected = []
    for number in range(40):
        connection.next[">"] = (1000 + (number % 4 << 30)) & 0xffffffff
        connection.send(">", wire.data_request(DEVICE, 128 * number, IMAGE[:128]))
        expected.append((f"0x{128 * number:08x}", False))
        if number % 3 == 0:
            connection.again(">")
            expected.append((f"0x{128 * number:08x}", True))
    rows = fields(tshark, capture, ["vt600.ota.offset", "vt600.retransmission", "vt600.ota.retry"], "-o",
                  "tcp.analyze_sequence_numbers:FALSE", *passes)
    assert [(row[0][0], bool(row[1])) for row in rows] == expected
    assert not any(row[2] for row in rows)


@PASSES
def test_repetition_after_the_return_of_numbers_is_of_the_frame_before(tshark, passes):
    """Its number returns once more, for another frame, before anybody asks again."""
    capture = packets.Capture()
    connection = capture.tcp(tracker(1), SERVER, sequence=0xefffffff)
    for sequence, number in ((0xf0000000, 0), (0x100, 1), (0xf0000000, 0), (0x7f000000, 2), (0xf0000000, 3)):
        connection.next[">"] = sequence
        connection.send(">", wire.data_request(DEVICE, 128 * number, IMAGE[:128]))
    rows = fields(tshark, capture, ["vt600.ota.bytes_sent", "vt600.retransmission"], "-o",
                  "tcp.analyze_sequence_numbers:FALSE", *passes)
    assert [(row[0], bool(row[1])) for row in rows] == [
        (["128"], False), (["256"], False), (["128"], True), (["384"], False), (["512"], False)]


@PASSES
def test_start_of_a_connection_counts_although_its_packets_come_in_another_order(tshark, passes):
    """The server's first packet comes after the tracker's first frame. Then nobody asked for the second one."""
    capture = packets.Capture()
    connection = capture.tcp(tracker(1), SERVER)
    connection.send("<", wire.frame("<", DEVICE, wire.AUTHORIZATION, b"\1"))
    stamps, (syn, syn_ack, ack, first) = zip(*capture.packets)
    capture.packets = list(zip(stamps, (syn, ack, first, syn_ack)))
    connection.send("<", wire.frame("<", DEVICE, wire.DATA_CHECK, b"\0\0"))
    rows = fields(tshark, capture, ["vt600.command", "vt600.unsolicited"], *passes)
    assert [(row[0], bool(row[1])) for row in rows] == [(["0x9501"], False), (["0x9503"], True)]


# Preferences, and how a conversation is told

def test_check_of_checksums_can_be_off(tshark):
    capture = packets.Capture()
    frames = list(ota.run(IMAGE, DEVICE))
    connection = capture.tcp(tracker(1), SERVER)
    connection.play(frames)
    connection.send(">", wire.frame(">", DEVICE, wire.CANCEL, checksum="bad"))
    names = ["vt600.checksum.status", "vt600.checksum.bad", "vt600.command"]
    checked = columns(fields(tshark, capture, names))
    assert checked[0] == [GOOD] * len(frames) + [BAD] and len(checked[1]) == 1
    unchecked = columns(fields(tshark, capture, names, "-o", "vt600.check_checksum:FALSE"))
    assert unchecked[0] == [UNVERIFIED] * (len(frames) + 1) and not unchecked[1] and unchecked[2] == checked[2]


def unclaimed(flow):
    """Frames of the base protocol, every checksum bad: nothing that the heuristic may take for ours."""
    capture = packets.Capture()
    connection = getattr(capture, flow)(tracker(1), SERVER)
    for number in range(3):
        connection.send("<", wire.frame("<", DEVICE, 0x9955, b"221320.00,A", checksum="bad"))
        connection.send(">", wire.frame(">", DEVICE, 0x4101, checksum="bad"))
    return capture


@pytest.mark.parametrize("flow", ["tcp", "udp"])
@pytest.mark.parametrize("how", ["decode-as", "decode-as-tracker", "preference", "preference-range"])
def test_user_tells_a_conversation_that_the_heuristic_does_not(tshark, flow, how):
    told = {
        "decode-as": ["-d", f"{flow}.port==8500,vt600"],
        "decode-as-tracker": ["-d", f"{flow}.port==20000,vt600"],
        "preference": ["-o", f"vt600.{flow}.port:8500"],
        "preference-range": ["-o", f"vt600.{flow}.port:1-3,8000-9000"],
    }[how]
    capture = unclaimed(flow)
    assert not fields(tshark, capture, ["vt600.command"])
    shown = columns(fields(tshark, capture, ["vt600.command", "vt600.checksum.status", "vt600.damaged"], *told))
    assert shown == [["0x9955", "0x4101"] * 3, [BAD] * 6, []]


@pytest.mark.parametrize("flow", ["tcp", "udp"])
def test_heuristic_that_is_off_claims_nothing(tshark, flow):
    capture = packets.Capture()
    getattr(capture, flow)(tracker(1), SERVER).play(ota.run(IMAGE, DEVICE))
    assert fields(tshark, capture, ["vt600.command"])
    assert not fields(tshark, capture, ["vt600.command"], "--disable-heuristic", f"vt600_{flow}")


TAKEN_PORTS = "ports-that-belong-to-others"


@pytest.mark.parametrize("flow,count", [("tcp", 29), ("udp", 4)])
def test_port_of_another_dissector_hides_a_conversation_unless_heuristics_come_first(tshark, flow, count):
    assert not fields(tshark, TAKEN_PORTS, ["vt600.command"], only=f"vt600 && {flow}")
    assert len(fields(tshark, TAKEN_PORTS, ["vt600.command"], "-o", f"{flow}.try_heuristic_first:TRUE",
                      only=f"vt600 && {flow}")) == count


def test_profile_finds_conversations_on_ports_of_other_dissectors(tshark):
    profile = (ROOT / "packaging/profile/VT600 OTA/preferences").read_text(encoding="utf-8")
    set_there = [f"{name}:{value}" for name, value in re.findall(r"^((?:tcp|udp)[.]\w+): (\w+)$", profile, re.MULTILINE)]
    options = [argument for one in set_there for argument in ("-o", one)]
    assert len(fields(tshark, TAKEN_PORTS, ["vt600.command"], *options)) == 33


def test_frame_that_is_right_apart_from_its_device_id_claims_its_conversation(tshark):
    rows = fields(tshark, "claimed-whatever-the-device-id", ["frame.number", "vt600.device_id"])
    assert [(number, *ids) for (number,), ids in rows] == [
        ("4", "1a113092363fff"), ("5", "1a113092363fff"), ("9", "abcdefabcdefab"), ("10", "f0113092363fff"),
        ("11", "f0113092363fff"), ("17", "1011fff92363ff")]


# What captures leave out

ADDRESSES = re.compile(rb"\x0a\x00\x00(?=[\x01-\x0f])|\xc0\xa8\x01(?=\x01)|\x20\x01\x0d\xb8\x00\x00")


def moved(packet, number):
    """The packet as it would be between other ends: the number gets into its addresses, inside a tunnel too."""
    def changed(match):
        address = match[0]
        return address[:1] + bytes([number]) + address[2:] if len(address) == 3 else address[:-1] + bytes([number])
    return ADDRESSES.sub(changed, packet[:110]) + packet[110:]


def packet_block(stamp, packet, snap=packets.SNAPLEN_MAX):
    """The packet in a pcapng file."""
    kept = packet[:snap]
    padding = -len(kept) % 4
    size = 32 + len(kept) + padding
    return (struct.pack("<7I", pcapng.PCAPNG_BT_EPB, size, 0, stamp >> 32, stamp & 0xffffffff, len(kept), len(packet))
            + kept + bytes(padding) + struct.pack("<I", size))


SNAP_LENGTHS = range(54, 221)
CUT_CAPTURES = [
    "document-samples", "block-refused-and-sent-again", "frames-damaged-by-bit-errors", "frames-with-wrong-length",
    "frames-that-lost-bytes", "bytes-between-frames", "device-ids-of-every-kind", "frames-joined-in-segments",
    "tracker-info-with-serial-and-imei", "base-protocol-commands", "segments-retransmitted", "ota-over-ipv6",
    "ota-over-vlan", "ota-over-udp", "ota-inside-gtpu", "checksum-without-leading-zero",
]


def payload_at(packet):
    """Where a frame may begin in the packet: at its first header whose frame is sound."""
    for match in re.finditer(rb"@@|\$\$", packet[40:]):
        at = 40 + match.start()
        if next(frames_of(packet[at:]), None):
            return at
    return None


@pytest.mark.slow
@pytest.mark.parametrize("name", CUT_CAPTURES)
def test_every_packet_cut_anywhere_shows_what_is_left(tshark, name):
    with open(CAPTURES / f"{name}.pcapng", "rb") as file:
        whole = [packet for _, packet in pcapng.Reader(file)]
    # What tells a conversation may be cut off; here the user tells.
    told = ["-d", "tcp.port==8500,vt600", "-d", "udp.port==8500,vt600"]
    first = {int(number[0]): status.count(GOOD)
             for number, status in fields(tshark, name, ["frame.number", "vt600.checksum.status"], *told)}
    capture, wanted = packets.Capture(), {}
    out = [capture.pcapng()]
    stamp = packets.START
    for snap in SNAP_LENGTHS:
        for number, packet in enumerate(whole, 1):
            stamp += packets.STEP
            packet = moved(packet, snap)
            out.append(packet_block(stamp, packet, snap))
            at = payload_at(packet)
            if at is not None:
                sound = sum(at + end <= snap for end, *_ in frames_of(packet[at:]))
                wanted[(snap - SNAP_LENGTHS[0]) * len(whole) + number] = min(sound, first.get(number, 0))
    shown = {int(number[0]): status.count(GOOD)
             for number, status in fields(tshark, b"".join(out), ["frame.number", "vt600.checksum.status"], *told)}
    less = {number: (shown.get(number, 0), count) for number, count in wanted.items() if shown.get(number, 0) < count}
    assert not less, {(SNAP_LENGTHS[0] + (number - 1) // len(whole), (number - 1) % len(whole) + 1): counts
                      for number, counts in less.items()}


# Lengths

SEQUENCE_AT, DESTINATION_AT = 38, 30     # in packets over IPv4


def like(capture, payloads, per_conversation=None):
    """The capture's file with its last packet once for each payload: TCP's next segments, or datagrams.

    per_conversation  so many datagrams, and then others to the next address
    """
    stamp, packet = capture.packets.pop()
    size = len(payloads[0])
    head, rest = bytearray(packet[:-size]), []
    sequence = int.from_bytes(head[SEQUENCE_AT:SEQUENCE_AT + 4], "big")
    for number, payload in enumerate(payloads):
        assert len(payload) == size
        if per_conversation:
            head[DESTINATION_AT + 1:DESTINATION_AT + 4] = (1 + number // per_conversation).to_bytes(3, "big")
        else:
            head[SEQUENCE_AT:SEQUENCE_AT + 4] = (sequence + number * size).to_bytes(4, "big")
        rest.append((stamp + number * 1000, head + payload))
    return capture.pcapng() + b"".join(packet_block(*packet) for packet in rest)


@pytest.mark.slow
@pytest.mark.parametrize("flow,checksum", [("tcp", "as-it-was"), ("udp", "over-the-length")])
def test_every_length_leaves_the_frames_around_it(tshark, flow, checksum):
    before = wire.frame(">", DEVICE, wire.DATA_CHECK, b"\xe1\x00")
    after = wire.frame(">", DEVICE, wire.CANCEL)
    block = ota.image(16, 1)
    right = wire.data_request(DEVICE, 0x1234, block)
    payloads = []
    for length in range(0x10000):
        wrong = right[:2] + length.to_bytes(2, "big") + right[4:]
        if checksum == "over-the-length":
            wrong = wire.data_request(DEVICE, 0x1234, block, length=length)
        payloads.append(before + wrong + after)
    capture = packets.Capture()
    getattr(capture, flow)(tracker(1), SERVER).send(">", payloads[0])
    rows = fields(tshark, like(capture, payloads, 256 if flow == "udp" else None),
                  ["vt600.command", "vt600.checksum.status", "vt600.length.bad", "vt600.ota.block", "vt600.junk"])
    assert len(rows) == 0x10000
    damaged = []
    for length, (command, status, bad, blocks, junk) in enumerate(rows):
        assert (command[0], command[-1], status[0], status[-1]) == ("0x9503", "0x9505", GOOD, GOOD), length
        if (command, blocks, junk, bool(bad)) != (["0x9503", "0x9502", "0x9505"], [block.hex()], [], length != len(right)):
            damaged.append(length)
    assert not damaged


def seconds_of(tshark, capture):
    begin = os.times()
    fields(tshark, capture, ["vt600.command"])
    end = os.times()
    return end.children_user - begin.children_user


def test_datagrams_of_one_conversation_take_as_long_as_those_of_many(tshark):
    """60,000 frames each: what is remembered of them must not be slower to find the more there are."""
    payloads = [wire.data_request(DEVICE, number, b"x") * 3 for number in range(20000)]

    def capture():
        datagrams = packets.Capture()
        datagrams.udp(tracker(1), SERVER).send(">", payloads[0])
        return datagrams

    many, one = (seconds_of(tshark, like(capture(), payloads, each)) for each in (100, len(payloads)))
    assert one < 3 * many, f"{one:.1f} s in one conversation, {many:.1f} s in many"


# Other protocols

FOREIGN = ["foreign-text-protocols", "foreign-binary-protocols", "foreign-datagrams", "foreign-lines-that-start-like-a-frame",
           "foreign-frames-with-the-length-low-byte-first", "generated"]


def foreign_payloads():
    """Payloads that begin as ours do, and are none: long enough to tell."""
    source = random.Random(600)
    for number in range(400):
        begin = (b"$$", b"@@", b"$", b"@", b"$$\x00\x20", b"@@\x00\x11")[number % 6]
        size = source.randrange(13, 400)
        text = number % 5 == 0
        body = bytes(source.randrange(32, 127) for _ in range(size)) + b"\r\n" if text else source.randbytes(size)
        if number % 6 >= 4:     # an ID that is none
            body = bytes([0xa0 | body[0] & 15]) + body[1:]
        yield begin + body


def foreign_conversations():
    capture = packets.Capture()
    for number, payload in enumerate(foreign_payloads()):
        if number % 2:
            connection = capture.tcp(tracker(number), SERVER)
            connection.send("<", payload, segment=(1400, 50, 13)[number % 3])
            connection.send(">", payload[::-1])
        else:
            connection = capture.udp(tracker(number), SERVER)
            connection.send("<", payload)
            connection.send(">", payload[::-1])
    return capture.pcapng()


def too_short_to_tell(tshark, capture):
    """Packets of one or two bytes: two equal characters may still become anything. TCP keeps them for the next packet."""
    rows = fields(tshark, capture, ["frame.number", "tcp.len", "tcp.segment"], only="tcp")
    short = {number[0] for number, length, _ in rows if 0 < int(length[0]) < 3}
    return short | {number[0] for number, _, segments in rows if short & set(segments)}


@pytest.mark.slow
@pytest.mark.parametrize("args", [("-V",), ("-V", "-2"), ()], ids=["details", "details-two-passes", "summary"])
@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_traffic_looks_the_same_without_the_plugin(tshark, name, args):
    capture = foreign_conversations() if name == "generated" else name
    short = too_short_to_tell(tshark, capture)
    assert len(short) <= 20
    others = f"not frame.number in {{{','.join(short)}}}" if short else "frame"
    ours = tshark(*args, "-Y", others, capture=capture)
    same = ours == tshark(*args, "-Y", others, capture=capture, plugin=False)     # pytest's own diff would take an hour
    assert same and ours and not re.search("vt600", ours, re.IGNORECASE)


@pytest.mark.parametrize("name", FOREIGN)
def test_no_foreign_packet_is_claimed(tshark, name):
    assert not fields(tshark, foreign_conversations() if name == "generated" else name, ["frame.number"])


# Damage

def damaged_streams(count, repeats=True):
    """A conversation each: some of an OTA's frames, damaged once or more, then three sound ones; cut anywhere."""
    source = random.Random(600)
    capture = packets.Capture()
    for number in range(count):
        device = device_of(number)
        frames = list(ota.run(ota.image(256, number), device, step=source.choice([8, 64, 128])))
        first = source.randrange(len(frames))
        data = bytearray(b"".join(frame for side, frame in frames[first:first + 6] if side == ">")
                         or wire.frame(">", device, wire.CANCEL))
        for _ in range(source.choice([1, 1, 1, 2, 5])):
            at = source.randrange(len(data))
            what = source.randrange(6)
            if what == 0:
                data[at] ^= 1 << source.randrange(8)
            elif what == 1 and len(data) > 40:
                del data[at:at + source.choice([1, 1, 2, 30])]
            elif what == 2:
                data[at:at] = source.choice([b"\0", b"\r\n", b"@@", b"$$", b"@", b"\r\nOK\r\n", source.randbytes(20)])
            elif what == 3:
                data[at] = source.choice(b"@$\r\n\0\xff")
            elif what == 4:
                data[at:at] = data[:source.randrange(len(data))]
            else:
                data[at:at + 2] = source.randbytes(2)
        good = wire.data_request(device, 0, b"good")
        connection = capture.tcp(tracker(number), SERVER, handshake=source.random() < 0.5)
        # The conversation is told by a sound frame; what is damaged comes after it.
        whole = good + bytes(data) + good * 3
        at = 0
        while at < len(whole):
            size = source.choice([1, 5, 20, 100, 400])
            if number % 4 == 0:
                size = len(whole)
            connection.send(">", whole[at:at + size], lost=source.random() < 0.02 or ())
            if source.random() < 0.03 and repeats:
                connection.again(">")
            if source.random() < 0.02:
                capture.swap()
            at += size
    return capture


@pytest.fixture(scope="module")
def damaged():
    return damaged_streams(2000).pcapng()


# What a session knows of its end in a second pass, it may tell on frames before.
PROGRESS = re.compile(r" \([^)]*bytes[^)]*\)")


def infos(tshark, capture, *args):
    lines = tshark("-Y", "vt600", "-T", "fields", "-E", "separator=|", "-e", "frame.number", "-e", EXCEPTION,
                   "-e", "_ws.col.Info", *args, capture=capture).splitlines()
    return [PROGRESS.sub("", line) for line in lines]


@pytest.mark.sanitized
def test_damaged_streams_show_the_same_in_each_pass(wireshark, tshark, damaged):
    # What TCP repeats while it puts a PDU together makes it, since 4.4, hand the PDU over with each further segment; in the
    # second pass with the last one only. Swapped segments get lost in the second pass, since 4.6, unless TCP sorts them.
    sort = ["-o", "tcp.reassemble_out_of_order:TRUE"] if wireshark.series >= (4, 6) else []
    capture = damaged if wireshark.series < (4, 4) else damaged_streams(2000, repeats=False).pcapng()
    one, two = infos(tshark, capture, *sort), infos(tshark, capture, *sort, "-2")
    assert len(one) > 3000
    assert not [line for line in one + two if line.split("|")[1]], "something is malformed"
    differ = sorted(set(one) ^ set(two), key=lambda line: int(line.split("|")[0]))
    assert not differ, f"{len(differ)} differ, the first: {differ[:2]}"


def test_frame_that_the_next_one_ends_is_shown_in_each_pass(tshark):
    """In a second pass TCP hands over no more of reassembled bytes than were dissected in the first."""
    good = wire.frame(">", DEVICE, wire.CANCEL)
    without_end = wire.frame(">", DEVICE, wire.DATA_CHECK, b"\xe1\x00", end=b"")
    capture = packets.Capture()
    capture.tcp(tracker(1), SERVER).play(
        (">", data) for data in (good, without_end[:10], without_end[10:] + good[:5], good[5:]))
    shown = [columns(fields(tshark, capture, ["vt600.command", "vt600.checksum.status", "vt600.damaged"], *passes))
             for passes in ((), ("-2",))]
    assert shown == 2 * [[["0x9505", "0x9503", "0x9505"], [GOOD] * 3, []]]


def test_frames_held_back_at_the_end_are_shown_in_no_pass(tshark):
    """Two frames lack something of their ends, which only a third one would prove; the capture has 12 bytes of it."""
    good = wire.frame(">", DEVICE, wire.CANCEL)
    without_end, with_half = (wire.data_request(DEVICE, 0, bytes(128), end=end) for end in (b"", b"\r"))
    capture = packets.Capture()
    capture.tcp(tracker(1), SERVER).play((">", data) for data in (good, without_end, with_half, good[:12]))
    shown = [infos(tshark, capture.pcapng(), *passes) for passes in ((), ("-2",))]
    assert shown[0] == shown[1] and len(shown[0]) == 1


@pytest.mark.slow
@pytest.mark.sanitized
@pytest.mark.parametrize("args", [
    ("-c", "3000", "-V"), ("-o", "tcp.reassemble_out_of_order:TRUE"), ("-o", "tcp.desegment_tcp_streams:FALSE"),
    ("-o", "tcp.analyze_sequence_numbers:FALSE"), ("-o", "vt600.desegment:FALSE"),
], ids=lambda args: args[-1])
def test_damaged_streams_break_nothing(tshark, damaged, args):
    text = tshark(*args, capture=damaged)
    assert not re.findall(".*(?:Malformed Packet|Dissector bug).*", text) and text.count("VT600") > 500


def test_what_follows_damage_is_found(tshark):
    """One damage in the first of three frames, all in one segment: the other two are shown whatever it was."""
    source = random.Random(601)
    capture, frames = packets.Capture(), []
    for number in range(2000):
        device = device_of(number)
        frame = bytearray(wire.data_request(device, 0, ota.image(source.choice([1, 16, 128]), number)))
        at = source.randrange(len(frame))
        what = source.randrange(4)
        if what == 0:
            frame[at] ^= 1 << source.randrange(8)
        elif what == 1:
            del frame[at]
        elif what == 2:
            frame[at:at] = source.randbytes(1)
        else:
            del frame[at:]
        good = wire.frame(">", device, wire.CANCEL)
        capture.tcp(tracker(number), SERVER).play([(">", good), (">", bytes(frame) + good + good)])
        frames.append(frame)
    shown = defaultdict(list)
    for number, status, command in fields(tshark, capture, ["tcp.stream", "vt600.checksum.status", "vt600.command"]):
        assert len(status) >= len(command)
        shown[int(number[0])].append((command, status))
    for number in range(2000):
        assert len(shown[number]) == 2, f"conversation {number}: {frames[number].hex()}"
        (_, first), (commands, status) = shown[number]
        assert first == [GOOD]
        assert commands[-2:] == ["0x9505"] * 2 and status[-2:] == [GOOD] * 2, f"conversation {number}"


def ports_used_twice():
    """Two connections with the same addresses and ports, and on the second one the same frames at the same places."""
    capture = packets.Capture()
    for number in range(2):
        connection = capture.tcp("10.0.0.1:20000", SERVER, sequence=1000 + (number << 20))
        connection.play(ota.run(IMAGE, DEVICE))
        connection.close()
        capture.wait(5)
    return capture


@PASSES
def test_ports_used_again_are_another_connection(tshark, passes):
    shown = columns(fields(tshark, ports_used_twice(), ["tcp.stream", "vt600.ota.block", "vt600.retransmission"], *passes))
    streams, blocks, retransmissions = shown
    assert set(streams) == {"0", "1"} and len(blocks) == 2 * 16 and not retransmissions


def test_ports_used_again_are_another_connection_in_any_order(sharkd):
    capture = ports_used_twice()
    numbers = list(range(1, len(capture.packets) + 1))
    random.Random(7).shuffle(numbers)
    answers = sharkd(*(("frame", {"frame": number, "proto": True}) for number in numbers), capture=capture.pcapng())
    frames = [json.dumps(answer) for answer in answers]
    assert sum("vt600.ota.block_length" in frame for frame in frames) == 2 * 16
    assert not any("vt600.retransmission" in frame for frame in frames)
