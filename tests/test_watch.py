# SPDX-License-Identifier: GPL-2.0-or-later
"""packaging/vt600-watch, run as a user runs it: what it shows while updates run is what the report says of them afterwards.

Live captures are of OTAs that live.py plays on loopback; they take the right to capture, and say so where there is none. The
picture is looked at in tmux.
"""

import asyncio
import contextlib
import json
import os
import pty
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import live
import player
from reviewing import (  # noqa: F401  # pylint: disable=unused-import
    REAL_TSHARK, fixture_environment, fixture_folder, fixture_review, wait_for)
from wireshark import CAPTURES, ROOT

import feeding  # noqa: E402
import watching  # noqa: E402

pytestmark = pytest.mark.slow

WATCH = [sys.executable, "-B", str(ROOT / "packaging/vt600-watch")]
COMPLETE = CAPTURES / "ota-complete.pcapng"
SEED = os.environ.get("VT600_SEED", "1")
TAB = "\t"
HOSTILE = "\x1b]0,owned\x07\x1b[31m\u202e"


@pytest.fixture(name="may_capture")
def fixture_may_capture():
    if why_not := live.Capture.may(["dumpcap"]):
        pytest.skip(f"there is no right to capture on loopback: {why_not}")


class Run:
    """A vt600-watch at work. `out` and `err` have what it has said so far."""

    def __init__(self, args, environment, **how):
        self.process = subprocess.Popen([*WATCH, *map(str, args)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        **{"stdin": subprocess.DEVNULL, **how})
        self.out = self.err = ""
        self.readers = [threading.Thread(target=self.read, args=how, daemon=True)
                        for how in (("out", self.process.stdout), ("err", self.process.stderr))]
        for reader in self.readers:
            reader.start()

    def read(self, name, pipe):
        while data := os.read(pipe.fileno(), 1 << 16):
            setattr(self, name, getattr(self, name) + data.decode(errors="surrogateescape"))

    def until(self, words):
        """Until it has said this."""
        wait_for(lambda: words in self.out + self.err or self.process.poll() is not None)
        assert words in self.out + self.err, f"{words!r} is missing:\n{self.out}\n{self.err}"

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.ended()

    def ended(self):
        """(exit status, standard output, standard error)"""
        status = self.process.wait(60)
        for reader in self.readers:
            reader.join()
        return status, self.out, self.err


@pytest.fixture(name="begin")
def fixture_begin(environment):
    runs = []

    def begin(*args, changes=None, **how):
        runs.append(Run(args, environment | (changes or {}), **how))
        return runs[-1]
    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()


@pytest.fixture(name="watch")
def fixture_watch(begin):
    """Runs it to its end: (standard output, standard error)."""
    def watch(*args, status=0, **how):
        ended, out, err = begin(*args, **how).ended()
        assert ended == status, f"exit status {ended}\n{out}\n{err}"
        return out, err
    return watch


def changes_of(out):
    """[(device, state)] that the lines tell."""
    return re.findall(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (\S+)  ([A-Z]\w+): ", out, re.MULTILINE)


def table_of(out):
    return out[out.index("File "):]


def stand_in(folder, program, script):
    """A PATH on which this program is a script; `real_tshark` runs tshark."""
    place = folder / "bin"
    place.mkdir(exist_ok=True)
    (place / program).write_text(f'#!/bin/bash\nreal_tshark() {{ exec {REAL_TSHARK} "$@"; }}\n'
                                 f'if [[ $1 == -z ]]; then real_tshark "$@"; fi\n{script}\n')
    (place / program).chmod(0o755)
    return {"PATH": f'{place}:{os.environ["PATH"]}'}


# Files

def test_each_change_of_state_has_a_line_and_the_table_is_that_of_the_review(watch, review):
    for name, status, states in (("ota-complete", 0, ("Transferring", "Checking", "Checked", "Upgrading", "Completed")),
                                 ("ota-cancelled", 1, ("Transferring", "Cancelling", "Cancelled"))):
        capture = CAPTURES / f"{name}.pcapng"
        out, err = watch("--interval", 1e6, capture, status=status)
        told, summary = review(capture, status=status)
        assert out.endswith(told) and summary.split(": ")[2].split(";")[0] in err
        assert changes_of(out) == [("101130923633", state) for state in ("Authorizing", "Authorized", *states)]


def test_the_progress_is_told_once_in_an_interval(watch):
    out = watch("--interval", 15, "--image-size", 57600, COMPLETE)[0]
    progress = [line for line in out.splitlines() if "  Transferring: " in line][1:]
    assert [line[:19] for line in progress] == ["2023-11-14 22:13:35", "2023-11-14 22:13:50"]
    assert progress[0].endswith("Transferring: 33.3 % of 57,600 bytes, 1,284 bytes/s, 0:00:30 left, tracker's turn for 0:00:00, "
                                "longest wait 0.1 s tracker")


def test_a_firmware_file_gives_the_length_and_is_compared(watch, folder):
    (folder / "firmware.bin").write_bytes(bytes(57600))
    out = watch("--reference", folder / "firmware.bin", COMPLETE)[0]
    assert "% of 57,600 bytes" in out.splitlines()[3]


def test_what_is_shown_last_of_each_update_is_what_the_report_says(wireshark, tshark):
    """Random updates, several in one packet, too."""
    path = wireshark.folder / "played.pcapng"
    path.write_bytes(player.World(f"watch-{SEED}").play(60, together=8).capture.pcapng())
    board, reports = watching.Board(), {}
    for line in tshark("-n", *watching.TSHARK_OPTIONS, "-z", "vt600,report", capture=path).splitlines():
        if line.startswith("{"):
            report = json.loads(line)
            reports[report["session"]] = report
        else:
            board.take(line)
    shown = {**board.running, **board.ended}
    assert not board.garbled and board.ended_count == len(board.ended)
    assert set(shown) == {number for number, report in reports.items() if report["state"] != "Queried"} and len(shown) > 60
    # A lapse shows with the first frame after it: where that belongs to the tracker's next update, the old one is over anyway.
    for number, report in reports.items():
        if report["state"] == "Expired" and board.latest[report["device_id"]] > number:
            report["state"] = shown[number].state
    wrong = [(number, name, value, reports[number][key]) for number, update in shown.items() for name, key, value in (
        ("device", "device_id", update.device), ("acked", "bytes_acked", update.acked), ("retries", "retries", update.retries),
        ("state", "state", update.state)) if value != reports[number][key]]
    assert not wrong


def line_of(*cells):
    return "\t".join(cells)


def test_each_of_several_frames_in_a_packet_has_its_own_values():
    """Fields that not every frame has are taken only where there is no doubt whose they are."""
    board = watching.Board()
    board.take(line_of("1700000000.5", "4;7;4", "3;3;4", "1;1;2", "11;22;11", "5;6;8", "0;2;1", "0.5;3", "100", "10;20;30"))
    one, other = board.running[4], board.running[7]
    assert (one.device, one.state, one.turn, one.acked, one.retries, one.rate) == ("11", "Checking", "server", 8, 1, 30)
    assert (other.device, other.state, other.turn, other.acked, other.retries, other.rate) == ("22", "Transferring", "tracker", 6, 2, 20)
    assert not one.longest and not other.longest and one.total is other.total is None
    board.take(line_of("1700000001.5", "4;4;4", "3;3;4", "1;1;2", "11;11;11", "8;9;10", "1;1;1", "0.5;3", "100;100", "10;20;30"))
    assert (one.longest, one.longest_by, one.total, one.acked) == (3, "tracker", 100, 10)


def test_names_of_states_and_sides_are_the_plugin_s(wireshark):
    values = re.findall(r"^V\tvt600\.ota\.(state|turn)\t(\S+)\t(.*)$", wireshark.glossary("values"), re.MULTILINE)
    named = {field: tuple(name for _, number, name in sorted((v for v in values if v[0] == field), key=lambda v: int(v[1], 0)))
             for field in ("state", "turn")}
    assert named == {"state": watching.STATES, "turn": watching.PARTIES}


def packets_in(content):
    """[(nanoseconds, bytes, length on the wire)] of what the feeder makes of a capture."""
    blocks, at, found, unit = feeding.Blocks().feed(content), 0, [], 1000
    while at < len(blocks):
        kind, length = struct.unpack_from("<II", blocks, at)
        if kind == feeding.INTERFACE and length > 20 and blocks[at + 16:at + 21] == b"\x09\0\x01\0\x09":
            unit = 1
        if kind == feeding.PACKET:
            high, low, caught, original = struct.unpack_from("<IIII", blocks, at + 12)
            found.append(((high << 32 | low) * unit, blocks[at + 28:at + 28 + caught], original))
        at += length
    return found


def test_pcap_of_every_kind_is_read_like_pcapng(watch, folder):
    for kind in ("pcap", "nsecpcap", "modpcap"):
        subprocess.run(["editcap", "-F", kind, COMPLETE, folder / kind], check=True, stdout=subprocess.DEVNULL)
    records = (folder / "pcap").read_bytes()
    big, at = struct.pack(">IHHIIII", *struct.unpack_from("<IHHIIII", records)), 24
    while at < len(records):
        head = struct.unpack_from("<IIII", records, at)
        big += struct.pack(">IIII", *head) + records[at + 16:at + 16 + head[2]]
        at += 16 + head[2]
    (folder / "big").write_bytes(big)
    expected = packets_in(COMPLETE.read_bytes())
    assert len(expected) > 900
    for kind in ("pcap", "nsecpcap", "modpcap", "big"):
        assert packets_in((folder / kind).read_bytes()) == expected, kind
    with open(folder / "big", "rb") as capture:
        out = watch("-", stdin=capture)[0]
    assert out.count("Transferring: ") == 5 and re.search(r"^standard input +101130923633 +V1.38 +reported +100.0 %", out, re.MULTILINE)


def test_bytes_may_come_in_any_pieces(folder):
    subprocess.run(["editcap", "-F", "pcap", COMPLETE, folder / "pcap"], check=True, stdout=subprocess.DEVNULL)
    for path in (COMPLETE, folder / "pcap"):
        whole, pieces, content = feeding.Blocks(), feeding.Blocks(), path.read_bytes()
        expected = whole.feed(content)
        assert b"".join(pieces.feed(content[at:at + 7]) for at in range(0, len(content), 7)) == expected
        assert not whole.rest and not pieces.rest
        assert path != COMPLETE or expected == content


def test_file_that_is_cut_or_no_capture_is_named(watch, folder):
    (folder / "cut.pcapng").write_bytes(COMPLETE.read_bytes()[:-20])
    out, err = watch(folder / "cut.pcapng", status=2)
    assert f"{folder}/cut.pcapng: breaks off inside a packet" in err and "reported" in out
    content = bytearray(COMPLETE.read_bytes())
    content[20000:22000] = b"\xff" * 2000
    for name, content, words in (("damaged", content, "is damaged"), ("text", b"no capture at all", "neither pcap nor pcapng"),
                                 ("packed.gz", b"\x1f\x8b\x08\0", "zcat FILE | vt600-watch -")):
        (folder / name).write_bytes(content)
        assert words in watch(folder / name, status=2)[1]
    (folder / "empty").write_bytes(b"")
    assert watch(folder / "empty") == ("", "vt600-watch: 0 trackers, 0 attempts: 0 updated, 0 not updated\n" +
                                       f"vt600-watch: {folder}/empty was written a moment ago; with --follow, what comes later is "
                                       "shown too\n")
    assert "there is no such file" in watch(folder / "missing.pcapng", status=2)[1]


def packets_of(path):
    """[the bytes of each block], those that are no packets joined with what comes before."""
    content, at, blocks = path.read_bytes(), 0, []
    while at < len(content):
        kind, length = struct.unpack_from("<II", content, at)
        if kind == feeding.PACKET or not blocks:
            blocks.append(b"")
        blocks[-1] += content[at:at + length]
        at += length
    return blocks


def test_file_that_grows_is_followed_packet_by_packet(begin, folder):
    blocks, path = packets_of(CAPTURES / "ota-cancelled.pcapng"), folder / "growing.pcapng"
    path.write_bytes(blocks[0][:10])
    run = begin("--follow", path)
    states = [state for _, state in changes_of(begin(CAPTURES / "ota-cancelled.pcapng").ended()[1])]
    seen = []
    with open(path, "ab", buffering=0) as file:
        file.write(blocks[0][10:])
        for number, block in enumerate(blocks[1:], 1):
            file.write(block[:30])
            file.write(block[30:])
            if number in (6, len(blocks) - 1):      # what was written is shown, although nothing follows
                wait_for(lambda: changes_of(run.out)[len(seen):] or run.process.poll() is not None)
                seen = changes_of(run.out)
    run.until("Cancelled: ")
    assert 0 < len(seen) and [state for _, state in changes_of(run.out)] == states
    status, out, _ = run.end()
    assert status == 1 and "\n".join(table_of(out).splitlines()[1:]).count("101130923633") == 1


def test_file_that_is_written_anew_ends_it(begin, folder):
    path = folder / "growing.pcapng"
    shutil.copy(COMPLETE, path)
    run = begin("--follow", path)
    run.until("Completed: ")
    os.truncate(path, 100)
    status, out, err = run.ended()
    assert status == 2 and f"{path}: was written anew while it was read" in err and "reported" in table_of(out)


def test_named_pipe_is_read(begin, folder):
    os.mkfifo(folder / "pipe")
    run = begin(folder / "pipe")
    (folder / "pipe").write_bytes(COMPLETE.read_bytes())
    status, out, _ = run.ended()
    assert status == 0 and "reported" in table_of(out)


# Ring buffers

def ring_file(folder, number):
    return folder / f"trackers_{number:05}_202601020304{number:02}.pcapng"


def ring_parts(count):
    """The content of `count` files of a ring buffer, of one complete update."""
    head, *packets = packets_of(COMPLETE)
    each = -(-len(packets) // count)
    return [head + b"".join(packets[at:at + each]) for at in range(0, len(packets), each)]


def test_ring_buffer_that_is_written_meanwhile_is_one_capture(begin, watch, folder):
    first, second, third = ring_parts(3)
    ring_file(folder, 1).write_bytes(first)
    (folder / "other_00001_20260102030401.pcapng").write_bytes(b"another ring")
    run = begin("--follow", folder / "trackers.pcapng")
    run.until("Transferring: ")
    with open(ring_file(folder, 2), "wb", buffering=0) as file:
        file.write(second[:30000])
        run.until("22:13:40")
        file.write(second[30000:])
    ring_file(folder, 3).write_bytes(third)
    ring_file(folder, 1).unlink()
    run.until("Completed: 100.0 %")
    status, out, err = run.end()
    assert status == 0 and "trackers_*.pcapng  101130923633  V1.38     reported" in table_of(out), err
    assert "2 ring buffers" in watch(folder, status=2)[1]
    (folder / "other_00001_20260102030401.pcapng").unlink()
    assert "trackers_*.pcapng" in watch(folder)[0]                      # what is left of it, without --follow
    assert "breaks off" not in watch(folder / "trackers.pcapng")[1]


def test_last_bytes_of_a_file_that_come_just_before_the_next_one_are_read(folder):
    head, more, other = ring_parts(3)
    ring_file(folder, 1).write_bytes(head)
    ring = feeding.source_of(str(folder / "trackers.pcapng"), follow=True)
    assert ring.read() == head
    ring_file(folder, 2).write_bytes(other)
    assert ring.read() == b""
    with open(ring_file(folder, 1), "ab") as file:
        file.write(more)
    assert [data for data in (ring.read() for _ in range(5)) if data] == [more, other] and not ring.complaints


def test_files_of_a_ring_that_are_lost_or_damaged_are_named_and_the_ring_goes_on(watch, folder):
    parts = ring_parts(6)
    for number, part in enumerate(parts, 1):
        if number not in (2, 3):
            ring_file(folder, number).write_bytes(part if number != 5 else part[:8000] + b"\xff" * 2000)
    out, err = watch(folder / "trackers.pcapng", status=2)
    assert "trackers_*.pcapng: 2 files had been overwritten before they were read" in err
    assert f"{ring_file(folder, 5)}: is damaged" in err
    assert "  Completed: " in out
    run_from = watch(ring_file(folder, 6))[0]
    assert "  Completed: " in run_from and "Transferring" not in run_from.splitlines()[1]


def test_dumpcap_s_own_ring_buffer_is_read(may_capture, begin, folder):
    folder.chmod(0o777)
    stop = threading.Event()
    with playing(8, stop, pace=0.01) as stage:
        command = ["dumpcap", "-q", "-i", "lo", "-f", f"tcp port {stage.port}", "-b", "filesize:10", "-w", folder / "ring.pcapng"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as dumpcap:
            wait_for(lambda: list(folder.glob("ring_*")))
            run = begin("--follow", folder / "ring.pcapng")
            stage.go()
            stage.ended()
            expected_states_are_shown(run, stage.campaigns)
            dumpcap.terminate()
            dumpcap.stderr.read()
    assert len(list(folder.glob("ring_*"))) > 2
    status, out, err = run.end()
    assert status in (0, 1) and not re.search("overwritten|breaks off|damaged", err), err
    every_campaign_is_in_the_table(out, stage.campaigns)


# Live

class Player(threading.Thread):
    """live.py's OTAs in a thread: they start at go()."""

    def __init__(self, count, stop, pace):
        super().__init__(daemon=True)
        self.count, self.halt, self.pace = count, stop, pace
        self.ready, self.started = threading.Event(), threading.Event()
        self.campaigns, self.fault, self.port = [], None, None

    def run(self):
        try:
            asyncio.run(self.play())
        except Exception as error:      # pylint: disable=broad-except
            self.fault = error
        finally:
            self.ready.set()

    async def play(self):
        # Not the port of the stage before: its connections are still known to the system.
        live.SERVER_PORTS = random.sample(live.SERVER_PORTS, len(live.SERVER_PORTS))
        async with live.Stage(f"watch-{SEED}", self.pace) as stage:
            self.port = stage.address[1]
            self.ready.set()
            while not self.started.is_set() and not self.halt.is_set():
                await asyncio.sleep(0.02)
            tasks = [asyncio.create_task(stage.one()) for _ in range(self.count)]
            while not self.halt.is_set() and not all(task.done() for task in tasks):
                await asyncio.sleep(0.02)
            for task in tasks:
                task.cancel()
            self.campaigns = [task.result() for task in tasks if not task.cancelled() and task.done()]

    def go(self):
        self.started.set()

    def ended(self):
        self.join(120)
        assert not self.is_alive() and not self.fault, self.fault


@contextlib.contextmanager
def playing(count, stop, pace=0):
    stage = Player(count, stop, pace)
    stage.start()
    stage.ready.wait()
    try:
        yield stage
    finally:
        stop.set()
        stage.join(30)


def expected_states_are_shown(run, campaigns):
    expected = {campaign.device: campaign.end.split()[0] for campaign in campaigns}
    wait_for(lambda: dict(changes_of(run.out)) == expected or run.process.poll() is not None)
    assert dict(changes_of(run.out)) == expected, run.err


def every_campaign_is_in_the_table(out, campaigns):
    updated = dict(re.findall(r"^\S.*?  (1011309\d{5})  V1\.38 +(\w+)", table_of(out), re.MULTILINE))
    assert {device: word for device, word in updated.items()} == {
        campaign.device: {"Completed": "reported", "Transferring": updated[campaign.device]}.get(campaign.end.split()[0], "no")
        for campaign in campaigns}


def test_live_updates_are_told_while_they_run_and_ctrl_c_ends_with_the_table(may_capture, begin):
    with playing(8, threading.Event()) as stage:
        run = begin("-f", f"tcp port {stage.port}", "lo")
        run.until("capturing on lo")
        stage.go()
        stage.ended()
        expected_states_are_shown(run, stage.campaigns)
        status, out, err = run.end()
    assert status == 1 and "vt600-watch: 8 trackers, 8 attempts: " in err, err
    every_campaign_is_in_the_table(out, stage.campaigns)
    assert not children_of(run.process.pid)


def test_an_update_that_still_runs_at_ctrl_c_is_running(may_capture, begin):
    stop = threading.Event()
    with playing(1, stop, pace=0.2) as stage:
        run = begin("-f", f"tcp port {stage.port}", "lo")
        run.until("capturing on lo")
        stage.go()
        run.until("Transferring: ")
        status, out, _ = run.end(signal.SIGTERM)
        stop.set()
    assert status == 1 and re.search(r"^lo +1011309\d+ +V1.38 +running ", table_of(out), re.MULTILINE)


def children_of(pid):
    with contextlib.suppress(OSError):
        return (Path("/proc") / str(pid) / "task" / str(pid) / "children").read_text().split()
    return []


def test_nothing_outlives_a_killed_one(may_capture, begin):
    run = begin("lo")
    run.until("capturing on lo")
    started = children_of(run.process.pid)
    started += [child for pid in started for child in children_of(pid)]
    assert len(started) >= 3            # tshark, the guard, dumpcap
    run.process.kill()
    run.process.wait()
    wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in started))


# What goes wrong

def test_last_words_of_a_dead_tshark_are_told(watch, folder):
    script = f'head -c 20000 | timeout 20 {REAL_TSHARK} "$@" | grep -v ^{{ ; echo "Out of $(printf "\\e[31m")luck" >&2; kill -SEGV $$'
    out, err = watch("--image-size", 57600, COMPLETE, status=2, changes=stand_in(folder, "tshark", script))
    assert "Transferring: " in out and "File " not in out
    assert re.search(r"tshark was ended by signal 11 \(Segmentation fault\): .*Out of \\x1b\[31mluck$", err, re.MULTILINE)
    assert re.search(r"101130923633 was last seen so: Transferring: \d", err)


def test_last_words_of_a_dead_dumpcap_are_told(watch, folder):
    script = f'head -c 20000 {COMPLETE}; echo "The network adapter is no longer $(printf "\\e[31m")running" >&2; exit 3'
    out, err = watch("eth0", status=2, changes=stand_in(folder, "dumpcap", script))
    assert "Transferring: " in out and "  running " in table_of(out)
    assert "eth0: dumpcap ended with exit status 3: The network adapter is no longer \\x1b[31mrunning" in err
    err = watch("eth0", status=2, changes=stand_in(folder, "dumpcap", "kill -9 $$"))[1]
    assert "eth0: dumpcap was ended by signal 9: it said nothing" in err


def test_packets_that_dumpcap_lost_are_told(watch, folder):
    script = f"cat {COMPLETE}; echo \"Packets received/dropped on interface 'eth0': 9/4 (pcap:4/dumpcap:0/flushed:0/ps_ifdrop:0)\" >&2"
    assert "eth0: 4 packets lost, because this machine did not keep up" in watch(
        "eth0", status=2, changes=stand_in(folder, "dumpcap", script))[1]


def test_hostile_text_reaches_neither_lines_nor_table(watch, folder, environment):
    line = "\t".join(["1700000000.5", "0", "3", "1", HOSTILE, "5", "0", "0.5", "10", "2"])
    script = f'cat >/dev/null; printf "%s\\n" "{line}" "{line}{TAB}x" "{line.replace("1700", "x")}"; sleep 0.5'
    out, err = watch(COMPLETE, status=2, changes=stand_in(folder, "tshark", script))
    assert r"\x1b]0,owned\x07\x1b[31m\u202e  Transferring: 50.0 %" in out
    assert "2 lines of tshark could not be read" in err and not re.search("[\x1b\x07\u202e]", out + err)
    name = folder / f"{HOSTILE.replace('/', '')}.pcapng"
    shutil.copy(COMPLETE, name)
    assert not re.search("[\x1b\x07\u202e]", "".join(watch(name)))
    picture = on_a_terminal([COMPLETE], environment | stand_in(folder, "tshark", script))
    assert r"\x1b]0,ow" in picture and not re.search("\x1b]0,|\x07|\u202e", picture)


def test_output_that_is_closed_or_full_ends_it(begin, environment):
    with open("/dev/full", "w", encoding="ascii") as full:
        run = subprocess.run([*WATCH, COMPLETE], env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 2 and run.stderr == "vt600-watch: standard output: No space left on device\n"


def test_memory_is_bounded_however_many_trackers():
    board = watching.Board()
    for number in range(watching.RUNNING_MAX + 500):
        for state in ("1", "3"):
            board.take(line_of(f"{1700000000 + number}.5", str(number), state, "1", f"{number:012}", "5", "0", "", "", ""))
    assert watching.RUNNING_MAX * 0.9 <= len(board.running) <= watching.RUNNING_MAX and 0 not in board.running
    board.take(line_of("1800000000.5", "0", "3", "2", f"{0:012}", "700", "0", "", "", ""))
    assert board.running[0].acked == 700
    for number in range(5000):
        board.take(line_of(f"{1800000000 + number}.5", str(number), "7", "1", f"{number:012}", "5", "0", "", "", ""))
    assert len(board.ended) == watching.ENDED_MAX and board.ended_count == 5000


def test_a_tracker_that_starts_anew_leaves_its_old_update_below():
    board = watching.Board()
    for time_, number in (("1700000000.5", "0"), ("1700000009.5", "1"), ("1700000010.5", "0")):
        board.take(line_of(time_, number, "3", "1", "101130923633", "5", "0", "", "", ""))
    assert list(board.running) == [1] and list(board.ended) == [0] and board.ended_count == 1


def test_an_update_that_goes_on_after_all_is_running_again():
    board = watching.Board()
    for second, state in enumerate(("Authorizing", "Refused", "Transferring")):
        board.take(line_of(f"{1700000000 + second}.5", "0", str(watching.STATES.index(state)), "1", "11", "5", "0", "", "", ""))
        assert (len(board.running), len(board.ended), board.ended_count) == ((0, 1, 1) if state == "Refused" else (1, 0, 0))


def test_updates_that_stand_still_come_last():
    board = watching.Board()
    for second, number in ((0, 0), (1, 1), (400, 2), (401, 1)):
        board.take(line_of(f"{1700000000 + second}.5", str(number), "3", "1", f"{number:012}", "5", "0", "", "", ""))
    assert [update.number for update in board.in_order(1700000402)] == [1, 2, 0]


def test_many_at_a_time_are_told_in_one_line():
    board, lines = watching.Board(), []
    plain = watching.Plain(board, lambda when, text: lines.append(text), 10)
    for second in range(30):
        for number in range(30):
            plain.take(board.take(line_of(f"{1700000000 + second}.5", str(number), "3", "1", f"{number:012}", "5", "0", "", "", "")))
    assert len(lines) == 30 + 2 and lines[-1] == "30 updates running, 0 ended: 150 bytes stored in those that run"


# The picture

def on_a_terminal(args, environment):
    """All that is written to a terminal until it ends."""
    pid, terminal = pty.fork()
    if not pid:
        os.execve(sys.executable, [*WATCH, *map(str, args)], environment | {"TERM": "xterm-256color"})
    said = b""
    with contextlib.suppress(OSError):          # EIO: the end
        while data := os.read(terminal, 1 << 16):
            said += data
    os.waitpid(pid, 0)
    os.close(terminal)
    return said.decode(errors="replace")


def test_without_rich_there_are_lines(environment, folder):
    (folder / "rich").mkdir()
    (folder / "rich/__init__.py").write_text("raise ImportError('no rich')\n")
    said = on_a_terminal([COMPLETE], environment | {"PYTHONPATH": str(folder)})
    assert "python3-rich is missing" in said and "  Completed: 100.0 %" in said and "\x1b[" not in said


class Screen:
    """A tmux of its own, in which one command runs."""

    def __init__(self, folder, size, command, environment):
        self.tmux = ["tmux", "-f", "/dev/null", "-S", str(folder / "tmux")]
        self.environment = environment | {"TERM": "xterm-256color"}
        wide, high = size
        self.call("new-session", "-d", "-x", wide, "-y", high, f"{command}; echo exit status $?; exec cat")

    def call(self, *args):
        return subprocess.run([*self.tmux, *map(str, args)], env=self.environment, capture_output=True, text=True, check=True).stdout

    def text(self):
        return self.call("capture-pane", "-p")

    def until(self, pattern):
        shown = []

        def there():
            shown[:] = [self.text()]
            return re.search(pattern, shown[0], re.MULTILINE)
        wait_for(there)
        return shown[0]

    def close(self):
        self.call("kill-server")


@pytest.mark.parametrize("wide", (110, 80))
def test_picture_on_a_terminal(wide, may_capture, environment, folder):
    stop = threading.Event()
    with playing(14, stop, pace=0.02) as stage:
        command = " ".join([*WATCH, "--image-size", "30000", "-f", f"'tcp port {stage.port}'", "lo"])
        screen = Screen(folder, (wide, 20), command, environment)
        try:
            screen.until("^lo: 0 running, 0 ended; -; capturing on lo; Ctrl-C ends$")
            stage.go()
            text = screen.until(r"^1011309\d{5} +Transferring .*[1-9]\d?\.\d % +[\d,]+ +\d+:\d\d +\d+ (tracker|server|nobody) +\d:\d\d +\d+\.\d s( tracker| server)?$")
            assert re.search(r"^Device +State +Progress +Bytes/s +Left +(Retries +Turn +Longest wait|Again +Turn +Longest)$", text, re.MULTILINE)
            assert ("\u2501" in text) == (wide > 100)           # the bar
            assert max(map(len, text.splitlines())) <= wide and "\u2026" not in text
            text = screen.until(r"^Ended: ([3-9]|\d\d)$")
            assert re.search(r"^1011309\d{5} +(Completed|Refused|Cancelled) +\d+\.\d % +[\d,]+ B longest wait", text, re.MULTILINE)
            stage.ended()
            screen.until(r"^lo: \d running, 1\d ended; ")
            screen.call("send-keys", "C-c")
            text = screen.until("^exit status 1$")
            assert "vt600-watch: 14 trackers" in text.replace("\n", "") and "Device  " not in text.splitlines()[-2]
        finally:
            screen.close()


# How it is called

def test_help_names_every_option_and_wrong_usage_ends_with_2(watch):
    text = watch("--help")[0]
    assert {"--filter", "--follow", "--image-size", "--reference", "--plain", "--interval"} <= set(re.findall(r"--[a-z-]+", text))
    for args in ([], ["--image-size", "0", "-"], ["--interval", "-1", "-"], ["--reference", "/nonexistent", "-"], ["a", "b"]):
        watch(*args, status=2)


def test_second_ctrl_c_and_a_lost_terminal_end_it_at_once(begin, folder):
    line = line_of("1700000000.5", "0", "3", "1", "11", "5", "0", "", "", "")
    changes = stand_in(folder, "tshark", f'echo "{line}"; exec sleep 60')
    run = begin("--follow", COMPLETE, changes=changes)
    run.until("Transferring: ")
    run.process.send_signal(signal.SIGINT)
    run.until("tshark reads what is left; Ctrl-C again ends at once")
    assert run.end()[0] == 128 + signal.SIGINT
    run = begin("--follow", COMPLETE, changes=changes)
    run.until("Transferring: ")
    assert run.end(signal.SIGHUP)[0] == 128 + signal.SIGHUP
