"""pyarrow, or an ImportError that names the extra: the other modules import it from here."""

from __future__ import annotations

from tlib_codec.formats.columns import need_pyarrow

need_pyarrow()

import pyarrow as pa  # noqa: E402 after the check
import pyarrow.compute as pc  # noqa: E402

__all__ = ["pa", "pc"]
