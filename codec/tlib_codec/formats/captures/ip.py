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
_UNIT = 8  # bytes: fragments begin at a multiple of it
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
    """An IP datagram of which fragments have come.

    Strategy: the bytes stand at their places, and a map has a byte for each eight of them. So a datagram never takes more than 72 KiB,
    and a fragment costs its own bytes, however many have come.
    """

    __slots__ = ("_bytes", "_known", "_units", "end", "number", "offset", "size", "time")

    def __init__(self, packet: Packet) -> None:
        self.number: int
        self.offset: int
        self.time: int
        self.number, self.offset, self.time = packet.number, packet.offset, packet.time
        self.size: int = 0  # bytes that have come, without those that came twice
        self.end: int | None = None
        self._bytes = bytearray()
        self._known = bytearray()
        self._units = 0

    def add(self, start: int, data: bytes, last: bool) -> bytes | None:
        """Take a fragment; return the whole where it is complete. The bytes that came first count."""
        stop = (start + len(data) + _UNIT - 1) // _UNIT
        self._bytes.extend(bytes(max(stop * _UNIT - len(self._bytes), 0)))
        self._known.extend(bytes(max(stop - len(self._known), 0)))
        at = self._known.find(0, start // _UNIT, stop)
        while at >= 0:
            known = self._known.find(1, at, stop)
            to = stop if known < 0 else known
            piece = data[at * _UNIT - start : to * _UNIT - start]
            self._bytes[at * _UNIT : at * _UNIT + len(piece)] = piece
            self._known[at:to] = b"\1" * (to - at)
            self._units += to - at
            self.size += len(piece)
            at = self._known.find(0, to, stop)
        if last and self.end is None:
            self.end = start + len(data)
        if self.end is None:
            return None
        units = (self.end + _UNIT - 1) // _UNIT
        if self._units < units or self._known.find(0, 0, units) >= 0:
            return None
        return bytes(self._bytes[: self.end])


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
        at = 0  # of the next header in the piece; `length` counts from there
        whole: bytes | None
        while following in _EXTENSIONS or following == _FRAGMENT:
            if len(piece) - at < 8:
                raise PacketError("capture-truncated", "8 bytes of an IPv6 extension header", str(len(piece) - at))
            if following == _FRAGMENT:
                place = int.from_bytes(piece[at + 2 : at + 4])
                key = b"6" + addresses + piece[at + 4 : at + 8]
                following = piece[at]
                at, length = at + 8, length - 8
                if not place & 0xFFF9:
                    continue  # a datagram in one fragment
                whole = self._fragment(packet, key + bytes((following,)), place & 0xFFF8, piece[at:], length, not place & 1)
                if whole is None:
                    return None
                piece, at, length = whole, 0, len(whole)
                continue
            size = (piece[at + 1] + 2) * 4 if following == _AH else (piece[at + 1] + 1) * 8
            if size > length:
                raise PacketError("capture-packet", f"an IPv6 extension header of at most {length} bytes", str(size))
            following = piece[at]
            at, length = at + size, length - size
        return _tcp(addresses, piece[at:], length) if following == _TCP else None

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
