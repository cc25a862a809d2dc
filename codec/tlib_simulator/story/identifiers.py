"""The identifiers that a T-Server gives its calls: CallUUID, ConnID, CallID.

Strategy: a T-Server draws its prefixes once, when it starts, and counts from there, so an identifier costs an
addition. The layout is inferred from public samples and good for test data only: a CallUUID is a UUID in base32hex
and a sequence number of six digits; a ConnID is the generator's number (16 bits), seconds since 1995 at its start
(36 bits) and a sequence number (12 bits, which overflows into the seconds here).
"""

from __future__ import annotations

import base64
import random
import uuid

from tlib_schemas.attributes import UUID_SHAPE

_EPOCH = 788_947_200  # 1995-01-01T08:00Z
_DIGITS = UUID_SHAPE.alphabet
_PAIRS = [high + low for high in _DIGITS for low in _DIGITS]
_FIRST_CALL_ID = 16_777_217


class Identifiers:
    """The generator of one T-Server: `generator` is its number, 0 to 65,535, `started` its start in seconds since 1970."""

    def __init__(self, rng: random.Random, *, generator: int, started: float) -> None:
        unique = uuid.UUID(int=rng.getrandbits(128), version=4).bytes
        self._uuid = base64.b32hexencode(unique).decode().rstrip("=")
        self._conn_id = (generator % 0x1_0000) << 48 | max(int(started) - _EPOCH, 0) << 12
        self._block, self._head = -1, ""  # the 1,024 numbers that share a head, and the head
        self._calls = 0

    def call_id(self) -> int:
        """Return a new CallID alone."""
        self._calls += 1
        return _FIRST_CALL_ID + self._calls

    def draw(self) -> tuple[str, str, int]:
        """Return CallUUID, ConnID and CallID of a new call."""
        self._calls = number = self._calls + 1
        if number >> 10 != self._block:
            self._block = number >> 10
            self._head = self._uuid + _PAIRS[self._block >> 10 & 0x3FF] + _PAIRS[self._block & 0x3FF]
        return self._head + _PAIRS[number & 0x3FF], f"{self._conn_id + number:016x}", _FIRST_CALL_ID + number
