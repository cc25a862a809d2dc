"""The texts of the flows of frames, and which flows have the wanted address, as the C core reads them (core/fields.h).

Strategy: a reader's table of flows only grows, and its runs of frames share it. So each flow is looked at once: a column of bytes for
each text that a field asks for, with the place where each flow's begins.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from tlib_codec.records import Flow

from .address import Address
from .sources import FLOW_TEXTS, packed

_LARGEST = (1 << 63) - 1


class FlowText:
    """One text of every flow: ``text[bounds[i]:bounds[i + 1]]``; `kinds` is 0 where there is none, 1 for a text, 2 for a number."""

    def __init__(self) -> None:
        self.text: bytearray = bytearray()
        self.bounds: array[int] = array("I", [0])
        self.kinds: bytearray = bytearray()
        self.numbers: array[int] = array("q")

    def add(self, value: Any) -> None:
        """Take the text or number of the next flow."""
        known = value not in (None, "")
        number = isinstance(value, int)
        self.text += str(value).encode("utf-8", "surrogateescape") if known else b""
        self.bounds.append(len(self.text))
        self.kinds.append(2 if number else int(known))
        self.numbers.append(value if number else 0)


class FlowTexts:
    """The texts of flows that fields ask for, by their places in `FLOW_TEXTS`, and the test of an address."""

    def __init__(self, which: Iterable[int], address: Address | None = None) -> None:
        self._which = sorted(which)
        self.address = address
        self._begin(())

    def _begin(self, table: Sequence[Flow]) -> None:
        self._table = table
        self._taken = 0
        self.texts: dict[int, FlowText] = {which: FlowText() for which in self._which}
        self.addresses: bytearray = bytearray()

    @property
    def count(self) -> int:
        """Return the number of flows taken."""
        return self._taken

    def take(self, table: Sequence[Flow]) -> bool:
        """Take the flows of a table; return whether their texts and numbers can be kept so."""
        if table is not self._table or len(table) < self._taken:
            self._begin(table)
        for at in range(self._taken, len(table)):
            if not self._take(table[at]):
                self._begin(())
                return False
            self._taken += 1
        return True

    def _take(self, flow: Flow) -> bool:
        values = [getattr(flow, FLOW_TEXTS[which]) for which in self._which]
        if not all(_fits(value) for value in values):
            return False
        for which, value in zip(self._which, values, strict=True):
            self.texts[which].add(value)
        if self.address is not None:
            ends = bool(flow.src or flow.dst)
            self.addresses.append(2 if self.address.matches(flow.src, flow.dst) else int(ends))
        return True


def _fits(value: Any) -> bool:
    """Return whether a text can be bytes that decode to it, and a number has 64 bits."""
    if isinstance(value, int):
        return type(value) is int and -_LARGEST <= value <= _LARGEST
    if value is None:
        return True
    return packed(value) is not None
