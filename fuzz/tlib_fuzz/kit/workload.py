"""What is sent: cases in chunks, each made from the seed and its own number.

Strategy: a chunk depends on nothing but the plan and its number, so a run is the same with one
process or with several, and any part of it can be had again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from tlib_codec.engine import decode
from tlib_codec.formats.jsonl import to_data
from tlib_codec.reference import Policy
from tlib_fuzz.cases.generate import Case, cases, expectation
from tlib_fuzz.cases.mutate import mutate
from tlib_schemas.errors import DecodeError
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

RAW: Final = "raw"
_UNSENT: Final = 200  # cases that are made to be mutated only, where nothing else is sent
_POOLED: Final = 4_096  # bytes of the longest frame that is mutated


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent: `labels` of the cases (None: all), a share of `raw` mutations, frames of a `corpus`.

    No mutation is sent that is to be refused with nothing but `unasked` codes.
    `lenient` expects no judgement by tables: what is well-formed is to be accepted.
    """

    seed: int
    registry: Registry = TLIBRARY
    labels: tuple[str, ...] | None = None
    raw: float = 0.25
    unasked: frozenset[str] = frozenset()
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
            case = self.case(mutate(rng.choice(pool), rng, pool)[0])
            if case.accept or not case.codes <= self.unasked:
                yield case
