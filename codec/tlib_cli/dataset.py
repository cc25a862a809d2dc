"""A folder of Parquet files out of many inputs, which a second run completes: ``-o DIR/``.

Strategy: an input becomes one or more part files, written under a name that no reader looks for
(``_tlib/work``) and renamed into place when the input is done. A manifest lists the finished inputs, one small
file an input (``_tlib/manifest``): the input's path, size and time of change, and its part files. It is
written twice: before the renames, with ``"finished": false``, and after them. A run that was broken off
in between is rolled forward by the next one, so no part is ever missing, doubled or half-written. Names that
begin with ``_`` are not read by Spark, pyarrow, Hive and their like, and parts at work do not end in
``.parquet``, so neither does a glob find them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import click
import msgspec

from tlib_codec import records
from tlib_codec.arrow.parquet import GroupWriter
from tlib_codec.arrow.records import RecordColumns
from tlib_codec.arrow.writer import Grouped
from tlib_codec.records import Batch, Diagnostic
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.registry import Registry

from . import FINE
from .inputs import InputError
from .parallel import Worker, Workers, pass_reports, report_file
from .pipeline import Pipeline, Task
from .reports import Unusable, report

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ImportError:
    raise ImportError("a folder of Parquet files needs pyarrow: pip install 'tlib-codec[arrow]'") from None

KEYS: Final = ("date", "event")
_OPEN: Final = 64  # part files open at once
_HELD: Final = 40 << 20  # bytes of rows that wait to become row groups: many small ones take long to write, and to read
_NONE: Final = "__HIVE_DEFAULT_PARTITION__"
_DAY: Final = 86_400


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest's entry of an input."""

    path: str
    size: int
    mtime_ns: int
    parts: tuple[str, ...]
    status: int
    finished: bool = False
    stale: tuple[str, ...] = ()  # parts of an earlier run over the same input, to be removed


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that all runs into a folder share."""

    partition: tuple[str, ...]
    task: Task
    version: int = 1


def partition_keys(text: str | None) -> tuple[str, ...]:
    """Return the keys of ``--partition``. Raises click.BadParameter."""
    keys = tuple(key.strip() for key in text.split(",")) if text else ()
    if any(key not in KEYS for key in keys) or len(set(keys)) < len(keys):
        raise click.BadParameter(f"{text!r} is not date, event, date,event or event,date", param_hint="--partition")
    return keys


class PartitionedSink:
    """Rows to a Parquet file for each value of the keys, in folders ``key=value``."""

    def __init__(self, folder: Path, stem: str, schema: pa.Schema, keys: Sequence[str], registry: Registry) -> None:
        self._folder = folder
        self._stem = stem
        self._keys = keys
        self._schema = schema.remove(schema.get_field_index("Event")) if "event" in keys else schema
        number = AttributeID.TimeinSecs
        self._seconds = registry.attribute_name(number) if number in registry.dictionary else None
        self._held: dict[str, list[pa.Table]] = {}  # rows by file, without the columns that are null in all of them
        self._bytes: Counter[str] = Counter()
        self._open: OrderedDict[str, tuple[GroupWriter, Any]] = OrderedDict()
        self._counts: dict[str, int] = {}
        self.parts: list[str] = []

    def write(self, batches: Sequence[pa.RecordBatch]) -> None:
        """Write some batches, each row to the file of its keys."""
        table = pa.Table.from_batches(batches).unify_dictionaries()
        if not table.num_rows:
            return
        groups = {key: self._values(table, key).dictionary_encode() for key in self._keys}
        code = pa.Array.from_buffers(pa.int32(), table.num_rows, [None, pa.py_buffer(bytes(4 * table.num_rows))])
        names = [""]
        for key, values in groups.items():
            shown = [_NONE if one is None else str(one) for one in values.dictionary.to_pylist()]
            title = "Event" if key == "event" else key
            code = pc.add(pc.multiply(code, len(shown)), values.indices)
            names = [f"{before}{title}={_escaped(one)}/" for before in names for one in shown]
        kept = table.select([name for name in self._schema.names if table[name].null_count < table.num_rows])
        order = pc.sort_indices(code)
        sizes = {row["values"]: row["counts"] for row in pc.value_counts(code).to_pylist()}
        start = 0
        for one in sorted(sizes):
            rows = kept.take(order.slice(start, sizes[one])) if len(sizes) > 1 else kept
            self._held.setdefault(names[one], []).append(rows)
            self._bytes[names[one]] += rows.nbytes
            start += sizes[one]
        while self._bytes.total() > _HELD:
            self._pass(self._bytes.most_common(1)[0][0])

    def _pass(self, name: str) -> None:
        """Write the rows that wait for a file as a row group."""
        del self._bytes[name]
        made = []
        for table in self._held.pop(name):
            nulls = {kind: pa.chunked_array([pa.nulls(table.num_rows, kind)]) for kind in set(self._schema.types)}
            arrays = [table[field.name] if field.name in table.column_names else nulls[field.type] for field in self._schema]
            made += pa.Table.from_arrays(arrays, schema=self._schema).to_batches()
        self._sink(name).write(made)

    def _values(self, table: pa.Table, key: str) -> pa.Array:
        if key == "event":
            values = table["Event"].cast(pa.string())
        else:
            choices = [pc.cast(table["$time"].cast(pa.timestamp("us")), pa.date32()), pc.cast(table["$local_time"], pa.date32())]
            if self._seconds is not None:
                days = pc.divide(table[self._seconds].cast(pa.int64()), _DAY)
                choices.insert(0, days.cast(pa.int32()).cast(pa.date32()))
            values = pc.coalesce(*choices).cast(pa.string())
        return pc.fill_null(values, _NONE).combine_chunks()

    def _sink(self, name: str) -> GroupWriter:
        found = self._open.get(name)
        if found is None:
            if len(self._open) >= _OPEN:
                self._end(self._open.popitem(last=False)[1])
            count = self._counts[name] = self._counts.get(name, -1) + 1
            part = f"{name}{self._stem}-{count}.parquet"
            self.parts.append(part)
            path = self._folder / (part.replace("/", "~") + ".part")
            file = path.open("wb")
            found = self._open[name] = GroupWriter(file, self._schema), file
        self._open.move_to_end(name)
        return found[0]

    @staticmethod
    def _end(found: tuple[GroupWriter, Any]) -> None:
        sink, file = found
        with file:
            sink.close()
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        """Write the rows that wait, and end every file."""
        for name in [*self._held]:
            self._pass(name)
        while self._open:
            self._end(self._open.popitem(last=False)[1])


def _escaped(value: str) -> str:
    """Return a value as part of a path: names and dates are plain; of anything else, Hive's percent form."""
    return "".join(c if c.isalnum() or c in "-_." else "".join(f"%{byte:02X}" for byte in c.encode()) for c in value)


class Dataset:
    """The folder `path`, locked while it is written; a context manager. Raises Unusable where it cannot be used."""

    def __init__(self, path: str, settings: Settings) -> None:
        self.folder = Path(path)
        self.work = self.folder / "_tlib" / "work"
        self.manifest = self.folder / "_tlib" / "manifest"
        self._settings = settings
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
        self._stack.close()

    def _lock(self) -> None:
        import fcntl  # noqa: PLC0415 not on every system, and needed here alone

        file = self._stack.enter_context((self.folder / "_tlib" / "lock").open("w"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unusable(f"{self.folder}: another run is writing there") from None
        agreed = self.folder / "_tlib" / "settings.json"
        mine = msgspec.json.encode(self._settings)
        if not agreed.exists():
            write_whole(agreed, mine)
        elif agreed.read_bytes() != mine:
            raise Unusable(f"{self.folder}: was written with other options ({agreed}); write to another folder, or with the same")

    def _roll_forward(self) -> None:
        """Finish the inputs whose parts were being put in place when a run was broken off."""
        for path in self.manifest.glob("*.json"):
            entry = self._read(path)
            if not entry.finished:
                self.commit(path.stem, entry)

    @staticmethod
    def _read(path: Path) -> Entry:
        try:
            return msgspec.json.decode(path.read_bytes(), type=Entry)
        except msgspec.DecodeError as error:
            raise Unusable(f"{path}: is no entry of a manifest ({error}); remove it to have its input decoded again") from None

    def known(self, stem: str) -> Entry | None:
        """Return the manifest's entry of an input."""
        path = self.manifest / f"{stem}.json"
        return self._read(path) if path.exists() else None

    def commit(self, stem: str, entry: Entry) -> None:
        """Put the finished parts of an input in place; repeating it after it was broken off does the rest."""
        write_whole(self.manifest / f"{stem}.json", msgspec.json.encode(entry))
        for part in entry.parts:
            made = self.work / (part.replace("/", "~") + ".part")
            target = self.folder / part
            if made.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                made.replace(target)
        for part in entry.stale:
            (self.folder / part).unlink(missing_ok=True)
        write_whole(self.manifest / f"{stem}.json", msgspec.json.encode(msgspec.structs.replace(entry, finished=True, stale=())))


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file so that it is there whole, or as it was."""
    made = path.with_name(f".{path.name}.part")
    with made.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)


def _stem(path: str) -> str:
    """Return the beginning of an input's part files: its name for a person, a digest of its path for a machine."""
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "-" for c in Path(path).stem)[:40].strip("-.")
    return f"{name or 'input'}-{digest}"


class _DatasetWriter:
    """Writes the rows of one input to its parts."""

    def __init__(self, sink: PartitionedSink, columns: RecordColumns) -> None:
        self._columns = columns
        self._sink = Grouped(sink)

    def write(self, batch: Batch) -> Iterator[records.Entry]:
        """Write a batch; yield the entries whose rows have an error, and a diagnostic for each record that has no row."""
        failed: list[Diagnostic] = []
        for rows, wrong in self._columns.rows(batch, failed):
            self._sink.write(rows)
            yield from wrong
        yield from failed

    def join(self, part: BinaryIO) -> None:
        """Refuse: the inputs of a folder have parts of their own."""
        raise NotImplementedError

    def flush(self) -> None:
        """Rows are written by the group."""

    def close(self) -> None:
        """Write the rest, and the end of every file."""
        self._sink.close()


def _decode_input(
    worker: Worker, task: Task, keys: tuple[str, ...], path: str, work: str, stem: str
) -> tuple[int, int, int, tuple[str, ...]] | None:
    """Decode an input to parts at work: its size and time of change, the status, the parts; None where it cannot be read."""
    with report_file(Path(work) / f"{stem}.err") as reports:
        pipeline = Pipeline(task, reports=reports)
        columns = RecordColumns(registry=pipeline.registry)
        sink = PartitionedSink(Path(work), stem, columns.schema, keys, pipeline.registry)
        writer = _DatasetWriter(sink, columns)
        try:
            found = Path(path).stat()
            status = pipeline.run(path, writer, moved=worker.moved, opened=lambda _: None)
            writer.close()
        except InputError as error:
            reports(str(error))
            return None
        except OSError as error:
            reports(f"{error.filename or path}: {error.strerror or error}")
            return None
        finally:
            sink.close()
    return found.st_size, found.st_mtime_ns, status, tuple(sink.parts)


def decode_dataset(task: Task, keys: tuple[str, ...], inputs: Sequence[str], output: str, workers: Workers) -> tuple[int, int]:
    """Decode the new ones of `inputs` into the folder `output`; return the exit status, and the number that were there already."""
    status = FINE
    with Dataset(output, Settings(partition=keys, task=task)) as dataset:
        new: list[tuple[str, str]] = []
        for path in OrderedDict.fromkeys(os.path.realpath(path) for path in inputs):
            stem = _stem(path)
            known = dataset.known(stem)
            try:
                found = Path(path).stat()
            except OSError as error:
                report(f"{path}: {error.strerror}")
                status = Unusable.exit_code
                continue
            if known is not None and (known.size, known.mtime_ns) == (found.st_size, found.st_mtime_ns):
                status = max(status, known.status)
            else:
                new.append((path, stem))
        tasks = ((task, keys, path, str(dataset.work), stem) for path, stem in new)
        try:
            for (path, stem), made in zip(new, workers.ordered(_decode_input, tasks), strict=True):
                pass_reports(dataset.work / f"{stem}.err")
                if made is None:
                    status = Unusable.exit_code
                    continue
                size, mtime, outcome, parts = made
                known = dataset.known(stem)
                stale = tuple(part for part in (known.parts if known else ()) if part not in parts)
                dataset.commit(stem, Entry(path=path, size=size, mtime_ns=mtime, parts=parts, status=outcome, stale=stale))
                status = max(status, outcome)
        except BaseException:
            workers.stop()  # before the lock goes
            raise
    return status, len(inputs) - len(new)
