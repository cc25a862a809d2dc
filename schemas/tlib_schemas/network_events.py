"""The events of network calls.

Source: the public event reference, one table an event, rows in alphabetical order; footnotes in our words.
Server is Mandatory in the published tables; the receiving client sets it and no T-Server sends it, so it is Optional here.
"""

from __future__ import annotations

from .attributes import (
    ANI,
    DNIS,
    CallHistory,
    CallID,
    CallType,
    Cause,
    ConnID,
    CustomerID,
    Extensions,
    NetworkCallID,
    NetworkCallState,
    NetworkDestDN,
    NetworkDestState,
    NetworkNodeID,
    NetworkOrigDN,
    NetworkPartyRole,
    PrivateMsgID,
    Reasons,
    ReferenceID,
    Server,
    ThisDN,
    ThisDNRole,
    Timestamp,
    TransferredNetworkCallID,
    TransferredNetworkNodeID,
    UserData,
)
from .enumerations import MessageType
from .events import Event, event
from .rules import Footnote

__all__ = ["EventNetworkCallStatus", "EventNetworkPrivateInfo"]


@event(
    MessageType.EventNetworkCallStatus,
    footnotes=[
        Footnote("a", "network_party_role", "Mandatory in the published table, but absent from the events of a network T-Server."),
    ],
)
class EventNetworkCallStatus(Event):
    """The state of a network call has changed."""

    ani: ANI | None = None
    call_history: CallHistory | None = None
    call_id: CallID
    call_type: CallType
    cause: Cause | None = None
    conn_id: ConnID
    customer_id: CustomerID | None = None
    dnis: DNIS | None = None
    extensions: Extensions | None = None
    network_call_id: NetworkCallID | None = None
    network_call_state: NetworkCallState
    network_dest_dn: NetworkDestDN | None = None
    network_dest_state: NetworkDestState
    network_node_id: NetworkNodeID | None = None
    network_orig_dn: NetworkOrigDN | None = None
    network_party_role: NetworkPartyRole | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN
    this_dn_role: ThisDNRole
    time: Timestamp
    transferred_network_call_id: TransferredNetworkCallID | None = None
    transferred_network_node_id: TransferredNetworkNodeID | None = None
    user_data: UserData | None = None


@event(MessageType.EventNetworkPrivateInfo)
class EventNetworkPrivateInfo(Event):
    """The answer to a network private service request, or a notification of one T-Server."""

    conn_id: ConnID | None = None
    extensions: Extensions | None = None
    network_call_state: NetworkCallState | None = None
    network_dest_dn: NetworkDestDN | None = None
    network_dest_state: NetworkDestState | None = None
    network_orig_dn: NetworkOrigDN | None = None
    network_party_role: NetworkPartyRole | None = None
    private_event: PrivateMsgID
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN | None = None
    time: Timestamp
    user_data: UserData | None = None
