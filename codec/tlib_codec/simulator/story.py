"""A story: what happens to some calls, told in the order in which it happens.

Strategy: a story is a plain function, run to its end at the moment when it begins. It has a clock
of its own, and every event is written down with its time; the simulation merges the stories. So a
story needs neither `yield` nor `await`, and when an agent will be free is known before the next
story looks for one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from tlib_schemas.enumerations import TCallType
from tlib_schemas.events import Event

from .call import Call, Unanswered
from .switch import Clocks, Dice, Switch

# When, at which site, what, of which call (None: of the abstract DN), and the event's fields.
Step: TypeAlias = tuple[float, Switch, type[Event], Call | None, dict[str, Any]]
Script: TypeAlias = Callable[["Story"], None]


class Story:
    """What a script tells with: it makes calls, and lets time pass.

    `site` is where the story begins, `sites` are all of them; `now` is its clock in seconds since
    1970.
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

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def draw(self, values: Sequence[float]) -> float:
        """One of `clocks`' durations."""
        return self.dice.pick(values)

    def free_agent(self) -> str:
        """The DN of an agent who is free now; give it to a call's `agents`. Raises Unanswered."""
        free_at, agent = self.site.take_agent()
        if free_at > self.now:
            self.site.give_agent(free_at, agent)
            raise Unanswered
        return agent

    def call(self, call_type: TCallType = TCallType.Inbound, **fields: Any) -> Call:
        """A call, created when its ``with`` block begins and deleted when it ends.

        `fields` are those of EventCallCreated.
        """
        return Call(self, self.site, call_type, fields)

    def inbound(self, ani: str | None = None, dnis: str | None = None, **fields: Any) -> Call:
        """A customer calls."""
        site = self.site.site
        return Call(
            self,
            self.site,
            TCallType.Inbound,
            {"ani": ani or "555" + self.dice.digits(7), "dnis": dnis or self.dice.pick(site.numbers), "customer_id": site.tenant, **fields},
        )

    def outbound(self, number: str | None = None, agent: str | None = None, **fields: Any) -> Call:
        """An agent calls a customer at a client's request."""
        agent = agent or self.free_agent()
        site = self.site.site
        call = Call(
            self,
            self.site,
            TCallType.Outbound,
            {"dialed_number": number or "9155" + self.dice.digits(7), "customer_id": site.tenant, **fields},
        )
        call.agents.append(agent)
        return call

    def internal(self, agent: str | None = None, **fields: Any) -> Call:
        """An agent calls another one."""
        agent = agent or self.free_agent()
        call = Call(self, self.site, TCallType.Internal, {"ani": agent, "customer_id": self.site.site.tenant, **fields})
        call.agents.append(agent)
        return call
