"""cbor2: to and from a dict, without a schema."""

from __future__ import annotations

import cbor2

from benchmarks.events import plain
from benchmarks.peers import Peer
from tlib_codec import Event


def peers(event: Event) -> list[Peer]:
    made = plain(event)
    return [Peer("cbor2, dict", cbor2.dumps(made), cbor2.loads, dict, cbor2.dumps, made)]
