"""Provide a Spark data source: ``spark.read.format("tlib").load("captures/*.pcapng")``, on a cluster or one machine.

Strategy: a file is a partition; a big file of frames is several, cut as `splits` says. A worker decodes its bytes with
the native builder of columns and hands Arrow batches to Spark, so no event becomes a Python object. A capture (detected
by its first bytes) is one partition of any size, since its connections extend across the file. All files have one
schema: that of `columns` and the origins of a capture, in Spark's types. Filters that Spark pushes down (from 4.1 on,
with ``spark.sql.python.filterPushdown.enabled``) are applied to the batches before they leave the worker.

Needs the extra ``spark``, on the driver and on the workers, and files that all of them see under one path.

>>> spark.dataSource.register(TlibDataSource)  # doctest: +SKIP
>>> spark.read.format("tlib").option("columns", "Event,ConnID").load("captures/*.tlb")  # doctest: +SKIP
"""

from __future__ import annotations

import datetime as dt
import glob
import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tlib_codec.files import read
from tlib_codec.formats import formats
from tlib_codec.formats.compression import kind_of
from tlib_codec.formats.source import InputError, Source
from tlib_codec.query import Query
from tlib_codec.records import Batch
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .columns import Columns, schema
from .origins import ORIGIN_COLUMNS, origin_columns
from .records import RecordColumns
from .splits import SIZE, cut, frame_batches, places, read_range

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
    from pyspark.sql.pandas.types import from_arrow_schema
    from pyspark.sql.types import StructType
except ImportError:
    raise ImportError("the Spark data source needs PySpark 4: pip install 'tlib-codec[spark]'") from None

__all__ = ["TlibDataSource"]

_FILE: Final = "$file"
_CAPTURE: Final = formats()["capture"]
_SOURCE: Final = tuple(name for name in origin_columns(_CAPTURE.origins) if name != _FILE)
_PLACES: Final = frozenset({"$packet", "$offset", "$error_offset"})  # in files and streams, which 63 bits hold
_SUFFIXES: Final = (".tlb", ".pcap", ".pcapng", ".cap")
_COMPARISONS: Final = {
    "EqualTo": pc.equal,
    "GreaterThan": pc.greater,
    "GreaterThanOrEqual": pc.greater_equal,
    "LessThan": pc.less,
    "LessThanOrEqual": pc.less_equal,
}
_COMPARED: Final[Sequence[tuple[Callable[[pa.DataType], bool], type]]] = (
    (pa.types.is_string, str),
    (pa.types.is_integer, int),
    (pa.types.is_timestamp, dt.datetime),
)


def _spark_type(kind: pa.DataType) -> pa.DataType:
    """Return the type of Spark's that holds every value of `kind`: it has no unsigned numbers and no dictionaries."""
    if pa.types.is_dictionary(kind):
        return pa.string()
    if pa.types.is_uint8(kind):
        return pa.int16()
    if pa.types.is_uint32(kind):
        return pa.int64()
    if pa.types.is_uint64(kind):
        return pa.decimal128(20, 0)
    if pa.types.is_list(kind):
        return pa.list_(_spark_type(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _spark_type(field.type)) for field in kind])
    return kind


def spark_schema(registry: Registry, columns: Sequence[str] | None) -> pa.Schema:
    """Return the Arrow schema of the rows that Spark gets: `$file`, the other columns of a source, then those of the frames.

    Raises ValueError where `columns` has one that is not there.
    """
    own = None if columns is None else _own(columns)
    fields = [pa.field(name, ORIGIN_COLUMNS[name].type) for name in _SOURCE if columns is None or name in columns]
    fields += schema(registry=registry, columns=own)
    return pa.schema(
        [pa.field(_FILE, pa.string())]
        + [pa.field(field.name, pa.int64() if field.name in _PLACES else _spark_type(field.type)) for field in fields]
    )


def _own(columns: Iterable[str]) -> list[str]:
    """Return the columns that are not of an origin."""
    return [name for name in columns if name != _FILE and name not in _SOURCE]


class Piece(InputPartition):
    """The bytes of a file between the cuts at two places (`end` is None for the last), or a whole capture."""

    def __init__(self, path: str, start: int = 0, end: int | None = None, *, capture: bool = False) -> None:
        super().__init__(None)
        self.path: str = path
        self.start: int = start
        self.end: int | None = end
        self.capture: bool = capture


class TlibDataSource(DataSource):
    """Frames of files and captures, a row each.

    A path is a file, a glob, or a folder (of which ``.tlb``, ``.pcap``, ``.pcapng`` and ``.cap`` are read, at any depth; captures
    may be compressed: ``.pcap.gz``, ``.pcap.zst``).

    Options: ``columns``, names with commas between (all of them); ``rangeBytes``, by which a big file is
    cut (128 MiB); ``registry``, as MODULE:NAME, one of your own that workers can import; ``where``, a condition (docs/query.md), by which
    the workers select events.
    """

    @classmethod
    def name(cls) -> str:
        """Return the name that ``format`` takes."""
        return "tlib"

    def _columns(self) -> list[str] | None:
        named = self.options.get("columns")
        return None if not named else [name.strip() for name in named.split(",")]

    def schema(self) -> StructType:
        """Return the columns in Spark's types. Raises ValueError for a name that is no column."""
        return from_arrow_schema(spark_schema(_registry(self.options.get("registry")), self._columns()))

    def reader(self, schema: StructType) -> TlibReader:
        """Return the reader of the path and options."""
        path = self.options.get("path")
        if not path:
            raise ValueError("tlib: give a path: spark.read.format('tlib').load('captures/*.tlb')")
        each = int(self.options.get("rangeBytes", SIZE))
        where, registry = self.options.get("where"), self.options.get("registry")
        _query(where, _registry(registry))  # a mistake shows on the driver
        return TlibReader(path, self._columns(), each, registry, where)


def _registry(name: str | None) -> Registry:
    if name is None:
        return TLIBRARY
    module, _, attribute = name.partition(":")
    registry = getattr(importlib.import_module(module), attribute, None)
    if not isinstance(registry, Registry):
        raise TypeError(f"tlib: {name}: expected a tlib_schemas.registry.Registry, as MODULE:NAME")
    return registry


class TlibReader(DataSourceReader):
    """Plans the pieces of all files, and reads one of them."""

    def __init__(self, path: str, columns: Sequence[str] | None, each: int, registry: str | None, where: str | None = None) -> None:
        self._path = path.removeprefix("file:")
        self._columns = columns
        self._each = each
        self._registry = registry
        self._where = where
        self._filters: list[tuple[str, str, Any]] = []

    def pushFilters(self, filters: list[Any]) -> Iterable[Any]:
        """Take the filters that compare one plain column with values; give the others back to Spark."""
        fields = spark_schema(_registry(self._registry), self._columns)
        for one in filters:
            taken = self._taken(one, fields)
            if taken is None:
                yield one
            else:
                self._filters.append(taken)

    @staticmethod
    def _taken(one: Any, fields: pa.Schema) -> tuple[str, str, Any] | None:
        name = ".".join(one.attribute) if len(getattr(one, "attribute", ())) == 1 else ""
        kind = fields.field(name).type if name in fields.names else None
        python = next((python for fits, python in _COMPARED if kind is not None and fits(kind)), None)
        if python is None:
            return None
        operation = type(one).__name__
        if operation in _COMPARISONS and type(one.value) is python:
            return operation, name, one.value
        if operation == "In" and all(type(value) is python for value in one.value):
            return operation, name, tuple(one.value)
        return (operation, name, None) if operation == "IsNotNull" else None

    def partitions(self) -> Sequence[InputPartition]:
        """Return a piece a file, and several of a big one of frames.

        Raises FileNotFoundError where the path names none, ValueError where one is compressed and no capture.
        """
        pieces: list[InputPartition] = []
        for path in self._files():
            if _is_capture(path):
                pieces.append(Piece(str(path), capture=True))
                continue
            starts = places(path.stat().st_size, self._each)
            ends = [*starts[1:], None]
            pieces += [Piece(str(path), start, end) for start, end in zip(starts, ends, strict=True)]
        return pieces

    def _files(self) -> list[Path]:
        path = Path(self._path)
        if path.is_dir():
            files = sorted(one for one in path.rglob("*") if one.name.removesuffix(".gz").removesuffix(".zst").endswith(_SUFFIXES))
        else:
            files = sorted(map(Path, glob.glob(self._path, recursive=True)))  # noqa: PTH207 absolute globs
        files = [one for one in files if one.is_file()]
        if not files:
            raise FileNotFoundError(f"tlib: no file at {self._path}")
        return files

    def read(self, partition: InputPartition) -> Iterator[Any]:
        """Yield the rows of a piece as Arrow batches."""
        assert isinstance(partition, Piece)
        registry = _registry(self._registry)
        fields = spark_schema(registry, self._columns)
        query = _query(self._where, registry)
        for batch in _captured(partition.path, query, registry) if partition.capture else self._frames(partition, query, registry):
            made = self._filtered(_converted(batch, fields, partition.start, partition.path))
            if made.num_rows:
                yield made

    def _frames(self, piece: Piece, query: Query, registry: Registry) -> Iterator[pa.RecordBatch]:
        needed = None if self._columns is None else _own(self._columns)
        with Path(piece.path).open("rb") as file:
            start = cut(file, piece.start, registry=registry)
            end = cut(file, piece.end, registry=registry) if piece.end is not None else Path(piece.path).stat().st_size
            if query:
                yield from RecordColumns(
                    _selected(frame_batches(read_range(file, start, end), registry), query), registry=registry, origins=()
                )
            else:
                yield from Columns(read_range(file, start, end), registry=registry, columns=needed)

    def _filtered(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        for operation, name, value in self._filters:
            column = batch.column(name)
            if operation == "IsNotNull":
                mask = pc.is_valid(column)
            elif operation == "In":
                mask = pc.is_in(column, value_set=pa.array(value, column.type))
            else:
                mask = _COMPARISONS[operation](column, value)
            batch = batch.filter(mask)
        return batch


def _is_capture(path: Path) -> bool:
    """Return whether the file is a capture, compressed or not. Raises ValueError for another compressed file."""
    with path.open("rb") as file:
        compressed = kind_of(file.read(4)) is not None
    with Source(path) as source:
        try:
            detected = source.detect()
        except InputError as error:
            raise ValueError(f"tlib: {error}") from None
    capture = detected is not None and detected.name == _CAPTURE.name
    if compressed and not capture:
        raise ValueError(f"tlib: {path}: compressed, and not a capture; decompress it first")
    return capture


def _query(where: str | None, registry: Registry) -> Query:
    return Query(where=() if where is None else where, registry=registry)


def _selected(batches: Iterable[Batch], query: Query) -> Iterator[Batch]:
    """Yield the batches with the events that the query selects; rows of other bytes have no event."""
    for batch in batches:
        yield query.select(batch) if query else batch


def _captured(path: str, query: Query, registry: Registry) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a capture: its records and diagnostics."""
    with read(path, format=None, registry=registry) as reader:
        yield from RecordColumns(_selected(reader.batches(), query), registry=registry, origins=_CAPTURE.origins)


def _converted(batch: pa.RecordBatch, fields: pa.Schema, start: int, path: str) -> pa.RecordBatch:
    """Return a batch in Spark's types, its offsets counted from the beginning of the file; missing columns are null."""
    arrays = [pa.repeat(pa.scalar(path), batch.num_rows)]
    for name, kind in zip(fields.names[1:], fields.types[1:], strict=True):
        if name not in batch.schema.names:
            arrays.append(pa.nulls(batch.num_rows, kind))
            continue
        column = batch.column(name)
        if start and name in {"$offset", "$error_offset"}:
            column = pc.add(column, pa.scalar(start, pa.uint64()))
        arrays.append(column.cast(kind))
    return pa.RecordBatch.from_arrays(arrays, schema=fields)
