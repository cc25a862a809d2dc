"""Measure what people run: every path as a whole command and in process, beside other programs on the same data.

Run it: python -m benchmarks.road [--docs docs] [--size 40M] [--top 1G] [--rounds 5] [--before CHECKOUT] [--smoke]

Strategy: every round runs each path and each peer once on each kind of data, in a new order; medians of the rounds' ratios decide, as in
`paired`. A whole command writes a file; in process a path writes to the null device, since the other programs keep nothing either.
The inputs are so large that what a run sets up once hardly counts in process; the whole command has it all. CPU time counts, except
where two cores are compared. Speeds are megabytes of input a second. The reference engine and the other checkout of ``--before``,
which is built in place, read a smaller file, since they are slow.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks import road_data as data
from benchmarks.capture_file import size_of
from benchmarks.page import ROAD_PLOT, with_road
from benchmarks.plot import svg
from benchmarks.report import Rows, markdown, text
from benchmarks.road_paths import PATHS, Peer, peers
from benchmarks.road_paths import Path as Road
from benchmarks.road_report import (
    BEFORE,
    COMMAND,
    REFERENCE,
    WARM,
    Growth,
    Measured,
    growth_rows,
    panels,
    path_rows,
    peer_rows,
    reach_of,
    reach_rows,
)
from benchmarks.road_run import Checkout, printed, run

_SMALLEST: Final = 10_000_000
_STEP: Final = 10  # a size of the growth is that many times the one before


class Run:
    """Measures and keeps the tables."""

    def __init__(self, options: argparse.Namespace, scratch: Path) -> None:
        self._options = options
        self._scratch = scratch
        self._random = random.Random(0)
        self.tables: list[tuple[str, Rows]] = []

    def show(self, title: str, rows: Rows) -> None:
        """Print a table and keep it for the page."""
        self.tables.append((title, rows))
        print(text(title, rows), end="\n\n", flush=True)

    # -- paths -------------------------------------------------------------------------------------------------

    def paths(self, kind: str) -> Measured:
        """Measure every path and peer on one kind of data."""
        stem = data.inputs(self._options.cache, self._options.size, kind)
        slow = data.inputs(self._options.cache, min(self._options.size, self._options.slow), kind)
        measured = Measured({}, {}, {}, {})
        works: list[Callable[[], None]] = []
        for path in PATHS:
            if not stem.with_suffix(path.source).exists():
                continue
            works += (
                partial(self._command, path, stem, measured),
                partial(self._warm, path, stem, slow, Checkout(), WARM, measured),
                partial(self._warm, path, slow, slow, Checkout(engine="reference"), REFERENCE, measured),
            )
            if self._options.before is not None:
                works.append(partial(self._warm, path, slow, slow, Checkout(self._options.before), BEFORE, measured))
        works.extend(partial(self._peer, peer, stem, measured) for peer in peers()[0])
        for _ in range(self._options.rounds):
            for work in self._random.sample(works, len(works)):
                work()
        order = {path.title: place for place, path in enumerate(PATHS)}
        ways = {way: dict(sorted(times.items(), key=lambda one: order[one[0]])) for way, times in measured.ways.items()}
        return Measured(ways, {peer.title: measured.peers[peer.title] for peer in peers()[0]}, measured.shares, measured.memory)

    def _command(self, path: Road, stem: Path, measured: Measured) -> None:
        source, log = _sizes(stem, path.source)
        used = Checkout().run(path.command(str(stem.with_suffix(path.source)), str(self._scratch / "out")))
        measured.ways.setdefault(COMMAND, {}).setdefault(path.title, []).append(used.cpu / log)
        measured.shares[path.title] = source / log
        measured.memory[path.title] = max(used.memory, measured.memory.get(path.title, 0))

    def _warm(self, path: Road, stem: Path, small: Path, checkout: Checkout, way: str, measured: Measured) -> None:
        words = path.command("{input}", str(self._nowhere(path.target).with_suffix("")))
        taken = checkout.warm(words, small.with_suffix(path.source), stem.with_suffix(path.source))
        measured.ways.setdefault(way, {}).setdefault(path.title, []).append(taken / _sizes(stem, path.source)[1])

    def _nowhere(self, suffix: str) -> Path:
        """Return a name with that suffix for the null device."""
        name = self._scratch / f"null{suffix}"
        if not name.is_symlink():
            name.symlink_to(os.devnull)
        return name

    def _peer(self, peer: Peer, stem: Path, measured: Measured) -> None:
        source, log = _sizes(stem, peer.source)
        named = {"{input}": str(stem.with_suffix(peer.source)), "{output}": str(self._scratch / "peer")}
        words = [named.get(word, word) for word in peer.words]
        taken = printed(words) if peer.timed else run(words).cpu
        measured.peers.setdefault(peer.title, []).append(taken / log)
        measured.shares[peer.title] = source / log

    # -- growth ------------------------------------------------------------------------------------------------

    def growth(self) -> Growth:
        """Measure logs of growing size; the largest by one job and by two, and by the naive script."""
        sizes = [self._options.top]
        while sizes[0] // _STEP >= _SMALLEST:
            sizes.insert(0, sizes[0] // _STEP)
        grown = []
        for size in sizes:
            log = data.log(self._options.cache, size)
            used = Checkout().run(self._to_jsonl(log, 1))
            grown.append((log.stat().st_size, used.cpu / log.stat().st_size, used.memory))
        (naive,) = (peer for peer in peers()[0] if peer.title.startswith("naive"))
        growth = Growth(grown, [], [], [])
        measured = Measured({}, {}, {}, {})
        for _ in range(max(1, self._options.rounds // 2)):
            one, two = (Checkout().run(self._to_jsonl(log, jobs)) for jobs in (1, 2))
            growth.gains.append(one.wall / two.wall)
            growth.ours.append(one.cpu / log.stat().st_size)
            self._peer(naive, log.with_suffix(""), measured)
        growth.naive.extend(measured.peers[naive.title])
        return growth

    def _to_jsonl(self, log: Path, jobs: int) -> list[str]:
        return ["decode", str(log), "-o", str(self._scratch / "out.jsonl"), "--jobs", str(jobs)]


def _sizes(stem: Path, suffix: str) -> tuple[int, int]:
    """Return the bytes of an input and of the log with the same events."""
    log = ".odd.log" if suffix == ".odd.log" else ".log"
    return stem.with_suffix(suffix).stat().st_size, stem.with_suffix(log).stat().st_size


def arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.road", description="Speed and memory of what people run.")
    parser.add_argument("--docs", type=Path, metavar="DIRECTORY", help=f"write the tables into benchmarks.md there, and {ROAD_PLOT}")
    parser.add_argument("--size", type=size_of, default=40 << 20, help="size of the logs (default: 40M)")
    parser.add_argument("--slow", type=size_of, default=1 << 20, help="size of the log for the reference engine and --before (default: 1M)")
    parser.add_argument("--top", type=size_of, default=1 << 30, help="size of the largest log (default: 1G)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds (default: 5)")
    parser.add_argument("--before", type=Path, metavar="CHECKOUT", help="measure the code of this checkout too, which is built in place")
    parser.add_argument("--cache", type=Path, default=data.ROOT / "build" / "road", metavar="FOLDER", help="keep the inputs there")
    parser.add_argument("--smoke", action="store_true", help="small files and one round: shows that it runs, measures nothing")
    options = parser.parse_args()
    if options.smoke:
        options.size, options.slow, options.top, options.rounds = size_of("100K"), size_of("100K"), size_of("200K"), 1
    if options.rounds < 1:
        parser.error("give at least 1 round")
    return options


def main() -> None:
    """Measure, print, write."""
    options = arguments()
    for name in peers()[1]:
        print(f"absent: {name} is not installed")
    with tempfile.TemporaryDirectory(dir=options.cache.parent if options.cache.parent.is_dir() else None) as scratch:
        run = Run(options, Path(scratch))
        measured = {kind: run.paths(kind) for kind in data.KINDS[: 1 if options.smoke else None]}
        growth = run.growth()
    varied = measured[data.VARIED]
    run.show("reach, on data without repetition", reach_rows(reach_of(varied, growth)))
    for kind, one in measured.items():
        run.show(f"paths, data {kind}", path_rows(one))
        run.show(f"other programs, data {kind}", peer_rows(one))
    run.show("growth", growth_rows(growth))
    if options.docs:
        drawn, baselines = panels(varied)
        (options.docs / ROAD_PLOT).write_text(
            svg(drawn, *baselines, title="Time to convert a file, relative to another program"), encoding="utf-8"
        )
        tables = "".join(f"\n**{title[0].upper()}{title[1:]}**\n\n{markdown(rows)}" for title, rows in run.tables)
        with_road(options.docs / "benchmarks.md", f"{tables}\n")


if __name__ == "__main__":
    main()
