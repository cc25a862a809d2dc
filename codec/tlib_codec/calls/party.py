"""A party of a call: its DN, its role and agent, and the spans of time that it spent in each state.

Strategy: an event begins a state at its time and ends the states that cannot last beside it. A state that ends without having
begun in the input has no start; a sum of times over it is unknown, never guessed.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import msgspec

from tlib_codec.json_text import text_to_data

_EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class State(enum.Enum):
    """What a party does in a call."""

    QUEUED = "queued"
    DIALING = "dialing"
    RINGING = "ringing"
    ESTABLISHED = "established"
    HELD = "held"  # beside ESTABLISHED: this party has the call on hold


_NAMES = tuple((state, state.value) for state in State)


class Span(msgspec.Struct):
    """A time in one state; None is a time that the input does not show."""

    state: State
    start: dt.datetime | None
    end: dt.datetime | None = None
    open: bool = True


class Party(msgspec.Struct):
    """A party. `site` is the CallUUID of the call at the T-Server of this party; empty where there is one site.

    `present` says that the party has events of its own and has not left. `left` is how it left: the CallState, or Released, Diverted,
    Abandoned; `released` is when. `onward` says that the call went on elsewhere then, to the DN `target` where it is known.
    `queues` says that it is a queue or a routing point.
    """

    dn: str
    site: str = ""
    role: str | None = None
    agent: str | None = None
    queue: str | None = None
    queues: bool = False
    present: bool = False
    onward: bool = False
    left: str | None = None
    target: str | None = None
    released: dt.datetime | None = None
    spans: list[Span] = []

    @property
    def unanswered(self) -> bool:
        """Return whether the party rang, has left and did not answer."""
        states = {span.state for span in self.spans}
        return self.left is not None and State.RINGING in states and State.ESTABLISHED not in states

    def current(self, *states: State) -> Span | None:
        """Return the open span in one of the states, or None."""
        return next((span for span in self.spans if span.open and span.state in states), None)

    def begin(self, state: State, time: dt.datetime | None, most: int) -> None:
        """Enter a state, and leave those that it ends. Keep `most` spans."""
        self.present, self.onward, self.left, self.released = True, False, None, None
        if self.current(state) is not None:
            return
        if state is not State.HELD:
            self.end(time)
        if len(self.spans) < most:
            self.spans.append(Span(state, time))

    def end(self, time: dt.datetime | None, *states: State) -> None:
        """Leave the states, or all of them."""
        for span in self.spans:
            if span.open and (not states or span.state in states):
                span.end, span.open = time, False

    def leave(self, how: str, time: dt.datetime | None, *, onward: bool = False, target: str | None = None) -> None:
        """Leave the call."""
        self.end(time)
        self.present, self.left, self.released, self.onward, self.target = False, how, time, onward, target

    def absorb(self, other: Party) -> None:
        """Add what is known of the same party."""
        self.spans = sorted([*self.spans, *other.spans], key=lambda span: span.start or _EVER)
        states = [span for span in self.spans if span.state is not State.HELD]
        for span, after in pairwise(states):
            if span.open:
                span.end, span.open = after.start, False
        self.role, self.agent, self.queue = self.role or other.role, self.agent or other.agent, self.queue or other.queue
        self.queues, self.present = self.queues or other.queues, self.present or other.present

    def first(self, state: State) -> dt.datetime | None:
        """Return when the party first entered the state."""
        return next((span.start for span in self.spans if span.state is state), None)

    def answered(self) -> bool:
        """Return whether the party took part in the conversation."""
        return not self.queues and any(span.state is State.ESTABLISHED for span in self.spans)

    def to_data(self) -> dict[str, Any]:
        """Return the party as JSON holds it: each state is a list of [from, to]."""
        texts = (("dn", self.dn), ("site", self.site), ("role", self.role), ("agent", self.agent), ("queue", self.queue))
        data: dict[str, Any] = {name: text_to_data(text) for name, text in texts if text}
        for state, name in _NAMES:
            for span in self.spans:
                if span.state is state:
                    data.setdefault(name, []).append([time_text(span.start), time_text(span.end)])
        if self.left is not None:
            data["left"], data["released"] = text_to_data(self.left), time_text(self.released)
        if self.target:
            data["target"] = text_to_data(self.target)
        return data


def seconds(spans: Iterable[Span], without: Iterable[Span] = ()) -> float | None:
    """Return the seconds that at least one of `spans` covers and none of `without`; None where a time is unknown."""
    edges: list[tuple[dt.datetime, int, int]] = []
    for kind, group in enumerate((spans, without)):
        for span in group:
            if span.start is None or span.end is None or span.end < span.start:
                return None
            edges += [(span.start, kind, 1), (span.end, kind, -1)]
    total = dt.timedelta()
    depth = [0, 0]
    before: dt.datetime | None = None
    for time, kind, step in sorted(edges, key=lambda edge: edge[0]):
        if before is not None and depth[0] and not depth[1]:
            total += time - before
        depth[kind] += step
        before = time
    return total.total_seconds()


def spans_of(parties: Iterable[Party], *states: State) -> Iterator[Span]:
    """Yield the spans of the parties in the states."""
    return (span for party in parties for span in party.spans if span.state in states)


def time_text(time: dt.datetime | None) -> str | None:
    """Return a time as ISO 8601 in UTC, to the microsecond."""
    return None if time is None else f"{time.isoformat(timespec='microseconds')[:26]}Z"
