# The signatures of the native engine: those of the reference engine.

from typing import final

from tlib_codec.reference import Buffer
from tlib_codec.reference import decode as decode
from tlib_codec.reference import encode as encode
from tlib_codec.stream import StreamDecoder as StreamDecoder
from tlib_codec.views import FrameView as FrameView
from tlib_codec.views import scan as scan
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry
from tlib_schemas.values import KVList

@final
class PackedKVList(KVList): ...

def core_error(frame: Buffer, *, registry: Registry = ..., limits: Limits = ...) -> tuple[str, int] | None: ...
