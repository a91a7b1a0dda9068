# SPDX-License-Identifier: GPL-2.0-or-later
"""A server and trackers that play OTAs over real sockets on loopback, with all that befalls them.

Knows the order of the commands, keeps what came of each OTA, and starts a tshark that captures it. Knows nothing of what
that one shows. Only one side speaks at a time, and who drops a connection does so while the other one waits; so what was
sent is what a capture must have.
"""

import asyncio
import contextlib
import hashlib
import random
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "captures"))

import ota  # noqa: E402
import wire  # noqa: E402

LOGIN, LOGIN_CONFIRM, POSITION = 0x5000, 0x4000, 0x9955
POSITION_TEXT = b"014045.000,A,3139.6673,N,11801.8300,E,0.00,0,061112,,*34|1"
STORED, REFUSED, UPGRADING, FINISHED = b"\1", b"\0", b"\1", b"\2"
# No other protocol is known by these ports. A capture tells the players of one run by their server's.
SERVER_PORTS, TRACKER_PORTS = range(36500, 36600), range(36600, 37500)
ANSWER_SECONDS = 2              # then a block is sent again
RECONNECT_SECONDS = 0.02        # the same frame in another stream at once is one that was captured twice
LOST_SECONDS = 60               # nothing takes so long: the players themselves are broken

# What happens at a block, once. The first two blocks are spared: a session that has nothing cannot be continued.
INCIDENTS = ("tracker drops", "tracker drops inside the answer", "tracker resets", "server drops inside the block",
             "silence", "refused", "refused twice", "position")
ENDS = ("Completed", "Completed", "Completed", "Completed on a new connection", "Cancelled", "Refused", "Transferring")


class Dropped(Exception):
    """The connection is no more, as was planned."""


class Line:
    """One end of a connection. `sent` is counted for all of them."""

    sent = 0                    # whole frames

    def __init__(self, reader, writer, side, device, rng, pace):
        self.reader, self.writer, self.side, self.device, self.rng, self.pace = reader, writer, side, device, rng, pace

    async def say(self, command, data=b""):
        """A frame, sometimes in two segments or after a heartbeat."""
        if self.pace:
            await asyncio.sleep(self.pace)
        frame = wire.frame(self.side, self.device, command, data)
        Line.sent += 1
        if command not in (LOGIN, LOGIN_CONFIRM) and self.rng.random() < 0.1:
            if self.side == "<" and self.rng.random() < 0.5:
                frame = b"\0" + frame
            cut = self.rng.randrange(1, len(frame))
            await self.push(frame[:cut])
            frame = frame[cut:]
        await self.push(frame)

    async def push(self, data):
        self.writer.write(data)
        await self.writer.drain()
        await asyncio.sleep(0.001)

    async def say_half(self, command, data):
        """Not a whole frame; and that was it."""
        frame = wire.frame(self.side, self.device, command, data)
        await self.push(frame[:len(frame) // 2])
        self.hang_up()

    def hang_up(self, reset=False):
        if reset:
            end = self.writer.get_extra_info("socket")
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        self.writer.close()
        raise Dropped

    async def hear(self, seconds=LOST_SECONDS):
        """(command, data) of the other side's next frame. Dropped: there is none any more."""
        async def frame():
            header = await self.reader.readexactly(1)
            if header == b"\0":
                return await frame()
            header += await self.reader.readexactly(3)
            rest = await self.reader.readexactly(int.from_bytes(header[2:], "big") - len(header))
            self.device = self.device or rest[:wire.DEVICE_ID_LEN].hex().rstrip("f")
            return int.from_bytes(rest[7:9], "big"), rest[9:-4]
        try:
            return await asyncio.wait_for(frame(), seconds)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.writer.close()
            raise Dropped from None

    async def answer(self, command, seconds=LOST_SECONDS):
        """The data of the answer to this command; what else the tracker says is passed over."""
        while True:
            said, data = await self.hear(seconds)
            if said == command:
                return data


class Campaign:
    """The OTA of one device: what is planned, and what came of it."""

    def __init__(self, number, seed):
        rng = self.rng = random.Random(f"{seed}-{number}")
        self.device = f"1011309{number:05}"
        self.step = rng.choice((64, 128, 500, 1024))
        self.content = ota.image(self.step * rng.randint(8, 60) - rng.randint(0, self.step - 1), f"{seed}-{number}")
        self.blocks = list(ota.blocks(self.content, self.step))
        self.end = ENDS[number % len(ENDS)] if number < len(ENDS) else rng.choice(ENDS)
        places = rng.sample(range(2, len(self.blocks)), rng.choice((0, 1, 2, 5)))
        self.incidents = {place: rng.choice(INCIDENTS) for place in places}
        self.stop = rng.randrange(3, len(self.blocks)) if self.end in ("Cancelled", "Transferring") else None
        if self.stop:
            self.incidents.pop(self.stop, None)
        self.next = 0               # the block that is sent next
        self.sent, self.stored = {}, {}         # {block: how often it was sent}, {block: its length}
        self.retries = self.naks = 0
        self.upgrading = self.over = False

    def incident(self, block, *kinds):
        """Whether one of these happens at this block, now."""
        return self.incidents.get(block) in kinds and self.incidents.pop(block)

    def expected(self):
        """What the report should say of it."""
        whole = self.end.startswith("Completed")
        return {
            "device_id": self.device,
            "state": self.end.split()[0],
            "bytes_sent": sum(len(self.blocks[block][1]) for block in self.sent),
            "bytes_acked": sum(self.stored.values()),
            "bytes_total": len(self.content) if whole else None,
            "blocks_acked": len(self.stored),
            "retries": self.retries,
            "naks": self.naks,
            "damaged_frames": 0,
            "gaps": [],
            "image_sha256": hashlib.sha256(self.content).hexdigest() if whole else None,
        }


class Server:
    def __init__(self, pace=0):
        self.campaigns, self.pace, self.faults = {}, pace, []

    async def serve(self, reader, writer):
        """A connection, until it ends."""
        line = Line(reader, writer, ">", None, random.Random(0), self.pace)
        try:
            await line.hear()
            campaign = self.campaigns[line.device]
            line.rng = campaign.rng
            await line.say(LOGIN_CONFIRM)
            await self.update(line, campaign)
        except Dropped:
            pass
        except Exception as error:      # asyncio would keep it to itself
            self.faults.append(error)
        writer.close()

    async def update(self, line, campaign):
        if campaign.upgrading:
            await line.answer(wire.START_UPGRADE)
            campaign.over = True
            return
        if not campaign.next:
            await line.say(wire.TRACKER_INFO)
            await line.answer(wire.TRACKER_INFO)
        await line.say(wire.AUTHORIZATION)
        if await line.answer(wire.AUTHORIZATION) == REFUSED:
            campaign.over = True
            return
        while campaign.next < len(campaign.blocks):
            if campaign.next == campaign.stop:
                campaign.over = True
                if campaign.end == "Cancelled":
                    await line.say(wire.CANCEL)
                    await line.answer(wire.CANCEL)
                return
            await self.block(line, campaign)
        await line.say(wire.DATA_CHECK, (len(campaign.content) & 0xffff).to_bytes(2, "big"))
        await line.answer(wire.DATA_CHECK)
        campaign.upgrading = True
        await line.say(wire.START_UPGRADE)
        await line.answer(wire.START_UPGRADE)
        await line.answer(wire.START_UPGRADE)
        campaign.over = True

    @staticmethod
    async def block(line, campaign):
        """Sends the next block, once."""
        offset, content = campaign.blocks[campaign.next]
        data = offset.to_bytes(4, "big") + len(content).to_bytes(2, "big") + content
        if campaign.incident(campaign.next, "server drops inside the block"):
            await line.say_half(wire.DATA, data)
        campaign.retries += campaign.next in campaign.sent
        campaign.sent[campaign.next] = campaign.sent.get(campaign.next, 0) + 1
        await line.say(wire.DATA, data)
        try:
            answer = b""
            while answer[:4] != data[:4]:
                answer = await line.answer(wire.DATA, ANSWER_SECONDS)
        except asyncio.TimeoutError:
            return
        campaign.next += answer[4:] == STORED


class Tracker:
    def __init__(self, server, campaign, pace=0):
        self.server, self.campaign, self.pace = server, campaign, pace
        number = int(campaign.device[-5:])
        self.address = f"127.0.{1 + number // 200}.{1 + number % 200}"      # all of them are loopback's
        self.ports = iter(TRACKER_PORTS)

    async def connect(self):
        """From a port that was not used before."""
        with socket.socket() as end:
            end.setblocking(False)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            end.bind((self.address, next(self.ports)))
            await asyncio.get_running_loop().sock_connect(end, self.server)
            reader, writer = await asyncio.open_connection(sock=end.dup())
        return Line(reader, writer, "<", self.campaign.device, self.campaign.rng, self.pace)

    async def live(self):
        """Connects again and again, until its OTA is over."""
        while not self.campaign.over:
            line = await self.connect()
            with contextlib.suppress(Dropped):
                await line.say(LOGIN, b"")
                await line.hear()
                if self.campaign.upgrading:
                    await line.say(wire.START_UPGRADE, FINISHED)
                while True:
                    await self.reply(line, *await line.hear())
            line.writer.close()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def reply(self, line, command, data):
        campaign = self.campaign
        if command == wire.TRACKER_INFO:
            await line.say(command, b"\x00\x10" + campaign.step.to_bytes(2, "big") + b"V1.38")
        elif command == wire.AUTHORIZATION:
            await line.say(command, REFUSED if campaign.end == "Refused" else STORED)
        elif command == wire.DATA:
            await self.take(line, data)
        elif command == wire.DATA_CHECK:
            await line.say(command, wire.crc(campaign.content).to_bytes(2, "big"))
        elif command == wire.START_UPGRADE:
            await line.say(command, UPGRADING)
            if campaign.end == "Completed on a new connection":
                line.hang_up()
            await line.say(command, FINISHED)
        elif command == wire.CANCEL:
            await line.say(command, STORED)

    async def take(self, line, data):
        """A block."""
        campaign, number = self.campaign, int.from_bytes(data[:4], "big") // self.campaign.step
        incident = campaign.incident(number, *INCIDENTS)
        if incident in ("tracker drops", "tracker resets"):
            line.hang_up(reset=incident == "tracker resets")
        if incident == "tracker drops inside the answer":
            await line.say_half(wire.DATA, data[:4] + STORED)
        if incident == "silence":
            return
        if incident == "position":
            await line.say(POSITION, POSITION_TEXT)
        if incident in ("refused", "refused twice"):
            campaign.naks += 1
            if incident == "refused twice":
                campaign.incidents[number] = "refused"
            await line.say(wire.DATA, data[:4] + REFUSED)
            return
        campaign.stored[number] = len(data) - 6
        await line.say(wire.DATA, data[:4] + STORED)


class Stage:
    """The server, listening; and any number of OTAs."""

    def __init__(self, seed, pace=0):
        self.seed, self.server, self.pace = seed, Server(pace), pace
        self.count = 0

    async def __aenter__(self):
        for port in SERVER_PORTS:
            try:
                self.listener = await asyncio.start_server(self.server.serve, "127.0.0.1", port)
                break
            except OSError:             # somebody else has it
                continue
        self.address = self.listener.sockets[0].getsockname()
        return self

    async def __aexit__(self, *_):
        self.listener.close()

    async def one(self):
        """A whole OTA. Returns its Campaign."""
        campaign = Campaign(self.count, self.seed)
        self.count += 1
        self.server.campaigns[campaign.device] = campaign
        await Tracker(self.address, campaign, self.pace).live()
        if self.server.faults:
            raise self.server.faults[0]
        return campaign

    async def knock(self):
        """A connection on which nothing is said."""
        _, writer = await asyncio.open_connection(*self.address)
        writer.close()
        await writer.wait_closed()


class Capture:
    """tshark on loopback: it dissects what it captures, prints a line a packet at once, and at the end what -z says.

    may() says whether there is the right to do so; None, or why not.
    """

    LOST_SECONDS = 60           # until what was sent has been shown, or tshark has ended

    def __init__(self, command, port, *args):
        self.command = [*command, "-i", "lo", "-f", f"tcp port {port}", "-B", "64", "-l", *map(str, args)]
        self.lines = []

    @staticmethod
    def may(command):
        run = subprocess.run([*command, "-i", "lo", "-f", "tcp port 9", "-a", "duration:1", "-w", "/dev/null"],
                             capture_output=True, text=True, check=False)
        return None if run.returncode == 0 else (run.stderr.strip() or f"exit status {run.returncode}").splitlines()[0]

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(*self.command, stdout=subprocess.PIPE,
                                                            stderr=subprocess.PIPE)
        self.reading = asyncio.gather(self.read(), self.process.stderr.read())
        return self

    async def read(self):
        while line := await self.process.stdout.readline():
            self.lines.append(line.decode().rstrip("\n"))

    async def begun(self, knock):
        """Knocks until a packet shows that it captures."""
        for _ in range(self.LOST_SECONDS * 10):
            if self.lines:
                return
            if self.process.returncode is not None:
                raise RuntimeError(f"tshark has ended:\n{await self.stop()}")
            await knock()
            await asyncio.sleep(0.1)
        raise RuntimeError(f"tshark shows no packet within {self.LOST_SECONDS} seconds")

    async def until(self, true):
        """Until it is true of the lines so far; false where it does not become so."""
        for _ in range(self.LOST_SECONDS * 20):
            if true(self.lines):
                return True
            if self.process.returncode is not None:
                break
            await asyncio.sleep(0.05)
        return true(self.lines)

    async def stop(self):
        """What tshark says on standard error."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        _, said = await asyncio.wait_for(self.reading, self.LOST_SECONDS)
        await self.process.wait()
        return said.decode()

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
