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
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wireshark import AS_USER, CAPTURES, ROOT

sys.path.insert(0, str(ROOT / "packaging/review"))

import captures as review_captures  # noqa: E402
import words  # noqa: E402

REVIEW = [sys.executable, str(ROOT / "packaging/vt600-review")]
REAL_TSHARK = shutil.which("tshark")
WHOLE, HALF, NONE = "ota-complete", "ota-cancelled", "foreign-datagrams"
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
    """The rows alone."""
    return lambda *args, **how: json.loads(review("--format", "json", *args, **how)[0])


def put(folder, *names, suffix=".pcapng"):
    for name in names:
        shutil.copy(CAPTURES / f"{name}.pcapng", folder / f"{name}{suffix}")
    return folder


def report(tshark, path):
    return [json.loads(line) for line in tshark("-q", "-z", "vt600,report", capture=Path(path)).splitlines()]


def bare(row):
    return {key: value for key, value in row.items() if key not in ("file", "problem")}


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
    expected = [(str(path), row) for path in sorted(CAPTURES.glob("*.pcapng")) for row in report(tshark, path)]
    found = rows(CAPTURES, status=1)
    assert [(row["file"], bare(row)) for row in found] == expected
    assert all((row["problem"] is None) == (row["state"] == "Completed") for row in found)


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
    states = {Path(row["file"]).name: (row["state"], row["problem"]) for row in json.loads(out)}
    assert states == {f"{WHOLE}.pcapng": ("Completed", None), "by-content": ("Cancelled", "cancelled after 512 bytes"),
                      "truncated.pcapng": ("Transferring", "stopped after 384 bytes; not read to the end")}
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
    assert [(row["file"], row["state"]) for row in rows(folder, status=1)] == expected
    text = review("--format", "csv", folder, status=1)[0]
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    assert text.count("\r\n") == len(lines) + 1
    assert [(line["file"], line["state"]) for line in lines] == expected
    head, *table = review(folder, status=1)[0].splitlines()
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

def test_exit_status_says_whether_all_completed(review, folder):
    whole, half, none = (CAPTURES / f"{name}.pcapng" for name in (WHOLE, HALF, NONE))
    assert "1 capture, 1 OTA: 1 completed, 0 not" in review(whole)[1]
    assert "without an OTA" in review(none, whole)[1]
    assert "2 captures, 2 OTAs: 1 completed, 1 not" in review(whole, half, whole, status=1)[1]
    assert review("--only-failed", whole)[0].count("\n") == 1
    assert [line.split()[0] for line in review("--only-failed", whole, half, status=1)[0].splitlines()] == ["File", str(half)]
    assert "there are no captures" in review(folder, status=2)[1]


@pytest.mark.parametrize("args", [[], ["--resume", "x"], ["--diff", "a"], ["--format", "xml", "x"], ["--timeout", "-1", "x"],
                                  ["--diff", "a", "b", "c"]])
def test_wrong_usage_is_explained(review, args):
    assert "usage: vt600-review" in review(*args, status=2)[1]


def test_help_names_every_option(review):
    text = review("--help")[0]
    for option in ("--format", "--only-failed", "--merge", "--diff", "--jobs", "--joblog", "--resume", "--sshlogin", "--timeout"):
        assert option in text


def test_words_for_what_went_wrong():
    row = {"state": "Transferring", "bytes_acked": 350, "bytes_sent": 800, "bytes_total": 1024, "progress": 34.2, "naks": 3,
           "gaps": [[0, 128], [256, 384]], "damaged_frames": 1, "image_checksum": {"tracker": "1234", "computed": "abcd",
                                                                                  "match": False}}
    assert words.problem_of(row) == ("stopped at 34.2 %, 3 blocks refused, 2 gaps (256 bytes), 1 damaged frame, "
                                     "the tracker's checksum is 1234, the image's abcd")
    calm = row | {"naks": 0, "gaps": [], "damaged_frames": 0, "image_checksum": {"match": None}}
    assert words.problem_of(calm) == "stopped at 34.2 %, 800 of 1024 bytes sent"
    assert words.problem_of(calm | {"bytes_acked": 0}) == "none of 800 bytes was confirmed, 800 of 1024 bytes sent"
    assert words.problem_of(row | {"state": "Completed"}) is None


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
    assert (run.returncode, run.stdout.count("Completed")) == (0, 1), run.stderr


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
    assert process.returncode == 0 and b"Completed" in out
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

def session(device, state, start="2024-01-01T00:00:00.000000Z", progress=None, firmware="V1.38"):
    return {"file": f"{device}.pcapng", "problem": None if state == "Completed" else f"is {state}", "device_id": device,
            "firmware_version": firmware, "state": state, "progress": progress, "retries": 0, "gaps": [], "start": start,
            "seconds": 1.0}


LATER, LAST = "2024-01-02T00:00:00.000000Z", "2024-01-03T00:00:00.000000Z"
OLD = [session("1", "Transferring", progress=34.25), session("2", "Completed"), session("3", "Refused"), session("4", "Completed"),
       session("5", "Cancelled"), session("7", "Completed")]
NEW = [session("1", "Completed", progress=100.0), session("2", "Cancelled", LATER), session("2", "Completed"),
       session("3", "Expired", progress=50.0), session("4", "Completed"), session("4", "Queried", LAST), session("6", "Queried"),
       session("7", "Completed", LATER)]


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
    assert [(row["change"], row["device_id"], row["before"], row["now"]) for row in rows] == [
        ("fell back", "2", "Completed", "Cancelled"), ("unfinished", "3", "Refused", "Expired"),
        ("gone", "5", "Cancelled", None), ("new", "6", None, "Queried"), ("completed", "1", "Transferring", "Completed")]
    assert (rows[4]["progress_before"], rows[4]["progress"], rows[1]["problem"]) == (34.25, 100.0, "is Expired")
    assert "7 trackers: 1 fell back, 1 unfinished, 1 gone, 1 new, 1 completed, 2 completed in both" in err
    head, *table = review("--diff", old, new, status=1)[0].splitlines()
    assert head.split()[:5] == ["Change", "Device", "Firmware", "Before", "Now"] and len(table) == 5
    lines = list(csv.DictReader(io.StringIO(review("--format", "csv", "--diff", old, new, status=1)[0])))
    assert [line["device_id"] for line in lines] == ["2", "3", "5", "6", "1"]
    failed = json.loads(review("--format", "json", "--only-failed", "--diff", old, new, status=1)[0])
    assert [row["device_id"] for row in failed] == ["2", "3", "5", "6"]


def test_diff_of_trackers_that_all_completed_exits_with_0(review, reviews):
    done = [session("1", "Cancelled"), session("1", "Completed", LATER)]
    assert "1 completed, 0 completed in both" in review("--diff", reviews("old", []), reviews("new", done))[1].replace(
        "1 new, 0 completed", "1 completed")


@pytest.mark.parametrize("content", ["", "{", "{}", "[1]", '[{"file": "x"}]'])
def test_diff_of_what_is_no_review_is_explained(review, reviews, content):
    good = reviews("good.json", OLD)
    assert "bad.json: is not what --format json writes" in review("--diff", good, reviews("bad.json", content), status=2)[1]
    assert "nowhere: No such file" in review("--diff", "nowhere", good, status=2)[1]


def test_diff_reads_what_a_review_wrote(review, reviews):
    half = review("--format", "json", CAPTURES / f"{HALF}.pcapng", status=1)[0]
    whole = review("--format", "json", CAPTURES / f"{WHOLE}.pcapng")[0]
    row, = json.loads(review("--format", "json", "--diff", reviews("a", half), reviews("b", whole))[0])
    assert (row["change"], row["problem"]) == ("completed", None)
