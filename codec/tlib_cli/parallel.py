"""Several inputs in several processes, their outputs in order.

Strategy: a worker decodes an input to a part of its own, reports and all, in a folder beside the output;
this process joins the parts in the order of the inputs, and lets workers run only a few inputs ahead of
it, which bounds the disk that parts take. Workers are told to stop, by an event they look at before each
read, and end with this process however it ends.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Self, TypeVar

import click

from . import INTERRUPTED
from .decoding import Decoding, Task
from .options import Unusable
from .view.progress import Progress

T = TypeVar("T")
_AHEAD = 4  # inputs a worker beyond the one that is waited for
_TICK = 0.2  # seconds between two looks at how far the workers are

_stop: Any = None
_count: Any = None


class Stopped(BaseException):
    """A worker was told to stop."""


def moved(count: int) -> None:
    """A worker has dealt with so many bytes more. Raises Stopped."""
    with _count.get_lock():
        _count.value += count
    if _stop.is_set():
        raise Stopped


def _begin(stop: Any, count: Any) -> None:
    global _stop, _count
    _stop, _count = stop, count
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process tells us
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(INTERRUPTED)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def _interrupt_held() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Workers:
    """Processes that run tasks; a context manager. Leaving it early stops them."""

    def __init__(self, jobs: int, total: int, progress: Progress) -> None:
        context = multiprocessing.get_context("spawn")  # pyarrow has threads, which a fork would lose
        self._stop = context.Event()
        self._count = context.Value("Q", 0)
        self._progress = progress
        self._jobs = jobs
        self._total = total
        self._shown = 0
        self._pool = ProcessPoolExecutor(jobs, context, _begin, (self._stop, self._count))

    def __enter__(self) -> Self:
        self._progress.begun(f"{self._jobs} jobs", self._total)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is not None:
            self._stop.set()
        self._pool.shutdown(cancel_futures=True)

    def ordered(self, function: Callable[..., T], tasks: Iterator[tuple[Any, ...]]) -> Iterator[T]:
        """What `function` gives for each of `tasks`, in order. Raises Unusable where a worker died."""
        waiting: deque[Future[T]] = deque()
        for task in tasks:
            with _interrupt_held():  # a process begun here begins with it held, and so leaves Ctrl-C to this one
                waiting.append(self._pool.submit(function, *task))
            if len(waiting) >= self._jobs * (1 + _AHEAD):
                yield self._wait(waiting.popleft())
        while waiting:
            yield self._wait(waiting.popleft())

    def _wait(self, future: Future[T]) -> T:
        while not wait([future], _TICK).done:
            self._show()
        self._show()
        try:
            return future.result()
        except BrokenProcessPool:
            raise Unusable("a worker process ended before its work: is there memory enough? --jobs 1 needs least") from None

    def _show(self) -> None:
        count = self._count.value
        self._progress.moved(count - self._shown)
        self._shown = count


@contextlib.contextmanager
def reports_to(path: Path) -> Iterator[None]:
    """Send what is reported to a file, from where its turn in the order comes."""
    before = sys.stderr
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        sys.stderr = file
        try:
            yield
        finally:
            sys.stderr = before


def pass_reports(path: Path) -> None:
    """Report what a worker reported, and remove its file."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            click.echo(line, nl=False, err=True)
    path.unlink()


def _decode_part(task: Task, path: str, part: str) -> int:
    decoding = Decoding(task)
    with reports_to(Path(part + ".err")), Path(part).open("wb") as file:
        writer = decoding.writer(file, header=False)  # the output's own has it
        try:
            status = decoding.run(path, writer, moved=moved, opened=lambda _: None)
        except Unusable as error:
            error.show()
            status = error.exit_code
        except (OSError, click.ClickException) as error:
            Unusable(f"{path}: {error}").show()
            status = Unusable.exit_code
        finally:
            writer.close()
    return status


def decode_parts(task: Task, inputs: tuple[str, ...], beside: Path | None, workers: Workers, take: Callable[[Path], None]) -> int:
    """Decode every input to a part, and give the parts to `take` in order; gives the exit status.

    `beside` is the folder of the output, where parts are of the same disk; None: a temporary one.
    """
    folder = Path(tempfile.mkdtemp(prefix=".tlib-parts-", dir=beside))
    status = 0
    try:
        tasks = ((task, path, str(folder / str(i))) for i, path in enumerate(inputs))
        for i, outcome in enumerate(workers.ordered(_decode_part, tasks)):
            status = max(status, outcome)
            pass_reports(folder / f"{i}.err")
            take(folder / str(i))
            (folder / str(i)).unlink()
    except BaseException:
        workers.__exit__(KeyboardInterrupt, None, None)  # nobody writes into the folder any more
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return status
