"""The command line of the self-checks: ``python -m tlib_fuzz.selfcheck CHECK``.

Exit status: 0 everything holds, 1 a failure, 2 the native engine is not built.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from tlib_codec.engine import engine
from tlib_codec.stream import StreamDecoder

from . import csv_rows, heap, json_lines, kills, leak, memory, packets, redaction, slow
from .agreement import Agreement
from .call_frames import CallFrames
from .campaign import DIFFERENTIAL, Campaign
from .checks import Checks
from .compare import Difference, Runs
from .engines import engines
from .json_in import LineChecks
from .logs import LogChecks
from .loop import BATCH, Check, FailureError, run
from .queries import QueryChecks


def read_corpus(paths: Iterable[Path]) -> list[bytes]:
    """Return the frames of files: ``.json`` test vectors (their ``wire``), ``.tlb`` and ``.bin`` streams of frames."""
    frames: list[bytes] = []
    for path in sorted(file for given in paths for file in (given.rglob("*") if given.is_dir() else [given]) if file.is_file()):
        if path.suffix == ".json":
            vectors = json.loads(path.read_text(encoding="utf-8")).get("vectors", ())
            frames += [bytes.fromhex("".join(vector["wire"])) for vector in vectors if "wire" in vector]
        elif path.suffix in (".tlb", ".bin"):
            decoder = StreamDecoder()
            decoder.feed(path.read_bytes())
            decoder.close()
            frames += [decoder.data for _ in decoder]
    return frames


class Entry(NamedTuple):
    """A self-check of the command line: its help, and how it is made; those with `damages` mutate the frames of a corpus."""

    text: str
    make: Callable[[argparse.Namespace], Check]
    damages: bool = False


def _runs(difference: Difference) -> Callable[[argparse.Namespace], Check]:
    return lambda options: Runs(difference, options.seed)


def _commands(options: argparse.Namespace) -> Check:
    from .commands import CommandChecks  # noqa: PLC0415 the command line

    return CommandChecks(options.seed)


CHECKS: Final = {
    "agreement": Entry("Hold both engines against labelled cases.", lambda options: Agreement(options.seed)),
    "differential": Entry(
        "Compare both engines over damaged frames and streams.",
        lambda options: Campaign(options.seed, read_corpus(options.corpus), DIFFERENTIAL, thorough=1),
        damages=True,
    ),
    "logs": Entry("Compare the readers of logs in C and in Python.", lambda options: LogChecks(options.seed)),
    "json-in": Entry("Compare the readers of JSON lines in C and in Python.", lambda options: LineChecks(options.seed)),
    "json-lines": Entry("Compare the writers of JSON lines in C and in Python.", _runs(json_lines.difference)),
    "csv-rows": Entry("Compare the writers of CSV in C and in Python.", _runs(csv_rows.difference)),
    "packets": Entry("Compare the writers of captures in C and in Python.", _runs(packets.difference)),
    "queries": Entry("Compare queries and chosen columns in C and in Python.", lambda options: QueryChecks(options.seed)),
    "checks": Entry("Compare the checks of frames in C with those in Python.", lambda options: Checks(options.seed)),
    "call-frames": Entry("Compare the calls of runs of frames with those of their records.", lambda options: CallFrames(options.seed)),
    "redaction": Entry("Compare the redaction of frames in C and in Python.", _runs(redaction.difference)),
    "commands": Entry("Run every command with generated and damaged inputs.", _commands),
    "campaign": Entry(
        "Hold inputs of every kind to the invariants.", lambda options: Campaign(options.seed, read_corpus(options.corpus)), damages=True
    ),
}


Lines = Iterable[tuple[str, bool]]
"""The lines of a report, and whether what each one says is as it must be."""


class Report(NamedTuple):
    """A report of the command line: its help, the default of --count (0: it draws nothing at random), and its lines."""

    text: str
    inputs: int
    lines: Callable[[argparse.Namespace], Lines]


def _good(lines: Iterable[str]) -> Lines:
    return ((line, True) for line in lines)


def _leaks(options: argparse.Namespace) -> Lines:
    lines, clean = leak.report(options.count, range(options.seed, options.seed + options.seeds))
    return ((line, clean) for line in lines)


REPORTS: Final = {
    "heap": Report(
        "Search for the frame whose event takes most memory.",
        1000,
        lambda options: _good(heap.report(options.count, options.seed, peers=options.peers)),
    ),
    "slow": Report(
        "Search for the input of each kind that takes most CPU time a byte.",
        1000,
        lambda options: _good(slow.report(options.count, options.seed)),
    ),
    "memory": Report(
        "Measure the memory that reading endless and nasty inputs takes.", 0, lambda options: memory.report(options.size, options.kinds)
    ),
    "kills": Report(
        "End commands at random moments, and look at their outputs.", 200, lambda options: _good(kills.report(options.count, options.seed))
    ),
    "leak": Report("Search redacted files for secrets planted in them.", 10_000, _leaks),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tlib_fuzz.selfcheck", description="Check the engines of this package.")
    checks = parser.add_subparsers(dest="check", required=True, metavar="CHECK")
    for name, entry in CHECKS.items():
        check = _command(checks, name, entry.text, 100_000)
        check.add_argument("--batch", type=int, metavar="B", help="Check this batch alone, which a failure names.")
        if entry.damages:
            check.add_argument(
                "--corpus",
                type=Path,
                nargs="*",
                default=[],
                metavar="PATH",
                help="Mutate the frames of files or folders: .tlb, .bin, .json.",
            )
    commands = {name: _command(checks, name, report.text, report.inputs) for name, report in REPORTS.items()}
    commands["heap"].add_argument("--peers", action="store_true", help="Measure other libraries too, where they are installed.")
    commands["leak"].add_argument("--seeds", type=int, default=1, metavar="K", help="Repeat the check with K seeds (default: %(default)s).")
    commands["memory"].add_argument(
        "--size", type=_size, default="100M", metavar="N", help="Read N bytes of each kind, as in 400M (default: %(default)s)."
    )
    commands["memory"].add_argument("kinds", nargs="*", metavar="KIND", help="Measure these kinds alone.")
    return parser


def _command(checks: Any, name: str, text: str, count: int) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = checks.add_parser(name, help=text, description=text)
    if count:
        command.add_argument("--count", type=int, default=count, metavar="N", help="Check N inputs (default: %(default)s).")
        command.add_argument("--seed", type=int, default=0, metavar="S", help="Repeat the run of this seed (default: 0).")
    return command


def _size(text: str) -> int:
    """Return the number of bytes that a text such as 400M says. Raises ValueError."""
    unit = {"K": 10, "M": 20, "G": 30}.get(text[-1:].upper(), 0)
    return int(text[:-1] if unit else text) << unit


def _print(name: str, lines: Lines) -> int:
    """Print a report line by line; return the exit status."""
    status = 0
    try:
        for line, holds in lines:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            status = status if holds else 1
    except FailureError as failure:
        sys.stdout.write(f"{name} fails: {failure}\n")
        return 1
    return status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one self-check and print its report."""
    options = _parser().parse_args(arguments)
    if options.check in REPORTS:
        return _print(options.check, REPORTS[options.check].lines(options))
    if options.check not in {"agreement", "commands"} and len(engines()) < 2:
        sys.stderr.write("the native engine is not built: install a C compiler and install tlib-codec again\n")
        return 2
    check = CHECKS[options.check].make(options)
    began = time.process_time()
    try:
        if options.batch is None:
            run(check, options.count)
        else:
            check.batch(options.batch, min(options.count, BATCH))
    except FailureError as failure:
        sys.stdout.write(f"{options.check} fails, seed {options.seed}: {failure}\nsmallest: {failure.data.hex()}\n")
        return 1
    inputs, seconds = check.tally.outcomes.total(), time.process_time() - began
    sys.stdout.write(
        f"every invariant holds, seed {options.seed}, engine {engine()}: {inputs:,} inputs, {inputs / seconds:,.0f} a second of CPU time\n"
    )
    sys.stdout.writelines(f"{line}\n" for line in check.tally.lines())
    return 0


if __name__ == "__main__":
    sys.exit(main())
