"""Pass one input through a query to a writer: the work of ``tlib decode``, in this process or another.

Strategy: plain data (`Task`) holds every setting of the output, so another process can do the same work. Batches go
from the reader through the query to the writer; a step makes records only if it needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import click
import msgspec

from tlib_codec.clock import ShownZone, zone_of
from tlib_codec.formats import Format, ReadOptions, WriteOptions, Writer
from tlib_codec.formats.complaints import Complaints
from tlib_codec.formats.spans import WHOLE, Span
from tlib_codec.query import Query, Selection, Tally
from tlib_codec.records import Batch, Diagnostic, Entry, Frames, batches
from tlib_schemas.errors import Severity
from tlib_schemas.registry import Registry

from . import FINE, INVALID
from .counts import Counts
from .inputs import AUTO, InputError, Source, format_of, merged_entries, open_source, read_batches
from .options import bad_parameter, build_query, registry_of, report_unmatched
from .output import outputs
from .reports import Unusable, report_entry


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a run, shared by all inputs and named like the options.

    `origins` names the fields of `Origin` that become columns. `stream` selects an output that a program can read
    while it grows, `part` one that another process joins.
    """

    target: str
    format: str = AUTO
    server: int | None = None
    encoding: str | None = None
    strict: bool = False
    events: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    address: str | None = None
    select: str | None = None
    ports: tuple[int, ...] = ()
    hosts: tuple[str, ...] = ()
    follow: bool = False
    registry: str | None = None
    zone: str | None = None
    origins: tuple[str, ...] | None = None
    stream: bool = False
    part: bool = False
    raw_csv: bool = False


class Pipeline:
    """Runs a task: it resolves names and compiles the query. Raises click.BadParameter.

    The pipeline calls `reports` with each invalid record and each malformed part of an input. `reached` is the state in which the
    reader of the next span begins, None where none can begin there (`tlib_codec.formats.spans`).
    """

    def __init__(
        self,
        task: Task,
        registry: Registry | None = None,
        *,
        reports: Callable[[Entry | str], object] = report_entry,
        shown: ShownZone | None = None,
    ) -> None:
        self.task = task
        self.registry = registry_of(task.registry) if registry is None else registry
        self.target: Format = outputs()[task.target]
        self._reports = reports
        self._complaints = Complaints(self.registry)
        self._zone = None if task.zone is None else zone_of(task.zone)
        self.shown = shown or ShownZone(self._zone)
        self._query = self._new_query()
        self.selection = self._selection()
        self.total = Tally()
        self.counts = Counts()
        self.reached: Any = None

    def _new_query(self) -> Query:
        """Return a new query, since a query keeps whether one input has addresses."""
        task = self.task
        return build_query(
            events=task.events,
            where=task.where,
            since=task.since,
            until=task.until,
            address=task.address,
            registry=self.registry,
            zone=self.shown,
        )

    def _selection(self) -> Selection | None:
        """Return the columns of ``--select``. Raise UsageError if the format has no columns."""
        if self.task.select is None:
            return None
        if not self.target.selects:
            names = ", ".join(name for name, one in outputs().items() if one.selects)
            raise click.UsageError(f"--select chooses columns, and {self.target.name} has none; give --to {names}")
        with bad_parameter():
            return Selection(self.task.select, self.registry)

    def writer(self, file: BinaryIO, *, threads: int = 1) -> Writer:
        """Return a writer of the task's format to `file`. Raise Unusable if the format needs an extra that is not installed."""
        task = self.task
        assert self.target.write is not None
        options = WriteOptions(
            registry=self.registry,
            origins=task.origins,
            threads=threads,
            stream=task.stream,
            part=task.part,
            raw_csv=task.raw_csv,
            select=self.selection,
            zone=self.shown,
            stats=self.counts.stats,
        )
        try:
            return self.target.write(file, options)
        except ImportError as error:
            raise Unusable(str(error)) from None

    def run(self, path: str, writer: Writer, *, moved: Callable[[int], None], opened: Callable[[Source], None], span: Span = WHOLE) -> int:
        """Write the selected records of one input, or of a span of it, report the invalid ones, and return the exit status.

        Raise InputError if the input cannot be read.
        """
        return self._write_all(self.batches(path, moved=moved, opened=opened, span=span), writer)

    def batches(
        self,
        path: str,
        *,
        moved: Callable[[int], None] = lambda _: None,
        opened: Callable[[Source], None] = lambda _: None,
        span: Span = WHOLE,
    ) -> Iterator[Batch]:
        """Yield the batches of one input, of one entry each if the task is strict. Raise InputError if the input cannot be read."""
        task = self.task
        self.total.add(self._query.tally)
        self._query = self._new_query()
        with open_source(path, moved=self._counting(moved), follow=task.follow, span=span) as source:
            opened(source)
            for batch in read_batches(source, format_of(source, task.format), self.options()):
                yield from _singles(batch) if task.strict else (batch,)
            self.reached = source.reached
            self._check_addresses(source.name)

    def run_merged(
        self,
        paths: Sequence[str],
        writer: Writer,
        *,
        failed: Callable[[InputError], None],
        moved: Callable[[int], None],
    ) -> int:
        """Write the selected records of all inputs by time, as `run` does. `failed` gets the error that ends an input."""
        entries = merged_entries(paths, self.task.format, self.options(), failed=failed, moved=self._counting(moved))
        return self._write_all(self._merged(entries), writer)

    def _counting(self, moved: Callable[[int], None]) -> Callable[[int], None]:
        def counted(count: int) -> None:
            self.counts.bytes += count
            moved(count)

        return counted

    def _merged(self, entries: Iterator[Entry]) -> Iterator[Batch]:
        self._query = self._new_query()
        for batch in batches(entries, registry=self.registry):
            yield from _singles(batch) if self.task.strict else (batch,)
        self._check_addresses("--merge")

    def options(self) -> ReadOptions:
        """Return the settings of the reader."""
        task = self.task
        return ReadOptions(
            registry=self.registry,
            server=task.server,
            encoding=task.encoding,
            ports=task.ports,
            hosts=task.hosts,
            zone=self._zone,
            stats=self.counts.stats,
        )

    def _write_all(self, batches: Iterator[Batch], writer: Writer) -> int:
        """Write the selected records of these batches and return the exit status; with --strict, stop at the first that is invalid."""
        status = FINE
        for batch in batches:
            status = max(status, self.write(batch, writer))
            if self.task.strict and status:
                break
        return status

    def _check_addresses(self, name: str) -> None:
        addresses = self._query.addresses
        if addresses is not None and not addresses.seen:
            raise InputError(f"{name}: --address needs a capture; these events have no addresses")

    @property
    def tally(self) -> Tally:
        """Return the counts of the query over all inputs so far; `total` has those of complete inputs."""
        tally = Tally()
        tally.add(self.total)
        tally.add(self._query.tally)
        return tally

    def report_unmatched(self) -> None:
        """Report that the query selected none of the events of all inputs."""
        if self._query:
            report_unmatched(self.tally)

    def write(self, batch: Batch, writer: Writer) -> int:
        """Write the selected records of a batch, report the invalid ones, and return the exit status."""
        self.counts.add_batch(batch)
        dropped: list[Entry] = []
        if self._query:
            batch = self._query.select(batch, dropped)
        silent = self.target.shows_problems and not self.task.strict and self.selection is None
        status = FINE
        for entry in dropped:
            status = max(status, self._report(entry, silent=False))
        for part in writer.write(batch):
            if isinstance(part, Frames):
                status = INVALID
                for complaint in () if silent else self._complaints.of(part, batch.limits):
                    self._reports(complaint)
            else:
                status = max(status, self._report(part, silent=silent))
        return status

    def _report(self, entry: Entry, *, silent: bool) -> int:
        warning = isinstance(entry, Diagnostic) and entry.severity is Severity.WARNING
        if not silent or warning:
            self._reports(entry)
        return FINE if warning else INVALID


def _singles(batch: Batch) -> Iterator[Batch]:
    """Yield a batch per entry."""
    for entry in batch:
        yield Batch([entry], registry=batch.registry, limits=batch.limits)
