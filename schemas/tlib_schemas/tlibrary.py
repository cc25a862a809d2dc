"""The registry of T-Library: all message numbers, the attribute dictionary, the events of the tables."""

from __future__ import annotations

from typing import Final

from . import attributes
from .declare import attributes_in
from .enumerations import MessageType
from .events import events_in
from .registry import Registry
from .tables import MODULES

TLIBRARY: Final = Registry(
    "T-Library",
    messages=MessageType,
    attributes=attributes_in(vars(attributes)),
    events=[cls for module in MODULES for cls in events_in(vars(module))],
)
