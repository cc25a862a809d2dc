"""``tlib decode``: frames, hex, logs and JSONL to a table, JSONL, columns, frames or packets."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from tlib_cli import FINE, INVALID
from tlib_cli.decoding import Decoding, Task
from tlib_cli.options import FORMS, REGISTRY, Unusable, capture_options, files_argument, input_options, registry_option, report
from tlib_cli.output import BINARY, COLUMNS, Writer, form_for, open_output, whole_output
from tlib_cli.output import FORMS as TARGETS
from tlib_cli.source import form_of
from tlib_cli.view.progress import Progress
from tlib_schemas.registry import Registry

_WORTH_IT = 16 << 20  # bytes of input, below which starting a process takes longer than it saves


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
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Use so many cores; else all there are.")
@click.option("--partition", metavar="KEYS", help="With -o DIR/: a folder for each date, event or both (date,event).")
@capture_options
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
    jobs: int | None,
    partition: str | None,
    ports: tuple[int, ...],
    hosts: tuple[str, ...],
    follow: bool,
    registry: Registry,
) -> int:
    """Decode frames, hex text, a T-Server or Platform SDK log, a capture (pcap, pcapng), or JSONL.

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
    tlib decode trunk.pcapng.gz --port 3000 -o calls.jsonl
    tcpdump -i eth0 -U -w - port 3000 | tlib decode --to table
    xxd capture.bin | tlib decode | jq -r .ConnID
    """  # noqa: D301
    folder = output is not None and (output.endswith("/") or Path(output, "_tlib").is_dir())
    if not folder and output is not None and Path(output).is_dir():
        raise click.UsageError(f"{output} is a folder: give {output}/ to have Parquet files made in it")
    if partition and not folder:
        raise click.UsageError("--partition writes a folder of Parquet files: give -o DIR/")
    target = form_for(output, to or ("parquet" if folder else None))
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
        ports=ports,
        hosts=hosts,
        follow=follow,
        registry=ctx.meta[REGISTRY],
        source=_source_columns(inputs, form) if target in COLUMNS else (),
        stream=output is not None and output.lower().endswith(".arrows"),
    )
    decoding = Decoding(task, registry)
    if folder:
        return _folder(task, inputs, str(output), jobs, partition)
    status = FINE
    with contextlib.ExitStack() as stack:
        if target in BINARY or target == "csv":
            file = stack.enter_context(whole_output(output, inputs, binary=target in BINARY))
        else:
            file = open_output(output, inputs)
            if output not in {None, "-"}:
                stack.enter_context(file)
        writer = decoding.writer(file, threads=jobs or os.cpu_count() or 1)
        stack.push(_abandons(writer))
        progress = stack.enter_context(Progress(alone=output not in {None, "-"} or not sys.stdout.isatty()))
        count = _jobs(jobs, inputs, target, strict=strict)
        if count > 1:
            outcome = _together(task, inputs, output, count, writer, file, progress)
            writer.close()
            return outcome

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


def _jobs(wanted: int | None, inputs: tuple[str, ...], target: str, *, strict: bool) -> int:
    """How many processes are worth it; a table and packets have what goes from input to input, and --strict an order to stop in."""
    if len(inputs) < 2 or strict or target in {"table", "pcap", "pcapng"} or not all(_size(path) for path in inputs):
        return 1
    if wanted is None and sum(map(_size, inputs)) < _WORTH_IT:
        return 1
    return min(wanted or os.cpu_count() or 1, len(inputs))


def _size(path: str) -> int:
    """The size of a file; 0 of what has none."""
    return Path(path).stat().st_size if path != "-" and Path(path).is_file() else 0


def _together(
    task: Task, inputs: tuple[str, ...], output: str | None, jobs: int, writer: Writer, file: BinaryIO, progress: Progress
) -> int:
    """Decode the inputs in several processes, to the file or, where rows are not simply joined, through the writer."""
    from tlib_cli.parallel import Workers, decode_parts  # noqa: PLC0415 several processes are not the usual case

    append = getattr(writer, "append", None) if task.target != "csv" else None

    def take(part: Path) -> None:
        if append is not None:
            append(part)
        else:
            with part.open("rb") as made:
                shutil.copyfileobj(made, file, 1 << 20)
            file.flush()

    part_task = msgspec.structs.replace(task, target="arrow", stream=True) if append is not None else task
    beside = None if output in {None, "-"} or not Path(str(output)).parent.is_dir() else Path(str(output)).parent
    with Workers(jobs, sum(map(_size, inputs)), progress) as workers:
        return decode_parts(part_task, inputs, beside, workers, take)


def _folder(task: Task, inputs: tuple[str, ...], output: str, jobs: int | None, partition: str | None) -> int:
    """Decode what is new among the inputs into a folder of Parquet files."""
    if task.target != "parquet" or task.strict or "-" in inputs:
        raise click.UsageError("A folder takes Parquet, without --strict, and of files: give -o DIR/ with FILE…")
    from tlib_cli.dataset import decode_dataset, partition_keys  # noqa: PLC0415 pyarrow
    from tlib_cli.parallel import Workers  # noqa: PLC0415

    keys = partition_keys(partition)
    count = min(jobs or os.cpu_count() or 1, len(inputs))
    with Progress(alone=True) as progress, Workers(count, sum(map(_size, inputs)), progress) as workers:
        # One schema for all files of a folder, whatever its inputs are.
        status, already = decode_dataset(msgspec.structs.replace(task, source=()), keys, inputs, output, workers)
    if already:
        told = "; what is wrong in them was told when they were decoded" if status == INVALID and already == len(inputs) else ""
        report(f"{output}: {already} of {len(inputs)} files were there already{told}")
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
    try:
        from tlib_codec.arrow.writer import source_columns  # noqa: PLC0415 pyarrow
    except ImportError as error:
        raise Unusable(str(error)) from None
    return source_columns(form if form != "auto" else form_of(path) for path in inputs)
