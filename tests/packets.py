"""Packets and capture files, written as hostile as a test wants them."""

from __future__ import annotations

import ipaddress
import struct

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def checksum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp(src, dst, sport, dport, seq, ack, flags, payload=b"", options=b""):
    """A TCP segment with a right checksum; `src` and `dst` are addresses."""
    words = 5 + len(options) // 4
    head = struct.pack(">HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, words << 4, flags, 65535, 0, 0) + options
    one, two = ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed
    pseudo = (
        one
        + two
        + struct.pack(
            ">IHH" if len(one) == 16 else ">BBH", *((len(head + payload), 0, 6) if len(one) == 16 else (0, 6, len(head + payload)))
        )
    )
    value = checksum(pseudo + head + payload)
    return head[:16] + struct.pack(">H", value) + head[18:] + payload


def ipv4(src, dst, body, *, proto=6, ident=0, fragment=0, options=b"", total=None):
    """An IPv4 packet; `fragment` is the field of flags and offset."""
    size = 20 + len(options)
    head = struct.pack(
        ">BBHHHBBH4s4s",
        0x40 | size // 4, 0, size + len(body) if total is None else total, ident, fragment, 64, proto, 0,
        ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed,
    ) + options  # fmt: skip
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + body


def ipv6(src, dst, body, *, extensions=(), following=6):
    """An IPv6 packet; `extensions` are (number, bytes without the next header) in order."""
    numbers = [number for number, _ in extensions] + [following]
    chain = b"".join(bytes((numbers[i + 1],)) + data for i, (_, data) in enumerate(extensions))
    head = struct.pack(">IHBB", 6 << 28, len(chain) + len(body), numbers[0], 64)
    return head + ipaddress.ip_address(src).packed + ipaddress.ip_address(dst).packed + chain + body


def ip(src, dst, body):
    return ipv4(src, dst, body) if "." in src else ipv6(src, dst, body)


def ethernet(packet, tags=()):
    kind = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
    return b"\x02\0\0\0\0\1\x02\0\0\0\0\2" + b"".join(struct.pack(">HH", tag, 5) for tag in tags) + struct.pack(">H", kind) + packet


def pcap(packets, *, order="<", nano=False, link=1, snap=262144):
    """A pcap file of (time in ns, bytes) or (time, bytes, length on the wire)."""
    scale = 1 if nano else 1000
    parts = [struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snap, link)]
    for time, data, *length in packets:
        seconds, part = divmod(time, 1_000_000_000)
        parts.append(struct.pack(order + "IIII", seconds, part // scale, len(data), length[0] if length else len(data)) + data)
    return b"".join(parts)


def block(kind, body, order="<"):
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order="<", options=b""):
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options, order)


def interface(link=1, order="<", *, snap=0, resolution=None, offset=None):
    options = b""
    if resolution is not None:
        options += struct.pack(order + "HHB3x", 9, 1, resolution)
    if offset is not None:
        options += struct.pack(order + "HHq", 14, 8, offset)
    return block(1, struct.pack(order + "HHI", link, 0, snap) + options + (b"\0\0\0\0" if options else b""), order)


def enhanced(stamp, data, order="<", *, number=0, length=None):
    body = struct.pack(order + "IIIII", number, stamp >> 32, stamp & 0xFFFFFFFF, len(data), len(data) if length is None else length)
    return block(6, body + data + b"\0" * (-len(data) % 4) + struct.pack(order + "HH4sHH", 2, 4, b"\0\0\0\0", 0, 0), order)


def simple(data, order="<"):
    return block(3, struct.pack(order + "I", len(data)) + data, order)


def pcapng(packets, *, order="<"):
    """A pcapng file of (time in ns, bytes), in microseconds."""
    return section(order) + interface(order=order) + b"".join(enhanced(time // 1000, data, order) for time, data, *_ in packets)


class Talk:
    """A TCP conversation that writes itself down: packets as (time, Ethernet frame)."""

    def __init__(
        self, *, client="10.0.0.1", server="10.0.0.2", cport=40000, sport=3000, cseq=1000, sseq=5000, time=1_700_000_000_000_000_000
    ):
        self.hosts, self.ports, self.seqs = (client, server), (cport, sport), [cseq, sseq]
        self.time = time
        self.packets = []

    def packet(self, side, flags, payload=b"", *, seq=None, ack=None):
        """Write a segment down; without `seq` the next one, which moves on."""
        self.time += 1_000_000
        other = 1 - side
        at = self.seqs[side] if seq is None else seq
        segment = tcp(
            self.hosts[side],
            self.hosts[other],
            self.ports[side],
            self.ports[other],
            at,
            self.seqs[other] if ack is None else ack,
            flags,
            payload,
        )
        if seq is None:
            self.seqs[side] = (at + len(payload) + bool(flags & (SYN | FIN))) & 0xFFFFFFFF
        self.packets.append((self.time, ethernet(ip(self.hosts[side], self.hosts[other], segment))))
        return self

    def open(self):
        return self.packet(0, SYN, ack=0).packet(1, SYN | ACK).packet(0, ACK)

    def say(self, payload, side=1):
        return self.packet(side, PSH | ACK, payload)

    def ack(self, side=0):
        return self.packet(side, ACK)

    def close(self):
        return self.packet(0, FIN | ACK).packet(1, FIN | ACK).packet(0, ACK)
