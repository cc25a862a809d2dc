"""A target that is started for each frame; its exit status is its answer."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from . import protocol
from .channel import Ended
from .child import Child
from .crashes import last_line, recognise, signature
from .protocol import Outcome, Settings, TargetError, Verdict

_FILE: Final = "@@"
_MIB: Final = 1 << 20


class OneShot:
    """A program started for each frame, which it reads from its standard input or from the file in place of ``@@``.

    Status 0 accepts, 1 refuses, any other is a crash; a line of the protocol on its standard output adds detail. The peak of
    its memory is known where it exceeds the memory of this process, because the kernel counts that for every child.
    """

    def __init__(self, command: Sequence[str], settings: Settings) -> None:
        self._settings = settings
        self._rest = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._by_file = any(_FILE in word for word in command)
        self._argv = command
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            first = self._one(protocol.WARM_UP, protocol.START)
            if first.verdict in {Verdict.CRASH, Verdict.HANG}:
                raise TargetError(f"the target, given a first frame: {first.signature}{last_line(first.trace)}")
            undo.pop_all()

    def run(self, frames: Sequence[bytes]) -> list[Outcome]:
        """Return an outcome for each frame."""
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
            return Outcome(Verdict.MEMORY, signature=f"more than {self._settings.memory} MiB more than at rest")
        if ended is not Ended.CLOSED or status is None:
            return Outcome(Verdict.HANG, signature=f"not ended in {timeout:g} s", trace=trace)
        self._rest = self._rest or child.peak
        excess = (child.peak - self._rest) // _MIB
        if self._settings.memory and excess > self._settings.memory:
            return Outcome(Verdict.MEMORY, signature=f"{excess} MiB more than at rest")
        if status not in {0, 1} or recognise(trace):
            return Outcome(Verdict.CRASH, signature=signature(trace, status), trace=trace)
        reply = protocol.outcome((text.strip().splitlines() or [b""])[-1])
        if reply.verdict is not Verdict.GARBLED:
            return reply
        return Outcome(Verdict.REJECT if status else Verdict.ACCEPT)

    def _command(self, frame: bytes) -> Sequence[str]:
        """Return the command that reads `frame`; a file for it lasts until `close`."""
        if not self._by_file:
            return self._argv
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="tlib-fuzz-")
        file = Path(self._folder.name, "frame.bin")
        file.write_bytes(frame)
        return [word.replace(_FILE, str(file)) for word in self._argv]

    def close(self) -> None:
        """Remove the file."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
