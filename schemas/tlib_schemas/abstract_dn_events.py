"""The deprecated events for abstract DNs: EventReleased, EventAddressInfo, EventRegistered.

Source: "T-Library Call-Based Events", table "EventReleased Contents" and the table of Extensions;
the attributes of EventAddressInfo and EventRegistered, which that page does not list, come from
the public event reference (docs/protocol.md).

In these events ThisDN is an abstract DN: the name of the T-Server application or of the switch,
and a double colon.
"""

from __future__ import annotations

from typing import ClassVar

from .attributes import (
    ABSTRACT_DN,
    ANI,
    DNIS,
    AgentID,
    CallHistory,
    CallID,
    CallState,
    CallType,
    CollectedDigits,
    ConnID,
    CustomerID,
    Extensions,
    InfoStatus,
    InfoType,
    NetworkCallID,
    NetworkNodeID,
    PreviousConnID,
    Reasons,
    RefConnID,
    ReferenceID,
    Reliability,
    Server,
    ThisDN,
    ThisQueue,
    Timestamp,
    TransferredNetworkCallID,
    TransferredNetworkNodeID,
    UserData,
)
from .enumerations import MessageType, TAddressInfoType, TCallState, TCallType
from .events import Event, event
from .rules import Footnote, required_when
from .schema import MessageNumber

__all__ = ["EventAddressInfo", "EventRegistered", "EventReleased"]


@event(
    MessageType.EventReleased,
    rules=[
        required_when("ref_conn_id", "call_state", (TCallState.Transferred, TCallState.Conferenced, TCallState.RemoteRelease), note="a"),
        required_when("previous_conn_id", "call_type", (TCallType.Consult,), note="b"),
    ],
    footnotes=[
        Footnote("a", "ref_conn_id", "Mandatory for the call states Transferred, Conferenced and RemoteRelease."),
        Footnote("b", "previous_conn_id", "Must be present if CallType is Consult."),
        Footnote("c", "this_dn", "An abstract DN: the name of the T-Server or of the switch, followed by a double colon."),
    ],
    shapes={"this_dn": ABSTRACT_DN},
    deprecated="EventReleased for abstract DNs is deprecated in favour of EventCallDeleted.",
)
class EventReleased(Event):
    """The telephony object named by ConnID is gone from T-Server's memory (abstract DN).

    Source: table "EventReleased Contents". The row Event is the message number.
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
    rules=[
        required_when("conn_id", "info_type", (TAddressInfoType.CallsQuery,), note="a"),
        required_when("previous_conn_id", "info_type", (TAddressInfoType.CallsQuery,), note="a"),
    ],
    footnotes=[
        Footnote("a", "conn_id", "Mandatory when InfoType is CallsQuery."),
        Footnote("a", "previous_conn_id", "Mandatory when InfoType is CallsQuery."),
    ],
)
class EventAddressInfo(Event):
    """The answer to a query about a DN; for an abstract DN, the calls on it stand in Extensions.

    InfoStatus is the number of calls when InfoType is DNStatus. Source: the public event reference
    for the attributes, the table of Extensions for their form (`abstract_dn.calls_of`).
    """

    agent_id: AgentID | None = None
    call_id: CallID | None = None
    conn_id: ConnID | None = None
    customer_id: CustomerID | None = None
    extensions: Extensions | None = None
    info_status: InfoStatus
    info_type: InfoType
    network_call_id: NetworkCallID | None = None
    network_node_id: NetworkNodeID | None = None
    previous_conn_id: PreviousConnID | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID
    server: Server
    this_dn: ThisDN
    this_queue: ThisQueue | None = None
    time: Timestamp
    transferred_network_call_id: TransferredNetworkCallID | None = None
    transferred_network_node_id: TransferredNetworkNodeID | None = None
    user_data: UserData | None = None


@event(MessageType.EventRegistered)
class EventRegistered(Event):
    """A DN has been registered; for an abstract DN, the calls on it stand in Extensions.

    InfoType is AddressType here, so the form of Extensions does not follow from it. Source: as
    for EventAddressInfo.
    """

    agent_id: AgentID | None = None
    customer_id: CustomerID | None = None
    extensions: Extensions
    info_status: InfoStatus | None = None
    info_type: InfoType
    reference_id: ReferenceID
    server: Server
    this_dn: ThisDN
    time: Timestamp
