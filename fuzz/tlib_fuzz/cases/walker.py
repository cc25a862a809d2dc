"""The walker over a registry: builds every kind of valid frame, all of its choices made by a `Chooser`.

Strategy: values are constructed, never filtered. What an event holds follows from its `Plan`, what an
attribute holds from its construct, so a user's registry is walked as ours is. The result is a tree
(`tree.Frame`), because bytes, the item they decode to and every defect follow from one; that item is
put together from the tree's own leaves, so a decoder's mistake is not repeated in what is expected of it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from tlib_schemas import wire
from tlib_schemas.declare import Field
from tlib_schemas.enumerations import TKVType
from tlib_schemas.events import EventSchema
from tlib_schemas.registry import Item, Registry
from tlib_schemas.values import KVList, RawValue, Unicode
from tlib_schemas.wire import WireType

from .chooser import Chooser, RandomChooser
from .scenarios import Break, Plan, Scenario, Step
from .tree import Attribute, Frame, List
from .values import OF_TYPE, OURS, TYPES, Body, maker, packed, text

_STRING, _INT, _BINARY, _LIST, _UNICODE = (int(kind) for kind in TKVType if kind >= 0)


class Walker:
    """Builds valid frames of one registry.

    Raises ValueError where an event's rules contradict each other, or where no value is found of an
    attribute whose construct is a user's own.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.plans = {number: Plan(schema) for number, schema in registry.schemas.items()}
        self._all_plans = tuple(self.plans.values())
        typed = {number: a.value for number, a in registry.dictionary.items() if a.value is not None}
        self._kinds = {number: int(value.wire_type) & 0xFF for number, value in typed.items()}
        self._makes = {number: (kind, maker(registry.dictionary[number])) for number, kind in self._kinds.items()}
        self.known = tuple(registry.dictionary)
        self.unknown = tuple(number for number in range(0x1_0000) if number not in registry.dictionary)
        self.tableless = tuple(number for number in range(0x1_0000) if number not in registry.schemas)
        self.typed = tuple(self._kinds)
        ours = {number: int(a.value.wire_type) for number, a in registry.dictionary.items() if type(a.value) in OURS}  # type: ignore[union-attr]
        self.of_kind = {kind: tuple(n for n, k in ours.items() if k == kind) for kind in set(ours.values())}
        self.enumerations = {number: frozenset(packed(a.value)) for number, a in registry.dictionary.items() if type(a.value) is wire.Enum}
        self.breaks: dict[str, list[tuple[Plan, Break]]] = {}
        for plan in self._all_plans:
            for found in plan.breaks:
                self.breaks.setdefault(found.rule.code, []).append((plan, found))
        self._all_breaks = [found for group in self.breaks.values() for found in group]
        self.advised = [(plan, found) for plan in self._all_plans for found in plan.advised]
        self.shaped = [
            (plan, field, shape)
            for plan in self._all_plans
            for field, shape in plan.schema.shapes
            if field.ids[0] in self.of_kind.get(_STRING, ()) and plan.scenarios_with(field)
        ]
        self._listed = {number: frozenset(plan.schema.listed) for number, plan in self.plans.items()}
        self._controls = {number: plan.controls for number, plan in self.plans.items()}
        self._ruled = {number: frozenset(rule.field for rule in plan.rules) for number, plan in self.plans.items()}
        self._named = tuple(number for number in registry.messages.values() if number not in registry.schemas)

    def kind(self, number: int) -> int:
        """The declared type number of a known attribute."""
        return self._kinds[number]

    def is_list(self, number: int) -> bool:
        """Whether an attribute is declared as a key-value list."""
        return self._kinds.get(number) == WireType.List

    def listed(self, message: int) -> frozenset[int]:
        """The ids that a message's table lists."""
        return self._listed.get(message, frozenset())

    def controls(self, message: int) -> frozenset[int]:
        """The ids that a rule of a message asks for."""
        return self._controls.get(message, frozenset())

    def ruled(self, message: int) -> frozenset[str]:
        """The fields of an event whose presence is subject to a rule."""
        return self._ruled.get(message, frozenset())

    # -- building ------------------------------------------------------------------------------------

    def frame(self, chooser: Chooser) -> Frame:
        """A valid frame: an event nearly always, else a message without a table."""
        if self._all_plans and chooser.chance(0.93):
            return self.event(chooser, chooser.pick(self._all_plans))
        return self.message(chooser)

    def message(self, chooser: Chooser) -> Frame:
        """A message that has no table."""
        number = chooser.pick(self._named if self._named and chooser.chance(0.5) else self.tableless)
        frame = Frame(number)
        self.add_unlisted(chooser, frame, chooser.integer(0, 4))
        self._order(chooser, frame)
        return frame

    def event(self, chooser: Chooser, plan: Plan | EventSchema, scenario: Scenario | None = None, *, extra: bool = True) -> Frame:
        """An event of one table that breaks no rule, as `scenario` has it."""
        if isinstance(plan, EventSchema):
            plan = self.plans[plan.message]
        steps = chooser.pick(plan.scenarios) if scenario is None else scenario
        fill = chooser.pick(_FILL)
        frame = Frame(plan.schema.message)
        for step in steps:
            if step.present or (step.present is None and chooser.chance(fill)):
                self.put(chooser, frame, step)
            elif not step.plain and step.field.needed and chooser.chance(0.02):
                self._leftover(chooser, frame, step.field)
        if extra and chooser.chance(0.2):
            self.add_unlisted(chooser, frame, chooser.integer(1, 3))
        self._order(chooser, frame)
        return frame

    def invalid(self, chooser: Chooser) -> Frame:
        """A well-formed frame of an event whose schema does not hold. Raises ValueError where no rule can be broken."""
        if not self._all_breaks:
            raise ValueError(f"{self.registry.name}: no event has a rule that can be broken")
        plan, found = chooser.pick(self._all_breaks)
        frame = self.event(chooser, plan, found.scenario)
        self.break_rule(chooser, frame, found)
        while plan.mandatory and chooser.chance(0.3):  # and what else is Mandatory
            gone = chooser.pick(plan.mandatory)
            frame.attributes = [a for a in frame.attributes if a.id != gone]
        return frame

    def break_rule(self, chooser: Chooser, frame: Frame, found: Break) -> None:
        """Break a rule in an event of its scenario: put the field in, or take out what makes it present."""
        step = found.step
        needed = tuple(step.field.needed)
        one_part = not step.present and needed and chooser.chance(0.3)
        gone = (chooser.pick(needed),) if one_part else step.ids
        frame.attributes = [a for a in frame.attributes if a.id not in gone]
        if step.present:
            self.put(chooser, frame, step)

    def any(self, chooser: Chooser) -> Frame:
        """A well-formed frame, valid or not."""
        return self.invalid(chooser) if self._all_breaks and chooser.chance(0.2) else self.frame(chooser)

    def put(self, chooser: Chooser, frame: Frame, step: Step) -> None:
        """Put a field at the end of a frame: its attribute, or those of a composite."""
        if step.plain:
            frame.attributes.append(self.attribute(chooser, step.ids[0]))
        elif step.choices:
            number = step.ids[0]
            frame.attributes.append(Attribute(number, self._kinds[number], chooser.pick(step.choices)))
        else:
            sure = step.field.needed or (chooser.pick(step.ids),)
            frame.attributes += [self.attribute(chooser, number) for number in step.ids if number in sure or chooser.chance(0.5)]

    def _leftover(self, chooser: Chooser, frame: Frame, field: Field) -> None:
        """Attributes of a composite that do not make it present."""
        frame.attributes += [self.attribute(chooser, number) for number in field.ids if number not in field.needed]

    def attribute(self, chooser: Chooser, number: int) -> Attribute:
        """A well-formed attribute of any id."""
        declared = self._makes.get(number)
        if declared is not None:
            kind, make = declared
            return Attribute(number, kind, make(chooser))
        kind = chooser.pick(TYPES) if chooser.chance(0.8) else chooser.integer(0, 255)
        return Attribute(number, kind, self.body(chooser, kind))

    def body(self, chooser: Chooser, kind: int) -> Body:
        """A well-formed value of a type number."""
        return OF_TYPE.get(kind, text)(chooser)

    def add_unlisted(self, chooser: Chooser, frame: Frame, count: int) -> None:
        """Add up to `count` attributes that the event's table does not list, known and unknown ones."""
        taken = {attribute.id for attribute in frame.attributes} | self.listed(frame.message)
        for _ in range(count):
            number = chooser.pick(self.known if self.known and chooser.chance(0.6) else self.unknown)
            if number not in taken:
                taken.add(number)
                frame.attributes.append(self.attribute(chooser, number))

    @staticmethod
    def _order(chooser: Chooser, frame: Frame) -> None:
        """Ascending ids mostly: the canonical order; else any."""
        if not chooser.chance(0.25):
            frame.attributes.sort(key=_number)
            return
        shuffle(chooser, frame.attributes)

    # -- what a tree says ------------------------------------------------------------------------------

    def values(self, frame: Frame) -> dict[int, Any]:
        """The attributes of a tree without defects, by id, of their Python types."""
        return {a.id: self._value(a) for a in frame.attributes}

    def _value(self, a: Attribute) -> Any:
        declared = self.registry.dictionary.get(a.id)
        if declared is None or declared.value is None:
            return RawValue(a.kind, a.value if isinstance(a.value, bytes) else a.value.write())
        return declared.value.unpack(a.value) if isinstance(a.value, bytes) else pairs_of(a.value)

    def item(self, frame: Frame) -> Item:
        """What a tree without defects decodes to."""
        return self.registry.assemble(frame.message, self.values(frame))

    def path(self, frame: Frame, number: int | None = None) -> str:
        """The path of a message, or of one of its attributes."""
        name = self.registry.frame().message_name(frame.message)
        return name if number is None else f"{name}.{self.registry.attribute_name(number)}"


@lru_cache(8)
def walker_of(registry: Registry) -> Walker:
    """The walker of a registry, made once."""
    return Walker(registry)


def random_frame(rng: random.Random, registry: Registry) -> bytes:
    """A well-formed frame by chance, valid or not."""
    return walker_of(registry).any(RandomChooser(rng)).write()


def pairs_of(node: List) -> KVList:
    """The key-value list that a tree says."""
    parts: list[Any] = []
    for one in node.pairs:
        parts.append(one.key.decode("utf-8", "surrogateescape"))
        value = one.value
        if not isinstance(value, bytes):
            parts.append(pairs_of(value))
        elif one.kind == _STRING:
            parts.append(value.decode("utf-8", "surrogateescape"))
        elif one.kind == _INT:
            parts.append(int.from_bytes(value, "big", signed=True))
        else:
            parts.append(Unicode(value, "utf-8") if one.kind == _UNICODE else value)
    return KVList.of_flat(tuple(parts))


def shuffle(chooser: Chooser, items: list[Attribute]) -> None:
    """Put items in any order."""
    for last in range(len(items) - 1, 0, -1):
        other = chooser.integer(0, last)
        items[last], items[other] = items[other], items[last]


_number = attrgetter("id")
_FILL: Sequence[float] = (0.0, 0.2, 0.5, 1.0)
