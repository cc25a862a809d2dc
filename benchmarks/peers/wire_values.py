"""What readers of our own frame found, by the specification's names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.events import Kind, Values, table
from tlib_codec import TLIBRARY, Event
from tlib_schemas import wire


def wire_values(event: Event, found: Iterable[tuple[int, Any]]) -> Values:
    """Attributes by id as `plain` has them; such readers give a ConnID as the number that it is."""
    columns = {column.id: column for column in table(event)}
    values = {}
    for number, value in found:
        column = columns[number]
        if column.kind is Kind.TEXT and TLIBRARY.dictionary[number].value is wire.ConnID:
            value = f"{value:016x}"  # noqa: PLW2901
        values[column.label] = value
    order = [column.label for column in table(event)]
    return dict(sorted(values.items(), key=lambda item: order.index(item[0])))
