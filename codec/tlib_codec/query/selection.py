"""Choose columns: ``time,Event,ANI,DNIS,UserData.Segment``.

Strategy: a column is a field of the query language. Writers take the values of a row and print them in their own way, by the
column's kind. Of several values a column shows the first.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tlib_codec.clock import completer
from tlib_codec.records import Record
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.wire import Attribute

from .errors import QueryError
from .fields import Bound, FieldKind, resolve
from .parser import parse_fields
from .records import record_scope
from .syntax import Field


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
