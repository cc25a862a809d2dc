"""Random `Frames` with origins and notes of every kind, for the checks that hold a native step to the Python one.

Strategy: any column may be missing; its numbers are edge cases or random. Half of the times lie around one noon, where spans of time
divide them.
"""

from __future__ import annotations

import random
import struct
from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

from tlib_codec.records import NO_FLOW, NO_TIME, Flow, Frames
from tlib_codec.stream import StreamDecoder

from .inputs import Inputs

_NUMBERS: Final = (0, 1, 7, 10, 99, 4_294_967_295, 4_294_967_296, 18_446_744_073_709_551_615)
_TIMES: Final = (
    NO_TIME,
    NO_TIME + 1,
    -1,
    0,
    1,
    999,
    1_000,
    999_999_999,
    1_748_450_724_594_200_000,
    1_748_450_724_594_200_001,
    951_782_400_000_000_000,
    -2_203_891_200_000_000_000,
    9_223_372_036_854_775_807,
)
_NOON: Final = 1_773_489_600_000_000_000  # 2026-03-14T12:00:00Z
_DAY: Final = 86_400_000_000_000
_DAILY: Final = (NO_TIME, 0, 1, 36_000_000_000_000, 86_399_999_999_999, -1)
_TEXTS: Final = (
    b"", b"x", b"10.0.0.1:3000", b"caf\xe9", "größer \U0001f4de".encode(), b'"\\/\x00\x1f\x7f\n',
    b"a,b\r\nc", b"\xed\xa0\x80", b"\xff", b"x" * 70,
)  # fmt: skip
_FLOWS: Final = (
    Flow(0, "10.0.0.1:3000", "10.0.0.2:40000", "to-client"),
    Flow(7, "[2001:db8::1]:3000", "10.9.0.2:1", "to-server"),
    Flow("7", "", "host:1", ""),
    Flow(-3, "", "", "sent", "client 5 (Agent)", "8.1.0"),
)
_NAMES: Final = (b"", b"AttributeFoo", b"AttributeBar", b"AttributeFoo", b"caf\xe9", "é".encode(), b"$string", b'"')


def random_frames(rng: random.Random, frames: Sequence[bytes]) -> Frames:
    """Return the frames with random origins; frames without a good chain of headers too, as a damaged batch has them."""
    count = len(frames)
    columns: dict[str, Any] = {name: _column(rng, "Q", _NUMBERS, count) for name in ("lines", "packets", "offsets")}
    around = (*_TIMES, *(_NOON + rng.randrange(-_DAY, _DAY) for _ in range(len(_TIMES))))
    columns |= {name: _column(rng, "q", around, count) for name in ("times", "local_times")}
    columns["times_of_day"] = _column(rng, "q", _DAILY, count)
    table = [_flow(rng) for _ in range(rng.choice((0, 1, 3, 100)))]
    flows = [*range(len(table)), NO_FLOW]
    if rng.random() < 0.3:
        pieces = [_notes(rng) for _ in range(count)]
        columns["notes"] = b"".join(pieces)
        columns["note_bounds"] = _bounds(pieces)
    printed = rng.random() < 0.4
    return Frames(
        data=b"".join(frames),
        bounds=_bounds(frames),
        file=_text(rng) if rng.random() < 0.7 else "",
        flows=array("I", rng.choices(flows, k=count)).tobytes() if rng.random() < 0.5 else None,
        flow_table=table,
        printed=printed,
        encoded=printed or rng.random() < 0.3,
        **columns,
    )


def random_run(inputs: Inputs, most: int = 24) -> Frames:
    """Return up to `most` whole frames, some damaged in their values, with random origins."""
    rng = inputs.rng
    frames: list[bytes] = []
    for _ in range(rng.randint(1, most)):
        decoder = StreamDecoder(registry=inputs.registry)
        decoder.feed(rng.choice(inputs.pool) if rng.random() < 0.6 else inputs.frame())
        data, bounds, _ = decoder.frames()
        ends = memoryview(bounds).cast("Q")
        frames += [data[ends[i] : ends[i + 1]] for i in range(len(ends) - 1)]
    return random_frames(rng, frames)


def _bounds(pieces: Sequence[bytes]) -> bytes:
    return array("Q", accumulate(map(len, pieces), initial=0)).tobytes()


def _column(rng: random.Random, kind: str, numbers: Sequence[int], count: int) -> bytes | None:
    if rng.random() < 0.5:
        return None
    most = 63 if kind == "q" else 64
    made = [rng.choice(numbers) if rng.random() < 0.7 else rng.getrandbits(rng.randint(1, most)) for _ in range(count)]
    return array(kind, made).tobytes()


def _text(rng: random.Random) -> str:
    return rng.choice(_TEXTS).decode("utf-8", "surrogateescape")


def _flow(rng: random.Random) -> Flow:
    if rng.random() < 0.5:
        return rng.choice(_FLOWS)
    connection = rng.choice((None, 0, 7, _text(rng)))
    direction = rng.choice(("", "to-server", "received"))
    return Flow(connection=connection, src=_text(rng), dst=_text(rng), direction=direction, peer=_text(rng), version=_text(rng))


def _notes(rng: random.Random) -> bytes:
    made = []
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3, 70))):
        for part in (rng.choice(_NAMES) if rng.random() < 0.9 else rng.randbytes(3), rng.choice(_TEXTS)):
            made += [struct.pack("=I", len(part)), part]
    return b"".join(made)
