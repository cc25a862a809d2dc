"""Open a FILE argument, detect its format and read its batches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Sequence

import click

from tlib_codec.formats import Format, ReadOptions, formats
from tlib_codec.formats.source import InputError, Source
from tlib_codec.merge import merged
from tlib_codec.records import Batch, Entry

__all__ = ["InputError", "Source", "entries", "format_of", "merged_entries", "open_source", "read_batches"]

AUTO = "auto"


def open_source(path: str, *, moved: Callable[[int], None] | None = None, follow: bool = False) -> Source:
    """Open `path`; ``-`` is the standard input. Raise InputError, or UsageError if the standard input is a terminal."""
    if path == "-" and sys.stdin.isatty():
        raise click.UsageError("Give a FILE, or pipe data in.")
    return Source(path, moved=moved, follow=follow)


def format_of(source: Source, name: str, only: Collection[str] = ()) -> Format:
    """Return the format called `name`; for ``auto``, detect it from the first bytes.

    Raise InputError if the input is empty or if `only` lacks its format.
    """
    detected = source.detect() if name == AUTO else formats()[name]
    if detected is None:
        raise InputError(f"{source.name}: the input is empty")
    if only and detected.name not in only:
        hint = "tlib encode" if detected.name == "jsonl" else "tlib decode -o FILE.tlb"
        raise InputError(f"{source.name}: expected {' or '.join(only)}, got {detected.name}; convert it to frames first: {hint}")
    return detected


def read_batches(source: Source, format: Format, options: ReadOptions) -> Iterator[Batch]:  # noqa: A002
    """Yield the batches of an input."""
    return format.batches(source, options)


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
    """Yield the records and diagnostics of `path` one by one. Raise InputError."""
    with open_source(path, moved=moved, follow=follow) as source:
        if opened is not None:
            opened(source)
        for batch in read_batches(source, format_of(source, format, only), options):
            yield from batch


def merged_entries(
    paths: Sequence[str],
    format: str,  # noqa: A002
    options: ReadOptions,
    *,
    failed: Callable[[InputError], None],
    moved: Callable[[int], None] | None = None,
    opened: Callable[[Source], None] | None = None,
) -> Iterator[Entry]:
    """Yield the records and diagnostics of all inputs by time.

    One input keeps its own order. `failed` gets the error that ends an input.
    """

    def guarded(path: str) -> Iterator[Entry]:
        try:
            yield from entries(path, format, options, moved=moved, opened=opened)
        except InputError as error:
            failed(error)

    return guarded(paths[0]) if len(paths) == 1 else merged(map(guarded, paths))
