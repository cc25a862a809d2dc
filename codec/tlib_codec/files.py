"""Read and write files of any format from Python: `read` and `write`.

Strategy: both are thin over `formats`, as the command line is: a format reads a source into batches, and writes
batches to a file. Nothing of it is imported before it is used.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, Self

from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

if TYPE_CHECKING:
    from tlib_schemas.registry import Item

    from .formats import Format
    from .query import Selection, Tally
    from .records import Batch, Diagnostic, Entry, Record

__all__ = ["Reader", "read", "write"]


class Reader:
    """The records of one input, read once: iterate it, or take `batches`. A context manager; the end of the input closes it too.

    `format` is the name of the input's format, None where the input is empty. `tally` counts the events that the query
    tested and selected.
    """

    def __init__(self, stack: ExitStack, batches: Iterator[Batch], format: str | None, tally: Tally) -> None:  # noqa: A002
        self._stack = stack
        self._batches = batches
        self.format: str | None = format
        self.tally: Tally = tally

    def batches(self) -> Iterator[Batch]:
        """Yield the rest of the input in batches."""
        with self._stack:
            yield from self._batches

    def __iter__(self) -> Iterator[Entry]:
        for batch in self.batches():
            yield from batch

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def read(
    file: str | os.PathLike[str] | BinaryIO,
    *,
    format: str | None = None,  # noqa: A002
    registry: Registry = TLIBRARY,
    server: int | None = None,
    encoding: str | None = None,
    ports: Iterable[int] = (),
    hosts: Iterable[str] = (),
    follow: bool = False,
    tz: str | None = None,
    where: str | Iterable[str] = (),
    events: Iterable[str] = (),
    since: str | None = None,
    until: str | None = None,
    address: str | None = None,
) -> Reader:
    """Return the records of anything that ``tlib decode`` takes: frames, hex text, JSON lines, a log or a capture, also compressed.

    `file` is a path or open for reading bytes; it need not be seekable. A folder or zip file gives the records of every file in it that has
    a known format; ``bundle.zip!server.log`` is one of them. `format` names the format; None finds it out from the first bytes.
    `server` is the Server attribute of events from a log. `encoding` is the encoding of a log's text (None: UTF-8, and Windows-1252 for a
    line that is not UTF-8). `ports` and `hosts` choose connections of a capture. `follow` waits at the end of a file for more, and for
    the next file after a rotation. `tz` (``Europe/Paris``, ``+02:00``) is the time zone of a log that does not know its own, and of
    `since` and `until`. `where`, `events`, `since`, `until` and `address` select records as a `Query` does. Iterating yields
    `Record`s and, where a part of the input cannot be read, `Diagnostic`s; with a query, those of a batch follow its records. Memory
    does not grow with the input.

    Raises `InputError` (a ValueError) where the file cannot be opened or its format is not known; ValueError for an
    unknown `format`, `encoding` or `tz`; `QueryError` (a ValueError) where a name or value of the query does not exist.

    >>> from tlib_codec import EventCallCreated, read
    >>> sum(isinstance(record.item, EventCallCreated) for record in read("examples/calls.tlb"))
    9
    >>> sum(1 for record in read("examples/calls.tlb", where="Cause = Transfer or UserData.Segment.Tier = Gold"))
    1
    """
    from .clock import ShownZone, zone_of  # noqa: PLC0415
    from .formats import ReadOptions  # noqa: PLC0415
    from .formats.encodings import checked  # noqa: PLC0415
    from .formats.members import members  # noqa: PLC0415
    from .formats.source import Source, batches_of  # noqa: PLC0415
    from .query import Query  # noqa: PLC0415

    zone = None if tz is None else zone_of(tz)
    query = Query(where=where, events=events, since=since, until=until, address=address, registry=registry, zone=ShownZone(zone))
    first: str | BinaryIO
    others: tuple[str, ...] = ()
    if isinstance(file, str | os.PathLike):
        inside = members(os.fspath(file)).names
        if not inside:
            return Reader(ExitStack(), iter(()), None, query.tally)
        first, *rest = inside
        others = tuple(rest)
    else:
        first = file
    text = None if encoding is None else checked(encoding)
    options = ReadOptions(registry=registry, server=server, encoding=text, ports=tuple(ports), hosts=tuple(hosts), zone=zone)

    def following() -> Iterator[Batch]:
        for path in others:
            with Source(path) as source:
                chosen = source.format_of(_named(format))
                assert chosen is not None
                yield from batches_of(source, chosen, options)

    with ExitStack() as opened:
        source = opened.enter_context(Source(first, follow=follow))
        chosen = source.format_of(_named(format))
        if chosen is None:
            return Reader(opened.pop_all(), iter(()), None, query.tally)
        return Reader(
            opened.pop_all(), map(query.filter, chain(batches_of(source, chosen, options), following())), chosen.name, query.tally
        )


def _named(name: str | None) -> Format | None:
    """Return the format called `name`; None for None. Raise ValueError where none is."""
    from .formats import readable  # noqa: PLC0415

    if name is None:
        return None
    if name not in readable():
        raise ValueError(f"no format {name!r} can be read; there are {', '.join(readable())}")
    return readable()[name]


def write(
    file: str | os.PathLike[str] | BinaryIO,
    records: Iterable[Record | Diagnostic | Batch | Item],
    *,
    format: str | None = None,  # noqa: A002
    registry: Registry = TLIBRARY,
    select: str | None = None,
    raw_csv: bool = False,
) -> int:
    """Write records, batches or plain events, and return the number of records that are invalid or could not be written whole.

    `file` is a path or open for writing bytes; `format` names the format, None takes the one that the path's suffix names. A file
    has its name when all is written; if an exception ends the call, it stays as it was.

    `select` names the columns of a table, JSON lines, CSV, Parquet or Arrow, as in ``time,Event,UserData.Segment``. CSV has an apostrophe
    before a text that a spreadsheet takes for a formula; `raw_csv` leaves it out.

    Raises ValueError for an unknown format or suffix, and for columns that do not exist or that the format does not have;
    OSError where the file cannot be written, ImportError where the format needs an extra that is not installed.

    >>> from tlib_codec import read, write
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     target = pathlib.Path(folder, "calls.jsonl")
    ...     write(target, read("examples/calls.tlb"))
    ...     len(target.read_text().splitlines())
    0
    65
    """
    from .clock import timed  # noqa: PLC0415
    from .formats import WriteOptions, by_suffix, writable  # noqa: PLC0415
    from .formats.output import open_output  # noqa: PLC0415
    from .records import Frames  # noqa: PLC0415

    path = os.fspath(file) if isinstance(file, str | os.PathLike) else None
    chosen = writable().get(format) if format is not None else by_suffix(path or "")
    if chosen is None:
        given = f"format {format!r}" if format is not None else f"the suffix of {path!r}" if path is not None else "a file without a path"
        raise ValueError(f"{given} names no format that can be written; there are {', '.join(writable())}")
    assert chosen.write is not None
    if select is not None and not chosen.selects:
        raise ValueError(
            f"{chosen.name} has no columns to select; give {', '.join(name for name, one in writable().items() if one.selects)}"
        )
    selection = _selection(select, registry)
    problems = 0
    with ExitStack() as stack:
        opened = stack.enter_context(open_output(path)) if path is not None else file
        assert not isinstance(opened, str | os.PathLike)
        writer = chosen.write(opened, WriteOptions(registry=registry, select=selection, raw_csv=raw_csv))
        try:
            for batch in timed(_batches(records, registry), registry):
                problems += sum(len(part) if isinstance(part, Frames) else 1 for part in writer.write(batch))
        finally:
            writer.close()
        writer.flush()
    return problems


def _selection(text: str | None, registry: Registry) -> Selection | None:
    from .query import Selection  # noqa: PLC0415

    return None if text is None else Selection(text, registry)


def _batches(records: Iterable[Record | Diagnostic | Batch | Item], registry: Registry) -> Iterator[Batch]:
    from .records import Batch, Diagnostic, Record, batches  # noqa: PLC0415

    held: list[Record | Diagnostic] = []
    for one in records:
        if isinstance(one, Batch):
            yield from batches(held, registry=registry)
            held = []
            yield one
            continue
        held.append(one if isinstance(one, Record | Diagnostic) else Record(one))
        if len(held) >= 1024:
            yield from batches(held, registry=registry)
            held = []
    yield from batches(held, registry=registry)
