"""Write JSON lines: a line a record, a line a diagnostic.

Strategy: the C core writes the lines of whole `Frames`. A frame that it leaves out (malformed, invalid, with a value that only a
construct of the caller's own can read) becomes a record, whose line is written as that of any other record.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from tlib_codec import native
from tlib_codec.formats.writers import RecordWriter, flow_texts
from tlib_codec.json_text import texts_to_data
from tlib_codec.records import Batch, Diagnostic, Entry, Flow, Frames, Origin, Record
from tlib_codec.stats import Units
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

from .items import dumps, to_data


def line_of(record: Record, registry: Registry) -> bytes:
    """Return the record's line, with its end; JSON has a form for every item."""
    time, source = record.origin.time, record.origin.to_data() or None
    if not record.unnumbered:
        return dumps(record.item, registry=registry, time=time, source=source) + b"\n"
    data = to_data(record.item, registry=registry, time=time)
    data["$unnumbered"] = texts_to_data(record.unnumbered)
    if source is not None:
        data["$source"] = source
    return msgspec.json.encode(data) + b"\n"


class LineWriter(RecordWriter):
    """Writes the lines that docs/json.md describes. `units` counts the frames that the C core writes, and those that it leaves."""

    def __init__(self, file: BinaryIO, registry: Registry, units: Units | None = None) -> None:
        super().__init__(file, registry)
        self._units = Units() if units is None else units
        core = native.extension("text")
        self._core = None if core is None else core.JsonWriter(registry)

    def write(self, batch: Batch) -> Iterator[Entry]:
        """Write a batch; yield invalid records and diagnostics."""
        for part in batch.parts:
            if isinstance(part, Frames) and self._core is not None and batch.registry is self._registry:
                yield from self._write_frames(part, batch.limits)
            else:
                yield from super().write(Batch([part], registry=batch.registry, limits=batch.limits))

    def _write_frames(self, frames: Frames, limits: Limits) -> Iterator[Entry]:
        assert self._core is not None
        self._units.native += len(frames)
        for piece in self._core.write(frames, limits, members(Origin(file=frames.file)), flow_texts(frames, flow_members)):
            if isinstance(piece, bytes):
                self._file.write(piece)
            else:
                self._units.native -= 1
                self._units.ask("frame without a line in C")
                yield from super().write(Batch([frames.select([piece])], registry=self._registry, limits=limits))

    def put(self, record: Record) -> None:
        """Write the record's line."""
        self._file.write(line_of(record, self._registry))

    def put_diagnostic(self, diagnostic: Diagnostic) -> None:
        """Write the diagnostic as a ``$malformed`` line."""
        origin = diagnostic.origin
        self._file.write(dumps(diagnostic.as_item(), registry=self._registry, time=origin.time, source=origin.to_data()) + b"\n")


def flow_members(flow: Flow) -> bytes:
    """Return the members of ``$source`` that a flow gives, each with a comma behind it."""
    fields = {name: getattr(flow, name) for name in Flow.__struct_fields__}
    return members(Origin(**fields))


def members(origin: Origin) -> bytes:
    """Return the members of an origin as JSON, each with a comma behind it."""
    data = origin.to_data()
    return msgspec.json.encode(data)[1:-1] + b"," if data else b""
