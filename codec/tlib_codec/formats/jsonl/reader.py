"""Read JSON lines: a record an object, a diagnostic a line that is none.

Strategy: a line's ``$source`` becomes the origin, so an event keeps the place where it was captured or logged; a line without
one gets the file and its own number. A line's ``$time`` is the record's instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from tlib_codec.formats.lines import split_lines
from tlib_codec.formats.source import Source
from tlib_codec.json_text import texts_from_data
from tlib_codec.records import Batch, Diagnostic, Entry, Origin, Record, batches, parse_time
from tlib_codec.reference import Policy
from tlib_schemas.errors import DecodeError, quote
from tlib_schemas.registry import Registry

from .items import loads

_LONGEST_LINE: Final = 64 << 20  # bytes: the largest frame fits, written in base64


def read_lines(source: Source, registry: Registry, *, longest: int = _LONGEST_LINE) -> Iterator[Batch]:
    """Yield the objects of a file in batches; a line of more than `longest` bytes is a diagnostic."""
    return batches(_entries(source, registry, longest), registry=registry)


def _entries(source: Source, registry: Registry, longest: int) -> Iterator[Entry | None]:
    for line in split_lines(source.chunks(), longest):
        if line is None:
            yield None
            continue
        number, _, text = line
        here = Origin(file=source.name, line=number)
        if isinstance(text, int):
            yield Diagnostic("json-form", here, f"a line of at most {longest} bytes", f"{text}")
            continue
        if number == 1:
            text = text.removeprefix(b"\xef\xbb\xbf")
        if text.strip():
            yield _entry(text, here, registry)


def _entry(text: bytes, here: Origin, registry: Registry) -> Entry:
    try:
        item = loads(text, registry=registry, policy=Policy.LENIENT)
    except DecodeError as error:
        return Diagnostic(error.code, here, error.expected, error.actual, error.path)
    kept = msgspec.json.decode(text) if b'"$' in text else {}
    source = kept.get("$source")
    origin = Origin.from_data(source) if isinstance(source, dict) else here
    if "$time" in kept:
        parsed = parse_time(str(kept["$time"]))
        if parsed is None or parsed[0] != "time":
            return Diagnostic("json-form", here, "ISO 8601 with a zone, such as 2026-03-14T21:39:12Z", quote(str(kept["$time"])), ".$time")
        origin = msgspec.structs.replace(origin, time=parsed[1])
    return Record(item, origin=origin, unnumbered=texts_from_data(kept.get("$unnumbered")))
