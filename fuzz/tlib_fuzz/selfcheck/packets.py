"""Hold the native writer of captures to the Python one: ``python -m tlib_fuzz.selfcheck packets --count N``.

Strategy: damaged frames with random origins, some with addresses of few connections, are written as pcap or pcapng by `PacketWriter`
and, record by record, by `Conversations` in Python. The bytes and the entries that the writers yield must be equal.
"""

from __future__ import annotations

import io
import random
from array import array
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

from tlib_codec.formats.captures.conversation import Conversations, Pcap, Pcapng
from tlib_codec.formats.captures.writer import PacketWriter
from tlib_codec.formats.writers import RecordWriter
from tlib_codec.records import Batch, Flow, Frames, Part
from tlib_codec.stats import Units
from tlib_schemas.registry import Registry

from . import compare
from .differential import Outcome
from .loop import Tally

_ENDS: Final = ("10.0.0.1:3000", "10.0.0.2:40000", "[2001:db8::1]:3000", "[2001:db8::2]:1", "10.0.0.1:3001", "", "host:5", "[::1%eth0]:5")


class _Reference(PacketWriter):
    """The writer without native conversations."""

    def __init__(self, file: BinaryIO, registry: Registry, name: str, units: Units) -> None:
        super().__init__(io.BytesIO(), registry, name, units)
        self._conversations = Conversations((Pcapng if name == "pcapng" else Pcap)(file))

    def write(self, batch: Batch) -> Iterator[Part]:
        """Write a batch record by record."""
        return RecordWriter.write(self, batch)


def written(frames: Frames, registry: Registry, name: str, writer: type[PacketWriter]) -> tuple[bytes, list[Outcome]]:
    """Return the bytes of a capture of the frames, and everything of the entries that the writer yields."""
    file = io.BytesIO()
    one = writer(file, registry, name, Units())
    half = frames.select(range(len(frames) // 2))  # the same conversations in a second run
    seen: list[Outcome] = []
    for run in (half, frames):
        batch = Batch([run], registry=registry)
        seen += map(compare.seen, compare.entries_of(one.write(batch), batch))
    one.close()
    return file.getvalue(), seen


def difference(frames: Frames, registry: Registry, rng: random.Random, tally: Tally) -> str | None:
    """Return how the two writers differ over a run, or None."""
    if rng.random() < 0.7:
        table = [Flow(src=rng.choice(_ENDS), dst=rng.choice(_ENDS)) for _ in range(rng.randint(1, 6))]
        flows = array("I", [rng.randrange(len(table)) for _ in range(len(frames))]).tobytes()
        frames = msgspec.structs.replace(frames, flow_table=table, flows=flows)
    name = rng.choice(("pcap", "pcapng"))
    expected, actual = (written(frames, registry, name, writer) for writer in (_Reference, PacketWriter))
    tally.outcomes["frame", name] += len(frames)
    return None if expected == actual else f"{name}: Python {expected!r}\n  native {actual!r}"
