"""Check simulated streams: no findings, the same bytes on both engines; and measure their speed.

    python -m benchmarks.stories                          # 20 seeds of 10,000 stories each: some minutes
    python -m benchmarks.stories --seeds 2 --stories 1000

Strategy: two scenarios. The default one must have no finding. The full one (two sites with stamped events, abstract
DNs, switchovers, queries) may have the findings of every real T-Server's stream, `KNOWN`, and no other. Each event
is encoded, checked as bytes, and followed as a client of its site follows it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import time
from collections import Counter

from tlib_codec import EventCallCreated, EventReleased, check, encode, engine
from tlib_codec.calls import Call, CallTracker
from tlib_codec.records import Origin
from tlib_simulator import Scenario, Simulation, Site

DEFAULT = Scenario()
FULL = Scenario(
    sites=(Site(name="Lakeside", network_node=7), Site(name="Hillside", first_agent=6001)),
    stamps=True,
    released=True,
    switchover=(600.0, 1800.0),
    query_interval=300.0,
)
STAMPS = ("EventSequenceNumber", "TimeinSecs", "TimeinuSecs")
KNOWN = frozenset(
    [
        *(("unlisted-attribute", name) for name in STAMPS),
        ("deprecated", EventReleased.__name__),
        ("advisory", f"{EventCallCreated.__name__}.ISLinkList"),
    ]
)
_BYTES = "import sys; from benchmarks.stories import digest; print(*digest(int(sys.argv[1])))"


def findings(scenario: Scenario, seed: int, known: frozenset[tuple[str, str]] = frozenset()) -> tuple[Counter[str], Counter[str]]:
    """Count events and calls of a stream, and the findings that are not `known`."""
    tracker = CallTracker(history=False)
    seen: Counter[str] = Counter()
    found: Counter[str] = Counter()

    def count(ended: object) -> None:
        if isinstance(ended, Call):
            seen["calls"] += 1
            found.update(f"{anomaly.code}: {anomaly}" for anomaly in ended.anomalies)
            found.update([f"{ended.ending.value}, not deleted"] if ended.ending.value != "deleted" else [])
        else:
            found[str(ended)] += 1

    for one in Simulation(scenario, seed):
        seen["events"] += 1
        for violation in check(encode(one.event)):
            name = violation.attribute if violation.code == "unlisted-attribute" else violation.path
            if (violation.code, name) not in known:
                found[f"{violation.code}: {violation}"] += 1
        for ended in tracker.feed(one.event, Origin(file=one.site)):
            count(ended)
    for call in tracker.close():
        count(call)
    return seen, found


def digest(stories: int) -> tuple[str, str]:
    """Return the engine, and the SHA-256 of both scenarios' frames."""
    bytes_of = hashlib.sha256()
    for scenario in (DEFAULT, FULL):
        for one in Simulation(scenario.replace(stories=stories), seed=1):
            bytes_of.update(encode(one.event))
    return engine(), bytes_of.hexdigest()


def rate(stories: int) -> tuple[int, float]:
    """Return the number of events generated and encoded, and the seconds of processor time."""
    simulation = Simulation(DEFAULT.replace(stories=stories))
    begun = time.process_time()
    events = sum(1 for one in simulation if encode(one.event))
    return events, time.process_time() - begun


def main() -> int:
    """Run the command line; return 1 for a finding or if the engines differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--stories", type=int, default=10_000, help="stories per seed")
    options = parser.parse_args()
    best = min((rate(5_000) for _ in range(5)), key=lambda one: one[1] / one[0])
    print(f"generated and encoded: {best[0] / best[1]:,.0f} events/s of processor time ({engine()} engine, best of 5)")
    answers = []
    for name in ("native", "reference"):
        command = [sys.executable, "-c", _BYTES, str(min(options.stories, 2_000))]
        answers.append(
            subprocess.run(command, env=os.environ | {"TLIB_ENGINE": name}, capture_output=True, text=True, check=True).stdout.split()
        )
        print(f"{answers[-1][0]:>9} engine: sha256 {answers[-1][1]}")
    failed = answers[0][1] != answers[1][1]
    for title, scenario, known in (("default", DEFAULT, frozenset()), ("full", FULL, KNOWN)):
        all_seen: Counter[str] = Counter()
        all_found: Counter[str] = Counter()
        for seed in range(1, options.seeds + 1):
            seen, found = findings(scenario.replace(stories=options.stories), seed, known)
            all_seen += seen
            all_found += found
        counts = f"{all_seen['events']:,} events, {all_seen['calls']:,} calls, {all_found.total()} findings"
        print(f"{title:>6} scenario, {options.seeds} seeds: {counts}")
        for text, count in all_found.most_common(20):
            print(f"{count:>10}  {text}")
        failed |= bool(all_found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
