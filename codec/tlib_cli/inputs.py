"""Open a FILE argument, detect its format and read its batches."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Collection, Iterator, Sequence

import click

from tlib_codec.formats import Format, ReadOptions, formats
from tlib_codec.formats.members import file_of, members
from tlib_codec.formats.source import InputError, Source, batches_of
from tlib_codec.formats.spans import WHOLE, Span
from tlib_codec.native import missing
from tlib_codec.records import Batch, Diagnostic, Entry
from tlib_schemas.errors import Severity

from .reports import Unusable, report

__all__ = [
    "InputError",
    "Source",
    "batches",
    "entries",
    "expanded",
    "format_of",
    "merged_entries",
    "open_source",
    "read_batches",
    "size_of",
]

AUTO = "auto"
_LARGE = 16 << 20  # bytes of an input for which a missing native engine matters


def open_source(path: str, *, moved: Callable[[int], None] | None = None, follow: bool = False, span: Span = WHOLE) -> Source:
    """Open `path`, or a span of it; ``-`` is the standard input. Raise InputError, or UsageError if the standard input is a terminal."""
    if path == "-" and sys.stdin.isatty():
        raise click.UsageError("Give a FILE, or pipe data in.")
    source = Source(path, moved=moved, follow=follow, span=span)
    if (source.size or 0) >= _LARGE:
        _note_engine()
    return source


@functools.cache
def _note_engine() -> None:
    """Report once a process that the native engine is missing."""
    if missing():
        report("the native engine is not installed, and the reference engine takes many times as long; see docs/engines.md")


def format_of(source: Source, name: str, only: Collection[str] = ()) -> Format:
    """Return the format called `name`; for ``auto``, detect it from the first bytes. Compressed text is unpacked in both cases.

    Raise InputError if the input is empty or if `only` lacks its format.
    """
    detected = source.format_of(None if name == AUTO else formats()[name])
    if detected is None:
        raise InputError(f"{source.name}: the input is empty")
    if only and detected.name not in only:
        hint = "tlib encode" if detected.name == "jsonl" else "tlib decode -o FILE.tlb"
        raise InputError(f"{source.name}: expected {' or '.join(only)}, got {detected.name}; convert it to frames first: {hint}")
    return detected


def read_batches(source: Source, format: Format, options: ReadOptions) -> Iterator[Batch]:  # noqa: A002
    """Yield the batches of an input."""
    return batches_of(source, format, options)


def expanded(paths: Sequence[str]) -> tuple[str, ...]:
    """Return the inputs that `paths` stand for: each folder and zip file gives those in it. Raise Unusable where it holds none."""
    found: list[str] = []
    for path in paths:
        try:
            inside = members(path)
        except InputError as error:
            raise Unusable(str(error)) from None
        if not inside.names:
            raise Unusable(f"{path}: none of its {inside.skipped} files has a known format")
        if inside.skipped:
            report(f"{path}: skipped {inside.skipped} of {inside.skipped + len(inside.names)} files: no known format")
        found += inside.names
    return tuple(found)


def size_of(path: str) -> int:
    """Return the size of an input in a file, unpacked where it is a member of a zip file; 0 for another kind of input."""
    if path == "-" or not file_of(path).is_file():
        return 0
    try:
        with Source(path) as source:
            return source.size or 0
    except InputError:  # the reader reports it
        return 0


def batches(
    path: str,
    format: str,  # noqa: A002
    options: ReadOptions,
    *,
    only: Collection[str] = (),
    moved: Callable[[int], None] | None = None,
    opened: Callable[[Source], None] | None = None,
    follow: bool = False,
) -> Iterator[Batch]:
    """Yield the batches of `path`. Raise InputError."""
    with open_source(path, moved=moved, follow=follow) as source:
        if opened is not None:
            opened(source)
        yield from read_batches(source, format_of(source, format, only), options)


def entries(
    path: str,
    format: str,  # noqa: A002
    options: ReadOptions,
    *,
    only: Collection[str] = (),
    moved: Callable[[int], None] | None = None,
    opened: Callable[[Source], None] | None = None,
) -> Iterator[Entry]:
    """Yield the records and diagnostics of `path` one by one; report those of severity WARNING instead. Raise InputError."""
    for batch in batches(path, format, options, only=only, moved=moved, opened=opened):
        for entry in batch:
            if isinstance(entry, Diagnostic) and entry.severity is Severity.WARNING:
                report(entry.complaint())
            else:
                yield entry


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

    from tlib_codec.merge import merged  # noqa: PLC0415 most runs do not merge

    return merged([guarded(path) for path in paths])
