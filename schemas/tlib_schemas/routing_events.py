"""The events of routing, treatments and digits.

Source: the public event reference, one table an event, rows in alphabetical order; footnotes in our words.
Server is Mandatory in the published tables; the receiving client sets it and no T-Server sends it, so it is Optional here.
"""

from __future__ import annotations

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
    ErrorCode,
    ErrorMessage,
    Extensions,
    LastDigit,
    NetworkCallID,
    NetworkNodeID,
    OtherDN,
    OtherDNRole,
    OtherQueue,
    OtherTrunk,
    PreviousConnID,
    Reasons,
    ReferenceID,
    Server,
    ThirdPartyDN,
    ThirdPartyDNRole,
    ThisDN,
    ThisDNRole,
    ThisQueue,
    ThisTrunk,
    Timestamp,
    TransferConnID,
    TransferredNetworkCallID,
    TransferredNetworkNodeID,
    TreatmentParms,
    TreatmentType,
    UserData,
)
from .enumerations import MessageType, TCallType, TTreatmentType
from .errors import Severity
from .events import Event, event
from .rules import Footnote, required_when, usual

__all__ = [
    "EventDTMFSent",
    "EventDigitsCollected",
    "EventRouteRequest",
    "EventRouteUsed",
    "EventTreatmentApplied",
    "EventTreatmentEnd",
    "EventTreatmentNotApplied",
]

COLLECTING = (TTreatmentType.CollectDigits, TTreatmentType.PlayAnnouncementAndDigits)


@event(
    MessageType.EventRouteRequest,
    rules=[
        required_when("previous_conn_id", "call_type", (TCallType.Consult,), note="a"),
    ],
    footnotes=[
        Footnote("a", "previous_conn_id", "Mandatory if CallType is Consult."),
        Footnote("b", "this_dn", "ThisDN and ThisQueue are equal."),
        Footnote("b", "this_queue", "ThisDN and ThisQueue are equal."),
    ],
)
class EventRouteRequest(Event):
    """A call waits on a routing point for a routing instruction."""

    ani: ANI | None = None
    call_history: CallHistory | None = None
    call_id: CallID
    call_type: CallType
    collected_digits: CollectedDigits | None = None
    conn_id: ConnID
    customer_id: CustomerID | None = None
    dnis: DNIS | None = None
    extensions: Extensions | None = None
    last_collected_digit: LastDigit | None = None
    network_call_id: NetworkCallID | None = None
    network_node_id: NetworkNodeID | None = None
    other_dn: OtherDN | None = None
    other_dn_role: OtherDNRole | None = None
    other_queue: OtherQueue | None = None
    other_trunk: OtherTrunk | None = None
    previous_conn_id: PreviousConnID | None = None
    server: Server | None = None
    third_party_dn: ThirdPartyDN | None = None
    this_dn: ThisDN
    this_queue: ThisQueue
    this_trunk: ThisTrunk | None = None
    time: Timestamp
    transferred_network_call_id: TransferredNetworkCallID | None = None
    transferred_network_node_id: TransferredNetworkNodeID | None = None
    user_data: UserData | None = None


@event(
    MessageType.EventRouteUsed,
    footnotes=[
        Footnote("a", "third_party_dn", "The destination, or the number dialed; Mandatory in a case that the public copies cut off."),
        Footnote("b", "third_party_dn_role", "Destination."),
    ],
)
class EventRouteUsed(Event):
    """A call was routed, by instruction or by the switch after the timeout."""

    ani: ANI | None = None
    call_history: CallHistory | None = None
    call_id: CallID
    call_state: CallState | None = None
    call_type: CallType
    conn_id: ConnID
    customer_id: CustomerID | None = None
    dnis: DNIS | None = None
    extensions: Extensions | None = None
    network_call_id: NetworkCallID | None = None
    network_node_id: NetworkNodeID | None = None
    other_dn: OtherDN | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    third_party_dn: ThirdPartyDN | None = None
    third_party_dn_role: ThirdPartyDNRole | None = None
    this_dn: ThisDN
    this_queue: ThisQueue
    this_trunk: ThisTrunk | None = None
    time: Timestamp
    transferred_network_call_id: TransferredNetworkCallID | None = None
    transferred_network_node_id: TransferredNetworkNodeID | None = None
    user_data: UserData | None = None


@event(MessageType.EventTreatmentApplied)
class EventTreatmentApplied(Event):
    """A treatment has begun."""

    call_id: CallID
    call_type: CallType
    conn_id: ConnID
    customer_id: CustomerID
    extensions: Extensions
    network_call_id: NetworkCallID | None = None
    network_node_id: NetworkNodeID | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN
    this_dn_role: ThisDNRole
    time: Timestamp
    transfer_conn_id: TransferConnID | None = None
    transferred_network_call_id: TransferredNetworkCallID | None = None
    transferred_network_node_id: TransferredNetworkNodeID | None = None
    treatment_parameters: TreatmentParms | None = None
    treatment_type: TreatmentType
    user_data: UserData | None = None


@event(
    MessageType.EventTreatmentNotApplied,
    rules=[
        usual("call_id", note="m"),
        usual("call_type", note="m"),
        usual("conn_id", note="m"),
        usual("customer_id", note="m"),
        usual("error_code", note="m"),
    ],
    footnotes=[
        Footnote("m", "call_id", "Mandatory in the part of the table that is public."),
        Footnote("m", "call_type", "Mandatory in the part of the table that is public."),
        Footnote("m", "conn_id", "Mandatory in the part of the table that is public."),
        Footnote("m", "customer_id", "Mandatory in the part of the table that is public."),
        Footnote("m", "error_code", "Mandatory in the part of the table that is public."),
    ],
    partial="The rows behind Extensions are not public; Server, ThisDN, time and the treatment are inferred.",
)
class EventTreatmentNotApplied(Event):
    """A treatment was not applied; ErrorCode and ErrorMessage say why."""

    call_id: CallID | None = None
    call_type: CallType | None = None
    conn_id: ConnID | None = None
    customer_id: CustomerID | None = None
    error_code: ErrorCode | None = None
    error_message: ErrorMessage | None = None
    extensions: Extensions | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN | None = None
    time: Timestamp | None = None
    treatment_parms: TreatmentParms | None = None
    treatment_type: TreatmentType | None = None
    user_data: UserData | None = None


@event(
    MessageType.EventTreatmentEnd,
    rules=[
        required_when("collected_digits", "treatment_type", COLLECTING, note="a", severity=Severity.WARNING),
        required_when("last_collected_digit", "treatment_type", COLLECTING, note="a", severity=Severity.WARNING),
    ],
    footnotes=[
        Footnote("a", "collected_digits", "Present after a treatment that collects digits."),
        Footnote("a", "last_collected_digit", "Present after a treatment that collects digits."),
        Footnote("b", "extensions", "May hold INTERRUPTED after an announcement, COMPLETION_STATUS after digits."),
    ],
)
class EventTreatmentEnd(Event):
    """A treatment is finished, and the device waits for the next instruction."""

    call_id: CallID
    call_type: CallType
    collected_digits: CollectedDigits | None = None
    conn_id: ConnID
    customer_id: CustomerID
    extensions: Extensions | None = None
    last_collected_digit: LastDigit | None = None
    network_call_id: NetworkCallID | None = None
    network_node_id: NetworkNodeID | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN
    time: Timestamp
    transfer_conn_id: TransferConnID | None = None
    transferred_network_call_id: TransferredNetworkCallID | None = None
    transferred_network_node_id: TransferredNetworkNodeID | None = None
    treatment_parameters: TreatmentParms | None = None
    treatment_type: TreatmentType
    user_data: UserData | None = None


@event(
    MessageType.EventDigitsCollected,
    footnotes=[
        Footnote("a", "other_dn", "The source of the digits, where T-Server knows it."),
    ],
)
class EventDigitsCollected(Event):
    """Digits were collected."""

    call_history: CallHistory | None = None
    call_id: CallID
    call_state: CallState
    call_type: CallType
    collected_digits: CollectedDigits
    conn_id: ConnID
    customer_id: CustomerID | None = None
    extensions: Extensions | None = None
    last_collected_digit: LastDigit | None = None
    network_call_id: NetworkCallID | None = None
    network_node_id: NetworkNodeID | None = None
    other_dn: OtherDN | None = None
    other_dn_role: OtherDNRole | None = None
    other_queue: OtherQueue | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN
    this_dn_role: ThisDNRole
    this_trunk: ThisTrunk | None = None
    time: Timestamp
    transferred_network_call_id: TransferredNetworkCallID | None = None
    transferred_network_node_id: TransferredNetworkNodeID | None = None
    user_data: UserData | None = None


@event(MessageType.EventDTMFSent)
class EventDTMFSent(Event):
    """DTMF digits were sent."""

    ani: ANI | None = None
    call_history: CallHistory | None = None
    call_id: CallID
    conn_id: ConnID
    customer_id: CustomerID | None = None
    dnis: DNIS | None = None
    extensions: Extensions | None = None
    network_call_id: NetworkCallID | None = None
    network_node_id: NetworkNodeID | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN
    this_trunk: ThisTrunk | None = None
    time: Timestamp
    transferred_network_call_id: TransferredNetworkCallID | None = None
    transferred_network_node_id: TransferredNetworkNodeID | None = None
    user_data: UserData | None = None
