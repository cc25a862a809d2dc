"""One input through a query to a writer: the work of ``tlib decode``, in whichever process.

Strategy: everything that decides the output is plain data (`Task`), so another process can do the same work. Batches go from the
reader through the query to the writer; records are made where one of them needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

from tlib_codec.formats import Format, ReadOptions, WriteOptions, Writer
from tlib_codec.query import Query
from tlib_codec.records import Batch, Diagnostic, Entry
from tlib_schemas.errors import Severity
from tlib_schemas.registry import Registry

from . import FINE, INVALID
from .inputs import AUTO, InputError, Source, format_of, open_source, read_batches
from .options import asked, registry_of
from .output import outputs
from .reports import Unusable, report


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a run, the same for every input; names are those of the options.

    `origins` are the fields of `Origin` that rows have as columns; `stream` asks for an output that can be read while it grows, `part` for
    one that another process joins.
    """

    target: str
    format: str = AUTO
    server: int | None = None
    strict: bool = False
    events: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    address: str | None = None
    ports: tuple[int, ...] = ()
    hosts: tuple[str, ...] = ()
    follow: bool = False
    registry: str | None = None
    origins: tuple[str, ...] | None = None
    stream: bool = False
    part: bool = False


class Pipeline:
    """A task made ready: names are looked up and tests are made. Raises click.BadParameter.

    `reports` gets each line about a record or part of an input that is wrong.
    """

    def __init__(self, task: Task, registry: Registry | None = None, *, reports: Callable[[str], None] = report) -> None:
        self.task = task
        self.registry = registry_of(task.registry) if registry is None else registry
        self.target: Format = outputs()[task.target]
        self._reports = reports
        self._query = self._asked()

    def _asked(self) -> Query:
        """Return the query anew: it follows the clock of one input."""
        task = self.task
        return asked(
            events=task.events,
            conditions=task.conditions,
            since=task.since,
            until=task.until,
            address=task.address,
            registry=self.registry,
        )

    def writer(self, file: BinaryIO, *, threads: int = 1) -> Writer:
        """Return the writer of the task's format to `file`. Raises Unusable where its extra is missing."""
        task = self.task
        assert self.target.write is not None
        options = WriteOptions(registry=self.registry, origins=task.origins, threads=threads, stream=task.stream, part=task.part)
        try:
            return self.target.write(file, options)
        except ImportError as error:
            raise Unusable(str(error)) from None

    def run(self, path: str, writer: Writer, *, moved: Callable[[int], None], opened: Callable[[Source], None]) -> int:
        """Write the wanted records of one input, report those that are wrong, and return the exit status.

        Raises InputError where the input cannot be read.
        """
        task = self.task
        self._query = self._asked()
        status = FINE
        with open_source(path, moved=moved, follow=task.follow) as source:
            opened(source)
            options = ReadOptions(registry=self.registry, server=task.server, ports=task.ports, hosts=task.hosts)
            for batch in read_batches(source, format_of(source, task.format), options):
                for piece in _singles(batch) if task.strict else (batch,):
                    status = max(status, self.write(piece, writer))
                    if task.strict and status:
                        return status
            addresses = self._query.addresses
            if addresses is not None and not addresses.seen:
                raise InputError(f"{source.name}: its events have no addresses, which --address could compare: captures have them")
        return status

    def write(self, batch: Batch, writer: Writer) -> int:
        """Write the wanted records of a batch, report those that are wrong, and return the exit status."""
        dropped: list[Entry] = []
        if self._query:
            batch = batch.filter(self._query, dropped.append)
        silent = self.target.shows_problems and not self.task.strict
        status = FINE
        for entry in dropped:
            if isinstance(entry, Diagnostic) or not entry.valid:
                status = max(status, self._problem(entry, silent=False))
        for entry in writer.write(batch):
            status = max(status, self._problem(entry, silent=silent))
        return status

    def _problem(self, entry: Entry, *, silent: bool) -> int:
        note = isinstance(entry, Diagnostic) and entry.severity is Severity.WARNING
        if not silent or note:
            self._reports(entry.complaint())
        return FINE if note else INVALID


def _singles(batch: Batch) -> Iterator[Batch]:
    """Yield the entries of a batch one by one."""
    for entry in batch:
        yield Batch([entry], registry=batch.registry, limits=batch.limits)
