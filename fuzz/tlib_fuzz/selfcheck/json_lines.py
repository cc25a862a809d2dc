"""Hold the native writer of JSON lines to the Python one: ``python -m tlib_fuzz.selfcheck json-lines --count N``.

Strategy: damaged frames with random origins are written by the core, and record by record. The bytes and the entries that the writers
yield must be equal.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from tlib_codec import native
from tlib_codec.formats.jsonl.writer import LineWriter
from tlib_codec.formats.wording import wording_of
from tlib_codec.formats.writers import RecordWriter, flow_texts
from tlib_codec.records import Batch, Frames, Part
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

from . import compare
from .differential import Outcome
from .loop import Tally

Write: TypeAlias = Callable[[LineWriter, Batch], Iterator[Part]]


def written(batch: Batch, registry: Registry, write: Write) -> tuple[bytes, list[Outcome]]:
    """Return the lines of a batch, and everything of the entries that the writer yields.

    A value of a user's own construct may be one that JSON lacks: its TypeError is the last entry.
    """
    out = io.BytesIO()
    entries: list[Outcome] = []
    try:
        entries += map(compare.seen, compare.entries_of(write(LineWriter(out, registry), batch), batch))
    except TypeError as error:
        entries.append((type(error), str(error)))
    return out.getvalue(), entries


def disagreement(frames: Frames, registry: Registry, limits: Limits) -> str | None:
    """Return how the two writers differ over a run, or None."""
    batch = Batch([frames], registry=registry, limits=limits)
    expected, actual = written(batch, registry, RecordWriter.write), written(batch, registry, LineWriter.write)
    return None if expected == actual else f"{limits}: Python {expected!r}\n  native {actual!r}"


def difference(frames: Frames, registry: Registry, rng: random.Random, tally: Tally) -> str | None:
    """Return how the two writers differ over a run under random limits, or None."""
    limits = compare.random_limits(rng)
    core: Any = native.extension("text")
    words = core.Words(registry, wording_of(lambda _: b""))
    pieces = core.JsonWriter(registry).write(frames, limits, b"", flow_texts(frames, lambda _: b""), words)
    compare.count_pieces(list(pieces), frames, tally)
    return disagreement(frames, registry, limits)
