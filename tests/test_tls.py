# SPDX-License-Identifier: GPL-2.0-or-later
"""Conversations inside TLS, which Wireshark decrypts with the secrets in the capture file.

How frames are found on a stream, whatever carries it, is in test_stream.py.
"""

import json
import random
import sys

import pytest

from wireshark import CAPTURES

sys.path.insert(0, str(CAPTURES))

import ota  # noqa: E402
import packets  # noqa: E402
import wire  # noqa: E402
from test_stream import DEVICE, FAULTS, OF_FRAMES, PASSES, SERVER, device_of, fields, tracker  # noqa: E402

NAME = "ota-inside-tls"
VERSIONS = pytest.mark.parametrize("version", ["1.2", "1.3"])
LINKS = ["vt600.response_to", "vt600.ota.session", "vt600.ota.bytes_acked"]


@PASSES
def test_updates_inside_tls_are_found_and_reported(tshark, passes):
    first, second = map(json.loads, tshark("-q", "-z", "vt600,report", *passes, capture=NAME).splitlines())
    for session, stream, how in (first, 0, "FIN"), (second, 1, "RST"):
        assert (session["transport"], session["streams"], session["state"]) == ("tls", [stream], "Upgrading")
        assert (session["bytes_acked"], session["image_checksum"]["match"], session["gaps"]) == (1024, True, [])
        assert [closing["how"] for closing in session["closed"]] == [how]
    assert (first["retries"], second["retries"], second["naks"]) == (0, 2, 2)
    assert not fields(tshark, NAME, ["frame.number"], *passes, only="vt600 && tcp.stream == 2")


def test_tls_looks_the_same_where_its_conversation_is_not_claimed(tshark):
    args = ["-V", "-Y", "tls.handshake or tcp.stream == 2"]
    assert tshark(*args, capture=NAME) == tshark(*args, capture=NAME, plugin=False)


def test_nothing_before_the_claim_changes_in_the_second_pass(tshark):
    names = ["frame.number", *OF_FRAMES, *FAULTS, *LINKS]
    assert fields(tshark, NAME, names) == fields(tshark, NAME, names, "-2")


def test_heuristic_that_is_off_claims_nothing_inside_tls(tshark):
    assert not fields(tshark, NAME, ["vt600.command"], "--disable-heuristic", "vt600_tls")


def played(version, frames, **how):
    capture = packets.Capture()
    capture.tls(tracker(1), SERVER, version=version).play(frames, **how)
    return capture


@PASSES
@VERSIONS
def test_user_tells_a_conversation_inside_tls(tshark, version, passes):
    frames = [("<", wire.frame("<", DEVICE, 0x9955, b"221320.00,A", checksum="bad"))] * 2
    assert not fields(tshark, played(version, frames), ["vt600.command"])
    shown = fields(tshark, played(version, frames), ["vt600.command"], "-d", "tls.port==8500,vt600", *passes)
    assert shown == [[["0x9955"]]] * 2


@PASSES
@VERSIONS
@pytest.mark.parametrize("record", [1, 13, 150, 4096])
def test_records_of_every_size_show_the_same_frames(tshark, version, record, passes):
    frames = list(ota.run(ota.image(64, "tls"), DEVICE, step=32))
    rows = fields(tshark, played(version, frames, record=record), ["vt600.checksum.status", *FAULTS], *passes)
    assert [value for row in rows for value in row[0]] == ["1"] * len(frames)
    assert not any(faults for row in rows for faults in row[1:])


def damaged():
    """A conversation each: an update with damaged bytes, cut into records and segments of any size, several a packet."""
    source, capture = random.Random(600), packets.Capture()
    for number in range(60):
        connection = capture.tls(tracker(number), SERVER, version=source.choice(["1.2", "1.3"]))
        frames = list(ota.run(ota.image(96, number), device_of(number), step=32))
        for side in "<>":
            data = bytearray(b"".join(frame for sender, frame in frames if sender == side))
            for _ in range(source.choice([0, 1, 2, 4])):
                at = source.randrange(len(data))
                if source.random() < 0.5:
                    data[at] ^= 1 << source.randrange(8)
                else:
                    data[at:at + source.choice([0, 1, 5])] = source.choice([b"", b"\0", b"\r\n", b"@@", b"$$\0"])
            connection.send(side, bytes(data), record=source.choice([3, 20, 60, 500]), segment=source.choice([40, 200, 1400]))
    return capture.pcapng()


def test_damage_inside_tls_repeats_nothing_and_shows_the_same_in_two_passes(tshark):
    capture, names = damaged(), ["frame.number", *OF_FRAMES, *FAULTS, *LINKS]
    once = fields(tshark, capture, names)
    assert len(once) > 200
    repeated = names.index("vt600.retransmission")
    assert not any(row[repeated] for row in once)
    assert fields(tshark, capture, names, "-2") == once
