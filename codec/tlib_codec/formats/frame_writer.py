"""Write frames back to back: the input's own bytes where it has frames, else canonical ones.

Strategy: a run of well-formed frames is written as it stands. A frame that is malformed, or has an attribute to be noted, is decoded and
goes through `put` as a record, and the run goes on behind it. Without the extension every frame goes that way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from tlib_codec.engine import encode
from tlib_codec.records import Batch, Diagnostic, Frames, Part, Record
from tlib_codec.reference import Policy
from tlib_codec.stats import Units
from tlib_codec.stream import Gap
from tlib_schemas.registry import Registry

from .verdicts import UNSURE, invalid_places, next_record, verdicts
from .writers import RecordWriter, UnnumberedNotes, invalid_frames


def frame_of(record: Record, registry: Registry) -> bytes:
    """Return the record's frame: its own bytes, or the item encoded leniently. Raises EncodeError."""
    assert not isinstance(record.item, Gap), "a gap is no frame"
    return record.frame or encode(record.item, registry=registry, policy=Policy.LENIENT)


class FrameWriter(RecordWriter):
    """Writes the frames of a batch; gaps and malformed frames are left out. `units` counts the frames of runs."""

    def __init__(self, file: BinaryIO, registry: Registry, units: Units) -> None:
        super().__init__(file, registry)
        self._units = units
        self._notes = UnnumberedNotes()

    def write(self, batch: Batch) -> Iterator[Part]:
        """Write a batch; yield invalid records and frames, and diagnostics of reading and writing."""
        for part in batch.parts:
            judged = verdicts(part, batch) if isinstance(part, Frames) else None
            if judged is None:
                yield from super().write(Batch([part], registry=batch.registry, limits=batch.limits))
                continue
            assert isinstance(part, Frames)
            yield from self._frames(part, judged, batch)

    def _frames(self, frames: Frames, judged: bytes, batch: Batch) -> Iterator[Part]:
        """Write a run of frames up to each that only Python can write."""
        data, bounds = memoryview(frames.data), memoryview(frames.bounds).cast("Q")
        self._units.native += len(frames)
        at = 0
        while at < len(frames):
            place = next_record(frames, judged, self._notes, at, UNSURE)
            self._file.write(data[bounds[at] : bounds[place]])
            yield from invalid_frames(frames, invalid_places(judged, at, place))
            if place < len(frames):
                self._units.native -= 1
                self._units.ask("frame that is malformed, or has a name to be noted")
                yield from super().write(Batch([frames.select([place])], registry=batch.registry, limits=batch.limits))
            at = place + 1

    def put(self, record: Record) -> Diagnostic | None:
        """Write the record's frame. Raises EncodeError."""
        if isinstance(record.item, Gap):
            return None
        self._file.write(frame_of(record, self._registry))
        return self._notes.note(record)
