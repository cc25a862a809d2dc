"""Simulate a scenario: stories begin at random, and their events come in order of time.

Strategy: a heap holds one entry per story, by the time of its next event, and one per task (the next arrival, a
switchover, a query). A switch records each event when it is sent, so its live calls are always those that its
clients know.
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

from .announcement import address_info, announcement, live_calls
from .scenario import Scenario, ScenarioError
from .story.call import timestamp
from .story.catalogue import CATALOGUE
from .story.dice import Dice, Durations
from .story.story import ScheduledEvent, Script, Story
from .story.switch import Switch, Unanswered

_SEQUENCE, _SECONDS, _MICROSECONDS = (
    TLIBRARY.attribute_name(i) for i in (AttributeID.EventSequenceNumber, AttributeID.TimeinSecs, AttributeID.TimeinuSecs)
)

_LAST = float(1 << 32)  # seconds since 1970 have 32 bits
_Task: TypeAlias = Callable[[], None]


class TimedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event, its simulated time in seconds since 1970, and the name of the site whose T-Server sends it."""

    time: float
    event: Event
    site: str


class Simulation:
    """The events of a scenario, in order of time: iterate over it. A second iteration continues where the first stopped.

    `seed` replaces the scenario's; `scripts` are your own stories, by name, beside the catalogue's. Raises
    ScenarioError if the mix names an unknown story.
    """

    def __init__(self, scenario: Scenario | None = None, seed: int | None = None, *, scripts: Mapping[str, Script] | None = None) -> None:
        self.scenario: Scenario = Scenario() if scenario is None else scenario
        scenario = self.scenario
        self._dice = Dice(scenario.seed if seed is None else seed)
        start = scenario.start.timestamp()
        self.now: float = start
        self.sites: list[Switch] = [Switch(site, index, self._dice, start) for index, site in enumerate(scenario.sites)]
        self._by_name = {switch.name: switch for switch in self.sites}
        self._durations = Durations(scenario.times)
        self._scripts, self._weights = self._mix(scripts or {})
        self._end = min(start + scenario.duration, _LAST) if scenario.duration else _LAST
        self._left = scenario.stories or -1
        self._order = itertools.count()
        self._order_before_all = itertools.count(-(1 << 62))
        self._heap: list[tuple[float, int, list[ScheduledEvent] | _Task]] = []
        for after in scenario.switchover:
            self._at(start + after, self._switch_over)
        if scenario.query_interval:
            self._at(start + scenario.query_interval, self._query)
        if scenario.rate:
            self._at(start, self._arrive)

    def _mix(self, scripts: Mapping[str, Script]) -> tuple[list[Script], list[float]]:
        """Return the stories of the mix, and their cumulative weights."""
        known = {name: entry.script for name, entry in CATALOGUE.items()} | dict(scripts)
        sites = len(self.sites)
        default = {name: entry.weight for name, entry in CATALOGUE.items() if entry.sites <= sites}
        mix = self.scenario.mix or default | dict.fromkeys(scripts, 1.0)
        for name, weight in mix.items():
            if name not in known:
                raise ScenarioError("scenario-form", expected=f"a story: {', '.join(known)}", actual=quote(name), parts=("mix",))
            entry = CATALOGUE.get(name)
            if weight and entry is not None and entry.script is known[name] and entry.sites > sites:
                raise ScenarioError("scenario-form", expected=f"{entry.sites} sites", actual=str(sites), parts=(f"mix.{name}",))
        names = [name for name, weight in mix.items() if weight]
        if not names:
            raise ScenarioError("scenario-form", expected="a story with a weight above 0", actual="none", parts=("mix",))
        return [known[name] for name in names], list(itertools.accumulate(mix[name] for name in names))

    def __iter__(self) -> Iterator[TimedEvent]:
        heap, stamps = self._heap, self.scenario.stamps
        while heap and heap[0][0] < self._end:
            time, order, entry = heap[0]
            self.now = time
            if not isinstance(entry, list):
                heapq.heappop(heap)
                entry()
                continue
            _, site, event, call = entry.pop()
            if entry:
                heapq.heapreplace(heap, (entry[-1][0], order, entry))
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
            yield self._timed(site, event) if stamps else TimedEvent(time, event, site.name)

    def _timed(self, site: Switch, event: Event, *, numbered: bool = True) -> TimedEvent:
        """Return the event as the site's T-Server sends it now."""
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

    def _at(self, time: float, entry: list[ScheduledEvent] | _Task) -> None:
        heapq.heappush(self._heap, (time, next(self._order), entry))

    def _at_once(self, events: Iterable[tuple[Switch, Event]]) -> None:
        """Schedule events now, before all others that are due now."""
        scheduled: list[ScheduledEvent] = [(self.now, switch, event, None) for switch, event in events]
        scheduled.reverse()
        heapq.heappush(self._heap, (self.now, next(self._order_before_all), scheduled))

    def _arrive(self) -> None:
        """Begin a story, and draw the time of the next one."""
        if not self._left:
            return
        self._left -= 1
        dice, weights = self._dice, self._weights
        self._at(self.now - math.log(1.0 - dice.random()) / self.scenario.rate, self._arrive)
        script = self._scripts[bisect.bisect(weights, dice.random() * weights[-1], hi=len(weights) - 1)]
        story = self._new_story(self.now, dice.pick(self.sites))
        try:  # noqa: SIM105 a context manager takes as long as an event
            script(story)
        except Unanswered:
            pass
        self._schedule(story)

    def _new_story(self, now: float, switch: Switch) -> Story:
        return Story(now, switch, self.sites, self._dice, self._durations, released=self.scenario.released)

    def _schedule(self, story: Story) -> None:
        """Schedule the events of a story."""
        if story.scheduled:
            story.scheduled.reverse()
            self._at(story.scheduled[-1][0], story.scheduled)

    def play(self, script: Script, *, at: float | None = None, site: str | None = None) -> None:
        """Begin a story: now or at a later time (seconds since 1970), at the named site or at a random one."""
        with self.story(at=at, site=site) as story:
            script(story)

    @contextlib.contextmanager
    def story(self, *, at: float | None = None, site: str | None = None) -> Iterator[Story]:
        """Begin a story as `play` does, with a ``with`` block as its script; its events come after the block."""
        switch = self._dice.pick(self.sites) if site is None else self._switch(site)
        story = self._new_story(self.now if at is None else max(at, self.now), switch)
        with contextlib.suppress(Unanswered):
            yield story
        self._schedule(story)

    def live_calls(self, site: str | None = None) -> list[EventCallCreated]:
        """Return the creations that announce the live calls of a site (None: the first site) now."""
        return list(live_calls(self._switch(site)))

    def announce(self, site: str | None = None) -> list[TimedEvent]:
        """Return the events for a client that connects to a site (None: the first site).

        EventRegistered on the abstract DN lists the live calls in its Extensions; then each call has a creation
        with its own CallUUID. These events have no sequence number, since other clients do not get them.
        """
        switch = self._switch(site)
        return [self._timed(switch, event, numbered=False) for event in announcement(switch, self.now)]

    def _switch(self, site: str | None) -> Switch:
        """Return a site's switch. Raises LookupError for an unknown name."""
        return self.sites[0] if site is None else self._by_name[site]

    def _switch_over(self) -> None:
        """Let the backups take over: they number events anew, and announce the live calls."""
        for switch in self.sites:
            switch.take_over(self._dice, self.now)
        self._at_once((switch, event) for switch in self.sites for event in announcement(switch, self.now))

    def _query(self) -> None:
        """Answer a client that queries the calls on the abstract DNs."""
        if self._heap:  # else the queries would never end
            self._at(self.now + self.scenario.query_interval, self._query)
        self._at_once((switch, address_info(switch, self.now)) for switch in self.sites)
