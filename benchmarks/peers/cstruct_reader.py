"""dissect.cstruct: the frame's structures in C's notation.

Strategy: C has no union that a type byte picks, so the values are structures of a second step, taken
where an attribute's type says so. Texts are decoded, as elsewhere.
"""

from __future__ import annotations

from typing import Any

from dissect.cstruct import cstruct

from benchmarks.peers import Peer
from benchmarks.peers.wire_values import wire_values
from tlib_codec import Event, encode

_TYPES = cstruct(endian=">").load("""
struct attribute { uint16 id; uint8 type; uint24 length; char value[length]; };
struct frame { char magic[2]; uint8 version; uint8 flags; uint16 message; uint32 length; attribute attributes[EOF]; };
struct pair { uint8 type; uint16 key_length; uint16 value_length; char key[key_length]; char value[value_length]; };
struct pairs { uint16 count; pair pairs[count]; };
struct nested { uint16 length; uint16 count; pair pairs[count]; };
""")


def _text(data: bytes) -> str:
    return data.decode()


def _list(data: bytes) -> list[Any]:
    return [[pair.key.decode(), _PAIR[pair.type](pair.value)] for pair in _TYPES.pairs(data).pairs]


def _nested(data: bytes) -> list[Any]:
    return [[pair.key.decode(), _PAIR[pair.type](pair.value)] for pair in _TYPES.nested(data).pairs]


_PAIR = {0: _text, 1: _TYPES.int32, 2: bytes, 3: _nested, 4: _text}
_ATTRIBUTE = {0: _text, 1: _TYPES.uint32, 2: bytes, 3: _list, 6: _TYPES.uint64}


def decode(data: bytes) -> list[tuple[int, Any]]:
    """Attributes as (id, value)."""
    return [(a.id, _ATTRIBUTE[a.type](a.value)) for a in _TYPES.frame(data).attributes]


def peers(event: Event) -> list[Peer]:
    return [Peer("dissect.cstruct", encode(event), decode, lambda found: wire_values(event, found))]
