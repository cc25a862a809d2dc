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
from tlib_codec.records import Batch, Entry, Frames, Record
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.wire import Attribute

from .errors import QueryError
from .fields import Bound, FieldKind, resolve
from .flows import FlowTexts
from .parser import parse_fields
from .records import record_scope
from .sources import From, Source, own_time_source, source_of
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
        sources = [source_of(field, registry) for field, _ in self._named]
        self._flows = FlowTexts({source.which for source in sources if source.place is From.FLOW})
        self._rows: Any = None
        if _batches is not None:
            own = [own_time_source(int(one), registry) for one in (AttributeID.TimeinSecs, AttributeID.TimeinuSecs)]
            shows = [_shown_number(column, source) for column, source in zip(self.columns, sources, strict=True)]
            self._rows = _batches.Rows(registry, sources, shows, own)

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

    def rows(self, batch: Batch) -> Iterator[list[Any] | Entry]:
        """Yield the values of each valid event of a batch, and every other entry as it is. A number with a name may come as the name."""
        for part in batch.parts:
            if (
                isinstance(part, Frames)
                and self._rows is not None
                and batch.registry is self._registry
                and self._flows.take(part.flow_table)
            ):
                for place, row in enumerate(self._rows.take(part, batch.limits, self._flows)):
                    yield from (
                        (row,)
                        if row is not None
                        else self._entries(Batch([part.select([place])], registry=batch.registry, limits=batch.limits))
                    )
            else:
                yield from self._entries(Batch([part], registry=batch.registry, limits=batch.limits))

    def _entries(self, batch: Batch) -> Iterator[list[Any] | Entry]:
        return (self.values(entry) if isinstance(entry, Record) and entry.valid else entry for entry in batch)

    def row(self, record: Record) -> list[Any]:
        """Return the values as `values` does; names and times as text."""
        return [self.plain(column, value) for column, value in zip(self.columns, self.values(record), strict=True)]

    @staticmethod
    def plain(column: Column, value: Any) -> Any:
        """Return a value of a column with a name or time as text."""
        return column.bound.field.show(value) if value is not None and column.kind in _SHOWN else value


_SHOWN = frozenset({FieldKind.NAME, FieldKind.TIME})


def _shown_number(column: Column, source: Source) -> Callable[[Any], str] | None:
    """Return the function that shows the numbers of a column with names; None for another column."""
    return column.bound.field.show if column.kind is FieldKind.NAME and source.place in (From.MESSAGE, From.ATTRIBUTES) else None


def _name(field: Field) -> str:
    return f"{field.name}.{field.path}" if field.path else field.name
