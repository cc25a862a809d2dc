"""Hold the native writer of JSON lines to the Python one: ``python -m tlib_fuzz.selfcheck.json_lines --count N``.

Strategy: damaged frames with random origins are written by the core, and record by record. The bytes and the entries that the writers
yield must be equal.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from tlib_codec import native
from tlib_codec.formats.jsonl.writer import LineWriter
from tlib_codec.formats.writers import RecordWriter, flow_texts
from tlib_codec.records import Batch, Entry, Frames
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Registry

from .differential import Outcome
from .frames import FramesCheck, command, seen

Write: TypeAlias = Callable[[LineWriter, Batch], Iterator[Entry]]


def lines(batch: Batch, registry: Registry, write: Write) -> tuple[bytes, list[Outcome]]:
    """Return the bytes that a writer makes of a batch, and everything of the entries that it yields.

    A value of a user's own construct may be one that JSON lacks: its TypeError is the last entry.
    """
    out = io.BytesIO()
    entries: list[Outcome] = []
    try:
        entries += map(seen, write(LineWriter(out, registry), batch))
    except TypeError as error:
        entries.append((type(error), str(error)))
    return out.getvalue(), entries


class JsonLines(FramesCheck):
    """Writes damaged frames of a registry with random origins, and counts the frames that the core leaves to Python."""

    def difference(self, frames: Frames, limits: Limits = DEFAULT_LIMITS) -> str | None:
        """Return how the two writers differ over frames, or None."""
        batch = Batch([frames], registry=self.registry, limits=limits)
        expected, actual = lines(batch, self.registry, RecordWriter.write), lines(batch, self.registry, LineWriter.write)
        return None if expected == actual else f"Python {expected!r}\n  native {actual!r}"

    def pieces(self, frames: Frames, limits: Limits) -> list[bytes | int]:
        """Return what the core makes of frames."""
        core: Any = native.extension("text")
        return list(core.JsonWriter(self.registry).write(frames, limits, b"", flow_texts(frames, lambda _: b"")))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the check and print its report."""
    return command(JsonLines, "json_lines", "Compare both writers of JSON lines.", arguments)


if __name__ == "__main__":
    sys.exit(main())
