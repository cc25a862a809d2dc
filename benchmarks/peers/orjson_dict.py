"""orjson: to and from a dict, without a schema."""

from __future__ import annotations

import orjson

from benchmarks.events import plain
from benchmarks.peers import Peer
from tlib_codec import Event


def peers(event: Event) -> list[Peer]:
    made = plain(event)
    return [Peer("orjson, dict", orjson.dumps(made), orjson.loads, dict, orjson.dumps, made)]
