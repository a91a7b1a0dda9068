# SPDX-License-Identifier: GPL-2.0-or-later
"""What an OTA session is, once more: a plain model that the plugin is compared with.

Written from the meaning of the fields and from the protocol's order; it shares nothing with the plugin. Frames in the order of
the capture go in; what each of them should show comes out.

Where the protocol says nothing, this is what the model takes for right:

- An answer about a block is about its latest sending that the capture has; seen before any sending, it is about the next one.
- A block at an offset other than 0 continues an unfinished session. So does an answer about one.
- Granted, block and answers to blocks keep an authorization alive; info, check and upgrade do not.
- What the tracker does shows that a session that was refused or had expired goes on; what the server asks does not.
- Where a capture has no requests of a session, answers stand for them.
- An authorization holds until an end, also when the server begins again at offset 0. After an end, the next attempt is seen from
  its beginning.
- The block at offset 0 may come behind others. It begins an attempt if there was one before it, or if the capture does not show
  how this one began.
"""

from dataclasses import dataclass, field

import wire

STATES = ("Queried Authorizing Authorized Transferring Checking Checked Upgrading Completed Cancelled Refused Expired").split()
(QUERIED, AUTHORIZING, AUTHORIZED, TRANSFERRING, CHECKING, CHECKED, UPGRADING, COMPLETED, CANCELLED, REFUSED,
 EXPIRED) = range(len(STATES))
ENDS = (COMPLETED, CANCELLED, REFUSED, EXPIRED)
LOST = (REFUSED, EXPIRED)               # what the tracker does can show that it goes on after all
MINUTE = 60 * 1000000                # microseconds, as all times here
TIMEOUT = 20 * MINUTE

EXPERTS = ("gap overlap retry nak refused expired completed cancelled length_mismatch unauthorized_data "
           "upgrade_unchecked").split()


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
        if self.acked.find(1, offset, end) < 0:
            self.content[offset:end] = block
        else:
            for i in range(offset, end):
                if not (self.known[i] and self.acked[i]):
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


class Session:
    def __init__(self, number, frame):
        self.number = number
        self.device = frame.device
        self.state = QUERIED
        self.place = None               # the conversation of its last frame
        self.last_frame = 0
        self.image = Image()
        self.sendings = {}              # offset: block as last sent (bytes), or the length of one that came damaged
        self.told = set()               # offsets acknowledged
        self.early = set()              # those of them whose block the capture did not have yet
        self.block_place = None         # the conversation of the last block
        self.blocks_acked = self.retries = self.total = 0
        self.last_data = None
        self.authorized = False         # an authorization was seen
        self.beginning_seen = self.requests_seen = self.check_seen = False
        self.unfinished = None          # the session that this one may turn out to be
        self.joined = None

    @property
    def final(self):
        return self.joined or self

    @property
    def has_block(self):
        return bool(self.sendings or self.told)

    @property
    def has_progress(self):
        """More than the first block was sent."""
        return any(self.told) or any(offset > 0 and isinstance(block, bytes) for offset, block in self.sendings.items())

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
    if state in (COMPLETED, CANCELLED):
        return state
    if kind == "cancelled":
        return CANCELLED
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


def nearest(announced, seen):
    """The length that is `announced` modulo 65536 and nearest to what was seen."""
    return min((announced + wrap * 65536 for wrap in range(seen // 65536 + 2)), key=lambda length: abs(length - seen))


class Model:
    def __init__(self, timeout=TIMEOUT, trust_all=False):
        self.timeout = timeout
        self.trust_all = trust_all      # checksums are not checked
        self.sessions = []              # all of them, also those that joined another
        self.latest = {}                # (server, device): Session
        self.count = 0

    def begin(self, frame, key):
        session = Session(self.count, frame)
        self.count += 1
        self.sessions.append(session)
        self.latest[key] = session
        return session

    def join(self, session, key):
        """The session on the new connection is the unfinished one."""
        unfinished = session.unfinished
        session.joined = unfinished
        if session.number + 1 == self.count:
            self.count -= 1
        unfinished.authorized = True
        if session.last_data is not None:
            unfinished.last_data = session.last_data
        self.latest[key] = unfinished
        return unfinished

    def choose(self, frame, place, key):
        latest, kind = self.latest.get(key), frame.kind
        if frame.damaged:
            return latest
        data = kind in ("block", "stored", "nak", "unauthorized")
        if latest is None:
            begins = data or kind in ("query", "info", "authorize", "granted", "denied")
            return self.begin(frame, key) if begins else None
        if latest.unfinished and kind not in ("query", "info", "authorize", "granted", "denied"):
            if not data or frame.offset != 0 or not latest.unfinished.has_progress:
                return self.join(latest, key)
            latest.unfinished = None

        ended, alone = latest.state in ENDS, not latest.requests_seen
        begun = not latest.authorized or 0 in latest.sendings or 0 in latest.told
        again = frame.offset == 0 and (ended or (latest.has_progress and begun))
        authorization = kind == "authorize" or (alone and kind == "granted")
        if kind == "query":
            begins = ended
        elif authorization:
            begins = latest.has_block or (ended and kind == "authorize")
        else:
            begins = again and (kind == "block" or (alone and kind == "stored"))
        if not begins:
            return latest
        session = self.begin(frame, key)
        if authorization and not ended and latest.block_place is not place:
            session.unfinished = latest
        session.authorized, session.beginning_seen = latest.authorized and not ended, ended
        return session

    def add(self, frame, place, packet, time):
        """The frame of this packet, said in this place (a connection, with its server and whether its begin was seen)."""
        if frame.damaged and self.trust_all:
            frame = Frame(**{**vars(frame), "damaged": False})
        key = (place.server, frame.device)
        shown = Shown()
        experts = shown.experts
        latest = self.latest.get(key)
        if (latest and not frame.damaged and latest.last_data is not None and self.timeout
                and time - latest.last_data > self.timeout and latest.state in (AUTHORIZED, TRANSFERRING, CHECKING, CHECKED)):
            latest.state = EXPIRED
            experts.add("expired")
        session = self.choose(frame, place, key)
        if session is None:
            return None

        if session.place is not None and session.place is not place:
            shown.continued_from = session.last_frame
        session.place, session.last_frame = place, packet
        session.requests_seen |= frame.side == ">"
        if frame.damaged:
            self.damaged(session, frame, experts)
        else:
            getattr(self, "on_" + frame.kind, lambda *_: None)(session, frame, place, experts)
            if frame.kind in ("granted", "block", "stored", "nak"):
                session.last_data = time
            if frame.kind == "finished" and session.state != COMPLETED:
                experts.add("completed")
            session.state = next_state(session.state, frame.kind)

        shown.session, shown.number, shown.state, shown.total = session, session.number, session.state, session.total
        shown.bytes_sent, shown.bytes_acked = session.image.sent.count(1), session.image.acked.count(1)
        shown.blocks_acked, shown.retries = session.blocks_acked, session.retries
        return shown

    # What the kinds of frames do

    @staticmethod
    def sending(session, frame, experts):
        if frame.offset in session.sendings:
            session.retries += 1
            experts.add("retry")

    def damaged(self, session, frame, experts):
        """The tracker will not have taken it; if it has after all, nobody knows what it stored."""
        if frame.kind == "block":
            self.sending(session, frame, experts)
            if not isinstance(session.sendings.get(frame.offset), bytes):
                session.sendings[frame.offset] = len(frame.block)

    def on_query(self, session, frame, place, experts):
        session.beginning_seen |= not session.has_block

    def on_authorize(self, session, frame, place, experts):
        session.authorized = True

    on_granted = on_authorize

    def on_denied(self, session, frame, place, experts):
        experts.add("refused")

    on_unauthorized = on_forbidden = on_denied

    def on_block(self, session, frame, place, experts):
        if not session.has_block and not session.authorized:
            session.beginning_seen |= place.begin_seen and frame.offset == 0
        if session.beginning_seen and not session.authorized:
            experts.add("unauthorized_data")
        sent_end = Image.end(session.image.sent)
        if frame.offset > sent_end and (sent_end or session.authorized):
            experts.add("gap")
        self.sending(session, frame, experts)
        if session.image.send(frame.offset, frame.block):
            experts.add("overlap")
        session.sendings[frame.offset] = frame.block
        session.block_place = place
        if frame.offset in session.early:
            session.early.discard(frame.offset)
            session.image.acknowledge(frame.offset, frame.block)

    def on_stored(self, session, frame, place, experts):
        session.blocks_acked += frame.offset not in session.told
        session.told.add(frame.offset)
        session.block_place = place
        if frame.offset in session.sendings:
            session.image.acknowledge(frame.offset, session.sendings[frame.offset])
        else:
            session.early.add(frame.offset)

    def on_nak(self, session, frame, place, experts):
        experts.add("nak")

    def on_check(self, session, frame, place, experts):
        seen = Image.end(session.image.sent)
        session.check_seen = True
        session.total = nearest(frame.number, seen)
        if seen and session.total != seen:
            experts.add("length_mismatch")

    def on_checksum(self, session, frame, place, experts):
        session.check_seen = True
        content, whole = session.image.export()
        if session.total == 0 and whole and len(content) == Image.end(session.image.sent) and wire.crc(content) == frame.number:
            session.total = len(content)

    def on_upgrade(self, session, frame, place, experts):
        if not session.check_seen:
            experts.add("upgrade_unchecked")

    def on_cancelled(self, session, frame, place, experts):
        experts.add("cancelled")
