"""What an entry of the catalogue is, and where in a frame it applies.

Strategy: an entry is data: a label, a `Site` that makes a valid frame with a place for it, and a
function that changes that place. Sites are made rather than looked for: a frame without a list gets
one, so every entry applies to every frame of a registry that has what it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tlib_schemas.declare import Field
from tlib_schemas.errors import quote
from tlib_schemas.wire import Shape, WireType

from .chooser import Chooser
from .scenarios import Break, Plan, Step
from .tree import Attribute, Frame, List, Pair
from .values import DEEPEST, KEYS, kv_list
from .walker import Walker

_ROOM = 60_000  # bytes of an attribute's list beyond which nothing is put into its nested ones


@dataclass(frozen=True, slots=True)
class Place:
    """A valid frame and where in it an entry is to act: a list and its path, a rule and its footnote, a field that has a shape."""

    walker: Walker
    chooser: Chooser
    frame: Frame
    path: str
    node: List | None = None
    depth: int = 0
    broken: Break | None = None
    note: str = ""
    field: tuple[Field, Shape] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What was done: where, in words, and at which byte the frame was cut off, if it was."""

    path: str
    reason: str
    cut: int | None = None


Make: TypeAlias = Callable[[Place], Told]


def _always(_walker: Walker) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Site:
    """A kind of place: `where` in words, `make` a valid frame with such a place, `fits` whether a registry has any."""

    where: str
    make: Callable[[Walker, Chooser], Place]
    fits: Callable[[Walker], bool] = _always


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


def _any(walker: Walker, chooser: Chooser) -> Place:
    frame = walker.frame(chooser)
    return Place(walker, chooser, frame, walker.path(frame))


def _some(walker: Walker, chooser: Chooser) -> Place:
    frame = walker.frame(chooser)
    if not frame.attributes:
        frame.attributes.append(walker.attribute(chooser, chooser.pick(walker.unknown)))
    return Place(walker, chooser, frame, walker.path(frame))


def _list(walker: Walker, chooser: Chooser) -> Place:
    frame = walker.frame(chooser)
    owners = [a for a in frame.attributes if not isinstance(a.value, bytes)]
    owner = chooser.pick(owners) if owners else _new_list(walker, chooser, frame)
    assert not isinstance(owner.value, bytes)
    node, depth, path = owner.value, 1, walker.path(frame, owner.id)
    if len(owner.value.write()) > _ROOM:
        return Place(walker, chooser, frame, path, node, depth)
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
    return Place(walker, chooser, frame, path, node, depth)


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


def free_id(at: Place) -> int:
    """An id that the registry does not know and the frame does not have."""
    taken = {a.id for a in at.frame.attributes}
    unknown = at.walker.unknown
    start = at.chooser.integer(0, len(unknown) - 1)
    return next(n for i in range(len(unknown)) if (n := unknown[(start + i) % len(unknown)]) not in taken)


def event_of(wanted: Callable[[Plan], bool]) -> Callable[[Walker, Chooser], Place]:
    """Events of the tables that are wanted."""

    def make(walker: Walker, chooser: Chooser) -> Place:
        plan = chooser.pick([plan for plan in walker.plans.values() if wanted(plan)])
        frame = walker.event(chooser, plan)
        return Place(walker, chooser, frame, walker.path(frame))

    return make


def _ruled(walker: Walker, chooser: Chooser, plan: Plan, found: Break) -> Place:
    frame = walker.event(chooser, plan, found.scenario)
    note = next((note.text for note in plan.schema.footnotes if note.mark == found.rule.note), "")
    return Place(walker, chooser, frame, f"{plan.schema.name}.{found.step.field.label}", broken=found, note=note)


def broken_by(code: str) -> Site:
    """Events of which one change breaks a rule of that code, and no other."""
    return Site(
        "an event whose table has such a rule",
        lambda walker, chooser: _ruled(walker, chooser, *chooser.pick(walker.breaks[code])),
        lambda walker: code in walker.breaks,
    )


def _shaped(walker: Walker, chooser: Chooser) -> Place:
    plan, field, shape = chooser.pick(walker.shaped)
    scenario = [Step(step.field, True) if step.field is field else step for step in chooser.pick(plan.scenarios_with(field))]
    frame = walker.event(chooser, plan, tuple(scenario))
    return Place(walker, chooser, frame, walker.path(frame, field.ids[0]), field=(field, shape))


WHOLE = Site("the frame", _any)
ATTRIBUTE = Site("any attribute", _any)
BODY = Site("a frame with attributes", _some)
OUTERMOST = Site("an attribute that is a list", _any)
LIST = Site("a key-value list at any depth", _list)
ADVISED = Site(
    "an event whose table has such a footnote",
    lambda walker, chooser: _ruled(walker, chooser, *chooser.pick(walker.advised)),
    lambda walker: bool(walker.advised),
)
SHAPED = Site("an event with such an attribute", _shaped, lambda walker: bool(walker.shaped))


def shown(key: bytes) -> str:
    """A key as paths show it."""
    return quote(key.decode("utf-8", "surrogateescape"))
