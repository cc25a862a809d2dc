"""Calls as a Parquet file: a row a call, a typed column each attribute of the call-based events.

Strategy: the columns are those of `calls.columns`. Rows are written in groups, so memory does not grow with the calls.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, BinaryIO, Self

from tlib_codec.calls import Call
from tlib_codec.calls.columns import TIMES, CallColumns
from tlib_schemas.kinds import Kind
from tlib_schemas.registry import Registry
from tlib_schemas.wire import Attribute

from .library import pa

_GROUP = 10_000


class CallParquet:
    """Writes a Parquet file; a context manager, whose end completes the file."""

    def __init__(self, file: BinaryIO, registry: Registry) -> None:
        self._columns = CallColumns(registry)
        moment = pa.timestamp("us", "UTC")
        types = dict.fromkeys(("begin", "end"), moment) | dict.fromkeys(("duration", *TIMES), pa.float64())
        types |= dict.fromkeys(("created", "complete"), pa.bool_()) | dict.fromkeys(("events", "dropped"), pa.int64())
        types |= {name: _type(attribute) for name, attribute in self._columns.attributes.items()}
        self._schema = pa.schema([(name, types.get(name, pa.string())) for name in self._columns.names])
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
        self._rows.append(self._columns.row(call))
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
