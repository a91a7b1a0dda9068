# SPDX-License-Identifier: GPL-2.0-or-later
"""Words for people: what went wrong with an OTA, and texts that no terminal takes for commands.

Knows the keys of tshark's -z vt600,report. Knows nothing of files and processes.
"""

import sys
import unicodedata

COMPLETED, QUERIED = "Completed", "Queried"


class Unable(Exception):
    """Why nothing can be done, and what to do about it."""


def shown(text):
    """One line that a terminal shows as it stands: no control, bidirectional or undecodable characters."""
    def harmless(char):
        if char == "\\":
            return r"\\"
        if "\udc80" <= char <= "\udcff":        # a byte of a file name that is not UTF-8
            return f"\\x{ord(char) - 0xdc00:02x}"
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"):
            return char.encode("unicode_escape").decode()
        return char
    return "".join(map(harmless, text))


def width(text):
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def say(text):
    print(f"vt600-review: {text}", file=sys.stderr)


def counted(number, what, more=None):
    return f"{number} {what if number == 1 else more or what + 's'}"


def percent(value):
    return "-" if value is None else f"{value:.1f} %"


def duration(seconds):
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def how_it_ended(row):
    acked, sent, progress = row["bytes_acked"], row["bytes_sent"], row["progress"]
    where = (f" at {percent(progress)}" if progress is not None else f" after {acked} bytes") if acked else ""
    if row["state"] == "Transferring" and not acked:
        return f"none of {sent} bytes was confirmed" if sent else "stopped before the first block"
    return {
        QUERIED: "went no further than the query for its info",
        "Authorizing": "authorization not answered",
        "Authorized": "authorized" + where + ", no data followed",
        "Transferring": "stopped" + where,
        "Checking": "check not answered",
        "Checked": "checked, no upgrade followed",
        "Upgrading": "upgrade started, its end not seen",
        "Cancelled": "cancelled" + where,
        "Refused": "refused by the tracker" + where,
        "Expired": "authorization expired" + where,
    }.get(row["state"], row["state"])


def problem_of(row):
    """What went wrong in short words, or None: it completed."""
    if row["state"] == COMPLETED:
        return None
    words = [how_it_ended(row)]
    if row["naks"]:
        words.append(counted(row["naks"], "block") + " refused")
    if row["gaps"]:
        words.append(f'{counted(len(row["gaps"]), "gap")} ({sum(end - first for first, end in row["gaps"])} bytes)')
    if row["bytes_total"] and row["bytes_sent"] < row["bytes_total"] and not row["gaps"]:
        words.append(f'{row["bytes_sent"]} of {row["bytes_total"]} bytes sent')
    if row["damaged_frames"]:
        words.append(counted(row["damaged_frames"], "damaged frame"))
    if row["image_checksum"]["match"] is False:
        words.append("the tracker's checksum is {tracker}, the image's {computed}".format(**row["image_checksum"]))
    return ", ".join(words)
