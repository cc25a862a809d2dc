# The signatures of the steps over batches in C.

from collections.abc import Callable, Sequence
from typing import Any

from tlib_codec.records import Frames
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

def verdicts(data: bytes, bounds: bytes, registry: Registry, limits: Limits, printed: bool = False) -> bytes: ...

class FrameChecker:
    def __init__(self, registry: Registry, limits: Limits, /) -> None: ...
    def check(self, data: bytes, bounds: bytes, printed: bool = False) -> tuple[list[tuple[int, int, int]], bytes]: ...

class EventReader:
    def __init__(
        self, registry: Registry, limits: Limits, ways: bytes, reads: dict[int, bool], roles: list[tuple[int, ...]], event: type[Any],
        calls: Any, count: Callable[[int, int], None],
        arrive: Callable[[Any, Any], list[Any]], over: Callable[[], list[Any]], follow: Callable[[Any], Sequence[Any]], /,
    ) -> None: ...  # fmt: skip
    def take(self, frames: Frames, data: bytes, bounds: bytes, printed: bool, times: bytes | None) -> None: ...
    def run(self, at: int, end: int, connection: Any) -> tuple[int, Sequence[Any] | None]: ...
