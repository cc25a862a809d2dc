"""Parquet, its row groups encoded side by side.

Strategy: to encode a row group takes longer than to decode what is in it, and a writer of Parquet encodes one after the other.
So each is made a small Parquet file in memory, by a thread of its own (pyarrow lets go of the interpreter meanwhile), and the
pages of those files are joined behind each other. In the footer, the places of the pages move by what stands before them;
nothing else changes, so all that is read of Thrift's compact protocol is how to pass over a value. A column that is
null in a whole group costs nothing for dictionaries and compression that way either.

Source: parquet.thrift of Apache Parquet; the Thrift compact protocol. pyarrow is needed (extra ``arrow``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import parquet
except ImportError:
    raise ImportError("Parquet needs pyarrow: pip install 'tlib-codec[arrow]'") from None

__all__ = ["GroupWriter"]

_MAGIC: Final = b"PAR1"
_END: Final = len(_MAGIC) + 4  # of a file, behind its footer
_THREADS: Final = 3  # encoding takes twice as long as decoding: more would wait for what they get
_ROWS, _GROUPS = 3, 4  # fields of a footer, which follow one another
_MOST: Final = 32_767  # a group's own number has 16 bits; those beyond, which nobody needs, keep the last


def leaves(field: pa.Field) -> list[str]:
    """The paths of a column's own columns in Parquet."""
    if pa.types.is_list(field.type):
        return [f"{field.name}.list.element.{part.name}" for part in field.type.value_type]
    return [f"{field.name}.key_value.key", f"{field.name}.key_value.value"] if pa.types.is_map(field.type) else [field.name]


def _empty(field: pa.Field, column: pa.ChunkedArray) -> list[str]:
    """Those that are null in every row."""
    if column.null_count == len(column):
        return leaves(field)
    if not pa.types.is_list(field.type):
        return []
    parts = zip(leaves(field), field.type.value_type, strict=True)
    pairs = [chunk.values for chunk in column.chunks]
    return [path for path, part in parts if all(pc.struct_field(one, part.name).null_count == len(one) for one in pairs)]


def encoded(batches: Sequence[pa.RecordBatch], schema: pa.Schema, compression: str) -> tuple[pa.Buffer, int]:
    """Batches as a Parquet file of one row group, and how many rows that has."""
    table = pa.Table.from_batches(batches, schema).unify_dictionaries()
    empty = {path for field, column in zip(schema, table.columns, strict=True) for path in _empty(field, column)}
    whole = [field.name for field in schema if pa.types.is_uint64(field.type) or pa.types.is_timestamp(field.type)]
    counted = [name for name in whole if name not in empty]
    every = [path for field in schema for path in leaves(field)]
    sink = pa.BufferOutputStream()
    with parquet.ParquetWriter(
        sink,
        schema,
        compression={path: "none" if path in empty else compression for path in every},
        use_dictionary=[path for path in every if path not in empty and path not in counted],
        write_statistics=[field.name for field in schema if field.name not in empty and not pa.types.is_nested(field.type)],
        column_encoding=dict.fromkeys(counted, "DELTA_BINARY_PACKED") or None,
    ) as writer:
        writer.write_table(table, row_group_size=max(table.num_rows, 1))
    return sink.getvalue(), table.num_rows


class GroupWriter:
    """Writes a Parquet file to `file`, a row group a `write`, which up to `threads` threads encode (three at most).

    As many groups are held at once.
    """

    def __init__(self, file: Any, schema: pa.Schema, *, threads: int = 1, compression: str = "zstd") -> None:
        self._file = file
        self._schema = schema
        self._compression = compression
        self._place = file.write(_MAGIC)
        self._rows = 0
        self._groups: list[bytes] = []
        self._footer = b""
        self._threads = min(threads, _THREADS)
        self._pool = ThreadPoolExecutor(self._threads, "parquet") if threads > 1 else None
        self._waiting: deque[Future[tuple[pa.Buffer, int]]] = deque()

    def write(self, batches: Sequence[pa.RecordBatch]) -> None:
        """Write some batches as one row group."""
        if self._pool is None:
            self._join(*encoded(batches, self._schema, self._compression))
            return
        while len(self._waiting) >= self._threads:
            self._join(*self._waiting.popleft().result())
        self._waiting.append(self._pool.submit(encoded, batches, self._schema, self._compression))

    def close(self) -> None:
        """Write what is not written yet, and the footer; the file stays open."""
        while self._waiting:
            self._join(*self._waiting.popleft().result())
        if self._pool is not None:
            self._pool.shutdown()
        if not self._footer:
            self._join(*encoded([], self._schema, self._compression))
        rows, behind_rows, groups, behind = _places(self._footer)
        footer = b"".join(
            (
                self._footer[:rows],
                _varint(_zigzag(self._rows)),
                self._footer[behind_rows:groups],
                _list_head(len(self._groups)),
                *self._groups,
                self._footer[behind:],
            )
        )
        self._file.write(footer + len(footer).to_bytes(4, "little") + _MAGIC)

    def _join(self, made: pa.Buffer, rows: int) -> None:
        data = memoryview(made)
        end = len(data) - _END - int.from_bytes(data[-_END:][:4], "little")
        self._footer = bytes(data[end:-_END])
        if rows:
            self._groups.append(_moved(self._footer, self._place - len(_MAGIC), len(self._groups)))
            self._place += self._file.write(data[len(_MAGIC) : end])
            self._rows += rows


# -- the footer -----------------------------------------------------------------------------------


def _moved(footer: bytes, by: int, number: int) -> bytes:
    """The one row group of a footer, as it is told of when its pages stand `by` bytes further on."""

    def place(at: int) -> int:
        return at + by if at > 0 else at  # 0: there is none

    # What a row group has of places: in its columns, in their metadata, and its own; and its number.
    changes = {1: {2: place, 3: {9: place, 10: place, 11: place, 14: place}}, 5: place, 7: lambda _: min(number, _MOST)}
    _, at = _list(footer, _places(footer)[2])
    made: list[bytes] = []
    _changed(footer, at, changes, made)
    return b"".join(made)


def _places(footer: bytes) -> tuple[int, int, int, int]:
    """Where the number of rows begins and ends, and the list of row groups."""
    found: dict[int, tuple[int, int]] = {}
    at = number = 0
    while footer[at]:
        number, kind, start = _field(footer, at, number)
        at = _behind(footer, start, kind)
        found[number] = start, at
    return *found[_ROWS], *found[_GROUPS]


def _changed(data: bytes, at: int, changes: dict[int, Any], out: list[bytes]) -> int:
    """Append the structure at `at` with some fields changed; gives what is behind it."""
    copied = at  # up to here
    number = 0
    while data[at]:
        number, kind, at = _field(data, at, number)
        change = changes.get(number)
        if change is None:
            at = _behind(data, at, kind)
            continue
        count = 1
        before = at
        if kind in _LISTS:
            count, at = _list(data, at)
        elif not isinstance(change, dict):
            value, at = _number(data, at)
            out += data[copied:before], _varint(_zigzag(change(value >> 1 ^ -(value & 1))))
            copied = at
            continue
        out.append(data[copied:at])
        for _ in range(count):
            at = _changed(data, at, change, out)
        copied = at
    out.append(data[copied : at + 1])
    return at + 1


# -- Thrift's compact protocol ----------------------------------------------------------------------

_FLAGS, _BYTE, _NUMBERS, _DOUBLE, _BINARY, _LISTS, _STRUCT = {1, 2}, 3, {4, 5, 6}, 7, 8, {9, 10}, 12


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _field(data: bytes, at: int, before: int) -> tuple[int, int, int]:
    """Number and kind of a field, and where its value begins."""
    head = data[at]
    if head >> 4:
        return before + (head >> 4), head & 15, at + 1
    number, at = _number(data, at + 1)
    return number >> 1, head & 15, at


def _list(data: bytes, at: int) -> tuple[int, int]:
    """How long a list is, and where its first element begins."""
    return (data[at] >> 4, at + 1) if data[at] >> 4 < 15 else _number(data, at + 1)


def _list_head(count: int) -> bytes:
    """The head of a list of structures."""
    return bytes((count << 4 | _STRUCT,)) if count < 15 else bytes((15 << 4 | _STRUCT,)) + _varint(count)


def _behind(data: bytes, at: int, kind: int, *, element: bool = False) -> int:
    """What is behind a value. A flag has none of its own, but in a list."""
    if kind in _FLAGS:
        return at + element
    if kind in _NUMBERS:
        while data[at] > 0x7F:
            at += 1
        return at + 1
    if kind == _BINARY:
        size, at = _number(data, at)
        return at + size
    if kind in _LISTS:
        inner = data[at] & 15
        count, at = _list(data, at)
        for _ in range(count):
            at = _behind(data, at, inner, element=True)
        return at
    if kind == _STRUCT:
        while data[at]:
            _, inner, at = _field(data, at, 0)
            at = _behind(data, at, inner)
        return at + 1
    return at + (1 if kind == _BYTE else 8)
