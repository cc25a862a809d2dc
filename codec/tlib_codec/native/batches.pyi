# The signatures of the steps over batches in C. Documented in the modules that call them.

from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from tlib_codec.records import Frames
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

class Program:
    def __init__(
        self, registry: Registry, tally: Any, steps: list[Any], messages: frozenset[int], facts: Any, asks_address: bool
    ) -> None: ...
    def run(
        self, frames: Any, limits: Limits, flows: Any, span: Callable[[], Any] | None, odd: bool, ask: Callable[[int], bool]
    ) -> tuple[bytes, bytes]: ...

class Rows:
    def __init__(self, registry: Registry, sources: list[Any], shows: list[Any], facts: Any) -> None: ...
    def take(self, frames: Any, limits: Limits, flows: Any) -> list[list[Any] | None]: ...

class SelectedLines:
    def __init__(
        self,
        registry: Registry,
        columns: list[tuple[Any, bytes, tuple[tuple[int, str], ...] | None, bool]],
        facts: Any,
        end: bytes,
        csv: bool,
        convert: Callable[[int, Any], bytes],
    ) -> None: ...
    def write(self, frames: Any, limits: Limits, flows: Any) -> Iterator[bytes | int]: ...

def picked(column: bytes, places: array[int], width: int) -> bytes: ...
def gathered(data: bytes, bounds: bytes, places: array[int]) -> tuple[bytes, bytes]: ...
def verdicts(data: bytes, bounds: bytes, registry: Registry, limits: Limits, printed: bool = False) -> bytes: ...

class FrameChecker:
    def __init__(self, registry: Registry, limits: Limits, /) -> None: ...
    def check(self, data: bytes, bounds: bytes, printed: bool = False) -> tuple[list[tuple[int, int, int]], bytes]: ...

class Conversations:
    def __init__(self, file: BinaryIO, ng: bool, /) -> None: ...
    def send(self, data: bytes, *, time: int | None = None, src: str = "", dst: str = "") -> None: ...
    def send_frames(
        self, frames: Frames, registry: Registry, start: int, end: int, own: tuple[int | None, int | None, bool, bool], /
    ) -> int: ...
    def close(self) -> None: ...

def first_noted(notes: bytes, note_bounds: bytes, known: frozenset[str], start: int, /) -> int: ...

class Cipher:
    def __init__(self, key: bytes, code_block: Callable[[int], Sequence[Any]], /) -> None: ...
    def text(self, text: bytes, /) -> bytes: ...
    def number(self, number: int, /) -> int: ...

class Redaction:
    def __init__(
        self,
        cipher: Cipher,
        registry: Registry,
        actions: bytes,
        members: Sequence[Sequence[int]],
        kept: Sequence[int],
        ids: bool,
        wants: Callable[[str, str, bool], bool | None] | None,
        /,
    ) -> None: ...
    def frames(self, data: bytes, bounds: bytes, limits: Limits, /) -> tuple[bytes, list[int], dict[int, int]]: ...
