# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures that claim much, and what it costs to read them.

Packets are made by hand here: there are hundreds of thousands of them.
"""

import json
import struct
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "captures"))

import wire  # noqa: E402
from wireshark import AS_USER  # noqa: E402

PACKETS = 60000
SERVER = bytes([192, 168, 1, 1]), 8500

# Runs a command, for a minute at most, and says what it took; in a process of its own, since a child begins with its parent's
# memory.
MEASURE = """
import json, resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
run = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([run.returncode, run.stderr.decode(), used.ru_utime + used.ru_stime, used.ru_maxrss * 1024,
                  b"VT600" in run.stdout[:100000]]))
"""

Cost = namedtuple("Cost", "cpu memory ours")


def cost(wireshark, path, plugin=True):
    environment = wireshark.environment if plugin else wireshark.environment | {"WIRESHARK_PLUGIN_DIR": wireshark.bare}
    command = [*AS_USER, "env", "-i", *(f"{name}={value}" for name, value in environment.items()), "tshark", "-r", path,
               "-Y", "frame"]  # with a filter there are details to be made
    answer = subprocess.run([sys.executable, "-c", MEASURE, *map(str, command)], capture_output=True, text=True, check=True)
    status, complaints, cpu, memory, ours = json.loads(answer.stdout)
    assert status == 0 and not complaints, f"exit status {status}\n{complaints}"
    return Cost(cpu, memory, ours)


class Connection:
    """TCP, as bare as it can be."""

    def __init__(self, number=0):
        self.tracker = bytes([10, number >> 24 & 0xff, number >> 16 & 0xff, 1 + (number >> 15 & 1)]), 1024 + (number & 0x7fff)
        self.next = {"<": 1000, ">": 5000}

    def packet(self, side, data):
        ends = (self.tracker, SERVER) if side == "<" else (SERVER, self.tracker)
        sequence, acknowledged = self.next[side], self.next["<" if side == ">" else ">"]
        self.next[side] = sequence + len(data) & 0xffffffff
        return (b"\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0"
                + struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 1, 0, 64, 6, 0, ends[0][0], ends[1][0])
                + struct.pack(">HHIIBBHHH", ends[0][1], ends[1][1], sequence, acknowledged, 0x50, 0x18, 8192, 0, 0) + data)


def write(path, stream):
    """A pcap file of (Connection, side, bytes), a millisecond apart. Returns how many packets it has."""
    count = 0
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for count, (connection, side, data) in enumerate(stream, 1):
            packet = connection.packet(side, data)
            file.write(struct.pack("<IIII", 1700000000 + count // 1000, count % 1000 * 1000, len(packet), len(packet)) + packet)
    return count


def block(offset, content, device="1011309236"):
    return ">", wire.data_request(device, offset, content)


def stored(offset, device="1011309236"):
    return "<", wire.data_answer(device, offset, 1)


def authorized(device="1011309236"):
    yield ">", wire.frame(">", device, wire.AUTHORIZATION)
    yield "<", wire.frame("<", device, wire.AUTHORIZATION, b"\1")


def on_one(frames):
    connection = Connection()
    return ((connection, *frame) for frame in frames)


def blocks(offsets, content):
    yield from authorized()
    for offset in offsets:
        yield block(offset, content)
        yield stored(offset)


def last_offset_again_and_again():
    return on_one(blocks((0xffffffff - number % 3 for number in range(PACKETS // 2)), b"x" * 100))


def one_byte_blocks_backwards():
    return on_one(blocks(range(PACKETS // 2, 0, -1), b"y"))


def one_byte_blocks_backwards_far_apart():
    return on_one(blocks(range(0xffffffff, 0, -(0xffffffff // (PACKETS // 2))), b"y"))


def blocks_alternate_far_apart():
    return on_one(blocks((number * 128 if number % 2 else 0xffffff00 - number * 128 for number in range(PACKETS // 2)),
                         b"z" * 128))


def four_gib_implied():
    def frames():
        yield from blocks((number << 17 for number in range(PACKETS // 2)), b"w" * 16)
        for length in (0xffff, 0):
            yield ">", wire.frame(">", "1011309236", wire.DATA_CHECK, length.to_bytes(2, "big"))
            yield "<", wire.frame("<", "1011309236", wire.DATA_CHECK, b"\x12\x34")
    return on_one(frames())


def four_gib_checked_again_and_again():
    """Each check asks for the checksum of an image that seems to be there."""
    def frames():
        yield from authorized()
        for number in range(PACKETS // 4):
            offset = 0 if number == 0 else 0xffffff00
            yield block(offset, b"v" * 200)
            yield stored(offset)
            yield ">", wire.frame(">", "1011309236", wire.DATA_CHECK, b"\0\0")
            yield "<", wire.frame("<", "1011309236", wire.DATA_CHECK, b"\x12\x34")
    return on_one(frames())


def whole_image_checked_again_and_again():
    def frames():
        yield from blocks(range(0, 1 << 21, 4096), bytes(range(256)) * 16)
        for _ in range(PACKETS // 2):
            yield ">", wire.frame(">", "1011309236", wire.DATA_CHECK, b"\0\0")
            yield "<", wire.frame("<", "1011309236", wire.DATA_CHECK, b"\x12\x34")
    return on_one(frames())


def forty_thousand_devices():
    connection = Connection()
    for number in range(40000):
        device = f"{1011300000 + number}"
        for side, data in (("<", wire.frame("<", device, wire.AUTHORIZATION, b"\1")), block(0, b"u" * 64, device)):
            yield connection, side, data


def a_hundred_thousand_reconnections():
    for number in range(100000):
        yield Connection(number), *block(number * 16, b"t" * 16)


def authorized_on_every_connection():
    for number in range(PACKETS // 4):
        connection = Connection(number)
        for side, data in (*authorized(), block(number * 16, b"s" * 16), stored(number * 16)):
            yield connection, side, data


def begun_again_and_again():
    def frames():
        yield from authorized()
        for _ in range(PACKETS // 4):
            for offset in (0, 16):
                yield block(offset, b"r" * 16)
                yield stored(offset)
    return on_one(frames())


CAPTURES = {name: make for name, make in list(globals().items()) if callable(make) and name in (
    "last_offset_again_and_again one_byte_blocks_backwards one_byte_blocks_backwards_far_apart blocks_alternate_far_apart "
    "four_gib_implied four_gib_checked_again_and_again whole_image_checked_again_and_again forty_thousand_devices "
    "a_hundred_thousand_reconnections authorized_on_every_connection begun_again_and_again").split()}
