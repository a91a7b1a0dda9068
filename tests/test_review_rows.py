# SPDX-License-Identifier: GPL-2.0-or-later
"""What packaging/vt600-review makes of what the plugin reports, and of two reviews."""

import csv
import io
import json
import os
import re
import shutil

import pytest

from reviewing import (  # noqa: F401  # pylint: disable=unused-import
    HALF, NONE, SCHEMA, WHOLE, fixture_environment, fixture_folder, fixture_review, fixture_rows, path_of, put, stand_in)
from wireshark import CAPTURES

import rows as review_rows
import words

pytestmark = pytest.mark.slow

# What the plugin reports: a stand-in prints the lines.

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
    captures = [later, reported("2")], [reported("1"), reported("3", state="Queried", updated=None)]
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
    out, err = told([reported(state="Queried", updated=None)])
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
