"""JSON lines: one object an event, one line an object, lossless both ways (docs/json.md).

`dumps` and `loads` write and read one line, `to_data` and `from_data` the plain data that it holds. Files are read and
written by `tlib_codec.read` and `tlib_codec.write`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from tlib_codec.formats import Format, ReadOptions, WriteOptions, Writer
from tlib_codec.formats.text import CONTROLS

from . import codes  # noqa: F401 registers the error codes of JSON
from .items import dumps, from_data, loads, place_data, to_data, value_from_data, value_to_data, violation_to_data

if TYPE_CHECKING:
    from tlib_codec.formats.source import Source
    from tlib_codec.formats.spans import Span
    from tlib_codec.records import Batch

__all__ = ["FORMATS", "dumps", "from_data", "loads", "place_data", "to_data", "value_from_data", "value_to_data", "violation_to_data"]

_OBJECT = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*(?:"|\})')


def _recognise(head: bytes, _end: bool) -> bool:
    """Return whether the text begins with a JSON object."""
    return _OBJECT.match(head) is not None and CONTROLS.search(head) is None


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from .reader import read_lines  # noqa: PLC0415

    return read_lines(source, options.registry, units=options.stats.read)


def _cut(file: BinaryIO, begin: Span, length: int, _options: ReadOptions) -> Iterator[Span]:
    from tlib_codec.formats.spans import cut_lines  # noqa: PLC0415

    return cut_lines(file, begin, length)


def _write(file: BinaryIO, options: WriteOptions) -> Writer:
    if options.select is not None:
        from tlib_codec.formats.selected import SelectedLines  # noqa: PLC0415

        return SelectedLines(file, options.registry, options.select)
    from .writer import LineWriter  # noqa: PLC0415

    return LineWriter(file, options.registry, options.stats.written)


FORMATS = (
    Format(
        name="jsonl",
        title="JSON lines, an object an event",
        suffixes=(".jsonl", ".json", ".ndjson"),
        recognise=_recognise,
        read=_read,
        cut=_cut,
        origins=None,
        write=_write,
        joins=True,
        seamless=True,
        selects=True,
    ),
)
