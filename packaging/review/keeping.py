# SPDX-License-Identifier: GPL-2.0-or-later
"""What --joblog keeps: the results of captures, so that a later --resume reads only what is left.

FILE.d holds a file for each reading of a capture, named after the capture (paths, sizes, times) and the options that matter for
the result, so a capture that has changed is a new one. A result is written to a temporary file, synced and renamed, and ends with
a line that counts its lines and has their checksum: what is cut or changed is not taken for a result, and the capture is read
again. FILE itself is GNU parallel's log, for people; nothing depends on it.

Everything is opened relative to the folder and without following links, since vt600-review may run as root.
"""

import fcntl
import hashlib
import json
import os
import pwd
import re
import stat
import zlib
from pathlib import Path

from words import Unable, fault, shown

VERSION = 2                     # of these files
LOG_HEAD = b"Seq\tHost\tStarttime\t"
RESULT_NAME = re.compile(r"[0-9a-f]{64}\.json(\.new)?")
NO_LINK = os.O_CLOEXEC | os.O_NOFOLLOW


def key_of(captures, options):
    identity = [[os.path.abspath(one.path), one.size, one.changed] for one in captures]
    return hashlib.sha256(json.dumps([VERSION, identity, options]).encode()).hexdigest()


def sealed(records):
    """Records as the bytes of a file, with their proof."""
    body = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    return body + end_of(body)


def end_of(body):
    return json.dumps({"end": body.count(b"\n"), "crc32": zlib.crc32(body)}).encode() + b"\n"


def unsealed(content):
    """The records of a file; None, where they are not proven to be whole."""
    body = content[:content[:-1].rfind(b"\n") + 1]
    if content != body + end_of(body):
        return None
    try:
        return [json.loads(line) for line in body.splitlines()]
    except (ValueError, RecursionError):
        return None


class Store:
    """Where results are kept; without a path nowhere."""

    def __init__(self, path, resume):
        self.path = path and Path(os.path.abspath(path))
        self.folder = self.lock = self.log = None
        self.copied = 0
        self.failures = {}          # {reason: (file, how many results could not be kept)}
        if not path:
            return
        place = f"{self.path}.d"
        if resume and not os.path.isdir(place):
            raise Unable(f"there is nothing to resume: {shown(place)} does not exist")
        self._open_folder(place)
        self._open_log(resume)
        if not resume:
            for name in self._results():
                os.unlink(name, dir_fd=self.folder)

    def _open_folder(self, place):
        try:
            os.mkdir(place)
        except FileExistsError:
            pass
        try:
            self.folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY | NO_LINK)
        except NotADirectoryError:
            raise Unable(f"{shown(place)} is in the way: it is not a folder") from None
        about = os.fstat(self.folder)
        if about.st_uid != os.geteuid():
            try:
                owner = pwd.getpwuid(about.st_uid).pw_name
            except KeyError:
                owner = about.st_uid
            raise Unable(f"{shown(place)} belongs to the user {owner}: choose another --joblog")
        names = os.listdir(self.folder)
        if names and "lock" not in names:
            raise Unable(f"{shown(place)} is in the way: it was not made by vt600-review")
        self.lock = self._open("lock", os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unable(f"another vt600-review is still at work with {shown(str(self.path))}: wait for it or end it") from None

    def _open_log(self, resume):
        """A file that is not a log stays as it is."""
        self.log = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK | NO_LINK, 0o666)
        head = os.read(self.log, len(LOG_HEAD)) if stat.S_ISREG(os.fstat(self.log).st_mode) else b"other"
        if head and not LOG_HEAD.startswith(head):
            raise Unable(f"{shown(str(self.path))} is in the way: it is not a log of GNU parallel's")
        if not resume:
            os.ftruncate(self.log, 0)

    def _open(self, name, flags):
        try:
            return os.open(name, flags | NO_LINK, 0o666, dir_fd=self.folder)
        except OSError as error:
            error.filename = f"{self.path}.d/{name}"
            raise

    def _results(self):
        return [name for name in os.listdir(self.folder) if RESULT_NAME.fullmatch(name)]

    def kept(self, key):
        """The records kept under this key; None: there are none that are whole."""
        if self.folder is None:
            return None
        try:
            with open(self._open(f"{key}.json", os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
                return unsealed(file.read())
        except OSError:
            return None

    def keep(self, key, records):
        if self.folder is None:
            return
        name, temporary = f"{key}.json", f"{key}.json.new"
        try:
            try:
                os.unlink(temporary, dir_fd=self.folder)
            except FileNotFoundError:
                pass
            with open(self._open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
                file.write(sealed(records))
                file.flush()
                os.fsync(file.fileno())
            os.rename(temporary, name, src_dir_fd=self.folder, dst_dir_fd=self.folder)
            os.fsync(self.folder)
        except OSError as error:
            self._failed(error, f"{self.path}.d")
            try:
                os.unlink(temporary, dir_fd=self.folder)
            except OSError:
                pass

    def copy_log(self, lines):
        """Those lines of the log of the parallel at work that are new, and its head where this log has none."""
        if self.log is None:
            return
        head = 0 if os.fstat(self.log).st_size == 0 else 1
        new = b"".join(lines[max(self.copied, head):])
        self.copied = len(lines)
        try:
            while new:
                new = new[os.write(self.log, new):]
        except OSError as error:
            self._failed(error, str(self.path))

    def next_log(self):
        """Another parallel begins."""
        self.copied = 0

    def _failed(self, error, place):
        key = fault(error, place)
        self.failures[key] = self.failures.get(key, 0) + 1

    def complaints(self):
        return [reason + (f" ({count} times)" if count > 1 else "") for reason, count in self.failures.items()]
