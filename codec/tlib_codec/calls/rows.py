"""Arrange the rows and lanes of a call ladder.

Strategy: one row per event, in order of time, so nothing overlaps; a long silence is a row, not a distance. A lane is
free again when its call or party ends, so the width of a ladder depends on the calls at one time, not on all calls.
"""

from __future__ import annotations

import datetime as dt
import enum
import heapq
from collections.abc import Iterable, Sequence

import msgspec

from tlib_schemas.call_events import EventCallDataChanged, EventCallDeleted
from tlib_schemas.enumerations import OpenEnum, TCallType
from tlib_schemas.kinds import Identifies
from tlib_schemas.registry import Registry
from tlib_schemas.values import KVList

from .model import ENDED, Call, Change, LinkKind

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
    """A lifeline: of a call, or of a party where `call` is None; `first` and `last` are rows."""

    name: str
    call: Call | None = None
    first: int = 0
    last: int = 0
    lane: int = 0
    ended: bool = False


class Row(msgspec.Struct):
    """A row: `line` is the call's (or, for PARTIES, none), `other` the lifeline at the arrow's other end."""

    kind: Kind
    time: dt.datetime | None = None
    line: Line | None = None
    other: Line | None = None
    inward: bool = False  # the arrow points at the call
    ends: bool = False  # the call
    text: str = ""
    detail: str = ""
    label: str = ""
    warnings: Sequence[str] = ()
    boxes: Sequence[Line] = ()


class Rows:
    """The rows of `calls`, `most` at most; `cut` says whether there were more."""

    def __init__(self, calls: Iterable[Call], registry: Registry, most: int) -> None:
        self.rows: list[Row] = []
        self.cut: bool = False
        self._registry = registry
        calls = sorted(calls, key=lambda call: call.begin or _EVER)
        self.calls: list[Line] = [Line(call.call_uuid or call.conn_id or "", call) for call in calls]
        self.parties: dict[str, Line] = {}
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
        lanes = _lanes(self.parties.values())
        for party in self.parties.values():
            party.lane += self.lanes
        self.width: int = self.lanes + lanes
        for line in self.calls:
            if not line.ended:
                line.last = len(self.rows)

    def _add(self, row: Row) -> None:
        for line in (row.line, row.other, *row.boxes):
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
        row.other = self._party(change.party)
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

    def _party(self, name: str | None) -> Line | None:
        if name is None:
            return None
        party = self.parties.get(name)
        if party is None:
            party = self.parties[name] = Line(name, first=len(self.rows))
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
