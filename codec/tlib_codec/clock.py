"""The time of a record, in UTC where it can be known.

Strategy: an event's own time (TimeinSecs, TimeinuSecs) comes first, then that of its origin. The time of a log line has no zone; the
events that have both times show how far the log's clock is from UTC, and the others follow the last of them. Before the first
of them a log's time is read as UTC.
"""

from __future__ import annotations

from typing import Final

from tlib_schemas.enumerations import AttributeID
from tlib_schemas.registry import Registry

from .access import getter
from .records import Record
from .stream import Gap

_SECOND: Final = 1_000_000_000
_QUARTER: Final = 15 * 60 * _SECOND  # zones are multiples of it
_FURTHEST_ZONE: Final = 15 * 3600 * _SECOND


class Clock:
    """Gives the times of the records of one input, in order."""

    def __init__(self, registry: Registry) -> None:
        numbers = (AttributeID.TimeinSecs, AttributeID.TimeinuSecs)
        self._own = [getter(registry.attribute_name(one), registry) if one in registry.dictionary else None for one in numbers]
        self._zone = 0  # nanoseconds by which the local clock is ahead

    def time(self, record: Record) -> int | None:
        """Return nanoseconds since 1970 UTC; None where neither the event nor its origin has a time."""
        local = record.origin.local_time
        if not isinstance(record.item, Gap) and self._own[0] is not None:
            seconds = self._own[0](record.item)
            if type(seconds) is int:
                part = None if self._own[1] is None else self._own[1](record.item)
                if local is not None and abs(ahead := local - seconds * _SECOND) <= _FURTHEST_ZONE:
                    self._zone = round(ahead / _QUARTER) * _QUARTER
                return seconds * _SECOND + (part * 1000 if type(part) is int and 0 <= part < 1_000_000 else 0)
        if record.origin.time is not None:
            return record.origin.time
        return None if local is None else local - self._zone
