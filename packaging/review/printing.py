# SPDX-License-Identifier: GPL-2.0-or-later
"""How rows are printed: as a table, JSON or CSV.

Knows which columns each has. FORMATS is what --format offers: a new format is a function and a row there.
"""

import csv
import json
from typing import Callable, NamedTuple

from words import duration, percent, shown, width

COLUMNS = {"file": "File", "device_id": "Device", "firmware_version": "Firmware", "state": "State", "progress": "Progress",
           "retries": "Retries", "gaps": "Gaps", "seconds": "Duration", "problem": "What went wrong"}
CSV_COLUMNS = ["file", "device_id", "firmware_version", "state", "progress", "retries", "gaps", "start", "seconds", "problem"]
DIFF_COLUMNS = {"change": "Change", "device_id": "Device", "firmware_version": "Firmware", "before": "Before", "now": "Now",
                "progress_before": "From", "progress": "To", "file": "File", "problem": "What went wrong"}
RIGHT = {"Progress", "Retries", "Gaps", "Duration", "From", "To"}


def cell(column, value):
    if column == "progress" or column == "progress_before":
        return percent(value)
    if column == "gaps":
        return str(len(value))
    if column == "seconds":
        return duration(value)
    if column == "problem":
        return shown(value or "")
    return "-" if value is None else shown(str(value))


def print_table(out, rows, columns):
    lines = [list(columns.values())] + [[cell(column, row[column]) for column in columns] for row in rows]
    widths = [max(map(width, cells)) for cells in zip(*lines)]
    for line in lines:
        padded = [" " * (wide - width(text)) + text if title in RIGHT else text + " " * (wide - width(text))
                  for text, wide, title in zip(line, widths, columns.values())]
        print("  ".join(padded).rstrip(), file=out)


def print_csv(out, rows, columns):
    writer = csv.writer(out)                # RFC 4180: its defaults
    writer.writerow(columns)
    for row in rows:
        writer.writerow([len(row[column]) if column == "gaps" else row[column] for column in columns])


def print_json(out, rows):
    print("[" + ",".join("\n" + json.dumps(row) for row in rows) + "\n]", file=out)


class Format(NamedTuple):
    """`write` prints the rows of a review, `write_diff` those of a comparison, each to a text file: (out, rows).

    `taps` are the -z options of tshark that the rows need. A line that such a tap prints is a JSON object with the key
    "session"; one that also has the key "timeline" becomes row["timeline"] of that session's row.
    """

    write: Callable
    write_diff: Callable = None         # None: --diff does not offer this format
    taps: tuple = ("vt600,report",)


FORMATS = {
    "table": Format(lambda out, rows: print_table(out, rows, COLUMNS), lambda out, rows: print_table(out, rows, DIFF_COLUMNS)),
    "json": Format(print_json, print_json),
    "csv": Format(lambda out, rows: print_csv(out, rows, CSV_COLUMNS), lambda out, rows: print_csv(out, rows, list(DIFF_COLUMNS))),
}
