"""A site at run time: its free agents, its identifiers and its live calls."""

from __future__ import annotations

import heapq
import random

from tlib_schemas.events import Event
from tlib_simulator.scenario import Site

from .identifiers import Identifiers

_GENERATOR, _BACKUP = 0x006C, 0x806C  # ConnIDs begin with them


class Unanswered(Exception):
    """No agent was free in time. The waiting call ends, and its story continues behind the ``with`` block."""


class Switch:
    """A switch and its T-Server. `live` holds the events sent for each call that has not ended."""

    def __init__(self, site: Site, index: int, rng: random.Random, started: float) -> None:
        self.site: Site = site
        self.name: str = site.name
        self.index: int = index
        self.abstract_dn: str = f"{site.application}::"
        self.identifiers: Identifiers = Identifiers(rng, generator=_GENERATOR + index, started=started)
        self.sequence: int = 0
        self.requests: int = 0
        self.live: dict[object, list[Event]] = {}
        self._agents = [(0.0, str(site.first_agent + i)) for i in range(site.agents)]
        heapq.heapify(self._agents)

    def take_over(self, rng: random.Random, now: float) -> None:
        """Make the backup T-Server the primary: it knows the calls, and numbers events and new calls anew."""
        self.identifiers = Identifiers(rng, generator=_BACKUP + self.index, started=now)
        self.sequence = 0

    def take_agent(self) -> tuple[float, str]:
        """Take the agent who is free first; return the time from which the agent is free, and the DN.

        `return_agent` frees the agent again. Raises Unanswered if one story holds all agents.
        """
        if not self._agents:
            raise Unanswered
        return heapq.heappop(self._agents)

    def return_agent(self, free_at: float, agent: str) -> None:
        """Make the agent free from a time on."""
        heapq.heappush(self._agents, (free_at, agent))
