"""Reads pcapng: sections, interfaces each with link type and time resolution, both byte orders.

Strategy: blocks of packets (enhanced, simple, and the obsolete one) are read, those of interfaces
and sections kept, all others skipped. Source: draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

from tlib_codec.records import Diagnostic

from .model import DEFAULT_SETTINGS, CaptureSettings, Packet
from .records import RecordReader

SECTION = 0x0A0D0D0A
_INTERFACE, _OBSOLETE, _SIMPLE, _ENHANCED = 1, 2, 3, 6
_KNOWN = frozenset({*range(1, 11), 0xBAD, 0x40000BAD, SECTION})
_ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_RESOLUTION, _OFFSET = 9, 14  # options of an interface
_MOST = (1 << 63) - 1
_BELIEVED = 1 << 20  # the longest block that a search believes in
# What `_plausible` asks of a block's type and of the high and low byte of its length.
_SIGNS = {
    "": re.compile(rb"\n\r\r\n"),
    "<": re.compile(rb"\n\r\r\n|(?:[\x01-\x0a]\x00\x00\x00|\xad\x0b\x00[\x00\x40])[\x00\x04-\xfc]..\x00", re.DOTALL),
    ">": re.compile(rb"\n\r\r\n|(?:\x00\x00\x00[\x01-\x0a]|[\x00\x40]\x00\x0b\xad)\x00...", re.DOTALL),
}


class Interface(NamedTuple):
    """An interface: `units` of time in a second, `offset` in seconds."""

    link: int
    snap: int
    units: int = 1_000_000
    offset: int = 0

    def time(self, stamp: int) -> int:
        """Return nanoseconds since 1970, limited to 64 bits, since a damaged stamp may have any value."""
        time = stamp * 1_000_000_000 // self.units + self.offset * 1_000_000_000
        return max(-_MOST, min(time, _MOST))


class PcapngReader(RecordReader):
    """Incremental reader of a pcapng file."""

    position: int
    number: int
    unit = "block"
    head = 12

    def __init__(self, settings: CaptureSettings = DEFAULT_SETTINGS, file: str = "") -> None:
        super().__init__(settings, file)
        self.order: str = ""
        self.interfaces: list[Interface] = []
        self._layout: tuple[tuple[int, int, int, int], ...] = ()

    @property
    def layout(self) -> tuple[int, int, int, tuple[tuple[int, int, int, int], ...]] | None:
        """Return the layout of the blocks, for `Lanes.walk`; None unless the next one is valid."""
        if not self.order or self._search is not None:
            return None
        if len(self._layout) != len(self.interfaces):
            billion = 1_000_000_000
            self._layout = tuple((i.link, 0 if billion % i.units else billion // i.units, i.offset * billion, 0) for i in self.interfaces)
        return (1, int(self.order == ">"), self.settings.packet, self._layout)

    def _read(self) -> Packet | Diagnostic | None:
        if not self._wait(12):
            return None
        at = self.position
        order = self.order or "<"
        kind, size = struct.unpack_from(order + "II", self.buffer, at)
        if kind == SECTION:
            magic = self.buffer[at + 8 : at + 12]
            if magic not in _ORDERS:
                return self._broken("a section's byte order mark", magic.hex(" "))
            order = _ORDERS[magic]
            (size,) = struct.unpack_from(order + "I", self.buffer, at + 4)
        elif not self.order:
            return self._broken("a section header", f"block type {kind:#x}")
        if size < 12 or size % 4 or size > self.settings.block:
            return self._broken(f"a block of 12 to {self.settings.block} bytes, a multiple of 4", str(size))
        if not self._wait(size):
            return None
        (again,) = struct.unpack_from(order + "I", self.buffer, at + size - 4)
        if again != size:
            return self._broken(f"the block's length {size} again at its end", str(again))
        self.order = order
        try:
            return self._block(kind, at + 8, at + size - 4)
        except struct.error:
            return self._problem("capture-record", f"the fields of block type {kind}", f"{size - 12} bytes")
        finally:
            self.position = at + size

    def _block(self, kind: int, at: int, end: int) -> Packet | Diagnostic | None:
        """Read the block whose body is ``buffer[at:end]``. Raises struct.error where it is too short."""
        body = self.buffer[at:end]
        order = self.order
        if kind == _ENHANCED:
            number, high, low, captured, length = struct.unpack_from(order + "IIIII", body)
            return self._packet(number, high << 32 | low, body[20 : 20 + captured], captured, length)
        if kind == _OBSOLETE:
            number, _, high, low, captured, length = struct.unpack_from(order + "HHIIII", body)
            return self._packet(number, high << 32 | low, body[20 : 20 + captured], captured, length)
        if kind == _SIMPLE:
            (length,) = struct.unpack_from(order + "I", body)
            captured = length
            if self.interfaces and self.interfaces[0].snap:
                captured = min(length, self.interfaces[0].snap)
            return self._packet(0, None, body[4 : 4 + captured], captured, length)
        if kind == SECTION:
            self.interfaces = []
            self._layout = ()
            struct.unpack_from(order + "IHHq", body)
        elif kind == _INTERFACE:
            if len(self.interfaces) >= self.settings.interfaces:
                return self._problem("capture-record", f"at most {self.settings.interfaces} interfaces in a section", "one more")
            link, _, snap = struct.unpack_from(order + "HHI", body)
            self.interfaces.append(self._options(Interface(link, snap), body))
        return None

    def _packet(self, number: int, stamp: int | None, data: bytes, captured: int, length: int) -> Packet | Diagnostic:
        self.number += 1
        if number >= len(self.interfaces):
            return self._problem("capture-record", f"one of {len(self.interfaces)} interfaces", f"interface {number}")
        if len(data) < captured:
            return self._problem("capture-record", f"{captured} bytes of a packet in its block", str(len(data)))
        if captured > self.settings.packet:
            return self._problem("capture-record", f"a packet of at most {self.settings.packet} bytes", str(captured))
        interface = self.interfaces[number]
        time = 0 if stamp is None else interface.time(stamp)
        return Packet(self.number, time, self.offset, interface.link, data, length)

    def _options(self, interface: Interface, body: bytes) -> Interface:
        at = 8
        while at + 4 <= len(body):
            code, size = struct.unpack_from(self.order + "HH", body, at)
            value = body[at + 4 : at + 4 + size]
            if code == 0:
                break
            if code == _RESOLUTION and len(value) == 1:
                power = value[0] & 0x7F
                interface = interface._replace(units=2**power if value[0] & 0x80 else 10**power)
            elif code == _OFFSET and len(value) == 8:
                interface = interface._replace(offset=struct.unpack(self.order + "q", value)[0])
            at += 4 + (size + 3) // 4 * 4
        return interface

    def _candidate(self, at: int) -> int:
        return self._find(_SIGNS[self.order], at)

    def _plausible(self, at: int) -> bool | None:
        left = len(self.buffer) - at
        if left < 12:
            self._need = at - self.position + 12
            return None
        order = self.order or "<"
        kind, size = struct.unpack_from(order + "II", self.buffer, at)
        if kind == SECTION:
            order = _ORDERS.get(self.buffer[at + 8 : at + 12], "")
            if not order:
                return False
            (size,) = struct.unpack_from(order + "I", self.buffer, at + 4)
        elif kind not in _KNOWN or not self.order:
            return False
        if size < 12 or size % 4 or size > _BELIEVED:
            return False
        if left < size:
            self._need = at - self.position + size
            return None
        (again,) = struct.unpack_from(order + "I", self.buffer, at + size - 4)
        return bool(again == size)
