# SPDX-License-Identifier: GPL-2.0-or-later
"""packaging/vt600-review under faults of disks and files: no result is lost without a word.

Each error of the system is one line that names the file and the reason, with exit status 2.
"""

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from reviewing import (  # noqa: F401  # pylint: disable=unused-import
    NONE, REVIEW, WHOLE, fixture_environment, fixture_folder, fixture_review, fixture_rows, put, sanitized, stand_in)
from test_review_rows import reported
from wireshark import CAPTURES

import captures as review_captures
import keeping
import tshark as review_tshark

pytestmark = pytest.mark.slow

COUNT = 12
IS_ROOT = os.geteuid() == 0


@pytest.fixture(name="small_disk")
def fixture_small_disk(folder):
    """small_disk(KiB): a folder on a file system of that size."""
    mounted = []

    def mount(size):
        place = folder / f"disk{len(mounted)}"
        place.mkdir()
        run = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k,mode=0777", "none", place], capture_output=True, check=False)
        if run.returncode:
            pytest.skip("no tmpfs can be mounted here")
        mounted.append(place)
        return place
    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(place, left):
    """Leaves so many KiB."""
    free = os.statvfs(place)
    (place / "filler").write_bytes(b"\0" * (free.f_bavail * free.f_bsize - left * 1024))


@pytest.fixture(name="many")
def fixture_many(folder):
    """(folder with captures, PATH with a tshark that reports an update of each, in 5 KiB)."""
    work = folder / "work"
    work.mkdir()
    for number in range(COUNT):
        put(work, NONE)
        (work / f"{NONE}.pcapng").rename(work / f"{number:02}.pcapng")
    line = reported("DEVICE", explanation="It was updated. " * 300)
    (folder / "line").write_text(json.dumps(line) + "\n", encoding="utf-8")
    name = '$(basename "$file" .pcapng)'
    return work, stand_in(folder, f'echo "{name}" >>{folder}/ran; sed "s/DEVICE/{name}/" {folder}/line; exit 0')


def devices(out):
    return sorted(row["device_id"] for row in json.loads(out))


ALL = [f"{number:02}" for number in range(COUNT)]


@pytest.fixture(name="ran")
def fixture_ran(folder):
    """How many tsharks ran since the last call."""
    file = folder / "ran"
    file.touch()
    file.chmod(0o666)

    def ran():
        count = file.read_text().count("\n")
        file.write_text("")
        return count
    return ran


# The proof of being whole

RECORDS = [{"captures": ["/x"], "complaints": [], "failure": None}, {"session": {"device_id": "1", "text": "\u8eca\n"}}]


@pytest.mark.parametrize("records", [[], RECORDS])
def test_result_that_is_cut_or_changed_at_any_byte_is_none(records):
    whole = keeping.sealed(records)
    assert keeping.unsealed(whole) == records
    assert not any(keeping.unsealed(whole[:length]) is not None for length in range(len(whole)))
    for at in range(len(whole)):
        assert keeping.unsealed(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:]) is None, at
        assert keeping.unsealed(whole[:at] + whole[at + 1:]) is None, at


def test_what_tshark_printed_is_none_where_it_lacks_bytes(folder, environment):
    path = stand_in(folder, 'printf \'{"a":1}\\n{"b":2}\\n\'; echo "! strange" >&2; echo "= 9" >&2; exit 3')
    one = review_captures.Capture(str(CAPTURES / f"{NONE}.pcapng"), None, 0, 0)
    run = subprocess.run(["sh", "-c", review_tshark.command_for([one], 0, ["vt600,report"], [])],
                         env=environment | {"PATH": path}, capture_output=True, check=False)
    assert run.returncode == 3 and not run.stderr
    assert review_tshark.proven(run.stdout) == ([b'{"a":1}', b'{"b":2}'], ["! strange", "= 9"], 3)
    for length in range(len(run.stdout)):
        assert review_tshark.proven(run.stdout[:length]) is None, length
        assert review_tshark.proven(run.stdout[:length] + run.stdout[length + 1:]) is None, length


# What is kept, and damaged

def test_damaged_results_are_read_again(review, many, ran, folder):
    work, path = many
    log = folder / "log"
    out, _ = review("--format", "json", "--joblog", log, work, PATH=path)
    assert devices(out) == ALL and ran() == COUNT
    results = sorted(Path(f"{log}.d").glob("*.json"))
    assert len(results) == COUNT
    for number, damage in enumerate((0, 1, 100, 4000, -1)):
        os.truncate(results[number], damage if damage >= 0 else results[number].stat().st_size - 1)
    results[5].unlink()
    results[6].unlink()
    results[6].mkdir()
    results[7].unlink()
    results[7].symlink_to("/dev/zero")
    os.truncate(log, log.stat().st_size - 30)           # a power failure
    out, err = review("--format", "json", "--joblog", log, "--resume", work, PATH=path, status=2)
    assert devices(out) == ALL and ran() == 8
    assert "log.d: Is a directory" in err and err.count("could not be kept") == 1
    results[6].rmdir()
    for count in (1, 0):
        out, _ = review("--format", "json", "--joblog", log, "--resume", work, PATH=path)
        assert devices(out) == ALL and ran() == count


def test_results_of_another_schema_are_read_again(review, many, ran, folder):
    work, path = many
    log = folder / "log"
    review("--joblog", log, work, PATH=path)
    ran()
    result = next(Path(f"{log}.d").glob("*.json"))
    about, record = keeping.unsealed(result.read_bytes())
    record["session"]["schema"] = 1
    result.write_bytes(keeping.sealed([about, record]))
    assert devices(review("--format", "json", "--joblog", log, "--resume", work, PATH=path)[0]) == ALL
    assert ran() == 1


# Full disks

@pytest.mark.parametrize("left", [1024, 40, 0])
def test_full_disk_of_the_joblog_loses_nothing(review, many, ran, small_disk, left):
    work, path = many
    disk = small_disk(2048)
    (disk / "log.d").mkdir()
    (disk / "log.d/lock").touch()
    fill(disk, left)
    status = 0 if left == 1024 else 2
    out, err = review("--format", "json", "--joblog", disk / "log", work, PATH=path, status=status)
    assert devices(out) == ALL and ran() == COUNT
    assert ("No space left on device" in err) == bool(status)
    kept = len(list((disk / "log.d").glob("*.json")))
    assert not list((disk / "log.d").glob("*.new"))
    (disk / "filler").unlink()
    out, err = review("--format", "json", "--joblog", disk / "log", "--resume", work, PATH=path)
    assert devices(out) == ALL and ran() == COUNT - kept and "without an OTA" not in err


@pytest.mark.parametrize("left, status", [(512, 0), (24, 2), (8, 2)])
@pytest.mark.usefixtures("ran")
def test_full_disk_of_temporary_files_is_told(review, many, small_disk, left, status):
    work, path = many
    disk = small_disk(1024)
    fill(disk, left)
    out, err = review("--format", "json", "-j", "4", work, PATH=path, TMPDIR=str(disk), status=status)
    assert "Traceback" not in err and "without an OTA" not in err
    found = devices(out) if out else []
    named = [name for name in ALL if f"/{name}.pcapng: " in err]
    assert sorted(found + named) == ALL or "No space left on device" in err


def test_output_on_a_full_disk_is_told_and_no_half_file_stays(review, many, small_disk):
    work, path = many
    disk = small_disk(64)
    (disk / "old.json").write_text("as it was")
    fill(disk, 8)
    err = review("--format", "json", "-o", disk / "old.json", work, PATH=path, status=2)[1]
    assert err.splitlines()[-1].endswith("old.json: No space left on device")
    assert (disk / "old.json").read_text() == "as it was" and len(list(disk.iterdir())) == 2
    (disk / "filler").unlink()
    review("--format", "csv", "-o", disk / "old.json", work, PATH=path)
    assert (disk / "old.json").read_text().count("\n") == COUNT + 1


@pytest.mark.parametrize("where, reason", [
    (">/dev/full", "standard output: No space left on device"), (">&-", "standard output: is closed"),
    ("| true", "standard output: Broken pipe"), ("-o /nowhere/x", "/nowhere/x"), ("-o /dev/full", "No space left on device"),
    ("-o /sys/x", "/sys/x"), ("2>/dev/full", ""), ("2>&-", "")])
def test_output_that_cannot_be_written_is_one_line(environment, where, reason):
    limits = "--memory 0" if sanitized(environment) else ""
    command = f"set -o pipefail; '{REVIEW[0]}' '{REVIEW[1]}' {limits} --format csv '{CAPTURES / WHOLE}.pcapng' {where}"
    run = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 2, run
    assert reason in run.stderr and "Traceback" not in run.stderr
    assert run.stderr.count("\n") <= 2


# Places of somebody else

def test_joblog_that_is_another_file_stays_as_it_is(review, folder):
    capture = shutil.copy(CAPTURES / f"{WHOLE}.pcapng", folder)
    before = Path(capture).read_bytes()
    assert "in the way: it is not a log" in review("--joblog", capture, CAPTURES / f"{NONE}.pcapng", status=2)[1]
    assert Path(capture).read_bytes() == before
    (folder / "link").symlink_to(folder / "victim")
    assert "link: Too many levels of symbolic links" in review("--joblog", folder / "link", capture, status=2)[1]
    assert not (folder / "victim").exists()


def test_joblog_that_cannot_be_made_is_one_line(review, folder):
    (folder / "file.d").touch()
    (folder / "link.d").symlink_to(folder)
    for name, reason in (("no/log", "no/log.d: No such file or directory"), ("file", "file.d is in the way: it is not a folder"),
                         ("link", "link.d is in the way: it is not a folder")):
        out, err = review("--joblog", folder / name, CAPTURES / f"{WHOLE}.pcapng", status=2)
        assert not out and reason in err and err.count("\n") == 1


@pytest.mark.skipif(not IS_ROOT, reason="only root gives files away")
def test_joblog_of_another_user_is_refused(review, folder):
    (folder / "log.d").mkdir()
    os.chown(folder / "log.d", 65534, 65534)
    assert "log.d belongs to the user nobody" in review("--joblog", folder / "log", CAPTURES / f"{WHOLE}.pcapng", status=2)[1]


@pytest.mark.skipif(not IS_ROOT, reason="of root")
def test_tshark_run_by_root_reads_all_and_writes_nothing(review, folder):
    """What reads captures is no writer; the log is root's own."""
    private = folder / "private"
    private.mkdir(mode=0o700)
    put(private, WHOLE)
    path = stand_in(folder, f'touch {private}/by-tshark {folder}/by-tshark /root/by-tshark 2>/dev/null')
    out, _ = review("--format", "json", "--joblog", private / "log", private, PATH=path)
    assert [row["updated"] for row in json.loads(out)] == ["reported"]
    assert not (private / "by-tshark").exists() and not (folder / "by-tshark").exists() and not Path("/root/by-tshark").exists()
    assert {entry.stat().st_uid for entry in private.rglob("log*")} == {0}
    assert not stat.S_IMODE((private / "log").stat().st_mode) & 0o022
