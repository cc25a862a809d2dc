"""Campaign: many inputs of every kind against the invariants, and the cost of the slowest input.

Strategy: a batch has inputs of one kind. The running engine checks every input, and both engines together check one
in `thorough`. With frames and streams alone and `thorough` 1 it is the differential test of the engines.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from typing import Final

from tlib_fuzz.kit.reduce import Reducer
from tlib_schemas.tlibrary import TLIBRARY

from .inputs import Inputs
from .invariants import INVARIANTS, Invariant
from .loop import BATCH, FailureError, Tally

# Percentages of batches. Frames attack the codec; the other kinds contain frames and cost more.
EVERY_KIND: Final = {"frame": 78, "case": 2, "stream": 14, "json": 3, "log": 1, "capture": 2}
DIFFERENTIAL: Final = {"frame": 89, "stream": 11}
THOROUGH: Final = 50
_TRIES: Final = 20_000  # of the reducer
_CONSTANT: Final = 200  # bytes added to every length, because an input has costs that its bytes do not cause


class Campaign:
    """Checks inputs of the kinds in `shares`; one input in `thorough` is checked by both engines."""

    def __init__(self, seed: int, corpus: Sequence[bytes] = (), shares: Mapping[str, int] = EVERY_KIND, thorough: int = THOROUGH) -> None:
        self.seed = seed
        self.corpus = corpus
        self.shares = shares
        self.thorough = thorough
        self.tally: Tally = Tally()

    def batch(self, number: int, size: int = BATCH) -> None:
        """Check the inputs of one batch. Raises FailureError."""
        chance = random.Random(f"{self.seed}:{number}")  # noqa: S311
        (kind,) = chance.choices(list(self.shares), list(self.shares.values()))
        inputs = Inputs(chance.getrandbits(64), self.corpus)
        invariant = INVARIANTS[kind]
        worst = self.tally.slowest.get(kind, (0.0, 0))
        for index in range(size):
            data = inputs.make(kind)
            thorough = index % self.thorough == 0
            began = time.thread_time_ns()
            try:
                outcome = invariant(data, thorough=thorough)
            except Exception as error:
                message = f"{kind}, batch {number}: {type(error).__name__}: {error}"
                raise FailureError(message, _reduced(invariant, data, type(error))) from error
            if not thorough and _rate(began, data) > worst[0]:
                repeated = min(cost(invariant, data) for _ in range(3))  # the first time may include a garbage collection
                worst = max(worst, (repeated, len(data)))
            self.tally.outcomes[kind, outcome] += 1
        self.tally.slowest[kind] = worst


def cost(invariant: Invariant, data: bytes) -> float:
    """Return the CPU time of checking an input, in ns a byte."""
    began = time.thread_time_ns()
    invariant(data)
    return _rate(began, data)


def _rate(began: int, data: bytes) -> float:
    return (time.thread_time_ns() - began) / (len(data) + _CONSTANT)


def _reduced(invariant: Invariant, data: bytes, wrong: type[Exception]) -> bytes:
    def breaks(smaller: bytes) -> bool:
        try:
            invariant(smaller, thorough=True)
        except wrong:
            return True
        return False

    return Reducer(breaks, TLIBRARY, _TRIES).reduce(data) if breaks(data) else data
