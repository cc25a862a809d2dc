"""A simulated stream with faults, for an output instead of a network.

Strategy: the bytes that the faults leave of the stream are decoded again, as by their receiver, so every
format shows the events that arrive. Pauses and resets have no place in a file: they are only logged, and
the event that a reset would lose is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from tlib_codec.engine import StreamDecoder
from tlib_codec.formats.writers import RecordWriter
from tlib_codec.records import Record
from tlib_codec.stream import Gap
from tlib_schemas.registry import Registry
from tlib_simulator.faults import Fault, Injected
from tlib_simulator.injector import Injector, Reset


class ByteWriter(RecordWriter):
    """Writes every byte that arrives, also those that are no frame."""

    def put(self, record: Record) -> None:
        """Write the record's bytes."""
        self._file.write(record.frame or b"")


def with_faults(
    records: Iterable[Record], faults: Sequence[Fault], *, seed: int, registry: Registry, log: Callable[[Injected], None]
) -> Iterator[Record]:
    """Yield the records that arrive of a stream, each with the origin of the event that it came with; `log` gets every fault."""
    injector = Injector(faults, seed=seed, registry=registry, log=log)
    decoder = StreamDecoder(registry=registry)
    sent: Record | None = None

    def arrived(sent: Record) -> Iterator[Record]:
        for item in decoder:
            yield Record(item, decoder.data, sent.origin)

    for sent in records:
        assert not isinstance(sent.item, Gap)
        for step in injector.feed((sent.origin.time or 0) / 1_000_000_000, sent.item, sent.frame or b""):
            if isinstance(step, bytes):
                decoder.feed(step)
            elif isinstance(step, Reset):
                decoder.feed(sent.frame or b"")
        yield from arrived(sent)
    if sent is not None:
        for step in injector.close():
            if isinstance(step, bytes):
                decoder.feed(step)
        decoder.close()
        yield from arrived(sent)
