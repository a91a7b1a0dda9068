# SPDX-License-Identifier: GPL-2.0-or-later
"""How captures are read: by GNU parallel, once or twice, and what came of it.

Knows jobs, exit statuses and what is kept of them. What a session is, rows.py knows.
"""

import json
import os
import re
import signal
import sys
import time
from typing import NamedTuple, Optional

import guard
from keeping import key_of
from rows import REPORT_SCHEMA, checked, is_incomplete
from tshark import OUT_OF_ORDER, command_for, logins, proven
from words import Unable, fault, say, shown

INTERRUPTED = 128               # and the signal's number, as shells say it
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OUT_OF_MEMORY = re.compile(r"failed to (allocate|map segment)|cannot allocate|out of memory", re.IGNORECASE)
# The kernel takes one argument of a command up to 128 KiB.
COMMAND_MAX = 120000
LOG_FIELDS = 8                  # before the command: number, host, start, seconds, sent, received, exit status, signal


class Reading(NamedTuple):
    """What came of a capture: sessions, what tshark said besides, and why it failed, if so."""

    sessions: list
    complaints: list
    failure: Optional[str]
    kept: bool = True           # whether the same would come of it again


class Round:
    """All captures read once with the same options. Results of an earlier run are taken where the store has them."""

    def __init__(self, tshark, store, options, taps):
        self.tshark, self.store, self.options, self.taps = tshark, store, options, taps

    def read(self, groups, preferences):
        """[Reading] in the order of the groups."""
        keys = [key_of(captures, [REPORT_SCHEMA, preferences, list(self.taps), reference_of(self.options)])
                for _, captures in groups]
        again = self.options.resume_failed
        readings = {}
        if self.options.resume or again:
            for place, key in enumerate(keys):
                reading = from_records(self.store.kept(key))
                if reading and not (again and reading.failure):
                    readings[place] = reading
        left = [place for place in range(len(groups)) if place not in readings]
        commands = [command_for(groups[place][1], self.options.memory, self.taps, preferences + preference_of(self.options))
                    for place in left]

        def arrived(number, reading):
            place = left[number - 1]
            readings[place] = reading
            if reading.kept:
                self.store.keep(keys[place], to_records(groups[place][1], reading))
        if commands:
            Work(self.tshark, self.store, self.options).run(commands, arrived)
        missing = Reading([], [], "was not read: GNU parallel did not come to it", False)
        return [readings.get(place, missing) for place in range(len(groups))]


def reference_of(options):
    """What tells one reference file from another."""
    if not options.reference:
        return None
    about = os.stat(options.reference)
    return [os.path.abspath(options.reference), about.st_size, about.st_mtime_ns]


def preference_of(options):
    return [f"vt600.reference:{os.path.abspath(options.reference)}"] if options.reference else []


def read_twice(round_, groups):
    """[(Reading, which of the two it is)]: captures with incomplete OTAs are read again with TCP segments put in order first.

    Returns also for how many that was done. Neither of the two finds more in every capture: where segments are out of order the
    second does, where segments are missing for good the first.
    """
    first = round_.read(groups, [])
    incomplete = [place for place, reading in enumerate(first) if any(map(is_incomplete, reading.sessions))]
    second = dict(zip(incomplete, round_.read([groups[place] for place in incomplete], [OUT_OF_ORDER])))
    taken = []
    for place, reading in enumerate(first):
        more = place in second and not (second[place].failure and not reading.failure) and (
            acknowledged(second[place]) > acknowledged(reading))
        if more:
            say(f"{shown(groups[place][0])}: read a second time with {OUT_OF_ORDER}, and that reading was taken: "
                f"{acknowledged(second[place])} bytes were acknowledged in it, {acknowledged(reading)} in the first")
        taken.append((second[place], "out of order") if more else (reading, "in order"))
    return taken, len(incomplete)


def acknowledged(reading):
    return sum(session["bytes_acked"] for session in reading.sessions)


# A reading as records of the store, and back.

def to_records(captures, reading):
    about = {"captures": [capture.path for capture in captures], "complaints": reading.complaints, "failure": reading.failure}
    return [about, *({"session": session} for session in reading.sessions)]


def from_records(records):
    try:
        about, *sessions = records
        return Reading([checked(record["session"]) for record in sessions], about["complaints"], about["failure"])
    except (TypeError, ValueError, KeyError, AttributeError, Unable):
        return None


# GNU parallel at work.

class Work:
    """One run of GNU parallel over commands."""

    def __init__(self, tshark, store, options):
        self.tshark, self.store, self.options = tshark, store, options
        self.folder = tshark.work
        self.log = self.folder / "log"
        self.seen = 0
        self.done = set()

    def run(self, commands, arrived):
        """Calls arrived(number from 1, Reading) for each command that has ended, as soon as it has."""
        self.store.next_log()
        for old in self.folder.iterdir():
            old.unlink()
        (self.folder / "jobs").write_bytes(os.fsencode("".join(command + "\0" for command in commands)))
        options = self.options
        command = [*self.tshark.prefix, "parallel", "--plain", "--will-cite", "--null", "--joblog", str(self.log),
                   "--results", f"{self.folder}/{{#}}", *logins(options.sshlogin)]
        command += ["--jobs", options.jobs] if options.jobs else []
        command += ["--timeout", str(options.timeout)] if options.timeout else []
        with open(self.folder / "jobs", "rb") as jobs, open(self.folder / "talk", "w+b") as talk, \
                open(os.devnull, "wb") as nowhere:
            work = guard.Guarded(command, stdin=jobs, stdout=nowhere, stderr=talk, env=self.tshark.environment)
            try:
                while work.is_at_work():
                    self.collect(arrived, len(commands))
                    time.sleep(0.05)
                self.collect(arrived, len(commands))
            finally:
                work.end()
                self.progress(None)
            talk.seek(0)
            if not self.done:
                said = shown(" ".join(talk.read().decode(errors="backslashreplace").split()))
                say(f"GNU parallel ended with exit status {work.status}: {said}")

    def collect(self, arrived, total):
        try:
            if self.log.stat().st_size == self.seen:
                return
            content = self.log.read_bytes()
        except FileNotFoundError:
            return
        self.seen = len(content)
        lines = content.splitlines(keepends=True)
        lines = [line for line in lines if line.endswith(b"\n")]
        for line in lines[1:]:
            fields = line.split(b"\t", LOG_FIELDS)
            if len(fields) > LOG_FIELDS and fields[0].isdigit() and int(fields[0]) not in self.done:
                number = int(fields[0])
                self.done.add(number)
                arrived(number, self.reading(number, int(fields[6]), int(fields[7])))
                self.progress(total)
        self.store.copy_log(lines)      # after the results: what the log has, is kept

    def progress(self, total):
        if sys.stderr is not None and sys.stderr.isatty():
            done = len(self.done)
            say(f"\r{done} of {total} captures read, {100 * done // total}%" if total else "\r\x1b[K", end="")

    def reading(self, number, status, killed):
        """What came of a job that ended so. Its files are removed."""
        out, err = self.folder / str(number), self.folder / f"{number}.err"
        try:
            result = proven(out.read_bytes())
            talk = shown(" ".join(err.read_text(encoding="utf-8", errors="backslashreplace").split()))
        except OSError as error:
            return Reading([], [], fault(error), False)
        for path in (out, err, self.folder / f"{number}.seq"):
            path.unlink(missing_ok=True)
        if status == -1:
            return Reading([], [], f"tshark took longer than {self.options.timeout} s and was ended; allow more with --timeout")
        if not result:
            if killed or status > INTERRUPTED:
                return Reading([], [], ended_by(killed or status - INTERRUPTED))
            return Reading([], [], talk or "what came out of tshark is not whole: is the disk full that holds the temporary files, "
                           f"{shown(str(self.folder.parent.parent))}?", False)
        lines, complaints, status = result
        try:
            sessions = sessions_of(lines)
        except Unable as error:
            return Reading([], complaints, str(error), False)
        return Reading(sessions, complaints, failure_of(status, complaints, self.options))


def sessions_of(lines):
    """The rows of the report, each with its line of -z vt600,timeline where there is one."""
    try:
        records = [json.loads(line) for line in lines]
    except (ValueError, RecursionError):
        raise Unable("tshark printed a line that is not JSON") from None
    timelines = {record.get("session"): record for record in records if "timeline" in record}
    sessions = [checked(record) for record in records if "timeline" not in record]
    return [session | {"timeline": timelines[session["session"]]} if session["session"] in timelines else session
            for session in sessions]


def ended_by(number):
    return f"tshark was ended by signal {number} ({signal.strsignal(number) or 'unknown'})"


def failure_of(status, complaints, options):
    """Why tshark failed, or None."""
    if any(map(OUT_OF_MEMORY.search, complaints)) and status:
        return f"tshark needed more memory than {options.memory} MiB; allow more with --memory"
    if status > INTERRUPTED:
        return ended_by(status - INTERRUPTED)
    # editcap complains of a file that breaks off, and ends with 0.
    if status or any(line.startswith("editcap: ") for line in complaints):
        return shown(" ".join(complaints)) or f"tshark ended with exit status {status} and said nothing"
    return None


# Signals.

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
