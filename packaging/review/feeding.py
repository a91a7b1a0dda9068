# SPDX-License-Identifier: GPL-2.0-or-later
"""Where vt600-watch takes packets from: an interface, a file that may still grow, the files of a ring buffer, standard input.

Each source hands out whole blocks of pcapng; what is pcap becomes pcapng. Knows nothing of what is in the packets.
"""

import os
import re
import select
import stat
import struct
import subprocess
import threading

import guard
from captures import CAPTURE_NAME, GZIP, MAGIC_LEN, PCAP, PCAPNG, RING_NAME, UNPACKERS, in_order, require
from words import Unable, counted, shown

CHUNK = 1 << 18
BLOCK_MAX = 1 << 26             # no block of a sound capture is longer: what says so is damaged
WORDS_MAX = 150                 # of what dumpcap said: its longest advice has less
LOOK_SECONDS = 0.05             # how often a quiet source is asked again
SECTION, INTERFACE, PACKET = 0x0a0d0d0a, 1, 6
RESOLUTION = 9                  # the option if_tsresol
MICROSECONDS, NANOSECONDS = 6, 9


def block(kind, body):
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def section(link=1, snap=0, resolution=MICROSECONDS):
    """The head of a pcapng file with one interface."""
    head = struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)
    interface = struct.pack("<HHIHHB3xHH", link, 0, snap, RESOLUTION, 1, resolution, 0, 0)
    return block(SECTION, head) + block(INTERFACE, interface)


class Damaged(Exception):
    """The capture cannot be read further."""


class Blocks:
    """Cuts the bytes of one capture into whole blocks of pcapng."""

    def __init__(self):
        self.rest = b""
        self.order = "<"            # of bytes, in the section of pcapng that is read
        self.cut = None             # the function that takes a block from the rest: (block, its length), or None: more is needed

    def feed(self, data):
        """All blocks that are whole by now, as bytes. Damaged: what comes next is none, `whole` has those before it."""
        self.rest += data
        found, at = [], 0
        try:
            if not self.cut and len(self.rest) >= MAGIC_LEN:
                self.cut = self.choose()
            while self.cut and (piece := self.cut(at)):
                found.append(piece[0])
                at += piece[1]
        except Damaged as damage:
            damage.whole = b"".join(found)
            raise
        self.rest = self.rest[at:]
        return b"".join(found)

    def choose(self):
        magic = self.rest[:MAGIC_LEN]
        if magic == PCAPNG:
            return self.pcapng_block
        if magic in PCAP:
            self.pcap_order = "<" if magic[0] in (0xd4, 0x4d, 0x34) else ">"
            number = struct.unpack(f"{self.pcap_order}I", magic)[0]
            self.resolution = NANOSECONDS if number == 0xa1b23c4d else MICROSECONDS
            self.head_len = 24 if number == 0xa1b2cd34 else 16
            return self.pcap_head
        if magic.startswith(GZIP) or magic in UNPACKERS:
            raise Damaged("is packed: unpack it through a pipe, as in zcat FILE | vt600-watch -")
        raise Damaged(f"is not a capture: it starts with {magic.hex()}, neither pcap nor pcapng")

    def pcapng_block(self, at):
        if len(self.rest) - at < 12:
            return None
        if self.rest.startswith(PCAPNG, at):
            self.order = "<" if self.rest.startswith(b"\x4d\x3c\x2b\x1a", at + 8) else ">"
        length = struct.unpack_from(f"{self.order}I", self.rest, at + 4)[0]
        if length < 12 or length % 4 or length > BLOCK_MAX:
            raise Damaged(f"is damaged: it has a block of {length} bytes")
        if len(self.rest) - at < length:
            return None
        if struct.unpack_from(f"{self.order}I", self.rest, at + length - 4)[0] != length:
            raise Damaged("is damaged: a block does not end as it starts")
        return self.rest[at:at + length], length

    def pcap_head(self, at):
        if len(self.rest) < 24:
            return None
        snap, link = struct.unpack_from(f"{self.pcap_order}II", self.rest, 16)
        self.cut = self.pcap_record
        return section(link & 0xffff, snap, self.resolution), 24

    def pcap_record(self, at):
        if len(self.rest) - at < self.head_len:
            return None
        seconds, fraction, length, original = struct.unpack_from(f"{self.pcap_order}IIII", self.rest, at)
        if length > BLOCK_MAX:
            raise Damaged(f"is damaged: it has a packet of {length} bytes")
        end = at + self.head_len + length
        if len(self.rest) < end:
            return None
        time = seconds * 10 ** self.resolution + fraction
        head = struct.pack("<IIIII", 0, time >> 32, time & 0xffffffff, length, original)
        return block(PACKET, head + self.rest[at + self.head_len:end] + bytes(-length % 4)), end - at


class Source:
    """Where packets come from. `stop` is set by whoever wants it to end; `complaints` are for the user."""

    live = True                 # packets come as they happen, and the clock goes on between them

    def __init__(self, name):
        self.name = name
        self.stop = threading.Event()
        self.complaints = []
        self.blocks = Blocks()
        self.listening = []     # descriptors on which a program of ours says something to people
        self.words = []         # what it said last

    def complain(self, reason, name=None):
        self.complaints.append(f"{shown(name or self.name)}: {reason}")

    def read(self):
        """Bytes, b"" if there are none just now, None at the end."""
        raise NotImplementedError

    def whole_blocks(self):
        """Likewise, but whole blocks."""
        data = self.read()
        if data is None:
            self.finish_capture()
            return None
        try:
            return self.blocks.feed(data)
        except Damaged as damage:
            return self.damaged(damage)

    def damaged(self, damage):
        self.complain(damage)
        self.blocks = Blocks()
        self.stop.set()
        return damage.whole

    def finish_capture(self, name=None):
        if self.blocks.rest and not self.stop.is_set():
            self.complain("breaks off inside a packet", name)
        self.blocks = Blocks()

    def close(self):
        """Ends what was started for it."""


class Stream(Source):
    """A pipe."""

    def __init__(self, name, descriptor):
        super().__init__(name)
        self.descriptor = descriptor

    def read(self):
        if self.stop.is_set():
            return None
        if not select.select([self.descriptor], [], [], LOOK_SECONDS)[0]:
            return b""
        return os.read(self.descriptor, CHUNK) or None


class Interface(Stream):
    """What dumpcap captures."""

    DROPPED = re.compile(r"Packets received/dropped on interface .*: \d+/(\d+) ")
    TALK = re.compile(r"Capturing on |File: |Packets captured: |Packets received/dropped on interface ")

    def __init__(self, name, capture_filter):
        require("dumpcap")
        packets, theirs = os.pipe()
        talk, their_talk = os.pipe()
        command = ["dumpcap", "-q", "-i", name, *(["-f", capture_filter] if capture_filter else []), "-w", "-"]
        self.dumpcap = guard.Guarded(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=their_talk)
        for end in (theirs, their_talk):
            os.close(end)
        super().__init__(name, packets)
        self.listening = [talk]
        self.asked = False

    def read(self):
        if self.stop.is_set() and not self.asked:
            self.asked = True
            self.dumpcap.release()
        if not select.select([self.descriptor], [], [], LOOK_SECONDS)[0]:
            return b""
        return os.read(self.descriptor, CHUNK) or None

    def said(self, line):
        """Takes a line that dumpcap said. Returns what of it is for people at once."""
        if (dropped := self.DROPPED.match(line)) and int(dropped[1]):
            self.complain(f"{counted(int(dropped[1]), 'packet')} lost, because this machine did not keep up")
        if not self.TALK.match(line) and line.strip():
            self.words = [*self.words, *line.split()][-WORDS_MAX:]
        return f"capturing on {shown(self.name)}; Ctrl-C ends" if line.startswith("File: ") else None

    def close(self):
        self.dumpcap.end()

    def ended(self):
        """Once dumpcap has ended, and all that it said is known."""
        status = self.dumpcap.status
        if status or not self.asked:
            words = shown(" ".join(self.words)) or "it said nothing"
            how = f"was ended by signal {status - 128}" if status > 128 else f"ended with exit status {status}"
            self.complain(f"dumpcap {how}: {words}")


class File(Source):
    """A capture file; with `follow` also what is written to it later."""

    def __init__(self, name, follow):
        super().__init__(name)
        self.live = self.follow = follow
        self.file = open(name, "rb")

    def read(self):
        if self.stop.is_set():
            return None
        data = self.file.read(CHUNK)
        if data:
            return data
        if not self.follow:
            return None
        if os.fstat(self.file.fileno()).st_size < self.file.tell():
            self.complain("was written anew while it was read")
            return None
        self.stop.wait(LOOK_SECONDS)
        return b""


class Ring(Source):
    """The files of a ring buffer, one after the other; with `follow` also those that are written later."""

    def __init__(self, folder, prefix, suffix, follow, start=None):
        super().__init__(os.path.join(folder, f"{prefix}_*{suffix}"))
        self.live = self.follow = follow
        self.folder, self.prefix, self.suffix = folder or ".", prefix, suffix
        self.at = self.file = None          # (time, number, path) of the file that is being read
        self.again = False
        members = self.members()
        for member in members:
            if start is None or os.path.basename(member[2]) == start:
                self.open(member)
            if self.file:
                break
        if not self.file:
            raise Unable(f"{shown(self.name)}: there are no files of a ring buffer")

    def members(self):
        return members_of(self.folder, self.prefix, self.suffix)

    def open(self, member):
        try:
            file = open(member[2], "rb")
        except FileNotFoundError:           # overwritten meanwhile
            return
        if self.file:
            self.file.close()
            self.finish_capture(self.at[2])
            lost = member[1] - self.at[1] - 1
            if lost > 0:
                self.complain(f"{counted(lost, 'file')} had been overwritten before it was read" if lost == 1 else
                              f"{lost} files had been overwritten before they were read")
        self.at, self.file, self.again = member, file, False

    def later(self):
        members = [member for member in self.members() if member[:2] != self.at[:2]]
        ordered = in_order([*members, self.at])
        place = ordered.index(self.at)
        return ordered[place + 1] if place + 1 < len(ordered) else None

    def read(self):
        if self.stop.is_set():
            return None
        data = self.file.read(CHUNK)
        if data:
            self.again = False
            return data
        following = self.later()
        if following and not self.again:
            self.again = True               # its last bytes may have been written just before the next file was made
        elif following:
            self.open(following)
        elif not self.follow:
            return None
        else:
            self.stop.wait(LOOK_SECONDS)
        return b""

    def damaged(self, damage):
        """The ring goes on with the next file."""
        self.complain(damage, self.at[2])
        self.blocks = Blocks()
        self.file.seek(0, os.SEEK_END)
        return damage.whole


def members_of(folder, prefix, suffix):
    """[(time, number, path)] in the order of their writing."""
    members = []
    for name in os.listdir(folder):
        match = RING_NAME.fullmatch(name)
        if match and (match["prefix"], match["suffix"]) == (prefix, suffix):
            members.append((int(match["time"] or match["time2"]), int(match["number"] or match["number2"]),
                            os.path.join(folder, name)))
    return in_order(members) if members else []


def source_of(name, capture_filter=None, follow=False):
    """What a name on the command line means; Unable, if nothing."""
    if name == "-":
        if os.isatty(0):
            raise Unable("standard input is a terminal, not a capture")
        return Stream("standard input", 0)
    folder, base = os.path.split(name)
    if os.path.isdir(name):
        rings = {(match["prefix"], match["suffix"]) for match in map(RING_NAME.fullmatch, os.listdir(name)) if match}
        if len(rings) != 1:
            raise Unable(f"{shown(name)}: the folder has the files of {len(rings)} ring buffers; give the name that dumpcap -w got")
        return Ring(name, *rings.pop(), follow)
    if os.path.exists(name):
        if stat.S_ISFIFO(os.stat(name).st_mode):
            return Stream(name, os.open(name, os.O_RDONLY))
        if not os.path.isfile(name):
            raise Unable(f"{shown(name)}: is neither a file nor an interface")
        match = RING_NAME.fullmatch(base)
        if match and follow:
            return Ring(folder, match["prefix"], match["suffix"], follow, base)
        return File(name, follow)
    prefix, suffix = os.path.splitext(base)
    if os.path.isdir(folder or ".") and members_of(folder or ".", prefix, suffix):
        return Ring(folder, prefix, suffix, follow)
    if folder or CAPTURE_NAME.search(name):
        raise Unable(f"{shown(name)}: there is no such file")
    return Interface(name, capture_filter)


class Feeder(threading.Thread):
    """Feeds tshark from a source until that ends, or is told to stop."""

    def __init__(self, source, tshark_input):
        super().__init__(daemon=True)
        self.source, self.out = source, tshark_input
        self.fed = False

    def run(self):
        try:
            self.feed()
        except OSError as error:
            self.source.complain(error.strerror or error)
        except Exception as error:          # whatever it is: tshark must come to its end
            self.source.complain(f"{type(error).__name__}: {error}")
        self.source.close()
        try:
            if not self.fed:
                self.write(section())       # tshark takes an empty file for a broken one
            self.out.close()
        except OSError:                     # tshark has ended, and that is told
            pass

    def feed(self):
        while (blocks := self.source.whole_blocks()) is not None:
            try:
                self.write(blocks)
            except OSError:
                self.source.stop.set()
                self.drain()
                return

    def drain(self):
        """tshark has ended; the source must be able to."""
        while self.source.whole_blocks() is not None:
            pass

    def write(self, data):
        left = memoryview(data)
        self.fed |= bool(left)
        while left:
            left = left[self.out.write(left):]
