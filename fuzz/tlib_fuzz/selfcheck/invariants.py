"""What holds of any bytes whatever, as one function a kind of input: frame, case, stream, JSON, log, capture.

Strategy: a promise takes bytes, uses the codec as a caller would and raises where something does
not hold: `BrokenPromiseError`, or the very exception that leaked. It says in a word what became of
the input. The coverage-guided targets, the campaign and the replay of the corpus all call these
functions, so what is promised stands in one place. `thorough` asks both engines and compares
everything that a caller can see; without it the engine that runs is asked alone, for volume.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Protocol

import msgspec

from tlib_codec import StreamDecoder, decode, encode, reference
from tlib_codec.formats import jsonl
from tlib_codec.formats.captures.decoder import CaptureDecoder
from tlib_codec.formats.captures.lanes import Lanes
from tlib_codec.formats.logs.reader import read_log
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap
from tlib_fuzz.cases.chooser import BytesChooser
from tlib_fuzz.cases.generate import case_of, chosen
from tlib_fuzz.cases.walker import walker_of
from tlib_schemas.errors import CODES, DecodeError, EncodeError, SchemaViolation, TLibError
from tlib_schemas.events import InvalidEvent, UnknownEvent
from tlib_schemas.tlibrary import TLIBRARY

from . import differential
from .agreement import disagreement, engines
from .heap import read_all


class BrokenPromiseError(AssertionError):
    """Something that is promised of any input does not hold of this one."""


class Promise(Protocol):
    """Checks one input; gives what became of it in a word, such as ``event`` or ``refused``."""

    def __call__(self, data: bytes, *, thorough: bool = False) -> str: ...


def _must(holds: bool, what: str) -> None:
    if not holds:
        raise BrokenPromiseError(what)


def _told(error: TLibError) -> str:
    """An error of ours has a code of the table and says what it has to say on one line."""
    text = str(error)
    _must(error.code in CODES and text.isprintable() and bool(text), f"an error is one line with a known code: {text!r}")
    return "refused"


def pieces(data: bytes) -> list[bytes]:
    """`data` cut at a few places that its bytes decide."""
    chance = zlib.crc32(data)
    cuts = sorted((chance >> shift) % (len(data) + 1) for shift in (0, 7, 13))
    return [data[a:b] for a, b in pairwise((0, *cuts, len(data)))]


# -- frames ---------------------------------------------------------------------------------------


def frame(data: bytes, *, thorough: bool = False) -> str:
    """One frame: decodes or raises a DecodeError, by both policies; what decoded encodes to the same bytes."""
    if thorough:
        difference = differential.check_frame(data)
        _must(difference is None, str(difference))
    try:
        item = decode(data, policy=Policy.LENIENT)
    except DecodeError as error:
        _refused_alike(data, error)
        return _told(error)
    read_all(item)
    _strict_agrees(data, item)
    again = encode(item, policy=Policy.LENIENT)
    _must(len(again) == len(data), "what decoded encodes to as many bytes")
    if again != data:  # not in ascending order of id
        item = decode(again, policy=Policy.LENIENT)
        _must(encode(item, policy=Policy.LENIENT) == again, "a canonical frame encodes to itself")
    return _kind(item)


def _refused_alike(data: bytes, error: DecodeError) -> None:
    try:
        decode(data)
    except DecodeError as strict:
        _must(strict == error, f"both policies refuse malformed bytes alike: {strict}, {error}")
    else:
        raise BrokenPromiseError("what the lenient policy refuses, the strict one does too")


def _strict_agrees(data: bytes, item: Any) -> None:
    try:
        strict = decode(data)
    except SchemaViolation as error:
        _must(isinstance(item, InvalidEvent) and item.violations == error.violations, "an InvalidEvent is what the strict policy refuses")
        _told(error)
    else:
        _must(type(strict) is type(item) and strict == item, "a valid event is the same by both policies")


def _kind(item: object) -> str:
    return "invalid" if isinstance(item, InvalidEvent) else "unknown" if isinstance(item, UnknownEvent) else "event"


# -- cases ----------------------------------------------------------------------------------------


def case(data: bytes, *, thorough: bool = False) -> str:
    """Choices, which bytes make as well as chance: of the case that they build, an engine says what its label says."""
    chooser = BytesChooser(data)
    entry = chooser.pick((None, *chosen(walker_of(TLIBRARY), None)[0]))
    made = case_of(entry, walker_of(TLIBRARY), chooser)
    for one in engines() if thorough else engines()[-1:]:
        difference = disagreement(made, one)
        _must(difference is None, f"{made.label}: {difference}")
    return "accepted" if made.accept else "refused"


# -- streams --------------------------------------------------------------------------------------


def stream(data: bytes, *, thorough: bool = False) -> str:
    """A stream: never raises, loses no byte, gives the same items whatever the chunks."""
    parts = pieces(data)
    if thorough:
        cuts = [sum(map(len, parts[: n + 1])) for n in range(len(parts) - 1)]
        difference = differential.check_stream(data, cuts)
        _must(difference is None, str(difference))
    whole = list(_decoded([data]))
    _must(b"".join(taken for _, taken, _ in whole) == data, "every byte is in one item")
    _must(whole == list(_decoded(parts)), "chunks and whole give the same items")
    return "frames" if any(not isinstance(item, Gap) for _, _, item in whole) else "gaps"


def _decoded(parts: Iterable[bytes]) -> Iterator[tuple[int, bytes, Any]]:
    decoder = StreamDecoder()
    for part in parts:
        decoder.feed(part)
        for item in decoder:
            yield decoder.offset, decoder.data, item
    decoder.close()
    for item in decoder:
        yield decoder.offset, decoder.data, item


# -- JSON -----------------------------------------------------------------------------------------


def json(data: bytes, *, thorough: bool = False) -> str:
    """A line of JSON: an item or a DecodeError; the item comes back from its line, and from its frame."""
    try:
        item = jsonl.loads(data, policy=Policy.LENIENT)
    except DecodeError as error:
        return _told(error)
    _from_line(item)
    if isinstance(item, Gap):
        return "gap"
    try:
        packed = encode(item)
    except (EncodeError, SchemaViolation) as error:
        _told(error)
        packed = None
    if thorough:
        expected = differential.outcome(lambda: reference.encode(item))
        _must(expected == differential.outcome(lambda: encode(item)), "the engines encode it alike")
    if packed is None:
        return "not to be encoded"
    _must(jsonl.dumps(decode(packed, policy=Policy.LENIENT)) == jsonl.dumps(item), "an item comes back from its frame")
    return _kind(item)


def _from_line(item: Any) -> None:
    line = jsonl.dumps(item)
    back = jsonl.loads(line, policy=Policy.LENIENT)
    _must(back == item and jsonl.dumps(back) == line, "an item comes back from its line")


# -- logs -----------------------------------------------------------------------------------------


def log(data: bytes, *, thorough: bool = False) -> str:
    """A log: never raises; chunks do not matter; every record has its line of JSON, and a frame or an EncodeError."""
    found = list(read_log([data]))
    _must(found == list(read_log(pieces(data))), "chunks and whole give the same records")
    for one in found:
        if not isinstance(one, LogRecord):
            _must(one.code in CODES and str(one).isprintable(), f"a problem is one line with a known code: {one}")
            continue
        _from_line(one.item)
        try:
            packed = encode(one.item, policy=Policy.LENIENT)
        except EncodeError as error:  # a message, or an attribute, whose number is not public
            _told(error)
            continue
        if thorough:
            _must(reference.encode(one.item, policy=Policy.LENIENT) == packed, "the engines encode it alike")
        _must(_placeless(decode(packed, policy=Policy.LENIENT)) == _placeless(one.item), "a record is what its frame decodes to")
    return "records" if any(isinstance(one, LogRecord) for one in found) else "no record"


def _placeless(item: Any) -> Any:
    """`item` without the offsets of its violations, which text has not."""
    if not isinstance(item, InvalidEvent):
        return item
    return InvalidEvent(item.message, item.attributes, tuple(msgspec.structs.replace(one, offset=None) for one in item.violations))


# -- captures -------------------------------------------------------------------------------------


def capture(data: bytes, *, thorough: bool = False) -> str:
    """A capture: never raises; chunks do not matter; every item has its line of JSON, every problem a known code."""
    found = list(_captured([data]))
    _must(found == list(_captured(pieces(data))), "chunks and whole give the same items")
    if thorough:
        _must(found == list(_captured([data], lanes=Lanes)), "the lanes in C and in Python give the same items")
    for one in found:
        if isinstance(one, Captured):
            jsonl.dumps(one.item)
        else:
            _must(one.code in CODES and str(one).isprintable(), f"a problem is one line with a known code: {one}")
    return "items" if any(isinstance(one, Captured) for one in found) else "no item"


def _captured(parts: Iterable[bytes], **options: Any) -> Iterator[Any]:
    decoder = CaptureDecoder(**options)
    for part in parts:
        decoder.feed(part)
        yield from decoder
    decoder.close()
    yield from decoder


PROMISES: dict[str, Promise] = {"frame": frame, "case": case, "stream": stream, "json": json, "log": log, "capture": capture}
