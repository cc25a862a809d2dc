"""Write chosen columns for people: a row per event.

Strategy: the first rows decide the widths of the columns. A longer cell of a later row moves the rest of its row and is never cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final

from rich.cells import cell_len
from rich.text import Text

from tlib_codec.clock import ShownZone
from tlib_codec.formats.selected import SelectedWriter, text_of
from tlib_codec.query import FieldKind, Selection
from tlib_codec.query.selection import Column
from tlib_codec.records import Batch, Entry, Origin
from tlib_schemas.errors import printable
from tlib_schemas.registry import Registry

from .tables import console

_FIRST: Final = 200  # rows that decide the widths


class ColumnTable(SelectedWriter):
    """Writes a heading and a row per event."""

    def __init__(self, file: BinaryIO, registry: Registry, selection: Selection, zone: ShownZone | None = None) -> None:
        super().__init__(file, registry, selection)
        self.console = console(file)
        self._zone = zone or ShownZone()
        self._widths: list[int] | None = None
        self._held: list[list[str]] = []

    def write(self, batch: Batch) -> Iterator[Entry]:
        """Write a batch, its times in the shown zone; yield invalid records and diagnostics."""
        for entry in batch:
            if self._zone.settled:
                break
            self._zone.settle(entry.origin)
        yield from super().write(batch)

    def put_row(self, values: Sequence[Any]) -> None:
        """Write a row, once the widths are known."""
        columns = zip(self.selection.columns, values, strict=True)
        row = [self._text(column, value) for column, value in columns]
        if self._widths is not None:
            self._print(row, self._widths)
            return
        self._held.append(row)
        if len(self._held) >= _FIRST:
            self._begin()

    def _text(self, column: Column, value: Any) -> str:
        if value is None:
            return ""
        return self._zone.text(Origin(time=value)) if column.kind is FieldKind.TIME else printable(text_of(column, value))

    def flush(self) -> None:
        """Make everything written so far visible to a reader."""
        if self._held:
            self._begin()
        self.console.file.flush()

    def close(self) -> None:
        """Write the rows that wait."""
        if self._held:
            self._begin()

    def _begin(self) -> None:
        heading = [printable(column.name) for column in self.selection.columns]
        held, self._held = self._held, []
        self._widths = [max(map(cell_len, cells)) for cells in zip(heading, *held, strict=True)]
        self._print(heading, self._widths, "bold")
        for row in held:
            self._print(row, self._widths)

    def _print(self, row: Sequence[str], widths: Sequence[int], style: str = "") -> None:
        cells = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        self.console.print(Text("  ".join(cells).rstrip(), style), soft_wrap=True)
