"""``tlib check``: report violations by kind.

Strategy: a line is ``file: place: message``, which editors and grep understand, or a JSON object. Violations of one kind
share a line, since a real log repeats them; the line shows the first one. The check reads frames as bytes, so a violation of
a frame has an offset; it reads logs and JSON as events, so their violations have a line.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator

import click
import msgspec

from tlib_cli import FINE, INVALID
from tlib_cli.baseline import write_baseline
from tlib_cli.checker import Checker, Problem
from tlib_cli.inputs import InputError, batches
from tlib_cli.options import (
    build_query,
    capture_options,
    files_argument,
    input_options,
    query_options,
    registry_option,
    report_unmatched,
    zone_option,
)
from tlib_cli.output import check_distinct
from tlib_cli.reports import Unusable, report
from tlib_cli.signals import Ending
from tlib_cli.terminal import standard_output
from tlib_cli.view.checks import Each, Groups, Output, Quiet, Summary
from tlib_cli.view.progress import Progress
from tlib_codec.clock import ShownZone
from tlib_codec.formats import ReadOptions
from tlib_codec.query import Query, Tally
from tlib_codec.records import Batch, Diagnostic, Entry, Frames, is_damage
from tlib_schemas.errors import Severity
from tlib_schemas.registry import Registry


@click.command()
@files_argument
@input_options()
@capture_options
@click.option(
    "--severity",
    type=click.Choice([str(s.value) for s in Severity]),
    default=Severity.WARNING.value,
    show_default=True,
    help="Report this severity and above.",
)
@click.option("--all", "everything", is_flag=True, help="Print a line per violation, as --follow does. Default: a line per kind.")
@click.option("--summary", "only_summary", is_flag=True, help="Print only a table: the number of violations per event and code.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object per violation, and one with $summary at the end.")
@click.option("--baseline", "baseline", metavar="FILE", help="Ignore the kinds of violations that FILE lists.")
@click.option("--write-baseline", "new_baseline", metavar="FILE", help="Write the kinds of violations to FILE, and exit with status 0.")
@query_options
@zone_option
@registry_option
def command(
    files: tuple[str, ...],
    format_name: str,
    server: int | None,
    encoding: str | None,
    ports: tuple[int, ...],
    hosts: tuple[str, ...],
    follow: bool,
    severity: str,
    everything: bool,
    only_summary: bool,
    as_json: bool,
    baseline: str | None,
    new_baseline: str | None,
    events: tuple[str, ...],
    where: tuple[str, ...],
    since: str | None,
    until: str | None,
    zone: dt.tzinfo | None,
    registry: Registry,
) -> int:
    """Check events against their tables and report violations.

    A violation has a place, a code, and the footnote that it breaks. Violations of one kind (the same event,
    attribute, code and expectation) share a line: the first one, and their number.
    --event, --where, --since and --until select the events that it checks; it reports malformed parts all the same.

    Exit status: 0 no violation, 1 violations, malformed frames or gaps, 2 unusable input. With --baseline, only
    violations of other kinds count.

    \b
    tlib check calls.tlb
    tlib check --severity error server.log
    tlib check server.log --where "any ConnID = 006c02462a161006"
    tlib check --write-baseline known.toml server.log
    tlib check --baseline known.toml today.log
    tlib check --json *.tlb | jq -r 'select(.code) | .code' | sort | uniq -c
    """  # noqa: D301
    inputs = files or ("-",)
    check_distinct(None, (*inputs, baseline), (new_baseline,))
    if new_baseline is not None:
        check_distinct(new_baseline, inputs)
    shown = ShownZone(zone)
    queries = [build_query(events=events, where=where, since=since, until=until, registry=registry, zone=shown) for _ in inputs]
    groups = Groups()
    output: Output
    if only_summary or new_baseline is not None:
        output = Quiet()
    elif as_json:
        output = Each(Problem.json)
    elif everything or follow:
        output = Each(Problem.text)
    else:
        output = groups
    checker = Checker(registry, output, baseline, warnings=severity == Severity.WARNING, collect=new_baseline is not None)
    options = ReadOptions(registry=registry, server=server, encoding=encoding, ports=ports, hosts=hosts, zone=zone)
    status, ending = FINE, Ending()
    with ending if follow else contextlib.nullcontext(), Progress(None) as progress:
        for path, query in zip(inputs, queries, strict=True):
            try:
                for batch in batches(path, format_name, options, moved=progress.moved, opened=progress.opened, follow=follow):
                    for line in _checked(batch, query, checker):
                        _print(line)
            except InputError as error:
                report(str(error))
                status = Unusable.exit_code
    if checker.broken:
        status = max(status, INVALID)
    if queries[0] and status != Unusable.exit_code:
        tally = Tally()
        for query in queries:
            tally.add(query.tally)
        report_unmatched(tally)
    if new_baseline is not None:
        write_baseline(new_baseline, checker.kinds, inputs)
        report(f"{new_baseline}: kinds of violations written: {len(checker.kinds)}")
        return ending.status or (status if status == Unusable.exit_code else FINE)
    for line in _end(checker.summary, groups, only_summary=only_summary, as_json=as_json, warnings=checker.warnings):
        _print(line)
    return ending.status or status


def _print(line: str | bytes) -> None:
    """Print a line, JSON through the escapes of a terminal."""
    if isinstance(line, str):
        click.echo(line)
    else:
        output = standard_output()
        output.write(line + b"\n")
        output.flush()


def _checked(batch: Batch, query: Query, checker: Checker) -> Iterator[str | bytes]:
    """Check the selected parts of a batch, and all that is malformed; yield the lines."""
    for part in batch.parts:
        if isinstance(part, Frames):
            yield from _checked_frames(part, batch, query, checker)
        elif isinstance(part, Diagnostic) and part.severity is Severity.WARNING:
            report(part.complaint())
        elif not query or query(part) or is_damage(part):
            yield from checker.entry(part)


def _checked_frames(frames: Frames, batch: Batch, query: Query, checker: Checker) -> Iterator[str | bytes]:
    if query:
        dropped: list[Entry] = []
        places = query.places(frames, batch, dropped)
        if any(map(is_damage, dropped)):
            selected = frozenset(places)
            for place, record in enumerate(frames.records(batch.registry, batch.limits)):
                if place in selected or is_damage(record):
                    yield from checker.entry(record)
            return
        frames = frames.select(places)
    yield from checker.frames(frames, batch)


def _end(summary: Summary, groups: Groups, *, only_summary: bool, as_json: bool, warnings: bool) -> Iterator[str | bytes]:
    """Yield the lines that follow the last input."""
    if as_json:
        yield msgspec.json.encode({"$summary": summary.to_data()})
    elif only_summary:
        yield from summary.table()
    else:
        yield from groups.lines()
        yield summary.totals(warnings=warnings)
