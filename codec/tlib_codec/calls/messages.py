"""The messages that tell of calls, beside those of parties (`party_events.EFFECTS`)."""

from __future__ import annotations

from typing import Final

from tlib_schemas.abstract_dn_events import EventReleased
from tlib_schemas.call_events import EventCallCreated, EventCallDataChanged, EventCallDeleted
from tlib_schemas.enumerations import MessageType

CREATED, CHANGED, DELETED, RELEASED = (
    int(event.message) for event in (EventCallCreated, EventCallDataChanged, EventCallDeleted, EventReleased)
)
CALL_BASED: Final = frozenset({CREATED, CHANGED, DELETED})
FRESH_START: Final = frozenset({int(MessageType.EventLinkConnected), int(MessageType.EventServerConnected)})
BACK_IN_STEP: Final = frozenset(
    {int(MessageType.EventRegistered), int(MessageType.EventAddressInfo)}
)  # on an abstract DN: the calls there are
