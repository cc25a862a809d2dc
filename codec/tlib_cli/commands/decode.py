"""``tlib decode``: convert inputs of any format to an output of any format."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import time
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from tlib_cli import FINE, INVALID
from tlib_cli.inputs import InputError, Source, format_of, size_of
from tlib_cli.options import (
    REGISTRY,
    capture_options,
    files_argument,
    input_options,
    output_options,
    query_options,
    registry_option,
    select_option,
    zone_option,
)
from tlib_cli.output import completed, format_for, opened_for
from tlib_cli.pipeline import Pipeline, Task
from tlib_cli.reports import Unusable, report
from tlib_cli.view.progress import Progress
from tlib_codec.clock import zone_text
from tlib_codec.engine import engine
from tlib_codec.formats import Format, Writer, readable
from tlib_codec.formats.source import batches_of
from tlib_codec.formats.spans import LEAST
from tlib_schemas.registry import Registry

_MIN_PARALLEL = 16 << 20  # bytes of input; below it, one process is faster than several
_MIN_CUT = 32 << 20  # bytes of one input that the native engine reads in forks ...
_MIN_SPAWNED = 512 << 20  # ... and in processes that start anew


@click.command()
@click.pass_context
@files_argument
@input_options()
@output_options
@click.option("--strict", is_flag=True, help="Stop at the first malformed or invalid record.")
@query_options
@zone_option
@click.option("--merge", is_flag=True, help="Order the events of all inputs by time.")
@click.option("--address", metavar="HOST[:PORT]", help="Select events of a capture from or to this address or network (10.0.0.0/8).")
@select_option
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Use N processes. Default: one per core.")
@click.option("--stats", is_flag=True, help="Print the counts of the run at its end: bytes, records, and the units that C left to Python.")
@click.option("--partition", metavar="KEYS", help="With -o DIR/, make a folder per date, event or both (date,event).")
@capture_options
@registry_option
def command(
    ctx: click.Context,
    files: tuple[str, ...],
    format_name: str,
    server: int | None,
    encoding: str | None,
    to: str | None,
    output: str | None,
    raw_csv: bool,
    strict: bool,
    events: tuple[str, ...],
    where: tuple[str, ...],
    since: str | None,
    until: str | None,
    zone: dt.tzinfo | None,
    merge: bool,
    address: str | None,
    select: str | None,
    jobs: int | None,
    stats: bool,
    partition: str | None,
    ports: tuple[int, ...],
    hosts: tuple[str, ...],
    follow: bool,
    registry: Registry,
) -> int:
    """Decode frames, hex text, logs, captures or JSONL.

    Read frames, hex text, a T-Server or Platform SDK log, a capture (pcap, pcapng) or JSONL, also compressed (gzip, bzip2,
    xz, zstd); from a folder or zip file, read every file with a known format. Print a table on a
    terminal and JSONL, one line per event, in a pipe. Report malformed parts on the standard error and, in JSONL,
    write them as lines ($malformed, $gap); the events around them are still decoded. --event, --where, --since,
    --until and --address select events, --select chooses columns.

    \b
    tlib decode calls.tlb
    tlib decode server.log --where CallUUID=01FES9JKSOFQLEKK3CSH5B5AES00JV1U
    tlib decode server.log --event EventCallDeleted --where Cause=Transfer
    tlib decode calls.tlb --where 'UserData.Segment.Tier=Gold and not ANI ~ 55*' -o gold.parquet
    tlib decode *.log --where 'any ConnID = 006c02462a161006'
    tlib decode server.log --select time,Event,ANI,DNIS,UserData.Segment -o calls.csv
    tlib decode server.log --since 21:00 --until 21:15 -o evening.pcapng
    tlib decode --merge --tz Europe/Paris lakeside.log harbour.log
    tlib decode bundle.zip -o bundle.jsonl
    tlib decode --follow a.log b.log -o both.parquet
    tlib decode trunk.pcapng.gz --port 3000 -o calls.jsonl
    tcpdump -i eth0 -U -w - port 3000 | tlib decode --to table
    xxd capture.bin | tlib decode | jq -r .ConnID
    """  # noqa: D301
    folder = output is not None and (output.endswith("/") or Path(output, "_tlib").is_dir())
    if not folder and output is not None and Path(output).is_dir():
        raise click.UsageError(f"{output}: is a folder; give -o {output}/ to write Parquet files into it")
    if partition and not folder:
        raise click.UsageError("--partition needs a folder of Parquet files: give -o DIR/")
    target = format_for(output, to or ("parquet" if folder else None))
    if merge and (folder or follow):
        raise click.UsageError("--merge reads its inputs to their end, into one output: give neither -o DIR/ nor --follow")
    inputs = files or ("-",)
    task = Task(
        target=target.name,
        format=format_name,
        server=server,
        encoding=encoding,
        strict=strict,
        events=events,
        where=where,
        since=since,
        until=until,
        address=address,
        select=select,
        ports=ports,
        hosts=hosts,
        follow=follow,
        registry=ctx.meta[REGISTRY],
        zone=None if zone is None else zone_text(zone),
        origins=_origins(inputs, format_name),
        stream=output in {None, "-"} or str(output).lower().endswith(".arrows"),
        raw_csv=raw_csv,
    )
    pipeline = Pipeline(task, registry)
    with _counted(pipeline) if stats else contextlib.nullcontext():
        if folder:
            return _folder(pipeline, inputs, str(output), jobs, partition)
        return _decode(pipeline, inputs, output, jobs, merge=merge)


@contextlib.contextmanager
def _counted(pipeline: Pipeline) -> Iterator[None]:
    """Report the counts of the run at its end."""
    begin = time.perf_counter()
    yield
    for line in pipeline.counts.lines(time.perf_counter() - begin):
        report(line)


def _decode(pipeline: Pipeline, inputs: tuple[str, ...], output: str | None, jobs: int | None, *, merge: bool) -> int:
    """Decode the inputs to one output."""
    task, target = pipeline.task, pipeline.target
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(opened_for(output, target, inputs, endless=task.follow))
        writer = pipeline.writer(file, threads=jobs or os.cpu_count() or 1)
        status = FINE
        with completed(writer, file, endless=task.follow) as made:
            progress = stack.enter_context(Progress(output))
            count = 1 if merge else _jobs(jobs, inputs, target, task)
            if merge:
                status = _merged(pipeline, inputs, made.writer, progress)
            elif task.follow and len(inputs) > 1:
                status = _followed(pipeline, inputs, made.writer)
            elif count > 1:
                status = _in_parallel(pipeline, inputs, output, count, made.writer, progress)
            else:
                status = _one_by_one(pipeline, inputs, made.writer, progress)
            if status == Unusable.exit_code and not pipeline.counts.records:
                raise click.exceptions.Exit(status)  # nothing was read: the output stays as it was
    if status != Unusable.exit_code:
        pipeline.report_unmatched()
    return made.status or status


def _one_by_one(pipeline: Pipeline, inputs: tuple[str, ...], writer: Writer, progress: Progress) -> int:
    def moved(count: int) -> None:
        writer.flush()
        progress.moved(count)

    status = FINE
    for path in inputs:
        try:
            outcome = pipeline.run(path, writer, moved=moved, opened=progress.opened)
        except InputError as error:
            report(str(error))
            status = Unusable.exit_code
            continue
        status = max(status, outcome)
        if pipeline.task.strict and outcome:
            break
    return status


def _followed(pipeline: Pipeline, inputs: tuple[str, ...], writer: Writer) -> int:
    """Decode several files that grow."""
    from tlib_cli.following import decode_followed  # noqa: PLC0415 threads, which most runs do not need

    pipelines = [(path, Pipeline(pipeline.task, pipeline.registry, shown=pipeline.shown)) for path in inputs]
    status = decode_followed(pipelines, writer)
    for _, one in pipelines:
        pipeline.total.add(one.tally)
        pipeline.counts.add(one.counts)
    return status


def _merged(pipeline: Pipeline, inputs: tuple[str, ...], writer: Writer, progress: Progress) -> int:
    """Write the events of all inputs by time."""
    failures: list[InputError] = []

    def failed(error: InputError) -> None:
        report(str(error))
        failures.append(error)

    def moved(count: int) -> None:
        writer.flush()
        progress.moved(count)

    progress.start(f"{len(inputs)} inputs", sum(map(size_of, inputs)))
    try:
        status = pipeline.run_merged(inputs, writer, failed=failed, moved=moved)
    except InputError as error:
        failed(error)
        status = FINE
    return Unusable.exit_code if failures else status


def _jobs(wanted: int | None, inputs: tuple[str, ...], target: Format, task: Task) -> int:
    """Return the number of processes.

    1 if one must see all inputs (parts do not join, --strict, --select, the first log gives the zone of --since), the inputs are small, or
    a single one is not cut.
    """
    if task.strict or not target.joins or task.select is not None or not all(map(size_of, inputs)):
        return 1
    if len(inputs) == 1 and (task.follow or task.address is not None or not target.seamless or _cut(inputs[0], task.format) is None):
        return 1
    if (task.since or task.until) and task.zone is None and (task.origins is None or "local_time" in task.origins):
        return 1
    if wanted is None and _is_small(inputs):
        return 1
    most = len(inputs) if len(inputs) > 1 else max(1, size_of(inputs[0]) // LEAST)
    return min(wanted or os.cpu_count() or 1, most)


def _is_small(inputs: tuple[str, ...]) -> bool:
    """Return whether one process reads the inputs faster than several."""
    size = sum(map(size_of, inputs))
    if len(inputs) > 1 or engine() != "native":
        return size < _MIN_PARALLEL
    if size < _MIN_CUT:
        return True
    from tlib_cli.parallel import forks  # noqa: PLC0415 multiprocessing, which most runs do not need

    return size < _MIN_SPAWNED and not forks()


def _cut(path: str, name: str) -> Format | None:
    """Return the format of a file that is cut into spans; None for another file."""
    try:
        with Source(path) as source:
            detected = format_of(source, name)
            return detected if detected.cut is not None and source.plain else None
    except InputError:  # the pipeline reports it
        return None


def _in_parallel(pipeline: Pipeline, inputs: tuple[str, ...], output: str | None, jobs: int, writer: Writer, progress: Progress) -> int:
    """Decode the inputs, or the spans of the only one, in several processes and join their parts."""
    from tlib_cli.parallel import Workers  # noqa: PLC0415 multiprocessing, which most runs do not need
    from tlib_cli.parts import Parts  # noqa: PLC0415
    from tlib_cli.slots import SLOT  # noqa: PLC0415

    beside = None if output in {None, "-"} or not Path(str(output)).parent.is_dir() else Path(str(output)).parent
    cut = _cut(inputs[0], pipeline.task.format) if len(inputs) == 1 else None
    if cut is not None:
        list(batches_of(Source(io.BytesIO()), cut, pipeline.options()))  # a fork inherits the modules and tables of the reader
    writer.flush()  # a fork would write the beginning of the output once more
    slot_size = 0 if cut is None else SLOT
    with Workers(jobs, sum(map(size_of, inputs)), progress, slot_size) as workers, Parts(pipeline, workers, writer, beside) as parts:
        if cut is None:
            return parts.decode(inputs)
        return parts.decode_spans(inputs[0], cut, jobs)


def _folder(pipeline: Pipeline, inputs: tuple[str, ...], output: str, jobs: int | None, partition: str | None) -> int:
    """Decode the new inputs into a folder of Parquet files."""
    task = pipeline.task
    if task.select is not None:
        raise click.UsageError("--select writes one file; give -o FILE, or leave --select out")
    if task.target != "parquet" or task.strict or "-" in inputs:
        raise click.UsageError("-o DIR/ writes Parquet from files: give FILE…, and neither --strict nor another --to")
    try:
        from tlib_cli.dataset import decode_dataset, partition_keys  # noqa: PLC0415 pyarrow
    except ImportError as error:
        raise Unusable(str(error)) from None
    from tlib_cli.parallel import Workers  # noqa: PLC0415

    keys = partition_keys(partition)
    count = min(jobs or os.cpu_count() or 1, len(inputs))
    with Progress(output) as progress, Workers(count, sum(map(size_of, inputs)), progress) as workers:
        # All files of a folder share one schema, so its columns do not depend on the inputs.
        status, already = decode_dataset(msgspec.structs.replace(task, origins=None), keys, inputs, output, workers, pipeline)
    if already:
        note = "; the run that decoded them reported their errors" if status == INVALID and already == len(inputs) else ""
        report(f"{output}: skipped {already} of {len(inputs)} files, which an earlier run decoded{note}")
    elif status != Unusable.exit_code:
        pipeline.report_unmatched()
    return status


def _origins(inputs: tuple[str, ...], format_name: str) -> tuple[str, ...] | None:
    """Return the fields of `Origin` that these inputs can fill; None if an input may fill any."""
    names: dict[str, None] = {}
    for path in inputs:
        detected = readable().get(format_name) or _detect(path)
        if detected is None or detected.origins is None:
            return None
        names |= dict.fromkeys(detected.origins)
    return tuple(names)


def _detect(path: str) -> Format | None:
    """Return the format of a file; None for another kind of input and an unusable file."""
    if not size_of(path):
        return None
    try:
        with Source(path) as source:
            return format_of(source, "auto")
    except InputError:  # the pipeline reports it
        return None
