# SPDX-License-Identifier: GPL-2.0-or-later
"""Two reviews compared: which trackers got their firmware in between.

Knows what --format json writes, and what it wrote before the report told the outcome (schema 1).
"""

import json
import os
import urllib.parse

from rows import DONE, ROW_SCHEMA, by_tracker, from_schema_1
from words import Unable, counted, fault, say, shown

WORDS, NUMBER = (str, type(None)), (int, float, type(None))
NEEDED = {"file": str, "device_id": str, "firmware_version": WORDS, "state": str, "progress": NUMBER, "start": WORDS}
NEEDED_SINCE_2 = {"why": str, "updated": str, "file_encoded": str}
ORDER = ["fell back", "unfinished", "gone", "new", "completed"]


def load(path):
    """The sessions of a review. One of schema 1 only tells whether the tracker said "finished"."""
    strange = Unable(f"{shown(path)}: is not what --format json writes: an array of objects with {', '.join(NEEDED)}")
    try:
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)
    except OSError as error:
        raise Unable(fault(error, path)) from error
    except (ValueError, RecursionError):
        raise strange from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise strange
    return [checked(row, path, strange) for row in rows]


def checked(row, path, strange):
    schema = row.get("review", 1)
    if schema not in (1, ROW_SCHEMA):
        raise Unable(f"{shown(path)}: is of schema {schema}, and this vt600-review reads schemas 1 and {ROW_SCHEMA}")
    needed = NEEDED if schema == 1 else NEEDED | NEEDED_SINCE_2
    if not all(name in row and isinstance(row[name], kind) for name, kind in needed.items()):
        raise strange
    if schema == 1:
        encoded = urllib.parse.quote(os.fsencode(row["file"]))
        return from_schema_1(row) | {"why": row.get("problem") or "", "file_encoded": encoded}
    return row | {"file": os.fsdecode(urllib.parse.unquote_to_bytes(row["file_encoded"]))}


def standings(rows):
    """{device: the last attempt to update it}."""
    return {device: attempts[-1] for device, attempts in by_tracker(rows).items()}


def compare(options):
    """Returns (rows, exit status)."""
    old, new = (standings(load(path)) for path in options.diff)
    rows, same = [], 0
    for device in sorted(old.keys() | new.keys()):
        before, now = old.get(device), new.get(device)
        was, is_now = (row is not None and row["updated"] in DONE for row in (before, now))
        if was and is_now:
            same += 1
            continue
        both = "completed" if is_now else "fell back" if was else "unfinished"
        change = "new" if not before else "gone" if not now else both
        latest = now or before
        rows.append({"review": ROW_SCHEMA, "change": change, "device_id": device, "firmware_version": latest["firmware_version"],
                     "before": before and before["updated"], "now": now and now["updated"],
                     "progress_before": before and before["progress"], "progress": now and now["progress"],
                     "file": latest["file"], "file_encoded": latest["file_encoded"], "why": now["why"] if now else ""})
    rows.sort(key=lambda row: ORDER.index(row["change"]))
    counts = [f'{sum(row["change"] == change for row in rows)} {change}' for change in ORDER]
    say(f'{counted(len(old.keys() | new.keys()), "tracker")}: {", ".join(counts)}, {same} completed in both')
    return rows, int(any(row["updated"] not in DONE for row in new.values()))
