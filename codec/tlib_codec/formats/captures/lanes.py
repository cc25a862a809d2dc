"""One direction of a connection as bytes: what came in order, and which packet brought it. In Python.

`tlib_codec.native.capture` has the same two classes in C, and a loop (`Lanes.walk`) that does what is
plain (a segment in order, an acknowledgment) without Python; `tcp` does all the rest with either.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from tlib_codec.records import Entry, Flow, Part, Record, shifted

from .origin import packet_origin

_MARK = 150  # bytes of memory of a mark
SLOW, FAST, SKIP = 0, 1, 2
"""The mode of a lane, for the loop in C: leave it alone, append segments in order, pass over everything."""


class Lane:
    """Bytes in order, of which some were taken already. `next` is the sequence number expected, `offset` its place in the stream."""

    __slots__ = ("_data", "_marks", "ack", "last", "mode", "next", "offset", "owner", "pending", "touched")

    def __init__(self, owner: Any) -> None:
        self.owner: Any = owner
        self.mode: int = SLOW
        self.next: int = 0
        self.offset: int = 0
        self.ack: int = -1  # the highest number that this side acknowledged
        self.last: int = 0  # number of the last packet
        self.pending: int = 0  # bytes that are not taken yet
        self.touched: bool = False  # has something pending that `Lanes.dirty` has not given
        self._data = bytearray()  # ends at `offset`
        self._marks: deque[tuple[int, int, int]] = deque()

    @property
    def memory(self) -> int:
        """Return the bytes of memory that the lane holds."""
        return len(self._data) + _MARK * len(self._marks)

    def acknowledge(self, ack: int) -> None:
        """Note an acknowledgment of this side, unless it is older."""
        if self.ack < 0 or 0 < (ack - self.ack) & 0xFFFF_FFFF < 1 << 31:
            self.ack = ack

    def append(self, data: bytes, time: int, packet: int) -> None:
        """Take the next bytes, which that packet completed."""
        self._data += data
        self.offset += len(data)
        self.next = (self.next + len(data)) & 0xFFFF_FFFF
        self.pending += len(data)
        self._marks.append((self.offset, time, packet))

    def jump(self, count: int) -> None:
        """Skip `count` bytes. Nothing may be pending."""
        self._data.clear()
        self._marks.clear()
        self.offset += count
        self.next = (self.next + count) & 0xFFFF_FFFF

    def head(self, count: int) -> bytes:
        """Return the first of the bytes that are pending."""
        start = len(self._data) - self.pending
        return bytes(self._data[start : start + count])

    def take(self, history: int) -> bytes:
        """Return the bytes that are pending; `history` of all bytes are kept."""
        data = self.head(self.pending)
        self.pending = 0
        if len(self._data) > 2 * history:
            del self._data[: len(self._data) - history]
        return data

    def feed(self, decoder: Any, history: int) -> None:
        """Give the bytes that are pending to a decoder; `history` of all bytes are kept."""
        decoder.feed(self.take(history))

    def mark(self, end: int) -> tuple[int, int]:
        """Return time and number of the packet that completes the stream up to `end`; callers ask in order."""
        marks = self._marks
        while len(marks) > 1 and marks[0][0] < end:
            marks.popleft()
        _, time, packet = marks[0]
        return time, packet

    def before(self, start: int, end: int) -> tuple[int, bytes]:
        """Return the bytes of the stream from `start` to `end` that are still known, and the place where they begin."""
        known = self.offset - len(self._data)
        start = max(start, known)
        return start, bytes(self._data[start - known : max(start, end) - known])


class Output:
    """The records and diagnostics of a capture until they are taken. `native.capture.Output` keeps frames as bytes instead."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._entries: list[Entry] = []

    def append(self, entry: Entry) -> None:
        """Take a record or diagnostic."""
        self._entries.append(entry)

    def collect(self, lane: Lane, decoder: Any, base: int, flow: Flow) -> None:
        """Take the items that the decoder of a lane completed, each with the packet that completed it; it was fed from `base` on."""
        for item in decoder:
            data = decoder.data
            offset = base + decoder.offset
            time, packet = lane.mark(offset + len(data))
            origin = packet_origin(self._file, packet, time, offset, flow)
            self._entries.append(Record(shifted(item, base) if base else item, data, origin))

    def take(self) -> list[Part]:
        """Return the entries since the last call, in the order of packets."""
        taken, self._entries = self._entries, []
        taken.sort(key=lambda entry: entry.origin.packet or 0)
        return list(taken)


class Lanes:
    """The lanes that are followed, by key."""

    walks = False

    def __init__(self) -> None:
        self._lanes: dict[bytes, Lane] = {}
        self._dirty: list[Lane] = []

    def __len__(self) -> int:
        return len(self._lanes)

    def output(self, file: str) -> Output:
        """Return the output for what these lanes complete."""
        return Output(file)

    def get(self, key: bytes) -> Lane | None:
        """Return the lane of that key."""
        return self._lanes.get(key)

    def add(self, key: bytes, owner: Any) -> Lane:
        """Return a new lane."""
        lane = self._lanes[key] = Lane(owner)
        return lane

    def remove(self, key: bytes) -> None:
        """Forget the lane."""
        del self._lanes[key]

    def touch(self, lane: Lane) -> None:
        """Note that the lane has bytes pending."""
        if not lane.touched:
            lane.touched = True
            self._dirty.append(lane)

    def dirty(self) -> list[Lane]:
        """Return the lanes touched since the last call."""
        touched, self._dirty = self._dirty, []
        for lane in touched:
            lane.touched = False
        return touched

    def walk(self, buffer: bytes, position: int, number: int, layout: tuple[Any, ...]) -> tuple[int, int, int, int]:
        """Return at once: only the native lanes walk over plain packets."""
        return position, number, 0, position
