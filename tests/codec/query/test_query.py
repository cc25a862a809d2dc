"""One predicate language: names are checked before anything is read, values are compared as they print."""

from __future__ import annotations

import pytest

from tlib_codec import (
    Attributes,
    EventCallCreated,
    EventRegistered,
    Gap,
    KVList,
    RawValue,
    TCallType,
    Timestamp,
    UnknownEvent,
)
from tlib_codec.query import Query, QueryError
from tlib_codec.records import Origin, Record

EVENT = EventCallCreated(
    call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U",
    conn_id="006c02462a161006",
    call_type=TCallType.Inbound,
    call_id=7,
    ani="5551000",
    user_data=KVList([("Tier", "Gold"), ("a.b", "dotted"), ("n", KVList([("deep", 5)])), ("raw", b"\x0a\x0b")]),
    extra=Attributes({"InputMask": b"\x0a\xff", "PartyID": RawValue(2, b"\x07"), "TimeinSecs": 1_773_531_552}),
)
REGISTERED = EventRegistered(extensions=KVList(), info_type=8, reference_id=1, server=5, this_dn="S::", time=Timestamp(seconds=3))
TIME = 1_773_531_552 * 10**9
RECORD = Record(EVENT, origin=Origin(time=TIME, src="10.0.0.1:3000", dst="10.0.0.2:40000"), unnumbered={"AttributeNovel": "5"})


def test_an_empty_query_is_false_and_accepts_everything():
    query = Query()
    assert not query
    assert query(RECORD)


@pytest.mark.parametrize(
    ("name", "wanted"), [("EventCallCreated", True), ("eventcallcreated", True), ("160", True), ("EventRinging", False)]
)
def test_an_event_is_chosen_by_name_or_number(name, wanted):
    assert Query(events=[name])(RECORD) is wanted


def test_one_of_several_events_is_enough():
    assert Query(events=["EventRinging", "160"])(RECORD)


@pytest.mark.parametrize("query", [{"events": ["160"]}, {"where": ["CallID=7"]}])
def test_a_gap_is_no_event(query):
    assert not Query(**query)(Record(Gap(0, b"x")))


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("ANI=5551000", True),
        ("ANI=5551", False),
        ("DNIS=5551000", False),
        ("CallID=7", True),
        ("CallType=Inbound", True),
        ("CallType=inbound", True),
        ("CallType=2", True),
        ("CallType=Outbound", False),
        ("ConnID=006C02462A161006", True),
        ("InputMask=0A ff", True),
        ("PartyID=07", True),
        ("PartyID=08", False),
        ("UserData.Tier=Gold", True),
        ("UserData.Tier=gold", False),
        ("UserData.a.b=dotted", True),
        ("UserData.n.deep=5", True),
        ("UserData.n.none=5", False),
        ("UserData.raw=0a0b", True),
        ("TimeinSecs=1773531552", True),
        ("$unnumbered.AttributeNovel=5", True),
        ("$unnumbered.AttributeNovel=6", False),
        ("$unnumbered.AttributeOther=5", False),
    ],
)
def test_a_condition_compares_the_printed_value(condition, wanted):
    assert Query(where=[condition])(RECORD) is wanted


def test_every_condition_must_hold():
    assert not Query(where=["CallID=7", "ANI=1"])(RECORD)


def test_an_attribute_of_an_event_without_a_table_is_compared():
    assert Query(where=["ANI=1"])(Record(UnknownEvent(60, Attributes({"ANI": "1"}))))


@pytest.mark.parametrize(("condition", "wanted"), [("TimeinSecs=3", True), ("TimeinuSecs=0", False), ("Server=5", True)])
def test_a_part_of_a_composite_is_compared(condition, wanted):
    assert Query(where=[condition])(Record(REGISTERED)) is wanted


def test_an_event_without_the_composite_has_none():
    assert not Query(where="CallHistory=x")(RECORD)


def test_an_item_without_a_table_has_no_composite():
    assert not Query(where="CallHistory=x")(Record(UnknownEvent(60)))


@pytest.mark.parametrize(
    ("times", "wanted"),
    [
        ({"since": "2026-03-14T23:39:12"}, True),
        ({"since": "2026-03-14T23:39:13"}, False),
        ({"until": "2026-03-14T23:39:12"}, False),
        ({"until": "2026-03-14T23:39:13"}, True),
        ({"since": "2026-03-14", "until": "2026-03-15"}, True),
        ({"since": "2026-03-15T00:39:12+01:00"}, True),
    ],
)
def test_a_time_is_from_since_on_and_before_until(times, wanted):
    assert Query(**times)(RECORD) is wanted


def test_a_record_without_a_time_is_in_no_time():
    assert not Query(since="1970-01-01")(Record(UnknownEvent(60)))


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("10.0.0.1", True),
        ("10.0.0.2", True),
        ("10.0.0.3", False),
        ("10.0.0.0/24", True),
        ("10.0.0.1:3000", True),
        ("10.0.0.1:3001", False),
        ("fd00::/8", False),
    ],
)
def test_an_address_is_one_of_either_end(address, wanted):
    assert Query(address=address)(RECORD) is wanted


@pytest.mark.parametrize("address", ["fd00::1", "[fd00::1]", "[FD00::1]:3000", "fd00::/8"])
def test_an_address_of_ipv6_may_stand_in_brackets(address):
    assert Query(address=address)(Record(EVENT, origin=Origin(src="[fd00::1]:3000")))


def test_an_end_that_is_no_address_matches_none():
    assert not Query(address="10.0.0.1")(Record(EVENT, origin=Origin(src="somewhere")))


@pytest.mark.parametrize(("origin", "seen"), [(Origin(src="10.0.0.9:1"), True), (Origin(), False)])
def test_a_query_knows_whether_a_record_had_an_address(origin, seen):
    query = Query(address="10.0.0.1")
    query(Record(EVENT, origin=origin))
    assert query.addresses.seen is seen


@pytest.mark.parametrize(
    ("query", "option", "told"),
    [
        ({"events": ["EventCallCreate"]}, "event", "no message 'EventCallCreate'; did you mean EventCallCreated?"),
        ({"events": ["zzzz"]}, "event", "no message 'zzzz'$"),
        ({"where": ["ANY"]}, "where", "expected a name, as in Cause=Transfer"),
        ({"where": ["=5"]}, "where", "expected a name, as in Cause=Transfer"),
        ({"where": ["ANII=5"]}, "where", "no attribute 'ANII'; did you mean ANI?"),
        ({"since": "noon"}, "since", "'noon' is no ISO 8601 time"),
        ({"until": "noon"}, "until", "'noon' is no ISO 8601 time"),
        ({"address": "nowhere"}, "address", "'nowhere' is no address"),
        ({"address": "10.0.0.1:70000"}, "address", "is no address"),
        ({"address": "host:80"}, "address", "is no address"),
    ],
)
def test_a_query_that_cannot_be_asked_names_its_part(query, option, told):
    with pytest.raises(QueryError, match=told) as refused:
        Query(**query)
    assert refused.value.option == option


def test_a_time_with_a_zone_needs_no_other():
    record = Record(EVENT, origin=Origin(time=1_773_531_552_000_000_000))
    assert Query(where="time = 2026-03-15T00:39:12+01:00")(record)
