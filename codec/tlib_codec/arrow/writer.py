"""Parquet, Arrow IPC and CSV: decoded items as rows of columns.

Strategy: a file of frames or a capture that is wanted whole goes straight through the native builder of columns,
without an object an event; anything else goes item by item (`column_items`). Either way batches are
gathered to row groups of some ten MiB, so memory does not grow with the input.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from tlib_cli import FINE, INVALID
from tlib_cli.inputs import Found, Problem, captured
from tlib_cli.options import report
from tlib_cli.source import Source
from tlib_codec.formats.jsonl import value_to_data
from tlib_codec.stream import Gap
from tlib_schemas.errors import CODES, DecodeError
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.registry import Registry

from .plan import ERROR, ERROR_OFFSET, ERROR_PATH, FRAME, GAP, OFFSET
from .reader import list_of

try:
    import pyarrow as pa
    import pyarrow.compute as pc

    from .columns import Columns, frames
    from .items import SOURCE_COLUMNS, ItemColumns, source_columns, with_source
    from .parquet import GroupWriter
except ImportError:
    raise ImportError("Parquet, Arrow and CSV need pyarrow: pip install 'tlib-codec[arrow]'") from None

__all__ = ["ArrowStreamSink", "GroupWriter", "Grouped", "Tabular", "pa", "pc", "sink_for", "source_columns"]

_GROUP_BYTES: Final = 20 << 20  # of Arrow's memory
_GROUP_ROWS: Final = 3 << 14


class Sink(Protocol):
    """Takes batches of one schema to a file."""

    def write(self, batches: Sequence[pa.RecordBatch]) -> None:
        """Write some batches, in order."""

    def close(self) -> None:
        """Write what ends the file; the file itself stays open."""


class ArrowFileSink:
    """An Arrow IPC file. Its dictionaries could not change from batch to batch, so names are plain strings."""

    def __init__(self, file: Any, schema: pa.Schema) -> None:
        fields = [field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field for field in schema]
        self._schema = pa.schema(fields)
        self._writer = pa.ipc.new_file(file, self._schema, options=pa.ipc.IpcWriteOptions(compression="zstd"))

    def write(self, batches: Sequence[pa.RecordBatch]) -> None:
        """Write some batches as one."""
        table = pa.Table.from_batches(batches).cast(self._schema).combine_chunks()
        self._writer.write_table(table)

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()


class ArrowStreamSink:
    """An Arrow IPC stream, which a reader follows while it is written."""

    def __init__(self, file: Any, schema: pa.Schema) -> None:
        self._writer = pa.ipc.new_stream(file, schema)

    def write(self, batches: Sequence[pa.RecordBatch]) -> None:
        """Write some batches."""
        for batch in batches:
            self._writer.write_batch(batch)

    def close(self) -> None:
        """Write the end of the stream."""
        self._writer.close()


class CsvSink:
    """CSV with a header: lists as JSON, bytes as hex, null as nothing and an empty text as ``""``."""

    def __init__(self, file: Any, schema: pa.Schema, *, header: bool = True) -> None:
        from pyarrow import csv  # noqa: PLC0415

        kept = [field.with_type(_plain_type(field.type)) for field in schema]
        self._schema = pa.schema(kept)
        self._writer = csv.CSVWriter(file, self._schema, write_options=csv.WriteOptions(include_header=header))

    def write(self, batches: Sequence[pa.RecordBatch]) -> None:
        """Write some batches."""
        for batch in batches:
            arrays = [_plain(column, field.type) for column, field in zip(batch.columns, self._schema, strict=True)]
            self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Nothing ends CSV."""
        self._writer.close()


def _plain_type(kind: pa.DataType) -> pa.DataType:
    flat = pa.types.is_integer(kind) or pa.types.is_timestamp(kind)
    return kind if flat else pa.string()


def _plain(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if column.type == kind:
        return column
    if column.null_count == len(column):
        return pa.nulls(len(column), kind)
    if pa.types.is_dictionary(column.type):
        return column.cast(kind)
    values = column.to_pylist()
    if pa.types.is_binary(column.type):
        made = [None if value is None else value.hex() for value in values]
    elif pa.types.is_map(column.type):
        made = [None if value is None else msgspec.json.encode(dict(value)).decode() for value in values]
    else:
        made = [None if value is None else msgspec.json.encode(value_to_data(list_of(value))).decode() for value in values]
    return pa.array(made, kind)


def sink_for(target: str, file: Any, schema: pa.Schema, *, stream: bool = False, header: bool = True, threads: int = 1) -> Sink:
    """The sink of a form of output: parquet, csv or arrow, as a file or, with `stream`, to be read while it is written.

    `threads`: so many may encode Parquet.
    """
    match target:
        case "parquet":
            return GroupWriter(file, schema, threads=threads)
        case "csv":
            return CsvSink(file, schema, header=header)
        case _:
            return (ArrowStreamSink if stream else ArrowFileSink)(file, schema)


class Grouped:
    """A sink that gathers batches to groups first, of as many rows each unless they are large."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._held: list[pa.RecordBatch] = []
        self._bytes = self._rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Take a batch."""
        self._held.append(batch)
        # a column without a value borrows its zeros
        self._bytes += sum(column.nbytes for column in batch.columns if column.null_count < batch.num_rows)
        self._rows += batch.num_rows
        while self._rows >= _GROUP_ROWS:
            over = self._rows - _GROUP_ROWS
            last = self._held[-1]
            self._held[-1] = last.slice(0, last.num_rows - over)
            self._pass()
            if over:
                self._held, self._rows = [last.slice(last.num_rows - over)], over
        if self._bytes >= _GROUP_BYTES:
            self._pass()

    def _pass(self) -> None:
        held, self._held, self._bytes, self._rows = self._held, [], 0, 0
        if held:
            self._sink.write(held)

    def close(self) -> None:
        """Write the rest, and the end."""
        self._pass()
        self._sink.close()


class Tabular:
    """The writer of rows; `source` names the columns of the source that they have."""

    def __init__(self, make: Callable[[pa.Schema], Sink], registry: Registry, source: Sequence[str] = tuple(SOURCE_COLUMNS)) -> None:
        self._items = ItemColumns(registry, source=source)
        self._source = source
        self._sink = Grouped(make(self._items.schema))
        self._registry = registry

    def write(self, found: Found) -> str:
        """Write an item's row. Raises EncodeError."""
        full = self._items.add(found.item, data=found.data, offset=found.offset, source=found.source, unnumbered=found.unnumbered)
        if full:
            self._take()
        return ""

    def problem(self, problem: Problem) -> None:
        """Write the row of what could not be read: it is an error, and no bytes."""
        if self._items.add(problem.as_item(), source=problem.source):
            self._take()

    def _take(self) -> None:
        for batch in self._items.take():
            self._sink.write(batch)

    def flush(self) -> None:
        """Rows are written by the group."""

    def close(self) -> None:
        """Write the rest, and what ends the file."""
        self._take()
        self._sink.close()

    def append(self, path: Path) -> None:
        """Write the rows of an Arrow stream of the same schema."""
        self._take()
        with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as batches:
            for batch in batches:
                self._sink.write(batch)

    def straight(self, source: Source, form: str, ports: Sequence[int], hosts: Sequence[str]) -> int:
        """Write everything in a file of frames or a capture, and report what is wrong in it; gives the exit status."""
        self._take()
        return self._capture(source, ports, hosts) if form == "capture" else self._frames(source)

    def _capture(self, source: Source, ports: Sequence[int], hosts: Sequence[str]) -> int:
        from .captures import CaptureColumns  # noqa: PLC0415

        status = FINE
        columns = CaptureColumns(source, name=source.name, registry=self._registry, ports=ports, hosts=hosts, columns=self._source)
        for batch, wrong in columns.batches():
            for item in wrong:
                status = INVALID
                report(captured(item, source.name).complaint())
            self._sink.write(batch)
        return status

    def _frames(self, source: Source) -> int:
        status = FINE
        for batch in Columns(source, registry=self._registry):
            if batch.column(ERROR).null_count < batch.num_rows:
                status = INVALID
                self._report(batch, source.name)
            self._sink.write(with_source(batch, self._items.schema, file=source.name))
        return status

    def _report(self, batch: pa.RecordBatch, name: str) -> None:
        wrong = batch.filter(pc.is_valid(batch.column(ERROR)))
        told = [wrong.column(c).to_pylist() for c in (ERROR, ERROR_OFFSET, ERROR_PATH, OFFSET, FRAME)]
        for code, at, path, offset, frame, data in zip(*told, frames(wrong, registry=self._registry), strict=True):
            report(self._complaint(name, code, at, path, offset, frame, data))

    def _complaint(self, name: str, code: str, at: int | None, path: str | None, offset: int, frame: bytes | None, data: bytes) -> str:
        if code == GAP:
            return Found(Gap(offset, frame or b""), name, {}).complaint()
        try:
            message, values = self._registry.frame(DEFAULT_LIMITS).unpack(data)
            found = Found(self._registry.assemble(message, values, data, offset), name, {})
            if not found.sound:
                return found.complaint()
        except DecodeError:
            pass
        # The reason as the whole stream showed it: these bytes alone may look otherwise.
        where = f"{path or ''} at byte {at}".lstrip() if at is not None else path or ""
        return f"{name}: {where}: {CODES[code].meaning} [{code}]"
