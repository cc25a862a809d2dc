"""The simulation: stories begin at random, and their events come out in order of time.

Strategy: a heap has an entry a story, by the time of its next event. An event is made when it is
due, so that a site's live calls are those that a client has been told of at any moment.
"""

from __future__ import annotations

import bisect
import heapq
import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tlib_schemas.abstract_dn import AbstractDNCall, extensions_of
from tlib_schemas.abstract_dn_events import EventRegistered
from tlib_schemas.call_events import EventCallCreated, EventCallDataChanged, EventCallDeleted
from tlib_schemas.enumerations import AttributeID, TAddressInfoType
from tlib_schemas.errors import quote
from tlib_schemas.events import Event
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Attributes

from .call import timestamp
from .scenario import Scenario, ScenarioError
from .stories import CATALOGUE
from .story import Script, Step, Story
from .switch import Clocks, Dice, Switch
from .call import Unanswered

_SEQUENCE, _SECONDS, _MICROSECONDS = (
    TLIBRARY.attribute_name(i) for i in (AttributeID.EventSequenceNumber, AttributeID.TimeinSecs, AttributeID.TimeinuSecs)
)
_TELLS_STATE = frozenset(EventCallCreated.__struct_fields__)


class TimedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event, when it happens (seconds since 1970, virtual) and the site whose T-Server tells of it."""

    time: float
    event: Event
    site: str


class Simulation:
    """The events of a scenario, in order of time: iterate over it.

    `seed` replaces the scenario's. `scripts` are told beside those of the catalogue, by name. An
    iteration that was left off goes on where it stood. Raises ScenarioError where the mix names an
    unknown story.
    """

    def __init__(self, scenario: Scenario | None = None, seed: int | None = None, *, scripts: Mapping[str, Script] | None = None) -> None:
        self.scenario = scenario = scenario or Scenario()
        self._dice = Dice(scenario.seed if seed is None else seed)
        self.now = start = scenario.start.timestamp()
        self.sites = [Switch(site, index, self._dice, start) for index, site in enumerate(scenario.sites)]
        self._by_name = {switch.name: switch for switch in self.sites}
        self._clocks = Clocks(scenario.times)
        self._choose(scripts or {})
        self._end = start + scenario.duration if scenario.duration else math.inf
        self._left = scenario.calls or -1
        self._order = itertools.count(1)
        self._heap: list[tuple[float, int, list[Step] | None]] = [(start, 0, None)]
        self._reference = 0

    def _choose(self, scripts: Mapping[str, Script]) -> None:
        known = {name: script for name, (script, _) in CATALOGUE.items()} | dict(scripts)
        mix = self.scenario.mix or {name: weight for name, (_, weight) in CATALOGUE.items()} | dict.fromkeys(scripts, 1.0)
        for name in mix:
            if name not in known:
                raise ScenarioError("scenario-form", expected=f"a story: {', '.join(known)}", actual=quote(name), parts=("mix",))
        self._scripts = [known[name] for name, weight in mix.items() if weight]
        self._weights = list(itertools.accumulate(weight for weight in mix.values() if weight))
        if not self._scripts:
            raise ScenarioError("scenario-form", expected="a story with a weight above 0", actual="none", parts=("mix",))

    # -- events ----------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[TimedEvent]:
        heap = self._heap
        stamps = self.scenario.stamps
        while heap and heap[0][0] < self._end:
            time, order, steps = heap[0]
            if steps is None:
                self._arrive(time)
                continue
            self.now = time
            _, site, make, call, fields = steps.pop()
            if steps:
                heapq.heapreplace(heap, (steps[-1][0], order, steps))
            else:
                heapq.heappop(heap)
            if make is EventCallCreated:
                site.live[call] = fields
            elif make is EventCallDataChanged:
                site.live[call] |= fields
            elif make is EventCallDeleted:
                del site.live[call]
            event = make(**fields, extra=self._stamp(site, time)) if stamps else make(**fields)
            yield TimedEvent(time, event, site.name)

    def _stamp(self, site: Switch, time: float) -> Attributes:
        site.sequence += 1
        at = timestamp(time)
        return Attributes({_SEQUENCE: site.sequence, _SECONDS: at.seconds, _MICROSECONDS: at.microseconds})

    def _arrive(self, time: float) -> None:
        """A story begins, and the time of the next one is drawn."""
        heap, dice = self._heap, self._dice
        if not self._left:
            heapq.heappop(heap)
            return
        self._left -= 1
        heapq.heapreplace(heap, (time - math.log(1.0 - dice.random()) / self.scenario.rate, 0, None))
        script = self._scripts[bisect.bisect(self._weights, dice.random() * self._weights[-1])]
        self.play(script, at=time)

    def play(self, script: Script, *, at: float | None = None, site: str | None = None) -> None:
        """Begin a story at a time that has not passed (default: now), at a site (default: any)."""
        switch = self._by_name[site] if site is not None else self._dice.pick(self.sites)
        story = Story(self.now if at is None else at, switch, self.sites, self._dice, self._clocks, released=self.scenario.released)
        try:
            script(story)
        except Unanswered:
            pass
        if story.steps:
            story.steps.reverse()
            heapq.heappush(self._heap, (story.steps[-1][0], next(self._order), story.steps))

    # -- clients that come later -----------------------------------------------------------------

    def live_calls(self, site: str | None = None) -> list[EventCallCreated]:
        """The calls that are alive at a site (None: the first one), each as it would be announced now."""
        switch = self._switch(site)
        return [EventCallCreated(**{n: v for n, v in state.items() if n in _TELLS_STATE and v}) for state in switch.live.values()]

    def announce(self, site: str | None = None) -> list[TimedEvent]:
        """What a client is told that connects, or comes back, to a site (None: the first one).

        EventRegistered on the abstract DN, with the live calls in its Extensions, then each of
        them created once more, under the CallUUID that it has.
        """
        switch = self._switch(site)
        calls = self.live_calls(site)
        listed = [
            AbstractDNCall(index=i, conn_id=call.conn_id, call_type=call.call_type, call_uuid=call.call_uuid)
            for i, call in enumerate(calls)
        ]
        self._reference += 1
        registered = EventRegistered(
            extensions=extensions_of(listed),
            info_type=TAddressInfoType.AddressType,
            reference_id=self._reference,
            server=0,
            this_dn=switch.abstract_dn,
            time=timestamp(self.now),
        )
        return [TimedEvent(self.now, event, switch.name) for event in (registered, *calls)]

    def _switch(self, site: str | None) -> Switch:
        return self.sites[0] if site is None else self._by_name[site]
