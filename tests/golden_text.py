# SPDX-License-Identifier: GPL-2.0-or-later
"""Reduces what `tshark -2 -P -O vt600` prints to what differs from frame to frame, so that people can review it.

Knows how tshark lays out packets and trees; knows no field but the header, the command and the checksum, which every frame has.

Each packet is a line, its frames' directions as in captures/*.dialog (< from the tracker, > to it, - neither) and its Info
column. Below it stands what differs from the latest frame of the same kind, that is, direction and command: new and changed
lines, and -LABEL for those that are missing. The first frame of a kind is compared with what all earlier frames of its
direction have in common. A generated subtree, such as a session's, is also compared with its latest appearance in any frame,
and what is the same as in either is left out. Expert infos are always shown. Frame numbers are relative: -2 is two packets
earlier.
"""

import re

# What the versions of Wireshark write differently, and what stands for it in goldens:
#   long bytes       4.0: "Block: 4278d1…"           from 4.4 on: "Block […]: 4278d1... (more of them)"
#   short times      until 4.4: "0.050000000 seconds" 4.6: "50.000000 milliseconds"
#   Protocol, GTP    4.0: "GTP <VT600>"               from 4.4 on: "GTP/VT600"
LONG_BYTES = re.compile(r"^(\[?[^:\[]*?)(?: \[…\])?: ([0-9a-f]{24})[0-9a-f]{8,}…?(\]?)$")
SHORT_TIME = re.compile(r"([\d.]+) (nano|micro|milli)seconds")
UNITS = {"nano": 1e-9, "micro": 1e-6, "milli": 1e-3}

GOOD_CHECKSUM = re.compile(r"^Checksum: 0x[0-9a-f]{4} \[correct\]$")
FRAMES_NAMED = re.compile(r"\b([Ff]rames?) (\d+)")
DIRECTIONS = {"$$": "<", "@@": ">"}


def steady(text):
    """A line of a tree as all versions write it, and without the value of a checksum that is correct."""
    text = LONG_BYTES.sub(r"\1: \2…\3", GOOD_CHECKSUM.sub("Checksum: [correct]", text))
    return SHORT_TIME.sub(lambda time: f"{float(time[1]) * UNITS[time[2]]:.9f} seconds", text)


class Line:
    """A line of a tree and those below it."""

    def __init__(self, text, absolute):
        self.text = text
        self.absolute = absolute  # with frame numbers as they are
        # Of flags the bits stand before the label: ".... ..0. = Input 2: off".
        self.label = re.split(r": | \(0x", text.split(" = ", 1)[-1] if text[0] in ".01" else text, maxsplit=1)[0].rstrip("]")
        self.below = []

    @property
    def expert(self):
        return self.text.startswith("[Expert Info")

    @property
    def generated_tree(self):
        return self.text.startswith("[") and bool(self.below)

    def walk(self):
        yield self
        for line in self.below:
            yield from line.walk()


class Reducer:
    """Reads the packets of one capture in their order."""

    def __init__(self, frame_labels=()):
        """frame_labels: labels of the fields whose values are numbers of frames."""
        self.frame_labels = set(frame_labels)
        self.kinds = {}  # of each kind the latest frame, as _tell returns it
        self.common = {}  # of each direction what all its frames have, with the latest texts
        self.generated = {}  # of each generated subtree, by its label, the latest appearance
        self.before = 0  # the number of the packet before
        self.number = 0

    def packet(self, number, protocol, info, frames):
        """frames: of each its heading and the lines below as (depth, text). Returns lines."""
        self.number = number
        forest = [(heading, self._tree(lines)) for heading, lines in frames]
        marks = "".join(self._kind(tree)[0] for _, tree in forest) or "?"
        gap = "" if number == self.before + 1 else f" +{number - self.before}"
        self.before = number
        protocol = "" if protocol == "VT600" else f" ({protocol.replace('GTP <VT600>', 'GTP/VT600')})"
        lines = [f"{marks}{gap}{protocol} {self._relative(info)}"]
        headings = [heading for heading, _ in forest]
        for heading, tree in forest:
            if "; ".join(headings) != info or len(forest) > 1:
                lines.append(f"  {self._relative(heading)}")
            kind = self._kind(tree)
            common = self.common.get(kind[0], {})
            now = self.kinds[kind] = self._tell(tree, [self.kinds.get(kind, common)], 2, lines)
            self.common[kind[0]] = {key: now[key] for key in common or now if key in now}
        return lines

    @staticmethod
    def _kind(tree):
        direction, command = "-", ""
        for line in (line for top in tree for line in top.walk()):
            if line.label == "Header" and direction == "-" and (found := re.search(r"\((\$\$|@@)\)", line.text)):
                direction = DIRECTIONS[found[1]]
            if line.label == "Command" and not command:
                command = line.text
        return direction, command

    def _tree(self, lines):
        """The lines of a frame as a tree, without those that follow from others."""
        top, path = [], []
        for depth, text in lines:
            if any(line.expert for line in path[:depth]):  # its text, severity and group, which it names itself
                continue
            text = steady(text)
            line = Line(self._relative(text), text)
            (path[depth - 1].below if depth else top).append(line)
            path[depth:] = [line]
        return top

    def _tell(self, tree, latest, depth, lines):
        """Adds to lines what is in none of latest, a list of what this has returned before.

        Returns the tree as {(label, occurrence): (texts, those below)}.
        """
        now, seen = {}, {}
        for line in tree:
            if line.expert:
                lines.append("  " * depth + line.text)
                continue
            seen[line.label] = seen.get(line.label, 0) + 1
            key = line.label, seen[line.label]
            before = [tree[key] for tree in latest if key in tree]
            same = bool(before)  # in generated trees, too: that this kind of frame has one must show
            if line.generated_tree and key in self.generated:
                before.append(self.generated[key])
            at = len(lines)
            below = self._tell(line.below, [below for _, below in before], depth + 1, lines)
            if not same or not any({line.text, line.absolute} & texts for texts, _ in before):
                lines.insert(at, "  " * depth + line.text)
            now[key] = {line.text, line.absolute}, below
            if line.generated_tree:
                self.generated[key] = now[key]
        gone = [key for key in latest[0] if key not in now and all(key in tree for tree in latest)] if latest else []
        lines += ["  " * depth + f"-{label}" for label, _ in gone]
        return now

    def _relative(self, text):
        """With relative frame numbers."""
        field = re.match(r"(\[?)([^:]*): (\d+)(\]?)$", text)
        if field and field[2] in self.frame_labels:
            return f"{field[1]}{field[2]}: {int(field[3]) - self.number:+}{field[4]}"
        return FRAMES_NAMED.sub(lambda named: f"{named[1]} {int(named[2]) - self.number:+}", text)


def reduce(text, frame_labels=()):
    """Of the output of `tshark -P -O vt600` with the columns protocol, number and info."""
    reducer = Reducer(frame_labels)
    lines, summary, frames, ours = [], "", [], False

    def end_packet():
        if number:
            protocol, info = re.split(rf" +{number} ", f"{summary} ", maxsplit=1)
            lines.extend(reducer.packet(number, protocol, info.strip(), frames))

    number = 0
    before = ""
    for line in text.splitlines():
        if frame := re.match(r"Frame (\d+): ", line):
            end_packet()
            number, summary, frames = int(frame[1]), before, []
        if not line.startswith(" "):
            ours = line.startswith("VT600 GPRS OTA Protocol")
            if ours:
                frames.append((line.partition(", ")[2], []))
        elif ours:
            depth = (len(line) - len(line.lstrip(" "))) // 4 - 1
            frames[-1][1].append((depth, line.strip()))
        before = line
    end_packet()
    return lines
