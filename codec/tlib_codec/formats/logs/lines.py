"""The lines of a log as text, and the limits of its reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, TypeAlias

import msgspec

from tlib_codec.formats.lines import split_lines
from tlib_codec.records import Diagnostic, Origin

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


def text_lines(pieces: Iterable[bytes], limit: int, file: str) -> Iterator[Line | Diagnostic | None]:
    """Yield lines as text, a diagnostic in place of a line beyond `limit` bytes, and None after each piece.

    Bytes that are no UTF-8 become surrogates; a byte order mark at the beginning is dropped.
    """
    for line in split_lines(pieces, limit):
        if line is None:
            yield None
            continue
        number, offset, data = line
        if isinstance(data, int):
            origin = Origin(file=file, line=number, offset=offset)
            yield Diagnostic("log-line-too-long", origin, f"at most {limit} bytes", str(data))
        else:
            text = data.decode("utf-8", "surrogateescape")
            yield number, offset, text if number > 1 else text.removeprefix(_BOM)
