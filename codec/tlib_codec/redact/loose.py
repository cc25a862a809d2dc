"""Text of a log that is no value: names, hosts and numbers between words and brackets.

Strategy: cut it where a log sets its parts apart, so that a number or name has the same pseudonym as where it is a value.
"""

from __future__ import annotations

import re
from typing import Final

from .items import Redactor

_APART: Final = re.compile(r"([\s()'\"]+)")


def loose(redactor: Redactor, text: str) -> str:
    """Return the text with a pseudonym for each of its parts; spaces, parentheses and quotes between them stay."""
    pieces = _APART.split(text)
    pieces[::2] = map(redactor.text, pieces[::2])
    return "".join(pieces)
