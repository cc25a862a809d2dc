"""The packets that captures are made of, and the bounds of their readers."""

from __future__ import annotations

import msgspec


class CaptureSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a reader: what hostile or broken input is held to, and how long a missing segment is waited for.

    `packet` and `block` bound one packet and one block of pcapng (bytes). `recognise`: a direction
    of a connection without a frame in this number of first bytes is not followed. `held` bounds the
    bytes of a direction that wait for a missing segment, `held_segments` their number; it is given
    up, too, `patience` segments after the other side has acknowledged it, or after `wait` seconds.
    `history` is the number of bytes kept to compare a retransmission with. `connections` and `memory`
    (bytes, with the objects around them) bound the connections followed at once; the least recently used are evicted.
    `fragments` is the number of IP datagrams reassembled at once; `problems` the number of diagnostics of a kind.
    """

    packet: int = 262_144
    block: int = 16 << 20
    interfaces: int = 4096
    recognise: int = 65_536
    held: int = 4 << 20
    held_segments: int = 4096
    patience: int = 8
    wait: float = 10.0
    history: int = 4096
    connections: int = 16_384
    memory: int = 48 << 20
    fragments: int = 256
    problems: int = 1000


DEFAULT_SETTINGS = CaptureSettings()


class Packet(msgspec.Struct, gc=False):
    """One captured packet: `number` from 1, `time` in ns since 1970 UTC, `offset` of its record in the file.

    `link` is the LINKTYPE number; `length` is its length on the wire, of which the capture keeps `data`.
    """

    number: int
    time: int
    offset: int
    link: int
    data: bytes
    length: int
