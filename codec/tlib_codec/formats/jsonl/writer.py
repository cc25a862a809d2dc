"""Write JSON lines: a line a record, a line a diagnostic.

Strategy: the C core writes the lines of whole `Frames`; the violations of invalid ones are worded once a signature. A frame that it leaves
out (malformed, with a value that only a construct of the caller's own can read) becomes a record, whose line is written as that
of any other record.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, BinaryIO

import msgspec

from tlib_codec import native
from tlib_codec.formats.wording import wording_of
from tlib_codec.formats.writers import RecordWriter, flow_texts, invalid_frames
from tlib_codec.json_text import texts_to_data
from tlib_codec.records import Batch, Diagnostic, Flow, Frames, Origin, Part, Record
from tlib_codec.stats import Units
from tlib_schemas.events import InvalidEvent
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

from .items import dumps, to_data, violation_to_data


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
        self._core = None if core is None else _core_of(registry)
        self._words = None if core is None else core.Words(registry, wording_of(_violations))

    def write(self, batch: Batch) -> Iterator[Part]:
        """Write a batch; yield invalid records and frames, and diagnostics."""
        for part in batch.parts:
            if isinstance(part, Frames) and self._core is not None and batch.registry is self._registry:
                yield from self._write_frames(part, batch.limits)
            else:
                yield from super().write(Batch([part], registry=batch.registry, limits=batch.limits))

    def _write_frames(self, frames: Frames, limits: Limits) -> Iterator[Part]:
        assert self._core is not None
        self._units.native += len(frames)
        file = members(Origin(file=frames.file))
        run = self._core.write(frames, limits, file, flow_texts(frames, flow_members), self._words)
        for piece in run:
            if isinstance(piece, bytes):
                self._file.write(piece)
            else:
                yield from invalid_frames(frames, run.invalid())
                self._units.native -= 1
                self._units.ask("frame without a line in C")
                yield from super().write(Batch([frames.select([piece])], registry=self._registry, limits=limits))
        yield from invalid_frames(frames, run.invalid())

    def put(self, record: Record) -> None:
        """Write the record's line."""
        self._file.write(line_of(record, self._registry))

    def put_diagnostic(self, diagnostic: Diagnostic) -> None:
        """Write the diagnostic as a ``$malformed`` line."""
        origin = diagnostic.origin
        self._file.write(dumps(diagnostic.as_item(), registry=self._registry, time=origin.time, source=origin.to_data()) + b"\n")


@lru_cache(maxsize=4)
def _core_of(registry: Registry) -> Any:
    """Return the registry as the core writes it."""
    core = native.extension("text")
    assert core is not None
    return core.JsonWriter(registry)


def _violations(item: InvalidEvent) -> bytes:
    """Return the member ``$violations`` of an invalid event, with a comma before it."""
    return b',"$violations":' + msgspec.json.encode([violation_to_data(one) for one in item.violations])


def flow_members(flow: Flow) -> bytes:
    """Return the members of ``$source`` that a flow gives, each with a comma behind it."""
    fields = {name: getattr(flow, name) for name in Flow.__struct_fields__}
    return members(Origin(**fields))


def members(origin: Origin) -> bytes:
    """Return the members of an origin as JSON, each with a comma behind it."""
    data = origin.to_data()
    return msgspec.json.encode(data)[1:-1] + b"," if data else b""
