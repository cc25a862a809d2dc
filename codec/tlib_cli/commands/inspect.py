"""``tlib inspect``: annotated hex.

Strategy: `annotate` names the bytes; here they are laid out. Bytes that say one thing together (a
frame's header, an attribute's, a pair's) share a row, each field in its own colour in the hex and in the
words, so the row reads the same without colour.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import NamedTuple

import click
from rich.console import Console
from rich.text import Text

from tlib_cli import FINE, INVALID
from tlib_cli.inputs import InputError, entries
from tlib_cli.options import files_argument, input_options, registry_option
from tlib_cli.reports import Unusable, printable, report
from tlib_cli.view.tables import console
from tlib_codec.annotate import Kind, Span, annotate
from tlib_codec.formats import ReadOptions
from tlib_codec.records import Diagnostic, Record
from tlib_codec.stream import Gap, MalformedFrame, Missing
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
_FIELDS = {Kind.MAGIC, Kind.VERSION, Kind.FLAGS, Kind.MESSAGE, Kind.LENGTH, Kind.ID, Kind.TYPE}  # they share a row
_FORMATS = ("frames", "hex", "capture")
_FEW = 20
_ROWS = 16


@click.command()
@files_argument
@input_options(*_FORMATS)
@click.option("--frame", "number", type=click.IntRange(1), metavar="N", help="Only the Nth frame or gap.")
@click.option("--offset", type=click.IntRange(0), metavar="N", help="Only the frame or gap that holds byte N.")
@click.option("--packet", type=click.IntRange(1), metavar="N", help="Of a capture, only what packet N completes.")
@click.option("--limit", type=click.IntRange(0), default=_FEW, show_default=True, metavar="N", help="Show no more frames; 0 is all.")
@click.option("--full", is_flag=True, help="All bytes of long values.")
@registry_option
def command(
    files: tuple[str, ...],
    format_name: str,
    number: int | None,
    offset: int | None,
    packet: int | None,
    limit: int,
    full: bool,
    registry: Registry,
) -> int:
    """Show frames byte by byte: each range named, lists unfolded, the broken place marked.

    Offsets count from the start of the input, of the bytes that hex text stands for, or of a stream in a capture.

    \b
    tlib inspect calls.tlb --frame 3
    tlib inspect calls.tlb --offset 1234
    tlib inspect trunk.pcapng --packet 17
    echo '544c01000056 00000000' | tlib inspect
    """  # noqa: D301
    screen = console(sys.stdout.buffer)
    wanted = _Wanted(number, offset, packet)
    status = FINE
    for path in files or ("-",):
        try:
            status = max(status, _show(path, format_name, wanted, limit, full, registry, screen))
        except (InputError, Unusable) as error:
            report(str(error))
            status = Unusable.exit_code
    return status


class _Wanted(NamedTuple):
    """Which of the frames and gaps; None is any."""

    number: int | None
    offset: int | None
    packet: int | None

    def has(self, count: int, record: Record) -> bool:
        """Whether it is that one, `count` being its number."""
        start = record.origin.offset or 0
        return (
            self.number in {None, count}
            and (self.offset is None or start <= self.offset < start + len(record.frame or b""))
            and self.packet in {None, record.origin.packet}
        )

    @property
    def one(self) -> bool:
        """Whether there is only one."""
        return self.number is not None or self.offset is not None

    def absent(self, count: int) -> str:
        """Return the message for a selection that matches none of the `count` frames."""
        if self.packet is not None:
            return f"no frame is completed by packet {self.packet}; --packet is of captures"
        return f"no frame {self.number}, there are {count}" if self.number is not None else f"no frame at byte {self.offset}"

    def past(self, record: Record) -> bool:
        """Whether what is wanted would have come before."""
        return self.packet is not None and (record.origin.packet or 0) > self.packet


def _show(path: str, format_name: str, wanted: _Wanted, limit: int, full: bool, registry: Registry, screen: Console) -> int:
    status = FINE
    count = shown = 0
    for entry in entries(path, format_name, ReadOptions(registry=registry), only=_FORMATS):
        if isinstance(entry, Diagnostic):
            report(entry.complaint())
            status = INVALID
            continue
        count += 1
        if not wanted.has(count, entry):
            if wanted.past(entry):
                break
            continue
        if wanted == _Wanted(None, None, None) and shown == limit > 0:
            report(f"{entry.origin.place}: there are more than {limit} frames: --frame N, --offset N, or --limit 0 for all")
            return status
        shown += 1
        if isinstance(entry.item, Gap):
            status = INVALID
        for line in _frame(entry, count, full, registry, screen.width):
            screen.print(line, soft_wrap=True)
        screen.print()
        if wanted.one:
            break
    if not shown:
        raise Unusable(f"{path}: {wanted.absent(count)}")
    return status


def _frame(record: Record, count: int, full: bool, registry: Registry, width: int) -> Iterator[Text]:
    item, data, base = record.item, record.frame or b"", record.origin.offset or 0
    broken = isinstance(item, MalformedFrame)
    what = "a frame that is malformed" if broken else "a gap" if isinstance(item, Gap) else "a frame"
    length = item.length if isinstance(item, Missing) else len(data)
    yield Text(f"#{count}  {printable(record.origin.place)}, byte {base}: {what} of {length} bytes", "bold")
    origin = record.origin.to_data()
    if "src" in origin:
        yield Text(f"{origin['time']}  {origin['src']} > {origin['dst']}  connection {origin['connection']}, {origin['direction']}", "dim")
    if isinstance(item, Missing):
        yield Text("missing in the capture", "dim")
        return
    spans: Iterable[Span]
    if isinstance(item, MalformedFrame):
        spans = annotate(data, registry=registry, base=base, error=item.error)
    elif isinstance(item, Gap):
        spans = (Span(base, len(data), Kind.UNREAD, "belongs to no frame"),)
    else:
        spans = annotate(data, registry=registry, base=base)
    yield from rows(spans, data, base=base, width=width, full=full)


def rows(spans: Iterable[Span], data: bytes, *, base: int = 0, width: int = 100, full: bool = False) -> Iterator[Text]:
    """Yield the rows of a frame's spans: offset, bytes, words. `width` is that of the screen, in characters."""
    room = 16 if width >= 110 else 8
    for _, together in groupby(_grouped(spans), key=lambda pair: pair[0]):
        yield from _row([span for _, span in together], data, base, room, full)


def _grouped(spans: Iterable[Span]) -> Iterator[tuple[int, Span]]:
    """Spans with the number of their row."""
    row = 0
    fields, place = False, ("", 0)
    for span in spans:
        is_field = span.kind in _FIELDS and span.length > 0
        if not (is_field and fields and (span.path, span.depth) == place) or span.kind is Kind.MESSAGE:
            row += 1
        fields, place = is_field, (span.path, span.depth)
        yield row, span


def _row(spans: list[Span], data: bytes, base: int, room: int, full: bool) -> Iterator[Text]:
    """One row, or several where the bytes are many: offset, bytes, words."""
    words = Text()
    for span in spans:
        colour = _COLOURS[span.kind]
        label = f"<< BROKEN: {span.value}" if span.kind is Kind.BROKEN else f"{span.label} {span.value}".rstrip()
        words = words + Text("  " if words.plain else "") + Text(printable(label), colour)
    total = sum(span.length for span in spans)
    shown = total if full else min(total, room * _ROWS)
    view = memoryview(data)
    bytes_ = ((byte, _COLOURS[span.kind]) for span in spans for byte in view[span.offset - base :][: span.length])
    for start in range(0, shown or 1, room):
        line = Text(f"{spans[0].offset + start:08x}", "dim").append("  ")
        for byte, colour in islice(bytes_, min(room, shown - start)):
            line.append(f"{byte:02x}", colour).append(" ")
        if not start:
            line = line.append(" " * (room * 3 + 11 - line.cell_len) + "  " * spans[0].depth) + words
        line.rstrip()
        yield line
    if shown < total:
        yield Text(f"{'':10}… {total - shown} more bytes (--full)", "dim")
