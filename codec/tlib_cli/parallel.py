"""Run tasks in several processes and keep their results in order.

Strategy: workers run at most a few tasks ahead of the next result, which bounds the space of what they write. A worker checks a
stop flag before each read, and ends when the first process ends. Where no thread but this one runs, a worker is a fork, which begins at
once and shares slots of memory for small results with the first process. `parts` decodes inputs, and spans of one input, with them.
"""

from __future__ import annotations

import contextlib
import mmap
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from . import INTERRUPTED
from .reports import Unusable
from .signals import ENDING, blocked
from .view.progress import Progress

P = ParamSpec("P")
T = TypeVar("T")
_AHEAD = 4  # inputs per worker beyond the next one to join
_SLOTS = 2  # per worker
_TICK = 0.2  # seconds between updates of the progress bar


class Stopped(BaseException):
    """The first process stopped this worker."""


class Worker:
    """Counts the bytes that a worker reads and stops it when the first process says so. `slots` is memory for results."""

    def __init__(self, stop: Any, count: Any, slots: Sequence[mmap.mmap]) -> None:
        self._stop = stop
        self._count = count
        self.slots = slots

    def moved(self, count: int) -> None:
        """Count bytes read. Raise Stopped if the first process wants the worker to stop."""
        with self._count.get_lock():
            self._count.value += count
        if self._stop.is_set():
            raise Stopped


def forks() -> bool:
    """Return whether a worker can be a fork: it would have a lock for ever that another thread holds; pyarrow and macOS start threads."""
    return sys.platform == "linux" and threading.active_count() == 1 and "pyarrow" not in sys.modules


def _work(connection: Connection, stop: Any, count: Any, slots: Sequence[mmap.mmap]) -> None:
    """Run tasks until None arrives."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)  # the first process sets `stop`
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(INTERRUPTED)

    threading.Thread(target=watch, daemon=True).start()
    worker = Worker(stop, count, slots)
    with contextlib.suppress(EOFError, Stopped):
        while (task := connection.recv()) is not None:
            function, arguments = task
            try:
                connection.send((None, function(worker, *arguments)))
            except Exception as error:  # noqa: BLE001 the first process raises it
                connection.send((error, None))


class Workers:
    """Processes that run tasks; a context manager. An exception inside it stops them.

    `slots` are pieces of memory of `slot_size` bytes that forks share with this process, as many as tasks run ahead; there are none where
    `slot_size` is 0 or a worker is no fork. The task that is started as number N may use slot N modulo their number.
    """

    def __init__(self, jobs: int, total: int, progress: Progress, slot_size: int = 0) -> None:
        forked = forks()
        context: Any = multiprocessing.get_context("fork" if forked else "spawn")
        self.slots = [mmap.mmap(-1, slot_size) for _ in range(jobs * _SLOTS)] if forked and slot_size else []
        self._ahead = len(self.slots) or jobs * (1 + _AHEAD)
        self._stop = context.Event()
        self._count = context.Value("Q", 0)
        self._progress = progress
        self._total = total
        self._shown = 0
        self._connections: list[Connection] = []
        self._processes = []
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            self._connections.append(ours)
            self._processes.append((context.Process(target=_work, args=(theirs, self._stop, self._count, self.slots), daemon=True), theirs))

    def __enter__(self) -> Self:
        with blocked():  # only this process handles signals
            for process, theirs in self._processes:
                process.start()
                theirs.close()
        self._progress.start(f"{len(self._processes)} jobs", self._total)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._stop.set()
        self.end()

    def stop(self) -> None:
        """Stop the running tasks and wait for the processes to exit."""
        self._stop.set()
        self.end()

    def end(self) -> None:
        """Wait for the processes to finish and exit."""
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.send(None)
        for process, _ in self._processes:
            process.join()
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self.slots.clear()

    def ordered(self, function: Callable[Concatenate[Worker, P], T], tasks: Iterator[tuple[Any, ...]]) -> Generator[T, None, None]:
        """Yield the result of `function` for each of `tasks`, in order. Raise Unusable if a worker dies.

        A caller that leaves the rest of the results closes the generator, which waits for the tasks that run.
        """
        running: dict[Connection, int] = {}
        try:
            yield from self._ordered(function, tasks, running)
        except GeneratorExit:
            for connection in running:
                self._result_of(connection)
            raise

    def _ordered(
        self, function: Callable[Concatenate[Worker, P], T], tasks: Iterator[tuple[Any, ...]], running: dict[Connection, int]
    ) -> Iterator[T]:
        idle = deque(self._connections)
        results: dict[int, T] = {}
        started = yielded = 0
        more = True
        while more or running or results:
            while more and idle and started - yielded < self._ahead:
                task = next(tasks, None)
                if task is None:
                    more = False
                    break
                connection = idle.popleft()
                connection.send((function, task))
                running[connection] = started
                started += 1
            while yielded in results:
                yield results.pop(yielded)
                yielded += 1
            for ready in wait(list(running), _TICK) if running else ():
                assert isinstance(ready, Connection)
                results[running.pop(ready)] = self._result_of(ready)
                idle.append(ready)
            self._show_progress()

    def _result_of(self, connection: Connection) -> Any:
        try:
            error, result = connection.recv()
        except (EOFError, OSError):
            raise Unusable("a worker process died, perhaps for lack of memory; --jobs 1 needs the least") from None
        if error is not None:
            raise error
        return result

    def _show_progress(self) -> None:
        count = self._count.value
        self._progress.moved(count - self._shown)
        self._shown = count
