# SPDX-License-Identifier: GPL-2.0-or-later
"""How rows are printed: as a table, JSON, CSV or a page, to standard output or a file.

Knows which columns each has. FORMATS is what --format offers: a new format is a function and a row there.
"""

import csv
import json
import os
import stat
import sys
from typing import Callable, NamedTuple

from html_page import write_page
from rows import by_tracker
from words import duration, fault, percent, shown, width

COLUMNS = {"file": "File", "device_id": "Device", "firmware": "Firmware", "updated": "Updated", "progress": "Progress",
           "attempts": "Attempts", "seconds": "Duration", "party": "Who", "why": "Why"}
ATTEMPT_COLUMNS = {"file": "File", "device_id": "Device", "attempt": "Attempt", "firmware": "Firmware", "state": "State",
                   "updated": "Updated", "progress": "Progress", "retries": "Retries", "gaps": "Gaps", "seconds": "Duration",
                   "party": "Who", "why": "Why"}
CSV_COLUMNS = ["file", "device_id", "attempt", "attempts", "firmware_version", "firmware_after", "state", "updated", "cause", "party",
               "progress", "retries", "gaps", "start", "seconds", "why"]
DIFF_COLUMNS = {"change": "Change", "device_id": "Device", "firmware_version": "Firmware", "before": "Before", "now": "Now",
                "progress_before": "From", "progress": "To", "file": "File", "why": "Why"}
RIGHT = {"Progress", "Attempts", "Attempt", "Retries", "Gaps", "Duration", "From", "To"}
VERSION_MAX = 24                # of a firmware's version in a table
# What a spreadsheet would take for a formula (https://owasp.org/www-community/attacks/CSV_Injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def short(version):
    text = "-" if version is None else shown(version)
    return text if width(text) <= VERSION_MAX else text[:VERSION_MAX // 2 - 3] + "..."


def cell(column, row):
    if column == "firmware":
        return " > ".join(map(short, [row["firmware_version"], *filter(None, [row["firmware_after"]])]))
    value = row[column]
    if column in ("progress", "progress_before"):
        return percent(value)
    if column == "gaps":
        return str(len(value))
    if column == "seconds":
        return duration(value)
    if column == "firmware_version":
        return short(value)
    if column == "why":
        return shown(value)
    return "-" if value is None else shown(str(value))


def print_table(out, rows, columns):
    lines = [list(columns.values())] + [[cell(column, row) for column in columns] for row in rows]
    widths = [max(map(width, cells)) for cells in zip(*lines)]
    for line in lines:
        padded = [" " * (wide - width(text)) + text if title in RIGHT else text + " " * (wide - width(text))
                  for text, wide, title in zip(line, widths, columns.values())]
        print("  ".join(padded).rstrip(), file=out)


def print_trackers(out, rows, options):
    """A row a tracker, with its last attempt; or a row an attempt."""
    trackers = by_tracker(rows)
    if options.attempts:
        print_table(out, [row for row in rows if row["attempt"]], ATTEMPT_COLUMNS)
    else:
        lasts = {id(attempts[-1]) for attempts in trackers.values()}
        print_table(out, [row for row in rows if id(row) in lasts], COLUMNS)


def print_csv(out, rows, columns):
    def harmless(value):
        return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
    writer = csv.writer(out)                # RFC 4180: its defaults
    writer.writerow(columns)
    for row in rows:
        writer.writerow([len(row[column]) if column == "gaps" else harmless(row[column]) for column in columns])


def print_json(out, rows):
    """A file name of bytes that are not UTF-8 gets U+FFFD for them: JSON has no bytes. file_encoded has all of them."""
    def valid(row):
        return row | {"file": os.fsencode(row["file"]).decode(errors="replace")}
    print("[" + ",".join("\n" + json.dumps(valid(row)) for row in rows) + "\n]", file=out)


class Format(NamedTuple):
    """`write` prints the rows of a review, `write_diff` those of a comparison, each to a text file: (out, rows, options).

    `taps` are the -z options of tshark that the rows need. A line that such a tap prints is a JSON object with the key
    "session"; one that also has the key "timeline" becomes row["timeline"] of that session's row.
    """

    write: Callable
    write_diff: Callable = None         # None: --diff does not offer this format
    taps: tuple = ("vt600,report",)


FORMATS = {
    "table": Format(print_trackers, lambda out, rows, _: print_table(out, rows, DIFF_COLUMNS)),
    "json": Format(lambda out, rows, _: print_json(out, rows), lambda out, rows, _: print_json(out, rows)),
    "csv": Format(lambda out, rows, _: print_csv(out, rows, CSV_COLUMNS),
                  lambda out, rows, _: print_csv(out, rows, list(DIFF_COLUMNS))),
    "html": Format(lambda out, rows, _: write_page(out, rows), taps=("vt600,report", "vt600,timeline")),
}


class Unwritable(Exception):
    """What was found cannot be written: where, and why."""


class Output:
    """Where rows are printed to. A file appears, or is replaced, once all of it is written."""

    def __init__(self, path):
        self.name = path or "standard output"
        self.temporary = self.file = None
        try:
            if path is None:
                if sys.stdout is None:
                    raise OSError("is closed")
                self.file = sys.stdout
                # File names keep their bytes.
                self.file.reconfigure(encoding="utf-8", errors="surrogateescape", newline="")
                return
            self.path = os.path.realpath(path)
            target = self.path
            if not os.path.lexists(target) or stat.S_ISREG(os.stat(target).st_mode):
                target = self.temporary = f"{self.path}.{os.getpid()}.new"
            flags = os.O_WRONLY | (os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW if self.temporary else 0)
            self.file = open(os.open(target, flags, 0o666), "w", encoding="utf-8", errors="surrogateescape", newline="")
        except OSError as error:
            raise Unwritable(fault(error, self.name)) from error

    def finish(self, write):
        try:
            write(self.file)
            self.file.flush()
            if self.temporary:
                os.fsync(self.file.fileno())
                os.replace(self.temporary, self.path)
                self.temporary = None
        except OSError as error:
            if self.file is sys.stdout:     # Python would try again at its end, and complain
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            raise Unwritable(fault(error, self.name)) from error

    def leave(self):
        """Whatever happened, no half file stays."""
        if self.temporary:
            try:
                os.unlink(self.temporary)
            except OSError:
                pass
