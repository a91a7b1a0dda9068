# SPDX-License-Identifier: GPL-2.0-or-later
"""How tshark's memory grows over a long capture, with the plugin and without it.

Knows how to look at a running tshark from outside: what it has in memory, and how far in the file it is. Memory it only
shows; a live run fails where a frame is lost or an outcome wrong.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS.parent / "captures")]

import hostile  # noqa: E402
import live  # noqa: E402
import ota  # noqa: E402
import wire  # noqa: E402
from wireshark import Wireshark  # noqa: E402

PACKETS = 5_000_000
TOGETHER = 20               # OTAs at the same time
IMAGE_SIZE = 57600
POINTS = 10                 # of the curve
PACE = 0.02                 # seconds before each frame of the live run
PLAIN = ("--disable-protocol", "vt600", "-d", f"tcp.port=={hostile.SERVER[1]},data")
WAYS = {
    "plugin": (),
    "disabled": ("--disable-protocol", "vt600"),
    "plain data": PLAIN,
    "plugin -2": ("-2",),
    "plain data -2": (*PLAIN, "-2"),
}
POSITION = b"014045.000,A,3139.6673,N,11801.8300,E,0.00,0,061112,,*34|1"


def frames_of(number, content):
    """A whole OTA, with a position now and then."""
    device = f"1011{number:08}"
    for count, frame in enumerate(ota.run(content, device)):
        if count % 100 == 99:
            yield "<", wire.frame("<", device, 0x9955, POSITION)
        yield frame


def traffic():
    """OTAs without end, TOGETHER at a time, each on a connection of its own: (Connection, side, bytes)."""
    contents = [ota.image(IMAGE_SIZE, number) for number in range(7)]
    begun, running = 0, []
    while True:
        while len(running) < TOGETHER:
            running.append((hostile.Connection(begun), frames_of(begun, contents[begun % len(contents)])))
            begun += 1
        for entry in list(running):
            connection, frames = entry
            frame = next(frames, None)
            if frame is None:
                running.remove(entry)
            else:
                yield connection, *frame


def generate(path, packets):
    """The capture, unless it is there already."""
    if path.exists():
        return
    print(f"writing {packets} packets to {path}", flush=True)
    part = path.with_suffix(".part")
    stream = traffic()
    hostile.write(part, (next(stream) for _ in range(packets)))
    part.rename(path)


def peak(pid):
    """The most bytes that it ever had in memory: at its end it gives some back. 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0")
    return int(line.split()[1]) * 1024


def positions(pid, path):
    """How far each of the process's readers of the file is, in the order in which they were opened."""
    found = []
    try:
        for descriptor in sorted(Path(f"/proc/{pid}/fd").iterdir(), key=lambda entry: int(entry.name)):
            if descriptor.exists() and descriptor.samefile(path):
                info = Path(f"/proc/{pid}/fdinfo/{descriptor.name}").read_text()
                found.append(int(info.split()[1]))
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def start(wireshark, *args, **how):
    """tshark, and nothing between it and us: its process ID is the one that we have."""
    return subprocess.Popen(wireshark.command("tshark", *args), **how)


def curve(wireshark, path, args):
    """For each pass the [bytes in memory] at each POINT; and seconds."""
    size, passes, readers, memory, begun = path.stat().st_size, [[]], 0, 0, time.monotonic()

    def reached(point):
        passes[-1] += [memory] * (point - len(passes[-1]))

    run = start(wireshark, "-r", path, *args, stdout=subprocess.DEVNULL)
    while run.poll() is None:
        there = positions(run.pid, path)
        if len(there) < readers and there:      # the first pass has closed its reader, the second one has another
            reached(POINTS)
            passes.append([])
        readers = len(there)
        memory = peak(run.pid) or memory
        reached(min(POINTS - 1, max(there, default=0) * POINTS // size))
        time.sleep(0.02)
    reached(POINTS)
    if run.returncode != 0:
        sys.exit(f"tshark {' '.join(args)}: exit status {run.returncode}")
    return passes, time.monotonic() - begun


def table(packets, ways):
    """A row for each point of each pass."""
    for number, name in enumerate(("in one pass, or in the first of two", "in the second pass")):
        shown = {way: passes[number] for way, passes in ways.items() if number < len(passes)}
        print(f"\nMiB in memory {name}, at this packet")
        print("".join(f"{head:>15}" for head in ("packet", *shown)))
        for point in range(POINTS):
            cells = (f"{points[point] / 2**20:.1f}" for points in shown.values())
            print("".join(f"{cell:>15}" for cell in (packets * (point + 1) // POINTS, *cells)))


def a_packet(packets, points):
    """Bytes for each packet more, from the first point to the last one of a pass."""
    return (points[-1] - points[0]) / (packets * (POINTS - 1) / POINTS)


def read(wireshark, folder, packets):
    path = folder / f"{packets}.pcap"
    generate(path, packets)
    print(f"{packets} packets, {path.stat().st_size / 2**20:.0f} MiB", flush=True)
    ways, grown = {}, {}
    for name, args in WAYS.items():
        ways[name], seconds = curve(wireshark, path, args)
        grown[name] = [a_packet(packets, points) for points in ways[name]]
        more = " and ".join(f"{one:.0f}" for one in grown[name])
        print(f"{name}: {seconds:.0f} s, {more} bytes a packet", flush=True)
    table(packets, ways)
    print(f"\nthe plugin's own: {grown['plugin'][0] - grown['plain data'][0]:.0f} bytes a packet in one pass, "
          f"{sum(grown['plugin -2']) - sum(grown['plain data -2']):.0f} in two")


async def watch(captures, seconds):
    """For each capture (packets, bytes in memory) at each POINT of the time."""
    points = [[] for _ in captures]
    for _ in range(POINTS):
        await asyncio.sleep(seconds / POINTS)
        for capture, curve_of_it in zip(captures, points):
            curve_of_it.append((len(capture.lines), peak(capture.process.pid)))
    return points


async def play(stage, until):
    """OTAs, one after the other. Returns what the report should say of each, and ends only between two of them."""
    expected = []
    while time.monotonic() < until:
        expected.append((await stage.one()).expected())
    return expected


def sound_frames(lines):
    return sum(line.count("1") for line in lines if not line.startswith("{"))


async def capture_live(wireshark, seconds):
    """(points of each capture, expected reports, reports by device, sound frames seen, what the two tsharks say)."""
    tshark = wireshark.command("tshark", capturer=True)
    shown = "-T", "fields", "-e", "vt600.checksum.status", "-E", "occurrence=a", "-z", "vt600,report"
    async with live.Stage(time.time(), PACE) as stage:
        port = stage.address[1]
        plainly = "--disable-protocol", "vt600", "-d", f"tcp.port=={port},data", "-T", "fields", "-e", "frame.number"
        async with live.Capture(tshark, port, *shown) as ours, live.Capture(tshark, port, *plainly) as plain:
            await ours.begun(stage.knock)
            await plain.begun(stage.knock)
            watching = asyncio.create_task(watch((ours, plain), seconds))
            until = time.monotonic() + seconds
            expected = sum(await asyncio.gather(*(play(stage, until) for _ in range(TOGETHER))), [])
            points = await watching
            await ours.until(lambda lines: sound_frames(lines) >= live.Line.sent)
            said = [await ours.stop(), await plain.stop()]
    reports = [json.loads(line) for line in ours.lines if line.startswith("{")]
    return points, expected, {report["device_id"]: report for report in reports}, sound_frames(ours.lines), said


def run_live(wireshark, minutes):
    why_not = live.Capture.may(wireshark.command("dumpcap", capturer=True))
    if why_not:
        sys.exit(f"there is no right to capture on loopback: {why_not}")
    points, expected, reports, seen, said = asyncio.run(capture_live(wireshark, minutes * 60))
    print(f"{'minutes':>10}{'packets':>15}{'plugin':>15}{'plain data':>15}   MiB in memory")
    for number, ((packets, ours), (_, plain)) in enumerate(zip(*points), 1):
        print(f"{minutes * number / POINTS:>10.1f}{packets:>15}{ours / 2**20:>15.1f}{plain / 2**20:>15.1f}")
    packets = points[0][-1][0] - points[0][0][0]
    grown = [(curve_of_it[-1][1] - curve_of_it[0][1]) / packets for curve_of_it in points]
    print(f"bytes a packet: {grown[0]:.0f} with the plugin, {grown[1]:.0f} as plain data")
    wrong = []
    for report in expected:
        there = reports.get(report["device_id"], {})
        wrong += [f"{report['device_id']}: {name} is {there.get(name)}, not {value}"
                  for name, value in report.items() if there.get(name) != value]
    lost = [line for text in said for line in text.splitlines() if "dropped" in line]
    print(f"{len(expected)} OTAs, {len(wrong)} values of their reports wrong; {live.Line.sent} frames sent, {seen} seen")
    print("\n".join(wrong[:10] + lost) or "nothing was dropped")
    return 1 if wrong or lost or seen != live.Line.sent else 0


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/long", description="What a long capture costs in memory.")
    parser.add_argument("folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--packets", type=int, default=PACKETS, help="how many to generate and read (%(default)s)")
    parser.add_argument("--live", type=float, metavar="MINUTES", help="capture on loopback for so long instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        wireshark = Wireshark(Path(os.environ["VT600_PLUGIN_DIR"]).resolve(), folder)
        if options.live:
            sys.exit(run_live(wireshark, options.live))
        read(wireshark, options.folder, options.packets)


if __name__ == "__main__":
    main()
