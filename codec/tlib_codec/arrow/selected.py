"""Write chosen columns to Parquet or Arrow.

Strategy: rows gather to a group, which becomes a record batch. A key-value list is a map from the dotted path of each value to
its text, which the field access of DuckDB and polars reads: ``UserData['Segment.Tier']``. The values at a path into a
list have no declared type: the first group decides whether the column holds texts or, where it has a nested list, maps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

from tlib_codec.formats import WriteOptions
from tlib_codec.formats.selected import SelectedWriter, clean, text_of
from tlib_codec.query import FieldKind
from tlib_codec.query.fields import shown
from tlib_codec.query.selection import Column
from tlib_schemas.kinds import Kind
from tlib_schemas.values import KVList, RawValue

from .library import pa
from .writer import Sink, sink_of

_GROUP: Final = 1 << 14
_MAP: Final = pa.map_(pa.string(), pa.string())
_INTEGERS: Final = {Kind.UINT: pa.uint32(), Kind.SINT: pa.int32(), Kind.LONG: pa.uint64()}
_RANGES: Final = {pa.uint32(): range(1 << 32), pa.int32(): range(-(1 << 31), 1 << 31), pa.uint64(): range(1 << 64)}
_TIMES: Final = range(-(1 << 63), 1 << 63)


class SelectedRows(SelectedWriter):
    """Writes a row per event to Parquet or Arrow, called `name`."""

    def __init__(self, name: str, file: BinaryIO, options: WriteOptions) -> None:
        assert options.select is not None
        super().__init__(file, options.registry, options.select)
        self._name = name
        self._options = options
        self._rows: list[Sequence[Any]] = []
        self._sink: Sink | None = None
        self._schema: pa.Schema = None

    def put_row(self, values: Sequence[Any]) -> None:
        """Take a row."""
        self._rows.append(values)
        if len(self._rows) >= _GROUP:
            self._group()

    def flush(self) -> None:
        """Write the rows of a stream; a file takes whole groups."""
        if self._options.stream and self._rows:
            self._group()

    def close(self) -> None:
        """Write the remaining rows and the end of the file."""
        self._group().close()

    def _group(self) -> Sink:
        rows, self._rows = self._rows, []
        columns = self.selection.columns
        cells = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
        if self._sink is None:
            types = [_type(column, values) for column, values in zip(columns, cells, strict=True)]
            self._schema = pa.schema([pa.field(column.name, kind) for column, kind in zip(columns, types, strict=True)])
            self._sink = sink_of(self._name, self._file, self._schema, self._options)
        if rows:
            arrays = [
                pa.array(_converted(column, kind, values), kind)
                for column, kind, values in zip(columns, self._schema.types, cells, strict=True)
            ]
            self._sink.write([pa.RecordBatch.from_arrays(arrays, schema=self._schema)])
        return self._sink


def _type(column: Column, values: Sequence[Any]) -> pa.DataType:
    match column.kind:
        case FieldKind.NUMBER:
            declared = None if column.attribute is None else column.attribute.value
            return pa.uint64() if declared is None else _INTEGERS[declared.kind]
        case FieldKind.TIME:
            return pa.timestamp("us", "UTC")
        case FieldKind.DATA:
            return pa.binary()
        case FieldKind.LIST:
            return _MAP
        case _:
            return _MAP if any(isinstance(value, KVList) for value in values) else pa.string()


def _converted(column: Column, kind: pa.DataType, values: Sequence[Any]) -> list[Any]:
    """Return the values of a column as Arrow takes them."""
    if kind == pa.string():  # texts of ASCII first: they are most values
        return [value if type(value) is str and value.isascii() else None if value is None else text_of(column, value) for value in values]
    if kind == _MAP:
        return [None if value is None else list(pairs(value).items()) for value in values]
    if kind == pa.binary():
        return [None if value is None else _bytes(value) for value in values]
    if pa.types.is_timestamp(kind):
        return [value // 1000 if value is not None and value in _TIMES else None for value in values]
    numbers = _RANGES[kind]
    return [value if isinstance(value, int) and value in numbers else None for value in values]


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return value.value if isinstance(value, RawValue) else shown(value).encode("utf-8", "replace")


def pairs(value: Any) -> dict[str, str]:
    """Return the texts of a list by dotted path, of a repeated path the first; a value that is no list has an empty path."""
    if isinstance(value, Mapping):
        return {clean(str(key)): clean(str(one)) for key, one in value.items()}
    if not isinstance(value, KVList):
        return {"": clean(shown(value))}
    made: dict[str, str] = {}
    for path, one in _flat(value, ""):
        made.setdefault(clean(path), clean(shown(one)))
    return made


def _flat(kv: KVList, prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in kv:
        if isinstance(value, KVList):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
