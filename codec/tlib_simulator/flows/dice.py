"""The chances of a flow: DNs, agents, times, and a new call."""

from __future__ import annotations

import random
from typing import Any

from tlib_schemas.enumerations import TCallType
from tlib_schemas.values import KVList
from tlib_simulator.story.identifiers import Identifiers

from .leg import Emit, Leg
from .truth import TrueCall

SECOND = 10_000  # units


class Site:
    """A T-Server: its events, its identifiers, and its DNs, of which a flow takes the ones that were idle longest."""

    def __init__(self, name: str, rng: random.Random, *, first: int, generator: int, started: float) -> None:
        self.name: str = name
        self.out: Emit = []
        self.identifiers: Identifiers = Identifiers(rng, generator=generator, started=started)
        self.agents: dict[str, str] = {str(first + 1_000 + n): f"{name[0].upper()}{first + n}" for n in range(300)}
        self.queues: list[str] = [str(first + n) for n in range(10)]
        self._idle = list(self.agents)

    def agent(self) -> str:
        """Return a DN with an agent."""
        dn = self._idle.pop(0)
        self._idle.append(dn)
        return dn


class Dice:
    """What one call draws: `now` is when it begins, `here` the T-Server where it does, `there` another one."""

    def __init__(self, rng: random.Random, flow: str, now: int, here: Site, there: Site, truth: list[TrueCall]) -> None:
        self.rng: random.Random = rng
        self.flow: str = flow
        self.now: int = now
        self.here: Site = here
        self.there: Site = there
        self._truth = truth

    def after(self, time: int, least: float, most: float) -> int:
        """Return a later time, between so many seconds."""
        return time + self.rng.randint(round(least * SECOND), round(most * SECOND))

    def outside(self) -> str:
        """Return a number outside."""
        return f"555{self.rng.randrange(10**7):07d}"

    def queue(self, site: Site | None = None) -> str:
        """Return a queue or routing point."""
        return self.rng.choice((site or self.here).queues)

    def says(self) -> bool:
        """Return whether the T-Server names the party that hangs up."""
        return self.rng.random() < 0.5

    def call(self, kind: TCallType, *, ani: str = "", dnis: str = "", main: Leg | None = None, site: Site | None = None) -> Leg:
        """Return a new call; `main` is the one for which it consults."""
        site = site or self.here
        uuid, conn, call_id = site.identifiers.draw()
        truth = TrueCall(self.flow, conn, main=main.truth.conn if main is not None else None)
        self._truth.append(truth)
        data: dict[str, Any] = {"Segment": self.rng.choice(("Gold", "Silver")), "Number": call_id} if self.rng.random() < 0.5 else {}
        before = main.truth.conn if main is not None else None
        return Leg(truth, site.out, uuid, call_id, kind, ani, dnis, site.agents, data, before)

    def at_other_site(self, leg: Leg, **extra: Any) -> Leg:
        """Return the same call at the other T-Server: the same ConnID, a CallUUID and CallID of its own."""
        uuid, _, call_id = self.there.identifiers.draw()
        return Leg(leg.truth, self.there.out, uuid, call_id, leg.kind, leg.ani, leg.dnis, self.there.agents, leg.data, None, extra)


def releasing(who: str) -> dict[str, Any]:
    """Return the Extensions that name the party that hangs up."""
    return {"Extensions": KVList({"ReleasingParty": who})}
