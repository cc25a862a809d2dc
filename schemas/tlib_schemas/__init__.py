"""What the protocol is: numbers, values, wire types, attributes, events, rules, the registry.

This package knows neither files nor engines. To decode and encode, import `tlib_codec`; to declare
a protocol of your own, see docs/registry.md: the words are the ones our own events use.
"""

from . import (
    abstract_dn_events,
    agent_events,
    call_events,
    general_events,
    network_events,
    party_events,
    registration_events,
    routing_events,
    voice_file_events,
)
from .abstract_dn import AbstractDNCall, calls_of, extensions_of
from .attributes import CallHistory, Timestamp
from .declare import Composite, Field
from .enumerations import AttributeID, MessageType, OpenEnum, TAddressInfoType, TCallState, TCallType, TCause, TPartyState, TReliability
from .errors import (
    CODES,
    DecodeError,
    EncodeError,
    ErrorCode,
    LimitExceeded,
    Malformed,
    RegistryError,
    SchemaViolation,
    Severity,
    TLibError,
    Truncated,
    Violation,
)
from .events import Event, InvalidEvent, UnknownEvent, event
from .kinds import Category, Identifies, Kind, WireType
from .limits import DEFAULT_LIMITS, Limits
from .registry import Item, Registry
from .rules import Circumstance, Footnote, Rule, ends_in, ends_otherwise, one_of, only_when, required_when, unusual, unusual_when, usual
from .schema import EventSchema, MessageNumber
from .tables import *  # noqa: F403 each module of tables lists its events in __all__
from .tlibrary import TLIBRARY
from .values import Attributes, Frame, KVList, RawAttribute, RawValue, Unicode
from .wire import Attribute, Shape

__all__ = [
    "CODES",
    "DEFAULT_LIMITS",
    "TLIBRARY",
    "AbstractDNCall",
    "Attribute",
    "AttributeID",
    "Attributes",
    "CallHistory",
    "Category",
    "Circumstance",
    "Composite",
    "DecodeError",
    "EncodeError",
    "ErrorCode",
    "Event",
    "EventSchema",
    "Field",
    "Footnote",
    "Frame",
    "Identifies",
    "InvalidEvent",
    "Item",
    "KVList",
    "Kind",
    "LimitExceeded",
    "Limits",
    "Malformed",
    "MessageNumber",
    "MessageType",
    "OpenEnum",
    "RawAttribute",
    "RawValue",
    "Registry",
    "RegistryError",
    "Rule",
    "SchemaViolation",
    "Severity",
    "Shape",
    "TAddressInfoType",
    "TCallState",
    "TCallType",
    "TCause",
    "TLibError",
    "TPartyState",
    "TReliability",
    "Timestamp",
    "Truncated",
    "Unicode",
    "UnknownEvent",
    "Violation",
    "WireType",
    "calls_of",
    "ends_in",
    "ends_otherwise",
    "event",
    "extensions_of",
    "one_of",
    "only_when",
    "required_when",
    "unusual",
    "unusual_when",
    "usual",
]
# Type checkers read these statements; `[*names]` they do not.
__all__ += abstract_dn_events.__all__
__all__ += agent_events.__all__
__all__ += call_events.__all__
__all__ += general_events.__all__
__all__ += network_events.__all__
__all__ += party_events.__all__
__all__ += registration_events.__all__
__all__ += routing_events.__all__
__all__ += voice_file_events.__all__
