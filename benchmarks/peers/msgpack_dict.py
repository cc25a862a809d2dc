"""msgpack: to and from a dict, without a schema; one Packer is kept, as its documentation advises."""

from __future__ import annotations

import msgpack

from benchmarks.events import plain
from benchmarks.peers import Peer
from tlib_codec import Event


def peers(event: Event) -> list[Peer]:
    made = plain(event)
    pack = msgpack.Packer().pack
    return [Peer("msgpack, dict", pack(made), msgpack.unpackb, dict, pack, made)]
