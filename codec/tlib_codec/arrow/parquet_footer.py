"""The row groups in the footer of a Parquet file.

Strategy: all that is read of Thrift's compact protocol is how to pass over a value. A column chunk is kept as its bytes,
cut where they say a place in the file; so to tell of the same pages elsewhere is to write those numbers anew.

Source: parquet.thrift of Apache Parquet; the specification of the Thrift compact protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

Pieces: TypeAlias = list[bytes | int]
"""A column chunk: what stays as it is, and places in the file."""

_ROWS, _GROUPS = 3, 4  # fields of a footer
_COLUMNS, _SIZE = 1, 2  # of a row group
_FLAGS, _BYTE, _NUMBERS, _DOUBLE, _BINARY, _LISTS, _STRUCT = {1, 2}, 3, {4, 5, 6}, 7, 8, {9, 10}, 12
_PLACES: Final[dict[int, Any]] = {2: None, 3: {9: None, 10: None, 11: None, 14: None}}
"""Fields of a column chunk that are places: one of its own, and those of its metadata (of pages, dictionary and filter)."""


def columns_of(footer: bytes) -> tuple[list[Pieces], int]:
    """Return the columns of the only row group in a footer, and their size before compression."""
    fields = _fields(footer, _list(footer, _fields(footer, 0)[_GROUPS][0])[1])
    count, at = _list(footer, fields[_COLUMNS][0])
    made: list[Pieces] = []
    for _ in range(count):
        made.append([])
        at = _cut(footer, at, _PLACES, made[-1])
    return made, _signed(footer, fields[_SIZE][0])


def row_group(columns: Sequence[tuple[Pieces, int]], *, rows: int, size: int, place: int, length: int) -> bytes:
    """Return a row group of these columns, each with the distance its pages move; its `length` bytes of pages begin at `place`."""
    made = [b"\x19", _list_head(len(columns))]
    for pieces, by in columns:
        made += (piece if isinstance(piece, bytes) else _number(piece + by if piece > 0 else piece) for piece in pieces)  # 0: there is none
    made += b"\x16", _number(size), b"\x16", _number(rows), b"\x26", _number(place), b"\x16", _number(length), b"\0"
    return b"".join(made)


def completed(footer: bytes, groups: Sequence[bytes], rows: int) -> bytes:
    """Return a footer with other row groups."""
    fields = _fields(footer, 0)
    (start, end), (first, behind) = fields[_ROWS], fields[_GROUPS]
    return b"".join((footer[:start], _number(rows), footer[end:first], _list_head(len(groups)), *groups, footer[behind:]))


def _fields(data: bytes, at: int) -> dict[int, tuple[int, int]]:
    """Return the places where the value of each field of a structure begins and ends."""
    fields: dict[int, tuple[int, int]] = {}
    number = 0
    while data[at]:
        number, kind, start = _field(data, at, number)
        at = _behind(data, start, kind)
        fields[number] = start, at
    return fields


def _cut(data: bytes, at: int, places: dict[int, Any], out: Pieces) -> int:
    """Cut the structure at `at` where its places stand; return the place behind it."""
    begin = at
    number = 0
    while data[at]:
        number, kind, start = _field(data, at, number)
        at = _behind(data, start, kind) if places.get(number) is None else start
        if number in places:
            out.append(data[begin:start])
            begin = at
            if places[number] is None:
                out.append(_signed(data, start))
            else:
                begin = at = _cut(data, start, places[number], out)
    out.append(data[begin : at + 1])
    return at + 1


def _number(value: int) -> bytes:
    """Return a number that has a sign."""
    return _varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _signed(data: bytes, at: int) -> int:
    value, _ = _unsigned(data, at)
    return value >> 1 ^ -(value & 1)


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _field(data: bytes, at: int, before: int) -> tuple[int, int, int]:
    """Return the number and type of a field, and the offset of its value."""
    head = data[at]
    if head >> 4:
        return before + (head >> 4), head & 15, at + 1
    number, at = _unsigned(data, at + 1)
    return number >> 1, head & 15, at


def _list(data: bytes, at: int) -> tuple[int, int]:
    """Return the length of a list, and the place of its first element."""
    return (data[at] >> 4, at + 1) if data[at] >> 4 < 15 else _unsigned(data, at + 1)


def _list_head(count: int) -> bytes:
    """Return the head of a list of structures."""
    return bytes((count << 4 | _STRUCT,)) if count < 15 else bytes((15 << 4 | _STRUCT,)) + _varint(count)


def _behind(data: bytes, at: int, kind: int, *, element: bool = False) -> int:
    """Return the place behind a value. A flag has no bytes of its own, except in a list."""
    if kind in _FLAGS:
        return at + element
    if kind in _NUMBERS:
        while data[at] > 0x7F:
            at += 1
        return at + 1
    if kind == _BINARY:
        size, at = _unsigned(data, at)
        return at + size
    if kind in _LISTS:
        inner = data[at] & 15
        count, at = _list(data, at)
        for _ in range(count):
            at = _behind(data, at, inner, element=True)
        return at
    if kind == _STRUCT:
        while data[at]:
            _, inner, at = _field(data, at, 0)
            at = _behind(data, at, inner)
        return at + 1
    return at + (1 if kind == _BYTE else 8)
