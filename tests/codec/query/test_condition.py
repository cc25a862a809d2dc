"""Conditions on records: how values compare, and which literals are refused."""

from __future__ import annotations

import pytest

from tlib_codec import (
    Attributes,
    EventCallCreated,
    EventCallDeleted,
    Gap,
    KVList,
    RawValue,
    TCallType,
    TCause,
    UnknownEvent,
    read,
)
from tlib_codec.query import And, Compare, Field, FieldKind, NamedField, Operator, Query, QueryError, Scope, parse
from tlib_codec.query.condition import Condition
from tlib_codec.query.literals import duration
from tlib_codec.query.tally import Leaf, Tally
from tlib_codec.records import Batch, Diagnostic, Origin, Record
from tlib_schemas.attributes import CallHistory
from tlib_schemas.events import InvalidEvent
from tlib_schemas.tlibrary import TLIBRARY

EVENT = EventCallCreated(
    call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U",
    conn_id="006c02462a161006",
    call_type=TCallType.Inbound,
    call_id=70,
    ani="5551000",
    user_data=KVList([("Tier", "Gold"), ("n", KVList([("deep", 5)])), ("raw", b"\x0a\x0b"), ("Tier", "Silver"), ("score", "12.5")]),
    extra=Attributes({"InputMask": b"\x0a\xff", "PartyID": RawValue(2, b"\x07"), "TimeinSecs": 1_773_531_552}),
)
RECORD = Record(
    EVENT,
    origin=Origin(file="a.log", line=7, time=1_773_531_552_000_000_000, src="10.0.0.1:3000"),
    unnumbered={"AttributeNovel": "'five'", "Bare": "5"},
)
PARTY = Record(
    UnknownEvent(60, Attributes({"ThisDN": "2001", "OtherDN": "2002", "ThirdPartyDN": "2003", "PreviousConnID": "006c02462a161007"}))
)


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("CallID = 70", True),
        ("CallID = 70.0", True),
        ("CallID != 70", False),
        ("CallID != 71", True),
        ("CallID > 9", True),
        ("CallID < 9", False),
        ("CallID <= 70", True),
        ("CallID >= 70.5", False),
        ("ANI > 6000", True),
        ("ANI > 5551000", False),
        ("ANI > a", False),
        ("ANI < a", True),
        ("DNIS != 5", False),
        ("not DNIS = 5", True),
        ("CallType != inbound", False),
        ("CallType < 3", True),
        ("ConnID > 006c02462a161005", True),
        ("CallUUID = 01fes9jksofqlekk3csh5b5aes00jv1u", True),
        ("UserData.Tier = Silver", True),
        ("UserData.Tier != Gold", False),
        ("UserData.Tier != Bronze", True),
        ("UserData.n.deep > 4", True),
        ("UserData.score > 12", True),
        ("UserData.Tier > 4", False),
        ("UserData.raw = 0A 0b", True),
        ("InputMask > 0a", True),
        ("PartyID = 07", True),
        ("TimeinSecs >= 1773531552", True),
        ("time >= 2026-03-14T23:39:12Z", True),
        ("time > 2026-03-15T00:39:12+01:00", False),
        ("$time < 2026-03-15", True),
        ("$file = a.log and $line = 7", True),
        ("$src ~ 10.*", True),
        ("$dst = x", False),
        ("$unnumbered.AttributeNovel = five", True),
        ("$unnumbered.AttributeNovel = 'five'", True),
        ("$unnumbered.Bare = 5", True),
        ("Event = eventcallcreated", True),
        ("Event = 160", True),
        ("Event ~ EventCall*", True),
        ("Event != EventRinging", True),
        ("$error = mandatory-missing", False),
        ("ANI = 1 or CallID = 70", True),
        ("ANI = 1 and CallID = 70", False),
    ],
)
def test_a_value_compares_by_its_kind(condition, wanted):
    assert Query(where=condition)(RECORD) is wanted


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("ANI ~ 555*", True),
        ("ANI ~ 555", False),
        ("ANI ~ 555[0-1]???", True),
        ("ANI ~ /^555/", True),
        ("ANI ~ /10+$/", True),
        ("UserData.Tier ~ gold", False),
        ("UserData.Tier ~ /gold/i", True),
        ("CallType ~ in*", True),
        ("ConnID ~ 006C*", True),
        ("CallID ~ 7?", True),
        ("time ~ 2026-03-14T*Z", True),
        ("InputMask ~ 0a*", True),
        ("PartyID ~ 07", True),
        ("UserData.n ~ *", False),
        ("DNIS ~ *", False),
    ],
)
def test_a_pattern_matches_the_printed_value(condition, wanted):
    assert Query(where=condition)(RECORD) is wanted


@pytest.mark.parametrize(("condition", "wanted"), [("CallHistory ~ *", True), ("CallHistory ~ x", False), ("CallHistory = x", False)])
def test_a_composite_without_a_text_prints_as_nothing(condition, wanted):
    history = CallHistory(first_transfer_home_location="Lakeside")
    cls = next(cls for cls in TLIBRARY.events for field in cls.__schema__.fields if field.composite is CallHistory)
    name = next(field.name for field in cls.__schema__.fields if field.composite is CallHistory)
    needed = {field.name: None for field in cls.__schema__.fields if field.mandatory}
    assert Query(where=condition)(Record(cls(**needed, **{name: history}))) is wanted


def test_a_query_selects_no_diagnostic():
    assert not Query()(Diagnostic("log-value", Origin(), "a", "b"))


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("any DN = 2001", True),
        ("any ThisDN = 2003", True),
        ("any ThisDN = 2004", False),
        ("any ThisDN != 2002", False),
        ("any ConnID = 006C02462A161007", True),
        ("ConnID = 006c02462a161007", False),
        ("any CallUUID = 01FES9JKSOFQLEKK3CSH5B5AES00JV1U", False),
        ("any ThisDNRole = Origination", False),
    ],
)
def test_any_tests_every_attribute_of_the_kind(condition, wanted):
    assert Query(where=condition)(PARTY) is wanted


def test_the_errors_of_an_invalid_event_are_a_field():
    violations = TLIBRARY.violations(int(EventCallDeleted.message), {})
    assert Query(where="$error = mandatory-missing")(Record(InvalidEvent(EventCallDeleted.message, Attributes(), violations)))


def test_an_event_known_by_its_name_alone_matches_by_it():
    assert Query(where="Event ~ *NotPublic")(Record(UnknownEvent("EventNotPublic")))


def test_a_number_without_a_name_is_the_name_of_its_event():
    assert Query(where="Event ~ 4711")(Record(UnknownEvent(4711)))


def test_a_gap_meets_no_condition():
    assert not Query(where="not ANI=5")(Record(Gap(0, b"x")))


def test_a_value_of_another_type_than_declared_meets_no_comparison():
    assert not Query(where="CallID = 5")(Record(UnknownEvent(60, Attributes({"CallID": RawValue(1, b"\x05")}))))


def test_a_value_of_a_type_of_ones_own_compares_as_it_prints():
    assert Query(where="PartyID = x y")(Record(UnknownEvent(60, Attributes({"PartyID": "x y"}))))


def test_several_conditions_must_all_hold():
    assert not Query(where=["CallID=70", "ANI=1"])(RECORD)


def test_the_tree_of_several_conditions_is_their_conjunction():
    query = Query(where=["CallID=70", parse("ANI=1").expression])
    assert query.expression == And((Compare(Field("CallID"), Operator.EQ, "70"), Compare(Field("ANI"), Operator.EQ, "1")))


def test_a_query_without_conditions_has_no_tree():
    assert Query(events=["EventRinging"]).expression is None


def test_a_tree_is_a_condition():
    assert Query(where=Compare(Field("UserData", "Tier"), Operator.EQ, "Gold"))(RECORD)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("Cause=Nonsense", "Cause has no value Nonsense; did you mean NoAnswer?"),
        ("Cause=qqqq", "Cause has no value qqqq; the closest is "),
        ("Cause=", "Cause has no value of no letters"),
        ("CallType=Inbond", "did you mean Inbound?"),
        ("Event=EventRining", "did you mean EventRinging?"),
        ("Evnt=EventRinging", "did you mean Event?"),
        ("ani=5", "did you mean ANI?"),
        ("$tme=5", "there is no field $tme; did you mean $time?"),
        ("$zzzzz=5", "there is no field $zzzzz; there are Event, time"),
        ("CallID=seven", "CallID is compared with a number, not seven"),
        ("CallID=", "not nothing"),
        ("ConnID=006c", "ConnID is 16 hex digits, got 4 characters"),
        ("ConnID=006c02462a16100g", "16 hex digits"),
        ("CallUUID=5", "CallUUID is 32 characters of 0-9A-V, got 1 characters"),
        ("any ConnID=5", "any ConnID is 16 hex digits"),
        ("time=21:39", "'21:39' has no date; give one as in 2026-03-14T21:39"),
        ("time=noon", "'noon' is no ISO 8601 time"),
        ("UserData=5", "UserData is a list; name a key of it, as in UserData.KEY"),
        ("UserData ~ 5", "UserData is a list"),
        ("ANI.x=5", "ANI is no list and has no key x"),
        ("$file.x=5", "$file is no list"),
        ("any ANI=5", "any takes ConnID, CallUUID, DN or an attribute with names of an enumeration, not ANI"),
        ("any Event=5", "Event has no other fields of its kind"),
        ("any CallHistory=5", "any takes ConnID"),
        ("any #200=5", "any takes ConnID"),
        ("ANI ~ /[/", "the regular expression does not compile"),
        ("ANI ~ /a{99999999999}/", "the regular expression does not compile"),
    ],
)
def test_a_wrong_name_or_value_is_an_error(condition, message):
    with pytest.raises(QueryError) as caught:
        Query(where=condition)
    assert message in str(caught.value)


def test_an_error_of_a_value_has_the_place_of_the_value():
    with pytest.raises(QueryError) as caught:
        Query(where="ANI=5 and Cause = Transfr")
    assert caught.value.place == 18


def test_an_error_of_a_name_has_the_place_of_the_name():
    with pytest.raises(QueryError) as caught:
        Query(where="ANI=5 and any Cuase = Transfer")
    assert caught.value.place == 10


# -- named fields --------------------------------------------------------------------------------

FIELDS = {
    "$talk": NamedField(kind=FieldKind.DURATION, get=lambda seconds: seconds),
    "$outcome": NamedField(kind=FieldKind.WORD, get=lambda _: "transferred", words=["answered", "transferred"]),
    "$party": NamedField(kind=FieldKind.TEXT, get=lambda _: ("2001", "2002")),
}
SCOPE = Scope(FIELDS, lambda _: UnknownEvent(0, Attributes({"Cause": TCause.Transfer})))


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("$talk > 5m", True),
        ("$talk > 301", False),
        ("$talk = 300.5s", True),
        ("$talk < 1h", True),
        ("$outcome = Transferred", True),
        ("$outcome != answered", True),
        ("$outcome = transferred and $talk > 5m", True),
        ("$outcome ~ trans*", True),
        ("$party = 2002", True),
        ("$party ~ 3*", False),
        ("Cause = Transfer", True),
    ],
)
def test_a_table_of_fields_extends_the_language(condition, wanted):
    assert Condition(condition, SCOPE, TLIBRARY)(300.5) is wanted


def test_a_field_without_a_value_meets_no_comparison():
    assert not Condition("$talk > 0", SCOPE, TLIBRARY)(None)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("$outcome = transfered", "$outcome is never transfered; did you mean transferred?"),
        ("$outcome =", "$outcome is never empty"),
        ("$outcome > answered", "$outcome has no order"),
        ("$talk > soon", "$talk is compared with a duration, such as 5m, 90s, 1h30m or 300, not soon"),
    ],
)
def test_a_literal_of_a_named_field_is_checked(condition, message):
    with pytest.raises(QueryError) as caught:
        Condition(condition, SCOPE, TLIBRARY)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("300", 300.0), ("90s", 90.0), ("5m", 300.0), ("1h30m", 5400.0), ("250ms", 0.25), ("1d", 86400.0), ("5x", None), ("", None)],
)
def test_a_duration_has_units(text, seconds):
    assert duration(text) == seconds


# -- counts --------------------------------------------------------------------------------------


def note(where, *records):
    query = Query(where=where)
    for record in records:
        query(record)
    return query.tally.note()


def test_a_query_that_selects_something_has_no_note():
    assert note("CallID=70", RECORD, PARTY) is None


def test_the_note_counts_events():
    assert note("CallID=71", RECORD, PARTY) == "0 of 2 events matched"


def test_the_note_does_not_count_gaps():
    assert note("CallID=71", Record(Gap(0, b"x"))) == "0 of 0 events matched"


def test_the_note_names_the_closest_value():
    assert note("ThisDN=2010", PARTY) == "0 of 1 events matched; no ThisDN is 2010; did you mean 2001?"


def test_the_note_names_a_field_that_no_event_has():
    assert note("CallID=70 and UserData.Teir=Gold", RECORD, PARTY) == "0 of 2 events matched; none of the 1 that reach it has UserData.Teir"


def test_the_note_says_no_more_where_every_test_held_once():
    assert note("CallID=70 and not CallID=70", RECORD) == "0 of 1 events matched"


def test_a_leaf_keeps_few_values():
    leaf = Leaf("ANI", "x")
    for number in range(3000):
        leaf.meet([str(number)])
    assert len(leaf.values) == 1000


def test_tallies_of_several_inputs_add_up():
    tallies = []
    for record in (RECORD, PARTY):
        query = Query(where="ThisDN=2010")
        query(record)
        tallies.append(query.tally)
    total = Tally()
    for tally in tallies:
        total.add(tally)
    assert total.note() == "0 of 2 events matched; no ThisDN is 2010; did you mean 2001?"


# -- read ----------------------------------------------------------------------------------------


def test_read_takes_a_query():
    assert [record.item.cause for record in read("examples/calls.tlb", where="Cause = Conference")] == [TCause.Conference]


def test_read_counts_the_events():
    with read("examples/calls.tlb", events=["EventRinging"]) as reader:
        list(reader)
        assert reader.tally == Tally(tested=65, matched=4)


def test_a_filtered_batch_keeps_its_diagnostics():
    diagnostic = Diagnostic("log-value", Origin(line=1), "a", "b")
    batch = Query(where="CallID=70").filter(Batch([PARTY, diagnostic, RECORD]))
    assert list(batch) == [RECORD, diagnostic]


def test_a_filtered_batch_without_diagnostics_has_the_selected_records():
    assert list(Query(where="CallID=70").filter(Batch([PARTY, RECORD]))) == [RECORD]


def test_a_query_without_conditions_keeps_a_batch_as_it_is():
    batch = Batch([PARTY])
    assert Query().filter(batch) is batch
