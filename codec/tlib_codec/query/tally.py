"""Counts of a query, and the note for a query that selects nothing.

Strategy: each comparison and match keeps whether it ever held, and of a comparison with a text some of the values that it
met. So the note can name the value that is close to a misspelt one. Tallies of several inputs add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

_MOST: Final = 1000  # values that a leaf keeps


class Leaf(msgspec.Struct):
    """The counts of one comparison or match: `present` says whether a value was ever there, `held` whether the test ever held.

    `wanted` is the text of a comparison whose values the note may name, else None.
    """

    field: str
    wanted: str | None = None
    tested: int = 0
    present: bool = False
    held: bool = False
    values: dict[str, None] = {}

    @property
    def full(self) -> bool:
        """Return whether it keeps no more values."""
        return len(self.values) >= _MOST

    def meet(self, values: Sequence[Any]) -> None:
        """Keep values that are not the wanted one."""
        if self.wanted is not None and not self.full:
            self.values.update((value, None) for value in values if isinstance(value, str))

    def add(self, other: Leaf) -> None:
        """Add the counts of the same leaf over another input."""
        self.tested += other.tested
        self.present |= other.present
        self.held |= other.held
        self.meet(tuple(other.values))

    def hint(self) -> str:
        """Return the reason why the test never held; empty where no reason is known."""
        if not self.present:
            return f"; none of the {self.tested} that reach it has {self.field}"
        import difflib  # noqa: PLC0415 only a query without a match has a closest value

        close = difflib.get_close_matches(self.wanted or "", self.values, n=1)
        return f"; no {self.field} is {self.wanted}; did you mean {close[0]}?" if close else ""


class Tally(msgspec.Struct):
    """The number of records or calls that a query tested, and of those that it selected."""

    tested: int = 0
    matched: int = 0
    leaves: list[Leaf] = []

    def count(self, *, matched: bool) -> bool:
        """Count a record or call, and return `matched`."""
        self.tested += 1
        self.matched += matched
        return matched

    def add(self, other: Tally) -> None:
        """Add the counts of the same query over another input."""
        self.tested += other.tested
        self.matched += other.matched
        if not self.leaves:
            self.leaves = [msgspec.structs.replace(leaf, values=dict(leaf.values)) for leaf in other.leaves]
            return
        for mine, theirs in zip(self.leaves, other.leaves, strict=True):
            mine.add(theirs)

    def note(self, noun: str = "events") -> str | None:
        """Return the note for a query that selected nothing; None if it selected something."""
        if self.matched:
            return None
        missed = next((leaf for leaf in self.leaves if leaf.tested and not leaf.held), None)
        return f"0 of {self.tested} {noun} matched{'' if missed is None else missed.hint()}"
