"""Our reference engine: the construct schemas run as they are."""

from __future__ import annotations

from benchmarks.events import plain
from benchmarks.peers import REFERENCE, Peer
from tlib_codec import Event, reference


def peers(event: Event) -> list[Peer]:
    return [Peer(REFERENCE, reference.encode(event), reference.decode, plain, reference.encode, event)]
