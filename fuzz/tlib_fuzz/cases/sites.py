"""Sites: the kinds of place in a frame where an entry of the catalogue applies.

Strategy: a site makes a valid frame that has the place, instead of searching for one: a frame without a list gets a
list. So every entry applies to every registry that has the attributes, rules or events it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tlib_schemas.declare import Field
from tlib_schemas.errors import quote
from tlib_schemas.kinds import WireType
from tlib_schemas.wire import Shape

from .chooser import Chooser
from .scenarios import RuleBreak, Step, Table
from .tree import Attribute, Frame, List, Pair
from .values import DEEPEST, KEYS, kv_list
from .walker import Walker

_LARGEST = 60_000  # bytes of an attribute's list; nothing is put into the nested lists of a larger one


@dataclass(frozen=True, slots=True)
class Place:
    """A valid frame and the part of it to change: a list at `path`, a rule with its footnote, or a field with a shape."""

    walker: Walker
    chooser: Chooser
    frame: Frame
    path: str
    node: List | None = None
    depth: int = 0
    broken: RuleBreak | None = None
    footnote: str = ""
    field: tuple[Field, Shape] | None = None

    @property
    def list(self) -> List:
        """The list to change, of a place that a list site made."""
        assert self.node is not None
        return self.node

    def free_id(self) -> int:
        """Choose an id that the registry does not know and the frame does not have."""
        taken = {a.id for a in self.frame.attributes}
        unknown = self.walker.unknown
        start = self.chooser.integer(0, len(unknown) - 1)
        return next(n for i in range(len(unknown)) if (n := unknown[(start + i) % len(unknown)]) not in taken)

    def unlisted(self, ids: tuple[int, ...]) -> int:
        """Choose one of `ids` that neither the frame nor the event's table has; a free id where there is none."""
        taken = {a.id for a in self.frame.attributes} | self.walker.listed(self.frame.message)
        return self.chooser.pick([number for number in ids if number not in taken] or [self.free_id()])

    def at(self, number: int | None = None) -> str:
        """Return the path of the message, or of the attribute `number`."""
        return self.walker.path(self.frame, number)

    def insert(self, *pairs: Pair) -> str:
        """Insert pairs anywhere into the list, one after the other, and return the path of the first."""
        index = self.chooser.integer(0, len(self.list.pairs))
        self.list.pairs[index:index] = pairs
        return f"{self.path}[{shown(pairs[0].key)}]"


@dataclass(frozen=True, slots=True)
class Site:
    """A kind of place: `where` in words, `make` builds a valid frame that has one, `fits` tells whether a registry has any."""

    where: str
    make: Callable[[Walker, Chooser], Place]
    fits: Callable[[Walker], bool] = lambda _: True


def shown(key: bytes) -> str:
    """Return a key as paths show it."""
    return quote(key.decode("utf-8", "surrogateescape"))


def nest(node: List, key: bytes, pairs: list[Pair] | None = None) -> List:
    """Append a nested list to a list and return it."""
    inner = List(pairs or [])
    node.pairs.append(Pair(int(WireType.List), key, inner))
    return inner


def _frame(walker: Walker, chooser: Chooser) -> Place:
    frame = walker.frame(chooser)
    return Place(walker, chooser, frame, walker.path(frame))


def _body(walker: Walker, chooser: Chooser) -> Place:
    place = _frame(walker, chooser)
    if not place.frame.attributes:
        place.frame.attributes.append(walker.attribute(chooser, chooser.pick(walker.unknown)))
    return place


def _list(walker: Walker, chooser: Chooser) -> Place:
    frame = walker.frame(chooser)
    owners = [a for a in frame.attributes if isinstance(a.value, List)]
    owner = chooser.pick(owners) if owners else _new_list(walker, chooser, frame)
    assert isinstance(owner.value, List)
    node, depth, path = owner.value, 1, walker.path(frame, owner.id)
    if len(node.write()) > _LARGEST:
        return Place(walker, chooser, frame, path, node, depth)
    while chooser.chance(0.4):
        inner = [(pair.key, pair.value) for pair in node.pairs if isinstance(pair.value, List)]
        if not inner:
            break
        key, node = chooser.pick(inner)
        depth, path = depth + 1, f"{path}[{shown(key)}]"
    if chooser.chance(0.1):
        for _ in range(chooser.integer(0, DEEPEST - 2 - depth)):
            key = chooser.pick(KEYS)
            node, depth, path = nest(node, key), depth + 1, f"{path}[{shown(key)}]"
    return Place(walker, chooser, frame, path, node, depth)


def _new_list(walker: Walker, chooser: Chooser, frame: Frame) -> Attribute:
    """Add an attribute that is a list: one of the event's table, or of an unknown id."""
    schemas = walker.registry.schemas.get(frame.message, ())
    present = {a.id for a in frame.attributes}
    free = [
        field.ids[0]
        for schema in schemas[:1]
        for field in schema.fields
        if field.name not in walker.ruled(frame.message) and walker.is_list(field.ids[0]) and field.ids[0] not in present
    ]
    free += [chooser.pick(walker.unknown)]
    attribute = Attribute(chooser.pick(free), int(WireType.List), kv_list(chooser))
    if attribute.id in present:  # an unknown id that the frame has already; no rule needs it
        frame.attributes = [a for a in frame.attributes if a.id != attribute.id]
    frame.attributes.append(attribute)
    return attribute


def events_of(wanted: Callable[[Table], bool], where: str) -> Site:
    """Return the site of events whose tables are `wanted`."""

    def make(walker: Walker, chooser: Chooser) -> Place:
        table = chooser.pick([table for table in walker.tables if wanted(table)])
        frame = walker.event(chooser, table)
        return Place(walker, chooser, frame, walker.path(frame))

    return Site(where, make, lambda walker: any(map(wanted, walker.tables)))


def _ruled(walker: Walker, chooser: Chooser, table: Table, broken: RuleBreak) -> Place:
    frame = walker.event(chooser, table, broken.scenario)
    footnote = next((note.text for note in table.schema.footnotes if note.mark == broken.rule.note), "")
    return Place(walker, chooser, frame, f"{table.schema.name}.{broken.step.field.label}", broken=broken, footnote=footnote)


def rule_breaks(code: str) -> Site:
    """Return the site of events in which one change breaks a rule of `code`, and no other rule."""
    return Site(
        "an event whose table has such a rule",
        lambda walker, chooser: _ruled(walker, chooser, *chooser.pick(walker.breaks[code])),
        lambda walker: code in walker.breaks,
    )


def _shaped(walker: Walker, chooser: Chooser) -> Place:
    table, field, shape = chooser.pick(walker.shaped)
    scenario = [Step(step.field, True) if step.field is field else step for step in chooser.pick(table.scenarios_with(field))]
    frame = walker.event(chooser, table, tuple(scenario))
    return Place(walker, chooser, frame, walker.path(frame, field.ids[0]), field=(field, shape))


WHOLE = Site("the frame", _frame)
ATTRIBUTE = Site("any attribute", _frame)
BODY = Site("a frame with attributes", _body)
OUTERMOST = Site("an attribute that is a list", _frame)
LIST = Site("a key-value list at any depth", _list)
EVENT = events_of(bool, "an event that has a table")
WHOLE_TABLE = events_of(lambda table: not table.schema.partial, "an event whose whole table is public")
DEPRECATED = events_of(lambda table: bool(table.schema.deprecated), "a deprecated event")
ADVISED = Site(
    "an event whose table has such a footnote",
    lambda walker, chooser: _ruled(walker, chooser, *chooser.pick(walker.advised)),
    lambda walker: bool(walker.advised),
)
SHAPED = Site("an event with such an attribute", _shaped, lambda walker: bool(walker.shaped))
