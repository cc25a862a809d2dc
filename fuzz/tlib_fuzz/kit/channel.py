"""Bytes to and from a target, in step: frames written ahead, replies counted, time watched.

Strategy: one poll loop over plain file descriptors, so pipes and sockets are one. What is to be
written waits in a buffer while replies are read, so neither side can block the other for ever. The
clock runs from the last reply: a batch may take as long as it likes, one frame may not.
"""

from __future__ import annotations

import enum
import os
import select
import time
from collections.abc import Callable

from .protocol import LONGEST_REPLY

_CHUNK = 1 << 16
_TRACE = 1 << 14  # of the standard error, the last bytes are kept
_LOOK = 0.1  # seconds between two looks at a target that is slow to answer
_LAST_WORDS = 0.5  # seconds in which a dying process writes its stack


class Ended(enum.Enum):
    """Why an exchange ended early."""

    CLOSED = "the target closed its output"
    LATE = "no reply in time"
    STOPPED = "stopped by whoever watches"
    LONG = "a reply without an end"
    TALKS = "more replies than frames"


class Channel:
    """Descriptors to write to, to read replies from and, perhaps, to read the standard error from.

    Whoever made them closes them; `shut` tells the other side that no more comes. `watch` is called
    now and then while a reply is waited for; True from it ends the exchange.
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
        """The end of what the standard error has brought."""
        return self._trace.decode("utf-8", "replace")

    def exchange(self, data: bytes, replies: int, timeout: float) -> tuple[list[bytes], Ended | None]:
        """Write `data` and read so many lines; gives fewer of them where it ended early, and why."""
        early = self._early()
        if early is not None:
            return early
        lines: list[bytes] = []

        def take(piece: bytes) -> int:
            *found, self._rest = (self._rest + piece).split(b"\n")
            lines.extend(found)
            return len(self._rest)

        end = self._pump(data, take, lambda: len(lines) >= replies, timeout)
        return lines[:replies], Ended.TALKS if len(lines) > replies else end

    def _early(self) -> tuple[list[bytes], Ended] | None:
        """What there is before anything was asked: an end, or a reply to nothing."""
        if not self._rest and not select.select([self._out], [], [], 0)[0]:
            return None
        told = self._rest or self._read(self._out)
        if told:
            return told.splitlines()[:1], Ended.TALKS
        self._hear_all()
        return [], Ended.CLOSED

    def drain(self, data: bytes, timeout: float) -> tuple[bytes, Ended | None]:
        """Write `data`, say that no more comes, and read all there is until the other side closes."""
        found = bytearray()

        def take(piece: bytes) -> int:
            found.extend(piece)
            return len(found)

        end = self._pump(data, take, lambda: False, timeout, last=True)
        return bytes(found), end

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
            for number, what in poll.poll(_LOOK * 1000):
                if number == self._error:
                    self._hear()
                elif number == self._out and what & ~select.POLLOUT:
                    piece = self._read(number)
                    if not piece:
                        self._hear_all()
                        return Ended.CLOSED
                    if take(piece) > LONGEST_REPLY:
                        return Ended.LONG
                    moved = time.monotonic()
                else:
                    waiting = self._write(waiting)
            still = time.monotonic() - moved
            if still > timeout:
                return Ended.LATE
            if still > _LOOK and self._watch is not None and self._watch():
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
        except OSError:  # nobody reads any more: what it still says is worth reading
            self.finish()
            return waiting[:0]
        return waiting

    @staticmethod
    def _read(number: int) -> bytes:
        try:
            return os.read(number, _CHUNK)
        except ConnectionError:
            return b""

    def _hear(self) -> bool:
        """Whether the standard error brought anything."""
        assert self._error is not None
        piece = os.read(self._error, _CHUNK)
        self._trace += piece
        del self._trace[:-_TRACE]
        if not piece:
            self._error = None
        return bool(piece)

    def _hear_all(self) -> None:
        """The rest of the standard error: a process that closed its output is about to end."""
        while self._error is not None:
            ready, _, _ = select.select([self._error], [], [], _LAST_WORDS)
            if not ready or not self._hear():
                return

    def finish(self) -> None:
        """Tell the target that no more comes."""
        if self._into is not None:
            self._into = None
            self._shut()
