# SPDX-License-Identifier: GPL-2.0-or-later
"""What carries the frames: connections, packets, loss and order, time, and the pcapng file.

Knows Ethernet, VLAN, GTP-U, IP, TCP, UDP and pcapng (headers and checksums by dpkt); TLS is in tls.py. Knows nothing of the protocol: data is
bytes. Sides are '>' server to tracker and '<' tracker to server; the tracker opens the connection.

    capture = Capture()
    connection = capture.tcp('10.0.0.1:20000', '192.168.1.1:8500')
    connection.send('>', frame)
    capture.wait(21 * 60)
    capture.write('some.pcapng')
"""

import ipaddress
import struct

from dpkt import ethernet, ip, ip6, pcapng, tcp, udp

import tls

START = 1700000000 * 1000000        # 2023-11-14T22:13:20Z in microseconds, the time stamps' unit
STEP = 50000                        # between packets, unless the story has a pace: a fast GPRS network's
SEGMENT_STEP = 1000                 # between the segments of one piece of data
SEGMENT_MAX = 1400
PACKET_MAX = 65000                  # and there is room for the headers
DECRYPTION_SECRETS, TLS_KEY_LOG = 10, 0x544c534b       # the block of the pcapng file, and the kind of secrets
SNAPLEN_MAX = 262144                # Wireshark's own default: nothing is cut

TRACKER_MAC, SERVER_MAC = b"\x02\x00\x00\x00\x00\x01", b"\x02\x00\x00\x00\x00\x02"
GTPU_PORT = 2152
GTPU_ENDS = {"<": ipaddress.ip_address("172.16.0.1"), ">": ipaddress.ip_address("172.16.0.2")}
GTPU_TUNNELS = {"<": 0x1001, ">": 0x2002}


def other(side):
    return "<" if side == ">" else ">"


def address(text):
    """'10.0.0.1:8500' or '[2001:db8::1]:8500' as (ip, port)."""
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdigit() or int(port) > 0xffff:
        raise ValueError(f"no ADDRESS:PORT: {text}")
    return ipaddress.ip_address(host.strip("[]")), int(port)


class Capture:
    """A time line of packets, and the file it becomes.

    only     '>' or '<': a capture that sees one direction
    snaplen  bytes kept of each packet
    """

    def __init__(self, *, only=None, snaplen=SNAPLEN_MAX):
        self.only = only
        self.snaplen = snaplen
        self.clock = START          # when the next packet is sent
        self.step = STEP
        self.packets = []           # (microseconds, bytes) in the order of the file
        self.secrets = []           # lines of a key log file, in the file before all packets
        self.connections = 0
        self.datagrams = 0

    def tcp(self, client, server, *, handshake=True, sequence=None, **link):
        """A TCP connection, from now on (handshake) or since before the capture; sequence is where both sides start."""
        return TcpConnection(self, client, server, handshake, sequence, **link)

    def tls(self, client, server, *, version="1.2", secret=False, **link):
        """A TLS connection; secret: the file does not have what decrypts it."""
        return TlsConnection(self, client, server, version, secret, **link)

    def udp(self, client, server, **link):
        return UdpFlow(self, client, server, **link)

    def wait(self, seconds):
        self.clock += round(seconds * 1000000)

    def pace(self, seconds):
        self.step = round(seconds * 1000000)

    def swap(self):
        """The last two packets arrived in the other order."""
        if len(self.packets) < 2:
            raise ValueError("there are no two packets to swap")
        (first, early), (second, late) = self.packets[-2:]
        self.packets[-2:] = (first, late), (second, early)

    def pcapng(self):
        """The file's bytes."""
        # Written little-endian with dpkt's blocks, packet blocks apart: dpkt's cannot say that a packet was cut.
        out = [bytes(pcapng.SectionHeaderBlockLE()), bytes(pcapng.InterfaceDescriptionBlockLE(snaplen=self.snaplen))]
        if self.secrets:
            lines = "".join(self.secrets).encode()
            padding = -len(lines) % 4
            total = 20 + len(lines) + padding
            out.append(struct.pack("<4I", DECRYPTION_SECRETS, total, TLS_KEY_LOG, len(lines)) + lines + bytes(padding)
                       + struct.pack("<I", total))
        for time, packet in self.packets:
            kept = packet[:self.snaplen]
            padding = -len(kept) % 4
            total = 32 + len(kept) + padding
            stamp = time >> 32, time & 0xffffffff
            out.append(struct.pack("<7I", pcapng.PCAPNG_BT_EPB, total, 0, *stamp, len(kept), len(packet)))
            out.append(kept + bytes(padding) + struct.pack("<I", total))
        return b"".join(out)

    def write(self, path):
        with open(path, "wb") as file:
            file.write(self.pcapng())


class Flow:
    """Two ends and the layers below them; TcpConnection and UdpFlow say what is exchanged.

    vlan  the number of the VLAN that the packets are in
    gtpu  whether a GTP-U tunnel carries them
    """

    def __init__(self, capture, client, server, *, vlan=None, gtpu=False):
        self.capture = capture
        self.ends = {"<": address(client), ">": address(server)}        # by the side that sends
        if self.ends["<"][0].version != self.ends[">"][0].version:
            raise ValueError(f"{client} and {server} are of different IP versions")
        if vlan is not None and not 0 <= vlan < 4096:
            raise ValueError(f"no VLAN number: {vlan}")
        self.vlan = vlan
        self.gtpu = gtpu

    def ports(self, side):
        return {"sport": self.ends[side][1], "dport": self.ends[other(side)][1]}

    def internet(self, source, destination, protocol, payload):
        ends = {"src": source.packed, "dst": destination.packed}
        if source.version == 6:
            packet = ip6.IP6(**ends, nxt=protocol, hlim=64, plen=len(payload), data=payload)
            bytes(packet)           # dpkt computes the checksum here, and leaves a zero that UDP takes for "none"
            payload.sum = payload.sum or 0xffff
            return packet
        self.capture.datagrams += 1
        return ip.IP(**ends, p=protocol, id=self.capture.datagrams & 0xffff, data=payload)

    def emit(self, side, protocol, payload, step=None, lost=False):
        """One packet; a lost one takes its time and is not in the file."""
        if len(payload) > PACKET_MAX:
            raise ValueError(f"too long for a packet: {len(payload)} bytes")
        packet = self.internet(self.ends[side][0], self.ends[other(side)][0], protocol, payload)
        if self.gtpu:
            inner = bytes(packet)
            header = struct.pack(">BBHI", 0x30, 0xff, len(inner), GTPU_TUNNELS[side])
            outer = udp.UDP(sport=GTPU_PORT, dport=GTPU_PORT, data=header + inner)
            outer.ulen = len(outer)
            packet = self.internet(GTPU_ENDS[side], GTPU_ENDS[other(side)], ip.IP_PROTO_UDP, outer)
        kind = ethernet.ETH_TYPE_IP6 if isinstance(packet, ip6.IP6) else ethernet.ETH_TYPE_IP
        macs = (SERVER_MAC, TRACKER_MAC) if side == "<" else (TRACKER_MAC, SERVER_MAC)
        tag = struct.pack(">HH", ethernet.ETH_TYPE_8021Q, self.vlan) if self.vlan is not None else b""
        frame = b"".join(macs) + tag + struct.pack(">H", kind) + bytes(packet)
        if not lost and self.capture.only in (None, side):
            self.capture.packets.append((self.capture.clock, frame))
        self.capture.clock += self.capture.step if step is None else step


class TcpConnection(Flow):
    def __init__(self, capture, client, server, handshake, sequence, **link):
        super().__init__(capture, client, server, **link)
        capture.connections += 1
        if sequence is None:
            sequence = capture.connections << 20
        self.next = {side: sequence & 0xffffffff for side in "<>"}      # sequence numbers
        self.last = {}              # by side: (sequence number, data) of its last packet
        self.last_side = None
        if handshake:
            self.segment("<", tcp.TH_SYN)
            self.segment(">", tcp.TH_SYN | tcp.TH_ACK)
            self.segment("<", tcp.TH_ACK)

    def segment(self, side, flags, data=b"", sequence=None, **how):
        if sequence is None:
            sequence = self.next[side]
        acknowledged = self.next[other(side)] if flags & tcp.TH_ACK else 0
        packet = tcp.TCP(**self.ports(side), seq=sequence, ack=acknowledged, flags=flags, data=data)
        self.emit(side, ip.IP_PROTO_TCP, packet, **how)
        end = sequence + len(data) + bool(flags & (tcp.TH_SYN | tcp.TH_FIN))
        self.next[side] = end & 0xffffffff
        if data:
            self.last[side] = sequence, data
            self.last_side = side

    def send(self, side, data, *, segment=SEGMENT_MAX, splits=(), lost=()):
        """Data in one packet or more: cut every `segment` bytes, or where `splits` says.

        lost  True for all of its packets, or the numbers of those that the capture misses, from 1
        """
        cuts = [0, *splits] if splits else list(range(0, len(data), segment))
        pieces = list(zip(cuts, cuts[1:] + [len(data)]))
        if any(first >= end for first, end in pieces):
            raise ValueError(f"cannot cut {len(data)} bytes at {cuts[1:]}")
        missed = range(1, len(pieces) + 1) if lost is True else lost
        if any(not 0 < number <= len(pieces) for number in missed):
            raise ValueError(f"there are {len(pieces)} segments to lose")
        for number, (first, end) in enumerate(pieces, 1):
            self.segment(side, tcp.TH_PUSH | tcp.TH_ACK, data[first:end],
                         step=None if end == len(data) else SEGMENT_STEP, lost=number in missed)

    def play(self, frames, **how):
        """Sends each (side, data)."""
        for side, data in frames:
            self.send(side, data, **how)

    def again(self, side=None, more=b""):
        """The last packet (of that side) once more: exactly, or as one packet with the bytes that come next."""
        side = side or self.last_side
        if side not in self.last:
            raise ValueError("nothing was sent yet")
        sequence, data = self.last[side]
        self.segment(side, tcp.TH_PUSH | tcp.TH_ACK, data + more, sequence)

    def acknowledge(self, side):
        """A packet of this side without data."""
        self.segment(side, tcp.TH_ACK)

    def close(self, side="<"):
        """Ended by this side, and then by the other."""
        self.segment(side, tcp.TH_FIN | tcp.TH_ACK)
        self.segment(other(side), tcp.TH_FIN | tcp.TH_ACK)
        self.segment(side, tcp.TH_ACK)

    def reset(self, side=">"):
        """Ended by this side at once."""
        self.segment(side, tcp.TH_RST | tcp.TH_ACK)


class TlsConnection(TcpConnection):
    """TCP whose data is encrypted; what is cut, lost or repeated is TCP's."""

    def __init__(self, capture, client, server, version, secret, **link):
        super().__init__(capture, client, server, True, None, **link)
        self.tls = tls.Tls(version, capture.connections)
        if not secret:
            capture.secrets.append(self.tls.secrets())
        for side, data in self.tls.handshake():
            super().send(side, data)

    def send(self, side, data, *, record=tls.RECORD_MAX, **how):
        """Data in records of `record` bytes each."""
        super().send(side, self.tls.seal(side, data, record), **how)

    def again(self, side=None, more=b""):
        side = side or self.last_side
        super().again(side, self.tls.seal(side, more))


class UdpFlow(Flow):
    def send(self, side, data, *, lost=False):
        """Data in one datagram."""
        packet = udp.UDP(**self.ports(side), data=data)
        packet.ulen = len(packet)
        self.emit(side, ip.IP_PROTO_UDP, packet, lost=lost)

    def play(self, frames):
        for side, data in frames:
            self.send(side, data)
