"""Inputs of a command: a FILE argument opened, its format found out, its batches read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator

import click

from tlib_codec.formats import Format, ReadOptions, formats, readable
from tlib_codec.formats.source import InputError, Source
from tlib_codec.records import Batch, Entry

__all__ = ["InputError", "Source", "entries", "format_of", "open_source", "read_batches"]

AUTO = "auto"


def open_source(path: str, *, moved: Callable[[int], None] | None = None, follow: bool = False) -> Source:
    """Open `path`, ``-`` being the standard input. Raises InputError, and UsageError where the standard input is a terminal."""
    if path == "-" and sys.stdin.isatty():
        raise click.UsageError("Give a FILE, or pipe something in.")
    return Source(path, moved=moved, follow=follow)


def format_of(source: Source, name: str, only: Collection[str] = ()) -> Format:
    """Return the format called `name`, or the one that the input's first bytes show for ``auto``.

    Raises InputError where the input is empty, or its format is none of `only` (if any).
    """
    found = source.detect() if name == AUTO else formats()[name]
    if found is None:
        raise InputError(f"{source.name}: empty")
    if only and found.name not in only:
        how = "tlib encode" if found.name == "jsonl" else "tlib decode -o FILE.tlb"
        raise InputError(f"{source.name}: {found.name}, where {' or '.join(only)} is expected; make frames of it first: {how}")
    return found


def read_batches(source: Source, format: Format, options: ReadOptions) -> Iterator[Batch]:  # noqa: A002
    """Yield the batches of an input."""
    assert format.read is not None, f"{format.name} is not among {', '.join(readable())}"
    return format.read(source, options)


def entries(
    path: str,
    format: str,  # noqa: A002
    options: ReadOptions,
    *,
    only: Collection[str] = (),
    moved: Callable[[int], None] | None = None,
    opened: Callable[[Source], None] | None = None,
    follow: bool = False,
) -> Iterator[Entry]:
    """Yield the records and diagnostics of `path`, one by one. Raises InputError."""
    with open_source(path, moved=moved, follow=follow) as source:
        if opened is not None:
            opened(source)
        for batch in read_batches(source, format_of(source, format, only), options):
            yield from batch
