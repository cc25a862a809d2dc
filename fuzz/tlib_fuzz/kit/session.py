"""A run: cases in chunks, each chunk made from the seed and its own number, answers judged.

Strategy: a chunk depends on nothing but the plan and its number, so a run is the same with one
process or with several, and any part of it can be had again. Labels that cost a target its life
over and over are left out after a while: one finding is enough, and starting costs time.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import Any, Final

import msgspec

from tlib_codec.engine import decode
from tlib_codec.jsonl import to_data
from tlib_codec.reference import Policy
from tlib_fuzz.cases import Case, cases, expectation
from tlib_fuzz.mutate import mutate
from tlib_schemas.errors import DecodeError
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .judge import Difference, Kind, judge
from .protocol import Outcome
from .target import Target

RAW: Final = "raw"
CHUNK: Final = 1_000  # cases
_AHEAD: Final = 2  # chunks a process, beyond the one that is waited for
_BATCH, _BATCH_BYTES = 64, 1 << 18
_UNSENT = 200  # cases that are made to be mutated only, where nothing else is sent
_POOLED = 4_096  # bytes of the longest frame that is mutated
_PATIENCE = {Kind.HANG: 3, Kind.MEMORY: 10, Kind.CRASH: 50}  # times that a label may do it
_RAW_PATIENCE = 10  # times as often, where the label says nothing


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent: `labels` of the cases (None: all), a share of `raw` mutations, frames of a `corpus`.

    `lenient` expects no judgement by tables: what is well-formed is to be accepted.
    """

    seed: int
    registry: Registry = TLIBRARY
    labels: tuple[str, ...] | None = None
    raw: float = 0.25
    lenient: bool = False
    corpus: tuple[bytes, ...] = ()

    def case(self, frame: bytes) -> Case:
        """What is right for any bytes."""
        return self._judged(expectation(frame, self.registry))

    def _judged(self, case: Case) -> Case:
        if case.accept or not self.lenient:
            return case
        try:
            item = decode(case.frame, registry=self.registry, policy=Policy.LENIENT)
        except DecodeError:
            return case
        data = to_data(item, registry=self.registry)
        data.pop("$violations", None)
        return Case(case.label, case.frame, True, msgspec.json.encode(data), frozenset(), case.reason, case.path, case.schema)

    def chunk(self, number: int, size: int) -> Iterator[Case]:
        """The cases of chunk `number`, `size` of them; those of a corpus come first of all."""
        rng = random.Random(f"{self.seed}/{number}")  # noqa: S311
        mutated = round(size * self.raw)
        if number == 0:
            yield from map(self.case, self.corpus)
        pool = [*self.corpus]
        for case in islice(cases(rng.getrandbits(64), self.registry, labels=self.labels or None), size - mutated or _UNSENT):
            if mutated < size:
                yield self._judged(case)
            if len(case.frame) <= _POOLED:
                pool.append(case.frame)
        for _ in range(mutated if pool else 0):
            yield self.case(mutate(rng.choice(pool), rng, pool)[0])


class Hit(msgspec.Struct, frozen=True):
    """A case to which the target gave a wrong answer."""

    case: Case
    outcome: Outcome
    difference: Difference


class Result(msgspec.Struct):
    """What a chunk gave: how many cases of each label, those left out, and one hit of each nature with its count."""

    counts: Counter[str]
    left_out: Counter[str]
    hits: list[Hit]
    times: list[int]


class Trial:
    """Runs chunks of a plan on a target."""

    def __init__(self, target: Target, plan: Plan) -> None:
        self._target = target
        self._plan = plan
        self._harm: Counter[tuple[str, Kind]] = Counter()

    def chunk(self, number: int, size: int = CHUNK) -> Result:
        """Send one chunk. Raises TargetError."""
        result = Result(Counter(), Counter(), [], [])
        known: dict[tuple[str, Kind, str], int] = {}
        for batch in _batches(self._rested(self._plan.chunk(number, size), result)):
            for case, outcome in zip(batch, self._target.run([case.frame for case in batch]), strict=True):
                result.counts[case.label] += 1
                difference = judge(case, outcome, self._plan.registry)
                if difference is None or (difference.kind is Kind.CODE and case.label == RAW):
                    continue
                self._harm[case.label, difference.kind] += 1
                key = (_known_as(case), difference.kind, difference.nature)
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

    def _rested(self, chunk: Iterator[Case], result: Result) -> Iterator[Case]:
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


# -- several processes -----------------------------------------------------------------------------

_trial: Trial


def _begin(make: Callable[..., Trial], arguments: Sequence[Any]) -> None:
    global _trial  # noqa: PLW0603 a process has one
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process tells us
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    _trial = make(*arguments)


def _one(number: int, size: int) -> Result:
    return _trial.chunk(number, size)


def in_order(make: Callable[..., Trial], arguments: Sequence[Any], jobs: int, sizes: Iterator[int]) -> Iterator[Result]:
    """The results of chunks 0, 1, … of such sizes, by so many processes, each with ``make(*arguments)``."""
    if jobs == 1:
        with contextlib.closing(make(*arguments)) as trial:
            yield from (trial.chunk(number, size) for number, size in enumerate(sizes))
        return
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin, (make, arguments))
    waiting: deque[Future[Result]] = deque()
    with contextlib.ExitStack() as stack:
        stack.callback(pool.shutdown, cancel_futures=True)
        for number, size in enumerate(sizes):
            waiting.append(pool.submit(_one, number, size))
            if len(waiting) > jobs * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
