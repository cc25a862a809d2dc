"""Keep the data of an output from steering the terminal that shows it.

Strategy: text for people passes `printable` where it is made, and once more in the console (`view.tables.console`). Formats for programs
(JSON lines, logs, CSV, hex) are bytes that the data decides: a pipe and a file get them as they are, and a terminal gets them through
`TerminalFile`. Tabs and line breaks stay.
"""

from __future__ import annotations

import codecs
import io
import sys
from typing import BinaryIO, cast

from tlib_schemas.errors import printable

__all__ = ["TerminalFile", "printable_lines", "standard_output"]


def standard_output() -> BinaryIO:
    """Return the standard output for bytes: a `TerminalFile` where it is a terminal."""
    return cast("BinaryIO", TerminalFile(sys.stdout.buffer)) if sys.stdout.isatty() else sys.stdout.buffer


def printable_lines(text: str) -> str:
    """Return `text` with its line breaks and tabs, and its other unprintable characters escaped as `printable` does."""
    if text.isprintable():
        return text
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))


class TerminalFile(io.BufferedIOBase):
    """Writes UTF-8 to a terminal by `printable_lines`; a byte that is not UTF-8 becomes a lone surrogate, so it is escaped too."""

    def __init__(self, terminal: BinaryIO) -> None:
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def writable(self) -> bool:
        """Return True."""
        return True

    def isatty(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor of the terminal."""
        return self._terminal.fileno()

    def write(self, data: object, /) -> int:
        """Write bytes; those of a character that is not complete wait for the rest."""
        text = self._decoder.decode(memoryview(data))  # type: ignore[arg-type]
        self._terminal.write(printable_lines(text).encode())
        return memoryview(data).nbytes  # type: ignore[arg-type]

    def flush(self) -> None:
        """Make everything written so far visible."""
        self._terminal.flush()
