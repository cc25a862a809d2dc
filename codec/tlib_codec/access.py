"""Values out of items by name: the attribute or composite that a registry calls so, whatever kind of item holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tlib_schemas.enumerations import AttributeID
from tlib_schemas.errors import EncodeError
from tlib_schemas.events import Event
from tlib_schemas.kinds import INTEGERS, Kind
from tlib_schemas.registry import Item, Registry

from .stream import Gap, StreamItem


def closest(name: str, names: Iterable[str]) -> str:
    """Return the hint behind an unknown name, or nothing."""
    known = {one.lower(): one for one in names}
    import difflib  # noqa: PLC0415 only a wrong name has a closest one

    close = difflib.get_close_matches(name.lower(), known, n=1)
    return f"; did you mean {known[close[0]]}?" if close else ""


def attribute_names(registry: Registry) -> list[str]:
    """Return the names that `getter` takes: of attributes, their aliases, and of composites."""
    return [*(label for a in registry.dictionary.values() for label in (a.name, *a.aliases)), *registry.composites]


def getter(name: str, registry: Registry) -> Callable[[Item], Any]:
    """Return the function that gets the attribute or composite of that name out of an item, None where it is absent. Raises LookupError."""
    composite = registry.composites.get(name)
    if composite is not None:
        return lambda item: next(
            (getattr(item, field.name) for field in item.__schema__.fields if field.label == name) if isinstance(item, Event) else iter(()),
            None,
        )
    try:
        number = registry.attribute_number(name)
    except EncodeError:
        raise LookupError(f"{registry.name} has no attribute {name!r}{closest(name, attribute_names(registry))}") from None
    label = registry.attribute_name(number)

    def take(item: Item) -> Any:
        if not isinstance(item, Event):
            return item.attributes.get(label)
        field = item.__schema__.listed.get(number)
        if field is None:
            return item.extra.get(label)
        value = getattr(item, field.name)
        if field.composite is None:
            return value
        part = next(part for part, attribute in field.attributes if attribute.id == number)
        return getattr(value, part, None) if value is not None else item.extra.get(label)

    return take


def own_time(registry: Registry) -> Callable[[StreamItem], int | None]:
    """Return the function that gets an event's own time (TimeinSecs, TimeinuSecs), in nanoseconds since 1970 UTC; None if it has none."""
    numbers = (AttributeID.TimeinSecs, AttributeID.TimeinuSecs)
    secs = int(numbers[0])
    labels = [registry.attribute_name(one) for one in numbers]
    whole, fraction = (
        getter(label, registry) if one in registry.dictionary else _nothing for one, label in zip(numbers, labels, strict=True)
    )

    def take(item: StreamItem) -> int | None:
        if isinstance(item, Gap):
            return None
        if isinstance(item, Event) and secs in item.__schema__.listed:
            seconds, micros = whole(item), fraction(item)
        else:
            values = item.extra if isinstance(item, Event) else item.attributes
            seconds = values.get(labels[0])
            micros = values.get(labels[1]) if seconds is not None else None
        if type(seconds) is not int:
            return None
        return seconds * 1_000_000_000 + (micros * 1000 if type(micros) is int and 0 <= micros < 1_000_000 else 0)

    return take


def own_numbers(registry: Registry) -> tuple[int | None, int | None, bool, bool] | None:
    """Return the ids of the two attributes that `own_time` reads, None for one that it finds in no event, and whether each is signed.

    Return None where the seconds or the fraction have 64 bits, and so may be beyond every calendar, or where a table lists the
    fraction alone.
    """
    secs, micros = AttributeID.TimeinSecs, AttributeID.TimeinuSecs
    if any(micros in schema.listed and secs not in schema.listed for schema in registry.tables):
        return None
    ids: list[int | None] = []
    signed = []
    for number in (secs, micros):
        attribute = registry.dictionary.get(number)
        kind = None if attribute is None or attribute.value is None else attribute.value.kind
        if kind is Kind.LONG or kind is Kind.OTHER:
            return None
        ids.append(int(number) if kind in INTEGERS else None)
        signed.append(kind is Kind.SINT)
    return ids[0], ids[1], signed[0], signed[1]


def _nothing(_: Item) -> None:
    return None
