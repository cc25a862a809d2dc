"""Reassembles TCP streams and takes the frames out of them; packets in, items out, no I/O.

Strategy: each direction of a connection is a `Lane` of bytes in order. Early segments wait in
`held`, repeated ones are compared and dropped, so the first captured bytes count. A hole is given up
when the other side has acknowledged it and the sender went on (it did arrive, and the capture
lacks it), when it has stood too long or too much waits behind it, and when the connection ends;
then a `Missing` tells of it, and decoding begins anew behind it.

Bytes become items only in `items()`, many segments at a time; each item is given the packet that
completed it, and items come in the order of their packets. Known weakness: an RST is not believed
to end the stream, since anyone can send one; segments that still fit are taken.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypedDict

from tlib_codec import native
from tlib_codec.engine import StreamDecoder
from tlib_codec.records import Diagnostic, Entry, Flow, Part, Record
from tlib_codec.stream import Missing
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.wire import MAGIC, VERSION

from . import lanes as _python
from .ip import ACK, FIN, RST, SYN, Segment
from .lanes import FAST, SKIP, SLOW
from .model import DEFAULT_SETTINGS, CaptureSettings, Packet
from .origin import packet_origin

_capture = native.extension("capture")
Lanes: Any = _python.Lanes if _capture is None else _capture.Lanes

_SIGN = MAGIC + bytes((VERSION, 0))
_MOST_MISSED = 64
_FAR = 1 << 24  # a jump that no window explains
_MOST_STEPS = 1 << 16  # over held segments, while one hole is open
_DIRECTION = 1024  # bytes of memory of one direction without a byte of its stream
_HELD_SEGMENT = 260  # bytes of memory of one that waits, beside its payload
_MISSED_RECORD = 640  # bytes of memory of one
_RELEASED = 4 << 20  # bytes of memory that connections give up before the items that they leave are taken
_Held = tuple[bytes, int]  # the captured bytes, and their length on the wire


class Direction:
    """One direction: its lane, what waits, and its decoder once it is known to carry frames."""

    __slots__ = (
        "acknowledged", "base", "connection", "decoder", "dst", "end", "first", "flow", "follow", "held", "held_bytes", "key", "lane",
        "memory", "missed", "other", "seen", "since", "src", "started", "starts", "steps", "syn",
    )  # fmt: skip

    def __init__(self, key: bytes, src: str, dst: str) -> None:
        self.key: bytes
        self.src: str
        self.dst: str
        self.key, self.src, self.dst = key, src, dst
        self.connection: Connection
        self.other: Direction
        self.lane: Any = None
        self.flow: Flow
        self.started: bool = False
        self.first: int = 0  # the sequence number of its SYN, or of its first segment
        self.syn: bool = False
        self.end: int | None = None  # where its FIN says that the stream ends
        self.decoder: Any = None
        self.base: int = 0  # stream offset at which the decoder began
        self.follow: bool | None = None  # None: not known yet
        self.missed: list[Entry] = []  # to be told where it turns out to carry frames
        self.seen: int = 0  # bytes in which no frame was found
        self.starts: list[int] = []  # of what is held, in order
        self.held: dict[int, _Held] = {}
        self.held_bytes: int = 0
        self.since: int = 0  # time at which the first hole opened
        self.acknowledged: int = 0  # segments since the hole was acknowledged
        self.steps: int = 0  # over held segments since then: it bounds the time
        self.memory: int = 0  # as last counted


class Connection:
    """Two directions, and the number of the connection in the capture."""

    __slots__ = ("directions", "number", "reset")

    def __init__(self, number: int, one: Direction, two: Direction) -> None:
        self.number: int = number
        self.directions: tuple[Direction, Direction] = (one, two)
        self.reset: bool = False
        for direction, other in ((one, two), (two, one)):
            direction.connection, direction.other = self, other

    @property
    def over(self) -> bool:
        """Return whether both sides have ended the connection, or one has reset it."""
        return self.reset or all(d.end is not None and d.lane.offset >= d.end for d in self.directions)

    @property
    def last(self) -> int:
        """Return the number of its last packet."""
        return max(int(d.lane.last) for d in self.directions)


class Options(TypedDict, total=False):
    """The options of a `Reassembler`."""

    registry: Registry
    settings: CaptureSettings
    ports: Collection[int]
    hosts: Collection[str]
    file: str
    lanes: Callable[[], Any]


class Reassembler:
    """Feed segments, take items.

    `ports` and `hosts` choose the connections to follow (all that have one of them on either
    side); where none is given, those in which frames are found. `last` is the last packet that was read.
    """

    def __init__(
        self,
        *,
        registry: Registry = TLIBRARY,
        settings: CaptureSettings = DEFAULT_SETTINGS,
        ports: Collection[int] = (),
        hosts: Collection[str] = (),
        file: str = "",
        lanes: Callable[[], Any] = Lanes,
    ) -> None:
        self.registry: Registry = registry
        self.settings: CaptureSettings = settings
        self.file: str = file
        self.lanes: Any = lanes()
        self.connections: int = 0  # seen so far
        self.followed: int = 0  # directions in which frames were found, or that were chosen
        self._ports = {port.to_bytes(2) for port in ports}
        self._hosts = {ipaddress.ip_address(host).packed for host in hosts}
        self._open: dict[int, Connection] = {}
        self._out = self.lanes.output(file)
        self._memory = 0
        self.troubled: bool = False  # there was a problem among the items
        self.last: Packet = Packet(0, 0, 0, 0, b"", 0)

    @property
    def chooses(self) -> bool:
        """Return whether the caller selected ports or hosts."""
        return bool(self._ports or self._hosts)

    def segment(self, packet: Packet, segment: Segment) -> None:
        """Take a segment, which `packet` brought or completed."""
        self.last = packet
        key, seq, ack, flags, payload, length = segment
        lane = self.lanes.get(key)
        if lane is None:
            lane = self._connect(segment, packet)
        else:
            direction = lane.owner
            if self._is_new(direction, seq, flags, length):
                self._close(direction.connection, packet)
                self._forget(direction.connection)
                lane = self._connect(segment, packet)
        direction = lane.owner
        lane.last = packet.number
        if flags & ACK:
            lane.acknowledge(ack)
        if flags & SYN:
            seq = (seq + 1) & 0xFFFF_FFFF
        if not direction.started:
            if flags & RST:
                return
            self._start(direction, seq, flags)
        if length:
            self._data(direction, seq, payload, length, packet)
        if flags & FIN:
            end = lane.offset if direction.follow is False else lane.offset + _signed(seq + length - lane.next)
            direction.end = end if direction.end is None else min(direction.end, end)
            if lane.mode == FAST:
                lane.mode = SLOW  # bytes behind the end do not count, which the loop in C does not know
        if flags & RST:
            direction.connection.reset = True
            for one in direction.connection.directions:
                self._cut(one, packet)
        elif direction.end is not None and lane.offset >= direction.end:
            self._cut(direction, packet)

    def place(self, segment: Segment) -> tuple[Direction, int] | None:
        """Return the place of a segment's payload in its stream, after the segment was taken; None where it is in none."""
        lane = self.lanes.get(segment.key)
        if lane is None or not lane.owner.started:
            return None
        seq = segment.seq + bool(segment.flags & SYN)
        return lane.owner, lane.offset + _signed(seq - lane.next)

    def waits(self, direction: Direction, end: int) -> bool:
        """Return whether bytes before the stream offset `end` may still become items after a call of `items`."""
        lane = direction.lane
        if (
            self.lanes.get(direction.key) is not lane
            or direction.follow is False
            or (direction.end is not None and lane.offset >= direction.end)
        ):
            return False
        return bool(direction.follow) or not direction.connection.reset

    def _is_new(self, direction: Direction, seq: int, flags: int, length: int) -> bool:
        """Return whether the segment belongs to a later connection between the same ports."""
        if not direction.started:
            return bool(flags & SYN and not flags & ACK and direction.other.started and not direction.other.syn)
        if flags & SYN:
            return not (direction.syn and seq == direction.first)
        return bool(length) and direction.connection.over and abs(_signed(seq - direction.lane.next)) > _FAR

    def _connect(self, segment: Segment, packet: Packet) -> Any:
        if len(self._open) >= self.settings.connections:
            self._evict(len(self._open) // 8 + 1, packet, f"at most {self.settings.connections} connections at once", "one more")
        key, reverse = segment.key, segment.reverse
        src, dst = _text(key), _text(reverse)
        one, two = Direction(key, src, dst), Direction(reverse, dst, src)
        connection = Connection(self.connections, one, two)
        self.connections += 1
        self._open[connection.number] = connection
        client = one
        if segment.flags & SYN:
            client = two if segment.flags & ACK else one
        elif key[-4:-2] < key[-2:]:
            client = two
        chosen = None
        if self.chooses:
            half = (len(key) - 4) // 2
            chosen = (not self._ports or not self._ports.isdisjoint((key[-4:-2], key[-2:]))) and (
                not self._hosts or not self._hosts.isdisjoint((key[:half], reverse[:half]))
            )
        for direction in (one, two):
            direction.flow = Flow(connection.number, direction.src, direction.dst, "to-server" if direction is client else "to-client")
            direction.lane = self.lanes.add(direction.key, direction)
            direction.lane.last = packet.number
            direction.follow = chosen
            if chosen:
                self.followed += 1
            elif chosen is False:
                direction.lane.mode = SKIP
            self._count(direction)
        return one.lane

    @staticmethod
    def _start(direction: Direction, seq: int, flags: int) -> None:
        direction.started = True
        direction.syn = bool(flags & SYN)
        direction.first = (seq - 1) & 0xFFFF_FFFF if direction.syn else seq
        direction.lane.next = seq
        if direction.follow is not False:
            direction.lane.mode = FAST

    def _data(self, direction: Direction, seq: int, payload: bytes, length: int, packet: Packet) -> None:
        lane = direction.lane
        if direction.follow is False:
            return
        start = lane.offset + _signed(seq - lane.next)
        end = start + length
        if direction.end is not None and end > direction.end:
            length = max(direction.end - start, 0)
            payload, end = payload[:length], start + length
        if start < lane.offset:
            self._compare(direction, start, payload, packet)
            payload, start = payload[lane.offset - start :], lane.offset
        if end <= start:
            pass  # all of it has been there
        elif start > lane.offset or direction.starts:
            self._hold(direction, start, payload, end - start, packet)
            self._release(direction, packet)
        else:
            self._deliver(direction, payload, end - start, packet)
        if direction.starts:
            self._consider(direction, packet)
        self._count(direction)

    def _deliver(self, direction: Direction, payload: bytes, length: int, packet: Packet) -> None:
        """Take the next bytes of the stream, of which the capture may lack the last ones."""
        lane = direction.lane
        if payload:
            lane.append(payload, packet.time, packet.number)
            self.lanes.touch(lane)
        if len(payload) < length:
            self._miss(direction, length - len(payload), packet)

    def _hold(self, direction: Direction, start: int, payload: bytes, length: int, packet: Packet) -> None:
        """Keep an early segment, without the bytes that are held already."""
        if not direction.starts:
            direction.since = packet.time
            direction.acknowledged = direction.steps = 0
            direction.lane.mode = SLOW
        end = start + length
        at = max(bisect_left(direction.starts, start) - 1, 0)
        origin = start
        while start < end:
            direction.steps += 1
            known = direction.starts[at] if at < len(direction.starts) else None
            if known is None or known >= end:
                self._keep(direction, start, payload[start - origin : end - origin], end - start)
                return
            data, size = direction.held[known]
            if known + size > start:
                if known > start:
                    self._keep(direction, start, payload[start - origin : known - origin], known - start)
                    at += 1
                low, high = max(known, start), min(known + len(data), end, origin + len(payload))
                if data[low - known : high - known] != payload[low - origin : high - origin] and high > low:
                    self._conflict(direction, low, packet)
                start = max(start, known + size)
            at += 1

    @staticmethod
    def _keep(direction: Direction, start: int, payload: bytes, length: int) -> None:
        direction.starts.insert(bisect_left(direction.starts, start), start)
        direction.held[start] = (payload, length)
        direction.held_bytes += len(payload)

    def _release(self, direction: Direction, packet: Packet) -> None:
        """Deliver held segments that are now in order."""
        lane, starts = direction.lane, direction.starts
        done = 0
        while done < len(starts) and starts[done] == lane.offset:
            payload, length = direction.held.pop(starts[done])
            direction.held_bytes -= len(payload)
            done += 1
            self._deliver(direction, payload, length, packet)
        if done:
            del starts[:done]
            direction.since = packet.time
            direction.acknowledged = direction.steps = 0
            if not starts and direction.end is None:
                lane.mode = FAST

    def _consider(self, direction: Direction, packet: Packet) -> None:
        """Give up the first hole where it will not be filled any more."""
        settings, lane = self.settings, direction.lane
        acked = direction.other.lane.ack
        if acked >= 0 and _signed(acked - lane.next) >= direction.starts[0] - lane.offset:
            direction.acknowledged += 1
        while direction.starts and (
            direction.held_bytes > settings.held
            or len(direction.starts) > settings.held_segments
            or direction.acknowledged > settings.patience
            or direction.steps > _MOST_STEPS
            or packet.time - direction.since > settings.wait * 1e9
        ):
            self._give_up(direction, packet)

    def _give_up(self, direction: Direction, packet: Packet) -> None:
        self._miss(direction, direction.starts[0] - direction.lane.offset, packet)
        self._release(direction, packet)

    def _miss(self, direction: Direction, length: int, packet: Packet) -> None:
        """Report `length` bytes that the capture lacks."""
        self._drain(direction, end=True)
        lane = direction.lane
        if lane.pending:  # not known to carry frames, so it was not taken
            direction.seen += lane.pending
            lane.take(0)
        offset = lane.offset
        lane.jump(length)
        origin = packet_origin(self.file, packet.number, packet.time, offset, direction.flow)
        missing = Record(Missing(offset, b"", length), b"", origin)
        if direction.follow:
            self._out.append(missing)
        elif len(direction.missed) < _MOST_MISSED:
            direction.missed.append(missing)

    def _compare(self, direction: Direction, start: int, payload: bytes, packet: Packet) -> None:
        """Report a repeated segment whose bytes differ from the first ones."""
        at, known = direction.lane.before(start, start + len(payload))
        again = payload[at - start : at - start + len(known)]
        if known[: len(again)] != again:
            self._conflict(direction, at + next(i for i, (a, b) in enumerate(zip(known, again, strict=False)) if a != b), packet)

    def _conflict(self, direction: Direction, at: int, packet: Packet) -> None:
        flow = direction.flow
        expected = f"the bytes that came before in the stream of {flow.src} to {flow.dst}"
        self._report("tcp-conflict", packet, expected, f"others from its byte {at} on; the first count", flow)

    def _report(self, code: str, packet: Packet, expected: str, actual: str, flow: Flow | None = None) -> None:
        self.troubled = True
        origin = packet_origin(self.file, packet.number, packet.time, packet.offset, flow)
        self._out.append(Diagnostic(code, origin, expected, actual))

    def report(self, problems: Iterable[Diagnostic]) -> None:
        """Add a problem of a packet to the items."""
        self.troubled = True
        for problem in problems:
            self._out.append(problem)

    def _cut(self, direction: Direction, packet: Packet) -> None:
        """End the stream: wait for no more bytes."""
        while direction.starts:
            self._give_up(direction, packet)
        if direction.started and direction.end is not None and direction.lane.offset < direction.end:
            self._miss(direction, direction.end - direction.lane.offset, packet)
        self._drain(direction, end=True)

    def _close(self, connection: Connection, packet: Packet) -> None:
        for direction in connection.directions:
            self._cut(direction, packet)

    def _forget(self, connection: Connection) -> None:
        del self._open[connection.number]
        for direction in connection.directions:
            self.lanes.remove(direction.key)
            direction.lane.take(0)  # both directions know each other: Python frees them later, but not their bytes
            direction.lane.jump(0)
            direction.missed.clear()
            self._memory -= direction.memory

    def _evict(self, count: int, packet: Packet, expected: str, actual: str) -> None:
        """Let go of the connections that are over, else of those that were silent the longest."""
        order = sorted(self._open.values(), key=lambda c: (not c.over, c.last))
        for connection in order[:count]:
            over = connection.over
            self._close(connection, packet)
            if not over and any(d.follow for d in connection.directions):
                self._report("tcp-evicted", packet, expected, actual, connection.directions[0].flow)
            self._forget(connection)

    def _recognise(self, direction: Direction) -> None:
        """Decide by its bytes whether the direction carries frames."""
        lane = direction.lane
        head = lane.head(max(self.settings.recognise - direction.seen, 0))
        if _SIGN in head:
            direction.follow = True
            self.followed += 1
            for entry in direction.missed:
                self._out.append(entry)
            direction.missed.clear()
        elif direction.seen + len(head) >= self.settings.recognise:
            direction.follow = False
            lane.take(0)
            lane.jump(0)
            lane.mode = SKIP
            direction.starts.clear()
            direction.held.clear()
            direction.held_bytes = 0

    def _drain(self, direction: Direction, *, end: bool = False) -> None:
        """Decode the pending bytes; with `end`, up to the last one."""
        lane = direction.lane
        if direction.follow is None and lane.pending:
            self._recognise(direction)
        if not direction.follow:
            return
        decoder = direction.decoder
        if lane.pending:
            if decoder is None:
                decoder = direction.decoder = StreamDecoder(registry=self.registry)
                direction.base = lane.offset - lane.pending
            lane.feed(decoder, self.settings.history)
        if decoder is None:
            return
        if end:
            decoder.close()
            direction.decoder = None
        self._out.collect(lane, decoder, direction.base, direction.flow)

    def items(self) -> list[Part]:
        """Return the content completed since the last call, in the order of packets."""
        for lane in self.lanes.dirty():
            self._drain(lane.owner)
            self._count(lane.owner)
        while self._memory > self.settings.memory and self._open:
            self._evict(len(self._open) // 8 + 1, self.last, f"at most {self.settings.memory} bytes for all connections", str(self._memory))
        found: list[Part] = self._out.take()
        return found

    def _count(self, direction: Direction) -> None:
        """Count the memory that a direction holds, the objects around its bytes included."""
        decoder = direction.decoder
        memory = direction.lane.memory + direction.held_bytes + _DIRECTION
        memory += _HELD_SEGMENT * len(direction.starts) + _MISSED_RECORD * len(direction.missed)
        if decoder is not None:
            memory += decoder.memory
        self._memory += memory - direction.memory
        direction.memory = memory

    def close(self) -> Iterator[list[Part]]:
        """End every stream, since no more segments come; yield the content that this completes.

        A list has the content of several connections in the order of packets, and no more of them than fit in some megabytes.
        """
        released = 0
        for connection in list(self._open.values()):
            released += sum(direction.memory for direction in connection.directions)
            self._close(connection, self.last)
            self._forget(connection)
            if released > _RELEASED:
                released = 0
                yield self._out.take()
        yield self._out.take()


def _signed(difference: int) -> int:
    """Return a difference of sequence numbers, which wrap at 2**32."""
    return ((difference + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000


def _text(key: bytes) -> str:
    """Return ``address:port`` of the sending side of a key."""
    half = (len(key) - 4) // 2
    port = int.from_bytes(key[-4:-2])
    if half == 4:
        return f"{key[0]}.{key[1]}.{key[2]}.{key[3]}:{port}"
    return f"[{ipaddress.IPv6Address(key[:16])}]:{port}"
