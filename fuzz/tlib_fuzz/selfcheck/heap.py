"""Memory that an event takes for each byte of its frame, on the worst frame that a search finds.

Strategy: hill climbing over recipes. A recipe is a few patterns of attributes or pairs, repeated to fill a frame of `SIZE` bytes; a
step changes one pattern, and stays where the frame costs no less. Many small values are the worst that a format can
hold, and a recipe expresses just that, where a search over bytes would never end. The measure is the peak of the blocks that
Python's allocators hand out (tracemalloc) while the frame is decoded and, for `read`, every value is read.
"""

from __future__ import annotations

import functools
import importlib
import random
import struct
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from tlib_codec import decode, reference
from tlib_codec.engine import engine
from tlib_codec.reference import Policy
from tlib_fuzz.cases.tree import Attribute, Frame, List, Pair
from tlib_schemas.enumerations import TKVType
from tlib_schemas.errors import DecodeError
from tlib_schemas.events import Event, InvalidEvent, UnknownEvent
from tlib_schemas.kinds import WireType
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Attributes, KVList
from tlib_schemas.wire import Value

SIZE: Final = 30_000
_TEXTS = (
    b"",
    b"k",
    b"ab",
    b"\xff",
    b"\xff\xff",
    "é".encode(),
    "\u0800".encode(),
    "\U0001f4de".encode(),
    b"a\xff",
    "aé".encode(),
    b"abcdefg",
)
_KINDS = (*map(int, WireType), 4, 9)
_DEEPEST = 6
_FIRST = 0x9000  # the first id of attributes that are not declared


@dataclass(frozen=True)
class Recipe:
    """A frame: patterns of undeclared attributes or, where there are `pairs`, one list of patterns of pairs."""

    message: int
    pairs: tuple[Pair, ...] = ()
    values: tuple[tuple[int, bytes], ...] = ()
    listed: bool = True
    valid: bool = True

    def frame(self, registry: Registry = TLIBRARY, size: int = SIZE) -> bytes:
        """Return the frame, of about `size` bytes; with `valid`, a known message has its mandatory attributes."""
        schema = next(iter(registry.schemas.get(self.message, ())), None) if self.valid else None
        needed = () if schema is None else (a for f in schema.fields if f.mandatory for _, a in f.attributes)
        attributes = {a.id: Attribute(a.id, a.value.wire_type, _least(a.value)) for a in needed if a.value is not None}
        if self.pairs:
            lists = [a.id for a in registry.dictionary.values() if a.value is not None and a.value.wire_type == WireType.List]
            number = lists[0] if self.listed and lists else _FIRST
            attributes[number] = Attribute(number, int(WireType.List), List(_repeated(self.pairs, size)))
        else:
            times = -(-size // sum(6 + len(value) for _, value in self.values))
            for number, (kind, value) in enumerate(self.values * times, _FIRST):
                attributes[number] = Attribute(number, kind, value)
        return Frame(self.message, [attributes[number] for number in sorted(attributes)]).write()


def _repeated(patterns: Sequence[Pair], size: int) -> list[Pair]:
    times = max(1, size // sum(len(_varied(pattern, 0).write()) for pattern in patterns))
    return [_varied(pattern, number) for number in range(times) for pattern in patterns][:65_535]


def _varied(pattern: Pair, number: int) -> Pair:
    """Return a pair of the pattern with other characters for each `number`, because equal texts could be shared."""
    key = _other(pattern.key, number)
    if isinstance(pattern.value, List):
        return Pair(pattern.kind, key, List([_varied(inner, number) for inner in pattern.value.pairs]))
    value = _other(pattern.value, number)
    if pattern.kind == TKVType.Int:
        value = (value + b"\x7f\0\0\0")[:4]
    elif pattern.kind == TKVType.Unicode:
        value = value.decode("utf-8", "ignore").encode()
    return Pair(pattern.kind, key, value)


def _other(text: bytes, number: int) -> bytes:
    made = bytearray(text)
    for place, byte in enumerate(text):
        if byte < 0x80:
            number, digit = divmod(number, 0x5E)
            made[place] = 0x21 + digit
        elif byte == 0xFF:  # F8 to FF begin no character
            number, digit = divmod(number, 8)
            made[place] = 0xF8 + digit
    return bytes(made)


def _least(value: Value) -> bytes:
    return bytes(value.size or (2 if value.wire_type == WireType.List else 0))


def _random_pair(rng: random.Random, depth: int = 1) -> Pair:
    kind = rng.randrange(5) if depth < _DEEPEST else 0
    key = rng.choice(_TEXTS)
    if kind == TKVType.List:
        return Pair(kind, key, List([_random_pair(rng, depth + 1) for _ in range(rng.randrange(3))]))
    return Pair(kind, key, rng.choice(_TEXTS))


def _random_value(rng: random.Random) -> tuple[int, bytes]:
    kind = rng.choice(_KINDS)
    fixed = {int(WireType.Int): bytes(4), int(WireType.Long): bytes(8), int(WireType.List): bytes(2)}
    return kind, fixed.get(kind, rng.choice(_TEXTS))


def random_recipe(rng: random.Random, registry: Registry = TLIBRARY) -> Recipe:
    """Return a recipe at random."""
    message = rng.choice([*registry.schemas, 60])
    valid = rng.random() < 0.7
    if rng.random() < 0.7:
        return Recipe(message, pairs=tuple(_random_pair(rng) for _ in range(rng.randint(1, 3))), listed=rng.random() < 0.8, valid=valid)
    return Recipe(message, values=tuple(_random_value(rng) for _ in range(rng.randint(1, 3))), valid=valid)


def step(recipe: Recipe, rng: random.Random) -> Recipe:
    """Return `recipe` with one pattern changed, added or removed."""
    patterns: list[Any] = list(recipe.pairs or recipe.values)
    fresh: Any = _random_pair(rng) if recipe.pairs else _random_value(rng)
    where = rng.randrange(len(patterns))
    if rng.random() < 0.3 and len(patterns) > 1:
        del patterns[where]
    elif rng.random() < 0.3 and len(patterns) < 4:
        patterns.append(fresh)
    else:
        patterns[where] = fresh
    return replace(recipe, pairs=tuple(patterns)) if recipe.pairs else replace(recipe, values=tuple(patterns))


def peak(call: Callable[[], Any]) -> int:
    """Return the peak of bytes held during a call, its result included."""
    call()  # tables and caches that are made once are no cost of this input
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = call()
        most = tracemalloc.get_traced_memory()[1] - before
        del kept
        return most
    finally:
        tracemalloc.stop()


def decoded(frame: bytes, using: Callable[..., Any] = decode) -> Any:
    """Return the lenient result of decoding a frame, or the error."""
    try:
        return using(frame, policy=Policy.LENIENT)
    except DecodeError as error:
        return error


def read(frame: bytes, using: Callable[..., Any] = decode) -> Any:
    """Return the same with every list unpacked, however deep."""
    item = decoded(frame, using)
    read_all(item)
    return item


def read_all(value: object) -> None:
    """Touch every value, so that no lazy list stays unread."""
    match value:
        case KVList():
            for _, one in value:
                read_all(one)
        case Event():
            for name in value.__struct_fields__:
                read_all(getattr(value, name))
        case UnknownEvent() | InvalidEvent():
            read_all(value.attributes)
        case Attributes():
            for one in value.values():
                read_all(one)


Measure: TypeAlias = Callable[[bytes], Any]
Cost: TypeAlias = tuple[float, bytes, Recipe]


def search(steps: int, seed: int, measure: Measure, registry: Registry = TLIBRARY) -> Cost:
    """Return the worst frame of a search: bytes of memory for each byte of the frame, the frame, its recipe."""
    rng = random.Random(seed)  # noqa: S311
    best = worst = _cost(random_recipe(rng, registry), measure, registry)
    stuck = 0
    for _ in range(steps):
        if stuck > 60:
            best, stuck = _cost(random_recipe(rng, registry), measure, registry), 0
        tried = _cost(step(best[2], rng), measure, registry)
        stuck = 0 if tried[0] > best[0] else stuck + 1
        if tried[0] >= best[0]:
            best = tried
        if best[0] > worst[0]:
            worst = best
    return worst


def _cost(recipe: Recipe, measure: Measure, registry: Registry) -> Cost:
    frame = recipe.frame(registry)
    return peak(lambda: measure(frame)) / len(frame), frame, recipe


MEASURES: Final[dict[str, Measure]] = {
    "decoded": decoded,
    "decoded and read": read,
    "reference engine": lambda frame: read(frame, reference.decode),
}

# Decoders of general formats, each with its worst small value many times over.
_MANY = 100_000
_MSGPACK = tuple(b"\xdd" + struct.pack(">I", _MANY) + one * _MANY for one in (b"\x90", b"\x80", b"\xa1a", b"\x81\x00\x00"))
_PEERS: Final[dict[tuple[str, str], tuple[bytes, ...]]] = {
    ("cbor2", "loads"): tuple(b"\x9a" + struct.pack(">I", _MANY) + one * _MANY for one in (b"\x80", b"\xa0", b"\x61a", b"\xa1\x00\x00")),
    ("msgpack", "unpackb"): _MSGPACK,
    ("msgspec.msgpack", "decode"): _MSGPACK,
    ("msgspec.json", "decode"): tuple(b"[" + b",".join([one] * _MANY) + b"]" for one in (b"[]", b"{}", b'"a"', b'{"":0}')),
}


def _peers() -> Iterator[tuple[str, float]]:
    for (module, name), inputs in _PEERS.items():
        try:
            loads = getattr(importlib.import_module(module), name)
        except ImportError:
            continue
        yield module, max(peak(functools.partial(loads, data)) / len(data) for data in inputs)


def report(steps: int, seed: int, *, peers: bool) -> Iterator[str]:
    """Yield a line for each measure and, with `peers`, for each installed decoder of another format."""
    for name, measure in MEASURES.items():
        worst, frame, recipe = search(steps, seed, measure)
        yield f"{worst:6.1f} bytes a byte, {name} ({engine()}): {len(frame):,} bytes of {recipe}"
    if peers:
        yield from (f"{worst:6.1f} bytes a byte, {name}" for name, worst in _peers())
