"""``tlib check``: report violations by kind.

Strategy: a line is ``file: place: message``, which editors and grep understand, or a JSON object. Violations of one kind
share a line, since a real log repeats them; the line shows the first one. The check reads frames as bytes, so a violation of
a frame has an offset; it reads logs and JSON as events, so their violations have a line.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import click
import msgspec

from tlib_cli import FINE, INVALID
from tlib_cli.baseline import Kind, read_baseline, write_baseline
from tlib_cli.inputs import InputError, entries
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
from tlib_cli.reports import ADVISED, Unusable, complaints, printable, report
from tlib_cli.view.checks import Groups, Summary
from tlib_cli.view.progress import Progress
from tlib_cli.view.tables import violations_of
from tlib_codec.clock import ShownZone
from tlib_codec.formats import ReadOptions
from tlib_codec.formats.jsonl import place_data, violation_to_data
from tlib_codec.query import Tally
from tlib_codec.records import Diagnostic, Entry, is_damage
from tlib_codec.stream import Gap
from tlib_schemas.errors import Severity, Violation
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
    shown = ShownZone(zone)
    queries = [build_query(events=events, where=where, since=since, until=until, registry=registry, zone=shown) for _ in inputs]
    checker = _Checker(registry, baseline, warnings=severity == Severity.WARNING, collect=new_baseline is not None)
    groups = Groups()
    show: Callable[[_Problem], str | bytes | None]
    if only_summary or new_baseline is not None:
        show = _nothing
    elif as_json:
        show = _Problem.json
    elif everything or follow:
        show = _Problem.text
    else:
        show = lambda problem: problem.text() if problem.of_input else groups.add(problem)  # noqa: E731
    options = ReadOptions(registry=registry, server=server, encoding=encoding, ports=ports, hosts=hosts, zone=zone)
    status = FINE
    with Progress(None) as progress:
        for path, query in zip(inputs, queries, strict=True):
            try:
                for entry in entries(path, format_name, options, moved=progress.moved, opened=progress.opened, follow=follow):
                    if query and not query(entry) and not is_damage(entry):
                        continue
                    for problem in checker.problems(entry):
                        status = max(status, INVALID)
                        if (line := show(problem)) is not None:
                            click.echo(line)
            except InputError as error:
                report(str(error))
                status = Unusable.exit_code
    if queries[0] and status != Unusable.exit_code:
        tally = Tally()
        for query in queries:
            tally.add(query.tally)
        report_unmatched(tally)
    if new_baseline is not None:
        write_baseline(new_baseline, checker.kinds, inputs)
        report(f"{new_baseline}: kinds of violations written: {len(checker.kinds)}")
        return status if status == Unusable.exit_code else FINE
    for line in _end(checker.summary, groups, only_summary=only_summary, as_json=as_json, warnings=checker.warnings):
        click.echo(line)
    return status


def _end(summary: Summary, groups: Groups, *, only_summary: bool, as_json: bool, warnings: bool) -> Iterator[str | bytes]:
    """Yield the lines that follow the last input."""
    if as_json:
        yield msgspec.json.encode({"$summary": summary.to_data()})
    elif only_summary:
        yield from summary.table()
    else:
        yield from groups.lines()
        yield summary.totals(warnings=warnings)


class _Problem(NamedTuple):
    """A violation of an event, or (without one) a diagnostic, a malformed frame or a gap."""

    kind: Kind
    entry: Entry
    violation: Violation | None = None

    @property
    def of_input(self) -> bool:
        """Return whether the problem is of the whole input, so a line about several inputs would hide one."""
        return isinstance(self.entry, Diagnostic) and self.entry.code in ADVISED

    def text(self) -> str:
        """Return the lines for a person."""
        if self.violation is None:
            return "\n".join(map(printable, complaints(self.entry)))
        return printable(f"{self.entry.origin.place}: {self.violation.severity.value}: {self.violation}")

    def json(self) -> bytes:
        """Return the JSON object."""
        if self.violation is None:
            data: dict[str, Any] = {"code": self.kind.code, "message": self.entry.complaint()}
        else:
            data = violation_to_data(self.violation)
        return msgspec.json.encode({**data, **place_data(self.entry.origin)})


class _Checker:
    """Finds the problems of entries and counts them. With `collect`, `kinds` are those of the baseline and of all problems."""

    def __init__(self, registry: Registry, baseline: str | None, *, warnings: bool, collect: bool) -> None:
        self.warnings = warnings
        self.summary = Summary()
        self._registry = registry
        self._collect = collect
        self._known: frozenset[Kind] = frozenset()
        if baseline is not None:
            self._known = read_baseline(baseline)
            self.summary.known = 0
        self.kinds = set(self._known)

    def problems(self, entry: Entry) -> Iterator[_Problem]:
        """Count an entry and yield its problems, without those that the baseline lists."""
        for problem in self._all(entry):
            if self._collect:
                self.kinds.add(problem.kind)
            if problem.kind in self._known:
                assert self.summary.known is not None
                self.summary.known += 1
            else:
                self.summary.add(problem.kind, None if problem.violation is None else problem.violation.severity)
                yield problem

    def _all(self, entry: Entry) -> Iterator[_Problem]:
        if isinstance(entry, Diagnostic) or isinstance(entry.item, Gap):
            yield _Problem(Kind.of_damage(entry), entry)
            return
        message = entry.item.message
        name = (self._registry.message_name(message) if isinstance(message, int) else message) or f"#{message}"
        self.summary.events[name] += 1
        for violation in violations_of(entry, self._registry):
            if self.warnings or violation.severity is Severity.ERROR:
                yield _Problem(Kind.of_violation(violation), entry, violation)


def _nothing(_: _Problem) -> None:
    return None
