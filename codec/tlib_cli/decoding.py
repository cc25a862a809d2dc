"""One input through the filters to a writer: what ``tlib decode`` does, in whichever process.

Strategy: everything that decides what is written is plain data (`Task`), so that another process can be
told to do the same. A file of frames or a capture that is wanted whole, as columns, is handed over as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from tlib_schemas.errors import EncodeError
from tlib_schemas.registry import Registry

from . import FINE, INVALID
from .inputs import Entry, Problem, entries
from .options import registry_of, report
from .output import COLUMNS, Frames, JSONLines, Writer
from .select import Address, Test, between, selection
from .source import Source


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of every input; `source` names the columns of a source that rows have."""

    target: str
    form: str = "auto"
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
    source: tuple[str, ...] = ()
    stream: bool = False


class Decoding:
    """A task made ready: names looked up, and tests made. Raises click.BadParameter."""

    def __init__(self, task: Task, registry: Registry | None = None) -> None:
        self.task = task
        self.registry = registry_of(task.registry) if registry is None else registry
        self._tests: list[Test] = selection(task.events, task.conditions, self.registry) + between(task.since, task.until, self.registry)

    def writer(self, file: BinaryIO, *, header: bool = True, threads: int = 1) -> Writer:
        """The writer of the task's form of output to `file`, with so many threads where it can use them.

        Raises Unusable where its extra is missing.
        """
        target = self.task.target
        if target == "table":
            from .view.tables import Table  # noqa: PLC0415 rich

            return Table(file, self.registry)
        if target in COLUMNS:
            from tlib_codec.arrow.writer import Tabular, sink_for  # noqa: PLC0415 pyarrow

            stream = self.task.stream or file is getattr(sys.stdout, "buffer", None)
            return Tabular(
                lambda schema: sink_for(target, file, schema, stream=stream, header=header, threads=threads),
                self.registry,
                self.task.source,
            )
        if target in {"pcap", "pcapng"}:
            from .capture_output import Packets  # noqa: PLC0415

            return Packets(file, self.registry, target)
        return (JSONLines if target == "jsonl" else Frames)(file, self.registry)

    def passer(self, writer: Writer) -> Callable[[Entry], int]:
        """What writes an entry that comes from elsewhere, where it is wanted, and reports what is wrong; it gives the exit status."""
        quiet = self.task.target == "table"
        return lambda entry: _pass_on(entry, writer, self._tests, quiet=quiet)

    def run(self, path: str, writer: Writer, *, moved: Callable[[int], None], opened: Callable[[Source], None]) -> int:
        """Write what is wanted of one input, and report what is wrong; gives the exit status.

        Raises Unusable where the input cannot be read.
        """
        task = self.task
        tests = [*self._tests]
        address = None if task.address is None else Address(task.address)
        if address is not None:
            tests.insert(0, address)
        quiet = task.target == "table" and not task.strict
        status = FINE
        with Source(path, moved, follow=task.follow) as source:
            opened(source)
            form = (source.form() or "auto") if task.form == "auto" else task.form
            straight = getattr(writer, "straight", None)
            if form in {"frames", "capture"} and straight is not None and not tests and not task.strict:
                return int(straight(source, form, task.ports, task.hosts))
            for entry in entries(source, form, self.registry, server=task.server, ports=task.ports, hosts=task.hosts):
                outcome = _pass_on(entry, writer, tests, quiet=quiet)
                status = max(status, outcome)
                if task.strict and outcome:
                    return status
            if address is not None:
                address.check(source.name)
        return status


def _pass_on(entry: Entry, writer: Writer, tests: list[Test], *, quiet: bool) -> int:
    """Write `entry` where it is wanted, report it where it is wrong; gives the exit status so far.

    `quiet`: the output itself shows what is wrong with it.
    """
    if isinstance(entry, Problem):
        if not tests:
            writer.problem(entry)
        if not quiet or tests:
            report(entry.complaint())
        return INVALID
    wanted = all(test(entry) for test in tests)
    if not entry.sound and not (quiet and wanted):
        report(entry.complaint())
    try:
        note = writer.write(entry) if wanted else ""
    except EncodeError as error:
        report(f"{entry.place}: not written: {error}")
        return INVALID
    if note:
        report(note)
    return FINE if entry.sound else INVALID
