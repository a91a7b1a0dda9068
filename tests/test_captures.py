# SPDX-License-Identifier: GPL-2.0-or-later
"""The captures are what their dialogs say, and the dialogs' builder says what the protocol says.

Knows the protocol document's samples as bytes, once more and apart from the dialog. Knows nothing of the plugin.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dpkt import ethernet, pcapng

CAPTURES = Path(__file__).resolve().parent.parent / "captures"
sys.path.insert(0, str(CAPTURES))

import dialog  # noqa: E402
import ota  # noqa: E402
import packets  # noqa: E402
import wire  # noqa: E402

NAMES = sorted(path.stem for path in CAPTURES.glob("*.dialog"))
HEAD = "tracker 10.0.0.1:20000\nserver 192.168.1.1:8500\ndevice 101130923633\n"

# In the order of the document: the frame of section 1, section 2, section 3.
SAMPLES = [bytes.fromhex(sample) for sample in (
    "24 24 00 11 12 34 56 78 90 1f ff 50 00 6f 35 0d 0a",
    "40 40 00 11 10 11 30 92 36 33 ff 95 00 3f 9c 0d 0a",
    "24 24 00 1a 10 11 30 92 36 33 ff 95 00 00 10 00 80 56 31 2e 33 38 27 0e 0d 0a",
    "40 40 00 11 10 11 30 92 36 33 ff 95 01 2f bd 0d 0a",
    "24 24 00 12 10 11 30 92 36 33 ff 95 01 01 39 96 0d 0a",
    "40 40 00 97 10 11 30 92 36 33 ff 95 02 00 00 00 00 80 1c fc a0 d4 94 34 7c 7c c4 c4 bc 6c 34 d4 63 da 02 2a "
    "25 74 34 d4 06 d8 88 20 13 66 ce fe 33 a8 d8 10 a6 c4 5c 3c 9b d2 9c 72 bd cc 5c 3c 9b d2 ca 52 9d ac 3c 1c "
    "fb 32 2a b2 49 82 60 d8 87 a6 b6 06 2a 3f e8 80 ff de be 4e 4a 1b c8 60 df be 9e 2e 59 c0 68 00 7f 5e 3e ce "
    "f9 60 08 a0 9f 7e 5e ee 99 00 a8 40 3f 1e fe 8e 39 a0 48 e0 5f 3e 1e ae d9 40 e8 80 5e 04 9c 7c b0 5a 08 a0 "
    "9f 7e a9 3e 0d 0a",
    "24 24 00 16 10 11 30 92 36 33 ff 95 02 00 00 00 00 01 fa 25 0d 0a",
    "40 40 00 13 10 11 30 92 36 33 ff 95 03 e1 00 2b a7 0d 0a",
    "24 24 00 13 10 11 30 92 36 33 ff 95 03 b9 79 24 75 0d 0a",
    "40 40 00 11 10 11 30 92 36 33 ff 95 04 7f 18 0d 0a",
    "24 24 00 12 10 11 30 92 36 33 ff 95 04 01 c6 63 0d 0a",
    "24 24 00 12 10 11 30 92 36 33 ff 95 04 02 f6 00 0d 0a",
    "40 40 00 11 10 11 30 92 36 33 ff 95 05 36 19 0d 0a",
    "24 24 00 12 10 11 30 92 36 33 ff 95 05 01 36 19 0d 0a",
    "40 40 00 11 10 11 30 92 36 33 ff 95 00 3f 9c 0d 0a",
    "24 24 00 1a 10 11 30 92 36 33 ff 95 00 00 10 00 80 56 31 2e 33 38 27 0e 0d 0a",
    "40 40 00 11 10 11 30 92 36 33 ff 95 01 2f bd 0d 0a",
    "24 24 00 12 10 11 30 92 36 33 ff 95 01 01 39 96 0d 0a",
    "40 40 00 97 10 11 30 92 36 33 ff 95 02 00 00 00 00 00 80 1c fc a0 d4 94 34 7c 7c c4 c4 bc 6c 34 d4 63 da 02 "
    "2a 25 74 34 d4 06 d8 88 20 13 66 ce fe 33 a8 d8 10 a6 c4 5c 3c 9b d2 9c 72 bd cc 5c 3c 9b d2 ca 52 9d ac 3c "
    "1c fb 32 2a b2 49 82 60 d8 87 a6 b6 06 2a 3f e8 80 ff de be 4e 4a 1b c8 60 df be 9e 2e 59 c0 68 00 7f 5e 3e "
    "ce f9 60 08 a0 9f 7e 5e ee 99 00 a8 40 3f 1e fe 8e 39 a0 48 e0 5f 3e 1e ae d9 40 e8 80 5e 04 9c 7c b0 5a 08 "
    "a0 9f 7e a9 3e 0d 0a",
    "24 24 00 16 10 11 30 92 36 33 ff 95 02 00 00 00 00 01 fa 25 0d 0a",
    "40 40 00 97 10 11 30 92 36 33 ff 95 02 00 00 00 80 00 80 5e ee 99 00 a8 40 3f 1e fe 8e 39 a0 4c 26 6f 09 17 "
    "fc 0f d3 6b f2 7b ec f5 75 1d 42 2a 87 b6 7b c9 af f2 63 7f 9a 1e 22 07 7c 8a 9a 2a 45 64 04 a4 44 ee ea ef "
    "46 6a ca fd 7e c8 47 d2 d7 d5 b8 92 b2 bd 7b 27 48 6c 27 a7 95 b3 ca f4 58 2b 5d d4 56 39 5e 2f 96 a0 ee f3 "
    "12 c3 d1 c2 4e ab 72 dc 72 af 6e 6d ef 00 f3 0a 34 13 b9 a1 be 4b 62 86 d7 c4 2b f2 5c b1 e4 ce 21 67 6b 22 "
    "94 9b 9c cf eb 0d 0a",
    "24 24 00 16 10 11 30 92 36 33 ff 95 02 00 00 00 80 01 e1 bd 0d 0a",
    "40 40 00 97 10 11 30 92 36 33 ff 95 02 00 00 e0 80 00 80 39 47 d6 b1 57 10 5a c1 8f 65 cd ea 3a 04 4e 1e 0c "
    "ab 53 4f e8 69 f4 41 e3 8f a6 b8 3b ef e2 06 51 6f 86 98 1c 29 83 28 c0 7b 94 f7 9c bf 9e b3 0c ea 0f c5 90 "
    "3b 95 cb 0d 91 18 a2 50 c2 ac fa 8a 9a 2a 3a ca da 6a 7a 0a 1a aa ba 4a 5a ea fa 8a 9a 2a 3a ca da 6a 7a 0a "
    "1a aa ba 4a 5a ea fa 8a 9a 2a 3a ca da 6a 7a 0a 1a aa ba 4a 5a ea fa dc 82 52 a2 72 c2 92 e2 b2 02 d2 22 f2 "
    "42 12 62 ed bd 0d 0a",
    "24 24 00 16 10 11 30 92 36 33 ff 95 02 00 00 e0 80 01 41 8c 0d 0a",
    "40 40 00 13 10 11 30 92 36 33 ff 95 03 e1 00 2b a7 0d 0a",
    "24 24 00 13 10 11 30 92 36 33 ff 95 03 b9 79 24 75 0d 0a",
    "40 40 00 11 10 11 30 92 36 33 ff 95 04 7f 18 0d 0a",
    "24 24 00 12 10 11 30 92 36 33 ff 95 04 01 c6 63 0d 0a",
    "24 24 00 12 10 11 30 92 36 33 ff 95 04 02 f6 00 0d 0a",
)]

# Position in the list: what a computation of the checksum gives instead of what the document has. The 150 bytes at 5 have
# no right checksum, since a byte is missing.
SAMPLES_WITH_WRONG_CHECKSUM = {12: 0x6f39, 13: 0xf552}
SAMPLE_ONE_BYTE_SHORT = 5


def payloads(capture):
    """TCP data of each packet that has some."""
    for _, packet in capture.packets:
        data = bytes(ethernet.Ethernet(packet).data.data.data)
        if data:
            yield data


def stream(capture, side=">"):
    """All data of one side (IPv4, TCP, tracker at 10.0.0.1)."""
    server_sent = side == ">"
    return b"".join(
        bytes(segment.data) for segment, source in (
            (ethernet.Ethernet(packet).data.data, ethernet.Ethernet(packet).data.src) for _, packet in capture.packets)
        if (source != b"\x0a\x00\x00\x01") == server_sent)


@pytest.mark.parametrize("name", NAMES)
def test_capture_is_what_its_dialog_says(name):
    built = dialog.read(CAPTURES / f"{name}.dialog").pcapng()
    assert built == (CAPTURES / f"{name}.pcapng").read_bytes(), f"run captures/build {name}"


def test_every_capture_has_a_dialog():
    assert sorted(path.stem for path in CAPTURES.glob("*.pcapng")) == NAMES


def test_readme_lists_every_capture_and_no_other():
    listed = (CAPTURES / "README.md").read_text().split("## The list")[1]
    assert sorted(re.findall(r"^\| `([^`]+)` \|", listed, re.MULTILINE)) == NAMES


def test_readme_explains_every_word_and_no_other():
    language = (CAPTURES / "README.md").read_text().split("## The language")[1].split("## The list")[0]
    explained = {match for cell in re.findall(r"^\| (`.*?) \| ", language, re.MULTILINE)
                 for match in re.findall(r"`([a-z]+)\b", cell)}
    words = {name.removeprefix("do_") for name in dir(dialog.Dialog) if name.startswith("do_")}
    assert explained == words


def test_captures_stay_small():
    assert sum(path.stat().st_size for path in CAPTURES.glob("*.pcapng")) < 1_500_000


def test_build_writes_checks_and_names_what_differs(tmp_path):
    for path in [*CAPTURES.glob("*.py"), CAPTURES / "build", CAPTURES / "ota-cancelled.dialog"]:
        shutil.copy(path, tmp_path)

    def build(*args):
        return subprocess.run([tmp_path / "build", *args], capture_output=True, text=True)

    assert build("--check").returncode == 1
    assert build().returncode == 0
    assert build("--check").returncode == 0
    built = tmp_path / "ota-cancelled.pcapng"
    assert built.read_bytes() == (CAPTURES / "ota-cancelled.pcapng").read_bytes()
    built.write_bytes(built.read_bytes()[:-1])
    differs = build("--check", "ota-cancelled")
    assert differs.returncode == 1 and "ota-cancelled" in differs.stderr
    assert build("no-such-capture").returncode == 1


def test_document_samples_are_the_documents_bytes():
    capture = dialog.read(CAPTURES / "document-samples.dialog")
    assert list(payloads(capture)) == SAMPLES


@pytest.mark.parametrize("number", range(len(SAMPLES)))
def test_builder_frames_what_the_document_frames(number):
    sample = SAMPLES[number]
    side = {b"@@": ">", b"$$": "<"}[sample[:2]]
    built = wire.frame(side, sample[4:11], int.from_bytes(sample[11:13], "big"), sample[13:-4])
    if number == SAMPLE_ONE_BYTE_SHORT:
        assert len(built) == 150 and int.from_bytes(sample[2:4], "big") == 151
    elif number in SAMPLES_WITH_WRONG_CHECKSUM:
        assert built[:-4] == sample[:-4] and int.from_bytes(built[-4:-2], "big") == SAMPLES_WITH_WRONG_CHECKSUM[number]
    else:
        assert built == sample


def test_complete_ota_transfers_an_image_with_the_documents_checksum():
    image = b"".join(data[19:-4] for data in payloads(dialog.read(CAPTURES / "ota-complete.dialog"))
                     if data[:2] == b"@@" and data[11:13] == b"\x95\x02")
    assert len(image) == 57600 and wire.crc(image) == 0xb979
    # The blocks that the document has, complete in its section 3.
    for offset, number in ((0, 18), (0x80, 20), (0xe080, 22)):
        assert image[offset:offset + 128] == SAMPLES[number][19:-4]


def test_whole_run_is_the_documents_run():
    frames = list(ota.run(ota.image(57600, 1), "101130923633"))
    assert len(frames) == 2 * 454 + 1
    assert [frame for _, frame in frames[:4]] == SAMPLES[14:18]
    assert [frame for _, frame in frames[-3:]] == SAMPLES[26:]


@pytest.mark.parametrize("digits,raw", [("101130923633", "101130923633ff"), ("12345678901", "12345678901fff"),
                                        ("broadcast", "ffffffffffffff"), ("35958501520545", "35958501520545")])
def test_device_ids_are_filled_with_f(digits, raw):
    assert wire.device_id(digits).hex() == raw


@pytest.mark.parametrize("checksum,tail", [(0x0abc, "abc0d0"), (0x00bc, "bc0d0a"), (0x000c, "c0d0"), (0xabcd, "abcd0d0a")])
def test_checksum_without_leading_zeros_shifts_the_end(checksum, tail, monkeypatch):
    monkeypatch.setattr(wire, "crc", lambda data: checksum)
    assert wire.frame(">", "1", 0x9500, checksum="zero-dropped")[13:].hex() == tail


@pytest.mark.parametrize("line,side,data", [
    ("> 9500", ">", "40400011101130923633ff95003f9c0d0a"),
    ('< 9500 0010 0080 "V1.38"', "<", "2424001a101130923633ff95000010008056312e3338270e0d0a"),
    ("> 9505 {crc:3619}", ">", "40400011101130923633ff950536190d0a"),
    ("> 9505 {crc:bad}", ">", "40400011101130923633ff950590c60d0a"),
    ("> 9500 {end:none}", ">", "40400011101130923633ff95003f9c"),
    ("> 9500 {flip:1} {drop:0}", ">", "410011101130923633ff95003f9c0d0a"),
    ('raw > "\\0@\\x7f" 40 # a comment', ">", "00407f40"),
    ("raw > 01 02 \\\n  03", ">", "010203"),
    ("join\n  raw > 01\n  raw > 02\nend", ">", "0102"),
])
def test_lines_become_bytes(line, side, data):
    assert stream(dialog.tell(HEAD + "connect\n" + line, "a.dialog"), side).hex() == data


@pytest.mark.parametrize("line", [
    "frobnicate", "> 9500 xyz", "> 95", "> 9500 {crc:12345}", "> 9500 {crc:123456}", "> 9500 {len:70000}", "> 9500 {what:1}",
    "> 9500 {flip:17}", "> 9500 {id:00}", '> 9500 "open', "> 9500 {open", '> 9500 "\\x4"', '> 9500 "\u00e9"', "raw 00",
    "raw > 00 {crc:bad}", "device 12x", "device 123456789012345", "tracker", "reconnect to 10.0.0.2:1",
    "reconnect from 10.0.0.2", "reconnect from nowhere:1", "reconnect from [2001:db8::1]:1", "connect over",
    "connect vlan", "connect vlan 5000", "connect udp midstream", "again ^", "again", "again with 00", "swap now",
    "wait", "wait 21h", "segment 0", "segment x", "split", "split 40\n> 9500", "lose 2\n> 9500", "image a",
    "image a b seed 1", "put nothing 0 00", "fit nothing 0 0000", "> 9500 {checksum:nothing}",
    "image a 16 seed 1\nput a 15 0000", "image a 16 seed 1\nblocks 0..32 of a step 8",
    "image a 16 seed 1\nblocks 0..16 of a step 0", "image a 16 seed 1\nblocks 0..16 of a step 8 eaten",
    "image a 16 seed 1\n> 9502 {block:a 0}", "blocks 0..16 of a step 8", "only both",
    "snaplen", "checksums > odd", "end", "join\njoin", "join\nlose\n> 9500", "join", "lose", "close door",
    "connect udp\nclose", "connect udp\nsegment 3\n> 9500", "connect tls1.4", "connect tls1.2 midstream", "connect secret",
    "record 0", "record 7\n> 9500",
])
def test_errors_name_file_and_line(line):
    text = HEAD + "connect\n" + line
    with pytest.raises(dialog.DialogError, match=f"^a.dialog:{len(text.splitlines())}: ."):
        dialog.tell(text, "a.dialog")


@pytest.mark.parametrize("text,message", [
    ("connect", "the tracker and the server"),
    ("tracker 10.0.0.1:1\nconnect", "the server"),
    (HEAD + "> 9500", "not connected"),
    ("tracker 10.0.0.1:1\nserver 10.0.0.2:2\nconnect\n> 9500", "which device"), (HEAD + "reset", "no TCP connection"),
])
def test_errors_name_what_is_missing(text, message):
    with pytest.raises(dialog.DialogError, match=message):
        dialog.tell(text, "a.dialog")


def test_grouped_frames_keep_each_sides_bytes():
    frames = list(ota.run(ota.image(1000, 1), "1"))
    for count in (1, 3, 20):
        for side in "><":
            assert (b"".join(data for who, data in ota.grouped(frames, count) if who == side)
                    == b"".join(data for who, data in frames if who == side))


@pytest.mark.parametrize("segment", [1, 7, 150, 5000])
def test_segments_carry_the_same_stream(segment):
    capture = packets.Capture()
    connection = capture.tcp("10.0.0.1:20000", "192.168.1.1:8500")
    frames = list(ota.run(ota.image(1000, 1), "1"))
    connection.play(ota.grouped(frames, 20), segment=segment)
    for side in "><":
        assert stream(capture, side) == b"".join(data for who, data in frames if who == side)


def test_snap_length_keeps_the_packets_true_length(tmp_path):
    capture = packets.Capture(snaplen=60)
    capture.udp("10.0.0.1:20000", "192.168.1.1:8500").send(">", bytes(100))
    capture.write(tmp_path / "cut.pcapng")
    with open(tmp_path / "cut.pcapng", "rb") as file:
        (_, kept), = pcapng.Reader(file)
    assert len(kept) == 60 and int.from_bytes(kept[16:18], "big") == 128


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("tshark"), reason="no tshark")
@pytest.mark.parametrize("name", NAMES)
def test_checksums_of_ip_tcp_and_udp_are_good(name):
    layers = ("ip", "tcp", "udp")
    options = [argument for layer in layers for argument in ("-o", f"{layer}.check_checksum:TRUE")]
    wrong = " || ".join(f"{layer}.checksum.status == 0" for layer in layers)
    with open(CAPTURES / f"{name}.pcapng", "rb") as capture:
        run = subprocess.run(["tshark", "-n", "-r", "-", *options, "-Y", wrong], stdin=capture,
                             capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout == ""
