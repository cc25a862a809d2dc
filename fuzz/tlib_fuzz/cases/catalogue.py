"""The catalogue: every entry by its label, defects first, then edge cases."""

from __future__ import annotations

from typing import Final

from .defects import DEFECTS, UNREACHABLE
from .edge_cases import EDGE_CASES
from .entries import Entry
from .walker import Walker

__all__ = ["CATALOGUE", "DEFECTS", "EDGE_CASES", "UNREACHABLE", "Entry", "entries_for"]

CATALOGUE: Final[dict[str, Entry]] = {
    entry.label: entry for sections in (DEFECTS, EDGE_CASES) for entries in sections.values() for entry in entries
}


def entries_for(walker: Walker) -> dict[str, Entry]:
    """Return the entries by label for which the walker's registry has a site."""
    return {label: entry for label, entry in CATALOGUE.items() if entry.site.fits(walker)}
