#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The captures that are measured, made with the builder of captures/.

    traffic.py FOLDER NAME...       makes NAME.cap in FOLDER, unless one is there that is newer than what makes it

A name is a key of CAPTURES with a number: how many of them. Knows what is in each capture. Knows nothing of measuring.
"""

import json
import os
import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve()
TESTS = HERE.parent.parent
BUILDER = TESTS.parent / "captures"
sys.path[:0] = [str(TESTS), str(BUILDER)]

import hostile  # noqa: E402
import ota  # noqa: E402
import packets  # noqa: E402

SERVER = "192.168.1.1:8500"
IMAGE_SIZE = 57600
WHOLE = 65000       # frames of one piece stay in one segment


def at_once(capture, talks, together=10 ** 6, **how):
    """Plays the (flow, frames) like a gateway sees them: as many as `together` at the same time, whoever is next."""
    rng = random.Random(1)
    waiting = iter(talks)
    talking = []
    while True:
        while len(talking) < together and (talk := next(waiting, None)):
            talking.append((talk[0](), iter(talk[1])))
        if not talking:
            return
        chosen = rng.randrange(len(talking))
        flow, frames = talking[chosen]
        said = next(frames, None)
        if said is None:
            talking[chosen] = talking[-1]
            talking.pop()
            continue
        now = capture.clock
        flow.send(*said, **how)
        capture.clock = now + packets.STEP // len(talking)


def tracker(number):
    return f"10.{number >> 16}.{number >> 8 & 0xff}.{number & 0xff}:20000"


def otas(count, size=IMAGE_SIZE, together=50):
    """`count` complete OTAs, each of a tracker of its own."""
    capture = packets.Capture()

    def talk(number):
        return lambda: capture.tcp(tracker(number), SERVER), ota.run(ota.image(size, number), str(10113000000 + number))

    at_once(capture, map(talk, range(1, count + 1)), together, segment=WHOLE)
    return capture


def alone(size, step):
    """One OTA."""
    capture = packets.Capture()
    capture.tcp(tracker(1), SERVER).play(ota.run(ota.image(size, 1), "10113000001", step))
    return capture


def on_one(count):
    """OTAs of 1 KiB one after the other, each of another device, on the same connection."""
    capture = packets.Capture()
    connection = capture.tcp(tracker(1), SERVER)
    for number in range(count):
        connection.play(ota.run(ota.image(1024, number), str(10113000000 + number)))
    return capture


class Bare:
    """A capture of bare packets: quickly made, and in an order that no gateway sees."""

    def __init__(self, stream):
        self.stream = stream

    def write(self, path):
        hostile.write(path, self.stream)


def connections(count):
    """One OTA that goes on on another connection with each block."""
    for frame in hostile.authorized():
        yield hostile.Connection(), *frame
    for number in range(1, count):
        connection = hostile.Connection(number)
        yield connection, *hostile.block(number * 16, b"s" * 16)
        yield connection, *hostile.stored(number * 16)


def falling(count):
    """The same on connections that are there before, the last one first."""
    opened = [hostile.Connection(number) for number in range(count)]
    for connection in opened:
        yield connection, "<", b""
    for frame in hostile.authorized():
        yield opened[-1], *frame
    for number, connection in enumerate(reversed(opened)):
        yield connection, *hostile.block(number * 16, b"s" * 16)
        yield connection, *hostile.stored(number * 16)


def one_way(count):
    """A block to each of many devices, on one connection, and never an answer."""
    connection = hostile.Connection()
    for number in range(count):
        yield connection, *hostile.block(0, b"u" * 64, f"{1011300000 + number}")


# Other protocols' talks: (side, bytes) in order. None is this protocol.

def http(rng):
    for _ in range(40):
        yield "<", (f"GET /v1/objects/{rng.randrange(10 ** 6)} HTTP/1.1\r\nHost: api.example.net\r\nAccept: */*\r\n"
                    "User-Agent: client/2.1\r\n\r\n").encode()
        body = json.dumps({"id": rng.randrange(10 ** 6), "text": "x" * rng.randrange(3000)}).encode()
        yield ">", ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def tls(rng):
    for number in range(80):
        size = rng.randrange(40, 4000)
        yield "<>"[number % 2], b"\x17\x03\x03" + size.to_bytes(2, "big") + rng.randbytes(size)


def mqtt(rng):
    yield "<", b"\x10\x14\x00\x04MQTT\x04\x02\x00\x3c\x00\x08" + rng.randbytes(8).hex()[:8].encode()
    yield ">", b"\x20\x02\x00\x00"
    for _ in range(150):
        payload = b"\x00\x0bsensors/t/1" + f"{rng.uniform(-20, 40):.2f}".encode()
        yield "<", b"\x30" + bytes([len(payload)]) + payload


def binary(rng):
    for _ in range(150):
        size = rng.randrange(4, 400)
        yield rng.choice("<>"), size.to_bytes(2, "big") + rng.randbytes(size)


def nmea(rng):
    for second in range(150):
        place = f"{rng.uniform(0, 8999):09.4f},N,{rng.uniform(0, 17999):010.4f},E"
        text = f"GPRMC,{second:06}.000,A,{place},0.00,,141123,,"
        check = 0
        for byte in text.encode():
            check ^= byte
        yield "<", f"${text}*{check:02X}\r\n".encode()


def tracker_text(rng):
    """Another maker's trackers: the same two characters, then text."""
    for number in range(75):
        yield "<", (f"$$A149,862170301018175,AAA,35,22.540113,114.076141,231114{number:06},A,9,22,5,63,0.9,101,6338,"
                    f"174104,460|0|27BB|0EC2,0000,0001|0003|0000|048F|0000,{rng.randrange(10 ** 8):08}*A5\r\n").encode()
        yield ">", b"@@B25,862170301018175,A10*4F\r\n"


def lines(rng):
    for _ in range(150):
        yield rng.choice("<>"), json.dumps({"at": rng.randrange(10 ** 9), "value": rng.random()}).encode() + b"\n"


def foreign(count):
    """What else a server sees: half of it on ports that Wireshark knows, half on others, where heuristics are asked."""
    capture = packets.Capture()
    kinds = ((http, 80), (tls, 443), (mqtt, 1883), (http, 8500), (tls, 20443), (binary, 8500), (nmea, 8500),
             (tracker_text, 8500), (lines, 20001), (binary, 20002))

    def talk(number):
        kind, port = kinds[number % len(kinds)]
        opened = capture.udp if kind in (nmea, binary) and number % 4 == 1 else capture.tcp
        return lambda: opened(tracker(number + 1), f"192.168.1.1:{port}"), kind(random.Random(number))

    at_once(capture, map(talk, range(count)), together=100)
    return capture


CAPTURES = {
    "otas": otas,
    "short": lambda count: otas(count, size=1024),
    "block": lambda step: alone(1024, step),
    "kib": lambda count: alone(count << 10, 128),
    "on-one": on_one,
    "connections": lambda count: Bare(connections(count)),
    "falling": lambda count: Bare(falling(count)),
    "one-way": lambda count: Bare(one_way(count)),
    "foreign": foreign,
}


def make(folder, name):
    target = folder / f"{name}.cap"
    sources = [HERE, TESTS / "hostile.py", *BUILDER.glob("*.py")]
    if target.exists() and target.stat().st_mtime > max(source.stat().st_mtime for source in sources):
        return
    print(f"making {target}", file=sys.stderr)
    unfinished = target.with_suffix(".unfinished")
    kind, _, count = name.rpartition("-")
    CAPTURES[kind](int(count)).write(unfinished)
    os.replace(unfinished, target)


if __name__ == "__main__":
    for wanted in sys.argv[2:]:
        make(Path(sys.argv[1]), wanted)
