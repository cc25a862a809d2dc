"""Write records as TCP conversations in a pcap or pcapng file.

Strategy: `Conversations` in C take each run of well-formed frames as it stands. A frame that they leave (malformed, with an attribute to
be noted) goes through `put` as a record, and the run goes on behind it. Without the extension every frame goes that way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from tlib_codec import native
from tlib_codec.access import own_numbers
from tlib_codec.formats.frame_writer import frame_of
from tlib_codec.formats.verdicts import UNSURE, invalid_places, next_record, verdicts
from tlib_codec.formats.writers import RecordWriter, UnnumberedNotes, invalid_frames
from tlib_codec.records import Batch, Diagnostic, Frames, Part, Record
from tlib_codec.stats import Units
from tlib_codec.stream import Gap
from tlib_schemas.registry import Registry

from .conversation import Conversations, Pcap, Pcapng

_batches = native.extension("batches")


class PacketWriter(RecordWriter):
    """Writes each frame in segments of the connection it came in, at its time; gaps and malformed frames are left out.

    `units` counts the frames of runs.
    """

    def __init__(self, file: BinaryIO, registry: Registry, name: str, units: Units) -> None:
        super().__init__(file, registry)
        self._units = units
        ng = name == "pcapng"
        self._own = None if _batches is None else own_numbers(registry)
        self._native = None if _batches is None or self._own is None else _batches.Conversations(file, ng)
        self._conversations = self._native or Conversations((Pcapng if ng else Pcap)(file))
        self._notes = UnnumberedNotes()

    def write(self, batch: Batch) -> Iterator[Part]:
        """Write a batch; yield invalid records and frames, and diagnostics of reading and writing."""
        for part in batch.parts:
            if self._native is not None and isinstance(part, Frames) and batch.registry is self._registry:
                yield from self._frames(part, batch)
            else:
                yield from super().write(Batch([part], registry=batch.registry, limits=batch.limits))

    def _frames(self, frames: Frames, batch: Batch) -> Iterator[Part]:
        """Write a run of frames natively up to each that only Python can write."""
        assert self._native is not None
        judged = verdicts(frames, batch)
        assert judged is not None
        self._units.native += len(frames)
        at = 0
        while at < len(frames):
            end = next_record(frames, judged, self._notes, at, UNSURE)
            start, at = at, self._native.send_frames(frames, self._registry, at, end, self._own)
            yield from invalid_frames(frames, invalid_places(judged, start, at))
            if at < len(frames):
                self._units.native -= 1
                self._units.ask("frame that is malformed, or has a name to be noted")
                yield from super().write(Batch([frames.select([at])], registry=batch.registry, limits=batch.limits))
                at += 1

    def put(self, record: Record) -> Diagnostic | None:
        """Send the record's frame. Raises EncodeError."""
        if isinstance(record.item, Gap):
            return None
        data = frame_of(record, self._registry)
        time = record.origin.time
        self._conversations.send(data, time=None if time is None else time // 1000, src=record.origin.src, dst=record.origin.dst)
        return self._notes.note(record)

    def close(self) -> None:
        """Close the conversations."""
        self._conversations.close()
