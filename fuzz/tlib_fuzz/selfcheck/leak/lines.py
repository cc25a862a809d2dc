"""JSON lines that hold secrets in events, in the members beside them, and in lines that are none."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

from tlib_codec import decode
from tlib_codec.formats import jsonl
from tlib_codec.reference import Policy
from tlib_schemas.registry import Registry

from . import frames
from .secrets import Planted, Secret

_Line = dict[str, Any]
_SOURCE: Final = ("file", "src", "dst", "connection", "direction", "peer", "version", "text", "host", "time", "line")


def _source(line: _Line, secret: str, rng: random.Random) -> str:
    name = rng.choice(_SOURCE)
    line["$source"] = {"file": "a.log", "line": 7, name: secret}
    return f"$source.{name}"


def _source_inside(line: _Line, secret: str, _rng: random.Random) -> str:
    line["$source"] = {"line": 7, "more": {"deep": [secret, 1]}}
    return "an object in $source"


def _source_name(line: _Line, secret: str, _rng: random.Random) -> str:
    line["$source"] = {"line": 7, secret: 1}
    return "the name of a member of $source"


def _unnumbered(line: _Line, secret: str, rng: random.Random) -> str:
    line["$unnumbered"] = {"AttributePrivate": rng.choice((f"'{secret}'", secret, f"[3] {secret}", f"[9] 00 01 ..\n'k'\t'{secret}'"))}
    return "$unnumbered"


def _event(line: _Line, secret: str, rng: random.Random) -> str:
    line["Event"] = rng.choice((secret, f"Event{secret}", f"EventRinging {secret}"))
    return "the name of an event"


def _member(line: _Line, secret: str, rng: random.Random) -> str:
    line[rng.choice((f"${secret}", "$note"))] = secret
    return "an unknown member with $"


def _attribute(line: _Line, secret: str, rng: random.Random) -> str:
    line[rng.choice((secret, "Unheard"))] = secret
    return "a member that is no attribute"


def _violations(line: _Line, secret: str, _rng: random.Random) -> str:
    line["$violations"] = [{"code": "missing", "path": secret, "expected": "x", "actual": secret, "offset": 3}]
    return "$violations"


def _time(line: _Line, secret: str, _rng: random.Random) -> str:
    line["$time"] = secret
    return "$time"


_PLACES: Final[Sequence[Callable[[_Line, str, random.Random], str]]] = (
    _source, _source, _source_inside, _source_name, _unnumbered, _event, _member, _attribute, _violations, _time,
)  # fmt: skip


_OTHERS: Final = (
    b"{}", b'{"Event": "{}"', b'{"Event": "EventRinging"} {}', b'{"Event": ["{}"]}',
    b'{"$malformed": {"message": "{}"}}', b'{"$gap": {"data": "{}"}}',
)  # fmt: skip


def file(rng: random.Random, secrets: Sequence[Secret], registry: Registry) -> tuple[bytes, list[Planted]]:
    """Return lines of JSON."""
    parts: list[bytes] = []
    planted: list[Planted] = []
    for some in frames.groups(rng, secrets):
        one, *others = some
        data, places = frames.frame(others, rng, registry)
        line = json.loads(jsonl.dumps(decode(data, registry=registry, policy=Policy.LENIENT), registry=registry))
        if rng.random() < 0.1:
            parts.append(rng.choice(_OTHERS).replace(b"{}", one.data))
            planted.append(Planted(one, "a line without an event"))
        else:
            planted.append(Planted(one, rng.choice(_PLACES)(line, one.text, rng)))
        parts.append(json.dumps(line, ensure_ascii=rng.random() < 0.3).encode())
        planted += places
    return b"\n".join(parts) + b"\n", planted
