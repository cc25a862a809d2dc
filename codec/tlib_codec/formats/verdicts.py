"""Runs of frames that are written without a look at their events, and the frames between them that need one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tlib_codec.native import extension
from tlib_codec.records import Batch, Frames

from .writers import UnnumberedNotes

NOT_VALID: Final = re.compile(rb"[^\0]")
"""A verdict on a frame that breaks a rule, is malformed, or can be judged by Python alone."""
INVALID: Final = re.compile(rb"\x01")
"""A verdict on a frame that breaks a rule."""
UNSURE: Final = re.compile(rb"\x02")
"""A verdict on a frame that is malformed or can be judged by Python alone."""


def verdicts(frames: Frames, batch: Batch, *, printed: bool | None = None) -> bytes | None:
    """Return a byte for each frame of a part of `batch`: 0 for a valid one, else one that `NOT_VALID` matches.

    `printed` says whether the frames are judged as events of a log; by default as the frames say. None: the extension is not built.
    """
    step = extension("batches")
    if step is None:
        return None
    judged: bytes = step.verdicts(frames.data, frames.bounds, batch.registry, batch.limits, frames.printed if printed is None else printed)
    return judged


def invalid_places(judged: bytes, start: int, end: int) -> list[int]:
    """Return the places from `start` up to `end` of the frames that break a rule."""
    return [one.start() for one in INVALID.finditer(judged, start, end)]


def next_record(frames: Frames, judged: bytes, notes: UnnumberedNotes | None, at: int, odd: re.Pattern[bytes] = NOT_VALID) -> int:
    """Return the place from `at` on of the first frame with a verdict that `odd` matches, or with a name to be noted; else their number."""
    found = odd.search(judged, at)
    place = len(frames) if found is None else found.start()
    if notes is not None and frames.note_bounds is not None and (noted := notes.noted) is not None:
        step = extension("batches")
        assert step is not None
        place = min(place, step.first_noted(frames.notes, frames.note_bounds, noted, at))
    return place


def stretches(frames: Frames, judged: bytes, odd: re.Pattern[bytes] = NOT_VALID) -> Iterator[memoryview | Frames]:
    """Yield the bytes of frames in between, and each frame with a verdict that `odd` matches as a run of its own."""
    data, bounds = memoryview(frames.data), memoryview(frames.bounds).cast("Q")
    at = 0
    while at < len(frames):
        place = next_record(frames, judged, None, at, odd)
        if place > at:
            yield data[bounds[at] : bounds[place]]
        if place < len(frames):
            yield frames.select([place])
        at = place + 1
