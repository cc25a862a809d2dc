"""The fields of a call that a query may name: ``$outcome = transferred and $duration > 5m``.

Strategy: a table, a line a field: the kind of its values and the getter. The query language takes everything else from it,
and the last known attributes of the call.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final

from tlib_codec.query import FieldKind, NamedField, Scope
from tlib_codec.query.records import utc
from tlib_codec.records import nanoseconds
from tlib_schemas.events import UnknownEvent
from tlib_schemas.values import Attributes

from .model import Call, Ending
from .outcome import Outcome, hold_time, outcome, queue_time, released_first, ring_time, talk_time


def _seconds(get: Callable[[Call], float | None]) -> NamedField:
    """Return the field of a duration."""
    return NamedField(kind=FieldKind.DURATION, get=get)


def _time(get: Callable[[Call], dt.datetime | None]) -> NamedField:
    """Return the field of a time."""
    return NamedField(kind=FieldKind.TIME, get=lambda call: None if (at := get(call)) is None else nanoseconds(at), show=utc)


def _texts(get: Callable[[Call], tuple[str | None, ...]]) -> NamedField:
    """Return the field of several texts."""
    return NamedField(kind=FieldKind.TEXT, get=lambda call: tuple(text for text in get(call) if text is not None))


def _duration(call: Call) -> float | None:
    return None if call.duration is None else call.duration.total_seconds()


CALL_FIELDS: Final[Mapping[str, NamedField]] = {
    "$outcome": NamedField(
        kind=FieldKind.WORD,
        get=lambda call: None if (result := outcome(call)) is None else result.value,
        words=[one.value for one in Outcome],
    ),
    "$duration": _seconds(_duration),
    "$queue": _seconds(queue_time),
    "$ring": _seconds(ring_time),
    "$talk": _seconds(talk_time),
    "$hold": _seconds(hold_time),
    "$party": _texts(lambda call: tuple(party.dn for party in call.parties.values())),
    "$agent": _texts(lambda call: tuple(party.agent for party in call.parties.values())),
    "$unanswered": _texts(lambda call: tuple(party.agent or party.dn for party in call.parties.values() if party.unanswered)),
    "$released_first": _texts(lambda call: (released_first(call),)),
    "$begin": _time(lambda call: call.begin),
    "$end": _time(lambda call: call.end),
    "$ending": NamedField(kind=FieldKind.WORD, get=lambda call: call.ending.value, words=[one.value for one in Ending]),
    "$events": NamedField(kind=FieldKind.NUMBER, get=lambda call: call.events),
    "$anomaly": _texts(lambda call: tuple(one.code for one in call.anomalies)),
}
CALLS: Final = Scope(CALL_FIELDS, lambda call: UnknownEvent(0, Attributes(call.state)))
"""The fields of calls, and the last known attributes of each."""
