"""A protocol of a user's own with everything that an engine must leave to others: constructs that only
their author knows, classes that build themselves, composites in all presences, a table beyond 64 attributes.

Annotations are made where they are used, so this module has none of the postponed kind.
"""

import struct
from typing import Annotated, Any

import msgspec

from tlib_schemas import (
    Attribute,
    Composite,
    Event,
    KVList,
    Limits,
    Malformed,
    OpenEnum,
    Registry,
    event,
    only_when,
    required_when,
    wire,
)
from tlib_schemas.errors import EncodeError, Severity
from tlib_schemas.kinds import WireType
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.rules import Rule, While


class Level(OpenEnum):
    Below = -5
    Zero = 0
    Above = 7
    Far = 70_000


class Packed(wire.Value):
    """Two 16-bit numbers in an Int: a construct of a user's own."""

    wire_type = WireType.Int
    python = tuple

    def unpack(self, data: bytes, limits: Limits = DEFAULT_LIMITS) -> Any:
        if len(data) != 4 or data[0] > 0xF0:
            raise Malformed("int-length", offset=0, expected="a small pair", actual=data.hex())
        return struct.unpack(">HH", data)

    def pack(self, value: Any, limits: Limits = DEFAULT_LIMITS) -> bytes:
        try:
            return struct.pack(">HH", *value)
        except (struct.error, TypeError):
            raise EncodeError("value-range", expected="two numbers of 16 bits", actual=repr(value)) from None


class Odd(wire.Value):
    """A wire type number that no other protocol has."""

    wire_type = WireType(0xFF)
    python = bytes

    def unpack(self, data: bytes, limits: Limits = DEFAULT_LIMITS) -> bytes:
        return data[::-1]

    def pack(self, value: bytes, limits: Limits = DEFAULT_LIMITS) -> bytes:
        return value[::-1]


class Doubled(type(wire.Int)):  # type: ignore[misc]
    """An Int that is read as twice its number: a subclass of a construct of ours."""

    def unpack(self, data: bytes, limits: Limits = DEFAULT_LIMITS) -> int:
        return 2 * int(super().unpack(data, limits))

    def pack(self, value: int, limits: Limits = DEFAULT_LIMITS) -> bytes:
        return super().pack(value // 2, limits)


Pair = Annotated[tuple, Attribute(300, Packed(), "Pair")]
Twice = Annotated[int, Attribute(301, Doubled(), "Twice")]
Strange = Annotated[bytes, Attribute(302, Odd(), "Strange")]
Lvl = Annotated[Level, Attribute(303, wire.Enum(Level, signed=True), "Level")]
Grade = Annotated[Level, Attribute(304, wire.Enum(Level), "Grade")]
Note = Annotated[str, Attribute(305, wire.String, "Note")]
More = Annotated[KVList, Attribute(306, wire.KVList, "More")]
Big = Annotated[int, Attribute(307, wire.Long, "Big")]
Left = Annotated[int, Attribute(308, wire.SignedInt, "Left")]
Right = Annotated[int, Attribute(309, wire.Int, "Right")]
Up = Annotated[str, Attribute(310, wire.ConnID, "Up")]
Down = Annotated[bytes, Attribute(311, wire.Binary, "Down")]


class Either(Composite):
    """No part is mandatory."""

    left: Left | None = None
    right: Right | None = None


class Both(Composite):
    up: Up
    down: Down | None = None


def rule(**given: Any) -> tuple[Rule, ...]:
    return (Rule(**{"code": "not-allowed", "severity": Severity.ERROR, "present": True, **given}),)


# What `values` may hold although the field cannot: numbers beyond its size, of the other sign.
@event(
    1,
    rules=[
        only_when("note", "level", (Level.Below, 4_294_967_291 + 1, 2**40), note=""),
        required_when("big", "grade", (Level.Above, -5), note=""),
        rule(field="more", test=While.ABSENT, other="note"),
        rule(field="down_only", test=While.IN, other="big", values=frozenset((2**64 - 1, -1, 0))),
    ],
)
class Plain(Event):
    level: Lvl | None = None
    grade: Grade | None = None
    note: Note | None = None
    more: More | None = None
    big: Big | None = None
    down_only: Annotated[bytes, Attribute(312, wire.Binary, "DownOnly")] | None = None


@event(2)
class Whole(Event):
    either: Either
    both: Both | None = None


@event(3, rules=[rule(field="note", test=While.IN, other="twice", values=frozenset((2, 4)))])
class Constructs(Event):
    pair: Pair
    twice: Twice | None = None
    strange: Strange | None = None
    note: Note | None = None


@event(4)
class Untracked(Event, gc=False):
    note: Note
    more: More | None = None


@event(5)
class Roomy(Event, dict=True, weakref=True):
    note: Note
    more: More | None = None


@event(6)
class Careful(Event):
    note: Note

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "note", str(self.note).upper())


@event(7, rules=[rule(field="both", test=While.ALWAYS, present=False)])
class Ruled(Event):
    both: Both | None = None
    either: Either | None = None


@event(8, rules=[rule(field="note", test=While.ABSENT), rule(field="note", test=While.IN, values=frozenset((1,)))])
class Selfless(Event):
    """Rules without another field."""

    note: Note | None = None
    more: More | None = None


WIDE = [Annotated[int, Attribute(1000 + i, wire.Int, f"Wide{i}")] for i in range(80)]
Wide = event(9)(
    type(Event)(
        "Wide",
        (Event,),
        {
            "__module__": __name__,
            "__annotations__": {f"w{i}": kind if i % 3 == 0 else kind | None for i, kind in enumerate(WIDE)},
            **{f"w{i}": None for i in range(80) if i % 3},
        },
    )
)

OWN = Registry("Own", events=[Plain, Whole, Constructs, Untracked, Roomy, Careful, Ruled, Selfless, Wide], messages={"Ping": 99})
