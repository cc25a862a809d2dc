"""Choose the output format of a command and open its output file."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import BinaryIO

import click

from tlib_codec import formats
from tlib_codec.formats import Format, WriteOptions, Writer
from tlib_codec.formats.members import file_of
from tlib_codec.formats.output import open_output

from .reports import Unusable
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
def opened(path: str | None, inputs: tuple[str, ...] = (), *, binary: bool = False, whole: bool = False) -> Iterator[BinaryIO]:
    """Open the output; None and ``-`` are the standard output, which stays open.

    `binary` refuses a terminal; a `whole` file gets its name when it is complete. Raise Unusable if the file cannot be
    opened or is one of the inputs.
    """
    if path is None or path == "-":
        if binary and sys.stdout.isatty():
            raise Unusable("the output is binary and the standard output is a terminal; give -o FILE, or pipe it")
        yield standard_output()
        return
    target = Path(path)
    for one in inputs:
        if one != "-" and target.exists() and file_of(one).exists() and target.samefile(file_of(one)):
            raise Unusable(f"{path}: the output is also an input; write to another file")
    if not target.parent.is_dir():
        raise Unusable(f"{path}: the folder {target.parent} does not exist; create it first")
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(open_output(path, whole=whole))
        except OSError as error:
            raise Unusable(f"{path}: {error.strerror}") from None
        yield file


@contextlib.contextmanager
def opened_for(path: str | None, target: Format, inputs: tuple[str, ...] = ()) -> Iterator[BinaryIO]:
    """Open the output as its format requires. Raise Unusable as `opened` does."""
    with opened(path, inputs, binary=target.binary, whole=target.whole) as file:
        yield file
