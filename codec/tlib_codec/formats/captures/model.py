"""What captures are made of and what comes out of them: packets, flows, events with their origin, problems, settings."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeAlias

import msgspec

from tlib_codec.stream import Gap, MalformedFrame, StreamItem
from tlib_schemas.errors import CODES, Malformed
from tlib_schemas.events import InvalidEvent

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class CaptureSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a reader: what hostile or broken input is held to, and how long a missing segment is waited for.

    `packet` and `block` bound one packet and one block of pcapng (bytes). `recognise`: a direction
    of a connection in whose first so many bytes no frame begins is not followed. `held` bounds the
    bytes of a direction that wait for a missing segment, `held_segments` their number; it is given
    up, too, `patience` segments after the other side has acknowledged it, or after `wait` seconds.
    `history`: so many bytes are kept to compare a retransmission with. `connections` and `memory`
    (bytes) bound what is followed at once; the least recently used connections are let go.
    `fragments`: IP datagrams that are put together at once. `problems`: so many of a kind are told.
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
    memory: int = 128 << 20
    fragments: int = 256
    problems: int = 1000


DEFAULT_SETTINGS = CaptureSettings()


class Packet(msgspec.Struct, gc=False):
    """One captured packet: `number` from 1, `time` in ns since 1970 UTC, `offset` of its record in the file.

    `link` is the LINKTYPE number; `length` is what it had on the wire, of which `data` was kept.
    """

    number: int
    time: int
    offset: int
    link: int
    data: bytes
    length: int


class Flow(msgspec.Struct, frozen=True):
    """One direction of a connection.

    `connection` counts the TCP connections of the capture from 0, as Wireshark's tcp.stream does;
    `src` and `dst` are ``address:port``; `direction` is ``to-server`` or ``to-client``. The server
    is the side that did not send the SYN; where none was captured, the side with the lower port.
    """

    connection: int
    src: str
    dst: str
    direction: str


class CaptureProblem(msgspec.Struct, frozen=True):
    """What in a capture is not as it should be: told, and reading goes on.

    `code` is a key of `CODES`; `packet` counts from 1 (None where it is no packet), `offset` is
    that of its record in the file.
    """

    code: str
    packet: int | None
    offset: int
    expected: str
    actual: str
    time: int | None = None
    flow: Flow | None = None

    @property
    def advice(self) -> str:
        """What to do about it."""
        return CODES[self.code].advice

    def as_item(self) -> MalformedFrame:
        """As a malformed frame of no bytes, which columns and JSON have a form for."""
        return MalformedFrame(self.offset, b"", Malformed(self.code, expected=self.expected, actual=self.actual))

    def __str__(self) -> str:
        where = f"at byte {self.offset}" if self.packet is None else f"packet {self.packet} at byte {self.offset}"
        return f"{where}: expected {self.expected}, found {self.actual} [{self.code}]"


class Captured(msgspec.Struct, frozen=True, gc=False):
    """An item of a TCP stream, and where it came from.

    `item` is what `StreamDecoder` gives, or `Missing`; `data` are its bytes, at `offset` of the
    stream of `flow`. `time` (ns since 1970 UTC) and `packet` are those of the packet that completed it.
    """

    item: StreamItem
    data: bytes
    offset: int
    packet: int
    time: int
    flow: Flow

    @property
    def timestamp(self) -> str:
        """`time` as ISO 8601, UTC."""
        return iso(self.time)


class CapturedMalformed(Captured, frozen=True, gc=True):
    """A malformed frame of a TCP stream. Its error holds, once it is raised, a stack that may hold it: the collector must see it."""


def captured(item: StreamItem, data: bytes, offset: int, packet: int, time: int, flow: Flow) -> Captured:
    """An item and where it came from, as the fields of `Captured` say."""
    return (CapturedMalformed if isinstance(item, MalformedFrame) else Captured)(item, data, offset, packet, time, flow)


CaptureItem: TypeAlias = Captured | CaptureProblem


class Cut(msgspec.Struct, frozen=True, gc=False):
    """Frames that follow one another among the items of a capture, not looked into yet: `data` are their bytes, joined.

    The rest are arrays of numbers of 64 bits, as the machine has them, one a frame: `bounds` where it begins in `data` (and at
    last where the last one ends), and what `Captured` calls `offset`, `packet` and `time`. `flows` are the numbers (32 bits)
    of their flows in the list of whoever cut them.
    """

    data: bytes
    bounds: bytes
    offsets: bytes
    packets: bytes
    times: bytes
    flows: bytes


def iso(time: int) -> str:
    """Nanoseconds since 1970 as ISO 8601 UTC, with microseconds, or with nanoseconds where there are any."""
    micros, nanos = divmod(time, 1000)
    try:
        text = (_EPOCH + dt.timedelta(microseconds=micros)).strftime("%Y-%m-%dT%H:%M:%S.%f")
    except OverflowError:  # a damaged stamp
        return f"{time / 1e9:.6f}"
    return f"{text}{nanos:03d}Z" if nanos else f"{text}Z"


def origin(item: CaptureItem, file: str) -> dict[str, Any]:
    """Where an item of the capture `file` came from, as ``$source`` tells it."""
    where: dict[str, Any] = {"file": file}
    if item.packet is not None:
        where["packet"] = item.packet
    if item.time is not None:
        where["time"] = iso(item.time)
    if item.flow is not None:
        flow = item.flow
        where |= {"src": flow.src, "dst": flow.dst, "connection": flow.connection, "direction": flow.direction}
    where["offset"] = item.offset
    return where


def shifted(item: StreamItem, base: int) -> StreamItem:
    """The item of a stream that began at `base` of another: its offsets count from there."""
    if isinstance(item, MalformedFrame):
        return MalformedFrame(item.offset + base, item.data, item.error.shift(base))
    if isinstance(item, Gap):
        return Gap(item.offset + base, item.data)
    if isinstance(item, InvalidEvent):
        moved = tuple(v if v.offset is None else msgspec.structs.replace(v, offset=v.offset + base) for v in item.violations)
        return msgspec.structs.replace(item, violations=moved)
    return item
