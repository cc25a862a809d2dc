"""What frames break, without an object an event: the signature of each frame.

Strategy: the frames of one signature have one table and break the same demands of it, in the same order; so one of them stands for
all. The native core finds the signatures of whole runs; where it is not built, or is not sure of a frame, the frame has none, and
decoding it gives its violations.
"""

from __future__ import annotations

from collections.abc import Sequence

from tlib_schemas.errors import Violation
from tlib_schemas.events import InvalidEvent
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

from .engine import check
from .native import extension
from .records import Frames, Record
from .stream import Gap

UNSIGNED = 0
"""The number of a frame without a signature."""


class Signatures:
    """Numbers the signatures of frames, from 1 on; a number holds for all runs."""

    def __init__(self, registry: Registry, limits: Limits) -> None:
        native = extension("batches")
        self._native = None if native is None else native.FrameChecker(registry, limits)

    def of(self, frames: Frames) -> tuple[list[tuple[int, int, int]], Sequence[int]]:
        """Return (place, number, count) of each signature in the order of its first place, and the number of each frame.

        A frame without a signature has a row of its own.
        """
        if self._native is None or (frames.printed and frames.lines is None):
            return [(place, UNSIGNED, 1) for place in range(len(frames))], [UNSIGNED] * len(frames)
        rows, numbers = self._native.check(frames.data, frames.bounds, frames.printed)
        return rows, memoryview(numbers).cast("I")


def violations_of(record: Record, registry: Registry) -> tuple[Violation, ...]:
    """Return the violations of a record, with offsets if it has a frame."""
    item = record.item
    assert not isinstance(item, Gap)
    if isinstance(item, InvalidEvent):
        return item.violations
    if record.frame is not None and record.origin.offset is not None:
        return check(record.frame, registry=registry, base=record.origin.offset)
    return registry.validate(item, printed=record.origin.line is not None) if isinstance(item.message, int) else ()
