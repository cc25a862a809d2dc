"""How much memory an event takes for each byte of its frame, on the worst frame that a search finds.

Strategy: hill climbing over recipes. A recipe is a few patterns of attributes or pairs, repeated to
fill a frame of `SIZE` bytes; a step changes one pattern, and stays where the frame costs no less
for it. Small things many times over are the worst that a format can hold, and a recipe says just
that, where a search over bytes would take forever. What is measured are the blocks that Python's allocators hand out
(tracemalloc), the most held at once, while the frame is decoded and, for `read`, everything in it is read.

    python -m tlib_fuzz.heap --steps 3000 --seed 1 --peers
"""

from __future__ import annotations

import argparse
import functools
import importlib
import random
import struct
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from tlib_codec import decode, reference
from tlib_codec.engine import engine
from tlib_codec.reference import Policy
from tlib_schemas import wire
from tlib_schemas.errors import DecodeError
from tlib_schemas.events import Event, InvalidEvent, UnknownEvent
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Attributes, KVList
from tlib_schemas.wire import WireType

SIZE = 30_000
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


class Pair(msgspec.Struct, frozen=True):
    """A pattern of pairs; `inner` is what a nested list holds."""

    kind: int
    key: bytes
    value: bytes
    inner: tuple[Pair, ...] = ()

    def pack(self) -> bytes:
        """The pair as it stands in a list."""
        value = self.value
        if self.kind == 1:
            value = (value + b"\x7f\0\0\0")[:4]
        elif self.kind == 3:
            inner = packed_list([pair.pack() for pair in self.inner])
            value = struct.pack(">H", len(inner)) + inner
        elif self.kind == 4:
            value = value.decode("utf-8", "ignore").encode()
        return struct.pack(">BHH", self.kind, len(self.key), len(value)) + self.key + value


class Recipe(msgspec.Struct, frozen=True):
    """A frame: patterns of attributes of ids that nobody declared, or (where there are `pairs`) one list of patterns of pairs."""

    message: int
    pairs: tuple[Pair, ...] = ()
    values: tuple[tuple[int, bytes], ...] = ()
    listed: bool = True
    valid: bool = True

    def frame(self, registry: Registry = TLIBRARY, size: int = SIZE) -> bytes:
        """The frame, of about `size` bytes; a known message's has its mandatory attributes, unless it is not `valid`."""
        schema = registry.schemas.get(self.message) if self.valid else None
        needed = () if schema is None else (a for f in schema.fields if f.mandatory for _, a in f.attributes)
        parts = {a.id: _attribute(a.id, a.value.wire_type, _least(a.value)) for a in needed if a.value is not None}
        if self.pairs:
            packed = packed_list(_repeated(self.pairs, size))
            lists = [a.id for a in registry.dictionary.values() if a.value is not None and a.value.wire_type == WireType.List]
            number = lists[0] if self.listed and lists else 0x9000
            parts[number] = _attribute(number, WireType.List, packed)
        else:
            ids = iter(range(0x9000, 0x10000))
            filled = 0
            while filled < size:
                for kind, value in self.values:
                    number = next(ids)
                    parts[number] = _attribute(number, kind, value)
                    filled += len(parts[number])
        body = b"".join(parts[number] for number in sorted(parts))
        return wire.HEADER.pack(wire.MAGIC, wire.VERSION, 0, self.message, len(body)) + body


def packed_list(pairs: Sequence[bytes]) -> bytes:
    """A packed list of packed pairs."""
    return struct.pack(">H", len(pairs)) + b"".join(pairs)


def _repeated(patterns: Sequence[Pair], size: int) -> list[bytes]:
    times = max(1, size // max(1, sum(len(pattern.pack()) for pattern in patterns)))
    return [_varied(pattern, number).pack() for number in range(times) for pattern in patterns][:65_535]


def _varied(pair: Pair, number: int) -> Pair:
    """The pattern's texts with other characters of the same sort each time: what is alike could be shared."""
    return msgspec.structs.replace(
        pair,
        key=_other(pair.key, number),
        value=_other(pair.value, number),
        inner=tuple(_varied(inner, number) for inner in pair.inner),
    )


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


def _attribute(number: int, kind: int, value: bytes) -> bytes:
    return wire.ATTRIBUTE.pack(number, kind << 24 | len(value)) + value


def _least(value: wire.Value) -> bytes:
    return bytes(value.size or (2 if value.wire_type == WireType.List else 0))


def _some_pair(rng: random.Random, depth: int = 1) -> Pair:
    kind = rng.randrange(5) if depth < _DEEPEST else 0
    inner = tuple(_some_pair(rng, depth + 1) for _ in range(rng.randrange(3))) if kind == 3 else ()
    return Pair(kind, rng.choice(_TEXTS), rng.choice(_TEXTS), inner)


def _some_value(rng: random.Random) -> tuple[int, bytes]:
    kind = rng.choice(_KINDS)
    fixed = {int(WireType.Int): bytes(4), int(WireType.Long): bytes(8), int(WireType.List): bytes(2)}
    return kind, fixed.get(kind, rng.choice(_TEXTS))


def some_recipe(rng: random.Random, registry: Registry = TLIBRARY) -> Recipe:
    """A recipe at random."""
    message = rng.choice([*registry.schemas, 60])
    valid = rng.random() < 0.7
    if rng.random() < 0.7:
        return Recipe(message, pairs=tuple(_some_pair(rng) for _ in range(rng.randint(1, 3))), listed=rng.random() < 0.8, valid=valid)
    return Recipe(message, values=tuple(_some_value(rng) for _ in range(rng.randint(1, 3))), valid=valid)


def step(recipe: Recipe, rng: random.Random) -> Recipe:
    """`recipe` with one pattern changed, more or less of them."""
    patterns: list[Any] = list(recipe.pairs or recipe.values)
    fresh: Any = _some_pair(rng) if recipe.pairs else _some_value(rng)
    where = rng.randrange(len(patterns))
    if rng.random() < 0.3 and len(patterns) > 1:
        del patterns[where]
    elif rng.random() < 0.3 and len(patterns) < 4:
        patterns.append(fresh)
    else:
        patterns[where] = fresh
    name = "pairs" if recipe.pairs else "values"
    return msgspec.structs.replace(recipe, **{name: tuple(patterns)})


def peak(call: Callable[[], Any]) -> int:
    """The most bytes held at once during `call`, its result included."""
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
    """What the frame decodes to leniently, or the error."""
    try:
        return using(frame, policy=Policy.LENIENT)
    except DecodeError as error:
        return error


def read(frame: bytes, using: Callable[..., Any] = decode) -> Any:
    """The same with every list unpacked, however deep."""
    item = decoded(frame, using)
    read_all(item)
    return item


def read_all(value: object) -> None:
    """Touch every value, so that nothing stays unread in a lazy list."""
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


Measure = Callable[[bytes], Any]


def search(steps: int, seed: int, measure: Measure, registry: Registry = TLIBRARY) -> tuple[float, bytes, Recipe]:
    """The worst found in so many steps: bytes of memory for each byte of the frame, the frame, its recipe."""
    rng = random.Random(seed)  # noqa: S311
    overall: tuple[float, bytes, Recipe] | None = None
    best: tuple[float, bytes, Recipe] | None = None
    stuck = 0
    for _ in range(steps):
        if best is None or stuck > 60:
            best, stuck = _cost(some_recipe(rng, registry), measure, registry), 0
        found = _cost(step(best[2], rng), measure, registry)
        stuck = 0 if found[0] > best[0] else stuck + 1
        if found[0] >= best[0]:
            best = found
        if overall is None or best[0] > overall[0]:
            overall = best
    assert overall is not None
    return overall


def _cost(recipe: Recipe, measure: Measure, registry: Registry) -> tuple[float, bytes, Recipe]:
    frame = recipe.frame(registry)
    return peak(lambda: measure(frame)) / len(frame), frame, recipe


MEASURES: dict[str, Measure] = {
    "decoded": decoded,
    "decoded and read": read,
    "reference engine": lambda frame: read(frame, reference.decode),
}


# -- peers: the worst small thing of each, many times over ----------------------------------------

_MANY = 100_000
_MSGPACK = tuple(b"\xdd" + struct.pack(">I", _MANY) + one * _MANY for one in (b"\x90", b"\x80", b"\xa1a", b"\x81\x00\x00"))
_PEERS: dict[tuple[str, str], tuple[bytes, ...]] = {
    ("cbor2", "loads"): tuple(b"\x9a" + struct.pack(">I", _MANY) + one * _MANY for one in (b"\x80", b"\xa0", b"\x61a", b"\xa1\x00\x00")),
    ("msgpack", "unpackb"): _MSGPACK,
    ("msgspec.msgpack", "decode"): _MSGPACK,
    ("msgspec.json", "decode"): tuple(b"[" + b",".join([one] * _MANY) + b"]" for one in (b"[]", b"{}", b'"a"', b'{"":0}')),
}


def peers() -> Iterable[tuple[str, float]]:
    """Decoders of general formats by the same measure, those that are installed."""
    for (module, name), inputs in _PEERS.items():
        try:
            loads = getattr(importlib.import_module(module), name)
        except ImportError:
            continue
        yield module, max(peak(functools.partial(loads, data)) / len(data) for data in inputs)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tlib_fuzz.heap", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=1000, metavar="N", help="frames tried for each measure (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="same seed, same search (default: 1)")
    parser.add_argument("--peers", action="store_true", help="measure other libraries too, where they are installed")
    options = parser.parse_args(arguments)
    for name, measure in MEASURES.items():
        worst, frame, recipe = search(options.steps, options.seed, measure)
        sys.stdout.write(f"{worst:6.1f} bytes a byte, {name} ({engine()}): {len(frame):,} bytes of {recipe}\n")
    if options.peers:
        sys.stdout.writelines(f"{worst:6.1f} bytes a byte, {name}\n" for name, worst in peers())
    return 0


if __name__ == "__main__":
    sys.exit(main())
