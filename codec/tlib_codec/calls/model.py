"""A call: its attributes, links, parties and history.

Strategy: `state` holds the last value of each attribute by the registry's name, so a query for events also works for
calls. `CallLimits` bounds everything that could grow without end; a call says which limit it reached.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from typing import Any

import msgspec

from tlib_codec.formats import jsonl
from tlib_codec.records import Origin
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .anomalies import Anomaly
from .outcome import Outcome, Release, hold_time, outcome, queue_time, released_first, ring_time, talk_time
from .party import Party, time_text


class CallLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how many calls are followed.

    `idle` seconds without an event, by the events' own time, and a call is given up; `settle`
    seconds after the last party has left it is over, and `away` seconds where it went on to a DN that has no
    events; with call-based events, `settle` seconds after the EventReleased of an abstract DN. At most `calls` are open
    at once, and about `size` bytes of values are held: beyond it the longest idle ones are given up.
    Of one call `entries` events, links and anomalies each are kept; more are counted.
    """

    idle: float = 86_400.0
    settle: float = 10.0
    away: float = 600.0
    calls: int = 100_000
    size: int = 256 << 20
    entries: int = 1_000


DEFAULT_CALL_LIMITS = CallLimits()


class Ending(enum.Enum):
    """How a call is over, or why it is not."""

    DELETED = "deleted"
    RELEASED = "released"  # every party has left, or EventReleased of an abstract DN came alone
    OPEN = "open"  # at the end of the input
    EXPIRED = "expired"  # nothing was heard of it for so long
    EVICTED = "evicted"  # there were too many


_ZERO = ("$created", "$complete", "$duration", "$queue", "$ring", "$talk", "$hold")  # members that 0 does not leave out
ENDED = frozenset({Ending.DELETED, Ending.RELEASED})


class LinkKind(enum.Enum):
    """What another call is to this one."""

    CONSULTS_FOR = "consults-for"  # this is a consult call, that one its main call
    CONSULTED_BY = "consulted-by"
    MERGED_INTO = "merged-into"  # by a transfer or conference: that one goes on
    MERGED_FROM = "merged-from"
    SITE = "site"  # the same call at another site


class Link(msgspec.Struct, frozen=True):
    """Another call, by whichever of its identifiers is known; `cause` of a merge, as it is printed."""

    kind: LinkKind
    call_uuid: str | None = None
    conn_id: str | None = None
    cause: str | None = None


class Change(msgspec.Struct, frozen=True):
    """One event of a call. `changes` has the old and new value of each attribute; None is absent.

    `party` is the DN that the event names as its own or as the one that caused it, `other` the one it talks to, `site` the CallUUID of
    the call where it happened.
    """

    event: str
    time: dt.datetime | None
    changes: Mapping[str, tuple[Any, Any]] = {}
    party: str | None = None
    other: str | None = None
    origin: Origin = Origin()
    site: str = ""


class Call(msgspec.Struct):
    """A call, as far as the input tells.

    `state` is the last known value of each attribute, `begin` and `end` the times of its first and
    last event, `created` whether its beginning was seen. `complete` is False where events of the call are missing. `events` counts all of
    its events, also where `history` keeps none; `dropped` counts what went beyond `CallLimits.entries`. `sites` has the input's
    name for each CallUUID of the call: it has several where several T-Servers take part. `evidence`, `doubt` and `releases` are what
    `outcome` goes by.
    """

    state: dict[str, Any]
    call_uuid: str | None = None
    conn_id: str | None = None
    created: bool = False
    complete: bool = True
    ending: Ending = Ending.OPEN
    begin: dt.datetime | None = None
    end: dt.datetime | None = None
    events: int = 0
    dropped: int = 0
    history: list[Change] = []
    links: list[Link] = []
    parties: dict[str, Party] = {}
    sites: dict[str, str] = {}
    evidence: list[Outcome] = []
    doubt: set[str] = set()
    releases: list[Release] = []
    anomalies: list[Anomaly] = []
    origin: Origin = Origin()

    @property
    def over(self) -> bool:
        """Return whether the end of the call was seen."""
        return self.ending in ENDED

    @property
    def duration(self) -> dt.timedelta | None:
        """Return the time from creation to end; None if one is unknown or the times run backwards."""
        if not self.created or not self.over or self.begin is None or self.end is None or self.end < self.begin:
            return None
        return self.end - self.begin

    def names(self, wanted: str) -> bool:
        """Return whether `wanted` begins the CallUUID or the ConnID of the call."""
        low = wanted.lower()
        return any(name.lower().startswith(low) for name in (self.call_uuid, self.conn_id, *self.sites) if name)

    def get(self, number: AttributeID, registry: Registry = TLIBRARY) -> Any:
        """Return the last known value of an attribute; None where it is absent."""
        return self.state.get(registry.attribute_name(number))

    def to_data(self) -> dict[str, Any]:
        """Return the call as JSON holds it: attributes by name; other members begin with ``$``."""
        duration = self.duration
        members: dict[str, Any] = {
            "$begin": time_text(self.begin),
            "$end": time_text(self.end),
            "$duration": None if duration is None else duration.total_seconds(),
            "$outcome": None if (result := outcome(self)) is None else result.value,
            "$queue": queue_time(self),
            "$ring": ring_time(self),
            "$talk": talk_time(self),
            "$hold": hold_time(self),
            "$released_first": None if (first := released_first(self)) is None else jsonl.value_to_data(first),
            "$ending": self.ending.value,
            "$created": self.created,
            "$complete": self.complete,
            "$events": self.events,
            "$parties": [party.to_data() for party in self.parties.values()],
            "$sites": [{"call_uuid": jsonl.value_to_data(uuid), "file": file} for uuid, file in self.sites.items()]
            if len(self.sites) > 1
            else [],
            "$links": [_link(link) for link in self.links],
            "$anomalies": [_anomaly(one) for one in self.anomalies],
            "$dropped": self.dropped,
            "$history": [_change(change) for change in self.history],
            "$source": self.origin.to_data(),
        }
        data = {name: jsonl.value_to_data(value) for name, value in self.state.items()}
        return data | {key: value for key, value in members.items() if value or (value is not None and key in _ZERO)}


def _anomaly(one: Anomaly) -> dict[str, Any]:
    return {"code": one.code, "time": time_text(one.time), "detail": one.detail, "source": one.origin.to_data()}


def _link(link: Link) -> dict[str, Any]:
    known = {"kind": link.kind.value, "call_uuid": link.call_uuid, "conn_id": link.conn_id, "cause": link.cause}
    return {key: jsonl.value_to_data(value) for key, value in known.items() if value is not None}


def _change(change: Change) -> dict[str, Any]:
    data: dict[str, Any] = {"event": change.event, "time": time_text(change.time)}
    data |= {key: jsonl.value_to_data(value) for key, value in (("party", change.party), ("other", change.other)) if value is not None}
    if change.changes:
        data["changes"] = {
            name: {key: jsonl.value_to_data(value) for key, value in (("from", old), ("to", new)) if value is not None}
            for name, (old, new) in change.changes.items()
        }
    source = change.origin.to_data()
    return data | ({"source": source} if source else {})
