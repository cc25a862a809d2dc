"""A simulated stream with faults, for an output instead of a network.

Strategy: what the faults leave of the stream is decoded again, as whoever receives it would, so every
form of output shows what arrives. Pauses and resets have no place in a file: they are only logged, and
the event that a reset would have lost is there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence

from tlib_codec.engine import StreamDecoder
from tlib_codec.stream import Gap
from tlib_schemas.registry import Registry
from tlib_simulator.faults import Fault, Injected
from tlib_simulator.injector import Injector, Reset

from .inputs import Found
from .output import Frames


class Received(Frames):
    """Writes every byte that arrives, also those that are no frame."""

    def write(self, found: Found) -> str:
        """Write the item's bytes."""
        self._file.write(found.data or b"")
        return ""


def with_faults(
    found: Iterable[Found], faults: Sequence[Fault], *, seed: int, registry: Registry, log: Callable[[Injected], None]
) -> Iterator[Found]:
    """What arrives of a stream, each item under the source of the event with which it came; `log` is told of every fault."""
    injector = Injector(faults, seed=seed, registry=registry, log=log)
    decoder = StreamDecoder(registry=registry)
    one: Found | None = None

    def arrived(source: Found) -> Iterator[Found]:
        for item in decoder:
            yield Found(item, source.place, source.source, decoder.data, decoder.offset)

    for one in found:
        assert not isinstance(one.item, Gap)
        time = dt.datetime.fromisoformat(one.source["time"]).timestamp()
        for step in injector.feed(time, one.item, one.data or b""):
            if isinstance(step, bytes):
                decoder.feed(step)
            elif isinstance(step, Reset):
                decoder.feed(one.data or b"")
        yield from arrived(one)
    if one is not None:
        for step in injector.close():
            if isinstance(step, bytes):
                decoder.feed(step)
        decoder.close()
        yield from arrived(one)
