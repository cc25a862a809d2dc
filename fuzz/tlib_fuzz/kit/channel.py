"""The byte channel to a target: writes frames ahead, counts replies, watches the time.

Strategy: one poll loop over file descriptors serves pipes and sockets. Unwritten bytes wait in a buffer while replies are read,
so neither side can block the other. The clock runs from the last reply, so a timeout bounds one frame, not a batch.
"""

from __future__ import annotations

import enum
import os
import select
import time
from collections.abc import Callable

from .protocol import LONGEST_REPLY

_CHUNK = 1 << 16
_TRACE = 1 << 14  # bytes of the end of the standard error that are kept
_LOOK = 0.1  # seconds between two checks of a slow target
_LAST_WORDS = 0.5  # seconds that a crashing process gets to write its stack


class Ended(enum.Enum):
    """The reason why an exchange ended early."""

    CLOSED = "the target closed its output"
    LATE = "no reply in time"
    STOPPED = "stopped by the watcher"
    LONG = "an endless reply"
    SURPLUS = "more replies than frames"


class Channel:
    """Exchanges frames for replies over descriptors: `into` to write, `out` and perhaps `error` to read.

    The caller closes them; `shut` closes the input of the other side. `watch` is called now and then during a wait; when
    it returns True the exchange ends.
    """

    def __init__(
        self, into: int, out: int, error: int | None = None, *, shut: Callable[[], None], watch: Callable[[], bool] | None = None
    ) -> None:
        self._into: int | None = into
        self._out = out
        self._error = error
        self._shut = shut
        self._watch = watch
        self._trace = bytearray()
        self._rest = b""
        for number in (into, out, error):
            if number is not None:
                os.set_blocking(number, False)

    @property
    def trace(self) -> str:
        """The end of the standard error."""
        return self._trace.decode("utf-8", "replace")

    def exchange(self, data: bytes, replies: int, timeout: float) -> tuple[list[bytes], Ended | None]:
        """Write `data` and read `replies` lines; return fewer where the exchange ended early, with the reason."""
        early = self._early()
        if early is not None:
            return early
        lines: list[bytes] = []

        def take(piece: bytes) -> int:
            *complete, self._rest = (self._rest + piece).split(b"\n")
            lines.extend(complete)
            return len(self._rest)

        end = self._pump(data, take, lambda: len(lines) >= replies, timeout)
        return lines[:replies], Ended.SURPLUS if len(lines) > replies else end

    def _early(self) -> tuple[list[bytes], Ended] | None:
        """Return an end, or a reply without a frame, that came before the exchange."""
        if not self._rest and not select.select([self._out], [], [], 0)[0]:
            return None
        surplus = self._rest or self._read(self._out)
        if surplus:
            return surplus.splitlines()[:1], Ended.SURPLUS
        self._read_errors()
        return [], Ended.CLOSED

    def drain(self, data: bytes, timeout: float) -> tuple[bytes, Ended | None]:
        """Write `data`, close the input, and read until the other side closes."""
        output = bytearray()

        def take(piece: bytes) -> int:
            output.extend(piece)
            return len(output)

        end = self._pump(data, take, lambda: False, timeout, last=True)
        return bytes(output), end

    def _pump(
        self, data: bytes, take: Callable[[bytes], int], enough: Callable[[], bool], timeout: float, *, last: bool = False
    ) -> Ended | None:
        waiting = self._write(memoryview(data))
        moved = time.monotonic()
        while not enough():
            if last and not waiting and self._into is not None:
                self.finish()
            poll = select.poll()
            poll.register(self._out, select.POLLIN)
            if self._error is not None:
                poll.register(self._error, select.POLLIN)
            if waiting and self._into is not None:
                poll.register(self._into, select.POLLOUT | (select.POLLIN if self._into == self._out else 0))
            for number, events in poll.poll(_LOOK * 1000):
                if number == self._error:
                    self._read_error()
                elif number == self._out and events & ~select.POLLOUT:
                    piece = self._read(number)
                    if not piece:
                        self._read_errors()
                        return Ended.CLOSED
                    if take(piece) > LONGEST_REPLY:
                        return Ended.LONG
                    moved = time.monotonic()
                else:
                    waiting = self._write(waiting)
            waited = time.monotonic() - moved
            if waited > timeout:
                return Ended.LATE
            if waited > _LOOK and self._watch is not None and self._watch():
                return Ended.STOPPED
        return None

    def _write(self, waiting: memoryview) -> memoryview:
        if self._into is None:
            return waiting[:0]
        try:
            while waiting:
                waiting = waiting[os.write(self._into, waiting[:_CHUNK]) :]
        except BlockingIOError:
            pass
        except OSError:  # the other side reads no more, but may still write
            self.finish()
            return waiting[:0]
        return waiting

    @staticmethod
    def _read(number: int) -> bytes:
        try:
            return os.read(number, _CHUNK)
        except ConnectionError:
            return b""

    def _read_error(self) -> bool:
        """Read from the standard error; return whether there was anything."""
        assert self._error is not None
        piece = os.read(self._error, _CHUNK)
        self._trace += piece
        del self._trace[:-_TRACE]
        if not piece:
            self._error = None
        return bool(piece)

    def _read_errors(self) -> None:
        """Read the rest of the standard error: a process that closed its output is about to end."""
        while self._error is not None:
            ready, _, _ = select.select([self._error], [], [], _LAST_WORDS)
            if not ready or not self._read_error():
                return

    def finish(self) -> None:
        """Close the input of the target."""
        if self._into is not None:
            self._into = None
            self._shut()
