"""Read a T-Server log in C: frames where the C is sure, entries of the Python reader where it asks.

Strategy: `LogReader` (native/core/log_in.h) takes the bytes of the log and makes frames. It stops at a unit that it is not sure of: a
message from its header on, or a line between messages. The Python reader takes that unit's lines, with the state that the C has
(clock, line before, line number, offset), and the C goes on behind it with the state that Python has then.
"""

from __future__ import annotations

import functools
import re
from array import array
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from tlib_codec.clock import to_utc
from tlib_codec.formats.encodings import FALLBACK
from tlib_codec.records import NO_TIME, Diagnostic, Entry, Flow, Frames, Origin, Part
from tlib_codec.stats import Units
from tlib_schemas import wire
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.kinds import Kind, WireType
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.registry import Registry

from .context import PREFIXES, Context, messages_with_server
from .lines import LineDecoder
from .problems import again, stray, unreadable

if TYPE_CHECKING:
    from tlib_codec.native.text import LogReader, LogTables

    from .reader import Reading
    from .tserver import TServerForm

_TABLES: WeakKeyDictionary[Registry, LogTables] = WeakKeyDictionary()

# The kinds of values and encodings, in the order of log_in.h.
_CALLERS, _ANY, _TEXT, _UINT, _SINT, _ENUM, _SIGNED_ENUM, _LONG, _HEX, _BINARY, _LIST = range(11)
_UTF8, _GUESS, _BYTES = range(3)
_STRAY, _AGAIN, _VALUE = range(3)
_KINDS: Final = {
    Kind.TEXT: (WireType.String, _TEXT),
    Kind.UINT: (WireType.Int, _UINT),
    Kind.SINT: (WireType.Int, _SINT),
    Kind.ENUM: (WireType.Int, _ENUM),
    Kind.LONG: (WireType.Long, _LONG),
    Kind.HEX: (WireType.Long, _HEX),
    Kind.BINARY: (WireType.Binary, _BINARY),
    Kind.LIST: (WireType.List, _LIST),
}
REASONS: Final = ("line", "value", "list", "header", "message without a number", "clock", "encoding", "size", "attribute without a message")
"""Why the C asks, in the order of log_in.h."""

_ZONE_TIME: Final = NO_TIME + 1
_PLACE: Final = 512  # characters of the line before that are looked at
_SINGLE: Final = re.compile(r"(?:cp|iso8859|koi8|mac|kz1048|ptcp154|tis|hp|latin|ascii).*")


@functools.cache
def characters_of(encoding: str | None) -> tuple[int, list[bytes]] | None:
    """Return how the C reads an encoding (as `checked` returns it), and the UTF-8 of its bytes from 0x80 on; None where it cannot."""
    if encoding == "utf-8":
        return _UTF8, []
    codec = encoding or FALLBACK
    high = [bytes((byte,)) for byte in range(0x80, 0x100)]
    texts = [byte.decode(codec, "surrogateescape") for byte in high]
    ascii_bytes = bytes(range(0x80))
    if (
        not _SINGLE.fullmatch(codec)
        or ascii_bytes.decode(codec, "surrogateescape") != ascii_bytes.decode("ascii")
        or b"".join(high).decode(codec, "surrogateescape") != "".join(texts)
    ):
        return None
    made = [text.encode("utf-8", "surrogateescape") for text in texts]
    # A byte without a character stands for itself, which the C recognises by its being no first byte of a character.
    if any(len(text) != 1 or len(one) > 3 or (len(one) == 1 and not 0x80 <= one[0] < 0xC0) for text, one in zip(texts, made, strict=True)):
        return None
    return _GUESS if encoding is None else _BYTES, made


def _kind(value: wire.Value | None) -> int:
    if value is None:
        return _ANY
    wire_type, kind = _KINDS.get(value.kind, (None, _CALLERS))
    if not value.standard or value.wire_type != wire_type:
        return _CALLERS
    return _SIGNED_ENUM if kind == _ENUM and value.signed else kind


def _labels(value: wire.Value | None) -> dict[str, int]:
    """Return the numbers of an enumeration's names, without the underscore that Python's reserved words need."""
    if not isinstance(value, wire.Enum):
        return {}
    members = value.enumeration.__members__
    low, high = (-(1 << 31), 1 << 31) if value.signed else (0, 1 << 32)
    named = {name.removesuffix("_"): int(member) for name, member in members.items()}
    named |= {name: int(member) for name, member in members.items()}
    return {name: number for name, number in named.items() if low <= number < high}


def _server_readable(registry: Registry) -> int:
    """Return 1 where Server is an unsigned integer, 2 where it is a signed one, else 0."""
    attribute = registry.dictionary.get(AttributeID.Server)
    return {_UINT: 1, _SINT: 2}.get(_CALLERS if attribute is None else _kind(attribute.value), 0)


def _tables_of(extension: ModuleType, registry: Registry) -> LogTables:
    """Return the tables of a registry, which are made when a log of it is first read."""
    made: LogTables | None = _TABLES.get(registry)
    if made is None:
        made = _TABLES[registry] = _tables(extension, registry)
    return made


def _tables(extension: ModuleType, registry: Registry) -> LogTables:
    exact: dict[str, int] = {}
    folded: dict[str, int] = {}
    attributes = []
    for place, attribute in enumerate(registry.dictionary.values()):
        attributes.append((int(attribute.id), _kind(attribute.value), _labels(attribute.value)))
        for label in (attribute.name, *attribute.aliases):
            exact |= dict.fromkeys((prefix + label for prefix in PREFIXES), place)
            folded.setdefault(label.casefold(), place)
    tables: LogTables = extension.LogTables(
        exact=exact,
        folded=folded,
        attributes=attributes,
        messages=dict(registry.messages),
        wants=messages_with_server(registry),
        ids=(int(AttributeID.Server), int(AttributeID.TimeinSecs), int(AttributeID.TimeinuSecs)),
        server_readable=_server_readable(registry),
    )
    return tables


def reader_of(extension: ModuleType, context: Context, coding: tuple[int, list[bytes]]) -> LogReader:
    """Return the reader in C with the tables of the context's registry."""
    made: LogReader = extension.LogReader(
        known=_tables_of(extension, context.registry),
        server=context.server,
        encoding=coding[0],
        characters=coding[1],
        zone=context.clock.zone is not None,
        limits=context.limits,
        frame_limits=DEFAULT_LIMITS,
        flow_class=Flow,
    )
    made.clock = context.clock.state
    made.begin(context.span.start, context.span.line)
    return made


def native_parts(
    pieces: Iterable[bytes], extension: ModuleType, context: Context, encoding: str | None, units: Units
) -> Iterator[Part | None] | None:
    """Return the parts of a T-Server log, and None where the next line must be waited for; None where the C cannot read the encoding."""
    coding = characters_of(encoding)
    return None if coding is None else _NativeLog(reader_of(extension, context, coding), extension, context, encoding, units).parts(pieces)


class _NativeLog:
    """One log: the reader in C, the one in Python, and the unit at hand."""

    def __init__(self, reader: LogReader, extension: ModuleType, context: Context, encoding: str | None, units: Units) -> None:
        self._reader = reader
        self._more: int = extension.LOG_MORE
        self._ask: int = extension.LOG_ASK
        self._context = context
        self._decoder = LineDecoder(context.limits.line, context.file, encoding)
        self._units = units
        self._asking = False  # Python is in a unit
        self._lines = 0  # of the unit
        self._before = b""  # the line before the last unit's end, and its text
        self._before_text = ""

    @functools.cached_property
    def _headers(self) -> TServerForm:
        from .tserver import TServerForm  # noqa: PLC0415 the reader in Python, for which most logs do not ask

        return TServerForm(self._context, self._context.clock)

    @functools.cached_property
    def _reading(self) -> Reading:
        from .reader import Reading  # noqa: PLC0415

        return Reading(self._context, self._headers)

    def parts(self, pieces: Iterable[bytes]) -> Iterator[Part | None]:
        """Yield frames and entries in order, and None after each piece."""
        reader = self._reader
        for piece in pieces:
            reader.feed(piece)
            yield from self._drain()
            yield None
        if not reader.open and not (self._asking and self._reading.message):
            self._context.clock.state = reader.clock
            self._context.clean = True
        reader.close()
        yield from self._drain()
        if self._asking:
            yield from self._reading.close()

    def _drain(self) -> Iterator[Part]:
        """Yield all that the bytes at hand complete."""
        while True:
            if self._asking:
                yield from self._unit()
                if self._asking:
                    return  # more bytes are needed
            state = self._reader.run()
            problems = self._reader.problems()
            frames = self._frames()
            if frames is not None:
                self._units.native += len(frames)
                yield frames
                for problem in problems:
                    yield self._diagnostic(*problem)
            if state == self._more:
                return
            if state == self._ask:
                self._begin()

    def _frames(self) -> Frames | None:
        zone_times = self._reader.zone_times
        columns = self._reader.frames()
        if columns is None:
            return None
        if zone_times:
            columns["times"] = self._zoned(columns)
        return Frames(file=self._context.file, printed=True, **columns)

    def _diagnostic(self, kind: int, line: int, offset: int, name: str, text: str) -> Diagnostic:
        """Return the diagnostic of a line that the C has found wrong; kinds are in the order of log_in.h."""
        if kind == _STRAY:
            wrong = stray(text)
        elif kind == _AGAIN:
            wrong = again(name)
        else:
            from .values import expectation  # noqa: PLC0415

            known = self._context.names.find(name)
            assert known is not None
            wrong = unreadable(name, expectation(known, text), text)
        code, expected, actual = wrong
        return Diagnostic(code, Origin(file=self._context.file, line=line, offset=offset), expected, actual)

    def _zoned(self, columns: dict[str, Any]) -> bytes:
        """Return the column of times with those that follow from the local time by the zone that the caller names."""
        zone = self._context.clock.zone
        assert zone is not None
        times = array("q", columns["times"])
        local_times = memoryview(columns["local_times"]).cast("q")
        for place, time in enumerate(times):
            if time == _ZONE_TIME:
                times[place] = to_utc(local_times[place], zone)
        return times.tobytes()

    def _begin(self) -> None:
        """Give the state of the C to the Python reader, at the beginning of a unit."""
        reader = self._reader
        self._units.ask(REASONS[reader.why])
        self._context.clock.state = reader.clock
        before = reader.before
        self._headers.before = self._before_text if before == self._before else self._decoder.text(before)[0]
        self._reading.orphaned = reader.orphaned
        self._asking = True
        self._lines = 0

    def _unit(self) -> Iterator[Entry]:
        """Yield the entries of the unit as far as its lines are there; behind it the C goes on."""
        reader, reading, clock = self._reader, self._reading, self._context.clock
        while (line := reader.line()) is not None:
            before, dated = self._headers.before, clock.dated
            for one in self._decoder.decode(line):
                yield from reading.take(one)
            self._lines += 1
            message = reading.message
            if message is None:
                self._end()
                return
            if self._lines > 1 and message.header.line == line[0] and clock.dated == dated:
                # The line opens the next message: C reads it again.
                reading.message = None
                self._headers.before = before
                reader.unread()
                self._end()
                return

    def _end(self) -> None:
        """Give the state of the Python reader to the C, behind a unit."""
        self._reader.clock = self._context.clock.state
        self._before_text = self._headers.before
        self._before = self._before_text[-_PLACE:].encode("utf-8", "surrogateescape")
        self._reader.resume(self._before, self._reading.orphaned, self._decoder.announced)
        self._asking = False
