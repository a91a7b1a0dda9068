# SPDX-License-Identifier: GPL-2.0-or-later
"""What a row is: a session of tshark's -z vt600,report, with the capture it came from and its place among the tracker's attempts.

Knows the keys of the report. The diagnosis is the plugin's; here its sentence is only completed by what the review itself knows.
Knows nothing of files and processes. review.schema.json describes the rows as --format json prints them.
"""

import os
import urllib.parse

from words import Unable, counted

ROW_SCHEMA = 2                  # of our rows; the report has a schema of its own
REPORT_SCHEMA = 2
DONE = ("confirmed", "reported")
OUTCOMES = {"confirmed": "updated", "reported": "updated", "no": "not updated", "unknown": "unknown", "running": "running"}
QUERIED = "Queried"

# What schema 1 did not have.
SINCE_SCHEMA_2 = {"firmware_after": None, "updated": None, "cause": None, "party": None, "evidence": [], "explanation": None,
                  "authorizations": None, "waited": None, "closed": [], "reference": None}
KEYS = {"schema", "session", "device_id", "transport", "first_frame", "last_frame", "start", "seconds", "firmware_version", "state",
        "bytes_sent", "bytes_acked", "bytes_total", "progress", "retries", "naks", "damaged_frames", "gaps", "image_checksum",
        *SINCE_SCHEMA_2}


def from_schema_1(row):
    """A session as schema 1 reported it, in a review of that time: all that can be said of the outcome is whether the tracker said "finished"."""
    updated = {"Completed": "reported", "Cancelled": "no", "Refused": "no", QUERIED: None}.get(row["state"], "unknown")
    return SINCE_SCHEMA_2 | {"updated": updated} | row


def checked(record):
    """A line of the report as a session; Unable, where it is one of another schema or none at all."""
    schema = record.get("schema")
    if schema != REPORT_SCHEMA:
        raise Unable(f"the plugin reports in schema {schema}, but vt600-review reads schema {REPORT_SCHEMA}: install both from "
                     "the same release")
    if missing := KEYS - record.keys():
        raise Unable(f"the plugin's report lacks {', '.join(sorted(missing))}: install plugin and vt600-review from the same release")
    return record


def is_ota(row):
    """A query for the tracker's information alone is no attempt to update it."""
    return row["state"] != QUERIED


def is_done(row):
    return row["updated"] in DONE


def is_incomplete(row):
    """Whether another reading of the capture may find more of this session."""
    missing = row["bytes_total"] is not None and row["bytes_acked"] < row["bytes_total"]
    return is_ota(row) and row["transport"] != "udp" and (missing or bool(row["gaps"]) or not is_done(row))


def why(row, whole):
    """The explanation, and what else there is to say of this session; `whole`: the capture was read to its end."""
    words = [(row["explanation"] or "").rstrip(".")]
    if not words[0] and not is_done(row):
        words = [f'last state: {row["state"]}']
    lacks = max((row["bytes_total"] or 0) - row["bytes_acked"], sum(end - first for first, end in row["gaps"]))
    if is_done(row) and lacks:
        words.append(f'{counted(lacks, "byte")} of the image acknowledged in no packet of this capture')
    if is_done(row) or not row["explanation"]:
        words += [counted(row[key], f"block {what}", f"blocks {what}")
                  for key, what in (("naks", "refused"), ("retries", "sent again")) if row[key]]
        if row["damaged_frames"]:
            words.append(counted(row["damaged_frames"], "damaged frame"))
        checksum = row["image_checksum"]
        if checksum["match"] is False and not checksum.get("algorithm"):
            words.append(f'the tracker\'s checksum is {checksum["tracker"]}, the image\'s {checksum["computed"]}')
    if not whole:
        words.append("the capture was not read to its end")
    return "; ".join(filter(None, words))


def row_of(name, session, whole, reassembly):
    """`name` is the capture's, of bytes that are not UTF-8 too; `reassembly` is the reading of the capture that was taken."""
    return {"review": ROW_SCHEMA, "file": name, "file_encoded": urllib.parse.quote(os.fsencode(name)), "read_whole": whole,
            "reassembly": reassembly, "attempt": None, "attempts": None, "last": False, "why": why(session, whole), **session}


def by_tracker(rows):
    """{device: its attempts, in the order of time}. Each row learns its place among them."""
    trackers = {}
    for row in rows:
        if is_ota(row):
            trackers.setdefault(row["device_id"], []).append(row)
    for attempts in trackers.values():
        attempts.sort(key=lambda row: row["start"] or "")
        for number, row in enumerate(attempts, 1):
            row |= {"attempt": number, "attempts": len(attempts), "last": number == len(attempts)}
    return trackers


def outcomes(lasts):
    """"2 updated, 1 not updated, 1 unknown" """
    names = [OUTCOMES.get(row["updated"], "unknown") for row in lasts]
    counts = {name: names.count(name) for name in dict.fromkeys(OUTCOMES.values())}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count or name in ("updated", "not updated"))
