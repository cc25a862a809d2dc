"""``tlib fuzz run``: sends cases to a parser, judges its answers and keeps the wrong ones."""

from __future__ import annotations

import contextlib
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import click

from tlib_cli import FINE, INVALID, UNUSABLE
from tlib_cli.options import REGISTRY, registry_of, registry_option
from tlib_cli.reports import Unusable, report
from tlib_fuzz.kit.findings import Findings, TargetOptions
from tlib_fuzz.kit.protocol import TargetError
from tlib_fuzz.kit.report import Progress, Total, junit, summary
from tlib_fuzz.kit.session import CHUNK, Session
from tlib_fuzz.kit.target import MODES
from tlib_fuzz.kit.workers import in_order
from tlib_fuzz.kit.workload import Workload
from tlib_schemas.errors import printable
from tlib_schemas.registry import Registry

from .common import Selection, explained, frames_of, selected

Request: TypeAlias = tuple[int, Selection, tuple[bytes, ...]]  # seed, selection, corpus
_CASES = 20_000
_STEPS = {"process": 50}  # cases of a chunk in a slow mode


@click.command()
@click.option("--target", required=True, metavar="COMMAND", help="Start your parser with this command; with --mode tcp HOST:PORT.")
@click.option(
    "--mode",
    type=click.Choice(tuple(MODES)),
    default="pipe",
    show_default=True,
    help="Choose how to reach it. pipe: one process that speaks the protocol. process: one process for each frame, on its standard input "
    "or in the file for @@. tcp: a server that speaks the protocol.",
)
@click.option(
    "--cases",
    type=click.IntRange(1),
    metavar="N",
    help=f"Send N cases, and those of --corpus in addition.  [default: {_CASES:,}, unlimited with --time]",
)
@click.option("--time", "seconds", type=click.FloatRange(0, min_open=True), metavar="S", help="Stop after S seconds.")
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Repeat the cases of seed N.  [default: a new seed, which is printed]")
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Run N processes, each with its own target."
)
@click.option("--only", multiple=True, metavar="LABEL", help="Send only cases with this label of docs/defects.md, or raw.")
@click.option("--skip", multiple=True, metavar="LABEL", help="Leave out cases with this label.")
@click.option(
    "--raw", type=click.FloatRange(0, 1), default=0.25, show_default=True, metavar="SHARE", help="Set the share of raw mutations."
)
@click.option("--corpus", multiple=True, metavar="FILE", help="Send the frames of FILE first (frames, a capture, a log), and mutate them.")
@click.option("--lenient", is_flag=True, help="Accept every well-formed frame: your parser knows no event tables.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=2.0,
    show_default=True,
    metavar="S",
    help="Report a hang after S seconds without a reply.",
)
@click.option(
    "--memory",
    type=click.IntRange(0),
    default=256,
    show_default=True,
    metavar="MIB",
    help="Report memory that grows by more than MIB; 0 means no limit.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("fuzz-findings"),
    show_default=True,
    help="Write findings to this folder; earlier findings stay in it.",
)
@click.option(
    "--junit", "junit_file", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML with a test case for each label."
)
@registry_option
@click.pass_context
def command(
    context: click.Context,
    target: str,
    mode: str,
    cases: int | None,
    seconds: float | None,
    seed: int | None,
    jobs: int,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    raw: float,
    corpus: tuple[str, ...],
    lenient: bool,
    timeout: float,
    memory: int,
    output: Path,
    junit_file: Path | None,
    registry: Registry,
) -> int:
    """Send valid and invalid frames to a parser and keep every wrong answer with a reduced frame.

    Exit status: 0 no findings, 1 findings, 2 the target cannot be used, or skips every case.

    \b
    tlib fuzz run --target ./harness
    tlib fuzz run --target "java Harness.java" --time 60 --jobs 2
    tlib fuzz run --target "./parser @@" --mode process --cases 2000
    tlib fuzz run --target localhost:4000 --mode tcp --seed 7 --junit fuzz.xml
    """  # noqa: D301
    name = context.meta[REGISTRY]
    options = TargetOptions(command=target, mode=mode, timeout=timeout, memory=memory, registry=name, lenient=lenient)
    request: Request = (
        random.SystemRandom().getrandbits(32) if seed is None else seed,
        selected(only, skip, raw, registry),
        frames_of(corpus, registry),
    )
    workload = _workload(options, request)
    total = Total(workload.seed, Counter(), Counter())
    findings = Findings(output, workload, options, explained)
    progress = Progress()
    status = FINE
    try:
        with contextlib.closing(findings):
            _run((options, request), jobs, _sizes(cases, seconds, _STEPS.get(mode, CHUNK)), findings, total, progress)
    except TargetError as error:
        if not total.cases:
            raise Unusable(str(error)) from None
        report(str(error))
        status = UNUSABLE
    except KeyboardInterrupt:
        if not total.cases:
            raise
    finally:
        progress.clear()
    total.seconds = progress.seconds
    ordered = findings.by_severity()
    for line in summary(total, ordered):
        click.echo(printable(line))
    if total.cases and not total.judged:
        report("no case was judged: the target skips them all")
        status = UNUSABLE
    if junit_file is not None:
        junit(total, ordered, junit_file)
    return INVALID if ordered else status


def _run(
    arguments: tuple[TargetOptions, Request], jobs: int, sizes: Iterator[int], findings: Findings, total: Total, progress: Progress
) -> None:
    for result in in_order(_session, arguments, jobs, sizes):
        total.counts += result.counts
        total.left_out += result.left_out
        total.skipped += result.skipped
        for hit, times in zip(result.hits, result.times, strict=True):
            findings.add(hit, times)
        progress.update(total.cases, len(findings.all))


def _workload(options: TargetOptions, request: Request) -> Workload:
    """Return the workload in any process, which gets a registry by its name."""
    seed, selection, corpus = request
    return Workload(
        seed=seed,
        registry=registry_of(options.registry),
        labels=selection.labels,
        raw=selection.raw,
        ignored=selection.ignored,
        lenient=options.lenient,
        corpus=corpus,
    )


def _session(options: TargetOptions, request: Request) -> Session:
    return Session(options.open(), _workload(options, request))


def _sizes(cases: int | None, seconds: float | None, step: int) -> Iterator[int]:
    """Yield the sizes of chunks up to the number of cases or the end of the time."""
    end = time.monotonic() + (seconds or 0.0)
    most = _CASES if cases is None and seconds is None else cases
    for sent in itertools.count(0, step):
        if (most is not None and sent >= most) or (seconds is not None and time.monotonic() > end):
            return
        yield step if most is None else min(step, most - sent)
