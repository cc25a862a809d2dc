"""The DN-based events of a call: one party's view of it.

Source: the public event reference. The tables of most of these events are public in part only: that CallID is
Mandatory, and that ANI and CallHistory are Optional. The other rows stand in the published tables of the events next
to them (EventRouteRequest, EventDigitsCollected), in the call models, or in logs, so they are Optional here and their
absence is no violation. Server is Optional too: the receiving client sets it and no T-Server sends it. Confidence of
the public rows: medium; so the absence of CallID alone is no violation.
"""

from __future__ import annotations

from .attributes import (
    ANI,
    DNIS,
    AgentID,
    CallHistory,
    CallID,
    CallState,
    CallType,
    CallUUID,
    Cause,
    CollectedDigits,
    ConferenceConnID,
    ConnID,
    CustomerID,
    Extensions,
    LastDigit,
    NetworkCallID,
    NetworkNodeID,
    OtherDN,
    OtherDNRole,
    OtherQueue,
    OtherTrunk,
    PartyUUID,
    Place,
    PreviousConnID,
    Reasons,
    RefConnID,
    ReferenceID,
    Server,
    ThirdPartyDN,
    ThirdPartyDNRole,
    ThirdPartyQueue,
    ThisDN,
    ThisDNRole,
    ThisQueue,
    ThisTrunk,
    Timestamp,
    TransferConnID,
    TransferredNetworkCallID,
    TransferredNetworkNodeID,
    UserData,
    ordinary_dn,
)
from .enumerations import MessageType, TCallType
from .errors import Severity
from .events import Event, event
from .rules import Footnote, required_when, usual

__all__ = [
    "DNEventReleased",
    "EventAbandoned",
    "EventAttachedDataChanged",
    "EventCallInfoChanged",
    "EventDestinationBusy",
    "EventDialing",
    "EventDiverted",
    "EventEstablished",
    "EventHeld",
    "EventNetworkReached",
    "EventOffHook",
    "EventOnHook",
    "EventPartyAdded",
    "EventPartyChanged",
    "EventPartyDeleted",
    "EventQueued",
    "EventRetrieved",
    "EventRinging",
]

PARTIAL = "Only CallID, ANI and CallHistory are public; the other rows are inferred from neighbouring tables, call models and logs."
CALL_ID = Footnote("m", "call_id", "Mandatory in the part of the table that is public; its absence is no violation.")


class PartyEvent(Event):
    """The rows of a DN-based event of a call."""

    agent_id: AgentID | None = None
    ani: ANI | None = None
    call_history: CallHistory | None = None
    call_id: CallID | None = None
    call_state: CallState | None = None
    call_type: CallType | None = None
    call_uuid: CallUUID | None = None
    cause: Cause | None = None
    collected_digits: CollectedDigits | None = None
    conference_conn_id: ConferenceConnID | None = None
    conn_id: ConnID | None = None
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
    party_uuid: PartyUUID | None = None
    place: Place | None = None
    previous_conn_id: PreviousConnID | None = None
    reasons: Reasons | None = None
    ref_conn_id: RefConnID | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    third_party_dn: ThirdPartyDN | None = None
    third_party_dn_role: ThirdPartyDNRole | None = None
    third_party_queue: ThirdPartyQueue | None = None
    this_dn: ThisDN | None = None
    this_dn_role: ThisDNRole | None = None
    this_queue: ThisQueue | None = None
    this_trunk: ThisTrunk | None = None
    time: Timestamp | None = None
    transfer_conn_id: TransferConnID | None = None
    transferred_network_call_id: TransferredNetworkCallID | None = None
    transferred_network_node_id: TransferredNetworkNodeID | None = None
    user_data: UserData | None = None


@event(MessageType.EventReleased, when=ordinary_dn("this_dn"), footnotes=[CALL_ID], partial=PARTIAL)
class DNEventReleased(PartyEvent):
    """An ordinary DN has left the call. `EventReleased` is the event of an abstract DN."""


_ABANDONED = ("call_id", "call_state", "call_type", "conn_id", "this_dn", "this_dn_role", "time")


@event(
    MessageType.EventAbandoned,
    rules=[
        *(usual(field, note="m") for field in _ABANDONED),
        required_when("previous_conn_id", "call_type", (TCallType.Consult,), note="a", severity=Severity.WARNING),
    ],
    footnotes=[
        *(Footnote("m", field, "Mandatory in the part of the table that is public.") for field in _ABANDONED),
        Footnote("a", "previous_conn_id", "Mandatory if CallType is Consult."),
        Footnote("b", "this_queue", "Mandatory for an ACD call."),
    ],
    partial="The Optional rows behind CallHistory are not public; they are inferred from neighbouring tables, call models and logs.",
)
class EventAbandoned(PartyEvent):
    """The caller has given up before an answer."""


@event(MessageType.EventDialing, footnotes=[CALL_ID], partial=PARTIAL)
class EventDialing(PartyEvent):
    """A call attempt has begun at ThisDN."""


@event(MessageType.EventRinging, footnotes=[CALL_ID], partial=PARTIAL)
class EventRinging(PartyEvent):
    """A call alerts ThisDN."""


@event(MessageType.EventEstablished, footnotes=[CALL_ID], partial=PARTIAL)
class EventEstablished(PartyEvent):
    """A call is connected at ThisDN."""


@event(MessageType.EventHeld, footnotes=[CALL_ID], partial=PARTIAL)
class EventHeld(PartyEvent):
    """ThisDN has put the call on hold."""


@event(MessageType.EventRetrieved, footnotes=[CALL_ID], partial=PARTIAL)
class EventRetrieved(PartyEvent):
    """ThisDN has taken the call back from hold."""


@event(MessageType.EventQueued, footnotes=[CALL_ID], partial=PARTIAL)
class EventQueued(PartyEvent):
    """A call is in the queue ThisDN."""


@event(MessageType.EventDiverted, footnotes=[CALL_ID], partial=PARTIAL)
class EventDiverted(PartyEvent):
    """A call has left the queue ThisDN."""


@event(MessageType.EventNetworkReached, footnotes=[CALL_ID], partial=PARTIAL)
class EventNetworkReached(PartyEvent):
    """A call has reached the public network."""


@event(MessageType.EventDestinationBusy, footnotes=[CALL_ID], partial=PARTIAL)
class EventDestinationBusy(PartyEvent):
    """The called party is busy or cannot be reached; CallState may say why."""


@event(MessageType.EventPartyAdded, partial=PARTIAL)
class EventPartyAdded(PartyEvent):
    """A party has joined the call."""


@event(MessageType.EventPartyChanged, footnotes=[CALL_ID], partial=PARTIAL)
class EventPartyChanged(PartyEvent):
    """A party of the call has been replaced, by a transfer for instance."""


@event(MessageType.EventPartyDeleted, footnotes=[CALL_ID], partial=PARTIAL)
class EventPartyDeleted(PartyEvent):
    """A party has left a conference."""


@event(MessageType.EventOffHook, partial=PARTIAL)
class EventOffHook(PartyEvent):
    """A telephony object is off hook."""


@event(MessageType.EventOnHook, partial=PARTIAL)
class EventOnHook(PartyEvent):
    """A telephony object is on hook."""


@event(
    MessageType.EventCallInfoChanged,
    rules=[usual("conn_id", note="m")],
    footnotes=[Footnote("m", "conn_id", "Mandatory in the part of the table that is public.")],
    partial="The rows behind CustomerID are not public; they are inferred from neighbouring tables, call models and logs.",
)
class EventCallInfoChanged(PartyEvent):
    """The information about a call has changed."""


@event(
    MessageType.EventAttachedDataChanged,
    footnotes=[Footnote("a", "third_party_dn", "The DN that changed the data; Mandatory where it is known.")],
)
class EventAttachedDataChanged(Event):
    """The user data of a call has changed. The whole table is public."""

    ani: ANI | None = None
    call_history: CallHistory | None = None
    call_id: CallID
    call_type: CallType
    conn_id: ConnID
    customer_id: CustomerID | None = None
    dnis: DNIS | None = None
    extensions: Extensions | None = None
    network_call_id: NetworkCallID | None = None
    network_node_id: NetworkNodeID | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    third_party_dn: ThirdPartyDN | None = None
    this_dn: ThisDN | None = None
    this_dn_role: ThisDNRole | None = None
    this_trunk: ThisTrunk | None = None
    time: Timestamp
    transferred_network_call_id: TransferredNetworkCallID | None = None
    transferred_network_node_id: TransferredNetworkNodeID | None = None
    user_data: UserData
