"""An entry of the catalogue: a label, a site, and the function that changes a frame there.

Strategy: the function carries its own line of data, by the decorator `Section.entry`, so an entry is read in one place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from .sites import Place, Site


@dataclass(frozen=True, slots=True)
class Change:
    """A change that was made: its path, the reason in words, and the byte at which the frame is cut off, if it is."""

    path: str
    reason: str
    cut: int | None = None


Edit: TypeAlias = Callable[[Place], Change]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the catalogue; `edit` makes its change.

    `codes` are the errors any of which is correct, the one of our engines first. Without codes the frame is to be
    accepted, with `warnings`. `share` is how often it comes; most entries have 1.
    """

    label: str
    site: Site
    description: str
    edit: Edit
    codes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    share: float = 1.0


class Section(list[Entry]):
    """The entries of one section of the catalogue, in the order of their definition."""

    def entry(
        self, label: str, site: Site, description: str, *codes: str, warnings: tuple[str, ...] = (), share: float = 1.0
    ) -> Callable[[Edit], Edit]:
        """Add the decorated function as an entry."""

        def add(edit: Edit) -> Edit:
            self.append(Entry(label=label, site=site, description=description, edit=edit, codes=codes, warnings=warnings, share=share))
            return edit

        return add
