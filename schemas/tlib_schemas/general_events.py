"""The events of sessions, of the link to the switch, and the answers to requests.

Source: the public event reference, one table an event, rows in alphabetical order; footnotes in our words.
Server is Mandatory in the published tables; the receiving client sets it and no T-Server sends it, so it is Optional here.
"""

from __future__ import annotations

from .attributes import (
    ApplicationName,
    ConnID,
    CustomerID,
    ErrorCode,
    ErrorMessage,
    Extensions,
    Reasons,
    ReferenceID,
    Server,
    SessionID,
    ThisDN,
    Timestamp,
    UserData,
    UserEvent,
)
from .enumerations import MessageType
from .events import Event, event
from .rules import Footnote

__all__ = [
    "EventACK",
    "EventError",
    "EventLinkConnected",
    "EventLinkDisconnected",
    "EventServerConnected",
    "EventServerDisconnected",
    "EventTransactionStatus",
    "EventUserEvent",
]


@event(MessageType.EventServerConnected)
class EventServerConnected(Event):
    """The session with the server is open; the client library makes this event."""

    extensions: Extensions | None = None
    server: Server | None = None


@event(MessageType.EventServerDisconnected)
class EventServerDisconnected(Event):
    """The connection to the server is lost; the client library makes this event."""

    extensions: Extensions | None = None
    server: Server | None = None


@event(MessageType.EventLinkConnected)
class EventLinkConnected(Event):
    """The CTI link to the switch is up. The answer to opening the server, too."""

    application_name: ApplicationName | None = None
    customer_id: CustomerID | None = None
    extensions: Extensions | None = None
    server: Server | None = None
    session_id: SessionID | None = None
    time: Timestamp


@event(MessageType.EventLinkDisconnected)
class EventLinkDisconnected(Event):
    """The CTI link to the switch is down. At a Hot Standby switchover, too."""

    application_name: ApplicationName | None = None
    customer_id: CustomerID | None = None
    error_code: ErrorCode | None = None
    error_message: ErrorMessage | None = None
    extensions: Extensions | None = None
    server: Server | None = None
    session_id: SessionID | None = None
    time: Timestamp


@event(
    MessageType.EventError,
    footnotes=[
        Footnote("a", "extensions", "More detail about the failure."),
    ],
)
class EventError(Event):
    """A request cannot be done; ErrorCode and ErrorMessage say why."""

    conn_id: ConnID | None = None
    customer_id: CustomerID | None = None
    error_code: ErrorCode
    error_message: ErrorMessage | None = None
    extensions: Extensions | None = None
    reference_id: ReferenceID
    server: Server | None = None
    this_dn: ThisDN | None = None
    time: Timestamp


@event(
    MessageType.EventACK,
    footnotes=[
        Footnote("a", "user_event", "The request that is acknowledged."),
    ],
)
class EventACK(Event):
    """A request is acknowledged.

    The published row SubscriptionID (in the answer to TTransactionMonitoring) has no public number, so it is no field here.
    """

    extensions: Extensions | None = None
    reference_id: ReferenceID
    server: Server | None = None
    time: Timestamp
    user_event: UserEvent | None = None


@event(MessageType.EventTransactionStatus)
class EventTransactionStatus(Event):
    """The state of a monitored transaction, in Extensions.

    The published row SubscriptionID (Mandatory) has no public number, so it is no field here. The published table lacks Server and
    time, which every event has.
    """

    extensions: Extensions
    server: Server | None = None
    time: Timestamp | None = None


@event(
    MessageType.EventUserEvent,
    partial="No table is public. T-Server copies the attributes of the sender unchecked, so any may be present.",
)
class EventUserEvent(Event):
    """An event that a client sends to the clients registered on a DN."""

    conn_id: ConnID | None = None
    customer_id: CustomerID | None = None
    extensions: Extensions | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN | None = None
    time: Timestamp | None = None
    user_data: UserData | None = None
    user_event: UserEvent | None = None
