"""The same format written in construct's own combinators.

Strategy: what construct's documentation leads to: Prefixed, GreedyRange, Struct and Switch over the
type byte. It checks less than our engines (no duplicate ids, no declared types, no table, nothing left
over) and gives no typed event, which favours it. It builds from what it parsed, lengths included.
"""

from __future__ import annotations

from typing import Any

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

from benchmarks.peers import IDIOMATIC, Peer
from benchmarks.peers.wire_values import wire_values
from tlib_codec import Event, encode

PAIRS: Any = PrefixedArray(
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

FRAME = Struct(
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


def _pairs(pairs: Any) -> list[Any]:
    return [[pair.key, _pairs(pair.value) if pair.type == 3 else pair.value] for pair in pairs]


def peers(event: Event) -> list[Peer]:
    data = encode(event)

    def values(found: Any) -> Any:
        return wire_values(event, ((a.id, _pairs(a.value) if a.type == 3 else a.value) for a in found.attributes))

    return [Peer(IDIOMATIC, data, FRAME.parse, values, FRAME.build, FRAME.parse(data))]
