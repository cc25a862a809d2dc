"""A story: some calls and their events, in order of time.

Strategy: a script is a plain function that runs to its end when its story begins. The story has a clock of its
own, and schedules every event at its time; the simulation merges the stories. So a script needs neither `yield`
nor `await`, and the time at which an agent becomes free is known before the next story needs one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from tlib_schemas.enumerations import TCallType
from tlib_schemas.events import Event

from .call import Call
from .dice import Dice, Durations
from .switch import Switch, Unanswered

# Time, the switch that sends, the event, and the call whose life it reports (None: of no call).
ScheduledEvent: TypeAlias = tuple[float, Switch, Event, Call | None]
Script: TypeAlias = Callable[["Story"], None]
_MAX_WAIT = 1e12  # seconds: more than any duration of a scenario, and far beyond the 32 bits of the calendar


class Story:
    """The argument of a script: it makes calls, and lets time pass.

    `site` is the switch where the story begins, `sites` are all switches; `now` is the story's clock, in seconds
    since 1970; `dice` makes random choices, and `durations` are the scenario's, for `draw`.
    """

    __slots__ = ("dice", "durations", "now", "released", "scheduled", "site", "sites")

    def __init__(self, now: float, site: Switch, sites: Sequence[Switch], dice: Dice, durations: Durations, *, released: bool) -> None:
        self.now: float = now
        self.site: Switch = site
        self.sites: Sequence[Switch] = sites
        self.dice: Dice = dice
        self.durations: Durations = durations
        self.released: bool = released
        self.scheduled: list[ScheduledEvent] = []

    def schedule(self, site: Switch, event: Event, call: Call | None = None) -> None:
        """Schedule an event at the story's time. Calls do this themselves."""
        self.scheduled.append((self.now, site, event, call))

    def wait(self, seconds: float) -> None:
        """Let time pass. Raises ValueError for negative, infinite and NaN seconds."""
        if not 0 <= seconds <= _MAX_WAIT:  # refuses NaN too
            raise ValueError(f"cannot wait {seconds} seconds: give a number from 0 to {_MAX_WAIT:.0e}")
        self.now += seconds

    def draw(self, quantiles: Sequence[float]) -> float:
        """Return a random value of a duration, in seconds."""
        return quantiles[int(self.dice.random() * len(quantiles))]

    def call(self, call_type: TCallType = TCallType.Inbound, *, agent: str | None = None, **fields: Any) -> Call:
        """Return a call with the given fields of EventCallCreated and no others; `agent` takes part from the beginning."""
        return Call(self, self.site, call_type, fields, agent=agent)

    def inbound(self, ani: str | None = None, dnis: str | None = None, **fields: Any) -> Call:
        """Return a call from a customer."""
        dice, site = self.dice, self.site.site
        known: dict[str, Any] = {"ani": ani or "555" + dice.digits(7), "dnis": dnis or dice.pick(site.numbers), "customer_id": site.tenant}
        if site.network_node:
            known |= {"network_call_id": int(dice.random() * (1 << 48)), "network_node_id": site.network_node}
        return Call(self, self.site, TCallType.Inbound, known | fields)

    def outbound(self, number: str | None = None, *, agent: str | None = None, **fields: Any) -> Call:
        """Return a call from an agent (the named one, or a free one) to a number. Raises Unanswered if no agent is free."""
        fields = {"call_id": 0, "dialed_number": number or "9155" + self.dice.digits(7), "customer_id": self.site.site.tenant, **fields}
        return self._from_agent(TCallType.Outbound, agent, fields)

    def internal(self, *, agent: str | None = None, **fields: Any) -> Call:
        """Return a call from an agent (the named one, or a free one) to a colleague. Raises Unanswered if no agent is free."""
        return self._from_agent(TCallType.Internal, agent, {"customer_id": self.site.site.tenant, **fields})

    def _from_agent(self, call_type: TCallType, agent: str | None, fields: dict[str, Any]) -> Call:
        if agent is not None:
            return Call(self, self.site, call_type, fields, agent=agent)
        free_at, agent = self.site.take_agent()
        if free_at > self.now:
            self.site.return_agent(free_at, agent)
            raise Unanswered
        call = Call(self, self.site, call_type, fields)
        call.hold(agent)
        return call
