"""Run commands in processes of their own and keep their CPU time, their time on the wall and their peak memory.

Strategy: a small process starts each command, since the peak memory of a process begins with that of the one that started it. CPU time
counts (user and system, with the command's own children), because it hardly changes on a busy machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

_LAUNCH: Final = """
import json, os, subprocess, sys, time
begin = time.perf_counter()
with open(os.devnull, "wb") as null:
    process = subprocess.Popen(sys.argv[1:], stdout=null, stderr=null)
_, status, used = os.wait4(process.pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]))
os._exit(0)
"""
_WARM: Final = Path(__file__).with_name("warm.py")


class Used(NamedTuple):
    """The cost of a command: seconds on the wall and of CPU, bytes of memory at most."""

    wall: float
    cpu: float
    memory: int


class Checkout(NamedTuple):
    """The `tlib` of a checkout that is built in place, with an engine: `folder` None is the installed one."""

    folder: Path | None = None
    engine: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment in which Python imports this checkout."""
        made = {**os.environ, "TLIB_SECRET": "benchmark"}
        made.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
        if self.engine:
            made["TLIB_ENGINE"] = self.engine
        if self.folder is not None:
            made["PYTHONPATH"] = os.pathsep.join(str(self.folder / root) for root in ("schemas", "codec", "fuzz"))
        return made

    def run(self, words: list[str]) -> Used:
        """Run a command of `tlib` from its start to its end."""
        return run([sys.executable, "-m", "tlib_cli", *words], self.environment)

    def warm(self, words: list[str], small: Path, large: Path) -> float:
        """Return the CPU seconds of a command in a process that has run it on a small input."""
        command = [sys.executable, str(_WARM), str(small), str(large), *words]
        done = subprocess.run(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(words)}: {done.stderr}")
        return float(done.stderr)


def run(command: list[str], environment: dict[str, str] | None = None) -> Used:
    """Run a command; its output goes nowhere. Exit where its status is above 1."""
    done = subprocess.run([sys.executable, "-c", _LAUNCH, *command], stdout=subprocess.PIPE, env=environment, check=True)
    status, wall, cpu, memory = json.loads(done.stdout)
    if status > 1 or status < 0:
        sys.exit(f"{' '.join(command)}: exit status {status}")
    return Used(wall, cpu, memory)


def printed(command: list[str]) -> float:
    """Return the CPU seconds that a command prints."""
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
