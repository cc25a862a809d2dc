"""Cut a big file of frames into ranges that several workers decode; each byte is in exactly one range.

Strategy: start from even places, and move each cut to a place where a decoder finds a frame. The rule:

- a decoder starts `LEAD` bytes before the place (or at the start of the file); the cut moves to the first frame that it
  decodes at or after the place;
- if no frame begins within the length of the longest frame, the cut stays: only garbage follows;
- range i holds the bytes from cut i to cut i+1, decoded as a stream of its own.

The rule depends only on the file and the place, so two workers find the same cut without communication, for any bytes.
A cut divides a frame only if bytes inside the frame decode as a frame *and* the decoder was inside it for the whole
lead: a frame longer than `LEAD` that holds frames, or garbage that resembles one. Both pieces are still decoded; the
first is malformed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from tlib_codec.engine import StreamDecoder
from tlib_codec.records import Batch, stream_parts
from tlib_codec.stream import Gap
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.wire import HEADER

LEAD: Final = 1 << 20
SIZE: Final = 128 << 20
_STEP: Final = 1 << 18


def places(size: int, each: int = SIZE, *, limits: Limits = DEFAULT_LIMITS) -> list[int]:
    """Return the places where a file of `size` bytes is cut, before the cuts move: 0, and every `each` bytes.

    Raises ValueError where `each` is not longer than the longest frame: cuts could pass each other.
    """
    if each <= HEADER.size + limits.frame_body:
        raise ValueError(f"a range is longer than the longest frame, {HEADER.size + limits.frame_body} bytes")
    return [*range(0, max(size - each // 2, 1), each)]


def cut(file: BinaryIO, place: int, *, registry: Registry = TLIBRARY, limits: Limits = DEFAULT_LIMITS, lead: int = LEAD) -> int:
    """Return the place to which the cut at `place` of a seekable file moves: at most the longest frame further."""
    if place <= 0:
        return 0
    size = file.seek(0, os.SEEK_END)
    if place >= size:
        return size
    start = max(place - lead, 0)
    last = place + HEADER.size + limits.frame_body
    file.seek(start)
    decoder = StreamDecoder(registry=registry, limits=limits)
    ended = False
    while not ended:
        data = file.read(_STEP)
        ended = not data
        if ended:
            decoder.close()
        else:
            decoder.feed(data)
        for item in decoder:
            at = start + decoder.offset
            if at > last:
                return place
            if at >= place and not isinstance(item, Gap):
                return at
    return place


def read_range(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """Yield the bytes of a seekable file from `start` to `end`, in pieces."""
    file.seek(start)
    while start < end and (data := file.read(min(1 << 20, end - start))):
        start += len(data)
        yield data


def frame_batches(chunks: Iterable[bytes], registry: Registry) -> Iterator[Batch]:
    """Yield batches of the frames in a stream that arrives in chunks."""
    decoder = StreamDecoder(registry=registry)
    for chunk in chunks:
        decoder.feed(chunk)
        yield Batch(stream_parts(decoder, ""), registry=registry)
    decoder.close()
    yield Batch(stream_parts(decoder, ""), registry=registry)
