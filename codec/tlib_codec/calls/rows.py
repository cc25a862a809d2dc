"""Arrange the rows and lanes of a call ladder.

Strategy: one row per event, in order of time, so nothing overlaps; a long silence is a row, not a distance. A lane is
free again when its call or party ends, so the width of a ladder depends on the calls at one time, not on all calls. The parties of
a site stand side by side where the calls have several sites; a bar on the lifeline of a party is a state in a call.
"""

from __future__ import annotations

import datetime as dt
import enum
import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tlib_schemas.call_events import EventCallDataChanged, EventCallDeleted
from tlib_schemas.enumerations import OpenEnum, TCallType
from tlib_schemas.kinds import Identifies
from tlib_schemas.registry import Registry
from tlib_schemas.values import KVList

from .model import ENDED, Call, Change, LinkKind
from .party import State

_SILENCE = dt.timedelta(seconds=1)
# A call's box and the arrows show these.
_QUIET = frozenset({Identifies.CALL, Identifies.OTHER_CALL, Identifies.ORIGINAL_CALL, Identifies.MERGED_CALL, Identifies.MERGED_CONNECTION})


class Kind(enum.Enum):
    """The content of a row."""

    BOX = "box"  # a call begins, perhaps out of another one
    PARTIES = "parties"  # parties are named for the first time
    EVENT = "event"
    MERGE = "merge"  # a call goes on as another one
    SILENCE = "silence"


class Line(msgspec.Struct):
    """A lifeline: of a call, or of a party of `site` where `call` is None; `first` and `last` are rows."""

    name: str
    call: Call | None = None
    site: str = ""
    first: int = 0
    last: int = 0
    lane: int = 0
    ended: bool = False


class Row(msgspec.Struct):
    """A row: `line` is the call's (or, for PARTIES, none), `other` the party at the arrow's other end, `far` the one that talks to it."""

    kind: Kind
    time: dt.datetime | None = None
    line: Line | None = None
    other: Line | None = None
    far: Line | None = None
    inward: bool = False  # the arrow points at the call
    ends: bool = False  # the call
    text: str = ""
    detail: str = ""
    label: str = ""
    warnings: Sequence[str] = ()
    boxes: Sequence[Line] = ()


class Bar(msgspec.Struct):
    """A state of a party in a call, from one row to another one."""

    party: Line
    line: Line
    state: State
    first: int
    last: int


class Box(msgspec.Struct):
    """The lanes of the parties of a site."""

    name: str
    first: int
    last: int


class Rows:
    """The rows of `calls`, `most` at most; `cut` says whether there were more."""

    def __init__(self, calls: Iterable[Call], registry: Registry, most: int) -> None:
        self.rows: list[Row] = []
        self.cut: bool = False
        self._registry = registry
        calls = sorted(calls, key=lambda call: call.begin or _EVER)
        self.calls: list[Line] = [Line(call.call_uuid or call.conn_id or "", call) for call in calls]
        self.parties: dict[tuple[str, str], Line] = {}
        self._sites = {uuid: file for call in calls if len(set(call.sites.values())) > 1 for uuid, file in call.sites.items()}
        if self._sites:
            self._sites = {uuid: file for call in calls for uuid, file in call.sites.items()}
        self._by_id = {name: line for line in self.calls if line.call for name in (line.call.conn_id, line.call.call_uuid) if name}
        self._begun: set[int] = set()
        steps = [
            (change.time or line.call.begin or _EVER, index, place, line, change)
            for index, line in enumerate(self.calls)
            if line.call
            for place, change in enumerate(line.call.history)
        ]
        before: dt.datetime | None = None
        for time, _, place, line, change in sorted(steps, key=lambda step: step[:3]):
            if len(self.rows) >= most:
                self.cut = True
                break
            if before is not None and time - before >= _SILENCE:
                self._add(Row(Kind.SILENCE, text=_span(time - before)))
            before = time
            self._step(line, change, last=line.call is not None and place == len(line.call.history) - 1)
        self.lanes: int = _lanes([line for line in self.calls if id(line) in self._begun])
        self.boxes: list[Box] = []
        self.width: int = self.lanes
        for site in dict.fromkeys(party.site for party in self.parties.values()):
            parties = [party for party in self.parties.values() if party.site == site]
            lanes = _lanes(parties)
            for party in parties:
                party.lane += self.width
            self.boxes += [Box(site, self.width, self.width + lanes - 1)] if site else []
            self.width += lanes
        for line in self.calls:
            if not line.ended:
                line.last = len(self.rows)
        self.bars: list[Bar] = list(self._bars())

    def _add(self, row: Row) -> None:
        for line in (row.line, row.other, row.far, *row.boxes):
            if line is not None:
                line.last = len(self.rows)
        self.rows.append(row)

    def _step(self, line: Line, change: Change, *, last: bool) -> None:
        call = line.call
        assert call is not None
        warnings = [a.code for a in call.anomalies if a.time == change.time and a.origin == change.origin]
        ends = last and call.ending in ENDED
        caused = change.event in (EventCallDataChanged.__name__, EventCallDeleted.__name__)
        row = Row(Kind.EVENT, change.time, line, inward=caused, ends=ends, text=change.event, detail=self._told(change), warnings=warnings)
        if id(line) not in self._begun:
            self._begun.add(id(line))
            line.first = len(self.rows)
            main = self._main(call)
            box = Row(Kind.BOX, change.time, line, main, inward=True, label="consults" if main is not None else "")
            if not ends and change.party is None:
                box.text, box.detail, box.warnings = row.text, row.detail, row.warnings
                self._add(box)
                return
            self._add(box)
        site = self._sites.get(change.site, "")
        row.other = self._party(change.party, site)
        row.far = self._party(change.other, site) if change.party is not None and change.other != change.party else None
        self._add(row)
        if ends:
            self._finish(line, call)

    def _main(self, call: Call) -> Line | None:
        """Return the call that this one consults for, where it is drawn above."""
        for link in call.links:
            main = self._by_id.get(link.call_uuid or "")
            if link.kind is LinkKind.CONSULTS_FOR and main is not None and id(main) in self._begun and not main.ended:
                return main
        return None

    def _finish(self, line: Line, call: Call) -> None:
        line.ended = True
        merge = next((link for link in call.links if link.kind is LinkKind.MERGED_INTO), None)
        if merge is None:
            return
        into = self._by_id.get(merge.call_uuid or "") or self._by_id.get(merge.conn_id or "")
        if into is not None and id(into) in self._begun and not into.ended and into is not line:
            self._add(Row(Kind.MERGE, None, line, into, label=merge.cause or "merged"))

    def _bars(self) -> Iterator[Bar]:
        """Yield the states of all parties: from the row of the event that begins one to the row of the event that ends it."""
        timed = [(row.time, number) for number, row in enumerate(self.rows) if row.time is not None and row.kind is Kind.EVENT]
        times = [time for time, _ in timed]
        for line in self.calls:
            for party in line.call.parties.values() if line.call is not None and id(line) in self._begun else ():
                drawn = self.parties.get((self._site_of(line.call, party.site), party.dn))
                for span in party.spans if drawn is not None else ():
                    first = bisect_left(times, span.start) if span.start is not None else 0
                    last = bisect_left(times, span.end) if span.end is not None else len(times)
                    if drawn is not None and first < len(timed) and first < last:
                        end = timed[last][1] if last < len(timed) else len(self.rows)
                        yield Bar(drawn, line, span.state, max(timed[first][1], drawn.first + 1), end)

    def _site_of(self, call: Call | None, uuid: str) -> str:
        return self._sites.get(uuid or (call.call_uuid if call is not None else None) or "", "")

    def _party(self, name: str | None, site: str) -> Line | None:
        if name is None:
            return None
        party = self.parties.get((site, name))
        if party is None:
            party = self.parties[site, name] = Line(name, site=site, first=len(self.rows))
            self._add(Row(Kind.PARTIES, boxes=(party,)))
        return party

    def _told(self, change: Change) -> str:
        """Return the changes in short."""
        parts = []
        for name, (old, new) in change.changes.items():
            attribute = self._registry.dictionary.get(self._registry.attribute_number(name))
            identifies = None if attribute is None else attribute.identifies
            if identifies in _QUIET or isinstance(new, TCallType):
                continue
            if identifies is Identifies.CONNECTION and old is None:
                continue
            if new is None:
                parts.append(f"{name} deleted")
            elif isinstance(new, KVList):
                parts.append(f"{name} ({len(new)})")
            else:
                parts.append(f"{name} {new.label or int(new) if isinstance(new, OpenEnum) else new}")
        if change.other is not None:
            parts.append(f"with {change.other}")
        return ", ".join(parts)


_EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _lanes(lines: Iterable[Line]) -> int:
    """Give each lifeline a lane that is free; how many there are."""
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    made = 0
    for line in sorted(lines, key=lambda one: one.first):
        while busy and busy[0][0] < line.first:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if free:
            line.lane = heapq.heappop(free)
        else:
            line.lane, made = made, made + 1
        heapq.heappush(busy, (line.last, line.lane))
    return made


def _span(time: dt.timedelta) -> str:
    seconds = time.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"
