# SPDX-License-Identifier: GPL-2.0-or-later
"""seeds.py FOLDER: writes the fuzzers' first inputs, from captures/.

    FOLDER/position/*   each text that a base command of a tracker carries
    FOLDER/stream/*     what one side says on a connection, up to LONGEST bytes
    FOLDER/script/*     who says what on which connection: see script.h

Scripts of OTAs are eighths of them, so that whole ones are short enough.
"""

import sys
from pathlib import Path

import dpkt
from dpkt import pcapng

CAPTURES = Path(__file__).resolve().parent.parent.parent / "captures"
sys.path.insert(0, str(CAPTURES))

import wire  # noqa: E402

SHRINK = 8
LONGEST = 2000
SERVER_PORT = 8500
CONNECTIONS = 4
AS_IT_IS, CONNECTING = 0, 7


def payloads(path):
    """(seconds, connection, from the tracker, bytes) of each packet that carries something."""
    with path.open("rb") as file:
        for time, packet in pcapng.Reader(file):
            layer = dpkt.ethernet.Ethernet(packet)
            while not isinstance(layer, (dpkt.tcp.TCP, dpkt.udp.UDP, bytes)):
                layer = layer.data
            if isinstance(layer, bytes) or not layer.data:
                continue
            ports = layer.sport, layer.dport
            kind = "udp" if isinstance(layer, dpkt.udp.UDP) else "tcp"
            tracker = ports[1] == SERVER_PORT or (ports[0] != SERVER_PORT and ports[0] > ports[1])
            yield time, (kind, min(ports), max(ports)), tracker, bytes(layer.data)


def wait_of(seconds):
    """The exponent of a time in milliseconds."""
    return max(0, min(31, round(seconds * 1000).bit_length() - 1))


def frames(data):
    """The sound frames at the start of a payload, and what is left of it."""
    while len(data) >= wire.FRAME_LEN_MIN and data[:2] in wire.HEADERS.values():
        length = int.from_bytes(data[2:4], "big")
        frame = data[:length]
        if len(frame) < wire.FRAME_LEN_MIN or frame != frame[:-4] + wire.crc(frame[:-4]).to_bytes(2, "big") + wire.END:
            break
        yield frame
        data = data[length:]
    if data:
        yield data


def shrunk(frame):
    """The frame as it would be in an OTA of an eighth of the size."""
    side, command, data = "<>"[frame[:1] == b"@"], int.from_bytes(frame[11:13], "big"), frame[13:-4]
    if frame[-2:] != wire.END or command not in (wire.DATA, wire.DATA_CHECK) or len(data) < 2:
        return frame
    size = {(">", wire.DATA): 4, ("<", wire.DATA): 4, (">", wire.DATA_CHECK): 2}.get((side, command), 0)
    number = int.from_bytes(data[:size], "big") // SHRINK
    data = number.to_bytes(size, "big") + data[size:]
    if side == ">" and command == wire.DATA:
        block = data[6:6 + len(data[6:]) // SHRINK]
        data = data[:4] + len(block).to_bytes(2, "big") + block
    return wire.frame(side, frame[4:11], command, data)


def message(connection, tracker, fate, wait, data):
    return bytes([tracker | connection << 1 | fate << 3, 0, wait]) + len(data).to_bytes(2, "big") + data


def script(packets):
    """As much of the start as fits, and of the end."""
    numbers, messages, before, last = {"udp": 2}, [], None, {}
    for time, connection, tracker, data in packets:
        if connection[0] == "udp":
            number = numbers["udp"]
        else:
            number = numbers.setdefault(connection, (0, 1, 3)[(len(numbers) - 1) % 3])
        fate = CONNECTING if number != 2 and connection != last.get(number, connection) else AS_IT_IS
        last[number] = connection
        data = b"".join(map(shrunk, frames(data)))[:LONGEST]
        messages.append(message(number, tracker, fate, wait_of(time - before) if before is not None else 0, data))
        before = time
    begin, end = [], []
    for at, line in enumerate(messages):
        if sum(map(len, begin)) + len(line) > LONGEST * 3 // 4 or sum(map(len, messages[at:])) <= LONGEST // 4:
            break
        begin.append(line)
    for line in reversed(messages[len(begin):]):
        if sum(map(len, end)) + len(line) > LONGEST // 4:
            break
        end.insert(0, line)
    return b"\0" + b"".join(begin + end)


def texts(data):
    """The data of the tracker's frames in a payload."""
    return [frame[13:-4] for frame in frames(data) if frame[:2] == b"$$" and frame[11:12] != b"\x95" and len(frame) > 40]


def main(folder):
    for kind in "position", "stream", "script":
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for path in sorted(CAPTURES.glob("*.pcapng")):
        packets = list(payloads(path))
        (folder / "script" / path.stem).write_bytes(script(packets))
        for side in False, True:
            data = b"".join(data for _, _, tracker, data in packets if tracker == side)
            if data:
                (folder / "stream" / f"{path.stem}-{side:d}").write_bytes(data[:LONGEST])
        for number, text in enumerate(text for *_, data in packets for text in texts(data)):
            for skip in range(3):
                (folder / "position" / f"{path.stem}-{number}-{skip}").write_bytes(text[skip:])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
