"""Frames back to back, as `WIRE-FORMAT` describes them: `.tlb` files and raw streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from tlib_schemas.wire import MAGIC, VERSION

from . import Format, ReadOptions, WriteOptions, Writer
from .spans import WHOLE, Span
from .text import CONTROLS

if TYPE_CHECKING:
    from tlib_codec.engine import StreamDecoder
    from tlib_codec.records import Batch

    from .source import Source

_START = MAGIC + bytes((VERSION, 0))
_WINDOW = 1 << 18
_STEP = 1 << 18


def _recognise(head: bytes, _end: bool) -> bool:
    """Return whether a frame begins in `head`, or may begin at its end."""
    return _START in head or (MAGIC.startswith(head[:2]) and CONTROLS.search(head) is not None)


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from tlib_codec.engine import StreamDecoder  # noqa: PLC0415
    from tlib_codec.records import Batch, stream_parts  # noqa: PLC0415

    decoder = StreamDecoder(registry=options.registry, offset=source.span.start)
    if source.span == WHOLE:
        for chunk in source.chunks():
            decoder.feed(chunk)
            yield Batch(stream_parts(decoder, source.name), registry=options.registry)
    else:
        yield from _span_batches(decoder, source, options)
    decoder.close()
    yield Batch(stream_parts(decoder, source.name), registry=options.registry)


def _span_batches(decoder: StreamDecoder, source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Yield the batches of a span, and say whether a frame ends with it.

    Strategy: a decoder that begins in the file has done less work than one that begins with the file, and the bound of work decides how a
    broken frame is skipped (`stream`). So the span counts only if no broken frame can have met the bound in either of them. The work of two
    pieces is compared with the bytes before them, since a broken frame may come out a piece late.
    """
    from tlib_codec.records import Batch, Frames, stream_parts  # noqa: PLC0415
    from tlib_codec.stream import FREE_WORK  # noqa: PLC0415

    fed = before = here = 0
    steady = True
    for chunk in source.chunks(_STEP):
        before, here = here, fed - decoder.waiting
        fed += len(chunk)
        decoder.feed(chunk)
        parts = stream_parts(decoder, source.name)
        yield Batch(parts, registry=options.registry)
        steady = steady and (decoder.work <= FREE_WORK + 8 * before or all(isinstance(part, Frames) for part in parts))
    if steady and not decoder.waiting and decoder.work <= 8 * fed:
        source.reached = ()


def _cut(file: BinaryIO, begin: Span, length: int, options: ReadOptions) -> Iterator[Span]:
    """Yield spans that end between two frames, as far as the bytes around the place show."""
    start = begin.start
    while (end := _frame_at(file, start + length, options)) is not None:
        yield Span(start, end)
        start = end
    yield Span(start)


def _frame_at(file: BinaryIO, start: int, options: ReadOptions) -> int | None:
    """Return the offset of a frame behind `start` that follows another one, by the bytes of one window; None where it shows none."""
    from tlib_codec.engine import StreamDecoder  # noqa: PLC0415

    file.seek(start)
    window = file.read(_WINDOW)
    at = window.find(_START)
    while at >= 0:
        decoder = StreamDecoder(registry=options.registry)
        decoder.feed(window[at:])
        bounds = memoryview(decoder.frames()[1]).cast("Q")
        if len(bounds) > 2:  # two frames in a row
            return start + at + bounds[1]
        at = window.find(_START, at + 1)
    return None


def _write(file: BinaryIO, options: WriteOptions) -> Writer:
    from .frame_writer import FrameWriter  # noqa: PLC0415

    return FrameWriter(file, options.registry, options.stats.written)


FORMATS = (
    Format(
        name="frames",
        title="frames back to back",
        suffixes=(".tlb", ".bin"),
        magic=(_START,),
        recognise=_recognise,
        read=_read,
        cut=_cut,
        origins=("file", "offset", "time"),
        write=_write,
        binary=True,
        whole=True,
        joins=True,
        seamless=True,
    ),
)
