"""``tlib decode``: frames, hex, logs and JSONL to a table, JSONL, columns, frames or packets."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable

import click

from tlib_schemas.registry import Registry

from . import FINE
from .common import FORMS, REGISTRY, Unusable, files_argument, input_options, registry_option
from .decoding import Decoding, Task
from .output import BINARY, COLUMNS, Writer, form_for, open_output, whole_output
from .output import FORMS as TARGETS
from .progress import Progress
from .source import form_of


@click.command()
@click.pass_context
@files_argument
@input_options(*FORMS)
@click.option("--to", type=click.Choice(TARGETS), help="Form of the output; else -o's suffix, table on a terminal, jsonl.")
@click.option("-o", "--output", metavar="FILE", help="Write there: .jsonl, .csv, .parquet, .arrow, .tlb, .pcap, .pcapng or .txt.")
@click.option("--strict", is_flag=True, help="Stop at the first thing that is no valid event.")
@click.option("--event", "events", multiple=True, metavar="NAME", help="Only these events (may be repeated).")
@click.option("--where", "conditions", multiple=True, metavar="NAME=VALUE", help="Only events whose attribute is VALUE (all of them hold).")
@click.option("--since", metavar="TIME", help="Only events at or after TIME (ISO 8601, UTC where it has no zone).")
@click.option("--until", metavar="TIME", help="Only events before TIME.")
@click.option("--address", metavar="HOST[:PORT]", help="Only events from or to that address, or network (10.0.0.0/8), of a capture.")
@registry_option
def command(
    ctx: click.Context,
    files: tuple[str, ...],
    form: str,
    server: int | None,
    to: str | None,
    output: str | None,
    strict: bool,
    events: tuple[str, ...],
    conditions: tuple[str, ...],
    since: str | None,
    until: str | None,
    address: str | None,
    registry: Registry,
) -> int:
    """Decode frames, hex text, a T-Server or Platform SDK log, or JSONL.

    On a terminal a table; in a pipe JSONL, one line an event. What is malformed is reported on the
    standard error and, in JSONL, has a line of its own ($malformed, $gap); the events around it
    come out. With a filter (--event, --where, --since, --until, --address) only what it selects is
    written.

    \b
    tlib decode calls.tlb
    tlib decode server.log --where CallUUID=01FES9JKSOFQLEKK3CSH5B5AES00JV1U
    tlib decode server.log --event EventCallDeleted --where Cause=Transfer
    tlib decode calls.tlb --where UserData.Segment.Tier=Gold -o gold.parquet
    tlib decode server.log --since 2026-03-14T21:00Z -o evening.pcapng
    xxd capture.bin | tlib decode | jq -r .ConnID
    """  # noqa: D301
    target = form_for(output, to)
    inputs = files or ("-",)
    task = Task(
        target=target,
        form=form,
        server=server,
        strict=strict,
        events=events,
        conditions=conditions,
        since=since,
        until=until,
        address=address,
        registry=ctx.meta[REGISTRY],
        source=_source_columns(inputs, form) if target in COLUMNS else (),
        stream=output is not None and output.lower().endswith(".arrows"),
    )
    decoding = Decoding(task, registry)
    status = FINE
    with contextlib.ExitStack() as stack:
        if target in BINARY or target == "csv":
            file = stack.enter_context(whole_output(output, inputs, binary=target in BINARY))
        else:
            file = open_output(output, inputs)
            if output not in {None, "-"}:
                stack.enter_context(file)
        writer = decoding.writer(file)
        stack.push(_abandons(writer))
        progress = stack.enter_context(Progress(alone=output not in {None, "-"} or not sys.stdout.isatty()))

        def moved(count: int) -> None:
            writer.flush()
            progress.moved(count)

        for path in inputs:
            try:
                outcome = decoding.run(path, writer, moved=moved, opened=progress.opened)
            except Unusable as error:
                error.show()
                status = error.exit_code
                continue
            status = max(status, outcome)
            if strict and outcome:
                break
        writer.close()
        writer.flush()
    return status


def _abandons(writer: Writer) -> Callable[[type[BaseException] | None, object, object], None]:
    """An exit that ends the writer of an output that was broken off, while its file is still open."""

    def leave(kind: type[BaseException] | None, _error: object, _trace: object) -> None:
        if kind is not None:
            with contextlib.suppress(Exception):  # the first failure is the one that is told
                writer.close()

    return leave


def _source_columns(inputs: tuple[str, ...], form: str) -> tuple[str, ...]:
    """The columns that the sources of these inputs can fill."""
    from .tables import source_columns  # noqa: PLC0415 pyarrow

    return source_columns(form if form != "auto" else form_of(path) for path in inputs)
