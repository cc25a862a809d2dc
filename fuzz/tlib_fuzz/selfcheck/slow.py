"""Search for the input of each kind that takes most CPU time a byte.

Strategy: hill climbing. An input is damaged a little or a piece of it is repeated, which shows work that grows faster than the input; the
result stays where it costs more. The measure is the least of a few runs, compared with the median of inputs that were not searched for.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Final

from .campaign import EVERY_KIND, cost
from .inputs import Inputs
from .invariants import INVARIANTS, Invariant

KINDS: Final = tuple(kind for kind in EVERY_KIND if kind != "case")
_LONGEST: Final = 1 << 16  # bytes of an input
_SAMPLE: Final = 41  # inputs for the median
_STUCK: Final = 60  # steps without a gain before the search begins anew
_RUNS: Final = 3


def _least(invariant: Invariant, data: bytes) -> float:
    return min(cost(invariant, data) for _ in range(_RUNS))


def _step(inputs: Inputs, kind: str, data: bytes) -> bytes:
    rng = inputs.rng
    if kind == "frame" or rng.random() < 0.5:
        return inputs.vary(kind, data)[:_LONGEST]
    start = rng.randrange(len(data) + 1)
    end = min(len(data), start + rng.choice((1, 2, 10, 100, 1000)))
    times = rng.choice((2, 10, 100, 1000))
    return (data[:start] + data[start:end] * times + data[end:])[:_LONGEST]


def search(kind: str, steps: int, seed: int) -> tuple[float, bytes, float]:
    """Return the cost of the slowest input of a kind that `steps` steps find, in ns of CPU time a byte, the input, and the median cost."""
    inputs = Inputs(seed)
    invariant = INVARIANTS[kind]
    median = statistics.median(_least(invariant, inputs.make(kind)) for _ in range(_SAMPLE))
    worst = best = (0.0, inputs.make(kind))
    stuck = 0
    for _ in range(steps):
        if stuck > _STUCK:
            best, stuck = (0.0, inputs.make(kind)), 0
        data = _step(inputs, kind, best[1])
        tried = (_least(invariant, data), data)
        stuck = 0 if tried[0] > best[0] else stuck + 1
        best = max(best, tried)
        worst = max(worst, best)
    return worst[0], worst[1], median


def report(steps: int, seed: int) -> Iterator[str]:
    """Yield a line for each kind."""
    for kind in KINDS:
        worst, data, median = search(kind, steps, seed)
        yield f"{kind:8} {worst / 1000:6.2f} us a byte, {worst / median:4.1f} times the median ({len(data):,} bytes): {data[:48]!r}"
