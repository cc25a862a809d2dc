"""The inputs of the road: logs with and without repetition, and the same events as frames, JSON lines and a capture.

Strategy: files are made once and kept in build/road, in a folder a size; a folder gets its name when it is complete. All formats come
from the log by this checkout, so every path reads the same events.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks import road_log

ROOT: Final = Path(__file__).parents[1]
VARIED: Final = "without repetition"
REPEATING: Final = "with repetition"
KINDS: Final = (VARIED, REPEATING)
_ODD: Final = 5  # percent
_FORMATS: Final = (".tlb", ".jsonl", ".pcapng")


def log(cache: Path, size: int) -> Path:
    """Return a log without repetition of about `size` bytes."""
    path = cache / f"{size}.log"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        road_log.write(path.with_suffix(".part"), size)
        path.with_suffix(".part").replace(path)
    return path


def inputs(cache: Path, size: int, kind: str) -> Path:
    """Return the path, without its suffix, of files of one kind of data: .log, .odd.log, .tlb, .jsonl and .pcapng."""
    folder = cache / f"{size}-{'varied' if kind == VARIED else 'repeating'}"
    if not folder.exists():
        made = folder.with_suffix(".part")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        _make(made / "a", size, kind)
        made.rename(folder)
    return folder / "a"


def _make(stem: Path, size: int, kind: str) -> None:
    source = stem.with_suffix(".log")
    if kind == VARIED:
        road_log.write(source, size)
        road_log.write(stem.with_suffix(".odd.log"), size, odd=_ODD)
    else:
        subprocess.run(
            [sys.executable, ROOT / "examples" / "make_examples.py", "--size", str(size), "-o", source],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    for suffix in _FORMATS:
        command = [sys.executable, "-m", "tlib_cli", "decode", source, "-o", stem.with_suffix(suffix)]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
