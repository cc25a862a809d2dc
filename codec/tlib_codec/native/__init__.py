"""Everything compiled, and the only place that imports an extension.

`engine` encodes, decodes and cuts streams; `columns` builds Arrow columns out of frames; `capture` reassembles TCP
streams; `text` reads logs and JSON lines into frames and writes JSON lines; `batches` selects, checks and redacts frames;
`calls` follows the calls in them. Each is a thin Cython module over the C in `core/`, which knows no Python. Where an extension is not
built, or ``TLIB_ENGINE=reference`` is set, `extension` gives None and the Python step of the caller serves.
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType
from typing import Literal


def extension(name: Literal["engine", "columns", "capture", "text", "batches", "calls"]) -> ModuleType | None:
    """Return the extension of that name, or None where the reference engine serves.

    Raises ImportError where ``TLIB_ENGINE`` is neither ``native`` nor ``reference``, or asks for an extension that is not built.
    """
    wanted = os.environ.get("TLIB_ENGINE", "")
    if wanted not in ("", "native", "reference"):
        raise ImportError(f"TLIB_ENGINE is {wanted!r}: give native or reference, or leave it unset")
    if wanted == "reference":
        return None
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ImportError as error:
        if wanted == "native":
            raise ImportError("TLIB_ENGINE=native, but the native engine is not built: install a C compiler and install again") from error
        return None


def missing() -> bool:
    """Return whether the reference engine serves because the native one is not built, and not because ``TLIB_ENGINE`` asks for it."""
    return not os.environ.get("TLIB_ENGINE") and extension("engine") is None
