"""Follow calls through a stream of events, in bounded memory, and yield each call when it ends.

Strategy: a CallUUID identifies a call, or a ConnID if no event has a CallUUID; both lead to an open call. The tracker
compares values by attribute id, so events of any registry with the model's attributes take part, also invalid ones. A
deprecated EventReleased on an abstract DN ends a call if no EventCallDeleted follows within some seconds.

Several connections may deliver the same event, since a capture has a copy per client. A copy is an event on another
connection whose time is not later than the call's last event.

Time is the events' own. One event with a wrong clock must not expire all calls, so the tracker uses the earlier time of
the last two events.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from tlib_codec.records import Origin
from tlib_codec.stream import Gap, StreamItem
from tlib_schemas.abstract_dn_events import EventReleased
from tlib_schemas.attributes import ABSTRACT_DN
from tlib_schemas.call_events import EventCallCreated, EventCallDataChanged, EventCallDeleted
from tlib_schemas.enumerations import AttributeID, MessageType, OpenEnum
from tlib_schemas.errors import quote
from tlib_schemas.events import Event
from tlib_schemas.kinds import Identifies
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import KVList

from .anomalies import Anomaly, Missing
from .connection import Connection, Connections
from .links import sites, weight
from .model import DEFAULT_CALL_LIMITS, ENDED, Call, CallLimits, Change, Ending, Link, LinkKind

Followed: TypeAlias = Call | Missing

_CREATED, _CHANGED, _DELETED, _RELEASED = (
    int(event.message) for event in (EventCallCreated, EventCallDataChanged, EventCallDeleted, EventReleased)
)
_FRESH_START = frozenset({MessageType.EventLinkConnected, MessageType.EventServerConnected})
_BACK_IN_STEP = frozenset({MessageType.EventRegistered, MessageType.EventAddressInfo})  # on an abstract DN: the calls there are
_NOWHERE = Origin()


class _Open(msgspec.Struct):
    """A call, and the tracker's own notes: `last` is the time of its last event, `size` the bytes it holds."""

    key: str
    call: Call
    last: dt.datetime | None
    home: int  # the connection that told of it last
    missing: int  # ... and how many of its events were missing then
    start: tuple[int, int]  # connection, and which start of it, that told of its creation
    size: int = 0
    settling: bool = False
    conn_ids: set[str] = set()
    linked: set[Any] = set()  # its links, and for each its kind with each of its names


class CallTracker:
    """Feed it items in order; it gives the calls that are over, and `Missing` event numbers.

    `history` False keeps no list of each call's events. Memory is bounded by `limits`.
    """

    def __init__(self, *, registry: Registry = TLIBRARY, limits: CallLimits = DEFAULT_CALL_LIMITS, history: bool = True) -> None:
        self.registry: Registry = registry
        self.limits: CallLimits = limits
        self.history: bool = history
        self._identifies = {thing: registry.identifying(thing) for thing in Identifies}
        self._own = frozenset(registry.identifying(Identifies.CALL, Identifies.CONNECTION))
        self._of_event = frozenset(number for number, attribute in registry.dictionary.items() if attribute.of_event)
        self._open: OrderedDict[str, _Open] = OrderedDict()  # the longest idle one first
        self._by_conn: dict[str, str] = {}
        self._ended: OrderedDict[str, tuple[int, dt.datetime | None]] = OrderedDict()  # CallUUID, and ConnID: by whom, when
        self._settling: OrderedDict[str, dt.datetime | None] = OrderedDict()
        self._connections = Connections()
        self._size = 0
        self._before: dt.datetime | None = None
        self._clock: dt.datetime | None = None

    def __len__(self) -> int:
        """Return the number of open calls."""
        return len(self._open)

    def feed(self, item: StreamItem, origin: Origin | None = None) -> Iterator[Followed]:
        """Take the next item and its origin; yield the calls that it ends, and `Missing`."""
        if isinstance(item, Gap):
            return
        origin = origin or _NOWHERE
        values = _values(item, self.registry)
        connection = self._connections.of(origin)
        time = connection.time(values, origin)
        missing = connection.count(values.get(AttributeID.EventSequenceNumber), origin)
        if missing is not None:
            yield missing
        self._tick(time)
        yield from self._idle()
        message = item.message
        uuid, conn = self._named(values, Identifies.CALL), self._named(values, Identifies.CONNECTION)
        event = _Event(self._name(message), values, time, origin, connection)
        abstract = ABSTRACT_DN.fits(self._named(values, Identifies.PARTY) or "")
        if message in _FRESH_START or (message in _BACK_IN_STEP and abstract):
            connection.starts += 1
        elif message == _RELEASED and abstract:
            self._release(event, uuid, conn)
        elif (uuid is None and conn is None) or self._is_copy(event, uuid, conn):
            return
        elif message == _CREATED:
            self._create(event, uuid, conn)
        elif message == _CHANGED:
            self._apply(self._find(event, uuid, conn), event, judged=True)
        elif message == _DELETED:
            yield self._delete(event, uuid, conn)
        else:
            self._party(event, uuid, conn)
        yield from self._crowded()

    def close(self) -> Iterator[Call]:
        """Yield the calls that are open at the end of the input, the longest idle one first."""
        while self._open:
            one = next(iter(self._open.values()))
            yield self._end(one, Ending.RELEASED if one.settling else Ending.OPEN)

    # -- events ----------------------------------------------------------------------------------

    def _name(self, message: int | str) -> str:
        return message if isinstance(message, str) else self.registry.message_name(message) or f"#{message}"

    def _create(self, event: _Event, uuid: str | None, conn: str | None) -> None:
        one = self._known(uuid, conn)
        start = (event.connection.number, event.connection.starts)
        if one is None:
            late = self._ended_one(uuid, conn) is not None
            one = self._new(event, uuid, conn)
            if late:
                self._anomaly(one, event, "call-after-deletion", f"{event.name} after the call's end")
        elif one.call.created and event.values.keys().isdisjoint(self._identifies[Identifies.LINKED_CALLS]) and one.start == start:
            self._anomaly(one, event, "call-created-twice", f"{event.name} again, without {self._label(Identifies.LINKED_CALLS)}")
        one.call.created = True
        one.start = start
        self._apply(one, event, judged=False)

    def _delete(self, event: _Event, uuid: str | None, conn: str | None) -> Call:
        one = self._find(event, uuid, conn)
        self._apply(one, event, judged=False)
        self._link_merge(one, event.values)
        return self._end(one, Ending.DELETED)

    def _release(self, event: _Event, uuid: str | None, conn: str | None) -> None:
        one = self._known(uuid, conn)
        if one is None:
            if conn is None or conn in self._ended:
                return  # the other event of an end that is known
            one = self._new(event, uuid, conn)
        self._apply(one, event, judged=False)
        self._link_merge(one, event.values)
        one.settling = True
        self._settling[one.key] = event.time or self._clock

    def _party(self, event: _Event, uuid: str | None, conn: str | None) -> None:
        """Follow an event of one party: it names who takes part, and shows that the call is alive."""
        one = self._known(uuid, conn)
        party = self._named(event.values, Identifies.PARTY)
        if one is None or party is None or not event.name.startswith("Event"):
            return
        self._touch(one, event)
        other = self._named(event.values, Identifies.OTHER_PARTY)
        for name in (party, other):
            self._add_party(one, name)
        self._remember(one, Change(event.name, event.time, {}, party, other, event.origin))

    def _apply(self, one: _Open, event: _Event, *, judged: bool) -> None:
        """Apply an event to its call; where `judged`, each value has to be new."""
        call = one.call
        self._touch(one, event)
        changes: dict[str, tuple[Any, Any]] = {}
        for number, value in event.values.items():
            if number in self._of_event:
                continue
            name = self.registry.attribute_name(number)
            old = call.state.get(name)
            new = None if number == AttributeID.UserData and isinstance(value, KVList) and not len(value) else value
            if old == new and (type(old) is type(new) or old is not None):
                listed = number in EventCallDataChanged.__schema__.listed and number not in self._own
                if judged and listed and (old is not None or call.created):
                    said = "deleted, and there was none" if new is None else f"changed to {_shown(new)}, which it was"
                    self._anomaly(one, event, "call-unchanged", f"{name} is said to be {said}")
                continue
            changes[name] = (old, new)
            self._hold(one, weight(new) - weight(old))
            if new is None:
                del call.state[name]
            else:
                call.state[name] = new
        self._follow_links(one, event.values)
        party = self._named(event.values, Identifies.CONTROLLING_PARTY)
        self._add_party(one, party)
        self._remember(one, Change(event.name, event.time, changes, party, None, event.origin))

    # -- one call --------------------------------------------------------------------------------

    def _known(self, uuid: str | None, conn: str | None) -> _Open | None:
        one = self._open.get(uuid) if uuid is not None else None
        if one is None and conn is not None and (key := self._by_conn.get(conn)) is not None:
            candidate = self._open[key]
            if uuid is None or candidate.call.call_uuid is None:
                one = candidate
        return one

    def _ended_one(self, uuid: str | None, conn: str | None) -> tuple[int, dt.datetime | None] | None:
        return self._ended.get(uuid or conn or "")

    def _is_copy(self, event: _Event, uuid: str | None, conn: str | None) -> bool:
        """Return whether another connection has already delivered this event."""
        one = self._known(uuid, conn)
        known = self._ended_one(uuid, conn) if one is None else (one.home, one.call.end)
        if known is None or known[0] == event.connection.number:
            return False
        return event.time is not None and known[1] is not None and event.time <= known[1]

    def _find(self, event: _Event, uuid: str | None, conn: str | None) -> _Open:
        """Return the call of an event that presupposes it; a new one, marked, where there is none."""
        one = self._known(uuid, conn)
        if one is not None:
            return one
        late = self._ended_one(uuid, conn) is not None
        one = self._new(event, uuid, conn)
        if late:
            self._anomaly(one, event, "call-after-deletion", f"{event.name} after the call's end")
        else:
            self._anomaly(one, event, "call-not-created", f"{event.name} is the first event of the call")
        return one

    def _new(self, event: _Event, uuid: str | None, conn: str | None) -> _Open:
        key = uuid or conn
        assert key is not None
        call = Call({}, call_uuid=uuid, begin=event.time, origin=event.origin)
        connection = event.connection
        start = (connection.number, connection.starts)
        one = _Open(key, call, event.time, home=connection.number, missing=connection.missing, start=start)
        self._open[key] = one
        self._hold(one, 1_000 + weight(event.origin.to_data()))
        return one

    def _touch(self, one: _Open, event: _Event) -> None:
        """Note that an event names the call: its time, its identifiers, and its place in the order of silence."""
        call, time, connection = one.call, event.time, event.connection
        call.events += 1
        if time is not None:
            if call.end is not None and time < call.end:
                self._anomaly(one, event, "call-time", f"{event.name} is {(call.end - time).total_seconds():g} s before the last event")
            call.end = time
            call.begin = call.begin or time
        one.last = time or self._clock
        missing = connection.missing - one.missing
        if missing > 0 and one.home == connection.number:
            self._anomaly(one, event, "call-missing", f"{missing} event{'s' if missing > 1 else ''} missing before {event.name}")
        one.home, one.missing = connection.number, connection.missing
        self._identify(one, self._named(event.values, Identifies.CALL), self._named(event.values, Identifies.CONNECTION))
        self._open.move_to_end(one.key)

    def _identify(self, one: _Open, uuid: str | None, conn: str | None) -> None:
        call = one.call
        if uuid is not None and call.call_uuid is None:  # known by its ConnID until now
            call.call_uuid = uuid
            del self._open[one.key]
            if one.settling:
                self._settling[uuid] = self._settling.pop(one.key)
            one.key = uuid
            self._open[uuid] = one
            self._by_conn.update(dict.fromkeys(one.conn_ids, uuid))
        if conn is not None:
            call.conn_id = conn
            if conn not in one.conn_ids and len(one.conn_ids) < self.limits.entries:
                one.conn_ids.add(conn)
                self._by_conn[conn] = one.key
                self._hold(one, 200)

    def _anomaly(self, one: _Open, event: _Event, code: str, detail: str) -> None:
        if self._fits(one, one.call.anomalies):
            one.call.anomalies.append(Anomaly(code, event.time, detail, event.origin))
            self._hold(one, 300)

    def _remember(self, one: _Open, change: Change) -> None:
        if self.history and self._fits(one, one.call.history):
            one.call.history.append(change)
            self._hold(one, 300 + sum(weight(old) + weight(new) for old, new in change.changes.values()))

    def _add_party(self, one: _Open, name: str | None) -> None:
        parties = one.call.parties
        if name and name not in parties and self._fits(one, parties):
            parties[name] = None
            self._hold(one, weight(name))

    def _fits(self, one: _Open, kept: list[Any] | dict[Any, Any]) -> bool:
        if len(kept) < self.limits.entries:
            return True
        one.call.dropped += 1
        return False

    def _hold(self, one: _Open, size: int) -> None:
        one.size += size
        self._size += size

    def _end(self, one: _Open, ending: Ending) -> Call:
        call = one.call
        call.ending = ending
        del self._open[one.key]
        self._settling.pop(one.key, None)
        for conn in one.conn_ids:
            if self._by_conn.get(conn) == one.key:
                del self._by_conn[conn]
        self._size -= one.size
        if ending in ENDED:
            for name in filter(None, (call.call_uuid, call.conn_id)):
                self._ended[name] = (one.home, call.end)
                self._ended.move_to_end(name)
            while len(self._ended) > 2 * self.limits.calls:
                self._ended.popitem(last=False)
        return call

    # -- links -----------------------------------------------------------------------------------

    def _named(self, values: Mapping[int, Any], thing: Identifies) -> str | None:
        """Return the text by which `values` identify the thing; None where they do not."""
        for number in self._identifies[thing]:
            value = values.get(number)
            if isinstance(value, str) and value:
                return value
        return None

    def _label(self, thing: Identifies) -> str:
        return " or ".join(map(self.registry.attribute_name, self._identifies[thing]))

    def _link(self, one: _Open, link: Link) -> None:
        if link not in one.linked and self._fits(one, one.call.links):
            one.call.links.append(link)
            one.linked |= {link, (link.kind, link.call_uuid), (link.kind, link.conn_id)}
            self._hold(one, 300)

    def _link_both(self, one: _Open, there: LinkKind, back: LinkKind, uuid: str | None, conn: str | None, cause: str | None = None) -> None:
        other = self._known(uuid, conn)
        if other is one:
            return
        if other is not None:
            uuid, conn = uuid or other.call.call_uuid, conn or other.call.conn_id
            self._link(other, Link(back, one.call.call_uuid, one.call.conn_id, cause))
        self._link(one, Link(there, uuid, conn, cause))

    def _follow_links(self, one: _Open, values: Mapping[int, Any]) -> None:
        main = self._named(values, Identifies.ORIGINAL_CALL)
        if main is not None and (LinkKind.CONSULTS_FOR, main) not in one.linked:
            self._link_both(one, LinkKind.CONSULTS_FOR, LinkKind.CONSULTED_BY, main, None)
        for links in (values.get(number) for number in self._identifies[Identifies.LINKED_CALLS]):
            if isinstance(links, KVList):
                for uuid, conn in sites(links, self.limits.entries):
                    if uuid != one.call.call_uuid and conn not in one.conn_ids:
                        self._link_both(one, LinkKind.SITE, LinkKind.SITE, uuid, conn)

    def _link_merge(self, one: _Open, values: Mapping[int, Any]) -> None:
        uuid, conn = self._named(values, Identifies.MERGED_CALL), self._named(values, Identifies.MERGED_CONNECTION)
        if uuid is None and conn is None:
            return
        if uuid is None and (LinkKind.MERGED_INTO, conn) in one.linked:
            return  # told already, with more
        cause = values.get(AttributeID.Cause, values.get(AttributeID.CallState))
        label = cause.label or str(int(cause)) if isinstance(cause, OpenEnum) else None
        self._link_both(one, LinkKind.MERGED_INTO, LinkKind.MERGED_FROM, uuid, conn, label)

    # -- limits ----------------------------------------------------------------------------------

    def _tick(self, time: dt.datetime | None) -> None:
        if time is not None:
            self._clock = time if self._before is None else min(self._before, time)
            self._before = time

    def _idle(self) -> Iterator[Call]:
        clock = self._clock
        if clock is None:
            return
        while self._settling:
            key, released = next(iter(self._settling.items()))
            if released is not None and (clock - released).total_seconds() <= self.limits.settle:
                break
            yield self._end(self._open[key], Ending.RELEASED)
        while self._open:
            one = next(iter(self._open.values()))
            one.last = one.last or clock
            if (clock - one.last).total_seconds() <= self.limits.idle:
                break
            yield self._end(one, Ending.EXPIRED)

    def _crowded(self) -> Iterator[Call]:
        while self._open and (len(self._open) > self.limits.calls or self._size > self.limits.size):
            yield self._end(next(iter(self._open.values())), Ending.EVICTED)


class _Event(msgspec.Struct):
    """The parts of one event that the tracker uses."""

    name: str
    values: Mapping[int, Any]
    time: dt.datetime | None
    origin: Origin
    connection: Connection


def follow(
    items: Iterable[StreamItem],
    *,
    registry: Registry = TLIBRARY,
    limits: CallLimits = DEFAULT_CALL_LIMITS,
    history: bool = True,
) -> Iterator[Call]:
    """Yield the calls of a stream of events, each when it is over, the open ones at the end."""
    tracker = CallTracker(registry=registry, limits=limits, history=history)
    for item in items:
        for one in tracker.feed(item):
            if isinstance(one, Call):
                yield one
    yield from tracker.close()


def _values(item: Item, registry: Registry) -> Mapping[int, Any]:
    if isinstance(item, Event):
        return registry.lay_out(item)[1]
    return {registry.attribute_number(name): value for name, value in item.attributes.items()}


def _shown(value: Any) -> str:
    if isinstance(value, OpenEnum):
        return value.label or str(int(value))
    return quote(value) if isinstance(value, str) else quote(str(value)) if isinstance(value, KVList) else str(value)
