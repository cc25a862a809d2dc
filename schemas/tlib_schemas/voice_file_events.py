"""The events of voice files: opened, closed, played to the end.

Source: the public event reference, one table an event, rows in alphabetical order; footnotes in our words.
Server is Mandatory in the published tables; the receiving client sets it and no T-Server sends it, so it is Optional here.
"""

from __future__ import annotations

from .attributes import (
    CallID,
    CallState,
    CallType,
    ConnID,
    CustomerID,
    Extensions,
    FileHandle,
    NetworkCallID,
    Reasons,
    ReferenceID,
    Server,
    ThisDN,
    Timestamp,
    UserData,
)
from .enumerations import MessageType
from .events import Event, event
from .rules import Footnote, usual

__all__ = ["EventVoiceFileClosed", "EventVoiceFileEndPlay", "EventVoiceFileOpened"]


@event(MessageType.EventVoiceFileOpened)
class EventVoiceFileOpened(Event):
    """A voice file is open."""

    customer_id: CustomerID | None = None
    extensions: Extensions | None = None
    file_handle: FileHandle
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN
    time: Timestamp
    user_data: UserData | None = None


@event(MessageType.EventVoiceFileClosed)
class EventVoiceFileClosed(Event):
    """A voice file is closed."""

    customer_id: CustomerID | None = None
    extensions: Extensions | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN
    time: Timestamp
    user_data: UserData | None = None


@event(
    MessageType.EventVoiceFileEndPlay,
    rules=[
        usual("call_id", note="m"),
        usual("call_state", note="m"),
        usual("call_type", note="m"),
        usual("conn_id", note="m"),
        usual("file_handle", note="m"),
    ],
    footnotes=[
        Footnote("m", "call_id", "Mandatory in the part of the table that is public."),
        Footnote("m", "call_state", "Mandatory in the part of the table that is public."),
        Footnote("m", "call_type", "Mandatory in the part of the table that is public."),
        Footnote("m", "conn_id", "Mandatory in the part of the table that is public."),
        Footnote("m", "file_handle", "Mandatory in the part of the table that is public."),
    ],
    partial="The rows behind NetworkCallID are not public; Server, ThisDN and time are inferred.",
)
class EventVoiceFileEndPlay(Event):
    """A voice file was played to its end."""

    call_id: CallID | None = None
    call_state: CallState | None = None
    call_type: CallType | None = None
    conn_id: ConnID | None = None
    customer_id: CustomerID | None = None
    extensions: Extensions | None = None
    file_handle: FileHandle | None = None
    network_call_id: NetworkCallID | None = None
    reasons: Reasons | None = None
    reference_id: ReferenceID | None = None
    server: Server | None = None
    this_dn: ThisDN | None = None
    time: Timestamp | None = None
