"""``tlib inspect``: print annotated hex.

Strategy: `annotate` names the bytes and this module lays them out. The fields of one header (of a frame, an attribute
or a pair) share a row. A field has the same colour in the hex and in its label, and the row reads the same without
colour.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import NamedTuple

import click
from rich.console import Console
from rich.text import Text

from tlib_cli import FINE, INVALID
from tlib_cli.inputs import InputError, entries
from tlib_cli.options import build_query, files_argument, input_options, query_options, registry_option, report_unmatched, zone_option
from tlib_cli.output import check_distinct
from tlib_cli.reports import Unusable, complaints, report
from tlib_cli.view.tables import console
from tlib_codec.annotate import Kind, Span, annotate
from tlib_codec.clock import ShownZone
from tlib_codec.formats import ReadOptions
from tlib_codec.query import Query, Tally
from tlib_codec.records import Diagnostic, Record
from tlib_codec.stream import Gap, MalformedFrame, Missing
from tlib_schemas.errors import printable
from tlib_schemas.registry import Registry

_COLOURS = {
    Kind.MAGIC: "blue",
    Kind.VERSION: "magenta",
    Kind.FLAGS: "blue",
    Kind.MESSAGE: "bold green",
    Kind.LENGTH: "yellow",
    Kind.ID: "bold cyan",
    Kind.TYPE: "magenta",
    Kind.COUNT: "blue",
    Kind.KEY: "cyan",
    Kind.VALUE: "green",
    Kind.BROKEN: "bold white on red",
    Kind.UNREAD: "dim",
}
_HEADER_FIELDS = {Kind.MAGIC, Kind.VERSION, Kind.FLAGS, Kind.MESSAGE, Kind.LENGTH, Kind.ID, Kind.TYPE}  # share a row
_FORMATS = ("frames", "hex", "capture")
_MAX_ROWS = 16  # of a long value, without --full


@click.command()
@files_argument
@input_options(*_FORMATS)
@click.option("--frame", "number", type=click.IntRange(1), metavar="N", help="Show only the Nth frame or gap.")
@click.option("--offset", type=click.IntRange(0), metavar="N", help="Show only the frame or gap that holds byte N.")
@click.option("--packet", type=click.IntRange(1), metavar="N", help="Show only the frames that packet N of a capture completes.")
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, metavar="N", help="Stop after N frames; 0 shows all.")
@click.option("--full", is_flag=True, help="Show all bytes of long values.")
@query_options
@zone_option
@registry_option
def command(
    files: tuple[str, ...],
    format_name: str,
    number: int | None,
    offset: int | None,
    packet: int | None,
    limit: int,
    full: bool,
    events: tuple[str, ...],
    where: tuple[str, ...],
    since: str | None,
    until: str | None,
    zone: dt.tzinfo | None,
    registry: Registry,
) -> int:
    """Show frames byte by byte, with names and values.

    Unfold lists and mark the malformed place. Offsets count from the start of the input, of the bytes that hex text
    encodes, or of a stream in a capture.

    \b
    tlib inspect calls.tlb --frame 3
    tlib inspect calls.tlb --where Cause=Transfer
    tlib inspect calls.tlb --offset 1234
    tlib inspect trunk.pcapng --packet 17
    echo '544c01000056 00000000' | tlib inspect
    """  # noqa: D301
    inputs = files or ("-",)
    check_distinct(None, inputs)
    screen = console(sys.stdout.buffer)
    selection = _Selection(number, offset, packet)
    shown = ShownZone(zone)
    status = FINE
    tally = Tally()
    for path in inputs:
        query = build_query(events=events, where=where, since=since, until=until, registry=registry, zone=shown)
        try:
            status = max(status, _show(path, format_name, selection, query, limit, full, registry, screen, shown))
        except (InputError, Unusable) as error:
            report(str(error))
            status = Unusable.exit_code
        tally.add(query.tally)
    if query and status != Unusable.exit_code:
        report_unmatched(tally)
    return status


class _Selection(NamedTuple):
    """The selected frames and gaps; None selects any."""

    number: int | None
    offset: int | None
    packet: int | None

    def matches(self, count: int, record: Record) -> bool:
        """Return whether the selection holds this record, which is number `count` of the input."""
        start = record.origin.offset or 0
        return (
            self.number in {None, count}
            and (self.offset is None or start <= self.offset < start + len(record.frame or b""))
            and self.packet in {None, record.origin.packet}
        )

    @property
    def single(self) -> bool:
        """Return whether the selection holds one record at most."""
        return self.number is not None or self.offset is not None

    def error(self, count: int) -> str:
        """Return the error for a selection that matches none of the `count` frames."""
        if self.packet is not None:
            return f"packet {self.packet} completes no frame; --packet needs a capture"
        if self.offset is not None:
            return f"no frame at byte {self.offset}"
        return "the input has no frame" if self.number is None else f"no frame {self.number}; the input has {count}"

    def past(self, record: Record) -> bool:
        """Return whether the selection lies before this record."""
        return self.packet is not None and (record.origin.packet or 0) > self.packet


def _show(
    path: str,
    format_name: str,
    selection: _Selection,
    query: Query,
    limit: int,
    full: bool,
    registry: Registry,
    screen: Console,
    zone: ShownZone,
) -> int:
    status = FINE
    count = shown = 0
    for entry in entries(path, format_name, ReadOptions(registry=registry), only=_FORMATS):
        if isinstance(entry, Diagnostic):
            for complaint in complaints(entry):
                report(complaint)
            status = INVALID
            continue
        count += 1
        if not query(entry) or not selection.matches(count, entry):
            if selection.past(entry):
                break
            continue
        if selection == _Selection(None, None, None) and shown == limit > 0:
            report(f"{entry.origin.place}: stopped after {limit} frames; use --frame N or --offset N, or --limit 0 for all")
            return status
        shown += 1
        if isinstance(entry.item, Gap):
            status = INVALID
        for line in _frame(entry, count, full, registry, screen.width, zone):
            screen.print(line, soft_wrap=True)
        screen.print()
        if selection.single:
            break
    if not shown and (not query or query.tally.matched):
        raise Unusable(f"{path}: {selection.error(count)}")
    return status


def _frame(record: Record, count: int, full: bool, registry: Registry, width: int, zone: ShownZone) -> Iterator[Text]:
    item, data, base = record.item, record.frame or b"", record.origin.offset or 0
    broken = isinstance(item, MalformedFrame)
    kind = "malformed frame" if broken else "gap" if isinstance(item, Gap) else "frame"
    length = item.length if isinstance(item, Missing) else len(data)
    yield Text(f"#{count}  {printable(record.origin.place)}, byte {base}: {kind} of {length} bytes", "bold")
    origin = record.origin
    way = f"{origin.src} > {origin.dst}  connection {origin.connection}, {origin.direction}" if origin.src else ""
    if about := "  ".join(filter(None, (zone.text(origin), way))):
        yield Text(printable(about), "dim")
    if isinstance(item, Missing):
        yield Text("missing in the capture", "dim")
        return
    spans: Iterable[Span]
    if isinstance(item, MalformedFrame):
        spans = annotate(data, registry=registry, base=base, error=item.error)
    elif isinstance(item, Gap):
        spans = (Span(base, len(data), Kind.UNREAD, "bytes outside frames"),)
    else:
        spans = annotate(data, registry=registry, base=base)
    yield from rows(spans, data, base=base, width=width, full=full)


def rows(spans: Iterable[Span], data: bytes, *, base: int = 0, width: int = 100, full: bool = False) -> Iterator[Text]:
    """Yield the rows of a frame's spans: offset, bytes, labels. `width` is the width of the screen in characters."""
    bytes_per_row = 16 if width >= 110 else 8
    for _, row in groupby(_grouped(spans), key=lambda pair: pair[0]):
        yield from _row([span for _, span in row], data, base, bytes_per_row, full)


def _grouped(spans: Iterable[Span]) -> Iterator[tuple[int, Span]]:
    """Yield each span with the number of its row."""
    row = 0
    fields, place = False, ("", 0)
    for span in spans:
        is_field = span.kind in _HEADER_FIELDS and span.length > 0
        if not (is_field and fields and (span.path, span.depth) == place) or span.kind is Kind.MESSAGE:
            row += 1
        fields, place = is_field, (span.path, span.depth)
        yield row, span


def _row(spans: list[Span], data: bytes, base: int, bytes_per_row: int, full: bool) -> Iterator[Text]:
    """Yield a row of offset, bytes and labels; more rows if one cannot hold the bytes."""
    labels = Text()
    for span in spans:
        colour = _COLOURS[span.kind]
        label = f"<< BROKEN: {span.value}" if span.kind is Kind.BROKEN else f"{span.label} {span.value}".rstrip()
        labels = labels + Text("  " if labels.plain else "") + Text(printable(label), colour)
    total = sum(span.length for span in spans)
    shown = total if full else min(total, bytes_per_row * _MAX_ROWS)
    view = memoryview(data)
    bytes_ = ((byte, _COLOURS[span.kind]) for span in spans for byte in view[span.offset - base :][: span.length])
    for start in range(0, shown or 1, bytes_per_row):
        line = Text(f"{spans[0].offset + start:08x}", "dim").append("  ")
        for byte, colour in islice(bytes_, min(bytes_per_row, shown - start)):
            line.append(f"{byte:02x}", colour).append(" ")
        if not start:
            line = line.append(" " * (bytes_per_row * 3 + 11 - line.cell_len) + "  " * spans[0].depth) + labels
        line.rstrip()
        yield line
    if shown < total:
        yield Text(f"{'':10}… {total - shown} more bytes (--full)", "dim")
