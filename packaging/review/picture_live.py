# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture that vt600-watch draws on a terminal, with python3-rich: what the Board knows, as far as there is room."""

import time

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from watching import longest_of
from words import duration, percent, shown

FRAME_SECONDS = 0.25
ENDED_ROWS = 8                  # of those that have ended at least so many stay in sight, where running ones need the room
FIXED_WIDTH = 84                # of a line, without the bar
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
        room = max(4, self.console.size.height - 5)     # without the heads, and what is left out
        running, ended = list(board.running.values()), list(reversed(board.ended.values()))
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
        bar = max(6, min(30, self.console.size.width - FIXED_WIDTH))
        table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
        for name, justify in (("Device", "left"), ("State", "left"), ("Progress", "left"), ("", "right"), ("Bytes/s", "right"),
                              ("Left", "right"), ("Retries", "right"), ("Turn", "left"), ("Longest wait", "left")):
            table.add_column(name, justify=justify, no_wrap=True, overflow="ellipsis", max_width=17 if name == "Device" else None)
        for update in updates:
            waits = now - update.turn_since
            has_bar = update.progress is not None
            table.add_row(
                Text(update.name()), Text(update.state),
                ProgressBar(total=100, completed=update.progress, width=bar) if has_bar else Text("?"),
                Text(percent(update.progress) if has_bar else f"{update.acked:,} B"),
                Text(f"{update.rate:,.0f}" if update.rate else "-"),
                Text("-" if update.left is None else duration(update.left)),
                Text(str(update.retries), "yellow" if update.retries else ""),
                Text(f"{update.turn or '-'} {duration(waits)}", "red" if waits >= SLOW else ""),
                Text(longest_of(update)))
        return table

    @staticmethod
    def ended(updates):
        table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
        for _ in range(5):
            table.add_column(no_wrap=True, overflow="ellipsis")
        for update in updates:
            table.add_row(Text(update.name()), Text(update.state, COLOURS.get(update.state, "")),
                          Text("-" if update.progress is None else percent(update.progress), justify="right"),
                          Text(f"{update.acked:,} B", justify="right"), Text(f"longest wait {longest_of(update)}"))
        return table


def line(text, style):
    return Text(text, style, no_wrap=True, overflow="ellipsis")
