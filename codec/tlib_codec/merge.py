"""Order the records of several inputs by time.

Strategy: a heap holds the next entry of each input, so memory grows with the number of inputs and not with their size. An entry
without a time follows the one before it in its input. An input that is not in order itself keeps its own order.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from .records import NO_TIME, Entry

_FIRST: Final = NO_TIME  # before every time


def merged(inputs: Sequence[Iterable[Entry]]) -> Iterator[Entry]:
    """Yield the entries of all inputs by time; at the same time, those of an earlier input first.

    The time of an entry is its instant, else its local time as if it were UTC.

    >>> from tlib_codec import read
    >>> both = merged([read("examples/tserver.log"), read("examples/platform_sdk.log")])
    >>> [record.origin.file for record in both][:3]
    ['examples/tserver.log', 'examples/platform_sdk.log', 'examples/tserver.log']
    """
    if len(inputs) == 1:
        return iter(inputs[0])
    return (entry for _, _, entry in heapq.merge(*(_keyed(number, one) for number, one in enumerate(inputs)), key=lambda keyed: keyed[:2]))


def _keyed(number: int, entries: Iterable[Entry]) -> Iterator[tuple[int, int, Entry]]:
    last = _FIRST
    for entry in entries:
        origin = entry.origin
        at = origin.time if origin.time is not None else origin.local_time
        last = last if at is None else at
        yield last, number, entry
