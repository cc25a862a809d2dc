"""The named fields of a record: its event, its time, its origin and its errors."""

from __future__ import annotations

from typing import Any

from tlib_codec.records import Origin, Record, iso
from tlib_codec.stream import Gap
from tlib_schemas.errors import Severity
from tlib_schemas.events import InvalidEvent
from tlib_schemas.registry import Item, Registry

from .fields import FieldKind, NamedField, Scope

TIMES = ("time", "$time")
_NUMBERS = ("line", "packet", "offset")
_TEXTS = ("file", "src", "dst", "connection", "direction", "peer", "version", "text")


def record_scope(registry: Registry) -> Scope:
    """Return the fields of records."""

    def event_name(message: Any) -> str:
        return str(registry.message_name(message) or int(message)) if isinstance(message, int) else str(message)

    time = NamedField(kind=FieldKind.TIME, get=lambda record: record.origin.time, show=utc)
    return Scope(
        {
            "Event": NamedField(kind=FieldKind.NAME, get=lambda record: record.item.message, names=registry.messages, show=event_name),
            **dict.fromkeys(TIMES, time),
            **{f"${name}": _origin(name, FieldKind.NUMBER) for name in _NUMBERS},
            **{f"${name}": _origin(name, FieldKind.TEXT) for name in _TEXTS},
            "$unnumbered": NamedField(kind=FieldKind.LIST, get=_unnumbered),
            "$error": NamedField(kind=FieldKind.TEXT, get=_errors),
        },
        _item,
    )


def utc(time: int) -> str:
    """Return nanoseconds since 1970 as ISO 8601 in UTC."""
    return iso(time) + "Z"


def _origin(name: str, kind: FieldKind) -> NamedField:
    def get(record: Record) -> Any:
        value = getattr(record.origin, name)
        return None if value == "" else value

    assert name in Origin.__struct_fields__
    return NamedField(kind=kind, get=get)


def _unnumbered(record: Record) -> dict[str, str] | None:
    """Return the attributes of a log that have no public number, texts without the quotes in which the log prints them."""
    return {name: _unquoted(str(text)) for name, text in record.unnumbered.items()} or None


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _errors(record: Record) -> tuple[str, ...]:
    """Return the codes of an invalid event's errors."""
    item = record.item
    return tuple(one.code for one in item.violations if one.severity is Severity.ERROR) if isinstance(item, InvalidEvent) else ()


def _item(record: Record) -> Item:
    assert not isinstance(record.item, Gap), "a query tests events only"
    return record.item
