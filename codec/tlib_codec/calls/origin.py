"""Where events come from, connection by connection: their numbers, their clock, and fresh starts.

Strategy: T-Server numbers the events of a connection one by one, so a number left out is an event
that never came. Numbers that fall back far, or to the beginning, are a server that started again.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import msgspec

from tlib_schemas.attributes import Timestamp
from tlib_schemas.enumerations import AttributeID

from .anomalies import Missing

_BACK = 256  # numbers so little behind are late, not a new start
_MOST = 4096  # connections that are remembered
_PEER = "peer"
# What tells one connection from another; all else in a source is a place on it.
_KEYS = ("file", "connection", "flow", "from", "to", "src", "dst", "client", "server")


class Origin(msgspec.Struct):
    """One connection: `missing` counts the events that never came, `starts` the fresh starts."""

    number: int = -1
    last: int | None = None
    missing: int = 0
    starts: int = 0
    zone: dt.timedelta | None = dt.timedelta()  # how far its log's local time is from UTC; None: they do not go together

    def count(self, number: Any, source: Mapping[str, Any]) -> Missing | None:
        """Follow an event's number."""
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
        return Missing(last + 1, number - 1, source)

    def time(self, values: Mapping[int, Any], source: Mapping[str, Any]) -> dt.datetime | None:
        """When an event happened, in UTC: by its own word, else by the line or packet it stood in."""
        written = _written(source)
        seconds = values.get(AttributeID.TimeinSecs)
        if isinstance(seconds, int) and seconds >= 0:
            fraction = values.get(AttributeID.TimeinuSecs)
            time = Timestamp(seconds=seconds, microseconds=fraction if isinstance(fraction, int) else None).datetime
            if written is not None and written.tzinfo is None:
                self.zone = _quarters(written.replace(tzinfo=dt.UTC) - time)
            return time
        if written is None or (written.tzinfo is None and self.zone is None):
            return None
        try:
            return (
                written.astimezone(dt.UTC)
                if self.zone is None or written.tzinfo is not None
                else written.replace(tzinfo=dt.UTC) - self.zone
            )
        except OverflowError:
            return None  # beyond the calendar


def _quarters(offset: dt.timedelta) -> dt.timedelta | None:
    """To the next quarter of an hour, which zones are apart; None where it is no zone's."""
    quarter = dt.timedelta(minutes=15)
    rounded = round(offset / quarter) * quarter
    return rounded if abs(rounded) < dt.timedelta(hours=15) else None


def _written(source: Mapping[str, Any]) -> dt.datetime | None:
    text = source.get("time")
    try:
        return dt.datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


class Origins:
    """The connections of an input, the least recent of very many forgotten."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Any, ...], Origin] = OrderedDict()
        self._made = 0

    def of(self, source: Mapping[str, Any]) -> Origin:
        """The connection that `source` stands on."""
        peer = source.get(_PEER) if source.get("direction") == "received" else None
        key = (peer if isinstance(peer, str) else None, *(str(source.get(name, "")) for name in _KEYS))
        origin = self._known.get(key)
        if origin is None:
            self._made += 1
            origin = self._known[key] = Origin(number=self._made)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return origin
