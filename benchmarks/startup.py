"""How long it takes to be there: `import tlib_codec`, and `tlib --version`, each in processes of its own.

Strategy: the imports are timed inside their process, so the interpreter's own start does not dilute
the ratio; the command is timed from outside, since that is what a person waits for.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.paired import Times

PEERS_IMPORT = "import construct, msgspec"
OUR_IMPORT = "import tlib_codec"
PYTHON = "python -c pass"
VERSION = "tlib --version"

_TIMED = "import time; begin = time.perf_counter(); {}; print(time.perf_counter() - begin)"


def _imported(statement: str) -> Callable[[], float]:
    def run() -> float:
        done = subprocess.run([sys.executable, "-c", _TIMED.format(statement)], capture_output=True, text=True, check=True)
        return float(done.stdout)

    return run


def _process(*command: str) -> Callable[[], float]:
    def run() -> float:
        begin = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        return time.perf_counter() - begin

    return run


def measure_startup(rounds: int) -> tuple[Times, Times]:
    """Seconds by round: of the two imports, and of the two processes. Each runs once before, unmeasured."""
    script = Path(sys.executable).with_name("tlib")
    command = [str(script)] if script.exists() else [sys.executable, "-m", "tlib_cli"]
    groups = (
        {PEERS_IMPORT: _imported(PEERS_IMPORT), OUR_IMPORT: _imported(OUR_IMPORT)},
        {PYTHON: _process(sys.executable, "-c", "pass"), VERSION: _process(*command, "--version")},
    )
    found: list[Times] = []
    for group in groups:
        times: Times = {name: [] for name in group}
        for turn in range(rounds + 1):
            for name, run in group.items():
                taken = run()
                if turn:
                    times[name].append(taken)
        found.append(times)
    return found[0], found[1]
