"""The line that opens a message, made safe: its known words stay, all others become pseudonyms.

A log prints names of applications, hosts and addresses around a message. They are replaced
like any text, so two clients stay two, and the reader finds time, direction and message as before.
"""

from __future__ import annotations

import re

from tlib_codec.formats.logs.dates import STAMP
from tlib_codec.formats.logs.forms import header_of
from tlib_codec.formats.logs.platform_sdk import RECEIVED, SENT, opens
from tlib_codec.formats.logs.tserver import DIRECTION, message_name

from .items import Redactor

_WORDS = frozenset(
    {
        "-",
        ":",
        ",",
        "attributes:",
        "backup",
        "call/party",
        "client",
        "debug",
        "distribute",
        "distribute_event",
        "distribute_event:",
        "error",
        "event",
        "event:",
        "from",
        "got",
        "info",
        "int",
        "location",
        "message",
        "primary",
        "proxy",
        "receive",
        "received",
        "request",
        "selectorthread]",
        "send",
        "send_to_client",
        "send_to_client:",
        "sending",
        "sent",
        "std",
        "thread",
        "to",
        "trace",
        "trace:",
        "trc",
        "trc:",
        "tserver",
        "warn",
        "writing",
        "[bsync]",
        "[iscc]",
        "[thread",
    }
)
_LEVELS = frozenset({"trc", "int", "std", "dbg"})
_CODE = re.compile(r"\d{5}", re.ASCII)
_PLAIN = re.compile(r"\[\d{1,4}\]:?|\d{1,3}(?:\.\d{1,3}){2,5}", re.ASCII)
_NUMBERED = re.compile(r"(\d{1,10}\()(.*)", re.DOTALL | re.ASCII)
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}", re.ASCII)
_TOKEN = re.compile(r"\s+|\S+")
_DATE = re.compile(r"(?:Local|UTC) time:\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?\s*", re.ASCII)


class Headers:
    """Rewrites the headers of one log."""

    def __init__(self, redactor: Redactor, kind: str) -> None:
        self._redactor = redactor
        self._platform = kind == "platform-sdk"

    @staticmethod
    def is_date(line: str) -> bool:
        """Return whether a line of the file's own header gives the date, on which the time stamps depend."""
        return _DATE.fullmatch(line) is not None

    def header(self, line: str) -> str:
        """Return the line that opens a message."""
        found = None if self._opens(line) else header_of(line, "platform-sdk" if self._platform else "tserver")
        if found is not None:
            other = found[1]
            start, end = other.span("peer")
            peer = self._redactor.pseudonyms.text(line[start:end])
            return self._safe(line[: other.start()]) + line[other.start() : start] + peer + line[end : other.end()]
        if self._platform:
            match = opens(line)
            at = len(line) if match is None else match.start()
            return self._safe(line[:at]) + line[at:]
        at = line.rfind("message ")
        return self._safe(line[:at]) + line[at:]

    def _opens(self, line: str) -> bool:
        return (opens(line) if self._platform else message_name(line)) is not None

    def before(self, held: str, line: str) -> str | None:
        """Return the line before, made safe, where it belongs to the header; None where it does not."""
        if self._platform:
            opened = opens(line)
            bare = opened is not None and opened.start() == 0
            return self._safe(held) if bare and (SENT.search(held) or RECEIVED.search(held)) else None
        match = message_name(line)
        if match is None or match[0].strip(" \t:") or DIRECTION.search(held) is None:
            return None
        return self.header(held)

    def _safe(self, text: str) -> str:
        stamp = STAMP.match(text)
        start = 0 if stamp is None else stamp.end()
        out = [text[:start]]
        last = ""
        for token in _TOKEN.findall(text[start:]):
            if token.isspace():
                out.append(token)
                continue
            out.append(token if self._is_plain(token, last) else self._other(token))
            last = token.casefold()
        return "".join(out)

    def _is_plain(self, token: str, last: str) -> bool:
        word = token.casefold()
        if word in _WORDS or token in self._redactor.registry.messages:
            return True
        if _CODE.fullmatch(token):
            return last in _LEVELS
        return _PLAIN.fullmatch(token) is not None and not (_ADDRESS.fullmatch(token) and last != "[0]")

    def _other(self, token: str) -> str:
        numbered = _NUMBERED.fullmatch(token)
        if numbered is not None:
            return numbered[1] + self._redactor.pseudonyms.text(numbered[2])
        return self._redactor.pseudonyms.text(token)
