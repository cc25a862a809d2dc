"""The calls that are live, as the events told so far say: what a client is told that comes late.

Strategy: a client that connects, or switches to the backup, must learn of every live call. So each
call is kept as the creation that would tell all of it now, with its own CallUUID, and that
creation is announced. It is made from the events alone, so a replayed capture can be joined as a
simulation can.
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

# What a change tells of a call that its creation can tell too.
_SHARED = tuple(name for name in EventCallDataChanged.__struct_fields__ if name in EventCallCreated.__struct_fields__ and name != "extra")
_USER_DATA = EventCallCreated.__schema__.listed[AttributeID.UserData].name


class LiveCalls:
    """Follows events; `len` is how many calls are live, iterating gives the creations that tell of them all."""

    def __init__(self, registry: Registry = TLIBRARY) -> None:
        self._calls: dict[str, EventCallCreated] = {}
        self._momentary = frozenset(attribute.name for attribute in registry.dictionary.values() if attribute.of_event)

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, call_uuid: str) -> bool:
        return call_uuid in self._calls

    def __iter__(self) -> Iterator[EventCallCreated]:
        return iter(self._calls.values())

    def told(self, event: StreamItem) -> None:
        """Take an event that was told; one that changes no call changes nothing here."""
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

    def forget(self, call_uuid: str) -> None:
        """The call is known to be over, although its end was not told."""
        self._calls.pop(call_uuid, None)

    def _lasting(self, event: EventCallCreated) -> EventCallCreated:
        """The creation without what it says of itself, such as its time."""
        if not event.extra:
            return event
        return msgspec.structs.replace(event, extra=Attributes((k, v) for k, v in event.extra.items() if k not in self._momentary))

    def _change(self, event: EventCallDataChanged) -> None:
        changes = {name: value for name in _SHARED if (value := getattr(event, name)) is not None}
        if _USER_DATA in changes and not len(changes[_USER_DATA]):
            changes[_USER_DATA] = None  # an empty list says that it was deleted
        call = self._calls.get(event.call_uuid)
        self._calls[event.call_uuid] = EventCallCreated(**changes) if call is None else msgspec.structs.replace(call, **changes)
