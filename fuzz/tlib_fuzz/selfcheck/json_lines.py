"""Hold the native writer of JSON lines to the Python one: ``python -m tlib_fuzz.selfcheck.json_lines --count N``.

Strategy: damaged frames with random origins are written by the core and record by record. The bytes and the entries that the writers
yield must be equal.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tlib_codec import native
from tlib_codec.formats.jsonl.writer import LineWriter
from tlib_codec.formats.writers import RecordWriter
from tlib_codec.records import Batch, Entry, Frames, Record
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .differential import Outcome, parts
from .frames import random_frames
from .inputs import Inputs
from .loop import BATCH, FailureError, Tally, run

_LIMITS = (DEFAULT_LIMITS, Limits(list_depth=1), Limits(list_depth=200, list_pairs=3), Limits(frame_body=100))
_RUN = 20  # frames in a batch
_WHOLE = 0.5  # of the frames are not damaged

Write = Callable[[LineWriter, Batch], Iterator[Entry]]


def lines(batch: Batch, registry: Registry, write: Write) -> tuple[bytes, list[Outcome]]:
    """Return the bytes that a writer makes of a batch, and everything of the entries that it yields.

    A value of a user's own construct may be one that JSON lacks: its TypeError is the last entry.
    """
    out = io.BytesIO()
    seen: list[Outcome] = []
    try:
        seen += map(_seen, write(LineWriter(out, registry), batch))
    except TypeError as error:
        seen.append((type(error), str(error)))
    return out.getvalue(), seen


def _seen(entry: Entry) -> Outcome:
    return (parts(entry.item), entry.frame, entry.origin, dict(entry.unnumbered)) if isinstance(entry, Record) else (entry,)


def difference(frames: Frames, registry: Registry = TLIBRARY, limits: Limits = DEFAULT_LIMITS) -> str | None:
    """Return how the two writers differ over frames, or None."""
    batch = Batch([frames], registry=registry, limits=limits)
    expected, actual = lines(batch, registry, RecordWriter.write), lines(batch, registry, LineWriter.write)
    return None if expected == actual else f"Python {expected!r}\n  native {actual!r}"


class JsonLines:
    """Writes damaged frames of a registry with random origins, and counts the frames that the core leaves to Python."""

    def __init__(self, seed: int, registry: Registry = TLIBRARY) -> None:
        self.seed = seed
        self.registry = registry
        self.tally: Tally = Tally()

    def batch(self, number: int, size: int) -> None:
        """Check the frames of one batch. Raises FailureError."""
        rng = random.Random(f"{self.seed}:{number}")  # noqa: S311
        inputs = Inputs(rng.getrandbits(64), registry=self.registry)
        for start in range(0, size, _RUN):
            made = [inputs.make("frame") for _ in range(min(_RUN, size - start))]
            frames = random_frames(rng, [rng.choice(inputs.pool) if not frame or rng.random() < _WHOLE else frame for frame in made])
            limits = rng.choice(_LIMITS) if rng.random() < 0.2 else DEFAULT_LIMITS
            if difference(frames, self.registry, limits) is not None:
                self._fail(number, frames, limits)
            self._count(frames, limits)

    def _fail(self, number: int, frames: Frames, limits: Limits) -> None:
        for place in range(len(frames)):
            one = frames.select([place])
            found = difference(one, self.registry, limits)
            if found is not None:
                raise FailureError(f"batch {number}, {one!r}, {limits}: {found}", one.data)
        raise FailureError(f"batch {number}, {frames!r}, {limits}: together they differ", frames.data)

    def _count(self, frames: Frames, limits: Limits) -> None:
        core: Any = native.extension("text")
        pieces = list(core.JsonWriter(self.registry).write(frames, limits, b"", [b""] * len(frames.flow_table)))
        asked = sum(isinstance(piece, int) for piece in pieces)
        self.tally.outcomes["frame", "left to Python"] += asked
        self.tally.outcomes["frame", "native"] += len(frames) - asked


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the check and print its report."""
    parser = argparse.ArgumentParser(prog="python -m tlib_fuzz.selfcheck.json_lines", description="Compare both writers of JSON lines.")
    parser.add_argument("--count", type=int, default=100_000, metavar="N", help="Check N frames (default: %(default)s).")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="Repeat the run of this seed (default: 0).")
    parser.add_argument("--batch", type=int, metavar="B", help="Check this batch alone, which a failure names.")
    options = parser.parse_args(arguments)
    if native.extension("text") is None:
        sys.stderr.write("the native engine is not built: install a C compiler and install tlib-codec again\n")
        return 2
    check = JsonLines(options.seed)
    began = time.process_time()
    try:
        if options.batch is None:
            run(check, options.count)
        else:
            check.batch(options.batch, min(options.count, BATCH))
    except FailureError as failure:
        sys.stdout.write(f"json_lines fails, seed {options.seed}: {failure}\nsmallest: {failure.data.hex()}\n")
        return 1
    count, seconds = check.tally.outcomes.total(), time.process_time() - began
    sys.stdout.write(f"both write the same, seed {options.seed}: {count:,} frames, {count / seconds:,.0f} a second of CPU time\n")
    sys.stdout.writelines(f"{line}\n" for line in check.tally.lines())
    return 0


if __name__ == "__main__":
    sys.exit(main())
