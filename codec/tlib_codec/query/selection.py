"""Choose columns: ``time,Event,ANI,DNIS,UserData.Segment``.

Strategy: a column is a field of the query language. Writers take the values of a row and print them in their own way, by the
column's kind. Of several values a column shows the first. The C core takes the values of a row out of a frame; where a
column is a composite, or a frame is malformed or invalid, its record gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tlib_codec import native
from tlib_codec.clock import completer
from tlib_codec.records import Batch, Entry, Frames, Part, Record
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.wire import Attribute

from .errors import QueryError
from .fields import Bound, FieldKind, resolve
from .flows import FlowTexts
from .parser import parse_fields
from .records import record_scope
from .sources import Facts, From, Source, facts_of, source_of
from .syntax import Field

_batches = native.extension("batches")


class Column(msgspec.Struct, frozen=True):
    """A chosen column: its name as given, and the kind of its values.

    `attribute` is the attribute of which it shows the whole value, None for another field.
    """

    name: str
    kind: FieldKind
    attribute: Attribute | None
    bound: Bound


class Selection:
    """The columns that `text` names, with commas between. Raises QueryError.

    >>> from tlib_codec import read
    >>> chosen = Selection("Event,ANI")
    >>> [chosen.row(record) for record in read("examples/calls.tlb", where="ANI ~ 5551*")][0]
    ['EventCallCreated', '5551006967']
    """

    def __init__(self, text: str, registry: Registry = TLIBRARY) -> None:
        self._registry = registry
        self._completed = completer(registry)
        self._named = parse_fields(text)
        self._text = text
        self.columns: tuple[Column, ...] = self._resolved()
        names = [column.name for column in self.columns]
        twice = next((i for i, name in enumerate(names) if name in names[:i]), None)
        if twice is not None:
            raise QueryError(f"{names[twice]} is there twice", "select", text=text, place=self._named[twice][1])
        self.sources: list[Source] = [source_of(field, registry) for field, _ in self._named]
        self.flows: FlowTexts = FlowTexts({source.which for source in self.sources if source.place is From.FLOW})
        self.facts: Facts = facts_of(registry)
        self._rows = None if _batches is None else _batches.Rows(registry, self.sources, self._shows(), self.facts)

    def _shows(self) -> list[Callable[[Any], str] | None]:
        """Return for each column of numbers with names the function that shows them."""
        return [column.bound.field.show if column.kind is FieldKind.NAME else None for column in self.columns]

    def _resolved(self) -> tuple[Column, ...]:
        scope = record_scope(self._registry)
        columns = []
        for field, place in self._named:
            try:
                bound = resolve(field, scope, self._registry)
            except LookupError as error:
                raise QueryError(str(error), "select", text=self._text, place=place) from None
            columns.append(Column(_name(field), bound.field.kind, bound.attribute, bound))
        return tuple(columns)

    def values(self, record: Record) -> list[Any]:
        """Return the value of each column, None where the event has none."""
        record = self._completed(record)  # a record that no reader made
        return [next(iter(column.bound.values(record)), None) for column in self.columns]

    def takes(self, frames: Frames, batch: Batch) -> bool:
        """Return whether the C core can take the columns out of frames of a batch; `flows` has the texts of their flows then."""
        return _batches is not None and batch.registry is self._registry and self.flows.take(frames.flow_table)

    def rows(self, batch: Batch) -> Iterator[list[Any] | Entry]:
        """Yield the values of each valid event of a batch, numbers with names as text, and every other entry as it is."""
        for part in batch.parts:
            if isinstance(part, Frames) and self._rows is not None and self.takes(part, batch):
                for place, row in enumerate(self._rows.take(part, batch.limits, self.flows)):
                    yield from (row,) if row is not None else self._entries(batch, part.select([place]))
            else:
                yield from self._entries(batch, part)

    def _entries(self, batch: Batch, part: Part) -> Iterator[list[Any] | Entry]:
        for entry in Batch([part], registry=batch.registry, limits=batch.limits):
            if isinstance(entry, Record) and entry.valid:
                values = zip(self.columns, self.values(entry), strict=True)
                yield [
                    column.bound.field.show(value) if column.kind is FieldKind.NAME and value is not None else value
                    for column, value in values
                ]
            else:
                yield entry

    def row(self, record: Record) -> list[Any]:
        """Return the values as `values` does; names and times as text."""
        return [self.plain(column, value) for column, value in zip(self.columns, self.values(record), strict=True)]

    @staticmethod
    def plain(column: Column, value: Any) -> Any:
        """Return a value of a column with a name or time as text."""
        return column.bound.field.show(value) if value is not None and column.kind in _SHOWN else value


_SHOWN = frozenset({FieldKind.NAME, FieldKind.TIME})


def _name(field: Field) -> str:
    return f"{field.name}.{field.path}" if field.path else field.name
