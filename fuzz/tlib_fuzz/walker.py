"""The walker over a registry: builds every kind of valid frame, all of its choices made by a `Chooser`.

Strategy: values are constructed, never filtered. What an event holds follows from its `Plan`, what an
attribute holds from its construct, so a user's registry is walked as ours is. The result is a tree
(`tree.Frame`), because bytes, the item they decode to and every defect follow from one; that item is
put together from the tree's own leaves, so a decoder's mistake is not repeated in what is expected of it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from tlib_schemas import wire
from tlib_schemas.declare import Field
from tlib_schemas.enumerations import TKVType
from tlib_schemas.errors import TLibError
from tlib_schemas.events import EventSchema
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.registry import Item, Registry
from tlib_schemas.values import KVList, RawValue, Unicode
from tlib_schemas.wire import Shape, WireType

from .chooser import Chooser
from .plans import Break, Plan, Scenario, Step
from .tree import Attribute, Frame, List, Pair

Body: TypeAlias = bytes | List
Make: TypeAlias = Callable[[Chooser], Body]

TEXTS: Final = tuple(
    text if isinstance(text, bytes) else text.encode()
    for text in (
        "", "7001", "5551000", "VAG_Skill1", "a" * 40, "Gr\u00fc\u00dfe", "\u6771\u4eac \u260e", "\U0001f4de", "\0", "a\0b", "'", '"', "\\", "\n", "\t",
        "\u2028", "\x7f", "\ufeff", "\u00ad", "null", "{}", "$", "-1", b"\xff\xfe", b"caf\xe9", b"\xc3", b"\xed\xa0\x80", b"\x80", b"\xf4\x90\x80\x80",
    )
)  # fmt: skip
UNICODES: Final = tuple(text for text in TEXTS if text.decode("utf-8", "ignore").encode() == text)
KEYS: Final = (
    b"k",
    b"",
    b"RTR",
    b"RTargetAgentGroup",
    b"a longer key of the list, beyond any cache",
    b"$binary",
    b"type",
    b"\xff",
    b"\xc3\xbc",
    b"\0",
)
INTS: Final = tuple(
    n.to_bytes(4, "big") for n in (0, 1, 2, 3, 5, 0x7F, 0xFF, 0x100, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF)
)
LONGS: Final = tuple(n.to_bytes(8, "big") for n in (0, 1, 0x6C02462A161006, 2**32, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1))
UNITS: Final = (b"a", b"\xff", b"\0", "\u00e9".encode(), "\U0001f4de".encode())
LONG_TEXTS: Final = (254, 255, 256, 4095, 65_534, 65_535)
MOST_VALUE: Final = 0xFFFF  # bytes of a pair's value
DEEPEST: Final = DEFAULT_LIMITS.list_depth
_TYPES: Final = tuple(int(kind) for kind in WireType)
_OURS: Final = (
    *(type(value) for value in (wire.String, wire.Int, wire.SignedInt, wire.Binary, wire.KVList, wire.Long, wire.ConnID)),
    wire.Enum,
)
_STRING, _INT, _BINARY, _LIST, _UNICODE = (int(kind) for kind in TKVType if kind >= 0)


def text(chooser: Chooser) -> bytes:
    """Bytes of a text: plain, odd, not UTF-8; now and then long."""
    if chooser.chance(0.002):
        return repeated(chooser, chooser.pick((*LONG_TEXTS, 65_536, 70_000)))
    return chooser.pick(TEXTS) if chooser.chance(0.8) else chooser.bytes(chooser.integer(0, 12))


def repeated(chooser: Chooser, size: int) -> bytes:
    """A text of exactly `size` bytes."""
    unit = chooser.pick(UNITS)
    return (unit * (size // len(unit))).ljust(size, b"a")


def shaped(shape: Shape) -> Make:
    """Texts that have a shape, most of the time."""
    alphabet = shape.alphabet.encode() or b"ABCDEFGHabcdefgh0123456789"
    suffix = shape.suffix.encode()

    def make(chooser: Chooser) -> bytes:
        if not chooser.chance(0.9):
            return text(chooser)
        length = chooser.integer(len(suffix), 12) if shape.length is None else shape.length
        letters = chooser.bytes(length - len(suffix))
        return bytes([alphabet[byte % len(alphabet)] for byte in letters]) + suffix

    return make


def integer(chooser: Chooser) -> bytes:
    """The bytes of an Int."""
    return chooser.pick(INTS) if chooser.chance(0.7) else chooser.bytes(4)


def long(chooser: Chooser) -> bytes:
    """The bytes of a Long."""
    return chooser.pick(LONGS) if chooser.chance(0.3) else chooser.bytes(8)


def kv_list(chooser: Chooser, depth: int = 1, deepest: int = 4) -> List:
    """A key-value list of all pair types, keys repeated now and then, lists nested down to `deepest`."""
    found = List([pair(chooser, depth, deepest) for _ in range(chooser.integer(0, 3))])
    if found.pairs and chooser.chance(0.1):
        found.pairs.append(Pair(_INT, found.pairs[0].key, integer(chooser)))
    return found


def pair(chooser: Chooser, depth: int = 1, deepest: int = 4) -> Pair:
    """One pair of a list at `depth`."""
    key = chooser.pick(KEYS)
    kind = chooser.integer(0, 4)
    if kind == _STRING:
        value: Body = text(chooser)[:MOST_VALUE]
    elif kind == _INT:
        value = integer(chooser)
    elif kind == _LIST:
        value = List() if depth >= deepest else kv_list(chooser, depth + 1, deepest)
        if not isinstance(value, bytes) and len(value.write()) > MOST_VALUE - 2:
            value = List()
    elif kind == _UNICODE:
        value = chooser.pick(UNICODES)
    else:
        value = chooser.bytes(chooser.integer(0, 12))
    return Pair(kind, key, value)


def _declared(attribute: wire.Attribute) -> Make:
    value = attribute.value
    assert value is not None
    if type(value) not in _OURS:
        return _bank(attribute)
    if isinstance(value, wire.Enum):
        members = tuple(value.pack(member) for member in value.enumeration if -(2**31 if value.signed else 0) <= member)
        return lambda chooser: chooser.pick(members) if members and chooser.chance(0.8) else integer(chooser)
    if value.wire_type == WireType.String:
        return text if attribute.shape is None else shaped(attribute.shape)
    return _OF_TYPE[int(value.wire_type)]


_OF_TYPE: Final[dict[int, Make]] = {
    int(WireType.String): text,
    int(WireType.Binary): text,
    int(WireType.Int): integer,
    int(WireType.Long): long,
    int(WireType.List): kv_list,
}


def _bank(attribute: wire.Attribute) -> Make:
    """Values of a construct of a user's own: bytes that it reads and writes back, found once."""
    value = attribute.value
    assert value is not None
    rng = random.Random(attribute.id)  # noqa: S311
    found = []
    for size in (value.size,) * 64 if value.size is not None else (4, 8, 0, 1, 2, 3, *range(5, 40)):
        for body in (bytes(size), rng.randbytes(size)):
            try:
                if value.pack(value.unpack(body)) == body:
                    found.append(body)
            except TLibError:
                continue
    if not found:
        raise ValueError(f"{attribute.name}: no bytes were found that its construct reads and writes back")
    bodies = tuple(dict.fromkeys(found))
    return lambda chooser: chooser.pick(bodies)


class Walker:
    """Builds valid frames of one registry.

    Raises ValueError where an event's rules contradict each other, or where no value is found of an
    attribute whose construct is a user's own.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.plans = {number: Plan(schema) for number, schema in registry.schemas.items()}
        self._all_plans = tuple(self.plans.values())
        self._makes = {number: _declared(a) for number, a in registry.dictionary.items() if a.value is not None}
        self._kinds = {number: int(a.value.wire_type) & 0xFF for number, a in registry.dictionary.items() if a.value is not None}
        self.known = tuple(registry.dictionary)
        self.unknown = tuple(number for number in range(0x1_0000) if number not in registry.dictionary)
        self.tableless = tuple(number for number in range(0x1_0000) if number not in registry.schemas)
        self.typed = tuple(self._kinds)
        self.of_kind = {kind: tuple(n for n, k in self._kinds.items() if k == kind) for kind in set(self._kinds.values())}
        self.breaks: dict[str, tuple[tuple[Plan, Break], ...]] = {}
        for plan in self._all_plans:
            for found in plan.breaks:
                self.breaks[found.rule.code] = (*self.breaks.get(found.rule.code, ()), (plan, found))
        self._ruled = {plan.schema.message: {rule.field for rule in plan.rules} for plan in self._all_plans}
        self._named = tuple(number for number in registry.messages.values() if number not in registry.schemas)

    def kind(self, number: int) -> int:
        """The declared type number of a known attribute."""
        return self._kinds[number]

    def is_list(self, number: int) -> bool:
        """Whether an attribute is declared as a key-value list."""
        return self._kinds.get(number) == WireType.List

    def ruled(self, message: int) -> set[str]:
        """The fields of an event whose presence is subject to a rule."""
        return self._ruled.get(message, set())

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
        self.extra(chooser, frame, chooser.integer(0, 4))
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
            elif step.field.needed and chooser.chance(0.02):
                self._leftover(chooser, frame, step.field)
        if extra and chooser.chance(0.2):
            self.extra(chooser, frame, chooser.integer(1, 3))
        self._order(chooser, frame)
        return frame

    def put(self, chooser: Chooser, frame: Frame, step: Step) -> None:
        """Put a field at the end of a frame: its attribute, or those of a composite."""
        field = step.field
        if step.choices:
            number = field.ids[0]
            frame.attributes.append(Attribute(number, self._kinds[number], chooser.pick(step.choices)))
        elif field.composite is None:
            frame.attributes.append(self.attribute(chooser, field.ids[0]))
        else:
            sure = field.needed or (chooser.pick(field.ids),)
            frame.attributes += [self.attribute(chooser, number) for number in field.ids if number in sure or chooser.chance(0.5)]

    def _leftover(self, chooser: Chooser, frame: Frame, field: Field) -> None:
        """Attributes of a composite that do not make it present."""
        frame.attributes += [self.attribute(chooser, number) for number in field.ids if number not in field.needed]

    def attribute(self, chooser: Chooser, number: int) -> Attribute:
        """A well-formed attribute of any id."""
        make = self._makes.get(number)
        if make is not None:
            return Attribute(number, self._kinds[number], make(chooser))
        kind = chooser.pick(_TYPES) if chooser.chance(0.8) else chooser.integer(0, 255)
        return Attribute(number, kind, self.body(chooser, kind))

    def body(self, chooser: Chooser, kind: int) -> Body:
        """A well-formed value of a type number."""
        return _OF_TYPE.get(kind, text)(chooser)

    def extra(self, chooser: Chooser, frame: Frame, count: int) -> None:
        """Add up to `count` attributes that the event's table does not list, known and unknown ones."""
        schema = self.registry.schemas.get(frame.message)
        taken: set[int] = {attribute.id for attribute in frame.attributes} | set(schema.listed if schema is not None else ())
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


def _number(attribute: Attribute) -> int:
    return attribute.id


_FILL: Sequence[float] = (0.0, 0.3, 0.7, 1.0)
