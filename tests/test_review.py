# SPDX-License-Identifier: GPL-2.0-or-later
"""packaging/vt600-review, run as a user runs it: the rows are those of tshark, whatever the files are and whatever happens.

Where it must be made to wait or to fail, a `tshark` of the test's own stands before the real one on the PATH.
"""

import csv
import getpass
import io
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import jsonschema
import pytest

from wireshark import AS_USER, CAPTURES, ROOT

sys.path.insert(0, str(ROOT / "packaging/review"))

import captures as review_captures  # noqa: E402
import rows as review_rows  # noqa: E402
import words  # noqa: E402

REVIEW = [sys.executable, str(ROOT / "packaging/vt600-review")]
REAL_TSHARK = shutil.which("tshark")
WHOLE, HALF, NONE = "ota-complete", "ota-cancelled", "foreign-datagrams"
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "packaging/review/review.schema.json").read_text(encoding="utf-8")))
OURS = ("review", "file", "file_encoded", "read_whole", "reassembly", "attempt", "attempts", "last", "why")
STRANGE = ["with space", "with\nnewline", "'\"quotes\"", "-r", "--help", "{}{#}{.}", "$(touch oops)`;&|*", "back\\slash\\n",
           "\u202eldr\u00e4\u8eca\U0001f697", "esc\x1b[31m", os.fsdecode(b"latin-\xe4"), "a,b", "tab\there"]


@pytest.fixture(name="folder")
def fixture_folder(tmp_path):
    """For the user that Wireshark runs as too."""
    for path in [tmp_path, *tmp_path.parents[:3]]:
        if path.stat().st_uid == os.geteuid() and path != Path("/tmp"):
            path.chmod(path.stat().st_mode | 0o755)
    return tmp_path


@pytest.fixture(name="environment")
def fixture_environment(wireshark):
    environment = {name: str(value) for name, value in wireshark.environment.items()}
    # Those stop tshark at what only a test must stop at, and are not what users have.
    return {name: value for name, value in environment.items() if not name.startswith("WIRESHARK_ABORT")}


def sanitized(environment):
    return "LD_PRELOAD" in environment


@pytest.fixture(name="review")
def fixture_review(environment):
    def review(*args, status=0, **changes):
        limits = ["--memory", "0"] if sanitized(environment) else []
        run = subprocess.run([*REVIEW, *limits, *map(str, args)], env=environment | changes, capture_output=True, check=False,
                             stdin=subprocess.DEVNULL)
        out, err = run.stdout.decode(errors="surrogateescape"), run.stderr.decode()
        assert run.returncode == status, f"exit status {run.returncode}\n{out}\n{err}"
        return out, err
    return review


@pytest.fixture(name="rows")
def fixture_rows(review):
    """The rows alone, all of which are as review.schema.json says."""
    def rows(*args, **how):
        found = json.loads(review("--format", "json", *args, **how)[0])
        SCHEMA.validate(found)
        return found
    return rows


def put(folder, *names, suffix=".pcapng"):
    for name in names:
        shutil.copy(CAPTURES / f"{name}.pcapng", folder / f"{name}{suffix}")
    return folder


def report(tshark, path, *options):
    lines = tshark(*options, "-q", "-z", "vt600,report", capture=Path(path)).splitlines()
    return [review_rows.checked(json.loads(line)) for line in lines]


def bare(row):
    return {key: value for key, value in row.items() if key not in OURS}


def path_of(row):
    return os.fsdecode(urllib.parse.unquote_to_bytes(row["file_encoded"]))


def stand_in(folder, script):
    """A PATH with a tshark that is this script; $file is the capture, `real` runs tshark."""
    place = folder / "bin"
    place.mkdir()
    program = place / "tshark"
    program.write_text(f'#!/bin/bash\nfile=${{!#}}\nreal() {{ exec {REAL_TSHARK} "$@"; }}\n'
                       f'if [[ $1 == -z ]]; then real "$@"; fi\n{script}\nreal "$@"\n')
    program.chmod(0o755)
    return f'{place}:{os.environ["PATH"]}'


def wait_for(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


# What it finds

def test_rows_are_those_of_each_capture_s_report(rows, tshark):
    found = rows(CAPTURES, status=1)
    readings = {path_of(row): row["reassembly"] for row in found}
    expected = []
    for path in sorted(CAPTURES.glob("*.pcapng")):
        options = ["-o", "tcp.try_heuristic_first:TRUE", "-o", "udp.try_heuristic_first:TRUE"]
        if readings.get(str(path)) == "out of order":
            options += ["-o", "tcp.reassemble_out_of_order:TRUE"]
        expected += [(str(path), row) for row in report(tshark, path, *options)]
    assert [(row["file"], bare(row)) for row in found] == expected
    assert all(row["why"] for row in found if row["updated"] not in ("confirmed", "reported"))


def test_capture_with_swapped_segments_is_read_a_second_time(review):
    swapped, lost = CAPTURES / "segments-swapped.pcapng", CAPTURES / "segments-lost.pcapng"
    out, err = review("--format", "json", swapped, lost, status=1)
    taken = {Path(row["file"]).stem: (row["reassembly"], row["bytes_acked"]) for row in json.loads(out)}
    assert taken["segments-swapped"] == ("out of order", 1024) and taken["segments-lost"][0] == "in order"
    assert "segments-swapped.pcapng: read a second time with tcp.reassemble_out_of_order:TRUE, and that reading was taken" in err
    assert "2 captures read twice, the second reading taken of 1" in err


def test_plugin_is_asked_before_dissectors_of_ports(rows, folder):
    """Port 21064 belongs to another dissector."""
    subprocess.run([sys.executable, "-c", f"""
import sys
sys.path.insert(0, {str(ROOT / "captures")!r})
import ota, packets
capture = packets.Capture()
capture.tcp("10.0.0.1:20000", "192.168.1.1:21064").play(list(ota.run(ota.image(1024, 1), "101130923633")))
capture.write({str(folder / "port.pcapng")!r})
"""], check=True)
    row, = rows(folder, status=1)
    assert row["bytes_acked"] == 1024


def test_files_that_cannot_be_read_are_named_and_the_others_done(review, folder):
    put(folder, WHOLE)
    content = (CAPTURES / f"{HALF}.pcapng").read_bytes()
    (folder / "truncated.pcapng").write_bytes(content[:2000])
    (folder / "empty.pcap").touch()
    (folder / "text.pcap").write_text("no capture\n")
    (folder / "notes.txt").write_text("no capture, and no name of one\n")
    (folder / "by-content").write_bytes(content)
    (folder / "loop.pcapng").symlink_to("loop.pcapng")
    os.mkfifo(folder / "pipe.pcapng")
    out, err = review("--format", "json", folder, folder / "nowhere", status=2)
    states = {Path(row["file"]).name: (row["state"], row["read_whole"]) for row in json.loads(out)}
    assert states == {f"{WHOLE}.pcapng": ("Completed", True), "by-content": ("Cancelled", True),
                      "truncated.pcapng": ("Transferring", False)}
    assert [row["file"].endswith("truncated.pcapng") for row in json.loads(out)] == [
        "the capture was not read to its end" in row["why"] for row in json.loads(out)]
    for name, reason in [("truncated.pcapng", "cut short"), ("empty.pcap", "is empty"), ("text.pcap", "is no capture"),
                         ("loop.pcapng", "symbolic links"), ("nowhere", "No such file")]:
        assert any(f"/{name}: " in line and reason in line for line in err.splitlines()), f"{name}: {reason}\n{err}"
    assert "1 other file left out; 5 files not read, or not to the end" in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_file_without_permission_is_named(review, folder):
    put(folder, WHOLE)
    (folder / f"{WHOLE}.pcapng").chmod(0)
    assert "Permission denied" in review(folder, status=2)[1]


@pytest.mark.parametrize("suffix, pack", [("gz", ["gzip", "-c"]), ("zst", ["zstd", "-qc"]), ("lz4", ["lz4", "-qc"])])
def test_packed_captures_are_read_and_broken_ones_named(review, rows, folder, tshark, suffix, pack):
    source = CAPTURES / f"{WHOLE}.pcapng"
    packed = subprocess.check_output([*pack, str(source)])
    (folder / f"a.pcapng.{suffix}").write_bytes(packed)
    (folder / suffix).write_bytes(packed)
    (folder / f"log.{suffix}").write_bytes(subprocess.run(pack, input=b"a log", capture_output=True, check=True).stdout)
    assert [bare(row) for row in rows(folder)] == report(tshark, source) * 2
    (folder / f"cut.pcapng.{suffix}").write_bytes(packed[:len(packed) * 9 // 10])
    assert f"cut.pcapng.{suffix}: " in review(folder, status=2)[1]


def test_strange_file_names_are_read_and_harm_nobody(review, rows, folder):
    for number, name in enumerate(STRANGE):
        shutil.copy(CAPTURES / f"{(WHOLE, HALF)[number % 2]}.pcapng", folder / f"{name}.pcapng")
    expected = sorted((str(folder / f"{name}.pcapng"), ("Completed", "Cancelled")[number % 2])
                      for number, name in enumerate(STRANGE))
    found = rows(folder)
    assert [(path_of(row), row["state"]) for row in found] == expected
    assert all(row["file"] == os.fsencode(path_of(row)).decode(errors="replace") for row in found)
    text = review("--format", "csv", folder)[0]
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    assert text.count("\r\n") == len(lines) + 1
    assert [(line["file"], line["state"]) for line in lines] == expected
    head, *table = review("--attempts", folder)[0].splitlines()
    assert len(table) == len(STRANGE)
    assert not any(words.shown(line) != line.replace("\\", r"\\") for line in table)
    at = words.width(head[:head.index("Device")])
    for line in table:
        assert words.width(line[:line.index("101130923633")]) == at
    assert not (folder / "oops").exists() and not Path("oops").exists()


def test_leading_dash_is_a_file_behind_two_dashes(environment, folder):
    shutil.copy(CAPTURES / f"{WHOLE}.pcapng", folder / "-j.pcapng")
    limits = ["--memory", "0"] if sanitized(environment) else []
    run = subprocess.run([*REVIEW, *limits, "--", "-j.pcapng"], env=environment, cwd=folder, capture_output=True, text=True,
                         check=False)
    assert run.returncode == 0 and "\n-j.pcapng " in run.stdout


# Exit states and what is said

def test_exit_status_says_whether_each_tracker_was_updated(review, folder):
    whole, half, none = (CAPTURES / f"{name}.pcapng" for name in (WHOLE, HALF, NONE))
    assert "1 capture, 1 tracker, 1 attempt: 1 updated, 0 not updated" in review(whole)[1]
    assert "without an OTA" in review(none, whole)[1]
    # Both start at the same time: the file that comes last is the last attempt.
    assert "1 tracker, 2 attempts: 0 updated, 1 not updated" in review(
        *folder_of(folder / "bad", a=WHOLE, b=HALF), status=1)[1]
    assert "1 tracker, 2 attempts: 1 updated, 0 not updated" in review(*folder_of(folder / "good", a=HALF, b=WHOLE))[1]
    assert review("--only-failed", whole)[0].count("\n") == 1
    assert [line.split()[0] for line in review("--only-failed", half, status=1)[0].splitlines()] == ["File", str(half)]
    (folder / "empty").mkdir()
    assert "there are no captures" in review(folder / "empty", status=2)[1]


def folder_of(folder, **captures):
    folder.mkdir()
    for name, capture in captures.items():
        shutil.copy(CAPTURES / f"{capture}.pcapng", folder / f"{name}.pcapng")
    return [folder]


def test_no_session_is_an_empty_array(rows):
    assert rows(CAPTURES / f"{NONE}.pcapng") == []


@pytest.mark.parametrize("args", [[], ["--resume", "x"], ["--diff", "a"], ["--format", "xml", "x"], ["--timeout", "-1", "x"],
                                  ["--diff", "a", "b", "c"]])
def test_wrong_usage_is_explained(review, args):
    assert "usage: vt600-review" in review(*args, status=2)[1]


def test_help_names_every_option(review):
    text = review("--help")[0]
    for option in ("--format", "--only-failed", "--merge", "--diff", "--jobs", "--joblog", "--resume", "--sshlogin", "--timeout"):
        assert option in text


# What the plugin says, and what the review makes of it: a stand-in prints the lines of schema 2.

def reported(device="101130923633", start="2024-01-01T00:00:00.000000Z", **changes):
    """A line of the report, schema 2."""
    return {"schema": 2, "session": 0, "device_id": device, "transport": "udp", "streams": [0], "tracker": "10.0.0.1:20000",
            "server": "192.168.1.1:8500", "first_frame": 1, "last_frame": 9, "start": start, "seconds": 45.3, "device_code": 16,
            "firmware_version": "V1.38", "firmware_after": "V1.40", "serial_number": None, "imei": None, "max_block": 128,
            "state": "Completed", "updated": "confirmed", "cause": None, "party": None, "evidence": [9],
            "explanation": "The tracker runs V1.40 since the upgrade.", "authorizations": 1, "bytes_sent": 1024,
            "bytes_acked": 1024, "bytes_total": 1024, "progress": 100.0, "blocks_acked": 8, "retries": 0, "naks": 0,
            "damaged_frames": 0, "gaps": [], "waited": {"tracker": 22.5, "server": 18.1, "longest": None}, "closed": [],
            "image_checksum": {"tracker": "b979", "computed": "b979", "match": True, "algorithm": "CRC-16/IBM-3740"},
            "reference": None, "image_sha256": "0" * 64} | changes


FAILED = {"firmware_after": None, "state": "Transferring", "updated": "no", "cause": "unanswered", "party": "tracker",
          "explanation": "The tracker did not answer block 0x80, sent three times from frame 5 on.", "bytes_acked": 128, "progress": 12.5}


@pytest.fixture(name="told")
def fixture_told(review, folder):
    """told(lines of a first capture, of a second..., args=[...]): the review of captures of which tshark reports these."""
    path = stand_in(folder, 'cat "$file.report"; exit 0')

    def told(*captures, args=(), status=0):
        place = folder / "told"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name, lines in zip("abcdef", captures):
            put(place, NONE)
            (place / f"{NONE}.pcapng").rename(place / f"{name}.pcapng")
            (place / f"{name}.pcapng.report").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return review(*args, place, status=status, PATH=path)
    return told


def test_table_has_a_row_for_each_tracker_with_its_last_attempt(told):
    later = reported("1", "2024-01-02T00:00:00.000000Z", **FAILED)
    captures = [later, reported("2")], [reported("1"), reported("3", state="Queried", updated="unknown")]
    out, err = told(*captures, status=1)
    head, *table = out.splitlines()
    assert head.split() == ["File", "Device", "Firmware", "Updated", "Progress", "Attempts", "Duration", "Who", "Why"]
    assert [line.split(None, 1)[1].split("  ")[0] for line in table] == ["1", "2"]
    assert re.search(r"a.pcapng +1 +V1.38 +no +12.5 % +2 +0:00:45 +tracker +The tracker did not answer block 0x80", table[0])
    assert re.search(r"a.pcapng +2 +V1.38 > V1.40 +confirmed +100.0 % +1 +0:00:45 +- +The tracker runs V1.40", table[1])
    assert "2 captures, 2 trackers, 3 attempts: 1 updated, 1 not updated" in err
    _, *table = told(*captures, args=["--attempts"], status=1)[0].splitlines()
    assert [line.split()[1:3] for line in table] == [["1", "2"], ["2", "1"], ["1", "1"]]
    rows = json.loads(told(*captures, args=["--format", "json"], status=1)[0])
    assert [(row["device_id"], row["attempt"], row["attempts"], row["last"]) for row in rows] == [
        ("1", 2, 2, True), ("2", 1, 1, True), ("1", 1, 2, False), ("3", None, None, False)]
    SCHEMA.validate(rows)


@pytest.mark.parametrize("updated, status", [("confirmed", 0), ("reported", 0), ("no", 1), ("unknown", 1), ("running", 1)])
def test_exit_status_is_that_of_the_diagnosis(told, updated, status):
    told([reported(updated=updated)], status=status)


def test_queries_alone_are_no_otas(told):
    out, err = told([reported(state="Queried", updated="unknown")])
    assert out.count("\n") == 1 and "0 trackers, 0 attempts: 0 updated, 0 not updated; 1 without an OTA" in err


def test_blocks_that_the_capture_lacks_are_told_of_a_completed_session(told):
    out, _ = told([reported(bytes_acked=896, gaps=[[128, 256]], progress=87.5)])
    assert "since the upgrade; 128 bytes of the image acknowledged in no packet of this capture" in out


@pytest.mark.parametrize("changes", [{"naks": 2}, {"retries": 1}, {"damaged_frames": 3}, {"bytes_acked": 0},
                                     {"image_checksum": {"tracker": "1", "computed": "2", "match": False, "algorithm": None}}])
def test_nothing_unclean_goes_without_a_word(changes):
    for explanation in (None, "It went well."):
        assert review_rows.why(reported(explanation=explanation, **changes), True) not in ("", "It went well")
    assert review_rows.why(reported(explanation=None, updated="no"), True) == "last state: Completed"


def test_report_of_another_schema_is_not_taken_for_ours(told):
    for lines in ([reported(schema=3)], [{"session": 0}]):
        out, err = told(lines, status=2)
        assert out.count("\n") == 1 and "a.pcapng: the plugin reports in schema" in err
    broken = reported()
    del broken["updated"]
    assert "the plugin's report lacks updated" in told([broken], status=2)[1]


def test_long_versions_do_not_push_the_table_apart(told):
    out, _ = told([reported(firmware_version="V" * 2000, firmware_after="\u8eca" * 2000)])
    assert max(map(words.width, out.splitlines())) < 250 and "VVVVVVVVV... > " in out


@pytest.mark.parametrize("version", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"])
def test_cells_of_csv_are_no_formulas(told, version):
    line, = csv.DictReader(io.StringIO(told([reported(firmware_version=version)], args=["--format", "csv"])[0], newline=""))
    assert line["firmware_version"] == f"'{version}" and line["progress"] == "100.0"


def test_reference_is_given_to_tshark(review, folder):
    put(folder, NONE)
    image = folder / "image.bin"
    image.touch()
    path = stand_in(folder, f'printf "%s\\n" "$@" >{folder}/args; exit 0')
    (folder / "args").touch(mode=0o666)
    (folder / "args").chmod(0o666)
    review("--reference", image, folder / f"{NONE}.pcapng", PATH=path)
    assert f"vt600.reference:{image}" in (folder / "args").read_text().splitlines()
    assert "image.bin: No such file" in review("--reference", folder / "no/image.bin", folder, status=2)[1]


# What can be missing

def test_missing_tools_are_named_with_their_package(review, folder):
    tools = folder / "tools"
    tools.mkdir()
    packed = folder / "a.pcapng.zst"
    subprocess.run(["zstd", "-q", str(CAPTURES / f"{WHOLE}.pcapng"), "-o", str(packed)], check=True)
    assert "parallel is missing: install the package parallel" in review(packed, status=2, PATH=str(tools))[1]
    (tools / "parallel").symlink_to("/bin/true")
    assert "not GNU parallel" in review(packed, status=2, PATH=str(tools))[1]
    (tools / "parallel").unlink()
    (tools / "parallel").symlink_to(shutil.which("parallel"))
    for tool in ("perl", "sh"):
        (tools / tool).symlink_to(shutil.which(tool))
    assert "zstd is missing to read " in review(packed, status=2, PATH=str(tools))[1]
    assert "tshark is missing: install the package tshark" in review(CAPTURES / f"{WHOLE}.pcapng", status=2, PATH=str(tools))[1]


def test_tshark_without_the_plugin_is_said_with_what_to_do(review, wireshark):
    err = review(CAPTURES / f"{WHOLE}.pcapng", status=2, WIRESHARK_PLUGIN_DIR=str(wireshark.bare))[1]
    assert "without the plugin vt600" in err and "install" in err
    assert ("Run by root" in err) == (os.geteuid() == 0)


def test_installed_it_finds_its_parts(environment, folder):
    (folder / "usr/share").mkdir(parents=True)
    (folder / "usr/bin").mkdir()
    shutil.copy(ROOT / "packaging/vt600-review", folder / "usr/bin")
    shutil.copytree(ROOT / "packaging/review", folder / "usr/share/vt600-review")
    limits = ["--memory", "0"] if sanitized(environment) else []
    run = subprocess.run([str(folder / "usr/bin/vt600-review"), *limits, str(CAPTURES / f"{WHOLE}.pcapng")], env=environment,
                         capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout.count("101130923633")) == (0, 1), run.stderr


# Limits and accidents

def test_tshark_that_takes_too_long_or_dies_is_named(review, folder):
    put(folder, WHOLE, HALF, NONE)
    path = stand_in(folder, f'case $file in *{HALF}*) sleep 600;; *{NONE}*) kill -SEGV $$;; esac')
    # The real one must come to its end meanwhile, on any machine.
    out, err = review("--format", "json", "--timeout", "20", folder, status=2, PATH=path)
    assert [row["state"] for row in json.loads(out)] == ["Completed"]
    assert f"{HALF}.pcapng: tshark took longer than 20 s" in err
    assert f"{NONE}.pcapng: tshark was ended by signal 11" in err


def test_tshark_that_needs_too_much_memory_is_named(review, environment):
    if sanitized(environment):
        pytest.skip("AddressSanitizer takes more address space than any limit")
    assert "needed more memory than 200 MiB" in review("--memory", "200", CAPTURES / f"{WHOLE}.pcapng", status=2)[1]


def test_progress_is_shown_on_a_terminal(environment, folder):
    put(folder, WHOLE)
    ours, theirs = pty.openpty()
    limits = ["--memory", "0"] if sanitized(environment) else []
    with subprocess.Popen([*REVIEW, *limits, str(folder)], env=environment | {"TERM": "xterm"}, stdin=theirs,
                          stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:         # the other end is closed
            pass
        out = process.stdout.read()
    os.close(ours)
    assert process.returncode == 0 and b"101130923633" in out
    assert b"100%" in shown and b"1 completed" in shown


# Interrupted, and resumed

def interrupted(environment, folder, log):
    """vt600-review over three captures, at work with the second one, and the environment that made it so."""
    for name in ("1-first", "2-second", "3-third"):
        shutil.copy(CAPTURES / f"{WHOLE}.pcapng", folder / f"{name}.pcapng")
    path = stand_in(folder.parent, f'echo "$file" >>{folder.parent}/ran\n'
                    f'if [[ $file == *2-second* ]]; then until [[ -e {folder.parent}/go ]]; do sleep 0.1; done; fi')
    environment = environment | {"PATH": path}
    ran = folder.parent / "ran"
    ran.touch()
    ran.chmod(0o666)
    limits = ["--memory", "0"] if sanitized(environment) else []
    process = subprocess.Popen([*REVIEW, *limits, "-j", "1", "--joblog", str(log), str(folder)], env=environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    wait_for(lambda: log.exists() and log.read_text().count("\n") == 2 and "2-second" in ran.read_text())
    return process, environment["PATH"], lambda: [Path(line).stem for line in ran.read_text().splitlines()]


def test_resume_goes_on_where_a_signal_ended_it(environment, rows, folder):
    work, log = folder / "work", folder / "night.log"
    work.mkdir()
    process, path, ran = interrupted(environment, work, log)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM and b"--resume" in err
    (folder / "go").touch()
    shutil.copy(CAPTURES / f"{HALF}.pcapng", work / "0-new.pcapng")
    found = rows("--joblog", log, "--resume", work, PATH=path, status=1)
    assert [(Path(row["file"]).stem, row["state"]) for row in found] == [
        ("0-new", "Cancelled"), ("1-first", "Completed"), ("2-second", "Completed"), ("3-third", "Completed")]
    assert sorted(ran()) == ["0-new", "1-first", "2-second", "2-second", "3-third"]
    shutil.copy(CAPTURES / f"{HALF}.pcapng", work / "1-first.pcapng")
    (work / "3-third.pcapng").unlink()
    found = rows("--joblog", log, "--resume", work, PATH=path, status=1)
    assert [row["state"] for row in found] == ["Cancelled", "Cancelled", "Completed"]
    assert len(ran()) == 6


def test_resume_after_a_kill_waits_for_what_is_still_at_work(environment, review, rows, folder):
    work, log = folder / "work", folder / "night.log"
    work.mkdir()
    process, path, ran = interrupted(environment, work, log)
    os.killpg(process.pid, signal.SIGKILL)          # it and GNU parallel; the tshark has a group of its own
    process.communicate()
    assert "still at work" in review("--joblog", log, "--resume", work, PATH=path, status=2)[1]
    (folder / "go").touch()
    wait_for(lambda: subprocess.run(["flock", "-n", f"{log}.d/lock", "true"], check=False).returncode == 0)
    found = rows("--joblog", log, "--resume", work, PATH=path)
    assert [Path(row["file"]).stem for row in found] == ["1-first", "2-second", "3-third"]
    assert ran().count("1-first") == 1


def test_resume_failed_runs_again_what_failed(review, rows, folder):
    put(folder, WHOLE, HALF)
    log = folder / "log"
    path = stand_in(folder, f'if [[ $file == *{HALF}* && ! -e {folder}/well ]]; then kill -SEGV $$; fi')
    review("--joblog", log, folder, PATH=path, status=2)
    (folder / "well").touch()
    assert "signal 11" in review("--joblog", log, "--resume", folder, PATH=path, status=2)[1]
    assert len(rows("--joblog", log, "--resume-failed", folder, PATH=path, status=1)) == 2


def test_joblog_spares_a_folder_that_is_not_its_own(review, folder):
    (folder / "log.d").mkdir()
    (folder / "log.d/1").write_text("somebody's")
    assert "in the way" in review("--joblog", folder / "log", CAPTURES / f"{WHOLE}.pcapng", status=2)[1]
    assert (folder / "log.d/1").read_text() == "somebody's"
    assert "nothing to resume" in review("--joblog", folder / "x", "--resume", CAPTURES, status=2)[1]


# Ring buffers

def test_ring_buffer_is_read_as_one_capture(rows, folder, tshark):
    source = CAPTURES / f"{WHOLE}.pcapng"
    subprocess.run(["editcap", "-c", "150", str(source), str(folder / "day.pcapng")], check=True)
    subprocess.run(["editcap", "-i", "20", "-F", "pcap", str(source), str(folder / "night.pcap")], check=True)
    put(folder, HALF)
    members = sorted(folder.glob("day_*"))
    assert len(members) > 3 and len(list(folder.glob("night_*"))) > 3
    subprocess.run(["zstd", "-q", "--rm", str(members[1])], check=True)
    found = rows("--merge", folder, status=1)
    whole = report(tshark, source)[0]
    # The zstd'd file has another suffix; it and what it leaves are two rings. So it is put back under a name of the ring's.
    assert [Path(row["file"]).name for row in found if row["state"] == "Completed" and row["blocks_acked"] == 450] == [
        "night_*.pcap"]
    Path(f"{members[1]}.zst").rename(members[1])
    found = {Path(row["file"]).name: row for row in rows("--merge", folder, status=1)}
    assert found.keys() == {"day_*.pcapng", "night_*.pcap", f"{HALF}.pcapng"}
    assert bare(found["day_*.pcapng"]) == bare(found["night_*.pcap"]) == whole
    assert len(rows(folder, status=1)) > 3


def test_damaged_file_of_a_ring_is_named_and_the_ring_goes_on(review, folder):
    subprocess.run(["editcap", "-c", "150", str(CAPTURES / f"{WHOLE}.pcapng"), str(folder / "day.pcapng")], check=True)
    member = sorted(folder.glob("day_*"))[2]
    os.truncate(member, member.stat().st_size - 20)
    out, err = review("--format", "json", "--merge", folder, status=2)
    row, = json.loads(out)
    assert row["state"] == "Completed" and row["blocks_acked"] >= 448
    assert member.name in err and "cut short" in err


@pytest.mark.parametrize("what, names", [
    ("in order", ["r_00001_20240101000000", "r_00002_20240101000100", "r_00010_20240101000200"]),
    ("begun anew", ["r_00004_20240101000000", "r_00005_20240101010000", "r_00001_20240102000000", "r_00002_20240102010000"]),
    ("begun anew over the old", ["r_00001_20240101000000", "r_00002_20240101000100", "r_00001_20240101000200"]),
    ("number past its end", ["r_99999_20240101000000", "r_00000_20240101000100"]),
    ("clock set back", ["r_00001_20241027025000", "r_00002_20241027020500", "r_00003_20241027025500", "r_00004_20241027030500"]),
    ("time before number", ["r_20240101000000_00002", "r_20240101000100_00003"]),
])
def test_files_of_a_ring_are_put_in_order(what, names):
    captures = [review_captures.Capture(f"/x/{name}.pcapng", None, 0, 0) for name in names]
    (_, group), = review_captures.grouped(sorted(captures), merge=True)
    assert [Path(capture.path).stem for capture in group] == names, what


# Another machine

@pytest.fixture(name="machine")
def fixture_machine(environment, folder):
    """An sshd of the test's own on this machine, as (what --sshlogin takes, its environment)."""
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])
    if not sshd:
        pytest.skip("there is no sshd (package openssh-server)")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    home = folder / "machine"
    home.mkdir(mode=0o700)
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / key)], check=True)
    # tshark there has the plugin, whoever logs in.
    assignments = [f"{name}='{value}'" for name, value in environment.items() if name != "PATH"]
    there = home / "tshark"
    there.write_text("#!/bin/bash\nexec " + " ".join([*AS_USER, "env", *assignments, REAL_TSHARK]) + ' "$@"\n')
    there.chmod(0o755)
    home.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = home / "config"
    config.write_text(f"""
Port {port}
ListenAddress 127.0.0.1
HostKey {home}/host
AuthorizedKeysFile {home}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
MaxStartups 100
SetEnv PATH={home}:{os.environ["PATH"]}
""")
    client = home / "client"
    client.write_text(f"Host far\n HostName 127.0.0.1\n Port {port}\n User {getpass.getuser()}\n IdentityFile {home}/user\n"
                      f" IdentitiesOnly yes\n UserKnownHostsFile /dev/null\n StrictHostKeyChecking no\n LogLevel ERROR\n")
    with open(home / "log", "w", encoding="utf-8") as log, \
            subprocess.Popen([sshd, "-D", "-e", "-f", str(config)], stderr=log) as daemon:
        try:
            login = ["ssh", "-F", str(client), "-o", "BatchMode=yes", "far", "true"]
            ready = False
            for _ in range(50):
                ready = ready or subprocess.run(login, capture_output=True, check=False).returncode == 0
                if ready or daemon.poll() is not None:
                    break
                time.sleep(0.2)
            if not ready:
                pytest.skip("no sshd of our own can run here: " + (home / "log").read_text(encoding="utf-8")[-500:])
            yield f"2/ssh -F {client} far", there
        finally:
            daemon.terminate()


def test_captures_are_read_on_another_machine(machine, rows, review, folder, tshark):
    login, there = machine
    work = folder / "work"
    work.mkdir()
    put(work, WHOLE, HALF)
    for name in ("with space", "with\nnewline", "'\"quotes\"", "$(touch oops)`;&|*"):
        shutil.copy(CAPTURES / f"{HALF}.pcapng", work / f"{name}.pcapng")
    subprocess.run(["zstd", "-q", "--rm", str(work / f"{WHOLE}.pcapng")], check=True)
    log = folder / "log"
    found = rows("--sshlogin", login, "--joblog", log, work, status=1)
    assert sorted(row["file"] for row in found) == sorted(map(str, work.iterdir()))
    assert [bare(row) for row in found if row["state"] == "Completed"] == report(tshark, CAPTURES / f"{WHOLE}.pcapng")
    hosts = {line.split("\t")[1] for line in log.read_bytes().decode().replace("\0", "").splitlines()[1:]}
    assert hosts and ":" not in hosts
    (work / "cut.pcapng").write_bytes((CAPTURES / f"{HALF}.pcapng").read_bytes()[:2000])
    assert "cut short" in review("--sshlogin", login, work, status=2)[1]
    there.write_text("#!/bin/sh\nexit 1\n")
    assert "no tshark with the plugin vt600 on" in review("--sshlogin", login, work, status=2)[1]


def test_machine_that_cannot_be_reached_is_said(review):
    err = review("--sshlogin", "ssh -o BatchMode=yes -p 1 127.0.0.1", CAPTURES / f"{WHOLE}.pcapng", status=2)[1]
    assert "cannot run anything on" in err


# Two reviews compared

def session(device, updated, start="2024-01-01T00:00:00.000000Z", progress=None, state="Upgrading"):
    return {"review": 2, "file": f"{device}.pcapng", "file_encoded": f"{device}.pcapng", "why": f"is {updated}", "device_id": device,
            "firmware_version": "V1.38", "state": state, "updated": updated, "progress": progress, "start": start}


LATER, LAST = "2024-01-02T00:00:00.000000Z", "2024-01-03T00:00:00.000000Z"
OLD = [session("1", "no", progress=34.25), session("2", "confirmed"), session("3", "unknown"), session("4", "reported"),
       session("5", "no"), session("7", "confirmed")]
NEW = [session("1", "confirmed", progress=100.0), session("2", "no", LATER), session("2", "confirmed"),
       session("3", "running", progress=50.0), session("4", "confirmed"), session("4", "unknown", LAST, state="Queried"),
       session("6", "unknown"), session("7", "confirmed", LATER)]


@pytest.fixture(name="reviews")
def fixture_reviews(folder):
    def write(name, rows):
        path = folder / name
        path.write_text(rows if isinstance(rows, str) else json.dumps(rows), encoding="utf-8")
        return path
    return write


def test_diff_says_what_became_of_each_tracker(review, reviews):
    old, new = reviews("old.json", OLD), reviews("new.json", NEW)
    out, err = review("--format", "json", "--diff", old, new, status=1)
    rows = json.loads(out)
    SCHEMA.validate(rows)
    assert [(row["change"], row["device_id"], row["before"], row["now"]) for row in rows] == [
        ("fell back", "2", "confirmed", "no"), ("unfinished", "3", "unknown", "running"),
        ("gone", "5", "no", None), ("new", "6", None, "unknown"), ("completed", "1", "no", "confirmed")]
    assert (rows[4]["progress_before"], rows[4]["progress"], rows[1]["why"]) == (34.25, 100.0, "is running")
    assert "7 trackers: 1 fell back, 1 unfinished, 1 gone, 1 new, 1 completed, 2 completed in both" in err
    head, *table = review("--diff", old, new, status=1)[0].splitlines()
    assert head.split()[:5] == ["Change", "Device", "Firmware", "Before", "Now"] and len(table) == 5
    lines = list(csv.DictReader(io.StringIO(review("--format", "csv", "--diff", old, new, status=1)[0])))
    assert [line["device_id"] for line in lines] == ["2", "3", "5", "6", "1"]
    failed = json.loads(review("--format", "json", "--only-failed", "--diff", old, new, status=1)[0])
    assert [row["device_id"] for row in failed] == ["2", "3", "5", "6"]


def test_diff_of_trackers_that_all_completed_exits_with_0(review, reviews):
    done = [session("1", "no"), session("1", "confirmed", LATER)]
    assert "1 new, 0 completed, 0 completed in both" in review("--diff", reviews("old", []), reviews("new", done))[1]


def old_row(device, state):
    """As it was before the report told the outcome."""
    return {"file": f"{device}.pcapng", "problem": "it was said so" if state != "Completed" else None, "schema": 1,
            "device_id": device, "firmware_version": "V1.38", "state": state, "progress": None, "retries": 0, "gaps": [],
            "start": LATER, "seconds": 1.0}


def test_diff_of_a_review_of_schema_1_takes_completed_for_reported(review, reviews):
    old = reviews("old", [old_row("1", "Completed"), old_row("2", "Transferring"), old_row("3", "Cancelled")])
    new = reviews("new", [session("1", "confirmed"), session("2", "confirmed"), session("3", "no")])
    rows = json.loads(review("--format", "json", "--diff", old, new, status=1)[0])
    assert [(row["device_id"], row["before"], row["now"]) for row in rows] == [("3", "no", "no"), ("2", "unknown", "confirmed")]
    assert review("--diff", new, old, status=1)[0].count("it was said so") == 2


@pytest.mark.parametrize("content", ["", "{", "{}", "[1]", '[{"file": "x"}]', "[" * 100000, [session("1", "no") | {"progress": "x"}],
                                     [{"review": 2}], "\ud800"])
def test_diff_of_what_is_no_review_is_explained(review, reviews, folder, content):
    good = reviews("good.json", OLD)
    if content == "\ud800":
        (folder / "bad.json").write_bytes(b"\xff\xfe")
    bad = folder / "bad.json" if content == "\ud800" else reviews("bad.json", content)
    assert "bad.json: is not what --format json writes" in review("--diff", good, bad, status=2)[1]
    assert "nowhere: No such file" in review("--diff", "nowhere", good, status=2)[1]


def test_diff_of_a_newer_review_is_explained(review, reviews):
    newer = reviews("newer.json", [session("1", "no") | {"review": 3}])
    assert "newer.json: is of schema 3" in review("--diff", newer, newer, status=2)[1]


def test_diff_reads_what_a_review_wrote(review, reviews, folder):
    name = folder / os.fsdecode(b"latin-\xe4.pcapng")
    shutil.copy(CAPTURES / f"{HALF}.pcapng", name)
    half = review("--format", "json", name, status=1)[0]
    whole = review("--format", "json", CAPTURES / f"{WHOLE}.pcapng")[0]
    row, = json.loads(review("--format", "json", "--diff", reviews("a", half), reviews("b", whole))[0])
    assert row["change"] == "completed"
    row, = json.loads(review("--format", "json", "--diff", reviews("b", whole), reviews("a", half), status=1)[0])
    assert path_of(row) == str(name)
