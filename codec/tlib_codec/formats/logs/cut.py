"""Cut a T-Server log into spans.

Strategy: a span begins at a stamped line behind an empty one, where no message is open unless a text in quotes has no end. The clock
there follows from all stamps before it: the guess reads the last stretch of the span before, with the clock that the span
began with, and so sees a midnight between them. The reader of the span before has the exact clock at its end.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, Final

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
        while (end := _place(file, span.start + length)) is not None:
            span = msgspec.structs.replace(span, end=end)
            yield span
            span = Span(end, None, span.line + count_lines(file, span.start, end), _guess(file, span, end, options))
    yield msgspec.structs.replace(span, end=None)


def _place(file: BinaryIO, start: int) -> int | None:
    """Return the offset of a stamped line behind an empty one, at or after `start`; None where there is none in the window."""
    file.seek(start)
    found = _PLACE.search(file.read(_WINDOW))
    return None if found is None else start + found.end()


def _guess(file: BinaryIO, span: Span, end: int, options: ReadOptions) -> object:
    """Return the state at the end of a span, as far as its last stretch shows it."""
    start = _place(file, max(span.start, end - _STRETCH))
    if start is None or start >= end:
        start = span.start
    silent = msgspec.structs.replace(options, stats=Stats())
    with Source(file.name, span=Span(start, end, span.line, span.state)) as source:
        deque(source_parts(source, silent), 0)
    return source.reached or span.state
