"""Random choices and durations, the same for the same seed on every version of Python.

Strategy: everything random comes from one generator, by its `random` alone, whose numbers are the same in every
Python. A duration comes from a table of quantiles, which costs no logarithm.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from statistics import NormalDist
from typing import TypeVar

from tlib_simulator.scenario import Duration, Times

T = TypeVar("T")
_QUANTILES = 1024


class Dice(random.Random):
    """A seeded generator of choices."""

    def pick(self, options: Sequence[T]) -> T:
        """Return one of `options`."""
        return options[int(self.random() * len(options))]

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self.random() < probability

    def digits(self, count: int) -> str:
        """Return `count` decimal digits."""
        return str(int((1.0 + self.random()) * 10**count))[1:]


def quantiles(duration: Duration) -> tuple[float, ...]:
    """Return equally probable values of a duration, in seconds, rounded to milliseconds."""
    if not duration.mean or not duration.spread:
        return (duration.mean,)
    log_mean = math.log(duration.mean) - duration.spread**2 / 2
    normal = NormalDist(log_mean, duration.spread)
    return tuple(round(math.exp(normal.inv_cdf((i + 0.5) / _QUANTILES)), 3) for i in range(_QUANTILES))


class Durations:
    """The quantiles of a scenario's durations, for `Story.draw`."""

    def __init__(self, times: Times) -> None:
        self.menu: tuple[float, ...] = quantiles(times.menu)
        self.ring: tuple[float, ...] = quantiles(times.ring)
        self.talk: tuple[float, ...] = quantiles(times.talk)
        self.consult: tuple[float, ...] = quantiles(times.consult)
        self.wrap_up: tuple[float, ...] = quantiles(times.wrap_up)
        self.patience: tuple[float, ...] = quantiles(times.patience)
