"""Both engines on the same bytes: every value and every error must be equal.

Strategy: a frame goes through `decode` strict and lenient, `encode` of the result, every look at its lists (`lists`), and the C core
alone; a stream through `StreamDecoder` in pieces and `scan`. An outcome becomes a tuple (`Outcome`) of everything that a caller can
see, and the two engines' tuples are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, TypeAlias

from tlib_codec import reference, views
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap, MalformedFrame, StreamDecoder
from tlib_schemas.errors import DecodeError, SchemaViolation, TLibError, Truncated
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import KVList

from .engines import native
from .lists import lists_difference, lists_of

Outcome: TypeAlias = tuple[Any, ...]

REFERENCE = SimpleNamespace(decode=reference.decode, encode=reference.encode, StreamDecoder=StreamDecoder, scan=views.scan)


def error_parts(error: TLibError) -> Outcome:
    """Return everything of an error that a caller can see."""
    more: Outcome = ()
    if isinstance(error, SchemaViolation):
        more = error.violations
    elif isinstance(error, Truncated):
        more = (error.needed, error.available)
    return (type(error), *error.detail().values(), more, str(error), repr(error))


def parts(value: Any) -> Outcome:
    """Return everything of a value that a caller can see: its type, itself, its repr."""
    if isinstance(value, MalformedFrame):
        return (MalformedFrame, value.offset, value.data, error_parts(value.error))
    # An engine may store a list in a subclass of its own: to a caller it is a KVList.
    return (KVList if isinstance(value, KVList) else type(value), value, repr(value))


def outcome(call: Callable[[], Any], seen: Callable[[Any], Outcome] = parts) -> Outcome:
    """Return the value or the TLibError of a call. Raises any other exception: no input may cause it."""
    try:
        value = call()
    except TLibError as error:
        return ("raised", *error_parts(error))
    return ("returned", *seen(value))


def _difference(subject: str, expected: Outcome, actual: Outcome) -> str | None:
    return None if expected == actual else f"{subject}\n  reference {expected!r}\n  native    {actual!r}"


def check_frame(data: bytes, registry: Registry = TLIBRARY, limits: Limits = DEFAULT_LIMITS) -> str | None:
    """Return how the engines differ over one frame, or None."""
    ours = native()
    options: dict[str, Any] = {"registry": registry, "limits": limits}
    for policy in (Policy.STRICT, Policy.LENIENT):
        expected = outcome(lambda policy=policy: reference.decode(data, policy=policy, **options))  # type: ignore[misc]
        fresh = outcome(lambda policy=policy: ours.decode(data, policy=policy, **options), lambda item: (item,))  # type: ignore[misc]
        if fresh[0] == "raised":
            difference = _difference(f"decode, {policy.value}", expected, fresh)
        else:
            unread = _encodings(ours, fresh[1], options)  # before anything reads the lists of the item
            difference = _difference(f"decode, {policy.value}", expected, ("returned", *parts(fresh[1])))
            if difference is None:
                encodings = _encodings(REFERENCE, expected[2], options)
                difference = _difference(f"encode of an unread item, {policy.value}", encodings, unread) or _difference(
                    f"encode of a read item, {policy.value}", encodings, _encodings(ours, fresh[1], options)
                )
        if difference is not None:
            return difference
    # lenient: every item that can be decoded
    if expected[0] == "returned":
        difference = lists_difference(lists_of(expected[2], registry), lists_of(fresh[1], registry))
    return difference or _core_difference(data, registry, limits)


def _encodings(engine: Any, item: Any, options: dict[str, Any]) -> Outcome:
    return tuple(outcome(lambda policy=policy: engine.encode(item, policy=policy, **options)) for policy in Policy)  # type: ignore[misc]


def _core_difference(data: bytes, registry: Registry, limits: Limits) -> str | None:
    """Compare the code and offset of the C core, before the reference engine words the error."""
    actual = native().core_error(data, registry=registry, limits=limits)
    expected = None
    try:
        registry.frame(limits).unpack(data)
    except DecodeError as error:
        expected = (error.code, error.offset)
    return None if actual is NotImplemented else _difference("the core's verdict", (expected,), (actual,))


def check_stream(data: bytes, cuts: Sequence[int], registry: Registry = TLIBRARY, limits: Limits = DEFAULT_LIMITS) -> str | None:
    """Return how the engines differ over a stream that arrives in pieces cut at `cuts`, or None."""
    options: dict[str, Any] = {"registry": registry, "limits": limits}
    pieces = [data[a:b] for a, b in zip((0, *cuts), (*cuts, len(data)), strict=True)]
    expected = _decoded(REFERENCE, pieces, options)
    whole = _decoded(REFERENCE, [data], options)
    return (
        _difference("StreamDecoder", tuple(expected), tuple(_decoded(native(), pieces, options)))
        or _difference("StreamDecoder.frames", tuple(_runs(REFERENCE, pieces, options)), tuple(_runs(native(), pieces, options)))
        or _difference("StreamDecoder: chunks and whole", tuple(one[:-1] for one in whole), tuple(one[:-1] for one in expected))
        or _difference("scan", tuple(_scanned(REFERENCE, data, options)), tuple(_scanned(native(), data, options)))
    )


def _decoded(engine: Any, pieces: Iterable[bytes], options: dict[str, Any]) -> list[Outcome]:
    decoder = engine.StreamDecoder(**options)
    outcomes = []
    for number, piece in enumerate(pieces):
        decoder.feed(piece)
        outcomes += [(decoder.offset, decoder.data, *parts(item), number) for item in decoder]
    decoder.close()
    return outcomes + [(decoder.offset, decoder.data, *parts(item), -1) for item in decoder]


def _runs(engine: Any, pieces: Iterable[bytes], options: dict[str, Any]) -> Iterator[Outcome]:
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
                yield (decoder.offset, decoder.data, *parts(item))
            elif not run[2]:
                break


def _scanned(engine: Any, data: bytes, options: dict[str, Any]) -> Iterator[Outcome]:
    for view in engine.scan(data, **options):
        if isinstance(view, Gap):
            yield parts(view)
            continue
        values = [parts(view[number]) for number in options["registry"].dictionary if number in view]
        yield (view.offset, view.length, view.message, view.valid, view.name, view.data, repr(view), *values)
