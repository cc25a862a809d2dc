"""Both engines on the same damaged bytes: every value and every error must be equal.

Strategy: seeds (random frames of the registry, and any corpus given) are mutated; each mutated
frame goes through `decode` strict and lenient, `encode` of what came out, the C core's own verdict,
and, joined to streams, through `StreamDecoder` in random chunks and `scan`. An outcome is put into
a plain form (`Told`) that holds everything a caller could see. The first difference ends the run
with the bytes made as small as they stay different. The same seed, count and corpus give the same run.

    python -m tlib_fuzz.differential --count 100000 --seed 7 --corpus examples/calls.tlb tests/vectors
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, TypeAlias

from tlib_codec import reference, views
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap, MalformedFrame, StreamDecoder
from tlib_schemas.errors import DecodeError, SchemaViolation, TLibError, Truncated
from tlib_schemas.events import InvalidEvent, UnknownEvent
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import KVList

from .mutate import mutate
from .walker import random_frame

Told: TypeAlias = tuple[Any, ...]
Check: TypeAlias = Callable[[bytes], "str | None"]

REFERENCE = SimpleNamespace(decode=reference.decode, encode=reference.encode, StreamDecoder=StreamDecoder, scan=views.scan)
_LIMITS = (DEFAULT_LIMITS,) * 6 + (
    Limits(frame_body=64),
    Limits(list_depth=1),
    Limits(list_depth=2, list_pairs=2),
    Limits(list_depth=200, list_pairs=1),
)
_FRAMES_A_STREAM = 8


def native() -> ModuleType:
    """The native engine. Raises ImportError where it is not built."""
    return importlib.import_module("tlib_codec.native.engine")


class DivergenceError(AssertionError):
    """The engines differ: `difference` in words, `data` the smallest bytes found, `origin` those that showed it."""

    def __init__(self, difference: str, data: bytes, origin: bytes, labels: Sequence[str]) -> None:
        super().__init__(difference)
        self.difference = difference
        self.data = data
        self.origin = origin
        self.labels = tuple(labels)


# -- outcomes ------------------------------------------------------------------------------------


def tell_error(error: TLibError) -> Told:
    """Everything of an error that a caller can see."""
    more: Told = ()
    if isinstance(error, SchemaViolation):
        more = error.violations
    elif isinstance(error, Truncated):
        more = (error.needed, error.available)
    return (type(error), *error.detail().values(), more, str(error), repr(error))


def tell(value: Any) -> Told:
    """Everything of a value that a caller can see: its type, itself, how it prints."""
    if isinstance(value, MalformedFrame):
        return (MalformedFrame, value.offset, value.data, tell_error(value.error))
    # An engine may store a list in a subclass of its own: to a caller it is a KVList.
    return (KVList if isinstance(value, KVList) else type(value), value, repr(value))


def outcome(call: Callable[[], Any], form: Callable[[Any], Told] = tell) -> Told:
    """What `call` gave or raised. Anything but a TLibError goes through: no input may cause it."""
    try:
        value = call()
    except TLibError as error:
        return ("raised", *tell_error(error))
    return ("gave", *form(value))


def _differs(what: str, expected: Told, found: Told) -> str | None:
    return None if expected == found else f"{what}\n  reference {expected!r}\n  native    {found!r}"


# -- checks --------------------------------------------------------------------------------------


def check_frame(
    data: bytes, registry: Registry = TLIBRARY, limits: Limits = DEFAULT_LIMITS, counts: Counter[str] | None = None
) -> str | None:
    """How the engines differ over one frame, or None."""
    ours = native()
    options: dict[str, Any] = {"registry": registry, "limits": limits}
    events: list[Any] = []
    for policy in (Policy.STRICT, Policy.LENIENT):
        expected = outcome(lambda policy=policy: reference.decode(data, policy=policy, **options))  # type: ignore[misc]
        fresh = outcome(lambda policy=policy: ours.decode(data, policy=policy, **options), lambda item: (item,))  # type: ignore[misc]
        if fresh[0] == "gave":
            events.append((expected[2] if expected[0] == "gave" else None, fresh[1]))
        if counts is not None and policy is Policy.LENIENT:
            counts[_kind(expected)] += 1
        yet_unread = [] if fresh[0] == "raised" else [_encodings(ours, fresh[1], options)]
        found = fresh if fresh[0] == "raised" else ("gave", *tell(fresh[1]))
        difference = _differs(f"decode, {policy.value}", expected, found)
        if difference is None and fresh[0] == "gave":
            asked = _encodings(REFERENCE, expected[2], options)
            difference = _differs(f"encode of what was decoded, {policy.value}", asked, yet_unread[0]) or _differs(
                f"encode of what was read, {policy.value}", asked, _encodings(ours, fresh[1], options)
            )
        if difference is not None:
            return difference
    return _core_differs(data, registry, limits)


def _encodings(engine: Any, item: Any, options: dict[str, Any]) -> Told:
    return tuple(outcome(lambda policy=policy: engine.encode(item, policy=policy, **options)) for policy in Policy)  # type: ignore[misc]


def _kind(expected: Told) -> str:
    if expected[0] == "raised":
        return f"refused {expected[2]}"
    return expected[1].__name__ if expected[1] in (InvalidEvent, UnknownEvent) else "events"


def _core_differs(data: bytes, registry: Registry, limits: Limits) -> str | None:
    """The C core's code and offset: what it says before the reference engine words the error."""
    found = native().core_error(data, registry=registry, limits=limits)
    expected = None
    try:
        registry.frame(limits).unpack(data)
    except DecodeError as error:
        expected = (error.code, error.offset)
    return None if found is NotImplemented else _differs("the core's verdict", (expected,), (found,))


def check_stream(data: bytes, cuts: Sequence[int], registry: Registry = TLIBRARY, limits: Limits = DEFAULT_LIMITS) -> str | None:
    """How the engines differ over a stream that is fed in pieces cut at `cuts`, or None."""
    options: dict[str, Any] = {"registry": registry, "limits": limits}
    pieces = [data[a:b] for a, b in zip((0, *cuts), (*cuts, len(data)), strict=True)]
    expected = [*_decoded(REFERENCE, pieces, options)]
    difference = _differs("StreamDecoder", tuple(expected), tuple(_decoded(native(), pieces, options)))
    if difference is not None:
        return difference
    difference = _differs("StreamDecoder.frames", tuple(_cut(REFERENCE, pieces, options)), tuple(_cut(native(), pieces, options)))
    if difference is not None:
        return difference
    whole = _decoded(REFERENCE, [data], options)
    difference = _differs("StreamDecoder: chunks and whole", tuple(item[:-1] for item in whole), tuple(item[:-1] for item in expected))
    return difference or _differs("scan", tuple(_scanned(REFERENCE, data, options)), tuple(_scanned(native(), data, options)))


def _decoded(engine: Any, pieces: Iterable[bytes], options: dict[str, Any]) -> list[Told]:
    decoder = engine.StreamDecoder(**options)
    found = []
    for number, piece in enumerate(pieces):
        decoder.feed(piece)
        found += [(decoder.offset, decoder.data, *tell(item), number) for item in decoder]
    decoder.close()
    return found + [(decoder.offset, decoder.data, *tell(item), -1) for item in decoder]


def _cut(engine: Any, pieces: Iterable[bytes], options: dict[str, Any]) -> Iterator[Told]:
    decoder = engine.StreamDecoder(**options)
    for piece in (*pieces, None):
        if piece is None:
            decoder.close()
        else:
            decoder.feed(piece)
        while True:
            run = decoder.frames()
            yield run
            item = None if run[2] else next(iter(decoder), None)
            if item is not None:
                yield (decoder.offset, decoder.data, *tell(item))
            elif not run[2]:
                break


def _scanned(engine: Any, data: bytes, options: dict[str, Any]) -> Iterator[Told]:
    for view in engine.scan(data, **options):
        if isinstance(view, Gap):
            yield tell(view)
            continue
        values = [tell(view[number]) for number in options["registry"].dictionary if number in view]
        yield (view.offset, view.length, view.message, view.valid, view.name, view.data, repr(view), *values)


# -- smaller -------------------------------------------------------------------------------------


def minimise(data: bytes, differs: Callable[[bytes], bool], effort: int = 20_000) -> bytes:
    """The smallest bytes found for which `differs` still holds: pieces left out, then bytes zeroed."""
    size = len(data) // 2
    while size and effort > 0:
        position = 0
        while position < len(data) and effort > 0:
            shorter = data[:position] + data[position + size :]
            effort -= 1
            if differs(shorter):
                data = shorter
            else:
                position += size
        size //= 2
    for position in range(len(data)):
        plainer = data[:position] + b"\0" + data[position + 1 :]
        if data[position] and differs(plainer):
            data = plainer
    return data


def _refuse(difference: str | None, check: Check, data: bytes, labels: Sequence[str]) -> None:
    if difference is not None:
        small = minimise(data, lambda shorter: check(shorter) is not None)
        raise DivergenceError(check(small) or difference, small, data, labels)


# -- the run -------------------------------------------------------------------------------------


def run(
    count: int,
    seed: int,
    *,
    registry: Registry = TLIBRARY,
    corpus: Sequence[bytes] = (),
    seconds: float | None = None,
    progress: Callable[[int, Counter[str]], None] | None = None,
) -> Counter[str]:
    """Compare the engines over `count` mutated frames; gives how many of which outcome there were.

    Ends early after `seconds`. Raises DivergenceError.
    """
    rng = random.Random(seed)  # noqa: S311
    counts: Counter[str] = Counter()
    pool: list[bytes] = []
    began = time.monotonic()
    waiting: list[bytes] = []
    for number in range(count):
        if number % 1000 == 0:
            pool = [*corpus, *(random_frame(rng, registry) for _ in range(200))]
            if progress is not None and number:
                progress(number, counts)
            if seconds is not None and time.monotonic() - began > seconds:
                break
        data, labels = mutate(rng.choice(pool), rng, pool)
        limits = rng.choice(_LIMITS)
        difference = check_frame(data, registry, limits, counts)
        _refuse(difference, lambda data, limits=limits: check_frame(data, registry, limits), data, labels)  # type: ignore[misc]
        counts["frames"] += 1
        waiting += (data, rng.choice(pool)) if rng.random() < 0.3 else (data,)
        if len(waiting) >= _FRAMES_A_STREAM:
            stream = b"".join(waiting)
            waiting.clear()
            cuts = sorted(rng.randrange(len(stream) + 1) for _ in range(rng.choice((0, 1, 5, 40))))
            difference = check_stream(stream, cuts, registry, limits)
            _refuse(difference, lambda data, limits=limits, cuts=cuts: _any_cut(data, cuts, registry, limits), stream, ("stream",))  # type: ignore[misc]
            counts["streams"] += 1
    return counts


def _any_cut(data: bytes, cuts: Sequence[int], registry: Registry, limits: Limits) -> str | None:
    return check_stream(data, [cut for cut in cuts if cut <= len(data)], registry, limits)


def read_corpus(paths: Iterable[Path]) -> list[bytes]:
    """Frames out of files: ``.json`` test vectors (their ``wire``), streams of frames, single frames."""
    found: list[bytes] = []
    for path in sorted(file for given in paths for file in (given.rglob("*") if given.is_dir() else [given]) if file.is_file()):
        if path.suffix == ".json":
            vectors = json.loads(path.read_text(encoding="utf-8")).get("vectors", ())
            found += [bytes.fromhex("".join(vector["wire"])) for vector in vectors if "wire" in vector]
        elif path.suffix in (".tlb", ".bin"):
            decoder = StreamDecoder()
            decoder.feed(path.read_bytes())
            decoder.close()
            found += [decoder.data for _ in decoder]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: 0 where the engines agree, 1 where they differ, 2 where there is no native engine."""
    parser = argparse.ArgumentParser(prog="python -m tlib_fuzz.differential", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000, metavar="N", help="mutated frames (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="same seed, count and corpus: same run (default: 0)")
    parser.add_argument("--seconds", type=float, metavar="T", help="stop after this time")
    parser.add_argument(
        "--corpus", type=Path, nargs="*", default=[], metavar="PATH", help="files or directories: .tlb, .bin, .json vectors"
    )
    options = parser.parse_args(arguments)
    try:
        native()
    except ImportError:
        sys.stderr.write("the native engine is not built: install a C compiler and install tlib-codec again\n")
        return 2
    began = time.monotonic()

    def progress(number: int, counts: Counter[str]) -> None:
        if sys.stderr.isatty() or number % 50_000 == 0:
            rate = number / (time.monotonic() - began)
            end = "\r" if sys.stderr.isatty() else "\n"
            sys.stderr.write(f"{number:,} frames, {counts['streams']:,} streams, {rate:,.0f} a second{end}")
            sys.stderr.flush()

    try:
        corpus = read_corpus(options.corpus)
        counts = run(options.count, options.seed, corpus=corpus, seconds=options.seconds, progress=progress)
    except DivergenceError as found:
        sys.stdout.write(
            f"the engines differ, seed {options.seed}, mutations {', '.join(found.labels)}\n{found.difference}\n"
            f"smallest: {found.data.hex()}\nas found: {found.origin.hex()}\n"
        )
        return 1
    sys.stdout.write(f"no difference, seed {options.seed}\n")
    sys.stdout.writelines(f"{number:>12,} {what}\n" for what, number in counts.most_common())
    return 0


if __name__ == "__main__":
    sys.exit(main())
