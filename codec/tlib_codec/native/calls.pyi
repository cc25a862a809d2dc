# The signatures of call following in C. Documented in the modules that call them.

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from tlib_codec.records import Flow, Frames
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

class PlainCall:
    serial: int
    uuid: str
    conn: str
    @property
    def last(self) -> dt.datetime: ...
    @property
    def listed(self) -> bool: ...
    @property
    def size(self) -> int: ...

class EventReader:
    def __init__(
        self, registry: Registry, limits: Limits, ways: bytes, reads: dict[int, bool], roles: list[tuple[int, ...]], event: type[Any],
        calls: Any, count: Callable[[int, int], None],
        arrive: Callable[[Any, Any], list[Any]], over: Callable[[], list[Any]], follow: Callable[[Any], Sequence[Any]],
        members: Callable[[str, Flow | None], tuple[bytes, bytes]], plain: Any, lines: type[Any],
        history: bool, /,
    ) -> None: ...  # fmt: skip
    def take(self, frames: Frames, connect: Callable[[int], tuple[Any, Any]], lines: bool) -> None: ...
    def run(self, at: int) -> tuple[int, Sequence[Any] | None]: ...
    def origins(self) -> list[Any]: ...
    def events(self, one: PlainCall) -> list[Any]: ...
