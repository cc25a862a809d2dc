"""``tlib calls``: the calls in any input, each one line, and the one that matters in full."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tlib_cli import FINE, INVALID
from tlib_cli.call_output import CallLines, CallTable, CallWriter
from tlib_cli.inputs import InputError, entries
from tlib_cli.options import TO_HELP, asked, files_argument, input_options, registry_option
from tlib_cli.output import format_for, opened, outputs
from tlib_cli.reports import Unusable, report
from tlib_cli.view.progress import Progress
from tlib_codec.calls import Call, CallLimits, CallTracker, ladder
from tlib_codec.calls.model import DEFAULT_CALL_LIMITS
from tlib_codec.formats import ReadOptions
from tlib_codec.records import Diagnostic, Entry, Record
from tlib_schemas.events import UnknownEvent
from tlib_schemas.registry import Registry
from tlib_schemas.values import Attributes

if TYPE_CHECKING:
    from tlib_codec.arrow.calls import CallParquet

_FORMATS = ("table", "jsonl", "parquet")
_DRAWN = 10_000  # calls that are kept for a ladder


@click.command()
@files_argument
@input_options()
@click.option(
    "--to",
    type=click.Choice(_FORMATS),
    help=TO_HELP,
)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE: .jsonl, .parquet or .txt.")
@click.option("--call", "wanted", metavar="CALLUUID", help="Show this call alone, with every change (give its CallUUID or a ConnID).")
@click.option("--history", is_flag=True, help="Show every change of each call.")
@click.option("--ladder", "drawing", metavar="FILE.svg", help="Draw a call ladder; with --call, of that call and those linked to it.")
@click.option("--where", "conditions", multiple=True, metavar="NAME=VALUE", help="Select calls whose last known attribute is VALUE.")
@click.option(
    "--idle-timeout",
    "idle",
    type=click.FloatRange(0, min_open=True),
    default=DEFAULT_CALL_LIMITS.idle,
    show_default=True,
    metavar="SECONDS",
    help="Give a call up after SECONDS without an event.",
)
@click.option(
    "--max-open",
    "most",
    type=click.IntRange(1),
    default=DEFAULT_CALL_LIMITS.calls,
    show_default=True,
    metavar="N",
    help="Track at most N open calls.",
)
@registry_option
def command(
    files: tuple[str, ...],
    format_name: str,
    server: int | None,
    to: str | None,
    output: str | None,
    wanted: str | None,
    history: bool,
    drawing: str | None,
    conditions: tuple[str, ...],
    idle: float,
    most: int,
    registry: Registry,
) -> int:
    """Follow the calls in captures, frames, logs, hex text or JSONL: one line a call, as it ends.

    A call's attributes are the last known ones. Anomalies (a change before the creation, an event
    after the end, missing event numbers) stand with their call; docs/calls.md explains them.

    \b
    tlib calls server.log
    tlib calls calls.tlb --where Cause=Transfer
    tlib calls server.log --call 01FES9JKSOFQLEKK3CSH5B5AES00JV1U
    tlib calls server.log --call 006c02462a161006 --ladder call.svg
    tlib calls calls.tlb | jq 'select(."$duration" > 600) | .CallUUID'
    """  # noqa: D301
    inputs = files or ("-",)
    query = asked(conditions=conditions, registry=registry)
    target = format_for(output, to, {name: outputs()[name] for name in _FORMATS}).name
    seen = 0
    if target == "parquet":
        _parquet()  # before the output is opened: without pyarrow there is none
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(opened(output, inputs, binary=target == "parquet", whole=target == "parquet"))
        if target == "parquet":
            writer: CallWriter = stack.enter_context(_parquet()(file, registry))
        else:
            writer = CallTable(file, registry, full=wanted is not None or history) if target == "table" else CallLines(file)
        drawn = _Drawn(wanted) if drawing is not None else None
        if drawn is not None:
            writer = _UntilGone(writer)
        follower = _Follower(registry, CallLimits(idle=idle, calls=most), history=history or wanted is not None or drawn is not None)
        progress = stack.enter_context(Progress(alone=output not in {None, "-"} or not sys.stdout.isatty()))

        def moved(count: int) -> None:
            writer.flush()
            progress.moved(count)

        for call in follower.calls(inputs, format_name, server, moved, progress):
            if drawn is not None and query(_as_record(call)):
                drawn.add(call)
            if (wanted is None or names(call, wanted)) and query(_as_record(call)):
                seen += 1
                if not history and wanted is None:
                    call.history = []
                writer.write(call)
        writer.flush()
    if wanted is not None and not seen:
        report(f"no call {wanted} in the input")
        follower.status = max(follower.status, INVALID)
    if drawn is not None and drawing is not None:
        _draw(drawn, drawing, inputs, registry)
    return follower.status


class _UntilGone:
    """Writes until the reader of the output leaves; the ladder is drawn all the same."""

    def __init__(self, writer: CallWriter) -> None:
        self._writer = writer
        self._gone = False

    def write(self, call: Call) -> None:
        """Write a call."""
        self._to(lambda: self._writer.write(call))

    def flush(self) -> None:
        """Make everything written so far visible to a reader."""
        self._to(self._writer.flush)

    def _to(self, work: Callable[[], None]) -> None:
        if not self._gone:
            try:
                work()
            except BrokenPipeError:
                self._gone = True


class _Follower:
    """Reads the inputs and gives their calls; `status` is the command's exit status."""

    def __init__(self, registry: Registry, limits: CallLimits, *, history: bool) -> None:
        self.status = FINE
        self._registry = registry
        self._tracker = CallTracker(registry=registry, limits=limits, history=history)
        self._place = ""

    def calls(
        self, inputs: tuple[str, ...], format_name: str, server: int | None, moved: Callable[[int], None], progress: Progress
    ) -> Iterator[Call]:
        options = ReadOptions(registry=self._registry, server=server)
        for path in inputs:
            try:
                for entry in entries(path, format_name, options, moved=moved, opened=progress.opened):
                    yield from self._entry(entry)
            except InputError as error:
                report(str(error))
                self.status = Unusable.exit_code
        for call in self._tracker.close():
            yield self._judged(call)

    def _entry(self, entry: Entry) -> Iterator[Call]:
        if isinstance(entry, Diagnostic) or not entry.valid:
            report(entry.complaint())
            self.status = max(self.status, INVALID)
        if isinstance(entry, Record):
            for told in self._tracker.feed(entry.item, entry.origin):
                if isinstance(told, Call):
                    yield self._judged(told)
                else:
                    report(f"{entry.origin.place}: {told}")
                    self.status = max(self.status, INVALID)

    def _judged(self, call: Call) -> Call:
        if call.anomalies:
            self.status = max(self.status, INVALID)
        return call


class _Drawn:
    """The calls of a ladder: all of them, or those that lead to the one that is wanted."""

    def __init__(self, wanted: str | None) -> None:
        self._wanted = wanted
        self._calls: list[Call] = []
        self.left_out = 0

    def add(self, call: Call) -> None:
        if len(self._calls) < _DRAWN:
            self._calls.append(
                Call(**{name: getattr(call, name) for name in call.__struct_fields__})  # the table drops the history of its own
            )
        else:
            self.left_out += 1

    def chosen(self) -> list[Call]:
        if self._wanted is None:
            return self._calls
        by_name = {name: call for call in self._calls for name in (call.conn_id, call.call_uuid) if name}
        found: dict[int, Call] = {}
        ahead = [call for call in self._calls if names(call, self._wanted)]
        while ahead:
            call = ahead.pop()
            if id(call) not in found:
                found[id(call)] = call
                linked = (by_name.get(link.call_uuid or "") or by_name.get(link.conn_id or "") for link in call.links)
                ahead += [other for other in linked if other is not None]
        return list(found.values())


def names(call: Call, wanted: str) -> bool:
    """Whether `wanted` is the call's CallUUID or its ConnID."""
    return wanted == call.call_uuid or wanted.lower() == (call.conn_id or "").lower()


def _as_record(call: Call) -> Record:
    """Return the call's last known attributes as a record that a query can judge."""
    return Record(UnknownEvent(0, Attributes(call.state)))


def _parquet() -> type[CallParquet]:
    try:
        from tlib_codec.arrow.calls import CallParquet  # noqa: PLC0415 pyarrow
    except ImportError as error:
        raise click.UsageError(str(error)) from None

    return CallParquet


def _draw(drawn: _Drawn, path: str, inputs: tuple[str, ...], registry: Registry) -> None:
    title = "Calls of " + ", ".join("the standard input" if name == "-" else Path(name).name for name in inputs)
    text = ladder(drawn.chosen(), registry=registry, title=title)
    with opened(path, inputs) as file:
        file.write(text.encode())
    if drawn.left_out:
        report(f"{path}: drawn without {drawn.left_out} calls beyond the first {_DRAWN}; --where or --call selects some")
