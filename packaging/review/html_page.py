# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows as one page for people: the fleet, a row per tracker, and the course of each of its updates as a picture.

Knows what stands on the page; templates/ has what it looks like, picture.py the pictures. The page needs nothing but itself: its
script and its style stand in it, and its own policy forbids everything else. Every text is hostile until shown() and Jinja2's
autoescaping are done with it.
"""

import base64
import hashlib
from collections import Counter
from pathlib import Path

from picture import Picture
from rows import by_tracker
from words import Unable, counted, duration, percent, shown

TITLE = "Firmware updates of VT600 trackers"
OUTCOMES = {"confirmed": "confirmed by the new version", "reported": "reported as finished", "no": "not updated",
            "unknown": "unknown", "running": "still running"}
COLUMNS = (("Device", "text"), ("Before", "text"), ("After", "text"), ("Updated", "number"), ("Why", "text"), ("Progress", "number"),
           ("Duration", "number"), ("Longest wait", "number"), ("Attempts", "number"), ("Capture and display filter", "text"))
VERSION_MAX = 40            # a longer one is cut
EVIDENCE_MOST = 8


def short(text, most=VERSION_MAX):
    return "-" if text is None else text if len(text) <= most else text[:most - 1] + "\u2026"


def outcome_of(row):
    return row["updated"] if row["updated"] in OUTCOMES else "unknown"


def wait_of(row):
    """(seconds, text); (-1, "-"): nobody waited."""
    longest = (row["waited"] or {}).get("longest") or {}
    if longest.get("seconds") is None:
        return -1, "-"
    return longest["seconds"], f'{longest["seconds"]:.1f} s, {longest["party"]}'


def filter_of(row):
    return f'frame.number in {{{row["first_frame"]}..{row["last_frame"]}}} and vt600.ota.session == {row["session"]}'


def facts_of(row):
    waited = row["waited"] or {}
    checksum = row["image_checksum"]
    gaps = sum(end - first for first, end in row["gaps"])
    total = f' of {row["bytes_total"]:,}' if row["bytes_total"] else ""
    facts = [("Start", row["start"]), ("Tracker", row["tracker"]), ("Server", row["server"]), ("State", row["state"]),
             ("Acknowledged", f'{row["bytes_acked"]:,}{total} bytes in {counted(row["blocks_acked"], "block")}'),
             ("Sent again", row["retries"]), ("Refused", row["naks"]), ("Damaged frames", row["damaged_frames"]),
             ("Missing", gaps and f"{gaps:,} bytes"),
             ("Waiting", waited and f'for the tracker {waited["tracker"]:.1f} s, for the server {waited["server"]:.1f} s'),
             ("Checksum", checksum["tracker"] and f'{checksum["tracker"]} from the tracker' + {
                 True: ", matches the image", False: f', the image has {checksum["computed"]}', None: ""}[checksum["match"]])]
    facts += [("Closed", f'by the {one["by"]} ({one["how"]}, frame {one["frame"]})') for one in row["closed"]]
    return [(name, str(value)) for name, value in facts if value]


def attempt_of(row):
    evidence = row["evidence"]
    numbers = evidence if len(evidence) <= EVIDENCE_MOST else evidence[:EVIDENCE_MOST - 1] + evidence[-1:]
    return {"heading": f'Attempt {row["attempt"]} of {row["attempts"]}', "outcome": outcome_of(row), "why": row["why"],
            "picture": Picture(row["timeline"]) if row.get("timeline") else None, "facts": facts_of(row), "file": row["file"],
            "filter": filter_of(row), "evidence": numbers and f'frame.number in {{{", ".join(map(str, numbers))}}}'}


def tracker_of(device, attempts):
    """Its last attempt stands for it."""
    last = attempts[-1]
    seconds, wait = wait_of(last)
    progress = last["progress"]
    return {"device": device, "before": short(last["firmware_version"]), "after": short(last["firmware_after"]),
            "outcome": outcome_of(last), "rank": list(OUTCOMES).index(outcome_of(last)), "why": last["why"],
            "progress": -1 if progress is None else round(progress, 1), "progress_text": percent(progress),
            "seconds": last["seconds"], "duration": duration(last["seconds"]), "wait_seconds": seconds, "wait": wait,
            "file": last["file"], "filter": filter_of(last), "attempts": [attempt_of(row) for row in attempts]}


def outcomes_of(lasts):
    counts, at, outcomes = Counter(map(outcome_of, lasts)), 0, []
    for key, text in OUTCOMES.items():
        width = 1000 * counts[key] / max(len(lasts), 1)
        outcomes.append({"key": key, "text": text, "count": counts[key], "x": round(at, 2), "width": round(width, 2)})
        at += width
    return outcomes


def causes_of(lasts):
    counts = Counter((row["cause"], row["party"]) for row in lasts if row["cause"])
    return [{"count": count, "text": cause.replace("-", " "), "party": party or "-"}
            for (cause, party), count in sorted(counts.items(), key=lambda item: (-item[1], item[0][0]))]


def span_of(rows):
    starts = sorted(row["start"] for row in rows if row["start"])
    captures = counted(len({row["file"] for row in rows}), "capture")
    if not starts:
        return captures
    first, last = (start[:16].replace("T", " ") for start in (starts[0], starts[-1]))
    return f"{captures}, {first} UTC" if first == last else f"{captures}, {first} to {last} UTC"


def hash_of(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def write_page(out, rows):
    try:
        import jinja2
        import markupsafe
    except ImportError as error:
        raise Unable("the format html needs Jinja2: install the package python3-jinja2") from error
    folder = Path(__file__).with_name("templates")
    style, script = ((folder / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))

    def harmless(value):
        """Escaped for display; the template engine then escapes it for HTML."""
        return shown(value) if isinstance(value, str) and not hasattr(value, "__html__") else value

    engine = jinja2.Environment(loader=jinja2.FileSystemLoader(folder), autoescape=True, undefined=jinja2.StrictUndefined,
                                finalize=harmless, trim_blocks=True, lstrip_blocks=True)
    trackers = by_tracker(rows)
    lasts = [attempts[-1] for attempts in trackers.values()]
    only_queried = [row for row in rows if not row["attempt"]]
    page = engine.get_template("page.html").stream(
        title=TITLE, span=span_of(rows), columns=[{"text": text, "kind": kind} for text, kind in COLUMNS],
        trackers=[tracker_of(device, attempts) for device, attempts in trackers.items()], outcomes=outcomes_of(lasts),
        causes=causes_of(lasts), queried=only_queried and counted(len(only_queried), "session"), queried_one=len(only_queried) == 1,
        style=markupsafe.Markup(style), script=markupsafe.Markup(script), style_hash=hash_of(style), script_hash=hash_of(script))
    page.enable_buffering(1000)
    for part in page:
        out.write(part)
    out.write("\n")
