"""``tlib fuzz run``: cases to a parser, its answers judged, what is wrong kept."""

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
from tlib_cli.reports import Unusable, printable, report
from tlib_fuzz.kit.findings import Findings, How
from tlib_fuzz.kit.protocol import TargetError
from tlib_fuzz.kit.report import Progress, Total, junit, summary
from tlib_fuzz.kit.session import CHUNK, Trial
from tlib_fuzz.kit.target import MODES
from tlib_fuzz.kit.workers import in_order
from tlib_fuzz.kit.workload import Plan
from tlib_schemas.registry import Registry

from .common import Asked, asked, seeds

Given: TypeAlias = tuple[int, Asked, tuple[bytes, ...]]  # seed, what is asked for, corpus
_CASES = 20_000
_STEPS = {"process": 50}  # cases a chunk, where a thousand would take long


@click.command()
@click.option("--target", required=True, metavar="COMMAND", help="The command that starts your parser; with --mode tcp HOST:PORT.")
@click.option(
    "--mode",
    type=click.Choice(tuple(MODES)),
    default="pipe",
    show_default=True,
    help="pipe: it stays and speaks the protocol. process: it is started for each frame, on its standard input or in a file for @@. "
    "tcp: a server that speaks the protocol.",
)
@click.option(
    "--cases",
    type=click.IntRange(1),
    metavar="N",
    help="Send so many cases, those of --corpus on top; raw mutations that --skip drops are not replaced.  "
    f"[default: {_CASES:,}, or no end with --time]",
)
@click.option("--time", "seconds", type=click.FloatRange(0, min_open=True), metavar="S", help="Stop after so many seconds.")
@click.option(
    "--seed", type=click.IntRange(0), metavar="N", help="The same seed gives the same cases.  [default: a new one, which is told]"
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Processes, each with a target of its own.")
@click.option("--only", multiple=True, metavar="LABEL", help="Only cases with this label; see docs/defects.md, and raw.")
@click.option("--skip", multiple=True, metavar="LABEL", help="No cases with this label.")
@click.option(
    "--raw", type=click.FloatRange(0, 1), default=0.25, show_default=True, metavar="SHARE", help="How many of the cases are raw mutations."
)
@click.option("--corpus", multiple=True, metavar="FILE", help="Frames, a capture, a log to begin with: sent as they are, and mutated.")
@click.option("--lenient", is_flag=True, help="Your parser does not judge by the events' tables: what is well-formed is to be accepted.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=2.0,
    show_default=True,
    metavar="S",
    help="A hang is no reply in so many seconds.",
)
@click.option(
    "--memory",
    type=click.IntRange(0),
    default=256,
    show_default=True,
    metavar="MIB",
    help="It may take so much more than at rest; 0 does not look.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("fuzz-findings"),
    show_default=True,
    help="The folder of findings; those of earlier runs stay in it.",
)
@click.option("--junit", "junit_file", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML, a test case for each label.")
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
    """Send right and wrong frames to a parser and keep every wrong answer, made small.

    Exit status: 0 nothing found, 1 findings, 2 the target cannot be used, or judges nothing.

    \b
    tlib fuzz run --target ./testee
    tlib fuzz run --target "java Testee" --time 60 --jobs 2
    tlib fuzz run --target "./parser @@" --mode process --cases 2000
    tlib fuzz run --target localhost:4000 --mode tcp --seed 7 --junit fuzz.xml
    """  # noqa: D301
    name = context.meta[REGISTRY]
    how = How(target=target, mode=mode, timeout=timeout, memory=memory, registry=name, lenient=lenient)
    given: Given = (
        random.SystemRandom().getrandbits(32) if seed is None else seed,
        asked(only, skip, raw, registry),
        seeds(corpus, registry),
    )
    plan = _plan(how, given)
    total = Total(plan.seed, Counter(), Counter())
    findings = Findings(output, plan, how)
    progress = Progress()
    status = FINE
    try:
        with contextlib.closing(findings):
            _run((how, given), jobs, _sizes(cases, seconds, _STEPS.get(mode, CHUNK)), findings, total, progress)
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
    found = findings.by_gravity()
    for line in summary(total, found):
        click.echo(printable(line))
    if total.cases and not total.judged:
        report("nothing was judged: the target skips every case")
        status = UNUSABLE
    if junit_file is not None:
        junit(total, found, junit_file)
    return INVALID if found else status


def _run(arguments: tuple[How, Given], jobs: int, sizes: Iterator[int], findings: Findings, total: Total, progress: Progress) -> None:
    for result in in_order(_trial, arguments, jobs, sizes):
        total.counts += result.counts
        total.left_out += result.left_out
        total.skipped += result.skipped
        for hit, times in zip(result.hits, result.times, strict=True):
            findings.add(hit, times)
        progress.tell(total.cases, len(findings.all))


def _plan(how: How, given: Given) -> Plan:
    """The plan, in whatever process: a registry goes there by its name."""
    seed, want, corpus = given
    return Plan(
        seed=seed,
        registry=registry_of(how.registry),
        labels=want.labels,
        raw=want.raw,
        unasked=want.unasked,
        lenient=how.lenient,
        corpus=corpus,
    )


def _trial(how: How, given: Given) -> Trial:
    return Trial(how.open(), _plan(how, given))


def _sizes(cases: int | None, seconds: float | None, step: int) -> Iterator[int]:
    """The sizes of chunks, until there are cases enough or the time is up."""
    end = time.monotonic() + (seconds or 0.0)
    most = _CASES if cases is None and seconds is None else cases
    for sent in itertools.count(0, step):
        if (most is not None and sent >= most) or (seconds is not None and time.monotonic() > end):
            return
        yield step if most is None else min(step, most - sent)
