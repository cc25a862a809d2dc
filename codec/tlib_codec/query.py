"""Select records: one predicate language for records, batches, Arrow and Spark.

Strategy: resolve names in the registry before reading; refuse an unknown name with the closest one. Compare a value by
its printed text, so a user can copy a value from the output of a command into a query. Each test is a function of a
record; `Query` combines them and is itself one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tlib_schemas.declare import Composite
from tlib_schemas.enumerations import OpenEnum
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import KVList, RawValue

from .access import closest, getter
from .clock import ShownZone, Span
from .records import Entry, Record
from .stream import Gap

Test = Callable[[Record], bool]
UNNUMBERED = "$unnumbered."


class QueryError(ValueError):
    """A condition that cannot be asked: `option` is the part of the query that holds it."""

    def __init__(self, message: str, option: str) -> None:
        super().__init__(message)
        self.option: str = option


class Query:
    """Records of one of the `events`, for which every one of the `conditions` (``NAME=VALUE``) holds, from `since` on and before `until`.

    `events` are names or numbers of messages. A condition's NAME is an attribute, ``UserData.KEY`` a pair at a path into a
    key-value list, or ``$unnumbered.NAME``. Times are ISO 8601; without a zone they are in `zone`. `address` is ``HOST``, ``HOST:PORT`` or
    ``NETWORK/BITS``, of either end of the connection. Raises QueryError.

    >>> from tlib_codec import read
    >>> gone = Query(conditions=["Cause=Transfer"])
    >>> sum(gone(record) for record in read("examples/calls.tlb"))
    1
    """

    def __init__(
        self,
        *,
        events: Iterable[str] = (),
        conditions: Iterable[str] = (),
        since: str | None = None,
        until: str | None = None,
        address: str | None = None,
        registry: Registry = TLIBRARY,
        zone: ShownZone | None = None,
    ) -> None:
        self.addresses: Address | None = None if address is None else Address(address)
        self._tests: list[Test] = [] if self.addresses is None else [self.addresses]
        messages = {_message(name, registry) for name in events}
        if messages:
            self._tests.append(lambda record: not isinstance(record.item, Gap) and record.item.message in messages)
        self._tests += [_condition(text, registry) for text in conditions]
        if since is not None or until is not None:
            self._tests.append(_span(since, until, zone or ShownZone()))

    def __bool__(self) -> bool:
        """Return whether the query has a condition."""
        return bool(self._tests)

    def __call__(self, entry: Entry) -> bool:
        """Return whether the query selects the entry; it selects no diagnostic."""
        return isinstance(entry, Record) and all(test(entry) for test in self._tests)


def _span(since: str | None, until: str | None, zone: ShownZone) -> Test:
    try:
        return Span(since, until, zone)
    except ValueError as error:
        raise QueryError(*error.args) from None


class Address:
    """The test of an address: HOST, HOST:PORT or NETWORK/BITS, which the record's source or destination must be.

    `seen` says whether a record had an address at all. Raises QueryError.
    """

    def __init__(self, wanted: str) -> None:
        self._network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
        self._wanted = wanted.lower()
        self.seen: bool = False
        try:
            self._network = ipaddress.ip_network(wanted.removeprefix("[").removesuffix("]"))
        except ValueError:
            host, _, port = wanted.rpartition(":")
            try:
                ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
                if not 0 <= int(port) <= 0xFFFF:
                    raise ValueError
            except ValueError:
                example = "10.0.0.1, 10.0.0.1:3063, [2001:db8::1]:3063 or 10.0.0.0/8"
                raise QueryError(f"{wanted!r} is no address; give one as in {example}", "address") from None

    def __call__(self, record: Record) -> bool:
        ends = [end for end in (record.origin.src, record.origin.dst) if end]
        self.seen |= bool(ends)
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


def _message(name: str, registry: Registry) -> int:
    if name.isascii() and name.isdigit():
        return int(name)
    known = {label.lower(): number for label, number in registry.messages.items()}
    if name.lower() not in known:
        raise QueryError(f"{registry.name} has no message {name!r}{closest(name, registry.messages)}", "event")
    return known[name.lower()]


def _condition(text: str, registry: Registry) -> Test:
    path, equals, wanted = text.partition("=")
    if not equals or not path:
        raise QueryError(f"{text!r}: expected NAME=VALUE, such as Cause=Transfer", "where")
    if path.startswith(UNNUMBERED):
        key = path.removeprefix(UNNUMBERED)
        return lambda record: record.unnumbered.get(key) == wanted
    name, _, inner = path.partition(".")
    try:
        take = getter(name, registry)
    except LookupError as error:
        raise QueryError(str(error), "where") from None

    def holds(record: Record) -> bool:
        item = record.item
        if isinstance(item, Gap):
            return False
        value = take(item)
        if value is None:
            return False
        if inner:
            return isinstance(value, KVList) and any(prints_as(one, wanted) for one in _within(value, inner))
        return prints_as(value, wanted)

    return holds


def _within(kv: KVList, path: str) -> Iterator[Any]:
    """Yield every value at a dotted path into lists; a key may have dots itself."""
    for key, value in kv:
        if key == path:
            yield value
        elif isinstance(value, KVList) and path.startswith(key + "."):
            yield from _within(value, path[len(key) + 1 :])


def prints_as(value: Any, wanted: str) -> bool:
    """Return whether the printed value equals `wanted`: a name or number, a text, or the hex of bytes."""
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
            return str(value) == wanted
