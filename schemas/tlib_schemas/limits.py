"""How much a decoder accepts before it refuses: one setting a limit, each breach a typed error."""

from __future__ import annotations

import msgspec

DEEPEST_LIST = 200  # the reference engine nests a call a level, and Python's stack has an end


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of WIRE-FORMAT.

    `frame_body` in bytes of attributes a frame; `list_depth` in levels (an attribute's own list is
    depth 1); `list_pairs` in pairs of one list (65,535 by format).

    Raises ValueError where a limit is outside what the format or an engine can hold.
    """

    frame_body: int = 16 * 1024 * 1024
    list_depth: int = 32
    list_pairs: int = 65_535

    def __post_init__(self) -> None:
        for name, highest in (("frame_body", 0xFFFF_FFFF), ("list_depth", DEEPEST_LIST), ("list_pairs", 65_535)):
            if not 1 <= getattr(self, name) <= highest:
                raise ValueError(f"Limits.{name} is between 1 and {highest}")


DEFAULT_LIMITS = Limits()
