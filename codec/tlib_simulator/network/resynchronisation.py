"""Resynchronise a client: compare the announced live calls with those it knew before.

Strategy: the handshake holds the number of creations that announce live calls. Once all have come, a known call that
is not among them has ended while the client was away.
"""

from __future__ import annotations

import msgspec

from tlib_codec.stream import StreamItem
from tlib_schemas.call_events import EventCallCreated

from .handshake import Handshake
from .live_calls import LiveCalls


class Resynchronised(msgspec.Struct, frozen=True):
    """The result of an announcement, by CallUUID: calls known before (`kept`), calls that are `new`, and calls known
    before that have ended unnoticed (`lost`).
    """

    connection: int
    kept: tuple[str, ...]
    new: tuple[str, ...]
    lost: tuple[str, ...]


class Resynchronisation:
    """Follows the items of a connection, and keeps `live` up to date."""

    def __init__(self, live: LiveCalls) -> None:
        self._live = live
        self._missing = -1  # announced creations still to come
        self._before: frozenset[str] = frozenset()
        self._announced: dict[str, None] = {}

    def follow(self, item: StreamItem, connection: int, size: int = 0) -> Resynchronised | None:
        """Take the next item, whose frame has `size` bytes; return the result when the announcement is complete."""
        handshake = Handshake.of(item)
        if handshake is not None:
            self._before = frozenset(call.call_uuid for call in self._live)
            self._announced = {}
            self._missing = handshake.calls
        elif self._missing > 0 and isinstance(item, EventCallCreated):
            if len(self._announced) < self._live.limit:
                self._announced[item.call_uuid] = None
            self._missing -= 1
        self._live.apply(item, size)
        if self._missing:
            return None
        self._missing = -1
        lost = tuple(sorted(self._before - self._announced.keys()))
        for call_uuid in lost:
            self._live.discard(call_uuid)
        if connection == 1 and not self._announced:
            return None
        kept = tuple(uuid for uuid in self._announced if uuid in self._before)
        return Resynchronised(connection, kept, tuple(uuid for uuid in self._announced if uuid not in self._before), lost)
