"""A session: sends chunks of cases to a target and judges its answers.

Strategy: a chunk keeps one hit of each signature with its count, so a hopeless parser costs no more than a good one. A label
that kills the target repeatedly is left out after a while: one finding suffices, and a restart takes time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from tlib_fuzz.cases.generate import Case

from .judge import Difference, Kind, judge
from .protocol import Outcome, Target, TargetError, Verdict
from .workload import RAW, Workload

CHUNK: Final = 1_000  # cases
_BATCH, _BATCH_BYTES = 64, 1 << 18
_PATIENCE = {Kind.HANG: 3, Kind.MEMORY: 10, Kind.CRASH: 20}  # hits of a label before it is left out
_RAW_PATIENCE = 10  # the factor for raw mutations, whose label names no fault


class Hit(msgspec.Struct, frozen=True):
    """A case that the target answered wrongly."""

    case: Case
    outcome: Outcome
    difference: Difference


class Result(msgspec.Struct):
    """The result of a chunk: cases by label, skipped and left out ones, and one hit of each signature with its count in `times`."""

    counts: Counter[str]
    left_out: Counter[str]
    hits: list[Hit]
    times: list[int]
    skipped: Counter[str]


class Session:
    """Runs chunks of a workload on a target."""

    def __init__(self, target: Target, workload: Workload) -> None:
        self._target = target
        self._workload = workload
        self._harm: Counter[tuple[str, Kind]] = Counter()

    def chunk(self, number: int, size: int = CHUNK) -> Result:
        """Send one chunk. Raises TargetError."""
        result = Result(Counter(), Counter(), [], [], Counter())
        known: dict[tuple[str, Kind, str], int] = {}
        for batch in _batches(self._tolerated(self._workload.chunk(number, size), result)):
            try:
                outcomes = self._target.run([case.frame for case in batch])
            except TargetError:
                if result.hits:  # the next chunk raises
                    return result
                raise
            for case, outcome in zip(batch, outcomes, strict=False):  # fewer where it did not restart
                result.counts[case.label] += 1
                if outcome.verdict is Verdict.SKIP:
                    result.skipped[case.label] += 1
                difference = judge(case, outcome, self._workload.registry)
                if difference is None or (difference.kind is Kind.CODE and case.label == RAW):
                    continue
                self._harm[case.label, difference.kind] += 1
                key = (_known_as(case), difference.kind, difference.signature)
                if key in known:
                    result.times[known[key]] += 1
                else:
                    known[key] = len(result.hits)
                    result.hits.append(Hit(case, outcome, difference))
                    result.times.append(1)
        return result

    def close(self) -> None:
        """End the target."""
        self._target.close()

    def _tolerated(self, chunk: Iterator[Case], result: Result) -> Iterator[Case]:
        for case in chunk:
            patience = _RAW_PATIENCE if case.label == RAW else 1
            if any(self._harm[case.label, kind] >= most * patience for kind, most in _PATIENCE.items()):
                result.left_out[case.label] += 1
            else:
                yield case


def _known_as(case: Case) -> str:
    return f"{case.label} {' '.join(sorted(case.codes))}" if case.label == RAW else case.label


def _batches(chunk: Iterator[Case]) -> Iterator[list[Case]]:
    batch: list[Case] = []
    size = 0
    for case in chunk:
        batch.append(case)
        size += len(case.frame)
        if len(batch) == _BATCH or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
