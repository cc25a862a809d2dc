"""Follow the parties of a call by the events of their DNs.

Strategy: an event says what happens to ThisDN in the call that ConnID or CallUUID names.

- EventQueued and EventRouteRequest put the call in a queue; EventDiverted (or EventRouteUsed alone) takes it out, to ThirdPartyDN.
- EventDialing, EventRinging and EventEstablished are the states of a device; EventHeld and EventRetrieved bound a hold.
- EventReleased and EventAbandoned take a party out. CallState Transferred, Conferenced, Redirected or Forwarded says that the call
  goes on without it.
- A **consultation** has CallType Consult and names its main call in PreviousConnID or TransferConnID (OrigCallUUID with CallUUIDs).
- A **transfer in two steps** releases the party that transfers from both calls with CallState Transferred. EventPartyChanged then gives
  the ConnID of the call that goes on, and in PreviousConnID that of the call from which ThisDN moves, in the state that it has: ringing
  in a **mute transfer**. A **single-step transfer** has one call: EventReleased and EventRinging have CallState Transferred.
- A **conference** moves the consulted party the same way, with CallState Conferenced; EventPartyAdded and
  EventPartyDeleted tell the others.
- EventPartyChanged with a ConnID that is new renames a call that is no consultation.
- The call is over when no party is left that has events of its own; parties outside have none.
- An event that ends a state which did not begin shows that the input lacks events of the call: the call is not complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from tlib_schemas.enumerations import AttributeID, MessageType, OpenEnum, TCallState, TCallType, TDNRole
from tlib_schemas.values import KVList

from .linking import Linking
from .links import weight
from .open_call import Event, OpenCall, site_of
from .open_calls import OpenCalls
from .outcome import Outcome, Release
from .party import Party, State

JOINED: Final[Mapping[Any, Outcome]] = {TCallState.Transferred: Outcome.TRANSFERRED, TCallState.Conferenced: Outcome.CONFERENCED}
ROLES: Final[Mapping[Any, Outcome]] = {TDNRole.TransferredBy: Outcome.TRANSFERRED, TDNRole.ConferencedBy: Outcome.CONFERENCED}
FAILED: Final[Mapping[Any, Outcome]] = {
    TCallState.Busy: Outcome.BUSY,
    TCallState.NoAnswer: Outcome.NO_ANSWER,
    TCallState.Droppednoanswer: Outcome.NO_ANSWER,
}
ONWARD: Final = frozenset({*JOINED, TCallState.Redirected, TCallState.Forwarded, TCallState.Covered, TCallState.Overflowed})
UNREAL: Final = frozenset({TDNRole.Unknown, TDNRole.DeletedParty})
_LEAVING: Final = frozenset(map(int, (MessageType.EventReleased, MessageType.EventAbandoned, MessageType.EventDiverted)))


class PartyEvents:
    """Applies the events of parties to open calls."""

    def __init__(self, calls: OpenCalls, linking: Linking) -> None:
        self._calls = calls
        self._linking = linking

    def apply(self, one: OpenCall, event: Event) -> None:
        """Apply an event whose call has been touched."""
        values, call = event.values, one.call
        effect = EFFECTS.get(event.message)
        if event.party is None:
            call.complete = call.complete and effect is None
            return
        party = self._party(one, event, event.party, own=effect is not None)
        party.role = party.role or _role(values.get(AttributeID.ThisDNRole))
        if event.other is not None:
            self._other(one, event, event.other)
        self._link(one, event)
        if effect is None:
            return
        for outcome in _joined(values):
            self._calls.evidence(one, outcome)
        if event.message not in _LEAVING:
            call.releases.clear()
        effect(self, one, event, party)
        self._describe(party, values)
        self.rest(one, event, onward=party.onward)

    def rest(self, one: OpenCall, event: Event, *, onward: bool) -> None:
        """Let the call end soon where nobody is left in it."""
        if one.listed:
            return
        left = [party for party in one.call.parties.values() if party.present]
        merging = one.main is not None and any(party.left in _MERGED for party in one.call.parties.values())
        if left and not merging:
            self._calls.resume(one)
        else:
            self._calls.settle(one, event.time, away=onward and one.main is None)

    def settled(self, one: OpenCall) -> None:
        """Move the parties of a merged consultation that no event has moved to its main call."""
        main = one.main
        if main is None:
            return
        for party in one.call.parties.values():
            if party.present:
                self._move(one, party, main, None)

    # -- what an event does to ThisDN ------------------------------------------------------------------

    def _begin(self, one: OpenCall, event: Event, party: Party, state: State) -> None:
        party.begin(state, event.time, self._calls.limits.entries)
        self._calls.hold(one, 100)

    def queued(self, one: OpenCall, event: Event, party: Party) -> None:
        party.queues = True
        self._begin(one, event, party, State.QUEUED)

    def routed(self, one: OpenCall, event: Event, party: Party) -> None:
        self._expect(one, party, State.QUEUED)
        party.queues = True
        party.leave(_ROUTED, event.time, onward=True, target=_text(event, AttributeID.ThirdPartyDN))

    def diverted(self, one: OpenCall, event: Event, party: Party) -> None:
        if party.left == _ROUTED and party.spans:
            party.spans[-1].end = event.time
        else:
            self._expect(one, party, State.QUEUED, State.RINGING)
        target = _text(event, AttributeID.ThirdPartyDN) or party.target
        party.leave("Diverted", event.time, onward=True, target=target)

    def dialing(self, one: OpenCall, event: Event, party: Party) -> None:
        self._begin(one, event, party, State.DIALING)

    def ringing(self, one: OpenCall, event: Event, party: Party) -> None:
        self._begin(one, event, party, State.RINGING)

    def reached(self, one: OpenCall, event: Event, party: Party) -> None:
        self._expect(one, party, State.DIALING)

    def busy(self, one: OpenCall, event: Event, party: Party) -> None:
        self._expect(one, party, State.DIALING)
        self._calls.evidence(one, Outcome.BUSY)

    def established(self, one: OpenCall, event: Event, party: Party) -> None:
        if party.current(State.RINGING, State.DIALING) is None and not party.queues:
            one.call.doubt.add("ring")
        self._begin(one, event, party, State.ESTABLISHED)

    def held(self, one: OpenCall, event: Event, party: Party) -> None:
        self._expect(one, party, State.ESTABLISHED)
        self._begin(one, event, party, State.HELD)

    def retrieved(self, one: OpenCall, event: Event, party: Party) -> None:
        self._expect(one, party, State.HELD)
        party.end(event.time, State.HELD)

    def abandoned(self, one: OpenCall, event: Event, party: Party) -> None:
        if party.left != _ROUTED:
            self._expect(one, party, State.QUEUED, State.RINGING)
        self._calls.evidence(one, Outcome.ABANDONED)
        party.leave("Abandoned", event.time)
        self._released(one, Release(party.dn, event.time, event.other or _text(event, AttributeID.ANI)))

    def released(self, one: OpenCall, event: Event, party: Party) -> None:
        if not party.spans:
            self._adopt(one, event, party)
        self._expect(one, party, *State)
        state = event.values.get(AttributeID.CallState)
        answered = party.answered()
        known = isinstance(state, OpenEnum) and state != TCallState.Ok
        onward = state in ONWARD
        label = (state.label or str(int(state))) if isinstance(state, OpenEnum) and known else "Released"
        party.leave(label, event.time, onward=onward, target=_text(event, AttributeID.ThirdPartyDN) if onward else None)
        if onward or party.queues:
            return
        if not answered and (outcome := FAILED.get(state)) is not None:
            self._calls.evidence(one, outcome)
        self._released(one, Release(party.dn, event.time, _first(event, party.dn)))

    def changed(self, one: OpenCall, event: Event, party: Party) -> None:
        before = previous(event.values)
        other = self._calls.find(None, before) if before is not None and before not in one.conn_ids else None
        if other is not None and other is not one:
            there = other.call.parties.get(party.dn)
            if there is not None and there.present:
                self._move(other, there, one, event)
            for outcome in _joined(event.values):
                self._calls.evidence(other, outcome)
            self._linking.merge(other, one.call.call_uuid, event.conn or one.call.conn_id, _state_label(event.values))
            self.rest(other, event, onward=True)
        if not party.spans:
            self._adopt(one, event, party)
        if party.current(*State) is None:
            one.call.complete = False
            party.present = True

    def added(self, one: OpenCall, event: Event, party: Party) -> None:
        self._calls.evidence(one, Outcome.CONFERENCED)
        self._expect(one, party, State.ESTABLISHED, State.RINGING)
        party.end(event.time, State.HELD)

    def deleted(self, one: OpenCall, event: Event, party: Party) -> None:
        other = one.call.parties.get(event.other or "")
        if other is not None and not other.present and other.left is None:
            other.leave("Deleted", event.time)

    # -- helpers ---------------------------------------------------------------------------------------

    def _expect(self, one: OpenCall, party: Party, *states: State) -> None:
        if party.current(*states) is None:
            one.call.complete = False
            party.present = True

    def _adopt(self, one: OpenCall, event: Event, party: Party) -> None:
        """Move a party here from a consultation that was merged, where the event that says so is missing."""
        for consult in one.consults:
            there = consult.call.parties.get(party.dn)
            if there is not None and there.present and any(each.left in _MERGED for each in consult.call.parties.values()):
                self._move(consult, there, one, None)
                self.rest(consult, event, onward=True)
                return

    def _move(self, source: OpenCall, there: Party, target: OpenCall, event: Event | None) -> None:
        """Move a party from a call to another one, in the state that it has; without an event the time is unknown."""
        party = target.call.parties.get(there.dn)
        if party is None:
            if not self._calls.fits(target, target.call.parties):
                return
            party = target.call.parties[there.dn] = Party(there.dn, role=there.role)
            self._calls.hold(target, 200 + weight(there.dn))
        party.agent, party.queue, party.queues = party.agent or there.agent, party.queue or there.queue, there.queues
        time = event.time if event is not None else None
        current = there.current(State.QUEUED, State.DIALING, State.RINGING, State.ESTABLISHED)
        certain = source.call.complete and not source.gap()
        if event is None or current is None or not certain:
            source.call.complete = target.call.complete = False
        party.present = True
        if current is not None and certain:
            party.begin(current.state, time, self._calls.limits.entries)
        left = next((each.left for each in source.call.parties.values() if each.left in _MERGED), None)
        there.leave(left or (_state_label(event.values) if event is not None else None) or "Moved", time, onward=True)

    def _released(self, one: OpenCall, release: Release) -> None:
        before = one.call.releases[-1].time if one.call.releases else None
        if before is not None and release.time is not None and (release.time - before).total_seconds() > self._calls.limits.settle:
            one.call.releases.clear()  # not of one end
        if self._calls.fits(one, one.call.releases):
            one.call.releases.append(release)
            self._calls.hold(one, 150)

    def _party(self, one: OpenCall, event: Event, dn: str, *, own: bool) -> Party:
        call = one.call
        site = site_of(one, event)
        if site == call.call_uuid:
            site = ""
        key = f"{dn} {site}" if site else dn
        party = call.parties.get(key)
        if party is None:
            party = Party(dn, site)
            if self._calls.fits(one, call.parties):
                call.parties[key] = party
                self._calls.hold(one, 300 + weight(key))
        if own and event.message not in _LEAVING and event.message != MessageType.EventRouteUsed:
            party.present = True
        return party

    def _other(self, one: OpenCall, event: Event, dn: str) -> None:
        known = one.call.parties.get(dn)
        other = known if known is not None else self._party(one, event, dn, own=False)
        other.role = other.role or _role(event.values.get(AttributeID.OtherDNRole))

    @staticmethod
    def _describe(party: Party, values: Mapping[int, Any]) -> None:
        agent, queue = values.get(AttributeID.AgentID), values.get(AttributeID.ThisQueue)
        if isinstance(agent, str) and agent and not party.queues:
            party.agent = agent
        if isinstance(queue, str) and queue and queue != party.dn:
            party.queue = queue

    def _link(self, one: OpenCall, event: Event) -> None:
        before = previous(event.values)
        consult = event.values.get(AttributeID.CallType) == TCallType.Consult
        if consult and before is not None and before not in one.conn_ids and event.message != MessageType.EventPartyChanged:
            self._linking.consults(one, None, before)


Effect: TypeAlias = Callable[[PartyEvents, OpenCall, Event, Party], None]
EFFECTS: Final[Mapping[int | str, Effect]] = {
    int(MessageType.EventQueued): PartyEvents.queued,
    int(MessageType.EventRouteRequest): PartyEvents.queued,
    int(MessageType.EventRouteUsed): PartyEvents.routed,
    int(MessageType.EventDiverted): PartyEvents.diverted,
    int(MessageType.EventDialing): PartyEvents.dialing,
    int(MessageType.EventRinging): PartyEvents.ringing,
    int(MessageType.EventNetworkReached): PartyEvents.reached,
    int(MessageType.EventDestinationBusy): PartyEvents.busy,
    int(MessageType.EventEstablished): PartyEvents.established,
    int(MessageType.EventHeld): PartyEvents.held,
    int(MessageType.EventRetrieved): PartyEvents.retrieved,
    int(MessageType.EventAbandoned): PartyEvents.abandoned,
    int(MessageType.EventReleased): PartyEvents.released,
    int(MessageType.EventPartyChanged): PartyEvents.changed,
    int(MessageType.EventPartyAdded): PartyEvents.added,
    int(MessageType.EventPartyDeleted): PartyEvents.deleted,
}

READ: Final = frozenset(
    map(
        int,
        (
            AttributeID.AgentID, AttributeID.ANI, AttributeID.CallState, AttributeID.CallType, AttributeID.Cause, AttributeID.Extensions,
            AttributeID.OtherDNRole, AttributeID.PreviousConnID, AttributeID.ThirdPartyDN, AttributeID.ThirdPartyDNRole,
            AttributeID.ThisDNRole, AttributeID.ThisQueue, AttributeID.TransferConnID,
        ),
    )
)  # fmt: skip
"""The attributes that events of parties are read for, beside those that identify something."""

_MERGED: Final = frozenset(state.label for state in JOINED)
_ROUTED: Final = "Routed"


def previous(values: Mapping[int, Any]) -> str | None:
    """Return the ConnID of the other call that an event names: the main call of a consultation, the call that a party comes from."""
    for number in (AttributeID.PreviousConnID, AttributeID.TransferConnID):
        value = values.get(number)
        if isinstance(value, str) and value.strip("0"):
            return value
    return None


def _joined(values: Mapping[int, Any]) -> Iterator[Outcome]:
    """Yield the outcome that an event shows by its CallState, and by the role of a third party."""
    for known, attribute in ((JOINED, AttributeID.CallState), (ROLES, AttributeID.ThirdPartyDNRole)):
        if (outcome := known.get(values.get(attribute))) is not None:
            yield outcome


def begins(event: Event) -> bool:
    """Return whether a call can begin with this event; a call that rings out of a queue, or inside, has had one before."""
    values = event.values
    if event.message in (MessageType.EventDialing, MessageType.EventQueued, MessageType.EventRouteRequest):
        return True
    inside = values.get(AttributeID.CallType) in (None, TCallType.Internal, TCallType.Consult)
    fresh = values.get(AttributeID.CallState, TCallState.Ok) == TCallState.Ok
    return event.message == MessageType.EventRinging and not inside and fresh and AttributeID.ThisQueue not in values


def _text(event: Event, number: AttributeID) -> str | None:
    value = event.values.get(number)
    return value if isinstance(value, str) and value else None


def _role(value: Any) -> str | None:
    return value.label if isinstance(value, OpenEnum) and value not in UNREAL else None


def _state_label(values: Mapping[int, Any]) -> str | None:
    state = values.get(AttributeID.CallState)
    return state.label if isinstance(state, OpenEnum) and state != TCallState.Ok else None


def _first(event: Event, dn: str) -> str | None:
    """Return the party that an EventReleased names as the one that hung up first."""
    extensions = event.values.get(AttributeID.Extensions)
    said = next((str(value) for key, value in extensions if key == "ReleasingParty"), "") if isinstance(extensions, KVList) else ""
    if said.startswith("1"):
        return dn
    remote = said.startswith("2") or event.values.get(AttributeID.CallState) == TCallState.RemoteRelease
    return event.other if remote else None
