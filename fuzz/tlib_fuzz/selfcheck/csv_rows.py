"""Hold the native writer of CSV to the Python one: ``python -m tlib_fuzz.selfcheck.csv_rows --count N``.

Strategy: damaged frames with random origins are written by the core, and record by record. The bytes and the entries that the writers
yield must be equal.
"""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Sequence
from typing import Any

from tlib_codec import native
from tlib_codec.arrow.layout import ORIGINS, layout
from tlib_codec.arrow.plain_csv import PlainCsv
from tlib_codec.formats import WriteOptions
from tlib_codec.formats.writers import flow_texts
from tlib_codec.records import Batch, Frames
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Registry

from .differential import Outcome
from .frames import FramesCheck, command, seen


def written(parts: Sequence[Any], registry: Registry, limits: Limits, origins: tuple[str, ...] | None) -> tuple[bytes, list[Outcome]]:
    """Return the rows of the parts of a batch, and everything of the entries that the writer yields."""
    out = io.BytesIO()
    writer = PlainCsv(out, WriteOptions(registry=registry, origins=origins))
    entries = sorted(map(repr, map(seen, writer.write(Batch(parts, registry=registry, limits=limits)))))
    return out.getvalue(), [(one,) for one in entries]


class CsvRows(FramesCheck):
    """Writes damaged frames of a registry with random origins, and counts the frames that the core leaves to Python."""

    def difference(self, frames: Frames, limits: Limits = DEFAULT_LIMITS) -> str | None:
        """Return how the two writers differ over frames, or None."""
        rng = random.Random(frames.data)  # noqa: S311
        origins = None if rng.random() < 0.5 else tuple(name for name in ORIGINS if rng.random() < 0.5)
        expected = written(list(frames.records(self.registry, limits)), self.registry, limits, origins)
        actual = written([frames], self.registry, limits, origins)
        return None if expected == actual else f"Python {expected!r}\n  native {actual!r}"

    def pieces(self, frames: Frames, limits: Limits) -> list[bytes | int]:
        """Return what the core makes of frames."""
        core: Any = native.extension("text")
        return list(
            core.CsvRows(self.registry, layout(self.registry), ORIGINS).write(frames, limits, b"", flow_texts(frames, lambda _: b""))
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the check and print its report."""
    return command(CsvRows, "csv_rows", "Compare both writers of CSV.", arguments)


if __name__ == "__main__":
    sys.exit(main())
