"""The engines under test: the reference engine always, the native one where it is built."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from tlib_codec import reference


def native() -> ModuleType:
    """Return the native engine. Raises ImportError where it is not built."""
    return importlib.import_module("tlib_codec.native.engine")


def engines() -> tuple[ModuleType, ...]:
    """Return the reference engine and, where it is built, the native one."""
    return (reference, native()) if importlib.util.find_spec("tlib_codec.native.engine") else (reference,)
