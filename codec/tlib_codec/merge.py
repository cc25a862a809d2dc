"""Several inputs as one, in the order of time.

Strategy: each input has a clock of its own. Of every input one entry is held, and the earliest of them is next, so memory grows with
the number of inputs alone. An entry without a time stays behind the one before it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from tlib_schemas.registry import Registry

from .clock import Clock
from .records import Entry, Record

_ALWAYS = -(1 << 63)


def merged(inputs: Sequence[Iterable[Entry]], registry: Registry) -> Iterator[Entry]:
    """Yield the entries of all inputs in the order of time; of equal times, in the order of the inputs."""
    if len(inputs) == 1:
        yield from inputs[0]
        return
    for _, entry in heapq.merge(*(_timed(entries, Clock(registry)) for entries in inputs), key=itemgetter(0)):
        yield entry


def _timed(entries: Iterable[Entry], clock: Clock) -> Iterator[tuple[int, Entry]]:
    last = _ALWAYS
    for entry in entries:
        if isinstance(entry, Record):
            time = clock.time(entry)
            last = last if time is None else time
        yield last, entry
