"""Well-formed frames at random, derived from a registry: seeds for mutation, without hypothesis.

Strategy: bytes only. An attribute's value follows from its wire type and length, so no engine and
no value type takes part, and a frame costs microseconds. `strategies` is the thorough sibling that
shrinks; this one is for running millions.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable

from tlib_schemas import wire
from tlib_schemas.events import EventSchema
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.wire import Attribute, WireType

_TEXTS = (b"", b"7001", b"a" * 40, "Gr\u00fc\u00dfe".encode(), b"\xff\xfe", b"caf\xe9", b"\xed\xa0\x80", b"\x00", "\U0001f4de".encode())
_NUMBERS = (0, 1, 2, 3, 5, 0x7F, 0xFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)


def frame(rng: random.Random, registry: Registry = TLIBRARY) -> bytes:
    """One well-formed frame: mostly an event with its mandatory attributes, at times any message."""
    schema = rng.choice(list(registry.schemas.values())) if registry.schemas and rng.random() < 0.9 else None
    message = rng.randrange(0x1_0000) if schema is None else schema.message
    ids = {} if schema is None else dict.fromkeys(_chosen(rng, schema))
    if registry.dictionary and rng.random() < 0.2:
        ids |= dict.fromkeys(rng.choices(list(registry.dictionary), k=3))
    if rng.random() < 0.1:
        ids[rng.randrange(0x1_0000)] = None
    order = list(ids)
    if rng.random() < 0.7:
        order.sort()
    else:
        rng.shuffle(order)
    return pack(message, (attribute(rng, i, registry.dictionary.get(i)) for i in order))


def _chosen(rng: random.Random, schema: EventSchema) -> Iterable[int]:
    chance = rng.random()
    for field in schema.fields:
        for number in field.ids:
            needed = field.mandatory and (number in field.needed or not field.needed)
            if needed or rng.random() < chance:
                yield number


def attribute(rng: random.Random, number: int, declared: Attribute | None) -> bytes:
    """Header and value of one attribute, of its declared type or, where none is, of any."""
    value = None if declared is None else declared.value
    kind = rng.choice((*(int(t) for t in WireType), rng.randrange(256))) if value is None else int(value.wire_type)
    body: bytes
    if kind == WireType.List:
        body = packed_list(rng)
    elif kind == WireType.Int:
        members = list(value.enumeration) if isinstance(value, wire.Enum) and rng.random() < 0.8 else []
        body = (int(rng.choice(members or _NUMBERS)) & 0xFFFF_FFFF).to_bytes(4, "big")
    elif kind == WireType.Long:
        body = rng.randbytes(8)
    elif declared is not None and declared.shape is not None and declared.shape.alphabet and rng.random() < 0.7:
        body = "".join(rng.choices(declared.shape.alphabet, k=declared.shape.length or 8)).encode()
    else:
        body = rng.choice(_TEXTS)
    return struct.pack(">HI", number, (kind & 0xFF) << 24 | len(body)) + body


def packed_list(rng: random.Random, depth: int = 3) -> bytes:
    """A packed key-value list of all pair types, nested up to `depth` levels."""
    pairs = []
    for _ in range(rng.randrange(4)):
        kind = rng.randrange(5)
        value = rng.choice(_TEXTS)
        if kind == 1:
            value = rng.choice(_NUMBERS).to_bytes(4, "big")
        elif kind == 3:
            inner = packed_list(rng, depth - 1) if depth > 1 else b"\0\0"
            value = struct.pack(">H", len(inner)) + inner
        elif kind == 4:
            value = value.decode("utf-8", "ignore").encode()
        key = rng.choice((b"", b"k", b"RTR", b"a longer key of the list, beyond any cache", b"\xff"))
        pairs.append(struct.pack(">BHH", kind, len(key), len(value)) + key + value)
    return struct.pack(">H", len(pairs)) + b"".join(pairs)


def pack(message: int, attributes: Iterable[bytes]) -> bytes:
    """The frame around packed attributes."""
    body = b"".join(attributes)
    return wire.HEADER.pack(wire.MAGIC, wire.VERSION, 0, message, len(body)) + body
