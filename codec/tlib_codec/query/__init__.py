"""Select records and calls: one language for records, batches, calls, Arrow and Spark (docs/query.md).

Strategy: `parser` makes a tree of a condition (`syntax`), `fields` resolves its names in the registry and in a table of named
fields, `literals` checks its values, `condition` compiles it to a predicate, `program` to one that the C core runs over frames.
Names and values are checked before anything is read; an unknown one is an error with the closest one. `Query` combines
conditions with the choice of events, times and addresses.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable

from tlib_codec.access import closest
from tlib_codec.clock import ShownZone, completer
from tlib_codec.records import Batch, Diagnostic, Entry, Frames, Part, Record
from tlib_codec.stream import Gap
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .address import Address
from .condition import Condition
from .errors import QueryError
from .fields import FieldKind, NamedField, Scope
from .parser import parse
from .program import compiled
from .records import record_scope
from .selection import Selection
from .syntax import And, Compare, Expression, Field, Match, Not, Operator, Or, leaves, to_text
from .tally import Tally
from .times import between, instant

__all__ = [
    "Address",
    "And",
    "Compare",
    "Condition",
    "Expression",
    "Field",
    "FieldKind",
    "Match",
    "NamedField",
    "Not",
    "Operator",
    "Or",
    "Query",
    "QueryError",
    "Scope",
    "Selection",
    "Tally",
    "instant",
    "leaves",
    "parse",
    "to_text",
]


class Query:
    """Records of one of the `events`, for which every condition of `where` holds, from `since` on and before `until`.

    `where` is a condition or several (docs/query.md), as text or as a tree; `expression` is the tree of all of them. `events` are names or
    numbers of messages. Times are ISO 8601; `since` and `until` are in `zone` where they name none. `address` is ``HOST``, ``HOST:PORT`` or
    ``NETWORK/BITS``, of either end of the connection. `tally` counts the events. Raises QueryError.

    >>> from tlib_codec import read
    >>> gone = Query(where="Cause = Transfer or Cause = Conference")
    >>> sum(gone(record) for record in read("examples/calls.tlb"))
    2
    """

    def __init__(
        self,
        *,
        where: str | Expression | Iterable[str | Expression] = (),
        events: Iterable[str] = (),
        since: str | None = None,
        until: str | None = None,
        address: str | None = None,
        registry: Registry = TLIBRARY,
        zone: ShownZone | None = None,
    ) -> None:
        self.addresses: Address | None = None if address is None else Address(address)
        self._tests: list[Callable[[Record], bool]] = [] if self.addresses is None else [self.addresses]
        messages = frozenset(_message(name, registry) for name in events)
        if messages:
            self._tests.append(lambda record: not isinstance(record.item, Gap) and record.item.message in messages)
        condition = Condition(where, record_scope(registry), registry)
        self._completed = completer(registry)
        self.expression: Expression | None = condition.expression
        self.tally: Tally = Tally(leaves=condition.leaves)
        if self.expression is not None:
            self._tests.append(lambda record: not isinstance(record.item, Gap) and condition(record))
        span = None
        if since is not None or until is not None:
            span = between(since, until, zone or ShownZone())
            self._tests.append(span)
        self._registry = registry
        self._program = (
            compiled(registry, self.tally, messages=messages, condition=condition, span=span, addresses=self.addresses)
            if self._tests
            else None
        )

    def __bool__(self) -> bool:
        """Return whether the query has a condition."""
        return bool(self._tests)

    def __call__(self, entry: Entry) -> bool:
        """Return whether the query selects the entry; it selects no diagnostic."""
        if not isinstance(entry, Record):
            return False
        entry = self._completed(entry)  # a record that no reader made
        matched = all(test(entry) for test in self._tests)
        return matched if isinstance(entry.item, Gap) else self.tally.count(matched=matched)

    def filter(self, batch: Batch) -> Batch:
        """Return the records of a batch that the query selects, and behind them the diagnostics of the batch."""
        if not self:
            return batch
        selected = self.select(batch)
        diagnostics = [part for part in batch.parts if isinstance(part, Diagnostic)]
        return Batch([*selected.parts, *diagnostics], registry=batch.registry, limits=batch.limits) if diagnostics else selected

    def select(self, batch: Batch, dropped: list[Entry] | None = None) -> Batch:
        """Return the records of a batch that the query selects; frames stay frames.

        `dropped` gets the diagnostics, and the invalid records that the query does not select, in their order.
        """
        kept: list[Part] = []
        for part in batch.parts:
            if isinstance(part, Frames):
                places = self.places(part, batch, dropped)
                if places:
                    kept.append(part if len(places) == len(part) else part.select(places))
            elif self(part):
                kept.append(part)
            elif dropped is not None and (isinstance(part, Diagnostic) or not part.valid):
                dropped.append(part)
        return Batch(kept, registry=batch.registry, limits=batch.limits)

    def places(self, frames: Frames, batch: Batch, dropped: list[Entry] | None = None) -> array[int]:
        """Return the places of the frames of a batch that the query selects; `dropped` gets the invalid ones of the others."""
        found = None
        if self._program is not None and batch.registry is self._registry:
            ask: Callable[[int], bool] = lambda place: self(next(frames.select([place]).records(batch.registry, batch.limits)))  # noqa: E731
            found = self._program.run(frames, batch.limits, ask, odd=dropped is not None)
        if found is None:
            return self._tested(frames, batch, dropped)
        selected, odd = (array("Q", one) for one in found)
        if dropped is not None and odd:
            dropped += (one for one in frames.select(odd).records(batch.registry, batch.limits) if not one.valid)
        return selected

    def _tested(self, frames: Frames, batch: Batch, dropped: list[Entry] | None) -> array[int]:
        """Return the places of the frames that the query selects, one record after the other."""
        places = array("Q")
        for place, record in enumerate(frames.records(batch.registry, batch.limits)):
            if self(record):
                places.append(place)
            elif dropped is not None and not record.valid:
                dropped.append(record)
        return places


def _message(name: str, registry: Registry) -> int:
    if name.isascii() and name.isdigit():
        return int(name)
    known = {label.lower(): number for label, number in registry.messages.items()}
    if name.lower() not in known:
        raise QueryError(f"{registry.name} has no message {name!r}{closest(name, registry.messages)}", "event")
    return known[name.lower()]
