"""The catalogue: every entry by its label, defects first, then what is odd and right all the same."""

from __future__ import annotations

from typing import Final

from .defects import DEFECTS, OUT_OF_REACH
from .edge_cases import ODDITIES
from .sites import Entry

__all__ = ["CATALOGUE", "DEFECTS", "ODDITIES", "OUT_OF_REACH", "Entry"]

CATALOGUE: Final[dict[str, Entry]] = {
    entry.label: entry for groups in (DEFECTS, ODDITIES) for entries in groups.values() for entry in entries
}
