"""The outcome of a call, its times, and the party that hung up first."""

import pytest
from partyevents import (
    AGENT,
    CALLER,
    CONN,
    OTHER,
    QUEUE,
    SECOND,
    calls,
    consultation,
    dialing,
    diverted,
    established,
    event,
    joined,
    queued,
    released,
    ringing,
)

from tlib_codec import EventCallCreated, EventCallDeleted, KVList, TCallState, TCallType, TCause
from tlib_codec.calls.outcome import hold_time, outcome, queue_time, released_first, ring_time, talk_time

ANSWERED = [queued(0), diverted(10), ringing(10, ThisQueue=QUEUE), established(14)]


def known(*events, conn=CONN):
    found = outcome(calls(*events)[conn])
    return found and found.value


def releasing(text):
    return {"Extensions": KVList({"ReleasingParty": text})}


FAR = event("AgentLogin", 2_000, "1", conn=None)


@pytest.mark.parametrize(
    ("expected", "events"),
    [
        ("answered", [*ANSWERED, released(60)]),
        ("answered", ANSWERED),
        ("abandoned", [queued(0), event("Abandoned", 9, QUEUE, CALLER)]),
        ("abandoned", [ringing(0), event("Abandoned", 9, AGENT, CALLER)]),
        ("busy", [dialing(0), event("DestinationBusy", 1, AGENT), released(2)]),
        ("busy", [dialing(0), released(2, state=TCallState.Busy)]),
        ("no answer", [dialing(0), event("NetworkReached", 1, AGENT), released(20)]),
        ("no answer", [dialing(0), released(20, state=TCallState.NoAnswer)]),
        ("redirected", [queued(0), diverted(5, to="9000"), FAR, FAR]),
        ("transferred", [*consultation(), *joined(40, TCallState.Transferred)]),
        ("conferenced", [*consultation(), *joined(40, TCallState.Conferenced)]),
        ("transferred", [*ANSWERED, released(20, state=TCallState.Transferred), ringing(20, OTHER, state=TCallState.Transferred)]),
        ("conferenced", [*ANSWERED, event("PartyAdded", 20, AGENT, OTHER)]),
        (None, [ringing(0)]),
        (None, [queued(0), diverted(5)]),
        (None, [dialing(0, EventSequenceNumber=1), released(9, EventSequenceNumber=3)]),
    ],
)
def test_outcome(expected, events):
    assert known(*events) == expected


def test_a_consultation_that_was_transferred_is_transferred():
    assert known(*consultation(), *joined(40, TCallState.Transferred), conn=SECOND) == "transferred"


def test_a_consultation_that_ended_by_itself_is_answered():
    consult = {"conn": SECOND, "kind": TCallType.Consult}
    assert known(*consultation(), released(40, AGENT, OTHER, **consult), released(40, OTHER, AGENT, **consult), conn=SECOND) == "answered"


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (TCause.Busy, "busy"),
        (TCause.NoAnswer, "no answer"),
        (TCause.Redirect, "redirected"),
        (TCause.Transfer, "transferred"),
        (None, None),
    ],
)
def test_without_events_of_parties_the_cause_of_the_deletion_is_the_outcome(cause, expected):
    assert known(EventCallCreated(call_uuid="u", conn_id=CONN), EventCallDeleted(call_uuid="u", conn_id=CONN, cause=cause)) == expected


# -- times ---------------------------------------------------------------------------------------------


def test_queue_time_is_the_time_in_any_queue():
    events = [queued(0), queued(4, "9000"), diverted(10, dn="9000"), diverted(10), ringing(10, ThisQueue=QUEUE)]
    assert queue_time(calls(*events)[CONN]) == 10


def test_ring_time_is_the_time_of_every_destination():
    events = [ringing(0), released(5, state=TCallState.Redirected), ringing(5, OTHER), established(8, OTHER), released(20, OTHER)]
    assert ring_time(calls(*events)[CONN]) == 8


def test_ring_time_is_the_time_of_dialling_where_no_destination_is_seen():
    assert ring_time(calls(dialing(0), established(7), released(9))[CONN]) == 7


def test_ring_time_is_unknown_where_a_party_was_connected_without_ringing():
    assert ring_time(calls(ringing(0, OTHER), established(2, OTHER), established(3), released(9), released(9, OTHER))[CONN]) is None


def test_talk_time_leaves_out_holds():
    events = [ringing(0), established(2), event("Held", 5, AGENT), event("Retrieved", 9, AGENT), released(12)]
    assert talk_time(calls(*events)[CONN]) == 6


def test_hold_time_is_the_time_of_holds():
    events = [ringing(0), established(2), event("Held", 5, AGENT), event("Retrieved", 9, AGENT), released(12)]
    assert hold_time(calls(*events)[CONN]) == 4


def test_a_conversation_without_a_hold_has_a_hold_time_of_nothing():
    assert hold_time(calls(*ANSWERED, released(60))[CONN]) == 0


def test_a_call_without_a_conversation_has_no_hold_time():
    assert hold_time(calls(queued(0), event("Abandoned", 9, QUEUE))[CONN]) is None


def test_no_time_is_summed_where_events_are_missing():
    call = calls(*ANSWERED, event("Retrieved", 20, AGENT), released(60))[CONN]
    assert [of(call) for of in (queue_time, ring_time, talk_time, hold_time)] == [None] * 4


# -- who hung up first -----------------------------------------------------------------------------------


def first(*events):
    return released_first(calls(*events)[CONN])


INSIDE = [
    dialing(0, AGENT, OTHER, kind=TCallType.Internal),
    ringing(1, OTHER, AGENT, kind=TCallType.Internal),
    established(2, OTHER, AGENT),
    established(2, AGENT, OTHER),
]


def test_the_first_of_two_releases_hung_up_first():
    assert first(*INSIDE, released(9, OTHER, AGENT), released(9.1, AGENT, OTHER)) == OTHER


def test_one_release_alone_does_not_say_who_hung_up():
    assert first(*ANSWERED, released(60)) is None


def test_the_extensions_may_say_that_this_party_hung_up():
    assert first(*ANSWERED, released(60, **releasing("1 Local"))) == AGENT


def test_the_extensions_may_say_that_the_other_party_hung_up():
    assert first(*ANSWERED, released(60, **releasing("2 Remote"))) == CALLER


def test_the_extensions_may_say_that_it_is_not_known():
    assert first(*ANSWERED, released(60, **releasing("3 Unknown"))) is None


def test_a_caller_abandons():
    assert first(queued(0), event("Abandoned", 9, QUEUE, CALLER)) == CALLER


def test_the_controlling_party_of_the_deletion_hung_up():
    deleted = EventCallDeleted(call_uuid="u", conn_id=CONN, ctrl_party=AGENT)
    assert first(EventCallCreated(call_uuid="u", conn_id=CONN), deleted) == AGENT


def test_a_party_that_leaves_a_conference_did_not_end_the_call():
    events = [*consultation(), *joined(40, TCallState.Conferenced), released(50, OTHER), event("PartyDeleted", 50, AGENT, OTHER)]
    assert first(*events, released(90)) is None


def test_releases_far_apart_are_not_of_one_end():
    assert first(*INSIDE, released(9, OTHER, AGENT), released(99, AGENT, OTHER)) is None
