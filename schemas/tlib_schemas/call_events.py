"""The call-based events: EventCallCreated, EventCallDataChanged, EventCallDeleted.

Source: "T-Library Call-Based Events", one table an event, row for row; footnotes in our words.
"""

from __future__ import annotations

from .attributes import (
    ANI,
    DNIS,
    CallID,
    CallType,
    CallUUID,
    Cause,
    ConnID,
    CtrlParty,
    CustomerID,
    DialedNumber,
    ISLinkList,
    NetworkCallID,
    NetworkNodeID,
    NodeID,
    OrigCallUUID,
    RefCallUUID,
    RefConnID,
    UserData,
)
from .enumerations import MessageType, TCallType, TCause
from .errors import Severity
from .events import Event, event
from .rules import Footnote, only_when, unusual, unusual_when

__all__ = ["EventCallCreated", "EventCallDataChanged", "EventCallDeleted"]

MERGING_CAUSES = (TCause.Transfer, TCause.SingleStepTransfer, TCause.Conference)


@event(
    MessageType.EventCallCreated,
    rules=[
        unusual("is_link_list", note="a"),
        unusual_when("dialed_number", "call_type", (TCallType.Inbound,), note="b"),
    ],
    footnotes=[
        Footnote(
            "a", "is_link_list", "Only when T-Server resynchronises with a client: at connect, or at reconnect after an HA switchover."
        ),
        Footnote("b", "dialed_number", "Outgoing calls only: the number dialed, known at creation if a client asked for the call."),
    ],
)
class EventCallCreated(Event):
    """A call has been created in T-Server. Source: table "EventCallCreated"."""

    call_uuid: CallUUID
    is_link_list: ISLinkList | None = None
    conn_id: ConnID
    call_type: CallType | None = None
    orig_call_uuid: OrigCallUUID | None = None
    call_id: CallID | None = None
    node_id: NodeID | None = None
    network_call_id: NetworkCallID | None = None
    network_node_id: NetworkNodeID | None = None
    ani: ANI | None = None
    dnis: DNIS | None = None
    user_data: UserData | None = None
    customer_id: CustomerID | None = None
    dialed_number: DialedNumber | None = None


@event(
    MessageType.EventCallDataChanged,
    footnotes=[Footnote("a", "ctrl_party", "Refers to the party that caused the change.")],
)
class EventCallDataChanged(Event):
    """Some of a call's properties have changed. Source: table "EventCallDataChanged".

    Only what changed is present, besides CallUUID and ConnID; an empty UserData says that the
    user data was deleted.
    """

    call_uuid: CallUUID
    is_link_list: ISLinkList | None = None
    conn_id: ConnID
    call_type: CallType | None = None
    orig_call_uuid: OrigCallUUID | None = None
    call_id: CallID | None = None
    node_id: NodeID | None = None
    network_call_id: NetworkCallID | None = None
    network_node_id: NetworkNodeID | None = None
    ani: ANI | None = None
    dnis: DNIS | None = None
    user_data: UserData | None = None
    customer_id: CustomerID | None = None
    ctrl_party: CtrlParty | None = None


@event(
    MessageType.EventCallDeleted,
    rules=[
        only_when("ref_call_uuid", "cause", MERGING_CAUSES, note="b", severity=Severity.WARNING),
        only_when("ref_conn_id", "cause", MERGING_CAUSES, note="c"),
    ],
    footnotes=[
        Footnote("a", "cause", "An integer that says why the call was deleted: a transfer or a conference, for instance."),
        Footnote("b", "ref_call_uuid", "CallUUID of the call into which this one was merged by a transfer, conference or merge."),
        Footnote("c", "ref_conn_id", "Present only if the call was deleted by a transfer, conference or merge."),
        Footnote("d", "ctrl_party", "Refers to the party that disconnected the call."),
    ],
)
class EventCallDeleted(Event):
    """A call has been deleted. Source: table "EventCallDeleted"."""

    call_uuid: CallUUID
    conn_id: ConnID
    cause: Cause | None = None
    ref_call_uuid: RefCallUUID | None = None
    ref_conn_id: RefConnID | None = None
    ctrl_party: CtrlParty | None = None
