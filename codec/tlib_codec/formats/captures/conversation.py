"""Frames as TCP conversations in a pcap or pcapng file, as Wireshark and other tools read it.

Strategy: packets are made one by one and written at once, so memory is a few numbers a conversation. Each
begins with a handshake, carries the frames as they are in segments of at most `MSS` bytes, each acknowledged,
and ends with FIN from both sides. Addresses and ports are those of the source where it has them (so a
filtered capture keeps its connections), else those that RFC 5737 sets apart for examples. Checksums are
correct. Time never runs backwards in the file: a frame earlier than the one before it takes that one's time.
`tlib_codec.native.batches.Conversations` does the same in C, runs of frames at a time.
"""

from __future__ import annotations

import ipaddress
import struct
from collections import OrderedDict
from typing import BinaryIO, Final

import msgspec

MSS: Final = 1460
DEFAULT_FLOW: Final = ("192.0.2.1:3063", "192.0.2.2:49152")
MOST_OPEN: Final = 65_536  # conversations open at once; beyond, the one longest silent ends
_WINDOW: Final = 65_535
_LATEST: Final = 1 << 62  # microseconds: no packet is later
_FIN, _SYN, _ACK, _PUSH = 1, 2, 16, 24
_ETHERNET = 1
_SNAPLEN: Final = 262_144
_HOSTS: Final = (bytes.fromhex("020000000001"), bytes.fromhex("020000000002"))  # locally administered

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Endpoint = tuple[_Address, int]


def endpoint(text: str) -> Endpoint | None:
    """Return ``10.0.0.1:3063`` or ``[2001:db8::1]:3063`` as address and port; None for another text."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or len(port) > 5 or int(port) > 0xFFFF:
        return None
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]").partition("%")[0]), int(port)
    except ValueError:
        return None


class _Side(msgspec.Struct):
    """One end of a conversation: its link and network address, and the number of its next byte."""

    mac: bytes
    address: _Address
    port: int
    sequence: int


class Pcap:
    """Packets into a classic pcap file of Ethernet, in microseconds."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, _SNAPLEN, _ETHERNET))

    def packet(self, time: int, data: bytes) -> None:
        """Write a packet sent at `time`, microseconds since 1970."""
        self._file.write(struct.pack("<IIII", time // 1_000_000 & 0xFFFF_FFFF, time % 1_000_000, len(data), len(data)) + data)


class Pcapng:
    """Packets into a pcapng file of one section and one interface, in microseconds."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        self._block(1, struct.pack("<HHI", _ETHERNET, 0, _SNAPLEN))

    def _block(self, kind: int, body: bytes) -> None:
        length = struct.pack("<I", 12 + len(body))
        self._file.write(struct.pack("<I", kind) + length + body + length)

    def packet(self, time: int, data: bytes) -> None:
        """Write a packet sent at `time`, microseconds since 1970."""
        head = struct.pack("<IIIII", 0, time >> 32 & 0xFFFF_FFFF, time & 0xFFFF_FFFF, len(data), len(data))
        self._block(6, head + data + bytes(-len(data) % 4))


class Conversations:
    """Writes frames as sent from one side of a connection to the other."""

    def __init__(self, file: Pcap | Pcapng) -> None:
        self._file = file
        self._open: OrderedDict[frozenset[Endpoint], dict[Endpoint, _Side]] = OrderedDict()
        self._now = 0
        self._packets = 0

    def send(self, data: bytes, *, time: int | None = None, src: str = "", dst: str = "") -> None:
        """Write `data` as sent from `src` to `dst` at `time` (microseconds since 1970; None: just after the last)."""
        self._now = max(self._now, min(time, _LATEST)) if time is not None else self._now + 1
        sender, receiver = self._sides(src, dst)
        for start in range(0, len(data), MSS):
            piece = data[start : start + MSS]
            self._segment(sender, receiver, _PUSH if start + MSS >= len(data) else _ACK, piece)
            self._segment(receiver, sender, _ACK)

    def close(self) -> None:
        """Close every conversation."""
        while self._open:
            self._finish(self._open.popitem(last=False)[1])

    def _sides(self, src: str, dst: str) -> tuple[_Side, _Side]:
        ends = (endpoint(src), endpoint(dst))
        if ends[0] is None or ends[1] is None or ends[0][0].version != ends[1][0].version or ends[0] == ends[1]:
            ends = (endpoint(DEFAULT_FLOW[0]), endpoint(DEFAULT_FLOW[1]))
        assert ends[0] is not None
        assert ends[1] is not None
        key = frozenset((ends[0], ends[1]))
        found = self._open.get(key)
        if found is None:
            if len(self._open) >= MOST_OPEN:
                self._finish(self._open.popitem(last=False)[1])
            # Who is heard first is taken for the server: it sends events.
            found = self._open[key] = {end: _Side(mac, *end, 1000 * (i + 1)) for i, (end, mac) in enumerate(zip(ends, _HOSTS, strict=True))}  # type: ignore[misc, call-arg]
            server, client = found.values()
            self._segment(client, server, _SYN)
            self._segment(server, client, _SYN | _ACK)
            self._segment(client, server, _ACK)
        self._open.move_to_end(key)
        return found[ends[0]], found[ends[1]]

    def _finish(self, sides: dict[Endpoint, _Side]) -> None:
        server, client = sides.values()
        self._segment(server, client, _FIN | _ACK)
        self._segment(client, server, _FIN | _ACK)
        self._segment(server, client, _ACK)

    def _segment(self, sender: _Side, receiver: _Side, flags: int, data: bytes = b"") -> None:
        options = struct.pack(">BBH", 2, 4, MSS) if flags & _SYN else b""
        acknowledged = receiver.sequence if flags & _ACK else 0
        offset = (20 + len(options)) // 4 << 12
        tcp = struct.pack(
            ">HHIIHHHH", sender.port, receiver.port, sender.sequence, acknowledged, offset | flags, _WINDOW, 0, 0
        )  # checksum and urgent pointer
        segment = tcp + options + data
        source, target = sender.address.packed, receiver.address.packed
        total = checksum(
            source + target + struct.pack(">II", len(segment), 6) + segment
        )  # the same sum for IPv4's pseudo-header and IPv6's
        segment = segment[:16] + struct.pack(">H", total) + segment[18:]
        if sender.address.version == 4:
            ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), self._packets & 0xFFFF, 0x4000, 64, 6, 0) + source + target
            ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
            kind = b"\x08\x00"
        else:
            ip = struct.pack(">IHBB", 0x6000_0000, len(segment), 6, 64) + source + target
            kind = b"\x86\xdd"
        self._file.packet(self._now, receiver.mac + sender.mac + kind + ip + segment)
        self._packets += 1
        sender.sequence = sender.sequence + len(data) + bool(flags & (_SYN | _FIN)) & 0xFFFF_FFFF


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071) of bytes that are not all zero."""
    # One's-complement addition of 16-bit words is arithmetic modulo 65535, and so is the number they spell.
    return 0xFFFF - (int.from_bytes(data + bytes(len(data) % 2), "big") % 0xFFFF or 0xFFFF)
