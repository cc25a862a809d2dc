"""The simulation: stories begin at random, and their events come out in order of time.

Strategy: a heap has an entry a story, by the time of its next event, and one for whatever else has
its time (the next arrival, a switchover). What a site's clients have been told is noted as it is told,
so its live calls are at every moment those that they know.
"""

from __future__ import annotations

import bisect
import contextlib
import heapq
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from tlib_schemas.call_events import EventCallCreated, EventCallDataChanged
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.errors import quote
from tlib_schemas.events import Event
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Attributes

from .call import timestamp
from .resync import address_info, announcement, live_calls
from .scenario import Scenario, ScenarioError
from .stories import CATALOGUE
from .story import Script, Step, Story
from .switch import Clocks, Dice, Switch, Unanswered

_SEQUENCE, _SECONDS, _MICROSECONDS = (
    TLIBRARY.attribute_name(i) for i in (AttributeID.EventSequenceNumber, AttributeID.TimeinSecs, AttributeID.TimeinuSecs)
)

_LAST = float(1 << 32)  # seconds since 1970 have 32 bits
_Action: TypeAlias = Callable[[], None]


class TimedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event, when it happens (virtual, in seconds since 1970) and the site whose T-Server tells of it."""

    time: float
    event: Event
    site: str


class Simulation:
    """The events of a scenario, in order of time: iterate over it. An iteration left off goes on where it stood.

    `seed` takes the place of the scenario's; `scripts` are stories of your own, by name, beside the
    catalogue's. Raises ScenarioError where the mix names a story that there is not.
    """

    def __init__(self, scenario: Scenario | None = None, seed: int | None = None, *, scripts: Mapping[str, Script] | None = None) -> None:
        self.scenario = scenario = Scenario() if scenario is None else scenario
        self._dice = Dice(scenario.seed if seed is None else seed)
        self.now = start = scenario.start.timestamp()
        self.sites = [Switch(site, index, self._dice, start) for index, site in enumerate(scenario.sites)]
        self._by_name = {switch.name: switch for switch in self.sites}
        self._clocks = Clocks(scenario.times)
        self._scripts, self._weights = self._mixed(scripts or {})
        self._end = min(start + scenario.duration, _LAST) if scenario.duration else _LAST
        self._left = scenario.calls or -1
        self._order = itertools.count()
        self._before_all = itertools.count(-(1 << 62))
        self._heap: list[tuple[float, int, list[Step] | _Action]] = []
        for after in scenario.switchover:
            self._at(start + after, self._switch_over)
        if scenario.query_every:
            self._at(start + scenario.query_every, self._query)
        if scenario.rate:
            self._at(start, self._arrive)

    def _mixed(self, scripts: Mapping[str, Script]) -> tuple[list[Script], list[float]]:
        """The stories that are told, and their weights added up."""
        known = {name: entry.script for name, entry in CATALOGUE.items()} | dict(scripts)
        sites = len(self.sites)
        usual = {name: entry.weight for name, entry in CATALOGUE.items() if entry.sites <= sites}
        mix = self.scenario.mix or usual | dict.fromkeys(scripts, 1.0)
        for name, weight in mix.items():
            if name not in known:
                raise ScenarioError("scenario-form", expected=f"a story: {', '.join(known)}", actual=quote(name), parts=("mix",))
            entry = CATALOGUE.get(name)
            if weight and entry is not None and entry.script is known[name] and entry.sites > sites:
                raise ScenarioError("scenario-form", expected=f"{entry.sites} sites", actual=str(sites), parts=(f"mix.{name}",))
        told = [name for name, weight in mix.items() if weight]
        if not told:
            raise ScenarioError("scenario-form", expected="a story with a weight above 0", actual="none", parts=("mix",))
        return [known[name] for name in told], list(itertools.accumulate(mix[name] for name in told))

    # -- events ----------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[TimedEvent]:
        heap, stamps = self._heap, self.scenario.stamps
        while heap and heap[0][0] < self._end:
            time, order, steps = heap[0]
            self.now = time
            if not isinstance(steps, list):
                heapq.heappop(heap)
                steps()
                continue
            _, site, event, call = steps.pop()
            if steps:
                heapq.heapreplace(heap, (steps[-1][0], order, steps))
            else:
                heapq.heappop(heap)
            if call is not None:
                kind = event.__class__
                if kind is EventCallDataChanged:
                    site.live[call].append(event)
                elif kind is EventCallCreated:
                    site.live[call] = [event]
                else:
                    del site.live[call]
            yield self._told(site, event) if stamps else TimedEvent(time, event, site.name)

    def _told(self, site: Switch, event: Event, *, numbered: bool = True) -> TimedEvent:
        """The event as the site's T-Server tells it now."""
        if not self.scenario.stamps:
            return TimedEvent(self.now, event, site.name)
        extra: dict[str, Any] = {}
        if numbered:
            site.sequence += 1
            extra[_SEQUENCE] = site.sequence
        if AttributeID.TimeinSecs not in event.__schema__.listed:
            at = timestamp(self.now)
            extra |= {_SECONDS: at.seconds, _MICROSECONDS: at.microseconds}
        return TimedEvent(self.now, msgspec.structs.replace(event, extra=Attributes(extra)), site.name)

    def _at(self, time: float, what: list[Step] | _Action) -> None:
        heapq.heappush(self._heap, (time, next(self._order), what))

    def _at_once(self, told: Iterable[tuple[Switch, Event]]) -> None:
        """Have events come now, before all others that are due now."""
        steps: list[Step] = [(self.now, switch, event, None) for switch, event in told]
        steps.reverse()
        heapq.heappush(self._heap, (self.now, next(self._before_all), steps))

    def _arrive(self) -> None:
        """A story begins, and the time of the next one is drawn."""
        if not self._left:
            return
        self._left -= 1
        dice, weights = self._dice, self._weights
        self._at(self.now - math.log(1.0 - dice.random()) / self.scenario.rate, self._arrive)
        script = self._scripts[bisect.bisect(weights, dice.random() * weights[-1], hi=len(weights) - 1)]
        story = self._begun(self.now, dice.pick(self.sites))
        try:  # noqa: SIM105 a context manager takes as long as an event
            script(story)
        except Unanswered:
            pass
        self._tell(story)

    def _begun(self, now: float, switch: Switch) -> Story:
        return Story(now, switch, self.sites, self._dice, self._clocks, released=self.scenario.released)

    def _tell(self, story: Story) -> None:
        """Have a story's events come in their time."""
        if story.steps:
            story.steps.reverse()
            self._at(story.steps[-1][0], story.steps)

    # -- stories of one's own --------------------------------------------------------------------

    def play(self, script: Script, *, at: float | None = None, site: str | None = None) -> None:
        """Have a story begin: now or at a later time (seconds since 1970), at a site or at any."""
        with self.story(at=at, site=site) as story:
            script(story)

    @contextlib.contextmanager
    def story(self, *, at: float | None = None, site: str | None = None) -> Iterator[Story]:
        """As `play`, for a story that is told in a ``with`` block; its events come when the block is left."""
        switch = self._dice.pick(self.sites) if site is None else self._switch(site)
        story = self._begun(self.now if at is None else max(at, self.now), switch)
        with contextlib.suppress(Unanswered):
            yield story
        self._tell(story)

    # -- clients that come later -----------------------------------------------------------------

    def live_calls(self, site: str | None = None) -> list[EventCallCreated]:
        """The calls that are alive at a site (None: the first one), each as it would be announced now."""
        return list(live_calls(self._switch(site)))

    def announce(self, site: str | None = None) -> list[TimedEvent]:
        """What a client is told when it connects to a site (None: the first one), or comes back.

        EventRegistered on the abstract DN, with the live calls in its Extensions; then each of them
        created once more, under the CallUUID that it has. These events have no sequence number,
        since other clients do not get them.
        """
        switch = self._switch(site)
        return [self._told(switch, event, numbered=False) for event in announcement(switch, self.now)]

    def _switch(self, site: str | None) -> Switch:
        """Raises LookupError where there is no such site."""
        return self.sites[0] if site is None else self._by_name[site]

    def _switch_over(self) -> None:
        """The backups take over: they number anew, and announce the calls that live."""
        for switch in self.sites:
            switch.take_over(self._dice, self.now)
        self._at_once((switch, event) for switch in self.sites for event in announcement(switch, self.now))

    def _query(self) -> None:
        """A client asks which calls there are on the abstract DNs."""
        if self._heap:  # or else this would go on when all is told
            self._at(self.now + self.scenario.query_every, self._query)
        self._at_once((switch, address_info(switch, self.now)) for switch in self.sites)
