"""Several inputs in several processes, their outputs in order.

Strategy: a worker decodes an input to a part of its own, reports and all, in a folder beside the output;
this process joins the parts in the order of the inputs, and lets workers run only a few inputs ahead of
it, which bounds the disk that parts take. A worker looks at an event before each read and stops where it is set,
and ends with this process however it ends.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import IO, Any, Concatenate, ParamSpec, Self, TypeVar

import click
import msgspec

from tlib_codec.formats import Writer

from . import FINE, INTERRUPTED
from .inputs import InputError
from .pipeline import Pipeline, Task
from .reports import Unusable, printable
from .view.progress import Progress

P = ParamSpec("P")
T = TypeVar("T")
_AHEAD = 4  # inputs a worker beyond the one that is waited for
_TICK = 0.2  # seconds between two looks at how far the workers are


class Stopped(BaseException):
    """The first process asks the workers to stop."""


class Worker:
    """The side of a worker: it counts the bytes it has read, and learns whether it shall stop."""

    def __init__(self, stop: Any, count: Any) -> None:
        self._stop = stop
        self._count = count

    def moved(self, count: int) -> None:
        """Count bytes that are read. Raises Stopped."""
        with self._count.get_lock():
            self._count.value += count
        if self._stop.is_set():
            raise Stopped


def _work(connection: Connection, stop: Any, count: Any) -> None:
    """Run tasks until None comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process sets `stop`
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(INTERRUPTED)

    threading.Thread(target=watch, daemon=True).start()
    worker = Worker(stop, count)
    with contextlib.suppress(EOFError, Stopped):
        while (task := connection.recv()) is not None:
            function, arguments = task
            try:
                connection.send((None, function(worker, *arguments)))
            except Exception as error:  # noqa: BLE001 the first process raises it
                connection.send((error, None))


class Workers:
    """Processes that run tasks; a context manager. Leaving it by an exception stops them."""

    def __init__(self, jobs: int, total: int, progress: Progress) -> None:
        context = multiprocessing.get_context("spawn")  # pyarrow has threads, which a fork would lose
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
            self._processes.append((context.Process(target=_work, args=(theirs, self._stop, self._count), daemon=True), theirs))

    def __enter__(self) -> Self:
        with _interrupt_held():  # a process begins with it held, and so leaves Ctrl-C to this one
            for process, theirs in self._processes:
                process.start()
                theirs.close()
        self._progress.begun(f"{len(self._processes)} jobs", self._total)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._stop.set()
        self.end()

    def stop(self) -> None:
        """Stop the tasks that run, and wait until no process writes any more."""
        self._stop.set()
        self.end()

    def end(self) -> None:
        """Let the processes end, and wait for them."""
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.send(None)
        for process, _ in self._processes:
            process.join()
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def ordered(self, function: Callable[Concatenate[Worker, P], T], tasks: Iterator[tuple[Any, ...]]) -> Iterator[T]:
        """Yield the result of `function` for each of `tasks`, in order. Raises Unusable where a worker died."""
        idle = deque(self._connections)
        running: dict[Connection, int] = {}
        results: dict[int, T] = {}
        given = yielded = 0
        more = True
        while more or running or results:
            while more and idle and given - yielded < len(self._connections) * (1 + _AHEAD):
                task = next(tasks, None)
                if task is None:
                    more = False
                    break
                connection = idle.popleft()
                connection.send((function, task))
                running[connection] = given
                given += 1
            while yielded in results:
                yield results.pop(yielded)
                yielded += 1
            for ready in wait(list(running), _TICK) if running else ():
                assert isinstance(ready, Connection)
                results[running.pop(ready)] = self._received(ready)
                idle.append(ready)
            self._show()

    def _received(self, connection: Connection) -> Any:
        try:
            error, result = connection.recv()
        except (EOFError, OSError):
            raise Unusable("a worker process ended before its work: is there memory enough? --jobs 1 needs least") from None
        if error is not None:
            raise error
        return result

    def _show(self) -> None:
        count = self._count.value
        self._progress.moved(count - self._shown)
        self._shown = count


@contextlib.contextmanager
def _interrupt_held() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def report_file(path: Path) -> Iterator[Callable[[str], None]]:
    """Give a function that reports to a file, to be passed on when its input's turn comes."""
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        yield lambda text: _line(file, text)


def _line(file: IO[str], text: str) -> None:
    file.write(f"tlib: {printable(text)}\n")


def pass_reports(path: Path) -> None:
    """Print the reports of a worker, and remove their file."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            click.echo(line, nl=False, err=True)
    path.unlink()


def _decode_part(worker: Worker, task: Task, path: str, part: str) -> int:
    with report_file(Path(part + ".err")) as reports, Path(part).open("wb") as file:
        pipeline = Pipeline(msgspec.structs.replace(task, part=True), reports=reports)
        writer = pipeline.writer(file)
        try:
            return pipeline.run(path, writer, moved=worker.moved, opened=lambda _: None)
        except InputError as error:
            reports(str(error))
        except OSError as error:
            reports(f"{path}: {error.strerror or error}")
        finally:
            writer.close()
    return Unusable.exit_code


def decode_parts(task: Task, inputs: tuple[str, ...], beside: Path | None, workers: Workers, writer: Writer) -> int:
    """Decode every input to a part, join the parts in order, and return the exit status.

    `beside` is the folder of the output, so that parts are on the same disk; None: a temporary one.
    """
    folder = Path(tempfile.mkdtemp(prefix=".tlib-parts-", dir=beside))
    status = FINE
    try:
        tasks = ((task, path, str(folder / str(number))) for number, path in enumerate(inputs))
        for number, outcome in enumerate(workers.ordered(_decode_part, tasks)):
            status = max(status, outcome)
            pass_reports(folder / f"{number}.err")
            part = folder / str(number)
            with part.open("rb") as file:
                writer.join(file)
            writer.flush()
            part.unlink()
    except BaseException:
        workers.stop()
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return status
