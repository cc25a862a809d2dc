"""Read JSON lines: a record an object, a diagnostic a line that is none.

Strategy: a line's ``$source`` becomes the origin, so an event keeps the place where it was captured or logged; a line without
one gets the file and its own number. A line's ``$time`` is the record's instant. The step in C (`native.text.JsonReader`) makes frames of
all lines of the usual form, a run at a time; the lines between them are read here, and so is every line where that step is not built.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from tlib_codec.formats.lines import line_blocks, split_lines
from tlib_codec.formats.source import Source
from tlib_codec.json_text import texts_from_data
from tlib_codec.native import extension
from tlib_codec.records import Batch, Diagnostic, Entry, Frames, Origin, Record, batches, parse_time
from tlib_codec.reference import Policy
from tlib_codec.stats import Units
from tlib_schemas.errors import DecodeError, quote
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.registry import Registry

from .items import loads

_LONGEST_LINE: Final = 24 << 20  # bytes: the largest frame fits, written in base64
_FEW: Final = 1 << 20  # bytes of a line that holds no more values than fit
_MOST_VALUES: Final = 1 << 19  # of a longer line: two lists with as many pairs as a list can have
_MARK: Final = b"\xef\xbb\xbf"  # a byte order mark, which the first line may have


def read_lines(source: Source, registry: Registry, *, longest: int = _LONGEST_LINE, units: Units | None = None) -> Iterator[Batch]:
    """Yield the objects of a file in batches; a line of more than `longest` bytes is a diagnostic. `units` counts the lines."""
    if extension("text") is None:
        return batches(entries(source, registry, longest), registry=registry)
    return batches(runs(source, registry, longest, units or Units()), registry=registry)


def runs(source: Source, registry: Registry, longest: int, units: Units) -> Iterator[Frames | Entry | None]:
    """Yield runs of lines as frames, and the entries of the lines that the step in C leaves."""
    step = extension("text")
    assert step is not None
    lines = step.JsonReader(registry, DEFAULT_LIMITS, source.name, longest)
    lines.line = source.span.line
    for block in line_blocks(source.chunks(), longest):
        if block is None:
            yield None
            continue
        if isinstance(block, int):
            yield _too_long(block, Origin(file=source.name, line=lines.line), longest)
            lines.line += 1
            continue
        lines.attach(block)
        while not lines.finished:
            frames, line = lines.step()
            if frames is not None:
                units.native += len(frames)
                yield frames
            if line is None:
                continue
            number, text = line
            units.ask("line of another form")
            if (entry := _entry_of(number, text, source, registry, longest)) is not None:
                yield entry
    source.reached = ()


def entries(source: Source, registry: Registry, longest: int) -> Iterator[Entry | None]:
    """Yield the entries of all lines."""
    for line in split_lines(source.chunks(), longest, source.span.line):
        if line is None:
            yield None
            continue
        number, _, text = line
        if isinstance(text, int):
            yield _too_long(text, Origin(file=source.name, line=number), longest)
        elif (entry := _entry_of(number, text, source, registry, longest)) is not None:
            yield entry
    source.reached = ()


def _too_long(length: int, here: Origin, longest: int) -> Diagnostic:
    return Diagnostic("json-form", here, f"a line of at most {longest} bytes", f"{length}")


def _entry_of(number: int, text: bytes, source: Source, registry: Registry, longest: int) -> Entry | None:
    """Return the entry of a line; None where it is blank."""
    here = Origin(file=source.name, line=number)
    if len(text) > longest:
        return _too_long(len(text), here, longest)
    if len(text) > _FEW and (values := text.count(b",") + text.count(b"[") + text.count(b"{")) > _MOST_VALUES:
        return Diagnostic("json-form", here, f"a line of at most {_MOST_VALUES} values", f"up to {values}")
    if number == 1:
        text = text.removeprefix(_MARK)
    return _entry(text, here, registry) if text.strip() else None


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
