"""What a log reader gives: records, and problems where a line is not what it should be."""

from __future__ import annotations

import datetime as dt

import msgspec

from tlib_schemas.errors import CODES
from tlib_schemas.registry import Item


class LogProblem(msgspec.Struct, frozen=True):
    """A wrong, cut or filtered line: reported and skipped, never fatal.

    `line` counts from 1, `offset` is the byte where that line begins; `code` is a key of `CODES`.
    """

    line: int
    offset: int
    code: str
    expected: str
    actual: str

    @property
    def advice(self) -> str:
        """What to do about it."""
        return CODES[self.code].advice

    def __str__(self) -> str:
        return f"line {self.line} at byte {self.offset}: expected {self.expected}, found {self.actual} [{self.code}]"


class LogRecord(msgspec.Struct, frozen=True):
    """One message of a log: the item that its frame would decode to leniently, and where it stood.

    `line` and `offset` are those of the message's header. `time` is the log line's own stamp, in
    the local time of the server that wrote it, None where no date is known. `unnumbered` has, as
    printed, the attributes whose number is not public. `direction` is ``received`` or ``sent`` (as
    the program that wrote the log saw it) or empty, `peer` the other side as printed, `version`
    that of the T-Server; `text` is the explanation that stands before an error's attributes.
    """

    item: Item
    line: int
    offset: int
    time: dt.datetime | None = None
    unnumbered: dict[str, str] = {}
    problems: tuple[LogProblem, ...] = ()
    direction: str = ""
    peer: str = ""
    version: str = ""
    text: str = ""
