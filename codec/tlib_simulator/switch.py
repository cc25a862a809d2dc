"""A site at run time: its free agents, its identifiers, its live calls, and chance.

Strategy: everything random comes from one generator, by its `random` alone, whose numbers are the
same in every Python; durations are read from a table of quantiles, which costs no logarithm.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Sequence
from statistics import NormalDist
from typing import TypeVar

from tlib_schemas.events import Event

from .identifiers import Identifiers
from .scenario import Duration, Site, Times

T = TypeVar("T")
_QUANTILES = 1024
_GENERATOR, _BACKUP = 0x006C, 0x806C  # what ConnIDs begin with


class Unanswered(Exception):
    """Nobody was free in time: the call that waits ends, and its story goes on behind its ``with`` block."""


class Dice(random.Random):
    """Chance, the same for the same seed on every version of Python."""

    def pick(self, options: Sequence[T]) -> T:
        """One of `options`."""
        return options[int(self.random() * len(options))]

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return self.random() < probability

    def digits(self, count: int) -> str:
        """So many decimal digits."""
        return str(int((1.0 + self.random()) * 10**count))[1:]


def quantiles(duration: Duration) -> tuple[float, ...]:
    """Equally probable values of a duration, in seconds, to the millisecond."""
    if not duration.mean or not duration.spread:
        return (duration.mean,)
    log_mean = math.log(duration.mean) - duration.spread**2 / 2
    normal = NormalDist(log_mean, duration.spread)
    return tuple(round(math.exp(normal.inv_cdf((i + 0.5) / _QUANTILES)), 3) for i in range(_QUANTILES))


class Clocks:
    """The durations of a scenario, ready to be drawn."""

    def __init__(self, times: Times) -> None:
        self.menu = quantiles(times.menu)
        self.ring = quantiles(times.ring)
        self.talk = quantiles(times.talk)
        self.consult = quantiles(times.consult)
        self.wrap_up = quantiles(times.wrap_up)
        self.patience = quantiles(times.patience)


class Switch:
    """A switch and its T-Server. `live` has what has been told of each call that is not over."""

    def __init__(self, site: Site, index: int, rng: random.Random, started: float) -> None:
        self.site = site
        self.name = site.name
        self.index = index
        self.abstract_dn = f"{site.application}::"
        self.identifiers = Identifiers(rng, generator=_GENERATOR + index, started=started)
        self.sequence = 0
        self.requests = 0
        self.live: dict[object, list[Event]] = {}
        self._agents = [(0.0, str(site.first_agent + i)) for i in range(site.agents)]
        heapq.heapify(self._agents)

    def take_over(self, rng: random.Random, now: float) -> None:
        """The backup T-Server is primary from now on: it knows the calls, and numbers events and new calls its own way."""
        self.identifiers = Identifiers(rng, generator=_BACKUP + self.index, started=now)
        self.sequence = 0

    def take_agent(self) -> tuple[float, str]:
        """When the agent who is free first is free, and the DN; to be given back. Raises Unanswered where a story has taken all."""
        if not self._agents:
            raise Unanswered
        return heapq.heappop(self._agents)

    def give_agent(self, free_at: float, agent: str) -> None:
        """The agent is free from then on."""
        heapq.heappush(self._agents, (free_at, agent))
