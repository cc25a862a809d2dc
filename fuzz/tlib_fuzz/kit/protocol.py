"""The protocol of a harness: a length and a frame go in, a line of text comes back.

Strategy: a harness must fit on a page in any language, so it reads in one loop and answers with one ``print`` and a flush.
Replies come in the order of the frames; only the order relates them. docs/fuzzing.md describes it.

    in:   length u32 big-endian, then a frame of that length
    out:  accept | accept JSON | reject | reject CODE | skip
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

_LENGTH: Final = struct.Struct(">I")
START: Final = 15.0  # seconds that a target gets for its first reply
WARM_UP: Final = bytes.fromhex("544c0100ffff00000000")  # well-formed, of a message without a table
LONGEST_REPLY: Final = 64 << 20  # bytes of one line; the JSON of the largest frame fits


class TargetError(Exception):
    """The target cannot be used: one line that names the problem and the remedy."""


class Verdict(enum.StrEnum):
    """The verdict on a frame: the target's reply, or the event that prevented one."""

    ACCEPT = "accept"
    REJECT = "reject"
    SKIP = "skip"
    CRASH = "crash"
    HANG = "hang"
    MEMORY = "memory"
    GARBLED = "garbled"


class Outcome(msgspec.Struct, frozen=True):
    """A verdict, with the JSON of an accepted event or the error code of a refused one, where the target gives them.

    `trace` is the end of the target's standard error, and `signature` the few words that identify a crash.
    """

    verdict: Verdict
    json: bytes = b""
    code: str = ""
    signature: str = ""
    trace: str = ""


class Settings(msgspec.Struct, frozen=True):
    """Limits: `timeout` in seconds for a frame; `memory` in MiB above the target's memory at rest, 0 for none."""

    timeout: float = 2.0
    memory: int = 256


class Target(Protocol):
    """Answers frames."""

    def run(self, frames: Sequence[bytes]) -> list[Outcome]:
        """Return an outcome for each frame, in order; fewer where the target did not restart after the last. Raises TargetError."""

    def close(self) -> None:
        """End it; a later `run` starts a new one."""


_PLAIN: Final = {word.value.encode(): Outcome(word) for word in (Verdict.ACCEPT, Verdict.REJECT, Verdict.SKIP)}


def pack(frame: bytes) -> bytes:
    """Return the bytes that carry `frame` to the target."""
    return _LENGTH.pack(len(frame)) + frame


def outcome(line: bytes) -> Outcome:
    """Return the outcome of a reply line without its end; GARBLED where it is not one of the protocol."""
    line = line.removesuffix(b"\r")
    plain = _PLAIN.get(line)
    if plain is not None:
        return plain
    word, _, rest = line.partition(b" ")
    if word == b"accept":
        return Outcome(Verdict.ACCEPT, json=rest.strip())
    if word == b"reject":
        return Outcome(Verdict.REJECT, code=rest.strip().decode("utf-8", "replace"))
    return Outcome(Verdict.GARBLED, signature=line[:80].decode("utf-8", "replace"))
