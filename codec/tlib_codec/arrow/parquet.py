"""Write Parquet and encode its row groups in parallel.

Strategy: encoding a row group takes as long as decoding its frames, and pyarrow's writer encodes one at a time. So a
thread per row group encodes it as a small Parquet file in memory (pyarrow releases the interpreter lock), and
`parquet_footer` joins the pages of these files under one footer. Most columns are null in a whole row group; encoding
them would take more than a third of the time, so they are encoded once for all groups with the same number of rows.

Needs pyarrow (extra ``arrow``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import repeat
from typing import Any, Final, NamedTuple

from .library import pa, pc
from .parquet_footer import Pieces, columns_of, completed, row_group

__all__ = ["GroupWriter"]

_MAGIC: Final = b"PAR1"
_END: Final = len(_MAGIC) + 4  # of a file, behind its footer
_THREADS: Final = 3  # encoding takes little longer than decoding: more would wait, and hold a group each


def leaves(field: pa.Field) -> list[str]:
    """Return the paths of a column's own columns in Parquet."""
    if pa.types.is_list(field.type):
        return [f"{field.name}.list.element.{part.name}" for part in field.type.value_type]
    return [f"{field.name}.key_value.key", f"{field.name}.key_value.value"] if pa.types.is_map(field.type) else [field.name]


def _empty(field: pa.Field, column: pa.ChunkedArray) -> list[str]:
    """Return the columns that are null in every row."""
    if column.null_count == len(column):
        return leaves(field)
    if not pa.types.is_list(field.type):
        return []
    parts = zip(leaves(field), field.type.value_type, strict=True)
    pairs = [chunk.values for chunk in column.chunks]
    return [path for path, part in parts if all(pc.struct_field(one, part.name).null_count == len(one) for one in pairs)]


class Part(NamedTuple):
    """Some columns of a row group: their pages, and their entries in the footer, as if the pages stood behind the first 4 bytes."""

    pages: memoryview
    columns: list[Pieces]
    size: int


class Group(NamedTuple):
    """A row group: its parts, and which of them each column (in Parquet's sense) comes from."""

    rows: int
    parts: tuple[Part, ...]
    order: list[int]


class Encoder:
    """Makes row groups of batches of one schema."""

    def __init__(self, schema: pa.Schema, compression: str) -> None:
        self._schema = schema
        self._compression = compression
        self._empty: tuple[object, Part] = None, Part(memoryview(b""), [], 0)  # the last one made, and what it is of

    def group(self, batches: Sequence[pa.RecordBatch]) -> Group:
        """Encode some batches. Whatever the thread, groups of equal size share the columns that are null in all of them."""
        table = pa.Table.from_batches(batches, self._schema).unify_dictionaries()
        rows = table.num_rows
        names = [field.name for field, column in zip(self._schema, table.columns, strict=True) if column.null_count < rows]
        nulls = [name for name in self._schema.names if name not in set(names)]
        made, empty = self._empty
        if made != (nulls, rows):
            fields = [self._schema.field(name) for name in nulls]
            empty = self._part(pa.table([pa.nulls(rows, field.type) for field in fields], pa.schema(fields)))
            self._empty = (nulls, rows), empty
        order = [int(field.name in set(nulls)) for field in self._schema for _ in leaves(field)]
        return Group(rows, (self._part(table.select(names)), empty), order)

    def _part(self, table: pa.Table) -> Part:
        if not table.num_columns:
            return Part(memoryview(b""), [], 0)
        schema = table.schema
        empty = {path for field, column in zip(schema, table.columns, strict=True) for path in _empty(field, column)}
        whole = [field.name for field in schema if pa.types.is_uint64(field.type) or pa.types.is_timestamp(field.type)]
        counted = [name for name in whole if name not in empty]
        every = [path for field in schema for path in leaves(field)]
        sink = pa.BufferOutputStream()
        from pyarrow import parquet  # noqa: PLC0415 what never writes Parquet does not load it

        with parquet.ParquetWriter(
            sink,
            schema,
            compression={path: "none" if path in empty else self._compression for path in every},
            use_dictionary=[path for path in every if path not in empty and path not in counted],
            write_statistics=[field.name for field in schema if field.name not in empty and not pa.types.is_nested(field.type)],
            column_encoding=dict.fromkeys(counted, "DELTA_BINARY_PACKED") or None,
            store_schema=False,
        ) as writer:
            writer.write_table(table, row_group_size=max(table.num_rows, 1))
        pages, footer = _divided(sink.getvalue())
        return Part(pages, *columns_of(footer))


def _divided(file: pa.Buffer) -> tuple[memoryview, bytes]:
    """Return the pages and the footer of a Parquet file."""
    data = memoryview(file)
    end = len(data) - _END - int.from_bytes(data[-_END:][:4], "little")
    return data[len(_MAGIC) : end], bytes(data[end:-_END])


class GroupWriter:
    """Writes a Parquet file to `file`, a row group a `write`, which up to `threads` threads encode (three at most).

    As many groups are held at once. Raises what pyarrow raises where batches are not of the schema.
    """

    def __init__(self, file: Any, schema: pa.Schema, *, threads: int = 1, compression: str = "zstd") -> None:
        self._file = file
        self._schema = schema
        self._encoder = Encoder(schema, compression)
        self._place = file.write(_MAGIC)
        self._rows = 0
        self._groups: list[bytes] = []
        self._threads = min(threads, _THREADS)
        self._pool = ThreadPoolExecutor(self._threads, "parquet") if threads > 1 else None
        self._waiting: deque[Future[Group]] = deque()

    def write(self, batches: Sequence[pa.RecordBatch]) -> None:
        """Write some batches as one row group."""
        if not any(batch.num_rows for batch in batches):
            return
        if self._pool is None:
            self._join(self._encoder.group(batches))
            return
        while len(self._waiting) >= self._threads:
            self._join(self._waiting.popleft().result())
        self._waiting.append(self._pool.submit(self._encoder.group, batches))

    def close(self) -> None:
        """Write what is not written yet, and the footer; the file stays open."""
        try:
            while self._waiting:
                self._join(self._waiting.popleft().result())
        finally:
            if self._pool is not None:
                self._pool.shutdown(cancel_futures=True)
        sink = pa.BufferOutputStream()
        from pyarrow import parquet  # noqa: PLC0415 what never writes Parquet does not load it

        parquet.ParquetWriter(sink, self._schema).close()
        footer = completed(_divided(sink.getvalue())[1], self._groups, self._rows)
        self._file.write(footer + len(footer).to_bytes(4, "little") + _MAGIC)

    def _join(self, group: Group) -> None:
        place = end = self._place
        columns = []
        for part in group.parts:
            columns.append(zip(part.columns, repeat(end - len(_MAGIC))))
            end += self._file.write(part.pages)
        entries = [next(columns[which]) for which in group.order]
        size = sum(part.size for part in group.parts)
        self._groups.append(row_group(entries, rows=group.rows, size=size, place=place, length=end - place))
        self._place = end
        self._rows += group.rows
