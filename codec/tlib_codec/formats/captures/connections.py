"""List the TCP connections of a capture: who talked to whom, how much, and in frames of this format or not.

Strategy: one pass over the packets. The reassembler of the decoder numbers the connections and finds the frames, so a
connection has the same number and the same frames as in decoded records; the counts of packets come from the packets
themselves. Memory is bounded: connections beyond a limit are counted, not listed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, ClassVar, Final

import msgspec

from tlib_codec.formats.compression import CompressionError
from tlib_codec.formats.source import CHUNK, Source
from tlib_codec.records import Diagnostic, Frames, Origin, Part, iso

from .decoder import is_frame
from .ip import Dissector, PacketError, Segment
from .model import DEFAULT_SETTINGS, CaptureSettings, Packet
from .origin import packet_origin
from .pcap import PcapReader
from .pcapng import PcapngReader
from .records import RecordReader
from .tcp import Lanes, Reassembler

MAX_LISTED: Final = 100_000
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_TLS = re.compile(rb"[\x14-\x17]\x03[\x00-\x04][\x00-\x48]", re.DOTALL)  # a record's type, version and the high byte of its length
_MAX_TLS_SEGMENTS = 16  # segments of a connection in which a record of TLS is searched
_SECOND = 1_000_000_000


class Connection(msgspec.Struct, kw_only=True):
    """One TCP connection of a capture.

    `number` is that of `Flow.connection`. `client` and `server` are ``address:port``. `bytes` counts whole packets on the
    wire, `frames` the frames in both directions, also malformed ones. `start` and `end` are the times of the first and last packet,
    nanoseconds since 1970 UTC. `tls` says that a segment begins with a record of TLS.
    """

    FIELDS: ClassVar[tuple[str, ...]] = (
        "file", "connection", "client", "server", "packets", "bytes", "frames", "start", "duration", "tls"
    )  # fmt: skip
    """The names of `to_data`, in order."""

    file: str
    number: int
    client: str
    server: str
    packets: int = 0
    bytes: int = 0
    frames: int = 0
    start: int
    end: int
    tls: bool = False

    @property
    def duration(self) -> float:
        """Return the seconds between the first and the last packet."""
        return (self.end - self.start) / _SECOND

    def to_data(self) -> dict[str, Any]:
        """Return the connection as a JSON object; the time is ISO 8601, the duration in seconds."""
        values = (self.file, self.number, self.client, self.server, self.packets, self.bytes, self.frames)
        return dict(zip(self.FIELDS, (*values, iso(self.start) + "Z", self.duration, self.tls), strict=True))

    def matches(self, *, ports: Collection[int] = (), hosts: Collection[str] = ()) -> bool:
        """Return whether one side has one of `ports`, and one side one of the addresses `hosts`; empty ones match any."""
        ends = [end.rpartition(":") for end in (self.client, self.server)]
        addresses = {ipaddress.ip_address(host.strip("[]")) for host, _, _ in ends}
        return (not ports or any(int(port) in ports for _, _, port in ends)) and (
            not hosts or not addresses.isdisjoint(map(ipaddress.ip_address, hosts))
        )


class ConnectionList:
    """Collects the connections of one capture.

    After `read`: `connections` by number; `omitted` connections are beyond the limit; `packets` counts all packets, `others` those
    that belong to no TCP connection.
    """

    def __init__(
        self,
        source: Source,
        *,
        settings: CaptureSettings = DEFAULT_SETTINGS,
        limit: int | None = None,
        lanes: Callable[[], Any] = Lanes,
    ) -> None:
        self.connections: dict[int, Connection] = {}
        self.packets: int = 0
        self.others: int = 0
        self._source = source
        self._settings = settings
        self._limit = MAX_LISTED if limit is None else limit
        self._dissector = Dissector(settings)
        self._streams = Reassembler(settings=settings, file=source.name, lanes=lanes)
        self._searched: dict[int, int] = {}  # segments searched for TLS, by connection

    @property
    def omitted(self) -> int:
        """Return the number of connections beyond the limit."""
        return self._streams.connections - len(self.connections)

    def read(self) -> Iterator[Diagnostic]:
        """Read the capture and yield a diagnostic for each damaged part. Raise InputError if the file cannot be read."""
        reader: RecordReader | None = None
        head = b""
        while True:
            try:
                data = self._source.read(CHUNK)
            except CompressionError as error:
                offset = reader.offset if reader is not None else 0
                yield Diagnostic("capture-cut", Origin(file=self._source.name, offset=offset), "compressed data up to the end", str(error))
                data = b""
            head += data
            if reader is None and (len(head) >= 4 or not data):
                reader = (PcapngReader if head.startswith(_PCAPNG) else PcapReader)(self._settings, self._source.name)
            if reader is not None:
                if head:
                    reader.feed(head)
                    head = b""
                if not data:
                    reader.close()
                yield from self._records(reader)
            if not data:
                break
        for parts in self._streams.close():
            self._count_frames(parts)

    def _records(self, reader: RecordReader) -> Iterator[Diagnostic]:
        for record in reader:
            if isinstance(record, Diagnostic):
                yield record
                continue
            self.packets += 1
            try:
                segment = self._dissector.segment(record)
            except PacketError as error:
                self.others += 1
                origin = packet_origin(self._source.name, record.number, record.time, record.offset)
                yield Diagnostic(error.code, origin, error.expected, error.actual)
                continue
            if segment is None:
                self.others += 1
            else:
                self._segment(record, segment)
        self._dissector.dropped.clear()
        self._count_frames(self._streams.items())

    def _segment(self, packet: Packet, segment: Segment) -> None:
        self._streams.segment(packet, segment)
        direction = self._streams.lanes.get(segment.key).owner
        number = direction.connection.number
        connection = self.connections.get(number)
        if connection is None:
            if len(self.connections) >= self._limit:
                return
            flow = direction.flow
            client, server = (flow.src, flow.dst) if flow.direction == "to-server" else (flow.dst, flow.src)
            connection = Connection(file=self._source.name, number=number, client=client, server=server, start=packet.time, end=packet.time)
            self.connections[number] = connection
        connection.packets += 1
        connection.bytes += packet.length
        connection.start = min(connection.start, packet.time)
        connection.end = max(connection.end, packet.time)
        if segment.payload and not connection.tls and (searched := self._searched.get(number, 0)) < _MAX_TLS_SEGMENTS:
            self._searched[number] = searched + 1
            connection.tls = _TLS.match(segment.payload) is not None

    def _count_frames(self, parts: list[Part]) -> None:
        for part in parts:
            if isinstance(part, Frames):
                for origin in part.origins():
                    self._count_frame(origin)
            elif is_frame(part):
                self._count_frame(part.origin)

    def _count_frame(self, origin: Origin) -> None:
        assert isinstance(origin.connection, int)
        if (connection := self.connections.get(origin.connection)) is not None:
            connection.frames += 1
