"""Hold the native writer of CSV to the Python one: ``python -m tlib_fuzz.selfcheck csv-rows --count N``.

Strategy: damaged frames with random origins are written by the core, and record by record. The bytes and the entries that the writers
yield must be equal.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from typing import Any

from tlib_codec import native
from tlib_codec.arrow.layout import ORIGINS, layout
from tlib_codec.arrow.plain_csv import PlainCsv
from tlib_codec.formats import WriteOptions
from tlib_codec.formats.csv_text import quoter
from tlib_codec.formats.wording import wording_of
from tlib_codec.formats.writers import flow_texts
from tlib_codec.records import Batch, Frames, Part
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

from . import compare
from .loop import Tally


def written(
    parts: Sequence[Part], registry: Registry, limits: Limits, origins: tuple[str, ...] | None, *, raw: bool
) -> tuple[bytes, list[str]]:
    """Return the rows of the parts of a batch, and everything of the entries that the writer yields."""
    out = io.BytesIO()
    writer = PlainCsv(out, WriteOptions(registry=registry, origins=origins, raw_csv=raw))
    batch = Batch(parts, registry=registry, limits=limits)
    entries = sorted(repr(compare.seen(entry)) for entry in compare.entries_of(writer.write(batch), batch))
    return out.getvalue(), entries


def disagreement(
    frames: Frames, registry: Registry, limits: Limits, origins: tuple[str, ...] | None = None, *, raw: bool = False
) -> str | None:
    """Return how the two writers differ over a run, or None."""
    expected = written(list(frames.records(registry, limits)), registry, limits, origins, raw=raw)
    actual = written([frames], registry, limits, origins, raw=raw)
    return None if expected == actual else f"{limits}, {origins}, raw {raw}: Python {expected!r}\n  native {actual!r}"


def difference(frames: Frames, registry: Registry, rng: random.Random, tally: Tally) -> str | None:
    """Return how the two writers differ over a run under random limits and with random origins, or None."""
    limits = compare.random_limits(rng)
    origins = None if rng.random() < 0.5 else tuple(name for name in ORIGINS if rng.random() < 0.5)
    core: Any = native.extension("text")
    words = core.Words(registry, wording_of(lambda _: b""))
    rows = core.CsvRows(registry, layout(registry), ORIGINS, quoter(raw=False), True)
    pieces = rows.write(frames, limits, b"", flow_texts(frames, lambda _: b""), words)
    compare.count_pieces(list(pieces), frames, tally)
    return disagreement(frames, registry, limits, origins, raw=rng.random() < 0.2)
