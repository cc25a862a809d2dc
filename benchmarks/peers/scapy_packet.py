"""scapy: the frame as a Packet of attributes.

Strategy: MultipleTypeField picks a value's field by the type byte. It builds from packets whose lengths are
known, without the bytes that scapy keeps of a dissected packet.
"""

from __future__ import annotations

from typing import Any

from scapy.fields import (
    ByteField,
    IntField,
    LongField,
    MultipleTypeField,
    PacketField,
    PacketListField,
    ShortField,
    SignedIntField,
    StrFixedLenField,
    StrLenField,
    ThreeBytesField,
)
from scapy.packet import Packet

from benchmarks.peers import Peer
from benchmarks.peers.wire_values import wire_values
from tlib_codec import Event, encode


class _Part(Packet):
    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        return b"", s  # what follows is the next part's


class Pair(_Part):
    """A pair of a list."""


class Pairs(_Part):
    """A packed list."""

    fields_desc = [  # noqa: RUF012
        ShortField("count", 0),
        PacketListField("pairs", [], Pair, count_from=lambda packet: packet.count),
    ]


class Nested(_Part):
    """A packed list inside another."""

    fields_desc = [ShortField("length", 0), PacketField("list", Pairs(), Pairs)]  # noqa: RUF012


Pair.fields_desc = [
    ByteField("type", 0),
    ShortField("key_length", 0),
    ShortField("value_length", 0),
    StrLenField("key", b"", length_from=lambda packet: packet.key_length),
    MultipleTypeField(
        [
            (SignedIntField("value", 0), lambda packet: packet.type == 1),
            (PacketField("value", Nested(), Nested), lambda packet: packet.type == 3),
        ],
        StrLenField("value", b"", length_from=lambda packet: packet.value_length),
    ),
]


class Attribute(_Part):
    """An attribute."""

    fields_desc = [  # noqa: RUF012
        ShortField("id", 0),
        ByteField("type", 0),
        ThreeBytesField("length", 0),
        MultipleTypeField(
            [
                (IntField("value", 0), lambda packet: packet.type == 1),
                (PacketField("value", Pairs(), Pairs), lambda packet: packet.type == 3),
                (LongField("value", 0), lambda packet: packet.type == 6),
            ],
            StrLenField("value", b"", length_from=lambda packet: packet.length),
        ),
    ]


class Frame(Packet):
    """The frame."""

    fields_desc = [  # noqa: RUF012
        StrFixedLenField("magic", b"TL", 2),
        ByteField("version", 1),
        ByteField("flags", 0),
        ShortField("message", 0),
        IntField("length", 0),
        PacketListField("attributes", [], Attribute, length_from=lambda packet: packet.length),
    ]


def _pairs(packets: list[Any]) -> list[Any]:
    return [[packet.key.decode(), _value(packet.value)] for packet in packets]


def _value(value: Any) -> Any:
    if isinstance(value, Nested):
        return _pairs(value.list.pairs)
    if isinstance(value, Pairs):
        return _pairs(value.pairs)
    return value.decode() if isinstance(value, bytes) else value


def peers(event: Event) -> list[Peer]:
    data = encode(event)
    built = Frame(data)
    built.clear_cache()

    def values(found: Any) -> Any:
        return wire_values(event, ((a.id, _value(a.value)) for a in found.attributes))

    return [Peer("scapy", data, Frame, values, bytes, built)]
