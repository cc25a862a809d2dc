"""Events: their base class, the `@event` declaration, and the items that are no event of a table.

Strategy: `@event` compiles a declared class into an `EventSchema` once, at import, and puts the table
into its docstring. `events_in` collects a module's events for a registry, so no event is listed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeVar

import msgspec

from .declare import Record, fields_of
from .errors import Violation
from .rules import Circumstance, Footnote, Rule
from .schema import EventSchema
from .values import NO_ATTRIBUTES, Attributes
from .wire import Shape


class Event(Record):
    """A valid event: typed, its schema holds. Declare a subclass with `@event`.

    `extra` keeps, by name, the attributes that the event's table does not list.
    """

    message: ClassVar[int]
    __schema__: ClassVar[EventSchema]

    extra: Attributes = NO_ATTRIBUTES


class UnknownEvent(msgspec.Struct, frozen=True):
    """A message without a table: its number and its attributes by name.

    `message` is a name only where a log gives one whose number is not public.
    """

    message: int | str
    attributes: Attributes = NO_ATTRIBUTES


class InvalidEvent(msgspec.Struct, frozen=True):
    """Attributes that break their message's table; `violations` lists all reasons."""

    message: int
    attributes: Attributes = NO_ATTRIBUTES
    violations: tuple[Violation, ...] = ()


E_ = TypeVar("E_", bound=Event)


def event(
    message: int,
    *,
    rules: Iterable[tuple[Rule, ...]] = (),
    footnotes: Iterable[Footnote] = (),
    shapes: Mapping[str, Shape] | None = None,
    when: Circumstance | None = None,
    partial: str = "",
    deprecated: str = "",
) -> Callable[[type[E_]], type[E_]]:
    """Declare an event: `message` is its number, the class body its table.

    A field without a default is Mandatory, one with ``| None = None`` Optional. `rules` come from
    `tlib_schemas.rules`; `shapes` give the shape of a field's text in this event; `when` is the
    circumstance in which the table holds, where its message has several tables; `partial` says which rows of the
    published table are not known, so that other attributes are no surprise; `deprecated` says since when or why.
    The message is called as the class is; a class whose name ends in the message's name in its enumeration, as
    ``DNEventReleased``, takes that name.
    Raise RegistryError on a mistake.
    """

    def declare(cls: type[E_]) -> type[E_]:
        cls.message = message
        cls.__schema__ = EventSchema(
            cls,
            message,
            fields_of(cls, Event),
            rules=[rule for group in rules for rule in group],
            footnotes=footnotes,
            shapes=shapes or {},
            when=when,
            partial=partial,
            deprecated=deprecated,
        )
        cls.__doc__ = cls.__schema__.document(cls.__doc__ or "")
        return cls

    return declare


def events_in(namespace: Mapping[str, Any]) -> tuple[type[Event], ...]:
    """Return the events declared with `@event` in a module's namespace (its ``vars``), in order."""
    return tuple(cls for cls in namespace.values() if isinstance(cls, type) and issubclass(cls, Event) and "__schema__" in vars(cls))
