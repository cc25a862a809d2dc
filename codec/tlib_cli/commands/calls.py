"""``tlib calls``: print a line per call in the inputs, and one call in full."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tlib_cli import FINE, INVALID
from tlib_cli.inputs import InputError, batches, merged_entries
from tlib_cli.options import (
    TO_HELP,
    bad_parameter,
    files_argument,
    input_options,
    raw_csv_option,
    registry_option,
    report_unmatched,
    where_option,
    zone_option,
)
from tlib_cli.output import check_distinct, format_for, opened, outputs
from tlib_cli.reports import Unusable, complaints, report
from tlib_cli.view.calls import CallCsv, CallLines, CallTable, CallWriter
from tlib_cli.view.progress import Progress
from tlib_codec.calls import CALLS, Call, CallLimits, CallTracker, Lines, Missing, ladder, mermaid
from tlib_codec.calls.model import DEFAULT_CALL_LIMITS
from tlib_codec.clock import ShownZone
from tlib_codec.formats import ReadOptions
from tlib_codec.query import Condition, Tally
from tlib_codec.records import Diagnostic, Entry, Frames, Part, Record
from tlib_schemas.errors import Severity
from tlib_schemas.registry import Registry

if TYPE_CHECKING:
    from tlib_codec.arrow.calls import CallParquet

_FORMATS = ("table", "jsonl", "csv", "parquet")
_MERMAID = (".mmd", ".mermaid")
_MAX_DRAWN = 10_000  # calls in a ladder
_MOST_NAMED = 12  # messages, where there is no call


@click.command()
@files_argument
@input_options()
@click.option("--to", type=click.Choice(_FORMATS), help=TO_HELP)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE; its suffix selects the format: .jsonl, .csv, .parquet, .txt.")
@click.option(
    "--call", "wanted", metavar="CALLUUID", help="Show only this call, with every event; give the beginning of its CallUUID or ConnID."
)
@click.option("--history", is_flag=True, help="Show every event of each call.")
@click.option(
    "--ladder",
    "ladder_path",
    metavar="FILE",
    help="Draw a call ladder: FILE.svg, or FILE.mmd for Mermaid text; with --call, draw that call and its linked calls.",
)
@raw_csv_option
@where_option("calls")
@click.option(
    "--idle-timeout",
    "idle",
    type=click.FloatRange(0, min_open=True),
    default=DEFAULT_CALL_LIMITS.idle,
    show_default=True,
    metavar="SECONDS",
    help="End a call after SECONDS without an event.",
)
@click.option(
    "--max-open",
    "max_open",
    type=click.IntRange(1),
    default=DEFAULT_CALL_LIMITS.calls,
    show_default=True,
    metavar="N",
    help="Track at most N open calls.",
)
@zone_option
@registry_option
def command(
    files: tuple[str, ...],
    format_name: str,
    server: int | None,
    encoding: str | None,
    to: str | None,
    output: str | None,
    wanted: str | None,
    history: bool,
    ladder_path: str | None,
    raw_csv: bool,
    where: tuple[str, ...],
    idle: float,
    max_open: int,
    zone: dt.tzinfo | None,
    registry: Registry,
) -> int:
    """Follow calls: print one line per call when it ends.

    Read captures, frames, logs, hex text or JSONL; several inputs are one story, in the order of time. Calls come from
    call-based events and from the events of parties. A line shows the last known attributes of a call, its outcome, and
    its anomalies; docs/calls.md explains them.

    \b
    tlib calls server.log
    tlib calls lakeside.log harbour.log --tz Europe/Paris
    tlib calls calls.tlb --where Cause=Transfer
    tlib calls server.log --where '$party = 2001 and $duration > 5m'
    tlib calls server.log --call 01FES9JKSOFQLEKK3CSH5B5AES00JV1U
    tlib calls lake.log hill.log --call 006c02462a161006 --ladder call.svg
    tlib calls calls.tlb | jq 'select(."$duration" > 600) | .CallUUID'
    """  # noqa: D301
    inputs = files or ("-",)
    with bad_parameter():
        query = Condition(where, CALLS, registry)
    tally = Tally(leaves=query.leaves)
    target = format_for(output, to, {name: outputs()[name] for name in _FORMATS}).name
    written = 0
    shown = ShownZone(zone)
    if target == "parquet":
        _parquet()  # without pyarrow, fail before the output exists
    if ladder_path is not None:
        check_distinct(ladder_path, inputs)
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(opened(output, inputs, others=(ladder_path,), binary=target == "parquet"))
        if target == "parquet":
            writer: CallWriter = stack.enter_context(_parquet()(file, registry))
        elif target == "csv":
            writer = CallCsv(file, registry, raw=raw_csv)
        else:
            writer = CallTable(file, registry, full=wanted is not None or history, zone=shown) if target == "table" else CallLines(file)
        ready = writer.write_lines if isinstance(writer, CallLines) and not where and wanted is None and ladder_path is None else None
        ladder_calls = _LadderCalls(wanted) if ladder_path is not None else None
        if ladder_calls is not None:
            writer = _IgnoreClosedPipe(writer)
        follower = _Follower(registry, CallLimits(idle=idle, calls=max_open), history=history or bool(wanted or ladder_path), ready=ready)
        progress = stack.enter_context(Progress(output))

        def moved(count: int) -> None:
            writer.flush()
            progress.moved(count)

        options = ReadOptions(registry=registry, server=server, encoding=encoding, zone=zone)
        for call in follower.calls(inputs, format_name, options, shown, moved, progress):
            if not tally.count(matched=query(call)):
                continue
            if ladder_calls is not None:
                ladder_calls.add(call)
            if wanted is None or call.names(wanted):
                written += 1
                if not history and wanted is None:
                    call.history = []
                writer.write(call)
        writer.flush()
        if follower.status == Unusable.exit_code and not follower.followed:
            raise click.exceptions.Exit(follower.status)  # nothing was read: the outputs stay as they were
    if where and follower.status != Unusable.exit_code:
        report_unmatched(tally, "calls")
    if wanted is not None and not written:
        report(f"no call {wanted} in the input: --call takes the beginning of a CallUUID or a ConnID")
        follower.status = max(follower.status, INVALID)
    if ladder_calls is not None and ladder_path is not None:
        _draw(ladder_calls, ladder_path, inputs, registry)
    return follower.status


class _IgnoreClosedPipe:
    """Ignores a closed pipe, so that the command still draws the ladder."""

    def __init__(self, writer: CallWriter) -> None:
        self._writer = writer
        self._closed = False

    def write(self, call: Call) -> None:
        """Write a call."""
        self._to(lambda: self._writer.write(call))

    def flush(self) -> None:
        """Make everything written so far visible to a reader."""
        self._to(self._writer.flush)

    def _to(self, work: Callable[[], None]) -> None:
        if not self._closed:
            try:
                work()
            except BrokenPipeError:
                self._closed = True


class _Follower:
    """Reads the inputs and yields their calls; `status` is the exit status of the command, `followed` the number of calls.

    `ready` takes the lines of calls that the core has written; None: every call is asked for.
    """

    def __init__(self, registry: Registry, limits: CallLimits, *, history: bool, ready: Callable[[bytes], None] | None) -> None:
        self.status = FINE
        self.followed = 0
        self._ready = ready
        self._registry = registry
        self._tracker = CallTracker(registry=registry, limits=limits, history=history)

    def calls(
        self,
        inputs: tuple[str, ...],
        format_name: str,
        options: ReadOptions,
        zone: ShownZone,
        moved: Callable[[int], None],
        progress: Progress,
    ) -> Iterator[Call]:
        parts = self._parts(inputs, format_name, options, moved, progress)
        for part in parts:
            for call in self._part(part, zone):
                self.followed += 1
                yield call
        for call in self._tracker.close():
            self.followed += 1
            yield self._count_anomalies(call)
        if not self.followed and self.status != Unusable.exit_code:
            report(f"no call to follow in the input: {self._messages_text()}")

    def _parts(
        self, inputs: tuple[str, ...], format_name: str, options: ReadOptions, moved: Callable[[int], None], progress: Progress
    ) -> Iterator[Part]:
        """Yield the parts of the input, of several inputs their records by time; report advice instead."""
        if len(inputs) > 1:
            yield from merged_entries(inputs, format_name, options, failed=self._failed, moved=moved, opened=progress.opened)
            return
        try:
            for batch in batches(inputs[0], format_name, options, moved=moved, opened=progress.opened):
                for part in batch.parts:
                    if isinstance(part, Diagnostic) and part.severity is Severity.WARNING:
                        report(part.complaint())
                    else:
                        yield part
        except InputError as error:
            self._failed(error)

    def _part(self, part: Part, zone: ShownZone) -> Iterator[Call]:
        if not isinstance(part, Frames):
            zone.settle(part.origin)
            yield from self._entry(part)
            return
        start = 0
        for entry in part.records(self._registry):
            if zone.settled:
                break
            zone.settle(entry.origin)
            yield from self._entry(entry)
            start += 1
        follow = self._tracker.feed_frames if self._ready is None else self._tracker.write_frames
        for result in follow(part, start):
            if isinstance(result, Record):
                self._complain(result)
            elif isinstance(result, Lines):
                self.followed += result.count
                assert self._ready is not None
                self._ready(result.data)
            else:
                yield from self._result(result)

    def _messages_text(self) -> str:
        """Return the messages of the input, with the count of each."""
        messages: Counter[str] = Counter()
        for message, count in self._tracker.messages.items():
            messages[self._registry.message_label(message)] += count
        counts = ", ".join(f"{name} {count}" for name, count in messages.most_common(_MOST_NAMED))
        total = messages.total()
        return f"{total} message{'' if total == 1 else 's'}, of which none begins or names a call ({counts})" if total else "no message"

    def _failed(self, error: InputError) -> None:
        report(str(error))
        self.status = Unusable.exit_code

    def _entry(self, entry: Entry) -> Iterator[Call]:
        if isinstance(entry, Diagnostic) or not entry.valid:
            self._complain(entry)
        if isinstance(entry, Record):
            for result in self._tracker.feed(entry.item, entry.origin):
                yield from self._result(result)

    def _complain(self, entry: Entry) -> None:
        for line in complaints(entry):
            report(line)
        self.status = max(self.status, INVALID)

    def _result(self, result: Call | Missing) -> Iterator[Call]:
        if isinstance(result, Call):
            yield self._count_anomalies(result)
        else:
            report(f"{result.origin.place}: {result}")
            self.status = max(self.status, INVALID)

    def _count_anomalies(self, call: Call) -> Call:
        if call.anomalies:
            self.status = max(self.status, INVALID)
        return call


class _LadderCalls:
    """The calls of a ladder: all of them, or the wanted one and its linked calls."""

    def __init__(self, wanted: str | None) -> None:
        self._wanted = wanted
        self._calls: list[Call] = []
        self.left_out = 0

    def add(self, call: Call) -> None:
        if len(self._calls) < _MAX_DRAWN:
            # A copy: the command clears the history of the original.
            self._calls.append(Call(**{name: getattr(call, name) for name in call.__struct_fields__}))
        else:
            self.left_out += 1

    def selected(self) -> list[Call]:
        if self._wanted is None:
            return self._calls
        by_name = {name: call for call in self._calls for name in (call.conn_id, call.call_uuid) if name}
        linked_calls: dict[int, Call] = {}
        pending = [call for call in self._calls if call.names(self._wanted)]
        while pending:
            call = pending.pop()
            if id(call) not in linked_calls:
                linked_calls[id(call)] = call
                linked = (by_name.get(link.call_uuid or "") or by_name.get(link.conn_id or "") for link in call.links)
                pending += [other for other in linked if other is not None]
        return list(linked_calls.values())


def _parquet() -> type[CallParquet]:
    try:
        from tlib_codec.arrow.calls import CallParquet  # noqa: PLC0415 pyarrow
    except ImportError as error:
        raise click.UsageError(str(error)) from None

    return CallParquet


def _draw(ladder_calls: _LadderCalls, path: str, inputs: tuple[str, ...], registry: Registry) -> None:
    title = "Calls of " + ", ".join("the standard input" if name == "-" else Path(name).name for name in inputs)
    draw = mermaid if Path(path).suffix.lower() in _MERMAID else ladder
    text = draw(ladder_calls.selected(), registry=registry, title=title)
    with opened(path, inputs) as file:
        file.write(text.encode())
    if ladder_calls.left_out:
        report(
            f"{path}: the ladder shows the first {_MAX_DRAWN} calls and omits {ladder_calls.left_out}; select calls with --where or --call"
        )
