"""Lines out of bytes that come in pieces, each no longer than a limit.

Strategy: the pieces are split as they come, so one endless line costs no more memory than the limit: it is dropped, its
length is given in its place, and the next line is read as usual. Only line feeds end a line; a carriage return before
one stays, since a value may hold it. After each piece comes None: the reader has given all that is there, and may write it out
before the input makes it wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

Line: TypeAlias = tuple[int, int, bytes | int]
"""The number (from 1), the byte offset, and the bytes without the line feed, or the length of a line beyond the limit."""


def split_lines(pieces: Iterable[bytes], limit: int) -> Iterator[Line | None]:
    """Yield the lines of `pieces`, which may end anywhere, and None after each piece."""
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
        if rest:
            yield number, offset, b"".join(held) if size <= limit else size
            number += 1
            offset += size + 1
            last = rest.pop()
            for line in rest:
                length = len(line)
                yield number, offset, line if length <= limit else length
                number += 1
                offset += length + 1
            size = len(last)
            held = [last] if size <= limit else []
        yield None
    if size:
        yield number, offset, b"".join(held) if size <= limit else size
