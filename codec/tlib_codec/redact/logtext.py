"""Logs rewritten line by line: the same text, with the values replaced where they stand.

Strategy: the log reader itself says which lines are a message's and where a value goes on; here each
line is only cut into the part that stays and the value. A line that no rule of a message explains is dropped and
counted: it may hold anything. Pseudonyms have the length of their originals, so printed sizes stay right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, BinaryIO

import msgspec

from tlib_codec.formats.logs.context import Context, recognised
from tlib_codec.formats.logs.dates import Clock
from tlib_codec.formats.logs.lines import DEFAULT_LOG_LIMITS, Line, LogLimits, chunks, text_lines
from tlib_codec.formats.logs.message import Message
from tlib_codec.formats.logs.platform_sdk import ATTRIBUTE
from tlib_codec.formats.logs.reader import KINDS
from tlib_codec.formats.logs.values import looks_hex, printed_bytes, whole_bytes
from tlib_codec.records import Diagnostic, Record
from tlib_schemas.abstract_dn import is_call
from tlib_schemas.values import KVList

from .headers import Headers
from .items import UNNUMBERED, Redactor

Change = Callable[[str], str]
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,19})(?!\d)", re.ASCII)


class _Level(msgspec.Struct):
    """A list that is open: how deep its key stood, its path, and what `Redactor.wants` said of it."""

    indent: int
    path: str
    wanted: bool | None


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
        opens = KINDS[kind](context, Clock(name))
        message: _Rewritten | None = None
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
                message = _Rewritten(
                    self.redactor, opens.message(context, header), headers.header(line), line, kept, keep_lines=self.keep_lines
                )
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


class _Rewritten:
    """One message, its lines as they will be written; None for a line that is left out."""

    def __init__(self, redactor: Redactor, message: Message, header: str, raw: str, before: str | None, *, keep_lines: bool) -> None:
        self.redactor: Redactor = redactor
        self.message: Message = message
        self.out: list[str | None] = [header]
        self.dropped: int = 0
        self.raw: str = raw
        self.omitted: bool = False  # a message that is not wanted
        self._before = before
        self._counts = redactor.counts.copy()
        self._keep_lines = keep_lines
        self._platform = message.quote == '"'
        # the quoted value that goes on: its pieces as line, start and end
        self._pieces: list[tuple[int, int, int]] = []
        self._change: Change | None = None
        # the attribute whose pairs follow: its number, whether they are replaced, and the lists open in it
        self._number: int | None = None
        self._chosen = True
        self._levels: list[_Level] = []

    def take(self, entry: Line) -> bool:
        """Take the next line; False where it is not of this message."""
        held = self.message.held is not None
        line = entry[2]
        goes_on = held and not self.message.stops(line)
        if not self.message.take(entry):
            return False
        self.out.append(line)
        if goes_on:
            ended = line.rstrip()
            closed = ended.endswith(self.message.quote)
            self._pieces.append((len(self.out) - 1, 0, len(ended) - 1 if closed else len(line.removesuffix("\r"))))
            if closed:
                self._replace(self._pieces, self._change)
                self._pieces = []
        else:
            self._cut()
            self._line(line)
        return True

    def suspend(self, entry: Line) -> bool:
        """Return whether the message may go on after a line that is not its own; then the line is kept or dropped with it."""
        if not self.message.suspend(entry):
            return False
        self.out.append(entry[2] if self._keep_lines else None)
        self.dropped += not self._keep_lines
        return True

    def finish(self, wanted: Callable[[Record], bool] | None) -> Iterator[str]:
        """Yield the lines; none where it was no message after all, or is not `wanted`."""
        self._cut()
        made = self.message.finish()
        if wanted is not None and made and isinstance(made[0], Record) and not wanted(made[0]):
            self.redactor.counts = self._counts
            self.omitted = True
            return
        if self._before is not None:
            yield self._before
        if not made:
            self.dropped = len(self.out)
            if self._keep_lines:
                self.dropped = 0
                yield self.raw
                yield from (line for line in self.out[1:] if line is not None)
            return
        yield from (line for line in self.out if line is not None)

    # -- replacing -------------------------------------------------------------------------------

    def _replace(self, pieces: list[tuple[int, int, int]], change: Change | None) -> None:
        """Replace the value that these pieces make up, as one text; its line feeds keep their places."""
        if change is None:
            return
        lines = [self.out[index] or "" for index, _, _ in pieces]
        texts = [line[start:end] for line, (_, start, end) in zip(lines, pieces, strict=True)]
        changed = change("\n".join(texts)).split("\n")
        for line, (index, start, end), text in zip(lines, pieces, changed, strict=True):
            self.out[index] = line[:start] + text + line[end:]

    def _cut(self) -> None:
        """Replace all lines of a quoted value that was never closed: nobody knows to which value they belong."""
        for piece in self._pieces:
            self._replace([piece], self._change or self.redactor.pseudonyms.text)
        self._pieces = []

    def _value(self, start: int, line: str, change: Change | None, bare_change: Change | None) -> None:
        """Replace the value that begins at `start`: in quotes, which may go on below, or bare to the end of the line."""
        index = len(self.out) - 1
        end = len(line.rstrip())
        if end <= start:
            return
        if line[start] != self.message.quote:
            self._replace([(index, start, end)], bare_change)
        elif end - start > 1 and line[end - 1] == self.message.quote:
            self._replace([(index, start + 1, end - 1)], change)
        else:
            self._pieces = [(index, start + 1, len(line.removesuffix("\r")))]
            self._change = change

    # -- lines -----------------------------------------------------------------------------------

    def _line(self, line: str) -> None:
        place = self._attribute(line)
        if place is not None:
            self._levels = []
            self._attribute_value(*place, line)
        elif line.lstrip()[:1] == "'" and self.message.pair(line) is not None:
            self._pair(line, 0, len(line) - len(line.lstrip()))
        elif not (self._platform and line.rstrip().endswith(":")) and not self._keep_lines:
            self.out[-1] = None
            self.dropped += 1

    def _attribute(self, line: str) -> tuple[str, int] | None:
        """Return the printed name of an attribute, and where its value begins."""
        if self._platform:
            match = ATTRIBUTE.match(line)
            return None if match is None else (match[1], match.end())
        name = self.message.attribute_name(line)
        parts = line.split(None, 1)
        return None if name is None else (name, len(line) - len(parts[1]) if len(parts) > 1 else len(line))

    def _attribute_value(self, name: str, start: int, line: str) -> None:
        known = self.message.exact.get(name) or self.message.context.names.find(name)
        number = None if known is None else known.id
        text = line[start:]
        self._number = number
        links = number in self.redactor.linked_calls and self.redactor.rules.ids and number not in self.redactor.rules.kept
        self._chosen = links or self.redactor.chooses(number)
        # Bytes of an unknown attribute, or all bytes of one without a type, need not be a list: none of them stays.
        listed = known is not None and (known.kind == "list" or (known.kind == "any" and whole_bytes(text) is None))
        head = self.message.list_head(text) if listed and text[:1] != self.message.quote else None
        if head is not None:
            self._cut_bytes(start, text)
            if head.rest:
                rest = len(line.rstrip()) - len(head.rest)
                self._pair(line, rest, len(line) - len(line.lstrip()))
            return
        change = partial(self.redactor.printed, number)
        text_alone = known is not None and known.kind == "text" and self.message.header.bare_names
        self._value(start, line, change, change if text_alone else self._bare(number))

    def _cut_bytes(self, start: int, text: str) -> None:
        """Keep the first four printed bytes of a packed list, which hold no value, and drop the others."""
        printed = printed_bytes(text)
        if printed is not None and len(printed[1]) > 4 and self._chosen:
            line = self.out[-1] or ""
            self.out[-1] = f"{line[:start]}[{printed[0]}] {printed[1][:4].hex(' ')}.."

    def _bare(self, number: int | None) -> Change | None:
        """Return the replacement of a value without quotes: a number, bytes, or a ConnID."""
        if number is not None and number in self.redactor.conn_ids:
            return (lambda text: str(self.redactor.value(number, text.lower()))) if self.redactor.rules.ids else None
        return self._printed if self._chosen else None

    def _printed(self, text: str) -> str:
        printed = printed_bytes(text)
        pseudonyms = self.redactor.pseudonyms
        if printed is not None:
            data = pseudonyms.data(printed[1])
            return " ".join([f"[{printed[0]}]", *(f"{byte:02x}" for byte in data)]) + (".." if printed[2] else "")
        if looks_hex(text):
            return pseudonyms.hex(text)
        match = _INTEGER.match(text)
        if match is None:
            return pseudonyms.text(text)
        return str(pseudonyms.integer(int(match[0]))) + pseudonyms.text(text[match.end() :])

    def _pair(self, line: str, start: int, indent: int) -> None:
        """Replace the pair, or the pairs of lists opened one in the other, from `start` on."""
        if start == 0:
            while self._levels and indent <= self._levels[-1].indent:
                self._levels.pop()
        pair = self.message.pair(line[start:])
        while pair is not None:
            key, text, rest = pair
            level = self._levels[-1] if self._levels else _Level(-1, "", wanted=False)
            path = f"{level.path}.{key}" if level.path else key
            wanted = None if level.wanted is None else self.redactor.wants(key, path, level.wanted)
            if text is not None:
                self._pair_value(key, len(line) - len(text), line, wanted, top=not self._levels)
                return
            self._levels.append(_Level(indent, path, wanted))
            pair = self.message.pair(rest) if rest else None
            if rest and pair is None:
                self._value(len(line.rstrip()) - len(rest), line, self.redactor.text, self.redactor.text)

    def _pair_value(self, key: str, start: int, line: str, wanted: bool | None, *, top: bool) -> None:
        redactor = self.redactor
        if not self._chosen or wanted is None:
            self._value(start, line, None, None)
        elif self._number in redactor.linked_calls:
            number = self._number
            self._value(start, line, lambda text: self._one(redactor.value(number, KVList([("", text)]))), None)
        elif self._number in redactor.listed_calls and top and is_call(key, self._shown(line[start:].rstrip())):
            self._value(start, line, redactor.identifier if redactor.rules.ids else None, None)
        elif wanted:
            self._counted()
            self._value(start, line, redactor.pseudonyms.text, self._printed)
        else:
            self._value(start, line, None, None)

    def _shown(self, text: str) -> str | int:
        """Return the text in quotes; any integer for a value without quotes."""
        return text[1:-1] if text[:1] == self.message.quote else 0

    def _counted(self) -> None:
        number = self._number
        self.redactor.counts[UNNUMBERED if number is None else self.redactor.registry.attribute_name(number)] += 1

    @staticmethod
    def _one(value: Any) -> str:
        return str(next(iter(value))[1])
