# SPDX-License-Identifier: GPL-2.0-or-later
"""Photos: put together from their packets, shown on the last one, and exported; in one pass and in two, in any order, once."""

import random
import sys
import tempfile
from pathlib import Path

import pytest

from wireshark import ROOT

sys.path.insert(0, str(ROOT / "captures"))

import packets  # noqa: E402
import wire  # noqa: E402

DEVICE = "254748594772"
WHOLE = bytes.fromhex("ffd8ffe000104a464946000101000001000100000000ffd9")
NEXT = bytes.fromhex("ffd8ffe000104a464946000101000002000200000000ffd9")
EXPORTED = {
    f"{DEVICE}-photo-2.jpg": WHOLE,
    f"{DEVICE}-photo-2(1).jpg": NEXT,
    f"{DEVICE}-photo-3.partial.jpg": bytes.fromhex("ffd8ffe022222222333333334444ffd9"),
    f"{DEVICE}-photo-4.partial.jpg": bytes.fromhex("1111ffd9"),
    "35958501520545-photo-2.jpg": bytes.fromhex("ffd8ffe01111ffd9"),
}
PASSES = pytest.mark.parametrize("passes", [[], ["-2"]], ids=["one_pass", "two_passes"])


def exported(tshark, capture, *options):
    """Where the user who runs tshark may look: it sees for itself which names are taken."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        tshark(*options, "-q", "--export-objects", f"vt600,{folder}", capture=capture)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def frame(image, count, packet, data, device=DEVICE):
    numbers = bytes([image, *len(data).to_bytes(2, "big"), count, packet])
    return wire.frame("<", device, 0x9988, numbers + data)


def conversation(frames, folder, **options):
    """A capture of a packet for each frame."""
    capture = packets.Capture()
    connection = capture.tcp("10.0.0.1:20000", "192.168.1.1:8500", **options)
    connection.send("<", wire.frame("<", DEVICE, 0x5000))
    for one in frames:
        connection.send("<", one)
    path = folder / "photos.pcapng"
    capture.write(path)
    return path.read_bytes()


@PASSES
def test_photos_are_exported_once_each(tshark, passes):
    assert exported(tshark, "photos-in-packets", *passes) == EXPORTED


@PASSES
def test_photo_is_shown_on_its_last_packet(tshark, passes):
    rows = [line.split("\t") for line in tshark(
        *passes, "-Y", "vt600.photo", "-T", "fields", "-e", "frame.number", "-e", "vt600.photo", "-e", "vt600.photo.missing",
        capture="photos-in-packets").splitlines()]
    assert [(int(number), bytes.fromhex(photo), missing) for number, photo, missing in rows] == [
        (13, WHOLE, ""), (23, NEXT, ""), (28, bytes.fromhex("ffd8ffe0222222224444ffd9"), "1, 3"), (33, bytes.fromhex("1111ffd9"), "0"),
        (38, bytes.fromhex("ffd8ffe0"), "0"), (39, bytes.fromhex("ffd8ffe01111ffd9"), "")]


@PASSES
def test_packets_sent_again_are_marked(tshark, passes):
    found = tshark(*passes, "-Y", "vt600.photo.repeated", "-T", "fields", "-e", "frame.number", capture="photos-in-packets")
    assert found.split() == ["12", "17", "18", "19", "21"]


def test_list_of_photos_names_what_is_missing(sharkd):
    answer = sharkd(("tap", {"tap0": "eo:vt600"}), capture="photos-in-packets")[0]
    objects = answer["taps"][0]["objects"]
    assert [(one["filename"], one["hostname"], one["type"], one["pkt"]) for one in objects] == [
        (f"{DEVICE}-photo-2.jpg", DEVICE, "image/jpeg; complete", 13),
        (f"{DEVICE}-photo-2.jpg", DEVICE, "image/jpeg; complete", 23),
        (f"{DEVICE}-photo-3.partial.jpg", DEVICE, "image/jpeg; partial: missing packets 1 of 5", 29),
        (f"{DEVICE}-photo-4.partial.jpg", DEVICE, "image/jpeg; partial: missing packets 0 of 2", 33),
        ("35958501520545-photo-2.jpg", "35958501520545", "image/jpeg; complete", 39)]


@pytest.mark.parametrize("first", [0, 1])
def test_packets_in_any_order_make_the_photo(tshark, tmp_path, first):
    numbers = random.Random(17 + first)
    photo = numbers.randbytes(17 * 1000)
    frames = [frame(7, 17, first + i, photo[1000 * i:1000 * i + 1000]) for i in range(17)]
    numbers.shuffle(frames)
    assert exported(tshark, conversation(frames, tmp_path)) == {f"{DEVICE}-photo-7.jpg": photo}


def test_photos_of_two_trackers_and_images_on_one_connection_stay_apart(tshark, tmp_path):
    frames = [frame(image, 2, packet, f"{device}{image}{packet}".encode(), device)
              for packet in (0, 1) for image in (1, 2) for device in (DEVICE, "35958501520545")]
    assert exported(tshark, conversation(frames, tmp_path)) == {
        f"{device}-photo-{image}.jpg": f"{device}{image}0{device}{image}1".encode()
        for image in (1, 2) for device in (DEVICE, "35958501520545")}


def test_numbers_without_sense_make_no_photo(tshark, tmp_path):
    frames = [frame(1, 0, 0, b"a"), frame(1, 3, 4, b"b"), wire.frame("<", DEVICE, 0x9988, b"\1\0\0\1"), frame(2, 1, 0, b"")]
    capture = conversation(frames, tmp_path)
    assert exported(tshark, capture) == {}
    assert tshark("-Y", "vt600.photo", capture=capture) == ""
