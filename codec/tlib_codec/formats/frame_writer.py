"""Write frames back to back: the input's own bytes where it has frames, else canonical ones."""

from __future__ import annotations

from typing import BinaryIO

from tlib_codec.engine import encode
from tlib_codec.records import Diagnostic, Record
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap
from tlib_schemas.registry import Registry

from .writers import RecordWriter, UnnumberedNotes


def frame_of(record: Record, registry: Registry) -> bytes:
    """Return the record's frame: its own bytes, or the item encoded leniently. Raises EncodeError."""
    assert not isinstance(record.item, Gap), "a gap is no frame"
    return record.frame or encode(record.item, registry=registry, policy=Policy.LENIENT)


class FrameWriter(RecordWriter):
    """Writes the frames of a batch; gaps and malformed frames are left out."""

    def __init__(self, file: BinaryIO, registry: Registry) -> None:
        super().__init__(file, registry)
        self._notes = UnnumberedNotes()

    def put(self, record: Record) -> Diagnostic | None:
        """Write the record's frame. Raises EncodeError."""
        if isinstance(record.item, Gap):
            return None
        self._file.write(frame_of(record, self._registry))
        return self._notes.note(record)
