"""Packets and capture files, as correct or as wrong as a test needs them.

Strategy: one function for each header, which writes any value it gets. `Talk` makes a conversation without faults;
`conversations` makes them with many.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable, Sequence
from typing import Any, Final, Self

from tlib_codec.formats.captures.conversation import checksum

FIN: Final = 1
SYN: Final = 2
RST: Final = 4
PSH: Final = 8
ACK: Final = 16


def tcp(src: str, dst: str, sport: int, dport: int, seq: int, ack: int, flags: int, payload: bytes = b"", options: bytes = b"") -> bytes:
    """Return a TCP segment with a correct checksum; `src` and `dst` are addresses."""
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


def ipv4(
    src: str, dst: str, body: bytes, *, proto: int = 6, ident: int = 0, fragment: int = 0, options: bytes = b"", total: int | None = None
) -> bytes:
    """Return an IPv4 packet; `fragment` is the field of flags and offset."""
    size = 20 + len(options)
    head = struct.pack(
        ">BBHHHBBH4s4s",
        0x40 | size // 4, 0, size + len(body) if total is None else total, ident, fragment, 64, proto, 0,
        ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed,
    ) + options  # fmt: skip
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + body


def ipv6(src: str, dst: str, body: bytes, *, extensions: Sequence[tuple[int, bytes]] = (), following: int = 6) -> bytes:
    """Return an IPv6 packet; `extensions` are (number, bytes without the next header) in order."""
    numbers = [number for number, _ in extensions] + [following]
    chain = b"".join(bytes((numbers[i + 1],)) + data for i, (_, data) in enumerate(extensions))
    head = struct.pack(">IHBB", 6 << 28, len(chain) + len(body), numbers[0], 64)
    return head + ipaddress.ip_address(src).packed + ipaddress.ip_address(dst).packed + chain + body


def ip(src: str, dst: str, body: bytes) -> bytes:
    """An IP packet of the version that the addresses have."""
    return ipv4(src, dst, body) if "." in src else ipv6(src, dst, body)


def ethernet(packet: bytes, tags: Sequence[int] = ()) -> bytes:
    """Return an Ethernet frame around an IP packet, with VLAN tags of these types."""
    kind = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
    return b"\x02\0\0\0\0\1\x02\0\0\0\0\2" + b"".join(struct.pack(">HH", tag, 5) for tag in tags) + struct.pack(">H", kind) + packet


def pcap(packets: Iterable[Sequence[Any]], *, order: str = "<", nano: bool = False, link: int = 1, snap: int = 262144) -> bytes:
    """Return a pcap file of (time in ns, bytes) or (time, bytes, length on the wire)."""
    scale = 1 if nano else 1000
    parts = [struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snap, link)]
    for time, data, *length in packets:
        seconds, part = divmod(time, 1_000_000_000)
        parts.append(struct.pack(order + "IIII", seconds, part // scale, len(data), length[0] if length else len(data)) + data)
    return b"".join(parts)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """Return a block of pcapng, padded."""
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order: str = "<", options: bytes = b"") -> bytes:
    """Return the section header block."""
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options, order)


def interface(link: int = 1, order: str = "<", *, snap: int = 0, resolution: int | None = None, offset: int | None = None) -> bytes:
    """Return an interface description block."""
    options = b""
    if resolution is not None:
        options += struct.pack(order + "HHB3x", 9, 1, resolution)
    if offset is not None:
        options += struct.pack(order + "HHq", 14, 8, offset)
    return block(1, struct.pack(order + "HHI", link, 0, snap) + options + (b"\0\0\0\0" if options else b""), order)


def enhanced(stamp: int, data: bytes, order: str = "<", *, number: int = 0, length: int | None = None) -> bytes:
    """Return an enhanced packet block; `stamp` in the interface's resolution."""
    body = struct.pack(order + "IIIII", number, stamp >> 32, stamp & 0xFFFFFFFF, len(data), len(data) if length is None else length)
    return block(6, body + data + b"\0" * (-len(data) % 4) + struct.pack(order + "HH4sHH", 2, 4, b"\0\0\0\0", 0, 0), order)


def simple(data: bytes, order: str = "<") -> bytes:
    """Return a simple packet block."""
    return block(3, struct.pack(order + "I", len(data)) + data, order)


def pcapng(packets: Iterable[Sequence[Any]], *, order: str = "<") -> bytes:
    """Return a pcapng file of (time in ns, bytes), in microseconds."""
    return section(order) + interface(order=order) + b"".join(enhanced(time // 1000, data, order) for time, data, *_ in packets)


class Talk:
    """Builds a TCP conversation: `packets` are (time in ns, Ethernet frame)."""

    def __init__(
        self,
        *,
        client: str = "10.0.0.1",
        server: str = "10.0.0.2",
        cport: int = 40000,
        sport: int = 3000,
        cseq: int = 1000,
        sseq: int = 5000,
        time: int = 1_700_000_000_000_000_000,
    ) -> None:
        self.hosts: tuple[str, str] = (client, server)
        self.ports: tuple[int, int] = (cport, sport)
        self.seqs: list[int] = [cseq, sseq]
        self.time: int = time
        self.packets: list[tuple[int, bytes]] = []

    def packet(self, side: int, flags: int, payload: bytes = b"", *, seq: int | None = None, ack: int | None = None) -> Self:
        """Append a segment; without `seq` the next one of the stream."""
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

    def open(self) -> Self:
        """Append the handshake."""
        return self.packet(0, SYN, ack=0).packet(1, SYN | ACK).packet(0, ACK)

    def say(self, payload: bytes, side: int = 1) -> Self:
        """Append a segment with bytes; side 0 is the client."""
        return self.packet(side, PSH | ACK, payload)

    def ack(self, side: int = 0) -> Self:
        """Append an acknowledgment."""
        return self.packet(side, ACK)

    def close(self) -> Self:
        """Append a FIN from both sides."""
        return self.packet(0, FIN | ACK).packet(1, FIN | ACK).packet(0, ACK)
