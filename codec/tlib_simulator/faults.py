"""Faults as they are declared, in a scenario or in Python, and as they are logged.

Strategy: a fault is plain data: what is done, and when. `Injector` does it, and tells of each that
was done as an `Injected`, with what a client should notice: codes of docs/errors.md and docs/calls.md.
"""

from __future__ import annotations

import enum
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta


class FaultKind(enum.StrEnum):
    """What is done to an event, its frame, or the connection."""

    DROP = "drop"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    SPLIT = "split"
    GLUE = "glue"
    CORRUPT = "corrupt"
    OMIT = "omit"
    FORBIDDEN = "forbidden"
    WRONG_TYPE = "wrong-type"
    UNKNOWN_ATTRIBUTE = "unknown-attribute"
    UNKNOWN_MESSAGE = "unknown-message"
    STALL = "stall"
    RESET = "reset"


MEANINGS: dict[FaultKind, str] = {
    FaultKind.DROP: "the event is not sent",
    FaultKind.DELAY: "the event comes `seconds` of the story late, behind those that follow it",
    FaultKind.DUPLICATE: "the event is sent twice",
    FaultKind.REORDER: "the event comes behind the next one of its call",
    FaultKind.SPLIT: "the frame is written in two pieces, `seconds` apart",
    FaultKind.GLUE: "the frame is written together with the next one",
    FaultKind.CORRUPT: "a bit of the frame is turned over",
    FaultKind.OMIT: "a Mandatory attribute is left out, or the `attribute` named",
    FaultKind.FORBIDDEN: "an attribute is there which a rule of the event forbids, or the `attribute` named",
    FaultKind.WRONG_TYPE: "an attribute, or the `attribute` named, is sent as another type",
    FaultKind.UNKNOWN_ATTRIBUTE: "an attribute with an unknown id is added",
    FaultKind.UNKNOWN_MESSAGE: "a message with an unknown number comes before the event",
    FaultKind.STALL: "nothing is sent for `seconds`",
    FaultKind.RESET: "every connection is reset; the event is lost to whoever had it",
}

Moment: TypeAlias = Literal["created", "changed", "deleted"]


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault: what is done, and when.

    `moment` and `call` choose among the events. Of those, each suffers with `probability`, or, where that is
    0, one alone: the first from event number `event` on, and not before `time`, to which it can be done.
    """

    kind: Annotated[FaultKind, Meta(description="what is done: one of the kinds above")]
    probability: Annotated[float, Meta(ge=0, le=1, description="of each event, 0 to 1; 0: it happens once")] = 0.0
    event: Annotated[int, Meta(ge=1, description="the first event from this number on, counted from 1")] = 1
    time: Annotated[float, Meta(ge=0, description="not before so many seconds of the story")] = 0.0
    moment: Annotated[Moment | None, Meta(description="only these events of calls: `created`, `changed` or `deleted`")] = None
    call: Annotated[int, Meta(ge=0, description="only events of the call of that number, from 1; 0 is any")] = 0
    seconds: Annotated[Annotated[float, Meta(ge=0)] | None, Meta(description="of a delay (1), a stall (5), a split (0.02)")] = None
    attribute: Annotated[str, Meta(description="of omit, forbidden and wrong-type: which one; else chance chooses")] = ""


class Injected(msgspec.Struct, frozen=True, kw_only=True):
    """A fault that was done.

    `event` and `frame` are numbers from 1, of the event in the story and of the frame among those sent (0: none
    was); `expect` is what a client should notice: codes of errors, violations and anomalies, or `gap` (bytes that
    belong to no frame), `open` (a call without an end), `unknown-message`, `reset`.
    """

    fault: FaultKind
    event: int
    frame: int
    time: float
    name: str = ""
    call_uuid: str = ""
    conn_id: str = ""
    expect: tuple[str, ...] = ()
