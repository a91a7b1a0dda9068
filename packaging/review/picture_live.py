# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture that vt600-watch draws on a terminal, with python3-rich: what the Board knows, as far as there is room."""

import time

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from watching import longest_of
from words import percent, shown

FRAME_SECONDS = 0.25
ENDED_ROWS = 8                  # of those that have ended at least so many stay in sight, where running ones need the room
# Of each column, so that nothing moves sideways as the numbers change. A narrow terminal gets all the numbers, but no bar.
WIDE = {"Device": 14, "State": 12, "Progress": 0, "": 11, "Bytes/s": 8, "Left": 8, "Retries": 7, "Turn": 14, "Longest wait": 14}
NARROW = {"Device": 12, "State": 12, "Progress": 9, "Bytes/s": 7, "Left": 7, "Again": 5, "Turn": 13, "Longest": 7}
ON_THE_LEFT = {"Device", "State", "Turn", "Longest wait"}
BAR_MIN, BAR_MAX = 6, 40
COLOURS = {"Completed": "green", "Cancelled": "yellow", "Refused": "red", "Expired": "red"}
SLOW = 30                       # seconds: a wait that stands out


class Picture:
    """`with Picture(...)`: the terminal is taken, and given back as it was."""

    def __init__(self, board, name, live):
        self.board, self.name, self.live = board, name, live
        self.console = Console(highlight=False, markup=False, emoji=False)
        self.drawn = 0
        self.heard = None               # (time of the last packet, when it came)
        self.note = "waiting for packets"
        self.display = Live(console=self.console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)

    @staticmethod
    def fits(file):
        """Whether it can be drawn there."""
        console = Console(file=file)
        return console.is_terminal and not console.is_dumb_terminal

    def __enter__(self):
        self.display.start()
        self.draw(True)
        return self

    def __exit__(self, *_):
        self.display.stop()

    def now(self):
        """The packets' clock, which goes on between packets."""
        if not self.heard:
            return 0
        packet, came = self.heard
        return packet + (time.monotonic() - came if self.live else 0)

    def draw(self, at_once=False):
        clock = time.monotonic()
        if self.board.time is not None and (not self.heard or self.heard[0] != self.board.time):
            self.heard = self.board.time, clock
        if at_once or clock - self.drawn >= FRAME_SECONDS:
            self.drawn = clock
            self.display.update(self.content(), refresh=True)

    def content(self):
        board, now = self.board, self.now()
        room = max(4, self.console.size.height - 4)     # without the heads, and what is left out
        running, ended = board.in_order(now), list(reversed(board.ended.values()))
        below = min(len(ended), max(ENDED_ROWS if room > 2 * ENDED_ROWS else room // 3, room - len(running)))
        above = max(0, min(len(running), room - below))
        parts = [self.head(now), self.table(running[:above], now)]
        if len(running) > above:
            parts.append(line(f"... and {len(running) - above} more", "dim"))
        if ended:
            parts += [line(f"Ended: {board.ended_count}", "bold"), self.ended(ended[:below])]
        return Group(*parts)

    def head(self, now):
        clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)) if now else "-"
        return line(f"{shown(self.name)}: {len(self.board.running)} running, {self.board.ended_count} ended; {clock}; {self.note}",
                    "reverse")

    def table(self, updates, now):
        bar = self.console.size.width - sum(WIDE.values()) - len(WIDE)
        is_wide = bar >= BAR_MIN
        columns = WIDE | {"Progress": min(bar, BAR_MAX)} if is_wide else NARROW
        table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
        for name, wide in columns.items():
            table.add_column(name, width=wide, no_wrap=True, overflow="ellipsis", justify="left" if name in ON_THE_LEFT or
                             wide == columns["Progress"] and is_wide else "right")
        for update in updates:
            waits, has_length = now - update.turn_since, update.progress is not None
            cells = [Text(update.name()), Text(update.state)]
            if is_wide:
                cells.append(ProgressBar(total=100, completed=update.progress, width=columns["Progress"], complete_style="cyan",
                                         finished_style="green") if has_length else Text("length not known", "dim"))
            cells += [
                Text(percent(update.progress) if has_length else f"{update.acked:,} B"),
                Text(f"{update.rate:,.0f}" if update.rate else "-"),
                Text("-" if update.left is None else brief(update.left)),
                Text(str(update.retries), "yellow" if update.retries else ""),
                Text(f"{update.turn or '-'} {brief(waits)}", "red" if waits >= SLOW else ""),
                Text(longest_of(update) if is_wide else f"{update.longest:.1f} s")]
            table.add_row(*cells)
        return table

    @staticmethod
    def ended(updates):
        table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
        for wide, justify in ((WIDE["Device"], "left"), (WIDE["State"], "left"), (8, "right"), (12, "right"), (None, "left")):
            table.add_column(width=wide, justify=justify, no_wrap=True, overflow="ellipsis")
        for update in updates:
            table.add_row(Text(update.name()), Text(update.state, COLOURS.get(update.state, "")),
                          Text("-" if update.progress is None else percent(update.progress)), Text(f"{update.acked:,} B"), Text(f"longest wait {longest_of(update)}"))
        return table


def brief(seconds):
    """1:02, 3:01:02"""
    whole = max(0, round(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}" if whole >= 3600 else f"{whole // 60}:{whole % 60:02}"


def line(text, style):
    return Text(text, style, no_wrap=True, overflow="ellipsis")
