"""Write events for people: one compact block per event.

Strategy: a block opens with the time, the event and the call's identifiers, always in the same place. The other
attributes follow in the order of the event's table, as many to a line as fit; lists unfold below. A word marks a
violation, so the block reads the same without colour. Control characters in values are escaped, since a terminal
would obey them.
"""

from __future__ import annotations

import io
import os
import sys
import textwrap
from collections.abc import Iterator
from typing import Any, BinaryIO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from tlib_cli.reports import complaints
from tlib_cli.terminal import TerminalFile, printable_lines
from tlib_codec.checks import violations_of
from tlib_codec.clock import ShownZone
from tlib_codec.formats.writers import RecordWriter
from tlib_codec.records import Diagnostic, Origin, Record
from tlib_codec.stream import Gap
from tlib_schemas.attributes import Timestamp
from tlib_schemas.declare import Composite
from tlib_schemas.enumerations import AttributeID, OpenEnum
from tlib_schemas.errors import Severity, Violation, printable, quote
from tlib_schemas.events import Event, InvalidEvent
from tlib_schemas.registry import Item, Registry
from tlib_schemas.values import KVList, RawValue, Unicode

_PALETTE = ("green", "yellow", "magenta", "blue", "cyan", "bright_blue")  # colours of events, in the order of the registry
_FIRST = (AttributeID.ConnID, AttributeID.CallUUID)
_SHOWN_BYTES = 24
_MARKS = {Severity.ERROR: ("ERROR ", "bold red"), Severity.WARNING: ("warning ", "yellow")}
_GUIDES = ("├─ ", "└─ ", "│  ", "   ")
_PLAIN_GUIDES = ("+- ", "`- ", "|  ", "   ")
Guides = tuple[str, str, str, str]  # of a pair, of the last one, below a pair, below the last one
_Pairs = list[tuple[str, Any]]


class Table(RecordWriter):
    """Writes a block per record: coloured on a terminal, plain text elsewhere."""

    def __init__(self, file: BinaryIO, registry: Registry, zone: ShownZone | None = None) -> None:
        super().__init__(file, registry)
        self._zone = zone or ShownZone()
        self.console = console(file)
        self._colours = {number: _PALETTE[i % len(_PALETTE)] for i, number in enumerate(registry.schemas)}

    def put(self, record: Record) -> None:
        """Write the block of a record; a line is as long as it is, so that an identifier is never broken."""
        self.console.print(self.block(record), soft_wrap=True)

    def put_diagnostic(self, diagnostic: Diagnostic) -> None:
        """Write the line of a diagnostic."""
        lines = (Text(printable(line), "bold red") for line in complaints(diagnostic))
        self.console.print(Text("ERROR ", "bold red") + next(lines), *lines, Text(), sep="\n", soft_wrap=True)

    def flush(self) -> None:
        """Make everything written so far visible to a reader."""
        self.console.file.flush()

    def block(self, record: Record) -> Text:
        """Return the block of a record and an empty line."""
        item = record.item
        if isinstance(item, Gap):
            return Text.assemble(("ERROR " + printable(record.complaint()), "bold red"), ("\n  " + hex_bytes(item.data) + "\n", "dim"))
        pairs = self._pairs(item)
        stamp = self._zone.text(record.origin)
        violations = violations_of(record, self._registry)
        lines = [self._head(item, stamp, record, [v for v in violations if v.code == "deprecated"])]
        lines += self._cells(pairs, {v.attribute for v in violations if v.code == "unlisted-attribute"})
        for label, value in pairs:
            if isinstance(value, KVList):
                lines += self._list(label, value)
        for violation in violations:
            if violation.code not in {"deprecated", "unlisted-attribute"}:  # the block marks these at their attribute
                lines += self._violation(violation)
        lines += [_cell(name, value, "  ", "yellow") for name, value in record.unnumbered.items()]
        lines.append(Text())
        return Text("\n").join(lines)

    def _head(self, item: Item, stamp: str, record: Record, deprecated: list[Violation]) -> Text:
        number = item.message
        name = (self._registry.message_name(number) if isinstance(number, int) else number) or f"message {number}"
        colour = self._colours.get(number, "white") if isinstance(number, int) else "white"
        head = Text()
        if stamp:
            head.append(stamp + "  ", "bold")
        head.append(printable(name), f"bold {'red' if isinstance(item, InvalidEvent) else colour}")
        if deprecated:
            head.append(" (deprecated)", "yellow")
        place = _place(record.origin, ">" if guides(self.console) is _PLAIN_GUIDES else "→")
        padding = self.console.width - head.cell_len - cell_len(place)
        return head.append(" " * padding + place if padding > 1 else f"\n  {place}", "dim")

    def _pairs(self, item: Item) -> _Pairs:
        """Return the attributes of an event by printed name, without its time."""
        pairs: _Pairs = []
        if isinstance(item, Event):
            for field in item.__schema__.fields:
                value = getattr(item, field.name)
                if isinstance(value, Composite):
                    pairs += [(a.name, getattr(value, part)) for part, a in field.attributes]
                else:
                    pairs.append((field.label, value))
            pairs += item.extra.items()
        else:
            pairs += item.attributes.items()
        self._take_time(pairs)
        first = [self._registry.attribute_name(i) for i in _FIRST]
        pairs.sort(key=lambda pair: first.index(pair[0]) if pair[0] in first else len(first))
        return [(label, value) for label, value in pairs if value is not None]

    def _take_time(self, pairs: _Pairs) -> None:
        """Remove the time attributes from `pairs`, where they are a time: the head of the block has it."""
        names = [self._registry.attribute_name(i) for i in (AttributeID.TimeinSecs, AttributeID.TimeinuSecs)]
        seconds, fraction = (next((value for label, value in pairs if label == name and isinstance(value, int)), None) for name in names)
        if seconds is not None and Timestamp(seconds=seconds, microseconds=fraction).to_text() is not None:
            pairs[:] = [pair for pair in pairs if pair[0] not in names]

    def _cells(self, pairs: _Pairs, unlisted: set[str]) -> Iterator[Text]:
        """Yield lines of plain attributes; a star marks those outside the event's table."""
        line = Text()
        for label, value in pairs:
            if isinstance(value, KVList):
                continue
            cell = _cell(label + "*", value, "  ", "yellow") if label in unlisted else _cell(label, value, "  ")
            if line.plain and line.cell_len + cell.cell_len > self.console.width:
                yield line
                line = Text()
            line = line + cell if line.plain else cell
        if line.plain:
            yield line

    def _list(self, label: str, kv: KVList) -> Iterator[Text]:
        yield Text.assemble("  ", (printable(label), "dim"), "" if len(kv) else " (empty)")
        yield from branches(kv, "  ", guides(self.console))

    def _violation(self, violation: Violation) -> Iterator[Text]:
        mark, style = _MARKS[violation.severity]
        text = f"{violation.attribute}: expected {violation.expected}, found {violation.actual} [{violation.code}]"
        lines = textwrap.wrap(mark + printable(text), max(20, self.console.width - 2), initial_indent="  ", subsequent_indent="    ")
        return (Text(line, style) for line in lines)


def _place(origin: Origin, arrow: str) -> str:
    """Return the place of a record as an editor takes it (``server.log:17``), with the offset (``calls.tlb@60``) or both addresses."""
    if origin.packet is not None:
        return printable(f"{origin.src} {arrow} {origin.dst}  {origin.place}")
    if origin.line is None and origin.offset is not None:
        return f"{printable(origin.file)}@{origin.offset}"
    if origin.line is None and not origin.file:
        return printable(str((origin.other or {}).get("server", "@")))
    return printable(origin.place)


def guides(screen: Console) -> Guides:
    """Return the lines of a tree, in ASCII if the console's encoding is not UTF-8."""
    return _GUIDES if screen.encoding.lower().startswith("utf") else _PLAIN_GUIDES


def branches(kv: KVList, indent: str, guides: Guides) -> Iterator[Text]:
    """Yield a line per pair of a list and of its nested lists."""
    middle, last, down, nothing = guides
    for place, (key, value) in enumerate(kv, 1):
        end = place == len(kv)
        line = Text.assemble((indent + (last if end else middle), "dim"), (text_of(key), "cyan"))
        if isinstance(value, KVList):
            yield line if len(value) else line.append(" (empty)", "dim")
            yield from branches(value, indent + (nothing if end else down), guides)
        else:
            yield line.append(" = ", "dim").append(text_of(value))


class _Console(Console):
    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Yield the segments of `renderable`, of text that no terminal obeys: the last of the steps that see to it."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable_lines(segment.text))

    def on_broken_pipe(self) -> None:
        """Raise the error again, so that `main` handles it; rich would exit here."""
        raise  # noqa: PLE0704 rich calls this while it handles the error


def console(file: BinaryIO) -> Console:
    """Return a rich console over a binary file; 100 columns wide without a terminal and COLUMNS."""
    text = (
        sys.stdout
        if file is sys.stdout.buffer or isinstance(file, TerminalFile)
        else io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", write_through=True)
    )
    width = None if text.isatty() or "COLUMNS" in os.environ else 100
    return _Console(file=text, highlight=False, markup=False, emoji=False, width=width)


def _cell(label: str, value: Any, indent: str, style: str = "dim") -> Text:
    return Text.assemble(indent, (printable(label), style), " ", text_of(value))


def text_of(value: Any) -> str:
    """Return a value as one printable line."""
    match value:
        case OpenEnum():
            return printable(value.label) if value.label else str(int(value))
        case Unicode():
            return f"{quote(value, len(value))} (Unicode)"
        case str():
            return value if value.isprintable() and value.strip() == value != "" else quote(value, len(value))
        case RawValue():
            return f"type {value.type}: {hex_bytes(value.value)}"
        case bytes():
            return hex_bytes(value)
        case _:
            return printable(str(value))


def hex_bytes(data: bytes) -> str:
    """Return the first 24 bytes in hex, and the number of bytes if there are more."""
    shown = data[:_SHOWN_BYTES].hex(" ") or "no bytes"
    return shown if len(data) <= _SHOWN_BYTES else f"{shown} … ({len(data)} bytes)"
