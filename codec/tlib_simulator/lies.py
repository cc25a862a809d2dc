"""Frames that are wrong on purpose, one way each, and what a decoder has to say about them.

Strategy: a lie gives the bytes of a frame for an event, or None where the event does not lend itself
to it. What is to be noticed is not written down beside it: the frame is decoded and
checked, and the codes found are those that any client of ours would find.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import msgspec

from tlib_codec.engine import StreamDecoder, check, encode
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap, MalformedFrame
from tlib_schemas.errors import Severity
from tlib_schemas.events import Event, InvalidEvent, UnknownEvent
from tlib_schemas.registry import Item, Registry
from tlib_schemas.rules import Rule, While
from tlib_schemas.values import Attributes, RawValue
from tlib_schemas.wire import HEADER, WireType

GAP = "gap"
_LENGTH_FIELD = range(HEADER.size - 4, HEADER.size)  # a wrong length is for the frames behind it to show
_TRIES = 16
_UNKNOWN_ID, _UNKNOWN_MESSAGE = 0x7FFF, 0x7FFF
_SAMPLES = {WireType.String: b"?", WireType.Binary: b"?", WireType.Int: bytes(4), WireType.Long: bytes(8), WireType.List: bytes(2)}


def findings(data: bytes, registry: Registry) -> frozenset[str]:
    """The codes of everything that decoding and checking `data`, a stream, finds."""
    decoder = StreamDecoder(registry=registry)
    decoder.feed(data)
    decoder.close()
    found: set[str] = set()
    for item in decoder:
        if isinstance(item, MalformedFrame):
            found.add(item.error.code)
        elif isinstance(item, Gap):
            found.add(GAP)
        else:
            found |= {violation.code for violation in check(decoder.data, registry=registry)}
    return frozenset(found)


class Subject(msgspec.Struct, frozen=True):
    """An event and its frame, to lie about; each method is a lie. `attribute` is the one to be chosen, or empty."""

    event: Item
    data: bytes
    rng: random.Random
    registry: Registry
    attribute: str = ""

    def corrupt(self) -> bytes | None:
        """One bit turned over, where it shows."""
        usual = findings(self.data, self.registry)
        places = [i for i in range(len(self.data)) if i not in _LENGTH_FIELD]
        for _ in range(_TRIES):
            place = self.rng.choice(places)
            broken = bytearray(self.data)
            broken[place] ^= 1 << self.rng.randrange(8)
            if findings(bytes(broken), self.registry) - usual:
                return bytes(broken)
        return bytes([self.data[0] ^ 1]) + self.data[1:]

    def omit(self) -> bytes | None:
        """Without a Mandatory attribute, or without the one that is named."""
        values = self._values()
        if self.attribute:
            chosen = {self.attribute} & values.keys()
        elif isinstance(self.event, Event):
            chosen = {
                self.registry.attribute_name(i) for field in self.event.__schema__.fields if field.mandatory for i in field.ids
            } & values.keys()
        else:
            chosen = set()
        if not chosen:
            return None
        del values[self.rng.choice(sorted(chosen))]
        return self._frame(values)

    def forbid(self) -> bytes | None:
        """With an attribute that a rule of the event's table does not allow, or with the one that is named."""
        if not isinstance(self.event, Event):
            return None
        schema = self.event.__schema__
        rules = [r for r in schema.rules if r.present and (r.severity is Severity.ERROR or schema.by_name[r.field].label == self.attribute)]
        if self.attribute:
            rules = [r for r in rules if schema.by_name[r.field].label == self.attribute]
        values = self._values()
        if rules:
            _break(self.rng.choice(rules), self.event, values, self.registry)
        elif self.attribute and self.registry.attribute_number(self.attribute) not in schema.listed:
            values[self.attribute] = _sample(self.registry.attribute_number(self.attribute), self.registry)
        else:
            return None
        return self._frame(values)

    def mistype(self) -> bytes | None:
        """An attribute as another type than the declared one."""
        values = self._values()
        chosen = sorted({self.attribute} & values.keys() if self.attribute else values.keys())
        declared = {name: self.registry.dictionary.get(self.registry.attribute_number(name)) for name in chosen}
        chosen = [name for name, found in declared.items() if found is not None and found.value is not None]
        if not chosen:
            return None
        name = self.rng.choice(chosen)
        kind = _kind(self.registry.attribute_number(name), self.registry)
        values[name] = RawValue(WireType.Binary if kind != WireType.Binary else WireType.String, _SAMPLES[WireType.Binary])
        return self._frame(values)

    def add_unknown(self) -> bytes | None:
        """With an attribute that nobody knows."""
        name = self.registry.attribute_name(_UNKNOWN_ID)
        return self._frame(self._values() | {name: RawValue(WireType.String, b"?")})

    def precede_unknown(self) -> bytes | None:
        """Behind a message that nobody knows."""
        return encode(UnknownEvent(_UNKNOWN_MESSAGE, Attributes(self._values())), registry=self.registry, policy=Policy.LENIENT) + self.data

    def _values(self) -> dict[str, Any]:
        """The attributes of any item, by name."""
        return {self.registry.attribute_name(i): value for i, value in self.registry.lay_out(self.event)[1].items()}

    def _frame(self, values: Mapping[str, Any]) -> bytes:
        message, _ = self.registry.lay_out(self.event)
        return encode(InvalidEvent(message, Attributes(values)), registry=self.registry, policy=Policy.LENIENT)


def _break(rule: Rule, event: Event, values: dict[str, Any], registry: Registry) -> None:
    """Make `values` break a rule on an attribute that must not be there."""
    schema = event.__schema__
    number = schema.by_name[rule.field].ids[0]
    values.setdefault(registry.attribute_name(number), _sample(number, registry))
    if not rule.other:
        return
    other = schema.by_name[rule.other].ids[0]
    label = registry.attribute_name(other)
    if rule.test is While.ABSENT:
        values.pop(label, None)
    elif rule.test is While.IN:
        values[label] = min(rule.values)
    elif rule.test is While.NOT_IN:
        values[label] = next(n for n in range(1, len(rule.values) + 2) if n not in rule.values)


def _kind(number: int, registry: Registry) -> WireType:
    attribute = registry.dictionary.get(number)
    return WireType.String if attribute is None or attribute.value is None else attribute.value.wire_type


def _sample(number: int, registry: Registry) -> RawValue:
    kind = _kind(number, registry)
    return RawValue(kind, _SAMPLES[kind])
