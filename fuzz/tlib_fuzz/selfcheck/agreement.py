"""Our engines held against the catalogue: each must say of every case what its label says.

Strategy: the cases know their answer without a decoder, so an engine that is wrong, a label that is,
or a rule of the documentation that neither follows shows as a disagreement. The first one ends the run.

    python -m tlib_fuzz.agreement --count 1000000 --seed 1
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType

from tlib_codec import reference
from tlib_codec.formats import jsonl
from tlib_fuzz.cases.catalogue import CATALOGUE
from tlib_fuzz.cases.generate import Case, cases
from tlib_schemas.errors import DecodeError, SchemaViolation
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .differential import native

Progress = Callable[[int], None]


def engines() -> tuple[ModuleType, ...]:
    """The engines that there are: the native one only where it is built."""
    return (reference, native()) if importlib.util.find_spec("tlib_codec.native.engine") else (reference,)


def disagreement(case: Case, engine: ModuleType, registry: Registry = TLIBRARY) -> str | None:
    """What an engine says otherwise than the case does: verdict, JSON, code or path; None where they agree.

    An error of another kind than ours goes through.
    """
    try:
        item = engine.decode(case.frame, registry=registry)
    except (DecodeError, SchemaViolation) as error:
        if case.accept:
            return f"refused: {error}"
        if error.code not in case.codes:
            return f"refused with {error.code}, not {' or '.join(sorted(case.codes))}: {error}"
        if error.code == CATALOGUE[case.label].codes[0] and error.path != case.path:
            return f"refused at {error.path}, not {case.path}: {error}"
        return None
    if not case.accept:
        return f"accepted, not refused with {' or '.join(sorted(case.codes))}"
    found = jsonl.dumps(item, registry=registry)
    return None if found == case.json else f"read as {found!r}, not {case.json!r}"


class DisagreementError(AssertionError):
    """An engine and a case's label differ."""


def run(count: int, seed: int, registry: Registry = TLIBRARY, progress: Progress | None = None) -> Counter[str]:
    """Hold every engine against `count` cases; gives how many there were of each label. Raises DisagreementError."""
    counts: Counter[str] = Counter()
    every = engines()
    for number, case in enumerate(itertools.islice(cases(seed, registry), count)):
        for engine in every:
            difference = disagreement(case, engine, registry)
            if difference is not None:
                raise DisagreementError(
                    f"{case.label}, seed {seed}, case {number}: {case.reason}\n{engine.__name__} {difference}\n{case.frame.hex()}"
                )
        counts[case.label] += 1
        if progress is not None and number % 10_000 == 0:
            progress(number)
    return counts


def _generated(seed: int, count: int) -> float:
    """Cases made in a second of processor time."""
    found: Iterator[Case] = itertools.islice(cases(seed), count)
    began = time.process_time()
    for _ in found:
        pass
    return count / (time.process_time() - began)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: 0 where all agree, 1 at the first disagreement."""
    parser = argparse.ArgumentParser(prog="python -m tlib_fuzz.agreement", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000, metavar="N", help="cases (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="same seed: same cases (default: 0)")
    parser.add_argument("--rate", action="store_true", help="only make the cases, and print how many a second of processor time")
    options = parser.parse_args(arguments)
    if options.rate:
        sys.stdout.write(f"{_generated(options.seed, options.count):,.0f} cases a second of processor time\n")
        return 0

    def progress(number: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"{number:,} cases\r")

    try:
        counts = run(options.count, options.seed, progress=progress)
    except DisagreementError as found:
        sys.stdout.write(f"{found}\n")
        return 1
    names = " and ".join(engine.__name__ for engine in engines())
    sys.stdout.write(f"0 disagreements over {options.count:,} cases, seed {options.seed}: {names}\n")
    sys.stdout.writelines(f"{number:>12,} {label}\n" for label, number in counts.most_common())
    return 0


if __name__ == "__main__":
    sys.exit(main())
