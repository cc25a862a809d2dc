"""The registry: one protocol's messages, attributes and events, looked up and validated.

Strategy: immutable once made. Building a registry refuses declarations that disagree (on ids,
numbers, names), so a mistake shows when its module is imported. Every other part of the project
takes a registry and derives from it; ours (`tlibrary.TLIBRARY`) has no privilege over a user's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from construct import SizeofError

from . import wire
from .constructs import Construct
from .declare import Field
from .enumerations import OpenEnum
from .errors import EncodeError, Malformed, RegistryError, SchemaViolation, Severity, Violation, part, quote
from .events import Event, InvalidEvent, UnknownEvent
from .kinds import Identifies
from .limits import DEFAULT_LIMITS, Limits
from .schema import EventSchema, attributes_of
from .values import Attributes
from .wire import Attribute, AttributeList, FrameConstruct

Item: TypeAlias = Event | UnknownEvent | InvalidEvent


class Registry:
    """The messages, attributes and events of one protocol.

    `messages` names message numbers; an event's own name and number are added to it. `attributes`
    are those that may stand in any message; those of the events' tables are added. Raises
    RegistryError where two declarations disagree.
    """

    def __init__(
        self,
        name: str,
        *,
        events: Iterable[type[Event]] = (),
        attributes: Iterable[Attribute] = (),
        messages: type[OpenEnum] | Mapping[str, int] | None = None,
    ) -> None:
        self.name: str = name
        named = messages.__members__ if isinstance(messages, type) else messages or {}
        self._numbers: dict[str, int] = {label: int(number) for label, number in named.items()}
        self._names: dict[int, str] = {number: label for label, number in reversed(self._numbers.items())}
        schemas: dict[int, tuple[EventSchema, ...]] = {}
        for cls in events:
            self._add_event(cls, schemas)
        self.schemas: Mapping[int, tuple[EventSchema, ...]] = MappingProxyType(schemas)
        self.tables: tuple[EventSchema, ...] = tuple(schema for group in schemas.values() for schema in group)
        dictionary: dict[int, Attribute] = {}
        self._ids: dict[str, int] = {}
        for attribute in [*attributes, *(a for schema in self.tables for a in attributes_of(schema))]:
            self._add_attribute(attribute, dictionary)
        self.dictionary: Mapping[int, Attribute] = MappingProxyType(dictionary)
        self.common: frozenset[int] = frozenset(number for number, attribute in dictionary.items() if attribute.common)
        self.composites: Mapping[str, Field] = MappingProxyType(
            {field.label: field for schema in self.tables for field in schema.fields if field.composite is not None}
        )
        for schema in self.tables:
            self._refuse_composites(schema)
        self._frame = FrameConstruct(AttributeList(self.dictionary), self._names)

    def _add_event(self, cls: type[Event], schemas: dict[int, tuple[EventSchema, ...]]) -> None:
        schema = cls.__dict__.get("__schema__")
        if schema is None:
            raise RegistryError(f"{self.name}: {cls.__name__} is not declared with @event")
        before = schemas.get(schema.message, ())
        for other in before:
            if None in (schema.when, other.when) or schema.when == other.when:
                raise RegistryError(
                    f"{self.name}: {cls.__name__} and {other.cls.__name__} are both message {schema.message}; "
                    "give each a circumstance of its own (when=)"
                )
        if self._names.setdefault(schema.message, schema.name) != schema.name:
            raise RegistryError(f"{self.name}: message {schema.message} is {self._names[schema.message]}, not {schema.name}")
        if self._numbers.setdefault(schema.name, schema.message) != schema.message:
            raise RegistryError(f"{self.name}: {schema.name} is message {self._numbers[schema.name]}, not {schema.message}")
        schemas[schema.message] = (*before, schema)

    def _add_attribute(self, attribute: Attribute, dictionary: dict[int, Attribute]) -> None:
        if dictionary.setdefault(attribute.id, attribute) != attribute:
            raise RegistryError(f"{self.name}: attribute id {attribute.id} is declared as {dictionary[attribute.id]} and as {attribute}")
        if not 0 <= attribute.id <= 0xFFFF or not attribute.name:
            raise RegistryError(f"{self.name}: {attribute} needs an id of 16 bits and a name")
        for label in (attribute.name, *attribute.aliases):
            if _reserved(label):
                raise RegistryError(f"{self.name}: the name {label!r} of attribute id {attribute.id} is Event, or begins with # or $")
            if self._ids.setdefault(label, attribute.id) != attribute.id:
                raise RegistryError(f"{self.name}: {label} names the attribute ids {self._ids[label]} and {attribute.id}")

    def _refuse_composites(self, schema: EventSchema) -> None:
        for field in schema.fields:
            if field.composite is None:
                continue
            where = f"{self.name}: {schema.name}.{field.name}: the composite's name {field.label}"
            if field.label in self._ids:
                raise RegistryError(f"{where} is also the name of an attribute")
            if _reserved(field.label):
                raise RegistryError(f"{where} is Event, or begins with # or $")
            if self.composites[field.label].composite is not field.composite:
                raise RegistryError(f"{where} is also the name of another composite")

    def extend(self, name: str, *, events: Iterable[type[Event]] = (), attributes: Iterable[Attribute] = ()) -> Registry:
        """Return a registry with everything of this one, and more. Raise RegistryError where they disagree."""
        return Registry(
            name,
            events=[*self.events, *events],
            attributes=[*self.dictionary.values(), *attributes],
            messages=self._numbers,
        )

    def __repr__(self) -> str:
        return f"<Registry {self.name}: {len(self.tables)} events, {len(self.dictionary)} attributes, {len(self._numbers)} messages>"

    # -- look-up ---------------------------------------------------------------------------------

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The declared event classes, in order of declaration."""
        return tuple(schema.cls for schema in self.tables)

    def events_of(self, key: str | int | type[Event]) -> tuple[type[Event], ...]:
        """Return the event classes of a message's name or number, or the one class of that name, or the class itself.

        Raise LookupError where there is none.
        """
        number = self._numbers.get(key) if isinstance(key, str) else key
        found = [schema.cls for schema in self.tables if schema.cls is key or schema.cls.__name__ == key or schema.message == number]
        exact = [cls for cls in found if cls.__name__ == key and cls.__schema__.name != key]
        if not found:
            names = dict.fromkeys(name for schema in self.tables for name in (schema.name, schema.cls.__name__))
            raise LookupError(f"{self.name} has no event {key!r}{self._closest(key, names)}")
        return tuple(exact or found)

    def event(self, key: str | int | type[Event]) -> type[Event]:
        """Return the event class of that name, message number or class: of several, the first declared. Raise LookupError."""
        return self.events_of(key)[0]

    def schema(self, message: int, values: Mapping[int, Any]) -> EventSchema | None:
        """Return the table that holds for attributes by id of a message; None where none does."""
        return next((schema for schema in self.schemas.get(message, ()) if schema.holds(values)), None)

    def attribute(self, key: str | int) -> Attribute:
        """Return the attribute of that name, alias or id. Raise LookupError."""
        number = self._ids.get(key) if isinstance(key, str) else key
        if number is None or number not in self.dictionary:
            raise LookupError(f"{self.name} has no attribute {key!r}{self._closest(key, self._ids)}")
        return self.dictionary[number]

    def identifying(self, *things: Identifies) -> tuple[int, ...]:
        """Return the ids of the attributes that identify one of `things`, ascending."""
        return tuple(sorted(number for number, attribute in self.dictionary.items() if attribute.identifies in things))

    @staticmethod
    def _closest(key: object, names: Iterable[str]) -> str:
        import difflib  # noqa: PLC0415 only a wrong name needs it

        close = difflib.get_close_matches(key, names, n=1) if isinstance(key, str) else []
        return f"; did you mean {close[0]}?" if close else ""

    @property
    def messages(self) -> Mapping[str, int]:
        """Message numbers by name, declared events included."""
        return MappingProxyType(self._numbers)

    def message_name(self, number: int) -> str | None:
        """Return the message's name, or None where none is known."""
        return self._names.get(number)

    def message_label(self, message: int | str) -> str:
        """Return the name of a message given by number, ``#77`` where none is known; a message given by name is its name."""
        return self._frame.message_name(message) if isinstance(message, int) else str(message)

    def attribute_name(self, number: int) -> str:
        """Return the attribute's name, or ``#200`` where none is known."""
        attribute = self.dictionary.get(number)
        return f"#{number}" if attribute is None else attribute.name

    def attribute_number(self, name: str) -> int:
        """Return the id of that name, alias or ``#200``. Raise EncodeError where there is none."""
        if name in self._ids:
            return self._ids[name]
        if name[:1] == "#" and name[1:].isascii() and name[1:].isdigit() and int(name[1:]) <= 0xFFFF:
            return int(name[1:])
        raise EncodeError("unknown-name", expected=f"an attribute of {self.name}, or #id", actual=quote(name), parts=(part(name),))

    # -- attributes by id, and events ------------------------------------------------------------

    def assemble(self, message: int, values: Mapping[int, Any], data: bytes | None = None, base: int = 0, *, printed: bool = False) -> Item:
        """Return the item of a message with these attributes: an Event, InvalidEvent or UnknownEvent.

        `values` are by id and of their declared Python types; `data` is their frame, if any, and
        `base` the frame's offset in its input. `printed` values come from a log, which lacks the attributes that the
        receiving client sets: they are not missing. Never raises.
        """
        schema = self.schema(message, values)
        if schema is not None and not schema.fails(values, printed=printed):
            return schema.build(values, self.attribute_name)
        attributes = Attributes((self.attribute_name(i), values[i]) for i in sorted(values))
        if schema is None:
            return UnknownEvent(message, attributes)
        return InvalidEvent(message, attributes, self.violations(message, values, data, base, printed=printed))

    def lay_out(self, item: Item) -> tuple[int, dict[int, Any]]:
        """Return the message number of `item` and its attributes by id. Raise EncodeError."""
        if isinstance(item, Event):
            return item.message, item.__schema__.lay_out(item, self.attribute_number)
        if not isinstance(item, UnknownEvent | InvalidEvent):
            raise EncodeError("value-type", expected="an event", actual=type(item).__name__)
        if isinstance(item.message, str):
            if item.message not in self._numbers:
                raise EncodeError("unknown-name", expected=f"a message of {self.name}", actual=quote(item.message))
            return self._numbers[item.message], self._numbered(item.attributes)
        return item.message, self._numbered(item.attributes)

    def _numbered(self, attributes: Attributes) -> dict[int, Any]:
        values: dict[int, Any] = {}
        for name, value in attributes.items():
            number = self.attribute_number(name)
            if number in values:
                raise EncodeError("value-range", expected=f"{name} once", actual="it again under another name", parts=(part(name),))
            values[number] = value
        return values

    def violations(
        self, message: int, values: Mapping[int, Any], data: bytes | None = None, base: int = 0, *, printed: bool = False
    ) -> tuple[Violation, ...]:
        """Return every violation in the attributes of a message, both severities, in table order.

        Arguments as for `assemble`; without `data` the violations have no offsets.
        """
        schema = self.schema(message, values)
        if schema is None:
            return ()
        if data is None:
            return schema.violations(values, self.attribute_name, common=self.common, printed=printed)
        return schema.violations(values, self.attribute_name, wire.offsets(data, base), base, common=self.common, printed=printed)

    def violations_at(
        self, message: int, values: Mapping[int, Any], offsets: Mapping[int, int], start: int, more: int
    ) -> tuple[Violation, ...]:
        """Return the violations of an indexed frame; arguments as for `EventSchema.violations`. For engines."""
        schema = self.schema(message, values)
        assert schema is not None
        return schema.violations(values, self.attribute_name, offsets, start, more, common=self.common)

    def validate(self, item: Item, *, printed: bool = False) -> tuple[Violation, ...]:
        """Return every violation in `item`, its values' types and ranges included; `printed` as for `assemble`. Never raises."""
        told = getattr(item, "message", type(item).__name__)
        name = self.message_label(told)
        try:
            message, values = self.lay_out(item)
        except EncodeError as error:
            return (_as_violation(error, name),)
        found = []
        for number, value in values.items():
            try:
                self._frame.attributes.pack({number: value})
            except EncodeError as error:
                found.append(_as_violation(error, name))
        if isinstance(item, Event):
            own = item.__schema__.violations(values, self.attribute_name, common=self.common, printed=printed)
            return (*found, *own)
        return (*found, *self.violations(message, values, printed=printed))

    # -- constructs ------------------------------------------------------------------------------

    def frame(self, limits: Limits = DEFAULT_LIMITS) -> FrameConstruct:
        """Return the construct of a frame whose attributes are typed by this registry's dictionary."""
        return self._frame if limits is DEFAULT_LIMITS else FrameConstruct(AttributeList(self.dictionary, limits), self._names)

    def construct(self, cls: type[Event], limits: Limits = DEFAULT_LIMITS) -> EventConstruct:
        """Return a construct that parses and builds frames of one event, alone or inside a Struct.

        Raise LookupError where the registry has no such event.
        """
        self.event(cls)
        return EventConstruct(self, cls, limits)


def _as_violation(error: EncodeError, event: str) -> Violation:
    place = error.path.removeprefix(f"{event}.")
    return Violation(code=error.code, severity=Severity.ERROR, event=event, attribute=place, expected=error.expected, actual=error.actual)


def _reserved(label: str) -> bool:
    """Return whether JSON gives `label` another meaning: the message, an id without a name, a mark."""
    return label == "Event" or label[:1] in ("#", "$")


class EventConstruct(Construct):
    """Frames of one event. Made by `Registry.construct`."""

    def __init__(self, registry: Registry, cls: type[Event], limits: Limits) -> None:
        super().__init__()
        self._registry = registry
        self._cls = cls
        self._frame = registry.frame(limits)

    def _parse(self, stream: Any, context: object, path: str) -> Any:
        data = self._frame.read(stream)
        message, values = self._frame.unpack(data)
        if message != self._cls.message:
            found = self._registry.message_name(message) or str(message)
            raise Malformed("message-number", offset=4, expected=f"{self._cls.__name__} ({int(self._cls.message)})", actual=found)
        schema, registry = self._cls.__schema__, self._registry
        if schema.fails(values):
            offsets = wire.offsets(data, 0)
            raise SchemaViolation(schema.violations(values, registry.attribute_name, offsets, 0, common=registry.common))
        return schema.build(values, registry.attribute_name)

    def _build(self, obj: Any, stream: Any, context: object, path: str) -> Any:
        if type(obj) is not self._cls:
            raise EncodeError("value-type", expected=self._cls.__name__, actual=type(obj).__name__)
        message, values = self._registry.lay_out(obj)
        if self._cls.__schema__.fails(values):
            raise SchemaViolation(self._registry.validate(obj))
        stream.write(self._frame.pack(message, self._frame.attributes.pack(values)))
        return obj

    def _sizeof(self, context: object, path: str) -> int:
        raise SizeofError("the size of a frame is in its header", path=path)
