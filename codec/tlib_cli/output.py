"""Choose the output format of a command, open its output file and complete it.

Strategy: `opened` is the one way to an output (`tlib_codec.formats.output`): whole or not there. A command without an end of its own ends
by a signal; `completed` makes this an ordinary end, so its output is complete too.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import BinaryIO, TextIO, cast

import click

from tlib_codec import formats
from tlib_codec.formats import Format, WriteOptions, Writer
from tlib_codec.formats.members import file_of
from tlib_codec.formats.output import open_output
from tlib_codec.records import Batch, Part

from .reports import Unusable
from .signals import SIGNALS, Ending
from .terminal import standard_output

TABLE = "table"


def _table(file: BinaryIO, options: WriteOptions) -> Writer:
    from .view.tables import Table  # noqa: PLC0415 rich

    if options.select is not None:
        from .view.columns import ColumnTable  # noqa: PLC0415

        return ColumnTable(file, options.registry, options.select, options.zone)
    return Table(file, options.registry, options.zone)


_TABLE_FORMAT = Format(name=TABLE, title="a table for people", suffixes=(".txt",), write=_table, shows_problems=True, selects=True)


def outputs() -> Mapping[str, Format]:
    """Return the formats that ``--to`` takes: the table for people and all writable formats."""
    return {TABLE: _TABLE_FORMAT, **formats.writable()}


def format_for(path: str | None, name: str | None, among: Mapping[str, Format] | None = None) -> Format:
    """Return the format of the output: the one called `name`, else by suffix, else a table on a terminal and JSON lines elsewhere.

    Raise UsageError if no format has the suffix.
    """
    choices = outputs() if among is None else among
    if name is not None:
        return choices[name]
    if path is None or path == "-":
        return choices[TABLE if path is None and sys.stdout.isatty() else "jsonl"]
    suffix = PurePath(path).suffix.lower()
    for one in choices.values():
        if suffix in one.suffixes:
            return one
    known = ", ".join(suffix for one in choices.values() for suffix in one.suffixes)
    raise click.UsageError(f"{path}: no format has this suffix; give --to, or use {known}")


@contextlib.contextmanager
def opened(
    path: str | None,
    inputs: Iterable[str | None] = (),
    *,
    others: Iterable[str | None] = (),
    binary: bool = False,
    grows: bool = False,
) -> Iterator[BinaryIO]:
    """Open the output; None and ``-`` are the standard output, which stays open.

    A file takes its contents when the block ends, and stays as it was if the block raises; one that `grows` is written in place.
    `binary` refuses a terminal. `inputs` are the files that the command reads, ``-`` the standard input; `others` are its other outputs.
    Raise Unusable if the file cannot be written or is one of those.
    """
    check_distinct(path, inputs, others)
    if path is None or path == "-":
        if binary and sys.stdout.isatty():
            raise Unusable("the output is binary and the standard output is a terminal; give -o FILE, or pipe it")
        yield standard_output()
        return
    folder = Path(path).parent
    if not folder.is_dir():
        problem = f"{folder} is no folder" if folder.exists() else f"the folder {folder} does not exist; create it first"
        raise Unusable(f"{path}: {problem}")
    try:
        with open_output(path, grows=grows) as file:
            yield file
    except OSError as error:
        if error.filename != path or isinstance(error, BrokenPipeError):  # the reader of a pipe left
            raise
        raise Unusable(f"{path}: {error.strerror}") from None


@contextlib.contextmanager
def opened_for(path: str | None, target: Format, inputs: Iterable[str | None] = (), *, endless: bool = False) -> Iterator[BinaryIO]:
    """Open the output as its format requires; that of an `endless` command grows if its format can be read meanwhile.

    Raise Unusable as `opened` does.
    """
    with opened(path, inputs, binary=target.binary, grows=endless and not target.whole) as file:
        yield file


def check_distinct(path: str | None, inputs: Iterable[str | None], others: Iterable[str | None] = ()) -> None:
    """Raise Unusable if the output is the file of an input or of another output, under any name or as a redirected descriptor."""
    here = _identity(path, sys.stdout)
    if here is None:
        return
    name = "the standard output" if path is None or path == "-" else path
    for one in inputs:
        if one is not None and _identity(one if one == "-" else str(file_of(one)), sys.stdin) == here:
            raise Unusable(f"{name}: the output is also an input; write to another file")
    for one in others:
        if one is not None and _identity(one, sys.stdout) == here:
            raise Unusable(f"{name}: two outputs are one file; write to another file")


def _identity(path: str | None, stream: TextIO) -> tuple[int | str, ...] | None:
    """Return what all names of a file share; None and ``-`` are the file of `stream`.

    Return None for a pipe or a device: to write there changes no input.
    """
    try:
        status = os.fstat(stream.fileno()) if path is None or path == "-" else os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return (os.path.realpath(str(path)),)
    except (OSError, ValueError, AttributeError):  # closed, replaced by Python code, or not to be opened either
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


class Completed:
    """The `writer` of an output, and the exit `status` of the signal that ended it, 0 without one."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.status = 0


@contextlib.contextmanager
def completed(writer: Writer, file: BinaryIO, *, endless: bool = False) -> Iterator[Completed]:
    """Close the writer of `file` at the end of the block, also after an error; raise the first error.

    A signal ends the block of an `endless` command without an error. If it writes to a file, the signal comes between two batches, and
    further ones wait until the file is complete.
    """
    steady = endless and _identity("-", cast("TextIO", file)) is not None
    output = Completed(_SteadyWriter(writer) if steady else writer)
    ending = Ending()
    try:
        with ending if endless else contextlib.nullcontext():
            yield output
    except BaseException:
        with contextlib.suppress(Exception):
            writer.close()
        raise
    output.status = ending.status
    if output.status and steady:
        SIGNALS.hold()
    writer.close()
    writer.flush()


class _SteadyWriter:
    """Defers signals while it writes a batch."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def write(self, batch: Batch) -> Iterator[Part]:
        """Write a batch; yield the parts that `Writer.write` yields."""
        with SIGNALS.held():
            parts = list(self._writer.write(batch))
        yield from parts

    def join(self, part: BinaryIO) -> None:
        """Write a part."""
        with SIGNALS.held():
            self._writer.join(part)

    def flush(self) -> None:
        """Make everything written so far visible to a reader."""
        with SIGNALS.held():
            self._writer.flush()

    def close(self) -> None:
        """Write the end of the output."""
        self._writer.close()
