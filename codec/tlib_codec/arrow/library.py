"""pyarrow for the modules of columns, or an ImportError that names the extra."""

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ImportError:
    raise ImportError("columns need pyarrow: pip install 'tlib-codec[arrow]'") from None

__all__ = ["pa", "pc"]
