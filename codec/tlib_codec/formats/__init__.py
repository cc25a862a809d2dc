"""The formats of files: their names, suffixes and first bytes, how each is read and how each is written.

Strategy: a module of this package that has `FORMATS` adds them; nothing else names a format. ``--format``, ``--to``, suffixes,
detection, ``--help`` and the table in docs/cli.md come from `formats()`. The modules are light: the work is imported
when a file is read or written.

Detection looks at magic numbers first, then asks each format whether it recognises the beginning of the file.
"""

from __future__ import annotations

import datetime as dt
import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import msgspec

from tlib_codec.stats import Stats
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

if TYPE_CHECKING:
    from tlib_codec.clock import ShownZone
    from tlib_codec.query import Selection
    from tlib_codec.records import Batch, Part

    from .source import Source
    from .spans import Span

__all__ = ["Format", "ReadOptions", "WriteOptions", "Writer", "by_suffix", "detect", "formats", "readable", "writable"]


class ReadOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of a reader; each format uses the ones that apply to it.

    `server` is the Server attribute of events from a log, which logs do not print. `encoding` is the encoding of a log's text (None:
    UTF-8, and Windows-1252 for a line that is not UTF-8). `ports` and `hosts` (addresses) choose connections of a capture; without
    them, those that carry frames are read. `zone` is that of logs that do not know theirs. A native reader adds to `stats.read`.
    """

    registry: Registry = TLIBRARY
    server: int | None = None
    encoding: str | None = None
    ports: tuple[int, ...] = ()
    hosts: tuple[str, ...] = ()
    zone: dt.tzinfo | None = None
    stats: Stats = msgspec.field(default_factory=Stats)


class WriteOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of a writer; each format uses the ones that apply to it.

    `origins` names the fields of `Origin` that rows have as columns (None: all). `threads` encode Parquet. `stream` asks for an output
    that can be read while it grows, where a format has a choice. `part` asks for a part of an output, for `Writer.join`. `select`
    chooses columns, for a format that `selects`. `zone` is that of the times that people read (None: as `ShownZone` chooses).
    CSV guards texts that a spreadsheet takes for formulas, unless it is `raw_csv` (`csv_text`). A native writer adds to `stats.written`.
    """

    registry: Registry = TLIBRARY
    origins: tuple[str, ...] | None = None
    threads: int = 1
    stream: bool = False
    part: bool = False
    zone: ShownZone | None = None
    select: Selection | None = None
    raw_csv: bool = False
    stats: Stats = msgspec.field(default_factory=Stats)


class Writer(Protocol):
    """Writes batches to a file, which stays open."""

    def write(self, batch: Batch, /) -> Iterator[Part]:
        """Write a batch, and yield each record that is invalid and each diagnostic, those of writing included.

        Invalid records may come as a run of frames. The batch is written when the iterator is exhausted.
        """

    def join(self, part: BinaryIO, /) -> None:
        """Write a part that another writer of the same format has made."""

    def flush(self) -> None:
        """Make everything written so far visible to a reader."""

    def close(self) -> None:
        """Write the end of the output."""


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One format: `name` is that of ``--format`` and ``--to``, `title` the words for a person.

    `suffixes` begin with a dot; the first is the usual one. A file that begins with one of `magic` has the format;
    `recognise` gets the beginning of a file that has no magic number, and whether the file ends there. `read` yields batches.
    `origins` are the fields of `Origin` that the reader fills, None where a file may fill any. `write` makes a writer.
    `cut` yields the spans of a plain file from a span on, each about a given number of bytes, for readers in several processes (`spans`).
    `binary` output does not go to a terminal; `whole` output is of use only when it is complete. A format that `shows_problems`
    has a place for records that are invalid, so nobody need read about them elsewhere. Output that `joins` can be written
    in parts by several processes; where it is `seamless`, the parts of one input joined are the bytes of one process. A format that
    `selects` writes chosen columns.
    """

    name: str
    title: str
    suffixes: tuple[str, ...] = ()
    magic: tuple[bytes, ...] = ()
    recognise: Callable[[bytes, bool], bool] | None = None
    read: Callable[[Source, ReadOptions], Iterator[Batch]] | None = None
    origins: tuple[str, ...] | None = ()
    cut: Callable[[BinaryIO, Span, int, ReadOptions], Iterator[Span]] | None = None
    write: Callable[[BinaryIO, WriteOptions], Writer] | None = None
    binary: bool = False
    whole: bool = False
    shows_problems: bool = False
    joins: bool = False
    seamless: bool = False
    selects: bool = False


@functools.cache
def formats() -> Mapping[str, Format]:
    """Return every format by its name."""
    found: dict[str, Format] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        added: tuple[Format, ...] = getattr(importlib.import_module(f"{__name__}.{module.name}"), "FORMATS", ())
        for one in added:
            if one.name in found:
                raise ValueError(f"two formats are named {one.name}")
            found[one.name] = one
    return found


def readable() -> Mapping[str, Format]:
    """Return the formats that can be read."""
    return {name: one for name, one in formats().items() if one.read is not None}


def writable() -> Mapping[str, Format]:
    """Return the formats that can be written."""
    return {name: one for name, one in formats().items() if one.write is not None}


def by_suffix(path: str, among: Mapping[str, Any] | None = None) -> Format | None:
    """Return the format of `among` (default: all that can be written) whose suffix `path` has; None where there is none."""
    suffix = PurePath(path).suffix.lower()
    names = writable() if among is None else among
    return next((one for one in formats().values() if suffix in one.suffixes and one.name in names), None)


def detect(head: bytes, *, end: bool) -> Format | None:
    """Return the format of a file that begins with `head`; None where none is recognised. `end`: no more bytes come."""
    known = readable().values()
    for one in known:
        if head.startswith(one.magic):
            return one
    return next((one for one in known if one.recognise is not None and one.recognise(head, end)), None)
