"""Records, their origins, diagnostics, and the batches in which all three travel from a reader to a writer.

Strategy: a reader yields batches, a writer takes them. A batch is a sequence of parts in the order of the input: `Frames`
(frames back to back in one buffer, an index, origins in columns), and between them single records and diagnostics.
A step in C reads and makes `Frames` without an object an event; a Python step iterates a batch and gets the same
content as `Record`s, of which each is decoded when it is reached. Times are integers and become text when an origin
is printed.
"""

from __future__ import annotations

import datetime as dt
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise, repeat
from typing import Any, Final, Literal, TypeAlias

import msgspec

from tlib_schemas.errors import CODES, DecodeError, Malformed, Severity
from tlib_schemas.events import InvalidEvent
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from . import native
from .access import own_time
from .engine import StreamDecoder, decode
from .json_text import text_from_data, text_to_data
from .reference import Policy
from .stream import Gap, MalformedFrame, Missing, StreamItem

_batches = native.extension("batches")

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_ISO_LENGTH: Final = len("2026-03-14T23:39:12.141000")
_SECOND: Final = 1_000_000_000


class Flow(msgspec.Struct, frozen=True, gc=False):
    """One direction of a connection: in a capture by addresses, in a log as the log names the other side.

    `src` and `dst` are ``address:port``, `direction` is ``to-server`` or ``to-client``; `connection` counts the TCP connections of a
    capture from 0, as Wireshark's tcp.stream does. The server is the side that did not send the SYN; where the capture has no SYN, the
    side with the lower port. In a log, `direction` is ``received`` or ``sent``; `peer` and `version` are those of `Origin`.
    """

    connection: int | str | None = None
    src: str = ""
    dst: str = ""
    direction: str = ""
    peer: str = ""
    version: str = ""


class Origin(msgspec.Struct, frozen=True, gc=False):
    """The place and time of a record in its input; a field that the input does not know is None or empty.

    `offset` counts bytes: of the file, of the bytes that hex text stands for, or of a connection's stream in a capture.
    `line` and `packet` count from 1. `time` is the record's instant, in nanoseconds since 1970 UTC: in a capture by its clock, else the
    event's own, else by the stamp of a log whose zone is known. `local_time` is a log's stamp, in the same unit on the log's own
    clock; `time_of_day` is a stamp whose date is not known, in nanoseconds since midnight. `src`, `dst` and `connection` are those
    of `Flow`; `direction` is ``to-server`` or ``to-client`` (capture), ``received`` or ``sent`` (log, as the program that writes the
    log sees it). `peer`, `version` and `text` are a log's: the other side as printed, the T-Server's version, the explanation
    before an error's attributes.
    `other` keeps the members of a JSON ``$source`` that none of these fields holds.
    """

    file: str = ""
    line: int | None = None
    packet: int | None = None
    offset: int | None = None
    time: int | None = None
    local_time: int | None = None
    src: str = ""
    dst: str = ""
    connection: int | str | None = None
    direction: str = ""
    peer: str = ""
    version: str = ""
    text: str = ""
    time_of_day: int | None = None
    other: Mapping[str, Any] | None = None

    @property
    def place(self) -> str:
        """Return the file with the line or packet, such as ``server.log:17`` and ``trunk.pcapng: packet 4``."""
        if self.line is not None:
            return f"{self.file}:{self.line}" if self.file else f"line {self.line}"
        if self.packet is not None:
            return f"{self.file}: packet {self.packet}".removeprefix(": ")
        return self.file or "record"

    def to_data(self) -> dict[str, Any]:
        """Return the known fields as JSON's ``$source`` has them; its ``time`` is a log's stamp as ISO 8601. The instant is ``$time``."""
        data: dict[str, Any] = {}
        for name in _BEFORE_TIME:
            if (value := getattr(self, name)) not in _UNKNOWN:
                data[name] = text_to_data(value) if isinstance(value, str) else value
        if self.local_time is not None:
            data["time"] = iso(self.local_time)
        elif self.time_of_day is not None:
            data["time"] = iso(self.time_of_day)[_DATE_LENGTH:]
        for name in _AFTER_TIME:
            if (value := getattr(self, name)) not in _UNKNOWN:
                data[name] = text_to_data(value) if isinstance(value, str) else value
        if self.other:
            data.update(self.other)
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Origin:
        """Return the origin that `to_data` prints as `data`; members of another type or name stay in `other`.

        A ``time`` with a zone is the record's instant.
        """
        known: dict[str, Any] = {}
        other: dict[str, Any] = {}
        for name, value in data.items():
            if name == "time" and isinstance(value, str) and (parsed := parse_time(value)) is not None:
                clock, at = parsed
                known[clock] = at
                if not _prints(clock, at, value):
                    other[name] = value  # printed in another way: it comes out as it came in
            elif name in _TYPES and str in _TYPES[name] and (text := text_from_data(value)):
                known[name] = text
            elif name in _TYPES and type(value) in _TYPES[name] and value not in _UNKNOWN:
                known[name] = value
            else:
                other[name] = value
        return cls(**known, other=other or None)


def _prints(clock: str, at: int, text: str) -> bool:
    """Return whether `to_data` prints a time of that field as `text`."""
    printed = iso(at)[_DATE_LENGTH:] if clock == "time_of_day" else iso(at)
    return clock != "time" and printed == text


_DATE_LENGTH: Final = len("2026-03-14T")
_BEFORE_TIME: Final = ("file", "line", "packet", "offset")
_AFTER_TIME: Final = ("src", "dst", "connection", "direction", "peer", "version", "text")
_UNKNOWN: Final = (None, "")
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    **dict.fromkeys(("file", "src", "dst", "direction", "peer", "version", "text"), (str,)),
    **dict.fromkeys(("line", "packet", "offset"), (int,)),
    "connection": (int, str),
}


def iso(time: int) -> str:
    """Return nanoseconds since 1970 as ISO 8601 without a zone: six decimals, or nine where there are nanoseconds.

    A time beyond the calendar (a damaged stamp) comes as seconds with six decimals.
    """
    seconds, nanos = divmod(time, _SECOND)
    try:
        text = _second_text(seconds)
    except OverflowError:
        return f"{time / _SECOND:.6f}"
    micros, nanos = divmod(nanos, 1000)
    return f"{text}.{micros:06d}{nanos:03d}" if nanos else f"{text}.{micros:06d}"


@lru_cache(maxsize=256)
def _second_text(seconds: int) -> str:
    return (_EPOCH + dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def nanoseconds(moment: dt.datetime) -> int:
    """Return a time as nanoseconds since 1970, of UTC where it has a zone, else of its own clock."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
    return (aware - _EPOCH) // dt.timedelta(microseconds=1) * 1000


def parse_time(text: str) -> tuple[str, int] | None:
    """Return the field of `Origin` that ISO 8601 text fills, and its nanoseconds; None for other text.

    The field is ``time`` where the text has a zone, ``time_of_day`` where it has no date, else ``local_time``.
    """
    daily = text[2:3] == ":"
    try:
        moment = dt.datetime.fromisoformat(f"1970-01-01T{text}" if daily else text)
        at = nanoseconds(moment)
    except (ValueError, OverflowError):  # OverflowError: the year 1 or 9999, and a zone that leads beyond it
        return None
    if daily:
        return ("time_of_day", at) if moment.tzinfo is None else None
    digits = text[_ISO_LENGTH : _ISO_LENGTH + 3]
    if len(digits) == 3 and digits.isdecimal():
        at += int(digits)
    return ("local_time" if moment.tzinfo is None else "time"), at


class Record(msgspec.Struct, frozen=True):
    """One item of an input and where it comes from.

    `item` is an event, `InvalidEvent`, `UnknownEvent`, `Gap`, `Missing` or `MalformedFrame`. `frame` are its bytes where the
    input has frames, at `origin.offset`. `unnumbered` are a log's attributes whose number is not public, as printed.
    """

    item: StreamItem
    frame: bytes | None = None
    origin: Origin = Origin()
    unnumbered: Mapping[str, str] = {}

    @property
    def valid(self) -> bool:
        """Return whether the item is a valid event, or a well-formed message without a table."""
        return not isinstance(self.item, InvalidEvent | Gap)

    def complaint(self) -> str:
        """Return the one-line report about an invalid record."""
        item, place = self.item, self.origin.place
        if isinstance(item, MalformedFrame):
            return f"{place}: {item.error}"
        if isinstance(item, Missing):
            return f"{place}: {item.length} bytes of the stream from byte {item.offset} on are not in the capture [gap]"
        if isinstance(item, Gap):
            return f"{place}: {len(item.data)} bytes from byte {item.offset} on belong to no frame [gap]"
        assert isinstance(item, InvalidEvent), "a valid item gives no reason to complain"
        return f"{place}: {errors_of(item)}"


class Diagnostic(msgspec.Struct, frozen=True, gc=False):
    """A part of an input that is no record, or a record that an output cannot hold.

    `code` is a key of `CODES`, `path` the place in an event, as in ``UserData["Key"]``; `outcome` says what becomes of the record,
    as in ``not written``. WARNING leaves the exit status as it is.
    """

    code: str
    origin: Origin
    expected: str
    actual: str
    path: str = ""
    outcome: str = ""
    severity: Severity = Severity.ERROR

    @property
    def advice(self) -> str:
        """Return the advice of the table of codes."""
        return CODES[self.code].advice

    def complaint(self) -> str:
        """Return the one-line report: place, expectation and finding."""
        place = self.origin.place
        if self.origin.line is None and self.origin.offset is not None:
            place += f" at byte {self.origin.offset}"
        where = ": ".join(filter(None, (place, self.outcome, self.path)))
        return f"{where}: expected {self.expected}, found {self.actual} [{self.code}]"

    def as_item(self) -> MalformedFrame:
        """Return it as a malformed frame of no bytes, for which JSON and columns have a form."""
        error = Malformed(self.code, expected=self.expected, actual=self.actual, parts=(self.path,) if self.path else ())
        return MalformedFrame(self.origin.offset or 0, b"", error)

    __str__ = complaint


def errors_of(item: InvalidEvent) -> str:
    """Return the errors of an invalid event on one line."""
    return "; ".join(str(one) for one in item.violations if one.severity is Severity.ERROR)


Entry: TypeAlias = Record | Diagnostic


def is_damage(entry: Entry) -> bool:
    """Return whether an entry is no event: a diagnostic, a gap or a malformed frame."""
    return isinstance(entry, Diagnostic) or isinstance(entry.item, Gap)


_BATCH: Final = 4096  # single entries in a batch
NO_TIME: Final = -(1 << 63)
NO_FLOW: Final = (1 << 32) - 1
_COLUMNS: Final = {"lines": "Q", "packets": "Q", "offsets": "Q", "times": "q", "local_times": "q", "times_of_day": "q"}
"""The columns of `Frames` and the types of their numbers, in the order of the fields of `Origin`."""


class Frames(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whole frames back to back in one buffer, an index of them, and their origins in columns.

    A frame has a good header and its attribute headers end with it; its values are not checked yet. `bounds` has the place in
    `data` where each frame begins, and the end of the last one: unsigned 64-bit numbers as the machine has them. The columns
    have a number a frame: `offsets`, `lines` and `packets` unsigned 64 bits, `times` and `local_times` signed 64 bits
    (`NO_TIME`: unknown), `flows` unsigned 32-bit places in `flow_table` (`NO_FLOW`: none). None: not known for any frame.

    `encoded` frames were made by the reader of an input without frames: records of them have no frame, and violations no offsets.
    `printed` frames hold the events of a log, which are always encoded; an attribute that only the receiving client sets is not missing
    in them. `notes` is the text beside the attributes of a log, in UTF-8 (other bytes as they are in the log): for each
    frame a run of entries from ``note_bounds[i]`` to ``note_bounds[i + 1]`` (unsigned 64 bits). An entry is a length of 32 bits, a name,
    a length of 32 bits and a value, lengths as the machine has them: an attribute without a public number as it is printed, or, with an
    empty name, `Origin.text`.
    """

    data: bytes
    bounds: bytes
    offsets: bytes | None = None
    file: str = ""
    lines: bytes | None = None
    packets: bytes | None = None
    times: bytes | None = None
    local_times: bytes | None = None
    times_of_day: bytes | None = None
    flows: bytes | None = None
    flow_table: Sequence[Flow] = ()
    encoded: bool = False
    printed: bool = False
    notes: bytes = b""
    note_bounds: bytes | None = None

    def __len__(self) -> int:
        return len(self.bounds) // 8 - 1

    @property
    def made(self) -> bool:
        """Return whether the reader made the frames; else they are bytes of the input."""
        return self.encoded or self.printed

    def records(self, registry: Registry, limits: Limits = DEFAULT_LIMITS) -> Iterator[Record]:
        """Yield each frame decoded leniently, with its origin; where the column of times has none, the time is the event's own."""
        data, made = self.data, self.made
        own = own_time(registry)
        rows = zip(pairwise(memoryview(self.bounds).cast("Q")), self.origins(), self._unnumbered(), strict=True)
        for (start, end), origin, unnumbered in rows:
            frame = data[start:end]
            try:
                item: StreamItem = decode(frame, registry=registry, policy=Policy.LENIENT, limits=limits)
                if type(item) is InvalidEvent:
                    item = self._judged(item, registry) if made else shifted(item, origin.offset or 0)
            except DecodeError as error:
                item = MalformedFrame(origin.offset or 0, frame, error.shift(origin.offset or 0))
            if origin.time is None and (time := own(item)) is not None:
                origin = msgspec.structs.replace(origin, time=time)  # noqa: PLW2901 the same origin, completed
            yield Record(item, None if made else frame, origin, unnumbered)

    def _judged(self, item: InvalidEvent, registry: Registry) -> StreamItem:
        """Return the item that the reader encoded, judged without its frame."""
        message, values = registry.lay_out(item)
        return registry.assemble(message, values, printed=self.printed)

    def origins(self) -> Iterator[Origin]:
        """Yield the origin of each frame."""
        count = len(self)
        flows = [NO_FLOW] * count if self.flows is None else memoryview(self.flows).cast("I")
        columns = (_numbers(getattr(self, name), kind, count) for name, kind in _COLUMNS.items())
        for flow, text, line, packet, offset, time, local_time, time_of_day in zip(flows, self._texts(), *columns, strict=True):
            one = _NOWHERE if flow == NO_FLOW else self.flow_table[flow]
            yield Origin(
                self.file, line, packet, offset, time, local_time, one.src, one.dst, one.connection, one.direction, one.peer, one.version,
                text, time_of_day,
            )  # fmt: skip

    def origin(self, place: int) -> Origin:
        """Return the origin of the frame at `place`."""
        known = (_one(getattr(self, name), kind, place) for name, kind in _COLUMNS.items())
        line, packet, offset, time, local_time, time_of_day = known
        flow = NO_FLOW if self.flows is None else memoryview(self.flows).cast("I")[place]
        one = _NOWHERE if flow == NO_FLOW else self.flow_table[flow]
        text = "" if self.note_bounds is None else next(iter(self.select([place])._texts()))  # noqa: SLF001 of the same class
        return Origin(
            self.file, line, packet, offset, time, local_time, one.src, one.dst, one.connection, one.direction, one.peer, one.version,
            text, time_of_day,
        )  # fmt: skip

    def notes_of(self, first: int, end: int) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield each of the frames from `first` on and before `end` that has notes, with its entries."""
        data = memoryview(self.notes)
        bounds = memoryview(self.note_bounds or b"").cast("Q")
        for place, (at, close) in enumerate(pairwise(bounds[first : end + 1]), first):
            if at < close:
                entries: dict[str, str] = {}
                while at < close:
                    name, at = _text_at(data, at)  # noqa: PLW2901 the next entry
                    entries[name], at = _text_at(data, at)  # noqa: PLW2901
                yield place, entries

    def _texts(self) -> Iterable[str]:
        return (entries.get("", "") for entries in self._notes())

    def _unnumbered(self) -> Iterable[Mapping[str, str]]:
        return ({name: text for name, text in entries.items() if name} for entries in self._notes())

    def _notes(self) -> Iterator[Mapping[str, str]]:
        """Yield the entries of each frame's notes."""
        if self.note_bounds is None:
            yield from repeat({}, len(self))
            return
        known = dict(self.notes_of(0, len(self)))
        yield from (known.get(place, {}) for place in range(len(self)))

    def select(self, places: Sequence[int]) -> Frames:
        """Return the frames at these places, in their order, with their origins."""
        rows = places if isinstance(places, array) and places.typecode == "Q" else array("Q", places)
        data, bounds = _gathered(self.data, self.bounds, rows)
        made: dict[str, Any] = {name: _picked(getattr(self, name), rows) for name in _COLUMNS}
        if self.note_bounds is not None:
            made["notes"], made["note_bounds"] = _gathered(self.notes, self.note_bounds, rows)
        return msgspec.structs.replace(self, data=data, bounds=bounds, flows=_picked(self.flows, rows, "I"), **made)


_NOWHERE: Final = Flow()


def _text_at(data: memoryview, at: int) -> tuple[str, int]:
    """Return the text that a length of 32 bits announces, and the place behind it."""
    end = at + 4 + int.from_bytes(data[at : at + 4], sys.byteorder)
    return str(data[at + 4 : end], "utf-8", "surrogateescape"), end


def _numbers(column: bytes | None, kind: str, count: int) -> Iterable[int | None]:
    if column is None:
        return repeat(None, count)
    numbers = memoryview(column).cast(kind)  # type: ignore[call-overload]
    return [None if number == NO_TIME else number for number in numbers] if kind == "q" else numbers


def _one(column: bytes | None, kind: str, place: int) -> int | None:
    if column is None:
        return None
    number: int = memoryview(column).cast(kind)[place]  # type: ignore[call-overload]
    return None if kind == "q" and number == NO_TIME else number


def _picked(column: bytes | None, places: array[int], kind: Literal["Q", "I"] = "Q") -> bytes | None:
    """Return the numbers of a column at these places."""
    if column is None:
        return None
    if _batches is not None:
        return bytes(_batches.picked(column, places, array(kind).itemsize))
    numbers = memoryview(column).cast(kind)
    return array(kind, [numbers[place] for place in places]).tobytes()


def _gathered(data: bytes, bounds: bytes, places: array[int]) -> tuple[bytes, bytes]:
    """Return the pieces of `data` at these places, joined, and their bounds."""
    if _batches is not None:
        made: tuple[bytes, bytes] = _batches.gathered(data, bounds, places)
        return made
    ends = memoryview(bounds).cast("Q")
    pieces = [data[ends[place] : ends[place + 1]] for place in places]
    return b"".join(pieces), array("Q", accumulate(map(len, pieces), initial=0)).tobytes()


def shifted(item: StreamItem, base: int) -> StreamItem:
    """Return the item of a stream that begins at `base` of another: its offsets count from there."""
    if isinstance(item, MalformedFrame):
        return MalformedFrame(item.offset + base, item.data, item.error.shift(base))
    if isinstance(item, Gap):
        return msgspec.structs.replace(item, offset=item.offset + base)
    if isinstance(item, InvalidEvent):
        moved = tuple(v if v.offset is None else msgspec.structs.replace(v, offset=v.offset + base) for v in item.violations)
        return msgspec.structs.replace(item, violations=moved)
    return item


Part: TypeAlias = Frames | Record | Diagnostic


class Batch:
    """A stretch of an input: `parts` in its order. Iterating decodes frames as it reaches them and yields records and diagnostics."""

    __slots__ = ("limits", "parts", "registry")

    def __init__(self, parts: Sequence[Part], *, registry: Registry = TLIBRARY, limits: Limits = DEFAULT_LIMITS) -> None:
        self.parts: Sequence[Part] = parts
        self.registry: Registry = registry
        self.limits: Limits = limits

    def __iter__(self) -> Iterator[Entry]:
        for part in self.parts:
            if isinstance(part, Frames):
                yield from part.records(self.registry, self.limits)
            else:
                yield part


def stream_parts(decoder: StreamDecoder, file: str) -> list[Part]:
    """Return everything that a decoder has completed: runs of frames, and between them gaps and broken frames."""
    parts: list[Part] = []
    while True:
        data, bounds, offsets = decoder.frames()
        if offsets:
            parts.append(Frames(data=data, bounds=bounds, offsets=offsets, file=file))
        item = next(iter(decoder), None)
        if item is None:
            return parts
        parts.append(Record(item, decoder.data, Origin(file=file, offset=decoder.offset)))


def batches(entries: Iterable[Part | None], *, registry: Registry, limits: Limits = DEFAULT_LIMITS) -> Iterator[Batch]:
    """Yield single entries gathered to batches. None ends a batch: the reader is about to wait for its input."""
    parts: list[Part] = []
    for entry in entries:
        if entry is not None:
            parts.append(entry)
        if parts and (entry is None or len(parts) >= _BATCH):
            yield Batch(parts, registry=registry, limits=limits)
            parts = []
    if parts:
        yield Batch(parts, registry=registry, limits=limits)
