"""The line that opens a message, made safe: its known words stay, all others become pseudonyms.

Strategy: a header is cut into tokens, and only known tokens stay: a valid time stamp, a word that a log prints around a message,
the code of a log line, the number of a thread or connection, the version of a server, the name of a message of the registry. A log
prints names of applications, hosts and addresses between them. They are replaced like any text, so two clients stay two, and the
reader finds time, direction and message as before.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from tlib_codec.formats.logs.dates import STAMP
from tlib_codec.formats.logs.forms import header_of
from tlib_codec.formats.logs.platform_sdk import RECEIVED, SENT, opens
from tlib_codec.formats.logs.tserver import DIRECTION, message_name
from tlib_schemas.enumerations import AttributeID

from .items import Redactor
from .loose import loose

_WORDS: Final = frozenset({
    "-", "->", ":", ",", "attributes:", "backup", "call/party", "client", "debug", "distribute", "distribute_event",
    "distribute_event:", "error", "event", "event:", "from", "got", "info", "int", "interaction", "location", "message", "primary",
    "proxy", "receive", "received", "request", "selectorthread]", "send", "send_to_client", "send_to_client:", "sending", "sent",
    "server:", "std", "switch", "thread", "to", "trace", "trace:", "trc", "trc:", "tserver", "warn", "writing", "[bsync]", "[iscc]",
    "[thread",
})  # fmt: skip
_BARE: Final = frozenset(word.strip("[]:") for word in _WORDS)
_CACHED: Final = 1 << 10
_LEVELS: Final = frozenset({"trc", "int", "std", "dbg"})
_CODE: Final = re.compile(r"\d{5}", re.ASCII)
_THREAD: Final = re.compile(r"\[\d{1,2}\]:?", re.ASCII)
_VERSION: Final = re.compile(r"[5-9]\.\d\.\d{3}\.\d{2}", re.ASCII)
_NUMBERED: Final = re.compile(r"(\d{1,5})(\(.*)", re.DOTALL | re.ASCII)
_NAMED: Final = re.compile(r"(?:Event|Request)[A-Z]\w*", re.ASCII)
_DIGITS: Final = re.compile(r"\d+", re.ASCII)
_TOKEN: Final = re.compile(r"\s+|\S+")
_DATE: Final = re.compile(r"(?:Local|UTC) time:\s*(?P<stamp>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,]\d{1,6})?\s*", re.ASCII)
_RUN: Final = re.compile(r"[^\s!-/:-@\[-`{-~]+")  # characters between ASCII punctuation
_NAME: Final = re.compile(r"(message )(\w+)(?:(\(refid=)(\d+)(\)))?(\s*)", re.ASCII)
_PLATFORM_NAME: Final = re.compile(r"'(\w+)'( \('?)(\d+)(.*)", re.ASCII | re.DOTALL)


class Headers:
    """Rewrites the headers of one log."""

    def __init__(self, redactor: Redactor, kind: str) -> None:
        self._redactor = redactor
        self._platform = kind == "platform-sdk"
        self._stays = functools.lru_cache(maxsize=_CACHED)(self._is_plain)

    @staticmethod
    def is_date(line: str) -> bool:
        """Return whether a line of the file's own header gives the date, on which the time stamps depend."""
        match = _DATE.fullmatch(line)
        return match is not None and _is_time(match["stamp"])

    def header(self, line: str) -> str:
        """Return the line that opens a message."""
        if self._platform:
            match = opens(line)
            if match is not None:
                return self._loose(line[: match.start()]) + self._platform_name(match[0])
        elif message_name(line) is not None:
            at = line.rfind("message ")
            return self._loose(line[:at]) + self._name(line[at:])
        return self._form(line)

    def before(self, held: str, line: str) -> str | None:
        """Return the line before, made safe, where it belongs to the header; None where it does not."""
        if self._platform:
            opened = opens(line)
            bare = opened is not None and opened.start() == 0
            return self._loose(held) if bare and (SENT.search(held) or RECEIVED.search(held)) else None
        match = message_name(line)
        if match is None or match[0].strip(" \t:") or DIRECTION.search(held) is None:
            return None
        return self._loose(held)

    # -- the message's name ----------------------------------------------------------------------

    def _name(self, text: str) -> str:
        """Return ``message X(refid=1)`` with a safe name."""
        match = _NAME.fullmatch(text)
        assert match is not None
        word, name, opening, reference, closing, end = match.groups(default="")
        return f"{word}{self.message(name)}{opening}{self._redactor.text(reference)}{closing}{end}"

    def _platform_name(self, text: str) -> str:
        """Return ``'X' (87) attributes:`` with a safe name and number."""
        match = _PLATFORM_NAME.fullmatch(text)
        assert match is not None
        name, opening, number, rest = match.groups()
        return f"'{self.message(name)}'{opening}{self.message(number)}{rest}"

    def message(self, name: str) -> str:
        """Return the name of a message or its number, if it is one; else a pseudonym."""
        number = name.isdecimal() and len(name) <= len("65535") and int(name) <= 0xFFFF
        return name if number else self._redactor.message(name)

    def _form(self, line: str) -> str:
        """Return a header of another form (`formats.logs.forms`): its own words, the message and the other side."""
        found = header_of(line, "platform-sdk" if self._platform else "tserver")
        assert found is not None, "the reader has taken it for a header"
        match = found[1]
        out = [self._loose(line[: match.start()])]
        at = match.start()
        for group in sorted(("name", "peer"), key=match.start):
            text = match[group]
            out += [self._words(line[at : match.start(group)]), self.message(text) if group == "name" else loose(self._redactor, text)]
            at = match.end(group)
        return "".join([*out, self._words(line[at : match.end()]), loose(self._redactor, line[match.end() :])])

    # -- the words around it ---------------------------------------------------------------------

    def _words(self, text: str) -> str:
        """Return the words of a form; of others the pseudonyms."""
        return _RUN.sub(lambda run: run[0] if run[0].casefold() in _BARE or run[0] == "04541" else self._redactor.text(run[0]), text)

    def _loose(self, text: str) -> str:
        """Return text before a message, token by token."""
        stamp = STAMP.match(text)
        start = 0 if stamp is None or not _is_time(text[: stamp.start(7)]) else stamp.end()
        out = [text[:start]]
        last = ""
        for token in _TOKEN.findall(text[start:]):
            if token.isspace():
                out.append(token)
                continue
            out.append(token if self._stays(token, last) else self._other(token))
            last = token.casefold()
        return "".join(out)

    def _is_plain(self, token: str, last: str) -> bool:
        word = token.casefold()
        return bool(
            word in _WORDS
            or token in self._redactor.registry.messages
            or (last in _LEVELS and _CODE.fullmatch(token))
            or (last[-1:] == "]" and _VERSION.fullmatch(token))
            or _THREAD.fullmatch(token)
        )

    def _other(self, token: str) -> str:
        numbered = _NUMBERED.fullmatch(token)
        if numbered is not None and int(numbered[1]) <= 0xFFFF and not self._redactor.chooses(AttributeID.Server):
            return numbered[1] + loose(self._redactor, numbered[2])
        return self._redactor.message(token) if _NAMED.fullmatch(token) else loose(self._redactor, token)


@functools.lru_cache(maxsize=256)
def _is_time(stamp: str) -> bool:
    """Return whether the numbers of a stamp are those of a time: a day and a month where it has a date, hours, minutes, seconds."""
    *date, hour, minute, second = map(int, _DIGITS.findall(stamp)[: 6 if "-" in stamp else 3])
    return hour < 24 and minute < 60 and second < 61 and all(0 < one < 32 for one in date[1:])
