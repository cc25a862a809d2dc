"""A call at one T-Server: writes the events of its DNs.

Strategy: the attributes are those that T-Servers print: the identifiers of the call, ThisDN and OtherDN with their roles, the queue from
which the call came, the agent, and the third party that redirects, transfers or adds.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tlib_schemas.enumerations import MessageType, TCallState, TCallType, TDNRole
from tlib_schemas.events import UnknownEvent
from tlib_schemas.values import Attributes, KVList

from .truth import TrueCall

Emit = list[tuple[int, TrueCall, MessageType, dict[str, Any]]]


class Leg(msgspec.Struct):
    """A call as one T-Server knows it; `out` gets its events: time, call, message, attributes."""

    truth: TrueCall
    out: Emit
    uuid: str
    call_id: int
    kind: TCallType
    ani: str = ""
    dnis: str = ""
    agents: dict[str, str] = {}
    data: dict[str, Any] = {}
    previous: str | None = None
    extra: dict[str, Any] = {}

    def event(self, time: int, message: MessageType, dn: str, other: str | None = None, **more: Any) -> None:
        """Write an event of `dn`, which talks to `other`; `more` replaces or adds attributes."""
        values: dict[str, Any] = {"CallID": self.call_id, "ConnID": self.truth.conn, "CallUUID": self.uuid, "CallType": self.kind}
        values |= {"CallState": TCallState.Ok, "ThisDN": dn, "ThisDNRole": TDNRole.Destination}
        if other is not None:
            values |= {"OtherDN": other, "OtherDNRole": TDNRole.Origination}
        values |= {name: value for name, value in (("ANI", self.ani), ("DNIS", self.dnis), ("PreviousConnID", self.previous)) if value}
        if dn in self.agents:
            values["AgentID"] = self.agents[dn]
        if self.data:
            values["UserData"] = KVList(self.data)
        values |= self.extra
        values |= more
        self.out.append((time, self.truth, message, values))

    def caller(self, time: int, message: MessageType, dn: str, other: str | None, **more: Any) -> None:
        """Write an event of the DN that makes the call."""
        roles = {"ThisDNRole": TDNRole.Origination} | ({"OtherDNRole": TDNRole.Destination} if other is not None else {})
        self.event(time, message, dn, other, **roles | more)


def item(message: MessageType, values: dict[str, Any]) -> UnknownEvent:
    """Return the event that a log prints."""
    return UnknownEvent(int(message), Attributes(values))
