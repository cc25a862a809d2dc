"""The training run of a profiled build (``TLIB_PGO=1``, see setup.py): what the benchmarks measure, some thousand times.

Run it: python -m benchmarks.training

Strategy: the works of `paths` and `lookups` that are ours, on their events; then the example files, from format to format. It runs
inside the build, so it needs no package that tlib-codec does not need itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import lookups, paths
from benchmarks.events import EVENTS
from benchmarks.paired import Work
from tlib_codec import engine, read, write

CALLS = 3_000
ROUNDS = 20
_EXAMPLES = Path(__file__).parents[1] / "examples"
_TARGETS = ("jsonl", "tlb", "csv", "log", "pcapng")


def _works() -> Iterator[Work]:
    for event in EVENTS.values():
        for works in (paths.reading(event, CALLS // ROUNDS), paths.writing(event)):
            yield from (work for name, work in works.items() if name.startswith("ours"))
    yield from (work for name, work in lookups.lookups(EVENTS["large"]).items() if name.startswith("ours"))


def _convert(file: Path, folder: Path) -> None:
    """Write a file in every format, and read the frames and JSON lines back."""
    for suffix in _TARGETS:
        made = folder / f"{file.stem}.{suffix}"
        write(made, read(file))
        if suffix in {"jsonl", "tlb"}:
            write(folder / f"again.{suffix}.jsonl", read(made))
            write(folder / f"again.{suffix}.tlb", read(made))


def main() -> None:
    """Run everything once. Raises SystemExit where the native engine does not run."""
    if engine() != "native":
        raise SystemExit("the native engine does not run: there is nothing to train")
    for work in _works():
        for _ in range(CALLS // work.items):
            work.call(work.argument)
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            for file in (*_EXAMPLES.glob("*.log"), *_EXAMPLES.glob("*.tlb"), *_EXAMPLES.glob("*.pcapng")):
                _convert(file, Path(folder))


if __name__ == "__main__":
    main()
