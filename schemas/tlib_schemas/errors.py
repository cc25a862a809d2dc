"""The error taxonomy: one stable code an error, with offset, path, expected and actual.

Strategy: raise where the fault is found, knowing only what is known there, and let each enclosing
structure add its own part while unwinding (`shift` for the offset, `within` for the path). The
good path pays nothing. What a code means and what to do about it stands once, in `CODES`;
messages, the command line and docs/errors.md all read it there.

The invariant the whole project keeps: any input either decodes or raises a `DecodeError` or a
`SchemaViolation`, never anything else, in time and memory linear in the input.
"""

from __future__ import annotations

import enum
from typing import Any, Self

import msgspec


class Severity(enum.StrEnum):
    """How grave a violation is: an ERROR makes a frame no event, a WARNING is advice."""

    ERROR = "error"
    WARNING = "warning"


class ErrorCode(msgspec.Struct, frozen=True):
    """One line of the table of codes: what it means, and what to do about it."""

    code: str
    meaning: str
    advice: str


_FRAME = "The bytes are not this frame format, or the start of the frame is lost: look for 'TL' (54 4C)."
_CUT = "Give the whole frame: the capture or the transfer was cut short."
_LENGTH = "Correct the length, or the bytes it counts."
_LIMIT = "Raise the limit (`Limits`) if such frames are to be expected; otherwise the length is corrupt."
_BYTES = "Correct what the sender writes."
_SENDER = "Correct what the sender writes; decode leniently to read the frame all the same."
_VALUE = "Give a value of the declared type and range."
_ADVICE = "Nothing breaks; look whether the sender means it."
_CUT_LOG = "The line is cut, or something else was written into it: look at the log there."
_FILTER = "The T-Server's log filter hides or drops it: switch the filter off to have it in the log."
_LOG_LIMIT = "Raise the limit (`LogLimits`) if such text is to be expected; otherwise the file is damaged."
_CUT_CAPTURE = "What is there is read; end the capture before it is copied, or give the rest of it."
_TORN_CAPTURE = "Look at the packet there; where there are many, the file or the way it was captured is damaged."
_LOST_CAPTURE = "Look whether the capture dropped packets: tcpdump says so at its end."
_CAPTURE_LIMIT = "Raise the limit (`CaptureSettings`), or choose connections by port or host."
_JSON = "Write the line as docs/json.md says."
_SCENARIO = "Write the scenario as docs/simulator.md says."

CODES: dict[str, ErrorCode] = {
    row[0]: ErrorCode(*row)
    for row in (
        # frames: DecodeError
        ("truncated-header", "The input ends inside the 10-byte frame header.", _CUT),
        ("truncated-frame", "The input ends before the attributes that the header announces.", _CUT),
        ("bad-magic", "The frame does not begin with 'TL' (54 4C).", _FRAME),
        ("bad-version", "The frame's version is not 1.", _FRAME),
        ("bad-flags", "A flag bit is set; version 1 has none.", _FRAME),
        ("trailing-bytes", "Bytes follow the frame.", "Give one frame, or feed a StreamDecoder."),
        ("frame-too-long", "The announced length of the attributes exceeds the limit.", _LIMIT),
        ("message-number", "The frame carries another message than the construct that reads it.", "Parse it with `decode`."),
        # attributes: DecodeError
        ("attribute-header", "Fewer than 6 bytes are left for an attribute's header.", _LENGTH),
        ("attribute-overrun", "An attribute's value runs past the end of the frame.", _LENGTH),
        ("duplicate-attribute", "An attribute id stands twice in a frame.", _BYTES),
        (
            "attribute-type",
            "A known attribute has another type than its declaration.",
            "Correct what the sender writes, or the declaration; `decode_frame` gives the bytes all the same.",
        ),
        ("int-length", "An Int is not exactly 4 bytes.", _LENGTH),
        ("long-length", "A Long is not exactly 8 bytes.", _LENGTH),
        # packed key-value lists: DecodeError
        ("list-header", "Fewer than 2 bytes are left for a list's pair count.", _LENGTH),
        ("list-trailing", "Bytes are left over after a list's last pair.", _LENGTH),
        ("list-length", "A nested list's own length differs from its pair's value length less 2.", _LENGTH),
        ("list-too-deep", "Lists are nested deeper than the limit.", _LIMIT),
        ("list-too-many-pairs", "A list has more pairs than the limit.", _LIMIT),
        ("pair-header", "Fewer than 5 bytes are left for a pair's header.", _LENGTH),
        ("pair-overrun", "A pair's key and value run past the end of its list.", _LENGTH),
        ("pair-type", "A pair has a type that TKVList does not have.", _BYTES),
        ("pair-int-length", "An Int pair's value is not exactly 4 bytes.", _LENGTH),
        ("pair-unicode", "A Unicode pair's value is not valid UTF-8.", _BYTES),
        # values to bytes: EncodeError
        ("value-type", "A value is not of the attribute's Python type.", _VALUE),
        ("value-range", "A number does not fit its field.", _VALUE),
        ("value-text", "A text cannot be written as UTF-8.", "Give bytes, or text without lone surrogates."),
        ("value-too-long", "A text, list or frame is too long for its length field.", "Shorten the value."),
        ("unknown-name", "No attribute or message of that name is in the registry.", "Correct the name, or use its number."),
        # schema: SchemaViolation
        ("mandatory-missing", "A Mandatory attribute is absent.", _SENDER),
        ("conditionally-mandatory", "An attribute is absent where a footnote makes it mandatory.", _SENDER),
        ("not-allowed", "An attribute is present where a footnote says it cannot be.", _SENDER),
        ("unlisted-attribute", "An attribute is not listed in its event's table; it is kept.", _ADVICE),
        ("shape", "A text does not have the shape that its attribute has.", _ADVICE),
        ("advisory", "An attribute is present where a footnote says it usually is not.", _ADVICE),
        ("deprecated", "The event is deprecated.", "Use the call-based events where the T-Server sends them."),
        # JSON: DecodeError
        ("json-syntax", "The text is not JSON.", _JSON),
        ("json-form", "The JSON is not of the documented form.", _JSON),
        # hex text: DecodeError
        ("hex-form", "A line is no hex, or no row of the dump it stands in.", "Leave the line out, or make it a comment with #."),
        # scenarios: ScenarioError
        ("scenario-syntax", "The text of a scenario is not TOML.", _SCENARIO),
        ("scenario-form", "A value of a scenario is not what its key takes.", _SCENARIO),
        # logs: LogProblem
        ("log-line-too-long", "A line of a log exceeds the limit; it is skipped.", _LOG_LIMIT),
        ("log-message-too-long", "A message of a log exceeds the limit; the rest of it is skipped.", _LOG_LIMIT),
        ("log-more-problems", "A message of a log has more problems than the limit; they are counted only.", _LOG_LIMIT),
        (
            "log-orphan",
            "Attributes stand in no message; they are skipped.",
            "Give the part of the log before it, where the message begins.",
        ),
        ("log-line", "An indented line inside a message is neither an attribute nor a pair; it is skipped.", _CUT_LOG),
        ("log-value", "An attribute's printed value is not of its form; the attribute is left out.", _CUT_LOG),
        ("log-pair", "A pair belongs to no list, or is not of its form; it is skipped.", _CUT_LOG),
        ("log-unclosed-quote", "A quoted value is never closed; only its first line is kept.", _CUT_LOG),
        ("log-duplicate-attribute", "An attribute stands twice in a message; the first one counts.", _CUT_LOG),
        ("log-filtered", "A value or pairs of a list are not printed; what is printed is kept.", _FILTER),
        (
            "log-unnumbered",
            "A message of a log has attributes whose number is not public; a frame is written without them.",
            "Write JSONL or columns, which keep them.",
        ),
        (
            "log-indentation",
            "A list lost its indentation: where its nested lists end is a guess.",
            "Give the original log instead of a copy that lost its tabs.",
        ),
        # captures: CaptureProblem
        ("capture-cut", "The capture ends inside a record, or its compressed data do.", _CUT_CAPTURE),
        ("capture-record", "A record of the capture cannot be; reading goes on at the next one that can.", _TORN_CAPTURE),
        (
            "capture-link",
            "Packets have a link type that is not read; they are skipped.",
            "Capture on an interface of another type, or convert it.",
        ),
        ("capture-truncated", "Fewer bytes of a packet were captured than it had.", "Capture with a larger snaplen: tcpdump -s 0."),
        ("capture-packet", "A header of a packet has a length or version that cannot be; the packet is skipped.", _TORN_CAPTURE),
        ("capture-fragment", "An IP packet's fragments did not all come; it is skipped.", _LOST_CAPTURE),
        (
            "capture-no-frames",
            "No TCP connection of the capture carries frames.",
            "Choose one with --port or --host; an encrypted one (TLS) cannot be read.",
        ),
        ("capture-more-problems", "A capture has more problems of a kind than the limit; they are counted only.", _CAPTURE_LIMIT),
        ("tcp-conflict", "A segment brings other bytes than came before at the same place; the first ones count.", _TORN_CAPTURE),
        ("tcp-evicted", "A connection was let go to stay within the bounds; what comes after is read as a new one.", _CAPTURE_LIMIT),
    )
}


def quote(text: str, limit: int = 64) -> str:
    """`text` as a JSON string on one printable line, cut after `limit` characters."""
    import json  # noqa: PLC0415 for what is wrong only

    shown = json.dumps(text if len(text) <= limit else text[:limit] + "…", ensure_ascii=False)
    # JSON lets through what ends a line or steers a terminal: C1 controls, U+2028, lone surrogates
    return shown if shown.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in shown)


def part(name: str) -> str:
    """A path's part for a name that input gave: ``.Name``, or quoted where it would not read so."""
    return f".{name}" if len(name) <= 64 and name.isprintable() else f"[{quote(name)}]"


class TLibError(Exception):
    """Base of every error of this project that input or data can cause.

    `code` is stable. `offset` counts bytes from the start of the input (None where there are no
    bytes). `path` names the place, such as ``EventCallCreated.UserData["Key"]``.
    """

    def __init__(
        self,
        code: str,
        *,
        offset: int | None = None,
        expected: str = "",
        actual: str = "",
        parts: tuple[str, ...] = (),
    ) -> None:
        super().__init__(code)
        self.code = code
        self.offset = offset
        self.expected = expected
        self.actual = actual
        self._parts = parts  # innermost first: each enclosing structure appends its own

    def shift(self, base: int) -> Self:
        """Count the offset from `base` bytes earlier: the place of the part in its whole."""
        if self.offset is not None:
            self.offset += base
        return self

    def within(self, *parts: str) -> Self:
        """Prefix the path with a part: ``.Name``, ``["key"]`` or ``[3]``."""
        self._parts += parts
        return self

    @property
    def path(self) -> str:
        """The place, outermost first."""
        return "".join(reversed(self._parts)).removeprefix(".")

    @property
    def advice(self) -> str:
        """What to do about it."""
        return CODES[self.code].advice

    def detail(self) -> dict[str, Any]:
        """Everything but the class: equal for equal errors."""
        return {
            "code": self.code,
            "offset": self.offset,
            "path": self.path,
            "expected": self.expected,
            "actual": self.actual,
        }

    def __str__(self) -> str:
        where = self.path if self.offset is None else f"{self.path} at byte {self.offset}".lstrip()
        what = f"expected {self.expected}, found {self.actual}" if self.expected else CODES[self.code].meaning
        return f"{where}: {what} [{self.code}]" if where else f"{what} [{self.code}]"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, TLibError) and self.detail() == other.detail()

    def __hash__(self) -> int:
        return hash((self.code, self.offset, self.path))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.__dict__))


def _rebuild(cls: type[TLibError], state: dict[str, Any]) -> TLibError:
    error = cls.__new__(cls, state["code"])
    error.__dict__.update(state)
    return error


class DecodeError(TLibError):
    """The bytes (or the JSON text) are not what the format says."""


class Truncated(DecodeError):
    """The input ends before the frame does: `needed` bytes in all, `available` are there."""

    def __init__(self, code: str, *, needed: int, available: int, offset: int = 0) -> None:
        super().__init__(code, offset=offset, expected=f"{needed} bytes", actual=f"{available}")
        self.needed = needed
        self.available = available


class Malformed(DecodeError):
    """The bytes are all there and break a rule of the format."""


class LimitExceeded(DecodeError):
    """A length or depth is beyond a limit in `Limits`."""


class EncodeError(TLibError):
    """A value cannot be written as its attribute's type."""


class Violation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One rule of an event's schema that does not hold.

    `attribute` is the specification's name; `offset` is the byte where the attribute's header
    stands (the frame's first byte where it is absent), None where there are no bytes; `footnote`
    is the rule of the specification, in short.
    """

    code: str
    severity: Severity
    event: str
    attribute: str = ""
    offset: int | None = None
    expected: str = ""
    actual: str = ""
    footnote: str = ""

    @property
    def path(self) -> str:
        """Event and attribute, as in ``EventCallDeleted.RefConnID``."""
        return f"{self.event}.{self.attribute}" if self.attribute else self.event

    def __str__(self) -> str:
        where = self.path if self.offset is None else f"{self.path} at byte {self.offset}"
        note = f" ({self.footnote})" if self.footnote else ""
        return f"{where}: expected {self.expected}, found {self.actual}{note} [{self.code}]"


class SchemaViolation(TLibError):
    """A well-formed frame, or an event to be sent, that its schema refuses.

    `violations` has all of them, of both severities, in the order of the event's table.
    """

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        first = next(v for v in violations if v.severity is Severity.ERROR)
        super().__init__(first.code, offset=first.offset, expected=first.expected, actual=first.actual, parts=(first.path,))
        self.violations = violations

    def __str__(self) -> str:
        errors = [str(v) for v in self.violations if v.severity is Severity.ERROR]
        return "".join(reversed(self._parts[1:])) + "; ".join(errors)


class RegistryError(Exception):
    """A mistake in a declaration: raised when the declaring module is imported."""
