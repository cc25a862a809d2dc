"""Many inputs of every kind against what is promised of any input, and what the worst of them cost.

Strategy: inputs come in batches of one kind, each from a seed of its own, so a finding is replayed
by its batch alone. Every input is held to its promise by the engine that runs, one in `THOROUGH`
by both engines against each other. The first broken promise ends the run with the bytes made
small; a batch that stands still ends it with a traceback.

    python -m tlib_fuzz.campaign --count 10000000 --seed 1
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tlib_codec.engine import engine

from .differential import minimise, read_corpus
from .inputs import Inputs
from .invariants import PROMISES, Promise

BATCH = 1000
THOROUGH = 50
STANDSTILL = 300  # seconds for a batch, a hundred times what a slow one takes
# Out of a hundred batches. Frames are what attacks the codec; the other kinds carry them, and cost more.
SHARES = {"frame": 78, "case": 2, "stream": 14, "json": 3, "log": 1, "capture": 2}


class FindingError(AssertionError):
    """A promise that an input broke: its kind, the smallest bytes found, and how to come there again."""

    def __init__(self, kind: str, batch: int, data: bytes, broken: Exception) -> None:
        super().__init__(f"{kind}, batch {batch}: {type(broken).__name__}: {broken}")
        self.kind = kind
        self.batch = batch
        self.data = data


class Campaign:
    """Counts of what was tried: by kind, by kind and outcome; the slowest input of each kind in ns of CPU time a byte."""

    def __init__(self, seed: int, corpus: Sequence[bytes] = ()) -> None:
        self.seed = seed
        self.corpus = corpus
        self.counts: Counter[str] = Counter()
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.slowest: dict[str, tuple[float, int]] = {}

    def batch(self, number: int, size: int = BATCH) -> None:
        """The batch of that number. Raises FindingError."""
        chance = random.Random(f"{self.seed}:{number}")  # noqa: S311
        (kind,) = chance.choices(list(SHARES), list(SHARES.values()))
        inputs = Inputs(chance.getrandbits(64), self.corpus)
        promise = PROMISES[kind]
        worst, length = self.slowest.get(kind, (0.0, 0))
        for index in range(size):
            data = inputs.make(kind)
            thorough = index % THOROUGH == 0
            began = time.thread_time_ns()
            try:
                outcome = promise(data, thorough=thorough)
            except Exception as broken:
                raise FindingError(kind, number, self._small(kind, data, type(broken)), broken) from broken
            if not thorough and _rate(began, data) > worst:
                rate = min(self._again(promise, data) for _ in range(3))  # once may have been the collector, or the machine
                worst, length = max((worst, length), (rate, len(data)))
            self.outcomes[kind, outcome] += 1
        self.slowest[kind] = (worst, length)
        self.counts[kind] += size

    @staticmethod
    def _again(promise: Promise, data: bytes) -> float:
        began = time.thread_time_ns()
        promise(data)
        return _rate(began, data)

    @staticmethod
    def _small(kind: str, data: bytes, wrong: type[Exception]) -> bytes:
        def breaks(shorter: bytes) -> bool:
            try:
                PROMISES[kind](shorter, thorough=True)
            except wrong:
                return True
            return False

        return minimise(data, breaks) if breaks(data) else data


_SMALL = 200  # bytes added to every length: what an input costs whatever its length is no cost of its bytes


def _rate(began: int, data: bytes) -> float:
    return (time.thread_time_ns() - began) / (len(data) + _SMALL)


def run(count: int, seed: int, corpus: Sequence[bytes] = (), progress: Callable[[Campaign], None] = lambda _: None) -> Campaign:
    """Try `count` inputs. Raises FindingError."""
    campaign = Campaign(seed, corpus)
    try:
        for number in range(-(-count // BATCH)):
            faulthandler.dump_traceback_later(STANDSTILL, exit=True, file=sys.__stderr__ or 2)
            campaign.batch(number, min(BATCH, count - number * BATCH))
            progress(campaign)
    finally:
        faulthandler.cancel_dump_traceback_later()
    return campaign


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: 0 where every promise held, 1 where one was broken."""
    parser = argparse.ArgumentParser(prog="python -m tlib_fuzz.campaign", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000, metavar="N", help="inputs (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="same seed, count and corpus: same run (default: 0)")
    parser.add_argument("--batch", type=int, metavar="B", help="this batch alone: what a finding names")
    parser.add_argument(
        "--corpus", type=Path, nargs="*", default=[], metavar="PATH", help="files or directories: .tlb, .bin, .json vectors"
    )
    options = parser.parse_args(arguments)
    corpus = read_corpus(options.corpus)
    began = time.process_time()

    def progress(campaign: Campaign) -> None:
        tried = campaign.counts.total()
        if tried % 100_000 == 0 or sys.stderr.isatty():
            end = "\r" if sys.stderr.isatty() else "\n"
            sys.stderr.write(f"{tried:,} inputs, {tried / (time.process_time() - began):,.0f} a second of CPU time{end}")
            sys.stderr.flush()

    try:
        if options.batch is not None:
            campaign = Campaign(options.seed, corpus)
            campaign.batch(options.batch)
        else:
            campaign = run(options.count, options.seed, corpus, progress)
    except FindingError as found:
        sys.stdout.write(f"a promise is broken, seed {options.seed}, {found}\nsmallest: {found.data.hex()}\n")
        return 1
    report(campaign, time.process_time() - began)
    return 0


def report(campaign: Campaign, seconds: float) -> None:
    """Print what was tried."""
    tried = campaign.counts.total()
    out = sys.stdout.write
    out(f"every promise held, seed {campaign.seed}, engine {engine()}: {tried:,} inputs, {tried / seconds:,.0f} a second of CPU time\n")
    for kind, count in campaign.counts.most_common():
        outcomes = ", ".join(f"{n:,} {what}" for (of, what), n in campaign.outcomes.most_common() if of == kind)
        worst, length = campaign.slowest[kind]
        out(f"{count:>12,} {kind:8} {outcomes}; slowest {worst / 1000:.1f} us a byte ({length:,} bytes)\n")


if __name__ == "__main__":
    sys.exit(main())
