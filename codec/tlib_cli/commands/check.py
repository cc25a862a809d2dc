"""``tlib check``: report every violation and print a summary.

Strategy: print one line per violation as ``file: place: message``, which editors and grep understand, or as JSON. The
check reads frames as bytes, so a violation of a frame has an offset; it reads logs and JSON as events, so their
violations have a line.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import click
import msgspec

from tlib_cli import FINE, INVALID
from tlib_cli.inputs import InputError, entries
from tlib_cli.options import build_query, capture_options, files_argument, input_options, query_options, registry_option, report_unmatched
from tlib_cli.reports import Unusable, printable, report
from tlib_cli.view.progress import Progress
from tlib_cli.view.tables import violations_of
from tlib_codec.formats import ReadOptions
from tlib_codec.formats.jsonl import violation_to_data
from tlib_codec.query import Tally
from tlib_codec.records import Diagnostic, Entry
from tlib_codec.stream import Gap, MalformedFrame
from tlib_schemas.errors import Severity
from tlib_schemas.registry import Registry


class Summary:
    """Counts of items by kind, events by name, violations by severity and code."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.severities: Counter[Severity] = Counter()
        self.codes: Counter[str] = Counter()
        self.malformed = 0
        self.gaps = 0

    def to_data(self) -> dict[str, Any]:
        """Return the summary as a JSON object."""
        return {
            "events": self.events.total(),
            "by_event": dict(self.events.most_common()),
            "errors": self.severities[Severity.ERROR],
            "warnings": self.severities[Severity.WARNING],
            "malformed": self.malformed,
            "gaps": self.gaps,
            "by_code": dict(self.codes.most_common()),
        }

    def lines(self, *, warnings: bool) -> Iterator[str]:
        """Yield the lines of the summary: totals, then counts by event and by code."""
        counts = [(self.events.total(), "event"), (self.severities[Severity.ERROR], "error")]
        if warnings:
            counts.append((self.severities[Severity.WARNING], "warning"))
        parts = [f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in [*counts, (self.gaps, "gap")]]
        yield ", ".join([*parts, f"{self.malformed} malformed"])
        for counter, mark in ((self.events, "{}"), (self.codes, "[{}]")):
            for name, count in counter.most_common():
                yield f"{count:>10}  {mark.format(printable(name))}"


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
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object per violation, and one with $summary at the end.")
@query_options
@registry_option
def command(
    files: tuple[str, ...],
    format_name: str,
    server: int | None,
    ports: tuple[int, ...],
    hosts: tuple[str, ...],
    follow: bool,
    severity: str,
    as_json: bool,
    events: tuple[str, ...],
    where: tuple[str, ...],
    since: str | None,
    until: str | None,
    registry: Registry,
) -> int:
    """Check events against their tables and report violations.

    A violation has a place, a code, and the footnote that it breaks. --event, --where, --since and --until select the
    events that it checks; it reports malformed parts all the same.

    Exit status: 0 no violation, 1 violations, malformed frames or gaps, 2 unusable input.

    \b
    tlib check calls.tlb
    tlib check --severity error server.log
    tlib check server.log --where "any ConnID = 006c02462a161006"
    tlib check --json *.tlb | jq -r 'select(.code) | .code' | sort | uniq -c
    """  # noqa: D301
    summary = Summary()
    queries = [build_query(events=events, where=where, since=since, until=until, registry=registry) for _ in files or ("-",)]
    options = ReadOptions(registry=registry, server=server, ports=ports, hosts=hosts)
    warnings = severity == Severity.WARNING
    status = FINE
    with Progress(alone=not sys.stdout.isatty()) as progress:
        for path, query in zip(files or ("-",), queries, strict=True):
            try:
                for entry in entries(path, format_name, options, moved=progress.moved, opened=progress.opened, follow=follow):
                    if query and not query(entry) and not _is_broken(entry):
                        continue
                    for line in _check(entry, registry, summary, warnings=warnings, as_json=as_json):
                        status = max(status, INVALID)
                        click.echo(line)
            except InputError as error:
                report(str(error))
                status = Unusable.exit_code
    if queries[0] and status != Unusable.exit_code:
        tally = Tally()
        for query in queries:
            tally.add(query.tally)
        report_unmatched(tally)
    if as_json:
        click.echo(msgspec.json.encode({"$summary": summary.to_data()}))
    else:
        for line in summary.lines(warnings=warnings):
            click.echo(line)
    return status


def _is_broken(entry: Entry) -> bool:
    """Return whether a part of the input is no event; a query selects events and hides no such part."""
    return isinstance(entry, Diagnostic) or isinstance(entry.item, Gap)


def _check(entry: Entry, registry: Registry, summary: Summary, *, warnings: bool, as_json: bool) -> Iterator[str | bytes]:
    """Count an entry and yield its lines."""
    if isinstance(entry, Diagnostic) or isinstance(entry.item, Gap):
        if not isinstance(entry, Diagnostic) and not isinstance(entry.item, MalformedFrame):
            code = "gap"
            summary.gaps += 1
        else:
            code = entry.code if isinstance(entry, Diagnostic) else entry.item.error.code  # type: ignore[union-attr]
            summary.malformed += 1
        summary.codes[code] += 1
        line = {"code": code, "message": entry.complaint(), "$source": entry.origin.to_data()}
        yield msgspec.json.encode(line) if as_json else printable(entry.complaint())
        return
    message = entry.item.message
    name = (registry.message_name(message) if isinstance(message, int) else message) or f"#{message}"
    summary.events[name] += 1
    for violation in violations_of(entry, registry):
        if warnings or violation.severity is Severity.ERROR:
            summary.severities[violation.severity] += 1
            summary.codes[violation.code] += 1
            if as_json:
                yield msgspec.json.encode({**violation_to_data(violation), "$source": entry.origin.to_data()})
            else:
                yield printable(f"{entry.origin.place}: {violation.severity.value}: {violation}")
