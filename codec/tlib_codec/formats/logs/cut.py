"""Cut a T-Server log into spans.

Strategy: a span begins at a stamped line behind an empty one, where no message is open unless a text in quotes has no end. The clock
there follows from all lines before it: the guess reads the beginning of the log, then the last stretch of each span with the clock of the
guess before, and so sees a midnight between them. The reader of the span before has the exact clock at its end.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import msgspec

from tlib_codec.formats import ReadOptions
from tlib_codec.formats.encodings import is_wide
from tlib_codec.formats.source import Source
from tlib_codec.formats.spans import Span, count_lines
from tlib_codec.stats import Stats

from .parts import source_parts
from .sniff import kind_of

_HEAD: Final = 1 << 16
_STRETCH: Final = 1 << 16  # bytes that are read for a guess
_WINDOW: Final = 1 << 20  # bytes in which a place for a cut is looked for
_PLACE: Final = re.compile(rb"\n\r?\n(?=(?:@|\[?\d{4}-\d\d-\d\d[T ])\d\d:\d\d:\d\d[.,]\d{3})")


def cut(file: BinaryIO, begin: Span, length: int, options: ReadOptions) -> Iterator[Span]:
    """Yield spans of about `length` bytes, from where `begin` starts to the end of the file; one where its text is of another form."""
    span = begin
    file.seek(0)
    if not (options.encoding and is_wide(options.encoding)) and kind_of(file.read(_HEAD)) == "tserver":
        clock = begin.state or _reached(file, Span(0, _place(file, min(_STRETCH, length))), options)
        while (end := _place(file, span.start + length)) is not None:
            span = msgspec.structs.replace(span, end=end)
            yield span
            clock = _guess(file, span, clock, options)
            span = Span(end, None, span.line + count_lines(file, span.start, end), clock)
    yield msgspec.structs.replace(span, end=None)


def _place(file: BinaryIO, start: int) -> int | None:
    """Return the offset of a stamped line behind an empty one, at or after `start`; None where there is none in the window."""
    file.seek(start)
    found = _PLACE.search(file.read(_WINDOW))
    return None if found is None else start + found.end()


def _guess(file: BinaryIO, span: Span, clock: Any, options: ReadOptions) -> Any:
    """Return the state at the end of a span, as far as its last stretch shows it; `clock` is a state before that."""
    assert span.end is not None, "the last span has none behind it"
    start = _place(file, max(span.start, span.end - _STRETCH))
    if start is None or start >= span.end:
        start = span.start
    return _reached(file, Span(start, span.end, 2, clock), options) or clock


def _reached(file: BinaryIO, span: Span, options: ReadOptions) -> Any:
    """Return the state that the reader of a span reaches; an empty tuple where it ends inside a message."""
    silent = msgspec.structs.replace(options, stats=Stats())
    with Source(file.name, span=span) as source:
        deque(source_parts(source, silent), 0)
    return source.reached or ()
