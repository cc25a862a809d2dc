"""``--event`` and ``--where``: which events are wanted.

Strategy: names are looked up once, in the registry, before anything is read; a misspelt one is
refused with the closest that exists. A value is compared as it is printed, so that what one
command shows can be given to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from tlib_codec.jsonl import value_to_data
from tlib_codec.stream import Gap
from tlib_schemas.declare import Composite
from tlib_schemas.enumerations import OpenEnum
from tlib_schemas.errors import EncodeError
from tlib_schemas.events import Event
from tlib_schemas.registry import Item, Registry
from tlib_schemas.values import KVList, RawValue

from .common import closest
from .inputs import Found

Test = Callable[[Found], bool]
UNNUMBERED = "$unnumbered."


def selection(events: Iterable[str], conditions: Iterable[str], registry: Registry) -> list[Test]:
    """What an event must pass: one of the names, and every condition. Raises click.BadParameter."""
    tests: list[Test] = []
    messages = {_message(name, registry) for name in events}
    if messages:
        tests.append(lambda found: not isinstance(found.item, Gap) and found.item.message in messages)
    tests += [_condition(text, registry) for text in conditions]
    return tests


def _message(name: str, registry: Registry) -> int:
    if name.isascii() and name.isdigit():
        return int(name)
    known = {label.lower(): number for label, number in registry.messages.items()}
    if name.lower() not in known:
        raise click.BadParameter(f"{registry.name} has no message {name!r}{closest(name, registry.messages)}", param_hint="--event")
    return known[name.lower()]


def _condition(text: str, registry: Registry) -> Test:
    path, equals, wanted = text.partition("=")
    if not equals or not path:
        raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE", param_hint="--where")
    if path.startswith(UNNUMBERED):
        key = path.removeprefix(UNNUMBERED)
        return lambda found: found.unnumbered.get(key) == wanted
    name, _, inner = path.partition(".")
    take = _taker(name, registry)

    def holds(found: Found) -> bool:
        item = found.item
        if isinstance(item, Gap):
            return False
        value = take(item)
        if value is None:
            return False
        if inner:
            return isinstance(value, KVList) and any(prints_as(one, wanted) for one in _within(value, inner))
        return prints_as(value, wanted)

    return holds


def _taker(name: str, registry: Registry) -> Callable[[Item], Any]:
    """What gets the attribute, or composite, of that name out of an item; None where it is absent."""
    composite = registry.composites.get(name)
    if composite is not None:
        return lambda item: next(
            (getattr(item, field.name) for field in item.__schema__.fields if field.label == name) if isinstance(item, Event) else iter(()),
            None,
        )
    try:
        number = registry.attribute_number(name)
    except EncodeError:
        names = [*(label for a in registry.dictionary.values() for label in (a.name, *a.aliases)), *registry.composites]
        raise click.BadParameter(f"{registry.name} has no attribute {name!r}{closest(name, names)}", param_hint="--where") from None
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


def _within(kv: KVList, path: str) -> Iterator[Any]:
    """Every value at a dotted path into lists; a key may have dots itself."""
    for key, value in kv:
        if key == path:
            yield value
        elif isinstance(value, KVList) and path.startswith(key + "."):
            yield from _within(value, path[len(key) + 1 :])


def prints_as(value: Any, wanted: str) -> bool:
    """Whether `value` is printed as `wanted`: a name or number, text, hex of bytes."""
    match value:
        case OpenEnum():
            return wanted == str(int(value)) or (value.label or "").lower() == wanted.lower()
        case str():
            return value == wanted or (len(value) == 16 and value.lower() == wanted.lower())
        case bytes():
            return value.hex() == wanted.replace(" ", "").lower()
        case RawValue():
            return value.value.hex() == wanted.replace(" ", "").lower()
        case Composite():
            return value.to_text() == wanted
        case _:
            return str(value_to_data(value)) == wanted
