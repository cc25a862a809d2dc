"""Calls as a Parquet file: a row a call, a typed column each attribute of the call-based events.

Strategy: the columns follow from the registry's tables, so they are the same for every input; lists,
links, anomalies and history are JSON texts, which every engine that reads Parquet takes apart. Rows
are written in groups, so memory does not grow with the calls.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, BinaryIO, Self

import msgspec

from tlib_codec.calls import Call
from tlib_schemas.call_events import EventCallCreated, EventCallDataChanged, EventCallDeleted
from tlib_schemas.enumerations import OpenEnum
from tlib_schemas.kinds import Kind
from tlib_schemas.registry import Registry
from tlib_schemas.wire import Attribute

from .library import pa

_GROUP = 10_000
_ALONE = ("ending", "created", "complete", "events", "dropped")
_TIMES = ("queue", "ring", "talk", "hold")
_TEXTS = ("links", "anomalies", "history", "parties", "sites", "source")


class CallParquet:
    """Writes a Parquet file; a context manager, whose end completes the file."""

    def __init__(self, file: BinaryIO, registry: Registry) -> None:
        tables = (cls.__schema__.listed for cls in (EventCallCreated, EventCallDataChanged, EventCallDeleted))
        ids = dict.fromkeys(i for listed in tables for i in listed if i in registry.dictionary)
        attributes = [registry.dictionary[i] for i in ids]
        self._attributes = {attribute.name: _type(attribute) for attribute in attributes if not attribute.of_event}
        moment = pa.timestamp("us", "UTC")
        fields = [("begin", moment), ("end", moment), ("duration", pa.float64())]
        fields += [("outcome", pa.string()), *((name, pa.float64()) for name in _TIMES), ("released_first", pa.string())]
        fields += [("ending", pa.string()), ("created", pa.bool_()), ("complete", pa.bool_())]
        fields += [("events", pa.int64()), ("dropped", pa.int64())]
        fields += [*self._attributes.items(), ("other_attributes", pa.string()), *((name, pa.string()) for name in _TEXTS)]
        self._schema = pa.schema(fields)
        self._rows: list[dict[str, Any]] = []
        from pyarrow import parquet  # noqa: PLC0415

        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._group()
        finally:
            self._writer.close()  # otherwise it closes itself, behind its file

    def write(self, call: Call) -> None:
        """Add the call's row."""
        data = call.to_data()
        duration = call.duration
        row: dict[str, Any] = {"begin": call.begin, "end": call.end, "duration": None if duration is None else duration.total_seconds()}
        row |= {name: data.get(f"${name}", 0) for name in _ALONE}
        row |= {name: data.get(f"${name}") for name in ("outcome", *_TIMES)}
        first = data.get("$released_first")
        row["released_first"] = first if isinstance(first, str | None) else _json(first)
        row |= {name: _json(data.get(f"${name}")) for name in _TEXTS}
        others = {}
        for name, value in call.state.items():
            kind = self._attributes.get(name)
            if kind is None:
                others[name] = data[name]
            elif isinstance(value, OpenEnum):
                row[name] = value.label or str(int(value))
            elif isinstance(value, int):
                row[name] = value
            else:
                row[name] = data[name] if isinstance(data[name], str) else _json(data[name])
        row["other_attributes"] = _json(others or None)
        self._rows.append(row)
        if len(self._rows) >= _GROUP:
            self._group()

    def flush(self) -> None:
        """Do nothing: a Parquet file can be read when it is complete."""

    def _group(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
            self._rows = []


def _type(attribute: Attribute) -> Any:
    return pa.string() if attribute.value is None else _TYPES.get(attribute.value.kind, pa.string())


_TYPES = {Kind.UINT: pa.int64(), Kind.SINT: pa.int64(), Kind.LONG: pa.uint64()}


def _json(data: Any) -> str | None:
    return None if data is None else msgspec.json.encode(data).decode()
