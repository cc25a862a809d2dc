"""Convert frames to Arrow record batches and back: a column per attribute, a row per frame.

Strategy: the registry's dictionary gives the schema. A builder, in C or in Python, takes the input in steps and yields
a batch about every MiB, so memory does not grow with the input. The conversion loses nothing: `$frame` holds a frame
that the columns cannot reproduce to the byte, and bytes outside frames are a row.

Needs pyarrow (extra ``arrow``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, Final, TypeAlias

from tlib_codec import native
from tlib_codec.reference import Buffer
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from . import builder as column_rows
from .layout import MAX_BATCH_BYTES, MAX_FRAME_BYTES, OFFSET, Column, Counts, Kind, layout
from .library import pa, pc
from .reader import Rebuilder

__all__ = ["Columns", "Counts", "as_map", "frames", "schema", "validate"]

Source: TypeAlias = Buffer | BinaryIO | Iterable[Buffer]

_STEP: Final = 1 << 20
_NAMES: Final = pa.dictionary(pa.int32(), pa.string())
_PAIR: Final = pa.struct(
    [
        pa.field("depth", pa.uint8(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("type", pa.uint8(), nullable=False),
        pa.field("text", pa.string()),
        pa.field("number", pa.int32()),
        pa.field("data", pa.binary()),
    ]
)
_TYPES: Final[dict[Kind, pa.DataType]] = {
    Kind.TEXT: pa.string(),
    Kind.UINT: pa.uint32(),
    Kind.SINT: pa.int32(),
    Kind.LONG: pa.uint64(),
    Kind.HEX: pa.string(),
    Kind.LABEL: _NAMES,
    Kind.SIGNED_LABEL: _NAMES,
    Kind.BINARY: pa.binary(),
    Kind.LIST: pa.list_(pa.field("item", _PAIR, nullable=False)),
}

_native = native.extension("columns")


def _schema(planned: Iterable[Column]) -> pa.Schema:
    return pa.schema([pa.field(c.name, _TYPES[c.kind], nullable=c.name != OFFSET) for c in planned if not c.skip])


def schema(*, registry: Registry = TLIBRARY, columns: Sequence[str] | None = None) -> pa.Schema:
    """Return the schema of a registry's batches, or of the named columns of it, in the dictionary's order.

    Raises ValueError for a name that is no column.
    """
    return _schema(layout(registry, columns))


class Columns:
    """The frames of a source as `pyarrow.RecordBatch`es of about `batch_bytes` of input each.

    `source` is a buffer (bytes, mmap, memoryview: read in place if it is read-only, else copied; again at every iteration),
    a binary file or an iterable of chunks (read once, a MiB at a time). `columns` names those to fill; every frame is
    checked whole all the same. `builder` False takes the builder in Python.
    Anything that reads Arrow's PyCapsule interface reads it as it is:
    ``pyarrow.table(c)``, ``polars.DataFrame(c)``, DuckDB and pandas.

    Raises ValueError for a name that is no column, and for a size that a batch cannot have.
    """

    def __init__(
        self,
        source: Source,
        *,
        registry: Registry = TLIBRARY,
        limits: Limits = DEFAULT_LIMITS,
        columns: Sequence[str] | None = None,
        batch_bytes: int = 1 << 20,
        builder: bool = True,
    ) -> None:
        if not 1 <= batch_bytes <= MAX_BATCH_BYTES:
            raise ValueError(f"batch_bytes is between 1 and {MAX_BATCH_BYTES}")
        if limits.frame_body > MAX_FRAME_BYTES:
            raise ValueError(f"columns hold frames of at most {MAX_FRAME_BYTES} bytes: lower Limits.frame_body")
        if isinstance(source, str):
            raise TypeError("a source is a buffer, a binary file or an iterable of chunks, not a str: open the file first")
        self._source = source
        self._registry = registry
        self._limits = limits
        self._batch_bytes = batch_bytes
        self._layout = layout(registry, columns)
        self._make: Any = column_rows.RowBuilder if _native is None or not builder else _native.ColumnBuilder
        self.schema: Any = _schema(self._layout)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        builder = self._make(self._registry, self._limits, self._layout, self._batch_bytes)
        try:
            view = memoryview(self._source)  # type: ignore[arg-type]
        except TypeError:
            for piece in _pieces(self._source):  # type: ignore[arg-type]
                builder.feed(piece)
                while builder.fill():
                    yield batch_of(builder.take(), self.schema)
            builder.close()
        else:
            builder.attach(_still(view))
        while builder.fill():
            yield batch_of(builder.take(), self.schema)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the batches as a stream of the Arrow PyCapsule interface."""
        return pa.RecordBatchReader.from_batches(self.schema, iter(self)).__arrow_c_stream__(requested_schema)


def _still(view: memoryview) -> memoryview:
    """Return a buffer that nobody can write to while its checked lengths are followed: `view` itself, or a copy."""
    return view if view.readonly else memoryview(bytes(view))


def _pieces(source: BinaryIO | Iterable[Buffer]) -> Iterator[memoryview]:
    read = getattr(source, "read", None)
    chunks = iter(source) if read is None else iter(lambda: read(_STEP), b"")
    for chunk in chunks:
        if chunk is None:
            raise BlockingIOError("the file has no bytes yet: columns need a file that blocks")
        try:
            view = memoryview(chunk).cast("B")
        except TypeError:
            raise TypeError(f"a source gives bytes, not {type(chunk).__name__}: open the file in binary mode") from None
        for start in range(0, len(view), _STEP):
            yield view[start : start + _STEP]


def batch_of(made: Any, fields: pa.Schema) -> pa.RecordBatch:
    """Return the result of a builder's `take` as a batch of the schema `fields`."""
    if isinstance(made, int):
        return pa.RecordBatch._import_from_c(made, fields)  # noqa: SLF001
    rows, columns = made
    arrays = [_array(cells, rows, field.type) for cells, field in zip(columns, fields, strict=True)]
    if not arrays:
        return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))
    return pa.RecordBatch.from_arrays(arrays, schema=fields)


def _array(cells: column_rows.Cells, rows: int, kind: pa.DataType) -> pa.Array:
    values = cells.values + [None] * (rows - len(cells.values))
    if kind != _NAMES:
        return pa.array(values, kind)
    return pa.DictionaryArray.from_arrays(pa.array(values, pa.int32()), pa.array(cells.names(), pa.string()))


def validate(buffer: Buffer, *, registry: Registry = TLIBRARY, limits: Limits = DEFAULT_LIMITS, builder: bool = True) -> Counts:
    """Check every frame in a buffer as `Columns` does, building nothing, and count them by result; `builder` False does it in Python."""
    make = column_rows.validate if _native is None or not builder else _native.validate
    counts: Counts = make(_still(memoryview(buffer)), registry, limits)
    return counts


def frames(source: Any, *, registry: Registry = TLIBRARY) -> Iterator[bytes]:
    """Yield the bytes that each row came from; joined, they are the input.

    `source` is a batch, a table, an iterable of batches or anything with ``__arrow_c_stream__``. A row
    whose `$frame` is set is those bytes; any other is made of its columns. Raises ValueError where a
    column of the schema is missing, and EncodeError where a value does not fit its attribute.
    """
    rebuilder = Rebuilder(registry)
    for batch in _batches(source):
        missing = [column.name for column in rebuilder.layout if column.name not in batch.schema.names]
        if missing:
            raise ValueError(f"frames need every column of the schema, and {missing[0]} is missing: read them without `columns`")
        touched = {
            column.name: batch.column(column.name).to_pylist()
            for column in rebuilder.layout
            if batch.column(column.name).null_count < batch.num_rows
        }
        yield from rebuilder.frames(touched, batch.num_rows)


def _batches(source: Any) -> Any:
    if isinstance(source, pa.RecordBatch):
        return [source]
    if isinstance(source, pa.Table):
        return source.to_batches()
    if hasattr(source, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(source)
    return source


def as_map(lists: Any) -> Any:
    """Return a list column's first level as ``map<string, string>``: key to text, numbers as text.

    Takes an Array or ChunkedArray and gives the same. Binary values and nested lists are null; an
    absent list is null and an empty one empty; repeated keys are repeated. Raises TypeError for another column.
    """
    if isinstance(lists, pa.ChunkedArray):
        return pa.chunked_array([as_map(chunk) for chunk in lists.chunks], pa.map_(pa.string(), pa.string()))
    if lists.type != _TYPES[Kind.LIST]:
        raise TypeError(f"as_map takes a column of key-value lists, not one of {lists.type}")
    pairs = lists.values
    first = pc.equal(pc.struct_field(pairs, "depth"), pa.scalar(1, pa.uint8()))
    before = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(pc.cast(first, pa.int32()))])
    ends = before.take(lists.offsets)
    starts = pc.if_else(lists.is_valid(), ends[:-1], pa.scalar(None, pa.int32()))
    top = pairs.filter(first)
    text = pc.coalesce(pc.struct_field(top, "text"), pc.cast(pc.struct_field(top, "number"), pa.string()))
    return pa.MapArray.from_arrays(pa.concat_arrays([starts, ends[-1:]]), pc.struct_field(top, "key"), text)
