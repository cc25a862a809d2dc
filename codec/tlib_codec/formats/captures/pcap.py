"""Reads pcap: both byte orders, micro- and nanoseconds.

Source: the file format as draft-ietf-opsawg-pcap describes it.
"""

from __future__ import annotations

import re
import struct

from tlib_codec.records import Diagnostic

from .model import DEFAULT_SETTINGS, CaptureSettings, Packet
from .records import RecordReader

MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
"""The first four bytes: byte order, and nanoseconds in a unit of time."""

_HEADER = 24
_RECORD = 16
_DAY = 86_400
_BELIEVED = 1 << 20  # the longest packet that a search believes in


class PcapReader(RecordReader):
    """Incremental reader of a pcap file."""

    position: int
    number: int
    unit = "packet's record"
    head = _RECORD

    def __init__(self, settings: CaptureSettings = DEFAULT_SETTINGS, file: str = "") -> None:
        super().__init__(settings, file)
        self.order: str = ""
        self.scale: int = 0
        self.link: int = 0
        self._record = struct.Struct("<IIII")
        self._last: int | None = None  # seconds of the last packet
        self._pattern: tuple[int | None, re.Pattern[bytes]] | None = None  # the pattern of a search, near the last packet
        self._foreign = False  # not a pcap file: reported once, and the rest is skipped

    @property
    def layout(self) -> tuple[int, int, int, tuple[tuple[int, int, int, int], ...]] | None:
        """Return the layout of the records, for `Lanes.walk`; None unless the next one is valid."""
        if not self.order or self._search is not None:
            return None
        return (0, int(self.order == ">"), self.settings.packet, ((self.link, self.scale, 0, 0),))

    def _read(self) -> Packet | Diagnostic | None:
        if not self.order:
            return self._begin()
        if not self._wait(_RECORD):
            return None
        seconds, part, captured, length = self._record.unpack_from(self.buffer, self.position)
        if captured > self.settings.packet:
            return self._broken(f"a packet of at most {self.settings.packet} bytes", str(captured))
        if not self._wait(_RECORD + captured):
            return None
        offset = self.offset
        start = self.position + _RECORD
        self.position = start + captured
        self.number += 1
        self._last = seconds
        time = seconds * 1_000_000_000 + part * self.scale
        return Packet(self.number, time, offset, self.link, self.buffer[start : start + captured], length)

    def passed(self, time: int) -> None:
        """Note the time of the last packet, where another has read it."""
        self._last = time // 1_000_000_000

    def _begin(self) -> Diagnostic | None:
        if self._foreign:
            self.position = len(self.buffer)
            return None
        if not self._wait(_HEADER):
            return None
        magic = self.buffer[self.position : self.position + 4]
        if magic not in MAGICS:
            problem = self._problem("capture-record", "a pcap file header", magic.hex(" "))
            self._foreign = True
            return problem
        self.order, self.scale = MAGICS[magic]
        self._record = struct.Struct(self.order + "IIII")
        (link,) = struct.unpack_from(self.order + "I", self.buffer, self.position + 20)
        self.link = link & 0xFFFF  # above: whether, and how long, a frame check sequence is there
        self.position += _HEADER
        return None

    def _candidate(self, at: int) -> int:
        if self._pattern is None or self._pattern[0] != self._last:
            self._pattern = self._last, self._signs()
        return self._find(self._pattern[1], at)

    def _signs(self) -> re.Pattern[bytes]:
        """Return the pattern of the two high bytes of seconds, captured and length that `_plausible` asks for."""
        high = [b".."]
        if self._last is not None:
            days = range(max(self._last - _DAY, 0) >> 16, (self._last + _DAY >> 16) + 1)
            high = [re.escape(struct.pack(self.order + "H", day & 0xFFFF)) for day in days]
        size = b"[\x00-%c]" % (_BELIEVED >> 16)
        if self.order == "<":
            return re.compile(b"..(?:%b)......%b\x00..%b\x00" % (b"|".join(high), size, size), re.DOTALL)
        return re.compile(b"(?:%b)......\x00%b..\x00%b.." % (b"|".join(high), size, size), re.DOTALL)

    def _plausible(self, at: int) -> bool | None:
        for _ in range(2):  # this record, and the one that it leads to
            left = len(self.buffer) - at
            if left == 0 and self.closed:
                return True
            if left < _RECORD:
                self._need = at - self.position + _RECORD
                return None
            seconds, part, captured, length = self._record.unpack_from(self.buffer, at)
            near = self._last is None or abs(seconds - self._last) <= _DAY
            if not (
                near and part * self.scale < 1_000_000_000 and captured <= min(length, self.settings.packet) and 0 < length <= _BELIEVED
            ):
                return False
            at += _RECORD + captured
            if at > len(self.buffer):
                self._need = at - self.position
                return None
        return True
