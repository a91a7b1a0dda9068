# SPDX-License-Identifier: GPL-2.0-or-later
"""What the words of a .dialog do: a story, line by line, becomes a capture.

README.md has the words in a table; each is a method do_WORD here. Lines are read by lines.py, frames made by wire.py, images
by ota.py, packets by packets.py.
"""

import re

import ota
import packets
import wire
from lines import exactly, hexadecimal, keyword, number, numbered, option, quoted, seconds, tokens

SIDES = (">", "<")
ANSWERS = {"stored": ota.STORED, "refused": ota.REFUSED, "unauthorized": ota.UNAUTHORIZED}
# Blocks that are stored, while the answer is not sent, or one of the two packets not captured.
SILENCES = ("unanswered", "answer-lost", "request-lost")


class DialogError(Exception):
    """What is wrong, with file and line."""


class Dialog:
    """The state of the story while its lines are told."""

    def __init__(self):
        self.capture = packets.Capture()
        self.ends = {}              # 'tracker', 'server': ADDRESS:PORT
        self.opener = None          # of the last connect, for reconnect: the capture's method and its options
        self.connection = None
        self.device = None
        self.images = {}            # name: bytes
        self.checksums = {side: "good" for side in SIDES}
        self.how = {}               # what the lines before say of the next message: segment, splits, lost, more
        self.joined = None          # between join and end: {side: bytes}, and what was said before join

    def tell(self, line):
        words = tokens(line)
        if not words:
            return
        if words[0] in SIDES:
            self.say(words[0], self.frame(words[0], words[1:]))
            return
        act = getattr(self, "do_" + words[0], None)
        if not act:
            raise ValueError(f"unknown word: {words[0]}")
        act(words[1:])

    def finish(self):
        if self.joined is not None:
            raise ValueError("join without end")
        if self.how:
            raise ValueError("the last message is missing")
        return self.capture

    # Who is there, and how they are connected

    def do_only(self, args):
        side, = exactly(1, args, "only > or only <")
        if side not in SIDES:
            raise ValueError(f"no side: {side}")
        self.capture.only = side

    def do_snaplen(self, args):
        self.capture.snaplen = number(*exactly(1, args, "snaplen BYTES"))

    def do_tracker(self, args):
        self.ends["tracker"], = exactly(1, args, "tracker ADDRESS:PORT")

    def do_server(self, args):
        self.ends["server"], = exactly(1, args, "server ADDRESS:PORT")

    def do_device(self, args):
        device, = exactly(1, args, "device DIGITS or device broadcast")
        wire.device_id(device)      # complains here, not at the first frame
        self.device = device

    def do_connect(self, args):
        options = {word: number(keyword(args, word)) for word in ("vlan", "sequence") if word in args}
        method = self.capture.tcp
        for word in args:
            if word == "udp":
                method = self.capture.udp
            elif word in ("tls1.2", "tls1.3"):
                method, options["version"] = self.capture.tls, word.removeprefix("tls")
            elif word == "secret":
                options["secret"] = True
            elif word == "gtpu":
                options["gtpu"] = True
            elif word == "midstream":
                options["handshake"] = False
            else:
                raise ValueError(f"unknown kind of connection: {word}")
        if method == self.capture.udp and options.keys() & {"handshake", "sequence"}:
            raise ValueError("UDP has neither a beginning nor sequence numbers")
        if method == self.capture.tls and options.keys() & {"handshake", "sequence"}:
            raise ValueError("TLS is decrypted from its beginning on")
        if method != self.capture.tls and "secret" in options:
            raise ValueError("only TLS has secrets")
        self.opener = method, options
        self.open()

    def do_reconnect(self, args):
        if args[:1] != ["from"] or not self.opener:
            raise ValueError("after a connect, say: reconnect from ADDRESS:PORT")
        self.do_tracker(args[1:])
        self.open()

    def open(self):
        missing = [end for end in ("tracker", "server") if end not in self.ends]
        if missing:
            raise ValueError(f'who is the {" and the ".join(missing)}?')
        method, options = self.opener
        self.connection = method(self.ends["tracker"], self.ends["server"], **options)

    def tcp(self):
        if not isinstance(self.connection, packets.TcpConnection):
            raise ValueError("there is no TCP connection")
        return self.connection

    def do_close(self, args):
        self.tcp().close(self.side_or("<", args, "close"))

    def do_reset(self, args):
        self.tcp().reset(self.side_or(">", args, "reset"))

    def do_acknowledge(self, args):
        self.tcp().acknowledge(self.side_or(None, args, "acknowledge"))

    @staticmethod
    def side_or(usual, args, word):
        """The side that is named, or else the usual one."""
        if not args and usual:
            return usual
        side, = exactly(1, args, f"{word} > or {word} <")
        if side not in SIDES:
            raise ValueError(f"no side: {side}")
        return side

    # What is said

    def content(self, items):
        """A message's bytes, and what its other items say about the frame: (name, value) each."""
        data, options = b"", []
        for item in items:
            if item.startswith('"'):
                data += quoted(item)
            elif not item.startswith("{"):
                data += hexadecimal(item)
            else:
                name, value = option(item)
                if name == "block":
                    data += self.block(value)
                elif name == "checksum":
                    data += wire.crc(self.image(value)).to_bytes(2, "big")
                else:
                    options.append((name, value))
        return data, options

    def image(self, name):
        if name not in self.images:
            raise ValueError(f"no image of this name: {name}")
        return self.images[name]

    def block(self, text):
        match = re.fullmatch(r"(\S+) (\w+)\+(\w+)", text)
        if not match:
            raise ValueError(f"say: {{block:IMAGE OFFSET+LENGTH}}, not: {text}")
        offset = number(match[2])
        return self.image(match[1])[offset:offset + number(match[3])]

    def addressed(self):
        if self.device is None:
            raise ValueError("which device?")
        return self.device

    def frame(self, side, items):
        if not items or not re.fullmatch("[0-9a-fA-F]{4}", items[0]):
            raise ValueError("a message begins with its command, four hexadecimal digits")
        data, options = self.content(items[1:])
        device, how, damages = None, {"checksum": self.checksums[side]}, []
        for name, value in options:
            if name == "crc":
                named = value in ("good", "bad", "zero-dropped")
                how["checksum"] = value if named else int.from_bytes(hexadecimal(value), "big")
            elif name == "len":
                how["length"] = number(value)
            elif name == "end":
                how["end"] = b"" if value == "none" else hexadecimal(value)
            elif name == "id":
                device = hexadecimal(value)
            elif name == "flip":
                damages.append((wire.flip, number(value)))
            elif name == "drop":
                damages.append((wire.drop, number(value)))
            else:
                raise ValueError(f"unknown: {{{name}}}")
        made = wire.frame(side, device or self.addressed(), int(items[0], 16), data, **how)
        for damage, offset in damages:
            if not 0 <= offset < len(made):
                raise ValueError(f"the frame has {len(made)} bytes")
            made = damage(made, offset)
        return made

    def do_raw(self, args):
        if len(args) < 2 or args[0] not in SIDES:
            raise ValueError("say: raw > BYTES or raw < BYTES")
        data, options = self.content(args[1:])
        if options:
            raise ValueError(f"literal bytes have no {{{options[0][0]}}}")
        self.say(args[0], data)

    def do_checksums(self, args):
        side, how = exactly(2, args, "checksums > good or checksums > zero-dropped")
        if side not in SIDES or how not in ("good", "zero-dropped"):
            raise ValueError("say: checksums > good or checksums > zero-dropped")
        self.checksums[side] = how

    def say(self, side, data):
        how, self.how = self.how, {}
        if self.joined is not None:
            if how:
                raise ValueError("what happens to the segment is said before join")
            said = self.joined[0]
            said[side] = said.get(side, b"") + data
        elif not self.connection:
            raise ValueError("not connected")
        elif "more" in how:
            self.tcp().again(side, data)
        else:
            if how.keys() & {"segment", "splits"}:
                self.tcp()
            if "record" in how and not isinstance(self.connection, packets.TlsConnection):
                raise ValueError("there is no TLS connection")
            self.connection.send(side, data, **how)

    # Images, and the transfer of their blocks

    def do_image(self, args):
        seed = keyword(args, "seed")
        name, size = exactly(2, args, "image NAME SIZE seed NUMBER")
        self.images[name] = ota.image(number(size), number(seed))

    def do_put(self, args):
        if len(args) < 3:
            raise ValueError("say: put IMAGE OFFSET BYTES")
        data, _ = self.content(args[2:])
        self.images[args[0]] = ota.put(self.image(args[0]), number(args[1]), data)

    def do_fit(self, args):
        name, offset, checksum = exactly(3, args, "fit IMAGE OFFSET CHECKSUM")
        checksum = int.from_bytes(hexadecimal(checksum), "big")
        self.images[name] = ota.fit(self.image(name), number(offset), checksum)

    def do_blocks(self, args):
        usage = "say: blocks FIRST..END of IMAGE step LENGTH [OUTCOME]"
        step, image = number(keyword(args, "step")), self.image(keyword(args, "of"))
        match = re.fullmatch(r"(\w+)\.\.(\w+)", args[0]) if args else None
        outcome = args[1] if len(args) == 2 else "stored"
        if not match or len(args) > 2 or step < 1 or outcome not in (*ANSWERS, *SILENCES):
            raise ValueError(usage)
        first, end = number(match[1]), number(match[2])
        if not first < end <= len(image):
            raise ValueError(f"the image ends at 0x{len(image):04x}")
        device, how = self.addressed(), self.how
        for offset, block in ota.blocks(image, step, first, end):
            self.how = how | ({"lost": True} if outcome == "request-lost" else {})
            self.say(">", wire.data_request(device, offset, block, checksum=self.checksums[">"]))
            if outcome != "unanswered":
                flag = ANSWERS.get(outcome, ota.STORED)
                self.how = how | ({"lost": True} if outcome == "answer-lost" else {})
                self.say("<", wire.data_answer(device, offset, flag, checksum=self.checksums["<"]))

    # What the network does to it

    def do_wait(self, args):
        self.capture.wait(seconds(*exactly(1, args, "wait 500ms, wait 20s or wait 21m")))

    def do_pace(self, args):
        self.capture.pace(seconds(*exactly(1, args, "pace 400ms")))

    def do_segment(self, args):
        self.how["segment"] = number(*exactly(1, args, "segment BYTES"))
        if self.how["segment"] < 1:
            raise ValueError("a segment has at least one byte")

    def do_record(self, args):
        self.how["record"] = number(*exactly(1, args, "record BYTES"))
        if self.how["record"] < 1:
            raise ValueError("a record has at least one byte")

    def do_split(self, args):
        if not args:
            raise ValueError("say: split OFFSET...")
        self.how["splits"] = [number(arg) for arg in args]

    def do_lose(self, args):
        self.how["lost"] = [number(arg) for arg in args] or True

    def do_join(self, args):
        exactly(0, args, "join")
        if self.joined is not None:
            raise ValueError("join within join")
        self.joined, self.how = ({}, self.how), {}

    def do_end(self, args):
        exactly(0, args, "end")
        if self.joined is None:
            raise ValueError("end without join")
        (said, how), self.joined = self.joined, None
        for side, data in said.items():
            self.how = dict(how)
            self.say(side, data)

    def do_swap(self, args):
        exactly(0, args, "swap")
        self.capture.swap()

    def do_again(self, args):
        if args[:1] == ["with"] and args[1:2] and args[1] in (*SIDES, "raw"):
            self.how = {"more": True}
            self.tell(" ".join(args[1:]))
        elif not args or args in ([">"], ["<"]):
            self.tcp().again(*args)
        else:
            raise ValueError("say: again, again >, again <, or again with and a message")


def tell(text, path):
    """The capture that the text of a .dialog tells; the path is for errors."""
    dialog, count = Dialog(), 0
    try:
        for count, line in numbered(text):
            dialog.tell(line)
        return dialog.finish()
    except (ValueError, OverflowError) as error:
        raise DialogError(f"{path}:{count}: {error}") from error


def read(path):
    with open(path, encoding="utf-8") as file:
        return tell(file.read(), path)
