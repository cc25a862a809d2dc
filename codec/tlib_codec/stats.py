"""Counts of a run: the units that a reader and a writer handle in C, and those that they leave to Python.

Strategy: `ReadOptions.stats` and `WriteOptions.stats` carry one `Stats` through a run; the same object may serve both. A native step adds
to it what it handles (messages of a log, lines of JSON, frames) and, by reason, what it asks of the Python step. A step that has
no native part adds nothing. ``tlib decode --stats`` prints the counts.

>>> stats = Stats()
>>> stats.read.native += 997
>>> stats.read.ask("value over several lines", 3)
>>> str(stats.read)
'1,000 units, 3 (0.300 %) asked of Python: value over several lines 3'
"""

from __future__ import annotations

import msgspec


class Units(msgspec.Struct):
    """The units of one step: the number handled in C, and the numbers asked of Python by reason."""

    native: int = 0
    asked: dict[str, int] = {}

    def ask(self, reason: str, count: int = 1) -> None:
        """Count units that Python handles, for this reason."""
        if count:
            self.asked[reason] = self.asked.get(reason, 0) + count

    def add(self, other: Units) -> None:
        """Add the counts of another run of the same step."""
        self.native += other.native
        for reason, count in other.asked.items():
            self.ask(reason, count)

    @property
    def total(self) -> int:
        """Return the number of units."""
        return self.native + sum(self.asked.values())

    def __str__(self) -> str:
        asked = self.total - self.native
        share = f"{100 * asked / self.total:.3f} %" if self.total else "0 %"
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(self.asked.items(), key=lambda one: (-one[1], one[0])))
        return f"{self.total:,} units, {asked:,} ({share}) asked of Python" + (f": {reasons}" if reasons else "")


class Stats(msgspec.Struct):
    """The counts of a run: `read` by the native reader, `written` by the native writer."""

    read: Units = msgspec.field(default_factory=Units)
    written: Units = msgspec.field(default_factory=Units)

    def add(self, other: Stats) -> None:
        """Add the counts of another run."""
        self.read.add(other.read)
        self.written.add(other.written)
