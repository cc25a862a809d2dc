"""Platform SDK text: how the client library prints a message, often inside an application's log.

Strategy: a message is opened by a line that ends in ``'EventOnHook' ('87')``, with or without the
application's own text before it, and proved by the next line: ``message attributes:`` or an
attribute. Types are printed, but the registry's declaration decides, as everywhere.
"""

from __future__ import annotations

import re

from .context import Context
from .dates import STAMP, Clock
from .forms import direction_of, header_of
from .lines import Line
from .lists import ListHead
from .message import Header, Message

_HEADER = re.compile(r"'(\w{1,80})' \('?(\d{1,5})'?\)(?:\s+(?:message\s+)?attributes:)?\s*$", re.ASCII)
_ATTRIBUTES = re.compile(r"\s*(?:message )?attributes:\s*", re.ASCII)
ATTRIBUTE = re.compile(r"\s*((?:ISCC|SD)?Attribute#?\w+)\s*(?:\[\w+\]\s*)?=\s*", re.ASCII)
_PAIR = re.compile(r"'\s*\[\w+\]\s*=\s*", re.ASCII)
_PAIR_LINE = re.compile(r"\s*'[^']*'\s*\[\w+\]\s*=", re.ASCII)
_GROUP = re.compile(r"\s*\w+\s*=\s*ComplexClass\(\w+\):\s*", re.ASCII)
_LIST = re.compile(r"KVList:\s*", re.ASCII)
_FOREIGN = re.compile(
    r"\b(?:Event|Request)[A-Z]|\bmessage\b|\battributes:|\b(?:got|receiv\w*|sending|sent|send|writing)\b|^(?:Local|UTC) time:",
    re.IGNORECASE | re.ASCII,
)
RECEIVED = re.compile(r"\b(?:got|receiv\w*)\b", re.IGNORECASE)
SENT = re.compile(r"\b(?:sending|sent|send|writing)\b", re.IGNORECASE)


def opens(line: str) -> re.Match[str] | None:
    """Return the header of a message at the end of `line`: groups name and number."""
    at = line.rfind("' (")
    start = line.rfind("'", 0, at) if at > 0 else -1
    return _HEADER.match(line, start) if start >= 0 else None


class PlatformMessage(Message):
    """A message in Platform SDK form."""

    quote = '"'
    foreign = _FOREIGN

    def attribute_name(self, line: str) -> str | None:
        match = ATTRIBUTE.match(line)
        return None if match is None else match[1]

    def read(self, line: str) -> bool:
        if not line.strip():
            return False
        match = ATTRIBUTE.match(line)
        if match is not None:
            self.attribute(match[1], line[match.end() :], len(line) - len(line.lstrip()))
        elif _ATTRIBUTES.fullmatch(line) or _GROUP.fullmatch(line):
            self.end_value()
            self.certain = True
        else:
            return self.other(line)
        return True

    def stops(self, line: str) -> bool:
        return bool(ATTRIBUTE.match(line) or _PAIR_LINE.match(line) or STAMP.match(line) or opens(line))

    def list_head(self, text: str) -> ListHead | None:
        match = _LIST.match(text)
        return None if match is None else ListHead(rest=text[match.end() :].strip())

    def pair(self, line: str) -> tuple[str, str | None, str] | None:
        start = line.find("'") + 1
        match = _PAIR.search(line, start)
        if match is None:
            return None
        key, value = line[start : match.start()], line[match.end() :]
        nested = _LIST.match(value)
        return (key, value, "") if nested is None else (key, None, value[nested.end() :].strip())


class PlatformForm:
    """Recognises the headers of Platform SDK form. One for a file: it remembers the line before."""

    message = PlatformMessage

    def __init__(self, context: Context, clock: Clock) -> None:
        self._clock = clock
        self.before: str = ""

    def header(self, entry: Line) -> Header | None:
        """Return the message that `line` opens; None where it opens none."""
        number, offset, line = entry
        self._clock.read(line)
        match = opens(line)
        before, self.before = self.before, line
        if match is None:
            return self._other(entry)
        place = line[: match.start()] or before
        direction = "received" if RECEIVED.search(place) else "sent" if SENT.search(place) else ""
        number_printed = int(match[2])
        return Header(
            line=number,
            offset=offset,
            name=match[1],
            number=number_printed if number_printed <= 0xFFFF else None,
            time=self._clock.time,
            certain="attributes:" in match[0],
            direction=direction,
            carriage_returns=line.endswith("\r"),
        )

    def _other(self, entry: Line) -> Header | None:
        """Return the message that a header of another form opens."""
        number, offset, line = entry
        found = header_of(line, "platform-sdk")
        if found is None:
            return None
        match = found[1]
        return Header(
            line=number,
            offset=offset,
            name=match["name"],
            time=self._clock.time,
            certain=False,
            direction=direction_of(match),
            peer=match["peer"],
            carriage_returns=line.endswith("\r"),
        )
