"""Decode several inputs, or one input in spans, in several processes and keep their outputs in order.

Strategy: a worker writes the output and the reports of an input or a span to part files, in a folder beside the output, or a small output
to memory that it shares (`slots`). The first process joins the parts in order. What one process notes once a run, such as a name without a
public number, every worker notes once: the first process drops the repetitions.

A span begins with a guess (`tlib_codec.formats.spans`). Its part is joined only if the reader of the span before has reached exactly
this state; otherwise the rest of the input is cut anew from there, and read by one process if a span has no clean end or guesses
keep failing.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, Self, cast

import msgspec

from tlib_codec.formats import Format, Writer
from tlib_codec.formats.output import open_output
from tlib_codec.formats.spans import LEAST, WHOLE, Span
from tlib_codec.formats.writers import Once
from tlib_codec.query import Tally
from tlib_codec.records import Diagnostic, Entry
from tlib_schemas.errors import printable

from . import FINE
from .counts import Counts
from .inputs import InputError
from .parallel import Worker, Workers
from .pipeline import Pipeline, Task
from .reports import Unusable, complaints, report, report_entry
from .slots import SPAN, SlotReader, SlotWriter

_GUESSES = 4  # wrong ones in an input
_LARGEST = 32 << 20  # bytes of a span
_PER_JOB = 4  # spans of an input a job, at least

_REPORTS = msgspec.json.Decoder(str | Diagnostic)


class Outcome(msgspec.Struct):
    """The result of a part: exit status, counts, and the state that its reader has reached. `size` is that of a part in a slot."""

    status: int
    tally: Tally
    counts: Counts
    reached: Any = None
    size: int | None = None


class _Rest(NamedTuple):
    """The span of an input that no part holds yet; `whole` is to be read by one process."""

    span: Span | None
    whole: bool = False


@contextlib.contextmanager
def report_file(path: Path) -> Iterator[Callable[[Entry | str], None]]:
    """Yield a function that writes reports to a file, which `pass_reports` prints later."""
    with path.open("wb") as file:

        def put(content: Entry | str) -> None:
            if isinstance(content, Diagnostic) and content.code in Once.CODES:
                _put(file, content)
            else:
                for text in (content,) if isinstance(content, str) else complaints(content):
                    _put(file, printable(text))

        yield put


def _put(file: IO[bytes], content: str | Diagnostic) -> None:
    file.write(msgspec.json.encode(content) + b"\n")


def pass_reports(path: Path, once: Once) -> None:
    """Print the reports of a worker, without what `once` has seen, and remove their file."""
    with path.open("rb") as file:
        for line in file:
            content = _REPORTS.decode(line)
            if isinstance(content, str):
                report(content)
            elif (new := once(content)) is not None:
                report_entry(new)
    path.unlink()


def _decode_part(worker: Worker, task: Task, path: str, span: Span, number: int, part: str) -> Outcome:
    with report_file(Path(part + ".err")) as reports, _part_file(worker, number, part) as file:
        pipeline = Pipeline(msgspec.structs.replace(task, part=True), reports=reports)
        writer = pipeline.writer(file)
        status = Unusable.exit_code
        try:
            status = pipeline.run(path, writer, moved=worker.moved, opened=lambda _: None, span=span)
        except InputError as error:
            reports(str(error))
        finally:
            writer.close()
    size = file.size if isinstance(file, SlotWriter) else None
    return Outcome(status, pipeline.tally, pipeline.counts, pipeline.reached, size)


def _part_file(worker: Worker, number: int, part: str) -> contextlib.AbstractContextManager[BinaryIO]:
    """Open the part of a task: the slot of its number, else a file."""
    if worker.slots:
        return cast("contextlib.AbstractContextManager[BinaryIO]", SlotWriter(worker.slots[number % len(worker.slots)], part))
    return open_output(part, grows=True)


class Parts:
    """Decodes inputs to parts and joins them to the output of `writer`; a context manager.

    `beside` is the folder of the output, so that the parts are on the same disk; None selects the temporary folder. The pipeline's total
    adds up the counts.
    """

    def __init__(self, pipeline: Pipeline, workers: Workers, writer: Writer, beside: Path | None) -> None:
        self._pipeline = pipeline
        self._workers = workers
        self._writer = writer
        self._folder = Path(tempfile.mkdtemp(prefix=".tlib-parts-", dir=beside))
        self._once = Once()
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is not None:
                self._workers.stop()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def decode(self, inputs: Sequence[str]) -> int:
        """Decode every input to a part, join the parts in order, and return the exit status."""
        status = FINE
        for _, number, outcome in self._outcomes(self._pipeline.task, ((path, WHOLE) for path in inputs)):
            status = max(status, self._join(number, outcome))
        return status

    def decode_spans(self, path: str, chosen: Format, jobs: int) -> int:
        """Decode the spans of one input to parts, join them in order, and return the exit status."""
        assert chosen.cut is not None, f"{chosen.name} is not cut"
        task = msgspec.structs.replace(self._pipeline.task, format=chosen.name)
        size = Path(path).stat().st_size
        length = min(max(size // (jobs * _PER_JOB), LEAST), SPAN if self._workers.slots else _LARGEST)
        status, rest, guesses = FINE, _Rest(WHOLE), 0
        with Path(path).open("rb") as file:
            while rest.span is not None:
                one = rest.whole or guesses == _GUESSES
                spans = iter((rest.span,)) if one else chosen.cut(file, rest.span, length, self._pipeline.options())
                more, rest = self._join_spans(task, path, spans, rest.span.state)
                status = max(status, more)
                guesses += 1
        return status

    def _join_spans(self, task: Task, path: str, spans: Iterator[Span], state: Any) -> tuple[int, _Rest]:
        """Join the parts of spans as long as each begins in the state in which the one before has ended."""
        status = FINE
        with contextlib.closing(self._outcomes(task, ((path, span) for span in spans))) as outcomes:
            for span, number, outcome in outcomes:
                if span.state != state:
                    return status, _Rest(msgspec.structs.replace(span, end=None, state=state))
                if span.end is not None and outcome.reached is None:
                    return status, _Rest(msgspec.structs.replace(span, end=None), whole=True)
                status, state = max(status, self._join(number, outcome)), outcome.reached
        return status, _Rest(None)

    def _outcomes(self, task: Task, works: Iterator[tuple[str, Span]]) -> Generator[tuple[Span, int, Outcome], None, None]:
        """Decode parts and yield their spans, numbers and outcomes in order."""
        started: deque[tuple[Span, int]] = deque()

        def tasks() -> Iterator[tuple[Task, str, Span, int, str]]:
            for path, span in works:
                number = self._number
                self._number += 1
                started.append((span, number))
                yield task, path, span, number, str(self._part(number))

        with contextlib.closing(self._workers.ordered(_decode_part, tasks())) as outcomes:
            for outcome in outcomes:
                yield *started.popleft(), outcome

    def _part(self, number: int) -> Path:
        return self._folder / str(number)

    def _join(self, number: int, outcome: Outcome) -> int:
        self._pipeline.total.add(outcome.tally)
        self._pipeline.counts.add(outcome.counts)
        part = self._part(number)
        pass_reports(part.with_suffix(".err"), self._once)
        if outcome.size is not None:
            slots = self._workers.slots
            with SlotReader(slots[number % len(slots)], outcome.size) as slot:
                self._writer.join(cast("BinaryIO", slot))
        else:
            with part.open("rb") as file:
                self._writer.join(file)
            part.unlink()
        self._writer.flush()
        return outcome.status
