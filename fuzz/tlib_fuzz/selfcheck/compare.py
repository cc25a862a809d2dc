"""Hold a native step over runs of frames to the Python one: damaged frames with random origins, batch after batch.

Strategy: a difference is a function that compares both steps over a run of frames. Half of the frames are whole. A run that differs is
looked at frame by frame, for the smallest one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from tlib_codec.records import Batch, Entry, Frames, Part, Record
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .differential import Outcome, parts
from .frames import random_frames
from .inputs import Inputs
from .loop import FailureError, Tally

_RUN: Final = 20  # frames in a run
_WHOLE: Final = 0.5  # of the frames are not damaged
_LIMITS: Final = (Limits(list_depth=1), Limits(list_depth=200, list_pairs=3), Limits(frame_body=100))

Difference: TypeAlias = Callable[[Frames, Registry, random.Random, Tally], str | None]
"""How both steps differ over a run, or None; it counts the frames that the native step leaves to Python."""


def seen(entry: Entry) -> Outcome:
    """Return everything of an entry that a caller can see."""
    return (parts(entry.item), entry.frame, entry.origin, dict(entry.unnumbered)) if isinstance(entry, Record) else (entry,)


def entries_of(parts: Iterable[Part], batch: Batch) -> Iterator[Entry]:
    """Yield the entries that a writer of a batch yields, invalid frames as the records that they are."""
    for part in parts:
        yield from Batch([part], registry=batch.registry, limits=batch.limits)


def random_limits(rng: random.Random) -> Limits:
    """Return the default limits, and at times narrow ones."""
    return rng.choice(_LIMITS) if rng.random() < 0.2 else DEFAULT_LIMITS


def count_pieces(pieces: Sequence[bytes | int], frames: Frames, tally: Tally) -> None:
    """Count the frames of a run whose places stand among the pieces, which the core leaves to Python, and the others."""
    left = sum(isinstance(piece, int) for piece in pieces)
    tally.outcomes["frame", "left to Python"] += left
    tally.outcomes["frame", "native"] += len(frames) - left


class Runs:
    """Compares both steps over damaged frames of a registry."""

    def __init__(self, difference: Difference, seed: int, registry: Registry = TLIBRARY) -> None:
        self._difference = difference
        self._seed = seed
        self._registry = registry
        self.tally: Tally = Tally()

    def batch(self, number: int, size: int) -> None:
        """Check the frames of one batch. Raises FailureError."""
        rng = random.Random(f"{self._seed}:{number}")  # noqa: S311
        inputs = Inputs(rng.getrandbits(64), registry=self._registry)
        for start in range(0, size, _RUN):
            made = [inputs.make("frame") for _ in range(min(_RUN, size - start))]
            frames = random_frames(rng, [rng.choice(inputs.pool) if not frame or rng.random() < _WHOLE else frame for frame in made])
            state = rng.getrandbits(64)
            if self._compare(frames, state) is not None:
                self._fail(number, frames, state)

    def _compare(self, frames: Frames, state: int) -> str | None:
        return self._difference(frames, self._registry, random.Random(state), self.tally)  # noqa: S311

    def _fail(self, number: int, frames: Frames, state: int) -> None:
        for place in range(len(frames)):
            one = frames.select([place])
            found = self._compare(one, state)
            if found is not None:
                raise FailureError(f"batch {number}, {one!r}: {found}", one.data)
        raise FailureError(f"batch {number}, {frames!r}: {self._compare(frames, state)}", frames.data)
