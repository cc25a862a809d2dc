"""The fields that a query may name: attributes of the registry, and named fields of a record or a call.

Strategy: a `Scope` says what is tested. It has a table of named fields (``$duration``, ``Event``), each with the kind of its
values and a getter, and a function that returns the item with the attributes. So another package extends the language with
a table. The kind of a field decides which literals it takes and how they compare.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from tlib_codec.access import attribute_names, closest, getter
from tlib_schemas import kinds
from tlib_schemas.declare import Composite
from tlib_schemas.enumerations import OpenEnum
from tlib_schemas.kinds import Identifies
from tlib_schemas.registry import Item, Registry
from tlib_schemas.values import KVList, RawValue
from tlib_schemas.wire import Attribute, Enum, Shape

from .syntax import Field

HEX_SHAPE: Final = Shape(description="16 hex digits", length=16, alphabet="0123456789ABCDEFabcdef")
_FAMILIES: Final = (
    frozenset({Identifies.CALL, Identifies.OTHER_CALL, Identifies.ORIGINAL_CALL, Identifies.MERGED_CALL}),
    frozenset({Identifies.CONNECTION, Identifies.OTHER_CONNECTION, Identifies.MERGED_CONNECTION}),
)
_NONE_ALIKE: Final = "any takes ConnID, CallUUID, DN or an attribute with names of an enumeration, not {}"
_PARTIES: Final = frozenset({Identifies.PARTY, Identifies.OTHER_PARTY, Identifies.CONTROLLING_PARTY})


class FieldKind(enum.Enum):
    """The kind of a field's values."""

    TEXT = "text"  # str; a value at a path into a list may also be int or bytes
    NUMBER = "number"  # int
    NAME = "name"  # an OpenEnum, or a number that `NamedField.names` names
    ID = "id"  # str of one shape, in any case: ConnID, CallUUID
    TIME = "time"  # int, nanoseconds since 1970 UTC
    DURATION = "duration"  # float, seconds
    WORD = "word"  # str, one of `NamedField.words`
    DATA = "data"  # bytes, or a value of a type that is not declared
    LIST = "list"  # pairs of key and value


def shown(value: Any) -> str:
    """Return a value as text: a name or number, a text, or the hex of bytes."""
    match value:
        case OpenEnum():
            return value.label or str(int(value))
        case bytes():
            return value.hex()
        case RawValue():
            return value.value.hex()
        case Composite():
            return value.to_text() or ""
        case _:
            return str(value)


class NamedField(msgspec.Struct, frozen=True, kw_only=True):
    """A field: the kind of its values, and the getter that takes them out of a record or call.

    `get` returns a value, a tuple of values, or None. `names` are the numbers of a NAME, `words` the values of a WORD, `shape`
    is that of an ID. `show` returns a value as text, for patterns and columns.
    """

    kind: FieldKind
    get: Callable[[Any], Any]
    names: Mapping[str, int] = {}
    words: Sequence[str] = ()
    shape: Shape | None = None
    show: Callable[[Any], str] = shown


class Scope(msgspec.Struct, frozen=True):
    """The things that a query tests: their named fields, and the function that returns the item with their attributes."""

    fields: Mapping[str, NamedField]
    item: Callable[[Any], Item]


class Bound(msgspec.Struct, frozen=True):
    """A field of a query, resolved: its kind is that of the values that `values` returns for a record or call."""

    field: NamedField
    values: Callable[[Any], Sequence[Any]]
    attribute: Attribute | None = None


def resolve(field: Field, scope: Scope, registry: Registry) -> Bound:
    """Return the field with its getter. Raises LookupError with the closest name, or the reason why a path or ``any`` does not fit."""
    attribute = None
    if field.name in scope.fields:
        named = scope.fields[field.name]
        if field.any:
            raise LookupError(f"{field.name} has no other fields of its kind; leave any out")
    else:
        named, attribute = _attribute(field.name, scope, registry)
    if field.any:
        takes = [_attribute(one.name, scope, registry)[0].get for one in alike(field.name, attribute, registry)]
        named = msgspec.structs.replace(named, get=lambda subject: tuple(v for take in takes if (v := take(subject)) is not None))
    if field.path:
        if named.kind is not FieldKind.LIST:
            raise LookupError(f"{field.name} is no list and has no key {field.path}")
        text = NamedField(kind=FieldKind.TEXT, get=named.get)
        return Bound(text, lambda subject: tuple(within(named.get(subject), field.path)))
    return Bound(named, lambda subject: _sequence(named.get(subject)), attribute)


def _sequence(value: Any) -> Sequence[Any]:
    return () if value is None else value if type(value) is tuple else (value,)


def within(pairs: KVList | Mapping[str, Any] | None, path: str) -> Iterator[Any]:
    """Yield every value at a dotted path into lists; a key may have dots itself."""
    for key, value in () if pairs is None else pairs.items() if isinstance(pairs, Mapping) else pairs:
        if key == path:
            yield value
        elif isinstance(value, KVList) and path.startswith(key + "."):
            yield from within(value, path[len(key) + 1 :])


def _attribute(name: str, scope: Scope, registry: Registry) -> tuple[NamedField, Attribute | None]:
    try:
        take = getter(name, registry)
    except LookupError:
        hint = closest(name, [*scope.fields, *attribute_names(registry)])
        if name.startswith("$"):
            raise LookupError(f"there is no field {name}{hint or '; there are ' + ', '.join(scope.fields)}") from None
        raise LookupError(f"{registry.name} has no attribute {name!r}{hint}") from None
    item = scope.item
    get: Callable[[Any], Any] = lambda subject: take(item(subject))  # noqa: E731
    if name in registry.composites:
        return NamedField(kind=FieldKind.TEXT, get=get), None
    attribute = registry.dictionary.get(registry.attribute_number(name))
    kind, names, shape = _kind(attribute)
    return NamedField(kind=kind, get=get, names=names, shape=shape), attribute


def _kind(attribute: Attribute | None) -> tuple[FieldKind, Mapping[str, int], Shape | None]:
    """Return the kind of an attribute's values, the numbers by name of an enumeration, and the shape of an id."""
    value = None if attribute is None else attribute.value
    if attribute is None or value is None:
        return FieldKind.DATA, {}, None
    if isinstance(value, Enum):
        return FieldKind.NAME, {label.rstrip("_"): int(member) for label, member in value.enumeration.__members__.items()}, None
    if value.kind is kinds.Kind.HEX:
        return FieldKind.ID, {}, HEX_SHAPE
    if value.kind is kinds.Kind.TEXT and attribute.shape is not None and attribute.shape.length is not None:
        return FieldKind.ID, {}, attribute.shape
    return _KINDS.get(value.kind, FieldKind.DATA), {}, None


_KINDS: Final = {
    kinds.Kind.TEXT: FieldKind.TEXT,
    kinds.Kind.LIST: FieldKind.LIST,
    **dict.fromkeys(kinds.INTEGERS, FieldKind.NUMBER),
}


def alike(name: str, attribute: Attribute | None, registry: Registry) -> list[Attribute]:
    """Return the attributes of one kind with this one. Raises LookupError if it has no such kind."""
    declared = registry.dictionary.values()
    if attribute is None:
        raise LookupError(_NONE_ALIKE.format(name))
    family = next((family for family in _FAMILIES if attribute.identifies in family), None)
    if family is not None:
        return [one for one in declared if one.identifies in family]
    if _is_party(attribute):
        return [one for one in declared if _is_party(one)]
    if isinstance(attribute.value, Enum):
        enumeration = attribute.value.enumeration
        return [one for one in declared if isinstance(one.value, Enum) and one.value.enumeration is enumeration]
    raise LookupError(_NONE_ALIKE.format(name))


def _is_party(attribute: Attribute) -> bool:
    text = attribute.value is not None and attribute.value.kind is kinds.Kind.TEXT
    return text and (attribute.identifies in _PARTIES or attribute.name.endswith("DN"))
