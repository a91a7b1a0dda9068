# SPDX-License-Identifier: GPL-2.0-or-later
"""Damage: editcap -E over all captures, at four rates. No finding, no hang, and what was not hit is found.

Each run damages one capture's payloads and loads it in sharkd, which reads it, then shows its frames and the trees of
packets that were hit. It runs with the plugin as it is, and with ASan and UBSan in it. Which frames were not hit is
found out here, from the captures' bytes alone. More runs, and others:

    VT600_DAMAGE=20 VT600_SEED=7 tests/run -k damage
"""

import itertools
import os
import random
import subprocess
import sys
from collections import Counter, defaultdict, namedtuple

import pytest
from dpkt import ethernet, ip, ip6, pcapng, tcp, udp

from wireshark import CAPTURES

sys.path.insert(0, str(CAPTURES))

import wire  # noqa: E402
from packets import GTPU_PORT  # noqa: E402

SEED = int(os.environ.get("VT600_SEED", "1"))
SEEDS = int(os.environ.get("VT600_DAMAGE", "0"))
# Of each byte, and with how many seeds. With 59 captures these are 531 runs.
RATES = {"0.0001": 2, "0.001": 3, "0.01": 2, "0.1": 2}
ROUNDS = [(rate, SEED + number) for rate, count in RATES.items() for number in range(SEEDS or count)]
# Up to this rate so much of what was not hit is found; above it hardly anything was not hit.
COUNTED_RATE, FOUND_LEAST = 0.001, 0.95
TREES_MOST = 40             # of one run
SECONDS_MOST = 300          # for all captures at one rate, sanitized on a slow machine: beyond that something hangs
GTPU_HEADER_LEN = 8
GOOD = ("1", "Good")        # versions of sharkd differ
FAILURES = (AssertionError, ValueError, subprocess.TimeoutExpired)

Packet = namedtuple("Packet", "header side at data")        # at: a sequence number, None in a datagram
Run = namedtuple("Run", "original rate seed path damaged")


def packets(path):
    """The bytes of each packet of the file."""
    with open(path, "rb") as file:
        return [bytes(data) for _, data in pcapng.Reader(file)]


def payload(data):
    """Of a packet as the captures have them; None where it has no data."""
    layer = ethernet.Ethernet(data).data
    while isinstance(layer, (ip.IP, ip6.IP6)):
        transport = layer.data
        if isinstance(transport, udp.UDP) and transport.dport == GTPU_PORT:
            inner = transport.data[GTPU_HEADER_LEN:]
            layer = ip6.IP6(inner) if inner[0] >> 4 == 6 else ip.IP(inner)
        elif isinstance(transport, (tcp.TCP, udp.UDP)) and transport.data:
            side = layer.src, transport.sport, layer.dst, transport.dport
            content = bytes(transport.data)
            at = transport.seq if isinstance(transport, tcp.TCP) else None
            return Packet(data.index(content, len(data) - len(content) - 1), side, at, content)
        else:
            return None
    return None


def streams(found):
    """The runs of bytes that were sent without a gap; of bytes that came twice the first ones count."""
    sides, runs = defaultdict(dict), []
    for packet in found:
        if packet.at is None:
            runs.append(packet.data)
            continue
        there = sides[packet.side]
        there.setdefault("first", packet.at)
        at = (packet.at - there["first"] + 0x80000000) % 0x100000000
        for place, byte in enumerate(packet.data, at):
            there.setdefault(place, byte)
    for there in sides.values():
        del there["first"]
        last, run = None, bytearray()
        for place in sorted(there):
            if last is not None and place != last + 1:
                runs.append(bytes(run))
                run = bytearray()
            run.append(there[place])
            last = place
        runs.append(bytes(run))
    return runs


def sound_frames(run):
    """(begin, end) of each."""
    at = 0
    while at + wire.FRAME_LEN_MIN <= len(run):
        end = at + int.from_bytes(run[at + 2:at + 4], "big")
        if (run[at:at + 2] in wire.HEADERS.values() and at + wire.FRAME_LEN_MIN <= end <= len(run)
                and run[end - 4:end] == wire.crc(run[at:end - 4]).to_bytes(2, "big") + wire.END):
            yield at, end
            at = end
        else:
            at += 1


class Original:
    """A capture, and what is in it."""

    def __init__(self, path):
        self.path = path
        self.packets = packets(path)
        self.payloads = [payload(packet) for packet in self.packets]
        self.headers = max((found.header for found in self.payloads if found), default=0)
        self.streams = streams(found for found in self.payloads if found)
        self.frames = [(run, *frame) for run, content in enumerate(self.streams) for frame in sound_frames(content)]

    def not_hit(self, damaged):
        """How many frames there are of which no byte was hit, by checksum: hardly two of a capture have the same."""
        now = streams(found for found in map(payload, damaged) if found)
        return Counter(int.from_bytes(now[run][end - 4:end - 2], "big") for run, begin, end in self.frames
                       if now[run][begin:end] == self.streams[run][begin:end])


@pytest.fixture(scope="module")
def originals():
    return [Original(path) for path in sorted(CAPTURES.glob("*.pcapng"))]


def damage(original, rate, seed, folder):
    """The headers stay whole: what is lost with them TCP never hands over."""
    path = folder / f"{original.path.stem}-{rate}-{seed}.pcapng"
    subprocess.run(["editcap", "-E", rate, "--seed", str(seed), "-o", str(original.headers), original.path, path],
                   check=True, capture_output=True)
    return Run(original, rate, seed, path, packets(path))


def by_hand(run):
    """The commands that repeat a run."""
    return (f"editcap -E {run.rate} --seed {run.seed} -o {run.original.headers} captures/{run.original.path.name} "
            "damaged.pcapng && packaging/demo damaged.pcapng -V")


def requests(run):
    """Loads the damaged capture, asks for its frames, and for the trees of packets that were hit."""
    both = zip(run.original.packets, run.damaged)
    hit = [number for number, (before, after) in enumerate(both, 1) if before != after]
    trees = random.Random(run.seed).sample(hit, min(TREES_MOST, len(hit)))
    columns = ("vt600.checksum", "vt600.checksum.status", "_ws.malformed.expert")
    # sharkd remembers by a filter's text what passed it, also when another file is loaded.
    other_filter = f'vt600 and not frame.comment == "{run.path.name}"'
    return [("load", {"file": str(run.path)}),
            ("frames", {"filter": other_filter, **{f"column{i}": f"{name}:0" for i, name in enumerate(columns)}}),
            *(("frame", {"frame": number, "proto": True}) for number in trees)]


def load_all(sharkd, runs):
    """For each run the frames that are shown. One sharkd loads them all."""
    asked = [request for run in runs for request in requests(run)]
    # The fixture loads the first capture itself.
    answers = sharkd(*asked[1:], capture=runs[0].path, timeout=SECONDS_MOST)
    return [answer for (method, _), answer in zip(asked[1:], answers, strict=True) if method == "frames"]


def failures(sharkd, runs):
    """Those of the runs that fail alone, and how."""
    for run in runs:
        try:
            load_all(sharkd, [run])
        except FAILURES as error:
            yield f"{by_hand(run)}\n{str(error)[-2000:]}"


def shown_as_sound(run, frames, not_hit):
    """How many frames are shown as sound ones, by their checksums.

    Where a packet also has frames without a checksum, which of them are sound is not told: those that may be then.
    """
    counter = Counter()
    for packet in frames:
        checksums, states, malformed = (column.split(",") if column else [] for column in packet["c"])
        assert not malformed, f"packet {packet['num']} is malformed: {by_hand(run)}"
        sound = [state in GOOD for state in states]
        values = [int(checksum, 0) for checksum in checksums]
        if len(values) == len(sound):
            counter.update(itertools.compress(values, sound))
        else:
            counter.update(sorted(values, key=lambda value: value not in not_hit)[:sum(sound)])
    return counter


def missing(run, frames):
    """Of the frames that were not hit, how many are not shown as sound ones, of how many."""
    not_hit = run.original.not_hit(run.damaged)
    return (not_hit - shown_as_sound(run, frames, not_hit)).total(), not_hit.total()


@pytest.mark.slow
@pytest.mark.sanitized
@pytest.mark.parametrize("rate,seed", ROUNDS)
def test_damage_hides_nothing_but_what_it_hit(sharkd, originals, tmp_path, rate, seed):
    tmp_path.chmod(0o755)
    runs = [damage(original, rate, seed, tmp_path) for original in originals]
    try:
        answers = load_all(sharkd, runs)
    except FAILURES as error:
        alone = "\n\n".join(failures(sharkd, runs))
        pytest.fail(alone or f"each run alone is fine, all one after another are not:\n{error}")
    counts = [(*missing(run, frames), by_hand(run)) for run, frames in zip(runs, answers, strict=True)]
    hidden, sound = (sum(column) for column in list(zip(*counts))[:2])
    print(f"{sound} frames were not hit, {hidden} of them are not shown")
    if float(rate) <= COUNTED_RATE:
        most = "\n".join(f"{count} of {total}: {how}" for count, total, how in sorted(counts, reverse=True)[:5])
        assert sound - hidden >= FOUND_LEAST * sound, f"{hidden} of {sound} frames not hit are not shown:\n{most}"


def test_what_is_not_damaged_is_found(sharkd, originals, tmp_path):
    """The reading of the captures here and the plugin's see the same frames, but where TCP hands over less, where a port is
    another dissector's, and where a conversation starts with a part of a frame whose device ID cannot be read."""
    tmp_path.chmod(0o755)
    runs = [Run(original, "0", 0, original.path, original.packets) for original in originals]
    answers = load_all(sharkd, runs)
    hiding = {run.original.path.stem for run, frames in zip(runs, answers, strict=True) if missing(run, frames)[0]}
    assert hiding == {"segments-retransmitted", "segments-swapped", "ports-that-belong-to-others",
                      "claimed-whatever-the-device-id"}
