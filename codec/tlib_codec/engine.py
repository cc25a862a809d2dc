"""Picks the engine: native where its extension was built, else the reference engine.

``TLIB_ENGINE=reference`` or ``native`` in the environment forces one.
"""

from __future__ import annotations

import importlib
import os

from . import reference
from . import stream as _stream
from . import views as _views
from .reference import check, decode_frame, encode_frame

__all__ = ["StreamDecoder", "check", "decode", "decode_frame", "encode", "encode_frame", "engine", "scan"]

decode = reference.decode
encode = reference.encode
StreamDecoder = _stream.StreamDecoder
scan = _views.scan
_name = "reference"

_wanted = os.environ.get("TLIB_ENGINE", "")
if _wanted not in ("", "native", "reference"):
    raise ImportError(f"TLIB_ENGINE is {_wanted!r}: give native or reference, or leave it unset")
if _wanted != "reference":
    try:
        _native = importlib.import_module("tlib_codec._native")
    except ImportError as error:
        if _wanted == "native":
            raise ImportError("TLIB_ENGINE=native, but the native engine is not built: install a C compiler and install again") from error
    else:
        decode, encode, StreamDecoder, scan = _native.decode, _native.encode, _native.StreamDecoder, _native.scan
        _name = "native"


def engine() -> str:
    """The name of the engine that runs: ``native`` or ``reference``."""
    return _name
