"""Build columns without the C core: rows from the reference stream decoder.

Strategy: have the interface, the rows and the batch boundaries of the native builder, so that either can replace the
other. Read each attribute from the bytes of its frame by the kind of its column; a column without a value in a batch
has no list of values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from tlib_codec.records import Frames, Record
from tlib_codec.reference import Buffer
from tlib_codec.stream import Gap, MalformedFrame, StreamDecoder
from tlib_schemas import wire
from tlib_schemas.enumerations import TKVType
from tlib_schemas.errors import DecodeError
from tlib_schemas.events import InvalidEvent, UnknownEvent
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Item, Registry
from tlib_schemas.values import KVList, Unicode

from .layout import (
    ERROR,
    ERROR_OFFSET,
    ERROR_PATH,
    EVENT,
    FRAME,
    GAP,
    MAX_ROWS,
    MAX_UNNAMED,
    OFFSET,
    Column,
    Counts,
    Kind,
    RowError,
    error_of,
)

_PIECE = 1 << 20
_ESCAPED = re.compile("[\udc80-\udcff]")


def shown(text: str) -> tuple[str, bool]:
    """Return the text with U+FFFD for every byte that is not UTF-8, and whether there was none."""
    made, lost = _ESCAPED.subn("\ufffd", text)
    return made, not lost


def rows_of(kv: KVList) -> tuple[list[dict[str, Any]], bool]:
    """Return a list's pairs in pre-order, and whether all of its texts are UTF-8."""
    rows: list[dict[str, Any]] = []
    exact = True
    stack: list[Iterator[tuple[str, Any]]] = [iter(kv)]
    while stack:
        pair = next(stack[-1], None)
        if pair is None:
            stack.pop()
            continue
        key, fine = shown(pair[0])
        exact &= fine
        row: dict[str, Any] = {"depth": len(stack), "key": key, "text": None, "number": None, "data": None}
        rows.append(row)
        match pair[1]:
            case KVList() as nested:
                row["type"] = int(TKVType.List)
                stack.append(iter(nested))
            case str() as text:
                row["type"] = int(TKVType.Unicode if isinstance(text, Unicode) else TKVType.String)
                row["text"], fine = shown(str(text))
                exact &= fine
            case int() as number:
                row["type"], row["number"] = int(TKVType.Int), number
            case data:
                row["type"], row["data"] = int(TKVType.Binary), data
    return rows, exact


class Cells:
    """One column of a batch: its values so far, and the numbers that have no name."""

    def __init__(self, column: Column) -> None:
        self.column: Column = column
        self.values: list[Any] = []
        self._known = {number: i for i, (number, _) in enumerate(column.labels or ())}
        self.unnamed: dict[int, int] = {}

    def put(self, row: int, value: Any) -> None:
        """Set the value of a row; the rows before it that were missed are null."""
        self.values.extend([None] * (row - len(self.values)))
        self.values.append(value)

    def label(self, number: int) -> int:
        """Return the place of a number's name among the names."""
        code = self._known.get(number)
        return len(self._known) + self.unnamed.setdefault(number, len(self.unnamed)) if code is None else code

    def names(self) -> list[str]:
        """Return the names, and the numbers without one as text."""
        return [name for _, name in self.column.labels or ()] + [str(number) for number in self.unnamed]


class RowBuilder:
    """Takes bytes, gives batches: `fill` until it says that one is ready, then `take`."""

    def __init__(self, registry: Registry, limits: Limits, layout: tuple[Column, ...], batch_bytes: int) -> None:
        self._registry = registry
        self._batch_bytes = batch_bytes
        self._layout = layout
        self._of = {column.id: column for column in layout if column.id is not None}
        self._decoder = StreamDecoder(registry=registry, limits=limits)
        self._limits = limits
        self._whole = memoryview(b"")
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        self._rows = self._bytes = 0
        self._cells = {column.name: Cells(column) for column in self._layout}

    def attach(self, buffer: Buffer) -> None:
        """Take `buffer` as the whole input."""
        self._whole = memoryview(buffer).cast("B")

    def feed(self, data: Buffer) -> None:
        """Take the next bytes of the input."""
        self._decoder.feed(data)

    def close(self) -> None:
        """Say that no more bytes come."""
        self._decoder.close()
        self._closed = True

    def fill(self) -> bool:
        """Return whether a batch is ready; if not, feed more, or no frame is left."""
        while True:
            for item in self._decoder:
                self._row(item, self._decoder.offset, self._decoder.data)
                if self._is_full():
                    return True
            if not self._whole:
                return self._closed and self._rows > 0
            self.feed(self._whole[:_PIECE])
            self._whole = self._whole[_PIECE:]
            if not self._whole:
                self.close()

    @property
    def rows(self) -> int:
        """Return the number of pending rows."""
        return self._rows

    def row(self, item: Item | Gap, offset: int, data: bytes) -> bool:
        """Take an item that somebody else decoded, and its bytes; whether a batch is ready."""
        self._row(item, offset, data)
        return self._is_full()

    def take(self) -> tuple[int, list[Cells]]:
        """Return the number of rows, and the cells of every column that is not skipped."""
        made = self._rows, [cells for cells in self._cells.values() if not cells.column.skip]
        self._begin()
        return made

    def _is_full(self) -> bool:
        crowded = any(len(cells.unnamed) >= MAX_UNNAMED for cells in self._cells.values() if not cells.column.skip)
        return self._rows >= MAX_ROWS or self._bytes >= self._batch_bytes or crowded

    def _put(self, name: str, value: Any) -> None:
        cells = self._cells[name]
        if cells.column.kind in (Kind.LABEL, Kind.SIGNED_LABEL):
            value = cells.label(value)
        cells.put(self._rows, value)

    def _row(self, item: Item | Gap, offset: int, data: bytes) -> None:
        self._put(OFFSET, offset)
        error: RowError | None = None
        if isinstance(item, Gap):
            error = (GAP, None, "")
            self._put(FRAME, data)
            if isinstance(item, MalformedFrame):
                error = (item.error.code, item.error.offset, item.error.path)
                if (message := _message(data, self._limits)) is not None:
                    self._put(EVENT, message)
        else:
            if isinstance(item, InvalidEvent):
                error = error_of(item)
            self._put(EVENT, item.message)
            if not self._attributes(data):
                self._put(FRAME, data)
        self._end(error, data)

    def _end(self, error: RowError | None, data: bytes) -> None:
        if error is not None:
            self._put(ERROR, error[0])
            if error[2]:
                self._put(ERROR_PATH, error[2].encode("utf-8", "replace").decode())
            if error[1] is not None:
                self._put(ERROR_OFFSET, error[1])
        self._rows += 1
        self._bytes += len(data)

    def _attributes(self, data: bytes) -> bool:
        """Fill the columns of a frame's attributes; whether they alone give the frame back."""
        places = wire.offsets(data)
        exact = list(places) == sorted(places)
        for number, position in places.items():
            column = self._of.get(number)
            if column is None:
                exact = False
                continue
            at = position + wire.ATTRIBUTE.size
            length = int.from_bytes(data[at - 3 : at], "big")
            value, fine = self._value(column, data[at : at + length])
            exact &= fine
            self._put(column.name, value)
        return exact

    def _value(self, column: Column, data: bytes) -> tuple[Any, bool]:
        match column.kind:
            case Kind.TEXT:
                return shown(data.decode("utf-8", "surrogateescape"))
            case Kind.LIST:
                return rows_of(wire.KVList.unpack(data, self._limits))
            case Kind.HEX:
                return data.hex(), True
            case Kind.BINARY:
                return data, True
            case kind:
                return int.from_bytes(data, "big", signed=kind in (Kind.SINT, Kind.SIGNED_LABEL)), True


class FrameBuilder(RowBuilder):
    """Takes whole frames, each with its own place, and gaps; gives batches. `native.columns.FrameBuilder` is the same in C."""

    def __init__(self, registry: Registry, limits: Limits, layout: tuple[Column, ...], batch_bytes: int) -> None:
        super().__init__(registry, limits, layout, batch_bytes)
        self._frames: Iterator[Record] = iter(())

    def put(self, data: bytes, bounds: bytes, places: bytes, printed: bool = False) -> None:
        """Take frames, joined: their bounds in `data` and the place of each (64-bit numbers); `fill` puts them into rows.

        `printed` frames hold valid events of a log: what the receiving client sets is not missing.
        """
        records = Frames(data=data, bounds=bounds, offsets=places).records(self._registry, self._limits)
        self._frames = map(self._as_printed, records) if printed else records

    def _as_printed(self, record: Record) -> Record:
        if record.frame is None or not isinstance(record.item, InvalidEvent):
            return record
        message, values = self._registry.frame(self._limits).unpack(record.frame)
        return msgspec.structs.replace(record, item=self._registry.assemble(message, values, printed=True))

    def fill(self) -> bool:
        """Return whether a batch is full; if not, all frames are in rows."""
        for record in self._frames:
            if self.row(record.item, record.origin.offset or 0, record.frame or b""):
                return True
        return self._is_full()

    def put_damage(self, data: bytes, place: int, error: RowError) -> bool:
        """Take bytes that are no frame as a row, with the code, offset and path of their error; whether a batch is full."""
        self._put(OFFSET, place)
        self._put(FRAME, data)
        if error[0] != GAP and (message := _message(data, self._limits)) is not None:
            self._put(EVENT, message)
        self._end(error, data)
        return self._is_full()


def _message(data: bytes, limits: Limits) -> int | None:
    """Return the message number of a malformed frame whose header is sound."""
    try:
        return wire.parse_header(data, limits)[0]
    except DecodeError:
        return None


def validate(buffer: Buffer, registry: Registry, limits: Limits = DEFAULT_LIMITS) -> Counts:
    """Check all frames in a buffer, and count what they are."""
    counts = {"valid": 0, "invalid": 0, "unknown": 0, "malformed": 0, "gaps": 0}
    decoder = StreamDecoder(registry=registry, limits=limits)
    whole = memoryview(buffer).cast("B")
    for start in range(0, len(whole), _PIECE):
        decoder.feed(whole[start : start + _PIECE])
        if start + _PIECE >= len(whole):
            decoder.close()
        for item in decoder:
            match item:
                case MalformedFrame():
                    kind = "malformed"
                case Gap():
                    kind = "gaps"
                case InvalidEvent():
                    kind = "invalid"
                case UnknownEvent():
                    kind = "unknown"
                case _:
                    kind = "valid"
            counts[kind] += 1
    return Counts(frames=counts["valid"] + counts["invalid"] + counts["unknown"], bytes=len(whole), **counts)
