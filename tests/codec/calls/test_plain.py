"""Plain calls: the native core follows them and writes their lines, the tracker takes every other one."""

from __future__ import annotations

from array import array
from itertools import accumulate

import msgspec
import pytest
from partyevents import (
    AGENT,
    CALLER,
    CONN,
    OTHER,
    QUEUE,
    SECOND,
    UUID,
    UUID_2,
    dialing,
    diverted,
    established,
    event,
    queued,
    released,
    ringing,
)

from tlib_codec import Attributes, KVList, Policy, RawValue, TCallState, TCallType, UnknownEvent, encode
from tlib_codec.calls import Call, CallLimits, CallTracker, Lines
from tlib_codec.native import extension
from tlib_codec.records import Flow, Frames
from tlib_schemas.enumerations import MessageType, TDNRole
from tlib_schemas.tlibrary import TLIBRARY

pytestmark = pytest.mark.skipif(extension("calls") is None, reason="the native engine is not built: no C compiler was found")


def call_event(name, seconds, *, uuid=UUID, conn=CONN, **more):
    """Return a call-based event; attributes that are None are left out."""
    values = {"CallUUID": uuid, "ConnID": conn, "TimeinSecs": 1_000_000_000 + int(seconds), "TimeinuSecs": round(seconds % 1 * 1e6), **more}
    made = Attributes({key: value for key, value in values.items() if value is not None})
    return UnknownEvent(int(MessageType[f"EventCall{name}"]), made)


def created(seconds=0, **more):
    return call_event("Created", seconds, **more)


def changed(seconds, **more):
    return call_event("DataChanged", seconds, **more)


def deleted(seconds, **more):
    return call_event("Deleted", seconds, **more)


def routing(name, seconds, **more):
    """Return an event of a routing point."""
    return event(name, seconds, QUEUE, CALLER, ThisQueue=QUEUE, CallID=1, **more)


def renamed(seconds, dn):
    """Return an event that only names a party."""
    return event("AttachedDataChanged", seconds, dn, CallID=1, UserData=KVList([("k", 1)]))


def run_of(*events, **options):
    frames = [encode(one, policy=Policy.LENIENT) for one in events]
    bounds = array("Q", accumulate(map(len, frames), initial=0))
    return Frames(data=b"".join(frames), bounds=bounds.tobytes(), offsets=bounds[:-1].tobytes(), file="a.tlb", **options)


def results(found):
    """Return what a tracker gives: lines of calls, and how many of them came as lines."""
    found = list(found)
    lines = [one.data.splitlines() if isinstance(one, Lines) else [msgspec.json.encode(one.to_data())] for one in found]
    return [line for some in lines for line in some], sum(one.count for one in found if isinstance(one, Lines))


def followed(*runs, **options):
    """Follow runs by lines and by records, compare both; return how many calls there are, and how many of them came as lines."""
    ours, theirs = CallTracker(**options), CallTracker(**options)
    made = [one for run in runs for one in ours.write_frames(run)] + list(ours.close())
    lines, count = results(made)
    records = [record for run in runs for record in run.records(TLIBRARY)]
    fed = [one for record in records for one in theirs.feed(record.item, record.origin)]
    assert lines == results([*fed, *theirs.close()])[0]
    return len(lines), count


PLAIN = {
    "nothing but its creation and its end": (),
    "a conversation": (ringing(1), established(2.25), released(9)),
    "both sides hang up": (dialing(1), ringing(1, OTHER), established(2), established(2, OTHER), released(9, OTHER), released(9.5)),
    "both sides hang up, not together": (established(2), established(2, OTHER), released(9, OTHER), released(29)),
    "a party comes back": (ringing(1), established(2), released(3), ringing(4), established(5), released(6)),
    "holds": (ringing(1), established(2), event("Held", 3, AGENT), event("Retrieved", 5.5, AGENT), released(9)),
    "a hold until the end": (ringing(1), established(2), event("Held", 3, AGENT), event("Held", 4, AGENT)),
    "two parties talk": (dialing(1), ringing(2.5, OTHER), established(3), established(4, OTHER), event("Held", 5, OTHER), released(9), released(9.9, OTHER)),
    "a queue": (queued(1), diverted(4), ringing(4.5, ThisQueue=QUEUE), established(6, AgentID="A1"), released(9)),
    "a queue and the route": (queued(1), routing("RouteUsed", 3, ThirdPartyDN=AGENT), diverted(4, to=None), ringing(5)),
    "a route request": (routing("RouteRequest", 1), routing("RouteUsed", 3, ThirdPartyDN=OTHER), event("Abandoned", 4, QUEUE)),
    "abandoned in the queue": (queued(1), event("Abandoned", 5, QUEUE, ANI="0555")),
    "abandoned by the other party": (ringing(1), event("Abandoned", 5, AGENT, CALLER)),
    "busy": (dialing(1), event("DestinationBusy", 2, AGENT, OTHER), released(3, AGENT, OTHER, state=TCallState.Busy)),
    "reached and not answered": (dialing(1), event("NetworkReached", 2, AGENT, OTHER), released(8, AGENT, OTHER, state=TCallState.NoAnswer)),
    "redirected": (ringing(1), released(4, state=TCallState.Redirected, ThirdPartyDN=OTHER)),
    "transferred": (ringing(1), established(2), released(4, state=TCallState.Transferred, ThirdPartyDN=OTHER), ringing(4, OTHER)),
    "conferenced by the role of a third party": (ringing(1), established(2, ThirdPartyDNRole=TDNRole.ConferencedBy), released(4)),
    "a CallState without a name": (ringing(1), established(2), released(4, state=TCallState(77))),
    "a CallState with a name": (ringing(1), established(2), released(4, state=TCallState.Dropped)),
    "no CallState": (ringing(1), established(2), released(4, state=None)),
    "the other side hangs up": (ringing(1), established(2), released(4, state=TCallState.RemoteRelease)),
    "the log says that this side hangs up": (ringing(1), established(2), released(4, Extensions=KVList([("x", 1), ("ReleasingParty", "1 Local")]))),
    "the log says that the other side hangs up": (ringing(1), established(2), released(4, Extensions=KVList([("ReleasingParty", "2 Remote")]))),
    "an answer that did not ring": (established(2), released(4)),
    "roles": (ringing(1, ThisDNRole=TDNRole.Unknown), established(2, ThisDNRole=TDNRole.Destination, OtherDNRole=TDNRole.Origination), released(4)),
    "a role without a name": (ringing(1, ThisDNRole=TDNRole(99)), established(2), released(4)),
    "events that name parties": (ringing(1), renamed(2, AGENT), renamed(3, None), released(4)),
    "values": (changed(1, ANI="0", UserData=KVList([("k", "v")])), changed(2, ANI="2", UserData=KVList()), changed(3, DNIS="800", Cause=5)),
    "a controlling party": (ringing(1), changed(2, ANI="2", CtrlParty="5100"), established(3), deleted(4, CtrlParty="5100")),
    "texts that are no UTF-8": (changed(1, ANI='"\\\n\x01', DNIS="a\udce9"), ringing(2, "Zoë\udcff", "李")),
    "names by CallUUID alone": (ringing(1, conn=None, CallUUID=UUID), released(3, conn=None, CallUUID=UUID)),
    "the same time": (ringing(1), established(1), released(1)),
    "a microsecond": (ringing(1), established(1.000001), released(1.000011)),
}  # fmt: skip


@pytest.mark.parametrize("history", [False, True])
@pytest.mark.parametrize("events", PLAIN.values(), ids=PLAIN)
def test_a_plain_call_comes_as_the_line_that_the_tracker_gives(events, history):
    ends = () if events and events[-1].message == MessageType.EventCallDeleted else (deleted(30, Cause=6),)
    assert followed(run_of(created(ANI="1"), *events, *ends), history=history) == (1, 1)


OTHERS = {
    "a call that is not created": (ringing(1), deleted(9)),
    "a call of parties that is created later": (ringing(0), created(1), deleted(9)),
    "a second creation": (created(), created(1), deleted(9)),
    "a time that falls": (created(), ringing(5), established(4), deleted(9)),
    "a value that does not change": (created(ANI="1"), changed(1, ANI="1"), deleted(9)),
    "a list that was not there": (created(), changed(1, UserData=KVList()), deleted(9)),
    "the same event again": (created(), ringing(1), ringing(1), deleted(9)),
    "an end without a state": (created(), released(1), deleted(9)),
    "a hold without a conversation": (created(), event("Held", 1, AGENT), deleted(9)),
    "a retrieval without a hold": (created(), ringing(1), established(2), event("Retrieved", 3, AGENT), deleted(9)),
    "a network without dialling": (created(), event("NetworkReached", 1, AGENT), deleted(9)),
    "a route out of no queue": (created(), routing("RouteUsed", 1), deleted(9)),
    "a way out of no queue": (created(), diverted(1), deleted(9)),
    "a busy party that does not dial": (created(), event("DestinationBusy", 1, AGENT), deleted(9)),
    "abandoned in no queue": (created(), event("Abandoned", 1, AGENT), deleted(9)),
    "a releasing party that is a number": (created(), ringing(1), released(2, Extensions=KVList([("ReleasingParty", 1)])), deleted(9)),
    "an event of no party": (created(), event("Ringing", 1, None), deleted(9)),
    "a conference": (created(), ringing(1), established(2), event("PartyAdded", 3, AGENT, OTHER), deleted(9)),
    "a consultation": (created(kind=None, OrigCallUUID=UUID_2), deleted(9)),
    "a call that another one comes from": (created(), ringing(1, PreviousConnID=SECOND), deleted(9)),
    "a call that goes on as another one": (created(), deleted(9, RefConnID=SECOND)),
    "an attribute without a name": (created(), ringing(1, **{"#60000": RawValue(0, b"x")}), deleted(9)),
    "another CallUUID": (created(), changed(1, uuid=UUID_2, ANI="1"), deleted(9)),
    "no time": (created(TimeinSecs=None, TimeinuSecs=None), deleted(9)),
    "many events": (created(), *(changed(second, ANI=str(second)) for second in range(1, 70)), deleted(99)),
    "many parties": (created(), *(ringing(second, f"7{second}") for second in range(1, 30)), deleted(99)),
    "a large event": (created(), changed(1, ANI="x" * (1 << 20)), deleted(9)),
    "an open call": (created(), ringing(1)),
    "a call that is silent for too long": (created(), ringing(1), created(200_000, uuid=UUID_2, conn=SECOND), ringing(200_001, conn=SECOND)),
}  # fmt: skip


@pytest.mark.parametrize("history", [False, True])
@pytest.mark.parametrize("events", OTHERS.values(), ids=OTHERS)
def test_any_other_call_is_the_tracker_s(events, history):
    counted, lines = followed(run_of(*events), history=history)
    assert (counted > 0, lines) == (True, 0)


def test_an_event_after_the_end_of_a_plain_call_is_an_anomaly():
    assert followed(run_of(created(), deleted(9), deleted(10))) == (2, 1)


def test_a_gap_makes_every_open_call_one_of_the_tracker():
    numbers = (1, 2, 9, 10)
    events = (created(), created(uuid=UUID_2, conn=SECOND), deleted(8, uuid=UUID_2, conn=SECOND), deleted(9))
    run = run_of(
        *(
            UnknownEvent(one.message, Attributes({**one.attributes, "EventSequenceNumber": n}))
            for one, n in zip(events, numbers, strict=True)
        )
    )
    tracker = CallTracker()
    found = [one for one in tracker.write_frames(run) if isinstance(one, Call)]
    assert [one.anomalies[0].code for one in found] == ["call-missing"] * 2


def test_a_plain_call_stays_on_its_connection():
    flows = (Flow(connection=1), Flow(connection=2))
    both = {"flows": array("I", [0, 1, 0]).tobytes(), "flow_table": flows}
    assert followed(run_of(created(), ringing(1), deleted(9), **both)) == (1, 0)


def test_a_line_has_the_origin_of_the_first_event():
    columns = {
        "lines": array("Q", [7, 8]).tobytes(),
        "packets": array("Q", [3, 4]).tobytes(),
        "times": array("q", [1_000_000_000_000_000_000, -(1 << 63)]).tobytes(),
        "local_times": array("q", [1_000_000_003_000_000_000] * 2).tobytes(),
        "flows": array("I", [0, 0]).tobytes(),
        "flow_table": (Flow(connection=4, src="10.0.0.1:1", dst="10.0.0.2:2", direction="to-client", peer="Zoë", version="8"),),
    }
    run = run_of(created(), deleted(9), **columns)
    assert followed(run) == followed(run, history=True) == (1, 1)


def test_a_frame_with_an_explanation_is_the_tracker_s():
    note = b"".join(len(part).to_bytes(4, "little") + part for part in (b"", b"explained"))
    run = run_of(created(), deleted(9), notes=note, note_bounds=array("Q", [0, len(note), len(note)]).tobytes())
    assert followed(run) == (1, 0)


def test_an_attribute_without_a_public_number_leaves_a_call_plain():
    note = b"".join(len(part).to_bytes(4, "little") + part for part in (b"Mystery", b"x"))
    run = run_of(created(), deleted(9), notes=note, note_bounds=array("Q", [0, len(note), len(note)]).tobytes())
    assert followed(run) == (1, 1)


def test_a_plain_call_goes_on_in_the_next_run():
    assert followed(run_of(created(), ringing(1)), run_of(established(2)), run_of(released(3), deleted(9))) == (1, 1)


def test_a_call_goes_on_where_its_lines_are_no_longer_wanted():
    tracker = CallTracker()
    assert list(tracker.write_frames(run_of(created(), ringing(1)))) == []
    [call] = tracker.feed_frames(run_of(established(2), deleted(9)))
    assert (call.events, call.origin.offset) == (4, 0)


def test_a_plain_call_goes_on_as_records():
    tracker = CallTracker()
    list(tracker.write_frames(run_of(created(), ringing(1))))
    [call] = tracker.feed(deleted(9))
    assert (call.events, [party.left for party in call.parties.values()]) == (3, ["Deleted", None])


@pytest.mark.parametrize(("limits", "lines"), [({"calls": 1}, 1), ({"size": 5_000}, 0), ({"entries": 2}, 0), ({"entries": 7}, 2)])
def test_limits_hold_for_plain_calls_too(limits, lines):
    other = {"uuid": UUID_2, "conn": SECOND}
    run = run_of(created(), created(1, **other), changed(2, ANI="x" * 9_000, **other), deleted(3, **other), deleted(9))
    assert followed(run, limits=CallLimits(**limits))[1] <= lines


def test_calls_that_end_at_one_event_keep_their_order():
    """A call that is over by then comes before the line of the one that the event ends."""
    other = {"conn": SECOND, "kind": TCallType.Inbound}
    assert followed(run_of(created(), ringing(1, **other), released(2, **other), ringing(3), deleted(40))) == (2, 1)
