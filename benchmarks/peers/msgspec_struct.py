"""msgspec: a typed Struct with every field of the event's table, as MessagePack (the baseline) and JSON.

Strategy: what msgspec's own advice leads to: one Decoder and one Encoder kept, `omit_defaults`, no
tag. Enumerations are the same classes as in our events. A key-value list is a list of pairs, since
its order and its repeated keys matter.
"""

from __future__ import annotations

from typing import Any

import msgspec

from benchmarks.events import Column, Kind, Values, plain, table
from benchmarks.peers import BASELINE, Peer
from tlib_codec import Event

# Types that msgspec checks: it has no recursive alias, so a list inside a list is written out.
_Inner = list[tuple[str, str | int]]
List = list[tuple[str, str | int | _Inner]]

_TYPES: dict[Kind, Any] = {Kind.TEXT: str, Kind.UINT32: int, Kind.UINT64: int, Kind.LIST: List}


def _type(column: Column) -> Any:
    return column.enumeration or _TYPES[column.kind]


def struct_of(event: Event) -> type[msgspec.Struct]:
    """The event's table as a Struct: Python's names as fields, the specification's in the bytes."""
    columns = sorted(table(event), key=lambda column: not column.mandatory)
    fields = [(c.field, _type(c)) if c.mandatory else (c.field, _type(c) | None, None) for c in columns]
    return msgspec.defstruct(type(event).__name__, fields, rename={c.field: c.label for c in columns}, omit_defaults=True)


def struct(event: Event) -> msgspec.Struct:
    """The event as such a Struct."""
    return msgspec.convert(plain(event), struct_of(event))


def values(found: Any) -> Values:
    made: Values = msgspec.to_builtins(found)
    return {name: listed(value) if isinstance(value, tuple | list) else value for name, value in made.items()}


def listed(pairs: Any) -> list[Any]:
    """Pairs as lists."""
    return [[key, listed(value) if isinstance(value, tuple | list) else value] for key, value in pairs]


def peers(event: Event) -> list[Peer]:
    made = struct(event)
    packer, unpacker = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(type(made))
    writer, reader = msgspec.json.Encoder(), msgspec.json.Decoder(type(made))
    return [
        Peer(BASELINE, packer.encode(made), unpacker.decode, values, packer.encode, made),
        Peer("msgspec JSON, typed Struct", writer.encode(made), reader.decode, values, writer.encode, made),
    ]
