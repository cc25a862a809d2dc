"""Items and where each came from as Arrow record batches: the columns of `columns`, and a few of a source.

Strategy: well-formed messages are encoded, joined and handed to the native builder, which gives a row a
frame; a stretch that holds gaps or what could not be read goes through the builder in Python, which takes
items as they are. Then what only the source knows is put beside: file, line, time, addresses.

pyarrow is needed (extra ``arrow``).
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

import msgspec

from tlib_codec.engine import encode
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap, StreamItem
from tlib_schemas.events import UnknownEvent
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .builder import RowBuilder
from .columns import Columns, batch_of
from .columns import schema as attribute_schema
from .plan import ERROR_OFFSET, EVENT, FRAME, LARGEST_BATCH, OFFSET, ROWS, plan

try:
    import pyarrow as pa
except ImportError:
    raise ImportError("columns need pyarrow: pip install 'tlib-codec[arrow]'") from None

_BYTES: Final = 1 << 20
_LARGEST_NUMBER: Final = (1 << 64) - 1


def _number(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _LARGEST_NUMBER else None


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value).encode("utf-8", "replace").decode()


def moment(value: object) -> dt.datetime | None:
    """The time that a source gives as ISO 8601 text; None where it is none. Parts below a microsecond are cut."""
    try:
        return dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _absolute(value: object) -> dt.datetime | None:
    found = moment(value)
    try:
        return found.astimezone(dt.UTC) if found is not None and found.tzinfo is not None else None
    except OverflowError:  # the year 1 or 9999, and a zone that leads beyond it
        return None


def _local(value: object) -> dt.datetime | None:
    found = moment(value)
    return found if found is not None and found.tzinfo is None else None


def _pairs(value: object) -> list[tuple[str, str]] | None:
    if not isinstance(value, Mapping) or not value:
        return None
    return [(_text(key) or "", str(one).encode("utf-8", "replace").decode()) for key, one in value.items()]


class SourceColumn(msgspec.Struct, frozen=True):
    """A column that a source fills: the key of ``$source`` it comes from, its type, and what makes a value of it."""

    key: str
    type: Any
    make: Callable[[object], Any]


_NAMES = pa.dictionary(pa.int32(), pa.string())
SOURCE_COLUMNS: Final[dict[str, SourceColumn]] = {
    "$file": SourceColumn("file", _NAMES, _text),
    "$line": SourceColumn("line", pa.uint64(), _number),
    "$packet": SourceColumn("packet", pa.uint64(), _number),
    "$time": SourceColumn("time", pa.timestamp("us", "UTC"), _absolute),
    "$local_time": SourceColumn("time", pa.timestamp("us"), _local),
    "$src": SourceColumn("src", _NAMES, _text),
    "$dst": SourceColumn("dst", _NAMES, _text),
    "$connection": SourceColumn("connection", _NAMES, _text),
    "$direction": SourceColumn("direction", _NAMES, _text),
    "$peer": SourceColumn("peer", pa.string(), _text),
    "$version": SourceColumn("version", pa.string(), _text),
    "$text": SourceColumn("text", pa.string(), _text),
    "$unnumbered": SourceColumn("", pa.map_(pa.string(), pa.string()), _pairs),
}
"""Every column of a source, in order."""

_OF_FORM: Final[dict[str, tuple[str, ...]]] = {
    "frames": ("$file",),
    "hex": ("$file", "$line"),
    "log": ("$file", "$line", "$local_time", "$direction", "$peer", "$version", "$text", "$unnumbered"),
    "capture": ("$file", "$packet", "$time", "$src", "$dst", "$connection", "$direction"),
}


def source_columns(forms: Iterable[str]) -> tuple[str, ...]:
    """The columns that inputs of these forms can fill; all of them where a form may hold any."""
    wanted: set[str] = set()
    for form in forms:
        wanted.update(_OF_FORM.get(form, SOURCE_COLUMNS))
    return tuple(name for name in SOURCE_COLUMNS if name in wanted)


def items_schema(*, registry: Registry = TLIBRARY, source: Sequence[str] = tuple(SOURCE_COLUMNS)) -> pa.Schema:
    """The schema of items: that of `columns.schema`, with `$offset` null where there is none, and the columns named in `source`."""
    fields = [field.with_nullable(True) for field in attribute_schema(registry=registry)]
    return pa.schema([*fields, *(pa.field(name, SOURCE_COLUMNS[name].type) for name in source)])


class _Row(msgspec.Struct):
    item: StreamItem
    data: bytes
    place: int  # where the bytes begin among those of the batch
    offset: int | None
    own_bytes: bool
    source: Mapping[str, Any]
    unnumbered: Mapping[str, str]
    name: str | None


class ItemColumns:
    """Collects items; `take` gives them as batches of `schema`, a row an item.

    `add` raises EncodeError where an item is no frame that could be written.
    """

    def __init__(self, registry: Registry = TLIBRARY, *, source: Sequence[str] = tuple(SOURCE_COLUMNS)) -> None:
        self.schema = items_schema(registry=registry, source=source)
        self._registry = registry
        self._source = tuple(source)
        self._plan = plan(registry)
        self._rows: list[_Row] = []
        self._bytes = 0

    def add(
        self,
        item: StreamItem,
        *,
        data: bytes | None = None,
        offset: int | None = None,
        source: Mapping[str, Any] | None = None,
        unnumbered: Mapping[str, str] | None = None,
    ) -> bool:
        """Take an item; `data` are its bytes where the input had them. Whether it is time to `take`."""
        name = None
        made = data
        if isinstance(item, Gap):
            made = item.data
        elif isinstance(item, UnknownEvent) and isinstance(item.message, str):  # of a log: its number is not public
            name = item.message
            item = UnknownEvent(0, item.attributes)
        if made is None:
            assert not isinstance(item, Gap)
            made = encode(item, registry=self._registry, policy=Policy.LENIENT)
        source = source or {}
        if offset is None:
            offset = item.offset if isinstance(item, Gap) and made else _number(source.get("offset"))
        self._rows.append(_Row(item, made, self._bytes, offset, data is not None, source, unnumbered or {}, name))
        self._bytes += len(made)
        return self._bytes >= _BYTES or len(self._rows) >= ROWS

    def take(self) -> list[pa.RecordBatch]:
        """What was added since, in order."""
        rows, self._rows, self._bytes = self._rows, [], 0
        if not rows:
            return []
        if any(isinstance(row.item, Gap) for row in rows) or rows[-1].place + len(rows[-1].data) > LARGEST_BATCH:
            made, moved = self._by_item(rows), False
        else:
            made, moved = list(Columns(b"".join(row.data for row in rows), registry=self._registry, batch_bytes=LARGEST_BATCH)), True
        assert sum(batch.num_rows for batch in made) == len(rows), "a frame is a row"
        batches = []
        start = 0
        for batch in made:
            batches.append(self._completed(batch, rows[start : start + batch.num_rows], moved=moved))
            start += batch.num_rows
        return batches

    def _by_item(self, rows: list[_Row]) -> list[pa.RecordBatch]:
        builder = RowBuilder(self._registry, DEFAULT_LIMITS, self._plan, LARGEST_BATCH)
        fields = attribute_schema(registry=self._registry)
        batches = [batch_of(builder.take(), fields) for row in rows if builder.row(row.item, row.place, row.data)]
        if builder.rows:
            batches.append(batch_of(builder.take(), fields))
        return batches

    def _completed(self, batch: pa.RecordBatch, rows: list[_Row], *, moved: bool) -> pa.RecordBatch:
        """The batch with the offsets of the source and its columns; `moved`: its errors stand by their place among the bytes."""
        arrays = dict(zip(batch.schema.names, batch.columns, strict=True))
        arrays[OFFSET] = pa.array([row.offset for row in rows], pa.uint64())
        errors = arrays[ERROR_OFFSET]
        if moved and errors.null_count < len(rows):
            arrays[ERROR_OFFSET] = pa.array(
                [
                    at - row.place + row.offset if at is not None and row.own_bytes and row.offset is not None else None
                    for at, row in zip(errors.to_pylist(), rows, strict=True)
                ],
                pa.uint64(),
            )
        if any(row.name is not None for row in rows):
            names = arrays[EVENT].cast(pa.string()).to_pylist()
            arrays[EVENT] = pa.array([row.name or name for row, name in zip(rows, names, strict=True)], pa.string()).dictionary_encode()
            assert arrays[FRAME] is not None
        for name in self._source:
            column = SOURCE_COLUMNS[name]
            values = [column.make(row.source.get(column.key) if column.key else row.unnumbered) for row in rows]
            arrays[name] = pa.array(values, pa.string()).dictionary_encode() if column.type == _NAMES else pa.array(values, column.type)
        return pa.RecordBatch.from_arrays([arrays[name] for name in self.schema.names], schema=self.schema)


def texts(values: Sequence[str]) -> pa.Array:
    """Texts as an array: `pyarrow.array` would load pandas, to see whether they are its."""
    made = [value.encode("utf-8", "replace") for value in values]
    ends = array("i", accumulate(map(len, made), initial=0))
    return pa.StringArray.from_buffers(len(made), pa.py_buffer(ends.tobytes()), pa.py_buffer(b"".join(made)))


def constant(text: str, rows: int) -> pa.Array:
    """A column of names that are all the same."""
    zeros = pa.Array.from_buffers(pa.int32(), rows, [None, pa.py_buffer(bytes(4 * rows))])
    return pa.DictionaryArray.from_arrays(zeros, texts([text]))


def with_source(batch: pa.RecordBatch, fields: pa.Schema, *, file: str) -> pa.RecordBatch:
    """A batch of `Columns` under the schema of items: `$file` is `file`, the source's other columns are null."""
    arrays = batch.columns  # the fields that `items_schema` begins with
    for place in range(len(arrays), len(fields)):
        field = fields.field(place)
        if field.name == "$file":
            arrays.append(constant(file, batch.num_rows))
        else:
            arrays.append(pa.nulls(batch.num_rows, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=fields)
