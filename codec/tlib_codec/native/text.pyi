# The signatures of the text steps in C.
from typing import Any

from tlib_codec.formats.logs.lines import LogLimits
from tlib_codec.records import Flow
from tlib_schemas.limits import Limits

LOG_MORE: int
LOG_FULL: int
LOG_ASK: int

class LogReader:
    clock: tuple[int | None, int | None, int, str, int, int, int]
    def __init__(
        self,
        exact: dict[str, int],
        folded: dict[str, int],
        attributes: list[tuple[int, int, dict[str, int]]],
        messages: dict[str, int],
        wants: frozenset[int],
        ids: tuple[int, int, int],
        server_readable: int,
        server: int | None,
        encoding: int,
        characters: list[bytes],
        zone: bool,
        limits: LogLimits,
        frame_limits: Limits,
        flow_class: type[Flow],
    ) -> None: ...
    @property
    def messages(self) -> int: ...
    @property
    def why(self) -> int: ...
    @property
    def before(self) -> bytes: ...
    @property
    def orphaned(self) -> bool: ...
    @property
    def zone_times(self) -> bool: ...
    def feed(self, piece: bytes) -> None: ...
    def close(self) -> None: ...
    def run(self) -> int: ...
    def frames(self) -> dict[str, Any] | None: ...
    def line(self) -> tuple[int, int, bytes | int] | None: ...
    def unread(self) -> None: ...
    def resume(self, before: bytes, orphaned: bool, announced: bool) -> None: ...
