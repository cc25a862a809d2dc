"""The registry of T-Library: all message numbers, the attribute dictionary, the six events."""

from __future__ import annotations

from typing import Final

from . import attributes
from .abstract_dn_events import EventAddressInfo, EventRegistered, EventReleased
from .call_events import EventCallCreated, EventCallDataChanged, EventCallDeleted
from .declare import attributes_in
from .enumerations import MessageType
from .registry import Registry

TLIBRARY: Final = Registry(
    "T-Library",
    messages=MessageType,
    attributes=attributes_in(vars(attributes)),
    events=[EventCallCreated, EventCallDataChanged, EventCallDeleted, EventReleased, EventAddressInfo, EventRegistered],
)
