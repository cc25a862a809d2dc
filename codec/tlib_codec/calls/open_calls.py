"""The open calls, found by CallUUID and ConnID, in the order of their silence, and within their limits.

Strategy: a call has one ConnID at a time and a CallUUID at each T-Server. An event names its call by CallUUID, else by ConnID.
A ConnID with a CallUUID that is new, from a connection that has not told of the call yet, is the same call at another site.
A call that has ended is remembered by its names for a while, so that a late event does not open it again.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from .anomalies import Anomaly
from .connection import Connection
from .links import weight
from .model import ENDED, Call, CallLimits, Change, Ending
from .open_call import Event, Heard, OpenCall, absorb
from .outcome import Outcome

if TYPE_CHECKING:
    from tlib_codec.native.calls import PlainCall

    Held: TypeAlias = OpenCall | PlainCall

_RECENT = 64  # events of a call among which a copy is recognised
_LONGEST_NAME = 256  # characters of a name of an ended call that is remembered
_ORDINARY_NAME = 64  # characters of a name that the size of a call allows for


class OpenCalls:
    """The open calls. Memory is bounded by `limits`.

    `open` has them by number, the longest idle one first; `by_uuid` and `by_conn` by name. `settling` and `away` are the lines of the calls
    that are about to end, each with the time since which it waits. `clock` is the earlier of the times of the last two events, `before`
    the last one. The native core holds a plain call (`plain`) until `unfold` makes an `OpenCall` of it; `noted` counts the bytes of
    all plain ones.
    """

    def __init__(self, limits: CallLimits, unfold: Callable[[PlainCall], OpenCall]) -> None:
        self.limits = limits
        self.noted: int = 0
        self._unfold = unfold
        self.clock: dt.datetime | None = None
        self.before: dt.datetime | None = None
        self._made = 0
        self._size = 0
        self.open: OrderedDict[int, Held] = OrderedDict()
        self.by_uuid: dict[str, Held] = {}
        self.by_conn: dict[str, Held] = {}
        self._ended: OrderedDict[str, tuple[int, dt.datetime | None]] = OrderedDict()  # each name: by whom, when
        self.settling: OrderedDict[int, dt.datetime | None] = OrderedDict()
        self.away: OrderedDict[int, dt.datetime | None] = OrderedDict()

    def __len__(self) -> int:
        return len(self.open)

    def __iter__(self) -> Iterator[OpenCall]:
        """Yield the longest idle call until there is none."""
        while self.open:
            yield self._whole(next(iter(self.open.values())))

    # -- plain calls -------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """Return the bytes that all calls hold, at most."""
        return self._size + self.noted

    def is_known(self, uuid: str, conn: str) -> bool:
        """Return whether a call of one of these names is remembered as ended."""
        return uuid in self._ended or conn in self._ended

    def begin(self, plain: PlainCall) -> int:
        """Open a plain call and return its number."""
        self._made += 1
        self.open[self._made] = self.by_uuid[plain.uuid] = self.by_conn[plain.conn] = plain
        self.noted += plain.size
        return self._made

    def finish(self, plain: PlainCall, home: int, end: dt.datetime) -> None:
        """Close a plain call that was deleted."""
        self._drop(plain)
        del self.open[plain.serial]
        self._remember_end((plain.uuid, plain.conn), home, end)

    def unfold(self) -> None:
        """Make every plain call one that the tracker follows: something is about to happen that may concern all calls."""
        if self.noted:
            for one in list(self.open.values()):
                self._whole(one)

    def put(self, plain: PlainCall, one: OpenCall) -> OpenCall:
        """Put the call that a plain one is in its place, and return it."""
        self._drop(plain)
        one.serial = plain.serial
        self.open[one.serial] = one
        self.by_uuid.update(dict.fromkeys(one.uuids, one))
        self.by_conn.update((conn, one) for conn in one.conn_ids if conn not in self.by_conn)
        self._size += one.size
        return one

    def take(self) -> OpenCall:
        """Take the only call out."""
        one = next(iter(self))
        self.open.clear()
        self.by_uuid.clear()
        self.by_conn.clear()
        self._size = 0
        return one

    def _whole(self, one: Held) -> OpenCall:
        return one if isinstance(one, OpenCall) else self._unfold(one)

    def _drop(self, plain: PlainCall) -> None:
        """Forget the names and the size of a plain call."""
        self.noted -= plain.size
        del self.by_uuid[plain.uuid]
        if self.by_conn.get(plain.conn) is plain:
            del self.by_conn[plain.conn]

    # -- names -------------------------------------------------------------------------------------

    def find(self, uuid: str | None, conn: str | None, connection: Connection | None = None) -> OpenCall | None:
        """Return the open call of these names; `connection` is that of the event that names it."""
        known = self.by_uuid.get(uuid) if uuid is not None else None
        if known is not None:
            return self._whole(known)
        one: OpenCall | None = None
        if conn is not None and (held := self.by_conn.get(conn)) is not None:
            candidate = self._whole(held)
            heard = candidate.heard.get(connection.number) if connection is not None else None
            elsewhere = connection is not None and (heard is None or heard.uuid is None)
            if uuid is None or not candidate.uuids or elsewhere:
                one = candidate
        return one

    def ended(self, uuid: str | None, conn: str | None) -> tuple[int, dt.datetime | None] | None:
        """Return the connection that ended the call of this name, and the time; None where none is remembered."""
        return self._ended.get(uuid or conn or "")

    def has_ended(self, event: Event) -> bool:
        """Return whether the call of an event is remembered as ended, by any of its names."""
        return any(name in self._ended for name in (event.uuid, event.conn) if name is not None)

    def identify(self, one: OpenCall, event: Event) -> None:
        """Note the names by which an event calls its call."""
        call, uuid, conn = one.call, event.uuid, event.conn
        if uuid is not None:
            if uuid not in one.uuids and len(one.uuids) < self.limits.entries:
                call.call_uuid = call.call_uuid or uuid
                call.sites[uuid] = event.origin.file
                self.by_uuid[uuid] = one
                self.hold(one, 300 + _beyond(uuid))
            if self.by_uuid.get(uuid) is one:
                one.uuids[uuid] = event.connection.number
        other = self.by_conn.get(conn) if conn is not None and not one.listed else None
        if conn is not None and other in (None, one):  # an event of a party takes no ConnID away from another call
            call.conn_id = conn
            if conn not in one.conn_ids and len(one.conn_ids) < self.limits.entries:
                one.conn_ids.add(conn)
                self.by_conn[conn] = one
                self.hold(one, 200 + _beyond(conn))

    def unite(self, event: Event) -> None:
        """Make one of two open calls, of which one is known by CallUUID alone, where an event has the names of both."""
        known = self.by_uuid.get(event.uuid) if event.uuid is not None else None
        same = self.by_conn.get(event.conn) if event.conn is not None else None
        if known is None or same is None or known is same:
            return
        one, other = self._whole(known), self._whole(same)
        if one.conn_ids:
            return
        if one.serial > other.serial:
            one, other = other, one
        absorb(one, other)
        del self.open[other.serial]
        self.resume(other)
        one.size += other.size
        self.by_uuid.update(dict.fromkeys(other.uuids, one))
        self.by_conn.update(dict.fromkeys(other.conn_ids, one))

    # -- one call ----------------------------------------------------------------------------------

    def new(self, event: Event) -> OpenCall:
        """Open the call that an event tells of."""
        self._made += 1
        connection = event.connection
        call = Call({}, begin=event.time, origin=event.origin)
        one = OpenCall(self._made, call, event.time, home=connection.number, start=(connection.number, connection.starts))
        self.open[one.serial] = one
        self.hold(one, 1_500 + len(event.origin.text) + len(event.origin.peer))
        return one

    def touch(self, one: OpenCall, event: Event) -> None:
        """Note that an event names the call: its time, its names, and its place in the order of silence."""
        call, time, connection = one.call, event.time, event.connection
        call.events += 1
        if time is not None:
            if call.end is not None and time < call.end:
                self.anomaly(one, event, "call-time", f"{event.name} is {(call.end - time).total_seconds():g} s before the last event")
            call.end = time
            call.begin = call.begin or time
        one.last = time or self.clock
        heard = one.heard.get(connection.number)
        if heard is None:
            heard = Heard(connection, connection.missing, connection.unnamed)
            if len(one.heard) < self.limits.entries:
                one.heard[connection.number] = heard
        missing = connection.missing - heard.missing
        if missing > 0:
            self.anomaly(one, event, "call-missing", f"{missing} event{'s' if missing > 1 else ''} missing before {event.name}")
        if missing > 0 or connection.unnamed > heard.unnamed:
            call.complete = False
        heard.missing, heard.unnamed, heard.uuid = connection.missing, connection.unnamed, event.uuid or heard.uuid
        one.home = connection.number
        self.identify(one, event)
        self.open.move_to_end(one.serial)

    def copied(self, one: OpenCall, event: Event) -> bool:
        """Return whether the call has had this event of a party already; note it."""
        if event.time is None:
            return False
        key = (event.message, event.uuid or event.conn, event.party, event.other, event.time)
        if one.recent is None:
            one.recent = deque(maxlen=_RECENT)
        if key in one.recent:
            return True
        one.recent.append(key)
        return False

    def anomaly(self, one: OpenCall, event: Event, code: str, detail: str) -> None:
        """Add an anomaly."""
        if self.fits(one, one.call.anomalies):
            one.call.anomalies.append(Anomaly(code, event.time, detail, event.origin))
            self.hold(one, 300)

    def evidence(self, one: OpenCall, outcome: Outcome) -> None:
        """Note that an event shows an outcome."""
        if one.call.evidence[-1:] != [outcome] and self.fits(one, one.call.evidence):
            one.call.evidence.append(outcome)

    def remember(self, one: OpenCall, change: Change) -> None:
        """Add an event to the history."""
        if self.fits(one, one.call.history):
            one.call.history.append(change)
            origin = len(change.origin.text) + len(change.origin.peer)
            self.hold(one, 300 + origin + sum(weight(old) + weight(new) for old, new in change.changes.values()))

    def fits(self, one: OpenCall, kept: list[Any] | dict[Any, Any]) -> bool:
        """Return whether one more entry fits; count it where it does not."""
        if len(kept) < self.limits.entries:
            return True
        one.call.dropped += 1
        return False

    def hold(self, one: OpenCall, size: int) -> None:
        """Count bytes that a call holds."""
        one.size += size
        self._size += size

    # -- the end -----------------------------------------------------------------------------------

    def cut_off(self, one: OpenCall) -> bool:
        """Return whether the input of the T-Server that told of the call last ends before the call had time to go on."""
        heard, end = one.heard.get(one.home), one.call.end
        latest = heard.connection.latest if heard is not None else None
        if one.waiting is not self.away or latest is None or end is None:
            return False
        return (latest - end).total_seconds() <= self.limits.away

    def goes_on(self, one: OpenCall) -> bool:
        """Return whether the call is not about to end, or went on to a DN without events."""
        return one.waiting is None or one.waiting is self.away

    def settle(self, one: OpenCall, time: dt.datetime | None, *, away: bool = False) -> None:
        """Let the call end after a while without an event."""
        self.resume(one)
        one.waiting = self.away if away else self.settling
        one.waiting[one.serial] = time or self.clock

    def resume(self, one: OpenCall) -> None:
        """Keep a call that was about to end."""
        if one.waiting is not None:
            del one.waiting[one.serial]
            one.waiting = None

    def end(self, one: OpenCall, ending: Ending) -> Call:
        """Close the call and return it."""
        call = one.call
        call.ending = ending
        del self.open[one.serial]
        self.resume(one)
        for conn in one.conn_ids:
            if self.by_conn.get(conn) is one:
                del self.by_conn[conn]
        for uuid in one.uuids:
            if self.by_uuid.get(uuid) is one:
                del self.by_uuid[uuid]
        if one.main is not None:
            one.main.consults = [each for each in one.main.consults if each is not one]
        for consult in one.consults:
            consult.main = None
        self._size -= one.size
        if ending in ENDED:
            self._remember_end(filter(None, (*one.uuids, call.conn_id)), one.home, call.end)
        return call

    def _remember_end(self, names: Iterable[str], home: int, end: dt.datetime | None) -> None:
        for name in names:
            if len(name) <= _LONGEST_NAME:
                self._ended[name] = (home, end)
                self._ended.move_to_end(name)
        while len(self._ended) > 2 * self.limits.calls:
            self._ended.popitem(last=False)

    def tick(self, time: dt.datetime | None) -> None:
        """Move the clock: the earlier of the last two times, so that one wrong time ends no call."""
        if time is not None:
            self.clock = time if self.before is None else min(self.before, time)
            self.before = time

    def due(self) -> Iterator[OpenCall]:
        """Yield each call that has settled; the caller ends it."""
        limits = ((self.settling, self.limits.settle), (self.away, self.limits.away))
        for line, most in limits:
            while line and self.clock is not None:
                serial, since = next(iter(line.items()))
                if since is not None and (self.clock - since).total_seconds() <= most:
                    break
                yield self._whole(self.open[serial])

    def idle(self) -> Iterator[Call]:
        """Close the calls that have been silent for too long, and those beyond the limits."""
        while self.open and self.clock is not None:
            one = next(iter(self.open.values()))
            last = one.last or self.clock
            if isinstance(one, OpenCall):
                one.last = last
            if (self.clock - last).total_seconds() <= self.limits.idle:
                break
            yield self.end(self._whole(one), Ending.EXPIRED)

    def crowded(self) -> Iterator[Call]:
        """Close the longest idle calls while there are too many, or they hold too much."""
        while self.is_crowded:
            yield self.end(self._whole(next(iter(self.open.values()))), Ending.EVICTED)

    @property
    def is_crowded(self) -> bool:
        """Return whether there are too many calls, or they hold too much."""
        if self.size > self.limits.size:
            self.unfold()
        return bool(self.open) and (len(self.open) > self.limits.calls or self._size > self.limits.size)


def _beyond(name: str) -> int:
    """Return the bytes of a name beyond those of an ordinary one."""
    return max(0, len(name) - _ORDINARY_NAME)
