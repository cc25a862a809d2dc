"""``--event``, ``--where``, ``--since``, ``--until`` and ``--address``: which events are wanted.

Strategy: names are looked up once, in the registry, before anything is read; a misspelt one is
refused with the closest that exists. A value is compared as it is printed, so that what one
command shows can be given to the next.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from tlib_codec.formats.jsonl import value_to_data
from tlib_codec.stream import Gap
from tlib_schemas.declare import Composite
from tlib_schemas.enumerations import AttributeID, OpenEnum
from tlib_schemas.errors import EncodeError
from tlib_schemas.events import Event
from tlib_schemas.registry import Item, Registry
from tlib_schemas.values import KVList, RawValue

from .inputs import Found
from .options import Unusable, closest

Test = Callable[[Found], bool]
UNNUMBERED = "$unnumbered."
_ZONES = 15 * 60 * 1_000_000  # zones are multiples of it
_FURTHEST_ZONE = 15 * 3600 * 1_000_000


def selection(events: Iterable[str], conditions: Iterable[str], registry: Registry) -> list[Test]:
    """What an event must pass: one of the names, and every condition. Raises click.BadParameter."""
    tests: list[Test] = []
    messages = {_message(name, registry) for name in events}
    if messages:
        tests.append(lambda found: not isinstance(found.item, Gap) and found.item.message in messages)
    tests += [_condition(text, registry) for text in conditions]
    return tests


def instant(text: str, option: str) -> int:
    """An ISO 8601 date or time as microseconds since 1970; UTC where it has no zone. Raises click.BadParameter."""
    try:
        return _microseconds(dt.datetime.fromisoformat(text))
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no ISO 8601 time, such as 2026-03-14, 2026-03-14T21:39 or 2026-03-14T21:39:12.5+01:00", param_hint=option
        ) from None


def moment(text: object) -> dt.datetime | None:
    """The time that a source gives as ISO 8601 text; None where it is none. Parts below a microsecond are cut."""
    try:
        return dt.datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _microseconds(moment: dt.datetime) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
    return (aware - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def clock(registry: Registry) -> Callable[[Found], int | None]:
    """What gives an event's time in microseconds since 1970: its own, else its source's; None where neither is known.

    A source's time without a zone (a log's) is local to where it was written. The events that have both times
    show how far that is from UTC, and the others follow the last of them; before the first, it is read as UTC.
    """
    zone = 0  # microseconds by which local times are ahead, a multiple of 15 minutes
    known = [number in registry.dictionary for number in (AttributeID.TimeinSecs, AttributeID.TimeinuSecs)]
    seconds, fraction = (
        _taker(registry.attribute_name(number), registry) if there else lambda _: None
        for number, there in zip((AttributeID.TimeinSecs, AttributeID.TimeinuSecs), known, strict=True)
    )

    def time(found: Found) -> int | None:
        nonlocal zone
        local = moment(found.source.get("time"))
        if not isinstance(found.item, Gap):
            own = seconds(found.item)
            if type(own) is int:
                part = fraction(found.item)
                if local is not None and local.tzinfo is None and abs(ahead := _microseconds(local) - own * 1_000_000) <= _FURTHEST_ZONE:
                    zone = round(ahead / _ZONES) * _ZONES
                return own * 1_000_000 + (part if type(part) is int and 0 <= part < 1_000_000 else 0)
        if local is None:
            return None
        return _microseconds(local) - (zone if local.tzinfo is None else 0)

    return time


def between(since: str | None, until: str | None, registry: Registry) -> list[Test]:
    """The test of a time from `since` on and before `until`. Raises click.BadParameter."""
    if since is None and until is None:
        return []
    first = None if since is None else instant(since, "--since")
    end = None if until is None else instant(until, "--until")
    time = clock(registry)

    def holds(found: Found) -> bool:
        at = time(found)
        return at is not None and (first is None or at >= first) and (end is None or at < end)

    return [holds]


class Address:
    """``--address``: HOST, HOST:PORT or NETWORK/BITS, which an event's source or destination must be.

    `check` refuses an input in which no event had either. Raises click.BadParameter.
    """

    def __init__(self, wanted: str) -> None:
        self._network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
        self._wanted = wanted.lower()
        self._seen = False
        try:
            self._network = ipaddress.ip_network(wanted.removeprefix("[").removesuffix("]"))
        except ValueError:
            host, _, port = wanted.rpartition(":")
            try:
                ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
                if not 0 <= int(port) <= 0xFFFF:
                    raise ValueError
            except ValueError:
                raise click.BadParameter(
                    f"{wanted!r} is no address: give 10.0.0.1, 10.0.0.1:3063, [2001:db8::1]:3063 or 10.0.0.0/8", param_hint="--address"
                ) from None

    def __call__(self, found: Found) -> bool:
        ends = [end for key in ("src", "dst") if isinstance(end := found.source.get(key), str)]
        self._seen |= bool(ends)
        return any(self._is(end) for end in ends)

    def _is(self, end: str) -> bool:
        if self._network is None:
            return end.lower() == self._wanted
        for host in (end, end.rpartition(":")[0]):
            try:
                return ipaddress.ip_address(host.removeprefix("[").removesuffix("]").partition("%")[0]) in self._network
            except ValueError:
                continue
        return False

    def check(self, name: str) -> None:
        """Raises Unusable where no event so far had an address."""
        if not self._seen:
            raise Unusable(f"{name}: its events have no addresses, which --address could compare: captures have them")


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
