"""The reference engine against the same format written in construct's own combinators.

Run it: python benchmarks/reference_vs_idiomatic.py [--rounds N] [--seconds S]

Strategy: a peer is a function from a frame's bytes to its decoded form. All see the same frames, in
one process, in turns (`paired`). Before anything is timed, each peer's attributes are compared with
the frame's, so that none is fast for leaving something out.

The idiomatic form is what construct's documentation leads to: Prefixed, GreedyRange, Struct and
Switch over the type byte. It checks less than the reference engine (no duplicate ids, no declared
types, no table, nothing left over) and gives no typed event, which favours it.

To add a peer, write a function that decodes and one that gives the attributes it found as
``{id: value}``, and put both into PEERS.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import paired
from construct import (
    Byte,
    Bytes,
    Const,
    GreedyRange,
    Int16ub,
    Int24ub,
    Int32sb,
    Int32ub,
    Int64ub,
    LazyBound,
    PaddedString,
    Prefixed,
    PrefixedArray,
    Struct,
    Switch,
    this,
)
from events import FRAMES

from tlib_codec import KVList, Unicode, decode_frame, reference
from tlib_schemas import packed_list
from tlib_schemas.limits import DEFAULT_LIMITS

PAIRS = PrefixedArray(
    Int16ub,
    Struct(
        "type" / Byte,
        "key_length" / Int16ub,
        "value_length" / Int16ub,
        "key" / PaddedString(this.key_length, "utf8"),
        "value"
        / Switch(
            this.type,
            {
                0: PaddedString(this.value_length, "utf8"),
                1: Int32sb,
                2: Bytes(this.value_length),
                3: Prefixed(Int16ub, LazyBound(lambda: PAIRS)),
                4: PaddedString(this.value_length, "utf8"),
            },
        ),
    ),
)

IDIOMATIC = Struct(
    "magic" / Const(b"TL"),
    "version" / Const(1, Byte),
    "flags" / Const(0, Byte),
    "message" / Int16ub,
    "attributes"
    / Prefixed(
        Int32ub,
        GreedyRange(
            Struct(
                "id" / Int16ub,
                "type" / Byte,
                "length" / Int24ub,
                "value"
                / Switch(
                    this.type,
                    {0: PaddedString(this.length, "utf8"), 1: Int32ub, 2: Bytes(this.length), 3: PAIRS, 6: Int64ub},
                    default=Bytes(this.length),
                ),
            )
        ),
    ),
)


def _pairs(pairs: Any) -> KVList:
    kinds: dict[int, Callable[[Any], Any]] = {3: _pairs, 4: Unicode}
    return KVList([(pair.key, kinds.get(pair.type, lambda value: value)(pair.value)) for pair in pairs])


def idiomatic_attributes(frame: bytes) -> dict[int, Any]:
    """What the idiomatic form finds, by id."""
    found = IDIOMATIC.parse(frame).attributes
    return {attribute.id: _pairs(attribute.value) if attribute.type == 3 else attribute.value for attribute in found}


def reference_attributes(frame: bytes) -> dict[int, Any]:
    """What the reference engine finds, by id, its hex ConnIDs as the integers they are."""
    registry = reference.TLIBRARY
    _, values = registry.lay_out(reference.decode(frame))
    longs = {number for number in values if registry.dictionary[number].value is registry.attribute("ConnID").value}
    return {number: int(value, 16) if number in longs else value for number, value in values.items()}


def attributes_in(frame: bytes) -> dict[int, Any]:
    """The frame's attributes as the bytes say them, by id."""
    readers: dict[int, Callable[[bytes], Any]] = {
        0: bytes.decode,
        1: partial(int.from_bytes, byteorder="big"),
        3: lambda data: packed_list.unpack(data, 0, len(data), 1, DEFAULT_LIMITS),
        6: partial(int.from_bytes, byteorder="big"),
    }
    return {a.id: readers.get(a.type, bytes)(a.value) for a in decode_frame(frame).attributes}


# name: what is timed, and what it found
PEERS: dict[str, tuple[paired.Decode, Callable[[bytes], dict[int, Any]]]] = {
    "idiomatic construct": (IDIOMATIC.parse, idiomatic_attributes),
    "reference engine": (reference.decode, reference_attributes),
}
BASELINE = "idiomatic construct"


def main() -> None:
    """Check the peers, time them, print a table for each frame."""
    parser = argparse.ArgumentParser(description="Frames decoded a second: the reference engine against idiomatic construct.")
    parser.add_argument("--rounds", type=int, default=15, help="rounds of one turn a peer (default 15)")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of a turn in seconds (default 0.1)")
    options = parser.parse_args()
    if options.rounds < 2 or options.seconds <= 0:
        parser.error("give at least 2 rounds, and turns longer than 0 seconds")
    for size, frame in FRAMES.items():
        expected = attributes_in(frame)
        for name, (_, attributes) in PEERS.items():
            if attributes(frame) != expected:
                raise SystemExit(f"{name} does not decode the frame {size!r}: found {attributes(frame)}")
        peers = {name: partial(decode, frame) for name, (decode, _) in PEERS.items()}
        results = paired.compare(peers, baseline=BASELINE, rounds=options.rounds, seconds=options.seconds)
        print(paired.table(f"{size}: {len(frame)} bytes, {len(expected)} attributes", results, BASELINE))


if __name__ == "__main__":
    main()
