"""Make one captured packet safe: its headers stay, the payload is replaced, checksums are correct again.

Strategy: bytes without a known header are blanked (zeros, as long as they
were), trailers of the link layer, options of IP and unknown options of TCP included. A checksum that was right is made right; one that was
wrong, or of which the capture cut a part off, becomes 0, since it says something of bytes that are gone.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

from tlib_codec.formats.captures.link import ETHERNET, IPV4, IPV6, LOOP, NULL, SLL, SLL2, network
from tlib_codec.formats.captures.model import Packet

TCP, _UDP, _ICMP, _ICMP6 = 6, 17, 1, 58
_EXTENSIONS = frozenset({0, 43, 60, 135})  # hop by hop, routing, destination, mobility: of the same form
_FRAGMENT = 44
_LINK = {ETHERNET: 14, SLL: 16, SLL2: 20, NULL: 4, LOOP: 4}  # bytes of the link layer's header
HEADERS = {_UDP: 8, _ICMP: 4, _ICMP6: 4}  # of ICMP, what follows may be an address
_SUM = {TCP: 16, _UDP: 6, _ICMP: 2, _ICMP6: 2}  # where the checksum stands

# Options of TCP that are numbers, and their lengths: segment size, window scale, acknowledgments of blocks, times.
_PAD = 1
_OPTIONS = {2: {4}, 3: {3}, 4: {2}, 5: {10, 18, 26, 34}, 8: {10}}

Addresses = Callable[[bytes], bytes]
"""From the bytes of an IP address to others, as many."""


class Layout(NamedTuple):
    """Where the parts of an IP packet are: its header at `start`, its payload from `body` to `end`.

    `complete` where none of it was cut off; `addresses` are source and destination, `shown` those to be shown instead. `datagram`
    identifies the datagram of which it is a fragment (None where it is no fragment), and `place` is where in that its body belongs.
    """

    start: int
    body: int
    end: int
    complete: bool
    protocol: int
    addresses: bytes
    shown: bytes
    datagram: bytes | None = None
    place: int = 0


def layout(packet: Packet, hide: Addresses = bytes) -> Layout | None:
    """Return the parts of an IP packet; None where it is none, or its headers are not all there. `hide` replaces addresses."""
    kind, at = network(packet.link, packet.data)
    if kind == IPV4:
        return _ipv4(packet, at, hide)
    return _ipv6(packet, at, hide) if kind == IPV6 else None


def _ipv4(packet: Packet, at: int, hide: Addresses) -> Layout | None:
    data = packet.data
    if len(data) < at + 20:
        return None
    header = (data[at] & 15) * 4
    total = int.from_bytes(data[at + 2 : at + 4]) or packet.length - at  # 0: cut into segments by the network card
    body, end = at + header, min(at + total, len(data))
    if data[at] >> 4 != 4 or header < 20 or body > end:
        return None
    addresses, place = data[at + 12 : at + 20], int.from_bytes(data[at + 6 : at + 8])
    shown = hide(addresses[:4]) + hide(addresses[4:])
    datagram = addresses + data[at + 4 : at + 6] if place & 0x3FFF else None
    return Layout(at, body, end, at + total <= len(data), data[at + 9], addresses, shown, datagram, (place & 0x1FFF) * 8)


def _ipv6(packet: Packet, at: int, hide: Addresses) -> Layout | None:
    data = packet.data
    if len(data) < at + 40 or data[at] >> 4 != 6:
        return None
    addresses = data[at + 8 : at + 40]
    total = 40 + (int.from_bytes(data[at + 4 : at + 6]) or packet.length - at - 40)
    body, end = at + 40, min(at + total, len(data))
    following, datagram, place = data[at + 6], None, 0
    while datagram is None and (following in _EXTENSIONS or following == _FRAGMENT):
        if body + 8 > end:
            return None
        size = (data[body + 1] + 1) * 8
        if following == _FRAGMENT:
            size, place = 8, int.from_bytes(data[body + 2 : body + 4])
            datagram = addresses + data[body + 4 : body + 8] if place & 0xFFF9 else None
        following, body = data[body], body + size
    if body > end:
        return None
    shown = hide(addresses[:16]) + hide(addresses[16:])
    return Layout(at, body, end, at + total <= len(data), following, addresses, shown, datagram, place & 0xFFF8)


def header_of(protocol: int, body: bytes) -> int:
    """Return the number of bytes of `body` that are the header of TCP, UDP or ICMP; 0 where it is not complete."""
    size = body[12] >> 4 << 2 if protocol == TCP and len(body) >= 20 else HEADERS.get(protocol, 0)
    return size if size <= len(body) and (protocol != TCP or size >= 20) else 0


def scrubbed(protocol: int, header: bytes) -> bytes:
    """Return the header of TCP with zeros in options that are no known number; that of another protocol as it is."""
    if protocol != TCP or not header:
        return header
    safe = bytearray(header)
    at = 20
    while at < len(safe) and safe[at]:
        if safe[at] == _PAD:
            at += 1
            continue
        size = safe[at + 1] if at + 1 < len(safe) else 0
        if size < 2 or at + size > len(safe):
            break
        if size not in _OPTIONS.get(safe[at], ()):
            safe[at + 2 : at + size] = bytes(size - 2)
        at += size
    safe[at:] = bytes(len(safe) - at)
    return bytes(safe)


def blanked(packet: Packet, at: Layout | None) -> bytes:
    """Return the packet with zeros in place of all that its headers carry."""
    data = packet.data
    if at is None:
        kept = _LINK.get(packet.link, 0)
        return data[:kept] + bytes(len(data) - kept) if len(data) >= kept else bytes(len(data))
    body = data[at.body : at.end]
    kept = header_of(at.protocol, body) if at.datagram is None else 0
    return carrying(packet, at, mended(at, body, scrubbed(at.protocol, body[:kept]) + bytes(len(body) - kept), complete=at.complete))


def untouched(packet: Packet, at: Layout | None) -> bytes:
    """Return the packet as it is, but for its addresses."""
    data = packet.data
    if at is None or at.shown == at.addresses:
        return data
    body = data[at.body : at.end]
    return carrying(packet, at, mended(at, body, body, complete=at.complete) if at.datagram is None else body)


def carrying(packet: Packet, at: Layout, body: bytes) -> bytes:
    """Return the packet with another body of the same length, the addresses to be shown, and zeros behind it and in its IP options."""
    data = packet.data
    header = data[at.start : at.body]
    if len(at.shown) == 32:
        header = header[:8] + at.shown + _extensions(header)
    else:
        safe = header[:12] + at.shown + bytes(len(header) - 20)
        if safe != header:
            value = 0 if _sum(header) else -_sum(safe[:10] + b"\0\0" + safe[12:]) % 0xFFFF
            header = safe[:10] + value.to_bytes(2) + safe[12:]
    return data[: at.start] + header + body + bytes(len(data) - at.end)


def _extensions(header: bytes) -> bytes:
    """Return the extension headers of an IPv6 header: their kinds and lengths, the fields of a fragment, zeros for all else."""
    safe = b""
    following, at = header[6], 40
    while at < len(header):
        size = 8 if following == _FRAGMENT else (header[at + 1] + 1) * 8
        kept = header[at : at + (size if following == _FRAGMENT else 2)]
        safe += kept + bytes(size - len(kept))
        following, at = header[at], at + size
    return safe


def mended(at: Layout, before: bytes, after: bytes, *, complete: bool) -> bytes:
    """Return `after` with its correct checksum; `before` is the packet before the change.

    `complete` says whether that is all of a TCP segment, UDP or ICMP packet.
    """
    field = _SUM.get(at.protocol)
    if field is None or not header_of(at.protocol, after) or (before == after and at.shown == at.addresses):
        return after
    tail = b"" if at.protocol == _ICMP else struct.pack(">II", len(after), at.protocol)
    old, new = (at.addresses + tail, at.shown + tail) if tail else (b"", b"")
    value = 0
    if complete and not (_sum(old) + _sum(before)) % 0xFFFF:
        value = -(_sum(new) + _sum(after[:field] + b"\0\0" + after[field + 2 :])) % 0xFFFF
        if at.protocol == _UDP:
            value = value or 0xFFFF  # 0 is none
    return after[:field] + value.to_bytes(2) + after[field + 2 :]


def _sum(data: bytes) -> int:
    """Return the one's complement sum of words of 16 bits, with 0 for 0xFFFF: the remainder of the number that the bytes are."""
    return int.from_bytes(data + b"\0" * (len(data) % 2)) % 0xFFFF
