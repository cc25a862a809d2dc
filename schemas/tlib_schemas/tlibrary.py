"""The registry of T-Library: all message numbers, the attribute dictionary, the events of the tables."""

from __future__ import annotations

from typing import Final

from . import abstract_dn_events, attributes, call_events
from .declare import attributes_in
from .enumerations import MessageType
from .events import events_in
from .registry import Registry

TLIBRARY: Final = Registry(
    "T-Library",
    messages=MessageType,
    attributes=attributes_in(vars(attributes)),
    events=[*events_in(vars(call_events)), *events_in(vars(abstract_dn_events))],
)
