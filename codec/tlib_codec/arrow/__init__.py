"""Frames and records as Arrow record batches, and back: Parquet, polars, DuckDB, pandas and Spark read them (docs/columns.md).

Strategy: the public names stand here, the work in the modules. A name is imported when it is used: most need pyarrow, and
say so where it is missing; the plan of the columns and the builder in Python need nothing.
The Spark data source is `tlib_codec.arrow.spark`, which needs pyspark as well.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .columns import Columns, as_map, frames, schema, validate
    from .layout import Counts
    from .records import RecordColumns, records_schema

__all__ = ["Columns", "Counts", "RecordColumns", "as_map", "frames", "records_schema", "schema", "validate"]

_MODULES = {"Counts": "layout", "RecordColumns": "records", "records_schema": "records"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    importlib.import_module(".library", __name__)  # it names the extra where pyarrow is missing
    return getattr(importlib.import_module(f".{_MODULES.get(name, 'columns')}", __name__), name)


def __dir__() -> list[str]:
    return __all__
