"""The events of registration for an ordinary DN, and the answers to queries about it.

Source: the public event reference, one table an event, rows in alphabetical order; footnotes in our words.
`abstract_dn_events` has the tables of the same messages for an abstract DN, which share their rows.
Server is Mandatory in the published tables; the receiving client sets it and no T-Server sends it, so it is Optional here.
"""

from __future__ import annotations

from .attributes import (
    AgentID,
    CallID,
    ConnID,
    CustomerID,
    ErrorCode,
    ErrorMessage,
    Extensions,
    InfoStatus,
    InfoType,
    NetworkCallID,
    NetworkNodeID,
    PreviousConnID,
    Reasons,
    ReferenceID,
    Server,
    ThisDN,
    ThisQueue,
    Timestamp,
    TransferredNetworkCallID,
    TransferredNetworkNodeID,
    UserData,
    ordinary_dn,
)
from .enumerations import MessageType, TAddressInfoType
from .events import Event, event
from .rules import Footnote, required_when

__all__ = ["DNEventAddressInfo", "DNEventRegistered", "EventUnregistered"]


class AddressInfo(Event):
    """The rows of EventAddressInfo."""

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
    server: Server | None = None
    this_dn: ThisDN
    this_queue: ThisQueue | None = None
    time: Timestamp
    transferred_network_call_id: TransferredNetworkCallID | None = None
    transferred_network_node_id: TransferredNetworkNodeID | None = None
    user_data: UserData | None = None


ADDRESS_INFO_RULES = [
    required_when("conn_id", "info_type", (TAddressInfoType.CallsQuery,), note="a"),
    required_when("previous_conn_id", "info_type", (TAddressInfoType.CallsQuery,), note="a"),
]
ADDRESS_INFO_FOOTNOTES = [
    Footnote("a", "conn_id", "Mandatory when InfoType is CallsQuery."),
    Footnote("a", "previous_conn_id", "Mandatory when InfoType is CallsQuery."),
]


@event(
    MessageType.EventAddressInfo,
    when=ordinary_dn("this_dn"),
    # PreviousConnID is that of the held call, if there is one: of an ordinary DN its absence is no error.
    rules=ADDRESS_INFO_RULES[:1],
    footnotes=[
        *ADDRESS_INFO_FOOTNOTES[:1],
        Footnote("b", "previous_conn_id", "The held call when InfoType is CallsQuery, if there is one."),
        Footnote("c", "agent_id", "Only for a Position or a DN."),
    ],
)
class DNEventAddressInfo(AddressInfo):
    """The answer to a query about an ordinary DN; InfoType says what InfoStatus and Extensions mean."""


class Registered(Event):
    """The rows of EventRegistered."""

    agent_id: AgentID | None = None
    customer_id: CustomerID | None = None
    extensions: Extensions
    info_status: InfoStatus | None = None
    info_type: InfoType
    reference_id: ReferenceID
    server: Server | None = None
    this_dn: ThisDN
    time: Timestamp


@event(
    MessageType.EventRegistered,
    when=ordinary_dn("this_dn"),
    footnotes=[
        Footnote("a", "agent_id", "Only for a Position or a DN."),
        Footnote("b", "extensions", "The keys of EventAddressInfo for DNStatus (Position, DN) or QueueStatus (queues)."),
        Footnote("c", "info_type", "AddressType."),
        Footnote("d", "info_status", "The type of the address."),
    ],
)
class DNEventRegistered(Registered):
    """A client is registered for an ordinary DN."""


@event(
    MessageType.EventUnregistered,
    footnotes=[
        Footnote("a", "reference_id", "Absent where a change of the configuration, not a request, ended the registration."),
    ],
)
class EventUnregistered(Event):
    """The registration for a DN has ended."""

    customer_id: CustomerID | None = None
    error_code: ErrorCode | None = None
    error_message: ErrorMessage | None = None
    extensions: Extensions | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN
    time: Timestamp
