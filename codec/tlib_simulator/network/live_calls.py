"""Follow the live calls of a stream, as the announcement to a late client needs them.

Strategy: a client that connects late, or switches to the backup, must learn of every live call. So each call is
kept as the creation that reports its whole state now, with its own CallUUID; that creation is announced. It derives
from the events alone, so a replayed capture has announcements as a simulation has. A list is a view of the frame that it came in, so a
call counts as the frames of its creation and of its last changes; beyond a limit the oldest calls are forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tlib_codec.calls.links import weight
from tlib_codec.stream import StreamItem
from tlib_schemas.call_events import EventCallCreated, EventCallDataChanged, EventCallDeleted
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Attributes, KVList

# Fields of a change that a creation has too.
_SHARED = tuple(name for name in EventCallDataChanged.__struct_fields__ if name in EventCallCreated.__struct_fields__ and name != "extra")
_USER_DATA = EventCallCreated.__schema__.listed[AttributeID.UserData].name


_OVERHEAD = 1024  # bytes of memory of a call beside its lists


class _Live(msgspec.Struct):
    """A live call, and the bytes of memory that its creation (``""``) and the values of its changes keep."""

    call: EventCallCreated
    sizes: dict[str, int]


class LiveCalls:
    """The live calls of a stream: `len` counts them, iteration yields the creations that announce them.

    The oldest are forgotten, and counted in `evicted`, while there are more than `limit` or all keep more than `memory` bytes.
    """

    def __init__(self, registry: Registry = TLIBRARY, *, limit: int = 100_000, memory: int = 64 << 20) -> None:
        self.limit: int = limit
        self.evicted: int = 0
        self._memory = memory
        self._size = 0
        self._calls: dict[str, _Live] = {}
        self._momentary = frozenset(attribute.name for attribute in registry.dictionary.values() if attribute.of_event)

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, call_uuid: str) -> bool:
        return call_uuid in self._calls

    def __iter__(self) -> Iterator[EventCallCreated]:
        return (one.call for one in self._calls.values())

    def apply(self, event: StreamItem, size: int = 0) -> None:
        """Follow the next event of the stream, whose frame has `size` bytes; an event of no call changes nothing."""
        kind = type(event)
        if kind is EventCallCreated:
            assert isinstance(event, EventCallCreated)
            self._keep(event.call_uuid, _Live(self._lasting(event), {"": _OVERHEAD + size}))
        elif kind is EventCallDataChanged:
            assert isinstance(event, EventCallDataChanged)
            self._change(event, size)
        elif kind is EventCallDeleted:
            assert isinstance(event, EventCallDeleted)
            self.discard(event.call_uuid)

    def discard(self, call_uuid: str) -> None:
        """Remove a call that has ended."""
        one = self._calls.pop(call_uuid, None)
        if one is not None:
            self._size -= sum(one.sizes.values())

    def _keep(self, call_uuid: str, one: _Live) -> None:
        before = self._calls.get(call_uuid)
        if before is not None:
            self._size -= sum(before.sizes.values())
        self._calls[call_uuid] = one
        self._size += sum(one.sizes.values())
        while len(self._calls) > self.limit or self._size > self._memory:
            self.discard(next(iter(self._calls)))
            self.evicted += 1

    def _lasting(self, event: EventCallCreated) -> EventCallCreated:
        """Return the creation without the attributes of the event itself, such as its time."""
        if not event.extra:
            return event
        return msgspec.structs.replace(event, extra=Attributes((k, v) for k, v in event.extra.items() if k not in self._momentary))

    def _change(self, event: EventCallDataChanged, size: int) -> None:
        changes = {name: value for name in _SHARED if (value := getattr(event, name)) is not None}
        if _USER_DATA in changes and not len(changes[_USER_DATA]):
            changes[_USER_DATA] = None  # an empty list means deleted data
        kept = {name: size if isinstance(value, KVList) else weight(value) for name, value in changes.items()}
        one = self._calls.get(event.call_uuid)
        if one is None:
            self._keep(event.call_uuid, _Live(EventCallCreated(**changes), {"": _OVERHEAD, **kept}))
        else:
            self._keep(event.call_uuid, _Live(msgspec.structs.replace(one.call, **changes), one.sizes | kept))
