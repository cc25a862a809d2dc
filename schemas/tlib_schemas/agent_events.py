"""The events of agents and their devices: login, readiness, reservation, mailboxes, message waiting.

Source: the public event reference, one table an event, rows in alphabetical order; footnotes in our words.
Server is Mandatory in the published tables; the receiving client sets it and no T-Server sends it, so it is Optional here.
"""

from __future__ import annotations

from .attributes import (
    AgentID,
    AgentWorkMode,
    CustomerID,
    Extensions,
    Place,
    Reasons,
    ReferenceID,
    Server,
    ThisDN,
    ThisQueue,
    Timeout,
    Timestamp,
)
from .enumerations import MessageType
from .events import Event, event
from .rules import Footnote, one_of, usual

__all__ = [
    "EventAgentLogin",
    "EventAgentLogout",
    "EventAgentNotReady",
    "EventAgentReserved",
    "EventMailBoxLogin",
    "EventMailBoxLogout",
    "EventMessageWaitingOff",
    "EventQueueLogout",
]


@event(
    MessageType.EventAgentLogin,
    footnotes=[
        Footnote("a", "agent_id", "Mandatory if the agent logged in through T-Server, or if the id is known otherwise."),
        Footnote("b", "extensions", "May hold ReasonCode, the hardware reason."),
    ],
)
class EventAgentLogin(Event):
    """An agent has logged in to the ACD group ThisQueue."""

    agent_id: AgentID | None = None
    customer_id: CustomerID | None = None
    extensions: Extensions | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN
    this_queue: ThisQueue | None = None
    time: Timestamp
    work_mode: AgentWorkMode | None = None


@event(
    MessageType.EventAgentLogout,
    footnotes=[
        Footnote("a", "agent_id", "Mandatory if the agent logged in through T-Server, or if the id is known otherwise."),
        Footnote("b", "extensions", "May hold ReasonCode, the hardware reason."),
    ],
)
class EventAgentLogout(Event):
    """An agent has logged out; of several queues, of the last one."""

    agent_id: AgentID | None = None
    customer_id: CustomerID | None = None
    extensions: Extensions | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN
    this_queue: ThisQueue | None = None
    time: Timestamp


@event(
    MessageType.EventQueueLogout,
    partial="The rows behind ReferenceID are not public; the others are inferred from EventAgentLogout.",
)
class EventQueueLogout(Event):
    """An agent has logged out of ThisQueue and stays logged in to another queue."""

    agent_id: AgentID | None = None
    customer_id: CustomerID | None = None
    extensions: Extensions | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN | None = None
    this_queue: ThisQueue | None = None
    time: Timestamp | None = None


@event(
    MessageType.EventAgentNotReady,
    footnotes=[
        Footnote("a", "agent_id", "Mandatory if the agent logged in through T-Server, or if the id is known otherwise."),
        Footnote("b", "extensions", "May hold ReasonCode, the hardware reason."),
    ],
    partial="Only AgentID and Extensions are public; the others are inferred from EventAgentLogin.",
)
class EventAgentNotReady(Event):
    """An agent is not ready for ACD calls."""

    agent_id: AgentID | None = None
    customer_id: CustomerID | None = None
    extensions: Extensions | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN | None = None
    this_queue: ThisQueue | None = None
    time: Timestamp | None = None
    work_mode: AgentWorkMode | None = None


@event(
    MessageType.EventAgentReserved,
    rules=[one_of("agent_id", "place", "this_dn", note="a")],
    footnotes=[
        Footnote("a", "agent_id", "At least one of AgentID, Place and ThisDN is present."),
        Footnote("a", "place", "At least one of AgentID, Place and ThisDN is present."),
        Footnote("a", "this_dn", "At least one of AgentID, Place and ThisDN is present."),
        Footnote("b", "timeout", "The time of the reservation in milliseconds."),
    ],
)
class EventAgentReserved(Event):
    """An agent is reserved, for the client that asked."""

    agent_id: AgentID | None = None
    extensions: Extensions | None = None
    place: Place | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN | None = None
    time: Timestamp
    timeout: Timeout | None = None


@event(MessageType.EventMailBoxLogin)
class EventMailBoxLogin(Event):
    """A DN has logged in to a mailbox."""

    customer_id: CustomerID | None = None
    extensions: Extensions | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID
    server: Server | None = None
    this_dn: ThisDN
    time: Timestamp


@event(MessageType.EventMailBoxLogout)
class EventMailBoxLogout(Event):
    """A DN has logged out of its mailbox."""

    customer_id: CustomerID | None = None
    extensions: Extensions | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN
    time: Timestamp


@event(
    MessageType.EventMessageWaitingOff,
    rules=[
        usual("this_dn", note="m"),
        usual("time", note="m"),
    ],
    footnotes=[
        Footnote("m", "this_dn", "Mandatory in the part of the table that is public."),
        Footnote("m", "time", "Mandatory in the part of the table that is public."),
    ],
    partial="Only the last three rows are public.",
)
class EventMessageWaitingOff(Event):
    """The message-waiting indicator is off."""

    customer_id: CustomerID | None = None
    extensions: Extensions | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN | None = None
    time: Timestamp | None = None
