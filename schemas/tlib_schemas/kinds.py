"""The words in which an attribute is declared: the type of its bytes, the kind of its value, the person or thing it points to."""

from __future__ import annotations

import enum
from typing import Final

from .enumerations import OpenEnum


class WireType(OpenEnum):
    """The type number in an attribute's header."""

    String = 0
    Int = 1
    Binary = 2
    List = 3
    Long = 6


class Kind(enum.Enum):
    """The kind of a value: the one fact by which JSON, logs, columns and schemas handle it."""

    TEXT = "text"  # str
    UINT = "unsigned"  # int of 32 bits
    SINT = "signed"  # int of 32 bits
    LONG = "long"  # int of 64 bits, unsigned
    HEX = "hex"  # str of 16 hex digits
    ENUM = "enumeration"  # an OpenEnum; the value is an `Enum`
    BINARY = "binary"  # bytes
    LIST = "list"  # KVList
    OTHER = "other"  # any other Python type


INTEGERS: Final = frozenset({Kind.UINT, Kind.SINT, Kind.LONG})


class Personal(enum.Enum):
    """The person whom a value points to; redaction replaces the value."""

    ANYONE = "anyone"  # the number, name, digits or password of a caller, a device or a client: always replaced
    AGENT = "agent"  # the name of an agent or of a place: replaced on request


class Identifies(enum.Enum):
    """The thing that a value identifies; call tracking and redaction read it."""

    CALL = "call"  # the event's own call, by CallUUID
    CONNECTION = "connection"  # the event's own call, by ConnID
    OTHER_CALL = "other call"  # a call that the event's call has to do with, by CallUUID
    OTHER_CONNECTION = "other connection"  # ... by ConnID
    ORIGINAL_CALL = "original call"  # the call that the event's call consults for, by CallUUID
    MERGED_CALL = "merged call"  # the call into which the event's call was merged, by CallUUID
    MERGED_CONNECTION = "merged connection"  # ... by ConnID
    LINKED_CALLS = "linked calls"  # a list of the call at other sites
    LISTED_CALLS = "listed calls"  # a list of the calls on an abstract DN
    PARTY = "party"  # the DN whose event it is
    OTHER_PARTY = "other party"  # the DN at the call's other end
    CONTROLLING_PARTY = "controlling party"  # the DN that caused the event
    PARTY_ID = "party id"  # a party, by PartyUUID
