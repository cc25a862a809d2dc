"""Chosen columns: their names, their values, and how each format writes them."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tlib_codec import Attributes, EventCallCreated, Gap, KVList, RawValue, TCallType, Unicode, UnknownEvent, read, write
from tlib_codec.formats import WriteOptions, writable
from tlib_codec.query import FieldKind, QueryError, Selection
from tlib_codec.records import Batch, Diagnostic, Origin, Record
from tlib_schemas.tlibrary import TLIBRARY

CREATED = Record(
    EventCallCreated(
        call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U",
        conn_id="006c02462a161006",
        call_type=TCallType.Inbound,
        call_id=7,
        ani='say "5"\udcff',
        user_data=KVList(
            [("Tier", "Gold"), ("Tier", "Silver"), ("Segment", KVList([("Name", Unicode("Zoë")), ("Rank", 5)])), ("raw", b"\x0a")]
        ),
        extra=Attributes({"InputMask": b"\x0a\xff", "PartyID": RawValue(2, b"\x07"), "TimeinSecs": 1_773_531_552}),
    ),
    origin=Origin(file="a.log", line=3, time=1_773_531_552_000_000_000),
    unnumbered={"Novel": "'x'"},
)
RINGING = Record(UnknownEvent(60, Attributes({"ThisDN": ""})), origin=Origin(file="a.log", line=9))
NAMES = "time,Event,CallType,CallID,ANI,ThisDN,UserData,UserData.Segment,UserData.Segment.Rank,InputMask,PartyID,$line,$unnumbered"


def written(name, select, *entries, part=False):
    file = io.BytesIO()
    writer = writable()[name].write(file, WriteOptions(select=Selection(select), part=part))
    reported = list(writer.write(Batch(list(entries))))
    writer.close()
    return file.getvalue(), reported


def test_a_column_has_the_name_that_was_given():
    assert [column.name for column in Selection("time, UserData.Segment.Tier").columns] == ["time", "UserData.Segment.Tier"]


def test_a_column_has_the_kind_of_its_field():
    assert [column.kind for column in Selection("time,ANI,CallID").columns] == [FieldKind.TIME, FieldKind.TEXT, FieldKind.NUMBER]


def test_a_row_has_names_and_times_as_text():
    assert Selection("Event,CallType,time,CallID,DNIS").row(CREATED) == [
        "EventCallCreated",
        "Inbound",
        "2026-03-14T23:39:12.000000Z",
        7,
        None,
    ]


def test_of_several_values_the_first_is_shown():
    assert Selection("UserData.Tier").row(CREATED) == ["Gold"]


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("time,Evnt", "did you mean Event?", 5),
        ("ANI,ANI", "ANI is there twice", 4),
        ("ANI.x", "ANI is no list", 0),
        ("UserData.a,,b", "expected a name", 11),
    ],
)
def test_a_wrong_column_is_an_error(text, message, place):
    with pytest.raises(QueryError) as caught:
        Selection(text)
    assert (message in str(caught.value), caught.value.option, caught.value.place) == (True, "select", place)


def test_json_lines_are_flat_objects():
    data, _ = written("jsonl", NAMES, CREATED)
    assert json.loads(data) == {
        "time": "2026-03-14T23:39:12.000000Z",
        "Event": "EventCallCreated",
        "CallType": "Inbound",
        "CallID": 7,
        "ANI": {"$string": "c2F5ICI1Iv8="},
        "ThisDN": None,
        "UserData": [
            ["Tier", "Gold"],
            ["Tier", "Silver"],
            ["Segment", {"Name": {"$unicode": "Zoë"}, "Rank": 5}],
            ["raw", {"$binary": "Cg=="}],
        ],
        "UserData.Segment": {"Name": {"$unicode": "Zoë"}, "Rank": 5},
        "UserData.Segment.Rank": 5,
        "InputMask": {"$binary": "Cv8="},
        "PartyID": {"type": 2, "value": "Bw=="},
        "$line": 3,
        "$unnumbered": {"Novel": "x"},
    }


def test_csv_is_a_table_with_a_header():
    data, _ = written("csv", NAMES, CREATED)
    [row] = csv.DictReader(io.StringIO(data.decode()))
    assert row == {
        "time": "2026-03-14 23:39:12.000000Z",
        "Event": "EventCallCreated",
        "CallType": "Inbound",
        "CallID": "7",
        "ANI": 'say "5"\ufffd',
        "ThisDN": "",
        "UserData": '[["Tier","Gold"],["Tier","Silver"],["Segment",{"Name":{"$unicode":"Zoë"},"Rank":5}],["raw",{"$binary":"Cg=="}]]',
        "UserData.Segment": '{"Name":{"$unicode":"Zoë"},"Rank":5}',
        "UserData.Segment.Rank": "5",
        "InputMask": "0aff",
        "PartyID": "07",
        "$line": "3",
        "$unnumbered": '{"Novel":"x"}',
    }


def test_csv_tells_an_empty_text_from_none():
    assert written("csv", "ANI,ThisDN,$line", RINGING)[0] == b'"ANI","ThisDN","$line"\n,"",9\n'


def test_a_part_of_csv_has_no_header():
    assert written("csv", "$line", RINGING, part=True)[0] == b"9\n"


def test_a_gap_has_no_row_and_is_reported():
    gap = Record(Gap(0, b"junk"))
    assert written("jsonl", "$line", gap, RINGING) == (b'{"$line":9}\n', [gap])


def test_a_diagnostic_has_no_row_and_is_reported():
    diagnostic = Diagnostic("log-value", Origin(line=1), "a", "b")
    assert written("jsonl", "$line", diagnostic) == (b"", [diagnostic])


def test_write_takes_columns(tmp_path):
    write(tmp_path / "a.csv", read("examples/calls.tlb", where="Cause = Transfer"), select="Event,Cause")
    assert (tmp_path / "a.csv").read_text() == '"Event","Cause"\n"EventCallDeleted","Transfer"\n'


def test_write_refuses_columns_for_a_format_that_has_none(tmp_path):
    with pytest.raises(ValueError, match="frames has no columns to select; give csv, parquet, arrow, jsonl"):
        write(tmp_path / "a.tlb", [], select="Event", registry=TLIBRARY)
