"""Invariants: properties of any bytes, one function for each kind of input: frame, case, stream, JSON, log, capture.

Strategy: an invariant takes bytes, uses the codec as a caller does, and raises where a property does not hold:
`BrokenInvariantError`, or the exception that the codec leaked. It returns a word for the outcome. The coverage-guided
targets, the campaign and the replay of the corpus all call these functions, so each property is stated once. `thorough`
compares both engines in everything that a caller can see; without it the running engine alone is checked, for volume.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final, Protocol

import msgspec

from tlib_codec import StreamDecoder, decode, encode, reference
from tlib_codec.formats import jsonl
from tlib_codec.formats.captures.decoder import CaptureDecoder
from tlib_codec.formats.captures.lanes import Lanes
from tlib_codec.formats.logs.context import messages_with_server
from tlib_codec.formats.logs.reader import read_log
from tlib_codec.native import extension
from tlib_codec.records import Batch, Diagnostic, Entry, Record
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap
from tlib_fuzz.cases.chooser import BytesChooser
from tlib_fuzz.cases.generate import case_of, chosen
from tlib_fuzz.cases.walker import walker_of
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.errors import CODES, DecodeError, EncodeError, SchemaViolation, TLibError
from tlib_schemas.events import InvalidEvent, UnknownEvent
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.tlibrary import TLIBRARY

from . import csv_rows, differential, json_in, json_lines, logs
from .agreement import disagreement
from .engines import engines
from .frames import random_frames
from .heap import read_all

_LIMITS = (DEFAULT_LIMITS,) * 6 + (
    Limits(frame_body=64),
    Limits(list_depth=1),
    Limits(list_depth=2, list_pairs=2),
    Limits(list_depth=200, list_pairs=1),
)


_SAMPLE: Final = 8  # one frame in eight goes through the writers, which cost more than the decoder


class BrokenInvariantError(AssertionError):
    """An invariant does not hold for an input."""


class Invariant(Protocol):
    """Checks one input and returns its outcome in a word, such as ``event`` or ``refused``."""

    def __call__(self, data: bytes, *, thorough: bool = False) -> str: ...


def _require(holds: bool, invariant: str) -> None:
    if not holds:
        raise BrokenInvariantError(invariant)


def _same(difference: str | None) -> None:
    if difference is not None:
        raise BrokenInvariantError(difference)


def _refused(error: TLibError) -> str:
    """Require that an error has a known code and one printable line."""
    text = str(error)
    _require(error.code in CODES and text.isprintable() and bool(text), f"an error is one line with a known code: {text!r}")
    return "refused"


def limits_of(data: bytes) -> Limits:
    """Return limits, usually the default ones, that the bytes of an input choose."""
    return _LIMITS[zlib.crc32(data) % len(_LIMITS)]


def cuts_of(data: bytes) -> list[int]:
    """Return places to cut `data`, that its bytes choose: none, one, three or many."""
    chance = zlib.crc32(data)
    count = (0, 1, 3, 40)[chance & 3]
    return sorted((chance * (2 * n + 1) >> 7) % (len(data) + 1) for n in range(count))


def pieces(data: bytes) -> list[bytes]:
    """Return `data` cut at the places of `cuts_of`."""
    return [data[a:b] for a, b in pairwise((0, *cuts_of(data), len(data)))]


# -- frames ---------------------------------------------------------------------------------------


def frame(data: bytes, *, thorough: bool = False) -> str:
    """Decode one frame or raise a DecodeError, under both policies; the item encodes to the same bytes."""
    if thorough:
        _same(differential.check_frame(data, limits=limits_of(data)))
        if zlib.crc32(data) % _SAMPLE == 0:
            _written_alike(data)
    try:
        item = decode(data, policy=Policy.LENIENT)
    except DecodeError as error:
        _strict_refuses(data, error)
        return _refused(error)
    read_all(item)
    _strict_agrees(data, item)
    again = encode(item, policy=Policy.LENIENT)
    _require(len(again) == len(data), "an item encodes to as many bytes as its frame has")
    if again != data:  # not in ascending order of id
        item = decode(again, policy=Policy.LENIENT)
        _require(encode(item, policy=Policy.LENIENT) == again, "a canonical frame encodes to itself")
    return _kind(item)


def _written_alike(data: bytes) -> None:
    """Require that the writers in C and in Python give the same JSON line and the same row of CSV."""
    run = random_frames(random.Random(zlib.crc32(data)), [data])  # noqa: S311 repeatable
    _same(json_lines.disagreement(run, TLIBRARY, limits_of(data)))
    _same(csv_rows.disagreement(run, TLIBRARY, limits_of(data)))


def _strict_refuses(data: bytes, error: DecodeError) -> None:
    try:
        decode(data)
    except DecodeError as strict:
        _require(strict == error, f"both policies refuse malformed bytes with the same error: {strict}, {error}")
    else:
        raise BrokenInvariantError("the strict policy refuses malformed bytes that the lenient policy refuses")


def _strict_agrees(data: bytes, item: Any) -> None:
    try:
        strict = decode(data)
    except SchemaViolation as error:
        invalid = isinstance(item, InvalidEvent) and item.violations == error.violations
        _require(invalid, "an InvalidEvent is exactly a frame that the strict policy refuses")
        _refused(error)
    else:
        _require(type(strict) is type(item) and strict == item, "a valid event is the same under both policies")


def _kind(item: object) -> str:
    return "invalid" if isinstance(item, InvalidEvent) else "unknown" if isinstance(item, UnknownEvent) else "event"


# -- cases ----------------------------------------------------------------------------------------


def case(data: bytes, *, thorough: bool = False) -> str:
    """Build the case that bytes choose; an engine gives the answer of its label."""
    chooser = BytesChooser(data)
    entry = chooser.pick((None, *chosen(walker_of(TLIBRARY), None)[0]))
    built = case_of(entry, walker_of(TLIBRARY), chooser)
    for engine in engines() if thorough else engines()[-1:]:
        difference = disagreement(built, engine)
        _same(None if difference is None else f"{built.label}: {difference}")
    return "accepted" if built.accept else "refused"


# -- streams --------------------------------------------------------------------------------------


def stream(data: bytes, *, thorough: bool = False) -> str:
    """Decode a stream without an exception or a lost byte; chunks do not change its items."""
    if thorough:
        _same(differential.check_stream(data, cuts_of(data), limits=limits_of(data)))
    whole = list(_decoded([data]))
    _require(b"".join(part for _, part, _ in whole) == data, "every byte is in one item")
    _require(whole == list(_decoded(pieces(data))), "chunks and whole give the same items")
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
    """Read a line of JSON as an item or raise a DecodeError; the item survives its line and its frame."""
    if thorough and extension("text") is not None:
        _same(json_in.difference(data))
    try:
        item = jsonl.loads(data, policy=Policy.LENIENT)
    except DecodeError as error:
        return _refused(error)
    _survives_its_line(item)
    if isinstance(item, Gap):
        return "gap"
    try:
        packed = encode(item)
    except (EncodeError, SchemaViolation) as error:
        _refused(error)
        packed = None
    if thorough:
        expected = differential.outcome(lambda: reference.encode(item))
        _require(expected == differential.outcome(lambda: encode(item)), "both engines give the same encoding")
    if packed is None:
        return "not encodable"
    _require(jsonl.dumps(decode(packed, policy=Policy.LENIENT)) == jsonl.dumps(item), "an item survives its frame")
    return _kind(item)


def _survives_its_line(item: Any, source: Mapping[str, Any] | None = None) -> None:
    line = jsonl.dumps(item, source=source)
    back = jsonl.loads(line, policy=Policy.LENIENT)
    _require(back == item and jsonl.dumps(back, source=source) == line, "an item survives its line")


# -- logs and captures ----------------------------------------------------------------------------


def _records(entries: list[Entry]) -> list[Record]:
    """Return the records of a file; require that every diagnostic is one line with a known code."""
    for one in entries:
        if isinstance(one, Diagnostic):
            _require(one.code in CODES and str(one).isprintable(), f"a diagnostic is one line with a known code: {one}")
    return [one for one in entries if isinstance(one, Record)]


def log(data: bytes, *, thorough: bool = False) -> str:
    """Read a log without an exception; chunks do not change it; every record survives its line, and its frame or EncodeError."""
    entries = list(read_log([data]))
    _require(entries == list(read_log(pieces(data))), "chunks and whole give the same records")
    if thorough:
        _same(logs.difference(logs.Case(data, cuts_of(data))))
    records = _records(entries)
    for record in records:
        assert not isinstance(record.item, Gap)
        _survives_its_line(record.item, {"line": 1})
        try:
            packed = encode(record.item, policy=Policy.LENIENT)
        except EncodeError as error:  # a message or an attribute whose number is not public
            _refused(error)
            continue
        if thorough:
            _require(reference.encode(record.item, policy=Policy.LENIENT) == packed, "both engines give the same encoding")
        message, values = TLIBRARY.lay_out(record.item)
        if message in messages_with_server(TLIBRARY) and AttributeID.Server not in values:
            continue  # it lacks what the receiving client sets, which a log does not print and a frame has to have
        _require(_unplaced(decode(packed, policy=Policy.LENIENT)) == _unplaced(record.item), "a record survives its frame")
    return "records" if records else "no record"


def _unplaced(item: Any) -> Any:
    """Return `item` without the offsets of its violations, which text does not have."""
    if not isinstance(item, InvalidEvent):
        return item
    return InvalidEvent(item.message, item.attributes, tuple(msgspec.structs.replace(one, offset=None) for one in item.violations))


def capture(data: bytes, *, thorough: bool = False) -> str:
    """Read a capture without an exception; chunks do not change the items of a stream; every item has a line of JSON."""
    entries = list(_captured([data]))
    _require(_by_stream(entries) == _by_stream(_captured(pieces(data))), "chunks and whole give the same items")
    if thorough:
        _require(entries == list(_captured([data], lanes=Lanes)), "the lanes in C and in Python give the same items")
    records = _records(entries)
    for record in records:
        jsonl.dumps(record.item)
    return "items" if records else "no item"


def _by_stream(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries, those of one stream together.

    Items stand in the order of packets within what is read at once. A later packet of its stream may decide that bytes are no whole frame,
    and between both packets another stream may complete an item: the order between streams depends on the chunks.
    """
    return sorted(entries, key=lambda one: (isinstance(one, Diagnostic), str(one.origin.connection), one.origin.direction))


def _captured(parts: Iterable[bytes], **options: Any) -> Iterator[Entry]:
    decoder = CaptureDecoder(**options)
    for part in parts:
        decoder.feed(part)
        yield from Batch(decoder.items())
    decoder.close()
    yield from Batch(decoder.items())


INVARIANTS: Final[dict[str, Invariant]] = {
    "frame": frame,
    "case": case,
    "stream": stream,
    "json": json,
    "log": log,
    "capture": capture,
}
