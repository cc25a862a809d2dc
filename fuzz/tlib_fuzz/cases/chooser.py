"""Who makes the walker's choices: chance, a fuzzer's bytes, or (in `strategies`) Hypothesis.

Strategy: four questions are all that the walker ever asks, so anything that can answer them drives
it. The first of a range or a sequence, False, and zeros are the plainest answers: a chooser that has
nothing left to say, or that shrinks, gives those.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Chooser(Protocol):
    """Answers the walker's questions."""

    def integer(self, low: int, high: int) -> int:
        """A number from `low` to `high`, both included."""

    def pick(self, options: Sequence[T]) -> T:
        """One of `options`, which are not empty."""

    def chance(self, probability: float) -> bool:
        """True with about that probability."""

    def bytes(self, size: int) -> bytes:
        """`size` bytes."""


class RandomChooser:
    """Choices by `random.Random`: for volume. The same seed gives the same choices."""

    def __init__(self, seed: int | random.Random = 0) -> None:
        rng = seed if isinstance(seed, random.Random) else random.Random(seed)  # noqa: S311
        self._random = rng.random
        self.bytes = rng.randbytes

    def integer(self, low: int, high: int) -> int:
        """A number from `low` to `high`: `high - low` below 2**53."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        """One of `options`, each as likely."""
        return options[int(self._random() * len(options))]

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return self._random() < probability


class BytesChooser:
    """Choices read from bytes, as a coverage-guided fuzzer gives them: what it changes changes a choice.

    Each choice takes as few bytes as it needs; where none are left, the plainest answer is given.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def bytes(self, size: int) -> bytes:
        """The next bytes, zeros where none are left."""
        taken = self._data[self._position : self._position + size]
        self._position += size
        return taken + bytes(size - len(taken))

    def integer(self, low: int, high: int) -> int:
        """A number from `low` to `high`."""
        span = high - low
        return low + int.from_bytes(self.bytes((span.bit_length() + 7) // 8), "little") % (span + 1)

    def pick(self, options: Sequence[T]) -> T:
        """One of `options`."""
        return options[self.integer(0, len(options) - 1)]

    def chance(self, probability: float) -> bool:
        """True where the next byte is high, and not 0."""
        return 0 < self.bytes(1)[0] >= 256 * (1 - probability)
