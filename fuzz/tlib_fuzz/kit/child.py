"""A target that is a program: started, watched, and ended with all its children.

Strategy: each program runs in a session of its own, so its children end with it. Its memory is the peak of resident and mapped
bytes that the kernel reports, so an allocation that is never touched counts too. Where there is no /proc, memory is not watched.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .channel import Channel
from .protocol import TargetError

_MIB = 1 << 20
_PEAKS = re.compile(rb"Vm(?:Peak|HWM):\s+(\d+) kB")
_NOW = re.compile(rb"VmRSS:\s+(\d+) kB")
_GRACE = 2.0  # seconds that a program gets to end after its input

# By default a sanitizer ends with a status that means "refused" to many programs.
_ENVIRONMENT = {
    "ASAN_OPTIONS": "abort_on_error=1:detect_leaks=0",
    "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:print_stacktrace=1",
    "MSAN_OPTIONS": "abort_on_error=1",
}


def command_of(target: str) -> list[str]:
    """Return the words of a command line. Raises TargetError where it is empty or a quote is not closed."""
    try:
        words = shlex.split(target)
    except ValueError as error:
        raise TargetError(f"--target {target!r}: {error}") from None
    if not words:
        raise TargetError("--target is empty: name the command that starts your parser, such as ./parser")
    return words


class Child:
    """A running program. `memory` is the limit in MiB above its memory at `rest`; 0 means no limit."""

    def __init__(self, command: Sequence[str], memory: int) -> None:
        self._limit = memory * _MIB
        self._base: tuple[int, ...] = ()
        self.peak: int = 0  # the peak of resident bytes, known after its end
        try:
            self.process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 the tester's own command
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
                env={**_ENVIRONMENT, **os.environ},
            )
        except OSError as error:
            hint = "; is it built, and is its path right?" if isinstance(error, FileNotFoundError) else ""
            raise TargetError(f"the target {command[0]!r} does not start: {error.strerror or error}{hint}") from None
        into, out, errors = self.process.stdin, self.process.stdout, self.process.stderr
        assert into is not None
        assert out is not None
        assert errors is not None
        self._files = (into, out, errors)
        self.channel: Channel = Channel(into.fileno(), out.fileno(), errors.fileno(), shut=into.close, watch=self.exceeds)

    def _kernel(self, pattern: re.Pattern[bytes]) -> tuple[int, ...]:
        try:
            text = Path(f"/proc/{self.process.pid}/status").read_bytes()
        except OSError:
            return ()
        return tuple(int(number) << 10 for number in pattern.findall(text))

    def rest(self, resident: int = 0) -> None:
        """Take its present memory as its memory at rest, or `resident` bytes that an earlier process needed."""
        self._base = (resident,) if resident else self._kernel(_PEAKS)

    def exceeds(self) -> bool:
        """Return whether it exceeds the limit now, and kill it if so."""
        now = self._kernel(_NOW)
        if self._limit and self._base and now and now[0] - self._base[-1] > self._limit:
            self.kill()
            return True
        return False

    def excess(self) -> int:
        """Return the MiB above rest of its peak where they exceed the limit, else 0."""
        peaks = self._kernel(_PEAKS)
        if not self._limit or not self._base or not peaks:
            return 0
        most = max(peak - base for peak, base in zip(peaks, self._base, strict=True))
        return most // _MIB if most > self._limit else 0

    def kill(self) -> None:
        """Kill it and its children."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def end(self) -> int | None:
        """Wait for its end and return its status as `subprocess` does, None where it had to be killed."""
        self.channel.finish()
        status = self._wait(_GRACE)
        self.kill()  # it, or its children
        if status is None:
            self._wait(None)
        for file in self._files:
            file.close()
        return status

    def _wait(self, seconds: float | None) -> int | None:
        """Wait as `Popen.wait` does, and keep the kernel's account of the process."""
        deadline = time.monotonic() + (seconds or 0.0)
        while True:
            done, status, usage = os.wait4(self.process.pid, 0 if seconds is None else os.WNOHANG)
            if done:
                self.peak = usage.ru_maxrss << (0 if sys.platform == "darwin" else 10)
                self.process.returncode = os.waitstatus_to_exitcode(status)
                return self.process.returncode
            if time.monotonic() > deadline:
                return None
            time.sleep(0.001)
