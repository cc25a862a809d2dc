"""The words of diagnostics that both readers of a log give: code, expectation and finding."""

from __future__ import annotations

from typing import TypeAlias

from tlib_schemas.errors import quote

SHOWN = 256
"""Characters that are kept of a stray line."""

Wrong: TypeAlias = tuple[str, str, str]


def stray(line: str) -> Wrong:
    """Describe a line of others inside a message."""
    return "log-line", "an attribute or a pair", quote(line[:SHOWN].strip())


def again(name: str) -> Wrong:
    """Describe an attribute that the message has already."""
    return "log-duplicate-attribute", f"{name} once", "it again"


def unreadable(name: str, expected: str, text: str) -> Wrong:
    """Describe a value that does not fit its attribute."""
    return "log-value", f"{name} as {expected}", quote(text.rstrip())
