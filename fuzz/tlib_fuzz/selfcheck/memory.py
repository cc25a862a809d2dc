"""Measure the memory that reading a nasty input takes: one process a kind, which reads from a pipe and writes JSON lines to nowhere.

Strategy: the process that reads imports the codec alone and reports the largest size that it had, so the generator's memory does not count.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Collection, Iterator
from typing import IO, Final

from .nasty import KINDS, Kind

_READ: Final = """
import os, resource, sys, time
from tlib_codec import read, write

with open(os.devnull, "wb") as nowhere:
    write(nowhere, read(sys.stdin.buffer).batches(), format="jsonl")
try:
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
except OSError:  # not Linux: the system's own count
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
print(peak, time.process_time())
"""


def measure(kind: Kind, size: int) -> tuple[float, float]:
    """Return the largest memory in MB of a process that reads about `size` unpacked bytes of a kind, and its seconds of CPU time.

    Raises RuntimeError where the process fails.
    """
    with subprocess.Popen([sys.executable, "-c", _READ], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            _feed(process.stdin, kind, size // kind.times)
        answer = process.stdout.read().split()
    if process.returncode or len(answer) != 2:
        raise RuntimeError(f"{kind.name}: the reader ended with status {process.returncode}")
    return int(answer[0]) / 1000, float(answer[1])


def _feed(file: IO[bytes], kind: Kind, size: int) -> None:
    with contextlib.closing(file):
        left = size
        for piece in kind.pieces():
            file.write(piece)
            left -= len(piece)
            if left <= 0:
                break


def report(size: int, names: Collection[str] = ()) -> Iterator[tuple[str, bool]]:
    """Yield a line for each kind (of `names`, if there are any), and whether it stays within its limit."""
    for kind in KINDS.values():
        if names and kind.name not in names:
            continue
        peak, seconds = measure(kind, size)
        fits = peak <= kind.most
        yield f"{peak:7.1f} MB of {kind.most:3} {'' if fits else 'EXCEEDED ':9}{seconds:7.1f} s  {kind.name}: {kind.title}", fits
