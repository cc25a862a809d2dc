"""The columns that say where a row comes from: a field of `Origin` each, and a log's unnumbered attributes.

Strategy: rows come in segments, a run of `Frames` or a list of records. The columns of a run become Arrow arrays as they are, its
notes are parsed where a frame has some; those of records are gathered. Names (files, addresses) become dictionary columns.

pyarrow is needed (extra ``arrow``).
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, TypeAlias

import msgspec

from tlib_codec.records import NO_FLOW, NO_TIME, Entry, Frames, Origin, Record

from .library import pa, pc

Segment: TypeAlias = tuple[Frames | Sequence[Entry], int, int]
"""Rows of a batch: the frames or entries, and the first and the end of those that are rows here."""

UNNUMBERED: Final = "unnumbered"

# `pyarrow.scalar` and `pyarrow.array` load pandas where it is installed; arrays of buffers do not.
_NUMBERS: Final = struct.pack("=qqqq", 0, 1000, 1_000_000, NO_TIME)
_ZERO, _THOUSAND, _MILLION, _UNKNOWN_TIME = pa.Array.from_buffers(pa.int64(), 4, [None, pa.py_buffer(_NUMBERS)])
(_UNKNOWN_FLOW,) = pa.Array.from_buffers(pa.uint32(), 1, [None, pa.py_buffer(struct.pack("=I", NO_FLOW))])
(_NO_TIME,), (_NO_FLOW,), (_NOWHERE,) = pa.nulls(1, pa.int64()), pa.nulls(1, pa.uint32()), pa.nulls(1, pa.int32())
(_NONE,) = pa.Array.from_buffers(pa.int32(), 1, [None, pa.py_buffer(struct.pack("=i", 0))])
_NAMES: Final = pa.dictionary(pa.int32(), pa.string())
_FIELDS: Final = (*(name for name in Origin.__struct_fields__ if name != "other"), UNNUMBERED)
_LARGEST: Final = (1 << 64) - 1
_TIMES: Final = range(-(1 << 63) + 1, 1 << 63)


class OriginColumn(msgspec.Struct, frozen=True):
    """A column: the field of `Origin` that fills it, its type, and the column of `Frames` that has its numbers or flows."""

    field: str
    type: Any
    numbers: str = ""


ORIGIN_COLUMNS: Final[dict[str, OriginColumn]] = {
    "$file": OriginColumn("file", _NAMES),
    "$line": OriginColumn("line", pa.uint64(), "lines"),
    "$packet": OriginColumn("packet", pa.uint64(), "packets"),
    "$time": OriginColumn("time", pa.timestamp("us", "UTC"), "times"),
    "$local_time": OriginColumn("local_time", pa.timestamp("us"), "local_times"),
    "$time_of_day": OriginColumn("time_of_day", pa.time64("us"), "times_of_day"),
    "$src": OriginColumn("src", _NAMES, "flows"),
    "$dst": OriginColumn("dst", _NAMES, "flows"),
    "$connection": OriginColumn("connection", _NAMES, "flows"),
    "$direction": OriginColumn("direction", _NAMES, "flows"),
    "$peer": OriginColumn("peer", pa.string(), "flows"),
    "$version": OriginColumn("version", pa.string(), "flows"),
    "$text": OriginColumn("text", pa.string()),
    "$unnumbered": OriginColumn(UNNUMBERED, pa.map_(pa.string(), pa.string())),
}
"""Every column of an origin, in order. `$offset` is a column of the frames themselves."""


def origin_columns(fields: Sequence[str] | None) -> tuple[str, ...]:
    """Return the columns that these fields of `Origin` fill, in order; all of them for None.

    Raise ValueError where a name is none of the fields.
    """
    for name in fields or ():
        if name not in _FIELDS:
            raise ValueError(f"no origin has a field {name!r}: the fields are {', '.join(_FIELDS)}")
    return tuple(name for name, column in ORIGIN_COLUMNS.items() if fields is None or column.field in fields)


def texts(values: Sequence[str]) -> pa.Array:
    """Return texts as an array: `pyarrow.array` would load pandas, to see whether they are its."""
    made = [value.encode("utf-8", "replace") for value in values]
    ends = array("i", accumulate(map(len, made), initial=0))
    return pa.StringArray.from_buffers(len(made), pa.py_buffer(ends.tobytes()), pa.py_buffer(b"".join(made)))


def filled(name: str, segments: Sequence[Segment]) -> pa.Array:
    """Return the column `name` of the rows in `segments`."""
    column = ORIGIN_COLUMNS[name]
    if column.type == _NAMES:
        return _named(column, segments)
    arrays = [_array(column, *segment) for segment in segments]
    return arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays)


def _array(column: OriginColumn, rows: Frames | Sequence[Entry], first: int, end: int) -> pa.Array:
    if not isinstance(rows, Frames):
        values = [_value(column, entry) for entry in rows[first:end]]
        return pa.array(values, pa.int64()).cast(column.type) if pa.types.is_temporal(column.type) else pa.array(values, column.type)
    if column.numbers == "flows":
        return _flow_texts(column, rows, first, end - first)
    if not column.numbers:
        return _noted(column, rows, first, end)
    data = getattr(rows, column.numbers)
    return pa.nulls(end - first, column.type) if data is None else _numbers(data, column.type, first, end - first)


def _numbers(data: bytes, kind: pa.DataType, first: int, count: int) -> pa.Array:
    if not pa.types.is_temporal(kind):
        return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(data)], 0, first)
    times = pa.Array.from_buffers(pa.int64(), count, [None, pa.py_buffer(data)], 0, first)
    micros = pc.divide(times, _THOUSAND)  # towards 0, and a damaged stamp may be before 1970
    micros = pc.subtract(micros, pc.less(pc.subtract(times, pc.multiply(micros, _THOUSAND)), _ZERO).cast(pa.int64()))
    unknown = pc.equal(times, _UNKNOWN_TIME)
    if pc.any(unknown).as_py():
        micros = pc.if_else(unknown, _NO_TIME, micros)
    return micros.cast(kind)


def _noted(column: OriginColumn, frames: Frames, first: int, end: int) -> pa.Array:
    """Return the column that a log's notes fill: the explanation texts, or the unnumbered attributes."""
    count = end - first
    if frames.note_bounds is None:
        return pa.nulls(count, column.type)
    places: array[int] = array("i", [-1]) * count
    kept: list[Any] = []
    for row, entries in frames.notes_of(first, end):
        text = entries.pop("", "")
        if value := entries if column.field == UNNUMBERED else text:
            places[row - first] = len(kept)
            kept.append(value)
    if not kept:
        return pa.nulls(count, column.type)
    made = _maps(kept) if column.field == UNNUMBERED else texts(kept)
    return made.take(_nullable(places))


def _maps(mappings: Sequence[Mapping[str, str]]) -> pa.Array:
    ends = _int32(array("i", accumulate(map(len, mappings), initial=0)))
    keys = texts([key for one in mappings for key in one])
    return pa.MapArray.from_arrays(ends, keys, texts([value for one in mappings for value in one.values()]))


def completed_time(times: pa.Array, seconds: pa.Array, fractions: pa.Array) -> pa.Array:
    """Return the column of times with the own times of events (their TimeinSecs and TimeinuSecs) where it is null."""
    micros = pc.fill_null(fractions.cast(pa.int64()), _ZERO)
    valid = pc.and_(pc.greater_equal(micros, _ZERO), pc.less(micros, _MILLION))
    own = pc.add(pc.multiply(seconds.cast(pa.int64()), _MILLION), pc.if_else(valid, micros, _ZERO))
    return pc.coalesce(times, own.cast(times.type))


def _value(column: OriginColumn, entry: Entry) -> Any:
    if column.field == UNNUMBERED:
        pairs = entry.unnumbered if isinstance(entry, Record) else {}
        return [(_clean(str(key)), _clean(str(value))) for key, value in pairs.items()] or None
    value = getattr(entry.origin, column.field)
    if column.type == pa.uint64():
        return value if value is not None and 0 <= value <= _LARGEST else None
    if pa.types.is_temporal(column.type):
        return None if value is None or value not in _TIMES else value // 1000
    return _clean(value) if value else None


def _clean(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _named(column: OriginColumn, segments: Sequence[Segment]) -> pa.Array:
    places: dict[str, int] = {}
    arrays = []
    for rows, first, end in segments:
        count = end - first
        if isinstance(rows, Frames):
            arrays.append(_named_frames(column, rows, first, count, places))
        else:
            values = [getattr(entry.origin, column.field) for entry in rows[first:end]]
            indices = [None if value in (None, "") else places.setdefault(str(value), len(places)) for value in values]
            arrays.append(pa.array(indices, pa.int32()))
    indices = arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays)
    return pa.DictionaryArray.from_arrays(indices, texts(list(places)))


def _int32(numbers: array[int]) -> pa.Array:
    return pa.Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(numbers.tobytes())])


def _nullable(numbers: array[int]) -> pa.Array:
    """Return numbers as an array; below 0 stands for null."""
    made = _int32(numbers)
    return pc.if_else(pc.less(made, _NONE), _NOWHERE, made)


def _named_frames(column: OriginColumn, frames: Frames, first: int, count: int, places: dict[str, int]) -> pa.Array:
    if column.field == "file":
        if not frames.file:
            return pa.nulls(count, pa.int32())
        return _int32(array("i", [places.setdefault(frames.file, len(places))]) * count)
    if frames.flows is None:
        return pa.nulls(count, pa.int32())
    values = [getattr(flow, column.field) for flow in frames.flow_table]
    names = array("i", [-1 if value in (None, "") else places.setdefault(str(value), len(places)) for value in values])
    return _nullable(names).take(_flows(frames.flows, first, count))


def _flow_texts(column: OriginColumn, frames: Frames, first: int, count: int) -> pa.Array:
    """Return the texts of the flows of frames."""
    if frames.flows is None:
        return pa.nulls(count, column.type)
    values = [getattr(flow, column.field) for flow in frames.flow_table]
    known = _nullable(array("i", [place if value else -1 for place, value in enumerate(values)]))
    return texts(values).take(known).take(_flows(frames.flows, first, count))


def _flows(flows: bytes, first: int, count: int) -> pa.Array:
    """Return the places of frames' flows, null where they have none."""
    which = pa.Array.from_buffers(pa.uint32(), count, [None, pa.py_buffer(flows)], 0, first)
    unknown = pc.equal(which, _UNKNOWN_FLOW)
    return pc.if_else(unknown, _NO_FLOW, which) if pc.any(unknown).as_py() else which
