"""The pipe protocol: a frame goes in behind its length, a line of text comes back.

Strategy: what a parser's author has to write must fit on a page in any language, so the way in is
one loop and the way back is one ``print`` and a flush. Replies come in the order of the frames,
which is all that keeps them together. docs/fuzzing.md describes it.

    in:   length u32 big-endian, then so many bytes: one frame, right or wrong
    out:  accept | accept JSON | reject | reject CODE | skip
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

_LENGTH: Final = struct.Struct(">I")
START: Final = 15.0  # seconds a target gets for its first reply
WARM_UP: Final = bytes.fromhex("544c0100ffff00000000")  # well-formed, of a message that no table has
LONGEST_REPLY: Final = 64 << 20  # bytes of one line; the JSON of the largest frame fits


class TargetError(Exception):
    """Nothing can be done with the target: one line, with what to do."""


class Verdict(enum.StrEnum):
    """What became of a frame: what the target said, or what happened to it instead."""

    ACCEPT = "accept"
    REJECT = "reject"
    SKIP = "skip"
    CRASH = "crash"
    HANG = "hang"
    MEMORY = "memory"
    GARBLED = "garbled"


class Outcome(msgspec.Struct, frozen=True):
    """A verdict, with the JSON of an accepted event, the error code of a refused one, where given.

    `trace` is what the target wrote to its standard error before it ended, and `sign` the few words
    of it, or of the way it ended, by which one crash is told from another.
    """

    verdict: Verdict
    json: bytes = b""
    code: str = ""
    sign: str = ""
    trace: str = ""


class Settings(msgspec.Struct, frozen=True):
    """`timeout` in seconds a frame; `memory` in MiB above what the target takes at rest, 0 for any."""

    timeout: float = 2.0
    memory: int = 256


class Target(Protocol):
    """Answers frames."""

    def run(self, frames: Sequence[bytes]) -> list[Outcome]:
        """An outcome for each of `frames`, in order; fewer where it did not come back from the last. Raises TargetError."""

    def close(self) -> None:
        """End it; what is run after that is run by a new one."""


_PLAIN: Final = {word.value.encode(): Outcome(word) for word in (Verdict.ACCEPT, Verdict.REJECT, Verdict.SKIP)}


def pack(frame: bytes) -> bytes:
    """What is written to the target for `frame`."""
    return _LENGTH.pack(len(frame)) + frame


def outcome(line: bytes) -> Outcome:
    """What one line of reply, without its end, says; GARBLED where it is of no known form."""
    line = line.removesuffix(b"\r")
    plain = _PLAIN.get(line)
    if plain is not None:
        return plain
    word, _, rest = line.partition(b" ")
    if word == b"accept":
        return Outcome(Verdict.ACCEPT, json=rest.strip())
    if word == b"reject":
        return Outcome(Verdict.REJECT, code=rest.strip().decode("utf-8", "replace"))
    return Outcome(Verdict.GARBLED, sign=line[:80].decode("utf-8", "replace"))
