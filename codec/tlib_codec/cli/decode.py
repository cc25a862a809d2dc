"""``tlib decode``: frames, hex, logs and JSONL to a table, JSONL or frames."""

from __future__ import annotations

import contextlib
import sys

import click

from tlib_schemas.errors import EncodeError
from tlib_schemas.registry import Registry

from . import FINE, INVALID
from .common import FORMS, Unusable, capture_options, files_argument, input_options, registry_option, report
from .inputs import Entry, Problem, entries
from .output import Frames, JSONLines, Writer, form_for, open_output
from .progress import Progress
from .select import Test, selection


@click.command()
@files_argument
@input_options(*FORMS)
@capture_options
@click.option(
    "--to", type=click.Choice(("table", "jsonl", "frames")), help="Form of the output; else -o's suffix, table on a terminal, jsonl."
)
@click.option("-o", "--output", metavar="FILE", help="Write there: .jsonl or .tlb.")
@click.option("--strict", is_flag=True, help="Stop at the first thing that is no valid event.")
@click.option("--event", "events", multiple=True, metavar="NAME", help="Only these events (may be repeated).")
@click.option("--where", "conditions", multiple=True, metavar="NAME=VALUE", help="Only events whose attribute is VALUE (all of them hold).")
@registry_option
def command(
    files: tuple[str, ...],
    form: str,
    server: int | None,
    ports: tuple[int, ...],
    hosts: tuple[str, ...],
    follow: bool,
    to: str | None,
    output: str | None,
    strict: bool,
    events: tuple[str, ...],
    conditions: tuple[str, ...],
    registry: Registry,
) -> int:
    """Decode frames, hex text, a T-Server or Platform SDK log, a capture (pcap, pcapng), or JSONL.

    On a terminal a table; in a pipe JSONL, one line an event. What is malformed is reported on the
    standard error and, in JSONL, has a line of its own ($malformed, $gap); the events around it
    come out. With --event or --where only what they select is written.

    \b
    tlib decode calls.tlb
    tlib decode trunk.pcapng.gz --port 3000 -o calls.jsonl
    tcpdump -i eth0 -U -w - port 3000 | tlib decode --to table
    tlib decode server.log --where CallUUID=01FES9JKSOFQLEKK3CSH5B5AES00JV1U
    tlib decode server.log --event EventCallDeleted --where Cause=Transfer
    tlib decode calls.tlb --where UserData.Segment.Tier=Gold -o gold.jsonl
    xxd capture.bin | tlib decode | jq -r .ConnID
    """  # noqa: D301
    tests = selection(events, conditions, registry)
    target = form_for(output, to)
    inputs = files or ("-",)
    status = FINE
    with contextlib.ExitStack() as stack:
        file = open_output(output, inputs, binary=target == "frames")
        if output not in {None, "-"}:
            stack.enter_context(file)
        writer: Writer
        if target == "table":
            from .render import Table  # noqa: PLC0415 rich

            writer = Table(file, registry)
        else:
            writer = (JSONLines if target == "jsonl" else Frames)(file, registry)
        progress = stack.enter_context(Progress(alone=output not in {None, "-"} or not sys.stdout.isatty()))

        def moved(count: int) -> None:
            writer.flush()
            progress.moved(count)

        for path in inputs:
            try:
                for entry in entries(
                    path, form, registry, server=server, moved=moved, opened=progress.opened, ports=ports, hosts=hosts, follow=follow
                ):
                    outcome = _pass_on(entry, writer, tests, quiet=target == "table" and not strict)
                    status = max(status, outcome)
                    if strict and outcome:
                        return status
            except Unusable as error:
                error.show()
                status = error.exit_code
        writer.flush()
    return status


def _pass_on(entry: Entry, writer: Writer, tests: list[Test], *, quiet: bool) -> int:
    """Write `entry` where it is wanted, report it where it is wrong; gives the exit status so far.

    `quiet`: the output itself shows what is wrong with it.
    """
    if isinstance(entry, Problem):
        if not tests:
            writer.problem(entry)
        if not quiet or tests:
            report(entry.complaint())
        return INVALID
    wanted = all(test(entry) for test in tests)
    if not entry.sound and not (quiet and wanted):
        report(entry.complaint())
    try:
        note = writer.write(entry) if wanted else ""
    except EncodeError as error:
        report(f"{entry.place}: not written: {error}")
        return INVALID
    if note:
        report(note)
    return FINE if entry.sound else INVALID
