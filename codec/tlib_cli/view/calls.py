"""Write calls as lines of JSON, as CSV, or as a table for people.

Strategy: the table writes a row when its call ends, so columns have fixed widths: begin, length, type, ANI, DNIS,
call, outcome. Linked calls and anomalies stand below their row, in full also the story; a character marks an anomaly, so
the table reads the same without colour.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterator
from typing import Any, BinaryIO, Protocol

import msgspec
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from tlib_codec.calls import Call, Change, Ending, Link, LinkKind, Party
from tlib_codec.calls.columns import CallColumns
from tlib_codec.calls.ladder import short
from tlib_codec.calls.outcome import hold_time, outcome, queue_time, released_first, ring_time, talk_time
from tlib_codec.calls.party import time_text
from tlib_codec.clock import ShownZone
from tlib_codec.formats.csv_text import csv_line, quoted, quoter
from tlib_codec.records import Origin
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.errors import printable
from tlib_schemas.registry import Registry
from tlib_schemas.values import KVList

from .tables import branches, console, guides, text_of

_COLUMNS = (("Begin", 19), ("Length", 7), ("Type", 8), ("ANI", 11), ("DNIS/dialed", 11), ("Call", 13), ("Outcome", 0))
_NARROW = {"Begin": 14, "ANI": 10}
_LINK_LABELS = {
    LinkKind.CONSULTS_FOR: "consults for",
    LinkKind.CONSULTED_BY: "consulted by",
    LinkKind.MERGED_INTO: "merged into",
    LinkKind.MERGED_FROM: "merged from",
    LinkKind.SITE: "at another site",
}
_ENDING_LABELS = {
    Ending.DELETED: "",
    Ending.RELEASED: "released",
    Ending.OPEN: "open",
    Ending.EXPIRED: "expired",
    Ending.EVICTED: "evicted",
}


_ENDINGS = {Ending.DELETED: "deleted", Ending.RELEASED: "every party has left"}


class CallWriter(Protocol):
    """Writes calls in one format."""

    def write(self, call: Call) -> None:
        """Write a call."""

    def flush(self) -> None:
        """Make everything written so far visible to a reader."""


class CallLines:
    """Writes a line of JSON per call."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, call: Call) -> None:
        """Write the line of a call."""
        self._file.write(msgspec.json.encode(call.to_data()) + b"\n")

    def write_lines(self, data: bytes) -> None:
        """Write lines that are ready."""
        self._file.write(data)

    def flush(self) -> None:
        """Make everything written so far visible to a reader."""
        self._file.flush()


class CallCsv:
    """Writes a row per call, behind a header. It guards texts unless it is `raw` (`csv_text`)."""

    def __init__(self, file: BinaryIO, registry: Registry, *, raw: bool) -> None:
        self._file = file
        self._columns = CallColumns(registry)
        self._quote = quoter(raw=raw)
        self._has_heading = False

    def write(self, call: Call) -> None:
        """Write the row of a call."""
        self._head()
        row = self._columns.row(call)
        self._file.write(csv_line([self._cell(row.get(name)) for name in self._columns.names]))

    def flush(self) -> None:
        """Make everything written so far visible to a reader, the header in any case."""
        self._head()
        self._file.flush()

    def _head(self) -> None:
        if not self._has_heading:
            self._has_heading = True
            self._file.write(csv_line(list(map(quoted, self._columns.names))))

    def _cell(self, value: str | float | dt.datetime | None) -> str:
        if isinstance(value, str):
            return self._quote(value)
        if isinstance(value, dt.datetime):
            return time_text(value) or ""
        return "" if value is None else msgspec.json.encode(value).decode()


class CallTable:
    """Writes a row per call; with `full`, also its attributes and every change."""

    def __init__(self, file: BinaryIO, registry: Registry, *, full: bool, zone: ShownZone | None = None) -> None:
        self.console = console(file)
        self._registry = registry
        self._full = full
        self._zone = zone or ShownZone()
        self._has_heading = False
        narrow = self.console.width < 100
        self._gap, self._date = (" ", "%m-%d %H:%M:%S") if narrow else ("  ", "%Y-%m-%d %H:%M:%S")
        self._widths = [_NARROW.get(name, width) if narrow else width for name, width in _COLUMNS]
        self._guides = guides(self.console)

    def flush(self) -> None:
        """Make everything written so far visible to a reader."""
        self.console.file.flush()

    def write(self, call: Call) -> None:
        """Write the row of a call, its links and anomalies; with `full`, its attributes and changes."""
        if not self._has_heading:
            self._has_heading = True
            begin = f"Begin ({self._zone.name})"
            self._widths[0] = max(self._widths[0], cell_len(begin))
            self.console.print(self._line([begin, *(name for name, _ in _COLUMNS[1:])], "bold"))
        lines = [*self._row(call), *self._anomalies(call)]
        if self._full:
            lines += [*self._story(call), *self._state(call), *self._history(call), Text()]
        self.console.print(Text("\n").join(lines))

    def _line(self, cells: list[str], style: str = "") -> Text:
        sizes = (max(width, cell_len(cell)) for cell, width in zip(cells, self._widths, strict=True))
        return Text(self._gap.join(map(set_cell_size, cells, sizes)).rstrip(), style)

    def _row(self, call: Call) -> Iterator[Text]:
        ani, dnis, dialed = (self._value_text(call, i) for i in (AttributeID.ANI, AttributeID.DNIS, AttributeID.DialedNumber))
        first = None if call.begin is None else call.begin.astimezone(self._zone.zone)
        begin = "?" if first is None else f"{first:{self._date}}"
        cells = [
            begin if call.created or first is None else f"< {first:%m-%d %H:%M}",
            duration_text(call.duration),
            self._value_text(call, AttributeID.CallType),
            ani,
            dnis or dialed,
            short(printable(call.call_uuid or call.conn_id or "?")),
        ]
        yield self._line([*cells, self._outcome(call)])
        links = "; ".join(_link(link) for link in call.links)
        yield from _wrapped(links, self.console.width, "    ", "    ") if links else ()

    def _value_text(self, call: Call, number: AttributeID) -> str:
        value = call.get(number, self._registry)
        return "" if value is None else text_of(value)

    def _outcome(self, call: Call) -> str:
        known = outcome(call)
        ending = _ENDING_LABELS[call.ending]
        if known is None:
            return "; ".join(part for part in (ending, self._value_text(call, AttributeID.Cause)) if part)
        return known.value if call.over else f"{known.value}; {ending}"

    def _story(self, call: Call) -> Iterator[Text]:
        """Yield why the call ended, who hung up first, its times, and its parties."""
        sums = (("queue", queue_time), ("ring", ring_time), ("talk", talk_time), ("hold", hold_time))
        times = [f"{name} {duration_text(dt.timedelta(seconds=time))}" for name, of in sums if (time := of(call)) is not None]
        known = outcome(call)
        ending = _ENDINGS[call.ending] if call.over else f"not over: {_ENDING_LABELS[call.ending]}"
        first = released_first(call)
        parts = [known.value if known is not None else "outcome not known", *times, ending]
        parts += [f"{printable(first)} hung up first"] if first is not None else []
        parts += [] if call.complete else ["events are missing: times are not summed"]
        yield from _wrapped("; ".join(parts), self.console.width, "  ", "    ", "bold")
        for party in call.parties.values():
            yield from _wrapped(_party(call, party), self.console.width, "  ", "    ")

    def _anomalies(self, call: Call) -> Iterator[Text]:
        for anomaly in call.anomalies:
            text = f"! {_place(anomaly.origin)}{printable(str(anomaly))}"
            yield from _wrapped(text, self.console.width, "  ", "    ", "yellow")
        if call.dropped:
            yield Text(f"  ! {call.dropped} more entries are not kept", "yellow")

    def _state(self, call: Call) -> Iterator[Text]:
        for name, value in call.state.items():
            if isinstance(value, KVList):
                yield Text.assemble("  ", (printable(name), "dim"), "" if len(value) else " (empty)")
                yield from branches(value, "  ", self._guides)
            else:
                yield Text.assemble("  ", (printable(name), "dim"), " ", text_of(value))

    def _history(self, call: Call) -> Iterator[Text]:
        for change in call.history:
            stamp = "?" if change.time is None else f"{change.time.astimezone(self._zone.zone):%H:%M:%S.%f}"[:-2]
            head = Text.assemble("  ", (stamp, "bold"), "  ", (printable(change.event), "green"))
            for mark, name in (("  by ", change.party), (" with ", change.other)):
                if name is not None:
                    head.append(mark, "dim").append(printable(name))
            yield head.append(f"  {_place(change.origin)}".rstrip(": "), "dim")
            yield from _changes(change, self.console.width)


def _party(call: Call, party: Party) -> str:
    name = printable(party.dn) + (f" at {printable(call.sites[party.site])}" if call.sites.get(party.site) else "")
    facts = [part for part in (party.role and party.role.lower(), party.agent and f"agent {party.agent}") if part]
    facts += [f"out of queue {party.queue}"] if party.queue else []
    facts += [f"{span.state.value} {_stamp(span.start)} to {_stamp(span.end)}" for span in party.spans]
    if party.left is not None:
        facts.append(f"left {_stamp(party.released)} ({party.left}{f' to {party.target}' if party.target else ''})")
    return f"{name}: {printable(', '.join(facts))}" if facts else name


def _stamp(time: dt.datetime | None) -> str:
    return "?" if time is None else f"{time:%H:%M:%S.%f}"[:-3]


def _changes(change: Change, width: int) -> Iterator[Text]:
    for name, (old, new) in change.changes.items():
        before = "" if old is None else f"{_brief(old)} → "
        yield from _wrapped(f"{printable(name)} {before}{'(deleted)' if new is None else _brief(new)}", width, "      ", "        ", "dim")


def _wrapped(text: str, width: int, first: str, more: str, style: str = "") -> Iterator[Text]:
    lines = textwrap.wrap(text, max(24, width), initial_indent=first, subsequent_indent=more, break_on_hyphens=False)
    return (Text(line, style) for line in lines)


def _brief(value: Any) -> str:
    if isinstance(value, KVList):
        text = ", ".join(f"{printable(key)}={_brief(inner)}" for key, inner in value)
        return "{" + text + "}"
    return text_of(value)


def _link(link: Link) -> str:
    name = short(printable(link.call_uuid or link.conn_id or "?"))
    return f"{_LINK_LABELS[link.kind]} {name}" + (f" ({printable(link.cause)})" if link.cause else "")


def _place(origin: Origin) -> str:
    """Return the line or byte offset of an event, as text."""
    if origin.line is not None:
        return f"line {origin.line}: "
    return f"@{origin.offset}: " if origin.offset is not None else ""


def duration_text(duration: dt.timedelta | None) -> str:
    """Return H:MM:SS; below a minute, seconds with tenths."""
    if duration is None:
        return ""
    seconds = duration.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
