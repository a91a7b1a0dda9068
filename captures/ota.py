# SPDX-License-Identifier: GPL-2.0-or-later
"""What an OTA says: images, and the sequence of frames that brings one to a tracker.

Knows the order of the commands (section 3 of the protocol). Knows nothing of packets: what comes out are pairs of side and
bytes, for packets.py or anything else to carry.
"""

import hashlib

import wire

STORED, REFUSED, UNAUTHORIZED = 1, 0, 0xff


def image(size, seed):
    """Bytes that look like firmware, the same ones every time for the same seed."""
    return hashlib.shake_128(str(seed).encode()).digest(size)


def put(content, offset, replacement):
    """The image with other bytes at the offset."""
    if offset + len(replacement) > len(content):
        raise ValueError(f"the bytes at 0x{offset:04x} reach beyond the image")
    return content[:offset] + replacement + content[offset + len(replacement):]


def fit(content, offset, checksum):
    """The image with two bytes chosen at the offset so that its CRC-CCITT is the checksum; quick near the image's end."""
    before, after = wire.crc(content[:offset]), content[offset + 2:]
    # Two bytes reach each of the 65,536 checksums exactly once.
    choice = next(value for value in range(0x10000) if wire.crc(value.to_bytes(2, "big") + after, before) == checksum)
    return put(content, offset, choice.to_bytes(2, "big"))


def blocks(content, step, first=0, end=None):
    """(offset, bytes) for each block of the image from first to end, the last one as long as what is left."""
    end = len(content) if end is None else end
    for offset in range(first, end, step):
        yield offset, content[offset:min(offset + step, end)]


def run(content, device, step=128, version=b"V1.38"):
    """A whole OTA without any incident: (side, frame) in order, from the tracker's info to the upgrade's end."""
    def ask(command, data=b""):
        return ">", wire.frame(">", device, command, data)

    def answer(command, data):
        return "<", wire.frame("<", device, command, data)

    yield ask(wire.TRACKER_INFO)
    yield answer(wire.TRACKER_INFO, b"\x00\x10" + step.to_bytes(2, "big") + version)
    yield ask(wire.AUTHORIZATION)
    yield answer(wire.AUTHORIZATION, b"\x01")
    for offset, block in blocks(content, step):
        yield ">", wire.data_request(device, offset, block)
        yield "<", wire.data_answer(device, offset, STORED)
    # The check has two bytes for a length that may need four.
    yield ask(wire.DATA_CHECK, (len(content) & 0xffff).to_bytes(2, "big"))
    yield answer(wire.DATA_CHECK, wire.crc(content).to_bytes(2, "big"))
    yield ask(wire.START_UPGRADE)
    yield answer(wire.START_UPGRADE, b"\x01")
    yield answer(wire.START_UPGRADE, b"\x02")


def grouped(frames, count):
    """The same frames with up to count of each side in one piece, the server's piece before the tracker's."""
    pieces = {">": [], "<": []}

    def flush():
        for side, piece in pieces.items():
            if piece:
                yield side, b"".join(piece)
                piece.clear()

    for side, data in frames:
        if len(pieces[side]) == count:
            yield from flush()
        pieces[side].append(data)
    yield from flush()
