"""The workload of a run: cases in chunks, each made from the seed and its own number.

Strategy: a chunk depends on the workload and its number alone, so a run is the same with any number of processes, and any part
of it can be repeated.
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
_UNSENT: Final = 200  # cases that are mutated but not sent, where only mutations are sent
_POOLED: Final = 4_096  # bytes of the longest frame that is mutated


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """The cases to send: their `labels` (None: all), the share of `raw` mutations, the frames of a `corpus`.

    A mutation whose only codes are in `ignored` is not sent. `lenient` is for parsers that know no tables: every well-formed
    frame is to be accepted.
    """

    seed: int
    registry: Registry = TLIBRARY
    labels: tuple[str, ...] | None = None
    raw: float = 0.25
    ignored: frozenset[str] = frozenset()
    lenient: bool = False
    corpus: tuple[bytes, ...] = ()

    def case(self, frame: bytes) -> Case:
        """Return the case of any bytes."""
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
        """Yield the cases of chunk `number`, `size` of them; the first chunk begins with the corpus."""
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
            if case.accept or not case.codes <= self.ignored:
                yield case
