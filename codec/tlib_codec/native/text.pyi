# The signatures of the text steps in C.
from collections.abc import Iterator, Sequence

from tlib_codec.arrow.layout import Column
from tlib_codec.records import Frames
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

class JsonLines:
    def __init__(self, registry: Registry) -> None: ...
    def write(self, frames: Frames, limits: Limits, file: bytes, flows: list[bytes]) -> Iterator[bytes | int]: ...

class CsvRows:
    def __init__(self, registry: Registry, layout: Sequence[Column], origins: Sequence[str]) -> None: ...
    def write(self, frames: Frames, limits: Limits, file: bytes, flows: list[bytes]) -> Iterator[bytes | int]: ...
