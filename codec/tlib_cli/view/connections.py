"""Write the connections of captures as a table, JSON lines or CSV.

Strategy: a table's columns are as wide as their widest cell, also beyond the width of the terminal: an address is never cut.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO

import msgspec
from rich.cells import cell_len

from tlib_codec.formats.captures.connections import Connection
from tlib_codec.formats.csv_text import guarded
from tlib_schemas.errors import printable

from .calls import duration_text
from .checks import aligned
from .tables import console

_COLUMNS = ("#", "Client", "Server", "Packets", "Bytes", "Frames", "Begin (UTC)", "Length", "TLS")
_RIGHT = frozenset({"#", "Packets", "Bytes", "Frames", "Length"})
ConnectionWriter = Callable[[Sequence[Connection]], None]
"""Writes the connections of one capture."""


def connection_writer(name: str, file: BinaryIO, *, raw_csv: bool) -> ConnectionWriter:
    """Return the writer of the format called `name`: table, jsonl or csv. CSV guards texts unless it is `raw_csv` (`csv_text`)."""
    if name == "csv":
        return _csv(file, raw=raw_csv)
    return _table(file) if name == "table" else _json_lines(file)


def _table(file: BinaryIO) -> ConnectionWriter:
    screen = console(file)
    last = ""

    def write(connections: Sequence[Connection]) -> None:
        nonlocal last
        if not connections:
            return
        if last:
            screen.print(f"\n-- {printable(connections[0].file)}", style="bold", soft_wrap=True)
        last = connections[0].file
        rows = [_COLUMNS, *map(_cells, connections)]
        widths = [max(map(cell_len, cells)) for cells in zip(*rows, strict=True)]
        for number, row in enumerate(rows):
            cells = zip(_COLUMNS, row, widths, strict=True)
            line = "  ".join(aligned(cell, width, right=name in _RIGHT) for name, cell, width in cells).rstrip()
            screen.print(line, style="" if number else "dim", soft_wrap=True)

    return write


def _cells(connection: Connection) -> tuple[str, ...]:
    data = connection.to_data()
    return (
        str(connection.number),
        printable(connection.client),
        printable(connection.server),
        str(connection.packets),
        str(connection.bytes),
        str(connection.frames),
        data["start"].replace("T", " ").partition(".")[0],
        duration_text(dt.timedelta(seconds=connection.duration)),
        "TLS" if connection.tls else "",
    )


def _json_lines(file: BinaryIO) -> ConnectionWriter:
    def write(connections: Iterable[Connection]) -> None:
        file.writelines(msgspec.json.encode(connection.to_data()) + b"\n" for connection in connections)

    return write


def _csv(file: BinaryIO, *, raw: bool) -> ConnectionWriter:
    def lines(rows: Iterable[Iterable[object]]) -> bytes:
        text = io.StringIO()
        cells = ([guarded(cell) if isinstance(cell, str) and not raw else cell for cell in row] for row in rows)
        csv.writer(text, lineterminator="\n").writerows(cells)
        return text.getvalue().encode(errors="backslashreplace")

    file.write(lines([Connection.FIELDS]))

    def write(connections: Iterable[Connection]) -> None:
        file.write(lines(connection.to_data().values() for connection in connections))

    return write
