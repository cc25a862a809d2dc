"""The life of calls: what they are in the end, how they are linked, and what of it cannot be."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlib_codec import (
    Attributes,
    EventCallCreated,
    EventCallDataChanged,
    EventCallDeleted,
    EventReleased,
    Gap,
    InvalidEvent,
    KVList,
    TCallState,
    TCallType,
    TCause,
    Timestamp,
    TReliability,
    UnknownEvent,
    read,
)
from tlib_codec.calls import ANOMALIES, Call, CallLimits, CallTracker, Ending, LinkKind, Missing, follow
from tlib_codec.records import Origin
from tlib_fuzz import strategies
from tlib_schemas.enumerations import MessageType

EXAMPLES = Path(__file__).parents[3] / "examples"
MAIN, SECOND, THIRD = (f"01FES9JKSOFQLEKK3CSH5B5AES00JV1{i}" for i in "UVT")
CONN, CONN_2, CONN_3 = (f"006c02462a16100{i}" for i in "678")


def at(seconds, **more):
    """The attributes beside the table that say when: whole seconds after some moment."""
    return Attributes({"TimeinSecs": 1_000_000_000 + int(seconds), "TimeinuSecs": int(seconds % 1 * 1e6), **more})


def created(seconds=0, uuid=MAIN, conn=CONN, number=None, **fields):
    more = {} if number is None else {"EventSequenceNumber": number}
    return EventCallCreated(call_uuid=uuid, conn_id=conn, extra=at(seconds, **more), **fields)


def changed(seconds=1, uuid=MAIN, conn=CONN, number=None, **fields):
    more = {} if number is None else {"EventSequenceNumber": number}
    return EventCallDataChanged(call_uuid=uuid, conn_id=conn, extra=at(seconds, **more), **fields)


def deleted(seconds=2, uuid=MAIN, conn=CONN, number=None, **fields):
    more = {} if number is None else {"EventSequenceNumber": number}
    return EventCallDeleted(call_uuid=uuid, conn_id=conn, extra=at(seconds, **more), **fields)


def released(seconds=2, conn=CONN, this_dn="Switch::", **fields):
    known = {"call_id": 7, "call_state": TCallState.Ok, "call_type": TCallType.Inbound, "reliability": TReliability.Ok, "server": 0}
    return EventReleased(**known | fields, conn_id=conn, this_dn=this_dn, time=Timestamp(seconds=1_000_000_000 + seconds, microseconds=0))


def ringing(seconds, dn, conn=CONN, **more):
    return UnknownEvent(60, Attributes({"ConnID": conn, "ThisDN": dn, **at(seconds), **more}))


def codes(call):
    return [anomaly.code for anomaly in call.anomalies]


def fed(tracker, *items, origin=None):
    return [told for item in items for told in tracker.feed(item, origin)]


# -- one call --------------------------------------------------------------------------------------


def test_the_final_state_and_the_history():
    data = KVList({"Tier": "Gold"})
    [call] = follow(
        [
            created(call_type=TCallType.Inbound, ani="5551000", dnis="800"),
            changed(1.5, user_data=data, ctrl_party="7001"),
            changed(2, conn=CONN_2, dnis="900"),
            changed(3, conn=CONN_2, user_data=KVList()),
            deleted(4.25, conn=CONN_2, cause=TCause.Busy),
        ]
    )
    assert call.state == {
        "CallUUID": MAIN,
        "ConnID": CONN_2,
        "CallType": TCallType.Inbound,
        "ANI": "5551000",
        "DNIS": "900",
        "Cause": TCause.Busy,
    }
    assert (call.call_uuid, call.conn_id, call.created, call.ending) == (MAIN, CONN_2, True, Ending.DELETED)
    assert call.duration == dt.timedelta(seconds=4.25)
    assert [change.changes for change in call.history[1:]] == [
        {"UserData": (None, data)},
        {"ConnID": (CONN, CONN_2), "DNIS": ("800", "900")},
        {"UserData": (data, None)},
        {"Cause": (None, TCause.Busy)},
    ]
    assert [change.party for change in call.history] == [None, "7001", None, None, None]
    assert list(call.parties) == ["7001"]
    assert not call.anomalies
    assert call.events == 5


def test_party_events_tell_who_takes_part_and_are_no_anomaly_after_the_end():
    tracker = CallTracker()
    request = UnknownEvent(int(MessageType.RequestAnswerCall), Attributes({"ConnID": CONN, "ThisDN": "9"}))
    [call] = fed(tracker, created(), ringing(1, "7001", OtherDN="5551000"), request, deleted(2), ringing(3, "7002"))
    assert list(call.parties) == ["7001", "5551000"]
    assert [(change.event, change.party, change.other) for change in call.history] == [
        ("EventCallCreated", None, None),
        ("EventRinging", "7001", "5551000"),
        ("EventCallDeleted", None, None),
    ]
    assert list(tracker.close()) == []


def test_a_call_that_is_open_at_the_end():
    [call] = follow([created(), changed(5, ani="1")])
    assert (call.ending, call.duration) == (Ending.OPEN, None)


def test_an_invalid_event_takes_part_as_far_as_it_goes():
    broken = InvalidEvent(int(EventCallCreated.message), Attributes({"CallUUID": MAIN, "ANI": "1", **at(0)}))
    [call] = follow([broken, Gap(0, b"?"), UnknownEvent("EventPrivate", Attributes({"CallUUID": MAIN})), deleted()])
    assert call.created
    assert call.state["ANI"] == "1"


def test_what_names_no_call_is_passed_over():
    assert list(follow([UnknownEvent(87, Attributes({"ThisDN": "1"})), InvalidEvent(int(EventCallDeleted.message), Attributes({}))])) == []


def test_to_data_is_attributes_and_what_begins_with_a_dollar():
    [call] = follow([created(ani="1", user_data=KVList({"a": 1})), deleted(cause=TCause.Busy)])
    data = call.to_data()
    assert {key: data[key] for key in data if key[0] != "$"} == {
        "CallUUID": MAIN,
        "ConnID": CONN,
        "ANI": "1",
        "UserData": {"a": 1},
        "Cause": "Busy",
    }
    assert data["$begin"] == "2001-09-09T01:46:40.000000Z"
    assert (data["$duration"], data["$ending"], data["$created"], data["$events"]) == (2.0, "deleted", True, 2)
    assert data["$history"][1] == {"event": "EventCallDeleted", "time": "2001-09-09T01:46:42.000000Z", "changes": {"Cause": {"to": "Busy"}}}


# -- links -----------------------------------------------------------------------------------------


def test_consultation_and_transfer_link_both_calls():
    second = {"uuid": SECOND, "conn": CONN_2}
    gone, main = follow(
        [
            created(0),
            created(1, **second, call_type=TCallType.Consult, orig_call_uuid=MAIN),
            deleted(2, **second, cause=TCause.Transfer, ref_call_uuid=MAIN, ref_conn_id=CONN),
            deleted(3),
        ]
    )
    assert [(link.kind, link.call_uuid, link.conn_id, link.cause) for link in gone.links] == [
        (LinkKind.CONSULTS_FOR, MAIN, CONN, None),
        (LinkKind.MERGED_INTO, MAIN, CONN, "Transfer"),
    ]
    assert [(link.kind, link.call_uuid, link.conn_id, link.cause) for link in main.links] == [
        (LinkKind.CONSULTED_BY, SECOND, CONN_2, None),
        (LinkKind.MERGED_FROM, SECOND, CONN_2, "Transfer"),
    ]


def test_a_merge_is_linked_by_conn_id_alone_and_to_an_unknown_call():
    gone, main = follow(
        [created(0), created(1, SECOND, CONN_2), deleted(2, SECOND, CONN_2, cause=TCause.Conference, ref_conn_id=CONN), deleted(3)]
    )
    assert gone.links[0].call_uuid == MAIN
    assert main.links[0].kind is LinkKind.MERGED_FROM
    [alone] = follow([created(), deleted(cause=TCause(200), ref_call_uuid=THIRD)])
    assert [(link.call_uuid, link.conn_id, link.cause) for link in alone.links] == [(THIRD, None, "200")]


def test_a_call_never_links_to_itself():
    [call] = follow([created(orig_call_uuid=MAIN, is_link_list=KVList({"x": CONN})), deleted(cause=TCause.Transfer, ref_call_uuid=MAIN)])
    assert call.links == []


def test_links_across_sites():
    sites = KVList({"hill": {"uuid": SECOND, "conn": CONN_2.upper()}, "lake": {"deep": {"conn": CONN_3}, "name": "Lakeside"}})
    here, there = follow([created(0, SECOND, CONN_2), created(1, is_link_list=sites), deleted(2), deleted(3, SECOND, CONN_2)])
    assert {(link.kind, link.call_uuid, link.conn_id) for link in here.links} == {
        (LinkKind.SITE, SECOND, CONN_2),
        (LinkKind.SITE, None, CONN_3),
    }
    assert [(link.kind, link.call_uuid) for link in there.links] == [(LinkKind.SITE, MAIN)]


# -- EventReleased ---------------------------------------------------------------------------------


def test_a_deletion_and_its_deprecated_form_are_one_end_in_either_order():
    for ending in ([deleted(2), released(2)], [released(2), deleted(2)]):
        [call] = follow([created(), *ending])
        assert (call.ending, codes(call)) == (Ending.DELETED, [])


def test_event_released_ends_a_call_after_a_while_where_no_deletion_does():
    tracker = CallTracker(limits=CallLimits(settle=10))
    assert fed(tracker, created(), released(2), created(3, SECOND, CONN_2), changed(12, SECOND, CONN_2, ani="1")) == []
    [call] = fed(tracker, changed(13, SECOND, CONN_2, ani="2"), changed(14, SECOND, CONN_2, ani="3"))
    assert (call.call_uuid, call.ending, call.duration) == (MAIN, Ending.RELEASED, dt.timedelta(seconds=2))


def test_event_released_alone_is_a_call_and_a_merge():
    gone = released(5, CONN_2, call_state=TCallState.Transferred, ref_conn_id=CONN)
    second, first = follow([created(), gone, changed(20, ani="1"), changed(21, ani="2")])
    assert (second.call_uuid, second.conn_id, second.created, second.ending, codes(second)) == (None, CONN_2, False, Ending.RELEASED, [])
    assert [(link.kind, link.call_uuid, link.cause) for link in second.links] == [(LinkKind.MERGED_INTO, MAIN, "Transferred")]
    assert [link.kind for link in first.links] == [LinkKind.MERGED_FROM]


def test_a_party_that_is_released_ends_no_call():
    [call] = follow([created(), released(1, this_dn="7001"), changed(2, ani="1")])
    assert call.ending is Ending.OPEN
    assert list(call.parties) == ["7001"]


def test_a_call_known_by_its_conn_id_gets_its_uuid_later():
    first = InvalidEvent(int(EventCallCreated.message), Attributes({"ConnID": CONN, **at(0)}))
    tracker = CallTracker()
    [call] = fed(tracker, first, released(1), deleted(2))
    assert (call.call_uuid, call.events, call.ending) == (MAIN, 3, Ending.DELETED)
    assert len(tracker) == 0


# -- what cannot be --------------------------------------------------------------------------------


def test_a_change_before_the_creation():
    [call] = follow([changed(1, ani="1"), changed(2, ani="2"), deleted(3)])
    assert codes(call) == ["call-not-created"]
    assert not call.created
    assert call.duration is None


def test_an_event_after_the_deletion():
    first, again = follow([created(), deleted(2), changed(3, ani="1"), deleted(4)])
    assert (codes(first), codes(again)) == ([], ["call-after-deletion"])
    assert [codes(call) for call in follow([created(), deleted(2), created(3)])] == [[], ["call-after-deletion"]]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"ani": "1"}, {"ani": "1"}, ["call-unchanged"]),
        ({"ani": "1"}, {"ani": "2"}, []),
        ({}, {"ani": "1"}, []),
        ({}, {"user_data": KVList()}, ["call-unchanged"]),
        ({"user_data": KVList({"a": "1"})}, {"user_data": KVList({"a": "1"})}, ["call-unchanged"]),
        ({"user_data": KVList({"a": "1"})}, {"user_data": KVList()}, []),
        ({}, {"ctrl_party": "7001"}, []),
    ],
)
def test_a_value_that_did_not_change(before, after, found):
    [call] = follow([created(**before), changed(1, **after)])
    assert codes(call) == found
    if found:
        assert str(call.anomalies[0]).endswith("[call-unchanged]")


def test_of_a_call_joined_midway_only_known_values_can_be_judged():
    [call] = follow([changed(1, user_data=KVList()), changed(2, ani="1"), changed(3, ani="1")])
    assert codes(call) == ["call-not-created", "call-unchanged"]


def test_a_second_creation():
    [call] = follow([created(0), created(1)])
    assert codes(call) == ["call-created-twice"]


@pytest.mark.parametrize(
    "between",
    [
        [UnknownEvent(int(MessageType.EventLinkConnected), at(1))],
        [UnknownEvent(int(MessageType.EventServerConnected), at(1))],
        [UnknownEvent(int(MessageType.EventRegistered), Attributes({**at(1), "ThisDN": "Switch::"}))],
        [changed(1, number=500, ani="1"), changed(1.5, number=1, ani="2")],  # the numbers begin again
    ],
)
def test_a_second_creation_when_the_server_resynchronises(between):
    [call] = follow([created(0, number=499), *between, created(2, number=2)])
    assert codes(call) == []
    [call] = follow([created(0), created(1, is_link_list=KVList())])
    assert codes(call) == []


A, B = Origin(file="a"), Origin(file="b")


def with_missing_numbers():
    tracker = CallTracker()
    told = fed(tracker, created(0, number=10), changed(1, ani="1", number=11), changed(2, ani="2", number=14), origin=A)
    return told, list(tracker.close())


def test_missing_event_numbers_are_yielded_with_the_origin_of_the_next_event():
    told, _ = with_missing_numbers()
    assert told == [Missing(12, 13, A)]


def test_missing_event_numbers_are_an_anomaly_of_the_open_call():
    _, [call] = with_missing_numbers()
    assert [str(anomaly) for anomaly in call.anomalies] == ["2 events missing before EventCallDataChanged [call-missing]"]


@pytest.mark.parametrize(
    ("last", "text"), [(13, "event numbers 12 to 13 missing before this event"), (12, "event number 12 missing before this event")]
)
def test_missing_event_numbers_print_as_a_sentence(last, text):
    assert str(Missing(12, last)) == text


def test_a_late_number_is_no_loss():
    tracker = CallTracker()
    assert fed(tracker, created(0, number=10), changed(1, ani="1", number=9), changed(2, ani="2", number=11), origin=A) == []


@pytest.mark.parametrize(
    "other",
    [
        Origin(file="b"),
        Origin(file="a", connection=2),
        Origin(file="a", src="10.0.0.1:3000"),
        Origin(file="a", direction="received", peer="one"),
        Origin(file="a", other={"client": 7}),
    ],
)
def test_each_connection_has_event_numbers_of_its_own(other):
    tracker = CallTracker()
    fed(tracker, created(0, number=10), origin=A)
    assert fed(tracker, created(5, SECOND, CONN_2, number=700), origin=other) == []
    assert not any(codes(call) for call in tracker.close())


def test_each_peer_that_a_log_receives_from_is_a_connection():
    tracker = CallTracker()
    fed(tracker, created(6, number=1), origin=Origin(direction="received", peer="one"))
    [call] = fed(tracker, deleted(7, number=9), origin=Origin(direction="received", peer="two"))
    assert codes(call) == []


def test_time_that_runs_backwards():
    [call] = follow([created(10), deleted(4)])
    assert codes(call) == ["call-time"]
    assert "6 s before" in str(call.anomalies[0])
    assert call.duration is None


LIFE = [created(0), changed(1, ani="1"), changed(2, ani="2"), deleted(3)]


@pytest.mark.parametrize(
    "steps",
    [
        [(item, origin) for item in LIFE for origin in (A, B)],
        [*((item, A) for item in LIFE[:3]), *((item, B) for item in LIFE[:3]), (LIFE[3], A), (LIFE[3], B)],
    ],
    ids=["every client at once", "one client far behind"],
)
def test_copies_of_other_connections_are_not_counted_twice(steps):
    tracker = CallTracker()
    [call] = [told for item, origin in steps for told in fed(tracker, item, origin=origin)]
    assert (call.events, codes(call), list(tracker.close())) == (4, [], [])


def test_every_code_can_be_met_and_has_advice():
    met = {
        code
        for items in (
            [changed()],
            [created(0), created(1)],
            [created(ani="1"), changed(ani="1")],
            [created(), deleted(), changed(3)],
            [created(5), changed(1)],
            [created(0, number=1), changed(1, number=3)],
        )
        for call in follow(items)
        for code in codes(call)
    }
    assert met == set(ANOMALIES)
    [call] = follow([changed()])
    assert call.anomalies[0].advice
    assert call.anomalies[0].meaning == ANOMALIES["call-not-created"].meaning


# -- time ------------------------------------------------------------------------------------------


BARE = EventCallCreated(call_uuid=MAIN, conn_id=CONN)


def stamped(text):
    """Return the origin of an event whose time is printed as `text`."""
    return Origin.from_data({"time": text})


def begin(*steps):
    """Return when the call without a time of its own begins, as text."""
    tracker = CallTracker()
    for item, origin in steps:
        fed(tracker, item, origin=origin)
    moment = next(call.begin for call in tracker.close() if call.call_uuid == MAIN)
    return moment and moment.isoformat()


def test_an_event_without_a_time_gets_the_time_of_its_packet():
    assert begin((BARE, Origin(time=1_000_000_005 * 10**9))) == "2001-09-09T01:46:45+00:00"


def test_a_stamp_of_an_unknown_zone_is_no_time():
    assert begin((BARE, stamped("2021-01-01T00:00:00"))) is None


@pytest.mark.parametrize(
    ("time", "moment"),
    [
        ("2001-09-09T03:46:45+02:00", "2001-09-09T01:46:45+00:00"),
        ("nonsense", None),
        (5, None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_a_time_of_a_json_source_is_used_where_it_is_one(time, moment):
    assert begin((BARE, stamped(time))) == moment


@pytest.mark.parametrize("field", ["time", "local_time"])
def test_a_time_beyond_the_calendar_is_none(field):
    assert begin((BARE, Origin(**{field: 10**21}))) is None


# -- limits ----------------------------------------------------------------------------------------


def test_an_idle_call_is_given_up():
    tracker = CallTracker(limits=CallLimits(idle=100))
    assert fed(tracker, created(0), created(50, SECOND, CONN_2), changed(101, SECOND, CONN_2, ani="1")) == []
    [call] = fed(tracker, changed(102, SECOND, CONN_2, ani="2"))
    assert (call.call_uuid, call.ending, call.duration) == (MAIN, Ending.EXPIRED, None)


def test_one_event_with_a_mad_clock_ends_nothing():
    tracker = CallTracker(limits=CallLimits(idle=100))
    assert fed(tracker, created(0), created(3_000_000_000, SECOND, CONN_2), changed(2, ani="1"), changed(3, ani="2")) == []
    assert len(tracker) == 2


def test_a_call_without_any_time_expires_too():
    bare = EventCallCreated(call_uuid=MAIN, conn_id=CONN)
    tracker = CallTracker(limits=CallLimits(idle=100))
    assert fed(tracker, bare, created(0, SECOND, CONN_2), changed(90, SECOND, CONN_2, ani="1")) == []
    assert [call.call_uuid for call in fed(tracker, changed(300, SECOND, CONN_2, ani="2"), changed(301, SECOND, CONN_2, ani="3"))] == [MAIN]


def test_too_many_open_calls():
    tracker = CallTracker(limits=CallLimits(calls=2))
    [call] = fed(tracker, created(0), created(1, SECOND, CONN_2), created(2, THIRD, CONN_3))
    assert (call.call_uuid, call.ending) == (MAIN, Ending.EVICTED)


def test_too_much_held():
    tracker = CallTracker(limits=CallLimits(size=100_000))
    told = [
        call for i in range(200) for call in fed(tracker, created(i, f"{i:032d}", f"{i:016d}", user_data=KVList({"note": "x" * 5_000})))
    ]
    assert len(tracker) < 20
    assert {call.ending for call in told} == {Ending.EVICTED}


def test_one_call_cannot_grow_without_end():
    limits = CallLimits(entries=10)
    items = [created(0)]
    for i in range(1, 50):
        items += [changed(i, conn=f"{i:016x}", ani=str(i), is_link_list=KVList({"x": f"{i:016X}"})), ringing(i, f"dn{i}", CallUUID=MAIN)]
        items += [changed(i, conn=f"{i:016x}", ani=str(i))]
    [call] = follow(items, limits=limits)
    assert [len(kept) for kept in (call.history, call.parties, call.anomalies, call.links)] == [10] * 4
    assert call.dropped > 100
    assert CallTracker(history=False).history is False
    [brief] = follow([created(), deleted()], history=False)
    assert brief.history == []


def test_nothing_is_left_behind():
    tracker = CallTracker(limits=CallLimits(calls=50))
    for i in range(1_000):
        names = {"uuid": f"{i:032d}", "conn": f"{i:016x}"}
        fed(tracker, created(i, **names), deleted(i, **names), origin=Origin(file=str(i)))
    assert len(tracker) == 0


# -- whole inputs ----------------------------------------------------------------------------------


def example(name):
    return [record.item for record in read(EXAMPLES / name)]


def test_the_example_is_reported_alike_by_frames_and_log():
    frames, log = ([call.to_data() for call in follow(example(name))] for name in ("calls.tlb", "tserver.log"))
    assert frames == log


def test_the_calls_of_the_example_end_without_an_anomaly():
    calls = list(follow(example("calls.tlb")))
    assert [call.ending for call in calls] == [Ending.DELETED] * 7
    assert not any(call.anomalies for call in calls)


def test_the_calls_of_the_example_are_linked():
    assert [len(call.links) for call in follow(example("calls.tlb"))] == [2, 2, 2, 2, 0, 1, 1]


@given(st.lists(strategies.items(), max_size=12))
def test_any_events_can_be_followed(items):
    calls = list(follow(items))
    for call in calls:
        assert call.call_uuid or call.conn_id
        assert set(codes(call)) <= set(ANOMALIES)
        call.to_data()
    assert sum(call.events for call in calls) <= len(items)


@given(
    st.lists(
        st.tuples(st.sampled_from([created, changed, deleted]), st.sampled_from([MAIN, SECOND, THIRD]), st.integers(0, 50)), max_size=40
    )
)
def test_every_event_belongs_to_one_call(steps):
    items = [make(seconds, uuid, {MAIN: CONN, SECOND: CONN_2, THIRD: CONN_3}[uuid]) for make, uuid, seconds in steps]
    calls = list(follow(items))
    assert sum(call.events for call in calls) == len(items)
    assert all(isinstance(call, Call) for call in calls)
    ends = sum(call.ending is Ending.DELETED for call in calls)
    assert ends == sum(make is deleted for make, _, _ in steps)
