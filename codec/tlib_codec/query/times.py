"""The test of a record's time, and the time that a condition names."""

from __future__ import annotations

from tlib_codec.clock import ShownZone, Span, bound

from .errors import QueryError


def between(since: str | None, until: str | None, zone: ShownZone) -> Span:
    """Return the test of a time from `since` on and before `until`; a time without a zone is in `zone`. Raises QueryError."""
    try:
        return Span(since, until, zone)
    except ValueError as error:
        raise QueryError(*error.args) from None


def instant(text: str, option: str) -> int:
    """Return an ISO 8601 date or time as nanoseconds since 1970; UTC where it has no zone. Raises QueryError."""
    try:
        moment = bound(text)
    except ValueError as error:
        raise QueryError(str(error), option) from None
    if moment.daily:
        raise QueryError(f"{text!r} has no date; give one as in 2026-03-14T21:39", option)
    return moment.at
