"""The command line of the self-checks: ``python -m tlib_fuzz.selfcheck CHECK``.

Exit status: 0 everything holds, 1 a failure, 2 the native engine is not built.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from tlib_codec.engine import engine
from tlib_codec.stream import StreamDecoder

from . import heap
from .agreement import Agreement
from .call_frames import CallFrames
from .campaign import DIFFERENTIAL, Campaign
from .checks import Checks
from .engines import engines
from .loop import BATCH, Check, FailureError, run


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tlib_fuzz.selfcheck", description="Check the engines of this package.")
    checks = parser.add_subparsers(dest="check", required=True, metavar="CHECK")
    for name, text, count in (
        ("agreement", "Hold both engines against labelled cases.", 100_000),
        ("differential", "Compare both engines over damaged frames and streams.", 100_000),
        ("checks", "Compare the checks of frames by the native core with those by Python.", 100_000),
        ("call-frames", "Compare the calls of runs of frames with those of their records.", 100_000),
        ("campaign", "Hold inputs of every kind to the invariants.", 100_000),
        ("heap", "Search for the frame whose event takes most memory.", 1000),
    ):
        check = checks.add_parser(name, help=text, description=text)
        check.add_argument("--count", type=int, default=count, metavar="N", help="Check N inputs (default: %(default)s).")
        check.add_argument("--seed", type=int, default=0, metavar="S", help="Repeat the run of this seed (default: 0).")
        if name == "heap":
            check.add_argument("--peers", action="store_true", help="Measure other libraries too, where they are installed.")
        else:
            check.add_argument("--batch", type=int, metavar="B", help="Check this batch alone, which a failure names.")
        if name in {"differential", "campaign"}:
            check.add_argument(
                "--corpus",
                type=Path,
                nargs="*",
                default=[],
                metavar="PATH",
                help="Mutate the frames of files or folders: .tlb, .bin, .json.",
            )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one self-check and print its report."""
    options = _parser().parse_args(arguments)
    if options.check == "heap":
        sys.stdout.writelines(f"{line}\n" for line in heap.report(options.count, options.seed, peers=options.peers))
        return 0
    check: Check
    if options.check == "agreement":
        check = Agreement(options.seed)
    elif len(engines()) < 2:
        sys.stderr.write("the native engine is not built: install a C compiler and install tlib-codec again\n")
        return 2
    elif options.check == "checks":
        check = Checks(options.seed)
    elif options.check == "call-frames":
        check = CallFrames(options.seed)
    elif options.check == "differential":
        check = Campaign(options.seed, read_corpus(options.corpus), DIFFERENTIAL, thorough=1)
    else:
        check = Campaign(options.seed, read_corpus(options.corpus))
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
