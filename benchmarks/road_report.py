"""The tables of the road: speeds, ratios, and the reach beside the measurement."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import NamedTuple

from benchmarks import road_paths as paths
from benchmarks.paired import Ratio, Result, ratio_of
from benchmarks.report import Rows, number

MB = 1e6
COMMAND, WARM, BEFORE, REFERENCE = "whole command", "in process", "before", "reference"
OURS = "tlib-codec, "


class Measured(NamedTuple):
    """What was measured on one kind of data: CPU seconds a byte of the log with these events, round by round.

    `ways` has them by way and path, `peers` by peer. `shares` are the bytes of the input a byte of the log, `memory` the peak memory of
    whole commands, both by path or peer.
    """

    ways: dict[str, dict[str, list[float]]]
    peers: dict[str, list[float]]
    shares: dict[str, float]
    memory: dict[str, int]

    def speed(self, title: str, times: list[float]) -> float:
        """Return megabytes of input a second, by the median of the rounds."""
        return self.shares[title] / statistics.median(times) / MB


class Growth(NamedTuple):
    """Whole commands on the largest log: sizes, CPU seconds a byte and peak memory; two jobs against one on the wall; the naive script."""

    sizes: list[tuple[int, float, int]]
    gains: list[float]
    naive: list[float]
    ours: list[float]


class Reach(NamedTuple):
    """An aim of a path: `need` at least (or at most, where `most`), and the value that a run has measured, if it has."""

    title: str
    need: float
    unit: str
    measured: float | None
    most: bool = False

    @property
    def verdict(self) -> str:
        """Return one word."""
        if self.measured is None:
            return "absent"
        return "reached" if (self.measured <= self.need if self.most else self.measured >= self.need) else "missed"


def _gain(measured: Measured, way: str, path: str) -> float | None:
    """Return how many times as fast the path is in process as another way, by the median of the rounds."""
    other = measured.ways.get(way, {}).get(path)
    mine = measured.ways[WARM].get(path)
    return None if other is None or mine is None else ratio_of(other, mine).median


def path_rows(measured: Measured) -> Rows:
    """A row a path: megabytes of input a second, memory, and gains."""
    others = [way for way in (BEFORE, REFERENCE) if way in measured.ways]
    rows: Rows = [("", "MB/s in process", "MB/s, whole command", "peak memory, MB", *(f"times as fast as {way}" for way in others))]
    for path, times in measured.ways[WARM].items():
        gains = (_gain(measured, way, path) for way in others)
        cells = (
            number(measured.speed(path, times)),
            number(measured.speed(path, measured.ways[COMMAND][path])),
            number(measured.memory[path] / MB),
        )
        rows.append((path, *cells, *("-" if gain is None else number(gain) for gain in gains)))
    return rows


def peer_rows(measured: Measured) -> Rows:
    """A row a peer: megabytes of its input a second."""
    return [("", "MB/s"), *((name, number(measured.speed(name, times))) for name, times in measured.peers.items())]


def growth_rows(growth: Growth) -> Rows:
    """A row a size of log."""
    rows: Rows = [("log → JSONL, whole command", "MB/s", "peak memory, MB")]
    rows += [(f"{number(size / MB)} MB", number(1 / taken / MB), number(memory / MB)) for size, taken, memory in growth.sizes]
    return rows


def reach_of(measured: Measured, growth: Growth) -> list[Reach]:
    """Return the aims on data without repetition."""

    def fast(path: str) -> float | None:
        times = measured.ways[WARM].get(path)
        return None if times is None else measured.speed(path, times)

    def against(path: str, peer: str) -> float | None:
        """Return the time of a path over a peer's."""
        theirs, mine = measured.peers.get(peer), measured.ways[WARM].get(path)
        return None if theirs is None or mine is None else ratio_of(mine, theirs).median

    def gain(path: str) -> float | None:
        return _gain(measured, BEFORE, path)

    return [
        Reach(f"{paths.LOG_JSONL}, in process", 300, "MB/s", fast(paths.LOG_JSONL)),
        Reach(
            f"{paths.LOG_JSONL}, whole command against the naive script", 0.10, "", ratio_of(growth.ours, growth.naive).median, most=True
        ),
        Reach(paths.LOG_FRAMES, 400, "MB/s", fast(paths.LOG_FRAMES)),
        Reach(f"{paths.FRAMES_JSONL}, against msgspec", 0.25, "", against(paths.FRAMES_JSONL, paths.MSGSPEC_OUT), most=True),
        Reach(f"{paths.JSONL_FRAMES}, against msgspec", 0.50, "", against(paths.JSONL_FRAMES, paths.MSGSPEC_IN), most=True),
        Reach(f"{paths.CAPTURE_JSONL}, against before", 15, "times", gain(paths.CAPTURE_JSONL)),
        Reach(f"{paths.CHECK}, against before", 100, "times", gain(paths.CHECK)),
        Reach(f"{paths.CALLS}, against before", 10, "times", gain(paths.CALLS)),
        Reach(f"{paths.REDACT}, against before", 5, "times", gain(paths.REDACT)),
        Reach(f"{paths.CSV}, against before", 20, "times", gain(paths.CSV)),
        Reach(f"{paths.PCAPNG}, against before", 50, "times", gain(paths.PCAPNG)),
        Reach(paths.ODD, 100, "MB/s", fast(paths.ODD)),
        Reach("two cores against one, the largest log → JSONL, on the wall", 1.7, "times", statistics.median(growth.gains)),
        Reach("peak memory, the largest log → JSONL", 64, "MB", max(memory for _, _, memory in growth.sizes) / MB, most=True),
    ]


def reach_rows(reach: list[Reach]) -> Rows:
    """The aims beside the measurement."""
    rows: Rows = [("", "needed", "measured", "")]
    for one in reach:
        need = f"{'at most' if one.most else 'at least'} {number(one.need)} {one.unit}".rstrip()
        rows.append((one.title, need, "-" if one.measured is None else f"{number(one.measured)} {one.unit}".rstrip(), one.verdict))
    return rows


_PANELS: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    paths.LOG_JSONL: (paths.NAIVE, (paths.LOG_JSONL, paths.ODD), ("grep -c, log", "wc -l, log")),
    paths.FRAMES_JSONL: (paths.MSGSPEC_OUT, (paths.FRAMES_JSONL,), ("orjson, JSON → dict → JSON", "jq -c ., JSONL")),
    paths.JSONL_FRAMES: (paths.MSGSPEC_IN, (paths.JSONL_FRAMES,), ("orjson, JSON → dict → JSON", "jq -c ., JSONL")),
}


def panels(measured: Measured) -> tuple[dict[str, dict[str, Result]], tuple[str, ...]]:
    """Return the panels of the plot, times relative to a peer, and the names of these peers."""
    made: dict[str, dict[str, Result]] = {}
    for title, (baseline, ours, peers) in _PANELS.items():
        base = measured.peers[baseline]
        rows = {f"{OURS}{'in process' if path == title else path}": measured.ways[WARM].get(path) for path in ours}
        for way in (COMMAND, BEFORE, REFERENCE):
            rows[f"{OURS}{way}"] = measured.ways.get(way, {}).get(title)
        rows[baseline] = base
        rows |= {peer: measured.peers.get(peer) for peer in peers}
        made[title] = {name: _result(times, base) for name, times in rows.items() if times is not None}
    return made, tuple(baseline for baseline, _, _ in _PANELS.values())


def _result(times: list[float], base: list[float]) -> Result:
    ratio: Ratio = ratio_of(times, base)
    return Result(statistics.median(times), min(times), ratio)
