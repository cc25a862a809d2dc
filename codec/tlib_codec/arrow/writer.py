"""Write records as rows of Parquet or Arrow IPC.

Strategy: `RecordColumns` makes record batches, and `Grouped` gathers them into row groups of about ten MiB, so memory
does not grow with the input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final, Protocol

from tlib_codec.formats import WriteOptions
from tlib_codec.records import Batch, Diagnostic, Entry

from .library import pa
from .parquet import GroupWriter
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


class ColumnWriter:
    """Writes rows to Parquet or Arrow; a part for another writer is an Arrow stream."""

    def __init__(self, name: str, file: BinaryIO, options: WriteOptions) -> None:
        self._columns = RecordColumns(registry=options.registry, origins=options.origins)
        sink = sink_of("arrow" if options.part else name, file, self._columns.schema, options)
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
        case _:
            return (ArrowStreamSink if options.stream or options.part else ArrowFileSink)(file, schema)
