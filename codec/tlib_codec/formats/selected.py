"""Write chosen columns: the base of the writers, the values of a cell, and CSV.

Strategy: a `Selection` takes the values of a row out of a record; a writer prints them in its own way. The C core writes the lines of
frames, in the order of the same columns. A record without an event (a gap, a malformed frame) has no row and is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, ClassVar, Final

import msgspec

from tlib_codec import native
from tlib_codec.formats.jsonl import value_to_data
from tlib_codec.query import FieldKind, Selection
from tlib_codec.query.fields import shown
from tlib_codec.query.selection import Column
from tlib_codec.records import Batch, Entry, Frames, Record, iso
from tlib_codec.stream import Gap
from tlib_schemas.declare import Composite
from tlib_schemas.registry import Registry
from tlib_schemas.values import KVList

from .csv_text import csv_line, quoter
from .writers import RecordWriter

_ESCAPED: Final = re.compile("[\udc80-\udcff]")
_BARE: Final = frozenset({FieldKind.NUMBER, FieldKind.TIME})


class SelectedWriter(RecordWriter):
    """Writes a row per event: `put_row` gets the values of the columns, None where the event has none."""

    def __init__(self, file: BinaryIO, registry: Registry, selection: Selection) -> None:
        super().__init__(file, registry)
        self.selection: Selection = selection

    def write(self, batch: Batch) -> Iterator[Entry]:
        """Write a batch; yield invalid records and diagnostics."""
        for row in self.selection.rows(batch):
            if isinstance(row, list):
                self.put_row(row)
                continue
            if isinstance(row, Record) and not isinstance(row.item, Gap):
                self.put_row(self.selection.values(row))
            yield row

    def put_row(self, values: Sequence[Any]) -> None:
        """Write a row."""
        raise NotImplementedError


def clean(text: str) -> str:
    """Return the text with U+FFFD for every byte that is not UTF-8."""
    return text if text.isascii() else _ESCAPED.sub("\ufffd", text)


def text_of(column: Column, value: Any) -> str:
    """Return the value of a column as text; a list as JSON."""
    if isinstance(value, KVList | Mapping):
        return msgspec.json.encode(data_of(value)).decode()
    return clean(column.bound.field.show(value))


def data_of(value: Any) -> Any:
    """Return a list or another value as JSON holds it; a Unicode text and a composite are texts."""
    if isinstance(value, Mapping):
        return {key: clean(str(one)) for key, one in value.items()}
    return value_to_data(shown(value) if isinstance(value, str | Composite) else value)


class SelectedText(SelectedWriter):
    """Writes a line per event. The C core writes those of frames, where `cell` writes what is neither text nor number."""

    csv: ClassVar[bool] = False
    guard: bool = False
    end: ClassVar[bytes] = b"\n"

    def __init__(self, file: BinaryIO, registry: Registry, selection: Selection) -> None:
        super().__init__(file, registry, selection)
        self._before = self.before()
        self._core: Any = None
        core = native.extension("batches")
        if core is not None:
            columns = [
                (source, before, self._labels(number), column.kind in _BARE)
                for number, (source, before, column) in enumerate(zip(selection.sources, self._before, selection.columns, strict=True))
            ]
            self._core = core.SelectedLines(registry, columns, selection.facts, self.end, self.csv, self.guard, self.cell)

    def _labels(self, number: int) -> tuple[tuple[int, str], ...] | None:
        """Return the numbers of a column with names, each with its cell."""
        field = self.selection.columns[number].bound.field
        if field.kind is not FieldKind.NAME:
            return None
        enumeration = self.selection.sources[number].enumeration
        members = list(field.names.values()) if enumeration is None else list(enumeration)
        return tuple((int(member), self.cell(number, member).decode()) for member in members)

    def before(self) -> list[bytes]:
        """Return the bytes in front of each cell."""
        raise NotImplementedError

    def cell(self, number: int, value: Any) -> bytes:
        """Return the cell of a value of a column, given by its number."""
        raise NotImplementedError

    def write(self, batch: Batch) -> Iterator[Entry]:
        """Write a batch; yield invalid records and diagnostics."""
        for part in batch.parts:
            if self._core is not None and isinstance(part, Frames) and self.selection.takes(part, batch):
                yield from self._write_frames(part, batch)
            else:
                yield from super().write(Batch([part], registry=batch.registry, limits=batch.limits))

    def _write_frames(self, frames: Frames, batch: Batch) -> Iterator[Entry]:
        for piece in self._core.write(frames, batch.limits, self.selection.flows):
            if isinstance(piece, bytes):
                self._file.write(piece)
            else:
                yield from super().write(Batch([frames.select([piece])], registry=batch.registry, limits=batch.limits))

    def put_row(self, values: Sequence[Any]) -> None:
        """Write the line of a row."""
        cells = [before + self.cell(number, value) for number, (before, value) in enumerate(zip(self._before, values, strict=True))]
        self._file.write(b"".join(cells) + self.end)


class SelectedLines(SelectedText):
    """Writes a flat JSON object per event, with the names of the columns; null where the event has no value."""

    end = b"}\n"

    def before(self) -> list[bytes]:
        """Return the bytes in front of each cell."""
        names = [msgspec.json.encode(clean(column.name)) + b":" for column in self.selection.columns]
        return [(b"," if number else b"{") + name for number, name in enumerate(names)]

    def cell(self, number: int, value: Any) -> bytes:
        """Return the value of a column as JSON."""
        return msgspec.json.encode(_json(self.selection.columns[number], value))


def _json(column: Column, value: Any) -> Any:
    if value is None:
        return None
    plain = Selection.plain(column, value)
    return plain if plain is not value else data_of(value)


class SelectedCsv(SelectedText):
    """Writes CSV, by the rules of `csv_line`; `header` begins it with the names of the columns. Unless it is `raw`, it guards texts."""

    csv = True

    def __init__(self, file: BinaryIO, registry: Registry, selection: Selection, *, header: bool = True, raw: bool = False) -> None:
        self.guard: bool = not raw
        self._quote = quoter(raw=raw)
        super().__init__(file, registry, selection)
        if header:
            file.write(csv_line([self._quote(column.name) for column in selection.columns]))

    def before(self) -> list[bytes]:
        """Return the bytes in front of each cell."""
        return [b"," if number else b"" for number in range(len(self.selection.columns))]

    def cell(self, number: int, value: Any) -> bytes:
        """Return the value of a column as CSV."""
        return _cell(self.selection.columns[number], value, self._quote).encode("utf-8", "replace")


def _cell(column: Column, value: Any, quote: Callable[[str], str]) -> str:
    if value is None:
        return ""
    if column.kind is FieldKind.TIME:
        return moment(value) + "Z"
    return text_of(column, value) if column.kind in _BARE else quote(text_of(column, value))


def moment(time: int) -> str:
    """Return nanoseconds since 1970 as CSV shows a time: a date and a time of day with microseconds."""
    return iso(time // 1000 * 1000).replace("T", " ")
