"""Follow the live calls of a stream, as the announcement to a late client needs them.

Strategy: a client that connects late, or switches to the backup, must learn of every live call. So each call is
kept as the creation that reports its whole state now, with its own CallUUID; that creation is announced. It derives
from the events alone, so a replayed capture has announcements as a simulation has.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tlib_codec.stream import StreamItem
from tlib_schemas.call_events import EventCallCreated, EventCallDataChanged, EventCallDeleted
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Attributes

# Fields of a change that a creation has too.
_SHARED = tuple(name for name in EventCallDataChanged.__struct_fields__ if name in EventCallCreated.__struct_fields__ and name != "extra")
_USER_DATA = EventCallCreated.__schema__.listed[AttributeID.UserData].name


class LiveCalls:
    """The live calls of a stream: `len` counts them, iteration yields the creations that announce them."""

    def __init__(self, registry: Registry = TLIBRARY) -> None:
        self._calls: dict[str, EventCallCreated] = {}
        self._momentary = frozenset(attribute.name for attribute in registry.dictionary.values() if attribute.of_event)

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, call_uuid: str) -> bool:
        return call_uuid in self._calls

    def __iter__(self) -> Iterator[EventCallCreated]:
        return iter(self._calls.values())

    def apply(self, event: StreamItem) -> None:
        """Follow the next event of the stream; an event of no call changes nothing."""
        kind = type(event)
        if kind is EventCallCreated:
            assert isinstance(event, EventCallCreated)
            self._calls[event.call_uuid] = self._lasting(event)
        elif kind is EventCallDataChanged:
            assert isinstance(event, EventCallDataChanged)
            self._change(event)
        elif kind is EventCallDeleted:
            assert isinstance(event, EventCallDeleted)
            self._calls.pop(event.call_uuid, None)

    def discard(self, call_uuid: str) -> None:
        """Remove a call that has ended without an event."""
        self._calls.pop(call_uuid, None)

    def _lasting(self, event: EventCallCreated) -> EventCallCreated:
        """Return the creation without the attributes of the event itself, such as its time."""
        if not event.extra:
            return event
        return msgspec.structs.replace(event, extra=Attributes((k, v) for k, v in event.extra.items() if k not in self._momentary))

    def _change(self, event: EventCallDataChanged) -> None:
        changes = {name: value for name in _SHARED if (value := getattr(event, name)) is not None}
        if _USER_DATA in changes and not len(changes[_USER_DATA]):
            changes[_USER_DATA] = None  # an empty list means deleted data
        call = self._calls.get(event.call_uuid)
        self._calls[event.call_uuid] = EventCallCreated(**changes) if call is None else msgspec.structs.replace(call, **changes)
