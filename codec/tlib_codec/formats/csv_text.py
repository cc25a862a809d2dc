"""Cells and lines of CSV, by the rules that all its writers share.

Strategy: a spreadsheet runs a cell that begins as a formula does, also a quoted one, so `guarded` puts an apostrophe before it. A number
with a sign, such as a dialled one (+1 555 0100), is no formula. A text that begins with apostrophes and then as a formula gets one more, so
`unguarded` gives back every text. The C core has the rule in formula.h.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

__all__ = ["csv_line", "guarded", "quoted", "quoter", "unguarded"]

_FORMULA: Final = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER: Final = re.compile(r"[+-][0-9 ().-]*\Z")


def quoter(*, raw: bool) -> Callable[[str], str]:
    """Return the function that makes a cell of a text: `quoted` if the output is `raw`, else one that guards it too."""
    return quoted if raw else _guarded_cell


def quoted(text: str) -> str:
    """Return a text in quotes."""
    return '"' + text.replace('"', '""') + '"'


def guarded(text: str) -> str:
    """Return a text with an apostrophe before it if a spreadsheet takes it for a formula."""
    return "'" + text if _FORMULA.match(text) and not _NUMBER.match(text) else text


def unguarded(text: str) -> str:
    """Return the text that `guarded` returned `text` for."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _guarded_cell(text: str) -> str:
    return quoted(guarded(text))


def csv_line(cells: Sequence[str]) -> bytes:
    """Return a line of CSV: texts and names are in quotes, numbers and times bare, null is empty and an empty text ``""``."""
    return (",".join(cells) + "\n").encode("utf-8", "replace")
