"""The compiled table of an event: its fields, and the rules that its attributes must keep.

Strategy: `EventSchema` is compiled once, at import, and refuses a declaration's mistakes there. It
works on *attributes by id*, the form in which a frame, a log message and a JSON object agree: it
lists their violations, builds the event of them and lays an event out into them again.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from .enumerations import OpenEnum
from .errors import EncodeError, RegistryError, Severity, Violation, part, quote
from .kinds import Kind
from .rules import Circumstance, Footnote, Rule, describe
from .values import Attributes
from .wire import Attribute, Enum, Shape

if TYPE_CHECKING:
    from .declare import Field
    from .events import Event

Values = Mapping[int, Any]
Namer = Callable[[int], str]

_UNLISTED = 100  # attributes outside the table that get a violation each: a frame can hold 65,536


class MessageNumber:
    """Mark a table's row "Event": the message number, which the frame's header carries."""


class Row(msgspec.Struct, frozen=True):
    """A row of a table as the specification lays it out; `ids` is empty for the row "Event"."""

    name: str
    mandatory: bool
    marks: tuple[str, ...]
    ids: tuple[int, ...]


class EventSchema:
    """The compiled table of one event.

    `name` is the message's: several tables of one message share it, and `when` selects one of them. `fields` are in
    the table's order; `listed` maps every attribute id to its field; `rules` and `shapes` are the demands of the
    footnotes and of the identifiers.
    """

    def __init__(
        self,
        cls: type[Event],
        message: int,
        fields: Iterable[Field],
        *,
        rules: Iterable[Rule],
        footnotes: Iterable[Footnote],
        shapes: Mapping[str, Shape],
        when: Circumstance | None = None,
        partial: str = "",
        deprecated: str = "",
    ) -> None:
        self.cls: type[Event] = cls
        label = message.label if isinstance(message, OpenEnum) else None
        self.name: str = label if label and cls.__name__.endswith(label) else cls.__name__
        self.message: int = message
        self.when: Circumstance | None = when
        self.partial: str = partial
        self.deprecated: str = deprecated
        self.fields: tuple[Field, ...] = tuple(fields)
        self.rules: tuple[Rule, ...] = tuple(rules)
        self.footnotes: tuple[Footnote, ...] = tuple(footnotes)
        self.by_name: dict[str, Field] = {field.name: field for field in self.fields}
        self._refuse_mistakes(shapes)
        self.listed: dict[int, Field] = {i: field for field in self.fields for i in field.ids}
        self.shapes: tuple[tuple[Field, Shape], ...] = tuple(
            (field, shape) for field in self.fields if (shape := shapes.get(field.name) or field.attributes[0][1].shape) is not None
        )
        self._plain = {field.ids[0]: field.name for field in self.fields if field.composite is None}
        self._composites = tuple(field for field in self.fields if field.composite is not None)
        self._when_id = None if when is None else self.by_name[when.field].ids[0]
        # `fails` reads only these, because it runs for every frame.
        self._needed = frozenset(
            i for field in self.fields if field.mandatory for i in (field.needed or (field.ids if field.composite is None else ()))
        )
        self._client_side = frozenset(a.id for field in self.fields for _, a in field.attributes if a.client_side)
        self._any = tuple(field for field in self._composites if field.mandatory and not field.needed)
        self._printed = self._needed - self._client_side
        self._compiled = tuple(
            (rule, self.by_name[rule.field], self.by_name.get(rule.other), tuple(self.by_name[name] for name in rule.also))
            for rule in self.rules
        )
        self._errors = tuple(one for one in self._compiled if one[0].severity is Severity.ERROR)
        self._labels = {field.name: field.label for field in self.fields}
        self._notes = {note.mark: note.text for note in self.footnotes}

    def _refuse_mistakes(self, shapes: Mapping[str, Shape]) -> None:
        ids: set[int] = set()
        labels: set[str] = set()
        for field in self.fields:
            twice = [i for n, i in enumerate(field.ids) if i in ids or i in field.ids[:n]]
            if twice:
                raise RegistryError(f"{self.name}.{field.name}: attribute id {int(twice[0])} is declared twice")
            if field.label in labels:
                raise RegistryError(f"{self.name}.{field.name}: the name {field.label} is declared twice")
            ids.update(field.ids)
            labels.add(field.label)
        marks = {note.mark for note in self.footnotes}
        named = [("rule", name) for rule in self.rules for name in (rule.field, rule.other, *rule.also) if name]
        named += [("footnote", note.field) for note in self.footnotes if note.field != "event"]
        named += [("shape", name) for name in shapes]
        named += [("circumstance", self.when.field)] if self.when is not None else []
        for what, name in named:
            if name not in self.by_name:
                raise RegistryError(f"{self.name}: a {what} names the unknown field {name!r}")
        for rule in self.rules:
            if rule.other and self.by_name[rule.other].composite is not None:
                raise RegistryError(f"{self.name}: the rule on {rule.field} compares {rule.other}, which has several values")
            if rule.note and rule.note not in marks:
                raise RegistryError(f"{self.name}: the rule on {rule.field} names the unknown footnote {rule.note!r}")
        if self.when is not None:
            value = self.by_name[self.when.field].attributes[0][1].value
            if value is None or value.kind is not Kind.TEXT or not value.standard or self.by_name[self.when.field].composite is not None:
                raise RegistryError(f"{self.name}: the circumstance is about {self.when.field}, which is no text")
        if not 0 <= self.message <= 0xFFFF:
            raise RegistryError(f"{self.name}: message number {self.message} does not fit 16 bits")

    @functools.cached_property
    def rows(self) -> tuple[Row, ...]:
        """The table's rows, as the specification lays them out."""
        return tuple(self._rows())

    def _rows(self) -> Iterator[Row]:
        # get_type_hints starts at the base class, as the fields do
        hints = typing.get_type_hints(self.cls, include_extras=True)
        for name in hints:
            if name in self.by_name:
                field = self.by_name[name]
                yield Row(field.label, field.mandatory, self._marks(name), field.ids)
            elif MessageNumber in typing.get_args(hints[name]):
                yield Row("Event", True, self._marks(name), ())

    def _marks(self, name: str) -> tuple[str, ...]:
        return tuple(note.mark for note in self.footnotes if note.field == name)

    def document(self, text: str) -> str:
        """Return a docstring: the first paragraph of `text`, the table with its footnotes, the rest of `text`."""
        summary, _, rest = text.partition("\n\n")
        width = max((len(field.label) for field in self.fields), default=0)
        lines = [summary.rstrip() or f"Message {int(self.message)}.", ""]
        for field in self.fields:
            presence = "Mandatory" if field.mandatory else "Optional"
            lines.append(f"    {field.label:<{width}}  {presence:<9}  {field.type_name:<14}  {', '.join(self._marks(field.name))}".rstrip())
        notes = dict.fromkeys(f"    {note.mark}. {note.text}" for note in self.footnotes)
        if self.when is not None:
            notes[f"    Only with {self.when.describe(self.by_name[self.when.field].label)}."] = None
        if self.partial:
            notes[f"    {self.partial}"] = None
        return "\n".join([*lines, *([""] if notes else []), *notes, *(["", rest.rstrip()] if rest else []), ""])

    def holds(self, values: Values) -> bool:
        """Return whether attributes by id are those of this table's circumstance; without a circumstance: True."""
        return self.when is None or self.when.holds(values.get(self._when_id))  # type: ignore[arg-type]

    def fails(self, values: Values, *, printed: bool = False) -> bool:
        """Return whether attributes by id break any rule of severity ERROR. Every frame pays for it.

        Of `printed` attributes, a log's, those that the receiving client sets are not missing.
        """
        needed = self._printed if printed else self._needed
        if not values.keys() >= needed or any(not field.present_in(values) for field in self._any):
            return True
        if not self.holds(values):
            return True
        return any(self._broken(rule, field, other, values, also) for rule, field, other, also in self._errors)

    @staticmethod
    def _broken(rule: Rule, field: Field, other: Field | None, values: Values, also: Iterable[Field]) -> bool:
        if field.present_in(values) is not rule.present:
            return False
        if any(one.present_in(values) for one in also):
            return False
        return rule.applies(values.get(other.ids[0]) if other is not None else None)

    def violations(
        self,
        values: Values,
        name: Namer,
        offsets: Mapping[int, int] | None = None,
        start: int | None = None,
        more: int = 0,
        *,
        common: Container[int] = (),
        printed: bool = False,
    ) -> tuple[Violation, ...]:
        """Return every violation in attributes by id, in the order of the table.

        `offsets` maps ids to the byte offsets of their headers, `start` is the frame's; `name` names
        unlisted ids. `more` counts unlisted attributes of higher ids that are not in `values`. Any table may carry
        `common` ids. `printed` as for `fails`.
        """
        found: list[Violation] = []

        def add(code: str, severity: Severity, attribute: str, ids: Iterable[int], expected: str, actual: str, note: str) -> None:
            places = [] if offsets is None else [offsets[i] for i in ids if i in offsets]
            found.append(
                Violation(
                    code=code,
                    severity=severity,
                    event=self.name,
                    attribute=attribute,
                    offset=places[0] if places else start,
                    expected=expected,
                    actual=actual,
                    footnote=note,
                )
            )

        if self.deprecated:
            add("deprecated", Severity.WARNING, "", (), "a call-based event", self.name, self.deprecated)
        if self.when is not None and not self.holds(values):
            field = self.by_name[self.when.field]
            text = values.get(field.ids[0])
            actual = "nothing" if text is None else quote(str(text))
            note = f"The circumstance of {self.cls.__name__}."
            add("not-allowed", Severity.ERROR, field.label, field.ids, self.when.describe(field.label), actual, note)
        for field in self.fields:
            if field.mandatory and not field.present_in(values) and not (printed and self._client_side.issuperset(field.ids)):
                add("mandatory-missing", Severity.ERROR, field.label, field.ids, field.label, "nothing", "Mandatory in the event's table.")
            for rule, subject, other, also in self._compiled:
                if subject is field and self._broken(rule, field, other, values, also):
                    value = None if other is None else values.get(other.ids[0])
                    expected, actual = describe(rule, self._labels, value, None if other is None else _enumeration(other))
                    add(rule.code, rule.severity, field.label, field.ids, expected, actual, self._notes.get(rule.note, ""))
        for field, shape in self.shapes:
            text = values.get(field.ids[0])
            if isinstance(text, str) and not shape.fits(text):
                add("shape", Severity.WARNING, field.label, field.ids, shape.description, quote(text), "")
        unlisted = [] if self.partial else sorted(i for i in values if i not in common and not self._takes(i, values))
        for number in unlisted[:_UNLISTED]:
            label = name(number)
            add("unlisted-attribute", Severity.WARNING, label, (number,), "an attribute of the table", label, "")
        if len(unlisted) > _UNLISTED:
            rest = unlisted[_UNLISTED:]
            add("unlisted-attribute", Severity.WARNING, "", rest[:1], "attributes of the table", f"{len(rest) + more} more", "")
        return tuple(found)

    def _takes(self, number: int, values: Values) -> bool:
        field = self.listed.get(number)
        return field is not None and field.present_in(values)

    def build(self, values: Values, name: Namer) -> Event:
        """Return the event of attributes by id in which `fails` finds nothing.

        A field that the receiving client sets is None in an event of `printed` attributes that lack it.
        """
        arguments: dict[str, Any] = {self.listed[i].name: None for i in self._client_side if i not in values}
        rest: list[int] = []
        plain = self._plain
        for number, value in values.items():
            if number in plain:
                arguments[plain[number]] = value
            else:
                rest.append(number)
        if rest:
            for field in self._composites:
                if field.present_in(values):
                    arguments[field.name] = field.take(values)
            extra = {name(i): values[i] for i in sorted(rest) if not self._takes(i, values)}
            if extra:
                arguments["extra"] = Attributes(extra)
        return self.cls(**arguments)

    def lay_out(self, event: Event, number: Callable[[str], int]) -> dict[int, Any]:
        """Return an event's attributes by id, in the table's order and then its extra ones.

        Raise EncodeError where a composite is of another class or a name stands twice.
        """
        values: dict[int, Any] = {}
        for field in self.fields:
            value = getattr(event, field.name)
            if value is not None:
                try:
                    field.put(value, values)
                except TypeError as error:
                    raise EncodeError(
                        "value-type", expected=str(error), actual=type(value).__name__, parts=(f".{field.label}", self.name)
                    ) from None
        for name, value in event.extra.items():
            try:
                where = number(name)
            except EncodeError as error:
                raise error.within(self.name) from None
            if where in values:
                raise EncodeError("value-range", expected=f"{name} once", actual="it again in extra", parts=(part(name), self.name))
            values[where] = value
        return values


def _enumeration(field: Field) -> type[OpenEnum] | None:
    value = field.attributes[0][1].value
    return value.enumeration if isinstance(value, Enum) else None


def attributes_of(schema: EventSchema) -> Iterator[Attribute]:
    """Yield every attribute that an event's table declares."""
    for field in schema.fields:
        for _, attribute in field.attributes:
            yield attribute
