"""Faults as a scenario or Python declares them, and as the log records them.

Strategy: a fault is plain data: a kind, and the events it applies to. `Injector` applies it, and records each
application as an `InjectedFault` with the codes that a client should report (docs/errors.md, docs/calls.md).
"""

from __future__ import annotations

import enum
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta


class FaultKind(enum.StrEnum):
    """A change to an event, its frame, or the connection."""

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


DESCRIPTIONS: dict[FaultKind, str] = {
    FaultKind.DROP: "the event is not sent",
    FaultKind.DELAY: "the event is sent `seconds` of the simulation's time late, behind those that follow it",
    FaultKind.DUPLICATE: "the event is sent twice",
    FaultKind.REORDER: "the event is sent behind the next one of its call",
    FaultKind.SPLIT: "the frame is written in two pieces, `seconds` apart",
    FaultKind.GLUE: "the frame is written together with the next one",
    FaultKind.CORRUPT: "one bit of the frame is inverted",
    FaultKind.OMIT: "a Mandatory attribute is missing, or the named `attribute`",
    FaultKind.FORBIDDEN: "an attribute is present that a rule of the event forbids, or the named `attribute`",
    FaultKind.WRONG_TYPE: "an attribute, or the named `attribute`, is sent as another type",
    FaultKind.UNKNOWN_ATTRIBUTE: "an attribute with an unknown id is added",
    FaultKind.UNKNOWN_MESSAGE: "a message with an unknown number is sent before the event",
    FaultKind.STALL: "nothing is sent for `seconds`",
    FaultKind.RESET: "every connection is reset; connected clients miss the event",
}

Stage: TypeAlias = Literal["created", "changed", "deleted"]


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault: its kind, and the events it applies to.

    `stage` and `call` select events. With a `probability` the fault applies to each selected event with that
    probability; without, it applies once: to the first selected event from number `event` on, not before
    `time`, that it can apply to.
    """

    kind: Annotated[FaultKind, Meta(description="one of the kinds above")]
    probability: Annotated[float, Meta(ge=0, le=1, description="for each selected event, 0 to 1; 0: the fault applies once")] = 0.0
    event: Annotated[int, Meta(ge=1, description="select events from this number on, counted from 1")] = 1
    time: Annotated[float, Meta(ge=0, description="select events from this second after the first event on")] = 0.0
    stage: Annotated[
        Stage | None, Meta(description="select EventCallCreated, EventCallDataChanged or EventCallDeleted: `created`, `changed`, `deleted`")
    ] = None
    call: Annotated[int, Meta(ge=0, description="select the events of the call of this number, counted from 1; 0 is any")] = 0
    seconds: Annotated[Annotated[float, Meta(ge=0)] | None, Meta(description="of a delay (1), a stall (5), a split (0.02)")] = None
    attribute: Annotated[str, Meta(description="of omit, forbidden and wrong-type: the attribute; else a random one")] = ""


class InjectedFault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault that was applied to an event.

    `event` is the number of the event in the simulation, `frame` the number of the frame among those sent (0: not
    sent), both from 1; `time` is the event's, in seconds; `name` the event's name. `expect` are the codes that
    a client should report: codes of errors, violations and anomalies, or `gap` (bytes outside any frame), `open`
    (a call without an end), `unknown-message`, `reset`.
    """

    fault: FaultKind
    event: int
    frame: int
    time: float
    name: str = ""
    call_uuid: str = ""
    conn_id: str = ""
    expect: tuple[str, ...] = ()
