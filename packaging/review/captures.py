# SPDX-License-Identifier: GPL-2.0-or-later
"""Which captures there are: in folders, packed, and in the rings of a ring buffer.

Knows captures by their first bytes and their names, not what is in them.
"""

import gzip
import os
import re
import shutil
import stat
import subprocess
import zlib
from typing import NamedTuple

from words import Unable, say, shown

PCAP = [bytes.fromhex(magic) for magic in ("d4c3b2a1", "a1b2c3d4", "4d3cb2a1", "a1b23c4d", "34cdb2a1", "a1b2cd34")]
PCAPNG = bytes.fromhex("0a0d0d0a")
MAGIC_LEN = 4
GZIP = bytes.fromhex("1f8b")
# tshark reads these two by itself as well, but takes one that is cut short for empty, and does not say so.
UNPACKERS = {bytes.fromhex("28b52ffd"): ["zstd", "-dcq"], bytes.fromhex("04224d18"): ["lz4", "-dcq"]}
CAPTURE_NAME = re.compile(r"\.(pcap|pcapng|cap|dmp)\d*(\.(gz|zst|lz4))?$", re.IGNORECASE)
# PREFIX_00001_20231114221320.pcapng, or with -b nametimenum:2 PREFIX_20231114221320_00001.pcapng
RING_NAME = re.compile(r"(?P<prefix>.*)_(?:(?P<number>\d{5,})_(?P<time>\d{14})|(?P<time2>\d{14})_(?P<number2>\d{5,}))"
                       r"(?P<suffix>(?:\.\w+)*)", re.DOTALL)


class Capture(NamedTuple):
    path: str
    unpack: list                # the command that unpacks it, before the path; None: tshark reads it as it is
    size: int
    changed: int                # nanoseconds


def require(tool, purpose=""):
    if not shutil.which(tool):
        package = {"editcap": "wireshark-common", "setpriv": "util-linux"}.get(tool, tool)
        raise Unable(f"{tool} is missing{' ' + purpose if purpose else ''}: install the package {package}")


class Search:
    """Finds captures. Complains of what cannot be read, and counts what is none."""

    def __init__(self):
        self.captures = []
        self.failed = 0
        self.left_out = 0
        self.seen = set()

    def fail(self, path, reason):
        say(f"{shown(str(path))}: {reason}")
        self.failed += 1

    def add(self, path, named):
        """A file; named: on the command line, not found in a folder."""
        try:
            about = os.stat(path)
            if (about.st_dev, about.st_ino) in self.seen:
                return
            if not stat.S_ISREG(about.st_mode):
                if named:
                    self.fail(path, "is neither a file nor a folder")
                return
            self.seen.add((about.st_dev, about.st_ino))
            with open(path, "rb") as file:
                magic = file.read(MAGIC_LEN)
        except OSError as error:
            self.fail(path, error.strerror)
            return
        wanted = named or CAPTURE_NAME.search(os.path.basename(path))
        unpack = UNPACKERS.get(magic)
        packed = unpack or magic.startswith(GZIP)
        is_capture = holds_capture(path, unpack) if packed else magic in (*PCAP, PCAPNG)
        if not is_capture and not wanted:
            self.left_out += 1
        elif not magic:
            self.fail(path, "is empty, not even a capture's header is there")
        elif not is_capture and not packed:
            self.fail(path, f"is no capture: it begins with {magic.hex()}, neither pcap nor pcapng, gzip, zstd or lz4")
        elif not is_capture:
            self.fail(path, "is packed and holds no capture that can be read (neither pcap nor pcapng)")
        else:
            self.captures.append(Capture(path, unpack, about.st_size, about.st_mtime_ns))

    def walk(self, folder):
        def complain(error):
            self.fail(error.filename, error.strerror)
        for where, folders, files in os.walk(folder, onerror=complain):
            folders.sort()
            for name in sorted(files):
                self.add(os.path.join(where, name), named=False)

    def all_of(self, arguments):
        for argument in arguments:
            if os.path.isdir(argument):
                self.walk(argument)
            else:
                self.add(argument, named=True)


def holds_capture(path, unpack):
    """Whether a packed file begins with a capture's magic. Damage further on is for tshark to tell."""
    try:
        if not unpack:
            with gzip.open(path) as file:
                magic = file.read(MAGIC_LEN)
        else:
            require(unpack[0], f"to read {shown(path)}")
            with subprocess.Popen([*unpack, "--", os.path.abspath(path)], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL) as process:
                magic = process.stdout.read(MAGIC_LEN)
    except (OSError, EOFError, zlib.error):
        return False
    return magic in (*PCAP, PCAPNG)


def in_order(members):
    """The files of a ring buffer, [(time, number, capture)], in the order in which they were written."""
    by_time = sorted(members)
    by_number = sorted(members, key=lambda member: member[1])
    numbers = [number for _, number, _ in by_number]
    if by_time != by_number and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        # Names have the local time: in autumn an hour comes twice. A ring that was begun anew falls back further.
        hour = 10000            # as in YYYYMMDDHHMMSS
        if all(earlier[0] - later[0] <= hour for earlier, later in zip(by_number, by_number[1:])):
            return by_number
    return by_time


def grouped(captures, merge):
    """Captures as [(name, [Capture, ...])]: with merge those of a ring buffer together."""
    groups, rings = [], {}
    for capture in captures:
        folder, base = os.path.split(capture.path)
        match = RING_NAME.fullmatch(base) if merge else None
        if not match:
            groups.append((capture.path, [capture]))
            continue
        name = os.path.join(folder, f'{match["prefix"]}_*{match["suffix"]}')
        member = int(match["time"] or match["time2"]), int(match["number"] or match["number2"]), capture
        rings.setdefault(name, []).append(member)
    for name, members in rings.items():
        members = in_order(members)
        groups.append((name if len(members) > 1 else members[0][2].path, [capture for _, _, capture in members]))
    return sorted(groups)
