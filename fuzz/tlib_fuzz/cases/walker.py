"""The walker: builds every kind of valid frame of a registry, with the choices of a `Chooser`.

Strategy: values are constructed, never filtered. The fields of an event follow from its `Table`, the values of an
attribute from its construct, so any registry can be walked. The result is a tree (`tree.Frame`), from which its bytes,
the item that they decode to and every defect follow. The item is assembled from the tree's leaves without a decoder, so a
decoder's mistake cannot hide in the expected result.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

from tlib_schemas import wire
from tlib_schemas.declare import Field
from tlib_schemas.enumerations import TKVType
from tlib_schemas.kinds import WireType
from tlib_schemas.registry import Item, Registry
from tlib_schemas.schema import EventSchema
from tlib_schemas.values import KVList, RawValue, Unicode
from tlib_schemas.wire import Shape

from .chooser import Chooser, RandomChooser
from .scenarios import RuleBreak, Scenario, Step, Table
from .tree import Attribute, Frame, List
from .values import OF_TYPE, TYPES, Body, maker, packed, text

T = TypeVar("T")

_STRING, _INT, _BINARY, _LIST, _UNICODE = (int(kind) for kind in TKVType if kind >= 0)


class Walker:
    """Builds valid frames of one registry.

    Raises ValueError where an event's rules contradict each other, or where no value is found for an
    attribute with a user's own construct.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._table_of: dict[EventSchema, Table] = {schema: Table(schema) for schema in registry.tables}
        self.tables: tuple[Table, ...] = tuple(self._table_of.values())
        typed = {number: a.value for number, a in registry.dictionary.items() if a.value is not None}
        self._kinds = {number: int(value.wire_type) & 0xFF for number, value in typed.items()}
        self._makes = {number: (kind, maker(registry.dictionary[number])) for number, kind in self._kinds.items()}
        self.known: tuple[int, ...] = tuple(registry.dictionary)
        self.unknown: tuple[int, ...] = tuple(number for number in range(0x1_0000) if number not in registry.dictionary)
        self.tableless: tuple[int, ...] = tuple(number for number in range(0x1_0000) if number not in registry.schemas)
        self.typed: tuple[int, ...] = tuple(self._kinds)
        ours = {number: int(a.value.wire_type) for number, a in registry.dictionary.items() if a.value is not None and a.value.standard}
        self.of_kind: dict[int, tuple[int, ...]] = {kind: tuple(n for n, k in ours.items() if k == kind) for kind in set(ours.values())}
        self.enumerations: dict[int, frozenset[bytes]] = {
            number: frozenset(packed(a.value)) for number, a in registry.dictionary.items() if type(a.value) is wire.Enum
        }
        self.breaks: dict[str, list[tuple[Table, RuleBreak]]] = {}
        for table in self.tables:
            for broken in table.breaks:
                self.breaks.setdefault(broken.rule.code, []).append((table, broken))
        self._all_breaks = [broken for group in self.breaks.values() for broken in group]
        self.advised: list[tuple[Table, RuleBreak]] = [(table, broken) for table in self.tables for broken in table.advised]
        self.shaped: list[tuple[Table, Field, Shape]] = [
            (table, field, shape)
            for table in self.tables
            for field, shape in table.schema.shapes
            if field.ids[0] in self.of_kind.get(_STRING, ()) and table.scenarios_with(field)
        ]
        # Of a message with several tables: those of all of them.
        self._listed = self._union(lambda table: frozenset(table.schema.listed))
        self._controls = self._union(lambda table: table.controls)
        self._ruled = self._union(lambda table: frozenset(rule.field for rule in table.rules))
        self._named = tuple(number for number in registry.messages.values() if number not in registry.schemas)

    def _union(self, of: Callable[[Table], frozenset[T]]) -> dict[int, frozenset[T]]:
        sets: dict[int, frozenset[T]] = {}
        for table in self.tables:
            sets[table.schema.message] = sets.get(table.schema.message, frozenset()) | of(table)
        return sets

    def kind(self, number: int) -> int:
        """Return the declared type number of a known attribute."""
        return self._kinds[number]

    def is_list(self, number: int) -> bool:
        """Return whether an attribute is declared as a key-value list."""
        return self._kinds.get(number) == WireType.List

    def listed(self, message: int) -> frozenset[int]:
        """Return the ids that a message's table lists."""
        return self._listed.get(message, frozenset())

    def controls(self, message: int) -> frozenset[int]:
        """Return the ids that the rules of a message read."""
        return self._controls.get(message, frozenset())

    def ruled(self, message: int) -> frozenset[str]:
        """Return the fields of an event whose presence a rule constrains."""
        return self._ruled.get(message, frozenset())

    # -- building ------------------------------------------------------------------------------------

    def frame(self, chooser: Chooser) -> Frame:
        """Build a valid frame: usually an event, else a message without a table."""
        if self.tables and chooser.chance(0.93):
            return self.event(chooser, chooser.pick(self.tables))
        return self.message(chooser)

    def message(self, chooser: Chooser) -> Frame:
        """Build a message that has no table."""
        number = chooser.pick(self._named if self._named and chooser.chance(0.5) else self.tableless)
        frame = Frame(number)
        self.add_unlisted(chooser, frame, chooser.integer(0, 4))
        self._order(chooser, frame)
        return frame

    def event(self, chooser: Chooser, table: Table | EventSchema, scenario: Scenario | None = None, *, extra: bool = True) -> Frame:
        """Build an event of one table that breaks no rule: one of `scenario`, or of any; `extra` adds attributes that the table lacks."""
        if isinstance(table, EventSchema):
            table = self._table_of[table]
        steps = chooser.pick(table.scenarios) if scenario is None else scenario
        fill = chooser.pick(_FILL)
        frame = Frame(table.schema.message)
        for step in steps:
            if step.present or (step.present is None and chooser.chance(fill)):
                self.put(chooser, frame, step)
            elif extra and not step.plain and step.field.needed and chooser.chance(0.02):
                self._leftover(chooser, frame, step.field)
        if table.schema.when is not None:
            self._place(frame, table.schema)
        if extra and chooser.chance(0.2):
            self.add_unlisted(chooser, frame, chooser.integer(1, 3))
        self._order(chooser, frame)
        return frame

    @staticmethod
    def _place(frame: Frame, schema: EventSchema) -> None:
        """Make the text that selects a table fit the table's circumstance, where the frame has it."""
        assert schema.when is not None
        number, suffix = schema.by_name[schema.when.field].ids[0], schema.when.suffix.encode()
        for one in frame.attributes:
            if one.id == number and isinstance(one.value, bytes) and one.value.endswith(suffix) is not schema.when.ends:
                one.value += suffix if schema.when.ends else b"0"

    def invalid(self, chooser: Chooser) -> Frame:
        """Build a well-formed frame of an event that breaks a rule. Raises ValueError where no rule can be broken."""
        if not self._all_breaks:
            raise ValueError(f"{self.registry.name}: no event has a rule that can be broken")
        table, broken = chooser.pick(self._all_breaks)
        frame = self.event(chooser, table, broken.scenario)
        self.break_rule(chooser, frame, broken)
        while table.mandatory and chooser.chance(0.3):
            gone = chooser.pick(table.mandatory)
            frame.attributes = [a for a in frame.attributes if a.id != gone]
        return frame

    def break_rule(self, chooser: Chooser, frame: Frame, broken: RuleBreak) -> None:
        """Break a rule in an event of its scenario: add the field, or remove the attributes that make it present."""
        step = broken.step
        needed = tuple(step.field.needed)
        one_part = not step.present and needed and chooser.chance(0.3)
        gone = (chooser.pick(needed),) if one_part else step.ids
        frame.attributes = [a for a in frame.attributes if a.id not in gone]
        if step.present:
            self.put(chooser, frame, step)

    def any(self, chooser: Chooser) -> Frame:
        """Build a well-formed frame, valid or not."""
        return self.invalid(chooser) if self._all_breaks and chooser.chance(0.2) else self.frame(chooser)

    def put(self, chooser: Chooser, frame: Frame, step: Step) -> None:
        """Append a field to a frame: its attribute, or the attributes of a composite."""
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
        """Build a well-formed attribute of any id."""
        declared = self._makes.get(number)
        if declared is not None:
            kind, make = declared
            return Attribute(number, kind, make(chooser))
        kind = chooser.pick(TYPES) if chooser.chance(0.8) else chooser.integer(0, 255)
        return Attribute(number, kind, self.body(chooser, kind))

    def body(self, chooser: Chooser, kind: int) -> Body:
        """Build a well-formed value of a type number."""
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
        """Sort the attributes by id, the canonical order, or sometimes shuffle them."""
        if not chooser.chance(0.25):
            frame.attributes.sort(key=_number)
            return
        shuffle(chooser, frame.attributes)

    # -- reading a tree ---------------------------------------------------------------------------------

    def values(self, frame: Frame) -> dict[int, Any]:
        """Return the attributes of a tree without defects by id, as Python values."""
        return {a.id: self._value(a) for a in frame.attributes}

    def _value(self, a: Attribute) -> Any:
        declared = self.registry.dictionary.get(a.id)
        if declared is None or declared.value is None:
            return RawValue(a.kind, a.value if isinstance(a.value, bytes) else a.value.write())
        return declared.value.unpack(a.value) if isinstance(a.value, bytes) else pairs_of(a.value)

    def item(self, frame: Frame) -> Item:
        """Return the item that a tree without defects decodes to."""
        return self.registry.assemble(frame.message, self.values(frame))

    def path(self, frame: Frame, number: int | None = None) -> str:
        """Return the path of a message, or of one of its attributes."""
        name = self.registry.frame().message_name(frame.message)
        return name if number is None else f"{name}.{self.registry.attribute_name(number)}"


@lru_cache(8)
def walker_of(registry: Registry) -> Walker:
    """Return the walker of a registry, made once."""
    return Walker(registry)


def random_frame(rng: random.Random, registry: Registry) -> bytes:
    """Build a well-formed frame at random, valid or not."""
    return walker_of(registry).any(RandomChooser(rng)).write()


def pairs_of(node: List) -> KVList:
    """Return the key-value list of a tree."""
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
    """Put items into any order."""
    for last in range(len(items) - 1, 0, -1):
        other = chooser.integer(0, last)
        items[last], items[other] = items[other], items[last]


_number = attrgetter("id")
_FILL: Sequence[float] = (0.0, 0.2, 0.5, 1.0)
