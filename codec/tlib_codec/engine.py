"""Pick the engine: native where its extension is built, else the reference engine.

``TLIB_ENGINE=reference`` or ``native`` in the environment forces one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from . import native, reference
from .reference import check, decode_frame, encode_frame

if TYPE_CHECKING:  # both engines have the same signatures
    from .reference import decode, encode
    from .stream import StreamDecoder
    from .views import scan
elif (_native := native.extension("engine")) is not None:
    decode, encode, StreamDecoder, scan = _native.decode, _native.encode, _native.StreamDecoder, _native.scan
else:
    from .reference import decode, encode
    from .stream import StreamDecoder
    from .views import scan

__all__ = ["StreamDecoder", "check", "decode", "decode_frame", "encode", "encode_frame", "engine", "scan"]


def engine() -> Literal["native", "reference"]:
    """Return the name of the engine that runs."""
    return "reference" if decode is reference.decode else "native"
