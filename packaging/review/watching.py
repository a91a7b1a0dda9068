# SPDX-License-Identifier: GPL-2.0-or-later
"""What vt600-watch knows of updates while they run: the plugin's fields of the packets that tshark has read so far.

Each packet has all that is to be known of its session, so this only keeps the last of it. What a state is, and whose turn it is,
the plugin says.
"""

from collections import OrderedDict
from typing import NamedTuple

from words import counted, duration, percent, shown

# In the order in which the plugin numbers them.
STATES = ("Queried", "Authorizing", "Authorized", "Transferring", "Checking", "Checked", "Upgrading", "Completed", "Cancelling",
          "Cancelled", "Refused", "Expired")
PARTIES = ("nobody", "tracker", "server", "network", "capture")
ENDED = {"Completed", "Cancelled", "Refused", "Expired"}

SESSION, STATE, TURN, ACKED, RETRIES = ("vt600.ota.session", "vt600.ota.state", "vt600.ota.turn", "vt600.ota.bytes_acked",
                                        "vt600.ota.retries")
DEVICE, WAITED, TOTAL, RATE, TIME = ("vt600.device_id", "vt600.ota.waited", "vt600.ota.bytes_total", "vt600.ota.rate",
                                     "frame.time_epoch")
FIELDS = (TIME, SESSION, STATE, TURN, DEVICE, ACKED, RETRIES, WAITED, TOTAL, RATE)
BETWEEN = ";"                   # several frames in one packet
TSHARK_OPTIONS = ["-Y", "vt600.ota", "-T", "fields", "-E", "occurrence=a", "-E", f"aggregator={BETWEEN}",
                  *(word for field in FIELDS for word in ("-e", field))]

RUNNING_MAX = 10000             # those that were quiet for the longest time are forgotten until their next packet
ENDED_MAX = 200
QUIET = 300                     # seconds without a packet: others come first in the picture


class Update:
    """A session, as of its last packet."""

    __slots__ = ("number", "device", "state", "turn", "turn_since", "acked", "total", "rate", "retries", "longest", "longest_by",
                 "time", "told")

    def __init__(self, number, time):
        self.number, self.time = number, time
        self.device = self.state = self.turn = None
        self.turn_since = time
        self.acked = self.retries = 0
        self.total = self.rate = self.longest_by = None
        self.longest = 0.0
        self.told = None            # when plain lines last had something of it

    @property
    def progress(self):
        return min(100.0, 100 * self.acked / self.total) if self.total else None

    @property
    def left(self):
        """Seconds, at the rate so far."""
        return max(0, self.total - self.acked) / self.rate if self.total and self.rate else None

    def name(self):
        return shown(self.device or "?")

    def take(self, time, values):
        self.time = time
        if values.get(WAITED) and float(values[WAITED]) > self.longest:
            self.longest, self.longest_by = float(values[WAITED]), self.turn
        turn = word(PARTIES, values.get(TURN))
        if turn and turn != self.turn:
            self.turn, self.turn_since = turn, time
        self.state = word(STATES, values.get(STATE)) or self.state
        self.device = values.get(DEVICE) or self.device
        self.acked = int(values.get(ACKED) or self.acked)
        self.retries = int(values.get(RETRIES) or self.retries)
        self.total = int(values[TOTAL]) if values.get(TOTAL) else self.total
        self.rate = float(values[RATE]) if values.get(RATE) else self.rate


class Change(NamedTuple):
    """What a packet did to a session."""

    update: Update
    state: bool                 # whether it is in another state now


def word(words, number):
    if not number:
        return None
    place = int(number)
    return words[place] if place < len(words) else f"({place})"


def frames_of(line):
    """(time, [values of each frame in the packet]) of a line of tshark."""
    cells = line.split("\t")
    if len(cells) != len(FIELDS):
        raise ValueError(f"{len(cells)} fields")
    columns = {field: cell.split(BETWEEN) if cell else [] for field, cell in zip(FIELDS, cells)}
    numbers = columns[SESSION]
    alone = len(set(numbers)) == 1
    frames = []
    for place in range(len(numbers)):
        values = {}
        for field, column in columns.items():
            if len(column) == len(numbers):
                values[field] = column[place]
            elif len(set(column)) == 1 and field == DEVICE:
                values[field] = column[0]
            elif column and alone and place == len(numbers) - 1:
                # Not every frame has it. Of one session, the last value holds; of several, it cannot be told whose it is.
                values[field] = column[-1]
        frames.append(values)
    return float(columns[TIME][-1]), frames


class Board:
    """All updates that tshark has shown so far."""

    def __init__(self):
        self.asked = OrderedDict()          # {number: Update}: no updates yet, the trackers were asked for their information
        self.running = OrderedDict()        # {number: Update}
        self.ended = OrderedDict()          # likewise, the last ones
        self.ended_count = 0
        self.latest = OrderedDict()         # {device: number of its last session}
        self.time = None                    # of the last packet
        self.garbled = 0                    # lines that could not be read

    def take(self, line):
        """A line of tshark. Returns its Changes."""
        try:
            time, frames = frames_of(line)
            changes = [self.take_frame(time, values) for values in frames]
        except (ValueError, IndexError):
            self.garbled += 1
            return []
        self.time = max(time, self.time or time)
        return [change for change in changes if change]

    def take_frame(self, time, values):
        number = int(values[SESSION])
        update = (self.running.get(number) or self.ended.get(number) or self.asked.pop(number, None) or Update(number, time))
        before = update.state
        update.take(time, values)
        if update.state in (None, STATES[0]):
            self.asked[number] = update
            if len(self.asked) > RUNNING_MAX:
                self.asked.popitem(last=False)
            return None
        self.place(update)
        return Change(update, update.state != before)

    def in_order(self, now):
        """Those that run, as they started; those that stand still last."""
        return sorted(self.running.values(), key=lambda one: (now - one.time > QUIET, one.number))

    def place(self, update):
        number = update.number
        last = self.latest.get(update.device)
        superseded = update.device and last is not None and last > number
        if update.state in ENDED or superseded:
            if number not in self.ended:
                self.ended_count += 1
            self.running.pop(number, None)
            self.ended[number] = update
            if len(self.ended) > ENDED_MAX:
                self.ended.popitem(last=False)
            return
        if self.ended.pop(number, None):                # it goes on after all
            self.ended_count -= 1
        self.running[number] = update
        if update.device and last != number:
            self.latest[update.device] = number
            self.latest.move_to_end(update.device)
            if last in self.running:                    # the tracker is being updated anew
                self.place(self.running[last])
            if len(self.latest) > RUNNING_MAX:
                self.latest.popitem(last=False)
        if len(self.running) > RUNNING_MAX:
            for quiet in sorted(self.running.values(), key=lambda one: one.time)[:RUNNING_MAX // 10]:
                del self.running[quiet.number]


def progress_of(update):
    if update.total:
        return f"{percent(update.progress)} of {update.total:,} bytes"
    return f"{update.acked:,} bytes stored"


def turn_of(update, now):
    if update.turn in (None, "nobody"):
        return f"nobody's turn for {duration(now - update.turn_since)}"
    return f"{update.turn}'s turn for {duration(now - update.turn_since)}"


def longest_of(update):
    if update.longest < 0.05:
        return "0.0 s"
    by = f" {update.longest_by}" if update.longest_by else ""
    return f"{update.longest:.1f} s{by}"


def sentence(update, now):
    """All that is known of an update, in one line."""
    parts = [progress_of(update)]
    if update.rate:
        parts.append(f"{update.rate:,.0f} bytes/s")
    if update.state not in ENDED:
        if update.left:
            parts.append(f"{duration(update.left)} left")
        parts.append(turn_of(update, now))
    if update.retries:
        parts.append(counted(update.retries, "retry", "retries"))
    if update.longest >= 0.05:
        parts.append(f"longest wait {longest_of(update)}")
    return f"{update.state}: {', '.join(parts)}"


class Plain:
    """Lines for where there is no terminal: one for each change of state, and from time to time the progress.

    Goes by the time of the packets, so the same capture gives the same lines.
    """

    TOGETHER = 20               # with more updates at a time, one line tells the progress of all

    def __init__(self, board, write, interval):
        self.board, self.write, self.interval = board, write, interval
        self.told = None

    def take(self, changes):
        for update, state in changes:
            if state:
                self.tell(update)
        board = self.board
        if board.time is None:
            return
        if self.told is None:
            self.told = board.time
        if len(board.running) > self.TOGETHER:
            if board.time - self.told >= self.interval:
                self.told = board.time
                stored = sum(update.acked for update in board.running.values())
                self.write(board.time, f"{len(board.running)} updates running, {board.ended_count} ended: {stored:,} bytes stored in "
                           "those that run")
            return
        for update, state in changes:
            if not state and update.state not in ENDED and update.time - update.told >= self.interval:
                self.tell(update)

    def tell(self, update):
        update.told = self.told = update.time
        self.write(update.time, f"{update.name()}  {sentence(update, self.board.time or update.time)}")
