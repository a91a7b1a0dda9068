# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS around a connection's data, with the secrets that a reader needs: versions 1.2 and 1.3, ChaCha20-Poly1305.

Knows records, a handshake that is as short as a reader accepts, and the cipher. All that is random elsewhere comes from the
number of the connection here, so the bytes are the same each time: nothing of this keeps a secret. Knows nothing of TCP.

    ends = Tls("1.3", 1)
    for side, data in ends.handshake(): ...
    data = ends.seal(">", b"some bytes")
    ends.secrets()          # lines of a key log file
"""

import hashlib
import hmac
import struct

VERSIONS = {"1.2": 0xcca8, "1.3": 0x1303}      # and the cipher suite of each: ECDHE-RSA or no key exchange of its own
CHANGE_CIPHER_SPEC, HANDSHAKE, APPLICATION_DATA = 20, 22, 23
CLIENT_HELLO, SERVER_HELLO, EXTENSIONS, CERTIFICATE, SERVER_KEY, SERVER_DONE, CLIENT_KEY, FINISHED = 1, 2, 8, 11, 12, 14, 16, 20
RECORD_MAX = 16384
NAMES = {"<": "CLIENT", ">": "SERVER"}


def quarter(words, a, b, c, d):
    for first, second, changed, distance in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        words[first] = (words[first] + words[second]) & 0xffffffff
        mixed = words[changed] ^ words[first]
        words[changed] = (mixed << distance | mixed >> (32 - distance)) & 0xffffffff


def keystream(key, nonce, count):
    """The 64 bytes of ChaCha20's block with this number (RFC 8439)."""
    begin = [*struct.unpack("<4I", b"expand 32-byte k"), *struct.unpack("<8I", key), count, *struct.unpack("<3I", nonce)]
    words = list(begin)
    for _ in range(10):
        for i in range(4):
            quarter(words, i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(words, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<16I", *((word + first) & 0xffffffff for word, first in zip(words, begin)))


def encrypted(key, nonce, associated, plain):
    """ChaCha20-Poly1305 (RFC 8439): the bytes, and a tag of 16 bytes."""
    stream = b"".join(keystream(key, nonce, 1 + block) for block in range((len(plain) + 63) // 64))
    text = bytes(a ^ b for a, b in zip(plain, stream))
    once = keystream(key, nonce, 0)
    factor = int.from_bytes(once[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    padded = b"".join(part + bytes(-len(part) % 16) for part in (associated, text))
    padded += struct.pack("<QQ", len(associated), len(text))
    tag = 0
    for at in range(0, len(padded), 16):
        tag = (tag + int.from_bytes(padded[at:at + 16] + b"\x01", "little")) * factor % ((1 << 130) - 5)
    return text + ((tag + int.from_bytes(once[16:32], "little")) % (1 << 128)).to_bytes(16, "little")


def expand(secret, label, length):
    """HKDF-Expand-Label of TLS 1.3, with no context; up to 32 bytes."""
    name = b"tls13 " + label
    info = struct.pack(">HB", length, len(name)) + name + b"\x00"
    return hmac.digest(secret, info + b"\x01", "sha256")[:length]


def prf(secret, label, seed, length):
    """The PRF of TLS 1.2."""
    at, out = label + seed, b""
    while len(out) < length:
        at = hmac.digest(secret, at, "sha256")
        out += hmac.digest(secret, at + label + seed, "sha256")
    return out[:length]


def message(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def vector(width, data):
    return len(data).to_bytes(width, "big") + data


class Tls:
    def __init__(self, version, number):
        self.version, self.number = version, number
        self.randoms = {side: self.drawn(f"random of {side}") for side in "<>"}
        self.master = self.drawn("master", 48)
        self.keys = {}          # by side: (key, IV); none before the handshake says so
        self.sealed = {}        # by side: records sealed with these keys

    def drawn(self, name, length=32):
        return hashlib.shake_256(f"{self.version} {self.number} {name}".encode()).digest(length)

    def secret(self, side, name):
        return self.drawn(f"{name} of {side}")

    def use(self, side, key, iv):
        self.keys[side], self.sealed[side] = (key, iv), 0

    def use_secret(self, side, name):
        secret = self.secret(side, name)
        self.use(side, expand(secret, b"key", 32), expand(secret, b"iv", 12))

    def record(self, side, kind, data):
        """One record, encrypted once the handshake has come so far."""
        if side not in self.keys or kind == CHANGE_CIPHER_SPEC:
            return struct.pack(">BHH", kind, 0x0303, len(data)) + data
        (key, iv), number = self.keys[side], self.sealed[side]
        self.sealed[side] += 1
        nonce = (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
        if self.version == "1.3":
            data += bytes([kind])
            header = struct.pack(">BHH", APPLICATION_DATA, 0x0303, len(data) + 16)
            return header + encrypted(key, nonce, header, data)
        associated = struct.pack(">QBHH", number, kind, 0x0303, len(data))
        return struct.pack(">BHH", kind, 0x0303, len(data) + 16) + encrypted(key, nonce, associated, data)

    def seal(self, side, data, size=RECORD_MAX):
        """The data in records of this size."""
        return b"".join(self.record(side, APPLICATION_DATA, data[at:at + size]) for at in range(0, len(data), size))

    def hello(self, side):
        suite = VERSIONS[self.version].to_bytes(2, "big")
        body = b"\x03\x03" + self.randoms[side] + vector(1, b"")
        body += vector(2, suite) + vector(1, b"\x00") if side == "<" else suite + b"\x00"
        extensions = b""
        if self.version == "1.3":
            share = b"\x00\x1d" + vector(2, self.drawn(f"share of {side}"))     # x25519
            said = vector(1, b"\x03\x04") if side == "<" else b"\x03\x04"
            extensions = b"\x00\x2b" + vector(2, said) + b"\x00\x33" + vector(2, vector(2, share) if side == "<" else share)
        return message(CLIENT_HELLO if side == "<" else SERVER_HELLO, body + vector(2, extensions))

    def handshake(self):
        """(side, bytes) of each message that goes over the connection before its data."""
        yield "<", self.record("<", HANDSHAKE, self.hello("<"))
        if self.version == "1.3":
            said = self.record(">", HANDSHAKE, self.hello(">")) + self.record(">", CHANGE_CIPHER_SPEC, b"\x01")
            self.use_secret(">", "handshake")
            said += self.record(">", HANDSHAKE, message(EXTENSIONS, b"\x00\x00")
                                + message(CERTIFICATE, b"\x00" + vector(3, b"")) + self.finished(">", 32))
            yield ">", said
            self.use_secret("<", "handshake")
            yield "<", self.record("<", CHANGE_CIPHER_SPEC, b"\x01") + self.record("<", HANDSHAKE, self.finished("<", 32))
            for side in "<>":
                self.use_secret(side, "traffic")
            return
        key = b"\x03\x00\x1d" + vector(1, self.drawn("server's key")) + b"\x08\x04" + vector(2, self.drawn("signature", 64))
        yield ">", self.record(">", HANDSHAKE, self.hello(">") + message(CERTIFICATE, vector(3, b"")) +
                               message(SERVER_KEY, key) + message(SERVER_DONE, b""))
        block = prf(self.master, b"key expansion", self.randoms[">"] + self.randoms["<"], 2 * (32 + 12))
        said = self.record("<", HANDSHAKE, message(CLIENT_KEY, vector(1, self.drawn("client's key"))))
        self.use("<", block[:32], block[64:76])
        yield "<", said + self.record("<", CHANGE_CIPHER_SPEC, b"\x01") + self.record("<", HANDSHAKE, self.finished("<", 12))
        self.use(">", block[32:64], block[76:])
        yield ">", self.record(">", CHANGE_CIPHER_SPEC, b"\x01") + self.record(">", HANDSHAKE, self.finished(">", 12))

    def finished(self, side, length):
        return message(FINISHED, self.drawn(f"finished of {side}", length))

    def secrets(self):
        client = self.randoms["<"].hex()
        if self.version == "1.2":
            return f"CLIENT_RANDOM {client} {self.master.hex()}\n"
        return "".join(f"{NAMES[side]}_{label} {client} {self.secret(side, name).hex()}\n"
                       for name, label in (("handshake", "HANDSHAKE_TRAFFIC_SECRET"), ("traffic", "TRAFFIC_SECRET_0"))
                       for side in "<>")
