"""Frames and records as Arrow record batches, and back: Parquet, polars, DuckDB, pandas and Spark read them (docs/columns.md).

Strategy: the public names stand here, the work in the modules. It needs pyarrow; the import says so where that is missing.
The Spark data source is `tlib_codec.arrow.spark`, which needs pyspark as well.
"""

try:
    import pyarrow as pa  # noqa: F401 every module of the package needs it
except ImportError:
    raise ImportError("columns need pyarrow: pip install 'tlib-codec[arrow]'") from None

from .columns import Columns, as_map, frames, schema, validate
from .layout import Counts
from .records import RecordColumns, records_schema

__all__ = ["Columns", "Counts", "RecordColumns", "as_map", "frames", "records_schema", "schema", "validate"]
