"""Our native engine."""

from __future__ import annotations

from benchmarks.events import plain
from benchmarks.peers import NATIVE, Peer
from tlib_codec import Event  # type: ignore[attr-defined]
from tlib_codec.native import engine as _native  # type: ignore[attr-defined]


def peers(event: Event) -> list[Peer]:
    return [Peer(NATIVE, _native.encode(event), _native.decode, plain, _native.encode, event)]
