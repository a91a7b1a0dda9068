# SPDX-License-Identifier: GPL-2.0-or-later
"""Updates whose truth is known: did the tracker get its firmware, why not, whose fault.

Each story is told because of what happened in it, and says so; nothing here is worked out from frames. tests/test_diagnosis.py
compares what the plugin says. The causes and parties are those of the report.
"""

import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "captures"))

import ota  # noqa: E402
import packets  # noqa: E402
import wire  # noqa: E402

PATIENCE, TIMEOUT = 30, 20 * 60
LOGIN, IDENTITY, POSITION = 0x5000, 0x9001, 0x9955
OLD, NEW = b"V1.38", b"V1.40"
FIRST_PORT, PORTS = 36500, 1000


@dataclass
class Truth:
    """What a story is about."""
    device: str
    updated: str
    cause: str = None
    party: str = None
    evidence: set = field(default_factory=set)      # frames that the diagnosis must name
    attempts: int = 1                               # sessions of the device; the truth is that of the last one


class Teller:
    """One device on one server."""

    connections = 0

    def __init__(self, capture, rng, device, *, udp=False):
        self.capture, self.rng, self.device, self.udp = capture, rng, device, udp
        self.content = ota.image(rng.randint(450, 2500), rng.random())
        self.step = rng.choice((64, 128, 200))
        self.connect()

    def chance(self, probability):
        return self.rng.random() < probability

    def connect(self):
        Teller.connections += 1
        high, low = divmod(Teller.connections, PORTS)
        tracker = f"10.{high % 256}.{self.rng.randrange(256)}.{self.rng.randrange(1, 250)}:{FIRST_PORT + low}"
        self.flow = (self.capture.udp if self.udp else self.capture.tcp)(tracker, "192.168.1.1:8500")

    @property
    def frame(self):
        """Number of the packet that was last captured."""
        return len(self.capture.packets)

    def wait(self, seconds):
        self.capture.wait(seconds)

    def ask(self, command, data=b"", **how):
        lost = how.pop("lost", False)
        self.flow.send(">", wire.frame(">", self.device, command, data, **how), **({"lost": True} if lost else {}))
        return self.frame

    def answer(self, command, data=b"", **how):
        lost = how.pop("lost", False)
        self.flow.send("<", wire.frame("<", self.device, command, data, **how), **({"lost": True} if lost else {}))
        return self.frame

    def acknowledge(self, side):
        if not self.udp:
            self.flow.acknowledge(side)

    # Pieces of an update

    def identify(self, version):
        if self.chance(0.5):
            self.ask(wire.TRACKER_INFO)
            return self.answer(wire.TRACKER_INFO, b"\x00\x10" + self.step.to_bytes(2, "big") + version)
        self.ask(IDENTITY)
        return self.answer(IDENTITY, b"12345,123456789012345," + version)

    def login(self):
        self.answer(LOGIN)
        self.ask(0x4000, b"\1")

    def authorize(self, flag=1):
        self.ask(wire.AUTHORIZATION)
        return self.answer(wire.AUTHORIZATION, bytes([flag]))

    def block(self, offset, **how):
        block = self.content[offset:offset + self.step]
        return self.ask(wire.DATA, offset.to_bytes(4, "big") + len(block).to_bytes(2, "big") + block, **how)

    def stored(self, offset, flag=1, **how):
        return self.answer(wire.DATA, offset.to_bytes(4, "big") + bytes([flag]), **how)

    def reconnect(self):
        if not self.udp and self.chance(0.7):
            self.rng.choice((self.flow.close, self.flow.reset))(self.rng.choice("<>"))
        self.wait(self.rng.choice((1, 20, 300)))
        self.connect()
        if self.chance(0.7):
            self.login()

    def offsets(self):
        return list(range(0, len(self.content), self.step))

    def send(self, first=0, end=None):
        """Blocks with small mishaps that decide nothing."""
        for offset in self.offsets()[first:end]:
            mishap = self.rng.choices(("none", "refused", "again", "reconnect", "lapse"), (90, 3, 3, 2, 1))[0]
            if mishap == "reconnect" and offset:
                self.reconnect()
                if self.chance(0.5):
                    self.authorize()
            if mishap == "lapse" and offset:
                self.wait(TIMEOUT + 60)
                self.block(offset)
                self.stored(offset, 0xff)
                self.authorize(0) if self.chance(0.3) else None
                self.authorize()
            self.block(offset)
            if mishap == "refused":
                for _ in range(self.rng.choice((1, 2))):
                    self.stored(offset, 0)
                    self.block(offset)
            elif mishap == "again":
                self.wait(10)
                self.block(offset)
            self.stored(offset)

    def start(self, blocks=None):
        """An update up to some block. blocks: how many; None: all."""
        if self.chance(0.5):
            self.login()
        self.identify(OLD)
        if self.chance(0.1):
            self.authorize(0)
        self.authorize()
        self.send(0, blocks)

    def some(self):
        """Start, and stop before the end."""
        count = self.rng.randrange(1, len(self.offsets()))
        self.start(count)
        return self.offsets()[count]

    def check(self, checksum=None):
        self.ask(wire.DATA_CHECK, (len(self.content) & 0xffff).to_bytes(2, "big"))
        return self.answer(wire.DATA_CHECK, (wire.crc(self.content) if checksum is None else checksum).to_bytes(2, "big"))

    def order(self, flag=1):
        self.ask(wire.START_UPGRADE)
        return self.answer(wire.START_UPGRADE, bytes([flag]))

    def finished(self):
        return self.answer(wire.START_UPGRADE, b"\2")

    def close(self):
        """The connection's end: the frame, and whose."""
        side, number = self.rng.choice("<>"), self.frame + 1
        self.rng.choice((self.flow.close, self.flow.reset))(side)
        return number, "tracker" if side == "<" else "server"

    def truth(self, *args, **more):
        return Truth(self.device, *args, **more)


# The stories. Each is told by a teller and returns its truth. What all have in common: the capture goes on afterwards for
# longer than the patience.

def confirmed(it):
    it.start()
    it.check()
    it.order()
    it.reconnect()
    evidence = {it.finished()} if it.chance(0.5) else set()
    evidence.add(it.identify(NEW))
    return it.truth("confirmed", evidence=evidence, attempts=None)


def confirmed_after_an_unanswered_order(it):
    it.start()
    it.check()
    it.ask(wire.START_UPGRADE)
    it.acknowledge("<")
    it.wait(it.rng.choice((5, 50)))
    it.reconnect()
    return it.truth("confirmed", evidence={it.identify(NEW)}, attempts=None)


def reported(it):
    it.start()
    it.check()
    it.order()
    if it.chance(0.5):
        it.reconnect()
    return it.truth("reported", evidence={it.finished()})


def upgrade_failed(it):
    it.start()
    it.check()
    it.order()
    it.flow.close() if not it.udp else None
    it.wait(60)
    it.connect()
    it.login()
    return it.truth("no", "upgrade-failed", "tracker", {it.identify(OLD)}, attempts=None)


def upgrade_unconfirmed(it):
    it.start()
    it.check()
    number = it.order()
    if it.chance(0.3):
        it.ask(wire.CANCEL)
        it.acknowledge("<")
    return it.truth("unknown", "upgrade-unconfirmed", None, {number})


def denied(it):
    it.identify(OLD)
    evidence = {it.authorize(0) for _ in range(it.rng.choice((1, 2)))}
    return it.truth("no", "authorization-denied", "tracker", evidence)


def denied_in_the_middle(it):
    offset = it.some()
    it.wait(TIMEOUT + 100)
    it.block(offset)
    it.stored(offset, 0xff)
    return it.truth("no", "authorization-denied", "tracker", {it.authorize(0)})


def expired(it):
    offset = it.some()
    it.wait(TIMEOUT + it.rng.choice((1, 1000)))
    it.block(offset)
    return it.truth("no", "authorization-expired", "server", {it.stored(offset, 0xff)})


def lost(it):
    offset = it.some()
    it.wait(it.rng.choice((0, 10, TIMEOUT - 10)))
    it.block(offset)
    return it.truth("no", "authorization-lost", "tracker", {it.stored(offset, 0xff)})


def upgrade_refused(it):
    it.start()
    it.check()
    return it.truth("no", "upgrade-refused", "tracker", {it.order(0xff)})


def unanswered(it):
    offset = it.some()
    evidence = set()
    for _ in range(it.rng.choice((1, 2, 3))):
        number = it.block(offset)
        evidence = {min(evidence | {number}), number}
        it.acknowledge("<")
        it.wait(10)
    it.wait(PATIENCE)
    if it.chance(0.5) and not it.udp:
        it.close()
    return it.truth("no", "unanswered", "tracker", evidence)


def unanswered_order(it):
    it.start()
    it.check()
    number = it.ask(wire.START_UPGRADE)
    it.acknowledge("<")
    return it.truth("unknown", "unanswered", "tracker", {number})


def unanswered_because_of_the_network(it):
    offset = it.some()
    it.acknowledge(">") if it.chance(0.5) else None
    number = it.block(offset)
    return it.truth("no", "unanswered", "network", {number}) if not it.udp else \
        it.truth("no", "unanswered", "tracker", {number})


def server_stopped(it):
    it.some()
    it.acknowledge(">")
    number = it.frame - (not it.udp)
    it.wait(PATIENCE + 5)
    if it.chance(0.5) and not it.udp:
        it.close()
    return it.truth("no", "server-stopped", "server", {number})


def server_stopped_because_of_the_network(it):
    it.some()
    return it.truth("no", "server-stopped", "server" if it.udp else "network", {it.frame})


def closed(it):
    if it.udp:
        return server_stopped(it)
    offset = it.some()
    if it.chance(0.5):
        it.block(offset)
    it.wait(it.rng.choice((0, PATIENCE - 5)))
    number, party = it.close()
    if it.chance(0.3):                  # it comes back, and the server does nothing
        it.wait(20)
        it.connect()
        it.login()
    return it.truth("no", "connection-closed", party, {number})


def block_refused(it):
    offset = it.some()
    evidence = set()
    for _ in range(it.rng.choice((3, 4, 6))):
        it.block(offset)
        evidence.add(it.stored(offset, 0))
    if it.chance(0.3):
        it.ask(wire.CANCEL)
        it.answer(wire.CANCEL, b"\1")
    return it.truth("no", "block-refused", "tracker", evidence)


def frames_damaged(it):
    offset = it.some()
    side = it.rng.choice("<>")
    evidence = []
    for _ in range(it.rng.choice((2, 3))):
        number = it.block(offset, checksum="bad" if side == ">" else "good")
        if side == "<":
            number = it.stored(offset, checksum="bad")
        evidence.append(number)
        it.wait(10)
    return it.truth("no", "frames-damaged", "server" if side == ">" else "tracker", {evidence[0], evidence[-1]})


def image_incomplete(it):
    missing = it.some()
    for offset in it.offsets():
        if offset > missing:
            it.block(offset)
            it.stored(offset)
    return it.truth("no", "image-incomplete", "server", {it.check(0x1234)})


def checksum_differs(it):
    it.start()
    checksum = wire.crc(it.content) ^ 0x5a5a
    return it.truth("no", "checksum-differs", None, {it.check(checksum)})


def cancelled(it):
    it.some() if it.chance(0.8) else it.start()
    it.wait(it.rng.choice((0, 100)))
    number = it.ask(wire.CANCEL)
    if it.chance(0.7):
        it.answer(wire.CANCEL, b"\1")
    return it.truth("no", "cancelled", "server", {number})


def cancelled_after_silence(it):
    offset = it.some()
    number = it.block(offset)
    it.acknowledge("<")
    it.wait(PATIENCE + it.rng.choice((1, 60)))
    it.ask(wire.CANCEL)
    if it.chance(0.5):
        it.answer(wire.CANCEL, b"\1")
    return it.truth("no", "unanswered", "tracker", {number})


def second_attempt(it):
    """What went before is another session, and decides nothing."""
    it.some()
    it.ask(wire.CANCEL)
    it.answer(wire.CANCEL, b"\1")
    it.wait(3600)
    it.authorize()
    it.send()
    it.check()
    it.order()
    return it.truth("reported", evidence={it.finished()}, attempts=2)


def bytes_lost_by_the_capture(it):
    if it.udp:
        return server_stopped(it)
    offset = it.some()
    it.block(offset, lost=True)
    it.stored(offset, lost=True)
    last = it.frame
    it.acknowledge(">")
    return it.truth("unknown", "capture-incomplete", "capture", {last})


STORIES = [confirmed, confirmed_after_an_unanswered_order, reported, upgrade_failed, upgrade_unconfirmed, denied,
           denied_in_the_middle, expired, lost, upgrade_refused, unanswered, unanswered_order,
           unanswered_because_of_the_network, server_stopped, server_stopped_because_of_the_network, closed, block_refused,
           frames_damaged, image_incomplete, checksum_differs, cancelled, cancelled_after_silence, second_attempt,
           bytes_lost_by_the_capture]


def running(it):
    """The last story of a capture: it ends in the middle."""
    it.some()
    return it.truth("running", "capture-ended", "capture", {it.frame})


def told(seed, count):
    """(a capture's bytes, the truths of its stories)."""
    rng = random.Random(seed)
    capture = packets.Capture()
    truths = []
    Teller.connections = 0
    for number in range(count):
        it = Teller(capture, rng, f"{1000 + seed % 9000}{number:05}", udp=rng.random() < 0.2)
        truths.append(rng.choice(STORIES)(it))
        it.wait(PATIENCE + 1 + rng.choice((0, 60)))
    it = Teller(capture, rng, f"{1000 + seed % 9000}99999")
    truths.append(running(it))
    return capture.pcapng(), truths


def told_one_sided(seed, count, only):
    """The same, of which the capture has one direction alone: nothing can be told of any, but of what was cancelled."""
    rng = random.Random(seed)
    capture = packets.Capture(only=only)
    truths = []
    for number in range(count):
        it = Teller(capture, rng, f"7{number:08}")
        it.start()
        it.wait(PATIENCE + 1)
        truths.append(it.truth("unknown", "capture-incomplete", "capture"))
    return capture.pcapng(), truths
