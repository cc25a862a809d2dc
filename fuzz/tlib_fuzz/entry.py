"""What an entry of the catalogue is, and where in a frame it applies.

Strategy: an entry is data: a label, a `Site` that makes a valid frame with a place for it, and a
function that changes that place. Sites are made rather than looked for: a frame without a list gets
one, so every entry applies to every frame of a registry that has what it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from tlib_schemas.declare import Field
from tlib_schemas.errors import quote
from tlib_schemas.events import EventSchema
from tlib_schemas.wire import WireType

from .chooser import Chooser
from .plans import Break
from .tree import Attribute, Frame, List, Pair
from .walker import DEEPEST, KEYS, Walker, kv_list

_ROOM = 60_000  # bytes of an attribute's list beyond which nothing is put into its nested ones


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry is to act: a list and its path, and what a rule needs."""

    path: str
    node: List | None = None
    depth: int = 0
    at: Break | None = None
    field: Field | None = None
    schema: EventSchema | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What was done: where, in words, and at which byte the frame was cut off, if it was."""

    path: str
    reason: str
    cut: int | None = None


Make: TypeAlias = Callable[[Walker, Chooser, Frame, Place], Told]


@dataclass(frozen=True, slots=True)
class Site:
    """A kind of place: `where` in words, `make` a valid frame with such a place, `fits` whether a registry has any."""

    where: str
    make: Callable[[Walker, Chooser], tuple[Frame, Place]]
    fits: Callable[[Walker], bool] = lambda walker: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the catalogue.

    `codes` are the errors any of which is right, that of our engines first; none: the frame is to be
    accepted, with the warnings `notes`. `share` is how often it comes, most entries being 1.
    """

    label: str
    site: Site
    what: str
    make: Make
    codes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    share: float = 1.0


# -- sites ---------------------------------------------------------------------------------------


def _any(walker: Walker, chooser: Chooser) -> tuple[Frame, Place]:
    frame = walker.frame(chooser)
    return frame, Place(walker.path(frame))


def _some(walker: Walker, chooser: Chooser) -> tuple[Frame, Place]:
    frame = walker.frame(chooser)
    if not frame.attributes:
        frame.attributes.append(walker.attribute(chooser, chooser.pick(walker.unknown)))
    return frame, Place(walker.path(frame))


def _list(walker: Walker, chooser: Chooser) -> tuple[Frame, Place]:
    frame = walker.frame(chooser)
    owners = [a for a in frame.attributes if not isinstance(a.value, bytes)]
    owner = chooser.pick(owners) if owners else _new_list(walker, chooser, frame)
    assert not isinstance(owner.value, bytes)
    node, depth, path = owner.value, 1, walker.path(frame, owner.id)
    if len(owner.value.write()) > _ROOM:
        return frame, Place(path, node, depth)
    while chooser.chance(0.4):
        inner = [pair for pair in node.pairs if not isinstance(pair.value, bytes)]
        if not inner:
            break
        pair = chooser.pick(inner)
        assert not isinstance(pair.value, bytes)
        node, depth, path = pair.value, depth + 1, f"{path}[{shown(pair.key)}]"
    if chooser.chance(0.1):
        for _ in range(chooser.integer(0, DEEPEST - 2 - depth)):
            pair = nest(node, chooser.pick(KEYS))
            assert not isinstance(pair.value, bytes)
            node, depth, path = pair.value, depth + 1, f"{path}[{shown(pair.key)}]"
    return frame, Place(path, node, depth)


def _new_list(walker: Walker, chooser: Chooser, frame: Frame) -> Attribute:
    """Add an attribute that is a list: one of the event's table, or of an unknown id."""
    schema = walker.registry.schemas.get(frame.message)
    there = {a.id for a in frame.attributes}
    free = [
        field.ids[0]
        for field in (schema.fields if schema is not None else ())
        if field.name not in walker.ruled(frame.message) and walker.is_list(field.ids[0]) and field.ids[0] not in there
    ]
    free += [chooser.pick(walker.unknown)]
    attribute = Attribute(chooser.pick(free), int(WireType.List), kv_list(chooser))
    if attribute.id in there:  # an unknown id that stands there already: nothing asks for it
        frame.attributes = [a for a in frame.attributes if a.id != attribute.id]
    frame.attributes.append(attribute)
    return attribute


def nest(node: List, key: bytes, pairs: list[Pair] | None = None) -> Pair:
    """Add a nested list to a list."""
    pair = Pair(int(WireType.List), key, List(pairs or []))
    node.pairs.append(pair)
    return pair


def broken_by(code: str) -> Site:
    """Events of which one change breaks a rule of that code, and no other."""

    def make(walker: Walker, chooser: Chooser) -> tuple[Frame, Place]:
        plan, found = chooser.pick(walker.breaks[code])
        frame = walker.event(chooser, plan, found.scenario, extra=chooser.chance(0.2))
        label = found.step.field.label
        return frame, Place(f"{plan.schema.name}.{label}", at=found, field=found.step.field, schema=plan.schema)

    return Site("an event whose table has such a rule", make, lambda walker: bool(walker.breaks.get(code)))


WHOLE = Site("the frame", _any)
BODY = Site("a frame with attributes", _some)
LIST = Site("a key-value list at any depth", _list)


def shown(key: bytes) -> str:
    """A key as paths show it."""
    return quote(key.decode("utf-8", "surrogateescape"))
