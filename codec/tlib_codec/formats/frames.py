"""Frames back to back, as `WIRE-FORMAT` describes them: `.tlb` files and raw streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from tlib_schemas.wire import MAGIC, VERSION

from . import Format, ReadOptions, WriteOptions, Writer
from .text import CONTROLS

if TYPE_CHECKING:
    from tlib_codec.records import Batch

    from .source import Source

_START = MAGIC + bytes((VERSION, 0))


def _recognise(head: bytes, _end: bool) -> bool:
    """Return whether a frame begins in `head`, or may begin at its end."""
    return _START in head or (MAGIC.startswith(head[:2]) and CONTROLS.search(head) is not None)


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from tlib_codec.engine import StreamDecoder  # noqa: PLC0415
    from tlib_codec.records import Batch, stream_parts  # noqa: PLC0415

    decoder = StreamDecoder(registry=options.registry)
    for chunk in source.chunks():
        decoder.feed(chunk)
        yield Batch(stream_parts(decoder, source.name), registry=options.registry)
    decoder.close()
    yield Batch(stream_parts(decoder, source.name), registry=options.registry)


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
        origins=("file", "offset", "time"),
        write=_write,
        binary=True,
        whole=True,
        joins=True,
    ),
)
