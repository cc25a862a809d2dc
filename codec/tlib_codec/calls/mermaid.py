"""Write calls as the text of a Mermaid sequence diagram: a participant a party, a box a site, an arrow an event.

Strategy: the events of all calls in the order of time. An event of a party that names another one is an arrow: to the party that is
called, else from the party of the event; it ends in a cross where that one leaves. Any other event is a note. Names and texts of the
input are written with Mermaid's character codes, so they cannot break out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from tlib_schemas.errors import printable
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .model import Call, Change, LinkKind

_EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_PLAIN = frozenset(" .,:-+_/()@")
_OFFERED = frozenset({"EventQueued", "EventRouteRequest", "EventRinging"})
_ARROWS = {"EventDialing": "->>", "EventReleased": "-x", "EventAbandoned": "-x", "EventDiverted": "-x"}
_NAME = 32  # characters


def mermaid(calls: Iterable[Call], *, registry: Registry = TLIBRARY, title: str = "Calls", rows: int = 2_000) -> str:  # noqa: ARG001 as `ladder`
    """Return a Mermaid sequence diagram of `calls`, which need their history; events beyond `rows` are left out."""
    return "\n".join([*_Diagram(list(calls), title, rows).lines(), ""])


class _Diagram:
    def __init__(self, calls: list[Call], title: str, most: int) -> None:
        self._calls = sorted(calls, key=lambda call: call.begin or _EVER)
        self._title = title
        steps = ((change, call) for call in self._calls for change in call.history)
        self._steps = sorted(steps, key=lambda step: step[0].time or _EVER)
        self._cut = len(self._steps) > most
        self._steps = self._steps[:most]
        self._boxed = any(len(set(call.sites.values())) > 1 for call in self._calls)
        self._names: dict[tuple[str, str], str] = {}
        for change, call in self._steps:
            for dn in (change.party, change.other):
                if dn is not None:
                    self._id(call, change, dn)

    def lines(self) -> Iterator[str]:
        yield "sequenceDiagram"
        yield f"    title {_safe(self._title, 90)}"
        for site in dict.fromkeys(site for site, _ in self._names):
            if site:
                yield f"    box {_safe(site.rpartition('/')[2], _NAME)}"
            yield from (f"    participant {name} as {_safe(dn, _NAME)}" for (at, dn), name in self._names.items() if at == site)
            if site:
                yield "    end"
        if not self._names:
            yield "    participant calls as Calls"
        for change, call in self._steps:
            yield f"    {self._step(change, call)}"
        everyone = list(self._names.values()) or ["calls"]
        over = everyone[0] if len(everyone) == 1 else f"{everyone[0]},{everyone[-1]}"
        for call in self._calls:
            for link in call.links:
                if link.kind is LinkKind.MERGED_INTO:
                    into = link.conn_id or link.call_uuid or ""
                    yield f"    Note over {over}: {_safe(call.conn_id or '', _NAME)} goes on as {_safe(into, _NAME)}"
        if self._cut:
            yield f"    Note over {over}: more events than are drawn"

    def _step(self, change: Change, call: Call) -> str:
        time = f"{change.time:%H:%M:%S} " if change.time is not None else ""
        text = f"{time}{_safe(change.event.removeprefix('Event'), 40)}"
        if len(self._calls) > 1:
            text += f" ({_safe((call.conn_id or call.call_uuid or '')[-6:], 6)})"
        if change.party is None:
            return f"Note over {next(iter(self._names.values()), 'calls')}: {text}"
        party = self._id(call, change, change.party)
        if change.other is None or change.other == change.party:
            return f"Note over {party}: {text}"
        other = self._id(call, change, change.other)
        if change.event in _OFFERED:
            return f"{other}->>{party}: {text}"
        return f"{party}{_ARROWS.get(change.event, '-->>')}{other}: {text}"

    def _id(self, call: Call, change: Change, dn: str) -> str:
        site = call.sites.get(change.site or call.call_uuid or "", "") if self._boxed else ""
        return self._names.setdefault((site, dn), f"p{len(self._names)}")


def _safe(text: str, most: int) -> str:
    """Return text, printable, with every character that Mermaid might read as its own written as a code."""
    shown = printable(text[:most])
    return "".join(one if one.isascii() and (one.isalnum() or one in _PLAIN) else f"#{ord(one)};" for one in shown)
