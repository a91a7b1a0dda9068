# SPDX-License-Identifier: GPL-2.0-or-later
"""packaging/vt600-review: the rows are those of tshark, whatever the files are, where they are, and however it is run.

What the rows say is in test_review_rows.py, what faults do in test_review_faults.py.
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

from reviewing import (  # noqa: F401  # pylint: disable=unused-import
    HALF, NONE, REAL_TSHARK, REVIEW, WHOLE, bare, fixture_environment, fixture_folder, fixture_review, fixture_rows, path_of, put,
    report, sanitized, stand_in, wait_for)
from wireshark import AS_USER, CAPTURES, ROOT

import captures as review_captures  # noqa: E402
import words  # noqa: E402

pytestmark = pytest.mark.slow

STRANGE = ["with space", "with\nnewline", "'\"quotes\"", "-r", "--help", "{}{#}{.}", "$(touch oops)`;&|*", "back\\slash\\n",
           "\u202eldr\u00e4\u8eca\U0001f697", "esc\x1b[31m", os.fsdecode(b"latin-\xe4"), "a,b", "tab\there"]


# What it finds

def test_rows_are_those_of_each_capture_s_report(rows, tshark):
    found = rows(CAPTURES, status=None)
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
    row, = rows(folder, status=None)
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


def test_leading_dash_is_a_file_after_two_dashes(environment, folder):
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
    assert b"100%" in shown and b"1 updated" in shown


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
    found = rows("--joblog", log, "--resume", work, PATH=path, status=None)
    assert [(Path(row["file"]).stem, row["state"]) for row in found] == [
        ("0-new", "Cancelled"), ("1-first", "Completed"), ("2-second", "Completed"), ("3-third", "Completed")]
    # 0-new is incomplete, so it is read twice.
    assert sorted(ran()) == ["0-new", "0-new", "1-first", "2-second", "2-second", "3-third"]
    shutil.copy(CAPTURES / f"{HALF}.pcapng", work / "1-first.pcapng")
    (work / "3-third.pcapng").unlink()
    found = rows("--joblog", log, "--resume", work, PATH=path, status=None)
    assert [row["state"] for row in found] == ["Cancelled", "Cancelled", "Completed"]
    assert len(ran()) == 8


def test_kill_leaves_nothing_running_and_resume_goes_on(environment, rows, folder):
    work, log = folder / "work", folder / "night.log"
    work.mkdir()
    process, path, ran = interrupted(environment, work, log)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    wait_for(lambda: subprocess.run(["flock", "-n", f"{log}.d/lock", "true"], check=False).returncode == 0)
    assert str(work).encode() not in b"".join(command_lines())
    (folder / "go").touch()
    found = rows("--joblog", log, "--resume", work, PATH=path)
    assert [Path(row["file"]).stem for row in found] == ["1-first", "2-second", "3-third"]
    assert ran() == ["1-first", "2-second", "2-second", "3-third"]


def command_lines():
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield file.read_bytes() if file.parent.name != str(os.getpid()) else b""
        except OSError:     # it has ended
            pass


def test_two_reviews_do_not_share_a_joblog(environment, review, folder):
    work, log = folder / "work", folder / "night.log"
    work.mkdir()
    process, path, _ = interrupted(environment, work, log)
    assert "still at work" in review("--joblog", log, "--resume", work, PATH=path, status=2)[1]
    process.terminate()
    process.communicate(timeout=120)


def test_resume_failed_runs_again_what_failed(review, rows, folder):
    put(folder, WHOLE, HALF)
    log = folder / "log"
    path = stand_in(folder, f'if [[ $file == *{HALF}* && ! -e {folder}/well ]]; then kill -SEGV $$; fi')
    review("--joblog", log, folder, PATH=path, status=2)
    (folder / "well").touch()
    assert "signal 11" in review("--joblog", log, "--resume", folder, PATH=path, status=2)[1]
    assert len(rows("--joblog", log, "--resume-failed", folder, PATH=path, status=None)) == 2


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
    found = rows("--merge", folder, status=None)
    whole = report(tshark, source)[0]
    # The zstd'd file has another suffix; it and what it leaves are two rings. So it is put back under a name of the ring's.
    assert [Path(row["file"]).name for row in found if row["state"] == "Completed" and row["blocks_acked"] == 450] == [
        "night_*.pcap"]
    Path(f"{members[1]}.zst").rename(members[1])
    found = {Path(row["file"]).name: row for row in rows("--merge", folder, status=None)}
    assert found.keys() == {"day_*.pcapng", "night_*.pcap", f"{HALF}.pcapng"}
    assert bare(found["day_*.pcapng"]) == bare(found["night_*.pcap"]) == whole
    assert len(rows(folder, status=None)) > 3


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
    found = rows("--sshlogin", login, "--joblog", log, work, status=None)
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
