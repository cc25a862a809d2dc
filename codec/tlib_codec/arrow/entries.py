"""The facts about an entry that its row needs. This module needs no Arrow."""

from __future__ import annotations

from typing import Any, Final

from tlib_codec.engine import encode
from tlib_codec.records import Entry, Record
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap, MalformedFrame
from tlib_schemas.events import UnknownEvent
from tlib_schemas.registry import Registry

from .layout import GAP, RowError

_LARGEST: Final = (1 << 64) - 1


def encoded(record: Record, registry: Registry) -> bytes:
    """Return the frame of a record; message 0 stands for a message that is known by its name alone. Raises EncodeError."""
    item: Any = record.item
    if named(record) is not None:
        item = UnknownEvent(0, item.attributes)
    return record.frame or encode(item, registry=registry, policy=Policy.LENIENT)


def named(entry: Entry) -> str | None:
    """Return the name of a message that has no number; None for another entry."""
    item = entry.item if isinstance(entry, Record) and entry.frame is None else None
    return item.message if isinstance(item, UnknownEvent) and isinstance(item.message, str) else None


def place(entry: Entry) -> int | None:
    """Return the offset that a row shows."""
    if isinstance(entry, Record) and isinstance(entry.item, Gap) and entry.item.data:
        return entry.item.offset
    offset = entry.origin.offset
    return offset if offset is not None and 0 <= offset <= _LARGEST else None


def error_of_gap(item: Gap) -> RowError:
    """Return the error of a row without a good frame."""
    if isinstance(item, MalformedFrame):
        return item.error.code, item.error.offset, item.error.path
    return GAP, None, ""
