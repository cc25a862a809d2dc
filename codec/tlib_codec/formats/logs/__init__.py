"""Logs: T-Server and SIP Server text, Platform SDK text; readers of both and writers of both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from tlib_codec.formats import Format, ReadOptions, WriteOptions, Writer

from . import codes  # noqa: F401 registers the error codes of logs
from .sniff import sniff

if TYPE_CHECKING:
    from tlib_codec.formats.source import Source
    from tlib_codec.formats.spans import Span
    from tlib_codec.records import Batch


def _recognise(head: bytes, _end: bool) -> bool:
    """Return whether `head` has a line that occurs only in logs."""
    return sniff(head) is not None


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from tlib_codec.records import batches  # noqa: PLC0415

    from .parts import source_parts  # noqa: PLC0415

    return batches(source_parts(source, options), registry=options.registry)


def _cut(file: BinaryIO, begin: Span, length: int, options: ReadOptions) -> Iterator[Span]:
    from .cut import cut  # noqa: PLC0415

    return cut(file, begin, length, options)


def _write(file: BinaryIO, options: WriteOptions) -> Writer:
    from .log_writer import LogWriter  # noqa: PLC0415

    return LogWriter(file, options)


FORMATS = (
    Format(
        name="log",
        title="T-Server, SIP Server or Platform SDK log",
        suffixes=(".log",),
        recognise=_recognise,
        read=_read,
        cut=_cut,
        origins=("file", "line", "offset", "time", "local_time", "time_of_day", "direction", "peer", "version", "text", "unnumbered"),
        write=_write,
    ),
)
