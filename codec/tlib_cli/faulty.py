"""Apply faults to a simulated stream that goes to a file instead of a network.

Strategy: the stream with faults is decoded again, as its receiver would, so every format shows the events that arrive.
A file has no pauses and resets: they are only logged, and the file holds the event that a reset would lose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from tlib_codec.engine import StreamDecoder
from tlib_codec.formats.writers import RecordWriter
from tlib_codec.records import Record
from tlib_codec.stream import Gap
from tlib_schemas.registry import Registry
from tlib_simulator.faults import Fault, InjectedFault, Injector, Reset


class ByteWriter(RecordWriter):
    """Writes every byte that arrives, also those outside frames."""

    def put(self, record: Record) -> None:
        """Write the record's bytes."""
        self._file.write(record.frame or b"")


def with_faults(
    records: Iterable[Record], faults: Sequence[Fault], *, seed: int, registry: Registry, log: Callable[[InjectedFault], None]
) -> Iterator[Record]:
    """Yield the records that arrive, each with the origin of the event it came with; call `log` for every fault."""
    injector = Injector(faults, seed=seed, registry=registry, log=log)
    decoder = StreamDecoder(registry=registry)
    sent: Record | None = None

    def arrived(sent: Record) -> Iterator[Record]:
        for item in decoder:
            yield Record(item, decoder.data, sent.origin)

    for sent in records:
        assert not isinstance(sent.item, Gap)
        for action in injector.feed((sent.origin.time or 0) / 1_000_000_000, sent.item, sent.frame or b""):
            if isinstance(action, bytes):
                decoder.feed(action)
            elif isinstance(action, Reset):
                decoder.feed(sent.frame or b"")
        yield from arrived(sent)
    if sent is not None:
        for action in injector.close():
            if isinstance(action, bytes):
                decoder.feed(action)
        decoder.close()
        yield from arrived(sent)
