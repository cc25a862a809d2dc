"""Write CSV.

Strategy: the C core writes the rows of whole `Frames`. For the other entries, and for a frame that the core leaves out (malformed, with a
list that is not UTF-8, with a construct of the caller's own), the builder of columns in Python gives the cells of each row, and the origin
of the entry the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

import msgspec

from tlib_codec import native
from tlib_codec.formats import WriteOptions
from tlib_codec.formats.csv_text import csv_line, quoted, quoter
from tlib_codec.formats.jsonl import value_to_data
from tlib_codec.formats.selected import clean, moment
from tlib_codec.formats.wording import wording_of
from tlib_codec.formats.writers import RecordWriter, flow_texts, invalid_frames
from tlib_codec.records import Batch, Diagnostic, Entry, Flow, Frames, Part, Record, is_damage
from tlib_codec.stream import Gap
from tlib_schemas.errors import EncodeError, Severity
from tlib_schemas.events import InvalidEvent
from tlib_schemas.limits import DEFAULT_LIMITS, Limits

from .builder import Cells, FrameBuilder
from .entries import encoded, error_of_gap, named, place
from .layout import ERROR_OFFSET, EVENT, MAX_BATCH_BYTES, OFFSET, ORIGINS, Column, Kind, error_of, layout
from .reader import list_of

_LARGEST: Final = (1 << 64) - 1
_TIMES: Final = {"time": "Z", "local_time": ""}
_NUMBERS: Final = ("line", "packet")
_FLOW: Final = Flow.__struct_fields__


class PlainCsv(RecordWriter):
    """Writes CSV with a header, unless it is a part of another output."""

    def __init__(self, file: BinaryIO, options: WriteOptions) -> None:
        super().__init__(file, options.registry)
        self._quote = quoter(raw=options.raw_csv)
        self._layout = layout(options.registry)
        self._origins = [name for name in ORIGINS if options.origins is None or name in options.origins]
        core = native.extension("text")
        self._core = None if core is None else core.CsvRows(options.registry, self._layout, self._origins, self._quote, not options.raw_csv)
        self._words = None if core is None else core.Words(options.registry, wording_of(self._error_cells))
        self._units = options.stats.written
        self._builder = FrameBuilder(options.registry, DEFAULT_LIMITS, self._layout, MAX_BATCH_BYTES)
        if not options.part:
            names = [*(column.name for column in self._layout), *(f"${name}" for name in self._origins)]
            file.write(csv_line([self._quote(name) for name in names]))

    def write(self, batch: Batch) -> Iterator[Part]:
        """Write a batch; yield the entries and frames whose rows have an error, and a diagnostic for each record that has no row."""
        failed: list[Diagnostic] = []
        waiting: list[Part] = []
        for part in batch.parts:
            if not isinstance(part, Frames) or self._core is None or batch.registry is not self._registry:
                waiting.append(part)
                continue
            yield from self._write_entries(Batch(waiting, registry=batch.registry, limits=batch.limits), failed)
            waiting = []
            yield from self._write_frames(part, batch.limits, failed)
        yield from self._write_entries(Batch(waiting, registry=batch.registry, limits=batch.limits), failed)
        yield from failed

    def _write_frames(self, frames: Frames, limits: Limits, failed: list[Diagnostic]) -> Iterator[Part]:
        """Write frames by the core; those that it leaves out as entries."""
        assert self._core is not None
        file = self._quote(clean(frames.file)) if frames.file and "file" in self._origins else ""
        run = self._core.write(frames, limits, file.encode("utf-8", "replace"), flow_texts(frames, self._flow_cells), self._words)
        self._units.native += len(frames)
        for piece in run:
            if isinstance(piece, bytes):
                self._file.write(piece)
            else:
                yield from invalid_frames(frames, run.invalid())
                self._units.native -= 1
                self._units.ask("frame without a row in C")
                yield from self._write_entries(Batch([frames.select([piece])], registry=self._registry, limits=limits), failed)
        yield from invalid_frames(frames, run.invalid())

    def _flow_cells(self, flow: Flow) -> bytes:
        """Return the cells of a flow."""
        names = (name for name in self._origins if name in _FLOW)
        return ",".join(self._cell(name, getattr(flow, name)) for name in names).encode("utf-8", "replace")

    def _error_cells(self, item: InvalidEvent) -> bytes:
        """Return the cells of the code, offset and path of an invalid event's first error."""
        code, offset, path = error_of(item)
        cells = (quoted(code), "" if offset is None else str(offset), self._quote(clean(path)) if path else "")
        return ",".join(cells).encode("utf-8", "replace")

    def _write_entries(self, batch: Batch, failed: list[Diagnostic]) -> Iterator[Entry]:
        """Write the rows of a batch; yield entries whose rows have an error. `failed` gets a diagnostic for each record without a row."""
        held: list[Entry] = []
        for entry in batch:
            if isinstance(entry, Diagnostic) or not entry.valid:
                yield entry
            if isinstance(entry, Diagnostic) and entry.severity is Severity.WARNING:
                continue
            try:
                full = self._take(entry)
            except EncodeError as error:
                failed.append(Diagnostic(error.code, entry.origin, error.expected, error.actual, error.path, "not written"))
                continue
            held.append(entry)
            if full:
                self._rows(held)
                held = []
        self._rows(held)

    def _take(self, entry: Entry) -> bool:
        """Give an entry to the builder; return whether the builder is full. Raises EncodeError."""
        at = place(entry) or 0
        if is_damage(entry):
            item = entry.as_item() if isinstance(entry, Diagnostic) else entry.item
            assert isinstance(item, Gap)
            return self._builder.put_damage(item.data, at, error_of_gap(item))
        assert isinstance(entry, Record)
        assert not isinstance(entry.item, Gap)
        return self._builder.row(entry.item, at, encoded(entry, self._registry))

    def _rows(self, held: Sequence[Entry]) -> None:
        _, cells = self._builder.take()
        texts = [self._texts(one, len(held)) for one in cells]
        for entry, row in zip(held, zip(*texts, strict=True), strict=True):
            shown = dict(zip((column.name for column in self._layout), row, strict=True))
            at = place(entry)
            shown[OFFSET] = "" if at is None else str(at)
            if isinstance(entry, Record) and entry.frame is None and not isinstance(entry.item, Gap):
                shown[ERROR_OFFSET] = ""
            if (name := named(entry)) is not None:
                shown[EVENT] = self._quote(clean(name))
            self._file.write(csv_line([*shown.values(), *(self._origin(name, entry) for name in self._origins)]))

    def _texts(self, cells: Cells, count: int) -> list[str]:
        values = cells.values + [None] * (count - len(cells.values))
        names = cells.names() if cells.column.labels is not None else []
        return ["" if value is None else self._text(cells.column, value, names) for value in values]

    def _text(self, column: Column, value: Any, names: Sequence[str]) -> str:
        match column.kind:
            case Kind.UINT | Kind.SINT | Kind.LONG:
                return str(value)
            case Kind.LABEL | Kind.SIGNED_LABEL:
                return self._quote(names[value])
            case Kind.BINARY:
                return quoted(value.hex())
            case Kind.LIST:
                return quoted(_json(value_to_data(list_of(value))))
            case _:
                return self._quote(value)

    def _origin(self, name: str, entry: Entry) -> str:
        if name == "unnumbered":
            pairs: Mapping[str, str] = entry.unnumbered if isinstance(entry, Record) else {}
            return quoted(_json({clean(str(key)): clean(str(value)) for key, value in pairs.items()})) if pairs else ""
        return self._cell(name, getattr(entry.origin, name))

    def _cell(self, name: str, value: Any) -> str:
        """Return the cell of a field of an origin."""
        if value is None or value == "":
            return ""
        if name == "time_of_day":
            return moment(value)[11:]
        if name in _TIMES:
            return moment(value) + _TIMES[name]
        if name in _NUMBERS:
            return str(value) if 0 <= value <= _LARGEST else ""
        return self._quote(clean(str(value)))


def _json(data: Any) -> str:
    return msgspec.json.encode(data).decode()
