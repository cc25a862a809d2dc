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

from tlib_cli.reports import printable
from tlib_codec.formats.captures.connections import Connection

from .calls import duration_text
from .tables import console

_COLUMNS = ("#", "Client", "Server", "Packets", "Bytes", "Frames", "Begin (UTC)", "Length", "TLS")
_RIGHT = frozenset({"#", "Packets", "Bytes", "Frames", "Length"})
ConnectionWriter = Callable[[Sequence[Connection]], None]
"""Writes the connections of one capture."""


def connection_writer(name: str, file: BinaryIO) -> ConnectionWriter:
    """Return the writer of the format called `name`: table, jsonl or csv."""
    return {"table": _table, "jsonl": _json_lines, "csv": _csv}[name](file)


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
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        for number, row in enumerate(rows):
            aligned = (
                cell.rjust(width) if name in _RIGHT else cell.ljust(width) for name, cell, width in zip(_COLUMNS, row, widths, strict=True)
            )
            screen.print("  ".join(aligned).rstrip(), style="" if number else "dim", soft_wrap=True)

    return write


def _cells(connection: Connection) -> tuple[str, ...]:
    data = connection.to_data()
    return (
        str(connection.number),
        connection.client,
        connection.server,
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


def _csv(file: BinaryIO) -> ConnectionWriter:
    def lines(rows: Iterable[Iterable[object]]) -> bytes:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue().encode(errors="backslashreplace")

    file.write(lines([Connection.FIELDS]))

    def write(connections: Iterable[Connection]) -> None:
        file.write(lines(connection.to_data().values() for connection in connections))

    return write
