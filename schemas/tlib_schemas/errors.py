"""The error taxonomy: each error has a stable code, an offset, a path, expected and actual.

Strategy: raise an error where the fault is, with the facts known there; each enclosing structure
adds its own part while the error unwinds (`shift` for the offset, `within` for the path). The good
path pays nothing. The meaning of a code and the advice stand once, in `CODES`; messages, the command
line and docs/errors.md read them there. Readers of files and other packages add their codes with
`register_codes`.

The project's invariant: any input either decodes or raises a `DecodeError` or a `SchemaViolation`,
never anything else, in time and memory linear in the input.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Self

import msgspec


class Severity(enum.StrEnum):
    """The severity of a violation: an ERROR makes an event invalid, a WARNING is advice."""

    ERROR = "error"
    WARNING = "warning"


class ErrorCode(msgspec.Struct, frozen=True):
    """One line of the table of codes: its meaning and the advice."""

    code: str
    meaning: str
    advice: str


_FRAME = "The bytes are not this frame format, or the start of the frame is lost: look for 'TL' (54 4C)."
_CUT = "Give the whole frame: the capture or the transfer was cut short."
_LENGTH = "Correct the length, or the bytes it counts."
_LIMIT = "Raise the limit (`Limits`) if you expect frames of this size; otherwise the length is corrupt."
_BYTES = "Correct the sender."
_SENDER = "Correct the sender, or decode leniently to read the frame as an InvalidEvent."
_VALUE = "Give a value of the declared type and range."
_ADVICE = "The event stays valid; check whether the sender intends it."

_codes: dict[str, ErrorCode] = {}
CODES: Final[Mapping[str, ErrorCode]] = MappingProxyType(_codes)


def register_codes(rows: Iterable[tuple[str, str, str]]) -> tuple[str, ...]:
    """Add codes, each with its meaning and advice, to `CODES`; return the codes.

    A package that raises codes of its own registers them when it is imported. Raise RegistryError
    where a code is already registered.
    """
    made = [ErrorCode(*row) for row in rows]
    for row in made:
        if row.code in _codes:
            raise RegistryError(f"the error code {row.code} is registered twice")
        _codes[row.code] = row
    return tuple(row.code for row in made)


class RegistryError(Exception):
    """A mistake in a declaration: raised when the declaring module is imported."""


# The codes that frames, values and schemas raise; a Violation has one of them.
SCHEMA_CODES: Final = register_codes(
    (
        # frames: DecodeError
        ("truncated-header", "The input ends inside the 10-byte frame header.", _CUT),
        ("truncated-frame", "The input ends before the attributes that the header announces.", _CUT),
        ("bad-magic", "The frame does not begin with 'TL' (54 4C).", _FRAME),
        ("bad-version", "The frame's version is not 1.", _FRAME),
        ("bad-flags", "A flag bit is set; version 1 has none.", _FRAME),
        ("trailing-bytes", "Bytes follow the frame.", "Give one frame, or decode the bytes as a stream."),
        ("frame-too-long", "The announced length of the attributes exceeds the limit.", _LIMIT),
        (
            "message-number",
            "The frame carries another message than the construct that reads it.",
            "Parse it with the registry's own frame construct.",
        ),
        # attributes: DecodeError
        ("attribute-header", "Fewer than 6 bytes are left for an attribute's header.", _LENGTH),
        ("attribute-overrun", "An attribute's value runs past the end of the frame.", _LENGTH),
        ("duplicate-attribute", "An attribute id stands twice in a frame.", _BYTES),
        (
            "attribute-type",
            "A known attribute has another type than its declaration.",
            "Correct the sender, or the declaration; the untyped frame (`wire.Frame`) gives the bytes.",
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
    )
)


def quote(text: str, limit: int = 64) -> str:
    """Return `text` as a JSON string on one printable line, cut after `limit` characters."""
    text = text[:limit] + "…" * (len(text) > limit)  # a str, of a subclass too
    try:
        shown = msgspec.json.encode(text).decode()
    except UnicodeEncodeError:
        import json  # noqa: PLC0415 only a lone surrogate needs it

        shown = json.dumps(text, ensure_ascii=False)
    return printable(shown)


def printable(text: str) -> str:
    """Return `text` on one line that no terminal obeys, with JSON escapes for the characters that are not printable.

    These are controls (C0, DEL, C1), marks of direction (bidi), characters of no width, line and paragraph separators, spaces other than
    U+0020, lone surrogates, and what Unicode has not assigned. In a line of JSON they stand in strings, so it keeps its meaning.
    """
    if text.isprintable():
        return text
    import json  # noqa: PLC0415 only such a text needs it

    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def part(name: str) -> str:
    """Return a path's part for a name from the input: ``.Name``, or quoted where it is long or not printable."""
    return f".{name}" if len(name) <= 64 and name.isprintable() else f"[{quote(name)}]"


class TLibError(Exception):
    """Base of every error that input or data can cause.

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
        self.code: str = code
        self.offset: int | None = offset
        self.expected: str = expected
        self.actual: str = actual
        self._parts = parts  # innermost first: each enclosing structure appends its own

    def shift(self, base: int) -> Self:
        """Add `base` to the offset: the place of the part in its whole."""
        if self.offset is not None:
            self.offset += base
        return self

    def within(self, *parts: str) -> Self:
        """Prefix the path with parts: ``.Name``, ``["key"]`` or ``[3]``."""
        self._parts += parts
        return self

    @property
    def path(self) -> str:
        """The place, outermost first."""
        return "".join(reversed(self._parts)).removeprefix(".")

    @property
    def advice(self) -> str:
        """The action that the table of codes recommends."""
        return CODES[self.code].advice

    def detail(self) -> dict[str, Any]:
        """Return everything but the class: equal for equal errors."""
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
    """The bytes, or the text, break the format."""


class Truncated(DecodeError):
    """The input ends before the frame does: the frame needs `needed` bytes, the input has `available`."""

    def __init__(self, code: str, *, needed: int, available: int, offset: int = 0) -> None:
        super().__init__(code, offset=offset, expected=f"{needed} bytes", actual=f"{available}")
        self.needed: int = needed
        self.available: int = available


class Malformed(DecodeError):
    """The bytes are complete and break a rule of the format."""


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
    """An event, from a frame or to be encoded, that breaks its schema.

    `violations` lists all, of both severities, in the order of the event's table.
    """

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        first = next(v for v in violations if v.severity is Severity.ERROR)
        super().__init__(first.code, offset=first.offset, expected=first.expected, actual=first.actual, parts=(first.path,))
        self.violations: tuple[Violation, ...] = violations

    def __str__(self) -> str:
        errors = [str(v) for v in self.violations if v.severity is Severity.ERROR]
        return "".join(reversed(self._parts[1:])) + "; ".join(errors)
