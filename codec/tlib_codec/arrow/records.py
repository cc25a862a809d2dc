"""Records as Arrow record batches: the columns of `columns`, and those of an origin.

Strategy: a batch's frames go to the builder of columns as they are, joined and undecoded; records without a frame are encoded
and joined first; gaps and diagnostics are rows of their own. The builder is in C, or the one in Python with the same
interface. Then the columns of the origins are put beside.

pyarrow is needed (extra ``arrow``).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby
from typing import Any, TypeAlias

from tlib_codec import native
from tlib_codec.records import Batch, Diagnostic, Entry, Frames, Part, Record, is_damage
from tlib_codec.stream import Gap
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.errors import EncodeError, Severity
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .builder import FrameBuilder
from .columns import batch_of
from .columns import schema as attribute_schema
from .entries import encoded, error_of_gap, named, place
from .layout import ERROR, ERROR_OFFSET, EVENT, MAX_BATCH_BYTES, OFFSET, TIME, layout
from .library import pa, pc
from .origins import ORIGIN_COLUMNS, Segment, completed_time, filled, origin_columns

__all__ = ["RecordColumns", "records_schema"]

_columns = native.extension("columns")

Rows: TypeAlias = tuple[pa.RecordBatch, list[Entry]]
"""A record batch, and the entries whose rows have an `$error`, in their order."""


def records_schema(*, registry: Registry = TLIBRARY, origins: Sequence[str] | None = None) -> pa.Schema:
    """Return the schema of records: that of `columns.schema`, with `$offset` null where there is none, and the columns of `origins`.

    `origins` are fields of `Origin`; None is all of them. Raise ValueError for another name.
    """
    fields = [field.with_nullable(True) for field in attribute_schema(registry=registry)]
    return pa.schema([*fields, *(pa.field(name, ORIGIN_COLUMNS[name].type) for name in origin_columns(origins))])


class RecordColumns:
    """Batches of records as `pyarrow.RecordBatch`es, a row a record or diagnostic.

    `batches` are those of a reader, as in ``RecordColumns(tlib_codec.read("trunk.pcapng").batches())``; they are read once.
    `origins` names the fields of `Origin` that become columns (None: all; ValueError for another name). `builder` False takes the
    builder in Python. Anything that reads Arrow's PyCapsule interface reads it as it is.
    """

    def __init__(
        self,
        batches: Iterable[Batch] = (),
        *,
        registry: Registry = TLIBRARY,
        origins: Sequence[str] | None = None,
        builder: bool = True,
    ) -> None:
        self.schema: Any = records_schema(registry=registry, origins=origins)
        self._batches = batches
        self._registry = registry
        self._names = origin_columns(origins)
        self._fields = attribute_schema(registry=registry)
        make: Any = _columns.FrameBuilder if builder and _columns is not None else FrameBuilder
        self._builder = make(registry, DEFAULT_LIMITS, layout(registry), MAX_BATCH_BYTES)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._batches:
            for rows, _ in self.rows(batch, []):
                yield rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the batches as a stream of the Arrow PyCapsule interface."""
        return pa.RecordBatchReader.from_batches(self.schema, iter(self)).__arrow_c_stream__(requested_schema)

    def rows(self, batch: Batch, failed: list[Diagnostic]) -> Iterator[Rows]:
        """Yield the rows of a batch; a record that cannot be encoded has none, and adds a diagnostic to `failed`."""
        held = _Rows(self._names, self.schema, batch)
        failed += (part for part in batch.parts if isinstance(part, Diagnostic) and _is_note(part))
        for run in _runs(batch):
            if isinstance(run, Frames):
                yield from self._frames(run, held)
            elif is_damage(run[0]):
                yield from self._damaged(run, held)
            else:
                yield from self._encoded(run, held, failed)
        if self._builder.rows:
            yield self._taken(held)

    def _frames(self, frames: Frames, held: _Rows) -> Iterator[Rows]:
        held.add(frames, len(frames))
        offsets = frames.offsets if frames.offsets is not None else bytes(8 * len(frames))
        self._builder.put(frames.data, frames.bounds, offsets, frames.printed)
        while self._builder.fill():
            yield self._taken(held)

    def _damaged(self, entries: Sequence[Entry], held: _Rows) -> Iterator[Rows]:
        held.add(entries, len(entries))
        for entry in entries:
            item = entry.as_item() if isinstance(entry, Diagnostic) else entry.item
            assert isinstance(item, Gap)
            if self._builder.put_damage(item.data, place(entry) or 0, error_of_gap(item)):
                yield self._taken(held)

    def _encoded(self, records: Sequence[Entry], held: _Rows, failed: list[Diagnostic]) -> Iterator[Rows]:
        kept: list[Record] = []
        frames: list[bytes] = []
        for record in records:
            assert isinstance(record, Record)
            try:
                frames.append(encoded(record, self._registry))
            except EncodeError as error:
                failed.append(Diagnostic(error.code, record.origin, error.expected, error.actual, error.path, "not written"))
            else:
                kept.append(record)
        if not kept:
            return
        held.add(kept, len(kept))
        for printed, group in groupby(zip(kept, frames, strict=True), key=lambda pair: _is_printed(pair[0])):
            run = list(group)
            bounds = array("Q", accumulate((len(frame) for _, frame in run), initial=0)).tobytes()
            places = array("Q", [place(record) or 0 for record, _ in run]).tobytes()
            self._builder.put(b"".join(frame for _, frame in run), bounds, places, printed)
            while self._builder.fill():
                yield self._taken(held)

    def _taken(self, held: _Rows) -> Rows:
        return held.completed(batch_of(self._builder.take(), self._fields))


def _runs(batch: Batch) -> Iterator[Frames | list[Entry]]:
    """Yield the parts of a batch, single entries gathered to lists that are rows of frames throughout, or of none."""
    held: list[Entry] = []
    for part in batch.parts:
        if held and (isinstance(part, Frames) or is_damage(part) is not is_damage(held[0])):
            yield held
            held = []
        if isinstance(part, Frames):
            yield part
        elif not _is_note(part):
            held.append(part)
    if held:
        yield held


def _is_printed(record: Record) -> bool:
    """Return whether a record holds an event of a log, from which an attribute that only the receiving client sets is not missing."""
    return record.frame is None and (record.valid or record.origin.line is not None)


def _is_frameless(entry: Entry) -> bool:
    """Return whether an entry is an event that was read without its frame."""
    return isinstance(entry, Record) and entry.frame is None and not isinstance(entry.item, Gap)


def _is_note(part: Part) -> bool:
    """Return whether `part` is a diagnostic of severity WARNING, which has no row."""
    return isinstance(part, Diagnostic) and part.severity is Severity.WARNING


class _Rows:
    """The rows that a builder was given of one batch, in segments; `completed` takes them off in order."""

    def __init__(self, names: Sequence[str], schema: pa.Schema, batch: Batch) -> None:
        self._names = names
        self._schema = schema
        self._batch = batch
        self._own = [batch.registry.attribute_name(one) for one in (AttributeID.TimeinSecs, AttributeID.TimeinuSecs)]
        self._segments: list[Segment] = []

    def add(self, rows: Frames | Sequence[Entry], count: int) -> None:
        """Take the next rows."""
        self._segments.append((rows, 0, count))

    def _take(self, count: int) -> list[Segment]:
        taken: list[Segment] = []
        while count:
            rows, first, end = self._segments[0]
            last = min(end, first + count)
            taken.append((rows, first, last))
            count -= last - first
            if last == end:
                self._segments.pop(0)
            else:
                self._segments[0] = (rows, last, end)
        return taken

    def completed(self, made: pa.RecordBatch) -> Rows:
        """Return a builder's batch with the columns of the origins, and the entries that have an error."""
        segments = self._take(made.num_rows)
        arrays = dict(zip(made.schema.names, made.columns, strict=True))
        if not all(isinstance(rows, Frames) and rows.offsets is not None and not rows.made for rows, _, _ in segments):
            self._place(arrays, segments)
        for name in self._names:
            arrays[name] = filled(name, segments)
        if TIME in arrays and arrays[TIME].null_count:
            self._complete_times(arrays)
        batch = pa.RecordBatch.from_arrays([arrays[name] for name in self._schema.names], schema=self._schema)
        errors = batch.column(ERROR)
        wrong: list[Entry] = []
        if errors.null_count < batch.num_rows:
            wrong = list(self._entries(segments, pc.indices_nonzero(errors.is_valid()).to_pylist()))
        return batch, wrong

    def _complete_times(self, arrays: dict[str, pa.Array]) -> None:
        """Give frames without a time the own time of their event."""
        whole, fraction = self._own
        if whole in arrays and arrays[whole].null_count < len(arrays[whole]):
            arrays[TIME] = completed_time(arrays[TIME], arrays[whole], arrays.get(fraction, pa.nulls(len(arrays[whole]))))

    @staticmethod
    def _place(arrays: dict[str, pa.Array], segments: Sequence[Segment]) -> None:
        """Correct the columns of rows without a frame of their own: the offsets, and the name of a message without a number."""
        offsets = []
        errors = []
        names: dict[int, str] = {}
        row = 0
        for rows, first, end in segments:
            count = end - first
            own = arrays[OFFSET].slice(row, count), arrays[ERROR_OFFSET].slice(row, count)
            if isinstance(rows, Frames):
                offsets.append(pa.nulls(count, pa.uint64()) if rows.offsets is None else own[0])
                errors.append(pa.nulls(count, pa.uint64()) if rows.made else own[1])
            else:
                entries = rows[first:end]
                known = [None if _is_frameless(entry) else at for entry, at in zip(entries, own[1].to_pylist(), strict=True)]
                offsets.append(pa.array([place(entry) for entry in entries], pa.uint64()))
                errors.append(pa.array(known, pa.uint64()))
                names |= {at: name for at, entry in enumerate(entries, row) if (name := named(entry)) is not None}
            row += count
        arrays[OFFSET] = pa.concat_arrays(offsets)
        arrays[ERROR_OFFSET] = pa.concat_arrays(errors)
        if names:
            known = arrays[EVENT].cast(pa.string()).to_pylist()
            arrays[EVENT] = pa.array([names.get(at, name) for at, name in enumerate(known)], pa.string()).dictionary_encode()

    def _entries(self, segments: Sequence[Segment], places: Sequence[int]) -> Iterator[Entry]:
        """Yield the entries at these rows."""
        row = 0
        for rows, first, end in segments:
            inside = [place - row + first for place in places if row <= place < row + end - first]
            if isinstance(rows, Frames):
                if inside:
                    yield from rows.select(inside).records(self._batch.registry, self._batch.limits)
            else:
                yield from (rows[place] for place in inside)
            row += end - first
