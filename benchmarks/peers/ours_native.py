"""Our native engine."""

from __future__ import annotations

from benchmarks.events import Event, plain
from benchmarks.peers import NATIVE, Peer
from tlib_codec import _native


def peers(event: Event) -> list[Peer]:
    return [Peer(NATIVE, _native.encode(event), _native.decode, plain, _native.encode, event)]
