"""The truth about a generated call. Times count units of 100 µs from the beginning of the day's log."""

from __future__ import annotations

import msgspec

Spans = list[tuple[int, int]]


class TrueParty(msgspec.Struct):
    """A party: its role and agent, and its spans in each state."""

    role: str
    agent: str | None = None
    spans: dict[str, Spans] = {}


class TrueCall(msgspec.Struct):
    """A call. `first` is the party that hung up first, where the log says it; `merged` the ConnID of the call it was merged into."""

    flow: str
    conn: str
    begin: int = 0
    end: int = 0
    outcome: str = ""
    queue: int | None = None
    ring: int | None = None
    talk: int | None = None
    hold: int | None = None
    first: str | None = None
    main: str | None = None
    merged: str | None = None
    parties: dict[str, TrueParty] = {}
    events: list[tuple[str, int]] = []  # site, and number of the event in its log

    def over(self, outcome: str, begin: int, end: int, *, first: str | None = None, **times: int | None) -> None:
        """State the outcome, the times and who hung up first."""
        self.outcome, self.begin, self.end, self.first = outcome, begin, end, first
        self.queue, self.ring, self.talk, self.hold = (times.get(name) for name in ("queue", "ring", "talk", "hold"))

    def party(self, dn: str, role: str, agent: str | None = None, **spans: tuple[int, int] | Spans) -> None:
        """State the spans of a party."""
        known = {state: value if isinstance(value, list) else [value] for state, value in spans.items()}
        self.parties[dn] = TrueParty(role, agent, known)
