"""T-Server and SIP Server text, and what clients (URS, ORS, ICON) print of the same messages.

Strategy: a message is opened by a line that ends in ``message X``, whatever stands before it;
the text there, or where it has no word the line before, gives time, direction and peer. Where nothing there marks a log line,
attributes must follow before it is believed. Other headers are those of `forms`. Its attributes follow a line each; it ends at an empty
line or at one that is neither indented nor an attribute nor a pair, unless an attribute follows it (`Message.suspend`).
"""

from __future__ import annotations

import functools
import re

from .context import Context
from .dates import STAMP, Clock
from .forms import direction_of, header_of
from .lines import Line
from .lists import ListBuilder, ListHead
from .message import Header, Message
from .values import Known, bare, printed_bytes

_NAME = re.compile(r"message ([A-Za-z_]\w*|\d{1,5})(?:\(refid=\d{1,10}\))?\s*", re.ASCII)
_MARKED = re.compile(r"\[(?:ISCC|BSYNC)\]|\breceived from\b|\brequest to\b|\bdistribute\w*|\bsend_to_client\b", re.ASCII)
DIRECTION = re.compile(r"\b(received from|request to|sen[dt] to|send_to_client|distribute)", re.IGNORECASE | re.ASCII)
_SERVER = re.compile(r"\s*(\d{1,10})\(", re.ASCII)
_VERSION = re.compile(r"\]\s+(\d+(?:\.\d+){2,5})\s", re.ASCII)
_ATTRIBUTE = re.compile(r"\s*(?:ISCC|SD)?Attribute[A-Z#]\w*(?:\s+['\[\d-]|\s*$)", re.ASCII)
_PAIR = re.compile(r"\s*'([^']*)'(?:\s+(?=['\[\d-])|(?=\(list\)))", re.ASCII)
_SEPARATOR = re.compile(r"'(?:\s+(?=['\[\d-])|(?=\(list\)))", re.ASCII)
_FOREIGN = re.compile(
    r"\b(?:Event|Request)[A-Z]|\bmessage\b|\[(?:ISCC|BSYNC)\]|^(?:Local|UTC) time:"
    r"|\b(?:received from|request to|sen[dt] to|send_to_client|distribute)",
    re.IGNORECASE | re.ASCII,
)
_PLACE = 512  # characters before a message's name that are looked at, and kept in a cache
_LIST = re.compile(r"\[\d{1,9}\](?:\s+[0-9a-fA-F]{2})*\s*(?:\.\.)?", re.ASCII)


def message_name(line: str) -> tuple[str, str] | None:
    """Return the text before ``message X`` at the end of `line`, and X; None where there is none."""
    at = line.rfind("message ")
    if at < 0:
        return None
    match = _NAME.fullmatch(line, at)
    if match is None:
        return None
    before = line[:at].rstrip()
    return (before, match[1]) if not before or before[-1] in ":)]" or _MARKED.search(before) else None


class TServerMessage(Message):
    """A message in T-Server form."""

    quote = "'"
    foreign = _FOREIGN

    def attribute_name(self, line: str) -> str | None:
        parts = line.split(None, 1)
        return parts[0] if parts and (bare(parts[0]) is not None or parts[0] in self.exact) else None

    def read(self, line: str) -> bool:
        parts = line.split(None, 1)
        if len(parts) > 1:
            name, text = parts
            known = self.exact.get(name)
            if known is not None:
                # The usual line, without a detour: an integer, or a text that ends where the line does.
                if known.quick is not None and known.id not in self.values:
                    value = known.quick(text)
                    if value is not None:
                        if self.going_on:
                            self.end_value()
                        self.certain = True
                        self.values[known.id] = value
                        return True
            elif self.list is not None and name[0] == "'":
                return self._quick_pair(self.list, line) or self.other(line)
            elif bare(name) is None:
                return self.other(line)
        elif not parts:
            return False
        else:
            name, text = parts[0], ""
            if bare(name) is None:
                return self.other(line)
        self.attribute(name, text, len(line) - len(line.lstrip()))
        return True

    @staticmethod
    def _quick_pair(builder: ListBuilder, line: str) -> bool:
        """Add the usual pair: two texts with a tab between, the second one ending where the line does."""
        indent = len(line) - len(line.lstrip())
        key, tab, text = line[indent + 1 :].partition("'\t'")
        if not tab or not text or text[-1] != "'" or "'(list)" in key or "'\t" in key or builder.full:
            return False
        builder.line(indent)
        builder.add(key, text[:-1])
        return True

    def stops(self, line: str) -> bool:
        return bool(_ATTRIBUTE.match(line) or _PAIR.match(line) or STAMP.match(line) or message_name(line))

    def list_head(self, text: str) -> ListHead | None:
        match = _LIST.match(text)
        if match is None:
            return None
        found = printed_bytes(match[0])
        assert found is not None
        length, data, _ = found
        count = int.from_bytes(data[:2]) if len(data) > 1 else None
        return ListHead(count, length <= 2 if count is None else count == 0, text[match.end() :].strip())

    def pair(self, line: str) -> tuple[str, str | None, str] | None:
        start = line.find("'") + 1
        nested, tab = line.find("'(list)", start), line.find("'\t", start)
        if nested >= 0 and not 0 <= tab < nested:
            return line[start:nested], None, line[nested + 7 :].strip()
        if tab >= 0 and (value := line[tab + 1 :].lstrip()):
            return line[start:tab], value, ""
        match = _SEPARATOR.search(line, start)  # a copy that lost its tabs
        if match is None:
            return None
        return line[start : match.start()], line[match.end() :], ""


@functools.lru_cache(maxsize=256)
def _described(place: str) -> tuple[str, str, int | None, str]:
    """Return direction, peer, number of the server and version out of the text before a message's name."""
    version = _VERSION.search(place)
    mark = DIRECTION.search(place)
    direction = peer = ""
    server = None
    if mark is not None:
        how = mark[1].lower()
        direction = "received" if how == "received from" else "sent"
        if how not in ("send_to_client", "distribute"):
            peer = place[mark.end() :].strip().rstrip(":")
        if direction == "received" and (digits := _SERVER.match(place, mark.end())):
            server = int(digits[1]) & 0xFFFF_FFFF
    return direction, peer, server, version[1] if version else ""


class BareMessage(TServerMessage):
    """A message whose attributes stand without the word ``Attribute``, and texts of one word without quotes."""

    def __init__(self, context: Context, header: Header) -> None:
        super().__init__(context, header)
        self.exact: dict[str, Known] = context.names.bare

    def attribute(self, name: str, text: str, indent: int) -> None:
        known = self.exact.get(name)
        if known is not None and known.kind == "text" and text[:1] not in ("", "'"):
            text = f"'{text.rstrip()}'"
        super().attribute(name, text, indent)

    def read(self, line: str) -> bool:
        return line[:1].isspace() and super().read(line)


class TServerForm:
    """Recognises the headers of T-Server form. One for a file: it remembers the line before."""

    def __init__(self, context: Context, clock: Clock) -> None:
        self._context = context
        self._clock = clock
        self.before: str = ""

    @staticmethod
    def message(context: Context, header: Header) -> Message:
        """Return the message that `header` opens."""
        return (BareMessage if header.bare_names else TServerMessage)(context, header)

    def header(self, entry: Line) -> Header | None:
        """Return the message that `line` opens; None where it opens none."""
        number, offset, line = entry
        stamped = self._clock.read(line)
        found = message_name(line)
        before, self.before = self.before, line
        if found is None:
            return self._other(entry)
        prefix, name = found
        direction, peer, server, version = _described((prefix[stamped:] if prefix.strip(" \t:") else before)[-_PLACE:])
        number_printed = int(name) if name.isdigit() and int(name) <= 0xFFFF else None
        return Header(
            line=number,
            offset=offset,
            name=name,
            number=number_printed,
            time=self._clock.time,
            certain=(stamped > 0 or direction != "") and (name in self._context.registry.messages or number_printed is not None),
            direction=direction,
            peer=peer,
            server=server,
            version=version,
            carriage_returns=line.endswith("\r"),
        )

    def _other(self, entry: Line) -> Header | None:
        """Return the message that a header of another form opens."""
        number, offset, line = entry
        found = header_of(line, "tserver")
        if found is None:
            return None
        form, match = found
        return Header(
            line=number,
            offset=offset,
            name=match["name"],
            time=self._clock.time,
            certain=False,
            direction=direction_of(match),
            peer=match["peer"].strip(),
            carriage_returns=line.endswith("\r"),
            bare_names=form.bare_names,
        )
