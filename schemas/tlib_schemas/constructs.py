"""The base class of the schemas: construct's own, which has no types, as type checkers are to see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:

    class Construct:
        """The part of construct's base class that these schemas use."""

        name: str | None
        docs: str

        def __init__(self) -> None: ...
        def parse(self, data: bytes, **contextkw: Any) -> Any:
            """Parse `data`."""

        def build(self, obj: Any, **contextkw: Any) -> bytes:
            """Build the bytes of `obj`."""

        def sizeof(self, **contextkw: Any) -> int:
            """Return the size in bytes. Raises SizeofError where it depends on the value."""

        def __rtruediv__(self, name: str) -> Self: ...

else:
    from construct import Construct

__all__ = ["Construct"]
