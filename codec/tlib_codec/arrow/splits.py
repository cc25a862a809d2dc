"""A big file of frames cut into ranges that are decoded apart, each byte in exactly one of them.

Strategy: the file is cut at even places, and each cut moves to where a decoder finds a frame. The rule:

- a cut is looked for from its place on, by a decoder that starts `LEAD` bytes before it (at the file's
  beginning at the earliest); it moves to the first frame, found by that decoder, that decodes and begins at or
  after the place;
- where there is no such frame within the longest that a frame may be, the cut stays where it is: only
  garbage is there;
- range i is the bytes from cut i to cut i+1, decoded as a stream of its own.

The rule depends on the file and the place alone, so both neighbours find the same cut without speaking to
each other, and every byte is in exactly one range, whatever the bytes are. A frame is cut in two only where
something that decodes as a frame stands inside it *and* the decoder took that for the frame for as long as the
lead: a frame longer than `LEAD` which holds frames, or garbage made to look like one. Then both pieces are
there all the same, and the first is marked as malformed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO, Final

from tlib_codec.engine import StreamDecoder
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
