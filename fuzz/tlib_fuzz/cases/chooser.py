"""Choosers make the walker's choices: by chance, from a fuzzer's bytes, or (in `strategies`) by Hypothesis.

Strategy: the walker has four kinds of choice, so anything that makes those can drive it. The simplest choices are the first of a range
or a sequence, False, and zeros. A chooser that has no input left, or that shrinks, makes those.
"""

from __future__ import annotations

import builtins
import random
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Chooser(Protocol):
    """Makes the walker's choices."""

    def integer(self, low: int, high: int) -> int:
        """Choose a number from `low` to `high`, both included."""

    def pick(self, options: Sequence[T]) -> T:
        """Choose one of `options`, which are not empty."""

    def chance(self, probability: float) -> bool:
        """Return True with about this probability."""

    def bytes(self, size: int) -> bytes:
        """Choose `size` bytes."""


class RandomChooser:
    """Choices by `random.Random`: for volume. The same seed gives the same choices."""

    def __init__(self, seed: int | random.Random = 0) -> None:
        rng = seed if isinstance(seed, random.Random) else random.Random(seed)  # noqa: S311
        self._random = rng.random
        self.bytes: Callable[[int], builtins.bytes] = rng.randbytes

    def integer(self, low: int, high: int) -> int:
        """Choose a number from `low` to `high`; `high - low` is below 2**53."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        """Choose one of `options`, each with the same probability."""
        return options[int(self._random() * len(options))]

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self._random() < probability


class BytesChooser:
    """Choices read from the bytes of a coverage-guided fuzzer: a changed byte is a changed choice.

    Each choice takes as few bytes as it needs. Where none are left, it is the simplest.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def bytes(self, size: int) -> bytes:
        """Return the next bytes, zeros where none are left."""
        taken = self._data[self._position : self._position + size]
        self._position += size
        return taken + bytes(size - len(taken))

    def integer(self, low: int, high: int) -> int:
        """Choose a number from `low` to `high`."""
        span = high - low
        return low + int.from_bytes(self.bytes((span.bit_length() + 7) // 8), "little") % (span + 1)

    def pick(self, options: Sequence[T]) -> T:
        """Choose one of `options`."""
        return options[self.integer(0, len(options) - 1)]

    def chance(self, probability: float) -> bool:
        """Return True where the next byte is high, and not 0."""
        return 0 < self.bytes(1)[0] >= 256 * (1 - probability)
