"""Derive the columns of a registry, and the error columns of a frame. This module needs no Arrow.

Strategy: the registry's dictionary gives one list of columns, which the schema, both builders and the way back follow.
`Kind` is the type of a column's values; the C core uses the same numbers.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Final

import msgspec

from tlib_schemas import kinds, wire
from tlib_schemas.errors import DecodeError, Severity
from tlib_schemas.events import InvalidEvent
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

MAX_ROWS: Final = 16_384  # most rows of a batch
MAX_UNNAMED: Final = 1_024  # most numbers without a name of one column in a batch
MAX_INDEXED: Final = 4_096  # numbers whose names the core finds by index
MAX_FRAME_BYTES: Final = 1 << 30  # bytes of a frame that a column of Arrow's `binary` can hold
MAX_BATCH_BYTES: Final = 1 << 26

EVENT, OFFSET, ERROR, ERROR_OFFSET, ERROR_PATH, FRAME = "Event", "$offset", "$error", "$error_offset", "$error_path", "$frame"
TIME: Final = "$time"
GAP: Final = "gap"
ORIGINS: Final = (
    "file",
    "line",
    "packet",
    "time",
    "local_time",
    "time_of_day",
    "src",
    "dst",
    "connection",
    "direction",
    "peer",
    "version",
    "text",
    "unnumbered",
)
"""The fields of an origin that have a column, in order; the column's name begins with ``$``."""


class Kind(enum.IntEnum):
    """The kind of a column's values, and their layout in a frame."""

    TEXT = 0
    UINT = 1
    SINT = 2
    LONG = 3
    HEX = 4
    LABEL = 5
    SIGNED_LABEL = 6
    BINARY = 7
    LIST = 8


class Column(msgspec.Struct, frozen=True):
    """One column: the attribute it is of (if any), the names of its numbers, whether it is left out."""

    name: str
    kind: Kind
    id: int | None = None
    labels: tuple[tuple[int, str], ...] | None = None
    skip: bool = False


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a buffer: `frames` = `valid` + `invalid` + `unknown`, and the rest.

    `malformed` are frames that do not decode, `gaps` pieces (64 KiB at most) of bytes that belong to
    none; `bytes` is the length of the buffer.
    """

    frames: int
    valid: int
    invalid: int
    unknown: int
    malformed: int
    gaps: int
    bytes: int


_KINDS: Final = {kind: Kind[kind.name] for kind in kinds.Kind if kind.name in Kind.__members__}


def _distinct(names: Iterable[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    """Return the names that identify one number: no name occurs twice, and none reads as a number."""
    taken: dict[str, int] = {}
    for number, name in names:
        if not name.lstrip("-").isdigit():
            taken.setdefault(name, number)
    return tuple((number, name) for name, number in taken.items())


def _column(attribute: wire.Attribute) -> Column:
    value = attribute.value
    assert value is not None  # `layout` leaves attributes without a type out
    if isinstance(value, wire.Enum) and value.standard:
        labels = _distinct((int(member), member.label or "") for member in value.enumeration)
        return Column(attribute.name, Kind.SIGNED_LABEL if value.signed else Kind.LABEL, int(attribute.id), labels)
    # A construct of the user's own gives a Python value that Arrow need not know: its bytes.
    return Column(attribute.name, _KINDS.get(value.kind, Kind.BINARY) if value.standard else Kind.BINARY, int(attribute.id))


def layout(registry: Registry, names: Iterable[str] | None = None) -> tuple[Column, ...]:
    """Return the columns of a registry, in order; those that `names` does not name are marked as skipped.

    Raises ValueError where it names a column that there is not.
    """
    numbers = sorted(set(registry.messages.values()))
    columns = [
        Column(EVENT, Kind.LABEL, labels=_distinct((number, registry.message_name(number) or "") for number in numbers)),
        Column(OFFSET, Kind.LONG),
        *(_column(registry.dictionary[number]) for number in sorted(registry.dictionary) if registry.dictionary[number].value is not None),
        Column(ERROR, Kind.TEXT),
        Column(ERROR_OFFSET, Kind.LONG),
        Column(ERROR_PATH, Kind.TEXT),
        Column(FRAME, Kind.BINARY),
    ]
    if names is None:
        return tuple(columns)
    wanted = set(names)
    strange = sorted(wanted - {column.name for column in columns})
    if strange:
        raise ValueError(f"{registry.name} has no column {strange[0]!r}: columns are {EVENT}, the attributes' names, {OFFSET} and {ERROR}…")
    return tuple(msgspec.structs.replace(column, skip=column.name not in wanted) for column in columns)


RowError = tuple[str, int | None, str]


def first_error(frame: bytes, base: int, registry: Registry, limits: Limits, *, printed: bool = False) -> tuple[bool, RowError | None]:
    """Return whether a frame at `base` is malformed, and the code, offset and path of its first error.

    `printed` as for `Registry.assemble`.
    """
    try:
        message, values = registry.frame(limits).unpack(frame)
    except DecodeError as error:
        error.shift(base)
        return True, (error.code, error.offset, error.path)
    item = registry.assemble(message, values, frame, base, printed=printed)
    if not isinstance(item, InvalidEvent):
        return False, None
    return False, error_of(item)


def error_of(item: InvalidEvent) -> RowError:
    """Return code, offset and path of the first ERROR of an invalid event."""
    first = next(violation for violation in item.violations if violation.severity is Severity.ERROR)
    return first.code, first.offset, first.path
