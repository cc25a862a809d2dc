"""The outcome of a call, its times, and the party that hung up first.

Strategy: a statement rests on an event that says it. Where events are missing or the input begins in the middle of a call, whatever
would rest on the absence of an event stays unknown, and so do the sums of times.

- **transferred**, **conferenced**: an event of the call has CallState Transferred or Conferenced, a party was added, or
  the call was merged into another one. The later of the two counts.
- **answered**: EventEstablished of a party that is no queue.
- **abandoned**: EventAbandoned in a queue or at a ringing party, and nobody answered.
- **busy**: EventDestinationBusy or CallState Busy.
- **no answer**: CallState NoAnswer or Droppednoanswer; or the call was offered, ended, and nobody answered.
- **redirected**: the last party left it to another DN, of which the input has no event.
- A call without events of parties has the outcome that the Cause of its deletion says.

Queue time is the time in any queue, ring time the time at which a destination rings (else the time of dialling), hold time the
time at which a party has the call on hold, talk time the time at which a party is connected and none has it on hold.

The party that hung up first is the one that the log names (ReleasingParty in the Extensions, RemoteRelease, CtrlParty of the
deletion); else that of the first EventReleased where both sides have one within some seconds. A caller abandons.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from tlib_schemas.enumerations import AttributeID, TCause

from .party import Party, Span, State, seconds, spans_of

if TYPE_CHECKING:
    from .model import Call


class Outcome(enum.Enum):
    """What became of a call."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    TRANSFERRED = "transferred"
    CONFERENCED = "conferenced"
    BUSY = "busy"
    NO_ANSWER = "no answer"
    REDIRECTED = "redirected"


class Release(msgspec.Struct, frozen=True):
    """A party that hung up. `first` is the party that did so first, where the event says it."""

    dn: str
    time: dt.datetime | None
    first: str | None = None


CAUSES = {
    TCause.Transfer: Outcome.TRANSFERRED,
    TCause.SingleStepTransfer: Outcome.TRANSFERRED,
    TCause.Conference: Outcome.CONFERENCED,
    TCause.Busy: Outcome.BUSY,
    TCause.NoAnswer: Outcome.NO_ANSWER,
    TCause.Redirect: Outcome.REDIRECTED,
    TCause.Forward: Outcome.REDIRECTED,
}
_EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_JOINED = (Outcome.TRANSFERRED, Outcome.CONFERENCED)


def outcome(call: Call) -> Outcome | None:
    """Return the outcome of a call; None where the input does not show it."""
    evidence = call.evidence
    joined = [one for one in evidence if one in _JOINED]
    if joined:
        return joined[-1]
    if any(party.answered() for party in call.parties.values()):
        return Outcome.ANSWERED
    for one in (Outcome.ABANDONED, Outcome.BUSY):
        if one in evidence:
            return one
    if any(party.spans for party in call.parties.values()):
        return _absent(call) if call.over and call.complete else None
    cause = call.get(AttributeID.Cause)
    return CAUSES.get(cause) if isinstance(cause, TCause) else None


def _absent(call: Call) -> Outcome | None:
    """Return the outcome of a complete call that nobody answered, abandoned or refused."""
    parties = call.parties.values()
    if not call.created or any(link.kind.value == "merged-into" for link in call.links):
        return None
    last = max((party for party in parties if party.released), key=lambda party: party.released or _EVER, default=None)
    if last is not None and last.onward:
        return Outcome.REDIRECTED
    offered = any(spans_of(parties, State.RINGING, State.DIALING))
    return Outcome.NO_ANSWER if offered or Outcome.NO_ANSWER in call.evidence else None


def queue_time(call: Call) -> float | None:
    """Return the seconds in queues; None where there was no queue or the input does not show it."""
    return _time(call, spans_of(call.parties.values(), State.QUEUED))


def ring_time(call: Call) -> float | None:
    """Return the seconds of ringing, or of dialling where no destination is seen."""
    spans = list(spans_of(call.parties.values(), State.RINGING)) or list(spans_of(call.parties.values(), State.DIALING))
    return None if "ring" in call.doubt else _time(call, spans)


def talk_time(call: Call) -> float | None:
    """Return the seconds in which a party is connected and none has the call on hold."""
    if "talk" in call.doubt:
        return None
    talking = _talking(call)
    return _time(call, spans_of(talking, State.ESTABLISHED), spans_of(talking, State.HELD))


def hold_time(call: Call) -> float | None:
    """Return the seconds in which a party has the call on hold; 0 for a conversation without, None where there is no conversation."""
    talking = _talking(call)
    if "talk" in call.doubt or not call.complete or not any(spans_of(talking, State.ESTABLISHED)):
        return None
    return seconds(spans_of(talking, State.HELD))


def released_first(call: Call) -> str | None:
    """Return the party that hung up first; None where the input does not show it."""
    named = next((one.first for one in call.releases if one.first is not None), None)
    if named is not None:
        return named
    return call.releases[0].dn if len(call.releases) > 1 and call.complete else None


def _talking(call: Call) -> list[Party]:
    return [party for party in call.parties.values() if not party.queues]


def _time(call: Call, spans: Iterable[Span], without: Iterable[Span] = ()) -> float | None:
    spans = list(spans)
    return seconds(spans, without) if spans and call.complete else None
