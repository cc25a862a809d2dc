"""Records of a pcap file, packed for speed: no checksums, connections by number."""

from __future__ import annotations

import struct
from typing import Final

from tlib_fuzz.packets import ACK, PSH, SYN

_SEGMENT: Final = struct.Struct(">HHIIBBHHH")
_RECORD: Final = struct.Struct("<IIII")
_IP: Final = struct.Struct(">BBHHHBBHII")
_ETHERNET: Final = b"\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0"
_SERVER: Final = 0x0A000001
_PORT: Final = 3000


def pcap_head() -> bytes:
    """Return the head of a pcap file of Ethernet packets."""
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)


def record(packet: bytes, length: int | None = None) -> bytes:
    """Return the record of a packet, which had `length` bytes on the wire."""
    return _RECORD.pack(1_700_000_000, 0, len(packet), len(packet) if length is None else length) + packet


def _tcp(source: int, target: int, ports: tuple[int, int], seq: int, number: int, flags: int, payload: bytes, length: int | None) -> bytes:
    whole = 40 + (len(payload) if length is None else length)
    return record(
        _ETHERNET
        + _IP.pack(0x45, 0, whole, 0, 0, 64, 6, 0, source, target)
        + _SEGMENT.pack(*ports, seq & 0xFFFF_FFFF, number & 0xFFFF_FFFF, 0x50, flags, 65_535, 0, 0)
        + payload,
        14 + whole,
    )


def _client(connection: int) -> tuple[int, int]:
    """Return the address and the port of the client of a connection."""
    return 0x0B000000 + connection // 50_000, 10_000 + connection % 50_000


def segment(connection: int, seq: int, payload: bytes, *, length: int | None = None) -> bytes:
    """Return the record of a segment of the server; `length` bytes were on the wire."""
    address, port = _client(connection)
    return _tcp(_SERVER, address, (_PORT, port), seq, 1, PSH | ACK, payload, length)


def ack(connection: int, number: int) -> bytes:
    """Return the record of a client's acknowledgment."""
    address, port = _client(connection)
    return _tcp(address, _SERVER, (port, _PORT), 1, number, ACK, b"", None)


def syn(connection: int) -> bytes:
    """Return the record of a client's first segment."""
    address, port = _client(connection)
    return _tcp(address, _SERVER, (port, _PORT), 0, 0, SYN, b"", None)


def fragment(ident: int, start: int, data: bytes) -> bytes:
    """Return the record of a fragment that is not the last one."""
    return record(_ETHERNET + _IP.pack(0x45, 0, 20 + len(data), ident, 0x2000 | start // 8, 64, 6, 0, _SERVER, _SERVER + 1) + data)


def block(kind: int, body: bytes) -> bytes:
    """Return a block of pcapng, in little-endian order."""
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)
