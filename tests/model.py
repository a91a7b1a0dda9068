# SPDX-License-Identifier: GPL-2.0-or-later
"""What an OTA session is, once more: a plain model that the plugin is compared with.

Written from the rules of what a session is (one image sent to one device, from the query or authorization that opens it to its
outcome); it shares nothing with the plugin. Frames in the order of the capture go in; what each of them should show comes out.

Where the rules say nothing, this is what the model takes for right:

- An answer about a block is about its latest sending that the capture has; seen before any sending, it is about the next one.
- Granted, block and answers to blocks keep an authorization alive; info, check and upgrade do not.
- What the tracker does shows that a session that was refused or had expired goes on; what the server asks does not.
- An answer whose request the capture lacks stands for the request. An answer to a request that was answered before stands for
  nothing.
- An authorization holds until an end, also when the server begins again at offset 0.
- A block at offset 0 opens another session where the capture does not show how the latest one began.
- Where TCP lost bytes, nobody is accused of what may be in them.
"""

from dataclasses import dataclass, field

import wire

STATES = ("Queried Authorizing Authorized Transferring Checking Checked Upgrading Completed Cancelling Cancelled Refused "
          "Expired").split()
(QUERIED, AUTHORIZING, AUTHORIZED, TRANSFERRING, CHECKING, CHECKED, UPGRADING, COMPLETED, CANCELLING, CANCELLED, REFUSED,
 EXPIRED) = range(len(STATES))
ACTIVE = (AUTHORIZED, TRANSFERRING, CHECKING, CHECKED)      # in these an authorization can lapse
LOST = (REFUSED, EXPIRED)               # what the tracker does can show that it goes on after all
MINUTE = 60 * 1000000                # microseconds, as all times here
TIMEOUT = 20 * MINUTE

EXPERTS = ("gap overlap retry nak refused expired completed cancelled length_mismatch unauthorized_data "
           "upgrade_unchecked upgrade_mismatch left").split()

ANSWERS = {"info": "query", "granted": "authorize", "denied": "authorize", "stored": "block", "nak": "block",
           "unauthorized": "block", "checksum": "check", "upgrading": "upgrade", "forbidden": "upgrade", "finished": "upgrade",
           "cancelled": "cancel"}
BLOCKS = ("block", "stored", "nak", "unauthorized")


@dataclass
class Frame:
    """An OTA frame as it was said."""
    side: str
    device: str
    kind: str                           # what it is to a session: query, info, authorize, granted, denied, block, ...
    offset: int = 0
    block: bytes = b""
    number: int = 0                     # length or checksum of an image
    damaged: bool = False
    lost: bool = False                  # the capture shows by now that it lost bytes of the conversation


@dataclass
class Shown:
    """What a frame shows of its session."""
    session: "Session" = None
    number: int = 0                     # of the session, as far as the frame itself can tell
    state: int = 0
    bytes_sent: int = 0
    bytes_acked: int = 0
    blocks_acked: int = 0
    retries: int = 0
    total: int = 0                      # 0: not known yet
    continued_from: int = 0             # 0: from nowhere
    packet: int = 0
    side: str = ""
    kind: str = ""
    later: dict = field(default_factory=dict)       # what a second pass shows instead
    later_state: int = None
    experts: set = field(default_factory=set)


class Image:
    """A byte of `sent`, `acked` and `known` for each byte of the image."""

    def __init__(self):
        self.sent, self.acked, self.known, self.content = bytearray(), bytearray(), bytearray(), bytearray()

    def reach(self, end):
        for part in (self.sent, self.acked, self.known, self.content):
            part.extend(bytes(max(0, end - len(part))))

    @staticmethod
    def end(part):
        return part.rfind(1) + 1

    def send(self, offset, block):
        """Whether other content was known before."""
        end = offset + len(block)
        self.reach(end)
        changed = False
        for i in range(offset, end) if self.known.find(1, offset, end) >= 0 else ():
            changed |= self.known[i] == 1 and self.content[i] != block[i - offset]
        if self.known.find(1, offset, end) < 0:
            self.content[offset:end] = block
        else:
            for i in range(offset, end):
                if not self.known[i]:
                    self.content[i] = block[i - offset]
        self.sent[offset:end] = self.known[offset:end] = b"\1" * len(block)
        return changed

    def acknowledge(self, offset, block):
        """block: what the tracker stored, or how many bytes of unknown content."""
        length = block if isinstance(block, int) else len(block)
        self.reach(offset + length)
        self.acked[offset:offset + length] = b"\1" * length
        if not isinstance(block, int):
            self.content[offset:offset + length] = block

    def export(self):
        """All up to the last acknowledged byte, with 0xff for what is missing; and whether nothing is."""
        end = self.end(self.acked)
        there = bytes(a & k for a, k in zip(self.acked[:end], self.known[:end]))
        whole = there.find(0) < 0
        content = self.content[:end] if whole else bytes(c if t else 0xff for c, t in zip(self.content, there))
        return bytes(content), whole


@dataclass
class Request:
    """The latest sending of a request."""
    session: "Session"
    packet: int
    answered: bool = False


class Session:
    def __init__(self, number, frame):
        self.number = number
        self.device = frame.device
        self.state = QUERIED
        self.place = None               # the conversation of its last frame
        self.last_frame = 0
        self.image = Image()
        self.sendings = {}              # offset: block as last sent
        self.damaged_sendings = {}      # offset: length of one that only came damaged
        self.told = set()               # offsets acknowledged
        self.early = set()              # those of them whose block the capture did not have yet
        self.blocks_acked = self.retries = 0
        self.announced = None
        self.proven = 0
        self.last_data = None
        self.authorized = False         # an authorization was seen
        self.beginning_seen = False
        self.sides = set()              # whose frames it has
        self.check_seen = self.checksum_seen = self.cancel_seen = self.refused_since = self.going = self.finished = False
        self.mismatch = False           # the tracker's checksum is not the image's
        self.leg = None                 # frames since a new authorization: (what was before, [Shown])
        self.frames = 0
        self.lossy = False              # bytes of its conversations are missing

    @property
    def has_block(self):
        return bool(self.sendings or self.told)

    @property
    def at_end(self):
        return self.cancel_seen or self.finished or self.going or (self.check_seen and not self.refused_since)

    @property
    def total(self):
        if self.announced is not None:
            seen = Image.end(self.image.sent)
            total = self.announced
            while total < seen:
                total += 65536
            if total:
                return total
        return self.proven

    def exported(self):
        """(name, bytes), or None where the tracker stored nothing."""
        content, whole = self.image.export()
        if not content:
            return None
        complete = whole and self.check_seen and self.total == len(content)
        return f"{self.device}-{self.number}{'' if complete else '.partial'}.bin", content


def next_state(state, kind):
    if kind == "finished":
        return COMPLETED
    if state in (COMPLETED, CANCELLED) or state == CANCELLING and kind != "cancelled":
        return state
    if kind in ("cancel", "cancelled"):
        return CANCELLING if kind == "cancel" else CANCELLED
    lost = state in LOST
    if kind in ("unauthorized", "forbidden"):
        return state if lost else REFUSED
    if kind == "denied":
        return REFUSED if state <= TRANSFERRING else state
    does = {"granted": AUTHORIZED, "stored": TRANSFERRING, "nak": TRANSFERRING, "checksum": CHECKED, "upgrading": UPGRADING}
    if kind in does:
        return does[kind] if lost or state < does[kind] else state
    asks = {"authorize": AUTHORIZING, "block": TRANSFERRING, "check": CHECKING, "upgrade": UPGRADING}
    if kind in asks and not lost and (state < asks[kind] or (kind in ("block", "check") and state < UPGRADING)):
        return asks[kind]
    return state


class Model:
    def __init__(self, timeout=TIMEOUT, trust_all=False):
        self.timeout = timeout
        self.trust_all = trust_all      # checksums are not checked
        self.sessions = []
        self.latest = {}                # (server's address, device): Session
        self.orderers = {}              # likewise: the last one that ordered an upgrade
        self.lossy = set()              # conversations of which the capture lost bytes
        self.requests = {}              # (server's address, device, kind, offset): Request

    def begin(self, frame, key):
        session, latest = Session(len(self.sessions), frame), self.latest.get(key)
        if latest:
            session.beginning_seen = latest.at_end
            session.authorized = latest.authorized and not latest.at_end
        self.sessions.append(session)
        self.latest[key] = session
        return session

    def split(self, session, frame, key):
        """The frames since the new authorization are another session's."""
        (state, place, last_frame, last_data, authorized), leg = session.leg
        new = self.begin(frame, key)
        new.place, new.last_frame, new.last_data, new.authorized = (session.place, session.last_frame, session.last_data,
                                                                    session.authorized)
        new.beginning_seen, new.sides, new.frames = True, set("<>") & session.sides, len(leg)
        new.sides = {shown.side for shown in leg}
        first = True
        for shown in leg:
            new.state = next_state(new.state, shown.kind)
            shown.session, shown.later_state = new, new.state
            shown.later = {"bytes_sent": 0, "bytes_acked": 0, "blocks_acked": 0, "retries": 0}
            if first:
                shown.later["continued_from"] = 0
            first = False
            for request in self.requests.values():
                if request.session is session and request.packet == shown.packet:
                    request.session = new
        session.state, session.place, session.last_frame, session.last_data, session.authorized = (
            state, place, last_frame, last_data, authorized)
        session.leg = None
        return new

    def choose(self, frame, request, key):
        """The session of a frame, and whether it is one of the leg's."""
        latest, kind = self.latest.get(key), frame.kind
        if request and request.session and (not request.answered or kind == "finished"):
            return request.session
        if latest is None:
            return None if frame.damaged else self.begin(frame, key)
        if frame.damaged or (request and request.answered and kind != "finished"):
            return latest
        if kind == "finished" and key in self.orderers:
            return self.orderers[key]
        if latest.at_end:
            opens = kind in ("query", "info", "authorize", "granted", "denied") or (kind == "block" and frame.offset == 0) or (
                kind == "stored" and frame.offset == 0 and ">" not in latest.sides)
            return self.begin(frame, key) if opens else latest
        if kind in ("authorize", "granted", "denied"):
            if latest.told and latest.leg is None:
                latest.leg = (latest.state, latest.place, latest.last_frame, latest.last_data, latest.authorized), []
            return latest
        if kind in ("query", "info"):
            return latest
        if latest.leg:
            if kind in BLOCKS and frame.offset == 0:
                return self.split(latest, frame, key)
            latest.leg = None
            return latest
        if kind == "block" and frame.offset == 0:
            before = latest.sendings.get(0)
            known = latest.image.known, latest.image.content
            other = before is not None and any(known[0][i] and known[1][i] != byte
                                               for i, byte in enumerate(frame.block) if i < len(known[0]))
            offsets = set(latest.sendings) | latest.told | set(latest.damaged_sendings)
            if other or (not latest.authorized and latest.told and offsets and 0 not in offsets):
                return self.begin(frame, key)
        return latest

    def add(self, frame, place, packet, time):
        """The frame of this packet, said in this place (a connection, with its server and whether its begin was seen)."""
        if frame.damaged and self.trust_all:
            frame = Frame(**{**vars(frame), "damaged": False})
        key = (place.server.rpartition(":")[0], frame.device)
        if frame.lost:
            self.lossy.add(place)
        shown = Shown(packet=packet, side=frame.side, kind="" if frame.damaged else frame.kind)
        experts = shown.experts
        latest = self.latest.get(key)
        if (latest and not frame.damaged and latest.last_data is not None and self.timeout
                and time - latest.last_data > self.timeout and latest.state in ACTIVE):
            latest.state = EXPIRED
            experts.add("expired")
        if frame.kind == "position":
            if latest and latest.state in ACTIVE:
                experts.add("left")
            return self.show(shown, latest) if experts else None

        place_of_answer = ANSWERS.get(frame.kind)
        request = self.requests.get((*key, place_of_answer, frame.offset)) if place_of_answer and not frame.damaged else None
        session = self.choose(frame, request, key)
        if session is None:
            return None
        in_leg = session.leg is not None and (request is None or request.answered or
                                              request.packet > session.leg[0][2])
        if request and not (request.answered and frame.kind != "finished"):
            request.answered = True

        if session.place is not None and session.place is not place:
            shown.continued_from = session.last_frame
        before = session.place
        session.place, session.last_frame = place, packet
        session.sides.add(frame.side)
        if frame.damaged:
            self.damaged(session, frame)
        else:
            session.lossy |= place in self.lossy or before in self.lossy
            getattr(self, "on_" + frame.kind, lambda *_: None)(session, frame, place, experts)
            if frame.kind in ("granted", "block", "stored", "nak"):
                session.last_data = time
            if frame.kind == "finished" and not session.finished:
                experts.add("completed")
                session.finished = True
            if frame.kind in ("upgrade", "upgrading", "finished"):
                if not getattr(session, "ordered", False):
                    session.ordered = True
                    self.orderers[key] = session
            session.state = next_state(session.state, frame.kind)
            if frame.side == ">":
                self.requests[(*key, frame.kind, frame.offset)] = Request(session, packet)
        session.frames += 1
        self.show(shown, session)
        if in_leg:
            session.leg[1].append(shown)
        return shown

    @staticmethod
    def show(shown, session):
        shown.session, shown.number, shown.state, shown.total = session, session.number, session.state, session.total
        shown.bytes_sent, shown.bytes_acked = session.image.sent.count(1), session.image.acked.count(1)
        shown.blocks_acked, shown.retries = session.blocks_acked, session.retries
        return shown

    # What the kinds of frames do

    @staticmethod
    def damaged(session, frame):
        """The tracker will not have taken it; if it has after all, nobody knows what it stored."""
        if frame.kind == "block" and frame.offset not in session.sendings:
            session.damaged_sendings[frame.offset] = len(frame.block)

    def on_query(self, session, frame, place, experts):
        session.beginning_seen |= not session.has_block

    def on_authorize(self, session, frame, place, experts):
        session.authorized = True

    on_granted = on_authorize

    def on_denied(self, session, frame, place, experts):
        experts.add("refused")

    def on_unauthorized(self, session, frame, place, experts):
        experts.add("refused")
        session.refused_since = session.check_seen
        session.going = False

    on_forbidden = on_unauthorized

    def on_block(self, session, frame, place, experts):
        if not session.has_block and not session.authorized:
            session.beginning_seen |= place.begin_seen and frame.offset == 0
        if session.beginning_seen and not session.authorized and not session.lossy:
            experts.add("unauthorized_data")
        sent_end = Image.end(session.image.sent)
        if frame.offset > sent_end and (sent_end or session.authorized):
            experts.add("gap")
        if frame.offset in session.sendings:
            session.retries += 1
            experts.add("retry")
        if session.image.send(frame.offset, frame.block):
            experts.add("overlap")
        session.sendings[frame.offset] = frame.block
        if frame.offset in session.early:
            session.early.discard(frame.offset)
            session.image.acknowledge(frame.offset, frame.block)

    def on_stored(self, session, frame, place, experts):
        session.blocks_acked += frame.offset not in session.told
        session.told.add(frame.offset)
        if frame.offset in session.sendings:
            session.image.acknowledge(frame.offset, session.sendings[frame.offset])
        else:
            session.early.add(frame.offset)
            if frame.offset in session.damaged_sendings:
                session.image.acknowledge(frame.offset, session.damaged_sendings[frame.offset])

    def on_nak(self, session, frame, place, experts):
        experts.add("nak")

    def on_check(self, session, frame, place, experts):
        seen = Image.end(session.image.sent)
        session.check_seen, session.refused_since = True, False
        session.announced = frame.number
        if seen and session.total != seen:
            experts.add("length_mismatch")

    def on_checksum(self, session, frame, place, experts):
        if not session.check_seen:
            session.refused_since = False
        session.check_seen = session.checksum_seen = True
        content, whole = session.image.export()
        length = session.total if session.announced is not None else Image.end(session.image.sent)
        computed = wire.crc(content[:length]) if length and whole and len(content) >= length else None
        session.mismatch = computed is not None and computed != frame.number
        if session.announced is None and computed == frame.number:
            session.proven = length

    def on_upgrade(self, session, frame, place, experts):
        if not (session.check_seen and session.checksum_seen) and session.frames and session.sides == {"<", ">"} and not session.lossy:
            experts.add("upgrade_unchecked")
        if session.mismatch:
            experts.add("upgrade_mismatch")

    def on_upgrading(self, session, frame, place, experts):
        session.going = True

    def on_cancel(self, session, frame, place, experts):
        session.cancel_seen = True

    def on_cancelled(self, session, frame, place, experts):
        session.cancel_seen = True
        if session.state != CANCELLED:
            experts.add("cancelled")
