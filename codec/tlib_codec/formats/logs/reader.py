r"""Read a log: lines in, records and diagnostics out.

Strategy: one pass. Between messages only a header counts, all else is the log's own text; within
one, the message takes its lines until one ends it. Nothing is held but the message at hand.

>>> log = [b"@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventOnHook\n", b"\tAttributeThisDN\t'2001'\n"]
>>> [record.item for record in read_log(log)]
[EventOnHook(this_dn='2001')]
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from tlib_codec.formats.encodings import checked, is_wide, transcoded
from tlib_codec.records import Diagnostic, Entry, Origin
from tlib_schemas.errors import Severity, quote
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .context import Context, context_of, recognised
from .lines import DEFAULT_LOG_LIMITS, Line, LogLimits, chunks, text_lines
from .message import Message
from .platform_sdk import PlatformForm
from .tserver import TServerForm
from .values import bare

KINDS: dict[str, type[TServerForm | PlatformForm]] = {"tserver": TServerForm, "platform-sdk": PlatformForm}


def read_log(
    file: Iterable[bytes] | BinaryIO,
    *,
    registry: Registry = TLIBRARY,
    name: str = "",
    kind: str | None = None,
    server: int | None = None,
    encoding: str | None = None,
    zone: dt.tzinfo | None = None,
    limits: LogLimits = DEFAULT_LOG_LIMITS,
) -> Iterator[Entry]:
    """Yield the messages of a log as records, each followed by its diagnostics.

    `file` is open for reading bytes, or any chunks of bytes. `name` is the file's name: the date
    may stand in it. `kind` is ``tserver`` or ``platform-sdk``; None recognises it from the
    beginning, and takes ``tserver`` where nothing is recognised. `server` is the id of the connection that the
    attribute Server gets where the log does not print it; with None the event has no Server. `encoding` is the encoding of the
    text; None reads UTF-8, and a line that is not UTF-8 as Windows-1252. `zone` is that of a log that does not know its own.

    Raises ValueError for an unknown kind or encoding, or where `server` does not fit an unsigned 32-bit
    integer; never for the content of the log.
    """
    found = entries(file, registry=registry, name=name, kind=kind, server=server, encoding=encoding, zone=zone, limits=limits)
    return (entry for entry in found if entry is not None)


def entries(
    file: Iterable[bytes] | BinaryIO,
    *,
    registry: Registry,
    name: str,
    kind: str | None = None,
    server: int | None = None,
    encoding: str | None = None,
    zone: dt.tzinfo | None = None,
    limits: LogLimits = DEFAULT_LOG_LIMITS,
) -> Iterator[Entry | None]:
    """Yield as `read_log` does, and None where the next line must be waited for."""
    text = None if encoding is None else checked(encoding)
    context = context_of(registry, server, limits, name, zone)
    if kind is not None and kind not in KINDS:
        raise ValueError(f"the kind of a log is {' or '.join(KINDS)}, not {kind!r}")
    return _read(file, context, kind, text)


def _read(file: Iterable[bytes] | BinaryIO, context: Context, kind: str | None, encoding: str | None) -> Iterator[Entry | None]:
    pieces = chunks(file)
    if encoding is not None and is_wide(encoding):
        pieces, encoding = transcoded(pieces, encoding), "utf-8"
    if kind is None:
        pieces, kind = recognised(pieces)
    yield from read_pieces(pieces, context, kind, encoding)


def read_pieces(pieces: Iterable[bytes], context: Context, kind: str, encoding: str | None) -> Iterator[Entry | None]:
    """Yield the entries of a log of a known kind; a line feed in its encoding is a byte."""
    reading = Reading(context, KINDS[kind](context, context.clock))
    for entry in text_lines(pieces, context.limits.line, context.file, encoding, context.span):
        if entry is None:
            yield None
        else:
            yield from reading.take(entry)
    context.clean = reading.message is None
    yield from reading.close()


class Reading:
    """The state between two lines: the open message, and the lines before it. `take` each line, then `close`."""

    def __init__(self, context: Context, headers: TServerForm | PlatformForm) -> None:
        self._context = context
        self.headers = headers
        self.message: Message | None = None
        self.orphaned: bool = False
        """Whether attributes without a header have been reported, or belong to a message that was cut."""

    def take(self, entry: Line | Diagnostic) -> Sequence[Entry]:
        """Return the entries that a line, or the diagnostic in its place, completes."""
        message = self.message
        if not isinstance(entry, tuple):
            if message is None or entry.severity is Severity.WARNING:
                return (entry,)
            message.add(entry)
            return ()
        if message is not None and message.take(entry):
            return ()
        line = entry[2]
        blank = not line or line.isspace()
        header = None if blank else self.headers.header(entry)
        completed: Sequence[Entry] = ()
        if message is not None:
            if header is None and message.suspend(entry):
                return ()
            completed = message.finish()
            self.orphaned = message.full
            self.message = None
        if blank:
            self.orphaned = False
        elif header is not None:
            self.message = self.headers.message(self._context, header)
        elif _attribute(line):
            if not self.orphaned:
                completed = [*completed, self._orphan(entry)]
            self.orphaned = True
        return completed

    def _orphan(self, entry: Line) -> Diagnostic:
        number, offset, line = entry
        origin = Origin(file=self._context.file, line=number, offset=offset)
        return Diagnostic("log-orphan", origin, "a message's header first", quote(line.strip()))

    def close(self) -> Sequence[Entry]:
        """Return the entries of the message that is open at the end."""
        message, self.message = self.message, None
        return () if message is None else message.finish()


def _attribute(line: str) -> bool:
    parts = line.split(None, 1)
    return bool(parts) and bare(parts[0]) is not None
