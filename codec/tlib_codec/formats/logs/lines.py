"""The lines of a log as text, and the limits of its reader.

Strategy: without a named encoding a line is UTF-8. Where it is not, and none of its bytes beyond ASCII are, it is Windows-1252, which the
first one of a file announces. A line with characters in UTF-8 and some other bytes is damaged UTF-8: its other bytes stay bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, TypeAlias

import msgspec

from tlib_codec.formats.encodings import FALLBACK, has_decoded
from tlib_codec.formats.lines import split_lines
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


def text_lines(pieces: Iterable[bytes], limit: int, file: str, encoding: str | None = "utf-8") -> Iterator[Line | Diagnostic | None]:
    """Yield lines as text, a diagnostic in place of a line beyond `limit` bytes, and None after each piece.

    `encoding` is one whose line feed is a byte; None reads UTF-8 and, where a line is not UTF-8, Windows-1252: a WARNING before the first
    of these lines says so. Bytes outside the encoding become surrogates; a byte order mark at the beginning is dropped.
    """
    codec = encoding or "utf-8"
    guessing = encoding is None
    announced = False
    for line in split_lines(pieces, limit):
        if line is None:
            yield None
            continue
        number, offset, data = line
        if isinstance(data, int):
            origin = Origin(file=file, line=number, offset=offset)
            yield Diagnostic("log-line-too-long", origin, f"at most {limit} bytes", str(data))
            continue
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            text = data.decode(codec, "surrogateescape")
            if guessing and not has_decoded(text):
                text = data.decode(FALLBACK, "surrogateescape")
                if not announced:
                    announced = True
                    yield _announcement(Origin(file=file, line=number, offset=offset))
        yield number, offset, text if number > 1 else text.removeprefix(_BOM)


def _announcement(origin: Origin) -> Diagnostic:
    read_as = "other bytes, read as Windows-1252 (noted once)"
    return Diagnostic("log-encoding", origin, "UTF-8", read_as, severity=Severity.WARNING)
