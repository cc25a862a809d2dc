"""Kaitai Struct's Python runtime: kaitai_frame.py is what its compiler makes of kaitai_frame.ksy."""

from __future__ import annotations

from typing import Any

from benchmarks.peers import Peer
from benchmarks.peers.kaitai_frame import KaitaiFrame  # type: ignore[attr-defined]
from benchmarks.peers.wire_values import wire_values
from tlib_codec import Event, encode


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value
    if isinstance(value, KaitaiFrame.Nested):
        value = value.value
    return [[pair.key, _value(pair.value)] for pair in value.items] if isinstance(value, KaitaiFrame.Pairs) else value.value


def peers(event: Event) -> list[Peer]:
    def values(found: Any) -> Any:
        return wire_values(event, ((a.id, _value(a.value)) for a in found.body.items))

    return [Peer("Kaitai Struct", encode(event), KaitaiFrame.from_bytes, values)]
