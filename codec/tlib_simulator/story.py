"""A story: what happens to some calls, told in the order in which it happens.

Strategy: a script is a plain function, run to its end at the moment when its story begins. The
story has a clock of its own, and every event is written down with its time; the simulation merges
the stories. So a script needs neither `yield` nor `await`, and when an agent will be free is known
before the next story looks for one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from tlib_schemas.enumerations import TCallType
from tlib_schemas.events import Event

from .call import Call
from .switch import Clocks, Dice, Switch, Unanswered

# When, which T-Server tells, what, and of which call it is the life (None: of none).
Step: TypeAlias = tuple[float, Switch, Event, Call | None]
Script: TypeAlias = Callable[["Story"], None]
_LONGEST = 1e12  # seconds: more than any duration of a scenario draws, and far beyond the 32 bits of the calendar


class Story:
    """What a script tells with: it makes calls, and lets time pass.

    `site` is where the story begins, `sites` are all of them; `now` is its clock, in seconds since
    1970; `dice` is chance and `clocks` the scenario's durations, to be drawn with `draw`.
    """

    __slots__ = ("clocks", "dice", "now", "released", "site", "sites", "steps")

    def __init__(self, now: float, site: Switch, sites: Sequence[Switch], dice: Dice, clocks: Clocks, *, released: bool) -> None:
        self.now = now
        self.site = site
        self.sites = sites
        self.dice = dice
        self.clocks = clocks
        self.released = released
        self.steps: list[Step] = []

    def add(self, site: Switch, event: Event, call: Call | None = None) -> None:
        """Write an event down, at the story's time. Calls do so themselves."""
        self.steps.append((self.now, site, event, call))

    def wait(self, seconds: float) -> None:
        """Let time pass. Raises ValueError where it would not: below 0, or for ever."""
        if not 0 <= seconds <= _LONGEST:  # nan neither
            raise ValueError(f"{seconds} seconds cannot pass: give a number from 0 to {_LONGEST:.0e}")
        self.now += seconds

    def draw(self, values: Sequence[float]) -> float:
        """One of a duration's values, in seconds."""
        return values[int(self.dice.random() * len(values))]

    # -- calls -----------------------------------------------------------------------------------

    def call(self, call_type: TCallType = TCallType.Inbound, *, agent: str | None = None, **fields: Any) -> Call:
        """A call of which nothing is known but `fields`, those of EventCallCreated; `agent` is on it from the beginning."""
        return Call(self, self.site, call_type, fields, agent=agent)

    def inbound(self, ani: str | None = None, dnis: str | None = None, **fields: Any) -> Call:
        """A customer calls."""
        dice, site = self.dice, self.site.site
        told: dict[str, Any] = {"ani": ani or "555" + dice.digits(7), "dnis": dnis or dice.pick(site.numbers), "customer_id": site.tenant}
        if site.network_node:
            told |= {"network_call_id": int(dice.random() * (1 << 48)), "network_node_id": site.network_node}
        return Call(self, self.site, TCallType.Inbound, told | fields)

    def outbound(self, number: str | None = None, *, agent: str | None = None, **fields: Any) -> Call:
        """An agent (the one named, or one who is free) has a client call a number. Raises Unanswered where nobody is free."""
        fields = {"call_id": 0, "dialed_number": number or "9155" + self.dice.digits(7), "customer_id": self.site.site.tenant, **fields}
        return self._made(TCallType.Outbound, agent, fields)

    def internal(self, *, agent: str | None = None, **fields: Any) -> Call:
        """An agent (the one named, or one who is free) calls another. Raises Unanswered where nobody is free."""
        return self._made(TCallType.Internal, agent, {"customer_id": self.site.site.tenant, **fields})

    def _made(self, call_type: TCallType, agent: str | None, fields: dict[str, Any]) -> Call:
        if agent is not None:
            return Call(self, self.site, call_type, fields, agent=agent)
        free_at, agent = self.site.take_agent()
        if free_at > self.now:
            self.site.give_agent(free_at, agent)
            raise Unanswered
        call = Call(self, self.site, call_type, fields)
        call.book(agent)
        return call
