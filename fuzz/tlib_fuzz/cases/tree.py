"""A frame as a tree: the walker builds it, defects change it, the reducer prunes it.

Strategy: every count and length is None where it is correct, else the wrong number to write. So correct lengths stay correct when
a part is added or removed, and wrong ones stay wrong. `read` finds the tree in any bytes: it keeps as `tail` the bytes
that it cannot follow, and judges nothing. ``read(data).write() == data`` for any data at least as long as a header.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from tlib_schemas import kinds, wire
from tlib_schemas.enumerations import TKVType
from tlib_schemas.limits import DEEPEST_LIST

_PREAMBLE = wire.MAGIC + bytes((wire.VERSION, 0))
_HEADER = struct.Struct(">HI")  # message and length, after the preamble
_ATTRIBUTE = wire.ATTRIBUTE.pack
_COUNT = struct.Struct(">H")
_PAIR = struct.Struct(">BHH")
_LIST: int = int(kinds.WireType.List)
_LIST_PAIR: int = int(TKVType.List)


@dataclass(slots=True)
class Pair:
    """A pair of a list: `kind` is its type number, `value` its bytes or the tree of a nested list."""

    kind: int
    key: bytes
    value: bytes | List
    key_length: int | None = None
    value_length: int | None = None

    def write(self) -> bytes:
        """Return the pair's bytes."""
        value = self.value
        if not isinstance(value, bytes):
            inner = value.write()
            value = _COUNT.pack((len(inner) if value.length is None else value.length) & 0xFFFF) + inner
        key_length = len(self.key) if self.key_length is None else self.key_length
        value_length = len(value) if self.value_length is None else self.value_length
        return _PAIR.pack(self.kind, key_length & 0xFFFF, value_length & 0xFFFF) + self.key + value


@dataclass(slots=True)
class List:
    """A packed key-value list; `length` is the length before a nested one, `tail` the bytes after the last pair."""

    pairs: list[Pair] = field(default_factory=list)
    tail: bytes = b""
    count: int | None = None
    length: int | None = None

    def write(self) -> bytes:
        """Return the list's bytes, without the length before a nested one."""
        count = len(self.pairs) if self.count is None else self.count
        return _COUNT.pack(count & 0xFFFF) + b"".join([pair.write() for pair in self.pairs]) + self.tail


@dataclass(slots=True)
class Attribute:
    """An attribute: `kind` is its type number, `value` its bytes or the tree of a list."""

    id: int
    kind: int
    value: bytes | List
    length: int | None = None

    def write(self) -> bytes:
        """Return the attribute's bytes, header first."""
        value = self.value
        if not isinstance(value, bytes):
            value = value.write()
        length = len(value) if self.length is None else self.length
        return _ATTRIBUTE(self.id, self.kind << 24 | length & 0xFF_FFFF) + value


@dataclass(slots=True)
class Frame:
    """A frame: `preamble` is magic, version and flags, `tail` the rest of the body, `after` the bytes that follow the frame."""

    message: int
    attributes: list[Attribute] = field(default_factory=list)
    tail: bytes = b""
    after: bytes = b""
    length: int | None = None
    preamble: bytes = _PREAMBLE

    def write(self) -> bytes:
        """Return the frame's bytes."""
        body = b"".join([attribute.write() for attribute in self.attributes]) + self.tail
        length = len(body) if self.length is None else self.length
        return self.preamble + _HEADER.pack(self.message, length) + body + self.after

    def lists(self) -> Iterator[tuple[List, int]]:
        """Yield every list of the frame with its depth; the list of an attribute has depth 1."""
        for attribute in self.attributes:
            if not isinstance(attribute.value, bytes):
                yield from _below(attribute.value, 1)


def _below(node: List, depth: int) -> Iterator[tuple[List, int]]:
    yield node, depth
    for pair in node.pairs:
        if not isinstance(pair.value, bytes):
            yield from _below(pair.value, depth + 1)


def read(data: bytes) -> Frame | None:
    """Return the tree of `data`, as far as its lengths can be followed; None where it is shorter than a header."""
    if len(data) < wire.HEADER.size:
        return None
    message, announced = _HEADER.unpack_from(data, 4)
    end = min(wire.HEADER.size + announced, len(data))
    frame = Frame(message, after=data[end:], preamble=data[:4])
    position = wire.HEADER.size
    frame.length = None if announced == end - position else announced
    while end - position >= wire.ATTRIBUTE.size:
        number, word = wire.ATTRIBUTE.unpack_from(data, position)
        at = position + wire.ATTRIBUTE.size
        after = at + (word & 0xFF_FFFF)
        if after > end:
            break
        kind = word >> 24
        inner = read_list(data[at:after], 1) if kind == _LIST else None
        frame.attributes.append(Attribute(number, kind, data[at:after] if inner is None else inner))
        position = after
    frame.tail = data[position:end]
    return frame


def read_list(data: bytes, depth: int = 1) -> List | None:
    """Return the tree of a packed list; None where it has no pair count or is nested too deep."""
    if len(data) < 2 or depth > DEEPEST_LIST:
        return None
    node = List()
    position = 2
    (announced,) = _COUNT.unpack_from(data)
    while len(node.pairs) < announced and len(data) - position >= _PAIR.size:
        kind, key_length, value_length = _PAIR.unpack_from(data, position)
        at = position + _PAIR.size + key_length
        after = at + value_length
        if after > len(data):
            break
        value: bytes | List = data[at:after]
        inner = read_list(data[at + 2 : after], depth + 1) if kind == _LIST_PAIR and value_length >= 2 else None
        if inner is not None:
            (length,) = _COUNT.unpack_from(data, at)
            inner.length = None if length == value_length - 2 else length
            value = inner
        node.pairs.append(Pair(kind, data[position + _PAIR.size : at], value))
        position = after
    node.count = None if announced == len(node.pairs) else announced
    node.tail = data[position:]
    return node
