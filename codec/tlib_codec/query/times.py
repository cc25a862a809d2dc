"""The test of a record's time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from tlib_codec.clock import Clock
from tlib_codec.records import Record, nanoseconds
from tlib_schemas.registry import Registry

from .errors import QueryError


def between(since: str | None, until: str | None, registry: Registry) -> Callable[[Record], bool]:
    """Return the test of a time from `since` on and before `until`."""
    first = None if since is None else instant(since, "since")
    end = None if until is None else instant(until, "until")
    clock = Clock(registry)

    def holds(record: Record) -> bool:
        at = clock.time(record)
        return at is not None and (first is None or at >= first) and (end is None or at < end)

    return holds


def instant(text: str, option: str) -> int:
    """Return an ISO 8601 date or time as nanoseconds since 1970; UTC where it has no zone. Raises QueryError."""
    try:
        return nanoseconds(dt.datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        example = "2026-03-14, 2026-03-14T21:39 or 2026-03-14T21:39:12.5+01:00"
        raise QueryError(f"{text!r} is no ISO 8601 time; give one as in {example}", option) from None
