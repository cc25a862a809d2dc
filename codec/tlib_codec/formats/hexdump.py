"""Frames as hex text: dumps of xxd, hexdump, od, tcpdump and Wireshark, or plain hex digits."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import Format, ReadOptions
from .hextext import HexError, HexText
from .text import CONTROLS

if TYPE_CHECKING:
    from tlib_codec.records import Batch, Diagnostic, Entry, Record

    from .source import Source

_HEAD = 4096  # bytes that are looked at to recognise hex
_FEWEST = 4  # bytes of hex that make a file one of hex


def _recognise(head: bytes, end: bool) -> bool:
    """Return whether the first lines are hex and hold a few bytes of it."""
    if CONTROLS.search(head):
        return False
    lines = head[:_HEAD].decode("latin-1").splitlines()
    if len(lines) > 1 and not (end and len(head) <= _HEAD):
        lines.pop()  # it may be cut
    reader = HexText()
    total = 0
    for line in lines:
        try:
            total += len(reader.line(line))
        except HexError as error:
            if not error.data and line.strip() != "*":
                return False
    return total >= _FEWEST


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from tlib_codec.records import batches  # noqa: PLC0415

    return batches(_entries(source, options), registry=options.registry)


def _entries(source: Source, options: ReadOptions) -> Iterator[Entry | None]:
    from tlib_codec.engine import StreamDecoder  # noqa: PLC0415
    from tlib_codec.records import Diagnostic, Origin, Record  # noqa: PLC0415

    decoder = StreamDecoder(registry=options.registry)
    reader = HexText()
    name = source.name
    starts: deque[tuple[int, int]] = deque()  # the lines that are not decoded yet: first byte, number
    fed = 0

    def completed() -> Iterator[Record]:
        for item in decoder:
            offset = decoder.offset
            while len(starts) > 1 and starts[1][0] <= offset:
                starts.popleft()
            yield Record(item, decoder.data, Origin(file=name, line=starts[0][1], offset=offset))

    def diagnostic(error: HexError, number: int) -> Diagnostic:
        return Diagnostic(error.code, Origin(file=name, line=number), error.expected, error.actual)

    number = 1
    for piece in _pieces(source):
        if piece is None:
            yield None
            continue
        number, text = piece
        try:
            data = reader.line(text)
        except HexError as error:
            yield diagnostic(error, number)
            data = error.data
        if data:
            starts.append((fed, number))
            fed += len(data)
            decoder.feed(data)
            yield from completed()
    decoder.close()
    yield from completed()
    try:
        reader.close()
    except HexError as error:
        yield diagnostic(error, number)


def _pieces(source: Source) -> Iterator[tuple[int, str] | None]:
    """Yield lines with their numbers, a line that spans chunks in pieces that cut no word, and None after each chunk."""
    number = 1
    held = b""
    for chunk in source.chunks():
        *lines, held = (held + chunk).split(b"\n")
        for line in lines:
            yield number, line.decode("utf-8", "replace")
            number += 1
        cut = max(held.rfind(b" "), held.rfind(b",")) + 1
        if not cut and len(held) > _HEAD:
            cut = len(held) - 1  # digits without a space: any place is right, the reader keeps half a byte
        if len(held) > _HEAD and cut:
            yield number, held[:cut].decode("utf-8", "replace")
            held = held[cut:]
        yield None
    if held:
        yield number, held.decode("utf-8", "replace")


FORMATS = (
    Format(
        name="hex",
        title="hex text: xxd, hexdump, od, tcpdump, Wireshark, or plain digits",
        suffixes=(".hex",),
        recognise=_recognise,
        read=_read,
        origins=("file", "line", "offset", "time"),
    ),
)
