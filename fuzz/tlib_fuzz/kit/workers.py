"""Runs chunks in several processes, each with its own target, and returns their results in order."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from typing import Any, Final

from .protocol import TargetError
from .session import Result, Session

_AHEAD: Final = 2  # chunks for each process beyond the awaited one
_make: Callable[[], Session]


def _begin(make: Callable[..., Session], arguments: Sequence[Any]) -> None:
    global _make  # noqa: PLW0603 a process has one
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process ends the workers
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    _make = cache(lambda: make(*arguments))  # the first chunk raises its error


def _one(number: int, size: int) -> Result:
    return _make().chunk(number, size)


def in_order(make: Callable[..., Session], arguments: Sequence[Any], jobs: int, sizes: Iterator[int]) -> Iterator[Result]:
    """Yield the results of chunks 0, 1, … of `sizes`, by `jobs` processes that each call ``make(*arguments)``. Raises TargetError."""
    if jobs == 1:
        with contextlib.closing(make(*arguments)) as session:
            yield from (session.chunk(number, size) for number, size in enumerate(sizes))
        return
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin, (make, arguments))
    waiting: deque[Future[Result]] = deque()
    with contextlib.ExitStack() as stack:
        stack.callback(pool.shutdown, cancel_futures=True)
        for number, size in enumerate(sizes):
            waiting.append(pool.submit(_one, number, size))
            if len(waiting) > jobs * _AHEAD:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())


def _result(future: Future[Result]) -> Result:
    try:
        return future.result()
    except BrokenProcessPool:
        raise TargetError("a worker process died; it may lack memory: try --jobs 1") from None
