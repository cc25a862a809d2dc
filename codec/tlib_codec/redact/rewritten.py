"""One message of a log, rewritten line by line.

Strategy: the log reader itself says which lines are the message's and where a value goes on. Each line is cut into a name, the text around
it and a value, and put together again from safe parts (`printed`); a line that is none of these is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import msgspec

from tlib_codec.formats.logs.lines import Line
from tlib_codec.formats.logs.message import Message
from tlib_codec.formats.logs.platform_sdk import ATTRIBUTE
from tlib_codec.formats.logs.values import Known, whole_bytes
from tlib_codec.records import Record

from .items import UNNUMBERED
from .loose import loose
from .printed import Printed

Change = Callable[[str], str]
_GROUP: Final = re.compile(r"\s*(?:(?:message )?attributes|Time\s*=\s*ComplexClass\(TimeStamp\)):\s*", re.ASCII)


class _Level(msgspec.Struct):
    """A list that is open: how deep its key stood, its path (None of the attribute's own), and what `Redactor.wants` said of it."""

    indent: int
    path: str | None
    wanted: bool | None


class Rewritten:
    """One message, its lines as they will be written; None for a line that is left out."""

    def __init__(self, printed: Printed, message: Message, header: str, raw: str, before: str | None, *, keep_lines: bool) -> None:
        self.printed: Printed = printed
        self.message: Message = message
        self.out: list[str | None] = [header]
        self.dropped: int = 0
        self.raw: str = raw
        self.omitted: bool = False  # a message that is not wanted
        self._before = before
        self._redactor = printed.redactor
        self._counts = self._redactor.counts.copy()
        self._keep_lines = keep_lines
        self._platform = message.quote == '"'
        # the quoted value that goes on: its pieces as line, start and end
        self._pieces: list[tuple[int, int, int]] = []
        self._change: Change = self._redactor.text
        # the attribute whose pairs follow, and the lists open in it
        self._known: Known | None = None
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
            self._redactor.counts = self._counts
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

    def _replace(self, pieces: list[tuple[int, int, int]], change: Change) -> None:
        """Replace the value that these pieces make up, as one text; its line feeds keep their places."""
        lines = [self.out[index] or "" for index, _, _ in pieces]
        texts = [line[start:end] for line, (_, start, end) in zip(lines, pieces, strict=True)]
        changed = change("\n".join(texts)).split("\n")
        for line, (index, start, end), text in zip(lines, pieces, changed, strict=True):
            self.out[index] = line[:start] + text + line[end:]

    def _cut(self) -> None:
        """Replace all lines of a quoted value that was never closed: nobody knows to which value they belong."""
        for piece in self._pieces:
            self._replace([piece], self._redactor.text)
        self._pieces = []

    def _value(self, before: str, text: str, quoted: Change, bare: Change) -> None:
        """Put the line together: `before`, and the value `text` in quotes, which may go on below, or bare to the end of the line."""
        value = text.rstrip()
        end = text[len(value) :]
        quote = self.message.quote
        if not value:
            self.out[-1] = before + end
        elif value[0] != quote:
            self.out[-1] = before + bare(value) + end
        elif len(value) > 1 and value[-1] == quote:
            self.out[-1] = f"{before}{quote}{quoted(value[1:-1])}{quote}{end}"
        else:
            self.out[-1] = before + text
            self._pieces = [(len(self.out) - 1, len(before) + 1, len(before) + len(text.removesuffix("\r")))]
            self._change = quoted

    # -- lines -----------------------------------------------------------------------------------

    def _line(self, line: str) -> None:
        parts = self._attribute(line)
        if parts is not None:
            self._levels = []
            self._attribute_value(*parts)
        elif line.lstrip()[:1] == "'" and self.message.pair(line) is not None:
            self._pair("", line, len(line) - len(line.lstrip()))
        elif not (self._platform and _GROUP.fullmatch(line)) and not self._keep_lines:
            self.out[-1] = None
            self.dropped += 1

    def _attribute(self, line: str) -> tuple[str, str, str, str] | None:
        """Return the parts of an attribute's line: its indentation, its printed name, the text between, its value."""
        if self._platform:
            match = ATTRIBUTE.match(line)
            if match is None:
                return None
            name, end = match[1], match.end()
            return line[: match.start(1)], name, self.printed.types(line[match.end(1) : end]), line[end:]
        name = self.message.attribute_name(line) or ""
        start = line.find(name)
        text = line[start + len(name) :]
        value = text.lstrip()
        return (line[:start], name, text[: len(text) - len(value)], value) if name else None

    def _attribute_value(self, indent: str, name: str, between: str, text: str) -> None:
        known = self.message.exact.get(name) or self.message.context.names.find(name)
        self._known = known
        before = indent + self.printed.name(name) + between
        # Bytes of an unknown attribute, or all bytes of one without a type, need not be a list: none of them stays.
        listed = known is not None and (known.kind == "list" or (known.kind == "any" and whole_bytes(text) is None))
        head = self.message.list_head(text) if listed and text[:1] != self.message.quote else None
        if head is not None and known is not None:
            before += self.printed.head(known, text[: len(text.rstrip()) - len(head.rest)] if head.rest else text)
            if head.rest:
                self._pair(before, text[len(text.rstrip()) - len(head.rest) :], len(indent))
            else:
                self.out[-1] = before
            return
        quoted, bare = partial(self.printed.quoted, known), partial(self.printed.bare, known)
        text_alone = known is not None and known.kind == "text" and (self.message.header.bare_names or known.id in self._redactor.kept)
        self._value(before, text, quoted, quoted if text_alone else bare)

    def _pair(self, before: str, text: str, indent: int) -> None:
        """Put a line together: `before`, and the pair, or the pairs of lists opened one in the other, that `text` holds."""
        if not before:
            while self._levels and indent <= self._levels[-1].indent:
                self._levels.pop()
        number = None if self._known is None else self._known.id
        tail = text[len(text.rstrip()) :]
        text = text.rstrip()
        pair = self.message.pair(text)
        while pair is not None:
            key, value, rest = pair
            level = self._levels[-1] if self._levels else _Level(-1, None, wanted=False)
            path = f"{level.path}.{key}" if level.path else key
            wanted = None if level.wanted is None else self._redactor.wants(key, path, level.wanted)
            start = text.find("'") + 1
            end = len(text) - len(rest if value is None else value)
            name = key if wanted is None or number in self._redactor.kept else self._redactor.key(key)
            before += loose(self._redactor, text[: start - 1]) + "'" + name + self.printed.types(text[start + len(key) : end])
            if value is not None:
                self._pair_value(before, key, value + tail, level, wanted)
                return
            self._levels.append(_Level(indent, path, wanted))
            text = text[end:]
            pair = self.message.pair(rest) if rest else None
        change = partial(loose, self._redactor)
        self._value(before, text + tail, change, change)

    def _pair_value(self, before: str, key: str, text: str, level: _Level, wanted: bool | None) -> None:
        number = None if self._known is None else self._known.id
        inside = None if wanted is None else level.wanted
        if wanted and self._redactor.chooses(number):
            self._redactor.counts[UNNUMBERED if number is None else self._redactor.registry.attribute_name(number)] += 1

        def safe(value: str) -> str:
            return str(self.printed.one(number, key, value, level.path, inside)[1])

        def bare(value: str) -> str:
            found = self.printed.pair(value)
            if found is None:
                return self.printed.unknown(value)
            new = self.printed.one(number, key, found[0], level.path, inside)[1]
            return self.printed.pair_again(value, found[0], new, found[1])

        self._value(before, text, safe, bare)
