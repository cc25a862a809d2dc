"""The records of a capture file as they can be written again: packets whole, names and comments gone.

Strategy: a record is the bytes before a packet, the packet, and the bytes behind it. Of pcapng only blocks of sections,
interfaces, statistics and packets are kept, and of their options only those that are known to be
numbers, where they have the length of one: comments, names, addresses, filters, hashes of packets, decryption secrets
and blocks of other kinds are left out.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple

from tlib_codec.formats.captures.model import CaptureSettings, Packet
from tlib_codec.formats.captures.pcap import PcapReader
from tlib_codec.formats.captures.pcapng import SECTION, PcapngReader
from tlib_codec.formats.captures.records import RecordReader
from tlib_codec.records import Diagnostic

_NONE: Mapping[int, int] = {}


class _Kept(NamedTuple):
    """Of a kind of block: the bytes of its fields, before the data, and the lengths of the options that are kept."""

    fields: int
    options: Mapping[int, int] = _NONE


_BLOCKS = {
    SECTION: _Kept(16),
    1: _Kept(8, {8: 8, 9: 1, 10: 4, 13: 1, 14: 8, 16: 8, 17: 8}),  # interface: speeds, resolution, zone, length of a trailing sum, offset
    2: _Kept(20, {2: 4}),  # obsolete packet: flags
    3: _Kept(4),  # simple packet
    5: _Kept(12, dict.fromkeys(range(2, 9), 8)),  # statistics: times and counters
    6: _Kept(20, {2: 4, 4: 8, 5: 8, 6: 4}),  # enhanced packet: flags, drops, number, queue
}


class FileRecord(NamedTuple):
    """A record of the file; `packet` is None where it holds none."""

    head: bytes
    packet: Packet | None
    tail: bytes


class Records:
    """The records that a reader has met since they were last taken, and the numbers of blocks and of options left out."""

    def __init__(self) -> None:
        self.pending: list[FileRecord] = []
        self.dropped: int = 0
        self.options: int = 0


class _Pcap(PcapReader):
    def __init__(self, records: Records, settings: CaptureSettings, file: str) -> None:
        super().__init__(settings, file)
        self._records = records

    def _read(self) -> Packet | Diagnostic | None:
        at, begun = self.position, bool(self.order)
        entry = super()._read()
        if isinstance(entry, Packet):
            self._records.pending.append(FileRecord(self.buffer[at : self.position - len(entry.data)], entry, b""))
        elif self.order and not begun:
            self._records.pending.append(FileRecord(self.buffer[at : self.position], None, b""))
        return entry


class _Pcapng(PcapngReader):
    def __init__(self, records: Records, settings: CaptureSettings, file: str) -> None:
        super().__init__(settings, file)
        self._records = records

    def _block(self, kind: int, at: int, end: int) -> Packet | Diagnostic | None:
        entry = super()._block(kind, at, end)
        kept = _BLOCKS.get(kind)
        if kept is None:
            self._records.dropped += 1
        elif not isinstance(entry, Diagnostic):
            self._records.pending.append(self._record(kind, kept, self.buffer[at:end], entry))
        return entry

    def _record(self, kind: int, kept: _Kept, body: bytes, packet: Packet | None) -> FileRecord:
        size = 0 if packet is None else len(packet.data)
        fields = body[: kept.fields]
        if kind == SECTION:
            fields = fields[:8] + b"\xff" * 8  # its length is not known any more
        tail = bytes(-size % 4) + self._safe_options(body[kept.fields + size + -size % 4 :], kept.options)
        length = 12 + len(fields) + size + len(tail)
        return FileRecord(struct.pack(self.order + "II", kind, length) + fields, packet, tail + struct.pack(self.order + "I", length))

    def _safe_options(self, data: bytes, allowed: Mapping[int, int]) -> bytes:
        safe = b""
        at = 0
        while at + 4 <= len(data):
            code, size = struct.unpack_from(self.order + "HH", data, at)
            if not code:
                break
            value = data[at + 4 : at + 4 + size]
            if allowed.get(code) == size == len(value):
                safe += data[at : at + 4] + value + bytes(-size % 4)
            else:
                self._records.options += 1
            at += 4 + size + -size % 4
        return safe + bytes(4) if safe else b""


def reader(head: bytes, records: Records, settings: CaptureSettings, file: str) -> RecordReader:
    """Return a reader of the file that begins with `head`, which notes its records in `records`."""
    return (_Pcapng if head[:4] == SECTION.to_bytes(4) else _Pcap)(records, settings, file)
