# SPDX-License-Identifier: GPL-2.0-or-later
"""Two reviews compared: which trackers got their firmware in between.

Knows what --format json writes.
"""

import json

from words import COMPLETED, QUERIED, Unable, counted, say, shown

NEEDED = ["device_id", "firmware_version", "state", "progress", "retries", "gaps", "start", "seconds"]


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)
    except OSError as error:
        raise Unable(f"{shown(path)}: {error.strerror}") from error
    except ValueError as error:
        raise Unable(f"{shown(path)}: is not what --format json writes: {error}") from error
    needed = {"file", "problem", *NEEDED}
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.keys() >= needed for row in rows):
        raise Unable(f"{shown(path)}: is not what --format json writes: an array of objects with {', '.join(NEEDED)}")
    return rows


def standings(rows):
    """{device: the session that tells whether it has its firmware}."""
    last = {}
    for row in sorted(rows, key=lambda row: (row["state"] != QUERIED, row["start"] or "")):
        last[row["device_id"]] = row
    return last


def compare(options):
    """Returns (rows, exit status)."""
    old, new = (standings(load(path)) for path in options.diff)
    rows, same = [], 0
    for device in sorted(old.keys() | new.keys()):
        before, now = old.get(device), new.get(device)
        was, is_now = (row is not None and row["state"] == COMPLETED for row in (before, now))
        if was and is_now:
            same += 1
            continue
        both = "completed" if is_now else "fell back" if was else "unfinished"
        change = "new" if not before else "gone" if not now else both
        latest = now or before
        rows.append({"change": change, "device_id": device, "firmware_version": latest["firmware_version"],
                     "before": before and before["state"], "now": now and now["state"],
                     "progress_before": before and before["progress"], "progress": now and now["progress"],
                     "file": latest["file"], "problem": now and now["problem"]})
    order = ["fell back", "unfinished", "gone", "new", "completed"]
    rows.sort(key=lambda row: order.index(row["change"]))
    counts = [f'{sum(row["change"] == change for row in rows)} {change}' for change in order]
    say(f'{counted(len(old.keys() | new.keys()), "tracker")}: {", ".join(counts)}, {same} completed in both')
    return rows, int(any(row["state"] != COMPLETED for row in new.values()))
