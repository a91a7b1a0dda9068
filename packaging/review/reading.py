# SPDX-License-Identifier: GPL-2.0-or-later
"""How captures are read: tshark with the plugin, through GNU parallel, and what came of it.

Knows tools, commands, logs and exit statuses. A row is whatever a line of JSON from tshark holds.
"""

import fcntl
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from captures import require
from words import Unable, say, shown

INTERRUPTED = 128               # and the signal's number, as shells say it
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# What tshark run by root always says.
ROOT_TALK = re.compile(r'^Running as user "root" and group "root"\. This could be dangerous\.$')
OUT_OF_MEMORY = re.compile(r"failed to (allocate|map segment)|cannot allocate|out of memory", re.IGNORECASE)
# The kernel takes one argument of a command up to 128 KiB.
COMMAND_MAX = 120000


class Tshark:
    """How tshark is run here: `prefix` and `environment`, with the plugin loaded, or Unable."""

    def __init__(self, folder, sshlogin):
        self.prefix = []
        self.environment = dict(os.environ, PARALLEL_SHELL="/bin/sh")
        self.folder = folder
        if sshlogin:
            self.check_remote(sshlogin)
        else:
            require("tshark")
            self.check_here()

    def check_here(self):
        packaging = Path(__file__).resolve().parents[1]
        built = packaging.parent / "build/plugins"
        if packaging.name == "packaging" and built.is_dir():
            self.environment.setdefault("WIRESHARK_PLUGIN_DIR", str(built))
        loaded, talk = self.is_loaded()
        if loaded:
            return
        if os.geteuid() == 0 and "WIRESHARK_PLUGIN_DIR" in self.environment:
            # As packaging/setup.sh does it: somebody else, who reads and writes what root can.
            require("setpriv", "to run tshark as another user than root")
            self.prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                           "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
            self.environment |= {"HOME": self.folder, "XDG_CONFIG_HOME": self.folder}
            loaded, talk = self.is_loaded()
            if loaded:
                return
        raise Unable("tshark runs, but without the plugin vt600. " + self.advice() + (f"\ntshark says: {talk}" if talk else ""))

    def is_loaded(self):
        run = subprocess.run([*self.prefix, "tshark", "-z", "help"], env=self.environment, capture_output=True, text=True,
                             errors="backslashreplace", check=False)
        lines = (run.stdout + run.stderr).splitlines()
        strange = [line for line in lines if not line.startswith("     ") and not ROOT_TALK.match(line)
                   and "available statistics" not in line]
        return "vt600,report" in [line.strip() for line in lines], shown(" ".join(strange))

    def advice(self):
        version = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=False).stdout.split("\n")[0]
        folders = subprocess.run(["tshark", "-G", "folders"], capture_output=True, text=True, check=False).stdout
        place = re.search(r"^Global Plugins:\s*(.*)$", folders, re.MULTILINE)
        if os.geteuid() == 0:
            return (f"Run by root, tshark loads plugins from its global folder alone ({place[1] if place else 'unknown'}): "
                    "install it there (cmake --install build, as root), or run vt600-review as another user.")
        return (f"Build and install it for this Wireshark ({version}): cmake -S . -B build && cmake --build build && "
                "cmake --install build. WIRESHARK_PLUGIN_DIR, where it is set, takes the place of the global folder.")

    def check_remote(self, sshlogin):
        require("parallel")
        probe = "tshark -z help 2>&1 | grep -qw vt600,report && echo loaded || echo missing"
        run = subprocess.run(["parallel", "--plain", "--will-cite", "--nonall", "--tag", *logins(sshlogin), probe],
                             env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        without = [line.split("\t")[0] for line in run.stdout.splitlines() if line.endswith("\tmissing")]
        if without:
            raise Unable(f"there is no tshark with the plugin vt600 on {', '.join(without)}: install both there")
        if run.returncode or not run.stdout:
            raise Unable(f"cannot run anything on {', '.join(sshlogin)} through ssh: {shown(' '.join(run.stderr.split()))}")


def logins(sshlogin):
    return [word for login in sshlogin or [] for word in ("--sshlogin", login)]


def command_for(captures, memory, taps):
    """The shell command that reads captures as one: as few processes as can be, of which there will be thousands."""
    limit = f"ulimit -v {memory * 1024} 2>/dev/null; " if memory else ""
    tshark = limit + "exec tshark -q " + " ".join(f"-z {tap}" for tap in taps) + " -r "
    first, *more = captures
    if not first.unpack and not more:
        return tshark + shlex.quote(os.path.abspath(first.path))
    if not more:
        feed = unpacked(first)
    else:
        feed = "; ".join(["failed=0", *map(one_of_ring, captures), "exit $failed"])
    return f"exec bash -c {shlex.quote(f'set -o pipefail; ({feed}) | ({tshark} -)')}"


def unpacked(capture):
    return shlex.join([*capture.unpack, "--", os.path.abspath(capture.path)])


def one_of_ring(capture):
    """As pcapng, which may follow one another. Whatever comes out of a broken one, the ring goes on with the next."""
    if capture.unpack:
        return f"{unpacked(capture)} | editcap -F pcapng - - || failed=2"
    return f"editcap -F pcapng {shlex.quote(os.path.abspath(capture.path))} - || failed=2"


class Log:
    """GNU parallel's job log and, in a folder beside it, what came out of each job and which job is which capture.

    A job's number in the log is its place in `plan`, for good: a capture that has changed since is a new one.
    """

    def __init__(self, path, folder, resume):
        self.path = Path(path).absolute() if path else Path(folder, "joblog")
        self.folder = Path(f"{self.path}.d")
        self.index = self.folder / "plan.json"
        if resume and not self.index.exists():
            raise Unable(f"there is nothing to resume: {shown(str(self.index))} does not exist")
        if self.folder.exists() and not self.index.exists() and any(self.folder.iterdir()):
            raise Unable(f"{shown(str(self.folder))} is in the way: it is no folder of vt600-review's")
        self.folder.mkdir(exist_ok=True)
        # Held by parallel and its jobs too, who may outlive this process.
        self.lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        os.set_inheritable(self.lock, True)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unable(f"another vt600-review is still at work with {shown(str(self.path))}: wait for it or end it") from None
        self.plan = json.loads(self.index.read_text(encoding="utf-8")) if resume else []
        if not resume:
            self.path.unlink(missing_ok=True)
        # GNU parallel takes a job for done if anything is there that came out of it.
        done = self.outcomes()
        for old in self.folder.glob("[0-9]*"):
            if int(old.name.split(".")[0]) not in done:
                old.unlink()

    def enter(self, groups, memory, taps):
        """Returns the jobs' numbers, in the order of the groups."""
        known = {json.dumps(entry["captures"]): number for number, entry in enumerate(self.plan, 1)}
        numbers = []
        for entry in self.plan:         # captures that are not asked for any more are not read
            entry["command"] = "true"
        for name, captures in groups:
            entry = {"captures": [[os.path.abspath(one.path), one.size, one.changed] for one in captures],
                     "command": command_for(captures, memory, taps)}
            number = known.get(json.dumps(entry["captures"]))
            if number:
                self.plan[number - 1] = entry
            else:
                self.plan.append(entry)
            numbers.append(number or len(self.plan))
        self.index.write_text(json.dumps(self.plan), encoding="utf-8")
        return numbers

    def outcomes(self):
        """{job's number: (exit status, signal)} of the jobs that have ended; the last run of each counts."""
        try:
            lines = self.path.read_bytes().split(b"\n")[1:]
        except FileNotFoundError:
            return {}
        fields = [line.split(b"\t") for line in lines if line.count(b"\t") >= 8]
        return {int(field[0]): (int(field[6]), int(field[7])) for field in fields}

    def said(self, number):
        """What a job printed: (rows of the report, complaints); None: nothing is there of it."""
        try:
            out, err = ((self.folder / f"{number}{suffix}").read_text(encoding="utf-8", errors="backslashreplace")
                        for suffix in ("", ".err"))
        except FileNotFoundError:
            return [], None
        # The last line of a tshark that was ended may lack its end.
        lines = [line for line in out.splitlines(keepends=True) if line.startswith("{") and line.endswith("}\n")]
        complaints = [line for line in err.splitlines() if line.strip() and not ROOT_TALK.match(line)]
        return with_timelines(map(json.loads, lines)), complaints


def with_timelines(records):
    """The rows of the report, each with its line of -z vt600,timeline where there is one."""
    records = list(records)
    timelines = {record["session"]: record for record in records if "timeline" in record}
    rows = [record for record in records if "timeline" not in record]
    return [row | {"timeline": timelines[row["session"]]} if row["session"] in timelines else row for row in rows]


def run_parallel(log, tshark, options):
    command = [*tshark.prefix, "parallel", "--plain", "--will-cite", "--null", "--joblog", str(log.path),
               "--results", f"{log.folder}/{{#}}", *logins(options.sshlogin)]
    command += ["--jobs", options.jobs] if options.jobs else []
    command += ["--timeout", str(options.timeout)] if options.timeout else []
    command += ["--resume-failed"] if options.resume_failed else ["--resume"] if options.resume else []
    command += ["--bar"] if sys.stderr.isatty() else []
    jobs = "".join(entry["command"] + "\0" for entry in log.plan)
    with tempfile.TemporaryFile() as talk:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=tshark.environment,
                              stderr=None if sys.stderr.isatty() else talk, pass_fds=[log.lock]) as process:
            try:
                process.communicate(os.fsencode(jobs))
            except Interrupted:
                end(process)
                raise
        talk.seek(0)
        if not log.outcomes():
            said = talk.read().decode(errors="backslashreplace").strip()
            say(f"GNU parallel ended with exit status {process.returncode}: {shown(said)}")


class Interrupted(Exception):
    """A signal asks this process to end."""

    def __init__(self, number, _frame):
        super().__init__()
        self.number = number
        for other in ENDINGS:           # once is enough
            signal.signal(other, signal.SIG_IGN)


def heed_signals():
    def interrupt(*signalled):
        raise Interrupted(*signalled)
    for number in ENDINGS:
        signal.signal(number, interrupt)


def end(parallel):
    """At the first SIGTERM GNU parallel begins no more jobs, at the next it ends those that run."""
    while parallel.poll() is None:
        parallel.terminate()
        try:
            parallel.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            pass


def failure_of(outcome, complaints, options):
    """Why a job failed, or None."""
    if outcome is None or complaints is None:
        return "was not read: GNU parallel did not come to it, or what came out is gone"
    status, number = outcome
    if any(map(OUT_OF_MEMORY.search, complaints)) and (status or number):
        return f"tshark needed more memory than {options.memory} MiB; more can be given with --memory"
    if status == -1:
        return f"tshark took longer than {options.timeout} s and was ended; more can be given with --timeout"
    if status > INTERRUPTED and not number:
        number = status - INTERRUPTED
    if number:
        return f"tshark was ended by signal {number} ({signal.strsignal(number) or 'unknown'})"
    # editcap complains of a file that breaks off, and ends with 0.
    if status or any(line.startswith("editcap: ") for line in complaints):
        return shown(" ".join(complaints)) or f"tshark ended with exit status {status} and said nothing"
    return None
