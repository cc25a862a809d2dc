"""A printed key-value list: pairs line by line become a KVList.

Strategy: how deep a pair is indented says which list it belongs to. A copy that lost its
indentation says nothing, but the print begins with the packed list's first bytes, and those hold
the number of its own pairs: what exceeds that number belongs to the nested lists, in order.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.values import KVList

Pairs = list[tuple[str, Any]]  # a nested list is another Pairs until the whole is done


class ListHead(msgspec.Struct, frozen=True):
    """The head of a list on the attribute's own line: the number of pairs, if printed, and the rest of the line.

    `may_be_empty` is False where pairs must follow, so that none means that a filter dropped them.
    """

    count: int | None = None
    may_be_empty: bool = True
    rest: str = ""


class _Level(msgspec.Struct):
    pairs: Pairs
    base: int  # the indentation of the line that opened it
    indent: int | None = None  # that of its pairs, once one has begun a line


class ListBuilder:
    """Takes the pairs of one attribute's list.

    `indent` is the attribute line's own: pairs that stand no deeper have lost their indentation.
    """

    def __init__(self, indent: int, head: ListHead) -> None:
        self.head: ListHead = head
        self.size: int = 0
        self.flat: bool = False
        self._indent = indent
        self._levels = [_Level([], indent)]

    @property
    def full(self) -> bool:
        """Return whether the list has as many pairs as the limit allows."""
        return self.size >= DEFAULT_LIMITS.list_pairs

    @property
    def guessed(self) -> bool:
        """Return whether the reader had to guess the end of a nested list; one list's end follows from its count."""
        nested = sum(isinstance(value, list) for _, value in self._levels[0].pairs) if self.flat else 0
        return nested > (self.head.count is not None)

    @property
    def own(self) -> int:
        """Return the number of pairs of the outermost list."""
        return len(self._arranged())

    def line(self, indent: int) -> None:
        """Begin a line with a pair at `indent`."""
        levels = self._levels
        if indent <= self._indent:
            self.flat = True
            del levels[1:]
            return
        while len(levels) > 1:
            top = levels[-1]
            if top.indent is None:
                if indent > top.base:
                    top.indent = indent
                    return
            elif indent >= top.indent:
                return
            levels.pop()

    def add(self, key: str, value: Any) -> None:
        """Add a pair to the current list."""
        self.size += 1
        self._levels[-1].pairs.append((key, value))

    def open(self, key: str, indent: int) -> bool:
        """Open a pair whose value is a list: the rest of the line, and deeper lines, belong to it.

        False where lists are nested too deep; then nothing is opened.
        """
        if len(self._levels) >= DEFAULT_LIMITS.list_depth:
            return False
        inner: Pairs = []
        self.add(key, inner)
        # Lists opened on one line are one step of indentation apart, of a tab or more.
        base = max(indent, self._levels[-1].base + 1 if self._levels[-1].indent is None and len(self._levels) > 1 else indent)
        self._levels.append(_Level(inner, base))
        return True

    def _arranged(self) -> Pairs:
        root = self._levels[0].pairs
        if not self.flat:
            return root
        spare = len(root) - (self.head.count or 0)
        arranged: Pairs = []
        current: Pairs | None = None
        for key, value in root:
            if isinstance(value, list):
                current = list(value)
                arranged.append((key, current))
            elif current is not None and spare > 0:
                current.append((key, value))
                spare -= 1
            else:
                arranged.append((key, value))
        return arranged

    def finish(self) -> KVList:
        """Return the list."""
        return _freeze(self._arranged())


def _freeze(pairs: Pairs) -> KVList:
    return KVList((key, _freeze(value) if isinstance(value, list) else value) for key, value in pairs)
