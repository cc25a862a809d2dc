"""The connections that events come on: their event numbers, their times, and their fresh starts.

Strategy: T-Server numbers the events of a connection one by one, so a number left out is an event
that never came. Numbers that fall back far, or to the beginning, are a server that started again.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import msgspec

from tlib_codec.records import Origin
from tlib_schemas.attributes import Timestamp
from tlib_schemas.enumerations import AttributeID

_BACK = 256  # numbers so little behind are late, not a new start
_MOST = 4096  # connections that are remembered
_KEYS = ("flow", "from", "to", "client", "server")  # of a JSON $source that tell one connection from another
_SECOND = 1_000_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Connection(msgspec.Struct):
    """One connection: `missing` counts the events that never came, `starts` the fresh starts."""

    number: int = -1
    last: int | None = None
    missing: int = 0
    starts: int = 0
    unnamed: int = 0  # events of parties that name no call
    latest: dt.datetime | None = None  # the time of its last event

    def count(self, number: Any) -> tuple[int, int] | None:
        """Follow an event's number; return the first and the last number that are missing before it."""
        if not isinstance(number, int):
            return None
        last = self.last
        if last is not None and number <= last:
            if number > 1 and last - number < _BACK:
                return None
            self.starts += 1
            self.last = number
            return None
        self.last = number
        if last is None or number == last + 1:
            return None
        self.missing += number - last - 1
        return last + 1, number - 1

    @staticmethod
    def time(values: Mapping[int, Any], origin: Origin) -> dt.datetime | None:
        """Return the time of an event in UTC: its own with its fraction of a second, else the instant of its record."""
        seconds, fraction = values.get(AttributeID.TimeinSecs), values.get(AttributeID.TimeinuSecs)
        exact = isinstance(fraction, int) or origin.time is None or origin.time // _SECOND != seconds
        if isinstance(seconds, int) and seconds >= 0 and exact:
            return Timestamp(seconds=seconds, microseconds=fraction if isinstance(fraction, int) else None).datetime
        return None if origin.time is None else _moment(origin.time)


def _moment(time: int) -> dt.datetime | None:
    try:
        return _EPOCH + dt.timedelta(microseconds=time // 1000)
    except OverflowError:
        return None  # beyond the calendar


class Connections:
    """The connections of an input, the least recent of very many forgotten."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Any, ...], Connection] = OrderedDict()
        self._made = 0

    def hold(self, more: int) -> bool:
        """Return whether so many connections more are remembered beside those that are."""
        return len(self._known) + more <= _MOST

    def of(self, origin: Origin) -> Connection:
        """Return the connection that a record with this origin came on."""
        other = origin.other or {}
        key = (
            origin.file,
            origin.connection,
            origin.src,
            origin.dst,
            origin.peer if origin.direction == "received" else None,
            *(str(other.get(name, "")) for name in _KEYS),
        )
        connection = self._known.get(key)
        if connection is None:
            self._made += 1
            connection = self._known[key] = Connection(number=self._made)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return connection
