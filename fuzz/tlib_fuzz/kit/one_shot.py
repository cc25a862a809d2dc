"""A target that is started for each frame, and says by its exit status what it thinks of it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from . import protocol
from .channel import Ended
from .child import Child
from .crashes import last_line, recognise, sign
from .protocol import Outcome, Settings, TargetError, Verdict

_FILE: Final = "@@"
_MIB: Final = 1 << 20


class Once:
    """A program started for each frame: from its standard input, or from a file in place of ``@@``.

    Status 0 accepts, 1 refuses, anything else is a crash; a line of the protocol on its standard
    output says more. Its memory at its highest is seen where it is more than this process has: the kernel
    counts that for every program that is started.
    """

    def __init__(self, command: Sequence[str], settings: Settings) -> None:
        self._settings = settings
        self._rest = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._by_file = any(_FILE in word for word in command)
        self._words = command
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            first = self._one(protocol.WARM_UP, protocol.START)
            if first.verdict in {Verdict.CRASH, Verdict.HANG}:
                raise TargetError(f"the target, given a first frame: {first.sign}{last_line(first.trace)}")
            undo.pop_all()

    def run(self, frames: Sequence[bytes]) -> list[Outcome]:
        """As `Target.run`."""
        return [self._one(frame, self._settings.timeout) for frame in frames]

    def _one(self, frame: bytes, timeout: float) -> Outcome:
        child = Child(self._command(frame), self._settings.memory)
        if self._rest:
            child.rest(self._rest)
        text, ended = child.channel.drain(b"" if self._by_file else frame, timeout)
        if ended is not Ended.CLOSED:
            child.kill()
        status = child.end()
        trace = child.channel.trace
        if ended is Ended.STOPPED:
            return Outcome(Verdict.MEMORY, sign=f"more than {self._settings.memory} MiB more than at rest")
        if ended is not Ended.CLOSED or status is None:
            return Outcome(Verdict.HANG, sign=f"not ended in {timeout:g} s", trace=trace)
        self._rest = self._rest or child.peak
        swelled = (child.peak - self._rest) // _MIB
        if self._settings.memory and swelled > self._settings.memory:
            return Outcome(Verdict.MEMORY, sign=f"{swelled} MiB more than at rest")
        if status not in {0, 1} or recognise(trace):
            return Outcome(Verdict.CRASH, sign=sign(trace, status), trace=trace)
        told = protocol.outcome((text.strip().splitlines() or [b""])[-1])
        if told.verdict is not Verdict.GARBLED:
            return told
        return Outcome(Verdict.REJECT if status else Verdict.ACCEPT)

    def _command(self, frame: bytes) -> Sequence[str]:
        """The command that is given `frame`; where that is by a file, it is in a folder that lasts until `close`."""
        if not self._by_file:
            return self._words
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="tlib-fuzz-")
        file = Path(self._folder.name, "frame.bin")
        file.write_bytes(frame)
        return [word.replace(_FILE, str(file)) for word in self._words]

    def close(self) -> None:
        """As `Target.close`."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
