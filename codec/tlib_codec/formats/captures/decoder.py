"""Decodes a capture: feed the bytes of a file, take events with their origin. No I/O.

Strategy: the format is recognised by its first four bytes, and a reader of it cuts the packets out.
Where `Lanes` can walk, it deals with plain packets (a segment in order, an acknowledgment) in the reader's own
buffer, and stops before the first that is not plain: that one is read here, as every packet is without it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Unpack

from tlib_codec.records import Diagnostic, Frames, Origin, Part, Record
from tlib_codec.stream import Gap, MalformedFrame
from tlib_schemas.registry import Registry

from .ip import Datagram, Dissector, PacketError
from .link import SUPPORTED
from .model import CaptureSettings, Packet
from .origin import packet_origin
from .pcap import PcapReader
from .pcapng import PcapngReader
from .records import RecordReader
from .tcp import Options, Reassembler

_SECTION = b"\x0a\x0d\x0d\x0a"


class CaptureDecoder:
    """Incremental decoder of a pcap or pcapng file: `feed` bytes, iterate items, `close`, iterate the rest.

    Items are runs of `Frames`, `Record`s and `Diagnostic`s, in the order of the packets that completed them;
    iterating ends when more bytes are needed. The options are those of `Reassembler`. `packets` and `connections` count
    the input.
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        self._streams = Reassembler(**options)
        self.settings: CaptureSettings = self._streams.settings
        self.registry: Registry = self._streams.registry
        self._dissector = Dissector(self.settings)
        self._reader: RecordReader | None = None
        self._head = b""
        self._closed = False
        self._ended = False
        self._frames = False  # a frame was read, good or malformed
        self._counts: Counter[str] = Counter()
        self._links: set[int] = set()

    @property
    def packets(self) -> int:
        """Return the number of packets read."""
        return self._reader.number if self._reader is not None else 0

    @property
    def connections(self) -> int:
        """Return the number of TCP connections seen."""
        return self._streams.connections

    @property
    def followed(self) -> int:
        """Return the number of directions of connections that carry frames or that the caller selected."""
        return self._streams.followed

    @property
    def offset(self) -> int:
        """Return the file offset of the next record."""
        return self._reader.offset if self._reader is not None else 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the file. Raises ValueError after `close`."""
        if self._closed:
            raise ValueError("the capture is closed")
        if self._reader is None:
            self._head += data
            if len(self._head) < 4:
                return
            data, self._head = self._head, b""
            self._reader = (PcapngReader if data[:4] == _SECTION else PcapReader)(self.settings, self._streams.file)
        self._reader.feed(data)

    def close(self) -> None:
        """Say that no more bytes come."""
        self._closed = True
        if self._reader is None:
            self._reader = PcapReader(self.settings, self._streams.file)
            self._reader.feed(self._head)
        self._reader.close()

    def __iter__(self) -> Iterator[Part]:
        return iter(self.items())

    def items(self) -> list[Part]:
        """Return the content completed since the last call."""
        return list(chain.from_iterable(self.parts()))

    def parts(self) -> Iterator[list[Part]]:
        """Yield the content completed since the last call, after `close` in lists of some megabytes at most."""
        if self._reader is None or self._ended:
            return
        yield self._read(self._reader)
        if self._closed:
            self._ended = True
            yield from self._rest()

    def _read(self, reader: RecordReader) -> list[Part]:
        lanes = self._streams.lanes
        found: list[Part] = []
        while True:
            if lanes.walks and (layout := reader.layout) is not None:
                reader.position, number, time, last = lanes.walk(reader.buffer, reader.position, reader.number, layout)
                if number != reader.number:
                    reader.number = number
                    reader.passed(time)
                    self._streams.last = Packet(number, time, reader.base + last, 0, b"", 0)
            record = reader.next()
            if record is None:
                break
            problem = self._packet(record) if isinstance(record, Packet) else record
            if problem is not None:
                found += self._completed()
                found += self._few([problem])
        items = self._completed()
        return found + items if found else items

    def _completed(self) -> list[Part]:
        return self._seen(self._streams.items())

    def _seen(self, items: list[Part]) -> list[Part]:
        """Note whether there is a frame among items, and return them without too many problems."""
        streams = self._streams
        if not self._frames:
            self._frames = any(is_frame(item) for item in items)
        if not streams.troubled:
            return items
        streams.troubled = False
        return self._few(items)

    def _packet(self, packet: Packet) -> Diagnostic | None:
        self._streams.last = packet
        if packet.link not in SUPPORTED:
            if packet.link in self._links:
                return None
            self._links.add(packet.link)
            supported = ", ".join(map(str, sorted(SUPPORTED)))
            return self._diagnostic("capture-link", packet, f"a link type of {supported}", str(packet.link))
        try:
            segment = self._dissector.segment(packet)
        except PacketError as error:
            return self._diagnostic(error.code, packet, error.expected, error.actual)
        if self._dissector.dropped:
            self._streams.report(map(self._unfinished, self._dissector.dropped))
            self._dissector.dropped.clear()
        if segment is None:
            return None
        self._streams.segment(packet, segment)
        if len(segment.payload) < segment.length:
            expected = f"{segment.length} bytes of a TCP segment"
            return self._diagnostic("capture-truncated", packet, expected, str(len(segment.payload)))
        return None

    def _rest(self) -> Iterator[list[Part]]:
        self._dissector.flush()
        yield self._few(list(map(self._unfinished, self._dissector.dropped)))
        yield from map(self._seen, self._streams.close())
        rest: list[Part] = []
        for code, count in self._counts.items():
            if count > self.settings.problems:
                rest.append(self._problem("capture-more-problems", f"at most {self.settings.problems} of {code}", str(count)))
        if self.packets and not self._frames:
            rest.append(self._nothing())
        yield rest

    def _nothing(self) -> Diagnostic:
        """Return the diagnostic of a capture without a frame."""
        if self._streams.chooses and not self.followed:
            code, expected = "capture-no-connection", "a TCP connection of the chosen ports and hosts"
        else:
            code, expected = "capture-no-frames", "frames in a TCP connection"
        return Diagnostic(code, Origin(file=self._streams.file), expected, f"none; connections in all: {self.connections}")

    def _problem(self, code: str, expected: str, actual: str) -> Diagnostic:
        assert self._reader is not None
        return Diagnostic(code, Origin(file=self._streams.file, offset=self._reader.offset), expected, actual)

    def _diagnostic(self, code: str, packet: Packet, expected: str, actual: str) -> Diagnostic:
        return Diagnostic(code, packet_origin(self._streams.file, packet.number, packet.time, packet.offset), expected, actual)

    def _unfinished(self, datagram: Datagram) -> Diagnostic:
        origin = packet_origin(self._streams.file, datagram.number, datagram.time, datagram.offset)
        return Diagnostic("capture-fragment", origin, "every fragment of an IP packet", f"{datagram.size} bytes")

    def _few(self, items: list[Part]) -> list[Part]:
        """Return the items without the problems of a kind that has been told often enough."""
        kept: list[Part] = []
        for item in items:
            if isinstance(item, Diagnostic):
                self._counts[item.code] += 1
                if self._counts[item.code] > self.settings.problems:
                    continue
            kept.append(item)
        return kept


def is_frame(part: Part) -> bool:
    """Return whether an item is a frame, also a malformed one."""
    if isinstance(part, Record):
        return isinstance(part.item, MalformedFrame) or not isinstance(part.item, Gap)
    return isinstance(part, Frames)
