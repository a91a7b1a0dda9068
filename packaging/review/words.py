# SPDX-License-Identifier: GPL-2.0-or-later
"""Texts for people: messages, numbers, and names that no terminal takes for commands.

Knows nothing of files, processes and the report.
"""

import os
import sys
import unicodedata

PROGRAM = os.path.basename(sys.argv[0]) or "vt600-review"
unheard = []                    # why standard error took no message


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


def say(text, end="\n"):
    """On standard error. Where that is full or closed, nobody can be told; `unheard` remembers."""
    try:
        if sys.stderr is None:
            raise OSError("standard error is closed")
        print(text if end == "" else f"{PROGRAM}: {text}", file=sys.stderr, end=end, flush=True)
    except OSError as error:
        unheard.append(error)
        sys.stderr = None


def fault(error, place=None):
    """An OSError as one line: the file and the reason."""
    name = error.filename if place is None else place
    reason = error.strerror or str(error)
    return f"{shown(os.fsdecode(name))}: {reason}" if isinstance(name, (str, bytes, os.PathLike)) else reason


def counted(number, what, more=None):
    return f"{number} {what if number == 1 else more or what + 's'}"


def percent(value):
    return "-" if value is None else f"{value:.1f} %"


def duration(seconds):
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
