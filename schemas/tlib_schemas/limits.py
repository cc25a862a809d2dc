"""The limits of a decoder: one setting each, each breach a typed error."""

from __future__ import annotations

import msgspec

LONGEST_BODY = 0xFFFF_FFFF - 10  # a frame is 10 bytes longer, and engines count its bytes in 32 bits
DEEPEST_LIST = 200  # the reference engine recurses once a level, and Python's stack is finite


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of the frame format.

    `frame_body` in bytes of attributes a frame (at most 4 GiB less 11); `list_depth` in levels (an attribute's own list is
    depth 1); `list_pairs` in pairs of one list (65,535 by format).

    Raise ValueError where a limit exceeds the range of the format or of an engine.
    """

    frame_body: int = 16 * 1024 * 1024
    list_depth: int = 32
    list_pairs: int = 65_535

    def __post_init__(self) -> None:
        for name, highest in (("frame_body", LONGEST_BODY), ("list_depth", DEEPEST_LIST), ("list_pairs", 65_535)):
            if not 1 <= getattr(self, name) <= highest:
                raise ValueError(f"Limits.{name} is between 1 and {highest}")


DEFAULT_LIMITS = Limits()
