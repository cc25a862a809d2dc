"""Calls out of the events of parties: who takes part, in which state, from when to when."""

from partyevents import (
    AGENT,
    CALLER,
    CONN,
    OTHER,
    QUEUE,
    SECOND,
    THIRD,
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
    spans,
)

from tlib_codec import EventCallCreated, EventCallDeleted, TCallState, TCallType
from tlib_codec.calls import CallLimits, CallTracker, Ending, LinkKind
from tlib_schemas.enumerations import TDNRole

QUEUED = [queued(0, AgentID=None), diverted(10), ringing(10, AgentID="A1", ThisQueue=QUEUE), established(14), released(74)]


def test_a_call_is_known_without_any_call_based_event():
    assert list(calls(*QUEUED)) == [CONN]


def test_a_call_is_over_when_every_party_has_left():
    assert calls(*QUEUED)[CONN].ending is Ending.RELEASED


def test_a_call_lasts_from_its_first_event_to_its_last():
    assert calls(*QUEUED)[CONN].duration.total_seconds() == 74


def test_a_queue_has_the_call_until_it_diverts_it():
    assert spans(calls(*QUEUED)[CONN], QUEUE) == [("queued", 0, 10)]


def test_a_diversion_names_where_the_call_goes():
    assert calls(*QUEUED)[CONN].parties[QUEUE].target == AGENT


def test_an_agent_rings_and_talks():
    assert spans(calls(*QUEUED)[CONN], AGENT) == [("ringing", 10, 14), ("established", 14, 74)]


def test_a_party_has_its_agent():
    assert calls(*QUEUED)[CONN].parties[AGENT].agent == "A1"


def test_a_party_has_the_queue_out_of_which_it_got_the_call():
    assert calls(*QUEUED)[CONN].parties[AGENT].queue == QUEUE


def test_a_party_has_its_role():
    call = calls(dialing(0, OtherDNRole=TDNRole.Destination))[CONN]
    assert [call.parties[dn].role for dn in (AGENT, CALLER)] == ["Origination", "Destination"]


def test_a_party_outside_has_no_state():
    assert spans(calls(*QUEUED)[CONN], CALLER) == []


def test_attributes_of_the_call_come_from_the_events_of_parties():
    assert calls(ringing(0, ANI=CALLER))[CONN].state["ANI"] == CALLER


def test_attributes_of_one_party_are_none_of_the_call():
    assert "AgentID" not in calls(ringing(0, AgentID="A1"))[CONN].state


def test_call_based_events_decide_the_attributes_where_there_are_any():
    call = calls(EventCallCreated(call_uuid="u", conn_id=CONN, ani="1"), ringing(0, ANI="2"))[CONN]
    assert call.state["ANI"] == "1"


def test_call_based_events_decide_the_end_where_there_are_any():
    events = [EventCallCreated(call_uuid="u", conn_id=CONN), ringing(0), released(1), ringing(60, OTHER)]
    assert calls(*events, EventCallDeleted(call_uuid="u", conn_id=CONN))[CONN].ending is Ending.DELETED


def test_a_routing_point_without_a_diversion_ends_with_the_route():
    point = event("RouteRequest", 0, QUEUE, CALLER)
    assert spans(calls(point, event("RouteUsed", 7, QUEUE, CALLER))[CONN], QUEUE) == [("queued", 0, 7)]


def test_a_routing_point_with_a_diversion_ends_with_the_diversion():
    point = event("RouteRequest", 0, QUEUE, CALLER)
    assert spans(calls(point, event("RouteUsed", 7, QUEUE, CALLER), diverted(8))[CONN], QUEUE) == [("queued", 0, 8)]


def test_a_hold_stands_beside_the_conversation():
    events = [ringing(0), established(2), event("Held", 5, AGENT), event("Retrieved", 8, AGENT), released(10)]
    assert spans(calls(*events)[CONN], AGENT) == [("ringing", 0, 2), ("established", 2, 10), ("held", 5, 8)]


def test_a_party_that_comes_back_has_both_of_its_times():
    events = [ringing(0), released(5, state=TCallState.Redirected), ringing(6), established(9), released(12)]
    assert spans(calls(*events)[CONN], AGENT) == [("ringing", 0, 5), ("ringing", 6, 9), ("established", 9, 12)]


# -- consultations, transfers, conferences -----------------------------------------------------------


def test_a_consultation_names_its_main_call():
    [link] = calls(*consultation())[SECOND].links
    assert (link.kind, link.conn_id) == (LinkKind.CONSULTS_FOR, CONN)


def test_a_consultation_may_name_its_main_call_in_transfer_conn_id():
    events = [ringing(0), dialing(1, conn=SECOND, kind=TCallType.Consult, TransferConnID=CONN)]
    assert calls(*events)[CONN].links[0].kind is LinkKind.CONSULTED_BY


def test_a_transfer_moves_the_consulted_party_to_the_main_call():
    events = [*consultation(), *joined(40, TCallState.Transferred), released(100, OTHER)]
    assert spans(calls(*events)[CONN], OTHER) == [("established", 40, 100)]


def test_a_transfer_ends_the_consultation_when_the_party_moves():
    events = [*consultation(), *joined(40, TCallState.Transferred), released(100, OTHER)]
    assert spans(calls(*events)[SECOND], OTHER) == [("ringing", 22, 30), ("established", 30, 40)]


def test_a_transfer_links_the_consultation_to_the_call_that_goes_on():
    events = [*consultation(), *joined(40, TCallState.Transferred), released(100, OTHER)]
    assert (LinkKind.MERGED_INTO, CONN) in [(link.kind, link.conn_id) for link in calls(*events)[SECOND].links]


def test_a_mute_transfer_moves_a_party_that_still_rings():
    events = [*consultation(answered=False), *joined(28, TCallState.Transferred), established(31, OTHER), released(50, OTHER)]
    assert spans(calls(*events)[CONN], OTHER) == [("ringing", 28, 31), ("established", 31, 50)]


def test_a_party_moves_also_where_the_event_that_says_so_is_missing():
    lost = joined(40, TCallState.Transferred)[:2]
    call = calls(*consultation(), *lost, released(100, OTHER))[CONN]
    assert spans(call, OTHER) == [("established", None, 100)]


def test_a_call_with_a_party_that_moved_unseen_is_not_complete():
    lost = joined(40, TCallState.Transferred)[:2]
    assert not calls(*consultation(), *lost, released(100, OTHER))[CONN].complete


def test_a_consultation_whose_party_moved_unseen_is_over():
    lost = joined(40, TCallState.Transferred)[:2]
    assert calls(*consultation(), *lost, released(100, OTHER))[SECOND].ending is Ending.RELEASED


def test_a_party_that_joins_an_unseen_call_keeps_its_state():
    consult = {"conn": SECOND, "kind": TCallType.Consult, "PreviousConnID": CONN}
    events = [ringing(0, OTHER, AGENT, **consult), established(3, OTHER, AGENT, **consult)]
    changed = event("PartyChanged", 9, OTHER, CALLER, state=TCallState.Transferred, PreviousConnID=SECOND)
    assert spans(calls(*events, changed, released(20, OTHER))[CONN], OTHER) == [("established", 9, 20)]


def test_a_new_conn_id_renames_a_call_that_is_no_consultation():
    events = [
        ringing(0, conn=THIRD),
        established(2, conn=THIRD),
        event("PartyChanged", 3, AGENT, CALLER, PreviousConnID=THIRD),
        released(9),
    ]
    assert list(calls(*events)) == [CONN]


def test_a_conference_ends_the_hold_of_its_owner():
    events = [*consultation(), *joined(40, TCallState.Conferenced), event("PartyAdded", 40, AGENT, OTHER)]
    assert ("held", 20, 40) in spans(calls(*events)[CONN], AGENT)


def test_a_party_outside_that_is_deleted_has_left():
    events = [ringing(0), established(1), event("PartyAdded", 2, AGENT, CALLER), event("PartyDeleted", 5, AGENT, CALLER)]
    assert calls(*events)[CONN].parties[CALLER].left == "Deleted"


# -- the end, and what is missing --------------------------------------------------------------------


def test_a_call_that_was_sent_on_stays_open_for_a_while():
    tracker = CallTracker(limits=CallLimits(settle=10, away=600))
    events = [queued(0), diverted(5), ringing(300, conn=THIRD)]
    assert [one for item in events for one in tracker.feed(item)] == []


def test_a_call_that_was_sent_on_and_is_not_heard_of_again_is_over():
    tracker = CallTracker(limits=CallLimits(settle=10, away=600))
    events = [queued(0), diverted(5), ringing(700, conn=THIRD), ringing(701, conn=THIRD, dn=OTHER)]
    [call] = [one for item in events for one in tracker.feed(item)]
    assert call.ending is Ending.RELEASED


def test_a_call_that_was_sent_on_just_before_the_end_of_the_input_is_open():
    assert calls(queued(0), diverted(5))[CONN].ending is Ending.OPEN


def test_an_event_after_the_end_opens_no_call():
    events = [ringing(0), established(1), released(2), ringing(60, conn=THIRD), ringing(61, conn=THIRD, dn=OTHER), released(62)]
    assert calls(*events)[CONN].events == 3


def test_a_copy_of_an_event_does_not_count():
    assert calls(ringing(0), ringing(0), established(1))[CONN].events == 2


def test_a_state_that_ends_without_having_begun_shows_that_events_are_missing():
    assert not calls(ringing(0), established(1), event("Retrieved", 5, AGENT))[CONN].complete


def test_a_missing_event_number_shows_that_events_are_missing():
    assert not calls(ringing(0, EventSequenceNumber=1), established(1, EventSequenceNumber=3))[CONN].complete


def test_an_event_without_its_number_among_others_shows_that_events_are_missing():
    numbered = ringing(0, EventSequenceNumber=1)
    assert not calls(numbered, established(1), released(2, EventSequenceNumber=3))[CONN].complete


def test_an_event_of_a_party_that_names_no_party_shows_that_events_are_missing():
    assert not calls(ringing(0), established(1, dn=None))[CONN].complete


def test_an_event_of_a_party_that_names_no_call_shows_that_events_are_missing():
    assert not calls(ringing(0), established(1, conn=None), released(5))[CONN].complete


def test_a_call_that_rings_out_of_a_queue_has_had_a_beginning_before():
    assert not calls(ringing(0, ThisQueue=QUEUE))[CONN].created


def test_a_direct_call_begins_by_ringing():
    assert calls(ringing(0))[CONN].created


def test_states_of_one_party_are_bounded():
    events = [step for second in range(50) for step in (ringing(second), released(second + 0.5, state=TCallState.Redirected))]
    assert len(calls(*events, limits=CallLimits(entries=10))[CONN].parties[AGENT].spans) == 10
