"""Anomalies in the life of a call, by stable code: the bytes are right, their order or content is not.

Strategy: as for the codes of errors, meaning and advice stand once, here; the command line and
docs/calls.md read them.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from tlib_codec.records import Origin
from tlib_schemas.errors import ErrorCode

_BEFORE = "Give the input from before it on, or ask T-Server for its calls when the client connects."

ANOMALIES: dict[str, ErrorCode] = {
    row[0]: ErrorCode(*row)
    for row in (
        ("call-not-created", "The first event of the call is not its creation.", _BEFORE),
        ("call-created-twice", "A call was created that exists, and nothing says that T-Server resynchronised.", "Look at both creations."),
        ("call-unchanged", "A value is said to have changed, and is the one that the call had.", "Look for an event lost in between."),
        ("call-after-deletion", "An event of a call that had been deleted.", "Look at the order of the input: the end stands too early."),
        (
            "call-time",
            "An event of the call is earlier than the one before it.",
            "Look at the order of the input, or at the server's clock.",
        ),
        ("call-missing", "While the call was open, event numbers are missing on its connection.", "Its state may lack a change."),
    )
}


class Anomaly(msgspec.Struct, frozen=True):
    """One thing that cannot be: a code of `ANOMALIES`, when and where, and the particulars."""

    code: str
    time: dt.datetime | None
    detail: str
    origin: Origin = Origin()

    @property
    def meaning(self) -> str:
        """Return the meaning of the code."""
        return ANOMALIES[self.code].meaning

    @property
    def advice(self) -> str:
        """Return the advice for the code."""
        return ANOMALIES[self.code].advice

    def __str__(self) -> str:
        return f"{self.detail} [{self.code}]"


class Missing(msgspec.Struct, frozen=True):
    """Events that never came: on one connection the numbers from `first` to `last` are missing."""

    first: int
    last: int
    origin: Origin = Origin()

    def __str__(self) -> str:
        many = self.last > self.first
        return f"event {'numbers' if many else 'number'} {self.first}{f' to {self.last}' if many else ''} missing before this event"
