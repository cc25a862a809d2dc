# The signatures of the steps over batches in C. Documented in the modules that call them.

from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

class Program:
    def __init__(
        self, registry: Registry, tally: Any, steps: list[Any], messages: frozenset[int], own: Sequence[Any], asks_address: bool
    ) -> None: ...
    def run(
        self, frames: Any, limits: Limits, flows: Any, span: Callable[[], Any] | None, odd: bool, ask: Callable[[int], bool]
    ) -> tuple[bytes, bytes]: ...

class Rows:
    def __init__(self, registry: Registry, sources: list[Any], shows: list[Any], own: Sequence[Any]) -> None: ...
    def take(self, frames: Any, limits: Limits, flows: Any) -> list[list[Any] | None]: ...

class SelectedLines:
    def __init__(
        self,
        registry: Registry,
        columns: list[tuple[Any, bytes, tuple[tuple[int, str], ...] | None, bool]],
        own: Sequence[Any],
        end: bytes,
        csv: bool,
        convert: Callable[[int, Any], bytes],
    ) -> None: ...
    def write(self, frames: Any, limits: Limits, flows: Any) -> Iterator[bytes | int]: ...

def picked(column: bytes, places: array[int], width: int) -> bytes: ...
def gathered(data: bytes, bounds: bytes, places: array[int]) -> tuple[bytes, bytes]: ...
def verdicts(data: bytes, bounds: bytes, registry: Registry, limits: Limits, printed: bool = False) -> bytes: ...
