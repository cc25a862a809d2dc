"""One open call: the tracker's notes beside the call, the events that it takes, and the union of two calls that are one."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import msgspec

from tlib_codec.records import Origin

from .connection import Connection
from .model import Call

_EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Event(msgspec.Struct, gc=False):
    """The parts of one event that tracking uses. `source` is its origin, or makes it when it is first asked for."""

    message: int | str
    name: str
    values: Mapping[int, Any]
    time: dt.datetime | None
    source: Origin | Callable[[], Origin]
    connection: Connection
    uuid: str | None = None
    conn: str | None = None
    party: str | None = None
    other: str | None = None

    @property
    def origin(self) -> Origin:
        """Return the origin."""
        if not isinstance(self.source, Origin):
            self.source = self.source()
        return self.source


class Heard(msgspec.Struct):
    """A connection that told of a call: how many of its events were lost then, and the CallUUID that the call has there."""

    connection: Connection
    missing: int
    unnamed: int
    uuid: str | None = None


class OpenCall(msgspec.Struct, eq=False):
    """A call, and the tracker's own notes: `last` is the time of its last event, `size` the bytes it holds."""

    serial: int
    call: Call
    last: dt.datetime | None
    home: int  # the connection that told of it last
    start: tuple[int, int]  # connection, and which start of it, that told of its creation
    size: int = 0
    listed: bool = False  # a call-based event told of it: those decide its attributes and its end
    waiting: OrderedDict[int, dt.datetime | None] | None = None  # the line of calls that are about to end in which it stands
    conn_ids: set[str] = set()
    uuids: dict[str, int] = {}  # each with the connection that told of it last
    deleted: set[str] = set()
    heard: dict[int, Heard] = {}
    linked: set[Any] = set()  # its links, and for each its kind with each of its names
    main: OpenCall | None = None  # the call that this one consults for
    consults: list[OpenCall] = []
    recent: deque[Hashable] | None = None  # the last events of its parties

    def gap(self) -> bool:
        """Return whether a connection that told of the call has lost events since."""
        return any(one.connection.missing > one.missing or one.connection.unnamed > one.unnamed for one in self.heard.values())


def absorb(one: OpenCall, other: OpenCall) -> None:
    """Add to a call everything that is known of another one, which is the same call."""
    call, same = one.call, other.call
    foreign = same.call_uuid if call.call_uuid is not None and same.call_uuid != call.call_uuid else None
    call.call_uuid, call.conn_id = call.call_uuid or same.call_uuid, call.conn_id or same.conn_id
    for dn, party in same.parties.items():
        party.site = party.site or foreign or ""
        key = f"{dn} {foreign}" if foreign is not None and party.spans else dn
        known = call.parties.setdefault(key, party)
        if known is not party:
            known.absorb(party)
    call.begin = min(filter(None, (call.begin, same.begin)), default=None)
    call.end = max(filter(None, (call.end, same.end)), default=None)
    call.complete = call.complete and same.complete
    call.events += same.events
    call.dropped += same.dropped
    call.state = same.state | call.state
    call.sites = call.sites | same.sites
    call.doubt |= same.doubt
    for name in ("links", "evidence", "releases", "anomalies", "history"):
        setattr(call, name, getattr(call, name) + getattr(same, name))
    call.history.sort(key=lambda change: change.time or _EVER)
    one.heard = other.heard | one.heard
    one.uuids = one.uuids | other.uuids
    one.conn_ids |= other.conn_ids
    one.linked |= other.linked
    one.listed = one.listed or other.listed
    one.main = one.main or other.main
    one.consults = [*one.consults, *other.consults]
    for consult in other.consults:
        consult.main = one


def site_of(one: OpenCall, event: Event) -> str:
    """Return the CallUUID of the call at the T-Server of an event; empty where it is not known."""
    heard = one.heard.get(event.connection.number)
    return event.uuid or (heard.uuid if heard is not None else None) or ""
