"""Write records as rows of Parquet, Arrow IPC or CSV.

Strategy: `RecordColumns` makes record batches, and `Grouped` gathers them into row groups of about ten MiB, so memory
does not grow with the input.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final, Protocol

import msgspec

from tlib_codec.formats import WriteOptions
from tlib_codec.formats.jsonl import value_to_data
from tlib_codec.records import Batch, Diagnostic, Entry

from .library import pa
from .parquet import GroupWriter
from .reader import list_of
from .records import RecordColumns

__all__ = ["ColumnWriter", "GroupWriter", "Grouped"]

_GROUP_BYTES: Final = 20 << 20  # of Arrow's memory
_GROUP_ROWS: Final = 3 << 14


class Sink(Protocol):
    """Takes batches of one schema to a file."""

    def write(self, batches: Sequence[pa.RecordBatch]) -> None:
        """Write some batches, in order."""

    def close(self) -> None:
        """Write the end of the file; the file itself stays open."""


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
        """Write the end of the file."""
        self._writer.close()


def _plain_type(kind: pa.DataType) -> pa.DataType:
    flat = pa.types.is_integer(kind) or pa.types.is_temporal(kind)
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

    def flush(self) -> None:
        """Write the batches that wait for their group to be complete."""
        self._pass()

    def close(self) -> None:
        """Write the rest, and the end."""
        self._pass()
        self._sink.close()


class ColumnWriter:
    """Writes rows to CSV, Parquet or Arrow; a part for another writer is an Arrow stream, or CSV without a header."""

    def __init__(self, name: str, file: BinaryIO, options: WriteOptions) -> None:
        self._columns = RecordColumns(registry=options.registry, origins=options.origins)
        self._file = file
        self._csv = name == "csv"
        sink = sink_of("arrow" if options.part and not self._csv else name, file, self._columns.schema, options)
        self._sink = Grouped(sink)

    def write(self, batch: Batch) -> Iterator[Entry]:
        """Write a batch; yield the entries whose rows have an error, and a diagnostic for each record that has no row."""
        failed: list[Diagnostic] = []
        for rows, wrong in self._columns.rows(batch, failed):
            self._sink.write(rows)
            yield from wrong
        yield from failed

    def join(self, part: BinaryIO) -> None:
        """Write the rows of a part."""
        if self._csv:
            self._sink.flush()
            shutil.copyfileobj(part, self._file)
            return
        with pa.ipc.open_stream(part) as batches:
            for batch in batches:
                self._sink.write(batch)

    def flush(self) -> None:
        """Rows are written by the group."""

    def close(self) -> None:
        """Write the rest, and the end of the file."""
        self._sink.close()


def sink_of(name: str, file: BinaryIO, schema: pa.Schema, options: WriteOptions) -> Sink:
    """Return the sink of a format."""
    match name:
        case "parquet":
            return GroupWriter(file, schema, threads=options.threads)
        case "csv":
            return CsvSink(file, schema, header=not options.part)
        case _:
            return (ArrowStreamSink if options.stream or options.part else ArrowFileSink)(file, schema)
