"""Measure everything, print tables, and write the page and the plot.

Run it: python -m benchmarks [--docs DIRECTORY] [--rounds N] [--seconds S] [--events N] [--smoke]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import startup
from benchmarks.events import EVENTS, FRAMES
from benchmarks.page import PLOT, page, road_of
from benchmarks.paired import Times, Work, measure, results
from benchmarks.peers import BASELINE, absent, installed, peers_of
from benchmarks.peers import MODULES as PEERS
from benchmarks.plot import svg
from benchmarks.reach import BULK, COMMAND, DECODING, IMPORT, LOOKUPS, READING, WRITING, section
from benchmarks.report import aim_rows, number, section_rows, text

ENCODING = "encode"


def native() -> bool:
    """Whether the native engine is built."""
    return all(installed(module) for module in PEERS if module.name == "ours_native")


class Run:
    """Measures sections, and prints each when it is done."""

    def __init__(self, rounds: int, seconds: float, frames: int) -> None:
        self.rounds = rounds
        self.seconds = seconds
        self.frames = frames
        self.sections: dict[str, Times] = {}

    def show(self, title: str, times: Times) -> None:
        self.sections[title] = times
        print(text(title, section_rows(times, absolute=True)), end="\n\n", flush=True)

    def take(self, title: str, works: dict[str, Work], rounds: int | None = None) -> None:
        self.show(title, measure(works, rounds=rounds or self.rounds, seconds=self.seconds))

    def peers(self) -> None:
        """Both ways through every peer, for both events."""
        for name, event in EVENTS.items():
            peers = peers_of(event)
            self.take(section(DECODING, name), {peer.name: Work(peer.decode, peer.data) for peer in peers})
            self.take(section(ENCODING, name), {peer.name: Work(peer.encode, peer.event) for peer in peers if peer.encode})

    def native(self, count: int) -> None:
        """The native engine's own ways."""
        from benchmarks import lookups, paths  # noqa: PLC0415 need the native engine

        for name, event in EVENTS.items():
            self.take(section(READING, name), paths.reading(event, self.frames))
            self.take(section(WRITING, name), paths.writing(event))
        self.take(LOOKUPS, lookups.lookups(EVENTS["large"]))
        if not paths.has_columns():
            print("absent: pyarrow, and with it columns\n")
        self.take(BULK, paths.bulk(EVENTS["large"], count), max(1, self.rounds // 3))
        print(text(f"{BULK}: {count:,} events", bytes_a_second(self.sections[BULK])), end="\n\n")

    def startup(self) -> tuple[str, str]:
        """The start of a process; gives the command's two ratios."""
        imports, commands = startup.measure_startup(self.rounds)
        self.show(IMPORT, imports)
        print(text(COMMAND, section_rows(commands, absolute=True)))
        command = results(commands, startup.PYTHON)
        more = command[startup.VERSION].seconds - command[startup.PYTHON].seconds
        print(f"  {startup.VERSION} takes {more * 1000:.0f} ms more than {startup.PYTHON}\n")
        ratio = command[startup.VERSION].ratio
        return number(ratio.median), number(ratio.best)


def bytes_a_second(times: Times) -> list[tuple[str, ...]]:
    """Throughput, in bytes of frames."""
    rows: list[tuple[str, ...]] = [("", "GB/s, median", "best")]
    size = len(FRAMES["large"]) / 1e9
    for name, found in results(times, next(iter(times))).items():
        rows.append((name, number(size / found.seconds), number(size / found.shortest)))
    return rows


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time to read and write an event, against other libraries.")
    parser.add_argument("--docs", type=Path, metavar="DIRECTORY", help=f"write benchmarks.md and {PLOT} there")
    parser.add_argument("--rounds", type=int, default=25, help="rounds of one turn a peer (default 25)")
    parser.add_argument("--seconds", type=float, default=0.04, help="length of a turn in seconds (default 0.04)")
    parser.add_argument("--events", type=int, default=100_000, help="events of the bulk section (default 100000)")
    parser.add_argument("--smoke", action="store_true", help="one short round, a few events: shows that it runs, measures nothing")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0 or options.events < 1:
        parser.error("give at least 1 round, turns longer than 0 seconds and at least 1 event")
    return options


def main() -> None:
    """Measure, print, write."""
    options = arguments()
    if options.smoke:
        options.rounds, options.seconds, options.events = 1, 1e-5, 50
    for module in absent():
        print(f"absent: {module.package} is not installed (make bench installs the peers)")
    run = Run(options.rounds, options.seconds, 50 if options.smoke else 2_000)
    run.peers()
    if native():
        run.native(options.events)
    else:
        print("absent: the native engine is not built, and its ways are not measured\n")
    command = run.startup()
    print(text("aims", aim_rows(run.sections)))
    if options.docs:
        panels = {f"{name} event, {len(FRAMES[name])} bytes": results(run.sections[section(DECODING, name)], BASELINE) for name in EVENTS}
        (options.docs / PLOT).write_text(svg(panels, BASELINE), encoding="utf-8")
        path = options.docs / "benchmarks.md"
        path.write_text(page(run.sections, command, road_of(path)), encoding="utf-8")


if __name__ == "__main__":
    main()
