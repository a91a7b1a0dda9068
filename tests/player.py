# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays random OTAs into one capture, and keeps what was said in which packet.

Knows what can happen to an OTA, and how often it should. What comes of it the model says.
"""

import dataclasses
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "captures"))

import ota  # noqa: E402
import packets  # noqa: E402
import wire  # noqa: E402
from model import Frame  # noqa: E402

MINUTE = 60
FIRST_PORT, PORTS = 36500, 1000
SERVERS = ("192.168.1.1:8500", "192.168.1.1:8501", "192.168.7.1:8500", "192.168.9.9:8510")


class Place:
    """A conversation."""

    def __init__(self, world, server, tracker, udp):
        self.server = server
        self.udp = udp
        self.begin_seen = not udp and world.capture.only is None
        self.missing = {"<": False, ">": False}     # bytes of this side that the capture lost so far
        self.lost = False                           # and a later packet shows it
        self.flow = (world.capture.udp if udp else world.capture.tcp)(tracker, server)
        world.note()


class World:
    """A capture in the making."""

    def __init__(self, seed, *, only=None):
        self.rng = random.Random(seed)
        self.capture = packets.Capture(only=only)
        self.said = []                  # for each packet: [(frame, place)]
        self.connections = 0

    def note(self, frames=()):
        """All packets since the last time said nothing, but for the last one."""
        new = len(self.capture.packets) - len(self.said)
        self.said += [[] for _ in range(new)]
        if new and frames:
            self.said[-1] = list(frames)

    def connect(self, server, udp):
        """From an address and a port that were not used before; no other protocol is known by these ports."""
        self.connections += 1
        high, low = divmod(self.connections, PORTS)
        return Place(self, server, f"10.{high}.{self.rng.randrange(256)}.{self.rng.randrange(1, 250)}:{FIRST_PORT + low}", udp)

    def say(self, place, messages, *, lost=False):
        """One packet or more of one side: [(Frame or None, bytes)]."""
        flow, side, rng = place.flow, messages[0][2], self.rng
        lost = lost or ()
        data = b"".join(message[1] for message in messages)
        if place.udp:
            flow.send(side, data, lost=bool(lost))
            self.note([(message[0], place) for message in messages if message[0]])
            return
        if lost:
            place.missing[side] = True
        elif place.missing[side] and self.capture.only in (None, side):
            place.lost = True
        messages = [(message[0] and dataclasses.replace(message[0], lost=place.lost), *message[1:]) for message in messages]
        frames = [(message[0], place) for message in messages if message[0]]
        if lost or len(data) > packets.SEGMENT_MAX or rng.random() < 0.95:
            flow.send(side, data, lost=lost)
            self.note(frames) if len(messages) == 1 else self.note_segments(messages, place, packets.SEGMENT_MAX)
        else:
            segment = rng.choice((7, 16, 50, 200))
            flow.send(side, data, segment=segment)
            self.note_segments(messages, place, segment)
        if not lost and rng.random() < 0.02:
            flow.again(side)            # TCP's own repetition: nothing new is said
            self.note()

    def note_segments(self, messages, place, segment):
        """Each frame is in the packet that has its last byte."""
        first = len(self.said)
        self.note()
        end = 0
        for frame, data, _ in messages:
            end += len(data)
            if frame and first + (end - 1) // segment < len(self.said):
                self.said[first + (end - 1) // segment].append((frame, place))

    def swap(self):
        """The last two packets stand in the other order."""
        self.capture.swap()
        self.said[-2:] = self.said[:-3:-1]

    def play(self, count, together=5):
        """Random OTAs, some of them at the same time."""
        stories = []
        while count or stories:
            while count and len(stories) < together:
                stories += self.stories(count)
                count -= 1
            story = self.rng.choice(stories)
            for _ in range(self.rng.choice((1, 2, 8, 30))):
                if next(story, story) is story:
                    stories.remove(story)
                    break
        return self

    def stories(self, number):
        """An OTA; or two, of two devices on one connection or of one number on two servers."""
        rng = self.rng
        server, udp, device = rng.choice(SERVERS), rng.random() < 0.25, f"{1011309 + number}{rng.randrange(10 ** 4)}"
        story = Story(self, server, device, self.connect(server, udp))
        told = [story.tell()]
        chance = rng.random()
        if chance < 0.1:
            told.append(Story(self, server, device + "7", story.place).tell())
        elif chance < 0.2:
            server = SERVERS[(SERVERS.index(server) + 1) % len(SERVERS)]
            told.append(Story(self, server, device, self.connect(server, udp)).tell())
        return told


class Story:
    """One device, and all that befalls it."""

    def __init__(self, world, server, device, place):
        self.world, self.rng, self.server, self.device, self.place = world, world.rng, server, device, place
        self.first = True               # nothing was said in this place: it could not be told from other traffic
        self.settled = False            # a sound block was said in this place

    def chance(self, probability):
        return self.rng.random() < probability

    # Single frames

    def ask(self, kind, command, data=b"", **what):
        damaged = what.get("damaged", False)
        return (Frame(">", self.device, kind, **what),
                wire.frame(">", self.device, command, data, checksum="bad" if damaged else "good"), ">")

    def answer(self, kind, command, data=b"", **what):
        return Frame("<", self.device, kind, **what), wire.frame("<", self.device, command, data), "<"

    def say(self, *messages, lost=False):
        self.world.say(self.place, messages, lost=lost)
        if not lost:
            self.first = False

    def pause(self, seconds):
        self.world.capture.wait(seconds)

    def reconnect(self):
        if not self.place.udp and self.chance(0.5):
            self.place.flow.close() if self.chance(0.5) else self.place.flow.reset()
            self.world.note()
        self.place = self.world.connect(self.server, self.place.udp)
        self.first, self.settled = True, False

    def position(self):
        self.say((Frame("<", self.device, "position"), wire.frame("<", self.device, 0x9955, b"014045.000,A,3139.6673,N,11801.8300,E,0.00,0,061112,,*34|1"), "<"))

    # Pieces of an OTA. Each yields where something else may happen in between.

    def query(self):
        for _ in range(1 if self.chance(0.8) else 2):
            self.say(self.ask("query", wire.TRACKER_INFO))
            yield
        if self.chance(0.9):
            self.say(self.answer("info", wire.TRACKER_INFO, b"\x00\x10\x20\x00V1.38"), lost=self.chance(0.05))
            yield

    def authorize(self, denied=False):
        for _ in range(1 if self.chance(0.85) else 2):
            self.say(self.ask("authorize", wire.AUTHORIZATION), lost=self.chance(0.04))
            yield
        if self.chance(0.92):
            self.say(self.answer("denied" if denied else "granted", wire.AUTHORIZATION, b"\0" if denied else b"\1"))
            yield

    def block(self, offset, block, **what):
        data = offset.to_bytes(4, "big") + len(block).to_bytes(2, "big") + block
        return self.ask("block", wire.DATA, data, offset=offset, block=block, **what)

    def reply(self, offset, kind="stored"):
        flag = {"stored": b"\1", "nak": b"\0", "unauthorized": b"\xff"}[kind]
        return self.answer(kind, wire.DATA, offset.to_bytes(4, "big") + flag, offset=offset)

    def transfer(self, offset, block):
        """A block until it is stored, or is given up."""
        incident = self.rng.choices(
            ("none", "request lost", "answer lost", "unanswered", "refused", "damaged", "stored though damaged", "twice",
             "swapped", "joined", "late", "given up", "position"),
            (70, 2, 2, 2, 3, 1, 0.3, 2, 2, 1, 2, 0.5, 1))[0]
        request, stored = self.block(offset, block), self.reply(offset)
        if incident == "swapped" and not self.place.udp:
            incident = "none"           # a request after its answer is a spurious retransmission to TCP
        if self.first and incident == "request lost" or not self.settled and "damaged" in incident:
            incident = "none"
        self.settled |= incident != "request lost"
        if incident == "given up":
            self.say(request)
            return
        if incident == "request lost":
            self.say(request, lost=True)
        elif incident in ("unanswered", "refused", "damaged", "stored though damaged"):
            damaged = "damaged" in incident
            for _ in range(self.rng.choice((1, 1, 2))):
                self.say(self.block(offset, block, damaged=True) if damaged else request)
                yield
                if incident in ("refused", "damaged"):
                    self.say(self.reply(offset, "nak"))
                    yield
                self.pause(self.rng.choice((0, 10, 60)))
            if incident != "stored though damaged":
                self.say(request)
        elif incident == "twice":
            self.say(request)
            yield
            self.say(request)
            yield
            self.say(stored)
        elif incident == "joined":
            self.say(request, request)
        elif incident == "position":
            self.position()
            self.say(request)
        else:
            self.say(request)
        if incident != "swapped":
            yield
        before = len(self.world.said)
        self.say(stored, lost=incident == "answer lost")
        if incident == "swapped" and len(self.world.said) == before + 1:
            self.world.swap()
        yield
        if incident == "late":
            self.say(request)
            yield
            self.say(stored)
            yield

    def change(self, content, end):
        """A block that was sent comes again with some other bytes, anywhere and of any length below end."""
        offset = self.rng.randrange(end)
        length = self.rng.randint(1, min(1000, end - offset))
        block = bytearray(content[offset:offset + length])
        block[self.rng.randrange(length)] ^= 0x55
        if self.first:
            return
        request = self.block(offset, bytes(block))
        self.say(request)
        yield
        if self.chance(0.6):
            self.say(self.reply(offset))
            yield

    def blocks(self, content):
        """[(offset, block)] in the order of their sending."""
        rng, plan = self.rng, []
        longest = rng.choice((64, 128, 128, 500, 1024, 1400)) if len(content) < 20000 else rng.choice((1024, 4096, 8000))
        mixed, at = self.chance(0.3), 0
        while at < len(content):
            length = rng.randint(1, longest) if mixed else longest
            plan.append((at, content[at:at + length]))
            at += length if self.chance(0.98) else rng.randint(1, length)       # the next one overlaps
        order = rng.random()
        if order < 0.1:
            rng.shuffle(plan)
        elif order < 0.15:
            plan.reverse()
        elif order < 0.25:
            plan = [block for block in plan if self.chance(0.9)]
        return plan

    def check(self, content):
        rng = self.rng
        length = len(content) if self.chance(0.9) else max(1, len(content) + rng.choice((-1, 1, 64, -500, 1000)))
        self.say(self.ask("check", wire.DATA_CHECK, (length & 0xffff).to_bytes(2, "big"), number=length & 0xffff),
                 lost=self.chance(0.05))
        yield
        if self.chance(0.9):
            crc = wire.crc(content) if self.chance(0.8) else rng.randrange(65536)
            self.say(self.answer("checksum", wire.DATA_CHECK, crc.to_bytes(2, "big"), number=crc))
            yield

    def upgrade(self):
        self.say(self.ask("upgrade", wire.START_UPGRADE))
        yield
        if self.chance(0.1):
            self.say(self.answer("forbidden", wire.START_UPGRADE, b"\xff"))
            yield
            return
        if self.chance(0.9):
            self.say(self.answer("upgrading", wire.START_UPGRADE, b"\1"))
            yield
        if self.chance(0.2):
            self.pause(self.rng.choice((30, 25 * MINUTE)))
        if self.chance(0.4):
            self.reconnect()
        if self.chance(0.8):
            for _ in range(1 if self.chance(0.8) else 2):
                self.say(self.answer("finished", wire.START_UPGRADE, b"\2"))
                yield

    def cancel(self):
        self.say(self.ask("cancel", wire.CANCEL))
        yield
        if self.chance(0.8):
            self.say(self.answer("cancelled", wire.CANCEL, b"\1"))
            yield

    def come_back(self):
        """The connection dropped."""
        self.reconnect()
        if self.chance(0.3):
            yield from self.query()
        if self.chance(0.5):
            yield from self.authorize()

    def send(self, content):
        """All blocks. Returns whether the attempt goes on after them."""
        plan = self.blocks(content)
        rng, at, end = self.rng, 0, 0
        often = min(0.5, 1.5 / len(plan)) if plan else 0         # an incident or so each attempt
        while at < len(plan):
            if self.chance(often):
                incident = rng.choices(("drop", "pause", "idle", "again", "cancel", "unauthorized", "other", "authorize"),
                                       (30, 20, 3, 5, 4, 5, 20, 3))[0]
                if incident == "drop":
                    yield from self.come_back()
                elif incident == "pause":
                    self.pause(rng.choice((1, 60, 10 * MINUTE)))
                elif incident == "idle":
                    self.pause(rng.choice((20 * MINUTE + 1, 25 * MINUTE, 90 * MINUTE)))
                elif incident == "again":
                    at = 0
                elif incident == "cancel":
                    yield from self.cancel()
                    return False
                elif incident == "unauthorized" and not self.first:
                    offset, block = plan[at]
                    self.say(self.block(offset, block))
                    yield
                    self.say(self.reply(offset, "unauthorized"))
                    yield
                    if self.chance(0.3):
                        return False
                    yield from self.authorize()
                    at = 0 if self.chance(0.5) else at
                elif incident == "other" and end:
                    yield from self.change(content, end)
                elif incident == "authorize":
                    yield from self.authorize()
            yield from self.transfer(*plan[at])
            end = max(end, plan[at][0] + len(plan[at][1]))
            at += 1
        return True

    def tell(self):
        rng = self.rng
        for _ in range(rng.choices((1, 2, 3), (70, 20, 10))[0]):
            size = rng.choices((rng.randint(1, 600), rng.randint(600, 6000), rng.randint(6000, 60000),
                                rng.randint(65500, 65600), rng.randint(66000, 200000)), (30, 50, 14, 3, 3))[0]
            content = ota.image(size, rng.random())
            if self.chance(0.8):
                yield from self.query()
            if self.chance(0.07):
                yield from self.authorize(denied=True)
                continue
            if self.chance(0.9):
                yield from self.authorize()
            goes_on = yield from self.send(content)
            if not goes_on:
                continue
            if self.chance(0.1):
                yield from self.come_back()
            if self.chance(0.85):
                yield from self.check(content)
            if self.chance(0.1):
                yield from self.come_back()
            if self.chance(0.8):
                yield from self.upgrade()
            self.pause(rng.choice((0, 30, 3600)) if self.chance(0.3) else 0)
