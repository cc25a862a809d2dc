"""Run a command of `tlib` in a process that has run it once: its CPU time without the start.

Run it: python benchmarks/warm.py SMALL LARGE WORD…

Strategy: each WORD that is ``{input}`` stands for the input. The first run reads SMALL and imports everything; the second one reads LARGE
and is timed. The seconds go to the standard error, since the command may write to the standard output. Nothing of benchmarks/ is
imported, so PYTHONPATH can name another checkout.
"""

from __future__ import annotations

import os
import sys
import time

from tlib_cli import main


def run(words: list[str], path: str) -> float:
    """Return the CPU seconds of the command on one input, of all its threads."""
    begin = time.process_time()
    status = main([path if word == "{input}" else word for word in words])
    if status > 1:
        sys.exit(f"exit status {status}: {words}")
    return time.process_time() - begin


if __name__ == "__main__":
    reports, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)  # the reports of the command go nowhere
    small, large, *command = sys.argv[1:]
    run(command, small)
    taken = run(command, large)
    os.write(reports, f"{taken}\n".encode())
