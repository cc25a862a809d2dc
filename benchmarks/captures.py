"""Captures: whether every frame comes out, how fast, in how much memory, and how others read the same.

Run it: python -m benchmarks.captures [--docs docs] [--size 200M] [--big 2G] [--rounds N] [--smoke]

Strategy: the capture is generated (`capture_file`), with segments swapped and retransmitted. What runs on one core is measured in
CPU time, so a busy machine changes little, in turns as in `paired`; the command itself is run on one core and on two in
turns, and there the clock on the wall decides. Megabytes are those of the capture file.
"""

from __future__ import annotations

import argparse
import functools
import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import Counter, deque
from pathlib import Path
from typing import NamedTuple

from benchmarks import capture_file
from benchmarks.capture_file import size_of
from benchmarks.capture_peers import PEERS
from benchmarks.paired import Times, Work, measure, results
from benchmarks.report import Rows, markdown, number, text
from tlib_codec import Event, read
from tlib_codec.records import Record

try:
    import tlib_codec.native.capture  # noqa: F401
    from tlib_codec.arrow.records import RecordColumns
except ImportError as error:
    sys.exit(f"absent: the native engine or pyarrow, without which there is nothing to measure here ({error})")

FRAMES = "ours: read, reassemble, cut into frames"
COLUMNS = "ours: to columns (Arrow)"
EVENTS = "ours: to typed events"
_PART = re.compile(r"(<!-- measured -->\n).*?(<!-- measured so far -->)", re.DOTALL)
_MB = 1e6
# A process of its own: what a child is said to have used at most begins with what its parent had.
_LAUNCH = """
import json, resource, subprocess, sys, time
begin = time.perf_counter()
subprocess.run(sys.argv[1:], check=True)
seconds = time.perf_counter() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]))
"""


def cpu() -> float:
    """CPU time of this process and of those that it waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


class Command(NamedTuple):
    """One run of a command: seconds on the wall, of CPU, and bytes of memory at most."""

    wall: float
    cpu: float
    memory: int


class Aim(NamedTuple):
    """What is meant to be reached, what was, and whether that will do."""

    what: str
    aim: str
    measured: str
    reached: bool


def cut(path: Path) -> None:
    """Read and reassemble everything, and cut it into frames."""
    deque(read(path).batches(), 0)


def columns(path: Path) -> None:
    """Make record batches of it, and drop them."""
    deque(RecordColumns(read(path).batches()), 0)


def events(path: Path) -> None:
    """Make an event of every frame."""
    deque(read(path), 0)


def recovered(path: Path) -> Counter[str]:
    """Count the records and diagnostics by kind; every frame is one of `event`."""
    found: Counter[str] = Counter()
    for one in read(path):
        found["event" if isinstance(one, Record) and isinstance(one.item, Event) else type(one).__name__] += 1
    return found


def to_parquet(path: Path, jobs: int) -> Command:
    """Run the command once."""
    target = path.with_suffix(".parquet")
    command = [sys.executable, "-m", "tlib_cli", "decode", str(path), "-o", str(target), "--jobs", str(jobs)]
    done = subprocess.run([sys.executable, "-c", _LAUNCH, *command], stdout=subprocess.PIPE, check=True)
    target.unlink()
    return Command(*json.loads(done.stdout))


def speed_rows(times: Times) -> Rows:
    """Megabytes a second of CPU time, and time against the first."""
    rows: Rows = [("", "MB/s, median", "best", "times as long", "quartiles")]
    for name, found in sorted(results(times, FRAMES).items(), key=lambda item: item[1].seconds):
        r = found.ratio
        ratio, spread = (number(r.median), f"{number(r.low)} to {number(r.high)}") if name != FRAMES else ("1", "")
        rows.append((name, number(1 / found.seconds / _MB), number(1 / found.shortest / _MB), ratio, spread))
    return rows


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.captures", description="Captures: speed, memory, and other readers.")
    parser.add_argument("--docs", type=Path, metavar="DIRECTORY", help="write the tables into captures.md there")
    parser.add_argument("--size", type=size_of, default=200 << 20, help="of the capture, such as 200M")
    parser.add_argument("--big", type=size_of, default=2 << 30, help="of the one that shows that memory does not grow; 0: none")
    parser.add_argument("--rounds", type=int, default=5, help="of one turn each (default 5)")
    parser.add_argument("--smoke", action="store_true", help="small files and one round: shows that it runs, measures nothing")
    options = parser.parse_args()
    if options.smoke:
        options.size, options.big, options.rounds = size_of("300K"), size_of("600K"), 1
    if options.rounds < 1:
        parser.error("give at least 1 round")
    return options


class Run:
    """Measures, and prints what was."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.folder = folder
        self.options = options
        self.aims: list[Aim] = []
        self.tables: list[tuple[str, Rows]] = []

    @functools.cache  # noqa: B019 there is one
    def capture(self, size: int) -> tuple[Path, dict[str, int]]:
        """A capture of about that size, and what is in it."""
        path = self.folder / f"{size}.pcap"
        return path, capture_file.write(path, size)

    def show(self, title: str, rows: Rows) -> None:
        """Print a table, and keep it for the page."""
        self.tables.append((title, rows))
        print(text(title, rows), end="\n\n", flush=True)

    def every_frame(self) -> None:
        """Count what comes out."""
        path, made = self.capture(self.options.size)
        print(f"the capture: {', '.join(f'{value:,} {name}' for name, value in made.items())}\n", flush=True)
        found = recovered(path)
        others = sum(found.values()) - found["event"]
        told = f"{found['event']:,}" + (f", and {others:,} that are none" if others else "")
        self.aims.append(Aim("frames recovered", f"all {made['frames']:,}", told, found == Counter(event=made["frames"])))

    def reading(self) -> None:
        """Reading by one core, by us and by others."""
        path, _ = self.capture(self.options.size)
        small, _ = self.capture(min(size_of("20M"), self.options.size))
        works = {
            FRAMES: Work(cut, path, path.stat().st_size),
            COLUMNS: Work(columns, path, path.stat().st_size),
            EVENTS: Work(events, small, small.stat().st_size),
        }
        for peer in PEERS:
            if peer.absent:
                print(f"absent: {peer.name} is not installed\n")
                continue
            own, made = self.capture(min(peer.size, self.options.size))
            assert peer.read(own) == made["packets"], f"{peer.name} did not read every packet"
            print(f"{peer.name} {peer.what}")
            works[peer.name] = Work(peer.read, own, own.stat().st_size)
        print()
        times = measure(works, rounds=self.options.rounds, seconds=0.01, clock=cpu)
        speed = 1 / results(times, FRAMES)[FRAMES].seconds / _MB
        self.aims.append(Aim("reading and reassembly, one core", "150 MB/s", f"{number(speed)} MB/s", speed >= 150))
        self.show("reading, one core", speed_rows(times))

    def parquet(self) -> None:
        """The command, on one core and on two."""
        path, _ = self.capture(self.options.size)
        size = path.stat().st_size / _MB
        runs = {jobs: [Command(0, 0, 0)] * 0 for jobs in (1, 2)}
        for _ in range(self.options.rounds):
            for jobs, done in runs.items():
                done.append(to_parquet(path, jobs))
        rows: Rows = [
            ("tlib decode -o x.parquet", "MB/s of CPU time, median", "best", "MB/s on the wall, median", "best", "peak memory, MB")
        ]
        for jobs, done in runs.items():
            cpus, walls = [size / run.cpu for run in done], [size / run.wall for run in done]
            speeds = (number(statistics.median(cpus)), number(max(cpus)), number(statistics.median(walls)), number(max(walls)))
            rows.append((f"--jobs {jobs}", *speeds, number(max(run.memory for run in done) / _MB)))
        core = statistics.median(size / run.cpu for run in runs[1])
        gain = statistics.median(one.wall / two.wall for one, two in zip(runs[1], runs[2], strict=True))
        self.aims.append(Aim("capture to Parquet, a core", "60 MB/s", f"{number(core)} MB/s", core >= 60))
        self.aims.append(Aim("capture to Parquet, two cores against one", "1.7 times", f"{number(gain)} times", gain >= 1.7))
        most = [max(run.memory for done in runs.values() for run in done)]
        if self.options.big:
            path, _ = self.capture(self.options.big)
            size = path.stat().st_size / _MB
            big = [to_parquet(path, jobs) for jobs in runs]
            for jobs, run in zip(runs, big, strict=True):
                what = f"--jobs {jobs}, of {number(size)} MB"
                rows.append((what, number(size / run.cpu), "", number(size / run.wall), "", number(run.memory / _MB)))
            gain = big[0].wall / big[1].wall
            self.aims.append(Aim(f"the same, of {number(size)} MB", "1.7 times", f"{number(gain)} times", gain >= 1.7))
            most.append(max(run.memory for run in big))
        shown = " and ".join(number(memory / _MB) for memory in most)
        self.aims.append(Aim("peak memory, whatever the size", "300 MB", f"{shown} MB", max(most) < 300 * _MB))
        self.show("capture to Parquet", rows)

    def judge(self) -> None:
        """The aims beside what was measured."""
        rows: Rows = [("", "at least (memory: at most)", "measured", "")]
        rows += [(aim.what, aim.aim, aim.measured, "reached" if aim.reached else "missed") for aim in self.aims]
        self.show("aims", rows)


def main() -> None:
    """Measure, print, write."""
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder), options)
        run.every_frame()
        run.reading()
        run.parquet()
        run.judge()
    if options.docs:
        page = options.docs / "captures.md"
        tables = "\n".join(f"**{title}**\n\n{markdown(rows)}" for title, rows in reversed(run.tables))
        page.write_text(_PART.sub(lambda found: f"{found[1]}\n{tables}\n{found[2]}", page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
