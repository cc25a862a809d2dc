"""Write chosen columns: the base of the writers, the values of a cell, and CSV.

Strategy: a `Selection` takes the values of a row out of a record; a writer prints them in its own way. A record without an
event (a gap, a malformed frame) has no row and is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

import msgspec

from tlib_codec.formats.jsonl import value_to_data
from tlib_codec.query import FieldKind, Selection
from tlib_codec.query.selection import Column
from tlib_codec.records import Batch, Entry, Record, iso
from tlib_codec.stream import Gap
from tlib_schemas.registry import Registry
from tlib_schemas.values import KVList

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
    """Return a list or another value as JSON holds it."""
    return {key: clean(str(one)) for key, one in value.items()} if isinstance(value, Mapping) else value_to_data(value)


class SelectedLines(SelectedWriter):
    """Writes a flat JSON object per event, with the names of the columns; null where the event has no value."""

    def put_row(self, values: Sequence[Any]) -> None:
        """Write the line of a row."""
        columns = self.selection.columns
        row = {column.name: _json(column, value) for column, value in zip(columns, values, strict=True)}
        self._file.write(msgspec.json.encode(row) + b"\n")


def _json(column: Column, value: Any) -> Any:
    if value is None:
        return None
    shown = Selection.plain(column, value)
    return shown if shown is not value else data_of(value)


class SelectedCsv(SelectedWriter):
    """Writes CSV, by the rules of `csv_line`; `header` begins it with the names of the columns."""

    def __init__(self, file: BinaryIO, registry: Registry, selection: Selection, *, header: bool = True) -> None:
        super().__init__(file, registry, selection)
        if header:
            file.write(csv_line([quoted(column.name) for column in selection.columns]))

    def put_row(self, values: Sequence[Any]) -> None:
        """Write the line of a row."""
        self._file.write(csv_line([_cell(column, value) for column, value in zip(self.selection.columns, values, strict=True)]))


def _cell(column: Column, value: Any) -> str:
    if value is None:
        return ""
    if column.kind is FieldKind.TIME:
        return moment(value) + "Z"
    return text_of(column, value) if column.kind in _BARE else quoted(text_of(column, value))


def moment(time: int) -> str:
    """Return nanoseconds since 1970 as CSV shows a time: a date and a time of day with microseconds."""
    return iso(time // 1000 * 1000).replace("T", " ")


def quoted(text: str) -> str:
    """Return a text in quotes."""
    return '"' + text.replace('"', '""') + '"'


def csv_line(cells: Sequence[str]) -> bytes:
    """Return a line of CSV: texts and names are in quotes, numbers and times bare, null is empty and an empty text ``""``."""
    return (",".join(cells) + "\n").encode("utf-8", "replace")
