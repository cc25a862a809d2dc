"""Lines out of bytes that come in pieces, each no longer than a limit.

Strategy: the pieces are cut as they come, so one endless line costs no more memory than the limit: it is dropped, its
length is given in its place, and the next line is read as usual. Only line feeds end a line; a carriage return before
one stays, since a value may hold it. After each piece comes None: the reader has given all that is there, and may write it out
before the input makes it wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

Line: TypeAlias = tuple[int, int, bytes | int]
"""The number (from 1), the byte offset, and the bytes without the line feed, or the length of a line beyond the limit."""


def line_blocks(pieces: Iterable[bytes], limit: int) -> Iterator[bytes | int | None]:
    """Yield `pieces`, which may end anywhere, as blocks of whole lines with their line feeds, and None after each piece.

    A line beyond the limit that spans pieces comes as its length; one within a piece is still in its block. The last line of the input
    may have no line feed.
    """
    held: list[bytes] = []
    size = 0  # bytes of the unfinished line; beyond the limit they are counted, not kept
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if end:
            size += piece.find(b"\n")
            if size <= limit:
                yield b"".join((*held, memoryview(piece)[:end]))
            else:
                yield size
                if after := piece[piece.find(b"\n") + 1 : end]:
                    yield after
            held.clear()
            size = 0
        size += len(piece) - end
        if size <= limit:
            held.append(piece[end:])
        else:
            held.clear()
        yield None
    if size:
        yield b"".join(held) if size <= limit else size


def split_lines(pieces: Iterable[bytes], limit: int, number: int = 1, offset: int = 0) -> Iterator[Line | None]:
    """Yield the lines of `pieces`, which may end anywhere, and None after each piece.

    `number` and `offset` are those of the first line.
    """
    for block in line_blocks(pieces, limit):
        if block is None:
            yield None
            continue
        for line in (block,) if isinstance(block, int) else block.removesuffix(b"\n").split(b"\n"):
            length = line if isinstance(line, int) else len(line)
            yield number, offset, line if length <= limit else length
            number += 1
            offset += length + 1
