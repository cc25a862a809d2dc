"""Hypothesis strategies of everything the protocol can say, derived from a registry.

Strategy: nothing about an attribute or event is written here. A value's strategy follows from its
wire construct, an event's from its table and its rules, a frame's from both; so a protocol that a
user declares is generated as ours is. Texts come from bytes, because every text that a frame can
hold is some bytes decoded with surrogateescape, and no other text survives a round trip.

`hypothesis` is needed (extra ``fuzz``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from tlib_schemas import wire
from tlib_schemas.declare import Field
from tlib_schemas.errors import DecodeError, Severity
from tlib_schemas.events import Event, EventSchema, InvalidEvent, UnknownEvent
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Attributes, Frame, KVList, RawAttribute, RawValue, Unicode
from tlib_schemas.wire import Attribute, WireType

_DECLARED_TYPES = sorted(int(kind) for kind in WireType)


# -- values --------------------------------------------------------------------------------------


def texts(max_bytes: int = 40) -> st.SearchStrategy[str]:
    """Texts as frames hold them: UTF-8, and bytes that are not, by surrogateescape."""
    plain = st.text(max_size=max_bytes // 4)
    return st.one_of(plain, st.binary(max_size=max_bytes).map(lambda data: data.decode("utf-8", "surrogateescape")))


def kv_lists(depth: int = 3, max_pairs: int = 4) -> st.SearchStrategy[KVList]:
    """Key-value lists of all five types, nested up to `depth` levels, keys repeated now and then."""
    keys = st.one_of(st.sampled_from(("", "k", "$binary", "type", "value")), texts(12))
    leaves: list[st.SearchStrategy[Any]] = [
        texts(),
        st.integers(-(2**31), 2**31 - 1),
        st.binary(max_size=20),
        st.text(max_size=10).map(Unicode),
    ]
    if depth > 1:
        leaves.append(st.deferred(lambda: kv_lists(depth - 1, max_pairs)))
    return st.lists(st.tuples(keys, st.one_of(leaves)), max_size=max_pairs).map(KVList)


def raw_values(kinds: st.SearchStrategy[int] | None = None) -> st.SearchStrategy[RawValue]:
    """Values of attributes that nobody declared: any type number, bytes that satisfy the type."""

    def of(kind: int) -> st.SearchStrategy[RawValue]:
        body = st.binary(max_size=20)
        if kind == WireType.List:
            body = kv_lists(2).map(wire.KVList.pack)
        elif kind in (WireType.Int, WireType.Long):
            size = 4 if kind == WireType.Int else 8
            body = st.binary(min_size=size, max_size=size)
        return body.map(lambda data: RawValue(kind, data))

    return (kinds or st.one_of(st.sampled_from(_DECLARED_TYPES), st.integers(0, 255))).flatmap(of)


def values(attribute: Attribute) -> st.SearchStrategy[Any]:
    """Values of one attribute, of its Python type; `RawValue` where its type is not declared."""
    value = attribute.value
    if value is None:
        return raw_values()
    if attribute.shape is not None and attribute.shape.alphabet and attribute.shape.length is not None:
        shaped = st.text(attribute.shape.alphabet, min_size=attribute.shape.length, max_size=attribute.shape.length)
        return st.one_of(shaped, shaped, texts())
    if value.wire_type == WireType.List:
        return kv_lists()
    if value.size is not None:
        # every bit pattern of the size is a value, so the construct itself gives the Python form
        numbers = st.binary(min_size=value.size, max_size=value.size).map(value.unpack)
        return st.one_of(numbers, st.sampled_from(list(value.enumeration))) if isinstance(value, wire.Enum) else numbers
    return texts() if value.python is str else st.binary(max_size=40)


def unknown_ids(registry: Registry = TLIBRARY) -> st.SearchStrategy[int]:
    """Attribute ids that the registry's dictionary does not know."""
    return st.integers(0, 0xFFFF).filter(lambda number: number not in registry.dictionary)


@st.composite
def attribute_values(draw: st.DrawFn, registry: Registry = TLIBRARY, *, max_size: int = 6) -> dict[int, Any]:
    """Attributes by id: known ones with values of their types, unknown ones raw."""
    known = draw(st.lists(st.sampled_from(sorted(registry.dictionary)), max_size=max_size, unique=True)) if registry.dictionary else []
    found = {number: draw(values(registry.dictionary[number])) for number in known}
    found.update(draw(st.dictionaries(unknown_ids(registry), raw_values(), max_size=2)))
    return found


# -- events --------------------------------------------------------------------------------------


def _field(field: Field) -> st.SearchStrategy[Any]:
    if field.composite is None:
        return values(field.attributes[0][1])
    composite = field.composite
    parts = {name: values(a) if a.id in field.needed else st.none() | values(a) for name, a in field.attributes}
    whole = st.fixed_dictionaries(parts).filter(lambda found: any(value is not None for value in found.values()))
    return whole.map(lambda found: composite(**found))


@st.composite
def events_of(draw: st.DrawFn, schema: EventSchema, registry: Registry = TLIBRARY, *, extra: bool = True) -> Event:
    """Valid events of one table; `extra` adds attributes that it does not list."""
    found: dict[str, Any] = {}
    for field in schema.fields:
        if field.mandatory or draw(st.booleans()):
            found[field.name] = draw(_field(field))
    for _ in range(3):  # mending one rule may break another
        for rule in schema.rules:
            if rule.severity is Severity.ERROR and (rule.field in found) is rule.present and rule.applies(found.get(rule.other)):
                if rule.present:
                    del found[rule.field]
                else:
                    found[rule.field] = draw(_field(schema.by_name[rule.field]))
    unlisted: dict[int, Any] = {}
    if extra:
        unlisted = {number: value for number, value in draw(attribute_values(registry, max_size=3)).items() if number not in schema.listed}
    event = schema.cls(**found, extra=Attributes((registry.attribute_name(number), value) for number, value in sorted(unlisted.items())))
    assume(not schema.fails(registry.lay_out(event)[1]))
    return event


def events(registry: Registry = TLIBRARY, *, extra: bool = True) -> st.SearchStrategy[Event]:
    """Valid events of any of the registry's tables."""
    return st.one_of([events_of(schema, registry, extra=extra) for schema in registry.schemas.values()])


@st.composite
def unknown_events(draw: st.DrawFn, registry: Registry = TLIBRARY) -> UnknownEvent:
    """Messages without a table, named or not, with any attributes."""
    named = sorted(number for number in registry.messages.values() if number not in registry.schemas)
    numbers = st.integers(0, 0xFFFF).filter(lambda number: number not in registry.schemas)
    message = draw(st.one_of(st.sampled_from(named), numbers) if named else numbers)
    item = registry.assemble(message, draw(attribute_values(registry)))
    assert isinstance(item, UnknownEvent)
    return item


@st.composite
def invalid_events(draw: st.DrawFn, registry: Registry = TLIBRARY) -> InvalidEvent:
    """Events from which attributes were taken until their schema does not hold."""
    message, found = registry.lay_out(draw(events(registry)))
    for number in draw(st.lists(st.sampled_from(sorted(found)), min_size=1, unique=True)):
        del found[number]
    item = registry.assemble(message, found)
    assume(isinstance(item, InvalidEvent))
    assert isinstance(item, InvalidEvent)
    return item


def items(registry: Registry = TLIBRARY) -> st.SearchStrategy[Item]:
    """Everything that a well-formed frame can be."""
    return st.one_of(events(registry), unknown_events(registry), invalid_events(registry))


# -- frames --------------------------------------------------------------------------------------


def _bytes_of(message: int, found: Mapping[int, Any], order: list[int], registry: Registry) -> bytes:
    construct = registry.frame()
    return construct.pack(message, b"".join(construct.attributes.pack({number: found[number]}) for number in order))


@st.composite
def frames(draw: st.DrawFn, registry: Registry = TLIBRARY, *, canonical: bool = False) -> bytes:
    """Well-formed frames, attributes in any order; `canonical` ones have ascending ids."""
    message, found = registry.lay_out(draw(items(registry)))
    order = sorted(found)
    return _bytes_of(message, found, order if canonical else draw(st.permutations(order)), registry)


@st.composite
def untyped_frames(draw: st.DrawFn) -> Frame:
    """Well-formed frames of which no registry is asked."""
    found = draw(st.dictionaries(st.integers(0, 0xFFFF), raw_values(), max_size=6))
    return Frame(draw(st.integers(0, 0xFFFF)), tuple(RawAttribute(number, raw.type, raw.value) for number, raw in found.items()))


@st.composite
def mutated_frames(draw: st.DrawFn, registry: Registry = TLIBRARY) -> bytes:
    """Frames that were damaged: bits flipped, cut, bytes put in, lengths that lie, frames spliced.

    Some damage leaves a well-formed frame.
    """
    data = bytearray(draw(frames(registry)))
    for damage in draw(st.lists(st.sampled_from(("flip", "cut", "insert", "lie", "splice", "byte")), min_size=1, max_size=4)):
        where = draw(st.integers(0, max(len(data) - 1, 0)))
        if damage == "cut":
            del data[where:]
        elif damage == "insert":
            data[where:where] = draw(st.binary(min_size=1, max_size=12))
        elif damage == "splice":
            other = draw(frames(registry))
            data[where:] = other[draw(st.integers(0, len(other))) :]
        elif damage == "lie" and len(data) >= 10:
            data[6:10] = draw(st.one_of(st.integers(0, 2 * len(data)), st.integers(0, 2**32 - 1))).to_bytes(4, "big")
        elif data:
            data[where] = data[where] ^ 1 << draw(st.integers(0, 7)) if damage == "flip" else draw(st.integers(0, 255))
    return bytes(data)


def broken_frames(registry: Registry = TLIBRARY) -> st.SearchStrategy[bytes]:
    """Damaged frames that do not decode."""
    return mutated_frames(registry).filter(lambda data: not _decodes(data, registry))


def _decodes(data: bytes, registry: Registry) -> bool:
    try:
        registry.frame().unpack(data)
    except DecodeError:
        return False
    return True
