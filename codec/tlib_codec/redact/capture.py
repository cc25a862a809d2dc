"""Redact a capture: keep every packet and its time, replace frames by pseudonyms and other bytes by zeros.

Strategy: one pass. Reassemble streams as for decoding, and replace each frame by one of the same length. A packet waits,
and those after it, until all its bytes are decided; then it is written with the replaced bytes of the *stream*. So
every copy of a byte (retransmitted, overlapping, in a fragment) gets the same replacement, and bytes outside frames
become zeros. Memory is bounded: if too much waits, the oldest packet is written with zeros for undecided bytes; bytes
written long ago are forgotten, so a late copy of them becomes zeros.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from tlib_codec.formats.captures.ip import Dissector, PacketError, Segment
from tlib_codec.formats.captures.model import DEFAULT_SETTINGS, CaptureSettings, Packet
from tlib_codec.formats.captures.tcp import Direction, Reassembler
from tlib_codec.formats.compression import CompressionError
from tlib_codec.formats.source import Source
from tlib_codec.records import Batch, Diagnostic, Entry, Frames, Origin, Record
from tlib_codec.stream import Gap, Missing
from tlib_schemas.errors import EncodeError

from .file_records import FileRecord, Records, reader
from .frames import FrameRedactor
from .items import Redactor
from .packets import HEADERS, TCP, Addresses, Layout, blanked, carrying, header_of, layout, mended, scrubbed, untouched

_CHUNK = 1 << 20
_HISTORY = 1 << 16  # bytes of a direction's stream that are kept for copies that come late
_PIECE = 1 << 12
_Flow = tuple[int | str | None, str]  # connection and direction
_OVERHEAD = 1024  # of memory, for a packet or a direction


class Part:
    """A TCP segment: the bytes that were captured of it, and the place of its payload in a stream. `packets` carry it."""

    def __init__(self, at: Layout, data: bytes, segment: Segment, place: tuple[Direction, int], packets: int) -> None:
        self.layout: Layout
        self.data: bytes
        self.packets: int
        self.layout, self.data, self.packets = at, data, packets
        self.direction: Direction
        self.start: int
        self.direction, self.start = place
        self.header: int = len(data) - len(segment.payload)
        self.end: int = self.start + len(segment.payload)
        self.complete: bool = len(segment.payload) == segment.length
        self.window: Window
        self.safe: bytes | None = None  # the bytes that are written for it, once they are needed

    @property
    def followed(self) -> bool:
        """Return whether the connection of the packet carries frames."""
        return bool(self.direction.follow or self.direction.other.follow)


class Window:
    """The replacement of a direction's bytes: decided up to `decided`; the parts in `waiting` still need it."""

    __slots__ = ("_pieces", "_starts", "decided", "size", "waiting")

    def __init__(self) -> None:
        self.decided: int = 0
        self.size: int = 0
        self.waiting: set[Part] = set()
        self._starts: list[int] = []
        self._pieces: list[bytearray] = []

    def put(self, start: int, data: bytes) -> None:
        """Add bytes from offset `start` on, after all others."""
        self.size += len(data)
        if self._pieces and len(self._pieces[-1]) < _PIECE and self._starts[-1] + len(self._pieces[-1]) == start:
            self._pieces[-1] += data  # frames may be small, and many
        else:
            self._starts.append(start)
            self._pieces.append(bytearray(data))

    def get(self, start: int, length: int) -> tuple[bytes, int]:
        """Return the bytes from `start` on, with zeros where there are none, and how many there are."""
        data, known = bytearray(length), 0
        for i in range(max(bisect_right(self._starts, start) - 1, 0), len(self._starts)):
            at = self._starts[i] - start
            if at >= length:
                break
            part = self._pieces[i][max(-at, 0) : length - at]
            data[max(at, 0) : max(at, 0) + len(part)] = part
            known += len(part)
        return bytes(data), known

    def trim(self) -> None:
        """Forget windows that no packet waits for and no retransmission is likely to need."""
        need = min((part.start for part in self.waiting), default=self.decided) - _HISTORY
        count = max(bisect_right(self._starts, need) - 1, 0)
        self.size -= sum(map(len, self._pieces[:count]))
        del self._starts[:count], self._pieces[:count]


class Held:
    """A record that waits to be written.

    `part` is the TCP segment in it, once it is in a stream; `fragment` says that the rest of it has yet to come, `other`
    that it belongs to no TCP connection at all.
    """

    __slots__ = ("fragment", "layout", "other", "part", "record")

    def __init__(self, record: FileRecord, hide: Addresses) -> None:
        self.record: FileRecord = record
        self.layout: Layout | None = None if record.packet is None else layout(record.packet, hide)
        self.part: Part | None = None
        self.fragment: bool = False
        self.other: bool = False

    @property
    def body(self) -> bytes:
        """Return the payload of the IP packet."""
        at, packet = self.layout, self.record.packet
        return b"" if at is None or packet is None else packet.data[at.body : at.end]


class CaptureRedactor:
    """Rewrites a pcap or pcapng file.

    `redactor` replaces the frames. Bytes in no frame become zeros: malformed frames and gaps, unless
    `keep_malformed`; the payload of other connections and protocols, unless `keep_other`. `addresses`
    replaces IP addresses, too: those that share a prefix share one of the same length afterwards.

    After `records`: `packets` were written, the payload of `others` of them blanked since it is of no T-Library
    connection; `blank` bytes of T-Library connections were in no frame that could be replaced, `blocks` and `options` of a pcapng file left
    out.
    `wanted` selects the frames that it keeps, by their original values (None: all); the bytes of the others become zeros.
    """

    def __init__(
        self,
        redactor: Redactor,
        *,
        addresses: bool = False,
        keep_malformed: bool = False,
        keep_other: bool = False,
        wanted: Callable[[Record], bool] | None = None,
        settings: CaptureSettings = DEFAULT_SETTINGS,
    ) -> None:
        self.packets: int
        self.others: int
        self.blank: int
        self.packets = self.others = self.blank = 0
        self._redactor = redactor
        self._runs = FrameRedactor(redactor)
        self._hide: Addresses = redactor.pseudonyms.address if addresses else bytes
        self._keep_malformed, self._keep_other = keep_malformed, keep_other
        self._wanted = wanted
        self._settings = settings
        self._records = Records()
        self._dissector = Dissector(settings)
        self._streams = Reassembler(registry=redactor.registry, settings=settings)
        self._windows: dict[_Flow, Window] = {}  # those used last at the end
        self._fragments: dict[bytes, list[Held]] = {}
        self._queue: deque[Held] = deque()
        self._size = 0  # bytes of memory that the queue and the windows take

    @property
    def blocks(self) -> int:
        """Return the number of omitted blocks without packets."""
        return self._records.dropped

    @property
    def options(self) -> int:
        """Return the number of omitted options of blocks."""
        return self._records.options

    @property
    def followed(self) -> int:
        """Return the number of directions of connections that carry frames."""
        return self._streams.followed

    def records(self, source: Source) -> Iterator[bytes | Diagnostic]:
        """Yield the bytes of the safe file, in pieces, and diagnostics of the one read from `source`. Raises InputError."""
        head = b""
        while len(head) < 4 and (more := source.read(4 - len(head))):
            head += more
        file = reader(head, self._records, self._settings, source.name)
        file.feed(head)
        while not file.closed:
            try:
                data = source.read(_CHUNK)
            except CompressionError as error:
                origin = Origin(file=source.name, offset=file.offset)
                yield Diagnostic("capture-cut", origin, "compressed data up to the end", str(error))
                data = b""
            if data:
                file.feed(data)
            else:
                file.close()
            for problem in file:
                if isinstance(problem, Diagnostic):
                    yield problem
            self._take()
            for parts in self._streams.close() if file.closed else (self._streams.items(),):
                self._decide(parts)
            yield b"".join(self._written(everything=file.closed))

    # -- in --------------------------------------------------------------------------------------

    def _take(self) -> None:
        for record in self._records.pending:
            held = Held(record, self._hide)
            if record.packet is not None:
                self._place(held, record.packet)
                self._size += _memory(record.packet)
            self._queue.append(held)
        self._records.pending.clear()

    def _place(self, held: Held, packet: Packet) -> None:
        """Find out which bytes of a stream the packet carries, if any."""
        self._streams.last = packet
        at = held.layout
        try:
            segment = self._dissector.segment(packet)
        except PacketError:
            return
        self._dissector.dropped.clear()
        if at is None or at.protocol != TCP:
            held.other = segment is None and (at is None or at.datagram is None or at.protocol in HEADERS)
            return
        if segment is None:
            held.fragment = True
            self._fragments.setdefault(at.datagram or b"", []).append(held)
            if len(self._fragments) > self._settings.fragments:
                self._release(self._fragments.pop(next(iter(self._fragments))))
            return
        carriers = [*(self._fragments.pop(at.datagram, []) if at.datagram is not None else ()), held]
        self._release(carriers)
        self._streams.segment(packet, segment)
        place = self._streams.place(segment)
        data = _joined(carriers)
        if place is None or header_of(TCP, data) + len(segment.payload) != len(data):
            return
        part = Part(at, data, segment, place, len(carriers))
        part.window = self._window((part.direction.flow.connection, part.direction.flow.direction))
        part.window.waiting.add(part)
        for one in carriers:
            one.part = part

    @staticmethod
    def _release(fragments: list[Held]) -> None:
        for held in fragments:
            held.fragment = False

    def _window(self, flow: _Flow) -> Window:
        window = self._windows.pop(flow, None)
        if window is None:
            window = Window()
            self._size += _OVERHEAD
        self._windows[flow] = window
        return window

    def _decide(self, parts: Iterable[Frames | Entry]) -> None:
        """Replace the frames that are complete."""
        for part in parts:
            if isinstance(part, Frames) and self._wanted is None:
                self._decide_run(part)
                continue
            for entry in Batch([part], registry=self._redactor.registry):
                if isinstance(entry, Record):
                    self._decide_record(entry)

    def _decide_run(self, frames: Frames) -> None:
        """Replace a run of frames, the ones that are left record by record."""
        data, left = self._runs.replaced(frames)
        bounds = memoryview(frames.bounds).cast("Q")
        flows, offsets = memoryview(frames.flows or b"").cast("I"), memoryview(frames.offsets or b"").cast("Q")
        others = set(left)
        for place, (flow, offset) in enumerate(zip(flows, offsets, strict=True)):
            if place in others:
                for record in frames.select([place]).records(self._redactor.registry):
                    self._decide_record(record)
                continue
            one = frames.flow_table[flow]
            self._put(self._window((one.connection, one.direction)), offset, data[bounds[place] : bounds[place + 1]])

    def _decide_record(self, record: Record) -> None:
        data = record.frame or b""
        offset = record.origin.offset or 0
        window = self._window((record.origin.connection, record.origin.direction))
        safe = self._safe(record, data)
        if safe is not None:
            self._put(window, offset, safe)
        window.decided = offset + (record.item.length if isinstance(record.item, Missing) else len(data))

    def _put(self, window: Window, offset: int, safe: bytes) -> None:
        window.put(offset, safe)
        window.decided = offset + len(safe)
        self._size += len(safe)

    def _safe(self, record: Record, data: bytes) -> bytes | None:
        """Return the bytes that take the place of a record's; None where nothing can."""
        if isinstance(record.item, Gap):
            return data if self._keep_malformed else None
        if self._wanted is not None and not self._wanted(record):
            return bytes(len(data))
        try:
            safe = self._redactor.frame(record.item)
        except EncodeError:
            return None
        return safe if len(safe) == len(data) else None

    # -- out -------------------------------------------------------------------------------------

    def _written(self, *, everything: bool) -> Iterator[bytes]:
        """Yield the records whose turn it is; then forget those that are not needed any more."""
        most = self._settings.memory // 2
        while self._queue and (everything or self._size > most or self._decided(self._queue[0])):
            held = self._queue.popleft()
            yield held.record.head
            if held.record.packet is not None:
                self.packets += 1
                self._size -= _memory(held.record.packet)
                yield self._data(held, held.record.packet, known=everything or self._decided(held))
            yield held.record.tail
        for flow, window in list(self._windows.items()):
            before = window.size
            window.trim()
            self._size -= before - window.size
            if self._size > most // 2 and not window.waiting:
                del self._windows[flow]
                self._size -= window.size + _OVERHEAD

    def _decided(self, held: Held) -> bool:
        part = held.part
        if part is None:
            return not held.fragment
        return part.start == part.end or part.window.decided >= part.end or not self._streams.waits(part.direction, part.end)

    def _data(self, held: Held, packet: Packet, *, known: bool) -> bytes:
        """Return the packet as written; `known` says that no later packet can tell more about its connection."""
        part, at = held.part, held.layout
        if held.fragment and at is not None and at.datagram is not None:  # it was not waited for to the end
            self._release(self._fragments.pop(at.datagram))
        if part is not None:
            part.packets -= 1
            if not part.packets:
                part.window.waiting.discard(part)
        other = held.other if part is None else known and not part.followed
        if other and self._keep_other:
            return untouched(packet, at)
        if part is None or at is None:
            safe = blanked(packet, at)
        else:
            if part.safe is None:
                part.safe = self._replaced(part)
            body = part.safe[at.place : at.place + at.end - at.body]
            safe = carrying(packet, at, body + bytes(at.end - at.body - len(body)))
        if other and safe != untouched(packet, at):
            self.others += 1
        return safe

    def _replaced(self, part: Part) -> bytes:
        payload, known = part.window.get(part.start, part.end - part.start)
        if part.direction.follow:
            self.blank += len(payload) - known
        head = scrubbed(TCP, part.data[: part.header])
        return mended(part.layout, part.data, head + payload, complete=part.complete and part.layout.complete)


def _memory(packet: Packet) -> int:
    return 2 * len(packet.data) + _OVERHEAD  # it is there twice: as a packet and as a part of a stream


def _joined(carriers: list[Held]) -> bytes:
    """Return the bytes of a TCP segment, out of the fragments that carry it; where they overlap, those that begin earlier count."""
    data = b""
    for held in sorted(carriers, key=lambda held: 0 if held.layout is None else held.layout.place):
        place = 0 if held.layout is None else held.layout.place
        data += held.body[max(len(data) - place, 0) :]
    return data
