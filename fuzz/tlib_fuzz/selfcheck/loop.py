"""The loop of every self-check: batches of inputs, counts of their outcomes, the first failure ends the run.

Strategy: a batch depends on the seed and its number alone, so the batch that a failure names shows it again. A
batch that hangs ends the process with a traceback.
"""

from __future__ import annotations

import faulthandler
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Final, Protocol

BATCH: Final = 1000
_HANG: Final = 300  # seconds for a batch, a hundred times the time of a slow one


class FailureError(AssertionError):
    """An input for which something does not hold, with the smallest bytes that show it."""

    def __init__(self, message: str, data: bytes) -> None:
        super().__init__(message)
        self.data = data


class Tally:
    """Counts by kind and outcome, and for each kind the slowest input: its cost in ns of CPU time a byte, its length."""

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.slowest: dict[str, tuple[float, int]] = {}

    def lines(self) -> Iterator[str]:
        """Yield a line for each kind, the most frequent first."""
        kinds: Counter[str] = Counter()
        for (kind, _), count in self.outcomes.items():
            kinds[kind] += count
        for kind, count in kinds.most_common():
            outcomes = ", ".join(f"{n:,} {outcome}" for (of, outcome), n in self.outcomes.most_common() if of == kind)
            cost, length = self.slowest.get(kind, (0.0, 0))
            yield f"{count:>12,} {kind:8} {outcomes}" + (f"; slowest {cost / 1000:.1f} us a byte ({length:,} bytes)" if length else "")


class Check(Protocol):
    """A self-check."""

    tally: Tally

    def batch(self, number: int, size: int) -> None:
        """Check the inputs of one batch. Raises FailureError."""


def run(check: Check, count: int) -> None:
    """Check `count` inputs, in batches. Raises FailureError."""
    began = time.process_time()
    try:
        for number in range(-(-count // BATCH)):
            watch()
            check.batch(number, min(BATCH, count - number * BATCH))
            _progress(check.tally.outcomes.total(), time.process_time() - began)
    finally:
        faulthandler.cancel_dump_traceback_later()


def watch() -> None:
    """End the process with a traceback unless this is called again, or the run ends, in time."""
    faulthandler.dump_traceback_later(_HANG, exit=True, file=sys.__stderr__ or 2)


def _progress(inputs: int, seconds: float) -> None:
    if inputs % 100_000 == 0 or sys.stderr.isatty():
        end = "\r" if sys.stderr.isatty() else "\n"
        sys.stderr.write(f"{inputs:,} inputs, {inputs / seconds:,.0f} a second of CPU time{end}")
        sys.stderr.flush()
