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


class Category(enum.Enum):
    """The name of a group of attributes, by which redaction keeps or replaces their values.

    The values of those in `HARMLESS` stay unless they are named; all others are replaced unless they are named.
    """

    NUMBERS = "numbers"  # numbers of telephones, of devices and of parties: DNs
    CUSTOMERS = "customers"  # names and numbers of customers
    DIGITS = "digits"  # digits that a caller enters or hears
    AGENTS = "agents"  # names of agents and users
    PLACES = "places"  # names of places of agents
    QUEUES = "queues"  # numbers of queues
    TRUNKS = "trunks"  # numbers of trunks
    LOCATIONS = "locations"  # names of sites, and numbers of their nodes
    SERVERS = "servers"  # names, hosts, ports, versions and capabilities of servers and applications
    DATABASE = "database"  # keys of the configuration database
    MESSAGES = "messages"  # texts of errors
    FILES = "files"  # names of files
    LISTS = "lists"  # key-value lists
    OTHER = "other"  # values that no other category has
    IDS = "ids"  # harmless: random identifiers of calls and parties
    TIMES = "times"  # harmless: times and durations
    COUNTERS = "counters"  # harmless: counts, sequence numbers and priorities
    CODES = "codes"  # harmless: enumerations, flags and ids of types


HARMLESS: Final = frozenset({Category.IDS, Category.TIMES, Category.COUNTERS, Category.CODES})


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


_CALLS: Final = ("CALL", "CONNECTION", "OTHER_CALL", "OTHER_CONNECTION", "ORIGINAL_CALL", "MERGED_CALL", "MERGED_CONNECTION", "PARTY_ID")
CATEGORY_OF: Final[dict[Identifies | Kind | None, Category]] = {
    **{Identifies[name]: Category.IDS for name in _CALLS},
    Identifies.PARTY: Category.NUMBERS,
    Identifies.OTHER_PARTY: Category.NUMBERS,
    Identifies.CONTROLLING_PARTY: Category.NUMBERS,
    Kind.ENUM: Category.CODES,
    Kind.LIST: Category.LISTS,
}
"""The category of an attribute that declares none, by the thing that it identifies, else by the kind of its value."""
