"""The fields of a call that a query may name: ``$outcome = transferred and $duration > 5m``.

Strategy: a table, a line a field: the kind of its values and the getter. The query language takes everything else from it,
and the last known attributes of the call.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from tlib_codec.query import FieldKind, NamedField, Scope
from tlib_codec.query.records import utc
from tlib_codec.records import nanoseconds
from tlib_schemas.events import UnknownEvent
from tlib_schemas.values import Attributes

from .model import Call, Ending


def _seconds(get: Callable[[Call], dt.timedelta | float | None]) -> NamedField:
    """Return the field of a duration."""

    def seconds(call: Call) -> float | None:
        value = get(call)
        return value.total_seconds() if isinstance(value, dt.timedelta) else value

    return NamedField(kind=FieldKind.DURATION, get=seconds)


def _time(get: Callable[[Call], dt.datetime | None]) -> NamedField:
    """Return the field of a time."""
    return NamedField(kind=FieldKind.TIME, get=lambda call: None if (at := get(call)) is None else nanoseconds(at), show=utc)


CALL_FIELDS: Final[Mapping[str, NamedField]] = {
    "$duration": _seconds(lambda call: call.duration),
    "$begin": _time(lambda call: call.begin),
    "$end": _time(lambda call: call.end),
    "$ending": NamedField(kind=FieldKind.WORD, get=lambda call: call.ending.value, words=[one.value for one in Ending]),
    "$party": NamedField(kind=FieldKind.TEXT, get=lambda call: tuple(call.parties)),
    "$events": NamedField(kind=FieldKind.NUMBER, get=lambda call: call.events),
    "$anomaly": NamedField(kind=FieldKind.TEXT, get=lambda call: tuple(one.code for one in call.anomalies)),
}


def _item(call: Call) -> Any:
    return UnknownEvent(0, Attributes(call.state))


CALLS: Final = Scope(CALL_FIELDS, _item)
"""The fields of calls, and the last known attributes of each."""
