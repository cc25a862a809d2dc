"""Other libraries on the same events: decode every event from one encoding and encode it in another.

Run it: python benchmarks/peers/pipelines.py NAME JSONL

Strategy: the events are those of our JSON lines without ``$time`` and ``$source``, which favours the peers. msgspec decodes to a union of
Structs tagged by ``Event``, made from the values that occur; orjson decodes to dicts. Packed events lie in a list, so no peer
looks for their borders. The CPU seconds of one pass go to the standard output.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

_Step = Callable[[Any], Any]


def events_of(path: Path) -> list[dict[str, Any]]:
    """Return the events of JSON lines as plain data."""
    with path.open("rb") as file:
        found = [msgspec.json.decode(line) for line in file]
    return [{name: value for name, value in event.items() if name[0] != "$"} for event in found]


def union_of(events: list[dict[str, Any]]) -> Any:
    """Return the union of a Struct for each event, with the types of the values that occur."""
    kinds: dict[str, dict[str, Any]] = {}
    for event in events:
        fields = kinds.setdefault(event["Event"], {})
        for name, value in event.items():
            if name != "Event":
                kind: Any = dict[str, Any] if isinstance(value, dict) else type(value)
                fields[name] = fields[name] | kind if name in fields else kind
    union: Any = None
    for event_name, fields in kinds.items():
        columns = [(f"field_{i}", kind | None, None) for i, kind in enumerate(fields.values())]
        names = {f"field_{i}": name for i, name in enumerate(fields)}
        struct = msgspec.defstruct(f"Kind{len(kinds)}", columns, rename=names, omit_defaults=True, tag=event_name, tag_field="Event")
        union = struct if union is None else union | struct
    return union


def msgspec_to_json(events: list[dict[str, Any]]) -> tuple[list[bytes], _Step, _Step]:
    """MessagePack to JSON lines by msgspec, typed."""
    decoder = msgspec.msgpack.Decoder(union_of(events))
    return [msgspec.msgpack.encode(event) for event in events], decoder.decode, msgspec.json.Encoder().encode


def msgspec_from_json(events: list[dict[str, Any]]) -> tuple[list[bytes], _Step, _Step]:
    """JSON lines to MessagePack by msgspec, typed."""
    decoder = msgspec.json.Decoder(union_of(events))
    return [msgspec.json.encode(event) for event in events], decoder.decode, msgspec.msgpack.Encoder().encode


def orjson_lines(events: list[dict[str, Any]]) -> tuple[list[bytes], _Step, _Step]:
    """JSON lines to dicts and back by orjson."""
    import orjson  # noqa: PLC0415 may be absent

    return [msgspec.json.encode(event) for event in events], orjson.loads, orjson.dumps


PIPELINES = {"msgspec-to-json": msgspec_to_json, "msgspec-from-json": msgspec_from_json, "orjson": orjson_lines}


def seconds(name: str, path: Path) -> float:
    """Return the CPU seconds in which a pipeline decodes and encodes every event."""
    data, decode, encode = PIPELINES[name](events_of(path))
    begin = time.process_time()
    size = sum([len(encode(decode(one))) for one in data])
    taken = time.process_time() - begin
    assert size > 0, "no event was written"
    return taken


if __name__ == "__main__":
    print(seconds(sys.argv[1], Path(sys.argv[2])))
