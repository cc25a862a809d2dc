"""Hold queries and chosen columns in C against the Python steps: ``python -m tlib_fuzz.selfcheck queries --count N``.

Strategy: a case is a random query over random runs of frames. Its fields are any that the registry knows, its literals are mostly
values that the frames hold, so comparisons hold and fail. One query goes over the runs as batches, in C; an equal one tests the
records one by one, in Python. The selected frames, the dropped invalid records, the counts of every comparison and the zone that a
span of time settles on must be equal. So must the lines of random columns: of the runs, and of their records.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from typing import Any

from tlib_codec.access import attribute_names
from tlib_codec.clock import ShownZone, zone_of
from tlib_codec.formats import WriteOptions, writable
from tlib_codec.query import And, Compare, Expression, Field, Match, Not, Operator, Or, Query, QueryError, Scope, Selection
from tlib_codec.query.fields import FieldKind, resolve, shown
from tlib_codec.query.records import record_scope, utc
from tlib_codec.query.syntax import field_text
from tlib_codec.records import Batch, Diagnostic, Entry, Origin, Record
from tlib_codec.stream import Gap
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import KVList

from .frames import random_run
from .inputs import Inputs
from .loop import FailureError, Tally

_WORDS = ("", "5", "70", "-1", "5551000", "1.5", "é", "0a", "Inbound", "five", "a.log", "10.0.0.1:3000", "7", "to-server", "0" * 16)
_TIMES = ("2026-03-14", "2026-03-14T21:39", "2026-03-14T22:00+02:00", "21:39", "03:00", "1970-01-01", "2026-03-15T01:00Z", "2300-01-01")
_ZONES = (None, "UTC", "+02:00", "Europe/Paris")
_ADDRESSES = ("10.0.0.1", "10.0.0.2:40000", "10.0.0.0/8", "2001:db8::/32", "192.0.2.1")
_DEEPEST = 3


class Chooser:
    """Draws conditions whose literals are values of `records`."""

    def __init__(self, rng: random.Random, registry: Registry, records: Sequence[Record]) -> None:
        self.rng = rng
        self.registry = registry
        self.scope: Scope = record_scope(registry)
        self.records: list[Record] = [record for record in records if not isinstance(record.item, Gap)]
        self.names: list[str] = [*attribute_names(registry), *(f"#{rng.getrandbits(16)}" for _ in range(3))]

    def expression(self, depth: int = 0) -> Expression:
        """Return a condition."""
        rng = self.rng
        if depth == _DEEPEST or rng.random() < 0.5:
            return self._leaf()
        if rng.random() < 0.3:
            return Not(self.expression(depth + 1))
        terms = tuple(self.expression(depth + 1) for _ in range(rng.randint(2, 3)))
        return And(terms) if rng.random() < 0.5 else Or(terms)

    def _leaf(self) -> Expression:
        field = self.field()
        literal = self._literal(field)
        if self.rng.random() < 0.7:
            return Compare(field, self.rng.choice(tuple(Operator)), literal)
        regex = self.rng.random() < 0.2
        return Match(field, self._pattern(literal), regex=regex, ignore_case=regex and self.rng.random() < 0.5)

    def field(self, *, several: bool = True) -> Field:
        """Return a field; it may have several values where `several` is true."""
        rng = self.rng
        record = rng.choice(self.records) if self.records else None
        if record is not None and rng.random() < 0.6:
            item: Any = record.item
            if rng.random() < 0.5:
                lists = [(name, value) for name, value in self._held(item) if isinstance(value, KVList) and len(value)]
                if lists:
                    name, value = rng.choice(lists)
                    return Field(name, self._path(value))
            held = [name for name, _ in self._held(item)]
            if held:
                return Field(rng.choice(held), any=several and rng.random() < 0.15)
        if rng.random() < 0.5:
            name = rng.choice(tuple(self.scope.fields))
            return Field(name, rng.choice(("AttributeNovel", "Bare", "no")) if name == "$unnumbered" else "")
        return Field(rng.choice(self.names), any=several and rng.random() < 0.2)

    def _held(self, item: Any) -> list[tuple[str, Any]]:
        _, values = self.registry.lay_out(item)
        return [(self.registry.attribute_name(number), value) for number, value in values.items()]

    def _path(self, value: Any) -> str:
        keys: list[str] = []
        while isinstance(value, KVList) and len(value):
            key, inner = self.rng.choice(list(value))
            keys.append(key)
            value = inner
            if self.rng.random() < 0.3:
                break
        return ".".join(keys)

    def _literal(self, field: Field) -> str:
        if not self.records or self.rng.random() < 0.3:
            return self.rng.choice((*_WORDS, *_TIMES))
        try:
            bound = resolve(field, self.scope, self.registry)
        except LookupError:
            return "5"
        values = bound.values(self.rng.choice(self.records))
        if not values:
            return self.rng.choice(_WORDS)
        value = self.rng.choice(tuple(values))
        text = utc(value) if bound.field.kind is FieldKind.TIME else shown(value)
        return text.upper() if self.rng.random() < 0.2 else text

    def _pattern(self, text: str) -> str:
        rng = self.rng
        for _ in range(rng.randint(0, 2)):
            at = rng.randrange(len(text) + 1)
            text = text[:at] + rng.choice(("*", "?", "[a-z]", "")) + text[at + rng.randint(0, 3) :]
        return text


def random_options(rng: random.Random, chooser: Chooser) -> dict[str, Any]:
    """Return the arguments of a random query but for its registry and zone."""
    options: dict[str, Any] = {}
    if rng.random() < 0.8:
        options["where"] = [chooser.expression() for _ in range(rng.choice((1, 1, 2)))]
    if rng.random() < 0.3:
        known = [str(record.item.message) for record in chooser.records if not isinstance(record.item, Gap)]
        options["events"] = rng.choices([*known, *chooser.registry.messages, "65535"], k=5)
    if rng.random() < 0.3:
        options["since"] = rng.choice(_TIMES)
    if rng.random() < 0.2:
        options["until"] = rng.choice(_TIMES)
    if rng.random() < 0.1:
        options["address"] = rng.choice(_ADDRESSES)
    return options


def difference(parts: Sequence[Any], options: dict[str, Any], zone: str | None, registry: Registry) -> str | None:
    """Return how the two steps differ over a batch of these parts, or None. Raises QueryError."""
    batch = Batch(parts, registry=registry)
    zones = [ShownZone(None if zone is None else zone_of(zone)) for _ in range(2)]
    native, plain = (Query(**options, registry=registry, zone=one) for one in zones)
    if not native:
        return None
    dropped: list[Entry] = []
    selected = list(native.select(batch, dropped))
    expected: list[Entry] = []
    left: list[Entry] = []
    for entry in batch:
        if plain(entry):
            expected.append(entry)
        elif isinstance(entry, Diagnostic) or not entry.valid:
            left.append(entry)
    outcomes: list[tuple[str, Any, Any]] = [
        ("selected", selected, expected),
        ("dropped", dropped, left),
        ("tally", native.tally, plain.tally),
        ("zone", (zones[0].settled, zones[0].name), (zones[1].settled, zones[1].name)),
        ("addresses", native.addresses and native.addresses.seen, plain.addresses and plain.addresses.seen),
    ]
    return next((f"{name}\n  Python {theirs!r}\n  C      {ours!r}" for name, ours, theirs in outcomes if repr(ours) != repr(theirs)), None)


def columns_difference(parts: Sequence[Any], select: str, registry: Registry) -> str | None:
    """Return how the lines of these columns differ between batches and their records, or None. Raises QueryError."""
    batch = Batch(parts, registry=registry)
    for name in ("jsonl", "csv"):
        outcomes = []
        for one in (batch, Batch(list(batch), registry=registry)):
            file = io.BytesIO()
            write = writable()[name].write
            assert write is not None
            writer = write(file, WriteOptions(registry=registry, select=Selection(select, registry)))
            outcomes.append((list(map(repr, writer.write(one))), file.getvalue()))
        if outcomes[0] != outcomes[1]:
            return f"{name} of {select}\n  Python {outcomes[1]!r}\n  C      {outcomes[0]!r}"
    return None


def check(seed: int, registry: Registry = TLIBRARY) -> tuple[int, str | None]:
    """Return the number of frames of the case of this seed, and how the two steps differ over it, or None."""
    inputs = Inputs(seed, registry=registry)
    inputs.make("frame")
    rng = inputs.rng
    frames = total = 0
    for _ in range(20):
        parts: list[Any] = [random_run(inputs) for _ in range(rng.randint(1, 3))]
        records = [entry for entry in Batch(parts, registry=registry) if isinstance(entry, Record)]
        frames = len(records)
        if rng.random() < 0.2:
            parts.insert(1, Diagnostic("log-line", Origin(line=1), "this", "that"))
            parts.append(Record(inputs.item()))
        for _ in range(5):
            chooser = Chooser(rng, registry, records)
            options = random_options(rng, chooser)
            zone = rng.choice(_ZONES)
            select = ",".join({field_text(chooser.field(several=False)) for _ in range(4)})
            try:
                found = difference(parts, options, zone, registry) or columns_difference(parts, select, registry)
            except QueryError:
                continue
            total += frames
            if found is not None:
                return total, f"seed {seed}, zone {zone}, {options}: {found}"
    return total, None


class QueryChecks:
    """Compares queries and chosen columns over pairs of a query and a frame, as a self-check."""

    def __init__(self, seed: int, registry: Registry = TLIBRARY) -> None:
        self.tally: Tally = Tally()
        self._seed = seed
        self._registry = registry

    def batch(self, number: int, size: int) -> None:
        """Check cases until they have had `size` pairs. Raises FailureError."""
        rng = random.Random(f"{self._seed}:{number}")  # noqa: S311
        total = 0
        while total < size:
            frames, found = check(rng.getrandbits(64), self._registry)
            if found is not None:
                raise FailureError(f"batch {number}: {found}", b"")
            total += frames
        self.tally.outcomes["pair", "equal"] += total
