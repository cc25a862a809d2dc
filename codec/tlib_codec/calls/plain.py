"""Plain calls: those that the native core follows alone, from their creation to the line of JSON about them.

Strategy: a call is plain while call-based events create, change and delete it, its parties have the usual events, all of them come on
one connection, and nothing links it to another call. The core keeps notes of its events. At the end it follows them as `follow` and
`party_events` do and writes the line; where it is not sure, or anything else comes up, the tracker follows the noted events. The meaning
of numbers stands in the tables of the modules that follow calls; this one hands them on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from tlib_schemas.enumerations import AttributeID, MessageType, TCallState
from tlib_schemas.kinds import Identifies
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .attributes import OF_CALL
from .linking import ELSEWHERE
from .messages import CHANGED, CREATED, DELETED
from .model import CallLimits
from .outcome import CAUSES, Outcome
from .party_events import EFFECTS, FAILED, JOINED, ONWARD, READ, ROLES, UNREAL, Effect, PartyEvents

_EFFECTS: Final[tuple[Effect, ...]] = (
    PartyEvents.queued,
    PartyEvents.routed,
    PartyEvents.diverted,
    PartyEvents.dialing,
    PartyEvents.ringing,
    PartyEvents.reached,
    PartyEvents.busy,
    PartyEvents.established,
    PartyEvents.held,
    PartyEvents.retrieved,
    PartyEvents.abandoned,
    PartyEvents.released,
)
"""The effects that the core knows, in the order of core/calls.h; the events with any other one are for the tracker."""
_ASK, _CREATED, _CHANGED, _DELETED, _PARTY, _FIRST = range(6)
_OTHER_CALLS: Final = (
    Identifies.ORIGINAL_CALL,
    Identifies.MERGED_CALL,
    Identifies.MERGED_CONNECTION,
    Identifies.LINKED_CALLS,
)
_ATTRIBUTES: Final = (
    AttributeID.AgentID,
    AttributeID.ANI,
    AttributeID.CallState,
    AttributeID.Cause,
    AttributeID.CtrlParty,
    AttributeID.Extensions,
    AttributeID.OtherDNRole,
    AttributeID.ThirdPartyDN,
    AttributeID.ThirdPartyDNRole,
    AttributeID.ThisDNRole,
    AttributeID.ThisQueue,
    AttributeID.UserData,
)
_NUMBERS: Final = 256  # of an enumeration: the core has a table of them
_CODES: Final = {one: code for code, one in enumerate(Outcome, 1)}


class Plain(msgspec.Struct, frozen=True):
    """The words of a registry for the core (`native.calls.CallWords`).

    `effects` has a byte a message. `traits` by attribute: whether it is of the event, of the call, only for the tracker. `attributes` are
    numbers in the order of core/calls.h. The tables have outcomes, as places in `outcomes` from 1 on, and 1 for yes.
    """

    effects: bytes
    traits: Mapping[int, tuple[bool, bool, bool]]
    attributes: tuple[int, ...]
    joined: Mapping[int, int]
    failed: Mapping[int, int]
    onward: Mapping[int, int]
    role_joined: Mapping[int, int]
    role_unreal: Mapping[int, int]
    causes: Mapping[int, int]
    ok: int
    remote_release: int
    outcomes: list[str]
    settle: float


class Lines(msgspec.Struct, frozen=True):
    """Calls that are over, as `data`: `count` lines of JSON, one after the other. No event of them is missing and they have no anomaly."""

    data: bytes
    count: int


def plain(registry: Registry, limits: CallLimits) -> Plain | None:
    """Return the words of a registry for plain calls; None where it does not declare them as the T-Library does."""
    asks = {int(i) for thing in _OTHER_CALLS for i in registry.identifying(thing)}
    asks |= {*ELSEWHERE, int(AttributeID.PreviousConnID), int(AttributeID.TransferConnID)}
    own = {int(i) for thing in (Identifies.CALL, Identifies.CONNECTION) for i in registry.identifying(thing)}
    if any(registry.dictionary.get(i) != TLIBRARY.dictionary.get(i) for i in (*READ, *_ATTRIBUTES, *asks, *own)):
        return None
    if any(registry.identifying(thing) != TLIBRARY.identifying(thing) for thing in Identifies):
        return None
    return Plain(
        _effects(registry),
        {int(i): (one.of_event, int(i) in OF_CALL and int(i) not in own, int(i) in asks) for i, one in registry.dictionary.items()},
        tuple(map(int, _ATTRIBUTES)),
        _outcomes(JOINED),
        _outcomes(FAILED),
        _yes(ONWARD),
        _outcomes(ROLES),
        _yes(UNREAL),
        _outcomes(CAUSES),
        int(TCallState.Ok),
        int(TCallState.RemoteRelease),
        [one.value for one in Outcome],
        limits.settle,
    )


def _effects(registry: Registry) -> bytes:
    """Return the effect of each message: of an event that only names a party, that one."""
    codes: dict[Effect, int] = {effect: code for code, effect in enumerate(_EFFECTS, _FIRST)}
    effects = bytearray(1 << 16)
    for name, message in registry.messages.items():
        if name.startswith("Event"):
            effects[message] = _PARTY
    effects[MessageType.EventRegistered] = effects[MessageType.EventAddressInfo] = _ASK
    effects[MessageType.EventLinkConnected] = effects[MessageType.EventServerConnected] = _ASK
    for effective, effect in EFFECTS.items():
        effects[int(effective)] = codes.get(effect, _ASK)
    effects[CREATED], effects[CHANGED], effects[DELETED] = _CREATED, _CHANGED, _DELETED
    return bytes(effects)


def _outcomes(known: Mapping[Any, Outcome]) -> dict[int, int]:
    return {int(number): _CODES[one] for number, one in known.items()}


def _yes(known: Iterable[Any]) -> dict[int, int]:
    return {int(number): 1 for number in known}
