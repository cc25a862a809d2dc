"""Decode several inputs in several processes and keep their outputs in order.

Strategy: a worker writes an input's output and reports to part files, in a folder beside the output. The first process
joins the parts in the order of the inputs. Workers run at most a few inputs ahead, which bounds the disk space of the
parts. A worker checks a stop flag before each read, and ends when the first process ends.
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
from tlib_codec.query import Tally

from . import FINE, INTERRUPTED
from .inputs import InputError
from .pipeline import Pipeline, Task
from .reports import Unusable, printable
from .view.progress import Progress

P = ParamSpec("P")
T = TypeVar("T")
_AHEAD = 4  # inputs per worker beyond the next one to join
_TICK = 0.2  # seconds between updates of the progress bar


class Stopped(BaseException):
    """The first process stopped this worker."""


class Worker:
    """Counts the bytes that a worker reads and stops it when the first process says so."""

    def __init__(self, stop: Any, count: Any) -> None:
        self._stop = stop
        self._count = count

    def moved(self, count: int) -> None:
        """Count bytes read. Raise Stopped if the first process wants the worker to stop."""
        with self._count.get_lock():
            self._count.value += count
        if self._stop.is_set():
            raise Stopped


def _work(connection: Connection, stop: Any, count: Any) -> None:
    """Run tasks until None arrives."""
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
    """Processes that run tasks; a context manager. An exception inside it stops them."""

    def __init__(self, jobs: int, total: int, progress: Progress) -> None:
        context = multiprocessing.get_context("spawn")  # pyarrow starts threads, and a fork copies none of them
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
        with _interrupt_blocked():  # a process inherits the blocked SIGINT, so only this one handles Ctrl-C
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

    def ordered(self, function: Callable[Concatenate[Worker, P], T], tasks: Iterator[tuple[Any, ...]]) -> Iterator[T]:
        """Yield the result of `function` for each of `tasks`, in order. Raise Unusable if a worker dies."""
        idle = deque(self._connections)
        running: dict[Connection, int] = {}
        results: dict[int, T] = {}
        started = yielded = 0
        more = True
        while more or running or results:
            while more and idle and started - yielded < len(self._connections) * (1 + _AHEAD):
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


@contextlib.contextmanager
def _interrupt_blocked() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def report_file(path: Path) -> Iterator[Callable[[str], None]]:
    """Yield a function that writes reports to a file, which `pass_reports` prints later."""
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        yield lambda text: _line(file, text)


def _line(file: IO[str], text: str) -> None:
    file.write(f"tlib: {printable(text)}\n")


def pass_reports(path: Path) -> None:
    """Print the reports of a worker and remove their file."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            click.echo(line, nl=False, err=True)
    path.unlink()


def _decode_part(worker: Worker, task: Task, path: str, part: str) -> tuple[int, Tally]:
    with report_file(Path(part + ".err")) as reports, Path(part).open("wb") as file:
        pipeline = Pipeline(msgspec.structs.replace(task, part=True), reports=reports)
        writer = pipeline.writer(file)
        try:
            return pipeline.run(path, writer, moved=worker.moved, opened=lambda _: None), pipeline.tally
        except InputError as error:
            reports(str(error))
        except OSError as error:
            reports(f"{path}: {error.strerror or error}")
        finally:
            writer.close()
    return Unusable.exit_code, pipeline.tally


def decode_parts(pipeline: Pipeline, inputs: tuple[str, ...], beside: Path | None, workers: Workers, writer: Writer) -> int:
    """Decode every input to a part, join the parts in order, and return the exit status; the pipeline's total adds up the counts.

    `beside` is the folder of the output, so that the parts are on the same disk; None selects the temporary folder.
    """
    folder = Path(tempfile.mkdtemp(prefix=".tlib-parts-", dir=beside))
    status = FINE
    try:
        tasks = ((pipeline.task, path, str(folder / str(number))) for number, path in enumerate(inputs))
        for number, (outcome, tally) in enumerate(workers.ordered(_decode_part, tasks)):
            status = max(status, outcome)
            pipeline.total.add(tally)
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
