"""The deprecated events for abstract DNs: EventReleased, EventAddressInfo, EventRegistered.

Source: "T-Library Call-Based Events", table "EventReleased Contents" and the table of Extensions;
the attributes of EventAddressInfo and EventRegistered, which that page does not list, come from
the public event reference (docs/protocol.md).

In these events ThisDN is an abstract DN: the name of the T-Server application or of the switch,
and a double colon. An event of these messages without ThisDN is judged by these tables too.
"""

from __future__ import annotations

from typing import ClassVar

from .attributes import (
    ANI,
    DNIS,
    CallHistory,
    CallID,
    CallState,
    CallType,
    CollectedDigits,
    ConnID,
    CustomerID,
    Extensions,
    NetworkCallID,
    NetworkNodeID,
    PreviousConnID,
    Reasons,
    RefConnID,
    Reliability,
    Server,
    ThisDN,
    Timestamp,
    TransferredNetworkCallID,
    TransferredNetworkNodeID,
    UserData,
    abstract_dn,
)
from .enumerations import MessageType, TCallState, TCallType
from .events import Event, event
from .registration_events import ADDRESS_INFO_FOOTNOTES, ADDRESS_INFO_RULES, AddressInfo, Registered
from .rules import Footnote, required_when
from .schema import MessageNumber

__all__ = ["EventAddressInfo", "EventRegistered", "EventReleased"]


@event(
    MessageType.EventReleased,
    when=abstract_dn("this_dn"),
    rules=[
        required_when("ref_conn_id", "call_state", (TCallState.Transferred, TCallState.Conferenced, TCallState.RemoteRelease), note="a"),
        required_when("previous_conn_id", "call_type", (TCallType.Consult,), note="b"),
    ],
    footnotes=[
        Footnote("a", "ref_conn_id", "Mandatory for the call states Transferred, Conferenced and RemoteRelease."),
        Footnote("b", "previous_conn_id", "Must be present if CallType is Consult."),
        Footnote("c", "this_dn", "An abstract DN: the name of the T-Server or of the switch, followed by a double colon."),
    ],
    deprecated="EventReleased for abstract DNs is deprecated in favour of EventCallDeleted.",
)
class EventReleased(Event):
    """The telephony object named by ConnID is gone from T-Server's memory (abstract DN).

    Source: table "EventReleased Contents". The row Event is the message number. `DNEventReleased` is the event of an
    ordinary DN.
    """

    ani: ANI | None = None
    call_history: CallHistory | None = None
    call_id: CallID
    call_state: CallState
    call_type: CallType
    conn_id: ConnID
    ref_conn_id: RefConnID | None = None
    collected_digits: CollectedDigits | None = None
    customer_id: CustomerID | None = None
    dnis: DNIS | None = None
    event: ClassVar[MessageNumber]
    extensions: Extensions | None = None
    network_call_id: NetworkCallID | None = None
    network_node_id: NetworkNodeID | None = None
    previous_conn_id: PreviousConnID | None = None
    reasons: Reasons | None = None
    server: Server
    this_dn: ThisDN
    time: Timestamp
    transferred_network_call_id: TransferredNetworkCallID | None = None
    transferred_network_node_id: TransferredNetworkNodeID | None = None
    user_data: UserData | None = None
    reliability: Reliability


@event(
    MessageType.EventAddressInfo,
    when=abstract_dn("this_dn"),
    rules=ADDRESS_INFO_RULES,
    footnotes=ADDRESS_INFO_FOOTNOTES,
)
class EventAddressInfo(AddressInfo):
    """The answer to a query about an abstract DN; the calls on it stand in Extensions.

    InfoStatus is the number of calls when InfoType is DNStatus. Source: the public event reference
    for the attributes, the table of Extensions for their form (`abstract_dn.calls_of`).
    `DNEventAddressInfo` is the event of an ordinary DN.
    """

    server: Server


@event(MessageType.EventRegistered, when=abstract_dn("this_dn"))
class EventRegistered(Registered):
    """An abstract DN has been registered; the calls on it stand in Extensions.

    InfoType is AddressType here, so the form of Extensions does not follow from it. Source: as
    for EventAddressInfo. `DNEventRegistered` is the event of an ordinary DN.
    """

    server: Server
