"""Random runs of frames with random origins, as every reader might make them.

Strategy: frames come from `Inputs`, some damaged in their values; a run has any of the columns of `Frames`, some of their numbers
unknown, flows of a capture or of a log, and the notes of a log.
"""

from __future__ import annotations

import random
import sys
from array import array
from itertools import accumulate
from typing import Any

from tlib_codec.records import NO_FLOW, NO_TIME, Flow, Frames
from tlib_codec.stream import StreamDecoder

from .inputs import Inputs

_NOON = 1_773_531_552_000_000_000  # 2026-03-14
_DAY = 86_400_000_000_000
_NAMES = ("AttributeNovel", "Bare", "AttributeNovel", "\udcff", "")
_TEXTS = ("5", "'five'", '"', '"5"', "", "é", "\udce9x", "a\nb", "Invalid number")
_FLOWS = (
    Flow(0, "10.0.0.1:3000", "10.0.0.2:40000", "to-client"),
    Flow(0, "10.0.0.2:40000", "10.0.0.1:3000", "to-server"),
    Flow(7, "[2001:db8::1]:3000", "10.9.0.2:1", "to-server"),
    Flow("7", "", "host:1", ""),
    Flow(None, direction="received", peer="client 5 (Agent)", version="8.1.0"),
    Flow(None, direction="sent", peer="\udce9", version=""),
    Flow(-3, "", "", "sent"),
)


def random_run(inputs: Inputs, most: int = 24) -> Frames:
    """Return a run of up to `most` frames."""
    rng = inputs.rng
    frames: list[bytes] = []
    for _ in range(rng.randint(1, most)):
        decoder = StreamDecoder(registry=inputs.registry)
        decoder.feed(rng.choice(inputs.pool) if rng.random() < 0.6 else inputs.frame())
        data, bounds, _ = decoder.frames()
        ends = memoryview(bounds).cast("Q")
        frames += [data[ends[i] : ends[i + 1]] for i in range(len(ends) - 1)]
    count = len(frames)
    printed = rng.random() < 0.4
    table = rng.sample(_FLOWS, rng.randint(1, len(_FLOWS)))
    notes = [_notes(rng) for _ in frames] if printed and rng.random() < 0.7 else None
    made: dict[str, Any] = {
        name: _column(rng, "Q", [rng.choice((0, 1, 7, 70, (1 << 64) - 1, rng.getrandbits(20))) for _ in frames])
        for name in ("lines", "packets", "offsets")
    }
    made |= {name: _column(rng, "q", [_time(rng, _NOON) for _ in frames]) for name in ("times", "local_times")}
    made["times_of_day"] = _column(rng, "q", [_time(rng, _DAY // 2) % _DAY if rng.random() < 0.8 else NO_TIME for _ in frames])
    if rng.random() < 0.7:
        made["flows"] = array("I", [rng.choice((*range(len(table)), NO_FLOW)) for _ in range(count)]).tobytes()
    if notes is not None:
        made |= {"notes": b"".join(notes), "note_bounds": _bounds(notes)}
    return Frames(
        data=b"".join(frames),
        bounds=_bounds(frames),
        file=rng.choice(("", "a.log", "\udcff.log")),
        flow_table=table,
        printed=printed,
        **made,
    )


def _bounds(pieces: list[bytes]) -> bytes:
    return array("Q", accumulate(map(len, pieces), initial=0)).tobytes()


def _column(rng: random.Random, kind: str, numbers: list[int]) -> bytes | None:
    return None if rng.random() < 0.4 else array(kind, numbers).tobytes()


def _time(rng: random.Random, around: int) -> int:
    return rng.choice((NO_TIME, around, around + rng.randrange(-_DAY, _DAY), around + rng.randrange(-1000, 1000), -1, 0, (1 << 63) - 1))


def _notes(rng: random.Random) -> bytes:
    made = b""
    for _ in range(rng.choice((0, 0, 1, 1, 2, 4))):
        for text in (rng.choice(_NAMES), rng.choice(_TEXTS)):
            data = text.encode("utf-8", "surrogateescape")
            made += len(data).to_bytes(4, sys.byteorder) + data
    return made
