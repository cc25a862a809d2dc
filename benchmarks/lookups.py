"""Look-ups in the key-value list of a decoded event, each with its decoding, against msgspec's decode of the list as typed pairs.

Strategy: a decoded list is read where it stands, so decoding and the first look belong together: a list that is never read costs
nothing, and one that is read pays here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from benchmarks.paired import Work
from benchmarks.paths import MSGSPEC_DECODE
from benchmarks.peers.msgspec_struct import struct, struct_of
from tlib_codec import Event
from tlib_codec.native import engine as _native  # type: ignore[attr-defined]

MSGSPEC_KEY = 'msgspec: decode, loop for "Language"'
MSGSPEC_DICT = "msgspec: decode, dict of the pairs"
KEY = 'ours: decode, kv["Language"]'
NESTED = 'ours: decode, kv["ORSI"]["Node"]'
DICT = "ours: decode, dict(kv)"

_LOOKS: dict[str, Callable[[Any], object]] = {
    KEY: lambda kv: kv["Language"],
    NESTED: lambda kv: kv["ORSI"]["Node"],
    'ours: decode, "RTR" in kv': lambda kv: "RTR" in kv,
    'ours: decode, kv.get("absent")': lambda kv: kv.get("absent"),
    "ours: decode, kv.keys()": lambda kv: kv.keys(),
    "ours: decode, list(kv)": list,
    DICT: dict,
    "ours: decode, kv.to_dict()": lambda kv: kv.to_dict(),
}
_MSGSPEC_LOOKS: dict[str, Callable[[Any], object]] = {
    MSGSPEC_KEY: lambda pairs: next(value for key, value in pairs if key == "Language"),
    MSGSPEC_DICT: dict,
}


def _looking(decode: Callable[[Any], Any], look: Callable[[Any], object]) -> Callable[[Any], object]:
    return lambda data: look(decode(data).user_data)


def lookups(event: Event) -> dict[str, Work]:
    """Return the works for an event with user data; the baseline is MSGSPEC_DECODE."""
    theirs = msgspec.msgpack.encode(struct(event))
    decode = msgspec.msgpack.Decoder(struct_of(event)).decode
    works = {MSGSPEC_DECODE: Work(decode, theirs)}
    works |= {name: Work(_looking(decode, look), theirs) for name, look in _MSGSPEC_LOOKS.items()}
    ours = _native.encode(event)
    return works | {name: Work(_looking(_native.decode, look), ours) for name, look in _LOOKS.items()}
