# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs commands by turns, and takes their CPU seconds and peak memory.

Knows what makes figures comparable on a machine that others use too: each is compared with its neighbours in time.
Knows nothing of Wireshark.
"""

import os
import re
import statistics
import subprocess
import tempfile
from dataclasses import dataclass, field

MIB = 1024      # getrusage counts KiB


class CommandError(Exception):
    """A command failed or complained; what it took says nothing."""


@dataclass
class Command:
    argv: list
    environment: dict
    requests: str = ""          # its standard input
    folder_option: str = ""     # with {}: an option that names a new, empty folder
    prefix: list = field(default_factory=list)
    talk: re.Pattern = re.compile("(?!)")       # what it may say on standard error

    def run(self):
        """(CPU seconds, peak MiB) of one run, whose output goes nowhere."""
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as requests, \
                tempfile.TemporaryFile() as complaints:
            requests.write(self.requests.encode())
            requests.seek(0)
            argv = [*self.prefix, *map(str, self.argv)]
            if self.folder_option:
                argv += self.folder_option.format(folder).split(" ")
            process = subprocess.Popen(argv, env=self.environment, stdin=requests, stdout=subprocess.DEVNULL,
                                       stderr=complaints, cwd=folder)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            complaints.seek(0)
            said = self.talk.sub("", complaints.read().decode(errors="replace"))
        if process.returncode or said:
            raise CommandError(f"{' '.join(argv)}\nexit status {process.returncode}\n{said}")
        # Until its exec, the child is a copy of this process, and its peak is at least this one's memory: captures are
        # made in another process to keep that far below Wireshark's.
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MIB


@dataclass
class Samples:
    """What the runs of one command took, in the order of the rounds."""
    cpu: list = field(default_factory=list)
    peak: list = field(default_factory=list)

    def seconds(self):
        return statistics.median(self.cpu)

    def memory(self):
        return statistics.median(self.peak)


QUICK = 1       # CPU seconds


def by_turns(commands, rounds, quick, seldom=()):
    """{name: Samples} of {name: Command}: each once for nothing, then once a round, from another one on each time.

    quick   how many times as many rounds there are where every run takes less than QUICK
    seldom  names of slow ones that need not be known as well: a third of the rounds, from the first one on
    """
    often = [name for name in commands if name not in seldom]
    if all([commands[name].run()[0] < QUICK for name in often]):
        rounds *= quick
    samples = {name: Samples() for name in commands}
    for number in range(rounds):
        first = number % len(often)
        names = often[first:] + often[:first] + [name for name in seldom if number < (rounds + 2) // 3]
        for name in names:
            cpu, peak = commands[name].run()
            samples[name].cpu.append(cpu)
            samples[name].peak.append(peak)
    return samples


@dataclass
class Spread:
    """Least, median and most of figures that were computed round by round."""
    least: float
    median: float
    most: float

    @classmethod
    def of(cls, figures):
        figures = list(figures)
        return cls(min(figures), statistics.median(figures), max(figures))

    def __str__(self):
        return f"{figure(self.median)} ({figure(self.least)}–{figure(self.most)})"


def figure(number):
    """Two decimals, or three digits where there are more."""
    return f"{number:.2f}" if abs(number) < 100 else f"{number:,.0f}"


def ratio(one, other):
    """Of the CPU seconds of two commands: each round's for itself, as far as both took part."""
    return Spread.of(a / b for a, b in zip(one.cpu, other.cpu))
