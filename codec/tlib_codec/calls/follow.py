"""Follow calls through a stream of events, in bounded memory, and yield each call when it ends.

Strategy: a CallUUID identifies a call, or a ConnID if no event has a CallUUID; both lead to an open call. The tracker
compares values by attribute id, so events of any registry with the model's attributes take part, also invalid ones.

Call-based events (EventCallCreated, EventCallDataChanged, EventCallDeleted) decide the attributes and the end of their call. A
deprecated EventReleased on an abstract DN ends a call if no EventCallDeleted follows within some seconds. Events of parties say who
takes part and in which state (`party_events`); where a call has no others, they also give its attributes and its end. EventReleased
is that of an abstract DN where ThisDN ends with ``::``, else that of a party.

Several connections may deliver the same event, since a capture has a copy per client. A copy is an event on another
connection whose time is not later than the call's last event; of the events of parties, one with the same message, parties and time.

Time is the events' own. One event with a wrong clock must not expire all calls, so the tracker uses the earlier time of
the last two events. Several inputs are fed in the order of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from tlib_codec.records import Frames, Origin, Record
from tlib_codec.stream import Gap, StreamItem
from tlib_schemas.attributes import ABSTRACT_DN
from tlib_schemas.enumerations import AttributeID, MessageType, TCallType
from tlib_schemas.events import Event as TypedEvent
from tlib_schemas.kinds import Identifies
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY

from .anomalies import Missing
from .attributes import Attributes
from .connection import Connections
from .frame_events import FrameEvents
from .linking import Linking
from .messages import BACK_IN_STEP, CALL_BASED, CHANGED, CREATED, DELETED, FRESH_START, RELEASED
from .model import DEFAULT_CALL_LIMITS, Call, CallLimits, Change, Ending
from .open_call import Event, OpenCall, site_of
from .open_calls import OpenCalls
from .outcome import Release
from .party import Party
from .party_events import EFFECTS, PartyEvents, begins, previous
from .plain import Lines

if TYPE_CHECKING:
    from tlib_codec.native.calls import PlainCall

Followed: TypeAlias = Call | Missing

_OF_SERVER = FRESH_START | BACK_IN_STEP | {RELEASED}  # the latter two on an abstract DN
_MOST_COUNTED = 1_000  # messages
_LONGEST_COUNTED = 256  # characters of the name of one
_NOWHERE = Origin()


class CallTracker:
    """Feed it items in order; it gives the calls that are over, and `Missing` event numbers.

    `history` False keeps no list of each call's events. Memory is bounded by `limits`. `messages` counts the items of each message, of the
    first thousand messages.
    """

    def __init__(self, *, registry: Registry = TLIBRARY, limits: CallLimits = DEFAULT_CALL_LIMITS, history: bool = True) -> None:
        self.registry: Registry = registry
        self.limits: CallLimits = limits
        self.history: bool = history
        self._calls = OpenCalls(limits, self._unfolded)
        self._linking = Linking(self._calls, registry)
        self._attributes = Attributes(self._calls, registry)
        self._parties = PartyEvents(self._calls, self._linking)
        self._links = frozenset(registry.identifying(Identifies.LINKED_CALLS))
        self._connections = Connections()
        self._frames: FrameEvents | None = None
        self._stage: CallTracker | None = None
        self.messages: dict[int | str, int] = {}

    def __len__(self) -> int:
        """Return the number of open calls."""
        return len(self._calls)

    def feed(self, item: StreamItem, origin: Origin | None = None) -> Iterator[Followed]:
        """Take the next item and its origin; yield the calls that it ends, and `Missing`."""
        if isinstance(item, Gap):
            return
        origin = origin or _NOWHERE
        message = item.message if isinstance(item.message, str) else int(item.message)
        self._count(message)
        values = _values(item, self.registry)
        connection = self._connections.of(origin)
        time = connection.time(values, origin)
        named = self._linking.named
        uuid, conn = named(values, Identifies.CALL), named(values, Identifies.CONNECTION)
        event = Event(message, self.registry.message_label(message), values, time, origin, connection, uuid, conn)
        if message not in CALL_BASED:
            event.party, event.other = named(values, Identifies.PARTY), named(values, Identifies.OTHER_PARTY)
        yield from self._arrive(event, values.get(AttributeID.EventSequenceNumber))
        yield from self._follow(event)

    def feed_frames(self, frames: Frames, start: int = 0, limits: Limits = DEFAULT_LIMITS) -> Iterator[Followed | Record]:
        """Take the frames from `start` on; yield the calls that they end, `Missing`, and before them the record of each invalid frame.

        The records are taken too.
        """
        for one in self._fed(frames, start, limits, lines=False):
            if not isinstance(one, Lines):  # there are none
                yield one

    def write_frames(self, frames: Frames, start: int = 0, limits: Limits = DEFAULT_LIMITS) -> Iterator[Followed | Record | Lines]:
        """Take frames as `feed_frames` does; a plain call that is over may come as a line of JSON, many times as fast."""
        return self._fed(frames, start, limits, lines=True)

    def _fed(self, frames: Frames, start: int, limits: Limits, *, lines: bool) -> Iterator[Followed | Record | Lines]:
        if self._frames is None or self._frames.limits != limits:
            self._calls.unfold()
            self._frames = FrameEvents(
                self.registry, limits, self._calls, self._connections, self._count, self._arrive, self._over, self._follow,
                history=self.history,
            )  # fmt: skip
        for one in self._frames.of(frames, start, lines=lines):
            if isinstance(one, Record):
                if not one.valid:
                    yield one
                yield from self.feed(one.item, one.origin)
            else:
                yield one

    def _count(self, message: int | str, count: int = 1) -> None:
        if message in self.messages or (len(self.messages) < _MOST_COUNTED and len(str(message)) <= _LONGEST_COUNTED):
            self.messages[message] = self.messages.get(message, 0) + count

    def _arrive(self, event: Event, number: Any) -> list[Followed]:
        """Note number and time of an event; return `Missing`, and the calls that are over by now."""
        found: list[Followed] = []
        connection = event.connection
        connection.latest = event.time or connection.latest
        last = connection.last
        if last is not None and (event.message in EFFECTS if number is None else number != last + 1):
            self._calls.unfold()  # events are missing, perhaps of any call
        missing = connection.count(number)
        if missing is not None:
            found.append(Missing(*missing, event.origin))
        if connection.last is not None and number is None:
            connection.unnamed += event.message in EFFECTS  # an event may be missing before it
        self._calls.tick(event.time)
        return found + self._over()

    def _over(self) -> list[Followed]:
        """Return the calls that are over by now."""
        settled: list[Followed] = [self._settled(one) for one in self._calls.due()]
        return [*settled, *self._calls.idle()]

    def _follow(self, event: Event) -> Sequence[Call]:
        """Take an event that has arrived; return the calls that it ends."""
        message = event.message
        ended: Sequence[Call] = ()
        if message in _OF_SERVER and self._of_server(event):
            pass
        elif event.uuid is None and event.conn is None:
            self._calls.unfold()
            event.connection.unnamed += message in EFFECTS
        elif message == CREATED:
            self._create(event)
        elif message == CHANGED:
            self._change(event)
        elif message == DELETED:
            ended = self._delete(event)
        else:
            self._party(event)
        return [*ended, *self._calls.crowded()] if self._calls.is_crowded else ended

    def _of_server(self, event: Event) -> bool:
        """Take an event of the T-Server or of an abstract DN; return whether it was one."""
        if event.message in FRESH_START:
            self._calls.unfold()
            event.connection.starts += 1
            return True
        if event.party is None or not ABSTRACT_DN.fits(event.party):
            return False
        if event.message == RELEASED:
            self._release(event)
        else:
            self._calls.unfold()
            event.connection.starts += 1
        return True

    def close(self) -> Iterator[Call]:
        """Yield the calls that are open at the end of the input, the longest idle one first."""
        for one in self._calls:
            if self._calls.goes_on(one):
                yield self._calls.end(one, Ending.OPEN)
            else:
                yield self._settled(one)

    def _unfolded(self, plain: PlainCall) -> OpenCall:
        """Return the call that a plain one is: its noted events are followed on a stage of their own."""
        assert self._frames is not None
        if self._stage is None:
            self._stage = CallTracker(registry=self.registry, limits=self.limits, history=self.history)
        for event in self._frames.events(plain):
            self._stage._follow(event)  # noqa: SLF001 of the same class
        return self._calls.put(plain, self._stage._calls.take())  # noqa: SLF001

    def _settled(self, one: OpenCall) -> Call:
        self._parties.settled(one)
        return self._calls.end(one, Ending.OPEN if self._calls.cut_off(one) else Ending.RELEASED)

    # -- call-based events -----------------------------------------------------------------------------

    def _create(self, event: Event) -> None:
        one = self._calls.find(event.uuid, event.conn, event.connection)
        if self._is_copy(event, one):
            return
        start = (event.connection.number, event.connection.starts)
        if one is None:
            one = self._new(event, expected=True)
        elif one.listed and one.call.created and event.uuid in one.uuids and self._links.isdisjoint(event.values) and one.start == start:
            label = " or ".join(map(self.registry.attribute_name, self._links))
            self._calls.anomaly(one, event, "call-created-twice", f"{event.name} again, without {label}")
        one.call.created = True
        one.start = start
        self._apply(one, event)

    def _change(self, event: Event) -> None:
        one = self._calls.find(event.uuid, event.conn, event.connection)
        if not self._is_copy(event, one):
            self._apply(one or self._new(event, expected=False), event, judged=True)

    def _delete(self, event: Event) -> Sequence[Call]:
        one = self._calls.find(event.uuid, event.conn, event.connection)
        if self._is_copy(event, one):
            return ()
        one = one or self._new(event, expected=False)
        self._apply(one, event)
        self._linking.merged(one, event.values)
        controlling = self._linking.named(event.values, Identifies.CONTROLLING_PARTY)
        if controlling is not None and not any(release.first for release in one.call.releases):
            one.call.releases.append(Release(controlling, event.time, controlling))
        if event.uuid is not None:
            one.deleted.add(event.uuid)
        for party in one.call.parties.values():
            if party.present and (party.site or one.call.call_uuid) == event.uuid:
                party.leave("Deleted", event.time)
        if any(party.present for party in one.call.parties.values()):
            one.listed = False  # the call goes on at another site
            return ()
        return [self._calls.end(one, Ending.DELETED)]

    def _release(self, event: Event) -> None:
        one = self._calls.find(event.uuid, event.conn, event.connection)
        if one is None:
            if event.conn is None or self._calls.has_ended(event):
                return  # the other event of an end that is known
            one = self._calls.new(event)
        self._apply(one, event)
        self._linking.merged(one, event.values)
        self._calls.settle(one, event.time)

    def _apply(self, one: OpenCall, event: Event, *, judged: bool = False) -> None:
        """Apply a call-based event to its call; where `judged`, each value has to be new."""
        self._calls.touch(one, event)
        if not one.listed:
            one.listed = True
            self._calls.resume(one)
        changes = self._attributes.apply(one, event, judged=judged)
        self._linking.follow(one, event.values)
        party = self._linking.named(event.values, Identifies.CONTROLLING_PARTY)
        if party is not None and party not in one.call.parties and self._calls.fits(one, one.call.parties):
            one.call.parties[party] = Party(party)
            self._calls.hold(one, 200)
        if self.history:
            self._calls.remember(one, Change(event.name, event.time, changes, party, None, event.origin, site_of(one, event)))

    def _new(self, event: Event, *, expected: bool) -> OpenCall:
        late = self._calls.ended(event.uuid, event.conn) is not None
        one = self._calls.new(event)
        if late:
            self._calls.anomaly(one, event, "call-after-deletion", f"{event.name} after the call's end")
        elif not expected:
            self._calls.anomaly(one, event, "call-not-created", f"{event.name} is the first event of the call")
        return one

    def _is_copy(self, event: Event, one: OpenCall | None) -> bool:
        """Return whether another connection has already delivered this call-based event of the call `one`, if any."""
        if one is None:
            known = self._calls.ended(event.uuid, event.conn)
        elif event.uuid is None:
            known = (one.home, one.call.end)
        elif event.uuid in one.uuids:
            known = (one.uuids[event.uuid], one.call.end)
        else:
            return False
        if known is None or known[0] == event.connection.number:
            return False
        return event.time is not None and known[1] is not None and event.time <= known[1]

    # -- events of parties -----------------------------------------------------------------------------

    def _party(self, event: Event) -> None:
        if not event.name.startswith("Event"):
            return
        self._calls.unite(event)
        one = self._calls.find(event.uuid, event.conn, event.connection) or self._renamed(event)
        if one is None:
            if event.message not in EFFECTS or self._calls.has_ended(event):
                return
            one = self._calls.new(event)
            one.call.created = begins(event)
        if self._calls.copied(one, event):
            return
        self._calls.touch(one, event)
        changes = {}
        if not one.listed:
            keep = one.call.get(AttributeID.CallType, self.registry) not in (None, TCallType.Consult)
            changes = self._attributes.apply(one, event, listed=True, keep=(AttributeID.CallType,) if keep else ())
        self._linking.follow(one, event.values)
        self._parties.apply(one, event)
        if self.history:
            change = Change(event.name, event.time, changes, event.party, event.other, event.origin, site_of(one, event))
            self._calls.remember(one, change)

    def _renamed(self, event: Event) -> OpenCall | None:
        """Return the call that an EventPartyChanged gives a new ConnID; None for a consultation that joins a call not seen."""
        before = previous(event.values) if event.message == MessageType.EventPartyChanged else None
        one = self._calls.find(None, before) if before is not None else None
        return None if one is None or one.call.get(AttributeID.CallType, self.registry) == TCallType.Consult else one


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
    if isinstance(item, TypedEvent):
        return registry.lay_out(item)[1]
    return {registry.attribute_number(name): value for name, value in item.attributes.items()}
