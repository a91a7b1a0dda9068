# SPDX-License-Identifier: GPL-2.0-or-later
"""What dissectors' security advisories are about: a capture and a test for each class.

What a capture costs is held against the same tshark without the plugin. Quadratic time and claimed sizes over many packets
are in hostile.py, the control and format characters of the base commands in test_base.py; the fuzzers look for the rest.
"""

import base64
import re
import sys

import pytest

import hostile
import wireshark as runner

sys.path.insert(0, str(runner.CAPTURES))

import ota  # noqa: E402
import packets  # noqa: E402
import wire  # noqa: E402

SERVER = "192.168.1.1:8500"
DEVICE = "101130923633"
MALFORMED = "Malformed Packet"
GOOD = wire.frame(">", DEVICE, wire.CANCEL)
DATAGRAM_MOST = 59000
ALL_COMMANDS = [*range(0x9500, 0x9506), 0x4101, 0x4102, 0x4103, 0x4302, 0x5000, 0x5100, 0x6688, 0x9001, 0x9002, 0x9003,
                0x9016, 0x9955, 0x9966, 0x9977, 0x9988, 0x9999]
# Format characters, terminal escapes, bidirectional overrides, isolates and marks, C1, half characters.
NASTY = [b"%n%s%x%p", b"\x1b[2J\x1b]0;x\x07", "\u202e\u2066\u200f".encode(), b"\x9b31m", b"\xff\xfe\xc3", b"\x00%n\r\n\t",
         b"'\"`$(x)<b>&{}\\"]


def written(tmp_path, capture):
    tmp_path.chmod(0o755)
    path = tmp_path / "advisory.pcapng"
    path.write_bytes(capture.pcapng())
    return path


def udp(payloads, count=1):
    """Each payload in a datagram, `count` times, after a sound frame that tells the conversation."""
    capture = packets.Capture()
    connection = capture.udp("10.0.0.1:20000", SERVER)
    connection.play([(">", GOOD), *((">", payload) for _ in range(count) for payload in payloads)])
    return capture


def tcp(messages):
    capture = packets.Capture()
    capture.tcp("10.0.0.1:20000", SERVER).play([(">", GOOD), *messages])
    return capture


def in_proportion(wireshark, path, cpu=3, memory=100):
    """Not more than `cpu` times the CPU of tshark without the plugin, not more than `memory` MiB above its own."""
    ours, theirs = [], []
    for _ in range(2):
        ours.append(hostile.cost(wireshark, path))
        theirs.append(hostile.cost(wireshark, path, plugin=False))
    assert all(run.ours for run in ours) and not any(run.ours for run in theirs), "not dissected, or by the wrong one"
    used, base = (min(run.cpu for run in runs) for runs in (ours, theirs))
    more = min(run.memory for run in ours) - min(run.memory for run in theirs)
    assert used <= cpu * base, f"{used:.2f} s of CPU for {base:.2f} s without the plugin"
    assert more <= memory << 20, f"{more >> 20} MiB more than without the plugin"


def with_length(length):
    return wire.frame(">", DEVICE, wire.DATA, b"\0" * 6, length=length)


def test_lengths_that_advance_nothing_end(tshark):
    """Endless loop: lengths below a frame's own, blocks of none, texts of separators alone."""
    frames = [with_length(length) for length in range(18)] + [wire.data_request(DEVICE, 0, b"")]
    frames += [wire.frame("<", DEVICE, command, separators * count) for command in (0x9955, 0x9999, wire.TRACKER_INFO)
               for separators in (b"|", b",", b"*", b"\\", b"\0") for count in (1, 2, 300)]
    for capture in udp(frames), tcp([("<>"[frame[:1] == b"@"], frame) for frame in frames]):
        shown = tshark("-T", "fields", "-e", "vt600.header", "-e", "_ws.malformed.expert", capture=capture.pcapng())
        assert shown.count("0x") >= len(frames) and MALFORMED not in shown


LARGE = {
    "frames": GOOD * (DATAGRAM_MOST // len(GOOD)),
    "headers": b"@@" * (DATAGRAM_MOST // 2),
    "heartbeats": (b"\0" * 3 + GOOD) * (DATAGRAM_MOST // 20),
    "long lengths": (b"@@\xff\xff" + GOOD[4:13]) * (DATAGRAM_MOST // 13),
    "positions": wire.frame("<", DEVICE, 0x9955, b"|" * DATAGRAM_MOST),
    "analog inputs": wire.frame("<", DEVICE, 0x9955, b",,,,,,,,,,,|1|1|0000|" + b"0001," * (DATAGRAM_MOST // 5)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_a_datagram_that_is_full_costs_in_proportion(name, wireshark, tmp_path):
    """Large loop, quadratic time within a packet."""
    in_proportion(wireshark, written(tmp_path, udp([LARGE[name]], 40)), cpu=6)


def test_frames_of_a_full_datagram_all_count(tshark):
    text = tshark("-q", "-z", "vt600,tree", capture=udp([LARGE["frames"]]).pcapng())
    assert re.search(r"Server to tracker +(\d+)", text)[1] == str(len(LARGE["frames"]) // len(GOOD) + 1)


def test_offsets_and_lengths_at_their_ends_do_not_wrap(tshark, sharkd, tmp_path):
    """Wrap of offset plus length, out of bounds write: the end of a block is beyond 32 bits."""
    frames = [*hostile.authorized(DEVICE)]
    for offset in 0xffffffff, 0xfffffff0, 0x80000000, 0x7ffffff8:
        frames += [hostile.block(offset, bytes(32), DEVICE), hostile.stored(offset, DEVICE)]
    frames += [(">", wire.frame(">", DEVICE, wire.DATA, b"\xff" * 4 + b"\xff\xff" + b"x")),
               (">", wire.frame(">", DEVICE, wire.DATA_CHECK, b"\xff\xff")),
               ("<", wire.frame("<", DEVICE, wire.DATA_CHECK, b"\0\0"))]
    capture = tcp(frames)
    shown = tshark("-2", "-T", "fields", "-e", "vt600.ota.bytes_acked", capture=capture.pcapng()).split()
    assert max(map(int, shown)) == 47 + 40, "the blocks overlap in pairs"
    tap, = sharkd(("tap", {"tap0": "eo:vt600"}), capture=written(tmp_path, capture))
    assert [entry["len"] for entry in tap["taps"][0]["objects"]] == [max(map(int, shown))], "holes are left out"


@pytest.mark.slow
def test_a_claimed_size_reserves_nothing(wireshark, tmp_path):
    """Memory exhaustion: lengths, block lengths and image lengths of 65535, offsets of 4 GiB, with next to nothing there."""
    frames = [(">", with_length(0xffff)), (">", wire.frame(">", DEVICE, wire.DATA, b"\xff" * 6 + b"x")),
              ("<", wire.frame("<", DEVICE, wire.DATA, b"\xff" * 4 + b"\1")),
              (">", wire.frame(">", DEVICE, wire.DATA_CHECK, b"\xff\xff")), ("<", wire.frame("<", DEVICE, 0x9988, b"\xff\1\xff"))]
    in_proportion(wireshark, written(tmp_path, tcp(frames * 2000)), memory=40)


@pytest.mark.sanitized
@pytest.mark.parametrize("side", "<>")
def test_every_command_alone_is_shown_without_its_counterpart(side, tshark):
    """NULL after a missing counterpart: each command of one side as the first and only one of its conversation."""
    capture = packets.Capture()
    data = [b"", b"\0\0\0\x10\1", b"\0\0\0\x10\0\1x", b"\1", b"\2", b"\xff", b"\0\x10\0\x80V1.38"]
    cases = [(command, content) for command in ALL_COMMANDS for content in data]
    for number, (command, content) in enumerate(cases):
        # Wireshark's flow graph has room for 40 addresses.
        connection = capture.tcp(f"10.1.0.{number % 30 + 1}:{20000 + number}", SERVER, handshake=number % 2)
        connection.play([(side, wire.frame(side, f"{number:012}", command, content))])
    for args in (), ("-2",), ("-2", "-V"), ("-q", "-z", "vt600,report", "-z", "vt600,timeline", "-z", "vt600,srt", "-z", "flow,vt600,network"):
        text = tshark(*args, capture=capture.pcapng())
        assert text and MALFORMED not in text
    rows = tshark("-Y", "vt600", "-T", "fields", "-e", "vt600.command", capture=capture.pcapng()).split()
    assert rows == [f"0x{command:04x}" for command, _ in cases]


TABLES = ["stat:vt600", "nstat:vt600,sessions", "srt:vt600", "seqa:vt600", "eo:vt600"]


@pytest.mark.sanitized
@pytest.mark.parametrize("first,second", [
    ("second-attempt-after-cancel", "blocks-overlap-with-other-content"), ("ota-resumed-on-new-connection", "segments-lost"),
    ("frames-damaged-by-bit-errors", "two-trackers-behind-one-connection"), ("ota-over-udp", "foreign-text-protocols")])
def test_nothing_of_an_earlier_file_is_used_after_a_reload(first, second, sharkd, monkeypatch):
    """Use after free: load, tap, export, look at packets, load another, the first one again; the same answers as fresh."""
    monkeypatch.setattr("wireshark.SHARKD_TALK", re.compile(
        rf"{runner.SHARKD_TALK.pattern}|^sharkd_session_process_tap.*\n", re.MULTILINE))
    paths = [str(runner.CAPTURES / f"{name}.pcapng") for name in (first, second)]
    looks = [("tap", {"tap0": table}) for table in TABLES] + [
        ("frame", {"frame": number, "proto": True, "bytes": True, "columns": True}) for number in (9, 1, 5, 7, 2)]
    looks += looks[:len(TABLES)]
    fresh = [sharkd(*looks, capture=path) for path in paths]
    again = sharkd(*looks, ("load", {"file": paths[1]}), *looks, ("load", {"file": paths[0]}), *looks, *looks,
                   capture=paths[0])
    size = len(looks)
    assert again[:size] == fresh[0]
    assert again[size + 1:2 * size + 1] == fresh[1]
    assert again[2 * size + 2:3 * size + 2] == again[3 * size + 2:] == fresh[0]


def test_depth_does_not_grow_with_the_input(tshark):
    """Recursion: frames in blocks, in photos, in texts; a datagram of frames. What is inside one is data."""
    inner = GOOD
    for _ in range(200):
        inner = wire.data_request(DEVICE, 0, inner)
    photo = wire.frame("<", DEVICE, 0x9988, b"\1\1" + inner)
    rows = tshark("-T", "fields", "-e", "vt600.command", capture=udp([inner, photo, LARGE["frames"]]).pcapng()).splitlines()
    assert rows[:3] == ["0x9505", "0x9502", "0x9988"]
    assert rows[3].count("0x9505") == len(LARGE["frames"]) // len(GOOD)


@pytest.mark.sanitized
@pytest.mark.parametrize("args", [("-V",), ("-T", "pdml"), (), ("-q", "-z", "vt600,report"), ("-q", "-z", "vt600,timeline"), ("-q", "-z", "vt600,sessions"),
                                  ("-q", "-z", "vt600,tree"), ("-q", "-z", "flow,vt600,network")],
                         ids=lambda args: args[-1] if args else "summary")
def test_no_string_of_an_ota_reaches_the_terminal_as_it_is(args, tshark):
    """Format, control and bidirectional characters: in the texts of 0x9500 and 0x9001, in settings, in positions."""
    messages = [*hostile.authorized(DEVICE)]
    for text in NASTY:
        for shape in b"%b", b"V1.38,%b", b"V1.38,123456789012,%b,123456789012345", b"%b,%b,%b":
            content = shape.replace(b"%b", text)
            messages += [(">", wire.frame(">", DEVICE, wire.TRACKER_INFO)),
                         ("<", wire.frame("<", DEVICE, wire.TRACKER_INFO, b"\0\x10\0\x80" + content)),
                         ("<", wire.frame("<", DEVICE, 0x9001, content)), (">", wire.frame(">", DEVICE, 0x4302, content)),
                         ("<", wire.frame("<", DEVICE, 0x9955, content)),
                         ("<", wire.frame("<", text[:7].ljust(7, b"\xff"), wire.TRACKER_INFO, b"\0\x10\0\x80" + content)),
                         ("<", b"\r\n" + content + b"\r\n")]
    text = tshark(*args, capture=tcp(messages).pcapng())
    assert text
    assert not re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    assert "(null)" not in text


@pytest.mark.sanitized
def test_every_frame_cut_at_every_byte_is_read_within_its_bytes(tshark):
    """Out of bounds read: each cut is the last thing in its packet's memory."""
    frames = [*(frame for _, frame in ota.run(ota.image(64, "cut"), DEVICE, step=32)),
              wire.frame("<", DEVICE, 0x9955, b"035644.000,A,2232.6083,N,11404.8137,E,0.00,,200210,,*1C|1.0|22|0000|0001,0002")]
    cuts = [frame[:length] for frame in frames for length in range(1, len(frame))]
    text = tshark("-2", "-V", capture=udp(cuts).pcapng())
    assert MALFORMED not in text and text.count("VT600 GPRS OTA Protocol") >= len(cuts) // 2


def test_images_that_are_exported_twice_are_the_same(sharkd, tmp_path):
    capture = tcp(list(ota.run(ota.image(1024, "twice"), DEVICE)))
    tap, load = ("tap", {"tap0": "eo:vt600"}), ("download", {"token": "eo:vt600_0"})
    _, first, _, second = sharkd(tap, load, tap, load, capture=written(tmp_path, capture))
    assert base64.b64decode(first["data"]) == base64.b64decode(second["data"]) == ota.image(1024, "twice")
