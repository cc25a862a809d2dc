"""Items out of any input, each with where it stood.

Strategy: one generator a form, all giving the same two things: `Found`, an item of the stream, and
`Problem`, what could not be read as one. Nothing is kept beyond the item at hand, so memory does
not grow with the input.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from tlib_codec.engine import StreamDecoder
from tlib_codec.formats import jsonl
from tlib_codec.formats.hexdump import HexError, HexText
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap, MalformedFrame, Missing, StreamItem
from tlib_schemas.errors import DecodeError, Malformed, Severity
from tlib_schemas.events import InvalidEvent
from tlib_schemas.registry import Registry

from .options import Unusable
from .source import Source

_CHUNK = 1 << 20
_LINE = 64 << 20  # the longest line of JSON: the largest frame fits, written in base64


class Found(msgspec.Struct, frozen=True):
    """An item; `source` is what becomes ``$source``, `place` what a report begins with.

    `data` are the frame's bytes at `offset`, where the input has frames; `unnumbered` are a log's
    attributes whose number is not public.
    """

    item: StreamItem
    place: str
    source: Mapping[str, Any]
    data: bytes | None = None
    offset: int | None = None
    unnumbered: Mapping[str, str] = {}

    @property
    def sound(self) -> bool:
        """Whether it is a valid event, or a well-formed message that no table describes."""
        return not isinstance(self.item, InvalidEvent | Gap)

    def complaint(self) -> str:
        """The one line that says what is wrong with it."""
        item = self.item
        if isinstance(item, MalformedFrame):
            return f"{self.place}: {item.error}"
        if isinstance(item, Missing):
            return f"{self.place}: {item.length} bytes of the stream from byte {item.offset} on are not in the capture [gap]"
        if isinstance(item, Gap):
            return f"{self.place}: {len(item.data)} bytes from byte {item.offset} on belong to no frame [gap]"
        assert isinstance(item, InvalidEvent)
        return f"{self.place}: " + "; ".join(str(v) for v in item.violations if v.severity is Severity.ERROR)


class Problem(msgspec.Struct, frozen=True):
    """Part of a text that is no item: as one of the table of codes, and as a line of JSON."""

    code: str
    place: str
    source: Mapping[str, Any]
    expected: str
    actual: str
    path: str = ""

    def complaint(self) -> str:
        """The one line that says what is wrong."""
        where = f"{self.place}: {self.path}".rstrip(": ")
        return f"{where}: expected {self.expected}, found {self.actual} [{self.code}]"

    def as_item(self) -> MalformedFrame:
        """As a malformed frame of no bytes, which JSON has a form for."""
        error = Malformed(self.code, expected=self.expected, actual=self.actual, parts=(self.path,))
        return MalformedFrame(self.source.get("offset", 0), b"", error)


Entry = Found | Problem


def entries(
    path: str | Source,
    form: str,
    registry: Registry,
    *,
    server: int | None = None,
    forms: tuple[str, ...] = (),
    moved: Callable[[int], None] | None = None,
    opened: Callable[[Source], None] | None = None,
    ports: tuple[int, ...] = (),
    hosts: tuple[str, ...] = (),
    follow: bool = False,
) -> Iterator[Entry]:
    """Everything in `path`, whose form is `form` or, with ``auto``, found out.

    `forms` are those that the command can use; `ports` and `hosts` choose connections of a capture; `follow` waits
    for more at the end. Raises Unusable where nothing can be read.
    """
    with Source(path, moved, follow=follow) if isinstance(path, str) else path as source:
        if opened is not None and isinstance(path, str):
            opened(source)
        found = source.form() if form == "auto" else form
        if found is None:
            raise Unusable(f"{source.name}: empty")
        if forms and found not in forms:
            hint = "; make frames of it first: tlib encode" if found == "jsonl" else "; make frames of it first: tlib decode -o FILE.tlb"
            raise Unusable(f"{source.name}: {found}, where {' or '.join(forms)} is expected{hint}")
        match found:
            case "frames":
                yield from _frames(source, registry)
            case "hex":
                yield from _hex(source, registry)
            case "jsonl":
                yield from _jsonl(source, registry)
            case "capture":
                yield from _capture(source, registry, ports, hosts)
            case _:
                yield from _log(source, registry, server)


def _frames(source: Source, registry: Registry) -> Iterator[Found]:
    decoder = StreamDecoder(registry=registry)
    name = source.name
    more = True
    while more:
        chunk = source.read(_CHUNK)
        if chunk:
            decoder.feed(chunk)
        else:
            decoder.close()
            more = False
        for item in decoder:
            offset = decoder.offset
            yield Found(item, name, {"file": name, "offset": offset}, decoder.data, offset)


def _capture(source: Source, registry: Registry, ports: tuple[int, ...], hosts: tuple[str, ...]) -> Iterator[Entry]:
    from tlib_codec.formats.captures import CaptureDecoder, read_items  # noqa: PLC0415 only captures need it

    for found in read_items(CaptureDecoder(registry=registry, ports=ports, hosts=hosts), source):
        yield captured(found, source.name)


def captured(found: Any, name: str) -> Entry:
    """An item of the capture `name`."""
    from tlib_codec.formats.captures import Captured, origin  # noqa: PLC0415

    where = origin(found, name)
    place = name if found.packet is None else f"{name}: packet {found.packet}"
    if isinstance(found, Captured):
        return Found(found.item, place, where, found.data, found.offset)
    return Problem(found.code, f"{place} at byte {found.offset}", where, found.expected, found.actual)


def _hex(source: Source, registry: Registry) -> Iterator[Entry]:
    decoder = StreamDecoder(registry=registry)
    reader = HexText()
    name = source.name
    starts: deque[tuple[int, int]] = deque()  # where the lines not yet decoded begin: byte, line
    fed = 0

    def decoded() -> Iterator[Found]:
        for item in decoder:
            offset = decoder.offset
            while len(starts) > 1 and starts[1][0] <= offset:
                starts.popleft()
            line = starts[0][1]
            yield Found(item, f"{name}:{line}", {"file": name, "line": line, "offset": offset}, decoder.data, offset)

    number = 1
    for number, text in _pieces(source):
        try:
            data = reader.line(text)
        except HexError as error:
            yield _hex_problem(error, name, number)
            data = error.data
        if data:
            starts.append((fed, number))
            fed += len(data)
            decoder.feed(data)
            yield from decoded()
    decoder.close()
    yield from decoded()
    try:
        reader.close()
    except HexError as error:
        yield _hex_problem(error, name, number)


def _hex_problem(error: HexError, name: str, line: int) -> Problem:
    return Problem(error.code, f"{name}:{line}", {"file": name, "line": line}, error.expected, error.actual)


def _pieces(source: Source) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; a line longer than a chunk comes in pieces that cut no word."""
    file = io.BufferedReader(source, _CHUNK)
    number = 1
    held = b""
    while piece := file.readline(_CHUNK):
        ended = piece.endswith(b"\n")
        text = held + piece
        cut = len(text)
        if not ended and len(piece) == _CHUNK:
            # without a space anywhere, anywhere will do: digits, of which an odd one is kept
            cut = max(text.rfind(b" "), text.rfind(b",")) + 1 or len(text) - 1
        held = text[cut:]
        yield number, text[:cut].decode("utf-8", "replace")
        number += ended
    if held:
        yield number, held.decode("utf-8", "replace")


def _jsonl(source: Source, registry: Registry) -> Iterator[Entry]:
    file = io.BufferedReader(source, _CHUNK)
    name = source.name
    number = 0
    while line := file.readline(_LINE + 1):
        number += 1
        place, where = f"{name}:{number}", {"file": name, "line": number}
        if len(line) > _LINE:
            while line and not line.endswith(b"\n"):
                line = file.readline(_CHUNK)
            yield Problem("json-form", place, where, f"a line of at most {_LINE} bytes", "a longer one")
            continue
        line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not line.strip():
            continue
        try:
            item = jsonl.loads(line, registry=registry, policy=Policy.LENIENT)
        except DecodeError as error:
            yield Problem(error.code, place, where, error.expected, error.actual, error.path)
            continue
        kept = msgspec.json.decode(line) if b'"$' in line else {}
        origin, unnumbered = kept.get("$source"), kept.get("$unnumbered")
        yield Found(
            item,
            place,
            origin if isinstance(origin, dict) else where,  # where the event first came from
            unnumbered=unnumbered if isinstance(unnumbered, dict) else {},
        )


def _log(source: Source, registry: Registry, server: int | None) -> Iterator[Entry]:
    from tlib_codec.formats.logs import LogProblem, read_log  # noqa: PLC0415 only logs need it

    name = source.name

    def problem(told: LogProblem) -> Problem:
        return Problem(
            told.code, f"{name}:{told.line}", {"file": name, "line": told.line, "offset": told.offset}, told.expected, told.actual
        )

    for record in read_log(source, registry=registry, name=name, form=source.log, server=server):
        if isinstance(record, LogProblem):
            yield problem(record)
            continue
        where: dict[str, Any] = {"file": name, "line": record.line, "offset": record.offset}
        if record.time is not None:
            where["time"] = record.time.isoformat()
        where.update((key, value) for key in ("direction", "peer", "version", "text") if (value := getattr(record, key)))
        yield Found(record.item, f"{name}:{record.line}", where, unnumbered=record.unnumbered)
        for told in record.problems:
            yield problem(told)
