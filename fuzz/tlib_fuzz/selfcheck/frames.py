"""The base of the checks that hold a native step over `Frames` to the Python one: random frames, origins and notes of every kind."""

from __future__ import annotations

import argparse
import random
import struct
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Final

from tlib_codec import native
from tlib_codec.records import NO_FLOW, NO_TIME, Entry, Flow, Frames, Record
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .differential import Outcome, parts
from .inputs import Inputs
from .loop import BATCH, FailureError, Tally, run

_LIMITS: Final = (DEFAULT_LIMITS, Limits(list_depth=1), Limits(list_depth=200, list_pairs=3), Limits(frame_body=100))
_RUN: Final = 20  # frames in a batch
_WHOLE: Final = 0.5  # of the frames are not damaged

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
_DAILY: Final = (NO_TIME, 0, 1, 36_000_000_000_000, 86_399_999_999_999, -1)
_TEXTS: Final = (
    b"", b"x", b"10.0.0.1:3000", b"caf\xe9", "größer \U0001f4de".encode(), b'"\\/\x00\x1f\x7f\n',
    b"a,b\r\nc", b"\xed\xa0\x80", b"\xff", b"x" * 70,
)  # fmt: skip
_NAMES: Final = (b"", b"AttributeFoo", b"AttributeBar", b"AttributeFoo", b"caf\xe9", "é".encode(), b"$string", b'"')


def random_frames(rng: random.Random, frames: Sequence[bytes]) -> Frames:
    """Return the frames with random origins; frames without a good chain of headers too, as a damaged batch has them."""
    count = len(frames)
    columns: dict[str, Any] = {name: _column(rng, "Q", _NUMBERS, count) for name in ("lines", "packets", "offsets")}
    columns |= {name: _column(rng, "q", _TIMES, count) for name in ("times", "local_times")}
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
    connection = rng.choice((None, 0, 7, _text(rng)))
    direction = rng.choice(("", "to-server", "received"))
    return Flow(connection=connection, src=_text(rng), dst=_text(rng), direction=direction, peer=_text(rng), version=_text(rng))


def _notes(rng: random.Random) -> bytes:
    made = []
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3, 70))):
        for part in (rng.choice(_NAMES) if rng.random() < 0.9 else rng.randbytes(3), rng.choice(_TEXTS)):
            made += [struct.pack("=I", len(part)), part]
    return b"".join(made)


def seen(entry: Entry) -> Outcome:
    """Return everything of an entry that a caller can see."""
    return (parts(entry.item), entry.frame, entry.origin, dict(entry.unnumbered)) if isinstance(entry, Record) else (entry,)


class FramesCheck:
    """A check over damaged frames of a registry with random origins; it counts the frames that the core leaves to Python."""

    def __init__(self, seed: int, registry: Registry = TLIBRARY) -> None:
        self.seed = seed
        self.registry = registry
        self.tally: Tally = Tally()

    def difference(self, frames: Frames, limits: Limits = DEFAULT_LIMITS) -> str | None:
        """Return how the two steps differ over frames, or None."""
        raise NotImplementedError

    def pieces(self, frames: Frames, limits: Limits) -> list[bytes | int]:
        """Return what the core makes of frames: bytes, and the places of those that it leaves out."""
        raise NotImplementedError

    def batch(self, number: int, size: int) -> None:
        """Check the frames of one batch. Raises FailureError."""
        rng = random.Random(f"{self.seed}:{number}")  # noqa: S311
        inputs = Inputs(rng.getrandbits(64), registry=self.registry)
        for start in range(0, size, _RUN):
            made = [inputs.make("frame") for _ in range(min(_RUN, size - start))]
            frames = random_frames(rng, [rng.choice(inputs.pool) if not frame or rng.random() < _WHOLE else frame for frame in made])
            limits = rng.choice(_LIMITS) if rng.random() < 0.2 else DEFAULT_LIMITS
            if self.difference(frames, limits) is not None:
                self._fail(number, frames, limits)
            left = sum(isinstance(piece, int) for piece in self.pieces(frames, limits))
            self.tally.outcomes["frame", "left to Python"] += left
            self.tally.outcomes["frame", "native"] += len(frames) - left

    def _fail(self, number: int, frames: Frames, limits: Limits) -> None:
        for place in range(len(frames)):
            one = frames.select([place])
            difference = self.difference(one, limits)
            if difference is not None:
                raise FailureError(f"batch {number}, {one!r}, {limits}: {difference}", one.data)
        raise FailureError(f"batch {number}, {frames!r}, {limits}: together they differ", frames.data)


def command(make: Callable[[int], FramesCheck], name: str, description: str, arguments: Sequence[str] | None) -> int:
    """Run a check as its command line says, and print its report."""
    parser = argparse.ArgumentParser(prog=f"python -m tlib_fuzz.selfcheck.{name}", description=description)
    parser.add_argument("--count", type=int, default=100_000, metavar="N", help="Check N frames (default: %(default)s).")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="Repeat the run of this seed (default: 0).")
    parser.add_argument("--batch", type=int, metavar="B", help="Check this batch alone, which a failure names.")
    options = parser.parse_args(arguments)
    if native.extension("text") is None:
        sys.stderr.write("the native engine is not built: install a C compiler and install tlib-codec again\n")
        return 2
    check = make(options.seed)
    began = time.process_time()
    try:
        if options.batch is None:
            run(check, options.count)
        else:
            check.batch(options.batch, min(options.count, BATCH))
    except FailureError as failure:
        sys.stdout.write(f"{name} fails, seed {options.seed}: {failure}\nsmallest: {failure.data.hex()}\n")
        return 1
    count, seconds = check.tally.outcomes.total(), time.process_time() - began
    sys.stdout.write(f"both write the same, seed {options.seed}: {count:,} frames, {count / seconds:,.0f} a second of CPU time\n")
    sys.stdout.writelines(f"{line}\n" for line in check.tally.lines())
    return 0
