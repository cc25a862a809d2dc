"""Hold the native redaction of frames to the Python one: ``python -m tlib_fuzz.selfcheck redaction --count N``.

Strategy: damaged frames are redacted as a run under random rules, and one by one by `Redactor.frame` with the pseudonyms made in
Python. The frames and the counts of replaced values must be equal; a frame that the C leaves stands as it was.
"""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise
from typing import Final

from tlib_codec.records import Frames
from tlib_codec.redact import Pseudonyms, Redactor, Rules
from tlib_codec.redact.frames import FrameRedactor
from tlib_codec.stream import Gap
from tlib_schemas.errors import EncodeError
from tlib_schemas.kinds import Category
from tlib_schemas.registry import Registry

from .loop import Tally

_CATEGORIES: Final = [category.value for category in Category] * 5
_PATTERNS: Final = ("*", "*", "*", "a*", "*.*", "k", "conn-*", "?", "nothing")


def rules_of(registry: Registry, rng: random.Random) -> Rules:
    """Return random rules; half of the time the usual ones."""
    if rng.random() < 0.5:
        return Rules()
    words = [*(registry.attribute_name(n) for n in registry.dictionary), *(f"#{n}" for n in (*range(200, 210), 60_000)), *_CATEGORIES]
    return Rules(
        keep=tuple(rng.sample(words, rng.randrange(6))),
        replace=tuple(rng.sample(words, rng.randrange(6))),
        only_keys=("*",) if rng.random() < 0.5 else tuple(rng.sample(_PATTERNS, 2)),
        keep_keys=() if rng.random() < 0.5 else (rng.choice(_PATTERNS),),
    )


def difference(frames: Frames, registry: Registry, rng: random.Random, tally: Tally) -> str | None:
    """Return how both differ over a run, or None."""
    rules, secret = rules_of(registry, rng), rng.randbytes(4)
    ours, theirs = (Redactor(secret, rules=rules, registry=registry) for _ in range(2))
    theirs.pseudonyms = Pseudonyms(secret)
    data, left = FrameRedactor(ours).replaced(frames)
    bounds = memoryview(frames.bounds).cast("Q")
    tally.outcomes["frame", "left to Python"] += len(left)
    tally.outcomes["frame", "native"] += len(frames) - len(left)
    known: Counter[str] = Counter()
    for place, ((start, end), record) in enumerate(zip(pairwise(bounds), frames.records(registry), strict=True)):
        actual = data[start:end]
        if place in left:
            if actual != frames.data[start:end]:
                return f"{rules}: frame {place} is left, and changed to {actual!r}"
            continue
        assert not isinstance(record.item, Gap), "a malformed frame is left"
        try:
            expected = theirs.frame(record.item)
        except (TypeError, EncodeError) as error:
            return f"{rules}: frame {place}: Python raises {error!r}, native {actual!r}"
        if expected != actual:
            return f"{rules}: frame {place}: Python {expected!r}\n  native {actual!r}"
    known = +theirs.counts
    if known != +ours.counts:
        return f"{rules}: Python counts {known}, native {ours.counts}"
    return None
