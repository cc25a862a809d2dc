"""Paired measurement: works run in turns in one process, and are compared round by round.

Strategy: a machine's speed drifts, but little between one turn and the next. So every round times
each work once, in an order that is shuffled anew, and the result is the median of the rounds' own
ratios with its quartiles, not a ratio of two means. The ratio of the two shortest times stands
beside it: on a busy machine it is the steadier of the two. The collector of garbage runs as it
would for a user.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping
from itertools import repeat
from typing import Any, NamedTuple


class Work(NamedTuple):
    """Something to time: ``call(argument)``, which handles `items` events."""

    call: Callable[[Any], object]
    argument: object
    items: int = 1


class Ratio(NamedTuple):
    """Time over the baseline's time: median, quartiles, and shortest over shortest."""

    median: float
    low: float
    high: float
    best: float


class Result(NamedTuple):
    """One work: seconds an item (median and shortest), and how that compares."""

    seconds: float
    shortest: float
    ratio: Ratio


Clock = Callable[[], float]


def seconds_of(work: Work, calls: int, clock: Clock = time.perf_counter) -> float:
    """How long `calls` calls take."""
    call, argument = work.call, work.argument
    begin = clock()
    for _ in repeat(None, calls):
        call(argument)
    return clock() - begin


def calls_for(work: Work, seconds: float, clock: Clock = time.perf_counter) -> int:
    """How many calls of `work` take about `seconds`; at least 1."""
    calls = 1
    while (taken := seconds_of(work, calls, clock)) < seconds / 4:
        calls *= 2
    return max(1, round(calls * seconds / taken))


def ratio_of(mine: list[float], base: list[float]) -> Ratio:
    """Compare two lists of times, round by round. Of one round the quartiles are the ratio itself."""
    ratios = [a / b for a, b in zip(mine, base, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    return Ratio(middle, low, high, min(mine) / min(base))


Times = dict[str, list[float]]


def measure(works: Mapping[str, Work], *, rounds: int, seconds: float, clock: Clock = time.perf_counter) -> Times:
    """Seconds an item, by work and round. A turn is about `seconds` long, and at least one call."""
    calls = {name: calls_for(work, seconds, clock) for name, work in works.items()}
    times: Times = {name: [] for name in works}
    names = list(works)
    order = random.Random(0)
    for _ in range(rounds):
        order.shuffle(names)
        for name in names:
            times[name].append(seconds_of(works[name], calls[name], clock) / calls[name] / works[name].items)
    return times


def results(times: Times, baseline: str) -> dict[str, Result]:
    """What was measured, against `baseline`."""
    return {name: Result(statistics.median(mine), min(mine), ratio_of(mine, times[baseline])) for name, mine in times.items()}
