"""Frames that deviate on purpose, in one way each, and the codes that a decoder reports for them.

Strategy: a deviation returns the bytes of a frame for an event, or None if it does not apply to the event.
The expected codes are not written down: `codes` decodes and checks the frame, as any client of this
package would.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tlib_codec.engine import StreamDecoder, check, encode
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap, MalformedFrame
from tlib_schemas.errors import Severity
from tlib_schemas.events import Event, InvalidEvent, UnknownEvent
from tlib_schemas.kinds import WireType
from tlib_schemas.registry import Item, Registry
from tlib_schemas.rules import Rule, While
from tlib_schemas.values import Attributes, RawValue
from tlib_schemas.wire import HEADER

from .fault import FaultKind

GAP = "gap"
_LENGTH_FIELD = range(HEADER.size - 4, HEADER.size)  # a wrong length shows only in the frames behind it
_TRIES = 16
_UNKNOWN_ID, _UNKNOWN_MESSAGE = 0x7FFF, 0x7FFF
_SAMPLES = {WireType.String: b"?", WireType.Binary: b"?", WireType.Int: bytes(4), WireType.Long: bytes(8), WireType.List: bytes(2)}


def codes(data: bytes, registry: Registry) -> frozenset[str]:
    """Return the codes of all errors, violations and gaps in `data`, a stream of frames."""
    decoder = StreamDecoder(registry=registry)
    decoder.feed(data)
    decoder.close()
    reported: set[str] = set()
    for item in decoder:
        if isinstance(item, MalformedFrame):
            reported.add(item.error.code)
        elif isinstance(item, Gap):
            reported.add(GAP)
        else:
            reported |= {violation.code for violation in check(decoder.data, registry=registry)}
    return frozenset(reported)


class Subject(msgspec.Struct, frozen=True):
    """An event and its frame. Each public method is a deviation; `attribute` names the attribute to deviate in, or is empty."""

    event: Item
    data: bytes
    rng: random.Random
    registry: Registry
    attribute: str = ""

    def corrupt(self) -> bytes | None:
        """Invert one bit that a decoder notices."""
        usual = codes(self.data, self.registry)
        offsets = [i for i in range(len(self.data)) if i not in _LENGTH_FIELD]
        for _ in range(_TRIES):
            offset = self.rng.choice(offsets)
            broken = bytearray(self.data)
            broken[offset] ^= 1 << self.rng.randrange(8)
            if codes(bytes(broken), self.registry) - usual:
                return bytes(broken)
        return bytes([self.data[0] ^ 1]) + self.data[1:]

    def omit(self) -> bytes | None:
        """Leave out a Mandatory attribute, or the named one."""
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
        """Add an attribute that a rule of the event's table forbids, or the named one."""
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
        """Write an attribute as another type than the declared one."""
        values = self._values()
        chosen = sorted({self.attribute} & values.keys() if self.attribute else values.keys())
        declared = {name: self.registry.dictionary.get(self.registry.attribute_number(name)) for name in chosen}
        chosen = [name for name, attribute in declared.items() if attribute is not None and attribute.value is not None]
        if not chosen:
            return None
        name = self.rng.choice(chosen)
        kind = _kind(self.registry.attribute_number(name), self.registry)
        values[name] = RawValue(WireType.Binary if kind != WireType.Binary else WireType.String, _SAMPLES[WireType.Binary])
        return self._frame(values)

    def add_unknown(self) -> bytes | None:
        """Add an attribute with an unknown id."""
        name = self.registry.attribute_name(_UNKNOWN_ID)
        return self._frame(self._values() | {name: RawValue(WireType.String, b"?")})

    def precede_unknown(self) -> bytes | None:
        """Put a message with an unknown number before the frame."""
        return encode(UnknownEvent(_UNKNOWN_MESSAGE, Attributes(self._values())), registry=self.registry, policy=Policy.LENIENT) + self.data

    def _values(self) -> dict[str, Any]:
        """Return the attributes of the event by name."""
        return {self.registry.attribute_name(i): value for i, value in self.registry.lay_out(self.event)[1].items()}

    def _frame(self, values: Mapping[str, Any]) -> bytes:
        message, _ = self.registry.lay_out(self.event)
        return encode(InvalidEvent(message, Attributes(values)), registry=self.registry, policy=Policy.LENIENT)


DEVIATIONS: dict[FaultKind, Callable[[Subject], bytes | None]] = {
    FaultKind.CORRUPT: Subject.corrupt,
    FaultKind.OMIT: Subject.omit,
    FaultKind.FORBIDDEN: Subject.forbid,
    FaultKind.WRONG_TYPE: Subject.mistype,
    FaultKind.UNKNOWN_ATTRIBUTE: Subject.add_unknown,
    FaultKind.UNKNOWN_MESSAGE: Subject.precede_unknown,
}


def _break(rule: Rule, event: Event, values: dict[str, Any], registry: Registry) -> None:
    """Change `values` so that they break a rule against an attribute."""
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
