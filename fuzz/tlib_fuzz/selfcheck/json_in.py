"""Hold the reader of JSON lines in C to the one in Python: ``python -m tlib_fuzz.selfcheck json-in --count N``.

Strategy: a line is an item with a random origin, written as JSON in a random way (order of members, spaces, escapes, forms of numbers), at
times with members exchanged, repeated or made up, at times damaged. Both readers take the lines as one file, in pieces cut anywhere. Each
record, origin and diagnostic must be equal, in order.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tlib_codec import reference
from tlib_codec.clock import timed
from tlib_codec.formats.jsonl.reader import entries, runs
from tlib_codec.formats.jsonl.writer import line_of
from tlib_codec.formats.source import Source
from tlib_codec.records import Batch, Diagnostic, Entry, Origin, Part, Record
from tlib_codec.reference import Policy
from tlib_codec.stats import Units
from tlib_codec.stream import Gap, MalformedFrame
from tlib_fuzz.cases.mutate import MUTATIONS
from tlib_fuzz.dictionary import TOKENS
from tlib_schemas.errors import DecodeError
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .differential import parts as seen
from .inputs import Inputs
from .loop import FailureError, Tally

_BYTES: Final = ("flip-bit", "set-byte", "nudge-byte", "insert", "delete", "truncate", "repeat", "splice")
_TEXTS: Final = (
    "", "a", "7001", "a\tb", 'say "x"', "back\\slash", "naïve", "日本", "\U0001f600", "\x7f", "x" * 40, "C:\\logs\\a.log", "$x", "/",
)  # fmt: skip
_NUMBERS: Final = (0, 1, 255, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64 - 1, 2**64, -1, -(2**31), -(2**31) - 1)
_ODD: Final[tuple[Any, ...]] = (
    None, True, False, 1.5, 1e300, [], {}, [[]], [["a", 1]], [["a", 1, 2]], {"$binary": "AA=="}, {"$binary": "AB=="}, {"$string": "/w=="},
    {"$unicode": "é"}, {"$unicode": 5}, {"type": 7, "value": "AA=="}, {"type": 3, "value": "AAA="}, {"$x": 1}, {"": {"": {}}},
)  # fmt: skip
_TIMES: Final = (
    "2026-03-14T21:39:12Z", "2026-03-14T21:39:12.000001Z", "2026-03-14T21:39:12.123456789Z", "2026-03-14T21:39:12", "23:59:59.000001",
    "2026-03-14T21:39:12.123456", "2026-03-14T21:39:12.123456789", "2026-03-14T21:39:12.123456000", "2026-02-29T00:00:00.000000",
    "2024-02-29T23:59:60Z", "1969-12-31T23:59:59.999999Z", "2106-02-07T06:28:16Z", "2026-03-14T21:39:12+02:00", "0001-01-01T00:00:00Z",
    "2300-01-01T00:00:00.000000Z", "2026-03-14 21:39:12Z", "24:00:00.000000", "12:00:00.123456789", "12:00:00", "soon",
)  # fmt: skip


class Members(list[tuple[str, Any]]):
    """The members of an object, in which a name may come twice."""


class Lines:
    """A source of lines: the same seed gives the same."""

    def __init__(self, seed: int, registry: Registry = TLIBRARY) -> None:
        self._rng = random.Random(seed)  # noqa: S311 test data
        self._inputs = Inputs(self._rng.getrandbits(64), registry=registry)
        self._inputs.make("frame")
        self._registry = registry

    def line(self) -> bytes:
        """Return a line without its line feed."""
        rng = self._rng
        if rng.random() < 0.02:
            return rng.choice((b"", b" ", b"\t\r", b"\x0b", b"[]", b"5", b"null", b"{}"))
        text = line_of(self._record(), self._registry)[:-1]
        if rng.random() < 0.4:
            return text
        members = json.loads(text, object_pairs_hook=Members)
        for _ in range(rng.choice((0, 0, 0, 1, 2))):
            self._edit(members)
        written = self._text(members, rng.random() < 0.3, rng.random() < 0.2)
        if rng.random() < 0.1:
            return self._damaged(written)
        return written

    def _record(self) -> Record:
        rng = self._rng
        item = self._item() if rng.random() < 0.98 else rng.choice(list(_others(self._inputs)))
        return Record(
            item, None, self._origin(), {name: rng.choice(_TEXTS) for name in rng.sample(_TEXTS[1:], rng.choice((0, 0, 0, 1, 2)))}
        )

    def _item(self) -> Any:
        """Return an item: of a whole frame, or of a damaged one with and without the places of its violations."""
        chosen = self._rng.random()
        if chosen < 0.7:
            return reference.decode(self._rng.choice(self._inputs.pool), registry=self._registry, policy=Policy.LENIENT)
        item = self._inputs.item()
        if chosen < 0.9:
            message, values = self._registry.lay_out(item)
            return self._registry.assemble(message, values)
        return item

    def _origin(self) -> Origin:
        rng = self._rng
        (kind,) = rng.choices(("log", "capture", "frames", "none", "any"), (6, 6, 3, 3, 1))
        time = rng.choice((None, rng.randrange(2**60), rng.randrange(2**60) // 1000 * 1000))
        file = rng.choice(("a.log", "a.log", "C:\\b.log"))
        if kind == "log":
            return Origin(
                file=file, line=rng.randrange(1, 9999), offset=rng.randrange(2**33), time=time, local_time=rng.choice((None, time)),
                direction=rng.choice(("received", "sent")), peer=rng.choice(_TEXTS), version="8.1.101", text=rng.choice(("", "", *_TEXTS)),
            )  # fmt: skip
        if kind == "capture":
            return Origin(
                file=file, packet=rng.randrange(1, 9999), offset=rng.randrange(2**33), time=time, src=f"10.0.0.{rng.randrange(9)}:3000",
                dst="10.0.0.1:40", connection=rng.randrange(5), direction="to-server",
            )  # fmt: skip
        if kind == "frames":
            return Origin(file=file, offset=rng.randrange(2**33))
        if kind == "none":
            return Origin()
        return Origin(
            file=rng.choice(_TEXTS), line=rng.choice((None, *_NUMBERS)), packet=rng.choice((None, *_NUMBERS)),
            time_of_day=rng.choice((None, 5000)), connection=rng.choice((None, "x", *_NUMBERS)),
        )  # fmt: skip

    def _edit(self, members: Members) -> None:
        """Exchange, repeat, drop or add a member, here or in an object inside."""
        rng = self._rng
        inner = [value for _, value in members if isinstance(value, Members)]
        if inner and rng.random() < 0.5:
            self._edit(rng.choice(inner))
            return
        deed = rng.random()
        if not members or deed < 0.25:
            members.insert(rng.randrange(len(members) + 1), (self._name(), self._value()))
            return
        at = rng.randrange(len(members))
        if deed < 0.35:
            del members[at]
        elif deed < 0.45:
            members.append(members[at])
        elif deed < 0.55:
            members[at] = (self._name(), members[at][1])
        else:
            members[at] = (members[at][0], self._value())

    def _name(self) -> str:
        rng = self._rng
        names = [
            "Event", "$time", "$source", "$unnumbered", "$violations", "$gap", "$malformed", "$other", "file", "line", "packet", "offset",
            "time", "text", "src", "connection", "#200", "#0200", "#70000", "#9", "#-1", "#", *self._registry.composites, *_TEXTS,
        ]  # fmt: skip
        if rng.random() < 0.5:
            attribute = rng.choice(list(self._registry.dictionary.values()))
            return rng.choice((attribute.name, *attribute.aliases, f"#{attribute.id}"))
        return rng.choice(names)

    def _value(self) -> Any:
        rng = self._rng
        return rng.choice(rng.choice((_TEXTS, _NUMBERS, _ODD, _TIMES, tuple(self._registry.messages))))

    def _text(self, value: Any, spaced: bool, escaped: bool) -> bytes:
        """Return a value as JSON text, in one of the ways in which it can be written."""
        rng = self._rng

        def space() -> str:
            return rng.choice(("", "", " ", "\t", "  ", "\r")) if spaced else ""

        def string(text: str) -> str:
            if escaped and rng.random() < 0.3:
                return '"' + "".join(_escaped(one) if rng.random() < 0.3 else json.dumps(one)[1:-1] for one in text) + '"'
            return json.dumps(text, ensure_ascii=rng.random() < 0.2)

        def written(value: Any) -> str:
            if isinstance(value, Members | dict):
                pairs = list(value.items()) if isinstance(value, dict) else list(value)
                if rng.random() < 0.2:
                    rng.shuffle(pairs)
                inside = ",".join(f"{space()}{string(name)}{space()}:{space()}{written(one)}{space()}" for name, one in pairs)
                return "{" + inside + space() + "}"
            if isinstance(value, list):
                return "[" + ",".join(f"{space()}{written(one)}{space()}" for one in value) + "]"
            if isinstance(value, str):
                return string(value)
            if isinstance(value, int) and not isinstance(value, bool) and rng.random() < 0.03:
                return rng.choice((f'"{value}"', f"{value}.0", f"{value}e0", f"0{value}", "-0", f"+{value}"))
            return json.dumps(value)

        return (space() + written(value) + space()).encode("utf-8", "surrogatepass")

    def _damaged(self, text: bytes) -> bytes:
        rng = self._rng
        damaged = bytearray(text)
        for _ in range(rng.choice((1, 1, 2))):
            if rng.random() < 0.6:
                MUTATIONS[rng.choice(_BYTES)](damaged, rng, [text])
            else:
                where = rng.randrange(len(damaged) + 1)
                damaged[where : where + rng.choice((0, 1, 4))] = rng.choice(TOKENS["json"])
        return bytes(damaged)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02X}" for at in range(0, len(units), 2))


def _others(inputs: Inputs) -> Iterator[Any]:
    """Yield a few items that are no events."""
    yield Gap(5, b"abc")
    try:
        inputs.registry.frame().unpack(b"TL\x01\x00\x00\x4d\x00\x00\x00\x07\x00\x03\x01\x00\x00\x01\x00")
    except DecodeError as error:
        yield MalformedFrame(1, b"x", error)


class _Pieces(io.BytesIO):
    """A file that gives its bytes in the pieces that `cuts` make."""

    def __init__(self, data: bytes, cuts: Sequence[int]) -> None:
        super().__init__()
        self._pieces = [data[a:b] for a, b in zip((0, *cuts), (*cuts, len(data)), strict=True) if a < b]

    def read1(self, _size: int | None = -1, /) -> bytes:
        """Return the next piece."""
        return self._pieces.pop(0) if self._pieces else b""


def _outcome(parts: Iterator[Part | None], registry: Registry) -> Iterator[Any]:
    batch = Batch([part for part in parts if part is not None], registry=registry)
    for entry in next(timed([batch], registry)):
        yield _seen(entry)


def _seen(entry: Entry) -> Any:
    if isinstance(entry, Diagnostic):
        return entry
    return (seen(entry.item), entry.frame, entry.origin, list(entry.unnumbered.items()))


def difference(
    data: bytes, cuts: Sequence[int] = (), registry: Registry = TLIBRARY, longest: int = 1 << 20, units: Units | None = None
) -> str | None:
    """Return how the readers differ over a file in pieces cut at `cuts`, None where they do not; `units` counts the lines."""

    def source() -> Source:
        return Source(_Pieces(data, cuts), name="lines.jsonl")

    expected = list(_outcome(entries(source(), registry, longest), registry))
    actual = list(_outcome(runs(source(), registry, longest, units or Units()), registry))
    for one, other in zip(expected, actual, strict=False):
        if one != other:
            return f"reference {one!r}\n  native    {other!r}"
    return None if len(expected) == len(actual) else f"reference has {len(expected)} entries, native {len(actual)}"


def check(seed: int, count: int, units: Units, registry: Registry = TLIBRARY) -> list[str]:
    """Return the differences of the readers over `count` lines; `units` counts those that are not blank."""
    rng = random.Random(seed)  # noqa: S311 test data
    lines = Lines(seed, registry)
    faults: list[str] = []
    while count > 0:
        some = [lines.line().replace(b"\n", b"") for _ in range(min(count, rng.choice((1, 5, 50, 200))))]
        count -= len(some)
        data = b"\n".join(some) + rng.choice((b"", b"\n"))
        cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.choice((0, 0, 1, 5))))
        fault = difference(data, cuts, registry, rng.choice((1 << 20, 1 << 20, 300)), units)
        if fault is not None:
            faults.append(f"seed {seed}: {fault}")
    return faults


class LineChecks:
    """Compares the readers over lines, as a self-check."""

    def __init__(self, seed: int, registry: Registry = TLIBRARY) -> None:
        self.tally: Tally = Tally()
        self._seed = seed
        self._registry = registry

    def batch(self, number: int, size: int) -> None:
        """Check the lines of one batch. Raises FailureError."""
        units = Units()
        faults = check(random.Random(f"{self._seed}:{number}").getrandbits(64), size, units, self._registry)  # noqa: S311
        if faults:
            raise FailureError(f"batch {number}: {faults[0]}", b"")
        self.tally.outcomes["line", "native"] += units.native
        self.tally.outcomes["line", "blank or left to Python"] += size - units.native
