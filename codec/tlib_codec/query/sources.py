"""The places in a frame and its origin where a field has its values, as the C core reads them (core/fields.h).

Strategy: a field of records is an attribute, several of a kind, a path into a list, or a part of the origin: each a `Source`. What else
a field may be (a composite, the whole of a log's unnumbered attributes) has the source `CALLER`: Python takes its values.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from tlib_schemas import kinds
from tlib_schemas.declare import Composite
from tlib_schemas.enumerations import AttributeID, OpenEnum
from tlib_schemas.registry import Registry
from tlib_schemas.schema import EventSchema
from tlib_schemas.wire import Attribute, Enum

from .fields import alike
from .records import TIMES
from .syntax import Field

NUMBERS: Final = ("line", "packet", "offset")
FLOW_TEXTS: Final = ("src", "dst", "connection", "direction", "peer", "version")


class From(enum.IntEnum):
    """The place of a field's values. The core uses the same numbers."""

    ATTRIBUTES = 0
    LIST = 1
    MESSAGE = 2
    NUMBER = 3
    TIME = 4
    FLOW = 5
    FILE = 6
    NOTE = 7
    ERRORS = 8
    CALLER = 9


class ValueType(enum.IntEnum):
    """The type of a value. The core uses the same numbers."""

    TEXT = 0
    UNICODE = 1
    UINT = 2
    SINT = 3
    LONG = 4
    HEX = 5
    BINARY = 6
    LIST = 7
    RAW = 8


class Source(msgspec.Struct, frozen=True):
    """The place of a field's values: `which` of the columns or flow texts, attributes with the type of their values, a path.

    `enumeration` is that of numbers with names.
    """

    place: From
    which: int = 0
    attributes: tuple[tuple[int, ValueType], ...] = ()
    path: bytes = b""
    enumeration: type[OpenEnum] | None = None


_TYPES: Final[Mapping[kinds.Kind, ValueType]] = {
    kinds.Kind.TEXT: ValueType.TEXT,
    kinds.Kind.UINT: ValueType.UINT,
    kinds.Kind.SINT: ValueType.SINT,
    kinds.Kind.LONG: ValueType.LONG,
    kinds.Kind.HEX: ValueType.HEX,
    kinds.Kind.BINARY: ValueType.BINARY,
    kinds.Kind.LIST: ValueType.LIST,
}
_CALLER: Final = Source(From.CALLER)
_NAMED: Final[Mapping[str, Source]] = {
    "Event": Source(From.MESSAGE),
    **dict.fromkeys(TIMES, Source(From.TIME)),
    **{f"${name}": Source(From.NUMBER, which) for which, name in enumerate(NUMBERS)},
    **{f"${name}": Source(From.FLOW, which) for which, name in enumerate(FLOW_TEXTS)},
    "$file": Source(From.FILE),
    "$text": Source(From.NOTE),
    "$error": Source(From.ERRORS),
}


def source_of(field: Field, registry: Registry) -> Source:
    """Return the source of a field of records that is known to be one."""
    path = packed(field.path)
    if path is None:
        return _CALLER
    if field.name in _NAMED:
        return _NAMED[field.name]
    if field.name == "$unnumbered":
        return Source(From.NOTE, path=path) if path else _CALLER
    if field.name in registry.composites:
        return _CALLER
    number = registry.attribute_number(field.name)
    attribute = registry.dictionary.get(number)
    value = None if attribute is None else attribute.value
    enumeration = value.enumeration if isinstance(value, Enum) else None
    if field.any:
        attributes = tuple((int(one.id), _type(one)) for one in alike(field.name, attribute, registry))
        return Source(From.ATTRIBUTES, attributes=attributes, enumeration=enumeration)
    one = ((number, _type(attribute)),)
    return Source(From.LIST, attributes=one, path=path) if path else Source(From.ATTRIBUTES, attributes=one, enumeration=enumeration)


class Facts(msgspec.Struct, frozen=True):
    """Facts about a registry that the core needs beside its tables.

    `own_time` are the attributes of an event's own time, seconds and microseconds, with their types: RAW where one is no number.
    `asks` has a byte for each table, 1 where its events are made by code of their own, which may change values.
    """

    own_time: tuple[tuple[int, ValueType], ...]
    asks: bytes


@lru_cache(maxsize=4)
def facts_of(registry: Registry) -> Facts:
    """Return the facts about a registry."""
    times = []
    for number in (int(AttributeID.TimeinSecs), int(AttributeID.TimeinuSecs)):
        attribute = registry.dictionary.get(number)
        integer = attribute is not None and attribute.value is not None and attribute.value.kind in kinds.INTEGERS
        times.append((number, _type(attribute) if integer else ValueType.RAW))
    return Facts(tuple(times), bytes(_is_made(schema) for schema in registry.tables))


def _is_made(schema: EventSchema) -> bool:
    composites = [field.composite for field in schema.fields if field.composite is not None]
    return hasattr(schema.cls, "__post_init__") or any(one.__post_init__ is not Composite.__post_init__ for one in composites)


def packed(text: str) -> bytes | None:
    """Return the bytes that a frame has for a text; None where no bytes decode to it."""
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return None
    return data if data.decode("utf-8", "surrogateescape") == text else None


def _type(attribute: Attribute | None) -> ValueType:
    value = None if attribute is None else attribute.value
    if value is None:
        return ValueType.RAW
    if isinstance(value, Enum):
        return ValueType.SINT if value.signed else ValueType.UINT
    return _TYPES.get(value.kind, ValueType.RAW)
