"""Logs rewritten line by line: the same messages, with the values replaced where they stand.

Strategy: a whitelist. A line is written only if the log reader takes it for a header, an attribute or a pair of a message, or for the date
of the log; and of it only known words, names of the registry and safe values (`headers`, `rewritten`). Every other line is
dropped and counted: it may hold anything. Pseudonyms have the length of their originals, so printed sizes stay right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from tlib_codec.formats.logs.context import Context, recognised
from tlib_codec.formats.logs.dates import Clock
from tlib_codec.formats.logs.lines import DEFAULT_LOG_LIMITS, LogLimits, chunks, text_lines
from tlib_codec.formats.logs.reader import KINDS
from tlib_codec.records import Diagnostic, Record

from .headers import Headers
from .items import Redactor
from .printed import Printed
from .rewritten import Rewritten


class LogRedactor:
    """Rewrites a log. `dropped` counts the lines left out; `keep_lines` keeps those that no message explains.

    `wanted` selects the messages that it writes, by their original values; None selects all.
    """

    def __init__(
        self,
        redactor: Redactor,
        *,
        keep_lines: bool = False,
        limits: LogLimits = DEFAULT_LOG_LIMITS,
        wanted: Callable[[Record], bool] | None = None,
    ) -> None:
        self.redactor: Redactor = redactor
        self.keep_lines: bool = keep_lines
        self.limits: LogLimits = limits
        self.wanted: Callable[[Record], bool] | None = wanted
        self.dropped: int = 0

    def lines(self, file: Iterable[bytes] | BinaryIO, *, name: str = "", kind: str | None = None) -> Iterator[bytes]:
        """Yield the lines of the log made safe, each with its end. `name` and `kind` as for `read_log`."""
        pieces = chunks(file)
        if kind is None:
            pieces, kind = recognised(pieces)
        context = Context(self.redactor.registry, None, self.limits)
        headers = Headers(self.redactor, kind)
        printed = Printed(self.redactor, context.names)
        opens = KINDS[kind](context, Clock(name))
        message: Rewritten | None = None
        blank = True
        held: str | None = None  # the line before, which may be part of a header
        for entry in text_lines(pieces, self.limits.line, name):
            if entry is None:
                continue
            if isinstance(entry, Diagnostic):
                self.dropped += 1
                continue
            if message is not None and message.take(entry):
                continue
            line = entry[2]
            header = opens.header(entry)
            kept: str | None = None
            if message is not None:
                if header is None and message.suspend(entry):
                    continue
                texts = list(message.finish(self.wanted))
                self.dropped += message.dropped
                if not texts and not message.omitted and header is not None:
                    kept = headers.before(message.raw, line)  # the first line of a header of two lines
                    self.dropped -= kept is not None
                for text in texts:
                    blank = False
                    yield _bytes(text)
                message = None
            if held is not None:
                kept = headers.before(held, line) if header is not None else None
                if kept is None and self.keep_lines:
                    kept = held
                if kept is None:
                    self.dropped += 1
                elif header is None:
                    blank = False
                    yield _bytes(kept)
                held = None
            if header is not None:
                message = Rewritten(printed, opens.message(context, header), headers.header(line), line, kept, keep_lines=self.keep_lines)
            elif not line.strip():
                if not blank:
                    yield b"\n"
                blank = True
            elif headers.is_date(line):
                blank = False
                yield _bytes(line)
            else:
                held = line
        if held is not None:
            if self.keep_lines:
                yield _bytes(held)
            else:
                self.dropped += 1
        if message is not None:
            yield from map(_bytes, message.finish(self.wanted))
            self.dropped += message.dropped


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape") + b"\n"
