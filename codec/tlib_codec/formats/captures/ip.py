"""TCP segments out of IP packets: options, extension headers, fragments.

Strategy: a packet gives a `Segment`, nothing (it is no TCP, or a fragment of a datagram that is not yet
whole), or raises `PacketError` with code, expectation and finding.
Fragments are kept in a table of bounded size, whose oldest entry makes room.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from .link import IPV4, IPV6, network
from .model import DEFAULT_SETTINGS, CaptureSettings, Packet

_TCP = 6
_HOP, _ROUTING, _FRAGMENT, _AH, _DESTINATION, _MOBILITY, _HIP, _SHIM6 = 0, 43, 44, 51, 60, 135, 139, 140
_EXTENSIONS = frozenset({_HOP, _ROUTING, _DESTINATION, _MOBILITY, _HIP, _SHIM6, _AH})
_HEADER = struct.Struct(">HHIIBB")
_MOST_PIECES = 1024
FIN, SYN, RST, ACK = 1, 2, 4, 16


class Segment(NamedTuple):
    """A TCP segment: `key` is source address, destination address and both ports as they stand in the packet.

    `payload` is its captured part, `length` its length on the wire.
    """

    key: bytes
    seq: int
    ack: int
    flags: int
    payload: bytes
    length: int

    @property
    def reverse(self) -> bytes:
        """Return the key of the other direction."""
        key = self.key
        half = (len(key) - 4) // 2
        return key[half : 2 * half] + key[:half] + key[-2:] + key[-4:-2]


class PacketError(Exception):
    """An impossible packet: code, expectation and finding."""

    def __init__(self, code: str, expected: str, actual: str) -> None:
        super().__init__(code, expected, actual)
        self.code: str
        self.expected: str
        self.actual: str
        self.code, self.expected, self.actual = code, expected, actual


class Datagram:
    """An IP datagram of which fragments have come."""

    def __init__(self, packet: Packet) -> None:
        self.number: int
        self.offset: int
        self.time: int
        self.number, self.offset, self.time = packet.number, packet.offset, packet.time
        self.pieces: dict[int, bytes] = {}  # by their place
        self.size: int = 0
        self.end: int | None = None

    def add(self, start: int, data: bytes, last: bool) -> bytes | None:
        """Take a piece; the whole where it is complete. Where pieces overlap the first one counts."""
        known = self.pieces.get(start, b"")
        if len(data) > len(known) and (known or len(self.pieces) < _MOST_PIECES):
            self.pieces[start] = known + data[len(known) :]
            self.size += len(data) - len(known)
        if last:
            self.end = start + len(data)
        if self.end is None or self.size < self.end:
            return None
        whole = bytearray()
        for place in sorted(self.pieces):
            if place > len(whole):
                return None
            whole += self.pieces[place][len(whole) - place :]
        return bytes(whole[: self.end]) if len(whole) >= self.end else None


class Dissector:
    """Packets in, segments out."""

    def __init__(self, settings: CaptureSettings = DEFAULT_SETTINGS) -> None:
        self._settings = settings
        self._datagrams: dict[bytes, Datagram] = {}
        self.dropped: list[Datagram] = []  # never completed: for the caller to report and clear

    def segment(self, packet: Packet) -> Segment | None:
        """Return the TCP segment that `packet` holds or completes. Raises PacketError."""
        kind, at = network(packet.link, packet.data)
        if kind == IPV4:
            return self._ipv4(packet, at)
        if kind == IPV6:
            return self._ipv6(packet, at)
        return None

    def flush(self) -> None:
        """Give up every datagram that is not whole."""
        self.dropped += self._datagrams.values()
        self._datagrams.clear()

    def _ipv4(self, packet: Packet, at: int) -> Segment | None:
        data = packet.data
        if len(data) < at + 20:
            raise PacketError("capture-truncated", "20 bytes of an IPv4 header", str(len(data) - at))
        if data[at + 9] != _TCP:
            return None
        header = (data[at] & 15) * 4
        total = int.from_bytes(data[at + 2 : at + 4]) or packet.length - at  # 0: cut into segments by the network card
        if data[at] >> 4 != 4 or header < 20 or total < header:
            raise PacketError(
                "capture-packet", "an IPv4 header and a packet that holds it", f"version {data[at] >> 4}, {header} and {total} bytes"
            )
        addresses = data[at + 12 : at + 20]
        piece = data[at + header : at + total]
        length = total - header
        place = int.from_bytes(data[at + 6 : at + 8])
        if place & 0x3FFF:
            whole = self._fragment(
                packet, b"4" + addresses + data[at + 4 : at + 6], (place & 0x1FFF) * 8, piece, length, not place & 0x2000
            )
            if whole is None:
                return None
            piece, length = whole, len(whole)
        return _tcp(addresses, piece, length)

    def _ipv6(self, packet: Packet, at: int) -> Segment | None:
        data = packet.data
        if len(data) < at + 40:
            raise PacketError("capture-truncated", "40 bytes of an IPv6 header", str(len(data) - at))
        if data[at] >> 4 != 6:
            raise PacketError("capture-packet", "version 6 in an IPv6 header", str(data[at] >> 4))
        addresses = data[at + 8 : at + 40]
        total = int.from_bytes(data[at + 4 : at + 6]) or packet.length - at - 40
        following = data[at + 6]
        piece, length = data[at + 40 : at + 40 + total], total
        whole: bytes | None
        while following in _EXTENSIONS or following == _FRAGMENT:
            if len(piece) < 8:
                raise PacketError("capture-truncated", "8 bytes of an IPv6 extension header", str(len(piece)))
            if following == _FRAGMENT:
                place = int.from_bytes(piece[2:4])
                key = b"6" + addresses + piece[4:8]
                following = piece[0]
                piece, length = piece[8:], length - 8
                if not place & 0xFFF9:
                    continue  # a datagram in one fragment
                whole = self._fragment(packet, key + bytes((following,)), place & 0xFFF8, piece, length, not place & 1)
                if whole is None:
                    return None
                piece, length = whole, len(whole)
                continue
            size = (piece[1] + 2) * 4 if following == _AH else (piece[1] + 1) * 8
            if size > length:
                raise PacketError("capture-packet", f"an IPv6 extension header of at most {length} bytes", str(size))
            following = piece[0]
            piece, length = piece[size:], length - size
        return _tcp(addresses, piece, length) if following == _TCP else None

    def _fragment(self, packet: Packet, key: bytes, start: int, data: bytes, length: int, last: bool) -> bytes | None:
        if len(data) < length:
            raise PacketError("capture-truncated", f"{length} bytes of a fragment", str(len(data)))
        if start + length > 65_535 or (not last and length % 8):
            raise PacketError("capture-packet", "a fragment inside 65,535 bytes, in steps of 8", f"{length} bytes at {start}")
        datagram = self._datagrams.get(key)
        if datagram is None:
            if len(self._datagrams) >= self._settings.fragments:
                self.dropped.append(self._datagrams.pop(next(iter(self._datagrams))))
            datagram = self._datagrams[key] = Datagram(packet)
        whole = datagram.add(start, data, last)
        if whole is not None:
            del self._datagrams[key]
        return whole


def _tcp(addresses: bytes, data: bytes, length: int) -> Segment:
    if len(data) < 20:
        code = "capture-truncated" if length >= 20 else "capture-packet"
        raise PacketError(code, "20 bytes of a TCP header", str(len(data)))
    _, _, seq, ack, words, flags = _HEADER.unpack_from(data)
    header = words >> 4 << 2
    if not 20 <= header <= length:
        raise PacketError("capture-packet", f"a TCP header of 20 to {length} bytes", str(header))
    half = len(addresses) // 2
    if addresses[:half] == addresses[half:] and data[:2] == data[2:4]:  # both directions would be one stream
        raise PacketError("capture-packet", "a connection of two ends", "a segment from an end to itself")
    return Segment(addresses + data[:4], seq, ack, flags, data[header:], length - header)
