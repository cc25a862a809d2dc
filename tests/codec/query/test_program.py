"""Queries over frames: the C core selects and counts as the Python step does, record by record."""

from __future__ import annotations

import msgspec
import pytest
from own import OWN
from sampleframes import CREATED, FLOWS, FRAMES, INVALID, REGISTERED, TORN, UNKNOWN, numbers, run
from weather import WEATHER

from tlib_codec import (
    Attributes,
    Gap,
    RawValue,
    TCallType,
    UnknownEvent,
    native,
)
from tlib_codec.clock import ShownZone, zone_of
from tlib_codec.query import Query
from tlib_codec.records import NO_TIME, Batch, Diagnostic, Flow, Origin, Record
from tlib_schemas.tlibrary import TLIBRARY


def both(parts, zone=None, **options):
    """The outcome of a query over parts: by the program, and record by record."""
    batch = Batch(parts, registry=options.get("registry", TLIBRARY))
    natively, plain = (Query(zone=ShownZone(None if zone is None else zone_of(zone)), **options) for _ in range(2))
    dropped = []
    selected = list(natively.select(batch, dropped))
    expected, left = [], []
    for entry in batch:
        if plain(entry):
            expected.append(entry)
        elif isinstance(entry, Diagnostic) or not entry.valid:
            left.append(entry)
    return (selected, dropped, natively.tally), (expected, left, plain.tally)


CONDITIONS = [
    "CallID = 70",
    "CallID != 70",
    "CallID > 70.5",
    "CallID <= 70",
    "CallID < 99999999999999999999",
    "CallType = Inbound",
    "CallType = 2",
    "CallType ~ In*",
    "CallType >= 2",
    "Event = EventRegistered",
    "Event != 60",
    "Event ~ *Created",
    "ANI = 5551000",
    "ANI = 5551",
    "ANI ~ 555*",
    "ANI ~ 5?5*0",
    "ANI ~ [5]*",
    "ANI ~ /^5+1/",
    "ANI > 5550000",
    "ThisDN ~ *S",
    "ThisDN = '\udcffS'",
    "ConnID = 006C02462A161006",
    "ConnID ~ 006C*",
    "ConnID ~ *7",
    "ConnID < 006c02462a161007",
    "any ConnID = 006c02462a161007",
    "CallUUID = 01fes9jksofqlekk3csh5b5aes00jv1u",
    "CallUUID != 01fes9jksofqlekk3csh5b5aes00jv1v",
    "any ThisDN = 2002",
    "UserData.Tier = Silver",
    "UserData.Tier != Silver",
    "UserData.a.b = dotted",
    "UserData.n.deep = 5",
    "UserData.n.deep = 05",
    "UserData.n.deep > 4",
    "UserData.n = 5",
    "UserData.n ~ *",
    "UserData.n.é = ü",
    "UserData.raw = 0a0b",
    "UserData.score > 12",
    "UserData.none = 5",
    "InputMask = 0aff",
    "PartyID = 07",
    "PartyID ~ 0*",
    "#60000 = 5",
    "TimeinSecs = 1773531552",
    "time > 2026-03-14",
    "time = 1970-01-01T00:00:03",
    "time > 2999-01-01",
    "$line = 8",
    "$packet = 8",
    "$offset = 0",
    "$file = a.log",
    "$file ~ b*",
    "$src = 10.0.0.1:3000",
    "$dst ~ host*",
    "$connection = 7",
    "$connection > 6",
    "$peer = client 5",
    "$version != 8.1",
    "$direction = sent",
    "$text ~ Invalid*",
    "$unnumbered.AttributeNovel = five",
    "$unnumbered.AttributeNovel = '\"'",
    "$unnumbered.Bare = 5",
    "$error = mandatory-missing",
    "time ~ 2026*",
    "CallHistory ~ *",
    "not CallID = 70",
    "CallID = 70 and ANI = 5551000 or ThisDN = 2001",
    "(CallID = 1 or ANI = 5551000) and not (ThisDN = 1 and CallID = 70)",
    "CallID = 70 and (UserData.n ~ * or ANI = 1)",
]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_selects_and_counts_frames_as_records(condition):
    natively, plainly = both([FRAMES], where=condition)
    assert natively == plainly


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_on_frames_without_columns_selects_and_counts_as_on_records(condition):
    natively, plainly = both([run(CREATED, UNKNOWN, bytes(TORN), INVALID, REGISTERED)], where=condition)
    assert natively == plainly


@pytest.mark.parametrize("zone", [None, "UTC", "+02:00", "Europe/Paris"])
@pytest.mark.parametrize(
    "span",
    [
        {"since": "2026-03-14"},
        {"until": "2026-03-14T23:39:12"},
        {"since": "2026-03-14T23:39:12Z", "until": "2026-03-15T02:00+01:00"},
        {"since": "23:30", "until": "01:00"},
        {"since": "23:00"},
        {"until": "2300-01-01"},
        {"since": "0001-01-01"},
    ],
)
def test_a_span_of_time_selects_frames_as_records(span, zone):
    day = FRAMES.select([2, 2])
    timeless = msgspec.structs.replace(day, local_times=None)
    daily = msgspec.structs.replace(timeless, times_of_day=numbers("q", 85_000 * 10**9, NO_TIME))
    natively, plainly = both([day, timeless, daily, FRAMES, day, run(bytes(TORN))], zone, **span)
    assert natively == plainly


def test_the_own_time_of_an_event_counts_in_a_span():
    query = Query(since="2026-03-14T23:39:12.000005", until="2026-03-14T23:39:12.000006")
    assert [record.item for record in query.filter(Batch([run(CREATED, UNKNOWN)]))] == [CREATED]


def test_an_address_selects_frames_as_records():
    natively, plainly = both([FRAMES], address="10.0.0.0/8")
    assert natively == plainly


def test_an_address_of_frames_is_seen():
    query = Query(address="192.0.2.1")
    query.filter(Batch([FRAMES]))
    assert query.addresses.seen


def test_no_address_of_frames_without_flows_is_seen():
    query = Query(address="192.0.2.1")
    query.filter(Batch([run(CREATED)]))
    assert not query.addresses.seen


def test_flows_that_join_a_table_are_known():
    table = FLOWS[:1]
    query = Query(where="$peer = client 5")
    first = run(CREATED, flows=numbers("I", 0), flow_table=table)
    assert list(query.filter(Batch([first]))) == []
    table.append(FLOWS[1])
    assert len(list(query.filter(Batch([run(UNKNOWN, flows=numbers("I", 1), flow_table=table)])))) == 1


@pytest.mark.parametrize("flow", [Flow(1 << 70), Flow(peer="\ud800"), Flow(peer="\udcc3\udca9")], ids=["number", "surrogate", "two halves"])
def test_flows_that_bytes_cannot_hold_are_tested_as_records(flow):
    natively, plainly = both([run(CREATED, flows=numbers("I", 0), flow_table=[flow])], where="$connection > 5 or $peer ~ *")
    assert natively == plainly


@pytest.mark.parametrize("path", ["\ud800", "\udcc3\udca9"])
def test_a_path_that_bytes_cannot_hold_is_tested_as_records(path):
    natively, plainly = both([FRAMES], where=f"UserData.{path} = 5")
    assert natively == plainly


def test_events_are_chosen_by_number():
    query = Query(events=["60", str(REGISTERED.message), "70000"])
    assert [record.item.message for record in query.filter(Batch([FRAMES]))] == [REGISTERED.message, 60]


def test_frames_that_a_query_selects_without_exception_stay_the_same_run():
    frames = run(CREATED, UNKNOWN)
    assert Query(where="not CallID = 1").filter(Batch([frames])).parts == [frames]


def test_frames_of_which_a_query_selects_none_are_no_part():
    assert Query(where="CallID = 1").filter(Batch([FRAMES])).parts == []


def test_dropped_are_the_invalid_records_and_the_diagnostics():
    wrong = Diagnostic("log-line", Origin(line=1), "this", "that")
    dropped = []
    Query(where="CallID = 1").select(Batch([FRAMES, wrong, Record(UNKNOWN), Record(Gap(0, b"x"))]), dropped)
    assert [one if isinstance(one, Diagnostic) else one.origin.line for one in dropped] == [10, wrong, None]


def test_a_batch_of_another_registry_is_tested_as_records():
    query = Query(where="CallID = 70")
    assert query.filter(Batch([run(CREATED)], registry=WEATHER)).parts == []


@pytest.mark.parametrize(
    "condition", ["Pair ~ *", "Twice = 4", "Strange = 01", "Level = Below", "Grade != 7", "Big > 5", "Either ~ *", "Note = a"]
)
def test_frames_with_values_of_the_callers_own_are_tested_as_records(condition):
    values = {300: (1, 2), 301: 4, 303: -5, 304: 7, 305: "a", 307: 2**64 - 1}
    frame = OWN.frame()
    frames = [frame.pack(message, frame.attributes.pack(values)) for message in (1, 3, 6, 99)]
    frames.append(frame.pack(1, frame.attributes.pack({305: "a", 307: 2**64 - 1})))
    natively, plainly = both([run(*frames)], where=condition, registry=OWN)
    assert natively == plainly


def test_a_frame_with_more_attributes_than_usual_is_tested():
    many = UnknownEvent(60, Attributes({f"#{number}": RawValue(2, b"x") for number in range(40_000, 40_300)}))
    natively, plainly = both([run(many, many)], where="#40299 = 78")
    assert natively == plainly
    assert natively[2].matched == 2


def test_the_values_of_a_misspelt_text_are_kept_up_to_their_bound():
    events = [UnknownEvent(60, Attributes({"ThisDN": str(number % 1500)})) for number in range(3000)]
    natively, plainly = both([run(*events)], where="ThisDN = 2x")
    assert natively == plainly
    assert len(natively[2].leaves[0].values) == 1000


def test_an_error_of_a_test_is_raised():
    class Refused(Exception):
        pass

    def refuse(_):
        raise Refused

    query = Query(where="CallType ~ In*")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TCallType, "label", property(refuse))
        with pytest.raises(Refused):
            query.filter(Batch([FRAMES]))


@pytest.mark.skipif(native.extension("batches") is None, reason="the Python step does not look at columns that it does not need")
@pytest.mark.parametrize(
    "wrong",
    [
        {"lines": b"x"},
        {"bounds": b""},
        {"bounds": numbers("Q", 5, 0)},
        {"bounds": numbers("Q", 0, 1 << 40)},
        {"note_bounds": numbers("Q", 0)},
    ],
    ids=["column", "no bounds", "descending bounds", "bounds beyond the data", "bounds of notes"],
)
def test_columns_that_do_not_fit_their_frames_are_refused(wrong):
    with pytest.raises(ValueError, match=r"bounds|column"):
        Query(where="CallID = 1").filter(Batch([msgspec.structs.replace(run(CREATED), **wrong)]))


def test_a_place_beyond_the_last_frame_is_refused():
    with pytest.raises(IndexError):
        FRAMES.select([4])


def test_selected_frames_have_their_origins_and_notes():
    records = list(FRAMES.records(TLIBRARY))
    assert list(FRAMES.select([3, 0]).records(TLIBRARY)) == [records[3], records[0]]
