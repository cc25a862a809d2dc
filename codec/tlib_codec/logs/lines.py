"""Lines out of a file or any chunks of bytes, each no longer than a limit.

Strategy: read in pieces of a fixed size and split those, so that one endless line costs no more
memory than the limit: it is dropped and reported, and the next line is read as usual. Only line
feeds end a line; a carriage return before one stays, since a value may hold it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec

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


def chunks(file: Iterable[bytes] | BinaryIO) -> Iterator[bytes]:
    """The bytes of `file` in pieces: read where it can be read, else as it iterates."""
    read = getattr(file, "read", None)
    if read is None:
        yield from file
        return
    while chunk := read(_CHUNK):
        yield chunk


def split_lines(pieces_of_file: Iterable[bytes], limit: int) -> Iterator[tuple[int, int, str | None]]:
    """Number (from 1), byte offset and text of each line; the text is None where it exceeds `limit` bytes.

    The pieces may end anywhere. Bytes that are no UTF-8 are kept as surrogates.
    """
    pieces: list[bytes] = []
    held = 0  # bytes of the unfinished line; beyond the limit they are counted, not kept
    number = offset = 0
    for chunk in pieces_of_file:
        first, *rest = chunk.split(b"\n")
        held += len(first)
        if held <= limit:
            pieces.append(first)
        else:
            pieces.clear()
        if not rest:
            continue
        number += 1
        text = None if held > limit else b"".join(pieces).decode("utf-8", "surrogateescape")
        yield number, offset, text.removeprefix(_BOM) if text and number == 1 else text
        offset += held + 1
        last = rest.pop()
        for line in rest:
            number += 1
            length = len(line)
            yield number, offset, line.decode("utf-8", "surrogateescape") if length <= limit else None
            offset += length + 1
        held = len(last)
        pieces = [last] if held <= limit else []
    if held:
        text = None if held > limit else b"".join(pieces).decode("utf-8", "surrogateescape")
        yield number + 1, offset, text.removeprefix(_BOM) if text and not number else text
