"""Checks by the native core against checks by Python: frames of one signature must break the same, warnings included.

Strategy: random and damaged frames, many from the same few so that signatures repeat, in runs with and without the marks of a log. Every
frame is decoded, and its violations, without their offsets and values, must be those of all frames of its signature so far; a
malformed frame must have no signature. So one wrong verdict of the core shows, and so does one that depends on something that the
signature lacks.
"""

from __future__ import annotations

import random
from array import array
from itertools import accumulate
from typing import Any, TypeAlias

from tlib_codec.checks import UNSIGNED, Signatures, violations_of
from tlib_codec.records import Frames
from tlib_codec.stream import Gap
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .inputs import Inputs
from .loop import FailureError, Tally

_Verdict: TypeAlias = tuple[Any, ...]
_ONES = 40  # frames that a batch repeats and damages


class Checks:
    """Compares the signatures of frames with their violations."""

    def __init__(self, seed: int, registry: Registry = TLIBRARY) -> None:
        self.seed = seed
        self.registry = registry
        self.tally: Tally = Tally()
        self._signatures = Signatures(registry, DEFAULT_LIMITS)
        self._verdicts: dict[int, _Verdict] = {}

    def batch(self, number: int, size: int) -> None:
        """Check the frames of one batch. Raises FailureError."""
        rng = random.Random(f"{self.seed}:{number}")  # noqa: S311
        frames = run_of(Inputs(rng.getrandbits(64), registry=self.registry), size, printed=rng.random() < 0.3)
        _, numbers = self._signatures.of(frames)
        bounds = memoryview(frames.bounds).cast("Q")
        for place, record in enumerate(frames.records(self.registry)):
            signature = numbers[place]
            verdict: _Verdict = ("malformed",)
            if not isinstance(record.item, Gap):
                broken = [(v.event, v.attribute, v.code, v.severity, v.expected) for v in violations_of(record, self.registry)]
                verdict = (record.item.message, *broken)
            expected = verdict if signature == UNSIGNED else self._verdicts.setdefault(signature, verdict)
            if expected != verdict or (signature != UNSIGNED and verdict == ("malformed",)):
                data = frames.data[bounds[place] : bounds[place + 1]]
                raise FailureError(f"batch {number}, printed {frames.printed}: {verdict}, not {expected}", data)
            outcome = "asked" if signature == UNSIGNED else "clean" if len(verdict) == 1 else "broken"
            self.tally.outcomes["frame", outcome] += 1


def run_of(inputs: Inputs, size: int, *, printed: bool) -> Frames:
    """Return random frames, some damaged, as a run."""
    some = [inputs.make("frame") for _ in range(_ONES)]
    rng = inputs.rng
    chosen = [rng.choice(inputs.pool) if rng.random() < 0.4 else inputs.vary("frame", rng.choice(some)) for _ in range(size)]
    bounds = array("Q", accumulate(map(len, chosen), initial=0))
    return Frames(
        data=b"".join(chosen),
        bounds=bounds.tobytes(),
        offsets=None if printed else bounds[:-1].tobytes(),
        lines=array("Q", range(1, size + 1)).tobytes() if printed else None,
        printed=printed,
    )
