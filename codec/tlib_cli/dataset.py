"""Decode many inputs into a folder of Parquet files, which a later run can extend: ``-o DIR/``.

Strategy: write the parts of an input below ``_tlib/work`` and rename them into place when the input is complete. A
manifest (``_tlib/manifest``) has a file per input: path, size, time of change, part files. `Dataset.commit` writes that
file twice, before the renames with ``"finished": false`` and after them. Signals wait for its end; if a run is killed in
between, the next one repeats the commit, so no part is missing, duplicated or incomplete. A run that fails keeps the
inputs that are complete. Spark, pyarrow and Hive ignore names that begin with ``_``, and unfinished parts do not end in
``.parquet``, so no glob matches them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Self

import click
import msgspec

from tlib_codec.arrow.partition import KEYS, PartitionedSink
from tlib_codec.arrow.records import RecordColumns
from tlib_codec.arrow.writer import Grouped
from tlib_codec.formats.members import file_of
from tlib_codec.formats.output import write_whole
from tlib_codec.formats.writers import Once
from tlib_codec.query import Tally
from tlib_codec.records import Batch, Diagnostic, Entry

from . import FINE
from .counts import Counts
from .inputs import InputError
from .parallel import Worker, Workers
from .parts import pass_reports, report_file
from .pipeline import Pipeline, Task
from .reports import Unusable, report
from .signals import SIGNALS


class ManifestEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest entry of an input."""

    path: str
    size: int
    mtime_ns: int
    parts: tuple[str, ...]
    status: int
    finished: bool = False
    stale: tuple[str, ...] = ()  # parts of an earlier run over the same input; `commit` removes them


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that all runs into a folder must share."""

    partition: tuple[str, ...]
    task: Task
    version: int = 1


def partition_keys(text: str | None) -> tuple[str, ...]:
    """Return the keys of ``--partition``. Raise click.BadParameter."""
    keys = tuple(key.strip() for key in text.split(",")) if text else ()
    if any(key not in KEYS for key in keys) or len(set(keys)) < len(keys):
        raise click.BadParameter(f"{text!r}: expected date, event, date,event or event,date", param_hint="--partition")
    return keys


class Dataset:
    """The folder `path`; a context manager that locks it. Raises Unusable if the folder cannot be used."""

    def __init__(self, path: str, settings: Settings) -> None:
        self.folder = Path(path)
        self.work = self.folder / "_tlib" / "work"
        self.manifest = self.folder / "_tlib" / "manifest"
        self._settings = settings
        self._new = not self.folder.exists()
        self._committing = False
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        try:
            self.manifest.mkdir(parents=True, exist_ok=True)
            self._lock()
            self._roll_forward()
            if self.work.exists():
                shutil.rmtree(self.work)
            self.work.mkdir()
        except OSError as error:
            self._stack.close()
            raise Unusable(f"{error.filename or self.folder}: {error.strerror or error}") from None
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if not self._committing:
            shutil.rmtree(self.work, ignore_errors=True)
            if self._new and not any(self.manifest.iterdir()):
                shutil.rmtree(self.folder, ignore_errors=True)
        self._stack.close()

    def _lock(self) -> None:
        import fcntl  # noqa: PLC0415 Windows lacks it, and only datasets need it

        file = self._stack.enter_context((self.folder / "_tlib" / "lock").open("w"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unusable(f"{self.folder}: another run writes to this folder; wait for it, or give another folder") from None
        settings = self.folder / "_tlib" / "settings.json"
        data = msgspec.json.encode(self._settings)
        if not settings.exists():
            write_whole(settings, data)
        elif settings.read_bytes() != data:
            raise Unusable(f"{self.folder}: an earlier run used other options ({settings}); use the same options, or give another folder")

    def _roll_forward(self) -> None:
        """Complete the commits that an earlier run did not finish."""
        for path in self.manifest.glob("*.json"):
            entry = self._read(path)
            if not entry.finished:
                self.commit(path.stem, entry)

    @staticmethod
    def _read(path: Path) -> ManifestEntry:
        try:
            return msgspec.json.decode(path.read_bytes(), type=ManifestEntry)
        except msgspec.DecodeError as error:
            raise Unusable(f"{path}: not a manifest entry ({error}); remove the file to decode its input again") from None

    def known(self, stem: str) -> ManifestEntry | None:
        """Return the manifest entry of an input, or None."""
        path = self.manifest / f"{stem}.json"
        return self._read(path) if path.exists() else None

    def commit(self, stem: str, entry: ManifestEntry) -> None:
        """Rename the finished parts of an input into place; after an interruption, a second call completes the first."""
        self._committing = True
        with SIGNALS.held():
            self._commit(stem, entry)
            self._committing = False

    def _commit(self, stem: str, entry: ManifestEntry) -> None:
        write_whole(self.manifest / f"{stem}.json", msgspec.json.encode(entry))
        for part in entry.parts:
            temporary = self.work / (part.replace("/", "~") + ".part")
            target = self.folder / part
            if temporary.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                temporary.replace(target)
        for part in entry.stale:
            (self.folder / part).unlink(missing_ok=True)
        write_whole(self.manifest / f"{stem}.json", msgspec.json.encode(msgspec.structs.replace(entry, finished=True, stale=())))


def _stem(path: str) -> str:
    """Return the prefix of an input's part files: its name, for people, and a digest of its path, which is unique."""
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "-" for c in Path(path).stem)[:40].strip("-.")
    return f"{name or 'input'}-{digest}"


class _DatasetWriter:
    """Writes the rows of one input to its parts."""

    def __init__(self, sink: PartitionedSink, columns: RecordColumns) -> None:
        self._columns = columns
        self._sink = Grouped(sink)

    def write(self, batch: Batch) -> Iterator[Entry]:
        """Write a batch; yield the entries whose rows have an error, and a diagnostic per record without a row."""
        failed: list[Diagnostic] = []
        for rows, wrong in self._columns.rows(batch, failed):
            self._sink.write(rows)
            yield from wrong
        yield from failed

    def join(self, part: BinaryIO) -> None:
        """Raise NotImplementedError, since each input of a folder has parts of its own."""
        raise NotImplementedError

    def flush(self) -> None:
        """Do nothing, since the sink writes whole row groups."""

    def close(self) -> None:
        """Write the remaining rows and the end of every file."""
        self._sink.close()


def _decode_input(
    worker: Worker, task: Task, keys: tuple[str, ...], path: str, work: str, stem: str
) -> tuple[int, int, int, tuple[str, ...], Tally, Counts] | None:
    """Decode an input to unfinished parts; return its size, time of change, exit status, parts and counts, or None if it cannot be read."""
    with report_file(Path(work) / f"{stem}.err") as reports:
        pipeline = Pipeline(task, reports=reports)
        columns = RecordColumns(registry=pipeline.registry)
        try:
            stat = file_of(path).stat()
        except OSError as error:
            reports(f"{path}: {error.strerror}")
            return None
        sink = PartitionedSink(Path(work), stem, columns.schema, keys)
        writer = _DatasetWriter(sink, columns)
        try:
            status = pipeline.run(path, writer, moved=worker.moved, opened=lambda _: None)
            writer.close()
        except InputError as error:
            reports(str(error))
            return None
        finally:
            sink.close()
    return stat.st_size, stat.st_mtime_ns, status, tuple(sink.parts), pipeline.tally, pipeline.counts


def decode_dataset(
    task: Task, keys: tuple[str, ...], inputs: Sequence[str], output: str, workers: Workers, totals: Pipeline
) -> tuple[int, int]:
    """Decode the new inputs into the folder `output`; return the exit status and the number of skipped inputs.

    `totals` adds up the counts.
    """
    status, already = FINE, 0
    with Dataset(output, Settings(partition=keys, task=task)) as dataset:
        new: list[tuple[str, str]] = []
        for path in OrderedDict.fromkeys(os.path.realpath(path) for path in inputs):
            stem = _stem(path)
            known = dataset.known(stem)
            try:
                stat = file_of(path).stat()
            except OSError as error:
                report(f"{path}: {error.strerror}")
                status = Unusable.exit_code
                continue
            if known is not None and (known.size, known.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
                status = max(status, known.status)
                already += 1
            else:
                new.append((path, stem))
        tasks = ((task, keys, path, str(dataset.work), stem) for path, stem in new)
        try:
            for (path, stem), result in zip(new, workers.ordered(_decode_input, tasks), strict=True):
                pass_reports(dataset.work / f"{stem}.err", Once())
                if result is None:
                    status = Unusable.exit_code
                    continue
                size, mtime, outcome, parts, tally, counts = result
                totals.total.add(tally)
                totals.counts.add(counts)
                known = dataset.known(stem)
                stale = tuple(part for part in (known.parts if known else ()) if part not in parts)
                dataset.commit(stem, ManifestEntry(path=path, size=size, mtime_ns=mtime, parts=parts, status=outcome, stale=stale))
                status = max(status, outcome)
        except BaseException:
            workers.stop()  # before the folder is unlocked
            raise
    return status, already
