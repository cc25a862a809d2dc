"""Decode several files that grow: ``tlib decode --follow a.log b.log``.

Strategy: a thread a file reads, and waits for more; the first thread writes what comes, in the order in which it comes. A short queue
between them bounds the memory.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from typing import TypeAlias

from tlib_codec.formats import Writer
from tlib_codec.records import Batch

from . import FINE
from .inputs import InputError
from .pipeline import Pipeline
from .reports import Unusable, report

_AHEAD = 2  # batches that wait to be written, a file
_IDLE = 0.2  # seconds without a batch until the output is flushed

_Found: TypeAlias = "tuple[Pipeline, Batch | BaseException | None]"


def decode_followed(pipelines: Sequence[tuple[str, Pipeline]], writer: Writer) -> int:
    """Write the records of several followed files, each with a pipeline of its own, and return the exit status.

    The end of a file that is not followed, such as a pipe, ends its thread; with the last one the function returns.
    """
    found: queue.Queue[_Found] = queue.Queue(_AHEAD * len(pipelines))
    for path, pipeline in pipelines:
        threading.Thread(target=_read, args=(path, pipeline, found), daemon=True).start()
    open_files = len(pipelines)
    status = FINE
    while open_files:
        try:
            pipeline, batch = found.get(timeout=_IDLE)
        except queue.Empty:
            writer.flush()
            continue
        if isinstance(batch, Batch):
            outcome = pipeline.write(batch, writer)
            status = max(status, outcome)
            if outcome and pipeline.task.strict:
                return status
        else:
            open_files -= 1
            if isinstance(batch, InputError):
                report(str(batch))
                status = Unusable.exit_code
            elif batch is not None:
                raise batch
    return status


def _read(path: str, pipeline: Pipeline, found: queue.Queue[_Found]) -> None:
    """Put the batches of a file into the queue, and at its end None or the error that ended it."""
    end: BaseException | None = None
    try:
        for batch in pipeline.batches(path):
            found.put((pipeline, batch))
    except BaseException as error:  # noqa: BLE001 the first thread raises it
        end = error
    found.put((pipeline, end))
