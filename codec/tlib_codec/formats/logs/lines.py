"""The lines of a log as text, and the limits of its reader.

Strategy: without a named encoding a line is UTF-8. Where it is not, and none of its bytes beyond ASCII are, it is Windows-1252, which the
first one of a file announces. A line with characters in UTF-8 and some other bytes is damaged UTF-8: its other bytes stay bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, TypeAlias

import msgspec

from tlib_codec.formats.encodings import FALLBACK, has_decoded
from tlib_codec.formats.lines import Line as RawLine
from tlib_codec.formats.lines import split_lines
from tlib_codec.formats.spans import WHOLE, Span
from tlib_codec.records import Diagnostic, Origin
from tlib_schemas.errors import Severity

_CHUNK = 1 << 18
_BOM = "\ufeff"


class LogLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a log is held at once: bytes of a line, characters of a message, diagnostics of a message.

    Packed user data is at most 64 KiB, so the defaults are far beyond the longest message of a T-Server.
    """

    line: int = 1 << 20
    message: int = 1 << 20
    problems: int = 100


DEFAULT_LOG_LIMITS = LogLimits()

Line: TypeAlias = tuple[int, int, str]  # number from 1, byte offset, text


def chunks(file: Iterable[bytes] | BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of `file` in pieces: read where it can be read, else as it iterates."""
    read = getattr(file, "read", None)
    if read is None:
        yield from file
        return
    while chunk := read(_CHUNK):
        yield chunk


class LineDecoder:
    """Decodes the lines of one file.

    `encoding` is one whose line feed is a byte; None reads UTF-8 and, where a line is not UTF-8, Windows-1252.
    `announced` says whether a line that is not UTF-8 has been reported.
    """

    def __init__(self, limit: int, file: str, encoding: str | None = "utf-8") -> None:
        self._limit = limit
        self._file = file
        self._codec = encoding or "utf-8"
        self._guessing = encoding is None
        self.announced: bool = False

    def text(self, data: bytes) -> tuple[str, bool]:
        """Return the text of a line, and whether it is read as Windows-1252 because it is not UTF-8."""
        try:
            return data.decode(self._codec), False
        except UnicodeDecodeError:
            text = data.decode(self._codec, "surrogateescape")
            if self._guessing and not has_decoded(text):
                return data.decode(FALLBACK, "surrogateescape"), True
            return text, False

    def decode(self, line: RawLine) -> Iterator[Line | Diagnostic]:
        """Yield a line as text, or a diagnostic in its place; before the first one that is not UTF-8, a WARNING."""
        number, offset, data = line
        if isinstance(data, int):
            origin = Origin(file=self._file, line=number, offset=offset)
            yield Diagnostic("log-line-too-long", origin, f"at most {self._limit} bytes", str(data))
            return
        text, other = self.text(data)
        if other and not self.announced:
            self.announced = True
            yield _announcement(Origin(file=self._file, line=number, offset=offset))
        yield number, offset, text if number > 1 else text.removeprefix(_BOM)


def text_lines(
    pieces: Iterable[bytes], limit: int, file: str, encoding: str | None = "utf-8", span: Span = WHOLE
) -> Iterator[Line | Diagnostic | None]:
    """Yield the lines of a span as text, a diagnostic in place of a line beyond `limit` bytes, and None after each piece.

    `encoding` is as for `LineDecoder`. Bytes outside the encoding become surrogates; a byte order mark at the beginning is dropped.
    """
    decoder = LineDecoder(limit, file, encoding)
    for line in split_lines(pieces, limit, span.line, span.start):
        if line is None:
            yield None
        else:
            yield from decoder.decode(line)


def _announcement(origin: Origin) -> Diagnostic:
    read_as = "other bytes, read as Windows-1252 (noted once)"
    return Diagnostic("log-encoding", origin, "UTF-8", read_as, severity=Severity.WARNING)
