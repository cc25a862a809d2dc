"""Signals that end a command: Ctrl-C, SIGTERM and SIGHUP.

Strategy: a signal raises KeyboardInterrupt or SystemExit(128 + number) in the main thread, so every open output is removed or completed on
the way out. `Signals.held` defers it over a step that must not break in the middle. Only `main` installs the handlers. A shell and a
terminal may repeat a signal at once: repetitions within a second are one signal.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Final, NoReturn, Self

ENDING: Final = tuple(number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None)
_REPEATED: Final = 1.0  # seconds


class Signals:
    """Turns signals into exceptions in the main thread."""

    def __init__(self) -> None:
        self._held = False
        self._waiting: int | None = None
        self._raised = -_REPEATED

    @contextlib.contextmanager
    def handled(self) -> Iterator[None]:
        """Raise signals as exceptions inside the block. A signal that the process ignores (``nohup``) stays ignored."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._reset()
        before = {number: signal.getsignal(number) for number in ENDING}
        ours = [number for number, handler in before.items() if handler in (signal.SIG_DFL, signal.default_int_handler)]
        for number in ours:
            signal.signal(number, self._handle)
        try:
            yield
        finally:
            for number in ours:
                signal.signal(number, before[number])
            self._reset()

    def _reset(self) -> None:
        self._held, self._waiting, self._raised = False, None, -_REPEATED

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._held:
            self._waiting = number
            return
        now = time.monotonic()
        if now - self._raised >= _REPEATED:
            self._raised = now
            raise_signal(number)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Defer signals to the end of the block, unless it raises."""
        if self._held:
            yield
            return
        self._held = True
        try:
            yield
        finally:
            self._held = False
            waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._handle(waiting, None)

    def hold(self) -> None:
        """Ignore further signals: the command is completing its output."""
        self._held = True


SIGNALS: Final = Signals()


def raise_signal(number: int) -> NoReturn:
    """Raise the exception of a signal."""
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


@contextlib.contextmanager
def blocked() -> Iterator[None]:
    """Block signals of this thread inside the block; a process that starts there inherits that and leaves signals to this one."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Ending:
    """A block that a signal ends without an error; a context manager. `status` is 128 plus the number of the signal, 0 without one."""

    def __init__(self) -> None:
        self.status = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if isinstance(error, KeyboardInterrupt):
            self.status = 128 + signal.SIGINT
        elif isinstance(error, SystemExit) and isinstance(error.code, int):
            self.status = error.code
        return self.status != 0
