"""Picks `Lanes`: those in C where they are built and the native engine runs, else those in Python."""

from __future__ import annotations

import importlib
from typing import Any

from tlib_codec.engine import engine

from . import lanes


def _pick() -> Any:
    if engine() == "native":
        try:
            return importlib.import_module("tlib_codec._packets").Lanes
        except ImportError:
            pass
    return lanes.Lanes


Lanes = _pick()
