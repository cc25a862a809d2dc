"""Cut one file into spans that several processes read, each by itself, so that their outputs joined are those of one process.

Strategy: a format that has `cut` looks for a place near the wanted one where a reader can begin: behind a line feed, at a frame's
header, at a message's first line. A span carries its first line number and the reader's `state` there, as far as it is known without
reading everything before: a guess. The reader of the span before says whether it ended cleanly and in which state, so whoever runs
the spans compares, and lets a wrong guess cost time alone. Only plain files are cut: neither compressed nor UTF-16.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import msgspec

from tlib_codec.native import extension

LEAST: Final = 1 << 18  # bytes of a span; a smaller one is not worth a process
_PIECE: Final = 1 << 18


class Span(msgspec.Struct, frozen=True):
    """The bytes of a file from `start` up to `end` (None: to the end of the file), and what its reader begins with.

    `line` is the number of the first line. `state` is a format's own; formats that have none use the empty tuple.
    """

    start: int = 0
    end: int | None = None
    line: int = 1
    state: Any = ()


WHOLE: Final = Span()


def count_lines(file: BinaryIO, start: int, end: int) -> int:
    """Return the number of line feeds in the bytes of a file from `start` up to `end`."""
    text = extension("text")
    count = (lambda piece: piece.count(b"\n")) if text is None else text.count_lines
    file.seek(start)
    lines = 0
    while start < end and (piece := file.read(min(_PIECE, end - start))):
        lines += count(piece)
        start += len(piece)
    return lines


def next_line(file: BinaryIO, start: int) -> int | None:
    """Return the offset behind the first line feed at or after `start`; None where there is none, or nothing behind it."""
    file.seek(start)
    while piece := file.read(_PIECE):
        at = piece.find(b"\n")
        if at >= 0:
            end = start + at + 1
            return end if at + 1 < len(piece) or file.read(1) else None
        start += len(piece)
    return None


def cut_lines(file: BinaryIO, begin: Span, length: int) -> Iterator[Span]:
    """Yield spans of about `length` bytes that end with a line, from where `begin` starts to the end of the file."""
    start, line = begin.start, begin.line
    while (end := next_line(file, start + length)) is not None:
        yield Span(start, end, line)
        line += count_lines(file, start, end)
        start = end
    yield Span(start, None, line)
