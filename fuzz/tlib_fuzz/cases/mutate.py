"""Mutations: random damage to frames, fast and seeded.

Strategy: each mutation is a small function on a bytearray, in a table by its label. Half of them know the format (attributes,
lengths, the header) and so reach code behind the first checks; the others know nothing. `fix-length` corrects the
frame's own length, which would otherwise hide all other damage.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeAlias

from tlib_schemas import wire

Mutation: TypeAlias = Callable[[bytearray, random.Random, Sequence[bytes]], None]

_BYTES = (0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x7F, 0x80, 0xC0, 0xED, 0xF4, 0xFE, 0xFF)
_WORDS = (0, 1, 2, 4, 5, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF)
_HEADER = wire.HEADER.size
_ATTRIBUTE = wire.ATTRIBUTE.size


def _place(data: bytearray, rng: random.Random) -> int:
    return rng.randrange(len(data)) if data else 0


def spans(data: bytes | bytearray) -> list[tuple[int, int]]:
    """Return the bounds of a frame's attributes, header to end, as far as their lengths can be followed."""
    bounds = []
    position = _HEADER
    while position + _ATTRIBUTE <= len(data):
        after = position + _ATTRIBUTE + int.from_bytes(data[position + 3 : position + 6], "big")
        if after > len(data):
            break
        bounds.append((position, after))
        position = after
    return bounds


def _span(data: bytearray, rng: random.Random) -> tuple[int, int]:
    bounds = spans(data)
    return rng.choice(bounds) if bounds else (len(data), len(data))


# -- mutations that know nothing of the format ---------------------------------------------------------------


def _flip_bit(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    if data:
        data[_place(data, rng)] ^= 1 << rng.randrange(8)


def _set_byte(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    if data:
        data[_place(data, rng)] = rng.choice(_BYTES)


def _set_word(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    where = _place(data, rng)
    data[where : where + 2] = rng.choice(_WORDS).to_bytes(2, "big")


def _nudge_byte(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    if data:
        where = _place(data, rng)
        data[where] = (data[where] + rng.choice((-2, -1, 1, 2))) & 0xFF


def _insert(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    where = _place(data, rng)
    data[where:where] = rng.randbytes(rng.randint(1, 12))


def _delete(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    where = _place(data, rng)
    del data[where : where + rng.randint(1, 12)]


def _truncate(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    del data[_place(data, rng) :]


def _repeat(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    where = _place(data, rng)
    data[where:where] = data[where : where + rng.randint(1, 40)]


def _splice(data: bytearray, rng: random.Random, pool: Sequence[bytes]) -> None:
    other = rng.choice(pool)
    data[_place(data, rng) :] = other[rng.randint(0, len(other)) :]


# -- mutations that know the format --------------------------------------------------------------


def _frame_length(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    size = max(len(data) - _HEADER, 0)
    wrong = rng.choice((0, size + 1, max(size - 1, 0), 2 * size, 16 << 20, (16 << 20) + 1, 0xFFFF_FFFF, rng.getrandbits(32)))
    data[6:10] = wrong.to_bytes(4, "big")


def _fix_length(data: bytearray, _rng: random.Random, _pool: Sequence[bytes]) -> None:
    data[0:4] = b"TL\x01\x00"
    data[6:10] = max(len(data) - _HEADER, 0).to_bytes(4, "big")


def _message(data: bytearray, rng: random.Random, pool: Sequence[bytes]) -> None:
    data[4:6] = rng.choice(pool)[4:6]


def _attribute_length(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    start, end = _span(data, rng)
    size = max(end - start - _ATTRIBUTE, 0)
    data[start + 3 : start + 6] = rng.choice((0, size + 1, max(size - 1, 0), 3, 5, 0xFF_FFFF)).to_bytes(3, "big")


def _attribute_type(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    start, _ = _span(data, rng)
    data[start + 2 : start + 3] = bytes((rng.choice((0, 1, 2, 3, 4, 5, 6, 7, 0x7F, 0x80, 0xFF)),))


def _attribute_id(data: bytearray, rng: random.Random, pool: Sequence[bytes]) -> None:
    start, _ = _span(data, rng)
    other, _ = _span(bytearray(rng.choice(pool)), rng)
    data[start : start + 2] = rng.choice((data[other : other + 2], rng.randbytes(2)))


def _attribute_value(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    """Write another value of the same length, or of another length with a correct header."""
    start, end = _span(data, rng)
    size = rng.choice((max(end - start - _ATTRIBUTE, 0), rng.randrange(12)))
    data[start + 3 : end] = size.to_bytes(3, "big") + rng.randbytes(size)


def _drop_attribute(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    start, end = _span(data, rng)
    del data[start:end]


def _repeat_attribute(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    start, end = _span(data, rng)
    data += data[start:end]


def _borrow_attribute(data: bytearray, rng: random.Random, pool: Sequence[bytes]) -> None:
    other = bytearray(rng.choice(pool))
    start, end = _span(other, rng)
    where, _ = _span(data, rng)
    data[where:where] = other[start:end]


def _shuffle_attributes(data: bytearray, rng: random.Random, _pool: Sequence[bytes]) -> None:
    bounds = spans(data)
    if bounds:
        pieces = [data[start:end] for start, end in bounds]
        rng.shuffle(pieces)
        data[bounds[0][0] : bounds[-1][1]] = b"".join(pieces)


MUTATIONS: dict[str, Mutation] = {
    "flip-bit": _flip_bit,
    "set-byte": _set_byte,
    "set-word": _set_word,
    "nudge-byte": _nudge_byte,
    "insert": _insert,
    "delete": _delete,
    "truncate": _truncate,
    "repeat": _repeat,
    "splice": _splice,
    "frame-length": _frame_length,
    "fix-length": _fix_length,
    "message": _message,
    "attribute-length": _attribute_length,
    "attribute-type": _attribute_type,
    "attribute-id": _attribute_id,
    "attribute-value": _attribute_value,
    "drop-attribute": _drop_attribute,
    "repeat-attribute": _repeat_attribute,
    "borrow-attribute": _borrow_attribute,
    "shuffle-attributes": _shuffle_attributes,
}
_NAMES = tuple(MUTATIONS)


def mutate(data: bytes, rng: random.Random, pool: Sequence[bytes], *, most: int = 4) -> tuple[bytes, tuple[str, ...]]:
    """Return `data` with one to `most` mutations, few more often than many, and their labels in order.

    `pool` gives spliced and borrowed bytes; it is not empty. Two times out of three the length in the header is corrected.
    """
    damaged = bytearray(data)
    labels = rng.choices(_NAMES, k=min(rng.randint(1, most), rng.randint(1, most)))
    if rng.random() < 2 / 3:
        labels.append("fix-length")
    for label in labels:
        MUTATIONS[label](damaged, rng, pool)
    return bytes(damaged), tuple(labels)
