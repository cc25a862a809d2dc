"""Values of every wire type, the leaves of a frame: plain, unusual and at the limits.

Strategy: bytes, not Python values, because every byte string of a type's size is a value of it and texts are any bytes. The
values of a user's own construct are bytes that it reads and writes back.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final, TypeAlias

from tlib_schemas import wire
from tlib_schemas.enumerations import TKVType
from tlib_schemas.errors import TLibError
from tlib_schemas.kinds import Kind, WireType
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.wire import Shape

from .chooser import Chooser
from .tree import List, Pair

Body: TypeAlias = bytes | List
Make: TypeAlias = Callable[[Chooser], Body]

# No text, plain ones, letters of 2 to 4 bytes, marks of JSON, logs and C, and bytes that are not UTF-8.
TEXTS: Final = (
    b"", b"7001", b"5551000", b"VAG_Skill1", b"a" * 40,
    b"Gr\xc3\xbc\xc3\x9fe", b"\xe6\x9d\xb1\xe4\xba\xac", b"\xf0\x9f\x93\x9e", b"\xc2\xad", b"\xef\xbb\xbf", b"\xe2\x80\xa8",
    b"\0", b"a\0b", b"'", b'"', b"\\", b"\n", b"\t", b"\x7f", b"null", b"{}", b"$", b"-1", b"%s%n",
    b"\xff\xfe", b"caf\xe9", b"\xc3", b"\xed\xa0\x80", b"\x80", b"\xf4\x90\x80\x80", b"\xc0\x80",
)  # fmt: skip
UNICODES: Final = tuple(text for text in TEXTS if text.decode("utf-8", "ignore").encode() == text)
KEYS: Final = (
    b"k", b"", b"RTR", b"RTargetAgentGroup", b"a key longer than any cache of keys", b"$binary", b"type", b"\xff", b"\xc3\xbc", b"\0",
)  # fmt: skip
INTS: Final = tuple(
    n.to_bytes(4, "big") for n in (0, 1, 2, 3, 5, 0x7F, 0xFF, 0x100, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF)
)
LONGS: Final = tuple(n.to_bytes(8, "big") for n in (0, 1, 0x6C02462A161006, 2**32, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1))
UNITS: Final = (b"a", b"\xff", b"\0", "\u00e9".encode(), "\U0001f4de".encode())
LONG_TEXTS: Final = (254, 255, 256, 4095, 65_534, 65_535, 65_536, 70_000)
MOST_VALUE: Final = 0xFFFF  # bytes of a pair's value
DEEPEST: Final = DEFAULT_LIMITS.list_depth
TYPES: Final = tuple(int(kind) for kind in WireType)
_STRING, _INT, _BINARY, _LIST, _UNICODE = (int(kind) for kind in TKVType if kind >= 0)


def text(chooser: Chooser) -> bytes:
    """Choose the bytes of a text: plain, unusual, not UTF-8, sometimes long."""
    if not chooser.chance(0.2):
        return chooser.pick(TEXTS)
    if chooser.chance(0.008):
        return repeated(chooser, chooser.pick(LONG_TEXTS))
    return chooser.bytes(chooser.integer(0, 12))


def repeated(chooser: Chooser, size: int) -> bytes:
    """Choose a text of exactly `size` bytes."""
    unit = chooser.pick(UNITS)
    return (unit * (size // len(unit))).ljust(size, b"a")


def shaped(shape: Shape) -> Make:
    """Return a maker of texts that usually have a shape."""
    alphabet = shape.alphabet.encode() or b"ABCDEFGHabcdefgh0123456789"
    letter_of = bytes(alphabet[byte % len(alphabet)] for byte in range(256))
    suffix = shape.suffix.encode()

    def make(chooser: Chooser) -> bytes:
        if chooser.chance(0.1):
            return text(chooser)
        length = chooser.integer(len(suffix), 12) if shape.length is None else shape.length
        return chooser.bytes(length - len(suffix)).translate(letter_of) + suffix

    return make


def integer(chooser: Chooser) -> bytes:
    """Choose the bytes of an Int."""
    return chooser.bytes(4) if chooser.chance(0.3) else chooser.pick(INTS)


def long(chooser: Chooser) -> bytes:
    """Choose the bytes of a Long."""
    return chooser.bytes(8) if chooser.chance(0.7) else chooser.pick(LONGS)


def kv_list(chooser: Chooser, depth: int = 1, deepest: int = 4) -> List:
    """Choose a key-value list of all pair types, with keys that sometimes repeat and lists nested down to `deepest`."""
    node = List([pair(chooser, depth, deepest) for _ in range(chooser.integer(0, 3))])
    if node.pairs and chooser.chance(0.1):
        node.pairs.append(Pair(_INT, node.pairs[0].key, integer(chooser)))
    return node


def pair(chooser: Chooser, depth: int = 1, deepest: int = 4) -> Pair:
    """Choose a pair of a list at `depth`."""
    key = chooser.pick(KEYS)
    kind = chooser.integer(0, 4)
    if kind == _STRING:
        value: Body = text(chooser)[:MOST_VALUE]
    elif kind == _INT:
        value = integer(chooser)
    elif kind == _LIST:
        value = List() if depth >= deepest else kv_list(chooser, depth + 1, deepest)
        if not isinstance(value, bytes) and len(value.write()) > MOST_VALUE - 2:
            value = List()
    elif kind == _UNICODE:
        value = chooser.pick(UNICODES)
    else:
        value = chooser.bytes(chooser.integer(0, 12))
    return Pair(kind, key, value)


def packed(value: wire.Enum) -> tuple[bytes, ...]:
    """Return the named values of an enumeration that can be written."""
    return tuple(value.pack(member) for member in value.enumeration if value.signed or member >= 0)


def maker(attribute: wire.Attribute) -> Make:
    """Return the maker of values of a declared attribute. Raises ValueError where no value is found."""
    value = attribute.value
    assert value is not None
    if not value.standard:
        return _bank(attribute)
    if isinstance(value, wire.Enum):
        members = packed(value)
        return lambda chooser: integer(chooser) if not members or chooser.chance(0.2) else chooser.pick(members)
    if value.kind is Kind.TEXT:
        return text if attribute.shape is None else shaped(attribute.shape)
    return OF_TYPE[int(value.wire_type)]


OF_TYPE: Final[dict[int, Make]] = {
    int(WireType.String): text,
    int(WireType.Binary): text,
    int(WireType.Int): integer,
    int(WireType.Long): long,
    int(WireType.List): kv_list,
}


def _bank(attribute: wire.Attribute) -> Make:
    """Return a maker of values of a user's own construct: bytes that it reads and writes back, searched once."""
    value = attribute.value
    assert value is not None
    rng = random.Random(attribute.id)  # noqa: S311
    bodies: dict[bytes, None] = {}
    for size in (value.size,) * 64 if value.size is not None else (4, 8, 0, 1, 2, 3, *range(5, 40)):
        for body in (bytes(size), rng.randbytes(size)):
            try:
                if value.pack(value.unpack(body)) == body:
                    bodies[body] = None
            except TLibError:
                continue
    if not bodies:
        raise ValueError(f"{attribute.name}: no bytes found that its construct reads and writes back")
    options = tuple(bodies)
    return lambda chooser: chooser.pick(options)
