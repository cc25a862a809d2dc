"""Lines out of a file or any chunks of bytes, each no longer than a limit.

Strategy: read in pieces of a fixed size and split those, so that one endless line costs no more
memory than the limit: it is dropped and reported, and the next line is read as usual. Only line
feeds end a line; a carriage return before one stays, since a value may hold it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, TypeAlias

import msgspec

from .record import LogProblem

_CHUNK = 1 << 18
_BOM = "\ufeff"


class LogLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a log is held at once: bytes of a line, characters of a message, problems of it.

    Packed user data is at most 64 KiB, so the defaults are far beyond what a T-Server prints.
    """

    line: int = 1 << 20
    message: int = 1 << 20
    problems: int = 100


DEFAULT_LOG_LIMITS = LogLimits()

Line: TypeAlias = tuple[int, int, str]  # number from 1, byte offset, text


def chunks(file: Iterable[bytes] | BinaryIO) -> Iterator[bytes]:
    """The bytes of `file` in pieces: read where it can be read, else as it iterates."""
    read = getattr(file, "read", None)
    if read is None:
        yield from file
        return
    while chunk := read(_CHUNK):
        yield chunk


def split_lines(pieces: Iterable[bytes], limit: int) -> Iterator[Line | LogProblem]:
    """The lines of a file, or a problem in place of one that exceeds `limit` bytes.

    The pieces may end anywhere. Bytes that are no UTF-8 are kept as surrogates; a byte order mark
    at the beginning is dropped.
    """
    held: list[bytes] = []
    size = 0  # bytes of the unfinished line; beyond the limit they are counted, not kept
    number = 1
    offset = 0
    for piece in pieces:
        first, *rest = piece.split(b"\n")
        size += len(first)
        if size <= limit:
            held.append(first)
        else:
            held.clear()
        if not rest:
            continue
        yield _line(number, offset, size, limit, held)
        number += 1
        offset += size + 1
        last = rest.pop()
        for data in rest:
            length = len(data)
            if length <= limit:
                yield number, offset, data.decode("utf-8", "surrogateescape")
            else:
                yield _line(number, offset, length, limit, [])
            number += 1
            offset += length + 1
        size = len(last)
        held = [last] if size <= limit else []
    if size:
        yield _line(number, offset, size, limit, held)


def _line(number: int, offset: int, size: int, limit: int, held: list[bytes]) -> Line | LogProblem:
    if size > limit:
        return LogProblem(number, offset, "log-line-too-long", f"at most {limit} bytes", str(size))
    text = b"".join(held).decode("utf-8", "surrogateescape")
    return number, offset, text if number > 1 else text.removeprefix(_BOM)
