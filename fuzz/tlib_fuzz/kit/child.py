"""A target that is a program: started, watched, and ended for good.

Strategy: each runs in a session of its own, so that what it starts ends with it. Memory is what the
kernel says of the process, resident and mapped, at its highest: a buffer that is asked for and never
touched counts too. Where there is no /proc, memory is not watched.
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
_GRACE = 2.0  # seconds a program gets to end when its input has

# Sanitizers end with the status that means "refused" to many programs, unless they are told to abort.
_ENVIRONMENT = {
    "ASAN_OPTIONS": "abort_on_error=1:detect_leaks=0",
    "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:print_stacktrace=1",
    "MSAN_OPTIONS": "abort_on_error=1",
}


def command_of(target: str) -> list[str]:
    """The words of a command line. Raises TargetError where it has none or a quote is not closed."""
    try:
        words = shlex.split(target)
    except ValueError as error:
        raise TargetError(f"--target {target!r}: {error}") from None
    if not words:
        raise TargetError("--target is empty: give the command that starts your parser, such as ./parser")
    return words


class Child:
    """A running program. `memory` is how many MiB more than at `rest` it may take; 0 does not look."""

    def __init__(self, command: Sequence[str], memory: int) -> None:
        self._limit = memory * _MIB
        self._base: tuple[int, ...] = ()
        self.peak = 0  # resident bytes at the highest, known after its end
        try:
            self.process = subprocess.Popen(  # noqa: S603 the tester's own command
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
        self.channel = Channel(into.fileno(), out.fileno(), errors.fileno(), shut=into.close, watch=self.swells)

    def _kernel(self, pattern: re.Pattern[bytes]) -> tuple[int, ...]:
        try:
            text = Path(f"/proc/{self.process.pid}/status").read_bytes()
        except OSError:
            return ()
        return tuple(int(number) << 10 for number in pattern.findall(text))

    def rest(self, resident: int = 0) -> None:
        """What it takes now is what it needs to live; or so many bytes, known from an earlier life."""
        self._base = (resident,) if resident else self._kernel(_PEAKS)

    def swells(self) -> bool:
        """Whether it takes too much at this moment; it is killed for it."""
        now = self._kernel(_NOW)
        if self._limit and self._base and now and now[0] - self._base[-1] > self._limit:
            self.kill()
            return True
        return False

    def swelled(self) -> int:
        """By how many MiB its memory, at its highest, went over the limit; 0 where it did not."""
        peaks = self._kernel(_PEAKS)
        if not self._limit or not self._base or not peaks:
            return 0
        most = max(peak - base for peak, base in zip(peaks, self._base, strict=True))
        return most // _MIB if most > self._limit else 0

    def kill(self) -> None:
        """End it and whatever it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def end(self) -> int | None:
        """Wait for its end; its status as `subprocess` has it, None where it had to be killed."""
        self.channel.finish()
        status = self._wait(_GRACE)
        self.kill()  # it, or what it started
        if status is None:
            self._wait(None)
        for file in self._files:
            file.close()
        return status

    def _wait(self, seconds: float | None) -> int | None:
        """As `Popen.wait`, but the kernel's account of the process is kept."""
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
