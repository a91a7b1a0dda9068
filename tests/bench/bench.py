#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plugin costs, in ratios of instructions for each packet. Called by tests/bench/run.

Each row compares two runs of tshark or sharkd. A run is made
    plugin   as it is
    plain    with the payload taken as plain data: nothing looks at it
    none     without the plugin: all other heuristics look at it
    lua      with vt600.lua in its place
and its start and end do not count. accepted.json has the ratios that were accepted last, for each version of Wireshark.

Knows the rows. The captures are made by traffic.py, the figures by measure.py.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from measure import Run, measure  # noqa: E402
from wireshark import Wireshark  # noqa: E402

ACCEPTED = HERE / "accepted.json"

# What makes each variant, as files of its profile.
PROFILES = {
    "plugin": {},
    "plain": {"decode_as_entries": "decode_as_entry: tcp.port,8500,(none),Data\n"},
    "none": {"disabled_protos": "vt600\n"},
    "lua": {"disabled_protos": "vt600\n"},
}

READ, REPORT, TREE, SESSIONS = "-Y frame.number==1", "-q -z vt600,report", "-q -z vt600,tree", "-q -z vt600,sessions"
TEXT, DETAILS, TWO_PASSES = "", "-V", "-2 -Y frame.number==1"
FIELDS = "-T fields -e frame.number -e vt600.device_id -e vt600.command -e vt600.ota.offset"
EXPORT = "-q --export-objects vt600,{}"
LUA = f"{READ} -X lua_script:{HERE / 'vt600.lua'}"

# over, under: (variant, Run), of which the ratio is. goal: what the ratio may be, or None.
Row = namedtuple("Row", "title over under goal short")


def of(title, capture, options, under="plain", goal=None, short=True, floor=None):
    """The plugin beside another variant: the same command, or `floor`."""
    other = options if floor is None else floor
    return Row(title, ("plugin", Run(capture, options)), (under, Run(capture, other)), goal, short)


def growth(title, capture, few, many, options=READ, goal=None, short=True):
    """A packet among many beside one among few."""
    return Row(f"{title}, {many:,} beside {few:,}", ("plugin", Run(f"{capture}-{many}", options)),
               ("plugin", Run(f"{capture}-{few}", options)), goal, short)


def asked(capture, *frames):
    """Frames that are asked of sharkd again and again, in no order."""
    return Run(capture, frames=frames * 20)


ROWS = {
    "read": of("reading", "otas-2", READ, goal=1.12),
    "text": of("reading, as text", "otas-2", TEXT, goal=1.12),
    "two-passes": of("reading in two passes", "otas-2", TWO_PASSES, goal=1.12),
    "report": of("report, of reading plain data", "otas-2", REPORT, goal=0.80, floor=READ),
    "fields": of("four fields", "otas-2", FIELDS),
    "details": of("details", "otas-2", DETAILS),
    "none": of("reading, of no plugin", "otas-2", READ, "none"),
    "foreign": of("foreign traffic, of no plugin", "foreign-20", READ, "none", goal=1.005),
    "small-blocks": of("blocks of 1 byte", "block-1", READ),
    "blocks-16": of("blocks of 16 bytes", "block-16", READ, short=False),
    "large-image": of("an image of 1 MiB", "kib-1024", READ, short=False),
    "growth": growth("updates", "short", 10, 100),
    "growth-1000": growth("updates", "short", 10, 1000, short=False),
    "sessions": growth("updates on one connection", "on-one", 10, 100),
    "sessions-1000": growth("updates on one connection", "on-one", 10, 1000, short=False),
    "connections": growth("`-z vt600,sessions` of an update's connections", "connections", 100, 1000, SESSIONS),
    "connections-10000": growth("`-z vt600,sessions` of an update's connections", "connections", 100, 10000, SESSIONS,
                                short=False),
    "connections-none": of("`-z vt600,sessions` of 10,000 connections, of no plugin", "connections-10000", SESSIONS, "none",
                           2.5, False),
    "falling": growth("an update's connections in falling order", "falling", 100, 1000),
    "falling-none": of("10,000 connections in falling order, of no plugin", "falling-10000", READ, "none", 2.5, False),
    "one-way": growth("report of devices that do not answer", "one-way", 100, 1000, REPORT),
    "one-way-none": of("report of 20,000 devices that do not answer, of no plugin", "one-way-20000", REPORT, "none", 2.5,
                       False),
    "one-way-tree": of("`-z vt600,tree` of 20,000 devices that do not answer, of no plugin", "one-way-20000", TREE, "none",
                       2.5, False),
    "export": growth("export of images", "short", 10, 100, EXPORT),
    "export-1000": growth("export of images", "short", 10, 1000, EXPORT, short=False),
    "export-plain": of("export of images, of reading plain data", "short-100", EXPORT, floor=READ),
    # The blocks are every other frame from the eighth on.
    "asked": Row("sharkd's answers: a first, a middle and a last block", ("plugin", asked("kib-56", 8, 456, 902)),
                 ("plain", asked("kib-56", 8, 456, 902)), None, True),
    "image": Row("sharkd's answer with an image of 1 MiB, of reading a packet", ("plugin", asked("kib-1024", 16393)),
                 ("plugin", Run("kib-1024", READ)), None, False),
    "lua": Row("Lua's dissector", ("lua", Run("otas-2", LUA)), ("plain", Run("otas-2", READ)), None, False),
    "memory": of("peak memory", "otas-100", READ, short=False),
    "memory-report": of("peak memory, report", "otas-100", REPORT, floor=READ, short=False),
    "memory-one-way": of("peak memory, report of 20,000 devices that do not answer", "one-way-20000", REPORT, "none",
                         short=False),
    "memory-connections": of("peak memory, `-z vt600,sessions` of 10,000 connections", "connections-10000", SESSIONS, "none",
                             short=False),
}
for memory in (name for name in ROWS if name.startswith("memory")):
    over, under = ((variant, replace(run, memory=True)) for variant, run in ROWS[memory][1:3])
    ROWS[memory] = ROWS[memory]._replace(over=over, under=under)


class Bench:
    def __init__(self, build, work):
        self.captures = build / "bench"
        self.captures.mkdir(exist_ok=True)
        self.preload = build / "bench" / "count.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", self.preload, HERE / "count.c"], check=True)
        self.wireshark = Wireshark(build / "plugins", work)
        self.homes = {variant: self._home(work / variant, files) for variant, files in PROFILES.items()}
        self.packets = {}

    @staticmethod
    def _home(home, files):
        (home / "wireshark").mkdir(parents=True)
        for name, content in files.items():
            (home / "wireshark" / name).write_text(content)
        return home

    def path(self, capture):
        return self.captures / f"{capture}.cap"

    def make(self, captures):
        subprocess.run([sys.executable, HERE / "traffic.py", self.captures, *captures], check=True)
        said = subprocess.check_output(["capinfos", "-M", "-c", *map(self.path, captures)], text=True)
        self.packets = dict(zip(captures, map(int, re.findall(r"^Number of packets: *(\d+)", said, re.MULTILINE))))

    def verify(self):
        """Each variant takes the packets as it should."""
        for variant, last in {"plugin": "vt600", "plain": "data", "none": "data", "lua": "vt600lua"}.items():
            home = self.homes[variant]
            more = ["-X", f"lua_script:{HERE / 'vt600.lua'}"] if variant == "lua" else []
            shown = subprocess.check_output(self.wireshark.command(
                "tshark", "-r", self.path("short-10"), "-Y", "tcp.len>0", "-T", "fields", "-e", "frame.protocols", *more,
                HOME=home, XDG_CONFIG_HOME=home), text=True).split()
            if not shown or not all(protocols.endswith(f":{last}") for protocols in shown):
                raise SystemExit(f"variant {variant} should take all packets as {last}, not as {set(shown) or 'nothing'}")

    def cost(self, variant, run):
        return measure(run, self.wireshark, self.path(run.capture), self.homes[variant], self.preload)

    def costs(self, rows):
        """{(variant, Run): instructions for each packet or answer, or KiB} of all that the rows need."""
        wanted = {side for row in rows for side in (row.over, row.under)}
        # Of sharkd's answers, what it takes to load the capture is subtracted.
        loads = {side: (side[0], replace(side[1], frames=(0,))) for side in wanted if side[1].frames}
        self.make(sorted({run.capture for _, run in wanted} | {"short-10"}))
        self.verify()
        # The longest first, so that no long one remains alone in the end.
        runs = sorted(wanted | {*loads.values()}, key=lambda side: -self.packets[side[1].capture])
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            took = dict(zip(runs, pool.map(lambda side: self.cost(*side), runs)))
        costs = {}
        for side in wanted:
            variant, run = side
            if run.frames:
                costs[side] = (took[side] - took[loads[side]]) / len(run.frames)
            else:
                costs[side] = took[side] / (1 if run.memory else self.packets[run.capture])
        return costs


def table(names, costs, accepted):
    yield "| what | plugin | beside | ratio | goal | accepted |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name in names:
        row = ROWS[name]
        goal = "" if row.goal is None else f"{row.goal}"
        yield (f"| {row.title} | {costs[row.over]:,.0f} | {costs[row.under]:,.0f} | {ratio(name, costs):.4f} | {goal} | "
               f"{accepted.get(name, '')} |")


def ratio(name, costs):
    return round(costs[ROWS[name].over] / costs[ROWS[name].under], 4)


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"only these of: {' '.join(ROWS)}")
    parser.add_argument("--short", action="store_true", help="the rows that take two minutes together on two cores")
    parser.add_argument("--check", action="store_true", help="fail where a ratio is above the accepted one")
    parser.add_argument("--tolerance", type=float, default=2, metavar="PERCENT", help="by how much it may be (default: 2)")
    parser.add_argument("--accept", action="store_true", help="keep the ratios in accepted.json")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the costs of both sides of each row in FILE")
    parser.add_argument("--build", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.rows) - {*ROWS}:
        parser.error(f"no such row: {' '.join(sorted(unknown))}; there are {' '.join(ROWS)}")
    return options


def main():
    options = arguments()
    names = options.rows or [name for name, row in ROWS.items() if row.short or not options.short]
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o755)
        bench = Bench(options.build.resolve(), Path(work))
        series = ".".join(map(str, bench.wireshark.series))
        costs = bench.costs([ROWS[name] for name in names])
    every = json.loads(ACCEPTED.read_text()) if ACCEPTED.exists() else {}
    accepted = every.get(series, {})
    print("\n".join(table(names, costs, accepted)))
    ratios = {name: ratio(name, costs) for name in names}
    if options.json:
        options.json.write_text(json.dumps({name: [costs[ROWS[name].over], costs[ROWS[name].under]] for name in names},
                                           indent=1) + "\n")
    if options.accept:
        every[series] = {name: (accepted | ratios)[name] for name in ROWS if name in accepted | ratios}
        ACCEPTED.write_text(json.dumps(every, indent=4) + "\n")
    if options.check:
        if not accepted:
            print(f"no ratios were accepted with Wireshark {series}: nothing to compare")
        grown = {name for name in names if name in accepted and ratios[name] > accepted[name] * (1 + options.tolerance / 100)}
        for name in sorted(grown):
            print(f"{name}: {ratios[name]}, more than {options.tolerance:g} % above {accepted[name]}")
        sys.exit(bool(grown))


if __name__ == "__main__":
    main()
