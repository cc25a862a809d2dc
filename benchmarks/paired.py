"""Paired measurement: peers run in turns in one process, and are compared round by round.

Strategy: a machine's speed drifts, but little between one turn and the next. So every round times
each peer once, in an order that changes from round to round, and the result is the median of the
rounds' own ratios with its quartiles, not a ratio of two means. The collector of garbage runs as
it would for a user.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

Decode = Callable[[bytes], object]


class Result(NamedTuple):
    """One peer on one input: calls a second (median), and how often faster than the baseline."""

    rate: float
    ratio: float
    low: float
    high: float


def calls_for(work: Callable[[], object], seconds: float) -> int:
    """How many calls of `work` take about `seconds`."""
    calls = 1
    while (taken := _time(work, calls)) < seconds / 4:
        calls *= 2
    return max(1, round(calls * seconds / taken))


def _time(work: Callable[[], object], calls: int) -> float:
    begin = time.perf_counter()
    for _ in range(calls):
        work()
    return time.perf_counter() - begin


def compare(peers: Mapping[str, Callable[[], object]], *, baseline: str, rounds: int = 15, seconds: float = 0.1) -> dict[str, Result]:
    """Time `peers` in interleaved rounds of about `seconds` each; ratios are rate over `baseline`'s.

    `low` and `high` are the quartiles of the rounds' ratios. Needs at least 2 rounds.
    """
    calls = {name: calls_for(work, seconds) for name, work in peers.items()}
    rates: dict[str, list[float]] = {name: [] for name in peers}
    names = list(peers)
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            rates[name].append(calls[name] / _time(peers[name], calls[name]))
    found: dict[str, Result] = {}
    for name in names:
        ratios = [mine / base for mine, base in zip(rates[name], rates[baseline], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        found[name] = Result(statistics.median(rates[name]), middle, low, high)
    return found


def table(title: str, results: Mapping[str, Result], baseline: str) -> str:
    """The results of one input as lines of text."""
    width = max(len(name) for name in results)
    lines = [title, f"  {'peer':<{width}}  {'frames/s':>10}  {'ratio':>7}  quartiles"]
    for name, result in results.items():
        spread = "baseline" if name == baseline else f"{result.low:.2f} to {result.high:.2f}"
        lines.append(f"  {name:<{width}}  {result.rate:>10,.0f}  {result.ratio:>7.2f}  {spread}")
    return "\n".join(lines)
